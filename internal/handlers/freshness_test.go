package handlers_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// asking makes a request with a Cache-Control.
func (b *browser) asking(path, control string) page {
	b.t.Helper()
	r := b.request(http.MethodGet, path, nil)
	r.Header.Set("X-Zapembed", "1")
	if control != "" {
		r.Header.Set("Cache-Control", control)
	}
	return b.do(r)
}

func TestPageThatIsLoadedAgain(t *testing.T) {
	h := newHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	b.get("/apps/" + emulator.AppOAuth2)
	h.clock.Advance(time.Minute)
	directory := h.emulator.Count(emulator.OpAppsList)
	for i, step := range []struct {
		wait    time.Duration
		control string
		calls   int
	}{
		{0, "", 1},
		{20 * time.Second, "", 0},
		{0, "max-age=0", 0}, // a form may have led here
		{31 * time.Second, "max-age=0", 1},
		{31 * time.Second, "no-cache", 1},
		{31 * time.Second, "public, Max-Age=0", 1},
		{59 * time.Second, "max-age=10", 0},
		{time.Second, "", 1},
	} {
		h.clock.Advance(step.wait)
		before := h.emulator.Count(emulator.OpAuthenticationsList)
		require.Equal(t, http.StatusOK, b.asking("/apps/"+emulator.AppOAuth2, step.control).status)
		assert.Equal(t, step.calls, h.emulator.Count(emulator.OpAuthenticationsList)-before, "%d: %q", i, step.control)
	}
	assert.Equal(t, directory, h.emulator.Count(emulator.OpAppsList), "what nobody's changes touch is not asked for again")
}

func TestProxiedAnswersSayHowOldTheyAre(t *testing.T) {
	h := newHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	fresh := b.asking("/api/zapier/v2/zaps", "")
	assert.Empty(t, fresh.header.Get("Age"))
	h.clock.Advance(10 * time.Second)
	kept := b.asking("/api/zapier/v2/zaps", "")
	assert.Equal(t, fresh.body, kept.body)
	assert.Equal(t, "application/json", kept.header.Get("Content-Type"))
	assert.Equal(t, "10", kept.header.Get("Age"))
	assert.Equal(t, "no-store", kept.header.Get("Cache-Control"), "and nobody keeps it on the way")
	assert.Equal(t, 1, h.emulator.Count(emulator.OpZapsList))
	assert.Empty(t, b.asking("/api/zapier/v2/zaps", "no-cache").header.Get("Age"))
	assert.Equal(t, 2, h.emulator.Count(emulator.OpZapsList))

	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapsList, Status: 503, Times: 99}))
	given := h.clock.Now()
	h.clock.Advance(time.Minute)
	old := b.asking("/api/zapier/v2/zaps", "")
	assert.Equal(t, http.StatusOK, old.status)
	assert.Equal(t, given.Format(time.RFC3339), old.header.Get("X-Zapembed-As-Of"))
	assert.Equal(t, "60", old.header.Get("Age"))
	assert.GreaterOrEqual(t, b.asking("/api/zapier/v2/zaps", "no-cache").status, 500, "who wants no old answer gets none")
}

func TestChangesCountAtOnce(t *testing.T) {
	h := newHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	before := b.get("/zaps").byTestID("zap")
	require.NotZero(t, before.Length())
	zap := before.First().AttrOr("data-zap", "")
	require.Equal(t, http.StatusOK, b.post("/zaps/"+zap+"/rename", url.Values{"title": {"Changed on a page"}}).status)
	assert.Contains(t, b.get("/zaps").Text(), "Changed on a page")
	got := b.call(http.MethodPatch, "/api/zapier/v2/zaps/"+zap, map[string]any{"data": map[string]any{"title": "Changed by a program"}})
	require.Less(t, got.status, 300, got.body)
	assert.Contains(t, b.get("/zaps").Text(), "Changed by a program")
}

// In one browser, one after the other: nobody sees what was kept for somebody else, nor for the person of before.
func TestKeptAnswersOfPeopleWhoFollowOneAnother(t *testing.T) {
	h := newHouse(t, options{chain: true})
	h.account(emulator.AppBasic, "canary of Wade")
	b := h.signedIn(emulator.UserWade)
	assert.Contains(t, b.get("/apps/"+emulator.AppBasic).Text(), "canary of Wade")
	b.post("/sign-out", nil)
	assert.Equal(t, http.StatusUnauthorized, b.get("/apps/"+emulator.AppBasic).status)
	assert.Equal(t, http.StatusUnauthorized, b.asking("/api/zapier/v2/authentications?app="+emulator.AppBasic+"&limit=100&offset=0", "").status)

	nadia := h.signedIn(emulator.UserNadia)
	assert.NotContains(t, nadia.get("/apps/"+emulator.AppBasic).Text(), "canary of Wade")
	h.emulator.RevokeGrant(emulator.UserNadia)
	h.clock.Advance(time.Minute)
	assert.Equal(t, "sign-in-ended", nadia.get("/apps/"+emulator.AppBasic).errorCode(), "and whose grant has ended is told so")
}

