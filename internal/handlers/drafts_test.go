package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestDraftOfNothing(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	draft := z.page()
	assert.Equal(t, 2, draft.byTestID("step").Length())
	assert.Zero(t, draft.byTestID("publish").Length())
	for _, gap := range []string{"name", "Step 1: choose an App", "Step 2: choose an App"} {
		assert.Contains(t, draft.byTestID("gaps").Text(), gap)
	}
	assert.Contains(t, z.get("/").Text(), "Untitled", "the home page lists it")
	assert.NotZero(t, z.get("/").Find(`a[href="`+z.draft+`"]`).Length())

	z.rename("  Mine  ")
	assert.Equal(t, "Mine", strings.TrimSpace(z.page().Find("h1").Text()))
	assert.NotContains(t, z.page().byTestID("gaps").Text(), "name")

	asked := z.get(z.draft + "/delete")
	assert.Contains(t, asked.Text(), "Mine")
	gone := z.press(asked, asked.byTestID("confirm-submit"))
	assert.Equal(t, "/zaps", gone.url.Path)
	again := z.post(z.draft+"/delete", nil)
	assert.Equal(t, "draft-not-found", again.errorCode())
	assert.Equal(t, "/zaps", again.byTestID("retry").AttrOr("href", ""))
	assert.Equal(t, http.StatusNotFound, z.get(z.draft).status)
}

func TestGapsLeadToWhereTheyAreMended(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	z.send(z.step(1, "app"), url.Values{"app": {emulator.AppOAuth2}})
	z.send(z.step(2, "app"), url.Values{"app": {emulator.AppSession}})
	z.send(z.step(2, "action"), url.Values{"action": {"WRITE:create_engagement_report"}})
	draft := z.page()
	require.Equal(t, 4, draft.byTestID("gaps").Find("a").Length(), draft.byTestID("gaps").Text())
	for i, want := range []string{z.draft + "#title", z.step(1, "action"), z.step(2, "account"), z.step(2, "account")} {
		link := draft.byTestID("gaps").Find("a").Eq(i)
		path, fragment, _ := strings.Cut(want, "#")
		mended := z.follow(draft, link)
		assert.Equal(t, path, mended.url.Path)
		_, led, _ := strings.Cut(link.AttrOr("href", ""), "#")
		assert.Equal(t, fragment, led)
		if fragment != "" {
			assert.Equal(t, 1, mended.Find("#"+fragment).Length())
		}
	}
}

func TestAnotherUsersDraftIsNotThere(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	step, revision := z.step(1, ""), z.revision()
	nadia := h.signedIn(emulator.UserNadia)
	tried := 0
	for _, route := range everyRoute() {
		if !strings.HasPrefix(route.pattern, "/drafts/") {
			continue
		}
		tried++
		path := strings.Replace(strings.Replace(route.pattern, "/drafts/{draft}/steps/{step}", step, 1), "/drafts/{draft}", z.draft, 1)
		got := nadia.do(nadia.form(route.method, path, url.Values{"revision": {revision}, "app": {emulator.AppOAuth2}}))
		assert.Equal(t, http.StatusNotFound, got.status, path)
		assert.Equal(t, "draft-not-found", got.errorCode(), path)

		stranger := h.browser()
		got = stranger.do(stranger.form(route.method, path, url.Values{"revision": {revision}}))
		assert.Equal(t, http.StatusUnauthorized, got.status, path)
		link, err := url.Parse(got.byTestID("sign-in").AttrOr("href", ""))
		require.NoError(t, err)
		back := z.get(link.Query().Get("return_to"))
		assert.Equal(t, http.StatusOK, back.status, "signing in comes back to a page of the draft: %s", path)
		assert.True(t, strings.HasPrefix(back.url.Path, z.draft), path)
	}
	assert.Greater(t, tried, 20)
	assert.Equal(t, revision, z.revision())
	assert.NotContains(t, nadia.get("/").Text(), "Untitled")
}

