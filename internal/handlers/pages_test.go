package handlers_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

func TestHomeForAStranger(t *testing.T) {
	h := newHouse(t, options{})
	home := h.browser().get("/")
	assert.Equal(t, http.StatusOK, home.status)
	assert.Equal(t, 1, home.byTestID("sign-in").Length())
	assert.Zero(t, home.byTestID("sign-out").Length())
	assert.NotZero(t, home.Find(`a[href^="`+h.zapier+`"]`).Length(), "every page leads to the emulator")
}

func TestSignInWithoutScript(t *testing.T) {
	for name, prefix := range map[string]string{"at the root": "", "under a prefix": "/partner/zaps"} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options{prefix: prefix})
			b := h.browser()
			back := b.signIn(emulator.UserWade, "/apps?query=super")
			assert.Equal(t, http.StatusOK, back.status)
			assert.Equal(t, prefix+"/apps", back.url.Path)
			assert.Equal(t, "query=super", back.url.RawQuery)
			assert.Contains(t, back.Text(), "Wade")
			assert.NotContains(t, back.url.String(), "code=", "R-10")

			out := b.press(back, back.byTestID("sign-out"))
			assert.Equal(t, prefix+"/", out.url.Path)
			assert.Equal(t, http.StatusUnauthorized, b.get("/apps").status)
		})
	}
}

func TestPagesAskForSigningIn(t *testing.T) {
	h := newHouse(t, options{})
	for _, path := range []string{"/apps", "/apps/" + emulator.AppBasic, "/apps?query=x&page=2"} {
		t.Run(path, func(t *testing.T) {
			asked := h.browser().get(path)
			assert.Equal(t, http.StatusUnauthorized, asked.status)
			assert.Equal(t, "sign-in-required", asked.errorCode())
			link, err := url.Parse(asked.byTestID("sign-in").AttrOr("href", ""))
			require.NoError(t, err)
			assert.Equal(t, path, link.Query().Get("return_to"), "and come back to where they were")
		})
	}
	assert.Zero(t, h.emulator.Count(emulator.OpAppsList))
}

func TestAppsAreSearchedFilteredAndPaged(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)

	first := b.get("/apps")
	require.Equal(t, http.StatusOK, first.status)
	seen := map[string]bool{}
	for page := first; ; {
		page.byTestID("app").Each(func(_ int, app *goquery.Selection) {
			id := app.AttrOr("data-app", "")
			assert.False(t, seen[id], "%s is on two pages", id)
			seen[id] = true
		})
		next := page.Find(`a[rel="next"]`)
		if next.Length() == 0 {
			break
		}
		page = b.follow(page, next)
	}
	assert.GreaterOrEqual(t, len(seen), 40)

	found := b.get("/apps?query=" + url.QueryEscape("superexample"))
	assert.Equal(t, 1, found.byTestID("app").Length())
	assert.Contains(t, found.byTestID("app").Text(), "SuperExampleCRM")

	beyond := b.get("/apps?category=crm&page=99")
	assert.Equal(t, "/apps?category=crm", beyond.url.RequestURI(), "a page that is not there leads to the first")
	assert.NotZero(t, beyond.byTestID("app").Length())
	spaces := b.get("/apps?query=+superexample+")
	assert.Equal(t, 1, spaces.byTestID("app").Length())

	none := b.get("/apps?query=" + url.QueryEscape("<nothing> & no one"))
	assert.Equal(t, http.StatusOK, none.status)
	assert.Zero(t, none.byTestID("app").Length())
	assert.Contains(t, none.Text(), "<nothing> & no one", "the empty state says what was asked for")

	category := first.Find(`select[name="category"] option[value]`).Eq(1)
	filtered := b.get("/apps?category=" + url.QueryEscape(category.AttrOr("value", "")))
	assert.NotZero(t, filtered.byTestID("app").Length())
	assert.Less(t, filtered.byTestID("app").Length(), len(seen))
	assert.Equal(t, category.AttrOr("value", ""), filtered.Find(`select[name="category"] option[selected]`).AttrOr("value", ""))
}

func TestAppThatIsNotThere(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	before := h.emulator.Count(emulator.OpAppsList)
	for _, id := range []string{"x", "1234", "00000000-0000-0000-0000-00000000000g", "%2e%2e", "a%2fb"} {
		page := b.get("/apps/" + id)
		assert.Equal(t, http.StatusNotFound, page.status, id)
	}
	assert.Equal(t, before, h.emulator.Count(emulator.OpAppsList), "what cannot be an id never reaches Zapier")

	unknown := b.get("/apps/00000000-0000-4000-8000-000000000000")
	assert.Equal(t, http.StatusNotFound, unknown.status)
	assert.Equal(t, "app-not-found", unknown.errorCode())
}

