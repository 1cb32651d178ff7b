package draft_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

func (w *world) fromZap(zap zapier.Zap) draft.Draft {
	w.t.Helper()
	d, err := w.FromZap(w.t.Context(), w.user, zap)
	require.NoError(w.t, err)
	return d
}

// forget deletes the draft that a Zap was made of.
func (w *world) forget(d draft.Draft) {
	w.t.Helper()
	require.NoError(w.t, w.Delete(w.t.Context(), d.User, d.ID))
}

func TestDraftOfAZap(t *testing.T) {
	w := newWorld(t)
	source := w.publish(w.guide())
	w.forget(source)
	zap := w.newest()
	d := w.fromZap(zap)
	assert.Equal(t, string(zap.ID), d.Zap)
	assert.Equal(t, zap.Title, d.Title)
	assert.Equal(t, zap.Title, d.ZapTitle)
	assert.Equal(t, zap.Links.HTMLEditor, d.ZapEditor)
	require.Len(t, d.Steps, 2)
	assert.Equal(t, "SuperExampleCRM", d.Steps[0].App.Title)
	assert.Contains(t, d.Steps[0].App.Image, "size=128")
	assert.Equal(t, "3b5bdb", d.Steps[0].App.Color)
	assert.Equal(t, draft.Action{Type: "READ", Key: "new_lead", Title: "New Lead", Description: d.Steps[0].Action.Description}, *d.Steps[0].Action)
	assert.Equal(t, &draft.Account{ID: source.Steps[0].Account.ID, Title: "Of a test"}, d.Steps[0].Account)
	assert.Equal(t, zapier.Inputs{"full_name": "{{new_lead.full_name}}"}, d.Steps[1].Inputs)
	assert.Equal(t, encoded(t, d), encoded(t, w.get(d)), "and it is kept")
	assert.Equal(t, []draft.Missing{
		{StepID: "s1", Number: 1, What: draft.MissingForm}, {StepID: "s2", Number: 2, What: draft.MissingForm},
	}, d.Missing())
	d = w.read(w.read(d, "s1", draft.IfNeeded), "s2", draft.IfNeeded)
	assert.True(t, d.Ready())
}

func TestDraftThatMadeTheZapIsTheBetterSource(t *testing.T) {
	w := newWorld(t)
	source := w.draft(leads, contacts, reports)
	source = w.fill(source, "s2", zapier.Inputs{"full_name": "{{new_lead.full_name}}"})
	source = w.fill(source, "s3", zapier.Inputs{"full_name": "{{find_contact.full_name}}", "account": "Bluefern Ads"})
	source = w.test(source, "s1")
	source = w.publish(source)

	d := w.fromZap(w.newest())
	assert.NotEqual(t, source.ID, d.ID)
	assert.Equal(t, "Bluefern Ads", d.Steps[2].Labels["account"])
	assert.True(t, d.Ready(), "the forms are known: %v", d.Missing())
	assert.Nil(t, d.Steps[0].Test)
	added, err := d.AddStep("")
	require.NoError(t, err)
	assert.Equal(t, "s4", added.ID)

	t.Run("though what Zapier tells counts", func(t *testing.T) {
		zap := w.newest()
		zap.Steps[2].Inputs = json.RawMessage(`{"full_name":"{{ find_contact.email }}"}`)
		zap.Steps[1].Authentication = zapier.Ref[zapier.Authentication]{ID: "other"}
		d := w.fromZap(zap)
		assert.Equal(t, zapier.Inputs{"full_name": "{{find_contact.email}}"}, d.Steps[2].Inputs)
		assert.True(t, d.Steps[2].FormRead.IsZero(), "the form may be another with them")
		assert.Equal(t, "other", d.Steps[1].Account.ID)
		assert.Equal(t, "find_contact", d.Steps[1].Alias, "names Zapier never tells")
	})
	t.Run("and values that it does not tell stay", func(t *testing.T) {
		zap := w.newest()
		zap.Steps[2].Inputs = json.RawMessage(`null`)
		assert.Equal(t, source.Steps[2].Inputs, w.fromZap(zap).Steps[2].Inputs)
	})
	t.Run("unless the steps are others now", func(t *testing.T) {
		zap := w.newest()
		zap.Steps[1], zap.Steps[2] = zap.Steps[2], zap.Steps[1]
		d := w.fromZap(zap)
		assert.Equal(t, "create_engagement_report", d.Steps[1].Action.Key)
		assert.Nil(t, d.Steps[1].Labels)
	})
	t.Run("that of another Zap is none", func(t *testing.T) {
		zap := w.newest()
		zap.ID = "4711"
		assert.Nil(t, w.fromZap(zap).Steps[2].Labels)
	})
	t.Run("by either look of the id", func(t *testing.T) {
		zap := w.newest()
		zap.ID = zapier.ID(source.Publishing.ZapID[len("00000000-0000-c000-8000-000"):])
		assert.Equal(t, "Bluefern Ads", w.fromZap(zap).Steps[2].Labels["account"])
	})
}

