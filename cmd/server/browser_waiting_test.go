package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// Waiting for room under Zapier's limits, as somebody at a browser sees it.

// full is what lies between the server and Zapier says when there is no room for a call.
type full struct {
	wait  time.Duration
	place int
}

func (f *full) Error() string          { return "no room" }
func (f *full) RetryIn() time.Duration { return f.wait }
func (f *full) InLine() int            { return f.place }

// narrow is a way to Zapier on which there is no room for some of the calls, by how their paths begin.
type narrow struct {
	mu   sync.Mutex
	path string
	full *full
}

func (n *narrow) fill(path string, f full) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.path, n.full = path, &f
}

func (n *narrow) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.full = nil
}

func (n *narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	full, path := n.full, n.path
	n.mu.Unlock()
	if full != nil && strings.HasPrefix(r.URL.Path, path) {
		return nil, full
	}
	return ownTransport.RoundTrip(r)
}

// narrowWorld keeps nothing of what Zapier answered, so that each page has to ask.
func narrowWorld(t *testing.T) (*world, *narrow) {
	way := &narrow{}
	return newWorld(t, worldOptions{transport: way, env: map[string]string{"ZAPIER_CACHE": "off"}}), way
}

// spoken counts how often the live region says something from now on.
const spoken = `(() => {
	window.spoken = [];
	const region = document.querySelector('[data-live-region]');
	new MutationObserver(() => region.textContent && window.spoken.push(region.textContent)).observe(region, {childList: true});
	return true;
})()`

func TestWaitingPageGoesOnByItself(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.wade("/")
	way.fill("/v2/apps", full{2 * time.Second, 2})
	p.open(w.url + "/apps?query=ledger")
	p.wait(visible(byTestID("waiting")))
	assert.Contains(t, p.text(), "You are number 2 in line.")
	require.True(t, eval[bool](p, spoken))
	eval[bool](p, `(() => { window.same = true; document.querySelector('summary').focus(); return true; })()`)
	p.wait(`/in 1 s/.test(document.querySelector('[data-countdown]').textContent)`)

	way.fill("/v2/apps", full{2 * time.Second, 1})
	p.wait(`document.querySelector('[data-testid="waiting"]').dataset.place === '1'`)
	assert.Contains(t, p.text(), "You are next.")
	assert.True(t, eval[bool](p, `window.same && document.activeElement.matches('summary')`), "the page stays, and the focus on it")
	p.wait(`window.spoken.length > 0`)
	assert.Equal(t, []string{"You are next."}, eval[[]string](p, `window.spoken`), "the seconds are not read out")

	way.clear()
	p.wait(visible(byTestID("app")))
	assert.True(t, eval[bool](p, `window.same`), "what was waited for is not fetched twice")
	assert.Equal(t, w.url+"/apps?query=ledger", eval[string](p, `location.href`))
	assert.Equal(t, "Apps · Zapembed", eval[string](p, `document.title`))
	assert.True(t, eval[bool](p, `document.activeElement.matches('main')`))
	p.fill(`input[name="query"]`, "nothing-of-the-kind")
	p.wait(`document.querySelectorAll('[data-testid="app"]').length === 0`)
}

// The answer's Refresh is for browsers in which no script runs.
func TestWaitingPageGoesOnWithoutScript(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.plain("/")
	way.fill("/v2/apps", full{time.Second, 0})
	p.open(w.url + "/apps")
	p.wait(ready(byTestID("waiting")))
	way.clear()
	p.wait(ready(byTestID("app")))
}

func TestPopupWaitsAndGoesOn(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.wade(appPath(emulator.AppBasic))
	p.wait(ready(byTestID("connect")))
	way.fill("/v2/authentications", full{time.Second, 0})
	popup := p.popup(func() { p.click(byTestID("connect")) })
	popup.wait(visible(byTestID("waiting")))
	p.state("opened")
	way.clear()
	popup.connect()
	p.state("connected")
	assert.Len(t, w.stored(emulator.AppBasic), 1)
}

// aMinuteLater is it for the server and for the page.
func (w *world) aMinuteLater(p *tab) {
	w.clock.Advance(time.Minute)
	eval[bool](p, `(() => { const now = Date.now; Date.now = () => now() + 60_000; return true; })()`)
}

// byTheClockOf gives this page, and those that the tab opens from now on, the time of the world: what is a day away is told
// with its date.
func (p *tab) byTheClockOf(w *world) {
	p.t.Helper()
	script := fmt.Sprintf(`(() => { const now = Date.now, apart = %d - now(); Date.now = () => now() + apart; return true; })()`, w.clock.Now().UnixMilli())
	_, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
	require.NoError(p.t, err)
	require.True(p.t, eval[bool](p, script))
}

