package handlers

import (
	"net/http"
	"net/url"
	"strings"

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
		s.logError(r, told)
		s.redirect(w, r, signInFailedPath+"?"+url.Values{
			"problem": {told.Code}, "return_to": {done.ReturnTo}, "popup": {flag(done.Popup)},
		}.Encode())
	case done.Popup:
		s.redirect(w, r, "/sign-in/done?"+url.Values{"return_to": {done.ReturnTo}}.Encode())
	default:
		s.redirect(w, r, done.ReturnTo)
	}
	return nil
}

// signInFailedPath explains a sign-in that came to nothing.
const signInFailedPath = "/sign-in/failed"

// signInFailed is GET /sign-in/failed?problem=&return_to=&popup=: what happened, and a link that tries again.
// Anybody can make such a link; all it can do is show one of our own sentences.
func (s *Server) signInFailed(_ http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	told := signInProblem(asked.Get("problem"))
	again := url.Values{"popup": {asked.Get("popup")}}
	if returnTo, ok := session.CleanReturnTo(asked.Get("return_to")); ok {
		again.Set("return_to", returnTo)
	}
	told.InWindow = asked.Get("popup") == "1"
	told.Retry = "/sign-in?" + again.Encode()
	return told
}

// signInProblem is the error a failed sign-in ends in.
func signInProblem(code string) *Error {
	for _, row := range sentinels() {
		if row.code == code && (strings.HasPrefix(code, "sign-in-") || code == "store-unavailable") {
			return &Error{Code: code, Status: row.status, RetryAfter: row.retryAfter}
		}
	}
	return &Error{Code: "sign-in-unknown", Status: http.StatusBadRequest}
}

func flag(on bool) string {
	if on {
		return "1"
	}
	return ""
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