// What Zapier says of an account when the form is read, the page of the accounts says too.
func TestAccountThatZapierRefuses(t *testing.T) {
	h := newHouse(t, options{chain: true})
	z, _, ads := h.signedIn(emulator.UserWade).worked()
	z.get(z.step(2, "account"))
	require.NoError(t, h.emulator.ExpireAuthentication(ads))
	form := z.fill(z.get(z.step(2, "fields")), "refresh", nil)
	assert.Equal(t, "account-refused", form.byTestID("unread").AttrOr("data-code", ""))
	assert.Equal(t, "authentication-expired", z.get(z.step(2, "account")).errorCode())
}

// Nobody is told that an account cannot be used because of what was kept.
func TestAccountThatWorksAgain(t *testing.T) {
	h := newHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	expired := h.emulator.Authentications(emulator.UserWade, emulator.AppExpired)[0]
	shown := b.get("/apps/" + emulator.AppExpired)
	require.Equal(t, "true", shown.Find(`[data-authentication="`+expired.ID+`"]`).AttrOr("data-expired", ""), shown.Text())
	added := h.account(emulator.AppExpired, "added at Zapier itself")
	chosen := b.post("/apps/"+emulator.AppExpired+"/choice", url.Values{"authentication": {added}})
	assert.Equal(t, http.StatusOK, chosen.status, chosen.Text())
	assert.Contains(t, chosen.Text(), "added at Zapier itself")
	gone := b.post("/apps/"+emulator.AppExpired+"/choice", url.Values{"authentication": {expired.ID}})
	assert.Equal(t, "authentication-expired", gone.errorCode())
}

// And when Zapier cannot be asked, nobody is told that the account is gone.
func TestAccountThatNobodyKnowsOf(t *testing.T) {
	h, way := narrowHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	b.get("/apps/" + emulator.AppExpired)
	added := h.account(emulator.AppExpired, "added at Zapier itself")
	way.fillFor("/v2/authentications", &full{20 * time.Second, 2})
	busy := b.post("/apps/"+emulator.AppExpired+"/choice", url.Values{"authentication": {added}})
	assert.Equal(t, "zapier-rate-limited", busy.errorCode())
}

// While a window is open the accounts are asked for anew. When there is no answer, those from before stay on the page.
func TestAccountsFromBeforeWhileAWindowIsOpen(t *testing.T) {
	h, way := narrowHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	account := h.account(emulator.AppBasic, "From before")
	page := "/apps/" + emulator.AppBasic
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.stopping().get(attempt.StartURL)
	assert.Zero(t, b.get(page).byTestID("kept").Length())
	h.clock.Advance(16 * time.Second)
	h.account(emulator.AppBasic, "Of the window")
	way.fillFor("/v2/authentications", &full{20 * time.Second, 0})

	away := b.get(page)
	assert.Equal(t, "2026-11-22T12:00:00Z", away.byTestID("kept").Find("time").AttrOr("datetime", ""))
	assert.Empty(t, away.errorCode())
	assert.Equal(t, "waiting", away.byTestID("attempt").AttrOr("data-state", ""))
	chosen := b.post(page+"/choice", url.Values{"authentication": {account}})
	assert.Equal(t, account, chosen.chosen(), chosen.Text())
	way.fill(nil)
	assert.Equal(t, "connected", b.get(page).byTestID("attempt").AttrOr("data-state", ""))
}

// A change of a Zap begins with the Zap as it is, however lately it was read.
func TestZapIsReadAnewBeforeItIsEdited(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope, chain: true})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	b.get("/zaps/" + zap.ID)
	before := h.emulator.Count(emulator.OpZapsList)
	b.get("/zaps/" + zap.ID)
	require.Equal(t, before, h.emulator.Count(emulator.OpZapsList), "it is kept")
	b.stopping().post("/zaps/"+zap.ID+"/edit", nil)
	assert.Equal(t, before+1, h.emulator.Count(emulator.OpZapsList))
}