func TestSignInWaitsAndGoesOn(t *testing.T) {
	w := pausedWorld(t)
	p := newTab(t, &theBrowser)
	p.open(w.url + "/sign-in?return_to=/apps")
	p.wait(visible(byTestID("waiting")))
	w.aMinuteLater(p)
	p.allowAs(emulator.UserNadia)
	p.wait(ready(byTestID("sign-out")))
	assert.Equal(t, w.url+"/apps", eval[string](p, `location.href`))
}

// The window's Refresh goes on by itself; who does not want to wait for it presses.
func TestSignInInAPopupWaits(t *testing.T) {
	w := pausedWorld(t)
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.wait(visible(byTestID("waiting")))
	w.clock.Advance(time.Minute)
	popup.click(byTestID("retry"))
	popup.allowAs(emulator.UserNadia)
	popup.gone()
	p.wait(visible(byTestID("sign-out")))
}

func TestFormThatFindsNoRoomIsSentOnceMore(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.wade(appPath(emulator.AppNoAuthentication))
	p.byTheClockOf(w)
	p.wait(ready(byTestID("choose")))
	way.fill("/v2/apps", full{20 * time.Second, 2})
	p.click(byTestID("choose"))
	p.wait(visible(byTestID("repeat")))
	assert.Contains(t, p.text(), "Nothing is lost.")
	local := eval[string](p, `new Date('2026-11-22T12:00:20Z').toLocaleTimeString('en')`)
	assert.Contains(t, p.text(), "You can try again at "+local+".")
	way.clear()
	p.click(byTestID("repeat") + " button")
	p.wait(ready(byTestID("needs-none")))
}

// limitedWorld has Zapier's real limits, and a door.
func limitedWorld(t *testing.T) *world {
	return newWorld(t, worldOptions{outside: true, env: map[string]string{"ZAPIER_LIMIT_IP": "60", "ZAPIER_LIMIT_PARTNER": "150"}})
}

// fillInside lets others start Zaps until there is no room for one more, and returns who they are.
func (w *world) fillInside() []string {
	w.t.Helper()
	var inside []string
	for {
		user := fmt.Sprint("somebody ", len(inside))
		if w.app.budget.Enter(w.t.Context(), user) != nil {
			w.app.budget.Leave(w.t.Context(), user) // who came too late does not wait
			break
		}
		inside = append(inside, user)
	}
	require.NotEmpty(w.t, inside)
	return inside
}

// The start of a Zap waits at the door, and happens by itself, once, when the others have left.
func TestStartGoesOnAtTheDoor(t *testing.T) {
	w := limitedWorld(t)
	p := w.wade("/zaps/new")
	inside := w.fillInside()
	p.click(byTestID("new-blank") + " button")
	p.wait(ready(byTestID("waiting")))
	assert.Contains(t, p.text(), "You are next.")
	for _, user := range inside {
		w.app.budget.Leave(t.Context(), user)
	}
	w.clock.Advance(2 * time.Minute)
	p.wait(`location.pathname.startsWith('/drafts/') && ` + ready(byTestID("title-form")))
	p.open(w.url + "/zaps")
	p.wait(ready(byTestID("draft")))
	assert.Equal(t, 1, eval[int](p, `document.querySelectorAll('[data-testid="draft"]').length`))
}

func TestSearchGoesOnWhenThereIsRoom(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.wade("/apps")
	way.fill("/v2/apps", full{time.Second, 1})
	p.fill(`input[name="query"]`, "ledger")
	p.wait(visible(`[data-search-problem]`))
	way.clear()
	p.wait(`document.querySelectorAll('[data-testid="app"]').length === 1`)
	p.wait(`document.querySelector('[data-search-problem]').hidden`)
}

// A form that there is no room to read is read when there is: saved once, and with what was typed meanwhile.
func TestFormOfAStepIsReadWhenThereIsRoom(t *testing.T) {
	w, way := narrowWorld(t)
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.wade("/")
	p.open(w.url + w.draft(p, newLead, report) + "/steps/s2/fields")
	p.typed("full_name", "Ada")
	p.offered("account", "Bluefern Ads")
	way.fill("/v2/actions/", full{time.Second, 1}) // of an Action alone: its fields
	p.pick("account", "Bluefern Ads")
	p.wait(visible(`[data-problem]`))
	assert.Contains(t, p.text(), templates.English().Error("zapier-rate-limited").Sentence)
	p.typed("full_name", " Lovelace")
	way.clear()
	p.wait(`document.querySelector('[data-problem]').hidden`)
	assert.Equal(t, "Ada Lovelace", p.value("full_name"))
	assert.Equal(t, "Bluefern Ads", p.value("account"))
	p.click(byTestID("save"))
	p.wait(`!document.querySelector('[aria-busy]')`)
	p.open(eval[string](p, `location.href`))
	assert.Equal(t, "Ada Lovelace", p.value("full_name"))
}

