package main

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unstyled lets no stylesheet through to the tab.
func (p *tab) unstyled() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{})
	require.NoError(p.t, err)
	_, err = chromedp.Call(p.ctx, network.SetBlockedURLs, network.SetBlockedURLsParams{
		URLPatterns: []*network.BlockPattern{{URLPattern: "*://*:*/*.css", Block: true}},
	})
	require.NoError(p.t, err)
}

// bareness is what is amiss on a page without styles: things that ought to be hidden, large icons, controls without a
// name. Text is what it reads from top to bottom.
type bareness struct {
	Styled              bool
	Hidden, Large, Mute []string
	Text                string
}

const readBareness = `(() => {
	const shown = (element) => element.checkVisibility({visibilityProperty: true});
	const amiss = (selector, wrong) => [...document.querySelectorAll(selector)].filter(shown).filter(wrong).map((e) => e.outerHTML.slice(0, 120));
	return {
		Styled: getComputedStyle(document.documentElement).getPropertyValue('--z-paper') !== '',
		Hidden: amiss('[hidden]', () => true),
		Large: amiss('img, svg:not(.empty-drawing)', (e) => Math.max(e.getBoundingClientRect().width, e.getBoundingClientRect().height) > 64),
		Mute: amiss('input:not([type="hidden"]), select, textarea', (e) =>
			!e.labels?.length && !e.getAttribute('aria-label') && !e.getAttribute('aria-labelledby')),
		Text: document.querySelector('main').innerText.replace(/\s+/g, ' '),
	};
})()`

// reads checks that a page without styles says these things one after the other, and shows nothing that it should not.
func (p *tab) reads(things ...string) {
	p.t.Helper()
	p.wait(`document.readyState === 'complete' && !!document.querySelector('main h1')`)
	bare := eval[bareness](p, readBareness)
	assert.False(p.t, bare.Styled, "the stylesheet was not kept away")
	assert.Empty(p.t, bare.Hidden)
	assert.Empty(p.t, bare.Large)
	assert.Empty(p.t, bare.Mute)
	rest := bare.Text
	for _, thing := range things {
		_, behind, found := strings.Cut(rest, thing)
		if !assert.True(p.t, found, "%q is not said, or in another place:\n%s", thing, bare.Text) {
			return
		}
		rest = behind
	}
}

// Without its stylesheet a page is plain, and still says everything in its order.
func TestBrowserWithoutStyles(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	path := w.draft(p, newLead, report)
	p.unstyled()
	p.open(w.url + path + "/steps/s2/fields")
	p.wait(ready(byTestID("fields-form")))
	p.click(output("{{new_lead.full_name}}"))
	p.reads("Step 2 of 2", "Set up “Create Engagement Report”", "App", "Account", "Full Name (required)", "1. New Lead", "Full Name", "Bola Moreau", "Save and go to the Zap")
	p.click(byTestID("next"))
	p.reviews()
	p.reads("Steps", "Step 1", "New Lead", "SuperExampleCRM", "Step 2", "Create Engagement Report", "Full Name", "1. New Lead", "Full Name", "Bola Moreau", "Name of the Zap")
	p.open(w.url + path + "/steps/s2/test")
	p.reads("Test", "Full Name")
	p.open(w.url + path)
	p.call(guideTitle)
	p.publish()
	p.toTheZap()
	p.reads(guideTitle, "Steps", "Step 1", "New Lead", "Step 2", "Full name", "1. New Lead in SuperExampleCRM", "Full name", "Runs")
}
