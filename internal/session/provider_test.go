package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/zapembed/zapembed/internal/session"
)

// provider is a small OAuth server: codes and refresh tokens work once. It
// stands for Zapier as far as api.md 1.3 goes.
type provider struct {
	*httptest.Server
	mu      sync.Mutex
	serial  int
	codes   map[string]issued // by code
	refresh map[string]string // user by refresh token
	access  map[string]string // user by access token
	calls   int               // of the token endpoint
	expires int               // expires_in of what is issued
	scope   any               // scope of what is issued; nil leaves it out

	// fault answers the token endpoint in place of the provider when it says true.
	fault func(w http.ResponseWriter, r *http.Request) bool
	// identifyErr is what identify fails with.
	identifyErr error
}

type issued struct{ user, challenge, redirect string }

func newProvider(t *testing.T) *provider {
	p := emptyProvider()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v2/authorize", p.authorize)
	mux.HandleFunc("POST /oauth/token/", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func emptyProvider() *provider {
	return &provider{codes: map[string]issued{}, refresh: map[string]string{}, access: map[string]string{}, expires: 36000}
}

// next is a secret that is easy to find in a log.
func (p *provider) next(kind string) string {
	p.serial++
	return fmt.Sprintf("canary-%s-%d", kind, p.serial)
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	code := p.next("code")
	p.codes[code] = issued{q.Get("login"), q.Get("code_challenge"), q.Get("redirect_uri")}
	http.Redirect(w, r, q.Get("redirect_uri")+"?code="+code+"&state="+q.Get("state"), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls++
	fault := p.fault
	p.mu.Unlock()
	if fault != nil && fault(w, r) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if id != "client" || secret != "client-secret" {
		refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	user, ok := p.spend(r)
	if !ok {
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	access, refresh := p.next("access"), p.next("refresh")
	p.access[access], p.refresh[refresh] = user, user
	w.Header().Set("Content-Type", "application/json")
	answer := map[string]any{
		"access_token": access, "refresh_token": refresh, "token_type": "Bearer", "expires_in": p.expires,
	}
	if p.scope != nil {
		answer["scope"] = p.scope
	}
	json.NewEncoder(w).Encode(answer)
}

// spend uses up the code or refresh token of the request.
func (p *provider) spend(r *http.Request) (user string, ok bool) {
	if r.FormValue("grant_type") == "refresh_token" {
		token := r.FormValue("refresh_token")
		user, ok = p.refresh[token]
		delete(p.refresh, token)
		return user, ok
	}
	code := r.FormValue("code")
	given, ok := p.codes[code]
	delete(p.codes, code)
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	proven := base64.RawURLEncoding.EncodeToString(sum[:]) == given.challenge
	return given.user, ok && proven && given.redirect == r.FormValue("redirect_uri")
}

// refuse answers with an error whose description is a canary, too.
func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": "canary-description"})
}

func (p *provider) identify(_ context.Context, token string) (session.User, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.identifyErr != nil {
		return session.User{}, p.identifyErr
	}
	user, ok := p.access[token]
	if !ok {
		return session.User{}, errors.New("canary: nobody has the token " + token)
	}
	return session.User{ID: user, Name: strings.ToUpper(user), Email: user + "@zapier.example"}, nil
}

// fail makes the token endpoint answer so until the next call of fail.
func (p *provider) fail(fault func(w http.ResponseWriter, r *http.Request) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fault = fault
}

// failWith is fail with a fixed answer; {"error": …} bodies are JSON.
func (p *provider) failWith(status int, body string) {
	p.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		if strings.HasPrefix(body, "{") {
			w.Header().Set("Content-Type", "application/json")
		} else {
			w.Header().Set("Content-Type", "text/html")
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
		return true
	})
}

func (p *provider) tokenCalls() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.calls
}
