package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// What the pages that build a Zap offer to a tab: the words of their journeys. Each word that leads to another page
// waits until it is there.

// start begins an empty Zap on the first page.
func (p *tab) start() {
	p.t.Helper()
	p.click(byTestID("new-zap"))
	p.click(byTestID("new-blank") + " button")
	p.reviews()
}

// reviews waits for the page of the draft.
func (p *tab) reviews() {
	p.t.Helper()
	p.wait(`/\/drafts\/[^/]+$/.test(location.pathname) && document.readyState === 'complete'`)
}

// stage waits for a part of a step.
func (p *tab) stage(step, part string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`location.pathname.endsWith(%s) && document.readyState === 'complete'`, quote("/steps/"+step+"/"+part)))
}

// turn opens another part of the draft, without a link.
func (p *tab) turn(from, to string) {
	p.t.Helper()
	p.open(strings.Replace(eval[string](p, `location.href`), "/steps/"+from, "/steps/"+to, 1))
}

// ofStep is what a step has on the page of the draft.
func ofStep(step, testID string) string {
	return fmt.Sprintf(`[data-testid="step"][data-step="%s"] %s`, step, byTestID(testID))
}

// edit opens a step.
func (p *tab) edit(step string) {
	p.t.Helper()
	p.click(ofStep(step, "edit-step"))
	p.wait(`location.pathname.includes(` + quote("/steps/"+step+"/") + `) && document.readyState === 'complete'`)
}

// choose sets a step up as far as its account: the App is searched for, then what it does.
func (p *tab) choose(title string, step stepChoice) {
	p.t.Helper()
	p.search(title)
	p.click(fmt.Sprintf(`[data-testid="app"][data-app="%s"]`, step.App))
	p.click(fmt.Sprintf(`[data-testid="action"][data-action="%s"]`, step.Action))
	p.wait(`/\/(account|fields)$/.test(location.pathname) && document.readyState === 'complete'`)
}

// search types into the directory, and waits until the list is that of all that was typed.
func (p *tab) search(title string) {
	p.t.Helper()
	p.click(`input[name="query"]`)
	p.keys(title + kb.Enter)
	p.wait(fmt.Sprintf(`document.readyState === 'complete' && new URLSearchParams(location.search).get('query') === %s`, quote(title)))
}

// connects makes the account of the step in a popup, and goes on to the fields.
func (p *tab) connects(step string) {
	p.t.Helper()
	p.stage(step, "account")
	popup := p.openPopup()
	popup.finish()
	popup.gone()
	p.state("connected")
	p.goesOn(step)
}

// uses takes the first account of the list, and goes on to the fields.
func (p *tab) uses(step string) {
	p.t.Helper()
	p.stage(step, "account")
	p.click(byTestID("choose"))
	p.stage(step, "fields")
}

// goesOn leaves the account for the fields.
func (p *tab) goesOn(step string) {
	p.t.Helper()
	p.click(byTestID("go-on"))
	p.stage(step, "fields")
}

// finds chooses in a long list, by typing what is to be chosen.
func (p *tab) finds(field, label string) {
	p.t.Helper()
	p.click(fmt.Sprintf(`[data-field="%s"] [role="combobox"]`, field))
	p.keys(label + kb.Enter)
}

// labelOf is the label of a field, which leads into it.
func labelOf(field string) string { return fmt.Sprintf(`[data-field="%s"] label`, field) }

// replace types over what a field holds.
func (p *tab) replace(field, text string) {
	p.t.Helper()
	p.click(named(field))
	eval[bool](p, `(document.activeElement.select(), true)`)
	p.keys(kb.Delete + text)
}

// rows fills in a list that is empty so far: a row is asked for, and the caret is in it.
func (p *tab) rows(field string, values ...string) {
	p.t.Helper()
	p.typed(field, values[0])
	for _, value := range values[1:] {
		p.another(field)
		p.keys(value)
	}
}

// pairs fills in pairs that are empty so far, name, value, name, value …
func (p *tab) pairs(field string, values ...string) {
	p.t.Helper()
	p.click(fmt.Sprintf(`[name="k.%s"]`, field))
	for i := 0; i < len(values); i += 2 {
		if i > 0 {
			p.another(field)
		}
		p.keys(values[i] + kb.Tab + values[i+1])
	}
}

// another asks for one more row and waits until the caret is in it.
func (p *tab) another(field string) {
	p.t.Helper()
	p.presses(fmt.Sprintf(`[value="add:%s"]`, field))
	p.wait(fmt.Sprintf(`/^[fk]\.%s$/.test(document.activeElement.name) && document.activeElement.value === ''`, field))
}

// source is the page as the server sends it.
func (p *tab) source() string {
	p.t.Helper()
	return await[string](p, `fetch(location.href).then((answer) => answer.text())`)
}

// saves keeps what was typed, and stays.
func (p *tab) saves() {
	p.t.Helper()
	p.presses(byTestID("save"))
}

