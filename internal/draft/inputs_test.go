package draft_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
)

func after(field zapier.Field, ids ...string) zapier.Field { field.DependsOn = ids; return field }

func redraws(field zapier.Field) zapier.Field { field.InvalidatesInputFields = true; return field }

func as(format zapier.Format, field zapier.Field) zapier.Field { field.Format = format; return field }

func of(valueType zapier.ValueType, field zapier.Field) zapier.Field {
	field.ValueType = valueType
	return field
}

func offers(s *draft.Step, id string, choices ...zapier.Choice) {
	if s.Choices == nil {
		s.Choices = map[string]draft.Choices{}
	}
	s.Choices[id] = draft.Choices{List: choices}
}

// sheet is a step whose fields depend on one another: a spreadsheet, a worksheet of it, a column of that.
func sheet(t *testing.T) draft.Draft {
	d := built(t, newLead, report)
	s := &d.Steps[1]
	form(s, redraws(as(zapier.FormatSelect, text("spreadsheet"))),
		redraws(as(zapier.FormatSelect, after(text("worksheet"), "spreadsheet"))),
		zapier.Field{Kind: zapier.FieldSet, ID: "columns", Fields: []zapier.Field{
			{Kind: zapier.FieldInfo, ID: "info"}, after(text("column"), "worksheet"),
		}},
		text("note"))
	s.Inputs = zapier.Inputs{"spreadsheet": "a", "worksheet": "a1", "column": "x", "note": "n"}
	offers(s, "worksheet", zapier.Choice{ID: "a1"}, zapier.Choice{ID: "a2", Label: "Second"})
	yields(s, zapier.OutputField{ID: "id"})
	return d
}

func TestChangedValueClearsWhatDependsOnIt(t *testing.T) {
	for _, tc := range []struct {
		name   string
		in     zapier.Inputs
		want   zapier.Inputs
		reread bool
	}{
		{"nothing", zapier.Inputs{"spreadsheet": "a", "note": "n"}, zapier.Inputs{"spreadsheet": "a", "worksheet": "a1", "column": "x", "note": "n"}, false},
		{"what nothing depends on", zapier.Inputs{"note": "m"}, zapier.Inputs{"spreadsheet": "a", "worksheet": "a1", "column": "x", "note": "m"}, false},
		{"the middle", zapier.Inputs{"worksheet": "a2"}, zapier.Inputs{"spreadsheet": "a", "worksheet": "a2", "note": "n"}, true},
		{"the first: one after the other", zapier.Inputs{"spreadsheet": "b"}, zapier.Inputs{"spreadsheet": "b", "note": "n"}, true},
		{"the first, the others drawn as they were", zapier.Inputs{"spreadsheet": "b", "worksheet": "a1", "column": "x"}, zapier.Inputs{"spreadsheet": "b", "note": "n"}, true},
		{"emptied", zapier.Inputs{"spreadsheet": ""}, zapier.Inputs{"note": "n"}, true},
		{"with one picked from the old choices", zapier.Inputs{"spreadsheet": "b", "worksheet": "a2"}, zapier.Inputs{"spreadsheet": "b", "note": "n"}, true},
		{"with one typed by hand", zapier.Inputs{"spreadsheet": "b", "worksheet": "b7"}, zapier.Inputs{"spreadsheet": "b", "worksheet": "b7", "note": "n"}, true},
		{"with one mapped", zapier.Inputs{"spreadsheet": "b", "worksheet": "{{id}}"}, zapier.Inputs{"spreadsheet": "b", "worksheet": "{{new_lead.id}}", "note": "n"}, true},
		{"to a mapping", zapier.Inputs{"spreadsheet": "{{id}}"}, zapier.Inputs{"spreadsheet": "{{new_lead.id}}", "note": "n"}, true},
		{"the last", zapier.Inputs{"column": "y"}, zapier.Inputs{"spreadsheet": "a", "worksheet": "a1", "column": "y", "note": "n"}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := sheet(t)
			assert.Equal(t, tc.reread, fill(t, &d, "s2", tc.in))
			assert.Equal(t, tc.want, d.Steps[1].Inputs)
			assert.Equal(t, tc.reread, d.Steps[1].FormRead.IsZero())
		})
	}
}

func TestFormIsReadAgainForFieldsThatShapeIt(t *testing.T) {
	d := built(t, newLead, report)
	s := &d.Steps[1]
	for id, want := range map[string]bool{"alone": false, "shaping": true, "leading": true, "led": false, "unknown": false} {
		form(s, text("alone"), redraws(text("shaping")), text("leading"), after(text("led"), "leading"))
		assert.Equal(t, want, s.Redraws(id), id)
		if id != "unknown" {
			assert.Equal(t, want, fill(t, &d, "s2", zapier.Inputs{id: "x"}), id)
		}
	}
}

