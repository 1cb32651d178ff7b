package emulator

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// wrongValue is what no third party has an account for; everything else is right.
const wrongValue = "wrong"

// field is one input of a connect form (api.md 5, "Auth field attributes").
type field struct {
	name, label, help, value string
	secret                   bool
	formOnly                 bool // asked for in the popup, not needed by POST /v2/authentications
}

// schemeFields are what the user supplies.
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

// fillForm puts what was sent into the fields and says what is missing. Secrets
// are never shown again. Whether the values are right, only the third party knows.
func fillForm(scheme Scheme, sent url.Values) (filled []pages.Field, values map[string]string, message string) {
	values = map[string]string{}
	for _, f := range schemeFields(scheme, "") {
		value := strings.TrimSpace(sent.Get(f.name))
		shown := pages.Field{Name: f.name, Label: f.label, Help: f.help, Secret: f.secret}
		switch {
		case value == "":
			shown.Problem, message = "Fill this in.", "Something is missing."
		case f.name == "username" && scheme == SchemeBasic && strings.Contains(value, ":"):
			// RFC 7617, section 2: what comes after the colon would be part of the password.
			shown.Problem, message = "A user name cannot have a colon in it.", "This user name cannot be sent."
		}
		if !f.secret {
			shown.Value = value
		}
		values[f.name] = value
		filled = append(filled, shown)
	}
	return filled, values, message
}

// refuseSecrets marks the secrets when it was the credentials that were refused.
func refuseSecrets(fields []pages.Field, failed *failure) []pages.Field {
	for i := range fields {
		if fields[i].Secret && failed.refused {
			fields[i].Problem = "This was refused."
		}
	}
	return fields
}

// partyAccount is what the values open at the third party, and with what.
func partyAccount(scheme Scheme, values map[string]string) (account, secret string) {
	switch scheme {
	case SchemeAPIKey:
		return values["account"], values["api_key"]
	case SchemeSession:
		return sessionAccount(values["username"], values["workspace"]), values["password"]
	}
	return values["username"], values["password"]
}

func hasWrongValue(values map[string]string) bool {
	return slices.Contains(slices.Collect(maps.Values(values)), wrongValue)
}

// schemeWords is what the connect form calls a scheme.
func schemeWords(scheme Scheme) string {
	switch scheme {
	case SchemeAPIKey:
		return "API key"
	case SchemeSession:
		return "Session"
	case SchemeBasic:
		return "Basic"
	case SchemeDigest:
		return "Digest"
	case SchemeOAuth2:
		return "OAuth v2"
	}
	return "None"
}

// emptyForm is the form as it is first shown.
func emptyForm(fields []field) []pages.Field {
	shown := make([]pages.Field, 0, len(fields))
	for _, f := range fields {
		shown = append(shown, pages.Field{Name: f.name, Label: f.label, Help: f.help, Value: f.value, Secret: f.secret})
	}
	return shown
}
