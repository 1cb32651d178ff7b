package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// What becomes of a Zap that runs, and other ways to begin one.

// running is the guide's example at Zapier, on its page.
func (w *world) running() (*tab, emulator.Zap) {
	w.t.Helper()
	p := w.ready()
	p.publish()
	zap := w.theZap()
	p.toTheZap()
	return p, zap
}

// switched waits until the page of a Zap shows its state.
func (p *tab) switched(state string) {
	p.t.Helper()
	p.wait(ready(`h1 ~ * [data-testid="zap-state"][data-state="` + state + `"]`))
}

func TestBrowserZapSwitchedOnAndEdited(t *testing.T) {
	w := newWorld(t, worldOptions{env: withoutCache()})
	words := templates.English()
	p, zap := w.running()
	require.NoError(t, w.emulated().PauseZap(zap.ID))
	p.do(chromedp.Reload())
	p.switched("off")
	p.click(byTestID("enable") + " button")
	p.switched("on")
	assert.True(t, w.theZap().Enabled)

	// Editing replaces the steps and turns the Zap on, which is said before.
	require.NoError(t, w.emulated().PauseZap(zap.ID))
	assert.Contains(t, p.text(), words.Zap.EditWarning)
	p.click(byTestID("edit") + " button")
	p.reviews()
	p.edit("s2")
	assert.Equal(t, "{{new_lead.full_name}}", p.value("full_name"))
	p.typed("full_name", " ({{email}})")
	p.done()
	assert.Contains(t, p.text(), words.Draft.ChangeWarning(guideTitle))
	p.publish()
	body := w.theBody(emulator.OpZapUpdate)
	w.sent(`{"data": {"title": "Register engagement report on lead creation", "steps": [
		{"action": "$action", "authentication": "$account", "inputs": {}},
		{"action": "$action", "authentication": "$account", "inputs": {"full_name": "{{full_name}} ({{email}})", "kind": "summary"}}
	]}}`, body)
	changed := w.theZap()
	assert.Equal(t, zap.ID, changed.ID)
	assert.True(t, changed.Enabled)
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))

	p.toTheZap()
	p.fill(`[name="title"]`, "Another name")
	p.click(byTestID("rename") + " button")
	p.headed("Another name")
	assert.JSONEq(t, `{"data": {"title": "Another name"}}`, w.theBody(emulator.OpZapUpdate))
	assert.False(t, eval[bool](p, visible(byTestID("delete"))), "the scopes do not allow it")
}

func TestBrowserZapRuns(t *testing.T) {
	w := newWorld(t, worldOptions{env: withoutCache()})
	p, zap := w.running()
	status, err := w.emulated().FireZap(zap.ID)
	require.NoError(t, err)
	require.Equal(t, "success", status)
	p.do(chromedp.Reload())
	p.wait(ready(`[data-testid="run"][data-status="success"]`))
	p.click(`[data-testid="run"] summary`)
	assert.Contains(t, p.texts(byTestID("run-in"))[0], "full_name")
	p.wait(visible(byTestID("run-out")))
}

// Somebody may delete Zaps if Zapier says so. It is asked for, and a draft can go as well.
func TestBrowserZapDeleted(t *testing.T) {
	w := newWorld(t, worldOptions{env: map[string]string{
		"ZAPIER_SCOPES": "profile zap zap:write zap:update zap:runs zap:delete connection:read connection:write",
	}})
	p, zap := w.running()
	p.click(byTestID("edit") + " button")
	p.reviews()
	p.click(byTestID("delete-draft"))
	p.click(byTestID("confirm-submit"))
	p.wait(`location.pathname === '/zaps' && document.readyState === 'complete'`)
	assert.False(t, eval[bool](p, visible(byTestID("draft"))))

	p.click(`[data-testid="zap"][data-zap="` + zap.ID + `"] a`)
	p.headed(guideTitle)
	p.click(byTestID("delete"))
	p.click(byTestID("confirm-cancel"))
	p.headed(guideTitle)
	p.click(byTestID("delete"))
	p.click(byTestID("confirm-submit"))
	p.wait(`location.pathname === '/zaps' && document.readyState === 'complete'`)
	assert.Empty(t, w.made())
	assert.False(t, eval[bool](p, visible(`[data-testid="zap"][data-zap="`+zap.ID+`"]`)))
}

