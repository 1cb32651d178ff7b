package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// Building a Zap with less: without script, without a mouse, on a narrow screen in the dark.

// plain opens a page as Wade in a browser that runs no script.
func (w *world) plain(path string) *tab {
	w.t.Helper()
	p := newTab(w.t, &theBrowser)
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(w.t, err)
	w.signIn(p, emulator.UserWade, path)
	return p
}

func TestBrowserBuildWithoutScript(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.plain("/")
	p.start()
	p.edit("s1")
	p.choose("SuperExampleCRM", newLead)
	p.uses("s1")
	p.pick("pipeline", "pl_02")
	p.presses(byTestID("refresh"))
	p.pick("stage", "pl_02_st_3")
	p.done()

	p.edit("s2")
	p.choose("PlatformAdManager", report)
	p.uses("s2")
	assert.Contains(t, p.texts(`[data-testid="sources"] code`), "{{new_lead.full_name}}")
	p.typed("full_name", "{{full_name}}")
	p.pick("account", "Bluefern Ads")
	p.pick("kind", "detailed")
	p.presses(byTestID("refresh"))
	assert.Equal(t, []string{"{{new_lead.full_name}}"}, p.tokens(`[data-field="full_name"]`))
	p.pick("campaign", "bluefern_ads-12")
	p.replace("detail__from", "2026-11-01T00:00:00Z")
	p.replace("detail__to", "")
	p.done()
	p.call(guideTitle)
	p.publish()
	w.sent(`{"data": {"title": "Register engagement report on lead creation", "steps": [
		{"action": "$action", "authentication": "$account", "inputs": {"pipeline": "pl_02", "stage": "pl_02_st_3"}},
		{"action": "$action", "authentication": "$account", "inputs": {
			"full_name": "{{full_name}}", "account": "Bluefern Ads", "campaign": "bluefern_ads-12", "kind": "detailed",
			"detail__from": "2026-11-01T00:00:00Z", "detail__costs": "False"}}
	], "enabled": true}}`, w.theBody(emulator.OpZapCreate))
	assert.True(t, eval[bool](p, visible(byTestID("editor"))))
}

// Long lists and rows without script: a plain select with all there is, and buttons that draw the form again.
func TestBrowserBuildRowsWithoutScript(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.plain("/")
	path := w.draft(p, newLead, newsletter)
	p.open(w.url + path + "/steps/s2/fields")
	p.typed("subject", "News")
	p.presses(`[value="choices:town"]`)
	assert.Equal(t, 145, eval[int](p, `document.querySelector('[name="f.town"]').options.length`), "one of them is none")
	p.pick("town", "town_144")
	p.typed("lists", "north")
	p.presses(`[value="add:lists"]`)
	assert.Equal(t, "News", p.value("subject"), "what was typed is kept")
	p.click(`[name="f.lists"]:not([value="north"])`)
	p.keys("south")
	p.presses(`[value="add:lists"]`)
	p.presses(`[value="remove:lists:0"]`)
	p.click(`[name="k.merge_fields"]`)
	p.keys("greeting" + kb.Tab + "Hello")
	p.typed("archive_password", "kept")
	p.presses(byTestID("refresh"))
	assert.Empty(t, p.value("archive_password"))
	p.done()
	p.call("Letters")
	p.publish()
	inputs := w.theZap().Steps[1].Inputs
	assert.Equal(t, []any{"south"}, inputs["lists"])
	assert.Equal(t, map[string]any{"greeting": "Hello"}, inputs["merge_fields"])
	assert.Equal(t, "town_144", inputs["town"])
	assert.Equal(t, "kept", inputs["archive_password"])
}

// press goes to a control with the Tab key alone, and presses Enter on it.
func (p *tab) press(selector string) {
	p.t.Helper()
	p.wait(ready(selector))
	p.tabTo(selector)
	p.keys(kb.Enter)
}

// backTo moves the focus backwards until it is on the element.
func (p *tab) backTo(selector string) {
	p.t.Helper()
	for range 60 {
		if eval[bool](p, fmt.Sprintf(`document.activeElement.matches(%s)`, quote(selector))) {
			return
		}
		p.do(chromedp.KeyEvent(kb.Tab, raw, chromedp.KeyModifiers(chromedp.ModifierShift)))
	}
	require.FailNow(p.t, "the Tab key does not lead back there", selector)
}

