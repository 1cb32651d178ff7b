package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// The form of a step with script: what somebody types and where they are is theirs, whatever the form does around them.

// stepChoice is a step of a draft up to its fields.
type stepChoice struct{ App, Action string }

var (
	newLead    = stepChoice{emulator.AppOAuth2, "READ:new_lead"}
	newsletter = stepChoice{emulator.AppAPIKey, "WRITE:create_newsletter"}
	report     = stepChoice{emulator.AppSession, "WRITE:create_engagement_report"}
	filter     = stepChoice{emulator.AppNoAuthentication, "FILTER:filter"}
)

// draft makes a draft as its pages do, by their forms, and returns its path.
func (w *world) draft(p *tab, steps ...stepChoice) string {
	w.t.Helper()
	type choice struct{ Step, Stage, Field, Value string }
	choices := []choice{}
	for i, step := range steps {
		id := fmt.Sprintf("s%d", i+1)
		choices = append(choices, choice{id, "app", "app", step.App}, choice{id, "action", "action", step.Action})
		if step.App != emulator.AppNoAuthentication {
			choices = append(choices, choice{id, "account", "authentication", w.account(step.App)})
		}
	}
	chosen, err := json.Marshal(choices)
	require.NoError(w.t, err)
	return await[string](p, `(async () => {
		const base = document.documentElement.dataset.base ?? '';
		const read = async (path, fields) => {
			const answer = await fetch(path, fields && {method: 'POST', body: new URLSearchParams(fields)});
			if (!answer.ok) throw new Error(path + ' ' + answer.status);
			return {path: new URL(answer.url).pathname, revision: /name="revision"[^>]*value="(\d+)"/.exec(await answer.text())?.[1]};
		};
		const {path} = await read(base + '/zaps/new', {});
		for (let steps = 2; steps < `+strconv.Itoa(len(steps))+`; steps++) {
			const {revision} = await read(path);
			await read(path + '/steps', {revision});
		}
		for (const {Step, Stage, Field, Value} of `+string(chosen)+`) {
			const stage = path + '/steps/' + Step + '/' + Stage;
			const {revision} = await read(path);
			await read(stage, {[Field]: Value, revision});
		}
		return path.slice(base.length);
	})()`)
}

// account is an Authentication of Wade's for an App.
func (w *world) account(app string) string {
	w.t.Helper()
	if stored := w.stored(app); len(stored) > 0 {
		return stored[0].ID
	}
	added, err := w.emulated().AddAuthentication(emulator.UserWade, app, "Wade's")
	require.NoError(w.t, err)
	return added.ID
}

// await returns what a script says in the end.
func await[T any](p *tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err, script)
	return value
}

// fields opens the form of a step of a new draft.
func (w *world) fields(step int, steps ...stepChoice) *tab {
	w.t.Helper()
	p := w.wade("/")
	p.open(w.url + w.draft(p, steps...) + fmt.Sprintf("/steps/s%d/fields", step))
	p.wait(ready(byTestID("fields-form")))
	eval[bool](p, `(window.samePage = true)`)
	return p
}

// named is the control of a field.
func named(field string) string { return fmt.Sprintf(`[name="f.%s"]`, field) }

// value is what stands in a field.
func (p *tab) value(field string) string {
	p.t.Helper()
	return p.shows(named(field))
}

