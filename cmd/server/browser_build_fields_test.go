package main

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// Journeys through the forms that Zapier describes: what is filled in there, the way a person does, is what Zapier gets.

var sheetRow = stepChoice{emulator.AppMany, "WRITE:create_spreadsheet_row"}

// A spreadsheet has worksheets, and a worksheet has columns: what hangs on a changed value goes, and the rest stays.
func TestBrowserBuildDependentFields(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, sheetRow)
	p.countDrawings()
	p.pick("spreadsheet", "sheet_01")
	p.drawn(1)
	p.pick("worksheet", "sheet_01_ws_2")
	p.drawn(2)
	p.typed("COL$A", "{{full_name}}")
	assert.Equal(t, []string{"{{full_name}} Full Name"}, p.chips("COL$A"))
	p.saves()

	// Another worksheet of the same spreadsheet.
	p.pick("worksheet", "sheet_01_ws_3")
	p.drawn(4)
	assert.Equal(t, "sheet_01", p.value("spreadsheet"))
	assert.Equal(t, "sheet_01_ws_3", p.value("worksheet"))
	assert.Empty(t, p.value("COL$A"), "it was a column of the other worksheet")
	p.typed("COL$A", "{{full_name}}")

	// Another spreadsheet.
	p.pick("spreadsheet", "sheet_02")
	p.drawn(5)
	assert.Equal(t, "sheet_02", p.value("spreadsheet"))
	assert.Empty(t, p.value("worksheet"))
	assert.Equal(t, "sheet_02_ws_1", eval[string](p, `document.querySelector('[name="f.worksheet"] option:nth-child(2)').value`))
	assert.False(t, eval[bool](p, visible(named("COL$A"))), "no worksheet, no columns")
	assert.Equal(t, "f.spreadsheet", eval[string](p, `document.activeElement.name`), "the focus stays")
	assert.True(t, eval[bool](p, `window.samePage === true`), "the page was never left")

	p.pick("worksheet", "sheet_02_ws_1")
	p.drawn(6)
	p.typed("COL$A", "{{email}}")
	p.done()
	p.call("Rows")
	p.publish()
	w.sent(`{"data": {"title": "Rows", "steps": [
		{"action": "$action", "authentication": "$account", "inputs": {}},
		{"action": "$action", "authentication": "$account", "inputs": {
			"spreadsheet": "sheet_02", "worksheet": "sheet_02_ws_1", "COL$A": "{{email}}"}}
	], "enabled": true}}`, w.theBody(emulator.OpZapCreate))
}

// Zapier takes its time to describe the form anew; whoever types on meanwhile loses nothing and stays where they are.
func TestBrowserBuildTypingWhileZapierThinks(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	p.pick("part", "everyone_new")
	p.drawn(1)
	think := make(chan struct{})
	asked := w.emulated().Count(emulator.OpInputsList)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpInputsList, Hold: think}))
	p.pick("segment", "press")
	w.arrived(emulator.OpInputsList, asked+1)
	p.typed("body", "Dear all")
	p.keys(kb.ArrowLeft + kb.ArrowLeft + kb.ArrowLeft)
	close(think)
	p.drawn(2)
	p.keys("to ")
	assert.Equal(t, "f.body 8-8", p.caret())
	assert.Equal(t, "Dear to all", p.value("body"))
	assert.Equal(t, "press", p.value("segment"))
	assert.Empty(t, p.value("part"), "it was a part of another segment")

	p.done()
	assert.Equal(t, []string{"Step 2: fill in “Subject”."}, p.texts(ofStep("s2", "gap")))
	assert.Contains(t, p.texts(ofStep("s2", "value")), "Text Dear to all")
}

