package main

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// What the page says to somebody for whom it does not go as it should: the words that fit, and a way on.

// A popup knows its user by Zapier's cookie alone. What another user connects there is not to be seen from here.
func TestBrowserOtherZapierAccountInThePopup(t *testing.T) {
	w := newWorld(t, worldOptions{})
	words := templates.English().Attempt
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.click(byTestID("other-account"))
	popup.click(`[data-testid="emulator-user"][data-user="` + strconv.Itoa(emulator.UserNadia) + `"]`)
	popup.connect()
	popup.gone()
	p.state("waiting")
	p.wait(`document.querySelector('[data-testid="attempt"] details').open`)
	assert.Contains(t, p.text(), words.OtherAccountTip)
	p.wait(`document.querySelector('[data-live-region]').textContent === ` + quote(words.OtherAccount+" "+words.OtherAccountTip))
	assert.Equal(t, connect.Opened, p.attempt().State)

	// The advice leads somewhere: the account they signed in here with, in a window of the same attempt.
	again := p.popup(func() { p.click(byTestID("reopen")) })
	again.click(byTestID("other-account"))
	again.click(`[data-testid="emulator-user"][data-user="` + strconv.Itoa(emulator.UserWade) + `"]`)
	again.connect()
	p.state("connected")
}

func TestBrowserNothingNewYet(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().wait(visible(byTestID("connect-form")))
	p.click(byTestID("check"))
	p.says("nothing-new", templates.English().Attempt.NothingNew)
	p.state("waiting")
}

// says waits until a note is shown and read out.
func (p *tab) says(note, words string) {
	p.t.Helper()
	p.wait(visible(`[data-note="`+note+`"]`) + ` && document.querySelector('[data-live-region]').textContent.includes(` + quote(words) + `)`)
	assert.Contains(p.t, p.text(), words)
}

func TestBrowserFailedSearchKeepsWhatWasTyped(t *testing.T) {
	w := newWorld(t, worldOptions{})
	words := templates.English()
	p := w.wade("/apps")
	eval[bool](p, `(window.samePage = true)`)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: http.StatusInternalServerError, Times: 20}))
	p.click(`input[name="query"]`)
	p.keys("ledger")
	p.wait(visible(`[data-search-problem]`))
	assert.Contains(t, p.text(), words.Error("zapier-broken").Sentence+" "+words.Apps.SearchAgain)
	assert.Equal(t, "ledger", eval[string](p, `document.querySelector('input[name="query"]').value`))

	w.emulated().Disarm()
	p.click(`.search button`)
	p.wait(`document.querySelectorAll('[data-testid="app"]').length === 1`)
	assert.False(t, eval[bool](p, visible(`[data-search-problem]`)))
	assert.True(t, eval[bool](p, `window.samePage === true`), "the page was never left")
}

// Nothing was under way in this tab, so nothing has been cancelled.
func TestBrowserSignedOutElsewhere(t *testing.T) {
	w := newWorld(t, worldOptions{})
	for name, waiting := range map[string]bool{"idle": false, "waiting": true} {
		t.Run(name, func(t *testing.T) {
			p := w.wade(appPath(emulator.AppBasic))
			p.state("idle")
			if waiting {
				p.openPopup().wait(visible(byTestID("connect-form")))
			}
			second := p.sibling()
			second.open(w.url + "/")
			second.click(byTestID("sign-out"))
			second.wait(visible(byTestID("sign-in")))
			p.says("signed-out", templates.English().Attempt.SignedOut)
			if !waiting {
				p.state("idle")
			}
			p.click(`[data-note="signed-out"] a`)
			p.wait(visible(byTestID("emulator-user")) + `||` + visible(byTestID("allow")))
		})
	}
}

func TestBrowserAsksAgainByItself(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().wait(visible(byTestID("connect-form")))
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusInternalServerError, Times: 2}))
	p.click(byTestID("check"))
	p.says("asking-again", templates.English().Attempt.AskingAgain)
	p.wait(visible(`[data-note="problem"]`))
	p.wait(visible(`[data-note="nothing-new"]`)) // it has asked again
	assert.False(t, eval[bool](p, visible(`[data-note="asking-again"]`)))
}

// Only a limit of Zapier's is told as one, whatever else says when to ask again.
func TestBrowserTellsAnOutageFromALimit(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().wait(visible(byTestID("connect-form")))
	away := templates.English().Error("zapier-resting").Sentence
	require.True(t, eval[bool](p, `(() => {
		const { fetch } = window;
		const problem = {code: 'zapier-resting', detail: `+quote(away)+`, retry: true, retry_after: 1};
		window.away = true;
		window.fetch = (url, init) => window.away && url.endsWith('/check') ? Promise.resolve(Response.json(problem, {status: 503})) : fetch(url, init);
		return true;
	})()`))
	p.click(byTestID("check"))
	p.says("problem", away)
	assert.True(t, eval[bool](p, visible(`[data-note="asking-again"]`)))
	assert.False(t, eval[bool](p, visible(`[data-note="pause"]`)))
	eval[bool](p, `!(window.away = false)`)
	p.wait(visible(`[data-note="nothing-new"]`)) // it has asked again
}

func TestBrowserSignInWindowClosed(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	words := templates.English().SignIn
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.wait(visible(byTestID("emulator-user")))
	require.True(t, eval[bool](p, visible(`.sign-in [data-show="opened"]`)))
	popup.closeByPerson()
	p.wait(`document.querySelector('[data-controller="sign-in"]').dataset.state === 'idle'`)
	assert.False(t, eval[bool](p, visible(`.sign-in [data-show="opened"]`)))
	p.wait(`document.querySelector('[data-live-region]').textContent === ` + quote(words.Closed))

	p.popup(func() { p.click(byTestID("sign-in")) }).allowAs(emulator.UserWade)
	p.wait(visible(byTestID("sign-out")))
}

// At the narrowest width nothing is cut, and a title breaks between its words if anywhere.
func TestBrowserLongTitleOnANarrowScreen(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppSession))
	p.do(chromedp.EmulateViewport(320, 640))
	assert.Equal(t, 1, eval[int](p, `(() => {
		const range = document.createRange();
		range.selectNodeContents(document.querySelector('h1'));
		return range.getClientRects().length;
	})()`), "it fits on one line")
	assert.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 320)

	long := strings.Repeat("Platform", 9)
	eval[bool](p, `(document.querySelector('h1').textContent = `+quote(long)+`, true)`)
	assert.LessOrEqual(t, eval[int](p, `document.documentElement.scrollWidth`), 320)
}
