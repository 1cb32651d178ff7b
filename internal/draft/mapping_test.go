package draft_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
)

// written is what becomes of a text when it is put into the last step of a draft.
func written(t *testing.T, d draft.Draft, text string) string {
	t.Helper()
	last := d.Steps[len(d.Steps)-1]
	fill(t, &d, last.ID, zapier.Inputs{"note": text})
	value, _ := d.Steps[len(d.Steps)-1].Inputs["note"].(string)
	return value
}

func TestMappingsAreKeptWithTheNameOfTheirStep(t *testing.T) {
	outputs := []zapier.OutputField{{ID: "full_name"}, {ID: "COL$A"}, {ID: "parents[]sha"}, {ID: "a.b"}, {ID: " spaced "}}
	two, three := built(t, newLead, report), built(t, newLead, findLead, report)
	for _, d := range []draft.Draft{two, three} {
		yields(&d.Steps[0], outputs...)
	}
	for _, tc := range []struct {
		name      string
		d         draft.Draft
		text, out string
	}{
		{"plain, of two steps", two, "{{full_name}}", "{{new_lead.full_name}}"},
		{"with text around it", two, "Hi {{full_name}}, {{COL$A}}!", "Hi {{new_lead.full_name}}, {{new_lead.COL$A}}!"},
		{"loose spaces", two, "{{ full_name }}{{ new_lead.full_name }}", "{{new_lead.full_name}}{{new_lead.full_name}}"},
		{"spaces that belong to the field", two, "{{ spaced }}", "{{new_lead. spaced }}"},
		{"the same with the step", two, "{{new_lead. spaced }}", "{{new_lead. spaced }}"},
		{"a list", two, "{{parents[]sha}}", "{{new_lead.parents[]sha}}"},
		{"a dot in the field", two, "{{a.b}}", "{{new_lead.a.b}}"},
		{"a dot and the step", two, "{{new_lead.a.b}}", "{{new_lead.a.b}}"},
		{"a field that nobody knows", two, "{{x}}", "{{new_lead.x}}"},
		{"with its step, of three", three, "{{ new_lead.full_name }}", "{{new_lead.full_name}}"},
		{"plain, of three: of which step?", three, "{{ full_name }}", "{{full_name}}"},
		{"a step that never was", three, "{{lead.full_name}}", "{{lead.full_name}}"},
		{"no mapping", two, "a } } {b} {{", "a } } {b} {{"},
		{"nothing between the braces", two, "{{}} {{ }}", "{{}} {{ }}"},
		{"braces within", two, "{{a{b}}", "{{a{b}}"},
		{"one brace too many behind", two, "{{full_name}}}", "{{new_lead.full_name}}}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			assert.Equal(t, tc.out, written(t, tc.d, tc.text))
			assert.Equal(t, tc.out, written(t, tc.d, tc.out), "and it stays")
		})
	}
}

func TestPartsOfAText(t *testing.T) {
	d := built(t, newLead, findLead, report)
	yields(&d.Steps[0], zapier.OutputField{ID: "full_name", Title: "Full Name", Sample: "Ada"}, zapier.OutputField{ID: "a.b"})
	d.Steps[0].Samples = map[string]string{"a.b": "from the test"}

	assert.Equal(t, []draft.Part{
		{Text: "Hi "},
		{Token: "{{new_lead.full_name}}", StepID: "s1", StepNumber: 1, StepTitle: "New Lead", Field: "full_name", FieldTitle: "Full Name", Sample: "Ada"},
		{Text: " "},
		{Token: "{{new_lead.a.b}}", StepID: "s1", StepNumber: 1, StepTitle: "New Lead", Field: "a.b", FieldTitle: "a.b", Sample: "from the test"},
	}, d.Parts(2, "Hi {{new_lead.full_name}} {{new_lead.a.b}}"))
	assert.Empty(t, d.Parts(2, ""))
}