// Leaving a field draws the form anew, and the drawing must not take away the button that is just being pressed.
func TestBrowserBuildAButtonHeldDown(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	eval[bool](p, `(() => {
		const fetch = window.fetch;
		window.fetch = async (...request) => {
			const answer = await fetch(...request);
			await answer.clone().text();
			window.answered = true;
			return answer;
		};
		return true;
	})()`)
	p.typed("subject", "News")
	x, y := p.centre(byTestID("next"))
	p.do(chromedp.MouseEvent(chromedp.MousePressed, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.wait(`window.answered`)
	p.turns()
	p.do(chromedp.MouseEvent(chromedp.MouseReleased, x, y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	p.reviews()
	assert.Contains(t, p.texts(ofStep("s2", "value")), "Subject News")
}

// Each kind of field there is, filled in the way a person does.
func TestBrowserBuildEveryControl(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	const secret = "pass&word<1>"

	p.typed("subject", "News for {{full_name}}")
	p.keys(kb.Tab)
	p.drawn(1)
	p.replace("slug", "news-in-march")
	p.typed("body", "Dear all,"+kb.Enter+"it is “March” & <spring>.")
	p.replace("html", `<p class="news">Hello</p>`)
	p.typed("archive_password", secret)
	p.typed("header_image", "https://files.example/a?b=1&c=2")
	p.replace("send_at", "") // as Zapier proposes it, no browser has a control for it
	p.saves()

	p.click(labelOf("send_at"))
	p.keys("11252026" + kb.ArrowRight + "0930" + "PM")
	p.pick("segment", "press")
	p.drawn(3)
	p.pick("part", "press_old")
	p.drawn(4)
	p.offered("town", "town_001")
	p.tabTo(townField)
	p.keys("elm" + kb.ArrowUp + kb.Enter) // the last that is called so: of the second page
	p.pick("priority", "1")
	p.replace("recipients", "750")
	p.typed("budget", "49.5")
	p.pick("sent", "True")
	p.typed("sender__name", "{{first_name}} at work")
	p.typed("sender__email", "news@example.com")
	p.rows("lists", "north", "south", "{{tags[]name}}")
	p.rows("sizes", "120", "240")
	p.rows("rates", "0.5", "1.25")
	p.pick("switches", "True")
	p.another("switches")
	p.keys("No") // a select goes to the label that begins so
	p.pairs("merge_fields", "greeting", "Hello {{first_name}}", "sign", "=", "extra", "again")

	p.click(`[value="remove:lists:1"]`)
	p.wait(`document.querySelectorAll('[name="f.lists"]').length === 3`) // the last is empty
	p.click(`[value="remove:merge_fields:0"]`)                           // in the order of their names
	p.wait(`document.querySelectorAll('[name="k.merge_fields"]').length === 3`)
	assert.Equal(t, "", p.value("archive_password"))
	assert.Equal(t, "https://files.example/a?b=1&c=2", p.value("header_image"))
	assert.NotContains(t, p.source(), "pass&amp;word")
	assert.NotContains(t, p.source(), "word<1>")

	p.done()
	p.call("A letter")
	assert.Contains(t, p.texts(ofStep("s2", "value")), "Town Elmwick", "as people call it")
	assert.NotContains(t, p.source(), "pass&amp;word")
	p.publish()
	assert.Equal(t, map[string]any{
		"subject": "News for {{full_name}}", "slug": "news-in-march", "body": "Dear all,\nit is “March” & <spring>.",
		"html": `<p class="news">Hello</p>`, "archive_password": secret, "header_image": "https://files.example/a?b=1&c=2",
		"send_at": "2026-11-25T21:30", "segment": "press", "part": "press_old", "town": "town_060", "priority": "1",
		"recipients": "750", "budget": "49.5", "sent": "True",
		"lists": []any{"north", "{{tags[]name}}"}, "sizes": []any{"120", "240"}, "rates": []any{"0.5", "1.25"},
		"switches": []any{"True", "False"}, "merge_fields": map[string]any{"greeting": "Hello {{first_name}}", "sign": "="},
		"sender__name": "{{first_name}} at work", "sender__email": "news@example.com",
	}, w.theZap().Steps[1].Inputs)
	assert.Contains(t, w.theBody(emulator.OpZapCreate), `"body":"Dear all,\nit is “March”`)
}

// A choice that Zapier no longer offers stays, and is said to be gone, until somebody chooses another.
func TestBrowserBuildChoiceThatIsGone(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.click(`[value="text:town"]`)
	p.wait(`document.activeElement.matches('input[name="f.town"]')`)
	p.keys("town_999")
	p.click(`[value="native:town"]`)
	p.wait(visible(townField))
	assert.Equal(t, "town_999", p.value("town"))
	assert.Equal(t, "town_999 (no longer offered)", p.shows(townField))
	assert.Contains(t, p.text(), templates.English().Fields.Gone)

	p.finds("town", "Birchbury")
	p.saves()
	assert.NotContains(t, p.text(), templates.English().Fields.Gone)
	assert.Equal(t, "town_015", p.value("town"))
}
