package draft

import (
	"slices"
	"strconv"

	"github.com/zapembed/zapembed/internal/zapier"
)

// String names the step; its values may be secrets.
func (s Step) String() string { return "step " + s.ID }

// GoString is String, for %#v.
func (s Step) GoString() string { return s.String() }

// Source is an earlier step whose outputs can be mapped.
type Source struct {
	Step Step
	// Number is its place from 1.
	Number int
}

// Step returns a step and its place from 0.
func (d Draft) Step(id string) (Step, int, bool) {
	for i, step := range d.Steps {
		if step.ID == id {
			return step, i, true
		}
	}
	return Step{}, 0, false
}

// Sources are the steps before a place whose outputs can be mapped there, the nearest first.
func (d Draft) Sources(index int) []Source {
	var sources []Source
	for i := min(index, len(d.Steps)) - 1; i >= 0; i-- {
		if d.Steps[i].Action != nil {
			sources = append(sources, Source{Step: d.Steps[i], Number: i + 1})
		}
	}
	return sources
}

// TypesFor are the types of Action that fit a place, the most likely first.
func (d Draft) TypesFor(index int) []zapier.ActionType {
	if index == 0 {
		return []zapier.ActionType{zapier.ActionRead, zapier.ActionReadBulk, zapier.ActionSearch}
	}
	return []zapier.ActionType{
		zapier.ActionWrite, zapier.ActionSearch, zapier.ActionSearchOrWrite, zapier.ActionSearchAndWrite, zapier.ActionFilter,
	}
}

// fits reports whether what a step does makes sense at a place; a step that does nothing yet fits anywhere.
func (d Draft) fits(step Step, index int) bool {
	return step.Action == nil || slices.Contains(d.TypesFor(index), step.Action.Type)
}

// AddStep puts an empty step behind another, or with "" at the end. ErrFull at MaxSteps.
func (d *Draft) AddStep(after string) (Step, error) {
	if len(d.Steps) >= MaxSteps {
		return Step{}, ErrFull
	}
	at := len(d.Steps)
	if after != "" {
		_, i, known := d.Step(after)
		if !known {
			return Step{}, ErrNoStep
		}
		at = i + 1
	}
	d.qualify() // {{field}} means the step before only as long as there are two
	step := d.newStep()
	d.Steps = slices.Insert(d.Steps, at, step)
	return step, nil
}

func (d *Draft) newStep() Step {
	d.StepsMade++
	return Step{ID: "s" + strconv.Itoa(d.StepsMade), Inputs: zapier.Inputs{}}
}

// RemoveStep takes a step out. Mappings that use it stay and are broken. ErrTooFew when only two are left.
func (d *Draft) RemoveStep(id string) error {
	_, i, known := d.Step(id)
	if !known {
		return ErrNoStep
	}
	if len(d.Steps) <= minSteps {
		return ErrTooFew
	}
	mentioned := d.mentioned()
	d.Steps = slices.Delete(d.Steps, i, i+1)
	d.retire(mentioned)
	return nil
}

// MoveStep moves a step by so many places, up with a negative number. ErrNoPlace where a step would come to a place
// that it does not fit: a trigger stays first, and what cannot begin a Zap does not become its first step.
func (d *Draft) MoveStep(id string, by int) error {
	step, from, known := d.Step(id)
	if !known {
		return ErrNoStep
	}
	to := from + by
	if by == 0 || to < 0 || to >= len(d.Steps) {
		return ErrNoPlace
	}
	moved := slices.Insert(slices.Delete(slices.Clone(d.Steps), from, from+1), to, step)
	for i, step := range moved {
		if !d.fits(step, i) && d.fits(step, slices.IndexFunc(d.Steps, func(s Step) bool { return s.ID == step.ID })) {
			return ErrNoPlace
		}
	}
	d.qualify()
	d.Steps = moved
	return nil
}

// SetApp chooses the App of a step. Another App clears all that was chosen after it.
func (d *Draft) SetApp(step string, app App) error {
	s := d.at(step)
	switch {
	case s == nil:
		return ErrNoStep
	case s.App == nil || s.App.ID != app.ID:
		*s = Step{ID: s.ID, Alias: s.Alias, Inputs: zapier.Inputs{}}
	}
	s.App = &app
	if app.NeedsNone {
		s.Account = &Account{}
	}
	return nil
}

// SetAction chooses what a step does. Another Action clears the values; the Authentication, which is the App's, stays.
// ErrNoPlace without an App, or where an Action of this type does not fit.
func (d *Draft) SetAction(step string, action Action) error {
	_, index, _ := d.Step(step)
	s := d.at(step)
	switch {
	case s == nil:
		return ErrNoStep
	case s.App == nil || !slices.Contains(d.TypesFor(index), action.Type):
		return ErrNoPlace
	case s.Action == nil || s.Action.Type != action.Type || s.Action.Key != action.Key:
		*s = Step{ID: s.ID, App: s.App, Account: s.Account, Alias: s.Alias, Inputs: zapier.Inputs{}}
	}
	s.Action = &action
	d.name(s)
	d.qualify()
	return nil
}

// SetAccount chooses the Authentication of a step; one with ID "" says that the App needs none. The values stay: what
// another account does not offer is said when the form is read again. ErrNoPlace without an App.
func (d *Draft) SetAccount(step string, account Account) error {
	s := d.at(step)
	switch {
	case s == nil:
		return ErrNoStep
	case s.App == nil:
		return ErrNoPlace
	case s.Account == nil || s.Account.ID != account.ID:
		s.FormRead, s.Choices = zeroTime, nil
		s.changed()
	}
	s.Account = &account
	return nil
}

// at is the step itself, or nil.
func (d *Draft) at(id string) *Step {
	for i := range d.Steps {
		if d.Steps[i].ID == id {
			return &d.Steps[i]
		}
	}
	return nil
}

// changed forgets what was found out with other values.
func (s *Step) changed() { s.OutputsRead, s.Test, s.Samples = zeroTime, nil, nil }