// presses uses a button that draws the form anew, and waits for the drawing; leaving a field may have asked for another
// before.
func (p *tab) presses(button string) {
	p.t.Helper()
	p.wait(ready(button))
	eval[bool](p, `(document.querySelector('[data-live="fields"]').dataset.before = 'pressed', true)`)
	p.click(button)
	p.wait(`document.readyState === 'complete' && !document.querySelector('[data-live="fields"]:is([data-before], [aria-busy])')`)
}

// sends uses a button that leads to another page, which may look the same.
func (p *tab) sends(button string) {
	p.t.Helper()
	p.wait(ready(button))
	eval[bool](p, `(window.before = true)`)
	p.click(button)
	p.wait(`document.readyState === 'complete' && window.before === undefined`)
}

// done leaves the fields for the draft.
func (p *tab) done() {
	p.t.Helper()
	p.click(byTestID("next"))
	p.reviews()
}

// call names the Zap.
func (p *tab) call(title string) {
	p.t.Helper()
	p.fill(`[name="title"]`, title)
	p.click(byTestID("title-form") + " button")
	p.headed(title)
}

// headed waits for a page of that title.
func (p *tab) headed(title string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.readyState === 'complete' && document.querySelector('h1')?.textContent === %s`, quote(title)))
}

// toTheZap goes from the page that says that the Zap is on to the page of the Zap, which has the same title.
func (p *tab) toTheZap() {
	p.t.Helper()
	p.click(byTestID("zap-link"))
	p.wait(`document.readyState === 'complete' && /\/zaps\/[^/]+$/.test(location.pathname)`)
}

// publish makes the Zap and waits until it is there.
func (p *tab) publish() {
	p.t.Helper()
	p.click(byTestID("publish"))
	p.published("done")
}

// published waits until the page says how far the Zap is.
func (p *tab) published(state string) {
	p.t.Helper()
	p.wait(ready(fmt.Sprintf(`[data-testid="publishing"][data-state="%s"]`, state)))
}

// gaps are what the page of the draft says is missing.
func (p *tab) gaps() []string {
	p.t.Helper()
	return p.texts(byTestID("gaps") + " " + byTestID("gap"))
}

// texts are those of all elements that match, as they are seen.
func (p *tab) texts(selector string) []string {
	p.t.Helper()
	return eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.trim().replace(/\s+/g, ' '))`, quote(selector)))
}

// order is that of the steps on the page of the draft; it waits until it is so.
func (p *tab) order(steps ...string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.readyState === 'complete' && [...document.querySelectorAll('[data-testid="step"]')].map((e) => e.dataset.step).join() === %s`,
		quote(strings.Join(steps, ","))))
}

// tokens are the mappings in a value of the draft's page, as the chips show them.
func (p *tab) tokens(selector string) []string {
	p.t.Helper()
	return eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => (e.hasAttribute('data-broken') ? 'broken ' : '') + e.dataset.token)`,
		quote(selector+" .chip")))
}

// connected gives Wade an account for each App.
func (w *world) connected(apps ...string) {
	w.t.Helper()
	for _, app := range apps {
		_, err := w.emulated().AddAuthentication(emulator.UserWade, app, "Wade's")
		require.NoError(w.t, err)
	}
}

// made are the Zaps that Wade has got by way of our pages.
func (w *world) made() []emulator.Zap {
	w.t.Helper()
	var made []emulator.Zap
	for _, zap := range w.emulated().Zaps(emulator.UserWade) {
		if zap.Client != "" {
			made = append(made, zap)
		}
	}
	return made
}

// theZap is the only one.
func (w *world) theZap() emulator.Zap {
	w.t.Helper()
	made := w.made()
	require.Len(w.t, made, 1)
	return made[0]
}

// theBody is the last request that made or changed a Zap, to the byte.
func (w *world) theBody(operation string) string {
	w.t.Helper()
	bodies := w.emulated().Bodies(operation)
	require.NotEmpty(w.t, bodies)
	return string(bodies[len(bodies)-1])
}

// sent holds a request against the documented one. In that, $action and $account stand for the ids of a step, which
// differ each time; both must be there, and those of the account must be Wade's.
func (w *world) sent(documented, body string) {
	w.t.Helper()
	var request struct {
		Data struct {
			Steps []struct {
				Action         string  `json:"action"`
				Authentication *string `json:"authentication"`
			} `json:"steps"`
		} `json:"data"`
	}
	require.NoError(w.t, json.Unmarshal([]byte(body), &request), body)
	owned := map[string]bool{}
	for _, authentication := range w.stored("") {
		owned[authentication.ID] = true
	}
	for _, step := range request.Data.Steps {
		assert.NotEmpty(w.t, step.Action)
		documented = strings.Replace(documented, "$action", step.Action, 1)
		if step.Authentication != nil {
			assert.True(w.t, owned[*step.Authentication], "the account is Wade's")
			documented = strings.Replace(documented, "$account", *step.Authentication, 1)
		}
	}
	assert.JSONEq(w.t, documented, body)
}
