package emulator

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// check is how strictly values are looked at, and from where.
type check struct {
	// pointer is where the values stand in the body.
	pointer string
	// mapped says whether a reference leads anywhere. With nil there are no earlier
	// steps, so none does.
	mapped func(name string) error
}

// values compares what a user gave with the form it was made for: every required
// field, no unknown one, and the right shape (api.md 2.9; 7, unknown 2).
func (c check) values(items []formItem, values map[string]any) error {
	fields := inputsOf(items)
	for _, id := range slices.Sorted(maps.Keys(values)) {
		if !slices.ContainsFunc(fields, func(f inputField) bool { return f.ID == id && f.Format != formatReadonly }) {
			return invalidField(pointerTo(c.pointer, id), "The action has no such input field.")
		}
	}
	for _, field := range fields {
		at := pointerTo(c.pointer, field.ID)
		value := values[field.ID]
		if value == nil || value == "" {
			if field.IsRequired {
				return invalidField(at, field.ID+" is required.")
			}
			continue
		}
		if err := c.value(at, field, value); err != nil {
			return err
		}
	}
	return nil
}

func (c check) value(at string, field inputField, value any) error {
	switch field.ValueType {
	case valueArray:
		return c.array(at, field, value)
	case valueObject:
		return c.object(at, value)
	}
	text, isText := value.(string)
	if !isText {
		return invalidField(at, field.ID+" must be a string.")
	}
	mapped, err := c.references(at, text)
	if err != nil {
		return err
	}
	if field.reference && c.mapped != nil {
		return c.oneReference(at, text)
	}
	if mapped {
		return nil
	}
	return plainValue(at, field, text)
}

func (c check) array(at string, field inputField, value any) error {
	list, isList := value.([]any)
	if !isList {
		return invalidField(at, field.ID+" must be a list.")
	}
	item := newField(field.ID, field.Title, field.Items.Type)
	for i, value := range list {
		if err := c.value(at+"/"+strconv.Itoa(i), item, value); err != nil {
			return err
		}
	}
	return nil
}

func (c check) object(at string, value any) error {
	object, isObject := value.(map[string]any)
	if !isObject {
		return invalidField(at, "This must be an object.")
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		text, isText := object[key].(string)
		if !isText {
			return invalidField(pointerTo(at, key), "The values of this object must be strings.")
		}
		if _, err := c.references(pointerTo(at, key), text); err != nil {
			return err
		}
	}
	return nil
}

// references looks at every {{…}} of a text and reports whether there is one.
func (c check) references(at, text string) (bool, error) {
	names, ok := references(text)
	if !ok {
		return false, invalidField(at, "A {{ is not closed, or has no field in it.")
	}
	for _, name := range names {
		if c.mapped == nil {
			return false, invalidField(at, "{{"+name+"}} cannot be resolved: there is no earlier step.")
		}
		if err := c.mapped(name); err != nil {
			return false, invalidField(at, "{{"+name+"}} cannot be resolved: "+err.Error())
		}
	}
	return len(names) > 0, nil
}

func (c check) oneReference(at, text string) error {
	names, _ := references(text)
	if len(names) != 1 || text != "{{"+names[0]+"}}" {
		return invalidField(at, "This must be exactly one {{…}} and nothing else.")
	}
	return nil
}

// plainValue looks at a text in which nothing is mapped.
func plainValue(at string, field inputField, text string) error {
	var err error
	switch field.ValueType {
	case valueNumber:
		_, err = strconv.ParseFloat(text, 64)
	case valueInteger:
		_, err = strconv.ParseInt(text, 10, 64)
	case valueBoolean:
		if field.Format != formatSelect && text != "True" && text != "False" {
			return invalidField(at, field.ID+" must be True or False.")
		}
	}
	if err != nil {
		return invalidField(at, field.ID+" must be a "+strings.ToLower(field.ValueType)+" as a string.")
	}
	return formatted(at, field, text)
}

func formatted(at string, field inputField, text string) error {
	switch field.Format {
	case formatSelect:
		if !slices.ContainsFunc(field.choices, func(c choice) bool { return c.id == text }) {
			return invalidField(at, text+" is not among the choices of "+field.ID+".")
		}
	case formatDatetime:
		if _, ok := parseTime(text); !ok {
			return invalidField(at, field.ID+" must be a time such as 2026-03-01T09:00:00Z.")
		}
	case formatFile:
		if u, err := url.Parse(text); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return invalidField(at, field.ID+" must be the http or https address of a file.")
		}
	}
	return nil
}

// parseTime takes the ways of writing a time that leave no doubt.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