func TestMappingThatIsWrittenAnotherWayIsNoChange(t *testing.T) {
	d := sheet(t)
	fill(t, &d, "s2", zapier.Inputs{"spreadsheet": "{{id}}"})
	fill(t, &d, "s2", zapier.Inputs{"worksheet": "typed"})
	form(&d.Steps[1], d.Steps[1].Form...)
	assert.False(t, fill(t, &d, "s2", zapier.Inputs{"spreadsheet": "{{ new_lead.id }}"}))
	assert.Equal(t, "typed", d.Steps[1].Inputs["worksheet"])
}

func TestChangedValueMakesAnswersOutOfDate(t *testing.T) {
	d := sheet(t)
	s := &d.Steps[1]
	s.Test, s.Samples = &draft.Test{}, map[string]string{"id": "1"}
	s.Refused = map[string]string{"note": "too short", "column": "too long"}
	fill(t, &d, "s2", zapier.Inputs{"note": "longer"})
	assert.True(t, s.OutputsRead.IsZero())
	assert.Nil(t, s.Test)
	assert.Nil(t, s.Samples)
	assert.Equal(t, map[string]string{"column": "too long"}, s.Refused)
	fill(t, &d, "s2", zapier.Inputs{"worksheet": "a2"})
	assert.Empty(t, s.Refused, "a cleared value is no longer refused")
}

func TestOnlyDrawnFieldsAreReplaced(t *testing.T) {
	d := sheet(t)
	_, err := d.SetInputs("s2", zapier.Inputs{"note": "m", "column": "y", "unknown": "z"}, []string{"note", "unknown"})
	require.NoError(t, err)
	assert.Equal(t, zapier.Inputs{"spreadsheet": "a", "worksheet": "a1", "column": "x", "note": "m"}, d.Steps[1].Inputs)
	_, err = d.SetInputs("s2", nil, []string{"note"})
	require.NoError(t, err)
	assert.NotContains(t, d.Steps[1].Inputs, "note", "drawn and not sent: emptied")
}

func TestValuesAreKeptInOneShape(t *testing.T) {
	d := built(t, newLead, report)
	form(&d.Steps[1], text("text"), of(zapier.ValueArray, text("list")), of(zapier.ValueObject, text("pairs")),
		as(zapier.FormatReadOnly, text("notice")))
	for _, tc := range []struct {
		name  string
		field string
		given any
		want  any
	}{
		{"text", "text", "Ada", "Ada"},
		{"a browser's line ends", "text", "a\r\nb", "a\nb"},
		{"line ends of other kinds", "text", "a\rb\r\r\nc", "a\nb\n\nc"},
		{"spaces", "text", " ", " "},
		{"no text", "text", "", nil},
		{"nothing", "text", nil, nil},
		{"a switch", "text", true, "True"},
		{"a number", "text", 7, "7"},
		{"rows", "list", []string{"a", "", "b"}, []any{"a", "b"}},
		{"rows of any", "list", []any{"a", 1.5, nil}, []any{"a", "1.5"}},
		{"one row", "list", "a", []any{"a"}},
		{"empty rows", "list", []string{"", ""}, nil},
		{"pairs", "pairs", map[string]string{"k": "v", "": ""}, map[string]any{"k": "v"}},
		{"a pair without a value", "pairs", map[string]any{"k": ""}, map[string]any{"k": ""}},
		{"no pairs", "pairs", map[string]string{"": ""}, nil},
		{"words that take no value", "notice", "x", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d.Steps[1].Inputs = zapier.Inputs{}
			fill(t, &d, "s2", zapier.Inputs{tc.field: tc.given})
			if tc.want == nil {
				assert.NotContains(t, d.Steps[1].Inputs, tc.field)
				return
			}
			assert.Equal(t, tc.want, d.Steps[1].Inputs[tc.field])
		})
	}
}

func TestPasswordStaysUntilAnotherIsTyped(t *testing.T) {
	d := built(t, newLead, report)
	form(&d.Steps[1], as(zapier.FormatPassword, text("secret")))
	fill(t, &d, "s2", zapier.Inputs{"secret": "{{ not a mapping }}"})
	assert.Equal(t, "{{ not a mapping }}", d.Steps[1].Inputs["secret"], "nobody could see what was made of it")
	assert.Empty(t, d.Missing(), "nor be told that it leads nowhere")
	for _, in := range []zapier.Inputs{{}, {"secret": ""}} {
		_, err := d.SetInputs("s2", in, []string{"secret"})
		require.NoError(t, err)
		assert.Equal(t, "{{ not a mapping }}", d.Steps[1].Inputs["secret"])
	}
	fill(t, &d, "s2", zapier.Inputs{"secret": nil})
	assert.Empty(t, d.Steps[1].Inputs)
}

func TestChosenValueKeepsItsLabel(t *testing.T) {
	d := sheet(t)
	fill(t, &d, "s2", zapier.Inputs{"worksheet": "a2"})
	s := &d.Steps[1]
	assert.Equal(t, map[string]string{"worksheet": "Second"}, s.Labels)
	s.Choices = nil
	assert.Equal(t, draft.Value{FieldID: "worksheet", Label: "WORKSHEET", Texts: []string{"Second"}}, draft.Values(*s)[1])
	fill(t, &d, "s2", zapier.Inputs{"worksheet": "typed"})
	assert.Empty(t, s.Labels)
	assert.Equal(t, []string{"typed"}, draft.Values(*s)[1].Texts)
}

