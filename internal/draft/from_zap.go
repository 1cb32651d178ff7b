package draft

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// FromZap makes a draft that will change a Zap, which must be read with steps.action.app and steps.authentication in
// place of ids. The draft that made the Zap, or changed it last, knows more than Zapier tells, names of steps above all;
// where it still has the Zap's steps, it is copied.
func (s *Service) FromZap(ctx context.Context, user string, zap zapier.Zap) (Draft, error) {
	known, err := s.all(ctx, user)
	if err != nil {
		return Draft{}, err
	}
	d := read(zap)
	for _, source := range known {
		if source.Publishing.State == Done && sameZap(source.Publishing.ZapID, string(zap.ID)) && source.hasSteps(d) {
			d.learn(source)
			d.Untold = false
			break
		}
	}
	d.nameAll()
	return s.Create(ctx, user, d)
}

// read takes from a Zap what it tells.
func read(zap zapier.Zap) Draft {
	d := Draft{
		Title: strings.TrimSpace(zap.Title), Zap: string(zap.ID), ZapTitle: zap.Title, ZapEditor: zap.Links.HTMLEditor,
		ZapUpdatedAt: zap.UpdatedAt,
	}
	for _, from := range zap.Steps {
		step := d.newStep()
		step.fill(from)
		d.Steps = append(d.Steps, step)
	}
	d.Untold = untold(zap)
	return d
}

// untold reports whether Zapier did not tell what is filled in: null in a step, or nothing in any (api.md 2.14).
func untold(zap zapier.Zap) bool {
	filled := false
	for _, step := range zap.Steps {
		inputs := bytes.TrimSpace(step.Inputs)
		if len(inputs) == 0 || bytes.Equal(inputs, []byte("null")) {
			return true
		}
		filled = filled || len(valuesOf(step.Inputs)) > 0
	}
	return !filled
}

func (s *Step) fill(from zapier.ZapStep) {
	action := from.Action.Value
	if action == nil {
		return // without it there is no telling what the values are for
	}
	none := from.Authentication.ID == ""
	s.App = &App{ID: string(action.App.ID)}
	if app := action.App.Value; app != nil {
		s.App.NeedsNone = none && app.Links.ConnectNewAuthentication == nil // that of the Zap may only not be told
		s.App.Title, s.App.Image, s.App.Color = app.Title, cmp.Or(app.Images.URL128, app.Image), app.HexColor
	}
	s.Action = &Action{Type: action.ActionType, Key: action.Key, Title: action.Title, Description: action.Description}
	if s.App.NeedsNone || !none {
		s.Account = &Account{ID: string(from.Authentication.ID)}
	}
	if authentication := from.Authentication.Value; authentication != nil && s.Account != nil {
		s.Account.Title = authentication.Title
	}
	s.Inputs = valuesOf(from.Inputs)
}

// valuesOf reads the values of a Zap's step; Zapier may also tell none.
func valuesOf(inputs json.RawMessage) zapier.Inputs {
	var told map[string]any
	decoder := json.NewDecoder(bytes.NewReader(inputs))
	decoder.UseNumber()
	if len(inputs) == 0 || decoder.Decode(&told) != nil {
		return zapier.Inputs{}
	}
	values := zapier.Inputs{}
	for id, value := range told {
		put(values, id, normal(zapier.Field{}, value))
	}
	return values
}

// hasSteps reports whether the other draft's steps do the same.
func (d Draft) hasSteps(other Draft) bool {
	return slices.EqualFunc(d.Steps, other.Steps, func(a, b Step) bool {
		return a.App != nil && b.App != nil && a.Action != nil && b.Action != nil &&
			a.App.ID == b.App.ID && a.Action.Type == b.Action.Type && a.Action.Key == b.Action.Key
	})
}

// learn takes over from the draft that the Zap was made of what Zapier does not tell. What Zapier does tell counts: the
// Zap may have been changed elsewhere.
func (d *Draft) learn(source Draft) {
	told := d.Steps
	d.Steps, d.StepsMade, d.Retired = source.Steps, source.StepsMade, source.Retired
	for i := range d.Steps {
		s := &d.Steps[i]
		s.Test, s.Refused, s.Dropped = nil, nil, nil
		if account := told[i].Account; account != nil && (s.Account == nil || s.Account.ID != account.ID) {
			_ = d.SetAccount(s.ID, *account) // the step is there and has an App
		}
		if len(told[i].Inputs) == 0 || reflect.DeepEqual(told[i].Inputs, d.mapped(i, d.outgoing)) {
			continue
		}
		s.Inputs, s.FormRead, s.Choices = told[i].Inputs, zeroTime, nil
		s.changed()
		s.Inputs = d.mapped(i, d.canonical)
	}
}

// nameAll gives the steps names. Zapier does not tell the names that the Zap's mappings use, so find out whose they are.
func (d *Draft) nameAll() {
	for len(d.Steps) > minSteps && d.guess() {
	}
	for i := range d.Steps {
		if d.Steps[i].Action != nil && d.Steps[i].Alias == "" {
			d.name(&d.Steps[i])
		}
	}
	d.qualify()
}

// guess names a step whose name the mappings of a later one use, and reports whether it found one. What stays open
// leaves the mapping broken: the person sees it, and nothing goes to the wrong place.
func (d *Draft) guess() bool {
	for i := range d.Steps {
		for _, text := range d.texts(i) {
			for _, p := range pieces(text) {
				alias, _, qualified := d.cut(strings.TrimSpace(p.name))
				if s := d.likely(alias, i); qualified && !d.aliased(alias) && s != nil {
					s.Alias = alias
					return true
				}
			}
		}
	}
	return false
}

// likely is the step before a place that an alias must be of: the only one that would get this very name, with a number
// or without, or the only one that has no name yet. nil when it could be of several.
func (d *Draft) likely(alias string, before int) *Step {
	var open, exact, numbered []*Step
	for i := range d.Steps[:before] {
		s := &d.Steps[i]
		if s.Alias != "" || s.Action == nil {
			continue
		}
		open = append(open, s)
		switch made := aliasOf(s.Action.Title, s.Action.Key); {
		case alias == made, alias == s.Action.Key:
			exact = append(exact, s)
		case strings.TrimRight(alias, "_0123456789") == made:
			numbered = append(numbered, s)
		}
	}
	for _, meant := range [][]*Step{exact, numbered, open} {
		switch len(meant) {
		case 0:
		case 1:
			return meant[0]
		default:
			return nil
		}
	}
	return nil
}
