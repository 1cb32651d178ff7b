package draft

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// maxPages is how many pages of choices are read, and maxChoices how many of them are kept: a draft has to fit the store.
	maxPages   = 20
	maxChoices = 1000
	// maxRounds bounds how often a form is read because defaults changed it.
	maxRounds = 3
	// maxAtOnce is how many fields' choices are read at the same time.
	maxAtOnce = 4
)

// ReadForm reads the form of a step, as far as how says, with the values so far, and the choices of those SELECT fields
// that cannot do without: it has to be chosen, or what was chosen has a name. The others wait for ReadChoices. Values that
// the form has no field for are dropped, and told in the step's Dropped. When it fails nothing is lost: the draft, with
// what Zapier said of fields, is returned beside the *zapier.Error. Choices that cannot be read do not fail the form.
func (s *Service) ReadForm(ctx context.Context, user, id, step string, how Reading) (Draft, error) {
	return s.readForm(ctx, user, id, step, how, "")
}

// ReadChoices is ReadForm for somebody who wants to see the choices of a field.
func (s *Service) ReadChoices(ctx context.Context, user, id, step, field string) (Draft, error) {
	return s.readForm(ctx, user, id, step, IfNeeded, field)
}

func (s *Service) readForm(ctx context.Context, user, id, step string, how Reading, wanted string) (Draft, error) {
	a, err := s.ask(ctx, user, id, step)
	if err != nil {
		return Draft{}, err
	}
	a.wanted = wanted
	if how == AgainWithChoices {
		ctx = zapier.Afresh(ctx)
	}
	reads := how != IfNeeded || a.step.FormRead.IsZero()
	if reads {
		if err := a.readForm(ctx); err != nil {
			return a.refused(ctx, err)
		}
	}
	if !a.readChoices(ctx, how) && !reads {
		return a.draft, nil
	}
	return a.keepForm(ctx)
}

// readForm reads the form for the values so far, and once more for the default of a required field that shapes it. What
// the other defaults make of it is read when the values are saved: until then the person may have emptied them.
func (a *asking) readForm(ctx context.Context) error {
	for range maxRounds {
		var form []zapier.Field
		err := a.do(ctx, func(id string) (err error) {
			form, err = a.client.ListInputFields(ctx, id, a.inputs())
			return err
		})
		if err != nil {
			return err
		}
		a.step.ReadFor = a.step.shape(form)
		if !a.step.takeForm(form, a.Service.now()) {
			break
		}
	}
	return nil
}

func (a *asking) keepForm(ctx context.Context) (Draft, error) {
	read, stored := a.step, false
	kept, err := a.keep(ctx, func(s *Step) {
		stored = true
		if s.identity() != read.identity() {
			s.changed()
		}
		s.Form, s.FormRead, s.Choices, s.ReadFor = read.Form, read.FormRead, read.Choices, read.ReadFor
		s.Inputs, s.Offered, s.Labels, s.Refused, s.Dropped = read.Inputs, read.Offered, read.Labels, read.Refused, read.Dropped
	})
	if s := kept.at(read.ID); err == nil && stored && s != nil {
		s.Choices = read.Choices // for the page, though the store may have had no room for them
	}
	return kept, err
}

// readChoices reads those that are not known and reports whether there was anything to learn.
func (a *asking) readChoices(ctx context.Context, how Reading) bool {
	var fields []zapier.Field
	for _, field := range a.step.Fields() {
		if field.Format == zapier.FormatSelect && a.unknown(field, how) {
			fields = append(fields, field)
		}
	}
	if len(fields) == 0 {
		return false
	}
	inputs, read := a.inputs(), make([]Choices, len(fields))
	var readers sync.WaitGroup
	slots := make(chan struct{}, maxAtOnce)
	for i, field := range fields {
		readers.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			read[i] = a.choicesOf(ctx, field, inputs)
		})
	}
	readers.Wait()
	choices := maps.Clone(a.step.Choices)
	if choices == nil {
		choices = map[string]Choices{}
	}
	a.step.Choices = choices
	for i, field := range fields {
		choices[field.ID] = read[i]
		if a.step.offered(field.ID) {
			a.step.label(field.ID)
		}
	}
	return true
}

// unknown reports whether a field's choices have to be read.
func (a *asking) unknown(field zapier.Field, how Reading) bool {
	known, there := a.step.Choices[field.ID]
	switch {
	case !there:
		return a.wants(field)
	case how == AgainWithChoices, known.For != a.step.dependencies(field):
		return true
	}
	return known.Failed && (how == Again || field.ID == a.wanted)
}

// wants reports whether choices that were never read are worth a call. Whether a field waits for others costs none.
func (a *asking) wants(field zapier.Field) bool {
	value, filled := a.step.Inputs[field.ID]
	switch {
	case field.ID == a.wanted, len(a.step.waits(field)) > 0:
		return true
	case !filled:
		return field.IsRequired
	}
	text, single := value.(string)
	return !single || text != a.step.Offered[field.ID] && !strings.Contains(text, "{{")
}

// waits are the fields that have to be filled in before a field has choices.
func (s Step) waits(field zapier.Field) []string {
	var waits []string
	for _, id := range field.DependsOn {
		_, filled := s.Inputs[id]
		if _, there := s.field(id); there && !filled {
			waits = append(waits, id)
		}
	}
	return waits
}

// dependencies are the values that a field's choices are for.
func (s Step) dependencies(field zapier.Field) string {
	values := map[string]any{}
	for _, id := range field.DependsOn {
		values[id] = s.Inputs[id]
	}
	encoded, _ := json.Marshal(values) // texts, lists and maps of them: that cannot fail
	return string(encoded)
}

func (a *asking) choicesOf(ctx context.Context, field zapier.Field, inputs zapier.StepInputs) Choices {
	choices := Choices{For: a.step.dependencies(field), Waits: a.step.waits(field)}
	if choices.Waits != nil {
		return choices
	}
	for page, next := 0, ""; page == 0 || next != ""; page++ {
		if page == maxPages || len(choices.List) >= maxChoices {
			choices.More = true
			break
		}
		var read zapier.ChoicePage
		err := a.do(ctx, func(id string) (err error) {
			read, err = a.client.ListChoices(ctx, id, field.ID, inputs, next)
			return err
		})
		if err != nil {
			return a.unread(field, choices)
		}
		choices.List, next = append(choices.List, read.Choices...), read.Next
	}
	if len(choices.List) > maxChoices {
		choices.List, choices.More = choices.List[:maxChoices], true
	}
	choices.List = lean(choices.List)
	return choices
}

// unread keeps the choices that were known for the same values.
func (a *asking) unread(field zapier.Field, choices Choices) Choices {
	if known := a.step.Choices[field.ID]; known.For == choices.For {
		choices.List, choices.More = known.List, known.More
	} else {
		choices.List = nil
	}
	choices.Failed = true
	return choices
}

// lean leaves out the value of choices that have a label: an id and a name are all that is used.
func lean(list []zapier.Choice) []zapier.Choice {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Label != "" {
			list[i].Label, list[i].Value = zapier.Text(clip(string(list[i].Label), longestWords)), ""
		}
	}
	return list
}
