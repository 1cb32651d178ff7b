package handlers

import (
	"net/http"
	"slices"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/web/templates"
)

// nextStage is the first part of a step that is not done; the fields are never done with.
func nextStage(step draft.Step) templates.Stage {
	switch {
	case step.App == nil:
		return templates.StageApp
	case step.Action == nil:
		return templates.StageAction
	case step.Account == nil:
		return templates.StageAccount
	default:
		return templates.StageFields
	}
}

// reachedStage is the furthest part of a step that can be opened.
func reachedStage(step draft.Step) templates.Stage {
	if next := nextStage(step); next != templates.StageFields {
		return next
	}
	return templates.StageTest
}

// step is GET /drafts/{draft}/steps/{step}: it leads to the first part that is not done.
func (s *Server) step(w http.ResponseWriter, r *http.Request, b building) error {
	s.redirect(w, r, b.stage(nextStage(b.step)))
	return nil
}

// atStage is a building handler for one part of a step. Whoever comes too early is led to what comes first, and whoever
// comes when the Zap is made already, to the draft.
func (s *Server) atStage(stage templates.Stage, h buildHandler) http.HandlerFunc {
	return s.building(func(w http.ResponseWriter, r *http.Request, b building) error {
		tooEarly := slices.Index(templates.Stages(), stage) > slices.Index(templates.Stages(), reachedStage(b.step))
		switch {
		case !tooEarly && open(b.draft):
			return h(w, r, b)
		case r.Method == http.MethodPost:
			return draft.ErrStale // the form is of another time
		case tooEarly:
			s.redirect(w, r, b.stage(nextStage(b.step)))
		default:
			s.redirect(w, r, b.home())
		}
		return nil
	})
}

// stepPage fills in what the pages of one step share.
func (s *Server) stepPage(r *http.Request, b building, stage templates.Stage) templates.StepPage {
	view := templates.StepPage{
		Page:      s.newPage(r, b.state),
		DraftHead: draftHead(b.draft),
		StepID:    b.step.ID,
		Number:    b.index + 1, Count: len(b.draft.Steps),
		Stage: stage, Reached: reachedStage(b.step),
	}
	if b.step.App != nil {
		app := draftAppView(*b.step.App)
		view.App = &app
	}
	if b.step.Action != nil {
		view.Action = b.step.Action.Title
	}
	if b.step.Account != nil {
		view.Account, view.NoAccount = b.step.Account.Title, b.step.Account.ID == ""
	}
	return view
}

// draftHead is what every page of a draft carries.
func draftHead(d draft.Draft) templates.DraftHead {
	head := templates.DraftHead{DraftID: d.ID, Title: d.Title, Revision: d.Revision}
	if d.Zap != "" {
		head.Changes = d.ZapTitle
	}
	return head
}

func draftAppView(app draft.App) templates.App {
	return templates.App{ID: app.ID, Title: app.Title, Image: app.Image, Color: app.Color}
}

// at is the same request for the draft as it is now; the step may be gone.
func (b building) at(d draft.Draft) (building, error) {
	b.draft = d
	step, index, found := d.Step(b.step.ID)
	if !found {
		return b, draft.ErrNoStep
	}
	b.step, b.index = step, index
	return b, nil
}
