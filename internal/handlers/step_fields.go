package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// stepFields is GET …/fields: the form of the step. With ?text= that field is drawn as a text box, for a mapping.
func (s *Server) stepFields(w http.ResponseWriter, r *http.Request, b building) error {
	read, err := s.cfg.Drafts.ReadForm(r.Context(), b.user(), b.draft.ID, b.step.ID, draft.IfNeeded)
	return s.showFields(w, r, b, read, err)
}

// showFields draws the form as it was just read, or why it could not be, and which values that lost.
func (s *Server) showFields(w http.ResponseWriter, r *http.Request, b building, read draft.Draft, err error) error {
	unread, err := s.unread(r, err)
	if err != nil {
		return err
	}
	if read.ID != "" {
		if b, err = b.at(read); err != nil {
			return err
		}
	}
	view, err := s.fieldsPage(r, b, r.URL.Query().Get("text"))
	if err != nil {
		return err
	}
	if unread != nil {
		view.Unread, view.Problems = &unread.phrase, unread.problems(b.step)
	}
	for _, value := range b.step.Dropped {
		view.Dropped = append(view.Dropped, value.Label)
	}
	return s.render(w, r, http.StatusOK, templates.StepFields(view))
}

// fieldsPage is the form as the draft has it, with the outputs that can be put in. asText is drawn as a text box.
func (s *Server) fieldsPage(r *http.Request, b building, asText string) (templates.StepFieldsPage, error) {
	b, unread, err := s.readSources(r, b)
	if err != nil {
		return templates.StepFieldsPage{}, err
	}
	return templates.StepFieldsPage{
		StepPage: s.stepPage(r, b, templates.StageFields),
		Controls: s.controlsOf(b, asText),
		Sources:  s.sourceViews(b, unread),
		Text:     asText,
	}, nil
}

// saveFields is POST …/fields. Whatever the button is for, what was typed is saved first.
func (s *Server) saveFields(w http.ResponseWriter, r *http.Request, b building) error {
	inputs, drawn := filledIn(r.PostForm, b.step)
	reread := false
	changed, err := s.change(r, b, func(d *draft.Draft) (err error) {
		reread, err = d.SetInputs(b.step.ID, inputs, drawn)
		return err
	})
	if errors.Is(err, draft.ErrStale) {
		return s.staleFields(w, r, b, changed, inputs, drawn)
	}
	if err != nil {
		return err
	}
	if b, err = b.at(changed); err != nil {
		return err
	}
	if r.PostForm.Get("do") == "refresh" {
		return s.refreshFields(w, r, b)
	}
	s.redirect(w, r, afterSaving(r, b, reread))
	return nil
}

// refreshFields reads the form and all choices anew. What there is to tell of it would be forgotten on the way to
// another page, so that this one tells it.
func (s *Server) refreshFields(w http.ResponseWriter, r *http.Request, b building) error {
	read, err := s.cfg.Drafts.ReadForm(r.Context(), b.user(), b.draft.ID, b.step.ID, draft.AgainWithChoices)
	if step, _, _ := read.Step(b.step.ID); err != nil || len(step.Dropped) > 0 {
		return s.showFields(w, r, b, read, err)
	}
	s.redirect(w, r, afterSaving(r, b, false))
	return nil
}

// afterSaving is where a button leads. A form that has changed by what was typed is looked at first.
func afterSaving(r *http.Request, b building, reread bool) string {
	verb, of, _ := strings.Cut(r.PostForm.Get("do"), ":")
	asText := r.URL.Query().Get("text")
	switch {
	case verb == "next" && !reread:
		return b.home()
	case verb == "test" && !reread:
		return b.stage(templates.StageTest)
	case verb == "text":
		asText = of
	case verb == "native":
		asText = ""
	case verb == "remove":
		of, _ = rowOf(of)
	}
	fields := url.URL{Path: b.stage(templates.StageFields)}
	if asText != "" {
		fields.RawQuery = url.Values{"text": {asText}}.Encode()
	}
	if of != "" {
		fields.Fragment = "field-" + of
	}
	return fields.String()
}

// staleFields draws the form once more with what was typed into it, on top of what the draft is now. Nothing is saved:
// the person looks it over first.
func (s *Server) staleFields(w http.ResponseWriter, r *http.Request, b building, now draft.Draft, inputs zapier.Inputs, drawn []string) error {
	if _, err := now.SetInputs(b.step.ID, inputs, drawn); err != nil {
		return draft.ErrStale // the step is gone, or does something else now
	}
	b, err := b.at(now)
	if err != nil {
		return err
	}
	view, err := s.fieldsPage(r, b, r.URL.Query().Get("text"))
	if err != nil {
		return err
	}
	view.Stale = true
	return s.render(w, r, http.StatusConflict, templates.StepFields(view))
}
