package emulator

import (
	"strings"
	"time"
)

// Value types and formats of input fields (api.md 2.9).
const (
	valueString  = "STRING"
	valueNumber  = "NUMBER"
	valueInteger = "INTEGER"
	valueBoolean = "BOOLEAN"
	valueArray   = "ARRAY"
	valueObject  = "OBJECT"

	formatDatetime  = "DATETIME"
	formatMultiline = "MULTILINE"
	formatPassword  = "PASSWORD"
	formatCode      = "CODE"
	formatReadonly  = "READONLY"
	formatFile      = "FILE"
	formatSelect    = "SELECT"
)

// formItem is a part of the form a step shows: an input field, an info field or
// a fieldset of these two.
type formItem interface {
	// inputs are the fields of it that take a value.
	inputs() []inputField
}

// form is made anew for the values filled in so far.
type form func(filling) []formItem

// filling is what has been filled in when a form is made.
type filling struct {
	values map[string]any
	now    time.Time
}

// text is the value of a field; "" when it has none, or one that is known only
// when the Zap runs.
func (f filling) text(id string) string {
	text, _ := f.values[id].(string)
	if strings.Contains(text, "{{") {
		return ""
	}
	return text
}

// choice is one value of a SELECT field (api.md 2.10).
type choice struct{ id, label string }

// itemType says what an ARRAY holds.
type itemType struct {
	Type string `json:"type"`
}

// inputField is one value a step takes (api.md 2.9). format and items are left
// out where they do not apply, as real answers have it.
type inputField struct {
	Type         string    `json:"type"`
	ID           string    `json:"id"`
	Title        string    `json:"title"`
	Description  string    `json:"description"`
	ValueType    string    `json:"value_type"`
	Format       string    `json:"format,omitempty"`
	Items        *itemType `json:"items,omitempty"`
	DefaultValue string    `json:"default_value"`
	Placeholder  string    `json:"placeholder"`
	IsRequired   bool      `json:"is_required"`
	DependsOn    []string  `json:"depends_on"`
	Invalidates  bool      `json:"invalidates_input_fields"`

	choices   []choice
	perPage   int  // of choices; 0 is choicesPerPage
	reference bool // in a Zap, the value is one {{…}} and nothing else
}

func (f inputField) inputs() []inputField { return []inputField{f} }

func newField(id, title, valueType string) inputField {
	return inputField{Type: "input_field", ID: id, Title: title, ValueType: valueType, DependsOn: []string{}}
}

// The following return the field with one thing more said about it.

func (f inputField) help(markdown string) inputField    { f.Description = markdown; return f }
func (f inputField) as(format string) inputField        { f.Format = format; return f }
func (f inputField) of(item string) inputField          { f.Items = &itemType{item}; return f }
func (f inputField) preset(value string) inputField     { f.DefaultValue = value; return f }
func (f inputField) hint(placeholder string) inputField { f.Placeholder = placeholder; return f }
func (f inputField) required() inputField               { f.IsRequired = true; return f }
func (f inputField) after(ids ...string) inputField     { f.DependsOn = ids; return f }
func (f inputField) redraws() inputField                { f.Invalidates = true; return f }
func (f inputField) fromStepBefore() inputField         { f.reference = true; return f }

func (f inputField) oneOf(choices []choice) inputField {
	f.choices = choices
	return f.as(formatSelect)
}

// inPagesOf is for a list that would take too many requests otherwise.
func (f inputField) inPagesOf(n int) inputField { f.perPage = n; return f }

// yesNo are the choices of a BOOLEAN.
func yesNo() []choice { return []choice{{"True", "Yes"}, {"False", "No"}} }

// choicesOf makes choices whose labels are the ids.
func choicesOf(ids ...string) []choice {
	choices := make([]choice, 0, len(ids))
	for _, id := range ids {
		choices = append(choices, choice{id, id})
	}
	return choices
}

// infoField is a text between the fields.
type infoField struct {
	Type        string `json:"type"`
	ID          string `json:"id"`
	Description string `json:"description"`
}

func (infoField) inputs() []inputField { return nil }

func newInfo(id, markdown string) infoField { return infoField{"info_field", id, markdown} }

// fieldset groups fields; it never holds another fieldset.
type fieldset struct {
	Type   string     `json:"type"`
	ID     string     `json:"id"`
	Title  string     `json:"title"`
	Fields []formItem `json:"fields"`
}

func (s fieldset) inputs() []inputField { return inputsOf(s.Fields) }

func newFieldset(id, title string, fields ...formItem) fieldset {
	return fieldset{"fieldset", id, title, fields}
}

// inputsOf are all fields of a form that take a value.
func inputsOf(items []formItem) []inputField {
	var fields []inputField
	for _, item := range items {
		fields = append(fields, item.inputs()...)
	}
	return fields
}

func findField(items []formItem, id string) (inputField, bool) {
	for _, field := range inputsOf(items) {
		if field.ID == id {
			return field, true
		}
	}
	return inputField{}, false
}
