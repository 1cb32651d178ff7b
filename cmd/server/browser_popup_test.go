package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

// The cases of the connect popup: what a browser may do to it, and what must come of it all the same.

func TestBrowserMessageArrives(t *testing.T) {
	w := newWorld(t, worldOptions{})
	// The popup stays open, so that nothing but its message can tell.
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	popup := p.openPopup()
	popup.connect()
	p.state("connected")
	popup.gone() // the page closes it

	stored := w.stored(emulator.AppBasic)
	require.Len(t, stored, 1)
	attempt := p.attempt()
	assert.Equal(t, connect.ByMessage, attempt.By)
	assert.Equal(t, stored[0].ID, attempt.AuthenticationID)
	assert.Equal(t, stored[0].ID, p.attribute(byTestID("attempt"), "data-authentication-id"))
	p.wait(visible(chosen(stored[0].ID)))
	assert.Equal(t, []string{"connected " + stored[0].ID}, p.outcomes())
	p.wait(`document.querySelector('[role="status"]').textContent.trim() !== ''`)
}

func TestBrowserMessageWithANumber(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{IDNumber: true, KeepOpen: true}))
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().connect()
	p.state("connected")
	assert.Equal(t, connect.ByMessage, p.attempt().By)
}

func TestBrowserMessageNeverSent(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{NoMessage: true}))
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.connect()
	popup.gone()
	p.state("connected")
	assert.Equal(t, connect.ByList, p.attempt().By)
}

func TestBrowserProviderCutsTheOpener(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{CutOpener: true, KeepOpen: true}))
	p := w.wade(appPath(emulator.AppOAuth2))
	popup := p.openPopup()
	popup.wait(visible(byTestID("allow")))
	require.True(t, eval[bool](popup, `window.opener === null`), "the opener is cut")
	p.state("waiting") // not "cancelled": the window reads closed and is open
	assert.Equal(t, connect.Opened, p.attempt().State)

	popup.click(byTestID("allow"))
	popup.wait(visible(byTestID("popup-closed")))
	p.comeBack()
	p.state("connected")
	assert.Equal(t, connect.ByList, p.attempt().By)
}

// Nothing tells of it: no message, no closed window, nobody comes back. The slow check finds it all the same.
func TestBrowserBackgroundCheck(t *testing.T) {
	timings := handlers.DefaultTimings()
	require.Equal(t, []int{15_000, 30_000, 60_000}, timings.Checks, "slow for everybody else")
	timings.Checks = []int{50}
	w := newWorld(t, worldOptions{timings: timings})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{NoMessage: true, KeepOpen: true}))
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().connect()
	p.state("connected")
	assert.Equal(t, connect.ByList, p.attempt().By)
}

func TestBrowserClosedBeforeStart(t *testing.T) {
	w := newWorld(t, worldOptions{env: withoutCache()})
	p := w.wade(appPath(emulator.AppBasic))
	// The start link answers only when the list has been read, and that takes a while.
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Hold: hold}))
	before := w.emulated().Count(emulator.OpAuthenticationsList)

	popup := p.opens(func() { p.click(byTestID("connect")) })
	w.arrived(emulator.OpAuthenticationsList, before+1)
	p.closeWindow(popup)
	p.state("cancelled")
	ended := p.attempt()
	assert.Equal(t, connect.Cancelled, ended.State)
	assert.Equal(t, connect.ClosedBeforeStart, ended.Reason)
	assert.Zero(t, w.emulated().Count(emulator.OpConnectStart))
}

func TestBrowserClosedAfterHandOff(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	popup.closeByPerson()
	p.state("waiting")
	assert.Equal(t, connect.Opened, p.attempt().State, "closing proves nothing")

	// The same attempt can be taken up again …
	again := p.popup(func() { p.click(byTestID("reopen")) })
	again.connect()
	p.state("connected")
	assert.Len(t, w.stored(emulator.AppBasic), 1)
}

func TestBrowserCancel(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	popup := p.openPopup()
	p.click(byTestID("cancel"))
	p.state("cancelled")
	popup.gone()
	id := p.attempt().ID
	assert.Equal(t, []string{"cancelled undefined"}, p.outcomes())

	fresh := p.popup(func() { p.click(byTestID("connect")) })
	fresh.connect()
	p.state("connected")
	assert.NotEqual(t, id, p.attempt().ID)
}

