package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/handlers"
)

// ownAppJSON is one entry of OWN_APPS.
type ownAppJSON struct {
	App    string         `json:"app"`
	Scheme string         `json:"scheme"`
	Fields []ownFieldJSON `json:"fields"`
}

// ownFieldJSON is an authentication field as an integration declares it (api.md 5).
type ownFieldJSON struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Type  string `json:"type"`
	// Required is true unless it says otherwise, as in an integration.
	Required    *bool  `json:"required"`
	Help        string `json:"help"`
	Placeholder string `json:"placeholder"`
}

const ownAppsExample = `[{"app": "646a8a78-9d44-425e-acc7-f9cda06e301b", "scheme": "basic"}]`

// ownSchemes are those of api.md 5 that need no window, each with its usual fields; custom has none.
func ownSchemes() map[string][]ownFieldJSON {
	login := []ownFieldJSON{{Key: "username", Label: "User name"}, {Key: "password", Type: "password"}}
	return map[string][]ownFieldJSON{
		"api_key": {{Key: "api_key", Label: "API key", Type: "password"}},
		"basic":   login,
		"digest":  login,
		"session": login,
		"custom":  nil,
	}
}

var ownAppID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// readOwnApps reads OWN_APPS and complains of everything that is wrong with it.
func readOwnApps(text string, complain complaint) []handlers.OwnApp {
	if text == "" {
		return nil
	}
	entries, err := decodeOwnApps(text)
	if err != nil {
		complain("OWN_APPS is not a list such as %s: %v.", ownAppsExample, err)
		return nil
	}
	var apps []handlers.OwnApp
	for i, entry := range entries {
		wrong := func(format string, args ...any) {
			complain("OWN_APPS, entry %d: %s.", i+1, fmt.Sprintf(format, args...))
		}
		id := strings.ToLower(entry.App)
		switch {
		case id == "":
			wrong("app is missing; it is the App's id, a UUID")
		case !ownAppID.MatchString(id):
			wrong("app %q is not an App's id, which is a UUID", entry.App)
		case slices.ContainsFunc(apps, func(known handlers.OwnApp) bool { return known.App == id }):
			wrong("the App %s is there twice", id)
		}
		apps = append(apps, handlers.OwnApp{App: id, Fields: entry.fields(wrong)})
	}
	return apps
}

func decodeOwnApps(text string) ([]ownAppJSON, error) {
	var entries []ownAppJSON
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&entries)
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, errors.New("it ends too soon")
	case errors.As(err, &kind):
		return nil, fmt.Errorf("%s is of the wrong kind: %s", cmp.Or(kind.Field, "it"), kind.Value)
	case err != nil:
		return nil, errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something comes behind it")
	}
	return entries, nil
}

// kind is the field's type. One that nobody gave a type is no place to show what looks like a secret.
func (f ownFieldJSON) kind() string {
	if f.Type == "" && handlers.SecretKey(f.Key) {
		return "password"
	}
	return cmp.Or(f.Type, "string")
}

// fields are those that are listed, or else those of the scheme.
func (a ownAppJSON) fields(wrong complaint) []handlers.OwnField {
	usual, known := ownSchemes()[a.Scheme]
	listed := a.Fields
	switch {
	case !known && (a.Scheme != "" || len(listed) == 0):
		wrong("scheme %q is none of api_key, basic, digest, session and custom", a.Scheme)
	case len(listed) == 0 && len(usual) == 0:
		wrong("the scheme custom has no fields of its own, so list them")
	case len(listed) == 0:
		listed = usual
	}
	var fields []handlers.OwnField
	for _, field := range listed {
		kind := field.kind()
		switch {
		case field.Key == "":
			wrong("a field has no key")
		case slices.ContainsFunc(fields, func(before handlers.OwnField) bool { return before.Key == field.Key }):
			wrong("the field %s is there twice", field.Key)
		}
		if !slices.Contains(handlers.OwnFieldTypes(), kind) {
			wrong("the type %q of the field %s is none of %s", kind, field.Key, strings.Join(handlers.OwnFieldTypes(), ", "))
		}
		fields = append(fields, handlers.OwnField{
			Key: field.Key, Label: field.Label, Help: field.Help, Placeholder: field.Placeholder,
			Type: kind, Required: field.Required == nil || *field.Required,
		})
	}
	return fields
}
