package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// axe-core looks at every page and state for what keeps people out of it.

// look is a page or a state of one, and how to get there with the tab in which Wade is signed in, wherever it stands.
type look struct {
	name string
	at   func(w *world, p *tab) *tab
}

// looks are all there are. A row that leaves something behind at the emulator takes it back itself.
func looks() []look {
	return []look{
		{"home, signed out", signedOut("/")},
		{"home", opens("/")},
		{"Apps", opens("/apps")},
		{"Apps, none found", opens("/apps?query=nothing-of-the-kind")},
		{"Apps, signed out", signedOut("/apps")},
		{"error page", opens("/nowhere")},
		{"Apps, search failed", searchFailed},
		{"error page, unfolded", then(opens("/nowhere"), "summary", "details[open] dl")},
		{"waiting in line", waitingInLine},
		{"waiting at the door", waitingAtDoor},
		{"waiting, in the popup", waitingPopup},
		{"form that found no room", formWithoutRoom},
		{"Apps, kept from before", keptApps},

		{"App, nothing connected", opens(appPath(emulator.AppBasic))},
		{"App, signed out", signedOut(appPath(emulator.AppBasic))},
		{"App, many accounts", opens(appPath(emulator.AppMany))},
		{"App, expired account", opens(appPath(emulator.AppExpired))},
		{"App, needs none", opens(appPath(emulator.AppNoAuthentication))},
		{"App, account added with a form", opens(appPath(emulator.AppMany) + "/add-account")},
		{"App, account refused", then(opens(appPath(emulator.AppMany)+"/add-account"), byTestID("add-account"), `[data-invalid], [aria-invalid="true"]`)},
		{"attempt, opened", attemptView("opened")},
		{"attempt, waiting", attemptView("waiting")},
		{"attempt, blocked", attemptView("blocked")},
		{"attempt, cancelled", attemptView("cancelled")},
		{"attempt, expired", attemptView("expired")},
		{"attempt, failed", attemptView("failed")},
		{"attempt, all notes", attemptNotes},
		{"attempt, picking", attemptPicking},
		{"attempt, connected", attemptConnected},

		{"sign-in, window opened", signInView("opened")},
		{"sign-in, window blocked", signInView("blocked")},
		{"sign-in, kept out of a frame", signInView("kept-out")},
		{"sign-in window, done", opens("/sign-in/done")},
		{"sign-in window, denied", signInDenied},

		{"Zaps", after(aZap, "/zaps")},
		{"Zaps, none found", opens("/zaps?query=nothing-of-the-kind")},
		{"Zaps, signed out", signedOut("/zaps")},
		{"new Zap", opens("/zaps/new")},
		{"new Zap, not understood", guessRefused},
		{"one Zap", aZap},
		{"one Zap, runs", aZapWithRuns},
		{"one Zap, runs unread", aZapWithoutRuns},
		{"delete a Zap?", then(aZap, byTestID("delete"), byTestID("confirm"))},
		{"change a Zap", then(aZap, `[data-testid="edit"] button`, byTestID("title-form"))},

		{"draft, empty", draftOf()},
		{"draft, gaps", draftOf(newLead, newsletter)},
		{"draft, ready", complete},
		{"draft, published", published},
		{"draft, refused", refused},
		{"draft, what came of it is unknown", unknown},
		{"delete a draft?", then(draftOf(), byTestID("delete-draft"), byTestID("confirm"))},
		{"step, App", stageOf("s1/app")},
		{"step, App, none found", stageOf("s1/app?query=nothing-of-the-kind")},
		{"step, Action", stageOf("s2/action", newLead, newsletter)},
		{"step, account", stageOf("s2/account", newLead, newsletter)},
		{"step, needs no account", stageOf("s2/account", newLead, filter)},
		{"step, fields of every kind", stageOf("s2/fields", newLead, newsletter)},
		{"step, fields with mappings", fieldsMapped},
		{"step, field searched", fieldSearched},
		{"step, field searched in vain", fieldSearchedInVain},
		{"step, fields not kept", fieldsNotKept},
		{"step, fields sent again later", fieldsSentAgain},
		{"step, fields unread", fieldsUnread},
		{"step, fields stale", fieldsStale},
		{"step, fields refused", fieldsRefused},
		{"step, fields without values of earlier steps", sourcesUnread},
		{"step, test", stageOf("s1/test", newLead, report)},
		{"step, test that changes something", stageOf("s2/test", newLead, newsletter)},
		{"step, test succeeded", tested},
		{"step, test failed", testFailed},

		{"emulator, landing", atEmulator("/")},
		{"emulator, sign-in", emulatorSignIn},
		{"emulator, consent", emulatorConsent},
		{"emulator, connect form", connectForm(emulator.AppBasic)},
		{"emulator, connect form refused", connectFormRefused},
		{"emulator, third party", connectForm(emulator.AppOAuth2)},
		{"emulator, popup close", popupClose},
		{"emulator, error page", atEmulator("/engine/auth/start/nothing")},
		{"emulator, control page", controlPage},
	}
}

