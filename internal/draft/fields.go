package draft

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

var zeroTime time.Time

// Fields are the fields of the form that take a value, those of fieldsets included, as last read.
func (s Step) Fields() []zapier.Field { return takers(s.Form) }

func takers(form []zapier.Field) []zapier.Field {
	var fields []zapier.Field
	for i := range form {
		switch field := &form[i]; {
		case field.Kind == zapier.FieldSet:
			fields = append(fields, takers(field.Fields)...)
		case takes(field):
			fields = append(fields, *field)
		}
	}
	return fields
}

// field is one of Fields.
func (s Step) field(id string) (zapier.Field, bool) {
	if found := fieldIn(s.Form, id); found != nil {
		return *found, true
	}
	return zapier.Field{}, false
}

func fieldIn(form []zapier.Field, id string) *zapier.Field {
	for i := range form {
		switch field := &form[i]; {
		case field.Kind == zapier.FieldSet:
			if found := fieldIn(field.Fields, id); found != nil {
				return found
			}
		case takes(field) && field.ID == id:
			return field
		}
	}
	return nil
}

// takes reports whether an element of a form takes a value.
func takes(field *zapier.Field) bool {
	return field.Kind == zapier.FieldInput && field.Format != zapier.FormatReadOnly
}

// Redraws reports whether the form has to be read again when a field's value changes.
func (s Step) Redraws(id string) bool {
	return slices.ContainsFunc(s.Fields(), func(f zapier.Field) bool {
		return f.ID == id && f.InvalidatesInputFields || slices.Contains(f.DependsOn, id)
	})
}

// shape are the values that the fields of a form depend on.
func (s Step) shape(form []zapier.Field) string {
	values := map[string]any{}
	s.Form = form
	for _, field := range s.Fields() {
		if s.Redraws(field.ID) {
			values[field.ID] = s.Inputs[field.ID]
		}
	}
	encoded, _ := json.Marshal(values) // texts, lists and maps of them: that cannot fail
	return string(encoded)
}

// secret reports whether a value must not be shown. It is also taken as it is: nobody could see what was mapped in it.
func (s Step) secret(id string) bool {
	field, _ := s.field(id)
	return field.Format == zapier.FormatPassword
}

// outOfShape reports whether the form was read for other values than the step has now.
func (s Step) outOfShape() bool {
	return s.ReadFor != "" && !s.FormRead.IsZero() && s.shape(s.Form) != s.ReadFor
}

// takeForm replaces the form by one that was just read, drops the values it has no field for, and fills in the
// defaults of fields that are new. It reports whether one of those shapes the form for sure: its field is required.
func (s *Step) takeForm(form []zapier.Field, now time.Time) (shaped bool) {
	old := *s
	s.Form, s.FormRead = form, now
	inputs := maps.Clone(s.Inputs)
	for id := range inputs {
		if _, there := s.field(id); !there {
			delete(inputs, id)
			s.Dropped = append(s.Dropped, old.value(id))
		}
	}
	slices.SortFunc(s.Dropped, func(a, b Value) int { return strings.Compare(a.FieldID, b.FieldID) })
	s.Inputs = inputs
	s.forgetGone()
	shaped = s.offerDefaults()
	if !reflect.DeepEqual(old.Inputs, s.Inputs) {
		s.changed()
	}
	return shaped
}

// forgetGone drops what is kept of fields that the form has no longer.
func (s *Step) forgetGone() {
	gone := func(id string) bool { _, there := s.field(id); return !there }
	s.Labels, s.Offered, s.Refused, s.Choices = maps.Clone(s.Labels), maps.Clone(s.Offered), maps.Clone(s.Refused), maps.Clone(s.Choices)
	for _, of := range []map[string]string{s.Labels, s.Offered, s.Refused} {
		maps.DeleteFunc(of, func(id, _ string) bool { return gone(id) })
	}
	maps.DeleteFunc(s.Choices, func(id string, _ Choices) bool { return gone(id) })
}

// offerDefaults fills in the default of each empty field, once.
func (s *Step) offerDefaults() (shaped bool) {
	for _, field := range s.Fields() {
		text := string(field.DefaultValue)
		_, filled := s.Inputs[field.ID]
		if text == "" || filled || s.Offered[field.ID] == text ||
			field.ValueType == zapier.ValueArray || field.ValueType == zapier.ValueObject {
			continue
		}
		if s.Offered == nil {
			s.Offered = map[string]string{}
		}
		s.Offered[field.ID], s.Inputs[field.ID] = text, text
		shaped = shaped || field.IsRequired && s.Redraws(field.ID)
	}
	return shaped
}