func TestMappingsThatLeadNowhereSayWhy(t *testing.T) {
	three, two := built(t, newLead, findLead, report), built(t, newLead, report)
	for _, d := range []draft.Draft{three, two} {
		yields(&d.Steps[0], zapier.OutputField{ID: "full_name"})
	}
	for _, tc := range []struct {
		name  string
		d     draft.Draft
		index int
		text  string
		want  draft.BrokenReason
	}{
		{"good", three, 2, "{{new_lead.full_name}}", draft.NotBroken},
		{"outputs that nobody read", three, 2, "{{find_lead.anything}}", draft.NotBroken},
		{"no such step", three, 2, "{{gone.full_name}}", draft.NoSuchStep},
		{"no step named", three, 2, "{{full_name}}", draft.NoSuchStep},
		{"a later step", three, 1, "{{create_report.id}}", draft.LaterStep},
		{"the step itself", three, 1, "{{find_lead.id}}", draft.LaterStep},
		{"no such field", three, 2, "{{new_lead.email}}", draft.NoSuchField},
		{"a dot and nothing behind it", three, 2, "{{new_lead.}}", draft.NoSuchStep},
		{"never closed", three, 2, "{{new_lead.full_name", draft.Malformed},
		{"empty", three, 2, "{{}}", draft.Malformed},
		{"of two steps, good", two, 1, "{{full_name}}", draft.NotBroken},
		{"of two steps, no such field", two, 1, "{{email}}", draft.NoSuchField},
		{"in the first step", two, 0, "{{full_name}}", draft.NoSuchStep},
	} {
		t.Run(tc.name, func(t *testing.T) {
			parts := tc.d.Parts(tc.index, tc.text)
			require.Len(t, parts, 1)
			assert.Equal(t, tc.want, parts[0].Broken)
			assert.Equal(t, tc.text, parts[0].Token)
		})
	}
}

func TestOutputsThatAreOutOfDateBreakNoMapping(t *testing.T) {
	d := built(t, newLead, report)
	yields(&d.Steps[0], zapier.OutputField{ID: "full_name", Title: "Full Name"})
	fill(t, &d, "s1", zapier.Inputs{"note": "changed"})
	assert.Equal(t, draft.NotBroken, d.Parts(1, "{{email}}")[0].Broken, "nobody knows before they are read again")
	assert.Equal(t, "Full Name", d.Parts(1, "{{full_name}}")[0].FieldTitle, "what was known still helps")
}

func TestChangesOfStepsBreakMappingsAndRewriteNone(t *testing.T) {
	mapped := func(t *testing.T, actions ...draft.Action) draft.Draft {
		d := built(t, actions...)
		last := len(d.Steps) - 1
		fill(t, &d, d.Steps[last].ID, zapier.Inputs{"note": "{{" + d.Steps[last-1].Alias + ".id}} {{new_lead.full_name}}"})
		return d
	}
	broken := func(d draft.Draft) (reasons []draft.BrokenReason) {
		for _, m := range d.Missing() {
			require.Equal(t, draft.MissingMapping, m.What)
			reasons = append(reasons, m.Broken)
		}
		return reasons
	}
	t.Run("removed", func(t *testing.T) {
		d := mapped(t, newLead, findLead, report)
		require.NoError(t, d.RemoveStep("s2"))
		assert.Equal(t, "{{find_lead.id}} {{new_lead.full_name}}", d.Steps[1].Inputs["note"])
		assert.Equal(t, []draft.BrokenReason{draft.NoSuchStep}, broken(d), "also now that there are two steps")
		assert.Equal(t, "{{find_lead.id}}", d.Missing()[0].Token)
		assert.Equal(t, "note", d.Missing()[0].Field)
		assert.Equal(t, "{{find_lead.id}}", written(t, d, "{{find_lead.id}}"), "typed again it is no field of the trigger's either")
	})
	t.Run("moved behind its reader", func(t *testing.T) {
		d := mapped(t, newLead, findLead, report)
		require.NoError(t, d.MoveStep("s2", 1))
		assert.Equal(t, []draft.BrokenReason{draft.LaterStep}, broken(d))
		require.NoError(t, d.MoveStep("s2", -1))
		assert.Empty(t, broken(d), "and back")
	})
	t.Run("a step between two", func(t *testing.T) {
		d := built(t, newLead, report)
		d.Steps[1].Inputs = zapier.Inputs{"note": "{{full_name}}"}
		_, err := d.AddStep("s1")
		require.NoError(t, err)
		assert.Equal(t, "{{new_lead.full_name}}", d.Steps[2].Inputs["note"], "it means what it meant")
	})
}

