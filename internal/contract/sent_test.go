package contract_test

import (
	"reflect"
	"slices"

	"github.com/zapembed/zapembed/internal/zapier"
)

// sent notes which fields a call fills in.
func sent[T any](c *calls, body T) T {
	c.noteFields(reflect.ValueOf(body))
	return body
}

func (c *calls) noteFields(value reflect.Value) {
	switch {
	case value.Kind() == reflect.Slice:
		for i := range value.Len() {
			c.noteFields(value.Index(i))
		}
	case isOurs(value.Type()):
		for field, content := range value.Fields() {
			if !content.IsZero() {
				c.filled = append(c.filled, value.Type().Name()+"."+field.Name)
			}
			c.noteFields(content)
		}
	}
}

// unsent are the fields of what the client's methods take that no call has filled in.
func (c *calls) unsent() []string {
	var missing []string
	var look func(reflect.Type)
	look = func(of reflect.Type) {
		switch {
		case of.Kind() == reflect.Slice:
			look(of.Elem())
		case isOurs(of):
			for field := range of.Fields() {
				if name := of.Name() + "." + field.Name; !slices.Contains(c.filled, name) {
					missing = append(missing, name)
				}
				look(field.Type)
			}
		}
	}
	for method := range reflect.TypeFor[*zapier.Client]().Methods() {
		for taken := range method.Type.Ins() {
			look(taken)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// isOurs reports whether a type is one that callers of the client fill in.
func isOurs(of reflect.Type) bool {
	return of.Kind() == reflect.Struct && of.PkgPath() == reflect.TypeFor[zapier.Client]().PkgPath()
}
