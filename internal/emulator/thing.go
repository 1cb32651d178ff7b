package emulator

import (
	"strings"
)

// thing is what an App keeps records of: leads, invoices, messages.
type thing struct {
	noun, plural string
	columns      []column
}

// column is one value of a record. Its id is that of the output field and has
// the notation of api.md 2.11: "company__name" is nested, "tags[]name" is in a
// list of objects.
type column struct {
	id, kind string
	options  []string // of kindStatus
}

// newThing reads columns as "id:kind" or "id=one|two", separated by spaces.
func newThing(noun, plural, columns string) thing {
	t := thing{noun: noun, plural: plural}
	for spec := range strings.FieldsSeq(columns) {
		if id, options, found := strings.Cut(spec, "="); found {
			t.columns = append(t.columns, column{id, kindStatus, strings.Split(options, "|")})
			continue
		}
		id, kind, _ := strings.Cut(spec, ":")
		t.columns = append(t.columns, column{id: id, kind: kind})
	}
	return t
}

// snake is a noun as part of an action key.
func snake(noun string) string { return strings.ReplaceAll(strings.ToLower(noun), " ", "_") }

// title is a column id in words.
func (c column) title() string {
	words := strings.FieldsFunc(c.id, func(r rune) bool { return r == '_' || r == '[' || r == ']' })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, " ")
}

// list is the name of the list a column is in, or "".
func (c column) list() string {
	list, _, found := strings.Cut(c.id, "[]")
	if !found {
		return ""
	}
	return list
}

// main is the column by which people know a record: the first after the id.
func (t thing) main() column { return t.columns[1] }

// form asks for a value of each column: nested ones in a fieldset, lists as ARRAY.
func (t thing) form(filling) []formItem {
	var items []formItem
	sets := map[string]int{} // by name, where in items
	for i, c := range t.columns {
		if c.kind == kindID {
			continue
		}
		field := c.field()
		if i == 1 {
			field = field.required()
		}
		set, _, nested := strings.Cut(c.id, "__")
		if !nested {
			items = append(items, field)
			continue
		}
		at, known := sets[set]
		if !known {
			at = len(items)
			sets[set] = at
			items = append(items, newFieldset(set, column{id: set}.title()))
		}
		group := items[at].(fieldset)
		group.Fields = append(group.Fields, field)
		items[at] = group
	}
	return items
}

// field asks for one column.
func (c column) field() inputField {
	if list := c.list(); list != "" {
		return newField(list, column{id: list}.title(), valueArray).of(valueString).
			help("One " + strings.ToLower(c.title()) + " for each line.")
	}
	field := newField(c.id, c.title(), valueString)
	switch c.kind {
	case kindText:
		return field.as(formatMultiline)
	case kindDate:
		return field.as(formatDatetime).hint("2026-03-01T09:00:00Z")
	case kindFile:
		return field.as(formatFile).help("The address of a file, which is fetched when the Zap runs.")
	case kindAmount:
		field.ValueType = valueNumber
	case kindCount:
		field.ValueType = valueInteger
	case kindFlag:
		field.ValueType = valueBoolean
		return field.oneOf(yesNo())
	case kindStatus:
		return field.oneOf(choicesOf(c.options...))
	case kindEmail:
		return field.hint("ada@example.com")
	}
	return field
}