// shows is what stands in a control, once it is there.
func (p *tab) shows(selector string) string {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.readyState === 'complete' && !!document.querySelector(%s)`, quote(selector)))
	return eval[string](p, fmt.Sprintf(`document.querySelector(%s).value`, quote(selector)))
}

// typed puts the caret into a field, at its end, and types.
func (p *tab) typed(field, text string) {
	p.t.Helper()
	p.click(named(field))
	p.keys(kb.End + text)
}

// redrawn counts the drawings of the form from now on.
func (p *tab) countDrawings() {
	p.t.Helper()
	eval[bool](p, `(window.drawn = 0, document.addEventListener('zapembed:refreshed', () => { window.drawn += 1; }), true)`)
}

func (p *tab) drawn(times int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`window.drawn === %d`, times))
}

// holdPosts keeps what the form posts until release is called.
func (p *tab) holdPosts() (release func()) {
	p.t.Helper()
	eval[bool](p, `(() => {
		const fetch = window.fetch;
		const held = new Promise((resolve) => { window.release = resolve; });
		window.posts = 0;
		window.fetch = async (url, init) => {
			if (init?.method !== 'POST') return fetch(url, init);
			window.posts += 1;
			const answer = await fetch(url, init);
			await held;
			return answer;
		};
		return true;
	})()`)
	return func() { eval[bool](p, `(window.release(), true)`) }
}

// caret says where the focus is and the caret in it.
func (p *tab) caret() string {
	p.t.Helper()
	return eval[string](p, `((e) => e.name + ' ' + e.selectionStart + '-' + e.selectionEnd)(document.activeElement)`)
}

// A value that the form depends on redraws it; what is typed meanwhile, and where, is not touched.
func TestBrowserFieldsRedrawnUnderTheHands(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	release := p.holdPosts()
	p.typed("subject", "News in March")
	p.keys(kb.Tab) // left: the form depends on it
	p.wait(`window.posts === 1`)
	p.typed("body", "Dear all")
	p.keys(kb.ArrowLeft + kb.ArrowLeft + kb.ArrowLeft)
	assert.Equal(t, "f.body 5-5", p.caret())

	release()
	p.drawn(1)
	assert.Equal(t, "f.body 5-5", p.caret())
	assert.Equal(t, "Dear all", p.value("body"))
	p.turns()
	assert.Equal(t, 1, eval[int](p, `window.posts`), "one change, one post")
	p.keys("to ")
	assert.Equal(t, "Dear to all", p.value("body"))
	assert.Equal(t, "News in March", p.value("subject"))
	assert.True(t, eval[bool](p, `window.samePage === true`), "the page was never left")

	p.click(byTestID("save"))
	p.drawn(2)
	p.open(eval[string](p, `location.href`))
	assert.Equal(t, "Dear to all", p.value("body"))
}

// Whoever is still typing has not left the field, whatever the browser says of the old drawing.
func TestBrowserFieldsRedrawnInTheMiddleOfAWord(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.offered("segment", "press")
	p.countDrawings()
	release := p.holdPosts()
	p.pick("segment", "press")
	p.wait(`window.posts === 1`)
	p.typed("subject", "Ne")
	release()
	p.drawn(1)
	p.turns()
	p.keys("ws")
	assert.Equal(t, 1, eval[int](p, `window.posts`))
	p.keys(kb.Tab)
	p.drawn(2)
	assert.Equal(t, "News", p.value("subject"))
}

// Each post carries the revision of the drawing before it: two changes in a row are not two people's.
func TestBrowserFieldsChangedTwiceInARow(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	release := p.holdPosts()
	p.typed("subject", "One")
	p.keys(kb.Tab)
	p.wait(`window.posts === 1`)
	p.typed("subject", " and two")
	p.keys(kb.Tab)
	release()
	p.drawn(2)
	assert.Equal(t, "One and two", p.value("subject"))
	assert.False(t, eval[bool](p, visible(byTestID("stale"))))
	assert.Equal(t, "f.slug 0-0", strings.Replace(p.caret(), "-3", "-0", 1))
}

// What depends on a changed value is cleared and offered anew.
func TestBrowserFieldsThatDepend(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(1, newLead, newsletter)
	p.countDrawings()
	p.pick("pipeline", "pl_02")
	p.drawn(1)
	p.pick("stage", "pl_02_st_3")
	p.pick("pipeline", "pl_04")
	p.drawn(2)
	assert.Empty(t, p.value("stage"))
	assert.True(t, eval[bool](p, `!!document.querySelector('[name="f.stage"] option[value="pl_04_st_3"]')`))
	assert.Equal(t, "f.pipeline", eval[string](p, `document.activeElement.name`), "the focus stays")
}

// Choices that nobody has asked for are read when somebody opens their list, by mouse or by key, and not before.
func TestBrowserFieldsListIsReadWhenItIsOpened(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, report)
	offers := func(field, value string) string {
		return fmt.Sprintf(`!!document.querySelector(%s)`, quote(named(field)+fmt.Sprintf(` option[value=%q]`, value)))
	}
	asked := w.emulated().Count(emulator.OpChoicesList)
	p.click(named("full_name"))
	p.keys("Wade" + kb.Tab)
	require.Equal(t, "f.account", eval[string](p, `document.activeElement.name`))
	assert.Equal(t, asked, w.emulated().Count(emulator.OpChoicesList), "nobody has opened it")

	p.keys(kb.ArrowDown)
	p.wait(offers("account", "Northwind Ads"))
	assert.Equal(t, "f.account", eval[string](p, `document.activeElement.name`), "the focus stays")
	assert.Equal(t, asked+1, w.emulated().Count(emulator.OpChoicesList))
	assert.Equal(t, "Wade", p.value("full_name"))
	p.keys(kb.Escape)

	p.click(named("kind"))
	p.wait(offers("kind", "detailed"))
	assert.Equal(t, asked+2, w.emulated().Count(emulator.OpChoicesList))
}

// offered has the choices of a select shown that nobody has seen yet. That drawing does not count.
func (p *tab) offered(field, value string) {
	p.t.Helper()
	p.wait(ready(named(field)))
	option := fmt.Sprintf(`!!document.querySelector(%s)`, quote(named(field)+fmt.Sprintf(` option[value=%q]`, value)))
	unasked := fmt.Sprintf(`[value=%q]`, "choices:"+field)
	if !eval[bool](p, option) && eval[bool](p, visible(unasked)) {
		p.click(unasked)
		p.wait(option)
		eval[bool](p, `(window.drawn -= 1, true)`)
	}
}

// pick chooses in a select, as the keyboard would.
func (p *tab) pick(field, value string) {
	p.t.Helper()
	p.offered(field, value)
	eval[bool](p, fmt.Sprintf(`((select) => {
		select.focus();
		select.value = %s;
		return select.dispatchEvent(new Event('input', {bubbles: true})) && select.dispatchEvent(new Event('change', {bubbles: true}));
	})(document.querySelector(%s))`, quote(value), quote(named(field))))
}

func TestBrowserFieldsRows(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	p.typed("lists", "first")
	p.click(`[value="add:lists"]`)
	p.drawn(1)
	assert.Equal(t, "f.lists 0-0", p.caret(), "the new row is where one types next")
	p.keys("second")
	p.click(`[value="remove:lists:0"]`)
	p.drawn(2)
	assert.Equal(t, []string{"second", ""}, eval[[]string](p, `[...document.querySelectorAll('[name="f.lists"]')].map((e) => e.value)`))
	assert.True(t, eval[bool](p, `document.activeElement.closest('[data-field]')?.dataset.field === 'lists'`), "the focus stays in the field")
}

// A failure says so and loses nothing; the next try goes through.
func TestBrowserFieldsFailure(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	eval[bool](p, `(() => {
		const fetch = window.fetch;
		window.fetch = (url, init) => window.offline ? Promise.reject(new TypeError('offline')) : fetch(url, init);
		return window.offline = true;
	})()`)
	p.typed("subject", "News")
	p.click(byTestID("next"))
	p.wait(visible(`[data-problem]`))
	assert.Contains(t, p.text(), templates.English().Fields.NoAnswer)
	p.wait(`document.querySelector('[data-live-region]').textContent.includes(` + quote(templates.English().Fields.NoAnswer) + `)`)
	assert.Equal(t, "News", p.value("subject"))

	eval[bool](p, `(window.offline = false, true)`)
	p.click(byTestID("save"))
	p.drawn(1)
	assert.False(t, eval[bool](p, visible(`[data-problem]`)))
	assert.Equal(t, "News", p.value("subject"))
}

// What Zapier cannot tell now is told in the form; what was typed is kept all the same.
func TestBrowserFieldsUnread(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpInputsList, Status: http.StatusInternalServerError, Times: 20}))
	p.typed("subject", "News")
	p.keys(kb.Tab)
	p.drawn(1)
	p.wait(visible(byTestID("unread")))
	assert.Equal(t, "News", p.value("subject"))
}

// Another tab's change is not written over without a word, nor behind the person's back.
func TestBrowserFieldsChangedInAnotherTab(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.offered("segment", "press")
	p.countDrawings()
	second := p.sibling()
	second.open(eval[string](p, `location.href`))
	second.countDrawings()
	second.typed("slug", "theirs")
	second.click(byTestID("save"))
	second.drawn(1)

	p.typed("subject", "mine")
	p.keys(kb.Tab)
	p.drawn(1)
	p.wait(visible(byTestID("stale")))
	assert.Equal(t, "mine theirs", p.value("subject")+" "+p.value("slug"), "what nobody touched here is as it was changed there")
	p.wait(`document.querySelector('[data-live-region]').textContent !== ''`)
	p.pick("segment", "press") // nothing is posted by itself now
	p.turns()
	assert.Equal(t, 1, eval[int](p, `window.drawn`))
	p.click(byTestID("save"))
	p.drawn(2)
	assert.False(t, eval[bool](p, visible(byTestID("stale"))))
	assert.Equal(t, "mine press theirs", p.value("subject")+" "+p.value("segment")+" "+p.value("slug"))
}

// A link is followed once what was typed is kept.
func TestBrowserFieldsLeftByALink(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	form := eval[string](p, `location.href`)
	p.typed("body", "Not saved by hand")
	p.click(`.brand`)
	p.wait(`location.pathname === '/' && document.readyState === 'complete'`)
	p.open(form)
	assert.Equal(t, "Not saved by hand", p.value("body"))

	p.typed("body", ", twice")
	p.open(w.url + "/") // as a tab that is closed, or a step back in the history
	require.Eventually(t, func() bool {
		p.open(form)
		return p.value("body") == "Not saved by hand, twice"
	}, patience, tick)
}

// The buttons lead where they lead without script.
func TestBrowserFieldsNext(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(1, newLead, newsletter)
	p.click(byTestID("next"))
	p.wait(`/^\/drafts\/[^/]+$/.test(location.pathname)`)
}

func TestBrowserFieldsAsText(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	p.click(`[value="text:priority"]`)
	p.drawn(1)
	p.wait(`document.activeElement.matches('input[name="f.priority"]')`)
	assert.Equal(t, "?text=priority", eval[string](p, `location.search`))
	p.pick("segment", "press")
	p.drawn(2)
	assert.True(t, eval[bool](p, `!!document.querySelector('input[name="f.priority"]')`), "a redrawing leaves the text box")
	p.click(`[value="native:priority"]`)
	p.drawn(3)
	p.wait(`document.activeElement.matches('select[name="f.priority"]')`)
	assert.Empty(t, eval[string](p, `location.search`))
}

// --- mapping ----------------------------------------------------------------

// output is the button of an earlier step's value.
func output(token string) string {
	return fmt.Sprintf(`[data-testid="output"][data-token=%s]`, quote(token))
}

func (p *tab) chips(field string) []string {
	p.t.Helper()
	return eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((chip) =>
		(chip.hasAttribute('data-broken') ? 'broken ' : '') + chip.dataset.token + ' ' + (chip.querySelector('.chip-field')?.textContent ?? ''))`,
		quote(fmt.Sprintf(`[data-field=%s] .chip`, quote(field)))))
}

