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
	if found := find(s.Form, id); found != nil {
		return *found, true
	}
	return zapier.Field{}, false
}

func find(form []zapier.Field, id string) *zapier.Field {
	for i := range form {
		switch field := &form[i]; {
		case field.Kind == zapier.FieldSet:
			if found := find(field.Fields, id); found != nil {
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

// secret reports whether a value must not be shown. It is also taken as it is: nobody could see what was mapped in it.
func (s Step) secret(id string) bool {
	field, _ := s.field(id)
	return field.Format == zapier.FormatPassword
}

// SetInputs replaces the values of the drawn fields: what in does not have is emptied, and fields that are not drawn
// stay. Only an empty password stays as it was, because no page shows one; nil empties it. What depends on a changed
// value is cleared, one after the other. It reports whether the form has to be read again.
func (d *Draft) SetInputs(step string, in zapier.Inputs, drawn []string) (reread bool, err error) {
	_, index, _ := d.Step(step)
	s := d.at(step)
	switch {
	case s == nil:
		return false, ErrNoStep
	case s.Action == nil:
		return false, ErrNoPlace
	}
	next := maps.Clone(s.Inputs)
	if next == nil {
		next = zapier.Inputs{}
	}
	var changed []string
	for _, id := range drawn {
		field, known := s.field(id)
		given, there := in[id]
		value := normal(field, given)
		switch {
		case !known && s.Form != nil, s.secret(id) && value == nil && (!there || given != nil):
			continue
		case !s.secret(id):
			value = eachText(value, func(text string) string { return d.canonical(index, text) })
		}
		if put(next, id, value) {
			changed = append(changed, id)
		}
	}
	s.Inputs = next
	return s.follow(changed), nil
}

// put sets or, with nil, removes a value, and reports whether that changed anything.
func put(inputs zapier.Inputs, id string, value any) bool {
	if reflect.DeepEqual(inputs[id], value) {
		return false
	}
	inputs[id] = value
	if value == nil {
		delete(inputs, id)
	}
	return true
}

// follow draws the consequences of changed values.
func (s *Step) follow(changed []string) (reread bool) {
	if len(changed) == 0 {
		return false
	}
	s.Offered, s.Refused, s.Labels = maps.Clone(s.Offered), maps.Clone(s.Refused), maps.Clone(s.Labels)
	touched := append(slices.Clone(changed), s.clear(changed)...)
	for _, id := range touched {
		delete(s.Refused, id)
		s.label(id)
		reread = reread || s.Redraws(id)
	}
	if reread {
		s.FormRead = zeroTime
	}
	s.changed()
	return reread
}

// clear empties what depends on a changed value, and what depends on that. A value that was changed along with the one
// it depends on stays, unless it was picked from choices that were offered for the old one.
func (s *Step) clear(changed []string) (cleared []string) {
	for queue := slices.Clone(changed); len(queue) > 0; queue = queue[1:] {
		for _, field := range s.Fields() {
			_, filled := s.Inputs[field.ID]
			if !filled || field.ID == queue[0] || !slices.Contains(field.DependsOn, queue[0]) {
				continue
			}
			if slices.Contains(changed, field.ID) && !s.offered(field.ID) {
				continue
			}
			delete(s.Inputs, field.ID)
			delete(s.Offered, field.ID)
			cleared, queue = append(cleared, field.ID), append(queue, field.ID)
		}
	}
	return cleared
}

// offered reports whether a field's value, or a row of it, is among the choices that were last read for it.
func (s *Step) offered(id string) bool {
	return slices.ContainsFunc(lines(s.Inputs[id]), func(text string) bool { return s.choice(id, text) != nil })
}

func (s Step) choice(id, value string) *zapier.Choice {
	list := s.Choices[id].List
	for i := range list {
		if string(list[i].ID) == value {
			return &list[i]
		}
	}
	return nil
}

// label keeps what people call a chosen value, for when its choices are not at hand.
func (s *Step) label(id string) {
	text, _ := s.Inputs[id].(string)
	choice := s.choice(id, text)
	if choice == nil {
		delete(s.Labels, id)
		return
	}
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[id] = choice.Name()
}

// normal is a value as it is kept, nil for an empty one. Browsers write line ends their own way.
func normal(field zapier.Field, value any) any {
	switch v := value.(type) {
	case []string:
		return listOf(v)
	case []any:
		return listOf(textsOf(v))
	case map[string]string:
		pairs := map[string]any{}
		for key, text := range v {
			pairs[key] = text
		}
		return pairsOf(pairs)
	case map[string]any:
		return pairsOf(v)
	}
	text := textOf(value)
	switch {
	case text == "":
		return nil
	case field.ValueType == zapier.ValueArray:
		return []any{text}
	}
	return text
}

// listOf keeps the rows that are filled in.
func listOf(rows []string) any {
	var list []any
	for _, row := range rows {
		if row = textOf(row); row != "" {
			list = append(list, row)
		}
	}
	if list == nil {
		return nil
	}
	return list
}

func pairsOf(rows map[string]any) any {
	pairs := map[string]any{}
	for key, value := range rows {
		if text := textOf(value); key != "" || text != "" {
			pairs[key] = text
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return pairs
}

func textsOf(values []any) []string {
	var texts []string
	for _, value := range values {
		texts = append(texts, textOf(value))
	}
	return texts
}

// textOf is a value as text. A switch has the ids of a BOOLEAN's choices (api.md 2.9); what is no text at all is JSON.
func textOf(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return strings.ReplaceAll(v, "\r\n", "\n")
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

// eachText does something to every text of a value.
func eachText(value any, do func(string) string) any {
	switch v := value.(type) {
	case string:
		return do(v)
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, eachText(item, do))
		}
		return list
	case map[string]any:
		pairs := make(map[string]any, len(v))
		for key, item := range v {
			pairs[key] = eachText(item, do)
		}
		return pairs
	}
	return value
}

// mapped are the values of the step at index with something done to their texts.
func (d Draft) mapped(index int, do func(index int, text string) string) zapier.Inputs {
	step := d.Steps[index]
	inputs := zapier.Inputs{}
	for id, value := range step.Inputs {
		if !step.secret(id) {
			value = eachText(value, func(text string) string { return do(index, text) })
		}
		inputs[id] = value
	}
	return inputs
}

// texts are those of the step at index that can hold mappings.
func (d Draft) texts(index int) []string {
	var texts []string
	step := d.Steps[index]
	for _, id := range slices.Sorted(maps.Keys(step.Inputs)) {
		if !step.secret(id) {
			texts = append(texts, lines(step.Inputs[id])...)
		}
	}
	return texts
}

// lines are the texts of a value, pairs by their keys.
func lines(value any) []string {
	switch v := value.(type) {
	case string:
		return []string{v}
	case []any:
		return textsOf(v)
	case map[string]any:
		var texts []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, textOf(v[key]))
		}
		return texts
	}
	return nil
}

// takeForm replaces the form by one that was just read, drops the values it has no field for, and fills in the
// defaults of fields that are new. It reports whether one of those shapes the form.
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
		shaped = shaped || s.Redraws(field.ID)
	}
	return shaped
}
