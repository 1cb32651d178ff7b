package draft

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxAlias is the longest alias that Zapier takes (api.md 2.14).
const maxAlias = 64

var validAlias = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// name gives a step its alias when it has none, or one that no mapping uses: what the person sees of it follows the
// Action then, and nothing breaks.
func (d *Draft) name(s *Step) {
	if s.Alias != "" && d.mentioned()[s.Alias] {
		return
	}
	s.Alias = ""
	taken := d.mentioned()
	for _, other := range d.Steps {
		taken[other.Alias] = true
	}
	for _, alias := range d.Retired {
		taken[alias] = true
	}
	s.Alias = unique(aliasOf(s.Action.Title, s.Action.Key), taken)
}

// aliasOf makes an alias of the first text that gives one. A text in other letters than ASCII's would leave a stump.
func aliasOf(texts ...string) string {
	for _, text := range texts {
		if alias := snake(text); alias != "" && isASCII(text) {
			return alias
		}
	}
	return "step"
}

// snake keeps letters and digits, from the first letter on.
func snake(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	alias := strings.TrimLeft(strings.Join(words, "_"), "0123456789_")
	return strings.TrimRight(alias[:min(len(alias), maxAlias)], "_")
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r > 127 })
}

// unique adds a number to an alias that is taken.
func unique(alias string, taken map[string]bool) string {
	free := alias
	for n := 2; taken[free]; n++ {
		end := "_" + strconv.Itoa(n)
		free = alias[:min(len(alias), maxAlias-len(end))] + end
	}
	return free
}

// retire keeps the names that mappings use and no step has (any more) out of use.
func (d *Draft) retire(mentioned map[string]bool) {
	for _, step := range d.Steps {
		delete(mentioned, step.Alias)
	}
	for _, alias := range slices.Sorted(maps.Keys(mentioned)) {
		if !slices.Contains(d.Retired, alias) {
			d.Retired = append(d.Retired, alias)
		}
	}
}