func TestBrowserMapping(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, report)
	token := eval[string](p, `document.querySelector('[data-testid="output"][data-token*="full_name"]').dataset.token`)
	title := p.attribute(output(token), "data-field")

	// The first empty field that is required, when none was left before.
	p.click(output(token))
	assert.Equal(t, token, p.value("full_name"))
	assert.Equal(t, []string{token + " " + title}, p.chips("full_name"))
	assert.Equal(t, "f.full_name", eval[string](p, `document.activeElement.name`))

	// At the caret, with the keyboard alone.
	p.keys(kb.End + "  and ")
	p.keys(kb.ArrowLeft)
	eval[bool](p, fmt.Sprintf(`(document.querySelector(%s).focus(), true)`, quote(output(token))))
	p.keys(kb.Enter)
	assert.Equal(t, token+"  and"+token+" ", p.value("full_name"))
	assert.Len(t, p.chips("full_name"), 2)

	// While somebody types: what leads nowhere is seen at once, the field alone is enough in a Zap of two steps.
	p.fill(named("full_name"), "Dear {{ full_name }} of {{lead.nothing}}")
	assert.Equal(t, []string{"{{full_name}} " + title, "broken {{lead.nothing}} "}, p.chips("full_name"))
	p.fill(named("full_name"), "Ada")
	assert.Empty(t, p.chips("full_name"))
	assert.False(t, eval[bool](p, visible(`[data-field="full_name"] [data-chips]`)))
}