// blocked is a page whose popup Chromium's own blocker has kept shut: nobody has clicked on it yet.
func (w *world) blocked() *tab {
	w.t.Helper()
	p := w.wade("/").sibling()
	p.open(w.url + appPath(emulator.AppBasic))
	p.state("idle")
	eval[bool](p, `(document.querySelector('[data-testid="connect"]').click(), true)`)
	p.state("blocked")
	return p
}

func TestBrowserPopupBlocked(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.blocked()
	assert.Equal(t, connect.Minted, p.attempt().State)

	popup := p.popup(func() { p.click(byTestID("open-link")) })
	popup.connect()
	popup.gone()
	p.comeBack()
	p.state("connected")
}

func TestBrowserPopupBlockedAndContinuedInThisTab(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	p := w.blocked()
	here := eval[string](p, `location.href`)
	p.click(byTestID("same-tab"))
	p.connect()
	p.wait(visible(byTestID("popup-closed")))
	p.open(here) // as "back" does
	p.state("connected")
}

// A host page that sends COOP same-origin gets no handle for a window that opens all the same (popup.md, M7).
func TestBrowserNullHandleWithAnOpenWindow(t *testing.T) {
	w, p, frame := isolatedHost(t)
	popup := p.popup(func() { frame.click(byTestID("connect")) })
	frame.wait(`document.querySelector('[data-testid="attempt"]').dataset.state === 'opened'`)
	popup.wait(visible(byTestID("connect-submit")))
	require.True(t, eval[bool](popup, `window.opener === null`), "there is no handle")
	frame.wait(`!window.states.includes('blocked')`) // null is not "blocked"
	popup.connect()
	w.holds(emulator.AppBasic, 1)
	frame.click(byTestID("check"))
	frame.wait(`document.querySelector('[data-testid="attempt"]').dataset.state === 'connected'`)
	assert.Len(t, w.stored(emulator.AppBasic), 1)
	assert.Equal(t, 1, w.emulated().Count(emulator.OpConnectStart), "one window, not two")
}

func TestBrowserMessageFromAWrongOrigin(t *testing.T) {
	w := newWorld(t, worldOptions{})
	origin, err := url.Parse(w.settings.Origin)
	require.NoError(t, err)
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{WrongOrigin: "http://localhost:" + origin.Port(), KeepOpen: true}))
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.connect()
	p.ignored(1)
	assert.Equal(t, connect.Opened, p.attempt().State, "it changed nothing")

	popup.closeByPerson()
	p.state("connected")
	assert.Equal(t, connect.ByList, p.attempt().By)
}

func TestBrowserMessageFromAWrongWindow(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppSingle))
	p.openPopup()
	// Another window of Zapier's posts a perfect message that names one of the user's own.
	other := p.popup(func() {
		p.asPerson(`window.open(` + quote(w.settings.Origin+"/emulator") + `)`)
	})
	other.wait(`location.pathname === '/emulator'`)
	other.postToOpener(`{type: 'zapier.popup.close', authentication_id: ` + quote(w.stored(emulator.AppSingle)[0].ID) + `}`)
	p.ignored(1)
	assert.Equal(t, connect.Opened, p.attempt().State)
}

func TestBrowserMalformedMessage(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppSingle))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	id := quote(w.stored(emulator.AppSingle)[0].ID)
	malformed := []string{
		`'zapier.popup.close'`, `null`, `undefined`, `[]`, `{}`, `{type: 'zapier.popup.close'}`,
		`{type: 'zapier.popup.close', authentication_id: ''}`, `{type: 'zapier.popup.close', authentication_id: {id: ` + id + `}}`,
		`{type: 'zapier.popup.closed', authentication_id: ` + id + `}`, `{type: ['zapier.popup.close'], authentication_id: ` + id + `}`,
		`{type: 'zapier.popup.close', authentication_id: 1.5}`, `{type: 'zapier.popup.close', authentication_id: 'x'.repeat(201)}`,
	}
	for _, message := range malformed {
		popup.postToOpener(message)
	}
	p.ignored(len(malformed))
	assert.Equal(t, connect.Opened, p.attempt().State)
	assert.Equal(t, 0, p.attempt().RefusedHints, "the server was not even asked")
}

func TestBrowserMessageWithAnIDThatIsNotTheUsers(t *testing.T) {
	w := newWorld(t, worldOptions{})
	foreign, err := w.emulated().AddAuthentication(emulator.UserNadia, emulator.AppBasic, "Nadia's")
	require.NoError(t, err)
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	popup.postToOpener(`{type: 'zapier.popup.close', authentication_id: ` + quote(foreign.ID) + `}`)
	p.waitAttempt(func(a handlers.Attempt) bool { return a.RefusedHints == 1 })
	assert.Equal(t, connect.Opened, p.attempt().State, "the id in a message is a hint")

	popup.connect()
	p.state("connected")
	assert.Equal(t, w.stored(emulator.AppBasic)[0].ID, p.attempt().AuthenticationID)
}

