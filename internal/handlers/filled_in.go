package handlers

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// filledIn reads the form of a step as it was drawn: the values by field, and which fields were there. A row that the
// button removes is left out, and so is a mapping where the button asks for the field's own control.
func filledIn(form url.Values, step draft.Step) (inputs zapier.Inputs, drawn []string) {
	inputs, drawn = zapier.Inputs{}, form["present"]
	verb, of, _ := strings.Cut(form.Get("do"), ":")
	for _, field := range step.Fields() {
		if !slices.Contains(drawn, field.ID) {
			continue
		}
		without := -1
		if id, row := rowOf(of); verb == "remove" && id == field.ID {
			without = row
		}
		value := typed(form, field.ID, kindFor(field, step.Inputs[field.ID]), without)
		if verb == "native" && of == field.ID && strings.Contains(textOf(value), "{{") {
			value = ""
		}
		inputs[field.ID] = value
	}
	return inputs, drawn
}

// typed is the value of one field as its control sends it, without one row of its rows.
func typed(form url.Values, id string, kind templates.ControlKind, without int) any {
	switch kind {
	case templates.ControlList:
		return withoutRow(form["f."+id], without)
	case templates.ControlPairs:
		values := withoutRow(form["v."+id], without)
		pairs := map[string]string{}
		for i, key := range withoutRow(form["k."+id], without) {
			if i < len(values) && key+values[i] != "" {
				pairs[key] = values[i]
			}
		}
		return pairs
	default:
		return form.Get("f." + id)
	}
}

func withoutRow(rows []string, without int) []string {
	if without < 0 || without >= len(rows) {
		return rows
	}
	return slices.Delete(slices.Clone(rows), without, without+1)
}

// rowOf reads the field and the row that a button is for, "lists:2"; the row is -1 if there is none.
func rowOf(of string) (field string, row int) {
	at := strings.LastIndex(of, ":")
	if at < 0 {
		return of, -1
	}
	row, err := strconv.Atoi(of[at+1:])
	if err != nil {
		return of, -1
	}
	return of[:at], row
}
