package main

import (
	"context"
	"fmt"

	"github.com/zapembed/zapembed/internal/emulator"
)

// part is a step of the guide's example.
type part struct {
	app, action string
	typed       map[string]string
}

// guide is the two-step Zap of Zapier's guide: a new lead in one App becomes a
// report in another.
func guide() []part {
	return []part{
		{app: emulator.AppOAuth2, action: "READ:new_lead"},
		{app: emulator.AppSession, action: "WRITE:create_engagement_report", typed: map[string]string{"f.full_name": "{{full_name}}"}},
	}
}

// What the buttons and links of our pages are found by.
const (
	titleButton   = `[data-testid="title-form"] button`
	editButton    = `[data-testid="edit-step"]`
	connectLink   = `[data-testid="connect"]`
	popupForm     = `[data-testid="connect-form"]`
	checkButton   = `[data-testid="check"]`
	goOnLink      = `[data-testid="go-on"]`
	nextButton    = `[data-testid="next"]`
	gapLink       = `[data-testid="gap"]`
	publishButton = `[data-testid="publish"]`
	isPublished   = `[data-testid="publishing"][data-state="done"]`
	isPublishing  = `[data-testid="publishing"][data-state="running"]`
)

// build builds the Zap on our pages, from the first to the last button, and
// connects an account in a popup for both steps.
func (p *person) build(ctx context.Context) error {
	draft, err := p.begin(ctx)
	if err != nil {
		return err
	}
	titled := map[string]string{"title": "Register engagement report on lead creation"}
	if draft, err = p.press(ctx, draft, titleButton, titled, editButton); err != nil {
		return err
	}
	for i, step := range guide() {
		after := editButton
		if i == len(guide())-1 {
			after = publishButton + ", " + gapLink
		}
		if draft, err = p.setUp(ctx, draft, i, step, after); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	if draft, err = p.mend(ctx, draft); err != nil {
		return err
	}
	return p.publish(ctx, draft)
}

// mend goes where the draft's page says that something is missing: a form that
// was sent before it could be read is read then.
func (p *person) mend(ctx context.Context, draft page) (page, error) {
	for range 2 * len(guide()) {
		if draft.Find(publishButton).Length() > 0 || draft.Find(gapLink).Length() == 0 {
			break
		}
		form, err := p.follow(ctx, draft, gapLink, nextButton)
		if err == nil {
			draft, err = p.fill(ctx, form, nil, publishButton+", "+gapLink)
		}
		if err != nil {
			return draft, err
		}
	}
	return draft, nil
}

// publish presses the last button, and looks until there is a Zap.
func (p *person) publish(ctx context.Context, draft page) error {
	last, err := draft.sends(draft.Find(publishButton), nil)
	if err != nil {
		return err
	}
	done, err := p.get(ctx, last, func(shown page) (ask, bool) {
		return reload(shown), !shown.posted && (shown.Find(isPublishing).Length() > 0 || shown.excuses(isPublished))
	})
	if err == nil && done.Find(isPublished).Length() == 0 {
		err = done.lacks("Zap")
	}
	return err
}

// begin passes the door.
func (p *person) begin(ctx context.Context) (page, error) {
	ways, err := p.do(ctx, ask{target: p.home + "/zaps/new"})
	for err == nil && ways.byTestID("new-blank").Length() == 0 {
		if err = p.clock.sleep(ctx, patience); err == nil {
			ways, err = p.do(ctx, reload(ways))
		}
	}
	if err != nil {
		return ways, err
	}
	start, err := ways.sends(ways.Find(`[data-testid="new-blank"] button`), nil)
	if err != nil {
		return ways, err
	}
	return p.enter(ctx, start)
}

// setUp does one step: App, Action, account, form. It begins and ends on the
// draft's page, which then has what is wanted of it.
func (p *person) setUp(ctx context.Context, draft page, index int, step part, wanted string) (page, error) {
	app, action := `[data-app="`+step.app+`"]`, `[data-action="`+step.action+`"]`
	edit, err := draft.leads(draft.Find(editButton).Eq(index))
	if err != nil {
		return draft, err
	}
	shown, err := p.get(ctx, edit, p.reloadWithout(app))
	if err != nil {
		return shown, err
	}
	if shown, err = p.press(ctx, shown, app, nil, action); err != nil {
		return shown, err
	}
	if shown, err = p.press(ctx, shown, action, nil, connectLink); err != nil {
		return shown, err
	}
	if shown, err = p.connectHere(ctx, shown); err != nil {
		return shown, err
	}
	if shown, err = p.follow(ctx, shown, goOnLink, nextButton); err != nil {
		return shown, err
	}
	return p.fill(ctx, shown, step.typed, wanted)
}

// mostForms is how often a form is sent before somebody gives up.
const mostForms = 6

// fill sends the form, and again as long as it is shown once more: one that
// changed by what was typed, or one that there was no room to read, when there is.
func (p *person) fill(ctx context.Context, form page, typed map[string]string, wanted string) (page, error) {
	shown, err := p.press(ctx, form, nextButton, typed, wanted+", "+nextButton)
	for tries := 1; err == nil && tries < mostForms && shown.Find(nextButton).Length() > 0; tries++ {
		if shown.byTestID("unread").Length() > 0 {
			if shown, err = p.get(ctx, reload(shown), p.reloadWithout(nextButton)); err != nil {
				return shown, err
			}
		}
		shown, err = p.press(ctx, shown, nextButton, nil, wanted)
	}
	return shown, err
}

// connectHere connects an account in a popup, and asks until the page has seen it.
func (p *person) connectHere(ctx context.Context, shown page) (page, error) {
	popup, err := p.follow(ctx, shown, connectLink, popupForm)
	if err != nil {
		return shown, err
	}
	if err := p.connect(ctx, popup); err != nil {
		return shown, err
	}
	check, err := shown.sends(shown.Find(checkButton), nil)
	if err != nil {
		return shown, err
	}
	return p.get(ctx, check, func(shown page) (ask, bool) { return check, shown.excuses(goOnLink) })
}
