package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// withAction is a draft whose first step waits for an account of the App.
func (b *browser) withAction(app, action string) *builder {
	b.t.Helper()
	z := b.startZap()
	z.send(z.step(1, "app"), url.Values{"app": {app}})
	shown := z.send(z.step(1, "action"), url.Values{"action": {action}})
	require.Equal(b.t, http.StatusOK, shown.status, shown.Text())
	return z
}

func (p page) chosen() string {
	return p.Find(`[data-testid="authentication"][data-chosen="true"]`).AttrOr("data-authentication", "")
}

func TestAppThatNeedsNoAccount(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	shown := z.send(z.step(2, "app"), url.Values{"app": {emulator.AppNoAuthentication}})
	shown = z.press(shown, shown.byTestID("action"))
	assert.Equal(t, z.step(2, "fields"), shown.url.Path, "none is chosen by itself")
	assert.Zero(t, h.emulator.Count(emulator.OpAuthenticationsList))
	none := z.get(z.step(2, "account"))
	assert.Equal(t, http.StatusOK, none.status)
	assert.Equal(t, 1, none.byTestID("needs-none").Length())
	assert.Zero(t, none.byTestID("choose").Length())
	assert.Equal(t, z.step(2, "fields"), z.follow(none, none.byTestID("go-on")).url.Path)
	assert.Contains(t, z.page().byTestID("step").Eq(1).Text(), "No account needed")
}

func TestOnlyActionsThatFitThePlaceAreOffered(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	for number, want := range map[int][]string{1: {"READ", "READ_BULK", "SEARCH"}, 2: {"WRITE", "SEARCH", "SEARCH_OR_WRITE", "SEARCH_AND_WRITE"}} {
		shown := z.send(z.step(number, "app"), url.Values{"app": {emulator.AppOAuth2}})
		var types []string
		for _, action := range shown.byTestID("action").EachIter() {
			actionType, _, _ := strings.Cut(action.AttrOr("data-action", ""), ":")
			if len(types) == 0 || types[len(types)-1] != actionType {
				types = append(types, actionType)
			}
		}
		assert.Equal(t, want, types, "grouped, and nothing else")
		for _, other := range []string{"WRITE:create_lead", "READ:new_lead", "FILTER:filter", "READ:no_such", "", ":", "READ", "x:y"} {
			actionType, _, _ := strings.Cut(other, ":")
			if strings.HasSuffix(other, "_lead") && contains(want, actionType) {
				continue
			}
			refused := z.send(z.step(number, "action"), url.Values{"action": {other}})
			assert.Equal(t, http.StatusConflict, refused.status, other)
			assert.Equal(t, "action-not-found", refused.errorCode(), other)
			assert.Equal(t, z.step(number, "action"), refused.byTestID("retry").AttrOr("href", ""))
		}
	}
	for _, app := range []string{"", "x", "00000000-0000-4000-8000-000000000000"} {
		refused := z.send(z.step(1, "app"), url.Values{"app": {app}})
		assert.Equal(t, "app-not-found", refused.errorCode())
		assert.Equal(t, z.step(1, "app"), refused.byTestID("retry").AttrOr("href", ""))
	}
}

func contains(list []string, wanted string) bool {
	for _, item := range list {
		if item == wanted {
			return true
		}
	}
	return false
}

func TestAppsOfAStepAreSearchedAndPaged(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	z := h.signedIn(emulator.UserWade).startZap()
	first := z.get(z.step(1, "app"))
	next := z.follow(first, first.Find(`a[rel="next"]`))
	assert.Equal(t, z.step(1, "app"), z.below(next.url), "the pages are the step's own")
	assert.Equal(t, "page=2", next.url.RawQuery)
	found := z.get(z.step(1, "app") + "?query=marigold")
	assert.Equal(t, 1, found.byTestID("app").Length())
	beyond := z.get(z.step(1, "app") + "?category=crm&page=99")
	assert.Equal(t, "category=crm", beyond.url.RawQuery)
	chosen := z.press(found, found.byTestID("app"))
	assert.Equal(t, z.step(1, "action"), z.below(chosen.url))
	assert.Contains(t, z.get(z.step(1, "app")+"?query=marigold").Find(`.card[data-chosen="true"]`).Text(), "Marigold")
}

func TestAnotherAppClearsWhatFollows(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	same := z.send(z.step(2, "app"), url.Values{"app": {emulator.AppSession}})
	assert.Equal(t, z.step(2, "fields"), same.url.Path, "the same App clears nothing")
	assert.Contains(t, same.value("full_name"), "new_lead.full_name")
	other := z.send(z.step(2, "app"), url.Values{"app": {emulator.AppBasic}, "confirm": {"1"}})
	assert.Equal(t, z.step(2, "action"), other.url.Path)
	assert.NotContains(t, z.page().Text(), "Create Engagement Report")
}

