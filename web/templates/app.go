package templates

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"
)

// name tells an Authentication apart from the others of its App: its title, and
// its id where another one has the same title.
func (a Authentication) name(phrases *Phrases) string {
	if !a.Twin {
		return a.Title
	}
	return a.Title + ", " + phrases.App.Identifier(a.ID)
}

// opensWindow is read after what a control says.
func (p AppPhrases) opensWindow() string {
	return "(" + p.OpensWindow + ")"
}

// reconnects is the whole name of a "Reconnect" link, which hides what stands in it from the ear.
func (p AppPhrases) reconnects(title string) string {
	return p.ReconnectNamed(title) + " " + p.opensWindow()
}

// truth writes a fact into a data attribute: both values, so that a selector can ask for either.
func truth(fact bool) string {
	return strconv.FormatBool(fact)
}

// chooses is where a choice is posted.
func (p AppPage) chooses() templ.SafeURL {
	if p.Choose != "" {
		return p.Link(p.Choose)
	}
	return p.chooseLink(p.App)
}

// revision is what a choice inside a draft sends back of it.
func (p AppPage) revision() string { return strconv.Itoa(p.Revision) }

// settled: a step of a Zap has its account, so that going on comes before connecting another.
func (p AppPage) settled() bool {
	return p.Return != "" && slices.ContainsFunc(p.Authentications, func(a Authentication) bool { return a.Chosen && !a.Expired })
}