// A template knows the Apps; the rest is up to the person.
func TestBrowserBuildFromATemplate(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.wade("/zaps/new")
	title := eval[string](p, `document.querySelector('[data-testid="template"] h3').textContent`)
	require.Contains(t, title, "PlatformAdManager")
	p.click(byTestID("use-template"))
	p.headed(title)
	for i, choice := range []stepChoice{newLead, report} {
		step := fmt.Sprintf("s%d", i+1)
		p.edit(step)
		p.stage(step, "action")
		p.click(`[data-action="` + choice.Action + `"]`)
		p.uses(step)
		if choice == report {
			p.typed("full_name", "Somebody")
		}
		p.done()
	}
	p.publish()
	assert.Equal(t, title, w.theZap().Title)
}

// Zapier makes a draft of a sentence; what it does not understand is said, and stays to be mended.
func TestBrowserBuildFromWords(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.connected(emulator.AppOAuth2, emulator.AppSession)
	p := w.wade("/zaps/new")
	p.click(`[name="description"]`)
	p.keys("Make me rich")
	p.click(byTestID("guess") + " button")
	p.wait(ready(byTestID("guess-refused")))
	assert.Equal(t, "Make me rich", p.shows(`[name="description"]`))
	p.fill(`[name="description"]`, "When a lead comes in at SuperExampleCRM, create a report in PlatformAdManager")
	p.click(byTestID("guess") + " button")
	p.reviews()
	assert.Equal(t, []string{
		"Step 1: choose an account for SuperExampleCRM.", "Step 1: look over the fields.",
		"Step 2: choose an account for PlatformAdManager.", "Step 2: look over the fields.",
	}, p.gaps())
	for _, step := range []string{"s1", "s2"} {
		p.edit(step)
		p.uses(step)
		if step == "s2" {
			p.typed("full_name", "{{full_name}}")
		}
		p.done()
	}
	p.publish()
	zap := w.theZap()
	assert.Equal(t, newLead, madeStep(zap, 0))
	assert.Equal(t, report, madeStep(zap, 1))
}

// A test really executes. One that writes asks first; what comes back is shown and gives later steps their samples.
func TestBrowserBuildTestsOfSteps(t *testing.T) {
	w := newWorld(t, worldOptions{})
	words := templates.English().Test
	p := w.fields(1, newLead, report)
	p.click(byTestID("save-test"))
	p.stage("s1", "test")
	assert.False(t, eval[bool](p, visible(byTestID("writes"))))
	p.click(byTestID("run-test"))
	p.wait(ready(`[data-testid="result"][data-outcome="found"]`))
	found := eval[string](p, `[...document.querySelectorAll('[data-testid="result-line"]')].find((e) => e.querySelector('dt').textContent.trim() === 'full_name').querySelector('dd').textContent.trim()`)
	require.NotEmpty(t, found)
	p.do(chromedp.Reload())
	p.wait(ready(byTestID("result")))
	assert.Equal(t, 1, w.emulated().Count(emulator.OpActionTest), "a reload repeats nothing")

	p.turn("s1/test", "s2/fields")
	assert.Equal(t, found, p.attribute(output("{{new_lead.full_name}}"), "data-sample"))
	p.typed("full_name", "Dear {{full_name}}")
	assert.Equal(t, []string{found}, p.texts(`[data-field="full_name"] .chip-sample`))
	p.click(byTestID("save-test"))
	p.stage("s2", "test")
	assert.Contains(t, p.text(), words.WritesTitle)
	assert.Contains(t, p.texts(byTestID("value")), "Full Name Dear "+found, "what is sent")
	assert.Equal(t, 1, w.emulated().Count(emulator.OpActionTest), "asked first")
	p.click(byTestID("run-test"))
	p.wait(ready(`[data-testid="result"][data-outcome="found"]`))
	assert.Equal(t, 2, w.emulated().Count(emulator.OpActionTest))
	assert.Contains(t, w.theBody(emulator.OpActionTest), `"full_name":"Dear `+found+`"`)
	assert.Contains(t, p.texts(byTestID("result-line")), "full_name Dear "+found)
	assert.Empty(t, w.made(), "a test is no Zap")

	// What the App refuses is told in its own words, and the step can be tested again.
	p.turn("s2/test", "s2/fields")
	p.replace("full_name", "wrong")
	p.click(byTestID("save-test"))
	p.stage("s2", "test")
	p.click(byTestID("run-test"))
	p.wait(ready(`[data-testid="result"][data-outcome="failed"]`))
	assert.NotEmpty(t, p.texts(byTestID("failed")))
}
