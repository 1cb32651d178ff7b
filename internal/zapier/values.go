package zapier

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ID is an identifier that some editions of the API write as a string and some as a number (api.md 7).
type ID string

// UnmarshalJSON takes a string, a number, or null for no id.
func (id *ID) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*id = ID(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return errors.New("an id is neither text nor number")
	}
	*id = ID(number)
	return nil
}

// MarshalJSON writes a string, and null for no id: "authentication": null says that the App needs none, and
// the key must be there (api.md 2.9).
func (id ID) MarshalJSON() ([]byte, error) {
	if id == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(id))
}

// Text is text that the developer of an App wrote. Where another kind of JSON value stands in its place, Text
// is that value as JSON: one number among the samples must not make a whole list unreadable.
type Text string

// UnmarshalJSON takes any value; null is no text.
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		text = string(data)
	}
	*t = Text(text)
	return nil
}

// Timestamp is a moment as the API wrote it, empty for null. Formats differ from list to list (api.md 2.14,
// 2.16), and a new one must not make a list unreadable.
type Timestamp string

// Time reads the timestamp; an error means that it is empty or in a format that is not RFC 3339.
func (t Timestamp) Time() (time.Time, error) {
	at, err := time.Parse(time.RFC3339, string(t))
	if err != nil {
		return time.Time{}, fmt.Errorf("zapier: %q is not a time", string(t))
	}
	return at, nil
}

// Ref is a place where the API puts either an id or, when asked to expand it, the thing itself (api.md 2.5).
type Ref[T any] struct {
	// ID is always there; empty where the API says null.
	ID ID
	// Value is the thing, nil when it was not expanded.
	Value *T
}

// UnmarshalJSON takes an id, an object with an id, or null.
func (r *Ref[T]) UnmarshalJSON(data []byte) error {
	var ref Ref[T]
	if err := json.Unmarshal(data, &ref.ID); err == nil {
		*r = ref
		return nil
	}
	var identified struct {
		ID ID `json:"id"`
	}
	if err := json.Unmarshal(data, &identified); err != nil {
		return err
	}
	if err := json.Unmarshal(data, &ref.Value); err != nil {
		return err
	}
	ref.ID = identified.ID
	*r = ref
	return nil
}

// MarshalJSON writes the thing if it is there, else its id or null.
func (r Ref[T]) MarshalJSON() ([]byte, error) {
	if r.Value != nil {
		return json.Marshal(r.Value)
	}
	return json.Marshal(r.ID)
}
