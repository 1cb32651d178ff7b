package draft_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
)

func sprint(values ...any) string {
	return fmt.Sprintf("%v %+v %#v %s", values, values, values, values)
}

// zapierTakes is the pattern of api.md 2.14.
var zapierTakes = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestAliasIsMadeOfTheTitle(t *testing.T) {
	long := strings.Repeat("Very ", 20) + "Long"
	for _, tc := range []struct{ title, key, want string }{
		{"New Lead", "new_lead", "new_lead"},
		{"  Find or Create: Lead (v2) ", "k", "find_or_create_lead_v2"},
		{"2nd Look", "look", "nd_look"},
		{"Only continue if…", "filter", "filter"},
		{"新しいリード", "new_lead", "new_lead"},
		{"新しいリード", "", "step"},
		{"新しいリード", "キー", "step"},
		{"Créer un contact", "create_contact", "create_contact"},
		{"!!!", "42", "step"},
		{"", "", "step"},
		{long, "", strings.TrimRight(strings.Repeat("very_", 13)[:64], "_")},
	} {
		t.Run(tc.title, func(t *testing.T) {
			d := draft.New("")
			require.NoError(t, d.SetApp("s1", crm))
			require.NoError(t, d.SetAction("s1", draft.Action{Type: zapier.ActionRead, Title: tc.title, Key: tc.key}))
			assert.Equal(t, tc.want, d.Steps[0].Alias)
			assert.Regexp(t, zapierTakes, d.Steps[0].Alias)
		})
	}
}

func TestAliasesAreUnique(t *testing.T) {
	for _, title := range []string{"New Lead", strings.Repeat("x", 100), "新"} {
		actions := []draft.Action{{Type: zapier.ActionRead, Title: title}}
		for range 14 {
			actions = append(actions, draft.Action{Type: zapier.ActionWrite, Title: title})
		}
		seen := map[string]bool{}
		for _, step := range built(t, actions...).Steps {
			assert.False(t, seen[step.Alias], step.Alias)
			seen[step.Alias] = true
			assert.Regexp(t, zapierTakes, step.Alias)
			assert.LessOrEqual(t, len(step.Alias), 64)
		}
	}
}

func TestAliasStaysWhileAMappingUsesIt(t *testing.T) {
	d := built(t, findLead, report)
	fill(t, &d, "s2", zapier.Inputs{"note": "{{full_name}}"})
	require.NoError(t, d.SetAction("s1", newLead))
	assert.Equal(t, "find_lead", d.Steps[0].Alias)
	require.NoError(t, d.SetApp("s1", ads))
	require.NoError(t, d.SetAction("s1", newLead))
	assert.Equal(t, "find_lead", d.Steps[0].Alias)
	fill(t, &d, "s2", zapier.Inputs{"note": ""})
	require.NoError(t, d.SetAction("s1", findLead))
	require.NoError(t, d.SetAction("s1", newLead))
	assert.Equal(t, "new_lead", d.Steps[0].Alias)
}

func TestNameOfARemovedStepIsNotGivenAgain(t *testing.T) {
	d := built(t, newLead, findLead, report)
	fill(t, &d, "s3", zapier.Inputs{"note": "{{find_lead.email}}"})
	require.NoError(t, d.RemoveStep("s2"))
	added, err := d.AddStep("s1")
	require.NoError(t, err)
	require.NoError(t, d.SetApp(added.ID, crm))
	require.NoError(t, d.SetAction(added.ID, findLead))
	assert.Equal(t, "find_lead_2", d.Steps[1].Alias, "the broken mapping must not come to mean another step")
	assert.Equal(t, draft.NoSuchStep, d.Parts(2, "{{find_lead.email}}")[0].Broken)
}