func TestConnectingWhileBuilding(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	z := h.signedIn(emulator.UserWade).withAction(emulator.AppBasic, "READ:new_invoice")
	page := z.get(z.step(1, "account"))
	assert.Equal(t, "idle", page.byTestID("attempt").AttrOr("data-state", ""))
	assert.Zero(t, page.byTestID("go-on").Length())

	again := z.press(page, page.byTestID("check").First())
	assert.Equal(t, z.step(1, "account"), z.below(again.url), "the attempt's forms come back here")
	cancelledAt := z.get(z.step(1, "account"))
	z.get(cancelledAt.byTestID("connect").AttrOr("href", ""))
	waiting := z.get(z.step(1, "account"))
	cancelled := z.press(waiting, waiting.byTestID("cancel").First())
	assert.Equal(t, z.step(1, "account"), z.below(cancelled.url))
	assert.Equal(t, "cancelled", cancelled.byTestID("attempt").AttrOr("data-state", ""))

	z.connectAt(cancelled.byTestID("connect").AttrOr("href", ""))
	h.clock.Advance(time.Second)
	back := z.get(z.step(1, "account")) // by the browser's own Back
	stored := h.emulator.Authentications(emulator.UserWade, emulator.AppBasic)
	require.Len(t, stored, 1)
	assert.Equal(t, "connected", back.byTestID("attempt").AttrOr("data-state", ""))
	assert.Equal(t, stored[0].ID, back.chosen(), "what was connected is the step's account by itself")
	assert.Equal(t, z.step(1, "fields"), z.below(z.follow(back, back.byTestID("go-on")).url))
	assert.Contains(t, z.get("/").Text(), "Ledgerleaf", "and the session's choice")
	assert.Equal(t, "true", z.get("/apps/"+emulator.AppBasic).Find(`[data-authentication="`+stored[0].ID+`"]`).AttrOr("data-chosen", ""))
}

// The account that was connected last counts, until the person chooses another one.
func TestConnectingAnotherAccount(t *testing.T) {
	h := newHouse(t, options{})
	first := h.account(emulator.AppBasic, "First")
	z := h.signedIn(emulator.UserWade).withAction(emulator.AppBasic, "READ:new_invoice")
	z.send(z.step(1, "account"), url.Values{"authentication": {first}})
	h.clock.Advance(time.Minute)
	page := z.get(z.step(1, "account"))
	assert.Equal(t, first, page.chosen())
	z.connectAt(page.byTestID("connect").AttrOr("href", ""))
	h.clock.Advance(time.Second)
	after := z.press(page, page.byTestID("check").First())
	second := after.chosen()
	assert.NotEqual(t, first, second)
	require.NotEmpty(t, second)

	h.clock.Advance(time.Second)
	chosen := z.press(after, after.Find(`[data-authentication="`+first+`"] [data-testid="choose"]`))
	assert.Equal(t, z.step(1, "fields"), chosen.url.Path)
	reloaded := z.get(after.url.RequestURI())
	assert.Equal(t, first, reloaded.chosen(), "a page that is loaded again does not undo a choice")
}

func TestAccountThatCannotBeUsed(t *testing.T) {
	h := newHouse(t, options{})
	one, other := h.account(emulator.AppBasic, "One"), h.account(emulator.AppBasic, "Other")
	z := h.signedIn(emulator.UserWade).withAction(emulator.AppBasic, "READ:new_invoice")
	z.send(z.step(1, "account"), url.Values{"authentication": {one}})
	require.NoError(t, h.emulator.ExpireAuthentication(one))
	page := z.get(z.step(1, "account"))
	assert.Equal(t, "authentication-expired", page.errorCode())
	assert.Equal(t, 1, page.Find(`[data-authentication="`+one+`"] [data-testid="reconnect"]`).Length())

	for name, tt := range map[string]struct{ id, code string }{
		"expired": {one, "authentication-expired"}, "invented": {"999", "authentication-gone"}, "nothing": {"", "authentication-gone"},
	} {
		t.Run(name, func(t *testing.T) {
			refused := z.send(z.step(1, "account"), url.Values{"authentication": {tt.id}})
			assert.Equal(t, http.StatusConflict, refused.status)
			assert.Equal(t, tt.code, refused.errorCode())
			assert.Equal(t, z.step(1, "account"), refused.byTestID("retry").AttrOr("href", ""))
		})
	}
	chosen := z.press(page, page.Find(`[data-authentication="`+other+`"] [data-testid="choose"]`))
	assert.Equal(t, z.step(1, "fields"), chosen.url.Path)
	assert.Zero(t, z.get(z.step(1, "account")).byTestID("error").Length())
}

