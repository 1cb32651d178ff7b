package templates

import (
	"cmp"
	"strconv"

	"github.com/a-h/templ"
)

// summary says which Apps are shown, or that there are none.
func (a Apps) summary() string {
	if len(a.Apps) == 0 {
		return a.Phrases.Apps.Empty(a.Query)
	}
	return a.Phrases.Apps.Range(a.First, a.Last, a.Total)
}

// searches is where the search leads.
func (a Apps) searches() templ.SafeURL {
	return a.Link(cmp.Or(a.Search, "/apps"))
}

// revision is what a choice sends back of the draft.
func (a Apps) revision() string { return strconv.Itoa(a.Revision) }
