package templates_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/web/templates"
)

func TestAuthenticationRows(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptIdle))))
	row := func(id string) *goquery.Selection { return one(t, doc, `[data-authentication="`+id+`"]`) }

	t.Run("the chosen one is in use and cannot be chosen again", func(t *testing.T) {
		assert.Equal(t, "true", attr(t, row("11"), "data-chosen"))
		assert.Contains(t, row("11").Text(), "In use")
		assert.Zero(t, row("11").Find(testID("choose")).Length())
	})

	t.Run("twins can be told apart, in sight and in name", func(t *testing.T) {
		assert.Contains(t, row("12").Text(), "No. 12")
		assert.Contains(t, row("13").Text(), "No. 13")
		assert.NotContains(t, row("11").Text(), "No. 11")
		first, second := one(t, row("12"), testID("choose")), one(t, row("13"), testID("choose"))
		assert.NotEqual(t, attr(t, first, "aria-label"), attr(t, second, "aria-label"))
		assert.True(t, strings.HasPrefix(attr(t, first, "aria-label"), strings.TrimSpace(first.Text())), "WCAG 2.5.3: the name starts with what is seen")
	})

	t.Run("choosing is a form", func(t *testing.T) {
		form := one(t, row("12"), "form")
		assert.Equal(t, "/prefix/apps/7/choice", attr(t, form, "action"))
		assert.Equal(t, "12", attr(t, one(t, form, `input[name="authentication"]`), "value"))
	})

	t.Run("an expired one is reconnected, not chosen", func(t *testing.T) {
		assert.Equal(t, "true", attr(t, row("14"), "data-expired"))
		assert.Zero(t, row("14").Find(testID("choose")).Length())
		assertOpens(t, one(t, row("14"), testID("reconnect")))
		assert.Contains(t, attr(t, one(t, row("14"), testID("reconnect")), "aria-label"), "Old")
	})

	t.Run("connecting another is a real link", func(t *testing.T) {
		connect := one(t, doc, testID("connect"))
		assertOpens(t, connect)
		assert.Contains(t, connect.Text(), "Connect another account")
	})
}

// assertOpens: the link works without script and leaves the message a way back (popup.md M9).
func assertOpens(t *testing.T, link *goquery.Selection) {
	t.Helper()
	assert.Equal(t, "a", goquery.NodeName(link))
	assert.Equal(t, testStart, attr(t, link, "href"))
	assert.Equal(t, testWindow, attr(t, link, "target"))
	assert.Equal(t, "opener", attr(t, link, "rel"))
}

func TestAppWithoutAuthentications(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name          string
		page          templates.AppPage
		shows, absent string
	}{
		{"none yet", templates.AppPage{Page: signedIn(), Attempt: testAttempt(templates.AttemptIdle)}, "Connect an account", "could not be read"},
		// A list that failed to load is not an empty one.
		{"list unknown", templates.AppPage{Page: signedIn(), ListUnknown: true}, "could not be read", "No account yet"},
		{"needs none", templates.AppPage{Page: signedIn(), NeedsNone: true}, "Use it as it is", "Your accounts"},
		{"none chosen", templates.AppPage{Page: signedIn(), NeedsNone: true, NoneChosen: true}, "Ready to use", "Use it as it is"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.page.App = testApp()
			text := render(t, templates.AppDetail(tt.page)).Find("main").Text()
			assert.Contains(t, text, tt.shows)
			assert.NotContains(t, text, tt.absent)
		})
	}
}

func TestNoneIsChosenByAForm(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.AppDetail(templates.AppPage{Page: signedIn(), App: testApp(), NeedsNone: true}))
	form := one(t, doc, testID("choose")).Closest("form")
	assert.Equal(t, "/prefix/apps/7/choice", attr(t, form, "action"))
	assert.Equal(t, "1", attr(t, one(t, form, `input[name="none"]`), "value"))
	assert.Zero(t, doc.Find(testID("attempt")).Length())
}

func TestNotice(t *testing.T) {
	t.Parallel()
	phrase := templates.English().Error("authentication-gone")
	page := appPage(testAttempt(templates.AttemptIdle))
	page.Notice = &phrase
	notice := one(t, render(t, templates.AppDetail(page)), testID("error"))
	assert.Equal(t, "authentication-gone", attr(t, notice, "data-code"))
	assert.Contains(t, notice.Text(), phrase.Advice)
}

// Each state shows its own panel and the actions that belong to it, and hides
// the rest, so that the page is complete without script.
func TestAttemptRegion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		state   templates.AttemptState
		panel   string
		actions []string
	}{
		{templates.AttemptIdle, "Ready when you are", []string{"check"}},
		{templates.AttemptOpened, "Finish in the Zapier window", []string{"reopen", "check", "cancel"}},
		{templates.AttemptWaiting, "Still waiting for Zapier", []string{"reopen", "check", "restart", "cancel"}},
		{templates.AttemptBlocked, "Your browser kept the window shut", []string{"check", "cancel"}},
		{templates.AttemptConnected, "Connected", nil},
		{templates.AttemptCancelled, "Cancelled", []string{"retry"}},
		{templates.AttemptExpired, "That took too long", []string{"retry"}},
		{templates.AttemptFailed, "The account could not be connected", []string{"retry"}},
	}
	for _, tt := range tests {
		t.Run(string(tt.state), func(t *testing.T) {
			t.Parallel()
			region := one(t, render(t, templates.AppDetail(appPage(testAttempt(tt.state)))), testID("attempt"))
			assert.Equal(t, string(tt.state), attr(t, region, "data-state"))
			panel := one(t, region, "[data-panel]:not([hidden])")
			assert.Equal(t, tt.panel, one(t, panel, "h2").Text())
			assert.Equal(t, tt.actions, shownActions(t, region))
		})
	}
}

