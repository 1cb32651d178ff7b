package handlers

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// stepFields is GET …/fields: the form of the step. With ?text= that field is drawn as a text box, for a mapping.
func (s *Server) stepFields(w http.ResponseWriter, r *http.Request, b building) error {
	read, err := s.cfg.Drafts.ReadForm(r.Context(), b.user(), b.draft.ID, b.step.ID, draft.IfNeeded)
	return s.showFields(w, r, b, read, err, nil)
}

// showFields draws the form as it was just read, or why it could not be, and which values that lost. Rows that could not
// be kept stand in it as they were typed.
func (s *Server) showFields(w http.ResponseWriter, r *http.Request, b building, read draft.Draft, err error, refused refusedRows) error {
	unread, fatal := s.unread(r, err)
	if fatal != nil {
		return fatal
	}
	if read.ID != "" {
		if b, fatal = b.at(read); fatal != nil {
			return fatal
		}
	}
	view, fatal := s.fieldsPage(r, b, b.step.Inputs, refused)
	if fatal != nil {
		return fatal
	}
	if unread != nil {
		view.Unread, view.Problems = &unread.phrase, unread.problems(b.step)
		// A look at the page reads what is missing, and shows nothing of what was refused.
		if b.step.FormRead.IsZero() && len(refused) == 0 {
			view.ReadAgain = againAfter(asError(err))
		}
	}
	for _, value := range b.step.Dropped {
		view.Dropped = append(view.Dropped, value.Label)
	}
	status := http.StatusOK
	if len(refused) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return s.render(w, r, status, templates.StepFields(view))
}

// textAsked is the field that is to be drawn as a text box, for a mapping.
func textAsked(r *http.Request) string {
	switch verb, of, _ := strings.Cut(r.PostForm.Get("do"), ":"); verb {
	case "text":
		return of
	case "native":
		return ""
	}
	return r.URL.Query().Get("text")
}

// fieldsPage is the form as b has it, with the outputs that can be put in. The draft's own values are stored.
func (s *Server) fieldsPage(r *http.Request, b building, stored zapier.Inputs, refused refusedRows) (templates.StepFieldsPage, error) {
	b, unread, err := s.readSources(r, b)
	if err != nil {
		return templates.StepFieldsPage{}, err
	}
	asText := textAsked(r)
	drawn := controls{server: s, draft: b.draft, step: b.step, index: b.index, asText: asText, stored: stored, refused: refused}
	return templates.StepFieldsPage{
		StepPage: s.stepPage(r, b, templates.StageFields),
		Controls: drawn.all(b.step.Form),
		Sources:  s.sourceViews(b, unread),
		Text:     asText,
	}, nil
}

// saveFields is POST …/fields. Whatever the button is for, what was typed is saved first.
func (s *Server) saveFields(w http.ResponseWriter, r *http.Request, b building) error {
	filled := filledIn(r.PostForm, b.step)
	reread := false
	changed, err := s.change(r, b, func(d *draft.Draft) (err error) {
		reread, err = d.SetInputs(b.step.ID, filled.inputs, filled.touched)
		return err
	})
	if errors.Is(err, draft.ErrStale) {
		return s.staleFields(w, r, b, changed, filled)
	}
	if err != nil {
		return err
	}
	if b, err = b.at(changed); err != nil {
		return err
	}
	field, choices := strings.CutPrefix(r.PostForm.Get("do"), "choices:")
	switch {
	case r.PostForm.Get("do") == "refresh":
		return s.refreshFields(w, r, b, filled.refused)
	case choices:
		read, err := s.cfg.Drafts.ReadChoices(r.Context(), b.user(), b.draft.ID, b.step.ID, field)
		if lost := alsoLost(b, read); err != nil || len(filled.refused)+lost > 0 {
			return s.showFields(w, r, b, read, err, filled.refused)
		}
	case len(filled.refused)+len(b.step.Dropped) > 0:
		read, err := s.rereadForm(r, b, draft.IfNeeded)
		return s.showFields(w, r, b, read, err, filled.refused)
	}
	if !reread || !leaves(r) {
		s.redirect(w, r, afterSaving(r, b, reread))
		return nil
	}
	before := b.step
	read, err := s.rereadForm(r, b, draft.IfNeeded)
	if err != nil {
		return s.showFields(w, r, b, read, err, filled.refused)
	}
	if b, err = b.at(read); err != nil {
		return err
	}
	if len(b.step.Dropped) > 0 {
		return s.showFields(w, r, b, read, nil, filled.refused)
	}
	s.redirect(w, r, afterSaving(r, b, !sameForm(before, b.step)))
	return nil
}

