package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object of a request that knows where in the body it stands,
// so that each complaint about a member can point at it.
type object struct {
	pointer string
	members map[string]json.RawMessage
}

// readObject reads a body that must be one JSON object.
func readObject(w http.ResponseWriter, r *http.Request) (object, error) {
	var raw json.RawMessage
	if err := readJSON(w, r, &raw); err != nil {
		return object{}, err
	}
	return asObject(raw, "")
}

// readData reads a body of the form {"data": {…}}, as nearly all of v2 has it.
func readData(w http.ResponseWriter, r *http.Request) (object, error) {
	body, err := readObject(w, r)
	if err != nil {
		return object{}, err
	}
	return body.object("data")
}

func asObject(raw json.RawMessage, pointer string) (object, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return object{}, invalidField(pointer, "This must be an object.")
	}
	return object{pointer, members}, nil
}

// at is the JSON pointer of a member (RFC 6901).
func (o object) at(name string) string { return pointerTo(o.pointer, name) }

func pointerTo(parent, name string) string {
	return parent + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// only refuses members nobody knows.
func (o object) only(names ...string) error {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if !slices.Contains(names, name) {
			return invalidField(o.at(name), "There is no such field here. Known are "+strings.Join(names, ", ")+".")
		}
	}
	return nil
}

func (o object) has(name string) bool {
	_, there := o.members[name]
	return there
}

// null reports whether a member is there and null.
func (o object) null(name string) bool {
	return o.has(name) && bytes.Equal(o.members[name], []byte("null"))
}

func (o object) decode(name string, into any, wanted string) error {
	if !o.has(name) {
		return invalidField(o.at(name), name+" is required.")
	}
	if o.null(name) || json.Unmarshal(o.members[name], into) != nil {
		return invalidField(o.at(name), name+" must be "+wanted+".")
	}
	return nil
}

// text is a string that must be there and not be empty.
func (o object) text(name string) (string, error) {
	var value string
	if err := o.decode(name, &value, "a string"); err != nil {
		return "", err
	}
	if strings.TrimSpace(value) == "" {
		return "", invalidField(o.at(name), name+" must not be empty.")
	}
	return value, nil
}

// textOrNull is a string or null; the key itself must be there.
func (o object) textOrNull(name string) (*string, error) {
	if o.null(name) {
		return nil, nil
	}
	var value string
	err := o.decode(name, &value, "a string or null")
	return &value, err
}

func (o object) object(name string) (object, error) {
	if !o.has(name) {
		return object{}, invalidField(o.at(name), name+" is required.")
	}
	return asObject(o.members[name], o.at(name))
}

// values is an object of values a user gave, by field id.
func (o object) values(name string) (map[string]any, error) {
	var values map[string]any
	return values, o.decode(name, &values, "an object")
}

// objects is a list of objects.
func (o object) objects(name string) ([]object, error) {
	var list []json.RawMessage
	if err := o.decode(name, &list, "a list"); err != nil {
		return nil, err
	}
	objects := make([]object, 0, len(list))
	for i, raw := range list {
		item, err := asObject(raw, o.at(name)+"/"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		objects = append(objects, item)
	}
	return objects, nil
}

// flag is a boolean that may be left out.
func (o object) flag(name string, fallback bool) (bool, error) {
	if !o.has(name) {
		return fallback, nil
	}
	var value bool
	return value, o.decode(name, &value, "true or false")
}

// number is a whole number that may be left out or null.
func (o object) number(name string, fallback, least int) (int, error) {
	if !o.has(name) || o.null(name) {
		return fallback, nil
	}
	var value int
	if err := o.decode(name, &value, "a whole number or null"); err != nil {
		return 0, err
	}
	if value < least {
		return 0, invalidField(o.at(name), fmt.Sprintf("%s must be at least %d.", name, least))
	}
	return value, nil
}
