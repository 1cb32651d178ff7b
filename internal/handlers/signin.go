package handlers

import (
	"net/http"
	"net/url"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/web/templates"
)

// signIn is GET /sign-in?return_to=[&popup=1]: it sends the person to Zapier. It is a GET because a form's
// POST that is answered by a redirect to Zapier is blocked without a word by form-action (popup.md, M13).
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if isPrefetch(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	asked := r.URL.Query()
	target, err := s.cfg.Sessions.BeginSignIn(w, r, session.SignIn{
		ReturnTo: asked.Get("return_to"),
		Popup:    asked.Get("popup") == "1",
	})
	if err != nil {
		told := asError(err)
		told.InWindow = asked.Get("popup") == "1"
		return told
	}
	http.Redirect(w, r, target, http.StatusFound)
	return nil
}

// signInCallback is GET /sign-in/callback, where Zapier sends people back. It redirects at once, so that
// the code leaves the address bar and the history.
func (s *Server) signInCallback(w http.ResponseWriter, r *http.Request) error {
	done, err := s.cfg.Sessions.FinishSignIn(w, r)
	switch {
	case err != nil:
		told := asError(err)
		told.InWindow = done.Popup
		told.Retry = signInAgain(done)
		return told
	case done.Popup:
		s.redirect(w, r, "/sign-in/done?"+url.Values{"return_to": {done.ReturnTo}}.Encode())
	default:
		s.redirect(w, r, done.ReturnTo)
	}
	return nil
}

func signInAgain(done session.SignInResult) string {
	again := url.Values{}
	if done.ReturnTo != "" {
		again.Set("return_to", done.ReturnTo)
	}
	if done.Popup {
		again.Set("popup", "1")
	}
	target := url.URL{Path: "/sign-in", RawQuery: again.Encode()}
	return target.String()
}

// signInDone is GET /sign-in/done: the last page of the popup, which tells the page behind it and closes.
func (s *Server) signInDone(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	returnTo, ok := session.CleanReturnTo(r.URL.Query().Get("return_to"))
	if !ok {
		returnTo = "/"
	}
	return s.render(w, r, http.StatusOK, templates.SignedInWindow(templates.SignedIn{
		Page: s.newPage(r, state), ReturnTo: s.base + returnTo,
	}))
}

// signOut is POST /sign-out.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return err
	}
	if state.User != nil {
		if err := s.cfg.Attempts.CancelAll(r.Context(), ownerOf(state)); err != nil {
			return err
		}
	}
	if err := s.cfg.Sessions.SignOut(w, r); err != nil {
		return err
	}
	s.redirect(w, r, "/")
	return nil
}