func TestAxe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{env: map[string]string{
		"ZAPIER_CACHE":  "off", // pages are looked at again after something has broken
		"ZAPIER_SCOPES": "profile zap zap:write zap:update zap:runs zap:delete connection:read connection:write",
		"OWN_APPS":      `[{"app": "` + emulator.AppMany + `", "scheme": "basic"}]`,
	}})
	wade := w.wade("/")
	for _, look := range looks() {
		t.Run(look.name, func(t *testing.T) {
			here, his := *w, *wade
			here.t, his.t = t, t
			look.at(&here, &his).axe()
		})
	}
}

// axe looks at the page as it stands: light and dark, wide and at 320 px. It leaves the tab light and wide for who comes
// next.
func (p *tab) axe() {
	p.t.Helper()
	source, err := axeSource()
	require.NoError(p.t, err, "`make setup` installs axe-core")
	p.wait(`document.readyState === 'complete'`)
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](source+`; true`))
		return err
	}))
	for _, as := range []struct {
		scheme string
		width  int64
		rules  string
	}{
		{"dark", 1200, colourRules}, {"dark", 320, colourRules}, {"light", 320, allRules}, {"light", 1200, allRules},
	} {
		p.prefers(as.scheme)
		p.do(chromedp.EmulateViewport(as.width, 800))
		for _, violation := range p.violations(as.rules) {
			assert.Fail(p.t, violation.ID, "%s, %d px: %s\n%s", as.scheme, as.width, violation.Help, violation)
		}
	}
}

// What axe-core is asked for. In the dark nothing but the colours is another.
const (
	allRules    = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']`
	colourRules = `{type: 'rule', values: ['color-contrast', 'link-in-text-block']}`
)

var axeSource = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile(filepath.Join("..", "..", "tools", "node_modules", "axe-core", "axe.min.js"))
	return string(source), err
})

// prefers is what the system says of its user; without motion, so that no colour is looked at on its way to another.
func (p *tab) prefers(scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	require.NoError(p.t, err)
}

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID, Help string
	Nodes    []struct{ HTML, FailureSummary string }
}

func (v violation) String() string {
	var where []string
	for _, node := range v.Nodes {
		where = append(where, node.HTML+"\n"+node.FailureSummary)
	}
	return strings.Join(where, "\n")
}

func (p *tab) violations(rules string) []violation {
	p.t.Helper()
	found := await[string](p, `axe.run({runOnly: `+rules+`, resultTypes: ['violations']}).then(({violations, passes}) => {
		if (passes.length === 0) throw new Error('axe-core has looked at nothing');
		return JSON.stringify(violations);
	})`)
	var violations []violation
	require.NoError(p.t, json.Unmarshal([]byte(found), &violations))
	return violations
}

