package emulator

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// bodiesKept bounds how many bodies are kept, of all operations together.
const bodiesKept = 100

// body is what an operation was sent.
type body struct {
	operation string
	raw       []byte
}

// Bodies are the JSON bodies that an operation was sent, to the byte, oldest
// first: those among the last 100 of all operations. In the body of a new
// Authentication the values of its fields are hidden.
func (e *Emulator) Bodies(operation string) [][]byte {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	found := [][]byte{}
	for _, kept := range e.state.bodies {
		if kept.operation == operation {
			found = append(found, slices.Clone(kept.raw))
		}
	}
	return found
}

// keepBody keeps a body that says it is JSON, answered well or not, and leaves it
// to be read.
func (e *Emulator) keepBody(r *http.Request, operation string) {
	if !isJSON(r) || !strings.HasPrefix(r.URL.Path, "/v2/") {
		return
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(raw) > maxBody {
		r.Body = &rest{io.MultiReader(bytes.NewReader(raw), r.Body), r.Body}
		return
	}
	r.Body = &rest{bytes.NewReader(raw), r.Body}
	if operation == OpAuthenticationCreate {
		raw = hideFields(raw)
	}
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies = append(s.bodies, body{operation, raw})
	if surplus := len(s.bodies) - bodiesKept; surplus > 0 {
		s.bodies = slices.Clone(s.bodies[surplus:])
	}
}

// rest is a body some of which has been read already.
type rest struct {
	io.Reader
	io.Closer
}

// hideFields hides the credentials in the body of a new Authentication; of a body
// in which they cannot be told from the rest it leaves nothing.
func hideFields(raw []byte) []byte {
	var sent struct {
		Data struct {
			Fields json.RawMessage `json:"authentication_fields"`
		} `json:"data"`
	}
	fields := map[string]any{}
	once := bytes.Count(raw, []byte(`"`+fieldsMember+`"`)) == 1
	if !once || json.Unmarshal(raw, &sent) != nil || json.Unmarshal(sent.Data.Fields, &fields) != nil {
		return []byte(hidden)
	}
	for name := range maps.Keys(fields) {
		fields[name] = hidden
	}
	shown, err := json.Marshal(fields)
	if err != nil {
		return []byte(hidden)
	}
	return bytes.ReplaceAll(raw, sent.Data.Fields, shown)
}
