package handlers

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/zapembed/zapembed/internal/draft"
)

// publish is POST /drafts/{draft}/publish: it makes the Zap, or changes the one that the draft is for, once however
// often it is pressed.
func (s *Server) publish(w http.ResponseWriter, r *http.Request, b building) error {
	return s.send(w, r, b, func(revision int) (draft.Draft, error) {
		return s.cfg.Drafts.Publish(r.Context(), b.user(), b.draft.ID, revision)
	})
}

// publishAgain is POST /drafts/{draft}/publish-again: the person says so after Zapier's answer was lost.
func (s *Server) publishAgain(w http.ResponseWriter, r *http.Request, b building) error {
	return s.send(w, r, b, func(revision int) (draft.Draft, error) {
		return s.cfg.Drafts.PublishAgain(r.Context(), b.user(), b.draft.ID, revision)
	})
}

// look is POST /drafts/{draft}/look: it asks Zapier again what came of it.
func (s *Server) look(w http.ResponseWriter, r *http.Request, b building) error {
	now, err := s.cfg.Drafts.Look(r.Context(), b.user(), b.draft.ID)
	return s.published(w, r, b, now, err)
}

func (s *Server) send(w http.ResponseWriter, r *http.Request, b building, send func(revision int) (draft.Draft, error)) error {
	allowed, err := s.allowed(r.Context(), b.state)
	if err != nil {
		return err
	}
	if !mayPublish(b.draft, allowed) {
		return &Error{Code: "zapier-refused", Status: http.StatusForbidden}
	}
	revision, err := strconv.Atoi(r.PostForm.Get("revision"))
	if err != nil || revision < 0 {
		return &Error{Code: "bad-request", Status: http.StatusBadRequest}
	}
	now, err := send(revision)
	return s.published(w, r, b, now, err)
}

// published shows on the draft's page what came of it: what Zapier refused and what is missing are listed there.
func (s *Server) published(w http.ResponseWriter, r *http.Request, b building, now draft.Draft, err error) error {
	if now.ID != "" {
		b.draft = now
	}
	switch {
	case errors.Is(err, draft.ErrNotReady):
		return s.showDraft(w, r, b, http.StatusConflict, "draft-not-ready")
	case errors.Is(err, draft.ErrOvertaken):
		return s.showDraft(w, r, b, http.StatusConflict, "zap-changed-since")
	case err != nil:
		return err
	}
	if b.draft.Publishing.State == draft.Done {
		s.leaveDoor(r, b.user())
	}
	s.redirect(w, r, b.home())
	return nil
}
