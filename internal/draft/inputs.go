package draft

import (
	"maps"
	"reflect"
	"slices"

	"github.com/zapembed/zapembed/internal/zapier"
)

// SetInputs replaces the values of the drawn fields: what in does not have is emptied, and fields that are not drawn
// stay. Only an empty password stays as it was, because no page shows one; nil empties it. What depends on a changed
// value is cleared, one after the other. A value that the form has no field for (any more) is told in the step's Dropped.
// It reports whether the form has to be read again, which may be for a default that nobody has touched.
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
		case !known && s.Form != nil:
			if value != nil {
				s.Dropped = append(s.Dropped, Value{FieldID: id, Label: id, Secret: true})
			}
			continue
		case s.secret(id) && value == nil && (!there || given != nil):
			continue
		case !s.secret(id):
			value = eachText(value, func(text string) string { return d.canonical(index, text) })
		}
		if put(next, id, value) {
			changed = append(changed, id)
		}
	}
	s.Inputs = next
	reread = s.follow(changed)
	if s.ReadFor != "" {
		reread = s.FormRead.IsZero() || s.outOfShape()
	}
	if reread {
		s.FormRead = zeroTime
	}
	return reread, nil
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