func TestAuthenticationsAreReadToTheLastPage(t *testing.T) {
	h := newHouse(t, options{})
	page := h.signedIn(emulator.UserWade).get("/apps/" + emulator.AppMany)
	assert.Equal(t, 23, page.byTestID("authentication").Length())
}

func TestTwinsCanBeToldApart(t *testing.T) {
	h := newHouse(t, options{})
	page := h.signedIn(emulator.UserWade).get("/apps/" + emulator.AppSameTitle)
	rows := page.byTestID("authentication")
	require.Equal(t, 2, rows.Length())
	for i := range 2 {
		assert.Contains(t, rows.Eq(i).Text(), rows.Eq(i).AttrOr("data-authentication", "none"))
	}
	assert.NotEqual(t, strings.TrimSpace(rows.Eq(0).Text()), strings.TrimSpace(rows.Eq(1).Text()))
}

func TestChoiceIsKeptAndShown(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppSameTitle)
	second := page.byTestID("authentication").Eq(1)
	id := second.AttrOr("data-authentication", "")

	after := b.press(page, second.Find(`[data-testid="choose"]`))
	assert.Equal(t, http.StatusOK, after.status)
	assert.Equal(t, "/apps/"+emulator.AppSameTitle, after.url.Path, "303 back (R-12)")
	assert.Equal(t, "true", after.Find(`[data-authentication="`+id+`"]`).AttrOr("data-chosen", ""))
	assert.Equal(t, 1, after.Find(`[data-chosen="true"]`).Length(), "a choice of one")

	assert.Contains(t, b.get("/").Text(), strings.TrimSpace(after.Find("h1").Text()), "the home page tells of it")

	require.NoError(t, h.emulator.ExpireAuthentication(id))
	expired := b.get("/apps/" + emulator.AppSameTitle)
	assert.Equal(t, "authentication-expired", expired.errorCode())
	assert.Equal(t, 1, expired.byTestID("reconnect").Length())
	assert.Zero(t, expired.Find(`[data-authentication="`+id+`"] .in-use`).Length(), "what has expired is not in use")
}

func TestChoiceOfWhatCannotBeChosen(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	expired := h.emulator.Authentications(emulator.UserWade, emulator.AppExpired)[0]
	other, err := h.emulator.AddAuthentication(emulator.UserNadia, emulator.AppExpired, "Nadia's")
	require.NoError(t, err)
	for name, tt := range map[string]struct{ id, code string }{
		"expired":        {expired.ID, "authentication-expired"},
		"another user's": {other.ID, "authentication-gone"},
		"invented":       {"999999", "authentication-gone"},
		"nothing":        {"", "authentication-gone"},
	} {
		t.Run(name, func(t *testing.T) {
			page := b.post("/apps/"+emulator.AppExpired+"/choice", url.Values{"authentication": {tt.id}})
			assert.Equal(t, http.StatusConflict, page.status)
			assert.Equal(t, tt.code, page.errorCode())
			assert.Equal(t, "/apps/"+emulator.AppExpired, page.byTestID("retry").AttrOr("href", ""))
		})
	}
	assert.Zero(t, b.get("/apps/"+emulator.AppExpired).Find(`[data-chosen="true"]`).Length())
}

func TestAppThatNeedsNoAuthentication(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppNoAuthentication)
	require.Equal(t, http.StatusOK, page.status)
	assert.Zero(t, page.byTestID("connect").Length(), "there is nothing to connect")
	assert.Zero(t, page.byTestID("authentication").Length())
	assert.Zero(t, h.emulator.Count(emulator.OpAuthenticationsList), "and nothing to ask for")

	after := b.press(page, page.byTestID("choose"))
	assert.Equal(t, http.StatusOK, after.status)
	assert.Contains(t, b.get("/").Text(), strings.TrimSpace(page.Find("h1").Text()))
	assert.Zero(t, after.byTestID("choose").Length(), "it is in use")
}

