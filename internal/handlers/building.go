package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/web/templates"
)

// building is a request about a draft: whose it is, the draft as it stands, and the step of it that the route names.
type building struct {
	state session.State
	draft draft.Draft
	// step and index are those of the route's {step}; index counts from 0.
	step  draft.Step
	index int
}

// user is whose draft it is.
func (b building) user() string { return b.state.User.ID }

// home is the draft's own page, below Base.
func (b building) home() string { return draftPath(b.draft.ID) }

// stage is a page of the step, below Base.
func (b building) stage(stage templates.Stage) string { return b.stepPath() + "/" + string(stage) }

// stepPath leads to the first part of the step that is not done.
func (b building) stepPath() string { return stepPath(b.draft.ID, b.step.ID) }

func draftPath(draftID string) string { return "/drafts/" + draftID }

func stepPath(draftID, stepID string) string { return draftPath(draftID) + "/steps/" + stepID }

// draftPattern is what ids of drafts and steps look like.
var draftPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// buildHandler is a handler of a route below /drafts/{draft}. What it posts has been read.
type buildHandler func(w http.ResponseWriter, r *http.Request, b building) error

// building is the adaptor of the routes below /drafts/{draft}: it finds the draft and the step, and leads whoever meets
// an error back to the page that the form is on.
func (s *Server) building(h buildHandler) http.HandlerFunc {
	return s.page(func(w http.ResponseWriter, r *http.Request) error {
		b, err := s.findDraft(r)
		if err != nil {
			return err
		}
		if err := h(w, r, b); err != nil {
			told := asError(err)
			told.Retry = cmp.Or(told.Retry, b.wayOn(r, told))
			return told
		}
		return nil
	})
}

// findDraft reads who asks, for which draft and step, and the form.
func (s *Server) findDraft(r *http.Request) (building, error) {
	state, err := s.person(r)
	if err != nil {
		return building{}, err
	}
	b := building{state: state}
	if b.draft, err = s.cfg.Drafts.Get(r.Context(), b.user(), chi.URLParam(r, "draft")); err != nil {
		told := asError(err)
		if errors.Is(err, draft.ErrNotFound) {
			told.Retry = "/zaps"
		}
		return b, told
	}
	if id := chi.URLParam(r, "step"); id != "" {
		var found bool
		if b.step, b.index, found = b.draft.Step(id); !found {
			return b, &Error{Code: "step-not-found", Status: http.StatusNotFound, Retry: b.home()}
		}
	}
	if err := r.ParseForm(); err != nil {
		told := asError(badForm(err))
		told.Retry = b.wayOn(r, told)
		return b, told
	}
	return b, nil
}

// wayOn is where an error's page leads: from a form to the page that it is on, from a page that may be well soon to
// itself (which is the rule for all pages), else to the draft.
func (b building) wayOn(r *http.Request, told *Error) string {
	switch {
	case told.Status == http.StatusUnauthorized, r.Method == http.MethodGet && passes(told):
		return ""
	case r.Method == http.MethodPost && b.step.ID != "":
		return b.stepPath()
	default:
		return b.home()
	}
}

// change applies fn to the draft as the form knew it: of a newer one, ErrStale comes back.
func (s *Server) change(r *http.Request, b building, fn func(*draft.Draft) error) (draft.Draft, error) {
	revision, err := strconv.Atoi(r.PostForm.Get("revision"))
	if err != nil || revision < 0 {
		return b.draft, &Error{Code: "bad-request", Status: http.StatusBadRequest}
	}
	return s.cfg.Drafts.Change(r.Context(), b.user(), b.draft.ID, revision, fn)
}
