package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestBrowserSignInInAPopup(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/apps?query=ledgerleaf")
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	p.click(byTestID("sign-in")) // again: the same window comes to the front
	assert.Equal(t, 2, p.pages())
	popup.allowAs(emulator.UserWade)
	popup.gone()
	p.wait(visible(byTestID("sign-out")))
	assert.Equal(t, w.url+"/apps?query=ledgerleaf", eval[string](p, `location.href`), "back where they were")
	assert.Equal(t, 1, eval[int](p, `document.querySelectorAll('[data-testid="app"]').length`))
}

func TestBrowserSignInTellsEveryTab(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	second := p.sibling()
	second.open(w.url + "/apps")
	second.wait(visible(byTestID("sign-in")))
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	p.wait(visible(byTestID("sign-out")))
	second.wait(visible(byTestID("sign-out")))
	assert.Equal(t, w.url+"/apps", eval[string](second, `location.href`))
}

func TestBrowserSignInDenied(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.click(`[data-testid="emulator-user"][data-user="1001"]`)
	popup.click(byTestID("deny"))
	popup.wait(visible(`[data-testid="error"][data-code="sign-in-denied"]`))
	assert.False(t, eval[bool](p, visible(byTestID("sign-out"))))

	popup.click(byTestID("retry"))
	popup.click(byTestID("allow"))
	p.wait(visible(byTestID("sign-out")))
}

func TestBrowserSignInPopupBlocked(t *testing.T) {
	w := newWorld(t, worldOptions{})
	for name, link := range map[string]string{"the window after all": "sign-in-window", "this tab": "sign-in-same-tab"} {
		t.Run(name, func(t *testing.T) {
			p := newTab(t, &theBrowser)
			p.open(w.url + "/")
			p.wait(ready(byTestID("sign-in")))
			eval[bool](p, `(document.querySelector('[data-testid="sign-in"]').click(), true)`)
			p.wait(visible(byTestID(link)))
			if link == "sign-in-same-tab" {
				p.click(byTestID(link))
				p.allowAs(emulator.UserWade)
			} else {
				p.popup(func() { p.click(byTestID(link)) }).allowAs(emulator.UserWade)
			}
			p.wait(visible(byTestID("sign-out")))
		})
	}
}

// Signing out in one tab ends what another tab is waiting for, its window included.
func TestBrowserSignedOutWhileWaiting(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	second := p.sibling()
	second.open(w.url + "/")
	second.click(byTestID("sign-out"))
	second.wait(visible(byTestID("sign-in")))
	p.state("cancelled")
	popup.gone()
	assert.Equal(t, []string{"cancelled undefined"}, p.outcomes())
}

// A session that has ended otherwise is told as soon as the page asks for anything.
func TestBrowserSessionEndedWhileWaiting(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	w.emulated().RevokeGrant(emulator.UserWade)
	popup.postToOpener(`{type: 'zapier.popup.close', authentication_id: '1'}`)
	p.wait(visible(`[data-note="signed-out"]`))
}