// A test that finds nothing must be able to find something.
func TestAxeFinds(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := newTab(t, &theBrowser)
	p.open(w.url + "/")
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		source, err := axeSource()
		require.NoError(t, err, "`make setup` installs axe-core")
		_, err = chromedp.Run(ctx, chromedp.Evaluate[bool](source+`; document.querySelector('main').append(document.createElement('input')); true`))
		return err
	}))
	var found []string
	for _, violation := range p.violations(allRules) {
		found = append(found, violation.ID)
	}
	assert.Equal(t, []string{"label"}, found)
}

// --- how to get there -------------------------------------------------------

func opens(path string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.url + path)
		return p
	}
}

func signedOut(path string) func(*world, *tab) *tab {
	return func(w *world, _ *tab) *tab {
		p := newTab(w.t, &theBrowser)
		p.open(w.url + path)
		return p
	}
}

func searchFailed(w *world, p *tab) *tab {
	p.open(w.url + "/apps")
	w.fails(emulator.OpAppsList)
	p.fill(`input[name="query"]`, "ledger")
	p.wait(visible(`[data-search-problem]`))
	return p
}

// fails lets Zapier fail at an operation until the test is over.
func (w *world) fails(operation string) {
	w.t.Helper()
	require.NoError(w.t, w.emulated().Arm(emulator.Fault{Operation: operation, Status: http.StatusInternalServerError, Times: 100}))
	w.t.Cleanup(w.emulated().Disarm)
}

// attemptView shows what the server has drawn for a view of the attempt, as the script does.
func attemptView(view string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.url + appPath(emulator.AppDigest))
		p.state("idle")
		p.view(byTestID("attempt"), view)
		return p
	}
}

func (p *tab) view(region, view string) {
	p.t.Helper()
	shown := eval[int](p, fmt.Sprintf(`(() => {
		let shown = 0;
		const region = document.querySelector(%s);
		region.dataset.state = region.dataset.view = %s;
		for (const element of region.querySelectorAll('[data-show]')) {
			element.hidden = !element.dataset.show.split(' ').includes(region.dataset.view);
			if (!element.hidden) shown += 1;
		}
		return shown;
	})()`, quote(region), quote(view)))
	require.Positive(p.t, shown, view)
}

func attemptNotes(w *world, p *tab) *tab {
	attemptView("waiting")(w, p)
	eval[bool](p, `(() => {
		for (const note of document.querySelectorAll('[data-note]')) {
			note.hidden = false;
			note.textContent ||= note.dataset.text ?? 'Something is wrong.';
		}
		document.querySelector('details').open = true;
		return true;
	})()`)
	return p
}

func attemptPicking(w *world, p *tab) *tab {
	p.open(w.url + appPath(emulator.AppBasic))
	popup := p.openPopup()
	w.twoNew()
	p.comeBack()
	p.wait(visible(byTestID("candidate")))
	popup.closeByPerson()
	return p
}

func attemptConnected(w *world, p *tab) *tab {
	p.open(w.url + appPath(emulator.AppSameTitle))
	p.openPopup().connect()
	p.state("connected")
	p.wait(visible(`[data-testid="authentication"][data-chosen="true"]`))
	return p
}

func signInView(view string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p = signedOut("/")(w, p)
		p.wait(ready(byTestID("sign-in")))
		p.view(`[data-controller="sign-in"]`, view)
		return p
	}
}

func signInDenied(w *world, p *tab) *tab {
	p = signedOut("/")(w, p)
	popup := p.popup(func() { p.click(byTestID("sign-in")) })
	popup.click(`[data-testid="emulator-user"][data-user="1001"]`)
	popup.click(byTestID("deny"))
	popup.wait(visible(`[data-testid="error"][data-code="sign-in-denied"]`))
	return popup
}

func atEmulator(path string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.settings.Origin + path)
		return p
	}
}

func emulatorSignIn(w *world, _ *tab) *tab {
	p := newTab(w.t, &theBrowser)
	p.open(w.url + "/sign-in")
	p.wait(visible(byTestID("emulator-user")))
	return p
}