// leaves reports whether the button leads away from the form.
func leaves(r *http.Request) bool {
	return slices.Contains([]string{"next", "test"}, r.PostForm.Get("do"))
}

// sameForm reports whether there is nothing new to look at in a form that was read again.
func sameForm(before, after draft.Step) bool {
	was, _ := json.Marshal([]any{before.Form, before.Inputs}) // it came from JSON
	is, _ := json.Marshal([]any{after.Form, after.Inputs})
	return bytes.Equal(was, is)
}

// refreshFields reads the form and all choices anew. What there is to tell of it would be forgotten on the way to
// another page, so that this one tells it.
func (s *Server) refreshFields(w http.ResponseWriter, r *http.Request, b building, refused refusedRows) error {
	read, err := s.rereadForm(r, b, draft.AgainWithChoices)
	if step, _, _ := read.Step(b.step.ID); err != nil || len(step.Dropped) > 0 || len(refused) > 0 {
		return s.showFields(w, r, b, read, err, refused)
	}
	s.redirect(w, r, afterSaving(r, b, false))
	return nil
}

// rereadForm reads the form of a step that was just saved. What was lost in that is not forgotten over it.
func (s *Server) rereadForm(r *http.Request, b building, how draft.Reading) (draft.Draft, error) {
	read, err := s.cfg.Drafts.ReadForm(r.Context(), b.user(), b.draft.ID, b.step.ID, how)
	alsoLost(b, read)
	return read, err
}

// alsoLost adds what was lost when the step was saved to what was lost when it was read, and counts both.
func alsoLost(b building, read draft.Draft) int {
	_, at, found := read.Step(b.step.ID)
	if !found {
		return len(b.step.Dropped)
	}
	read.Steps[at].Dropped = slices.Concat(b.step.Dropped, read.Steps[at].Dropped)
	return len(read.Steps[at].Dropped)
}

// afterSaving is where a button leads. A form that has changed by what was typed is looked at first.
func afterSaving(r *http.Request, b building, reread bool) string {
	verb, of, _ := strings.Cut(r.PostForm.Get("do"), ":")
	switch {
	case verb == "next" && !reread:
		return b.home()
	case verb == "test" && !reread:
		return b.stage(templates.StageTest)
	case verb == "remove":
		of, _ = rowOf(of)
	}
	fields := url.URL{Path: b.stage(templates.StageFields)}
	if asText := textAsked(r); asText != "" {
		fields.RawQuery = url.Values{"text": {asText}}.Encode()
	}
	if of != "" {
		fields.Fragment = templates.FieldAnchor(of)
	}
	return fields.String()
}

// staleFields draws the form once more with what was typed into it, on top of what the draft is now: what nobody touched
// here is as it was changed there. Nothing is saved: the person looks it over first.
func (s *Server) staleFields(w http.ResponseWriter, r *http.Request, b building, now draft.Draft, filled filledForm) error {
	step, _, _ := now.Step(b.step.ID)
	if _, err := now.SetInputs(b.step.ID, filled.inputs, filled.touched); err != nil {
		return draft.ErrStale // the step is gone, or does something else now
	}
	b, err := b.at(now)
	if err != nil {
		return err
	}
	view, err := s.fieldsPage(r, b, step.Inputs, filled.refused)
	if err != nil {
		return err
	}
	view.Stale = true
	return s.render(w, r, http.StatusConflict, templates.StepFields(view))
}
