package emulator

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// connectLife is how long a popup can be finished after it began.
const connectLife = 24 * time.Hour

// connect is one popup. How it behaves is decided when it begins, so that a test
// can prepare the next one while this is open.
type connect struct {
	id    string
	start string // the local path it began with
	// verifier is Zapier's half of PKCE at an OAuth v2 third party; the state is the id.
	verifier string
	user     int
	app      App
	popup    Popup
	gate     <-chan struct{} // nil: finish at once
	stop     <-chan struct{} // closed by reset
	began    time.Time

	claimed        bool          // under the state's lock
	authentication string        // under the state's lock; "" until stored
	done           chan struct{} // closed once stored
	dropped        chan struct{} // closed once cancelled, which another window may do
}

// connectRedirectURL is where a finished popup is sent on from (api.md 1.1).
func (e *Emulator) connectRedirectURL() string { return e.apiURL + "/v2/authentications/redirect" }

// connectStart serves GET /engine/auth/start/{api}.
func (e *Emulator) connectStart(w http.ResponseWriter, r *http.Request) error {
	app, known := e.directory.appByAPI(chi.URLParam(r, "api"))
	if !known || app.Scheme == SchemeNone {
		return notFound("There is no App of this name that can be connected.")
	}
	if r.URL.Query().Get("redirect") != e.connectRedirectURL() {
		return badPage("Unknown return address", "redirect must be "+e.connectRedirectURL())
	}
	user, known := e.login(r)
	if !known {
		return e.render(w, r, http.StatusOK, pages.SignIn(e.signInView("to connect "+app.Title, r.URL.RequestURI())))
	}
	c := e.state.beginConnect(user.ID, app, r.URL.RequestURI())
	if app.Scheme == SchemeOAuth2 {
		http.Redirect(w, r, e.partyAuthorizeURL(c), http.StatusFound)
		return nil
	}
	fields := emptyForm(schemeFields(app.Scheme, user.Email))
	return e.showConnectForm(w, r, http.StatusOK, c, pages.ConnectView{Fields: fields})
}

func (e *Emulator) showConnectForm(w http.ResponseWriter, r *http.Request, status int, c *connect, view pages.ConnectView) error {
	user, _ := e.directory.user(c.user)
	view.App, view.Icon, view.User = c.app.Title, iconPath(c.app), personOf(user)
	view.Scheme, view.Action, view.Start = schemeWords(c.app.Scheme), "/engine/auth/connect/"+c.id, c.start
	c.popup.isolate(w)
	return e.render(w, r, status, pages.ConnectForm(view))
}

// connectForm serves POST /engine/auth/connect/{id}.
func (e *Emulator) connectForm(w http.ResponseWriter, r *http.Request) error {
	c, err := e.openConnect(r, chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	if r.PostForm.Get("decision") == "cancel" {
		return e.leaveEmptyHanded(w, r, c)
	}
	fields, values, message := fillForm(c.app.Scheme, r.PostForm)
	if message != "" {
		return e.showConnectForm(w, r, http.StatusUnprocessableEntity, c, pages.ConnectView{Fields: fields, Message: message})
	}
	result, failed := e.tryFields(r, c.app, values)
	if failed != nil {
		view := pages.ConnectView{Fields: refuseSecrets(fields, failed), Failure: failed.view()}
		return e.showConnectForm(w, r, http.StatusUnprocessableEntity, c, view)
	}
	return e.finishConnect(w, r, c, result)
}

// tryFields tests credentials at the third party before anything is stored. Who
// types them is taken to have such an account, unless they are wrong.
func (e *Emulator) tryFields(r *http.Request, app App, values map[string]string) (tried, *failure) {
	if account, secret := partyAccount(app.Scheme, values); !hasWrongValue(values) {
		e.state.enrol(app, account, secret)
	}
	return e.newTrial(r, app).tryFields(values)
}

// partyAuthorizeURL is where Zapier sends a browser to be let into an OAuth v2 App (api.md 5).
func (e *Emulator) partyAuthorizeURL(c *connect) string {
	id, _ := partyClient(c.app)
	sum := sha256.Sum256([]byte(c.verifier))
	return "/third-party/" + c.app.Slug + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {id}, "redirect_uri": {e.partyRedirectURL()}, "scope": {"read write"}, "state": {c.id},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}.Encode()
}

