package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// refreshSeconds is how often a page looks how far the creation of a Zap is. It needs no script.
const refreshSeconds = "3"

// draft is GET /drafts/{draft}: all that the Zap will be, what is missing, and the button that creates it. With ?notice=
// it says something about how the draft came to be.
func (s *Server) draft(w http.ResponseWriter, r *http.Request, b building) error {
	notice := ""
	if asked := r.URL.Query().Get("notice"); slices.Contains(draftNotices(), asked) {
		notice = asked
	}
	return s.showDraft(w, r, b, http.StatusOK, notice)
}

// draftNotices are the phrases that a link to a draft may ask for.
func draftNotices() []string { return []string{"draft-incomplete"} }

func (s *Server) showDraft(w http.ResponseWriter, r *http.Request, b building, status int, notice string) error {
	allowed, err := s.allowed(r.Context(), b.state)
	if err != nil {
		return err
	}
	b, unread, err := s.readMapped(r, b)
	if err != nil {
		return err
	}
	d := b.draft
	cards := s.stepCards(d)
	s.addUnusable(r.Context(), b, cards)
	view := templates.DraftPage{
		Page:      s.newPage(r, b.state),
		DraftHead: draftHead(d),
		Steps:     cards,
		Gaps:      s.gaps(d),
		CanAdd:    open(d) && len(d.Steps) < draft.MaxSteps,
		// The states are the same words on both sides.
		Publishing: templates.PublishState(d.Publishing.State),
		CanPublish: mayPublish(d, allowed),
		SeesPartly: !allowed.SeeAll,
		Refused:    s.refusals(d),
	}
	if d.Publishing.State == draft.Done {
		view.Zap = &templates.ZapLink{
			ID: d.Publishing.ZapID, Title: cmp.Or(d.Publishing.ZapTitle, d.Title), Editor: d.Publishing.Editor, Off: d.Publishing.Off,
		}
	}
	switch {
	case notice != "":
		phrase := s.cfg.Phrases.Error(notice)
		view.Notice = &phrase
	case d.Untold && open(d):
		phrase := s.cfg.Phrases.Error("zap-inputs-unknown")
		view.Notice = &phrase
	case unread != nil:
		view.Notice = &unread.phrase // nobody knows then whether all mappings lead somewhere
	}
	if d.Publishing.State == draft.Running {
		w.Header().Set("Refresh", refreshSeconds)
	}
	return s.render(w, r, status, templates.DraftView(view))
}

// open reports whether a draft can still be changed.
func open(d draft.Draft) bool { return d.Publishing.State == draft.NotPublished }

// mayPublish: making a Zap and changing one are two permissions.
func mayPublish(d draft.Draft, allowed allowed) bool {
	if d.Zap != "" {
		return allowed.Change
	}
	return allowed.Build
}

// stepCards are the steps in words.
func (s *Server) stepCards(d draft.Draft) []templates.StepCard {
	gaps := s.gaps(d)
	var cards []templates.StepCard
	for i, step := range d.Steps {
		card := templates.StepCard{
			ID: step.ID, Number: i + 1, Alias: step.Alias,
			Values:      s.valueLines(d, i),
			Gaps:        gapsOf(gaps, i+1),
			CanMoveUp:   canMove(d, step.ID, -1),
			CanMoveDown: canMove(d, step.ID, 1),
			CanRemove:   open(d) && len(d.Steps) > 2,
		}
		card.CanTest = open(d) && len(card.Gaps) == 0
		if step.App != nil {
			app := draftAppView(*step.App)
			card.App = &app
		}
		if step.Action != nil {
			card.Action, card.ActionType = step.Action.Title, s.cfg.Phrases.Words.ActionType(string(step.Action.Type))
		}
		if step.Account != nil {
			card.Account, card.NoAccount = step.Account.Title, step.Account.ID == ""
		}
		cards = append(cards, card)
	}
	return cards
}

// addUnusable says at the steps whose account has expired or is gone, once Zapier has refused the draft: only then it is
// worth asking, and what cannot be learnt is left out.
func (s *Server) addUnusable(ctx context.Context, b building, cards []templates.StepCard) {
	if len(b.draft.Publishing.Refused) == 0 {
		return
	}
	lists := map[string][]zapier.Authentication{}
	for i, step := range b.draft.Steps {
		chosen := accountOf(step)
		if chosen == nil {
			continue
		}
		list, known := lists[step.App.ID]
		if !known {
			var err error
			if list, err = s.zapierFor(b.state).ListAuthentications(zapier.Afresh(ctx), step.App.ID); err != nil {
				return
			}
			lists[step.App.ID] = list
		}
		if s.choiceNotice(list, chosen) != nil {
			cards[i].Gaps = append(cards[i].Gaps, templates.Gap{
				Step: i + 1, Sentence: s.cfg.Phrases.Building.GapAccountUnusable(i+1, step.App.Title),
				Link: stepPath(b.draft.ID, step.ID) + "/" + string(templates.StageAccount),
			})
		}
	}
}

// canMove tries it on a copy.
func canMove(d draft.Draft, step string, by int) bool {
	d.Steps = slices.Clone(d.Steps)
	return open(d) && d.MoveStep(step, by) == nil
}

// refusals are Zapier's own words at the last try, with the way to the field that they are about.
func (s *Server) refusals(d draft.Draft) []templates.Gap {
	var refusals []templates.Gap
	for _, words := range d.Publishing.Refused {
		refusals = append(refusals, templates.Gap{Sentence: words})
	}
	for i, step := range d.Steps {
		for _, field := range step.Fields() {
			if refused := step.Refused[field.ID]; refused != "" {
				refusals = append(refusals, templates.Gap{
					Step: i + 1, Sentence: s.cfg.Phrases.Building.Refused(i+1, label(field), refused),
					Link: fieldLink(stepPath(d.ID, step.ID), field.ID),
				})
			}
		}
	}
	return refusals
}

// renameDraft is POST /drafts/{draft}/title.
func (s *Server) renameDraft(w http.ResponseWriter, r *http.Request, b building) error {
	_, err := s.change(r, b, func(d *draft.Draft) error {
		d.Title = strings.TrimSpace(r.PostForm.Get("title"))
		return nil
	})
	if err != nil {
		return err
	}
	s.redirect(w, r, b.home())
	return nil
}

// askDeleteDraft is GET /drafts/{draft}/delete.
func (s *Server) askDeleteDraft(w http.ResponseWriter, r *http.Request, b building) error {
	words := s.cfg.Phrases.Building
	return s.render(w, r, http.StatusOK, templates.Confirm(templates.ConfirmPage{
		Page:     s.newPage(r, b.state),
		Title:    words.DeleteDraft,
		Sentence: words.DeleteDraftSentence(s.titled(b.draft.Title)),
		Action:   b.home() + "/delete",
		Button:   words.DeleteDraftButton,
		Cancel:   b.home(),
	}))
}

// deleteDraft is POST /drafts/{draft}/delete.
func (s *Server) deleteDraft(w http.ResponseWriter, r *http.Request, b building) error {
	err := s.cfg.Drafts.Delete(r.Context(), b.user(), b.draft.ID)
	if err != nil && !errors.Is(err, draft.ErrNotFound) {
		return err
	}
	s.leaveDoor(r, b.user())
	s.redirect(w, r, "/zaps")
	return nil
}