// What is missing of a form is looked for when the server said, and nothing is sent or said while it stays so.
func TestFormOfAStepIsLookedForQuietly(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpInputsList, Status: http.StatusServiceUnavailable, RetryAfter: time.Second, Times: 3}))
	require.True(t, eval[bool](p, spoken))
	eval[bool](p, `(() => {
		const real = window.fetch;
		window.sent = [];
		window.fetch = (url, init) => {
			window.sent.push(init?.method ?? 'GET');
			return real(url, init);
		};
		return true;
	})()`)
	p.typed("subject", "News")
	p.keys(kb.Tab)
	p.wait(visible(byTestID("unread")))
	p.typed("slug", "soon")
	p.wait(`!document.querySelector('[data-testid="unread"]')`)
	assert.Equal(t, []string{"POST", "GET", "GET", "GET"}, eval[[]string](p, `window.sent`))
	assert.Len(t, eval[[]string](p, `window.spoken`), 1)
	assert.Equal(t, "News", p.value("subject"))
	assert.Equal(t, "soon", p.value("slug"), "it is not saved yet, and not lost")
	p.click(byTestID("save"))
	p.wait(`!document.querySelector('[aria-busy]')`)
	p.open(eval[string](p, `location.href`))
	assert.Equal(t, "soon", p.value("slug"))
}

// What cannot be saved just now is saved when the server said, and not asked for before.
func TestFormOfAStepIsSentOnceMore(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	p.open(w.url + w.draft(p, newLead, newsletter) + "/steps/s2/fields")
	p.wait(ready(named("slug")))
	eval[bool](p, `(() => {
		const real = window.fetch;
		window.posts = [];
		window.fetch = (url, init) => {
			if (init?.method !== 'POST') return real(url, init);
			window.posts.push(performance.now());
			if (window.posts.length > 1) return real(url, init);
			const busy = new Response('<section data-testid="error"><p data-sentence>Busy.</p></section>', {status: 503, headers: {'Retry-After': '2'}});
			return Promise.resolve(Object.defineProperty(busy, 'url', {value: String(url)}));
		};
		return true;
	})()`)
	p.typed("slug", "mine")
	require.True(t, eval[bool](p, spoken))
	p.click(byTestID("save"))
	p.wait(visible(`[data-problem]`))
	assert.Contains(t, p.text(), "Busy.")
	p.wait(`window.spoken.length === 1`)
	p.click(byTestID("save"))
	p.wait(`window.spoken.length === 2 && window.spoken[1].includes('Busy.')`)
	p.wait(`window.posts.length > 1 && document.querySelector('[data-problem]').hidden`)
	assert.GreaterOrEqual(t, eval[float64](p, `window.posts[1] - window.posts[0]`), 1990.0)
	p.open(eval[string](p, `location.href`))
	assert.Equal(t, "mine", p.value("slug"))
}

// The form of a step says when it is sent again by itself, and says it again to whoever does not want to wait.
func TestFormOfAStepSaysWhenItIsSentAgain(t *testing.T) {
	p := fieldsSentAgain(&world{t: t}, nil)
	local := eval[string](p, `new Date('2026-11-22T12:00:30Z').toLocaleTimeString('en')`)
	said := "What you typed is still here. It is tried again by itself at " + local + "."
	assert.Contains(t, p.text(), said)
	require.True(t, eval[bool](p, spoken))
	p.click(byTestID("save"))
	p.wait(`window.spoken.length > 0`)
	assert.Contains(t, eval[string](p, `window.spoken[0]`), said)
	assert.True(t, eval[bool](p, `document.querySelector('[data-problem]').getBoundingClientRect().top >= 0`))
}

func TestStartingOverWaitsForRoom(t *testing.T) {
	w, way := narrowWorld(t)
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().wait(visible(byTestID("connect-form")))
	p.state("opened")
	p.view(byTestID("attempt"), "waiting")
	first := p.attempt().ID
	way.fill("/v2/apps", full{time.Second, 1})
	p.click(byTestID("restart"))
	p.wait(visible(`[data-note="pause"]`))
	way.clear()
	p.wait(fmt.Sprintf(`document.querySelector('[data-testid="attempt"]').dataset.nextAttempt !== %s`, quote(first)))
}

