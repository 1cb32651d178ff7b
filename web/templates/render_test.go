package templates_test

import (
	"bytes"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/web/templates"
)

const (
	testNonce  = "nonce-of-the-test"
	testBase   = "/prefix"
	testAssets = "/prefix/static/0123456789abcdef"
	testStart  = "/prefix/attempts/attempt-2/start?token=secret"
	testWindow = "zapier-connect-7"
)

// render draws a component the way a handler does, nonce included.
func render(t *testing.T, component templ.Component) *goquery.Document {
	t.Helper()
	var page bytes.Buffer
	require.NoError(t, component.Render(templ.WithNonce(t.Context(), testNonce), &page))
	doc, err := goquery.NewDocumentFromReader(&page)
	require.NoError(t, err)
	return doc
}

// one asks for exactly one element.
func one(t *testing.T, within interface {
	Find(string) *goquery.Selection
}, selector string) *goquery.Selection {
	t.Helper()
	found := within.Find(selector)
	require.Equal(t, 1, found.Length(), "elements of %s", selector)
	return found
}

// attr asks for an attribute that must be there.
func attr(t *testing.T, element *goquery.Selection, name string) string {
	t.Helper()
	value, ok := element.Attr(name)
	require.True(t, ok, "attribute %s", name)
	return value
}

func testID(name string) string { return `[data-testid="` + name + `"]` }

func signedOut() templates.Page {
	return templates.Page{Phrases: templates.English(), Base: testBase, Assets: testAssets, Path: "/apps?query=a&page=2"}
}

func signedIn() templates.Page {
	page := signedOut()
	page.User = &templates.User{Name: "Ada", Email: "ada@example.org"}
	return page
}

func testApp() templates.App {
	return templates.App{ID: "7", Title: "Postkasten", Description: "Shared inboxes.", Color: "d9480f", Categories: []string{"Email"}}
}

func testAuthentications() []templates.Authentication {
	return []templates.Authentication{
		{ID: "11", Title: "Ada", Chosen: true},
		{ID: "12", Title: "Team", Twin: true},
		{ID: "13", Title: "Team", Twin: true, New: true},
		{ID: "14", Title: "Old", Expired: true},
	}
}

// testAttempt is an attempt in a state; a settled one already leads to the next.
func testAttempt(state templates.AttemptState) *templates.Attempt {
	attempt := &templates.Attempt{
		ID: "attempt-2", Next: "attempt-2", State: state,
		Start: testStart, Window: testWindow,
		Origin: "https://zapier.com", MessageType: "zapier.popup.close",
		Timings: templates.Timings{Blocked: 1500, Calm: 120000, Checks: []int{15000, 30000}},
	}
	switch state {
	case templates.AttemptConnected:
		attempt.ID, attempt.AuthenticationID, attempt.Title = "attempt-1", "11", "Ada"
	case templates.AttemptCancelled, templates.AttemptExpired, templates.AttemptFailed:
		attempt.ID = "attempt-1"
	}
	return attempt
}

func appPage(attempt *templates.Attempt) templates.AppPage {
	return templates.AppPage{Page: signedIn(), App: testApp(), Authentications: testAuthentications(), Attempt: attempt}
}

func states() []templates.AttemptState {
	return []templates.AttemptState{
		templates.AttemptIdle, templates.AttemptOpened, templates.AttemptWaiting, templates.AttemptBlocked,
		templates.AttemptConnected, templates.AttemptCancelled, templates.AttemptExpired, templates.AttemptFailed,
	}
}
