package emulator

import (
	"net/url"
	"strings"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// wrongValue is what every emulated App refuses in any field; everything else is right.
const wrongValue = "wrong"

// field is one input of a connect form (api.md 5, "Auth field attributes").
type field struct {
	name, label, help, value string
	secret                   bool
	formOnly                 bool // asked for in the popup, not needed by POST /v2/authentications
}

// schemeFields are what the user supplies; the first is the connection label.
func schemeFields(scheme Scheme, email string) []field {
	secretHelp := "Any value works, except the word “wrong”."
	switch scheme {
	case SchemeAPIKey:
		return []field{
			{name: "account", label: "Account name", value: email, formOnly: true},
			{name: "api_key", label: "API key", help: secretHelp, secret: true},
		}
	case SchemeSession:
		return []field{
			{name: "username", label: "User name", value: email},
			{name: "password", label: "Password", help: secretHelp, secret: true},
			{name: "workspace", label: "Workspace", value: "main", help: "The part of the address before the first dot.", formOnly: true},
		}
	case SchemeBasic, SchemeDigest:
		return []field{
			{name: "username", label: "User name", value: email},
			{name: "password", label: "Password", help: secretHelp, secret: true},
		}
	}
	return nil
}

// fillForm puts what was sent into the fields and says what is wrong with it.
// Secrets are never shown again.
func fillForm(fields []field, sent url.Values) (filled []pages.Field, label, message string) {
	for i, f := range fields {
		value := strings.TrimSpace(sent.Get(f.name))
		shown := pages.Field{Name: f.name, Label: f.label, Help: f.help, Secret: f.secret}
		switch {
		case value == "":
			shown.Problem, message = "Fill this in.", "Something is missing."
		case value == wrongValue:
			shown.Problem, message = "This was refused.", "The App did not accept these credentials. Nothing was stored."
		}
		if !f.secret {
			shown.Value = value
		}
		if i == 0 {
			label = value
		}
		filled = append(filled, shown)
	}
	return filled, label, message
}

// emptyForm is the form as it is first shown.
func emptyForm(fields []field) []pages.Field {
	shown := make([]pages.Field, 0, len(fields))
	for _, f := range fields {
		shown = append(shown, pages.Field{Name: f.name, Label: f.label, Help: f.help, Value: f.value, Secret: f.secret})
	}
	return shown
}