func TestNamesThatZapierDoesNotTellAreFoundOut(t *testing.T) {
	step := func(kind zapier.ActionType, key, title, inputs string) zapier.ZapStep {
		return zapier.ZapStep{
			Action: zapier.Ref[zapier.Action]{Value: &zapier.Action{Key: key, Title: title, ActionType: kind, App: zapier.Ref[zapier.App]{ID: "app"}}},
			Inputs: json.RawMessage(inputs), Authentication: zapier.Ref[zapier.Authentication]{ID: "1"},
		}
	}
	lead := step(zapier.ActionRead, "new_lead", "New Lead", `{}`)
	find := func(inputs string) zapier.ZapStep { return step(zapier.ActionSearch, "find_lead", "Find Lead", inputs) }
	report := func(inputs string) zapier.ZapStep {
		return step(zapier.ActionWrite, "create_report", "Create Report", inputs)
	}
	for name, tc := range map[string]struct {
		steps   []zapier.ZapStep
		aliases []string
		broken  int
	}{
		"of two steps, no name": {[]zapier.ZapStep{lead, report(`{"a":"{{full_name}} {{company.name}}"}`)}, []string{"new_lead", "create_report"}, 0},
		"by the title":          {[]zapier.ZapStep{lead, find(`{}`), report(`{"a":"{{find_lead.x}}{{new_lead.y}}"}`)}, []string{"new_lead", "find_lead", "create_report"}, 0},
		"by the only one open":  {[]zapier.ZapStep{lead, find(`{"a":"{{crm.x}}"}`), report(`{"a":"{{crm.x}}{{hit.y}}"}`)}, []string{"crm", "hit", "create_report"}, 0},
		"two of one title, and nobody can know": {
			[]zapier.ZapStep{lead, find(`{}`), find(`{}`), report(`{"a":"{{find_lead_2.x}}","b":"{{find_lead.x}}"}`)},
			[]string{"new_lead", "find_lead_3", "find_lead_4", "create_report"}, 2,
		},
		"nobody can know": {[]zapier.ZapStep{lead, find(`{}`), report(`{"a":"{{crm.x}}"}`)}, []string{"new_lead", "find_lead", "create_report"}, 1},
		"and no step takes that name": {
			[]zapier.ZapStep{step(zapier.ActionRead, "k", "Crm", `{}`), find(`{}`), step(zapier.ActionSearch, "k2", "Hit", `{"a":"{{other.x}}"}`)},
			[]string{"crm", "find_lead", "hit"}, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.fromZap(zapier.Zap{ID: "7", Title: "Z", Steps: tc.steps})
			var aliases []string
			for _, s := range d.Steps {
				aliases = append(aliases, s.Alias)
			}
			assert.Equal(t, tc.aliases, aliases)
			broken := 0
			for _, m := range d.Missing() {
				if m.What == draft.MissingMapping {
					broken++
				}
			}
			assert.Equal(t, tc.broken, broken, "%v", d.Missing())
		})
	}
}