func TestPlainMappingGetsItsStepOnceThatHasAName(t *testing.T) {
	d := draft.New("")
	require.NoError(t, d.SetApp("s2", crm))
	require.NoError(t, d.SetAction("s2", report))
	fill(t, &d, "s2", zapier.Inputs{"note": "{{full_name}}", "list": []string{"{{a}}"}, "pairs": map[string]string{"k": "{{b}}"}})
	assert.Equal(t, "{{full_name}}", d.Steps[1].Inputs["note"])
	require.NoError(t, d.SetApp("s1", crm))
	require.NoError(t, d.SetAction("s1", newLead))
	assert.Equal(t, zapier.Inputs{
		"note": "{{new_lead.full_name}}", "list": []any{"{{new_lead.a}}"}, "pairs": map[string]any{"k": "{{new_lead.b}}"},
	}, d.Steps[1].Inputs)
}

// FuzzMapping holds any text against what must be true of all.
func FuzzMapping(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "{{full_name}}", "Hi {{ full_name }}!", "{{new_lead.a.b}}", "{{gone.x}}", "{{", "}}", "{{}}", "{{{a}}}",
		"{{a{b}}", "{{COL$A}}{{parents[]sha}}", "\r\r\n", "{{ \n}}", "{{new_lead.}}", "{{.x}}", "{{új}}",
	} {
		f.Add(seed, 1)
		f.Add(seed, 2)
	}
	f.Fuzz(func(t *testing.T, text string, steps int) {
		d := built(t, newLead, report)
		if steps%2 == 0 {
			d = built(t, newLead, findLead, report)
		}
		yields(&d.Steps[0], zapier.OutputField{ID: "full_name"}, zapier.OutputField{ID: " a.b "})
		last := len(d.Steps) - 1
		whole, malformed := "", false
		for _, part := range d.Parts(last, text) {
			require.True(t, (part.Text == "") != (part.Token == ""), "one or the other")
			require.NotContains(t, part.Text, "{{", "nothing is overlooked")
			whole += part.Text + part.Token
			malformed = malformed || part.Broken == draft.Malformed
		}
		require.Equal(t, text, whole, "nothing gets lost")
		require.Equal(t, !closed(text), malformed, "%q", text)

		kept := written(t, d, text)
		require.Equal(t, kept, written(t, d, kept), "what is canonical stays")
		require.Equal(t, reasons(d, text), reasons(d, kept), "and leads where it led")
		d.Steps[last].Inputs = zapier.Inputs{"note": kept}
		require.NotPanics(t, func() { d.Missing(); d.Sampled(last) })
	})
}

// closed is how the emulator reads braces, and that a name is more than space.
func closed(text string) bool {
	for {
		_, after, found := strings.Cut(text, "{{")
		if !found {
			return true
		}
		name, rest, ends := strings.Cut(after, "}}")
		if !ends || strings.TrimSpace(name) == "" || strings.ContainsAny(name, "{}") {
			return false
		}
		text = rest
	}
}

func reasons(d draft.Draft, text string) (reasons []draft.BrokenReason) {
	for _, part := range d.Parts(len(d.Steps)-1, text) {
		if part.Token != "" {
			reasons = append(reasons, part.Broken)
		}
	}
	return reasons
}