func TestBrowserMessageTwice(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{Twice: true}))
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	p.openPopup().connect()
	p.state("connected")
	p.wait(visible(`[data-testid="authentication"][data-chosen="true"]`))
	stored := w.stored(emulator.AppBasic)
	require.Len(t, stored, 1)
	assert.Equal(t, []string{"connected " + stored[0].ID}, p.outcomes(), "one terminal event")
}

func TestBrowserSuccessAfterTwoMinutes(t *testing.T) {
	timings := unhurried()
	require.Equal(t, 120_000, timings.Calm, "two minutes for everybody else")
	timings.Calm = 50
	w := newWorld(t, worldOptions{timings: timings})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	p.state("waiting")
	p.wait(visible(`[data-testid="attempt"] details`)) // "did you use another account?"
	w.clock.Advance(25 * time.Minute)
	popup.connect()
	p.state("connected")
}

func TestBrowserExpires(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	w.clock.Advance(connect.Lifetime)
	popup.closeByPerson()
	p.state("expired")
	assert.Equal(t, connect.Expired, p.attempt().Outcome)
}

func TestBrowserReloadedWhileWaiting(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	id := p.attempt().ID
	p.do(chromedp.Reload())
	p.state("waiting")
	assert.Equal(t, id, p.attempt().ID)

	popup.connect()
	popup.gone()
	p.comeBack()
	p.state("connected")
	assert.Equal(t, id, p.attempt().ID)
}

func TestBrowserSecondTab(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	second := p.sibling()
	second.open(w.url + appPath(emulator.AppBasic))
	second.state("idle")
	second.countOutcomes()

	popup := p.openPopup()
	second.wait(`['opened', 'waiting'].includes(document.querySelector('[data-testid="attempt"]').dataset.state)`)
	assert.Equal(t, p.attempt().ID, second.attempt().ID, "both tabs follow one attempt")
	popup.connect()
	p.state("connected")
	second.state("connected")
	id := w.stored(emulator.AppBasic)[0].ID
	second.wait(visible(chosen(id)))
	assert.Equal(t, []string{"connected " + id}, second.outcomes())
}

func TestBrowserDoubleClick(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	before := p.pages()
	popup := p.popup(func() { p.doubleClick(byTestID("connect")) })
	popup.wait(visible(byTestID("connect-form")))
	assert.Equal(t, before+1, p.pages(), "one window")
	assert.Equal(t, 1, w.emulated().Count(emulator.OpConnectStart))

	// A later click brings the window to the front; what was typed in it must not be lost.
	popup.fill(`input[name="username"]`, "half-typed")
	p.click(byTestID("reopen"))
	p.attempt()
	popup.connect()
	p.state("connected")
	assert.Equal(t, 1, w.emulated().Count(emulator.OpConnectStart), "the window was not loaded again")
	stored := w.stored(emulator.AppBasic)
	require.Len(t, stored, 1)
	assert.Contains(t, stored[0].Title, "half-typed")
}

func TestBrowserReconnect(t *testing.T) {
	for name, revive := range map[string]bool{"the same id is revived": true, "a new id": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, worldOptions{})
			w.emulated().ReviveOnReconnect(revive)
			require.NoError(t, w.emulated().SetPopup(emulator.Popup{NoMessage: true}))
			expired := w.stored(emulator.AppExpired)[0]
			p := w.wade(appPath(emulator.AppExpired))
			popup := p.popup(func() { p.click(byTestID("reconnect")) })
			popup.finish()
			p.state("connected")
			id := p.attempt().AuthenticationID
			assert.Equal(t, revive, id == expired.ID)
			p.wait(visible(chosen(id)))
		})
	}
}

func TestBrowserAppWithoutAuthentication(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppNoAuthentication))
	p.wait(visible(byTestID("needs-none")))
	assert.False(t, eval[bool](p, `!!document.querySelector('[data-testid="connect"]')`))
	p.click(byTestID("choose"))
	p.wait(`!document.querySelector('[data-testid="choose"]')`)
	p.open(w.url + "/")
	p.wait(`document.body.innerText.includes('Filter')`)
}