// Zapier says of an account that has expired meanwhile when the form is read: the page says so and leads there.
func TestAccountThatExpiresMeanwhile(t *testing.T) {
	h := newHouse(t, options{})
	z, _, ads := h.signedIn(emulator.UserWade).worked()
	require.NoError(t, h.emulator.ExpireAuthentication(ads))
	form := z.fill(z.get(z.step(2, "fields")), "refresh", nil)
	assert.Equal(t, http.StatusOK, form.status)
	assert.Equal(t, "account-refused", form.byTestID("unread").AttrOr("data-code", ""))
	assert.Contains(t, form.value("full_name"), "full_name", "nothing is lost")
	page := z.get(z.step(2, "account"))
	assert.Equal(t, "authentication-expired", page.errorCode())
}

// Or when the Zap is made of it: the review says at the step what is to be done.
func TestAccountThatExpiresBeforePublishing(t *testing.T) {
	h := newHouse(t, options{})
	z, _, ads := h.signedIn(emulator.UserWade).worked()
	require.NoError(t, h.emulator.ExpireAuthentication(ads))
	refused := z.publish()
	assert.NotZero(t, refused.byTestID("refused").Length())
	gap := refused.byTestID("step").Eq(1).Find(`[data-testid="gap"]`)
	assert.Contains(t, gap.Text(), "PlatformAdManager cannot be used")
	assert.Zero(t, refused.byTestID("step").Eq(0).Find(`[data-testid="gap"]`).Length())
	page := z.follow(refused, gap)
	assert.Equal(t, "authentication-expired", page.errorCode())

	z.connectAt(page.byTestID("reconnect").AttrOr("href", ""))
	h.clock.Advance(time.Second)
	back := z.get(z.step(2, "account"))
	assert.NotEmpty(t, back.chosen())
	assert.Zero(t, back.byTestID("error").Length(), back.Text())
	z.get(z.step(2, "fields"))
	assert.Equal(t, "done", z.publish().byTestID("publishing").AttrOr("data-state", ""))
}

func TestWhatIsUsedElsewhereComesFirst(t *testing.T) {
	h := newHouse(t, options{})
	var ids []string
	for _, title := range []string{"A", "B", "C"} {
		ids = append(ids, h.account(emulator.AppBasic, title))
	}
	b := h.signedIn(emulator.UserWade)
	b.post("/apps/"+emulator.AppBasic+"/choice", url.Values{"authentication": {ids[1]}})
	z := b.withAction(emulator.AppBasic, "READ:new_invoice")
	page := z.get(z.step(1, "account"))
	assert.Equal(t, ids[1], page.byTestID("authentication").First().AttrOr("data-authentication", ""))
	assert.Empty(t, page.chosen(), "offered, not chosen")
	assert.Equal(t, 3, page.byTestID("choose").Length())

	require.NoError(t, h.emulator.ExpireAuthentication(ids[1]))
	assert.NotEqual(t, ids[1], z.get(z.step(1, "account")).byTestID("authentication").First().AttrOr("data-authentication", ""))
}

// The place to come back to is named by a form; only our own pages with a list of accounts are taken.
func TestComingBackLeadsNowhereElse(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	for _, place := range []string{
		"https://evil.example/", "//evil.example/drafts/x", `/\evil.example`, "/drafts/../sign-out", "/sign-out", "/", "", "javascript:alert(1)",
		"/drafts", "drafts/x", "/drafts//evil.example", "/apps/%2f%2fevil.example", "/drafts/x\r\nSet-Cookie: a=b", "/DRAFTS/x",
	} {
		attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
		back := b.stopping().post("/attempts/"+attempt.ID+"/check", url.Values{"return": {place}})
		assert.Equal(t, http.StatusSeeOther, back.status, place)
		assert.Equal(t, "/zaps/apps/"+emulator.AppBasic+"?attempt="+attempt.ID, back.header.Get("Location"), place)
	}
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	back := b.stopping().post("/attempts/"+attempt.ID+"/check", url.Values{"return": {"/drafts/x/steps/s1/account?a=b#c"}})
	assert.Equal(t, "/zaps/drafts/x/steps/s1/account?a=b&attempt="+attempt.ID, strings.TrimSuffix(back.header.Get("Location"), "#c"))
	gone := b.post("/attempts/nothing/check", url.Values{"return": {"/drafts/x/steps/s1/account"}})
	assert.Equal(t, "/zaps/drafts/x/steps/s1/account", gone.byTestID("retry").AttrOr("href", ""))
}
