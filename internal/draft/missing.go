package draft

import (
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// What is missing.
type What string

// The things that can be missing.
const (
	MissingTitle What = "title"
	MissingSteps What = "steps"
	MissingApp   What = "app"
	// MissingAction: none is chosen, or it does not fit the place where the step is now.
	MissingAction  What = "action"
	MissingAccount What = "account"
	// MissingForm: the fields were never read, or have to be read again because something changed.
	MissingForm    What = "form"
	MissingField   What = "field"
	MissingMapping What = "mapping"
)

// Missing is something that keeps a draft from becoming a Zap.
type Missing struct {
	// StepID and Number name the step, "" and 0 for the draft as a whole.
	StepID string
	Number int
	What   What
	// Field and FieldTitle name the field of a MissingField or a MissingMapping.
	Field, FieldTitle string
	// Token is the mapping that leads nowhere, and Broken says why.
	Token  string
	Broken BrokenReason
}

// Missing is all that keeps the draft from becoming a Zap, in the order of the steps.
func (d Draft) Missing() []Missing {
	var found []Missing
	if strings.TrimSpace(d.Title) == "" {
		found = append(found, Missing{What: MissingTitle})
	}
	if len(d.Steps) < minSteps {
		found = append(found, Missing{What: MissingSteps})
	}
	for i := range d.Steps {
		for _, m := range d.missingIn(i) {
			m.StepID, m.Number = d.Steps[i].ID, i+1
			found = append(found, m)
		}
	}
	return found
}

// Ready reports whether nothing is missing.
func (d Draft) Ready() bool { return len(d.Missing()) == 0 }

// complete reports whether nothing is missing in the step at index, whatever its mappings lead to.
func (d Draft) complete(index int) bool {
	return !slices.ContainsFunc(d.missingIn(index), func(m Missing) bool { return m.What != MissingMapping })
}

func (d Draft) missingIn(index int) []Missing {
	s := d.Steps[index]
	switch {
	case s.App == nil:
		return []Missing{{What: MissingApp}}
	case s.Action == nil || !d.fits(s, index):
		return []Missing{{What: MissingAction}}
	}
	var found []Missing
	if s.Account == nil {
		found = append(found, Missing{What: MissingAccount})
	}
	if s.FormRead.IsZero() {
		found = append(found, Missing{What: MissingForm})
	}
	for _, field := range s.inOrder() {
		value, filled := s.Inputs[field.ID]
		if !filled && field.IsRequired && !s.FormRead.IsZero() {
			found = append(found, Missing{What: MissingField, Field: field.ID, FieldTitle: field.Title})
		}
		if field.Format != zapier.FormatPassword {
			found = append(found, d.brokenIn(index, field, value)...)
		}
	}
	return found
}

func (d Draft) brokenIn(index int, field zapier.Field, value any) []Missing {
	var found []Missing
	for _, text := range lines(value) {
		for _, part := range d.Parts(index, text) {
			if part.Broken != NotBroken {
				found = append(found, Missing{
					What: MissingMapping, Field: field.ID, FieldTitle: field.Title, Token: part.Token, Broken: part.Broken,
				})
			}
		}
	}
	return found
}