// The field that was left last gets the value, though the form was drawn anew meanwhile.
func TestBrowserMappingAfterARedrawing(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.countDrawings()
	token := eval[string](p, `document.querySelector('[data-testid="output"]').dataset.token`)
	p.typed("subject", "News for ")
	p.click(output(token)) // the field is left: the form depends on it
	p.drawn(1)
	assert.Equal(t, "News for "+token, p.value("subject"))
	assert.Len(t, p.chips("subject"), 1)

	p.keys(", ")
	eval[bool](p, fmt.Sprintf(`(document.querySelector(%s).focus(), true)`, quote(output(token))))
	p.drawn(2)
	p.keys(kb.Enter)
	assert.Equal(t, "News for "+token+", "+token, p.value("subject"))
	assert.Len(t, p.chips("subject"), 2)
	words := templates.English().Fields
	p.wait(`document.querySelector('[data-live-region]').textContent.startsWith(` + quote(words.Inserted(p.attribute(output(token), "data-field"), "Subject")) + `.slice(0, 12))`)
}

// drag takes an element with the mouse and lets it go on another.
func (p *tab) drag(from, to string) {
	p.t.Helper()
	p.wait(ready(from))
	p.do(chromedp.DragAndDrop(chromedp.CSS(from), chromedp.CSS(to)))
}

