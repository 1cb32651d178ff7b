package emulator

import (
	"slices"
	"strings"
)

// scope is one permission a partner can ask for (api.md 1.4).
type scope struct{ name, words string }

// scopeTable lists all known scopes; the words are those of the consent page.
func scopeTable() []scope {
	return []scope{
		{"profile", "See your name, e-mail address and time zone"},
		{"zap", "See the Apps in the directory and your Zaps that use this partner’s App"},
		{"zap:all", "See all Zaps you own"},
		{"zap:account:all", "See Zaps that are shared with you"},
		{"zap:write", "Make Zaps for you"},
		{"zap:update", "Change your Zaps"},
		{"zap:delete", "Delete your Zaps"},
		{"zap:pause", "Switch your Zaps on and off"},
		{"zap:runs", "See what your Zaps have done"},
		{"action:run", "Run actions for you"},
		{"authentication", "See which accounts you have connected"},
		{"authentication:write", "Connect accounts for you"},
		{"connection:read", "See which accounts you have connected"},
		{"connection:write", "Connect accounts for you"},
	}
}

// parseScopes splits on spaces and names the first scope that does not exist.
func parseScopes(text string) (scopes []string, unknown string) {
	for name := range strings.FieldsSeq(text) {
		if scopeWords(name) == "" {
			return nil, name
		}
		if !slices.Contains(scopes, name) {
			scopes = append(scopes, name)
		}
	}
	return scopes, ""
}

func scopeWords(name string) string {
	i := slices.IndexFunc(scopeTable(), func(s scope) bool { return s.name == name })
	if i < 0 {
		return ""
	}
	return scopeTable()[i].words
}

// anyScope reports whether one of the wanted scopes was granted.
func anyScope(granted []string, wanted ...string) bool {
	return slices.ContainsFunc(wanted, func(w string) bool { return slices.Contains(granted, w) })
}