func TestBrowserBuildByKeyboard(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.wade("/")
	p.press(byTestID("new-zap"))
	p.press(byTestID("new-blank") + " button")
	for step, choice := range []stepChoice{newLead, report} {
		id := fmt.Sprintf("s%d", step+1)
		p.press(ofStep(id, "edit-step"))
		p.stage(id, "app")
		p.tabTo(`input[name="query"]`)
		p.keys([]string{"SuperExampleCRM", "PlatformAdManager"}[step])
		p.wait(`document.querySelectorAll('[data-testid="app"]').length === 1 && !document.querySelector('[aria-busy]')`)
		p.press(fmt.Sprintf(`[data-testid="app"][data-app="%s"]`, choice.App))
		p.stage(id, "action")
		p.press(fmt.Sprintf(`[data-testid="action"][data-action="%s"]`, choice.Action))
		p.stage(id, "account")
		p.press(byTestID("choose"))
		p.stage(id, "fields")
		p.countDrawings()
		if id == "s1" {
			p.tabTo(`[value="choices:pipeline"]`)
			p.keys(kb.Enter)
			p.drawn(1)
			p.wait(fmt.Sprintf(`document.activeElement.matches(%s)`, quote(named("pipeline"))))
			p.keys(kb.ArrowDown + kb.ArrowDown + kb.Enter) // the list has opened
			p.wait(`window.drawn > 1`)
			assert.Equal(t, "f.pipeline", eval[string](p, `document.activeElement.name`))
		} else {
			p.tabTo(named("full_name"))
			p.keys("Dear ")
			p.backTo(output("{{new_lead.full_name}}"))
			p.keys(kb.Enter)
			p.keys(",")
		}
		p.press(byTestID("next"))
		p.reviews()
	}
	p.tabTo(`[name="title"]`)
	p.keys("By keyboard" + kb.Enter)
	p.headed("By keyboard")
	p.press(byTestID("publish"))
	p.published("done")
	p.tabTo(byTestID("editor"))
	zap := w.theZap()
	assert.Equal(t, "pl_02", zap.Steps[0].Inputs["pipeline"])
	assert.Equal(t, "Dear {{full_name}},", zap.Steps[1].Inputs["full_name"])
}

// narrow is a phone of 320 pixels, in the dark.
func (p *tab) narrow() {
	p.t.Helper()
	p.do(chromedp.EmulateViewport(320, 640))
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}},
	})
	require.NoError(p.t, err)
}

// fits holds what is shown now against the width of the screen.
func (p *tab) fits(what string) {
	p.t.Helper()
	wide := eval[[]string](p, `document.documentElement.scrollWidth <= innerWidth ? [] : [
		'scrolls to ' + document.documentElement.scrollWidth,
		...[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth).map((e) => e.outerHTML.slice(0, 80)),
	]`)
	assert.Empty(p.t, wide, what)
}

func TestBrowserBuildOnANarrowScreenInTheDark(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	p.narrow()
	p.fits("the first page")
	assert.Less(t, eval[float64](p, `(() => {
		const [r, g, b] = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
		return (r + g + b) / 3;
	})()`), 80.0, "it is dark")
	p.click(byTestID("new-zap"))
	p.wait(ready(byTestID("new-blank")))
	p.fits("ways to start")
	p.click(byTestID("new-blank") + " button")
	p.reviews()
	p.fits("an empty draft")

	p.edit("s1")
	p.fits("the directory")
	p.choose("SuperExampleCRM", newLead)
	p.fits("no account")
	popup := p.openPopup()
	popup.wait(ready(byTestID("allow")))
	p.fits("a window is open")
	popup.finish()
	p.state("connected")
	p.wait(visible(byTestID("go-on")))
	p.fits("connected")
	p.goesOn("s1")
	p.fits("the form of the trigger")
	p.done()

	p.edit("s2")
	p.choose("PlatformAdManager", report)
	p.connects("s2")
	p.fits("a form with values to put in")
	p.click(named("full_name"))
	p.click(output("{{new_lead.full_name}}"))
	p.keys(" {{new_lead.tags[]name}} {{nowhere.of_a_very_long_name_without_a_break_in_it}}")
	p.fits("chips, and a broken one")
	p.pick("kind", "detailed")
	p.wait(visible(named("detail__from")))
	p.fits("a set of fields")
	p.saves()
	p.wait(visible(byTestID("errors")))
	p.fits("errors")
	p.done()
	p.fits("what is missing")
	p.edit("s2")
	p.replace("full_name", "{{full_name}}")
	p.done()
	p.call(guideTitle)
	p.fits("ready")
	p.click(ofStep("s1", "test-step"))
	p.click(byTestID("run-test"))
	p.wait(ready(byTestID("result")))
	p.fits("a test")
	p.open(w.url + eval[string](p, `location.pathname.split('/steps/')[0]`))
	p.publish()
	p.fits("done")
	p.toTheZap()
	p.fits("the Zap")
	p.open(w.url + "/zaps")
	p.fits("all Zaps")
}

// The widest form there is, with a long list open.
func TestBrowserBuildAWideFormOnANarrowScreen(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.narrow()
	p.typed("body", "{{new_lead.company__name}}"+kb.Enter+"AWordThatIsLongerThanTheScreenIsWideAndHasNoPlaceToBreak")
	p.pairs("merge_fields", "one", "{{first_name}}", "two", "2")
	p.rows("lists", "north", "south")
	p.fits("rows")
	p.presses(`[value="text:town"]`)
	p.presses(`[value="native:town"]`)
	p.offered("town", "town_001")
	p.click(townField)
	p.keys("elm")
	p.fits("a list to choose from")
	p.keys(kb.Escape)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpInputsList, Status: 500, Times: 20}))
	p.presses(byTestID("refresh"))
	p.wait(visible(byTestID("unread")))
	p.fits("trouble")
	p.open(eval[string](p, `location.href.split('/steps/')[0] + '/delete'`))
	p.fits("a question")
	p.open(w.url + "/drafts/nothing")
	p.fits("an error")
}
