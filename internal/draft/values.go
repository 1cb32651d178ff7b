package draft

import (
	"cmp"
	"maps"
	"slices"

	"github.com/zapembed/zapembed/internal/zapier"
)

// Value is a filled-in field in words.
type Value struct {
	FieldID, Label string
	// Texts are the value, or its rows; pairs are "key: value". None for a secret.
	Texts []string
	// Secret: the value is not shown. What it is for is not known either before the form was read.
	Secret bool
}

// Values are the filled-in fields of a step in the form's order.
func Values(step Step) []Value {
	var values []Value
	for _, field := range step.inOrder() {
		if _, filled := step.Inputs[field.ID]; filled {
			values = append(values, step.value(field.ID))
		}
	}
	return values
}

// inOrder are the fields of the form, and behind them stand-ins for values that have none.
func (s Step) inOrder() []zapier.Field {
	fields := s.Fields()
	for _, id := range slices.Sorted(maps.Keys(s.Inputs)) {
		if _, there := s.field(id); !there {
			fields = append(fields, zapier.Field{ID: id, Title: id})
		}
	}
	return fields
}

func (s Step) value(id string) Value {
	field, described := s.field(id)
	value := Value{FieldID: id, Label: cmp.Or(field.Title, id), Secret: !described || s.secret(id)}
	if value.Secret {
		return value
	}
	if pairs, isPairs := s.Inputs[id].(map[string]any); isPairs {
		for _, key := range slices.Sorted(maps.Keys(pairs)) {
			value.Texts = append(value.Texts, key+": "+textOf(pairs[key]))
		}
		return value
	}
	for _, text := range lines(s.Inputs[id]) {
		value.Texts = append(value.Texts, s.called(id, text))
	}
	return value
}

// called is what people call a value: a choice by its label.
func (s Step) called(id, text string) string {
	if choice := s.choice(id, text); choice != nil {
		return choice.Name()
	}
	if _, isText := s.Inputs[id].(string); isText {
		return cmp.Or(s.Labels[id], text)
	}
	return text
}