// form is a request with a form.
func (b *browser) form(method, path string, values url.Values) *http.Request {
	b.t.Helper()
	r := b.request(method, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

func TestStepThatIsNotThere(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	for _, path := range []string{"/steps/s99", "/steps/s99/app", "/steps/x/fields"} {
		got := z.get(z.draft + path)
		assert.Equal(t, http.StatusNotFound, got.status)
		assert.Equal(t, "step-not-found", got.errorCode())
		assert.Equal(t, z.draft, got.byTestID("retry").AttrOr("href", ""))
	}
	got := z.send(z.draft+"/steps", url.Values{"after": {"s99"}})
	assert.Equal(t, "step-not-found", got.errorCode())
}

func TestTwentyStepsAreTheMost(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	first := z.step(1, "")
	for range 18 {
		require.Equal(t, http.StatusOK, z.send(z.draft+"/steps", url.Values{"after": {first[strings.LastIndex(first, "/")+1:]}}).status)
	}
	full := z.page()
	assert.Equal(t, 20, full.byTestID("step").Length())
	assert.Zero(t, full.byTestID("add-step").Length(), "what cannot be done is not offered")
	one := z.send(z.draft+"/steps", nil)
	assert.Equal(t, http.StatusConflict, one.status)
	assert.Equal(t, "draft-full", one.errorCode())
	assert.Equal(t, z.draft, one.byTestID("retry").AttrOr("href", ""))
}

func TestStepsAreRemovedAndMoved(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	kept := z.send(z.step(2, "remove"), nil)
	assert.Equal(t, "draft-too-few-steps", kept.errorCode())
	assert.Zero(t, z.page().byTestID("remove-step").Length())

	z.send(z.draft+"/steps", nil)
	z.send(z.step(3, "app"), url.Values{"app": {emulator.AppNoAuthentication}})
	z.send(z.step(3, "action"), url.Values{"action": {"FILTER:filter"}})
	filter := z.step(3, "")
	draft := z.page()
	moved := z.press(draft, draft.Find(`[data-step="`+filter[strings.LastIndex(filter, "/")+1:]+`"] [data-testid="move-up"]`))
	assert.Equal(t, filter, z.step(2, ""), moved.Text())
	assert.Zero(t, moved.byTestID("step").Eq(0).Find(`[data-testid^="move"]`).Length(), "a trigger stays first")
	assert.Zero(t, moved.byTestID("step").Eq(1).Find(`[data-testid="move-up"]`).Length(), "and nothing goes before it")
	refused := z.send(filter+"/move", url.Values{"direction": {"up"}})
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.Equal(t, "step-no-place", refused.errorCode())
	assert.Equal(t, "bad-request", z.send(filter+"/move", url.Values{"direction": {"sideways"}}).errorCode())

	broken := z.send(z.step(1, "remove"), nil)
	require.Equal(t, z.draft, broken.url.Path)
	chip := broken.Find("[data-broken]")
	assert.Equal(t, "{{new_lead.full_name}}", chip.AttrOr("data-token", ""), "every mapping that breaks is shown")
	assert.Contains(t, chip.Text(), "gone")
	assert.Contains(t, broken.byTestID("gaps").Text(), "Full Name")
	link, err := url.Parse(broken.byTestID("gaps").Find(`a[href*="#"]`).First().AttrOr("href", ""))
	require.NoError(t, err)
	assert.Equal(t, "field-full_name", link.Fragment)
}

func TestChangesOfAnOlderDraftAreRefused(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.send(z.draft+"/steps", nil)
	old := z.revision()
	z.rename("Changed meanwhile")
	now := z.revision()
	require.NotEqual(t, old, now)
	sent := url.Values{
		"revision": {old}, "title": {"mine"}, "direction": {"down"}, "app": {emulator.AppSession}, "action": {"WRITE:create_engagement_report"},
		"authentication": {h.emulator.Authentications(emulator.UserWade, emulator.AppSession)[0].ID}, "confirm": {"1"},
	}
	for _, path := range []string{
		z.draft + "/title", z.draft + "/steps", z.draft + "/publish", z.step(2, "remove"), z.step(2, "move"),
		z.step(2, "app"), z.step(2, "action"), z.step(2, "account"), z.step(2, "test"),
	} {
		got := z.post(path, sent)
		assert.Equal(t, http.StatusConflict, got.status, path)
		assert.Equal(t, "draft-changed", got.errorCode(), path)
		assert.Equal(t, http.StatusOK, z.follow(got, got.byTestID("retry")).status, path)
		for _, revision := range []string{"", "x", "-1"} {
			sent := url.Values{"revision": {revision}, "title": {"x"}, "direction": {"down"}, "app": sent["app"], "action": sent["action"], "authentication": sent["authentication"]}
			assert.NotEqual(t, http.StatusOK, z.post(path, sent).status, path+" "+revision)
		}
	}
	assert.Equal(t, now, z.revision())
	assert.Equal(t, "Changed meanwhile", strings.TrimSpace(z.page().Find("h1").Text()))
	assert.Zero(t, h.emulator.Count(emulator.OpActionTest))
	assert.Zero(t, h.emulator.Count(emulator.OpZapCreate))
}

func TestWhatIsNotReadyIsNotSent(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	z.fill(form, "save", url.Values{"f.full_name": {""}})
	got := z.send(z.draft+"/publish", nil)
	assert.Equal(t, http.StatusConflict, got.status)
	assert.Equal(t, "draft-not-ready", got.byTestID("notice").Find("[data-code]").AttrOr("data-code", ""))
	assert.Contains(t, got.byTestID("gaps").Text(), "Full Name")
	assert.Zero(t, h.emulator.Count(emulator.OpZapCreate))
}

// However often the button is pressed, there is one Zap; and all who press see it.
func TestPublishingOnce(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	before := len(h.emulator.Zaps(emulator.UserWade))
	revision, hold := z.revision(), make(chan struct{})
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Hold: hold}))
	var pressing sync.WaitGroup
	pages := make([]page, 3)
	for i := range pages {
		pressing.Go(func() { pages[i] = z.post(z.draft+"/publish", url.Values{"revision": {revision}}) })
	}
	require.Eventually(t, func() bool { return h.emulator.Count(emulator.OpZapCreate) == 1 }, 20*time.Second, time.Millisecond)
	running := z.get(z.draft)
	assert.Equal(t, "running", running.byTestID("publishing").AttrOr("data-state", ""))
	assert.Equal(t, "3", running.header.Get("Refresh"), "it looks by itself how far it is")
	assert.Zero(t, running.byTestID("publish").Length()+running.byTestID("add-step").Length()+running.byTestID("move-up").Length())
	assert.Equal(t, z.draft, z.get(z.draft+"/steps/s1/fields").url.Path, "meanwhile nothing can be changed")
	assert.Equal(t, "draft-changed", z.post(z.draft+"/title", url.Values{"revision": {revision}, "title": {"x"}}).errorCode())
	close(hold)
	pressing.Wait()
	for _, pressed := range pages {
		assert.Equal(t, "done", pressed.byTestID("publishing").AttrOr("data-state", ""))
		assert.Empty(t, pressed.header.Get("Refresh"))
	}
	again := z.post(z.draft+"/publish", url.Values{"revision": {revision}})
	assert.Equal(t, "done", again.byTestID("publishing").AttrOr("data-state", ""))
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
	assert.Equal(t, 1, h.emulator.Count(emulator.OpZapCreate))
	assert.NotContains(t, z.get("/").Text(), "Register engagement report", "what is a Zap is no draft any more")
}

