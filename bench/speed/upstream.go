package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	clientID     = "bench-client"
	clientSecret = "bench-secret" // nothing at this upstream is secret
	accessToken  = "bench-access-token-0123456789abcdef"
	listPath     = "/v2/authentications"
	appID        = "646a8a78-9d44-425e-acc7-f9cda06e301b"
)

// upstream answers for Zapier, and as fast as net/http can: one list, for the
// one token there is, and what a sign-in needs. It signs its ID tokens, so
// that it also is an OpenID provider for those who insist on one.
type upstream struct {
	origin string
	list   []byte
	served atomic.Int64
	key    *rsa.PrivateKey
}

func newUpstream(address string) (*upstream, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	list, err := json.Marshal(authentications(10))
	return &upstream{origin: "http://" + address, list: list, key: key}, err
}

// authentications is a page of a person's accounts in Zapier's form.
func authentications(count int) map[string]any {
	var data []map[string]any
	for i := range count {
		data = append(data, map[string]any{
			"type": "authentication", "id": fmt.Sprintf("wd3WjA%02d", i), "app": appID,
			"is_expired": false, "title": fmt.Sprintf("Ledgerleaf (person%d@zapier.example)", i),
		})
	}
	return map[string]any{
		"links": map[string]any{"prev": nil, "next": nil},
		"meta":  map[string]any{"count": count, "limit": 100, "offset": 0},
		"data":  data,
	}
}

func (u *upstream) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+listPath, u.authentications)
	mux.HandleFunc("GET /v1/profiles/me", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"id": 1001, "first_name": "Wade", "last_name": "Example", "full_name": "Wade Example", "email": "wade@zapier.example"})
	})
	mux.HandleFunc("GET /v2/authorize", u.authorize)
	mux.HandleFunc("POST /oauth/token/", u.token)
	mux.HandleFunc("GET /jwks", u.jwks)
	mux.HandleFunc("GET /served", func(w http.ResponseWriter, _ *http.Request) { answer(w, u.served.Load()) })
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { answer(w, "signed in") })
	return mux
}

// authentications wants the token: as Zapier does, or in the header that
// oauth2-proxy has for it.
func (u *upstream) authentications(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+accessToken && r.Header.Get("X-Forwarded-Access-Token") != accessToken {
		http.Error(w, `{"errors": []}`, http.StatusUnauthorized)
		return
	}
	u.served.Add(1)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(u.list) // who does not wait for the answer does not want it
}

// authorize asks nobody. The code carries the nonce to the ID token.
func (u *upstream) authorize(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	back := url.Values{"state": {asked.Get("state")}, "code": {"code:" + asked.Get("nonce")}}
	http.Redirect(w, r, asked.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (u *upstream) token(w http.ResponseWriter, r *http.Request) {
	_, nonce, _ := strings.Cut(r.FormValue("code"), ":")
	idToken, err := u.sign(map[string]any{
		"iss": u.origin, "aud": clientID, "sub": "1001", "email": "wade@zapier.example", "email_verified": true,
		"nonce": nonce, "iat": time.Now().Unix(), "exp": time.Now().Add(10 * time.Hour).Unix(),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, map[string]any{
		"access_token": accessToken, "refresh_token": "bench-refresh-token-0123456789abcdef", "id_token": idToken,
		"token_type": "Bearer", "expires_in": 36000,
		"scope": "profile zap zap:all zap:write zap:update zap:runs connection:read connection:write",
	})
}

// sign makes a JWT of the claims (RFC 7515, RS256).
func (u *upstream) sign(claims map[string]any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"RS256","kid":"bench"}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, u.key, crypto.SHA256, digest[:])
	return signed + "." + encode(signature), err
}

func (u *upstream) jwks(w http.ResponseWriter, _ *http.Request) {
	encode := base64.RawURLEncoding.EncodeToString
	answer(w, map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "bench",
		"n": encode(u.key.N.Bytes()), "e": encode(big.NewInt(int64(u.key.E)).Bytes()),
	}}})
}

func answer(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(content) // who does not wait for the answer does not want it
}