// connectReturn serves GET /engine/auth/return, where a third party sends the
// browser with a code or an error. The state is the popup's id, which nobody can
// guess and which only the browser that began it can use (RFC 6749, section 10.12).
func (e *Emulator) connectReturn(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	c, err := e.openConnect(r, query.Get("state"))
	if err != nil {
		return err
	}
	if c.app.Scheme != SchemeOAuth2 || query.Get("error") != "" || query.Get("code") == "" {
		return e.leaveEmptyHanded(w, r, c)
	}
	result, failed := e.newTrial(r, c.app).tryCode(query.Get("code"), c.verifier, e.partyRedirectURL())
	if failed != nil {
		c.popup.isolate(w)
		return e.render(w, r, http.StatusUnprocessableEntity, pages.ConnectFailed(pages.ConnectFailedView{
			App: c.app.Title, Icon: iconPath(c.app), Start: c.start, Failure: failed.view(),
		}))
	}
	return e.finishConnect(w, r, c, result)
}

func (f *failure) view() *pages.Failure {
	return &pages.Failure{Message: f.message, Cause: f.cause, Advice: f.advice, Details: f.details}
}

// openConnect finds the popup a form belongs to, for the user it was begun by.
func (e *Emulator) openConnect(r *http.Request, id string) (*connect, error) {
	c, known := e.state.findConnect(id)
	user, signedIn := e.login(r)
	if !known || !signedIn || user.ID != c.user {
		return nil, badPage("This window is out of date", "Close it and connect again from the page you came from.")
	}
	return c, nil
}

// finishConnect stores, at the pace Popup asks for, and leaves for the page that
// posts the message. If the window is closed while it waits, the Authentication
// is stored all the same, as a third party's late answer would be.
func (e *Emulator) finishConnect(w http.ResponseWriter, r *http.Request, c *connect, result tried) error {
	e.state.store(c, result)
	if !waitFor(r.Context(), c) {
		return conflict("Before this was stored, the emulator was reset, the window was closed, or somebody cancelled in another one.")
	}
	http.Redirect(w, r, e.connectRedirectURL()+"?"+url.Values{"connect": {c.id}}.Encode(), http.StatusSeeOther)
	return nil
}

func waitFor(ctx context.Context, c *connect) bool {
	select {
	case <-c.done:
		return true
	case <-c.stop:
	case <-c.dropped:
	case <-ctx.Done():
	}
	return false
}

// leaveEmptyHanded is a denial: the last page posts nothing (api.md 7, unknown 7).
func (e *Emulator) leaveEmptyHanded(w http.ResponseWriter, r *http.Request, c *connect) error {
	e.state.dropConnect(c.id)
	http.Redirect(w, r, e.webURL+"/partner/popup-close", http.StatusSeeOther)
	return nil
}

// connectRedirect serves GET /v2/authentications/redirect, the hop over the API's host.
func (e *Emulator) connectRedirect(w http.ResponseWriter, r *http.Request) error {
	c, known := e.state.findConnect(r.URL.Query().Get("connect"))
	if !known {
		return badPage("This window is out of date", "Close it and connect again from the page you came from.")
	}
	origin := e.webURL
	if c.popup.WrongOrigin != "" {
		origin = c.popup.WrongOrigin
	}
	query := url.Values{"connect": {c.id}, "authentication_id": {e.state.outcome(c)}}
	http.Redirect(w, r, origin+"/partner/popup-close?"+query.Encode(), http.StatusFound)
	return nil
}

func (s *state) beginConnect(user int, app App, start string) *connect {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.connects {
		if s.now().Sub(old.began) >= connectLife {
			s.dropLocked(id)
		}
	}
	c := &connect{
		id: s.secrets.text(24), start: start, verifier: s.secrets.text(43), user: user, app: app, popup: s.popup, gate: s.gate, stop: s.stop,
		began: s.now(), done: make(chan struct{}), dropped: make(chan struct{}),
	}
	s.connects[c.id] = c
	return c
}

func (s *state) findConnect(id string) (*connect, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.connects[id]
	return c, known
}

func (s *state) dropConnect(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropLocked(id)
}

// dropLocked ends a popup, and whatever waits for it.
func (s *state) dropLocked(id string) {
	if c, known := s.connects[id]; known {
		close(c.dropped)
		delete(s.connects, id)
	}
}

// outcome is the id of the Authentication a popup stored, "" while it has not.
func (s *state) outcome(c *connect) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.authentication
}

// store begins to store, once however often the form is sent.
func (s *state) store(c *connect, result tried) {
	s.mu.Lock()
	first := !c.claimed
	c.claimed = true
	s.mu.Unlock()
	switch {
	case !first:
	case c.gate == nil:
		s.storeNow(c, result)
	default:
		go func() {
			select {
			case <-c.gate:
				s.storeNow(c, result)
			case <-c.stop:
			case <-c.dropped:
			}
		}()
	}
}

func (s *state) storeNow(c *connect, result tried) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connects[c.id] != c {
		return // reset or cancelled meanwhile: nothing of before may appear
	}
	c.authentication = s.storeLocked(c.user, c.app, result, c.popup.IDNumber).ID
	close(c.done)
}