func emulatorConsent(w *world, p *tab) *tab {
	p = emulatorSignIn(w, p)
	p.click(byTestID("emulator-user"))
	p.wait(visible(byTestID("allow")))
	return p
}

// connectForm is what the popup of an App asks for.
func connectForm(app string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.url + appPath(app))
		p.wait(visible(byTestID("connect")))
		popup := p.popup(func() { p.click(byTestID("connect")) })
		popup.wait(visible(byTestID("connect-form")))
		return popup
	}
}

func connectFormRefused(w *world, p *tab) *tab {
	require.NoError(w.t, w.emulated().SetThirdParty(emulator.AppSession, emulator.ThirdParty{Failure: emulator.FailServerError}))
	w.t.Cleanup(func() {
		assert.NoError(w.t, w.emulated().SetThirdParty(emulator.AppSession, emulator.ThirdParty{}))
	})
	popup := connectForm(emulator.AppSession)(w, p)
	popup.connect()
	popup.wait(visible(byTestID("failure")))
	eval[bool](popup, `(document.querySelector('details').open = true)`)
	return popup
}

func popupClose(w *world, p *tab) *tab {
	before := w.emulated().CurrentPopup()
	require.NoError(w.t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true, NoMessage: true}))
	w.t.Cleanup(func() { assert.NoError(w.t, w.emulated().SetPopup(before)) })
	popup := connectForm(emulator.AppAPIKey)(w, p)
	popup.connect()
	popup.wait(visible(byTestID("popup-closed")))
	return popup
}

// controlPage has a world of its own: what all the others have asked for would be a long list.
func controlPage(w *world, _ *tab) *tab {
	w = newWorld(w.t, worldOptions{})
	p := w.wade("/zaps")
	w.fails(emulator.OpZapCreate)
	require.NoError(w.t, w.emulated().SetThirdParty(emulator.AppSession, emulator.ThirdParty{Failure: emulator.FailServerError}))
	return atEmulator("/emulator")(w, p)
}

// --- building a Zap ---------------------------------------------------------

// after opens a page when something has been done.
func after(done func(*world, *tab) *tab, path string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p = done(w, p)
		p.open(w.url + path)
		return p
	}
}

// then presses something and waits for what comes of it.
func then(at func(*world, *tab) *tab, button, want string) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p = at(w, p)
		p.click(button)
		p.wait(ready(want))
		return p
	}
}

func draftOf(steps ...stepChoice) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.url + "/")
		p.open(w.url + w.draft(p, steps...))
		return p
	}
}

func stageOf(stage string, steps ...stepChoice) func(*world, *tab) *tab {
	return func(w *world, p *tab) *tab {
		p.open(w.url + "/")
		p.open(w.url + w.draft(p, steps...) + "/steps/" + stage)
		p.wait(`document.readyState === 'complete' && document.querySelector('[data-testid="error"]') === null`)
		return p
	}
}

func guessRefused(w *world, p *tab) *tab {
	p.open(w.url + "/zaps/new")
	p.fill(`textarea[name="description"]`, "qwertyuiop")
	p.click(`[data-testid="guess"] button`)
	p.wait(ready(byTestID("guess-refused")))
	return p
}

// complete is a draft in which nothing is missing.
func complete(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, report)(w, p)
	p.click(output(anOutput(p)))
	return titled(p)
}

// titled goes from the fields to the draft's page and gives the draft a title.
func titled(p *tab) *tab {
	p.t.Helper()
	p.click(byTestID("next"))
	p.wait(ready(byTestID("title-form")))
	p.fill(`[data-testid="title-form"] [name="title"]`, "Leads")
	p.click(`[data-testid="title-form"] button`)
	p.wait(ready(byTestID("publish")))
	return p
}

func anOutput(p *tab) string { return p.attribute(byTestID("output"), "data-token") }

func published(w *world, p *tab) *tab {
	return then(complete, byTestID("publish"), byTestID("zap-link"))(w, p)
}

