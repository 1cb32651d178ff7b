package draft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
)

var (
	crm    = draft.App{ID: "app-crm", Title: "CRM"}
	ads    = draft.App{ID: "app-ads", Title: "Ads"}
	filter = draft.App{ID: "app-filter", Title: "Filter", NeedsNone: true}

	newLead  = draft.Action{Type: zapier.ActionRead, Key: "new_lead", Title: "New Lead"}
	findLead = draft.Action{Type: zapier.ActionSearch, Key: "find_lead", Title: "Find Lead"}
	report   = draft.Action{Type: zapier.ActionWrite, Key: "create_report", Title: "Create Report"}

	now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// built is a draft whose steps do these things, with an account and a form that was read.
func built(t *testing.T, actions ...draft.Action) draft.Draft {
	t.Helper()
	d := draft.New("Leads to reports")
	for i, action := range actions {
		if i >= len(d.Steps) {
			_, err := d.AddStep("")
			require.NoError(t, err)
		}
		id := d.Steps[i].ID
		require.NoError(t, d.SetApp(id, crm))
		require.NoError(t, d.SetAction(id, action))
		require.NoError(t, d.SetAccount(id, draft.Account{ID: "1", Title: "CRM (Ada)"}))
		form(&d.Steps[i], text("full_name"), text("note"))
	}
	return d
}

// form is what Zapier answered about a step.
func form(s *draft.Step, fields ...zapier.Field) { s.Form, s.FormRead = fields, now }

// yields is what Zapier answered about the outputs of a step.
func yields(s *draft.Step, outputs ...zapier.OutputField) { s.Outputs, s.OutputsRead = outputs, now }

func text(id string) zapier.Field {
	return zapier.Field{Kind: zapier.FieldInput, ID: id, Title: strings.ToUpper(id), ValueType: zapier.ValueString}
}

func ids(d draft.Draft) (ids []string) {
	for _, step := range d.Steps {
		ids = append(ids, step.ID)
	}
	return ids
}

// fill sets values of a step, drawing just these fields.
func fill(t *testing.T, d *draft.Draft, step string, in zapier.Inputs) (reread bool) {
	t.Helper()
	var drawn []string
	for id := range in {
		drawn = append(drawn, id)
	}
	reread, err := d.SetInputs(step, in, drawn)
	require.NoError(t, err)
	return reread
}

func TestNewDraftHasTwoEmptySteps(t *testing.T) {
	d := draft.New("  Leads to reports ")
	assert.Equal(t, "Leads to reports", d.Title)
	assert.Equal(t, []string{"s1", "s2"}, ids(d))
	assert.False(t, d.Ready())
}

func TestStepsComeAndGo(t *testing.T) {
	d := draft.New("")
	added, err := d.AddStep("s1")
	require.NoError(t, err)
	assert.Equal(t, "s3", added.ID)
	assert.Equal(t, []string{"s1", "s3", "s2"}, ids(d))
	_, err = d.AddStep("s9")
	require.ErrorIs(t, err, draft.ErrNoStep)

	require.NoError(t, d.RemoveStep("s3"))
	require.ErrorIs(t, d.RemoveStep("s3"), draft.ErrNoStep)
	require.ErrorIs(t, d.RemoveStep("s1"), draft.ErrTooFew)
	again, err := d.AddStep("")
	require.NoError(t, err)
	assert.Equal(t, "s4", again.ID, "an id is never used twice")

	for len(d.Steps) < draft.MaxSteps {
		_, err := d.AddStep("")
		require.NoError(t, err)
	}
	_, err = d.AddStep("")
	require.ErrorIs(t, err, draft.ErrFull)
	assert.Len(t, d.Steps, draft.MaxSteps)
}

func TestStepsMoveWhereTheyFit(t *testing.T) {
	type move struct {
		step string
		by   int
	}
	for name, tc := range map[string]struct {
		actions []draft.Action
		move    move
		want    []string
	}{
		"a later step up":         {[]draft.Action{newLead, findLead, report}, move{"s3", -1}, []string{"s1", "s3", "s2"}},
		"a later step down":       {[]draft.Action{newLead, findLead, report}, move{"s2", 1}, []string{"s1", "s3", "s2"}},
		"the trigger down":        {[]draft.Action{newLead, findLead}, move{"s1", 1}, nil},
		"before the trigger":      {[]draft.Action{newLead, findLead}, move{"s2", -1}, nil},
		"a write to the top":      {[]draft.Action{findLead, report}, move{"s2", -1}, nil},
		"a search from the top":   {[]draft.Action{findLead, findLead}, move{"s1", 1}, []string{"s2", "s1"}},
		"out at the top":          {[]draft.Action{newLead, findLead}, move{"s1", -1}, nil},
		"out at the bottom":       {[]draft.Action{newLead, findLead}, move{"s2", 1}, nil},
		"not at all":              {[]draft.Action{newLead, findLead}, move{"s2", 0}, nil},
		"empty steps":             {nil, move{"s1", 1}, []string{"s2", "s1"}},
		"an empty one to the top": {[]draft.Action{findLead}, move{"s2", -1}, []string{"s2", "s1"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := built(t, tc.actions...)
			before := ids(d)
			err := d.MoveStep(tc.move.step, tc.move.by)
			if tc.want == nil {
				require.ErrorIs(t, err, draft.ErrNoPlace)
				assert.Equal(t, before, ids(d))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.want, ids(d))
		})
	}
	d := draft.New("")
	assert.ErrorIs(t, d.MoveStep("s9", 1), draft.ErrNoStep)
}

func TestWriteThatLostItsTriggerCanBeReplaced(t *testing.T) {
	d := built(t, newLead, report, findLead)
	require.NoError(t, d.RemoveStep("s1"))
	assert.Contains(t, d.Missing(), draft.Missing{StepID: "s2", Number: 1, What: draft.MissingAction}, "a write cannot begin a Zap")
	require.NoError(t, d.MoveStep("s3", -1), "a search can, and the write fits behind it")
	assert.Empty(t, d.Missing())
}

func TestTypesThatFitAPlace(t *testing.T) {
	d := draft.New("")
	assert.Equal(t, []zapier.ActionType{zapier.ActionRead, zapier.ActionReadBulk, zapier.ActionSearch}, d.TypesFor(0))
	assert.ElementsMatch(t, []zapier.ActionType{
		zapier.ActionWrite, zapier.ActionSearch, zapier.ActionSearchOrWrite, zapier.ActionSearchAndWrite, zapier.ActionFilter,
	}, d.TypesFor(1))
	require.NoError(t, d.SetApp("s1", crm))
	require.NoError(t, d.SetApp("s2", crm))
	assert.ErrorIs(t, d.SetAction("s1", report), draft.ErrNoPlace)
	assert.ErrorIs(t, d.SetAction("s2", newLead), draft.ErrNoPlace)
}

func TestChoicesAreMadeInOrder(t *testing.T) {
	d := draft.New("")
	assert.ErrorIs(t, d.SetAction("s1", newLead), draft.ErrNoPlace, "no App yet")
	assert.ErrorIs(t, d.SetAccount("s1", draft.Account{ID: "1"}), draft.ErrNoPlace)
	_, err := d.SetInputs("s1", nil, nil)
	require.ErrorIs(t, err, draft.ErrNoPlace)
	for _, err := range []error{d.SetApp("s9", crm), d.SetAction("s9", newLead), d.SetAccount("s9", draft.Account{})} {
		require.ErrorIs(t, err, draft.ErrNoStep)
	}
	_, err = d.SetInputs("s9", nil, nil)
	require.ErrorIs(t, err, draft.ErrNoStep)
}

func TestAnotherChoiceClearsWhatCameAfterIt(t *testing.T) {
	full := func(t *testing.T) draft.Draft {
		d := built(t, newLead, report)
		fill(t, &d, "s2", zapier.Inputs{"full_name": "Ada", "note": "{{full_name}}"})
		form(&d.Steps[1], text("full_name"), text("note"))
		yields(&d.Steps[1], zapier.OutputField{ID: "id"})
		d.Steps[1].Choices = map[string]draft.Choices{"note": {}}
		d.Steps[1].Test, d.Steps[1].Samples = &draft.Test{Found: 1}, map[string]string{"id": "7"}
		return d
	}
	step := func(d draft.Draft) draft.Step { return d.Steps[1] }

	t.Run("another App", func(t *testing.T) {
		d := full(t)
		alias := step(d).Alias
		require.NoError(t, d.SetApp("s2", ads))
		assert.Equal(t, draft.Step{ID: "s2", App: &ads, Alias: alias, Inputs: zapier.Inputs{}}, step(d))
	})
	t.Run("an App that needs no account has one chosen", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetApp("s2", filter))
		assert.Equal(t, &draft.Account{}, step(d).Account)
	})
	t.Run("the same App", func(t *testing.T) {
		d := full(t)
		renamed := crm
		renamed.Title = "CRM 2"
		require.NoError(t, d.SetApp("s2", renamed))
		assert.Equal(t, "CRM 2", step(d).App.Title)
		assert.Len(t, step(d).Inputs, 2)
	})
	t.Run("another Action", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetAction("s2", findLead))
		assert.Empty(t, step(d).Inputs)
		assert.Equal(t, "1", step(d).Account.ID, "the account is the App's")
		assert.True(t, step(d).FormRead.IsZero())
		assert.Nil(t, step(d).Outputs)
		assert.Equal(t, "find_lead", step(d).Alias, "nothing calls it by its old name")
	})
	t.Run("the same key of another type", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetAction("s2", draft.Action{Type: zapier.ActionSearch, Key: report.Key, Title: "Find Report"}))
		assert.Empty(t, step(d).Inputs)
	})
	t.Run("the same Action", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetAction("s2", report))
		assert.Len(t, step(d).Inputs, 2)
		assert.False(t, step(d).FormRead.IsZero())
	})
	t.Run("another account", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetAccount("s2", draft.Account{ID: "2"}))
		assert.Len(t, step(d).Inputs, 2, "the values stay")
		assert.True(t, step(d).FormRead.IsZero(), "the form may be another")
		assert.Nil(t, step(d).Choices)
		assert.True(t, step(d).OutputsRead.IsZero())
		assert.Nil(t, step(d).Test)
	})
	t.Run("the same account", func(t *testing.T) {
		d := full(t)
		require.NoError(t, d.SetAccount("s2", draft.Account{ID: "1", Title: "renamed"}))
		assert.Equal(t, "renamed", step(d).Account.Title)
		assert.False(t, step(d).FormRead.IsZero())
	})
	t.Run("other steps stay", func(t *testing.T) {
		d := full(t)
		first := d.Steps[0]
		require.NoError(t, d.SetApp("s2", ads))
		assert.Equal(t, first, d.Steps[0])
	})
}

func TestSourcesAreTheStepsBefore(t *testing.T) {
	d := built(t, newLead, findLead, report)
	_, err := d.AddStep("s1") // empty: it has nothing to give
	require.NoError(t, err)
	sources := d.Sources(3)
	require.Len(t, sources, 2)
	assert.Equal(t, "s2", sources[0].Step.ID, "the nearest first")
	assert.Equal(t, 3, sources[0].Number)
	assert.Equal(t, "s1", sources[1].Step.ID)
	assert.Equal(t, 1, sources[1].Number)
	assert.Empty(t, d.Sources(0))
}

func TestDraftsPrintNoValues(t *testing.T) {
	d := built(t, newLead, report)
	fill(t, &d, "s2", zapier.Inputs{"note": "canary"})
	assert.NotContains(t, sprint(d, &d, d.Steps[1], &d.Steps[1], d.Steps), "canary")
}