// While Zapier is away, pages show what was known before, and say so.
func TestPageKeptFromBeforeSaysSo(t *testing.T) {
	p := keptApps(&world{t: t}, nil)
	local := eval[string](p, `new Date('2026-11-22T12:00:00Z').toLocaleTimeString('en')`)
	assert.Contains(t, p.text(), "Some of this is from before.")
	assert.Contains(t, p.text(), "this is what we knew at "+local+".")
}

// What a search puts on the page says whether it is from before, as the page does that is loaded.
func TestSearchSaysThatItIsFromBefore(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/apps")
	p.byTheClockOf(w)
	p.wait(ready(`select[name="category"]`))
	search := func() {
		eval[bool](p, `(() => {
			document.querySelector('[data-live="apps"]').firstElementChild.dataset.before = '';
			return document.querySelector('select[name="category"]').dispatchEvent(new Event('input', {bubbles: true}));
		})()`)
		p.wait(`!document.querySelector('[data-before]')`)
	}
	search()
	assert.True(t, eval[bool](p, `(() => {
		window.slot = document.querySelector('[data-live="kept"]');
		return slot.getAttribute('aria-live') === 'polite' && slot.childElementCount === 0;
	})()`), "what comes into it is read out")

	w.clock.Advance(time.Hour)
	w.fails(emulator.OpAppsList)
	w.fails(emulator.OpCategoriesList)
	search()
	p.wait(visible(byTestID("kept")))
	local := eval[string](p, `new Date('2026-11-22T12:00:00Z').toLocaleTimeString('en')`)
	assert.Contains(t, p.text(), "this is what we knew at "+local+".")
	eval[bool](p, `(() => { window.banner = slot.firstElementChild; return true; })()`)
	search()
	assert.True(t, eval[bool](p, `slot.isConnected && slot.firstElementChild === window.banner`), "it is not said again")

	w.emulated().Disarm()
	w.clock.Advance(time.Hour)
	search()
	p.wait(`!document.querySelector('[data-testid="kept"]')`)
}

// --- states for axe-core, each in a world of its own -------------------------

func waitingInLine(w *world, _ *tab) *tab {
	w, way := narrowWorld(w.t)
	p := w.wade("/")
	way.fill("/v2/apps", full{time.Minute, 3})
	p.open(w.url + "/apps")
	p.click(byTestID("error-details") + " summary")
	return p
}

func waitingAtDoor(w *world, _ *tab) *tab {
	w = limitedWorld(w.t)
	p := w.wade("/zaps/new")
	w.fillInside()
	p.click(byTestID("new-blank") + " button")
	p.wait(ready(byTestID("waiting")))
	return p
}

func waitingPopup(w *world, _ *tab) *tab {
	w, way := narrowWorld(w.t)
	p := w.wade(appPath(emulator.AppBasic))
	way.fill("/v2/authentications", full{time.Minute, 0})
	popup := p.popup(func() { p.click(byTestID("connect")) })
	popup.wait(ready(byTestID("waiting")))
	return popup
}

func formWithoutRoom(w *world, _ *tab) *tab {
	w, way := narrowWorld(w.t)
	p := w.wade(appPath(emulator.AppNoAuthentication))
	p.wait(ready(byTestID("choose")))
	way.fill("/v2/apps", full{20 * time.Second, 2})
	p.click(byTestID("choose"))
	p.wait(ready(byTestID("repeat")))
	return p
}

func fieldsSentAgain(w *world, _ *tab) *tab {
	w, way := narrowWorld(w.t)
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.wade("/")
	p.byTheClockOf(w)
	p.open(w.url + w.draft(p, newLead, report) + "/steps/s2/fields")
	p.offered("account", "Bluefern Ads")
	way.fill("/v2/actions/", full{time.Second, 0})
	p.pick("account", "Bluefern Ads")
	p.wait(visible(`[data-problem]`))
	way.fill("/v2/actions/", full{30 * time.Second, 0})
	p.wait(`document.querySelector('[data-problem] time')?.dateTime === '2026-11-22T12:00:30Z'`)
	return p
}

func keptApps(w *world, _ *tab) *tab {
	w = newWorld(w.t, worldOptions{})
	p := w.wade("/apps")
	p.byTheClockOf(w)
	w.clock.Advance(time.Hour)
	for _, operation := range []string{emulator.OpAppsList, emulator.OpCategoriesList} {
		require.NoError(w.t, w.emulated().Arm(emulator.Fault{Operation: operation, Status: http.StatusServiceUnavailable, Times: 100}))
	}
	p.open(w.url + "/apps")
	p.wait(ready(byTestID("kept")))
	return p
}
