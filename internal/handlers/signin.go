package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// signIn is GET /sign-in?return_to=[&popup=1][&challenge=]: it sends the person to Zapier, as soon as there will be room for
// what has to be asked when they come back. It is a GET because a form's POST that is answered by a redirect to Zapier is
// blocked without a word by form-action (popup.md, M13).
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) error {
	if isPrefetch(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if inFrame(r) { // Zapier is not shown in one: what stands there instead is the link that opens a window
		return &Error{Code: "sign-in-required", Status: http.StatusUnauthorized}
	}
	asked := r.URL.Query()
	popup := asked.Get("popup") == "1"
	if popup && s.cfg.CrossSite && !fromUs(r) {
		return s.signInElsewhere(r)
	}
	if wait := s.waitToSignIn(r.Context()); wait > 0 {
		return &Error{Code: "zapier-rate-limited", Status: http.StatusTooManyRequests, RetryAfter: wait, InWindow: popup}
	}
	if r.Header.Get("Sec-Fetch-Dest") == "empty" { // the page that waits; to Zapier no script can follow, but the browser can
		w.Header().Set("Refresh", "0")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	target, err := s.cfg.Sessions.BeginSignIn(w, r, session.SignIn{
		ReturnTo:  asked.Get("return_to"),
		Popup:     popup,
		Challenge: asked.Get("challenge"),
	})
	if err != nil {
		told := asError(err)
		told.InWindow = popup
		return told
	}
	http.Redirect(w, r, target, http.StatusFound)
	return nil
}

// waitToSignIn is for whoever would consent at Zapier for nothing: so long, from when they come back, there is no room to ask
// who they are.
func (s *Server) waitToSignIn(ctx context.Context) time.Duration {
	if s.cfg.Room == nil {
		return 0
	}
	return s.cfg.Room(ctx, formPatience)
}

// fromUs reports whether a page of ours led here. A browser that does not say so is believed: what is asked is one more
// hurdle, and not what anything rests on.
func fromUs(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return site == "" || site == "same-origin"
}

// signInElsewhere tells why a window that a frame would take over does not sign in: what opened it is a stranger's page, or
// ours in a frame that a sandbox shuts off from its own origin, to which no window could hand anything over. The way on is
// the ordinary sign-in.
func (s *Server) signInElsewhere(r *http.Request) error {
	s.audit(r, audit.CrossOrigin, "what", "a sign-in window")
	retry := "/sign-in"
	if returnTo, ok := session.CleanReturnTo(r.URL.Query().Get("return_to")); ok {
		retry += "?" + url.Values{"return_to": {returnTo}}.Encode()
	}
	return &Error{Code: "sign-in-elsewhere", Status: http.StatusForbidden, InWindow: true, Retry: retry}
}

// signInCallback is GET /sign-in/callback, where Zapier sends people back. It redirects at once, so that
// the code leaves the address bar and the history. Only a sign-in that is handed over ends right here: its code is in
// no address at all, and the page takes Zapier's, which is spent, out of its own.
func (s *Server) signInCallback(w http.ResponseWriter, r *http.Request) error {
	done, err := s.cfg.Sessions.FinishSignIn(w, r)
	switch {
	case err != nil:
		told := signInError(err)
		s.logError(r, told)
		failed := url.Values{
			"problem": {told.Code}, "return_to": {done.ReturnTo}, "popup": {flag(done.Popup)}, "challenge": {done.Challenge},
			"reference": {RequestID(r.Context())},
		}
		if at := s.againAt(told); !at.IsZero() {
			failed.Set("again_at", at.Format(time.RFC3339))
		}
		s.redirect(w, r, signInFailedPath+"?"+failed.Encode())
	case done.Handover != "":
		page := s.newPage(r, session.State{})
		page.Path = done.ReturnTo
		return s.render(w, r, http.StatusOK, templates.SignedInWindow(templates.SignedIn{Page: page, Handover: done.Handover}))
	case done.Popup && !s.cfg.CrossSite: // else no frame shares this window's session, and it goes on by itself
		s.redirect(w, r, "/sign-in/done?"+url.Values{"return_to": {done.ReturnTo}}.Encode())
	default:
		s.redirect(w, r, done.ReturnTo)
	}
	return nil
}

// signInError is what a failed sign-in is told as. Of Zapier's troubles it keeps those that all there is to do about is wait.
func signInError(err error) *Error {
	failed, ok := errors.AsType[*zapier.Error](err)
	if !ok {
		failed, ok = zapier.TokenError(err)
	}
	if !ok {
		return asError(err)
	}
	if told := zapierError(failed); waits(told) {
		return told
	}
	return asError(err).because(failed)
}

// signInFailedPath explains a sign-in that came to nothing.
const signInFailedPath = "/sign-in/failed"

// signInFailed is GET /sign-in/failed?problem=&again_at=&return_to=&popup=&challenge=&reference=: what happened, from when on
// trying again may help, a link that does, and where the log tells more. Anybody can make such a link; all it can do is show
// one of our own sentences, a time within the hour, and an id.
func (s *Server) signInFailed(_ http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	told := s.signInProblem(asked.Get("problem"), asked.Get("again_at"))
	again := url.Values{"popup": {asked.Get("popup")}, "challenge": {asked.Get("challenge")}}
	if returnTo, ok := session.CleanReturnTo(asked.Get("return_to")); ok {
		again.Set("return_to", returnTo)
	}
	told.InWindow = asked.Get("popup") == "1"
	if reference := asked.Get("reference"); isRequestID(reference) {
		told.Reference = reference
	}
	told.Retry = "/sign-in?" + again.Encode()
	return told
}

// signInProblem is the error a failed sign-in ends in.
func (s *Server) signInProblem(code, againAt string) *Error {
	for _, row := range sentinels() {
		if row.code == code && (strings.HasPrefix(code, "sign-in-") || code == "store-unavailable") {
			return &Error{Code: code, Status: row.status, RetryAfter: row.retryAfter}
		}
	}
	for _, kind := range []zapier.Kind{zapier.RateLimited, zapier.Resting} {
		if known := zapierError(&zapier.Error{Kind: kind}); known.Code == code {
			return &Error{Code: code, Status: known.Status, RetryAfter: s.until(againAt)}
		}
	}
	return &Error{Code: "sign-in-unknown", Status: http.StatusBadRequest}
}

// until is how long it is until a time that stands in a link, an hour at most; 0 when it is over, or no time.
func (s *Server) until(text string) time.Duration {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(s.cfg.Now()), 0), time.Hour)
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