func TestValuesInWords(t *testing.T) {
	d := built(t, newLead, report)
	s := &d.Steps[1]
	form(s, text("b"), zapier.Field{Kind: zapier.FieldSet, Fields: []zapier.Field{of(zapier.ValueArray, as(zapier.FormatSelect, text("a")))}},
		of(zapier.ValueObject, text("pairs")), as(zapier.FormatPassword, text("secret")), text("empty"))
	offers(s, "a", zapier.Choice{ID: "1", Label: "One"})
	s.Inputs = zapier.Inputs{
		"b": "{{new_lead.id}}", "a": []any{"1", "2"}, "pairs": map[string]any{"z": "1", "y": "2"}, "secret": "canary", "later": "also a secret?",
	}
	assert.Equal(t, []draft.Value{
		{FieldID: "b", Label: "B", Texts: []string{"{{new_lead.id}}"}},
		{FieldID: "a", Label: "A", Texts: []string{"One", "2"}},
		{FieldID: "pairs", Label: "PAIRS", Texts: []string{"y: 2", "z: 1"}},
		{FieldID: "secret", Label: "SECRET", Secret: true},
		{FieldID: "later", Label: "later", Secret: true},
	}, draft.Values(*s))
}

func TestWhatIsMissing(t *testing.T) {
	d := draft.New("")
	assert.Equal(t, []draft.Missing{
		{What: draft.MissingTitle}, {StepID: "s1", Number: 1, What: draft.MissingApp}, {StepID: "s2", Number: 2, What: draft.MissingApp},
	}, d.Missing())

	d.Title = "Leads"
	require.NoError(t, d.SetApp("s1", crm))
	require.NoError(t, d.SetApp("s2", filter))
	require.NoError(t, d.SetAction("s2", draft.Action{Type: zapier.ActionFilter, Title: "Filter"}))
	assert.Equal(t, []draft.Missing{
		{StepID: "s1", Number: 1, What: draft.MissingAction}, {StepID: "s2", Number: 2, What: draft.MissingForm},
	}, d.Missing(), "the filter needs no account")

	require.NoError(t, d.SetAction("s1", newLead))
	required := text("email")
	required.IsRequired = true
	form(&d.Steps[1], required, text("optional"))
	form(&d.Steps[0])
	assert.Equal(t, []draft.Missing{
		{StepID: "s1", Number: 1, What: draft.MissingAccount}, {StepID: "s2", Number: 2, What: draft.MissingField, Field: "email", FieldTitle: "EMAIL"},
	}, d.Missing())

	require.NoError(t, d.SetAccount("s1", draft.Account{ID: "1"}))
	form(&d.Steps[0])
	yields(&d.Steps[0], zapier.OutputField{ID: "id"})
	fill(t, &d, "s2", zapier.Inputs{"email": "{{x}} {{id}} {{"})
	assert.Equal(t, []draft.Missing{
		{StepID: "s2", Number: 2, What: draft.MissingMapping, Field: "email", FieldTitle: "EMAIL", Token: "{{new_lead.x}}", Broken: draft.NoSuchField},
		{StepID: "s2", Number: 2, What: draft.MissingMapping, Field: "email", FieldTitle: "EMAIL", Token: "{{", Broken: draft.Malformed},
	}, d.Missing())
	assert.False(t, d.Ready())
	fill(t, &d, "s2", zapier.Inputs{"email": "{{id}}"})
	assert.True(t, d.Ready())
	d.Steps = d.Steps[:1]
	assert.Contains(t, d.Missing(), draft.Missing{What: draft.MissingSteps})
}

func TestSamplesStandForMappings(t *testing.T) {
	d := built(t, newLead, findLead, report)
	yields(&d.Steps[0], zapier.OutputField{ID: "name", Sample: "Ada"}, zapier.OutputField{ID: "none"})
	d.Steps[1].Samples = map[string]string{"id": "7"}
	form(&d.Steps[2], text("a"), as(zapier.FormatPassword, text("secret")))
	d.Steps[2].Inputs = zapier.Inputs{
		"a": "{{new_lead.name}}-{{find_lead.id}}", "l": []any{"{{new_lead.none}}", "x"}, "p": map[string]any{"k": "{{gone.x}}{{gone.x}}"}, "secret": "{{s}}",
	}
	sampled, without := d.Sampled(2)
	assert.Equal(t, zapier.Inputs{
		"a": "Ada-7", "l": []any{"{{new_lead.none}}", "x"}, "p": map[string]any{"k": "{{gone.x}}{{gone.x}}"}, "secret": "{{s}}",
	}, sampled.Inputs)
	assert.Equal(t, []string{"{{gone.x}}", "{{new_lead.none}}"}, without)
	assert.Equal(t, "{{new_lead.name}}-{{find_lead.id}}", d.Steps[2].Inputs["a"], "the draft keeps the mapping")
}