// An answer that is lost after the Zap was made is found by looking, not by sending again.
func TestLostAnswerIsLookedFor(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	before := len(h.emulator.Zaps(emulator.UserWade))
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true}))
	done := z.publish()
	assert.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""))
	assert.Equal(t, "/zaps/"+h.newest().ID, done.byTestID("zap-link").AttrOr("href", ""))
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
	assert.Equal(t, 1, h.emulator.Count(emulator.OpZapCreate))
}

func TestLostRequestIsSentAgainWhenThePersonSaysSo(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	before := len(h.emulator.Zaps(emulator.UserWade))
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true}))
	unknown := z.publish()
	require.Equal(t, "unknown", unknown.byTestID("publishing").AttrOr("data-state", ""), unknown.Text())
	listed := z.get("/zaps")
	assert.Equal(t, 1, listed.byTestID("draft-unknown").Length(), "the list does not call it ready")
	assert.Zero(t, listed.byTestID("draft-gaps").Length())
	assert.Zero(t, unknown.byTestID("publish").Length())
	looked := z.press(unknown, unknown.byTestID("look"))
	assert.Equal(t, "unknown", looked.byTestID("publishing").AttrOr("data-state", ""))
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before)
	done := z.press(looked, looked.byTestID("publish-again"))
	assert.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""))
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
}

func TestWhatTheScopesDoNotAllowIsNotOffered(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	home := z.get("/")
	assert.NotZero(t, home.Find(`a[href="/zaps/new"]`).Length())

	poor := newHouse(t, options{scopes: "profile zap zap:update connection:read"})
	b := poor.signedIn(emulator.UserWade)
	assert.Zero(t, b.get("/").Find(`a[href="/zaps/new"]`).Length())
	assert.Equal(t, "zapier-refused", b.post("/zaps/new", nil).errorCode())
}

// A draft outlives the permission to make a Zap of it: the page says so, and the handler does not rely on the page.
func TestDraftWithoutThePermissionToPublish(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	revision := z.revision()
	z.allowOnly("profile zap connection:read")
	draft := z.page()
	assert.Zero(t, draft.byTestID("publish").Length())
	refused := z.post(z.draft+"/publish", url.Values{"revision": {revision}})
	assert.Equal(t, http.StatusForbidden, refused.status)
	assert.Equal(t, "zapier-refused", refused.errorCode())
	assert.Equal(t, http.StatusForbidden, z.post(z.draft+"/publish-again", url.Values{"revision": {revision}}).status)
	assert.Zero(t, h.emulator.Count(emulator.OpZapCreate))
}

