package zapier

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
)

// FieldKind tells the three kinds of Field apart.
type FieldKind string

// The kinds of Field. A newer edition of the API may send others: show nothing for them.
const (
	FieldInput FieldKind = "input_field"
	FieldInfo  FieldKind = "info_field"
	FieldSet   FieldKind = "fieldset"
)

// ValueType says what kind of value a field takes (api.md 2.9).
type ValueType string

// The types of value. All but ValueArray (a list) and ValueObject (a flat map of text) take text.
const (
	ValueString  ValueType = "STRING"
	ValueNumber  ValueType = "NUMBER"
	ValueInteger ValueType = "INTEGER"
	ValueBoolean ValueType = "BOOLEAN"
	ValueArray   ValueType = "ARRAY"
	ValueObject  ValueType = "OBJECT"
)

// UnmarshalJSON takes lower case too, which one edition writes (api.md 7, number 13).
func (v *ValueType) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	*v = ValueType(strings.ToUpper(text))
	return nil
}

// Format says how to present an input field (api.md 2.9); empty for an ordinary one.
type Format string

// The formats of input fields.
const (
	FormatDateTime  Format = "DATETIME"
	FormatMultiline Format = "MULTILINE"
	FormatPassword  Format = "PASSWORD"
	FormatCode      Format = "CODE"
	// FormatReadOnly shows the description and takes no value.
	FormatReadOnly Format = "READONLY"
	// FormatFile takes a URL, which Zapier downloads when the Zap runs.
	FormatFile Format = "FILE"
	// FormatSelect takes the id of one of the field's Choices.
	FormatSelect Format = "SELECT"
)

// Items says what a list is made of.
type Items struct {
	Type ValueType `json:"type,omitempty"`
}

// Field is an element of the form of a step: an input field, an info field or a fieldset, by its Kind
// (api.md 2.9). What does not belong to the Kind is zero.
type Field struct {
	Kind FieldKind `json:"type"`
	// ID is the key of the value in Inputs.
	ID    string `json:"id"`
	Title string `json:"title,omitempty"`
	// Description is Markdown. It is all that an info field has.
	Description string    `json:"description,omitempty"`
	ValueType   ValueType `json:"value_type,omitempty"`
	Format      Format    `json:"format,omitempty"`
	// Items is nil but for a list.
	Items        *Items `json:"items,omitempty"`
	DefaultValue Text   `json:"default_value,omitempty"`
	Placeholder  Text   `json:"placeholder,omitempty"`
	// IsRequired: the Action does not run without a value.
	IsRequired bool `json:"is_required,omitempty"`
	// DependsOn are the fields whose change clears this one's value.
	DependsOn []string `json:"depends_on,omitempty"`
	// InvalidatesInputFields: when this value changes, the fields must be asked for again.
	InvalidatesInputFields bool `json:"invalidates_input_fields,omitempty"`
	// Fields are what a fieldset holds: input and info fields, never another fieldset with fields of its own.
	Fields []Field `json:"fields,omitempty"`
	// Raw is the element as Zapier sent it, with what this client does not know.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON reads an element and one level of elements within.
func (f *Field) UnmarshalJSON(data []byte) error {
	read, within, err := readField(data)
	if err != nil {
		return err
	}
	for _, raw := range within {
		child, _, err := readField(raw)
		if err != nil {
			return err
		}
		read.Fields = append(read.Fields, child)
	}
	*f = read
	return nil
}

// readField reads an element but for those within. The schema shows a fieldset's fields as one field, the
// guide as a list (api.md 2.3, 2.9); one is taken as a list of one.
func readField(data []byte) (Field, []json.RawMessage, error) {
	type plain Field
	var read struct {
		plain
		Fields json.RawMessage `json:"fields"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return Field{}, nil, err
	}
	field := Field(read.plain)
	field.Raw = append(json.RawMessage(nil), data...)
	within, err := oneOrMany(read.Fields)
	return field, within, err
}

// InputFields iterates over the form of a step: POST /v2/actions/{id}/inputs, scope zap:write (api.md 2.9).
// The form depends on what is filled in. Invalid when Zapier refuses the Authentication or an input.
func (c *Client) InputFields(ctx context.Context, action string, step StepInputs) iter.Seq2[Field, error] {
	return postAll[Field](ctx, c, "inputs.list", action, "inputs", stepPage{StepInputs: step})
}

// ListInputFields is InputFields gathered to the last page: half a form cannot be filled in.
func (c *Client) ListInputFields(ctx context.Context, action string, step StepInputs) ([]Field, error) {
	return collect(c.InputFields(ctx, action, step))
}
