package emulator

import "strings"

// references are the names between {{ and }} in a text (api.md 4, "Mapping
// syntax"). It is not ok when one is not closed or has no name.
func references(text string) (names []string, ok bool) {
	for {
		_, after, found := strings.Cut(text, "{{")
		if !found {
			return names, true
		}
		name, rest, closed := strings.Cut(after, "}}")
		if !closed || name == "" || strings.ContainsAny(name, "{}") {
			return nil, false
		}
		names, text = append(names, name), rest
	}
}

// substitute puts a value in the place of each reference of a text.
func substitute(text string, value func(name string) string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "{{")
		name, rest, closed := strings.Cut(after, "}}")
		if !found || !closed {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(before)
		out.WriteString(value(name))
		text = rest
	}
}

// substituteAll does so in every value of a step.
func substituteAll(value any, look func(name string) string) any {
	switch v := value.(type) {
	case string:
		return substitute(v, look)
	case []any:
		list := make([]any, 0, len(v))
		for _, item := range v {
			list = append(list, substituteAll(item, look))
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, item := range v {
			object[key] = substituteAll(item, look)
		}
		return object
	}
	return value
}