func TestConnectWithoutScript(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppBasic)
	assert.Equal(t, "idle", page.byTestID("attempt").AttrOr("data-state", ""))
	link := page.byTestID("connect")
	assert.Equal(t, "opener", link.AttrOr("rel", ""), "without it a message could not come back (M9)")
	assert.NotEmpty(t, link.AttrOr("target", ""))
	start := link.AttrOr("href", "")
	b.connectAt(start)

	after := b.press(page, page.byTestID("check").First())
	region := after.byTestID("attempt")
	assert.Equal(t, "connected", region.AttrOr("data-state", ""))
	id := region.AttrOr("data-authentication-id", "")
	stored := h.emulator.Authentications(emulator.UserWade, emulator.AppBasic)
	require.Len(t, stored, 1)
	assert.Equal(t, stored[0].ID, id)
	assert.Equal(t, "true", after.Find(`[data-testid="authentication"][data-authentication="`+id+`"]`).AttrOr("data-chosen", ""),
		"what was connected is what is used")
	assert.NotEqual(t, start, after.byTestID("connect").AttrOr("href", ""), "another one can be connected at once")

	again := b.stopping().get(strings.TrimPrefix(start, "/zaps"))
	assert.Equal(t, http.StatusConflict, again.status)
	assert.Equal(t, "connected-already", again.errorCode())
}

// Phones and web views use one tab: going back shows what came of it, with no button pressed (popup.md 3.9).
func TestComingBackShowsTheResult(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppBasic)
	b.connectAt(page.byTestID("connect").AttrOr("href", ""))
	back := b.get("/apps/" + emulator.AppBasic)
	assert.Equal(t, "connected", back.byTestID("attempt").AttrOr("data-state", ""))
	assert.Equal(t, 1, back.Find(`[data-chosen="true"]`).Length())
	assert.Equal(t, "idle", b.get("/apps/"+emulator.AppBasic).byTestID("attempt").AttrOr("data-state", ""), "once")
}

func TestCancelAndStartOverWithoutScript(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppBasic)
	b.get(page.byTestID("connect").AttrOr("href", ""))
	waiting := b.get("/apps/" + emulator.AppBasic)
	require.Equal(t, "waiting", waiting.byTestID("attempt").AttrOr("data-state", ""))

	fresh := b.press(waiting, waiting.byTestID("restart").First())
	require.Equal(t, "idle", fresh.byTestID("attempt").AttrOr("data-state", ""))
	assert.NotEqual(t, waiting.byTestID("attempt").AttrOr("data-attempt", ""), fresh.byTestID("attempt").AttrOr("data-attempt", ""))

	b.get(fresh.byTestID("connect").AttrOr("href", ""))
	waiting = b.get("/apps/" + emulator.AppBasic)
	cancelled := b.press(waiting, waiting.byTestID("cancel").First())
	assert.Equal(t, "cancelled", cancelled.byTestID("attempt").AttrOr("data-state", ""))
}

func TestSeveralNewOnesAreForThePersonToTellApart(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppBasic)
	b.get(page.byTestID("connect").AttrOr("href", ""))
	for _, title := range []string{"One", "Two"} {
		_, err := h.emulator.AddAuthentication(emulator.UserWade, emulator.AppBasic, title)
		require.NoError(t, err)
	}
	asked := b.get("/apps/" + emulator.AppBasic)
	candidates := asked.byTestID("candidate")
	require.Equal(t, 2, candidates.Length())
	picked := b.press(asked, candidates.Eq(1))
	assert.Equal(t, "connected", picked.byTestID("attempt").AttrOr("data-state", ""))
	assert.Equal(t, candidates.Eq(1).AttrOr("value", ""), picked.byTestID("attempt").AttrOr("data-authentication-id", ""))
}

func TestTroubleAtZapierIsExplainedAndCanBeTriedAgain(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	for _, tt := range []struct {
		fault  emulator.Fault
		status int
		code   string
	}{
		{emulator.Fault{Status: 429}, 503, "zapier-rate-limited"},
		{emulator.Fault{Status: 500}, 502, "zapier-broken"},
		{emulator.Fault{HTML: true}, 502, "zapier-unavailable"},
		{emulator.Fault{Status: 504}, 504, "zapier-timeout"},
		{emulator.Fault{Drop: true, Times: 2}, 502, "zapier-cut-off"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			tt.fault.Operation = emulator.OpAppsList
			require.NoError(t, h.emulator.Arm(tt.fault))
			failed := b.get("/apps?query=ledger")
			assert.Equal(t, tt.status, failed.status)
			assert.Equal(t, tt.code, failed.errorCode())
			assert.Contains(t, failed.Text(), failed.header.Get("X-Request-Id"))
			assert.NotContains(t, failed.Text(), "Look", "it only reads")
			h.emulator.Disarm()
			again := b.follow(failed, failed.byTestID("retry"))
			assert.Equal(t, "/zaps/apps?query=ledger", again.url.RequestURI())
			assert.Equal(t, http.StatusOK, again.status)
		})
	}
}