func refused(w *world, p *tab) *tab {
	complete(w, p)
	require.NoError(w.t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusBadRequest}))
	w.t.Cleanup(w.emulated().Disarm)
	p.click(byTestID("publish"))
	p.wait(ready(byTestID("refused")))
	return p
}

func unknown(w *world, p *tab) *tab {
	complete(w, p)
	w.fails(emulator.OpZapCreate)
	p.click(byTestID("publish"))
	p.wait(ready(byTestID("publish-again")))
	return p
}

func aZap(w *world, p *tab) *tab {
	return then(published, byTestID("zap-link"), byTestID("rename"))(w, p)
}

func aZapWithRuns(w *world, p *tab) *tab {
	aZap(w, p)
	for _, zap := range w.emulated().Zaps(emulator.UserWade) {
		_, _ = w.emulated().FireZap(zap.ID) // those that are off run not
	}
	p.do(chromedp.Reload())
	p.wait(ready(byTestID("run")))
	return p
}

func aZapWithoutRuns(w *world, p *tab) *tab {
	aZap(w, p)
	w.fails(emulator.OpZapRunsList)
	p.do(chromedp.Reload())
	p.wait(ready(byTestID("runs-unread")))
	return p
}

func fieldsMapped(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, newsletter)(w, p)
	p.typed("body", "Dear ")
	p.click(output(anOutput(p)))
	p.keys(" of {{nothing.there}}")
	p.wait(visible(`[data-field="body"] .chip[data-broken]`))
	p.click(`[value="text:priority"]`)
	p.wait(visible(byTestID("use-native")))
	return p
}

func fieldSearched(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, newsletter)(w, p)
	p.offered("town", "town_001")
	p.click(townField)
	p.wait(visible(`[data-field="town"] [role="option"]`))
	return p
}

func fieldSearchedInVain(w *world, p *tab) *tab {
	fieldSearched(w, p)
	p.keys("nothing of the kind")
	p.wait(visible(`[data-field="town"] .combobox-note`))
	return p
}

func fieldsNotKept(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, newsletter)(w, p)
	eval[bool](p, `(window.fetch = () => Promise.reject(new TypeError('offline')), true)`)
	p.click(byTestID("save"))
	p.wait(visible(`[data-problem]`))
	return p
}

func fieldsUnread(w *world, p *tab) *tab {
	w.fails(emulator.OpInputsList)
	stageOf("s2/fields", newLead, newsletter)(w, p)
	p.wait(ready(byTestID("unread")))
	return p
}

func fieldsStale(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, newsletter)(w, p)
	second := p.sibling()
	second.open(eval[string](p, `location.href`))
	second.typed("slug", "theirs")
	second.click(byTestID("next"))
	second.wait(ready(byTestID("title-form")))
	p.typed("slug", "mine")
	p.click(byTestID("save"))
	p.wait(visible(byTestID("stale")))
	return p
}

func fieldsRefused(w *world, p *tab) *tab {
	stageOf("s2/fields", newLead, newsletter)(w, p)
	form := eval[string](p, `location.href`)
	p.typed("subject", "News")
	p.typed("header_image", "no address")
	titled(p).click(byTestID("publish"))
	p.wait(ready(byTestID("gap") + "," + byTestID("refused")))
	p.open(form)
	p.wait(visible(byTestID("field-error")))
	return p
}

func sourcesUnread(w *world, p *tab) *tab {
	w.fails(emulator.OpOutputsList)
	stageOf("s2/fields", newLead, newsletter)(w, p)
	p.wait(ready(`[data-unread]`))
	return p
}

func tested(w *world, p *tab) *tab {
	return then(stageOf("s1/test", newLead, report), byTestID("run-test"), byTestID("result"))(w, p)
}

func testFailed(w *world, p *tab) *tab {
	require.NoError(w.t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpActionTest, Status: http.StatusBadRequest}))
	w.t.Cleanup(w.emulated().Disarm)
	return then(stageOf("s1/test", newLead, report), byTestID("run-test"), byTestID("failed"))(w, p)
}
