package handlers

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// addStep is POST /drafts/{draft}/steps: an empty step behind the one that the field after names, or at the end.
func (s *Server) addStep(w http.ResponseWriter, r *http.Request, b building) error {
	var added draft.Step
	_, err := s.change(r, b, func(d *draft.Draft) (err error) {
		added, err = d.AddStep(r.PostForm.Get("after"))
		return err
	})
	if err != nil {
		return err
	}
	s.redirect(w, r, stepPath(b.draft.ID, added.ID))
	return nil
}

// removeStep is POST /drafts/{draft}/steps/{step}/remove. Of a step with values it asks first.
func (s *Server) removeStep(w http.ResponseWriter, r *http.Request, b building) error {
	if len(b.draft.Steps) > 2 && unasked(r, b) {
		words := s.cfg.Phrases.Building
		return s.render(w, r, http.StatusOK, templates.Confirm(templates.ConfirmPage{
			Page:  s.newPage(r, b.state),
			Title: words.RemoveStep(b.index + 1), Sentence: words.ValuesAreLost(b.index + 1),
			Action: b.stepPath() + "/remove", Button: words.RemoveStepButton, Cancel: b.home(), Fields: asked(r),
		}))
	}
	return s.rearrange(w, r, b, func(d *draft.Draft) error { return d.RemoveStep(b.step.ID) })
}

// unasked reports whether the step has values that somebody has not said yet to do without. A form of an older draft is
// not worth a question: it changes nothing.
func unasked(r *http.Request, b building) bool {
	return len(b.step.Inputs) > 0 && r.PostForm.Get("confirm") == "" && r.PostForm.Get("revision") == strconv.Itoa(b.draft.Revision)
}

// asked are the fields of a form that says so.
func asked(r *http.Request) map[string]string {
	fields := map[string]string{"confirm": "1"}
	for _, name := range []string{"revision", "app"} {
		if value := r.PostForm.Get(name); value != "" {
			fields[name] = value
		}
	}
	return fields
}

// moveStep is POST /drafts/{draft}/steps/{step}/move; the field direction is up or down.
func (s *Server) moveStep(w http.ResponseWriter, r *http.Request, b building) error {
	by, known := map[string]int{"up": -1, "down": 1}[r.PostForm.Get("direction")]
	if !known {
		return &Error{Code: "bad-request", Status: http.StatusBadRequest, Retry: b.home()}
	}
	return s.rearrange(w, r, b, func(d *draft.Draft) error { return d.MoveStep(b.step.ID, by) })
}

// rearrange changes the order of steps, which the draft's own page shows.
func (s *Server) rearrange(w http.ResponseWriter, r *http.Request, b building, fn func(*draft.Draft) error) error {
	if _, err := s.change(r, b, fn); err != nil {
		told := asError(err)
		told.Retry = b.home()
		return told
	}
	s.redirect(w, r, b.home())
	return nil
}

// stepApp is GET …/app: the directory, to choose from.
func (s *Server) stepApp(w http.ResponseWriter, r *http.Request, b building) error {
	picker, found, err := s.directory(w, r, b.state, b.stage(templates.StageApp))
	if err != nil || !found {
		return err
	}
	view := templates.StepAppPage{StepPage: s.stepPage(r, b, templates.StageApp), Picker: picker}
	return s.render(w, r, http.StatusOK, templates.StepApp(view))
}

// chooseApp is POST …/app: the field app is an id. Another App for a step with values is asked about first.
func (s *Server) chooseApp(w http.ResponseWriter, r *http.Request, b building) error {
	app, err := s.findApp(r.Context(), b.state, r.PostForm.Get("app"))
	if err != nil {
		told := asError(err)
		told.Retry = b.stage(templates.StageApp)
		return told
	}
	if b.step.App != nil && app.ID != b.step.App.ID && unasked(r, b) {
		words := s.cfg.Phrases.Building
		return s.render(w, r, http.StatusOK, templates.Confirm(templates.ConfirmPage{
			Page:  s.newPage(r, b.state),
			Title: words.ChangeApp(app.Title), Sentence: words.ValuesAreLost(b.index + 1),
			Action: b.stage(templates.StageApp), Button: words.ChangeAppButton, Cancel: b.stage(templates.StageApp), Fields: asked(r),
		}))
	}
	return s.chosen(w, r, b, func(d *draft.Draft) error { return d.SetApp(b.step.ID, draftApp(app)) })
}

// chosen changes the step and goes on to what comes next in it.
func (s *Server) chosen(w http.ResponseWriter, r *http.Request, b building, fn func(*draft.Draft) error) error {
	changed, err := s.change(r, b, fn)
	if err != nil {
		return err
	}
	if b, err = b.at(changed); err != nil {
		return err
	}
	s.redirect(w, r, b.stage(nextStage(b.step)))
	return nil
}

// stepAction is GET …/action: the Actions of the App that fit the place, by their type.
func (s *Server) stepAction(w http.ResponseWriter, r *http.Request, b building) error {
	actions, err := s.zapierFor(b.state).AsPartner().ListActions(r.Context(), b.step.App.ID, "")
	if err != nil {
		return actionsError(err, b)
	}
	view := templates.StepActionPage{StepPage: s.stepPage(r, b, templates.StageAction)}
	words := s.cfg.Phrases.Building
	for _, actionType := range b.draft.TypesFor(b.index) {
		group := templates.ActionGroup{Title: words.TypeGroup(string(actionType)), Lead: words.TypeLead(string(actionType))}
		for _, action := range actions {
			if action.ActionType == actionType {
				group.Actions = append(group.Actions, actionChoice(action, b.step.Action))
			}
		}
		if len(group.Actions) > 0 {
			view.Groups = append(view.Groups, group)
		}
	}
	return s.render(w, r, http.StatusOK, templates.StepAction(view))
}

func actionChoice(action zapier.Action, chosen *draft.Action) templates.ActionChoice {
	return templates.ActionChoice{
		Value: fmt.Sprintf("%s:%s", action.ActionType, action.Key),
		Title: action.Title, Description: action.Description, Instant: action.IsInstant,
		Chosen: chosen != nil && chosen.Type == action.ActionType && chosen.Key == action.Key,
	}
}

// actionsError tells of an App that Zapier does not know any more as what it is.
func actionsError(err error, b building) error {
	kind, ok := zapier.KindOf(err)
	if ok && (kind == zapier.NotFound || kind == zapier.Invalid) {
		gone := &Error{Code: "app-not-found", Status: http.StatusNotFound, Retry: b.stage(templates.StageApp)}
		return gone.because(err)
	}
	return err
}

// chooseAction is POST …/action: the field action is a type and a key, "WRITE:create_lead".
func (s *Server) chooseAction(w http.ResponseWriter, r *http.Request, b building) error {
	actionType, key, _ := strings.Cut(r.PostForm.Get("action"), ":")
	gone := &Error{Code: "action-not-found", Status: http.StatusConflict, Retry: b.stage(templates.StageAction)}
	if !slices.Contains(b.draft.TypesFor(b.index), zapier.ActionType(actionType)) {
		return gone
	}
	action, err := s.zapierFor(b.state).AsPartner().GetAction(r.Context(), b.step.App.ID, zapier.ActionType(actionType), key)
	if kind, ok := zapier.KindOf(err); ok && kind == zapier.NotFound {
		return gone.because(err)
	}
	if err != nil {
		return actionsError(err, b)
	}
	return s.chosen(w, r, b, func(d *draft.Draft) error {
		return d.SetAction(b.step.ID, draft.Action{
			Type: action.ActionType, Key: action.Key, Title: action.Title, Description: action.Description,
		})
	})
}