func TestListThatCannotBeReadLeavesTheRestOfThePage(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: 500}))
	page := b.get("/apps/" + emulator.AppSingle)
	assert.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, "zapier-broken", page.errorCode())
	assert.Zero(t, page.byTestID("authentication").Length())
	assert.Equal(t, 1, page.byTestID("connect").Length())
	assert.NotContains(t, page.Text(), "No account yet", "unknown is not empty")
}

func TestPicksOfOneTitleCanBeToldApart(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	b.get(b.get("/apps/"+emulator.AppBasic).byTestID("connect").AttrOr("href", ""))
	for range 2 {
		_, err := h.emulator.AddAuthentication(emulator.UserWade, emulator.AppBasic, "Same")
		require.NoError(t, err)
	}
	picks := b.get("/apps/" + emulator.AppBasic).byTestID("candidate")
	require.Equal(t, 2, picks.Length())
	assert.NotEqual(t, picks.Eq(0).Text(), picks.Eq(1).Text())
	assert.NotEqual(t, picks.Eq(0).AttrOr("aria-label", ""), picks.Eq(1).AttrOr("aria-label", ""))
}

func TestPickThatIsGoneIsTold(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.stopping().get(attempt.StartURL)
	gone := b.post("/attempts/"+attempt.ID+"/check", url.Values{"authentication_id": {"999"}})
	assert.Equal(t, http.StatusConflict, gone.status)
	assert.Equal(t, "authentication-gone", gone.errorCode())
	assert.Equal(t, "/apps/"+emulator.AppBasic, gone.byTestID("retry").AttrOr("href", ""))
}

// A page that somebody waits on is not lost because Zapier cannot tell the App's title just now.
func TestWaitingPageSurvivesTroubleWithTheApp(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	b.get(b.get("/apps/"+emulator.AppBasic).byTestID("connect").AttrOr("href", ""))
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 429}))
	waiting := b.get("/apps/" + emulator.AppBasic)
	assert.Equal(t, http.StatusOK, waiting.status)
	assert.Equal(t, "waiting", waiting.byTestID("attempt").AttrOr("data-state", ""))
	assert.Contains(t, waiting.Find("h1").Text(), "Ledgerleaf")

	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 429}))
	assert.Equal(t, http.StatusServiceUnavailable, b.get("/apps/"+emulator.AppSingle).status, "nobody waits there")
}

func TestDirectoryWithoutItsCategories(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpCategoriesList, Status: 500, Times: 2}))
	why := templates.English().Apps.CategoriesUnread
	page := b.get("/apps")
	assert.Equal(t, http.StatusOK, page.status)
	assert.NotZero(t, page.byTestID("app").Length())
	assert.Contains(t, page.Text(), why)
	assert.Zero(t, page.Find("#category [selected]").Length())
	for _, unread := range []bool{true, false} {
		page = b.get("/apps?category=crm")
		assert.Equal(t, 4, page.byTestID("app").Length())
		assert.Equal(t, "crm", page.Find("#category [selected]").AttrOr("value", ""), "the next search is filtered by it too")
		assert.Equal(t, unread, strings.Contains(page.Text(), why))
	}
}

func TestPrefixWithAndWithoutItsSlash(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.browser()
	for _, path := range []string{"", "/"} {
		page := b.do(b.request(http.MethodGet, h.url+path, nil))
		assert.Equal(t, http.StatusOK, page.status)
		assert.Equal(t, "/zaps/", page.url.Path)
	}
}

// clientRefused is a way to a Zapier that does not take our client id.
type clientRefused struct{ status int }

func (c *clientRefused) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.status == 0 || !r.URL.Query().Has("client_id") || !strings.HasPrefix(r.URL.Path, "/v") {
		return ownTransport.RoundTrip(r)
	}
	return &http.Response{
		StatusCode: c.status, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(`{"errors":[]}`)), Request: r,
	}, nil
}

// Nobody is sent to sign in for what Zapier has against the client id.
func TestClientIDThatIsRefused(t *testing.T) {
	way := &clientRefused{}
	h := newHouse(t, options{transport: way})
	z := h.signedIn(emulator.UserWade).startZap()
	for _, way.status = range []int{http.StatusUnauthorized, http.StatusForbidden} {
		for _, path := range []string{"/apps", z.step(1, "app"), "/zaps/new"} {
			assert.Equal(t, http.StatusOK, z.get(path).status, "%s: %d", path, way.status)
		}
		assert.NotZero(t, z.get("/apps").byTestID("app").Length())
	}
	account := h.account(emulator.AppOAuth2, "CRM")
	form := z.choose(1, emulator.AppOAuth2, "READ:new_lead", account)
	assert.Equal(t, 1, form.byTestID("fields-form").Length(), form.Text())
}