func TestValuesThatZapierKeepsInOtherShapes(t *testing.T) {
	w := newWorld(t)
	d := w.fromZap(zapier.Zap{ID: "7", Steps: []zapier.ZapStep{
		{Action: zapier.Ref[zapier.Action]{ID: "core:1"}, Inputs: json.RawMessage(`{"a":"b"}`)},
		{
			Action: zapier.Ref[zapier.Action]{Value: &zapier.Action{Key: "filter", Title: "Filter", ActionType: zapier.ActionFilter, App: zapier.Ref[zapier.App]{ID: "filter", Value: &zapier.App{}}}},
			Inputs: json.RawMessage(`{"n":12345678901234567,"f":1.50,"b":false,"none":null,"e":"","l":[1,"x",null],"o":{"k":2,"d":{"a":1}}}`),
		},
	}})
	assert.Nil(t, d.Steps[0].Action, "it was not told")
	assert.Empty(t, d.Steps[0].Inputs)
	assert.Equal(t, zapier.Inputs{
		"n": "12345678901234567", "f": "1.50", "b": "False", "l": []any{"1", "x"}, "o": map[string]any{"k": "2", "d": `{"a":1}`},
	}, d.Steps[1].Inputs)
	assert.Equal(t, &draft.Account{}, d.Steps[1].Account, "it needs none")
	assert.True(t, d.Steps[1].App.NeedsNone)
	assert.False(t, d.Untold)
	for _, value := range draft.Values(d.Steps[1]) {
		assert.True(t, value.Secret, "before the form was read nobody knows which is a password")
	}
	_, err := w.FromZap(t.Context(), w.user, zapier.Zap{ID: "7", Steps: nil})
	require.NoError(t, err)
}

func TestChangedZapRunsWithTheNamesItHad(t *testing.T) {
	w := newWorld(t)
	source := w.draft(leads, contacts, reports)
	source = w.fill(source, "s2", zapier.Inputs{"full_name": "{{new_lead.full_name}}"})
	source = w.publish(w.fill(source, "s3", zapier.Inputs{"full_name": "{{find_contact.full_name}}"}))
	w.forget(source)
	d := w.fromZap(w.newest())
	for _, step := range d.Steps {
		d = w.read(d, step.ID, draft.IfNeeded)
	}
	d = w.publish(d)
	assert.Equal(t, draft.Done, d.Publishing.State)
	sent := w.request(emulator.OpZapUpdate)
	assert.Equal(t, "find_contact", sent.Data.Steps[1].Alias)
	assert.Equal(t, "{{find_contact.full_name}}", sent.Data.Steps[2].Inputs["full_name"])
}

func TestAccountThatZapierDoesNotTellHasToBeChosen(t *testing.T) {
	w := newWorld(t)
	link := "https://zapier.com/engine/auth/start/x"
	step := func(app *zapier.App) zapier.ZapStep {
		return zapier.ZapStep{Inputs: json.RawMessage(`{"a":"b"}`), Action: zapier.Ref[zapier.Action]{
			Value: &zapier.Action{Key: "k", Title: "Do", ActionType: zapier.ActionRead, App: zapier.Ref[zapier.App]{ID: "app", Value: app}},
		}}
	}
	app := &zapier.App{Links: zapier.AppLinks{ConnectNewAuthentication: &link}}
	d := w.fromZap(zapier.Zap{ID: "7", Title: "Z", Steps: []zapier.ZapStep{step(app), step(nil)}})
	for _, made := range d.Steps {
		assert.Nil(t, made.Account)
		assert.False(t, made.App.NeedsNone)
	}
}

func TestValuesThatZapierDoesNotTell(t *testing.T) {
	w := newWorld(t)
	source := w.publish(w.guide())
	zap := w.newest()
	for name, inputs := range map[string]string{"null": `null`, "nothing": ``, "empty in all steps": `{}`} {
		zap.Steps[1].Inputs = json.RawMessage(inputs)
		assert.False(t, w.fromZap(zap).Untold, "the draft that made it knows: %s", name)
	}
	w.forget(source)
	for name, inputs := range map[string]string{"null": `null`, "nothing": ``, "empty in all steps": `{}`} {
		zap.Steps[1].Inputs = json.RawMessage(inputs)
		d := w.fromZap(zap)
		assert.True(t, d.Untold, name)
		assert.True(t, w.get(d).Untold, name)
	}
}
