package handlers

import (
	"net/http"
	"slices"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/web/templates"
)

// stepAccount is GET …/account: the person's Authentications for the App of the step, and the attempt to connect another,
// as on the App's own page. What was just connected becomes the step's by itself.
func (s *Server) stepAccount(w http.ResponseWriter, r *http.Request, b building) error {
	if b.step.App.NeedsNone {
		return s.showNoAccount(w, r, b)
	}
	app, err := s.appOrRunning(r.Context(), b.state, b.step.App.ID)
	if err != nil {
		told := asError(err)
		if told.Status == http.StatusNotFound {
			told.Retry = b.stage(templates.StageApp)
		}
		return told
	}
	if app.Links.ConnectNewAuthentication == nil {
		return s.needsNoneAfterAll(w, r, b)
	}
	here, err := s.visit(r, b.state, app)
	if err != nil {
		return err
	}
	if b.state, err = s.rememberVisit(w, r, here); err != nil {
		return err
	}
	if b, err = s.takeConnected(r, b, here); err != nil {
		return err
	}
	view := templates.StepAccountPage{StepPage: s.stepPage(r, b, templates.StageAccount)}
	s.showAccounts(&view.Accounts, here, accountOf(b.step))
	if view.Accounts.AddAccount, err = s.addAccountLink(r.Context(), b.state, app.ID, b.stage(templates.StageAccount)); err != nil {
		return err
	}
	if b.step.Account == nil {
		firstChoice(view.Accounts.Authentications, b.state.Choices[app.ID])
	}
	return s.render(w, r, http.StatusOK, templates.StepAccount(view))
}

func (s *Server) showNoAccount(w http.ResponseWriter, r *http.Request, b building) error {
	view := templates.StepAccountPage{StepPage: s.stepPage(r, b, templates.StageAccount)}
	view.Accounts.NeedsNone, view.Accounts.NoneChosen = true, b.step.Account != nil
	return s.render(w, r, http.StatusOK, templates.StepAccount(view))
}

// needsNoneAfterAll is for an App that needed an Authentication when it was chosen.
func (s *Server) needsNoneAfterAll(w http.ResponseWriter, r *http.Request, b building) error {
	app := *b.step.App
	app.NeedsNone = true
	changed, err := s.cfg.Drafts.Change(r.Context(), b.user(), b.draft.ID, anyRevision, func(d *draft.Draft) error {
		return d.SetApp(b.step.ID, app)
	})
	if err != nil {
		return err
	}
	if b, err = b.at(changed); err != nil {
		return err
	}
	return s.showNoAccount(w, r, b)
}

// anyRevision changes a draft whatever has become of it.
const anyRevision = -1

// takeConnected makes what an attempt of the visit connected the step's account, unless the draft was changed since:
// then the person may have chosen another on purpose.
func (s *Server) takeConnected(r *http.Request, b building, here visit) (building, error) {
	for _, attempt := range here.attempts() {
		if attempt.State != connect.Connected || !b.wants(attempt) {
			continue
		}
		account := draft.Account{ID: attempt.AuthenticationID, Title: attempt.Title}
		changed, err := s.cfg.Drafts.Change(r.Context(), b.user(), b.draft.ID, anyRevision, func(d *draft.Draft) error {
			return d.SetAccount(b.step.ID, account)
		})
		if err != nil {
			return b, err
		}
		if b, err = b.at(changed); err != nil {
			return b, err
		}
	}
	return b, nil
}

func (b building) wants(attempt connect.Attempt) bool {
	chosen := b.step.Account
	return chosen == nil || chosen.ID != attempt.AuthenticationID && attempt.SettledAt.After(b.draft.UpdatedAt)
}

// accountOf is the step's Authentication, nil if none has been chosen.
func accountOf(step draft.Step) *string {
	if step.Account == nil || step.Account.ID == "" {
		return nil
	}
	return &step.Account.ID
}

// firstChoice puts what the person uses for this App elsewhere in front of the list.
func firstChoice(list []templates.Authentication, choice session.Choice) {
	if choice.Authentication == nil {
		return
	}
	rank := func(authentication templates.Authentication) int {
		if authentication.ID == *choice.Authentication && !authentication.Expired {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(list, func(a, b templates.Authentication) int { return rank(a) - rank(b) })
}

// chooseAccount is POST …/account: the field authentication names one of the list. An App that needs none has no such field.
func (s *Server) chooseAccount(w http.ResponseWriter, r *http.Request, b building) error {
	account := draft.Account{}
	if !b.step.App.NeedsNone {
		found, err := s.findUsable(r, b.state, b.step.App.ID, b.stage(templates.StageAccount))
		if err != nil {
			told := asError(err)
			told.Retry = b.stage(templates.StageAccount)
			return told
		}
		account = draft.Account{ID: string(found.ID), Title: found.Title}
		if err := s.chooseForSession(w, r, b, account); err != nil {
			return err
		}
	}
	return s.chosen(w, r, b, func(d *draft.Draft) error { return d.SetAccount(b.step.ID, account) })
}

// chooseForSession offers the account first when the App comes up again.
func (s *Server) chooseForSession(w http.ResponseWriter, r *http.Request, b building, account draft.Account) error {
	return s.keep(w, r, session.Choice{
		App: b.step.App.ID, AppTitle: b.step.App.Title, AppImage: b.step.App.Image,
		Authentication: &account.ID, Title: account.Title, At: s.cfg.Now(),
	})
}