// shownActions are the testids of the region's actions that are not hidden, in order.
func shownActions(t *testing.T, region *goquery.Selection) []string {
	t.Helper()
	var shown []string
	region.Find(".attempt-words > .actions > :not([hidden])").Each(func(_ int, action *goquery.Selection) {
		control := action
		if goquery.NodeName(action) == "form" {
			control = one(t, action, "button")
		}
		shown = append(shown, attr(t, control, "data-testid"))
	})
	return shown
}

// What the script needs, it finds in attributes: it writes no sentence and knows no address.
func TestAttemptRegionTellsTheScript(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptConnected))))
	region := one(t, doc, testID("attempt"))
	for name, want := range map[string]string{
		"data-controller": "attempt", "data-app": "7", "data-attempt": "attempt-1", "data-next-attempt": "attempt-2",
		"data-authentication-id": "11", "data-origin": "https://zapier.com", "data-message-type": "zapier.popup.close",
		"data-window": testWindow, "data-ignored": "0",
	} {
		assert.Equal(t, want, attr(t, region, name), name)
	}
	var timings map[string]any
	require.NoError(t, json.Unmarshal([]byte(attr(t, region, "data-timings")), &timings))
	assert.Equal(t, map[string]any{"blocked": 1500.0, "calm": 120000.0, "checks": []any{15000.0, 30000.0}}, timings)
	region.Find("[data-panel]").Each(func(_ int, panel *goquery.Selection) {
		assert.NotEmpty(t, attr(t, panel, "data-announce"), attr(t, panel, "data-panel"))
	})
	assert.Contains(t, attr(t, one(t, region, `[data-note="pause"]`), "data-text"), "{seconds}")
	assert.NotEmpty(t, region.Closest("[data-attempt-root][data-live]").Length())
}

func TestAuthenticationIDOnlyOnceConnected(t *testing.T) {
	t.Parallel()
	region := one(t, render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptOpened)))), testID("attempt"))
	_, there := region.Attr("data-authentication-id")
	assert.False(t, there)
}

func TestNextDefaultsToTheAttemptItself(t *testing.T) {
	t.Parallel()
	attempt := testAttempt(templates.AttemptIdle)
	attempt.Next = ""
	region := one(t, render(t, templates.AppDetail(appPage(attempt))), testID("attempt"))
	assert.Equal(t, "attempt-2", attr(t, region, "data-next-attempt"))
}

// The verbs of an attempt are forms, so that they work without script.
func TestAttemptForms(t *testing.T) {
	t.Parallel()
	region := one(t, render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptWaiting)))), testID("attempt"))
	for _, verb := range []string{"check", "cancel", "restart"} {
		form := one(t, region, testID(verb)).Closest("form")
		assert.Equal(t, "post", attr(t, form, "method"))
		assert.Equal(t, "/prefix/attempts/attempt-2/"+verb, attr(t, form, "action"))
		assert.Equal(t, verb, attr(t, form, "data-attempt-action"))
	}
	assertOpens(t, one(t, region, testID("reopen")))
}

func TestBlockedOffersTwoRealLinks(t *testing.T) {
	t.Parallel()
	region := one(t, render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptBlocked)))), testID("attempt"))
	assertOpens(t, one(t, region, testID("open-link")))
	sameTab := one(t, region, testID("same-tab"))
	assert.Equal(t, testStart, attr(t, sameTab, "href"))
	assert.Empty(t, sameTab.AttrOr("target", ""))
}

func TestPicking(t *testing.T) {
	t.Parallel()
	attempt := testAttempt(templates.AttemptWaiting)
	attempt.Candidates = testAuthentications()[1:3]
	region := one(t, render(t, templates.AppDetail(appPage(attempt))), testID("attempt"))

	assert.Equal(t, "waiting", attr(t, region, "data-state"), "picking is no state of its own")
	panel := one(t, region, "[data-panel]:not([hidden])")
	assert.Equal(t, "Which one did you connect?", one(t, panel, "h2").Text())
	assert.Equal(t, "/prefix/attempts/attempt-2/check", attr(t, one(t, panel, "form"), "action"))
	second := one(t, panel, `[data-candidate="13"]`)
	assert.Equal(t, "authentication_id", attr(t, second, "name"))
	assert.Equal(t, "13", attr(t, second, "value"))
	assert.Equal(t, "Team, No. 13", second.Text())
	assert.Equal(t, []string{"restart", "cancel"}, shownActions(t, region))
}

func TestReasonExplainsTheEnd(t *testing.T) {
	t.Parallel()
	reason := templates.English().Error("attempt-closed")
	attempt := testAttempt(templates.AttemptCancelled)
	attempt.Reason = &reason
	region := one(t, render(t, templates.AppDetail(appPage(attempt))), testID("attempt"))
	panel := one(t, region, "[data-panel]:not([hidden])")
	assert.Equal(t, "attempt-closed", attr(t, one(t, panel, "[data-code]"), "data-code"))
	assert.Contains(t, panel.Text(), reason.Advice)
	assertOpens(t, one(t, region, testID("retry")))
}
