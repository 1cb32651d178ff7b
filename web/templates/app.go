package templates

import "strconv"

// name tells an Authentication apart from the others of its App: its title, and
// its id where another one has the same title.
func (a Authentication) name(phrases *Phrases) string {
	if !a.Twin {
		return a.Title
	}
	return a.Title + ", " + phrases.App.Identifier(a.ID)
}

// truth writes a fact into a data attribute: both values, so that a selector can ask for either.
func truth(fact bool) string {
	return strconv.FormatBool(fact)
}
