package emulator

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// partyRoutes are the services of all Apps, each under its slug: a consent page
// for people, and for Zapier what its scheme needs. They are reached over HTTP
// only, by the connect popup as by anybody else.
func (e *Emulator) partyRoutes(r chi.Router) {
	r.Get("/authorize", e.operation(OpPartyAuthorize, e.speakPage, e.partyAuthorize))
	r.Post("/authorize", e.operation(OpPartyAuthorize, e.speakPage, e.partyDecide))
	r.Post("/token", e.operation(OpPartyToken, e.speakToken, e.partyToken))
	r.Post("/session", e.operation(OpPartySession, e.speakParty, e.partySession))
	r.Get("/me", e.operation(OpPartyMe, e.speakParty, e.partyMe))
}

// speakParty answers as a third party would, which has no reason to look like Zapier.
func (e *Emulator) speakParty(w http.ResponseWriter, _ *http.Request, p *problem) {
	writeJSON(w, p.status, map[string]string{"error": p.code, "message": p.detail})
}

// partyApp is the App a service belongs to, if it is of one of these schemes.
func (e *Emulator) partyApp(r *http.Request, schemes ...Scheme) (App, error) {
	app, known := e.directory.appBySlug(chi.URLParam(r, "slug"))
	for _, scheme := range schemes {
		if known && app.Scheme == scheme {
			return app, nil
		}
	}
	return App{}, notFound("There is no such third party.")
}

// partySession serves POST /third-party/{slug}/session: fields for a key (api.md 5, "Session").
func (e *Emulator) partySession(w http.ResponseWriter, r *http.Request) error {
	app, err := e.partyApp(r, SchemeSession)
	if err != nil {
		return err
	}
	var body struct {
		Username  string `json:"username"`
		Password  string `json:"password"`
		Workspace string `json:"workspace"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if e.partyFails(w, r, app, StageExchange) {
		return nil
	}
	account := sessionAccount(body.Username, body.Workspace)
	if !e.state.hasAccount(app, account, body.Password) {
		return unauthenticated("User name, password or workspace is wrong.")
	}
	writeJSON(w, http.StatusOK, map[string]string{"session_key": e.state.openSession(app, body.Username)})
	return nil
}

// sessionAccount makes one name of two: the same person may be in several workspaces.
func sessionAccount(username, workspace string) string { return workspace + "/" + username }

func (s *state) openSession(app App, account string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := "session-" + s.secrets.text(24)
	s.partyLocked(app).sessions[key] = account
	return key
}

// partyMe serves GET /third-party/{slug}/me: whose credentials these are. It is
// what every scheme is tested with (api.md 5, "Test request").
func (e *Emulator) partyMe(w http.ResponseWriter, r *http.Request) error {
	app, err := e.partyApp(r, SchemeAPIKey, SchemeOAuth2, SchemeSession, SchemeBasic, SchemeDigest)
	if err != nil {
		return err
	}
	if e.partyFails(w, r, app, StageTest) {
		return nil
	}
	account, err := e.partyIdentify(w, r, app)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]string{"account": account, "app": app.Title})
	return nil
}

// partyIdentify checks the credentials of a request by the App's scheme. What is
// refused is challenged, as RFC 9110, section 15.5.2 asks for.
func (e *Emulator) partyIdentify(w http.ResponseWriter, r *http.Request, app App) (string, error) {
	switch app.Scheme {
	case SchemeAPIKey:
		return e.identifyKey(r, app)
	case SchemeBasic:
		return e.identifyBasic(w, r, app)
	case SchemeDigest:
		return e.identifyDigest(w, r, app)
	case SchemeSession:
		e.state.mu.Lock()
		defer e.state.mu.Unlock()
		account, open := e.state.partyLocked(app).sessions[r.Header.Get("X-Session-Key")]
		if !open {
			return "", unauthenticated("The session key is unknown.")
		}
		return account, nil
	}
	return e.identifyBearer(w, r, app)
}

// keyInQuery are the API key Apps that want the key in the URL; the others want
// it in a header (api.md 5: both occur).
func keyInQuery(app App) bool {
	switch app.Slug {
	case "brightdesk", "draftsmith", "labelmind", "payferry", "textmoor":
		return true
	}
	return false
}

func (e *Emulator) identifyKey(r *http.Request, app App) (string, error) {
	account, key := r.Header.Get("X-Account"), r.Header.Get("X-API-Key")
	if keyInQuery(app) {
		account, key = r.URL.Query().Get("account"), r.URL.Query().Get("api_key")
	}
	if !e.state.hasAccount(app, account, key) {
		return "", unauthenticated("The API key is unknown.")
	}
	return account, nil
}

// identifyBasic is RFC 7617.
func (e *Emulator) identifyBasic(w http.ResponseWriter, r *http.Request, app App) (string, error) {
	username, password, given := r.BasicAuth()
	if !given || !e.state.hasAccount(app, username, password) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Basic realm=%q, charset="UTF-8"`, app.Title))
		return "", unauthenticated("User name or password is wrong.")
	}
	return username, nil
}

func (e *Emulator) identifyBearer(w http.ResponseWriter, r *http.Request, app App) (string, error) {
	kind, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	e.state.mu.Lock()
	token, known := e.state.partyLocked(app).access[value]
	e.state.mu.Unlock()
	if !known || !strings.EqualFold(kind, "Bearer") || !e.now().Before(token.expires) {
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		return "", unauthenticated("The access token is unknown or has expired.")
	}
	return token.account, nil
}

// partyFails plays the failure the service was set to, and reports whether it
// answered. The body must have been read before: only then does net/http notice
// that the client has gone.
func (e *Emulator) partyFails(w http.ResponseWriter, r *http.Request, app App, stage Stage) bool {
	behaviour := e.state.behaviour(app)
	if behaviour.Failure == "" || behaviour.Stage != stage {
		return false
	}
	switch behaviour.Failure {
	case FailHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, "<!doctype html>\n<title>%[1]s</title>\n<h1>Welcome to %[1]s</h1>\n", app.Title)
	case FailTimeout:
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // the client has gone, so there is nobody to answer
	case FailServerError:
		http.Error(w, "Internal Server Error", http.StatusInternalServerError)
	default:
		e.speakParty(w, r, partyProblem(behaviour.Failure, stage))
	}
	return true
}

func partyProblem(failure Failure, stage Stage) *problem {
	switch {
	case failure == FailNotFound:
		return notFound("There is nothing at this address.")
	case failure == FailUnauthorized:
		return unauthenticated("The credentials have been revoked.")
	case failure == FailForbidden:
		return permissionDenied("This account may not use the API.")
	case stage == StageRefresh:
		return tokenProblem(http.StatusBadRequest, "invalid_grant", "The refresh token has been revoked.")
	case stage == StageExchange:
		return tokenProblem(http.StatusBadRequest, "invalid_client", "The client id or the client secret is wrong.")
	}
	return malformed()
}

// drained reads what is left of a body, so that a waiting handler hears of a
// client that goes.
func drained(r *http.Request) { _, _ = io.Copy(io.Discard, io.LimitReader(r.Body, maxForm)) }

// partyPruneLocked drops what a third party has no more use for, so that an
// emulator may run for days.
func (s *state) partyPruneLocked(p *party, now time.Time) {
	for value, token := range p.access {
		if !now.Before(token.expires) {
			delete(p.access, value)
		}
	}
	for value, c := range p.codes {
		if now.Sub(c.issued) >= partyCodeLife {
			delete(p.codes, value)
		}
	}
}
