package emulator

import (
	"context"
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
	user  int
	app   App
	popup Popup
	gate  <-chan struct{} // nil: finish at once
	stop  <-chan struct{} // closed by reset
	began time.Time

	claimed        bool          // under the state's lock
	authentication string        // under the state's lock; "" until stored
	done           chan struct{} // closed once stored
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
		target := "/third-party/" + app.Slug + "/authorize?" + url.Values{"connect": {c.id}}.Encode()
		http.Redirect(w, r, target, http.StatusFound)
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
	fields, label, message := fillForm(schemeFields(c.app.Scheme, ""), r.PostForm)
	if message != "" {
		return e.showConnectForm(w, r, http.StatusUnprocessableEntity, c, pages.ConnectView{Fields: fields, Message: message})
	}
	return e.finishConnect(w, r, c, label)
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
func (e *Emulator) finishConnect(w http.ResponseWriter, r *http.Request, c *connect, label string) error {
	e.state.store(c, label)
	if !waitFor(r.Context(), c) {
		return conflict("The emulator was reset, or the window was closed, before this was stored.")
	}
	http.Redirect(w, r, e.connectRedirectURL()+"?"+url.Values{"connect": {c.id}}.Encode(), http.StatusSeeOther)
	return nil
}

func waitFor(ctx context.Context, c *connect) bool {
	select {
	case <-c.done:
		return true
	case <-c.stop:
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
			delete(s.connects, id)
		}
	}
	c := &connect{
		id: s.secrets.text(24), start: start, user: user, app: app, popup: s.popup, gate: s.gate, stop: s.stop,
		began: s.now(), done: make(chan struct{}),
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
	delete(s.connects, id)
}

// outcome is the id of the Authentication a popup stored, "" while it has not.
func (s *state) outcome(c *connect) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return c.authentication
}

// store begins to store, once however often the form is sent.
func (s *state) store(c *connect, label string) {
	s.mu.Lock()
	first := !c.claimed
	c.claimed = true
	s.mu.Unlock()
	switch {
	case !first:
	case c.gate == nil:
		s.storeNow(c, label)
	default:
		go func() {
			select {
			case <-c.gate:
				s.storeNow(c, label)
			case <-c.stop:
			}
		}()
	}
}

func (s *state) storeNow(c *connect, label string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.connects[c.id] != c {
		return // the state was reset meanwhile: nothing of before may appear in it
	}
	c.authentication = s.storeLocked(c.user, c.app, label, c.popup.IDNumber).ID
	close(c.done)
}
