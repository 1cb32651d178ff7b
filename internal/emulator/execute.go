package emulator

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// appError is what a third party said no with.
type appError struct{ app, detail string }

func (r *appError) Error() string { return "Error from " + r.app + ": " + r.detail }

// call is one run of an action with values in which nothing is left to fill in.
type call struct {
	action *action
	// account is the id of the Authentication, or a name for the user of an App
	// that has none.
	account string
	values  map[string]any
}

// execute really does it: what a write creates is kept, and the next read finds
// it. The value "wrong" is refused by every App, in any field.
func (s *state) execute(c call) ([]record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if refuses(c.values) {
		return nil, &appError{c.action.app.Title, "invalid_value"}
	}
	f := filling{c.values, s.now()}
	columns := c.action.columns(f)
	where := shelf{c.account, c.action.thing.noun, c.action.shelf(f)}
	switch c.action.kind {
	case typeFilter:
		return filterResult(passes(f)), nil
	case typeWrite:
		return []record{s.createLocked(where, columns, c.values)}, nil
	case typeRead, typeReadBulk:
		return narrow(s.recordsLocked(where, columns), columns, c.values), nil
	}
	return s.searchLocked(c, where, columns), nil
}

func filterResult(pass bool) []record {
	return []record{{"can_continue": map[bool]string{true: "true", false: "false"}[pass]}}
}

func (s *state) searchLocked(c call, where shelf, columns []column) []record {
	if len(columns) < 2 {
		return nil // a worksheet that is not known holds nothing
	}
	wanted := strings.ToLower(plain(c.values[columns[1].id]))
	found := slices.DeleteFunc(s.recordsLocked(where, columns), func(r record) bool {
		return !strings.Contains(strings.ToLower(r.look(columns[1].id)), wanted)
	})
	switch {
	case c.action.kind == typeSearchOrWrite && len(found) == 0:
		return []record{s.createLocked(where, columns, c.values)}
	case c.action.kind == typeSearchAndWrite && len(found) > 0:
		return []record{s.updateLocked(where, columns, found[0], c.values)}
	}
	return found
}

func (s *state) createLocked(where shelf, columns []column, values map[string]any) record {
	made := filled(columns, values, 1000+seededRecords+1+len(s.records[where]), s.now())
	s.records[where] = append([]record{made}, s.records[where]...)
	return made
}

// updateLocked keeps the changed record in front; a seeded one stays as it was
// behind it, as in an App that keeps versions.
func (s *state) updateLocked(where shelf, columns []column, old record, values map[string]any) record {
	changed := filled(columns, values, 0, s.now())
	for _, c := range columns {
		name := cmp.Or(c.list(), c.id)
		if _, given := values[name]; !given {
			changed.put(name, old.value(name))
		}
	}
	s.records[where] = append([]record{changed}, s.records[where]...)
	return changed
}

// narrow keeps the records that have the values which were asked for.
func narrow(records []record, columns []column, values map[string]any) []record {
	return slices.DeleteFunc(records, func(r record) bool {
		for _, c := range columns {
			if wanted := plain(values[c.id]); c.kind == kindStatus && wanted != "" && r.look(c.id) != wanted {
				return true
			}
		}
		return false
	})
}

func refuses(values map[string]any) bool {
	for _, value := range values {
		switch v := value.(type) {
		case string:
			if v == wrongValue {
				return true
			}
		case []any:
			if slices.Contains(v, any(wrongValue)) {
				return true
			}
		case map[string]any:
			if slices.Contains(slices.Collect(maps.Values(v)), any(wrongValue)) {
				return true
			}
		}
	}
	return false
}
