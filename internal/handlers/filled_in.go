package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// filledForm is what the form of a step sends.
type filledForm struct {
	inputs zapier.Inputs
	// touched are the fields that were drawn and do not stand there as they were drawn.
	touched []string
	refused refusedRows
}

// refusedRows are rows of names and values, by field, that are no object: a name stands twice, or is missing.
type refusedRows map[string][]templates.Pair

// filledIn reads the form of a step as it was drawn. A row that the button removes is left out, and so is a mapping where
// the button asks for the field's own control.
func filledIn(form url.Values, step draft.Step) filledForm {
	filled := filledForm{inputs: zapier.Inputs{}, refused: refusedRows{}}
	gone := map[string]bool{}
	for _, field := range step.Fields() {
		if slices.Contains(form["present"], field.ID) {
			gone[field.ID] = !filled.take(form, field, kindFor(field, step.Inputs[field.ID]))
		}
	}
	for _, id := range form["present"] {
		if _, known := gone[id]; !known {
			filled.takeOrphan(form, id)
		}
		if !gone[id] {
			filled.touched = append(filled.touched, id)
		}
	}
	return filled
}

// takeOrphan reads what was typed into a field that went away after it was drawn, to be told of its loss.
func (f filledForm) takeOrphan(form url.Values, id string) {
	value := any(form["f."+id])
	if len(form["f."+id]) == 1 {
		value = form.Get("f." + id)
	}
	if form.Get("was."+id) != fingerprint(value) {
		f.inputs[id] = value
	}
}

// take reads one field, and reports whether there is anything in it to keep.
func (f filledForm) take(form url.Values, field zapier.Field, kind templates.ControlKind) bool {
	verb, of, _ := strings.Cut(form.Get("do"), ":")
	without := -1
	if id, row := rowOf(of); verb == "remove" && id == field.ID {
		without = row
	}
	value := typed(form, field.ID, kind, without)
	if verb == "native" && of == field.ID && strings.Contains(textOf(value), "{{") {
		value = ""
	}
	if was := form.Get("was." + field.ID); was != "" && was == fingerprint(value) {
		return false
	}
	if pairs, ok := value.([]templates.Pair); ok {
		if confused(pairs) != noConfusion {
			f.refused[field.ID] = pairs
			return false
		}
		value = objectOf(pairs)
	}
	f.inputs[field.ID] = value
	return true
}

// fingerprint tells values of a field apart, as the form sends them and as the draft has them: empty rows and the order
// of names do not count.
func fingerprint(value any) string {
	var texts []string
	switch value := value.(type) {
	case []string:
		texts = slices.Clone(value)
	case []any:
		texts = rowsOf(value)
	case []templates.Pair:
		for _, pair := range value {
			texts = append(texts, pair.Key+"\x00"+pair.Value)
		}
		slices.Sort(texts)
	case map[string]any:
		return fingerprint(pairsOf(value))
	default:
		texts = []string{draft.LineEnds(textOf(value))}
	}
	texts = slices.DeleteFunc(texts, func(text string) bool { return text == "" })
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00\x00")))
	return hex.EncodeToString(sum[:8])
}

// confusion is why rows of names and values are no object.
type confusion int

const (
	noConfusion confusion = iota
	nameTwice
	nameMissing
)

// confused looks for names that stand twice, and values that have none.
func confused(pairs []templates.Pair) confusion {
	seen := map[string]bool{}
	for _, pair := range pairs {
		switch {
		case pair.Key == "":
			return nameMissing
		case seen[pair.Key]:
			return nameTwice
		}
		seen[pair.Key] = true
	}
	return noConfusion
}

func objectOf(pairs []templates.Pair) map[string]string {
	object := map[string]string{}
	for _, pair := range pairs {
		object[pair.Key] = pair.Value
	}
	return object
}

// typed is the value of one field as its control sends it, without one row of its rows.
func typed(form url.Values, id string, kind templates.ControlKind, without int) any {
	switch kind {
	case templates.ControlList:
		return withoutRow(form["f."+id], without)
	case templates.ControlPairs:
		values := withoutRow(form["v."+id], without)
		pairs := []templates.Pair{}
		for i, key := range withoutRow(form["k."+id], without) {
			if i < len(values) && key+values[i] != "" {
				pairs = append(pairs, templates.Pair{Key: key, Value: values[i]})
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
