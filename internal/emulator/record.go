package emulator

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// seededRecords is how many records every account has before anything is
// created in it: more than a page of ten.
const seededRecords = 12

// record is one object as a third party gives it, nested.
type record map[string]any

// shelf is where records lie: an account at an App, the kind of record, and what
// the action calls a part of it, such as a worksheet.
type shelf struct{ account, noun, part string }

// put sets the value of an output field's id (api.md 2.11): "a__b" is nested,
// "list[]x" takes a list, one for each object.
func (r record) put(id string, value any) {
	list, field, isList := strings.Cut(id, "[]")
	if !isList {
		parent, leaf := r.descend(id)
		parent[leaf] = value
		return
	}
	values, ok := value.([]any)
	if !ok {
		values = []any{value}
	}
	parent, leaf := r.descend(list)
	objects, _ := parent[leaf].([]any)
	for i, v := range values {
		if i == len(objects) {
			objects = append(objects, record{})
		}
		objects[i].(record).put(field, v)
	}
	parent[leaf] = objects
}

func (r record) descend(id string) (record, string) {
	names := strings.Split(id, "__")
	parent := r
	for _, name := range names[:len(names)-1] {
		child, ok := parent[name].(record)
		if !ok {
			child = record{}
			parent[name] = child
		}
		parent = child
	}
	return parent, names[len(names)-1]
}

// look is the value of an output field's id as text, the values of a list with
// commas between them.
func (r record) look(id string) string {
	list, field, isList := strings.Cut(id, "[]")
	value := r.value(list)
	if !isList {
		return plain(value)
	}
	objects, _ := value.([]any)
	values := make([]string, 0, len(objects))
	for _, object := range objects {
		if item, ok := object.(record); ok {
			values = append(values, item.look(field))
		}
	}
	return strings.Join(values, ",")
}

// value is what lies at a nested name; nil when nothing does. It changes nothing:
// records that are kept are read by many at once.
func (r record) value(id string) any {
	names := strings.Split(id, "__")
	for _, name := range names[:len(names)-1] {
		child, ok := r[name].(record)
		if !ok {
			return nil
		}
		r = child
	}
	return r[names[len(names)-1]]
}

// plain is a value as text.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// seeded is the nth record of columns that nobody had to create.
func seeded(columns []column, n int) record {
	r := record{}
	for _, c := range columns {
		if c.list() != "" {
			r.put(c.id, []any{c.sample(n), c.sample(n + 1)})
			continue
		}
		r.put(c.id, c.sample(n))
	}
	return r
}

// filled is a new record with the values a step gave; the rest of it is empty.
// Values that no column has are kept too, as long as they hide none.
func filled(columns []column, values map[string]any, id int, now time.Time) record {
	r := record{}
	taken := map[string]bool{}
	for _, c := range columns {
		name := cmp.Or(c.list(), c.id)
		taken[top(name)] = true
		value, given := values[name]
		switch {
		case c.kind == kindID:
			r.put(c.id, id)
		case given:
			r.put(c.id, c.convert(value))
		case c.id == "created_at":
			r.put(c.id, now.UTC().Format(time.RFC3339))
		case c.list() == "":
			r.put(c.id, nil)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !taken[top(name)] && !strings.Contains(name, "[]") {
			r.put(name, values[name])
		}
	}
	return r
}

// top is the first name of a nested id.
func top(id string) string {
	name, _, _ := strings.Cut(id, "__")
	return name
}

// convert makes of a submitted text what the third party keeps.
func (c column) convert(value any) any {
	text, isText := value.(string)
	if !isText {
		return value
	}
	switch c.kind {
	case kindAmount:
		if number, err := strconv.ParseFloat(text, 64); err == nil {
			return number
		}
	case kindCount:
		if number, err := strconv.Atoi(text); err == nil {
			return number
		}
	case kindFlag:
		return isTrue(text)
	}
	return value
}

// recordsLocked are all records of a shelf, newest first.
func (s *state) recordsLocked(where shelf, columns []column) []record {
	all := append([]record{}, s.records[where]...)
	for n := seededRecords; n >= 1; n-- {
		all = append(all, seeded(columns, n))
	}
	return all
}