// allowOnly signs in again and allows less than is asked for.
func (b *browser) allowOnly(scopes string) {
	b.t.Helper()
	asked, err := url.Parse(b.stopping().get("/sign-in").header.Get("Location"))
	require.NoError(b.t, err)
	query := asked.Query()
	query.Set("scope", scopes)
	asked.RawQuery = query.Encode()
	consent := b.get(asked.String())
	home := b.press(consent, consent.byTestID("allow"))
	require.Equal(b.t, 1, home.byTestID("sign-out").Length(), home.Text())
}

func TestNoticeOfADraft(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	shown := z.get(z.draft + "?notice=draft-incomplete")
	assert.Equal(t, "draft-incomplete", shown.errorCode())
	for _, other := range []string{"internal", "x", "draft-incomplete2", "<script>"} {
		assert.Zero(t, z.get(z.draft+"?notice="+url.QueryEscape(other)).byTestID("error").Length(), other)
	}
}

// A mapping counts as good only when the step that it is of is known to yield it as it is now.
func TestMappingOfAStepThatBecameAnother(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	before := len(h.emulator.Zaps(emulator.UserWade))
	z.choose(1, emulator.AppBasic, "READ:new_invoice", h.account(emulator.AppBasic, "Books"))
	review := z.page()
	assert.Contains(t, review.byTestID("gaps").Text(), "Full Name", "it leads nowhere")
	assert.Zero(t, review.byTestID("publish").Length())
	assert.Equal(t, http.StatusConflict, z.send(z.draft+"/publish", nil).status)
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before)
}

func TestWhatMappingsLeadToCannotBeRead(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	revision := z.revision()
	z.choose(1, emulator.AppBasic, "READ:new_invoice", h.account(emulator.AppBasic, "Books"))
	fault := emulator.Fault{Operation: emulator.OpOutputsList, Status: http.StatusServiceUnavailable}
	require.NoError(t, h.emulator.Arm(fault))
	review := z.page()
	assert.Equal(t, "zapier-unavailable", review.byTestID("notice").Find("[data-code]").AttrOr("data-code", ""))
	revision = review.Find(`input[name="revision"]`).First().AttrOr("value", revision)
	require.NoError(t, h.emulator.Arm(fault))
	refused := z.post(z.draft+"/publish", url.Values{"revision": {revision}})
	assert.Equal(t, "zapier-unavailable", refused.errorCode())
	assert.Zero(t, h.emulator.Count(emulator.OpZapCreate))
}

func TestValueTypedIntoAFieldThatWentAway(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	for _, do := range []string{"save", "next", "refresh"} {
		saved := z.send(z.step(2, "fields"), url.Values{"present": {"ghost"}, "f.ghost": {"typed"}, "do": {do}})
		assert.Equal(t, http.StatusOK, saved.status)
		assert.Contains(t, saved.byTestID("dropped").Text(), "ghost", "the page says that it is lost: %s", do)
	}
	saved := z.send(z.step(2, "fields"), url.Values{"present": {"ghost"}, "f.ghost": {""}, "do": {"save"}})
	assert.Zero(t, saved.byTestID("dropped").Length())
}

func TestZapThatIsOffIsNotCalledOn(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true}))
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusBadGateway}))
	unknown := z.publish()
	require.NoError(t, h.emulator.PauseZap(h.newest().ID))
	done := z.press(unknown, unknown.byTestID("look"))
	require.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""))
	assert.Contains(t, done.byTestID("publishing").Text(), "it is off")
	assert.NotContains(t, done.byTestID("publishing").Text(), "runs at Zapier from now on")
}

func TestZapThatWasChangedSince(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.publish()
	zap := h.newest()
	edited := z.post("/zaps/"+zap.ID+"/edit", nil)
	z.draft = z.below(edited.url)
	h.clock.Advance(time.Minute)
	require.NoError(t, h.emulator.PauseZap(zap.ID))
	asked := z.publish()
	assert.Equal(t, http.StatusConflict, asked.status)
	assert.Equal(t, "zap-changed-since", asked.byTestID("notice").Find("[data-code]").AttrOr("data-code", ""))
	assert.Zero(t, h.emulator.Count(emulator.OpZapUpdate))
	done := z.press(asked, asked.byTestID("publish"))
	assert.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""))
}
