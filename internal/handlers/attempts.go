package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// popupMessageType is the type of the message Zapier's last page posts (api.md 3.1).
const popupMessageType = "zapier.popup.close"

// startAttempt is GET /attempts/{attempt}/start?token=: it sends the window to Zapier. It works
// without a cookie, and a browser that only looks ahead does not count as a person who came. Where the cookie is one of a
// frame, and so no proof of anything here, a page of ours must have led to it: all links to it are, with script and without.
func (s *Server) startAttempt(w http.ResponseWriter, r *http.Request) error {
	if isPrefetch(r) {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if s.cfg.CrossSite && !fromUs(r) {
		s.audit(r, audit.AttemptForged, "what", "a start link that was not on our page")
		return &Error{Code: "attempt-start-refused", Status: http.StatusForbidden, InWindow: true}
	}
	start := s.cfg.Attempts.Start
	if r.URL.Query().Has("anyway") {
		start = s.cfg.Attempts.StartAnyway
	}
	target, attempt, err := start(r.Context(), chi.URLParam(r, "attempt"), r.URL.Query().Get("token"))
	switch {
	case errors.Is(err, connect.ErrSettled):
		return &Error{Code: startCode(attempt), Status: http.StatusConflict, InWindow: true}
	case errors.Is(err, connect.ErrNotFound):
		s.audit(r, audit.AttemptForged, "what", "a start link that nobody was given")
		return &Error{Code: "attempt-start-refused", Status: http.StatusNotFound, InWindow: true}
	case err != nil:
		told := asError(err)
		told.InWindow, told.Anyway = true, strings.TrimPrefix(s.startLink(attempt), s.base)+"&anyway=1"
		return told
	}
	http.Redirect(w, r, target, http.StatusFound)
	return nil
}

// startCode explains in the window why a settled attempt's link goes nowhere.
func startCode(attempt connect.Attempt) string {
	if attempt.State == connect.Connected {
		return "connected-already"
	}
	return settledCode(attempt)
}

// settledCode is the phrase of an attempt that ended without an Authentication.
func settledCode(attempt connect.Attempt) string {
	if attempt.Reason == connect.ClosedBeforeStart {
		return "attempt-closed"
	}
	return "attempt-" + string(attempt.State)
}

func isPrefetch(r *http.Request) bool {
	purpose := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Moz")
	return strings.Contains(strings.ToLower(purpose), "prefetch") || strings.Contains(strings.ToLower(purpose), "prerender")
}

// checkAttempt is POST /attempts/{attempt}/check: "I have connected it", or with the field
// authentication_id "it was this one".
func (s *Server) checkAttempt(w http.ResponseWriter, r *http.Request) error {
	return s.attemptForm(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		evidence := connect.Evidence{Kind: connect.Person}
		if picked := r.PostForm.Get("authentication_id"); picked != "" {
			evidence = connect.Evidence{Kind: connect.Picked, AuthenticationID: picked}
		}
		return s.check(r, owner, id, evidence)
	})
}

// check looks because of the evidence. Somebody whose pick is gone has to be told.
func (s *Server) check(r *http.Request, owner connect.Owner, id string, evidence connect.Evidence) (connect.Attempt, error) {
	attempt, err := s.cfg.Attempts.Check(r.Context(), owner, id, evidence)
	if err == nil && evidence.Kind == connect.Message && !attempt.Settled() && evidence.AuthenticationID != "" {
		s.audit(r, audit.AttemptForged, "what", "a message that names no account of theirs") // or one that Zapier does not list yet
	}
	if err == nil && evidence.Kind == connect.Picked && !attempt.Settled() {
		err = &Error{Code: "authentication-gone", Status: http.StatusConflict}
	}
	return attempt, err
}

// cancelAttempt is POST /attempts/{attempt}/cancel.
func (s *Server) cancelAttempt(w http.ResponseWriter, r *http.Request) error {
	return s.attemptForm(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		return s.cfg.Attempts.Cancel(r.Context(), owner, id)
	})
}

// restartAttempt is POST /attempts/{attempt}/restart: a fresh one takes its place.
func (s *Server) restartAttempt(w http.ResponseWriter, r *http.Request) error {
	return s.attemptForm(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		attempt, err := s.cfg.Attempts.Get(r.Context(), owner, id)
		if err != nil {
			return attempt, err
		}
		return s.cfg.Attempts.Restart(r.Context(), owner, attempt.App)
	})
}

// attemptForm is what the three forms share: who, which, and back to where they were.
func (s *Server) attemptForm(w http.ResponseWriter, r *http.Request, act func(connect.Owner, string) (connect.Attempt, error)) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	attempt, err := act(ownerOf(state), chi.URLParam(r, "attempt"))
	if err != nil {
		told := asError(err)
		told.Retry = comeBack(r, attempt)
		return told
	}
	if err := s.remember(w, r, attempt); err != nil {
		return err
	}
	back, err := url.Parse(comeBack(r, attempt))
	if err != nil {
		return err
	}
	query := back.Query()
	query.Set("attempt", attempt.ID)
	back.RawQuery = query.Encode()
	s.redirect(w, r, back.String())
	return nil
}

// comeBack is the page that an attempt's form is on: the one it names, or the App's own.
func comeBack(r *http.Request, attempt connect.Attempt) string {
	page := cleanReturn(r.PostForm.Get("return"))
	switch {
	case page != "":
		return page
	case attempt.App.ID != "":
		return "/apps/" + attempt.App.ID
	default:
		return "/apps"
	}
}

// cleanReturn takes a place that a form says it leads back to: into a draft or to an App, or "".
func cleanReturn(asked string) string {
	page, ok := session.CleanReturnTo(asked)
	if !ok || !strings.HasPrefix(page, "/drafts/") && !strings.HasPrefix(page, "/apps/") {
		return ""
	}
	return page
}

// attemptView shows one attempt with the start link of next, which is the same one until it has settled.
func (s *Server) attemptView(shown, next connect.Attempt, list []zapier.Authentication) *templates.Attempt {
	view := &templates.Attempt{
		ID:               shown.ID,
		Next:             next.ID,
		State:            regionState(shown.State),
		Start:            s.startLink(next),
		Window:           "zapier-connect-" + next.ID,
		AuthenticationID: shown.AuthenticationID,
		Title:            shown.Title,
		Origin:           s.cfg.Origin,
		MessageType:      popupMessageType,
		Timings:          s.cfg.Timings,
	}
	twins := titlesOf(list)
	for _, candidate := range shown.Candidates {
		view.Candidates = append(view.Candidates, templates.Authentication{
			ID: candidate.ID, Title: candidate.Title, Twin: twins[candidate.Title] > 1,
		})
	}
	if shown.Settled() && shown.State != connect.Connected {
		phrase := s.cfg.Phrases.Error(settledCode(shown))
		view.Reason = &phrase
	}
	return view
}

func (s *Server) startLink(attempt connect.Attempt) string {
	return fmt.Sprintf("%s/attempts/%s/start?token=%s", s.base, attempt.ID, attempt.Token)
}

// regionState is what the attempt's region says of a state; a superseded attempt looks cancelled.
func regionState(state connect.State) templates.AttemptState {
	switch state {
	case connect.Minted:
		return templates.AttemptIdle
	case connect.Opened:
		return templates.AttemptWaiting
	case connect.Connected:
		return templates.AttemptConnected
	case connect.Expired:
		return templates.AttemptExpired
	case connect.Failed:
		return templates.AttemptFailed
	default:
		return templates.AttemptCancelled
	}
}