func TestBrowserListOfMoreThanOnePage(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{NoMessage: true}))
	p := w.wade(appPath(emulator.AppMany))
	const rows = `document.querySelectorAll('[data-testid="authentication"]').length`
	assert.Equal(t, emulator.ManyAuthentications, eval[int](p, rows))
	old := map[string]bool{}
	for _, authentication := range w.stored(emulator.AppMany) {
		old[authentication.ID] = true
	}
	p.openPopup().finish()
	p.state("connected")
	p.wait(rows + fmt.Sprintf(` === %d`, emulator.ManyAuthentications+1))
	assert.False(t, old[p.attempt().AuthenticationID], "an old one of the last page was taken for the new one")
}

func TestBrowserRateLimitDuringTheCheck(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusTooManyRequests}))
	popup.connect()
	p.wait(visible(`[data-note="pause"]`))
	assert.Equal(t, connect.Opened, p.attempt().State, "nothing is lost")
	assert.NotEqual(t, "failed", p.attribute(byTestID("attempt"), "data-state"))

	w.clock.Advance(time.Minute)
	p.do(chromedp.Reload())
	p.state("connected")
}

func TestBrowserServerRestartedWhileWaiting(t *testing.T) {
	w := newWorld(t, worldOptions{outside: true})                             // a Zapier that is not restarted with it
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true})) // the message is all there is
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	id := p.attempt().ID
	w.stop()
	popup.connect()
	popup.wait(visible(byTestID("popup-closed"))) // the message is out, and found nobody to tell
	w.run()
	p.state("connected")
	assert.Equal(t, id, p.attempt().ID)
	assert.Len(t, w.stored(emulator.AppBasic), 1)
}

func TestBrowserWithoutScript(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.withoutScripts()
	w.signIn(p, emulator.UserWade, appPath(emulator.AppBasic))
	popup := p.popup(func() { p.click(byTestID("connect")) })
	popup.connect()
	w.holds(emulator.AppBasic, 1)
	p.click(byTestID("check"))
	p.state("connected")
	p.wait(visible(chosen(w.stored(emulator.AppBasic)[0].ID)))
}

func TestBrowserKeyboardOnly(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.tabTo(byTestID("connect"))
	popup := p.popup(func() { p.keys(kb.Enter) })
	popup.wait(visible(byTestID("connect-form")))
	popup.tabTo("input[name=username]")
	popup.keys("wade")
	popup.keys(kb.Tab)
	popup.keys("secret")
	popup.keys(kb.Enter)
	popup.gone()
	p.state("connected")
	p.wait(visible(`[data-testid="authentication"][data-chosen="true"]`)) // the page has been brought up to date
	p.wait(`document.activeElement !== document.body`)
	p.tabTo(byTestID("connect")) // and on from there, forwards
}

func TestBrowserTouchOnlyStaysInOneTab(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	p := newTab(t, &theBrowser)
	p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	w.signIn(p, emulator.UserWade, appPath(emulator.AppBasic))
	here := eval[string](p, `location.href`)
	before := p.pages()
	p.click(byTestID("connect"))
	p.connect()
	p.wait(visible(byTestID("popup-closed")))
	assert.Equal(t, before, p.pages(), "no second window")
	p.open(here)
	p.state("connected")
}

func TestBrowserEachScheme(t *testing.T) {
	for scheme, app := range map[string]string{
		"API key": emulator.AppAPIKey, "OAuth v2": emulator.AppOAuth2, "session": emulator.AppSession,
		"basic": emulator.AppBasic, "digest": emulator.AppDigest,
	} {
		t.Run(scheme, func(t *testing.T) {
			w := newWorld(t, worldOptions{})
			p := w.wade(appPath(app))
			p.openPopup().finish()
			p.state("connected")
			assert.Len(t, w.stored(app), 1)
		})
	}
}

func TestBrowserUnderAPathPrefix(t *testing.T) {
	w := newWorld(t, worldOptions{prefix: "/partner/zaps"})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	popup.gone()
	p.wait(visible(byTestID("sign-out")))
	p.click(`a[href="/partner/zaps/apps"]`)
	p.fill(`input[name="query"]`, "ledgerleaf")
	p.keys(kb.Enter)
	p.wait(`document.querySelectorAll('[data-testid="app"]').length === 1`)
	p.click(byTestID("app"))
	p.state("idle")
	p.openPopup().connect()
	p.state("connected")
	p.click(byTestID("sign-out"))
	p.wait(visible(byTestID("sign-in")))
	assert.True(t, strings.HasPrefix(eval[string](p, `location.pathname`), "/partner/zaps/"))
}
