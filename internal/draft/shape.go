package draft

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

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
		return LineEnds(v)
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return ""
	}
	return string(encoded)
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// LineEnds gives a text the line ends that it has on a page, whose form sends each as two characters.
func LineEnds(text string) string { return lineEnds.Replace(text) }

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
