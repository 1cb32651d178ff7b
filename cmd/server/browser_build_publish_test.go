package main

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// A Zap is created once, however often it is asked for and whatever becomes of the answers. What somebody filled in
// outlives reloads, other tabs and the server.

// ready is the guide's example as a draft that lacks nothing, seen by Wade.
func (w *world) ready() *tab {
	w.t.Helper()
	p := w.fields(2, newLead, report)
	p.typed("full_name", "{{full_name}}")
	p.done()
	p.call(guideTitle)
	p.wait(ready(byTestID("publish")))
	return p
}

func TestBrowserBuildPublishedByADoubleClick(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.ready()
	p.doubleClick(byTestID("publish"))
	p.published("done")
	w.theZap()
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))

	// "Back" leads to what is, and not to the button.
	p.do(chromedp.NavigateBack())
	p.wait(`document.readyState === 'complete'`)
	p.do(chromedp.NavigateForward())
	p.published("done")
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))
}

func TestBrowserBuildPublishedInTwoTabs(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.ready()
	address := eval[string](p, `location.href`)
	second, third := p.sibling(), p.sibling()
	second.open(address)
	slow := make(chan struct{})
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, Hold: slow}))
	p.click(byTestID("publish"))
	w.arrived(emulator.OpZapCreate, 1)
	second.click(byTestID("publish"))
	third.open(address)
	third.published("running")
	close(slow)
	p.published("done")
	second.published("done")
	third.published("done") // by itself
	w.theZap()
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))
	assert.Equal(t, p.attribute(byTestID("editor"), "href"), second.attribute(byTestID("editor"), "href"))
}

// The Zap is there and the answer is not: the list of Zaps tells.
func TestBrowserBuildAnswerLost(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.ready()
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, After: true, Drop: true}))
	p.publish()
	zap := w.theZap()
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))
	assert.Contains(t, p.attribute(byTestID("editor"), "href"), fmt.Sprintf("/editor/%d", zap.Number))
}

// … and when the list does not tell either, the page says that it does not know, and looks again when asked to.
func TestBrowserBuildAnswerLostAndNoList(t *testing.T) {
	for name, button := range map[string]string{"look again": "look", "create again": "publish-again"} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, worldOptions{})
			p := w.ready()
			require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, After: true, Drop: true}))
			require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusInternalServerError, Times: 20}))
			p.click(byTestID("publish"))
			p.published("unknown")
			assert.Contains(t, p.text(), templates.English().Draft.Unknown)
			p.do(chromedp.Reload())
			p.published("unknown")
			assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))

			w.emulated().Disarm()
			p.click(byTestID(button))
			p.published("done")
			w.theZap()
			assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate), "it was found")
		})
	}
}

// The request never arrived. Nobody can know, so the person decides.
func TestBrowserBuildRequestLost(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.ready()
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true}))
	p.click(byTestID("publish"))
	p.published("unknown")
	p.sends(byTestID("look"))
	p.published("unknown")
	assert.Empty(t, w.made())
	p.click(byTestID("publish-again"))
	p.published("done")
	w.theZap()
}

// What Zapier has against the Zap is said at the field, and nothing was made.
func TestBrowserBuildRefused(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.typed("subject", "News")
	p.presses(`[value="text:recipients"]`)
	p.replace("recipients", "as many as there are")
	p.done()
	p.call("Letters")
	p.click(byTestID("publish"))
	p.wait(ready(byTestID("refused")))
	refused := p.texts(byTestID("refused"))
	require.Len(t, refused, 1)
	assert.Contains(t, refused[0], "“Most Recipients”")
	assert.Contains(t, p.text(), templates.English().Draft.RefusedNew)
	assert.Empty(t, w.made())
	p.edit("s2")
	p.wait(visible(`[data-field="recipients"] [data-testid="field-error"]`))
	p.replace("recipients", "300")
	p.done()
	p.publish()
	assert.Equal(t, "300", w.theZap().Steps[1].Inputs["recipients"])
}

// Somebody else's change, perhaps the same person's in another tab, is told before anything is saved over it; both stay.
func TestBrowserBuildInTwoTabs(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, report)
	form := eval[string](p, `location.href`)
	second := p.sibling()
	second.open(form[:len(form)-len("/steps/s2/fields")])
	second.call("Named in the other tab")

	p.typed("full_name", "Typed here {{full_name}}")
	p.click(byTestID("next"))
	p.wait(visible(byTestID("stale")))
	assert.Equal(t, "Typed here {{new_lead.full_name}}", p.value("full_name"))
	second.do(chromedp.Reload())
	assert.NotContains(t, second.text(), "Typed here", "nothing was saved")
	p.done()
	p.headed("Named in the other tab")
	p.publish()
	assert.Equal(t, "Typed here {{full_name}}", w.theZap().Steps[1].Inputs["full_name"])

	// A tab that was left behind creates nothing any more.
	second.click(ofStep("s1", "edit-step"))
	second.published("done")
	w.theZap()
}

// Reloads, the back button and a restart of the server in the middle of it.
func TestBrowserBuildInterrupted(t *testing.T) {
	w := newWorld(t, worldOptions{outside: true}) // a Zapier that is not restarted with the server
	w.connected(emulator.AppAPIKey)
	p := w.wade("/")
	p.start()
	p.edit("s1")
	p.choose("Gridwork Sheets", stepChoice{emulator.AppMany, "READ:new_spreadsheet_row"})
	p.uses("s1")
	first := p.texts(`[data-stage="account"] .trail-chosen`)
	p.do(chromedp.NavigateBack())
	p.stage("s1", "account")
	p.uses("s1") // another one: the first of those that are not chosen
	assert.NotEqual(t, first, p.texts(`[data-stage="account"] .trail-chosen`))
	p.countDrawings()
	p.pick("spreadsheet", "sheet_03")
	p.drawn(1)
	p.do(chromedp.Reload())
	p.wait(ready(named("worksheet")))
	assert.Equal(t, "sheet_03", p.value("spreadsheet"))
	p.pick("worksheet", "sheet_03_ws_1")
	p.done()

	p.edit("s2")
	p.choose("Marigold Mail", newsletter)
	p.uses("s2")
	p.typed("subject", "News")
	p.keys(kb.Tab)
	p.wait(`document.querySelector('[name="f.slug"]')?.value !== ''`) // made from the subject
	p.typed("body", "Half a")
	p.saves()
	w.stop()
	p.typed("body", " letter")
	p.click(byTestID("save"))
	p.wait(visible(`[data-problem]`))
	w.run()
	p.saves()
	assert.Equal(t, "Half a letter", p.value("body"))
	p.done()
	p.do(chromedp.NavigateBack())
	p.stage("s2", "fields")
	assert.Equal(t, "Half a letter", p.value("body"))
	p.do(chromedp.NavigateForward())
	p.reviews()

	p.open(w.url + "/")
	p.click(byTestID("draft-link"))
	p.reviews()
	p.call("Interrupted")
	w.stop()
	w.run()
	p.publish()
	zap := w.theZap()
	assert.Equal(t, map[string]any{"spreadsheet": "sheet_03", "worksheet": "sheet_03_ws_1"}, zap.Steps[0].Inputs)
	assert.Equal(t, "Half a letter", zap.Steps[1].Inputs["body"])
	assert.Equal(t, "news", zap.Steps[1].Inputs["slug"])
}