func TestBrowserMappingDropped(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, report)
	token := eval[string](p, `document.querySelector('[data-testid="output"]').dataset.token`)
	p.drag(output(token), named("full_name"))
	p.wait(fmt.Sprintf(`document.querySelector(%s).value === %s`, quote(named("full_name")), quote(token)))
	assert.Len(t, p.chips("full_name"), 1)
}

// --- the combobox -----------------------------------------------------------

const townField = `[data-field="town"] [role="combobox"]`

func (p *tab) options() []string {
	p.t.Helper()
	return eval[[]string](p, `[...document.querySelectorAll('[data-field="town"] [role="option"]')].filter((e) => e.checkVisibility()).map((e) => e.textContent)`)
}

func TestBrowserCombobox(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.offered("town", "town_001")
	p.countDrawings()
	p.holdPosts()()
	assert.False(t, eval[bool](p, visible(named("town"))), "the select is out of sight")
	p.click(`label[for="` + p.attribute(townField, "id") + `"]`)
	assert.True(t, eval[bool](p, `document.activeElement.matches(`+quote(townField)+`)`), "the label is the field's")

	p.keys("ÉLM")
	assert.Equal(t, "true", p.attribute(townField, "aria-expanded"))
	assert.Equal(t, []string{"Elmbridge", "Elmbrook", "Elmbury", "Elmfield", "Elmford", "Elmgate", "Elmham", "Elmhill", "Elmmouth", "Elmstead", "Elmton", "Elmwick"}, p.options())
	p.wait(`document.querySelector('[data-live-region]').textContent.includes('12')`)
	p.keys(kb.ArrowDown + kb.ArrowDown + kb.ArrowUp + kb.ArrowUp)
	active := p.attribute(townField, "aria-activedescendant")
	assert.Equal(t, "Elmwick", eval[string](p, fmt.Sprintf(`document.getElementById(%s).textContent`, quote(active))), "around the end")
	p.keys(kb.Enter)
	assert.Equal(t, "Elmwick", p.shows(townField))
	assert.Equal(t, "town_060", p.value("town"))
	assert.Equal(t, "false", p.attribute(townField, "aria-expanded"))

	// What matches nothing says so, and Escape brings back what was chosen.
	p.keys("xyz")
	assert.Empty(t, p.options())
	assert.Contains(t, p.text(), templates.English().Fields.ChoicesNone)
	p.keys(kb.Escape)
	assert.Equal(t, "Elmwick", p.shows(townField))

	// By the mouse: no more than a hundred of 144 are drawn, and the rest is counted.
	p.click(townField)
	assert.Len(t, p.options(), 100)
	assert.Contains(t, p.text(), templates.English().Fields.ChoicesMore("45"))
	p.keys("lime")
	p.click(`[data-field="town"] [role="option"]:nth-child(2)`)
	assert.Equal(t, "town_134", p.value("town"))
	assert.True(t, eval[bool](p, `document.activeElement.matches(`+quote(townField)+`)`))

	// Typed in full and left; emptied and left.
	p.click(townField)
	p.keys("golDham" + kb.Tab)
	assert.Equal(t, "Goldham", p.shows(townField))
	p.click(townField)
	p.keys(kb.Delete + kb.Tab)
	assert.Empty(t, p.value("town"))

	// It is the select that is saved, and a redrawing brings the combobox back with it.
	p.click(townField)
	p.keys("kingwick" + kb.Enter)
	assert.Zero(t, eval[int](p, `window.posts`), "Enter is the list's, not the form's")
	p.click(byTestID("save"))
	p.drawn(1)
	assert.Equal(t, "Kingwick", p.shows(townField))
	assert.Equal(t, "town_132", p.value("town"))
}

// A drawing that comes while somebody searches waits for them.
func TestBrowserComboboxDuringARedrawing(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.fields(2, newLead, newsletter)
	p.offered("town", "town_001")
	p.offered("segment", "press")
	p.countDrawings()
	release := p.holdPosts()
	p.pick("segment", "press")
	p.wait(`window.posts === 1`)
	p.click(townField)
	p.keys("elm")
	release()
	p.turns()
	assert.Len(t, p.options(), 12)
	p.keys(kb.ArrowDown + kb.Enter)
	p.drawn(1)
	assert.Equal(t, "town_049", p.value("town"))
	assert.Equal(t, "Elmbridge", p.shows(townField))
	assert.True(t, eval[bool](p, `document.activeElement.matches(`+quote(townField)+`)`), "the focus stays")
}
