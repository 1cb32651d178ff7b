package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// The page's side of an attempt: news that comes late, twice or from nowhere, and what is told of the end.

// Whoever starts over has not noticed that they are done; the server's last look has.
func TestBrowserStartOverFindsItConnected(t *testing.T) {
	timings := unhurried()
	timings.Calm = 50
	w := newWorld(t, worldOptions{timings: timings})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{NoMessage: true, KeepOpen: true}))
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	popup := p.openPopup()
	p.deafen()
	popup.connect()
	popup.wait(visible(byTestID("popup-closed")))
	p.click(byTestID("restart"))
	p.state("connected")
	stored := w.stored(emulator.AppBasic)
	require.Len(t, stored, 1)
	p.wait(visible(chosen(stored[0].ID)))
	assert.Equal(t, []string{"connected " + stored[0].ID}, p.outcomes())
}

// The start link answers when the list has been read. That it was asked for shows that the window has opened.
func TestBrowserNullHandleWhileTheBaselineIsRead(t *testing.T) {
	w, p, frame := isolatedHost(t)
	hold := make(chan struct{})
	before := w.emulated().Count(emulator.OpAuthenticationsList)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Hold: hold}))
	p.opens(func() { frame.click(byTestID("connect")) })
	w.arrived(emulator.OpAuthenticationsList, before+1)
	frame.wait(`document.querySelector('[data-testid="attempt"]').dataset.state === 'opened'`)
	frame.wait(`!window.states.includes('blocked')`)
	assert.Zero(t, w.emulated().Count(emulator.OpConnectStart), "the window is still on its way")

	close(hold)
	w.arrived(emulator.OpConnectStart, 1)
	frame.wait(`!window.states.includes('blocked')`)
}

// isolatedHost is a partner's page that gets no handle for any window it opens (popup.md, M7), with the page of
// an App in a frame that keeps its states.
func isolatedHost(t *testing.T) (*world, *tab, *frame) {
	t.Helper()
	host := httptest.NewUnstartedServer(nil)
	hostURL := "http://localhost:" + portOf(host.Listener)
	w := newWorld(t, worldOptions{env: map[string]string{"EMBED_ORIGINS": hostURL, "ZAPIER_CACHE": "off"}}) // each baseline is a call
	host.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
		rw.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(rw, `<!doctype html><title>Partner</title><style>body{margin:0}iframe{border:0;width:100vw;height:95vh}</style>
			<iframe src="%s" allow="*"></iframe>`, w.url+appPath(emulator.AppBasic))
	})
	host.Start()
	t.Cleanup(host.Close)
	p := w.wade("/")
	p.open(hostURL)
	inside := p.frame("iframe")
	inside.wait(visible(byTestID("connect")))
	inside.wait(`(() => {
		const region = document.querySelector('[data-testid="attempt"]');
		window.states = [];
		new MutationObserver(() => window.states.push(region.dataset.state)).observe(region, {attributeFilter: ['data-state']});
		return true;
	})()`)
	return w, p, inside
}

// drawings counts the drawings of the page's App that were asked for and those that were put in place.
// what may keep one back or hand out another in its stead: it is given the drawing's text and its number from 0.
const drawings = `(() => {
	window.asked = 0;
	window.drawn = 0;
	document.addEventListener('zapembed:refreshed', () => { window.drawn += 1; });
	const fetch = window.fetch;
	const what = %s;
	window.fetch = async (url, init) => {
		const answer = await fetch(url, init);
		if (init?.headers?.Accept !== 'text/html') return answer;
		const text = await answer.text();
		const number = window.asked++;
		return new Response(await what(text, number));
	};
	return true;
})()`

func TestBrowserOlderDrawingArrivesLast(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	eval[bool](p, fmt.Sprintf(drawings, `(text, number) => number > 0 ? text : new Promise((resolve) => {
		window.release = () => resolve(text);
	})`))
	popup := p.openPopup()
	w.twoNew()
	p.comeBack()
	p.wait(`window.asked === 1`) // the candidates are on their way
	popup.connect()
	p.state("connected")
	p.wait(`window.drawn === 1`)
	p.wait(visible(`[data-testid="authentication"][data-chosen="true"]`))

	eval[bool](p, `(window.release(), true)`)
	p.turns()
	assert.Equal(t, 1, eval[int](p, `window.drawn`), "the older drawing is thrown away")
	p.state("connected")
}

// What lies between us and the server hands out a page it has kept: it is noticed, and the page drawn again.
func TestBrowserDrawnBeforeTheEnd(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.countOutcomes()
	eval[bool](p, fmt.Sprintf(drawings, `(text, number) => {
		window.kept ??= text;
		return number === 1 ? window.kept : text;
	}`))
	popup := p.openPopup()
	w.twoNew()
	p.comeBack()
	p.wait(visible(byTestID("candidate")))
	popup.connect()
	p.wait(`window.drawn === 3`)
	p.state("connected")
	p.wait(visible(`[data-testid="authentication"][data-chosen="true"]`))
	assert.Len(t, p.outcomes(), 1)
}

func TestBrowserCandidatesComeAndGo(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup()
	offered := func(number int) {
		t.Helper()
		p.comeBack()
		p.wait(fmt.Sprintf(`[...document.querySelectorAll('[data-testid="candidate"]')].filter((e) => e.checkVisibility()).length === %d`, number))
	}
	first := w.twoNew()
	offered(2)
	third, err := w.emulated().AddAuthentication(emulator.UserWade, emulator.AppBasic, "Third")
	require.NoError(t, err)
	offered(3)
	require.NoError(t, w.emulated().ExpireAuthentication(third.ID))
	offered(2)
	for _, id := range first {
		require.NoError(t, w.emulated().ExpireAuthentication(id))
	}
	// One after the other would leave a single one, which is connected without asking.
	offered(0)
	assert.Equal(t, "waiting", p.attribute(byTestID("attempt"), "data-view"))
}

func TestBrowserEndsAreReadOut(t *testing.T) {
	for state, end := range map[string]func(p, popup *tab){
		"connected": func(_, popup *tab) { popup.connect() },
		"cancelled": func(p, _ *tab) { p.click(byTestID("cancel")) },
	} {
		t.Run(state, func(t *testing.T) {
			w := newWorld(t, worldOptions{})
			p := w.wade(appPath(emulator.AppBasic))
			popup := p.openPopup()
			p.readsOut("opened")
			end(p, popup)
			p.state(state)
			p.readsOut(state)
		})
	}
}

// readsOut waits until the live region says what the panel of a view has to say.
func (p *tab) readsOut(view string) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`(() => {
		const said = document.querySelector('[data-live-region]').textContent;
		return said !== '' && said === document.querySelector('[data-panel=%s]').dataset.announce;
	})()`, quote(view)))
}

// In one tab the page is gone while all happens, and comes back to an attempt that ends, or has ended, with its loading.
func TestBrowserOneTabTellsTheEndOnce(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	for name, back := range map[string]func(p *tab, here string){
		"the page is opened again": func(p *tab, here string) { p.open(here) },
		"the Back button": func(p *tab, here string) {
			for eval[string](p, `location.href`) != here {
				p.goBack()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newTab(t, &theBrowser)
			p.do(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
			p.keepOutcomes()
			w.signIn(p, emulator.UserWade, appPath(emulator.AppBasic))
			here := eval[string](p, `location.href`)
			p.click(byTestID("connect"))
			p.connect()
			p.wait(visible(byTestID("popup-closed")))
			back(p, here)
			p.state("connected")
			id := p.attribute(byTestID("attempt"), "data-authentication-id")
			p.wait(`sessionStorage.getItem('outcomes') !== null`)
			assert.Equal(t, "connected "+id+";", p.keptOutcomes())

			// The same page with the same end in it once more.
			p.open(here + "?attempt=" + p.attribute(byTestID("attempt"), "data-attempt"))
			p.state("connected")
			p.turns()
			assert.Equal(t, "connected "+id+";", p.keptOutcomes(), "told once")
		})
	}
}

// goBack presses the browser's Back button. chromedp's NavigateBack waits for a page to load, and one that
// the browser has kept does not.
func (p *tab) goBack() {
	p.t.Helper()
	from := eval[string](p, `location.href`)
	history, err := chromedp.Call(p.ctx, page.GetNavigationHistory, cdp.Empty{})
	require.NoError(p.t, err)
	require.Positive(p.t, history.CurrentIndex)
	_, err = chromedp.Call(p.ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{
		EntryID: history.Entries[history.CurrentIndex-1].ID,
	})
	require.NoError(p.t, err)
	p.wait(`document.readyState === 'complete' && location.href !== ` + quote(from))
}

// keepOutcomes keeps the terminal events beyond the page's life. It listens late, as a page's own scripts may.
func (p *tab) keepOutcomes() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
			addEventListener('load', () => document.addEventListener('zapembed:attempt', ({detail}) => {
				const before = sessionStorage.getItem('outcomes') ?? '';
				sessionStorage.setItem('outcomes', before + detail.outcome + ' ' + detail.authentication_id + ';');
			}))`})
		return err
	}))
}

func (p *tab) keptOutcomes() string {
	p.t.Helper()
	return eval[string](p, `sessionStorage.getItem('outcomes') ?? ''`)
}

// The page asks again by itself when a look has failed for a while.
func TestBrowserZapierInTroubleDuringTheCheck(t *testing.T) {
	w := newWorld(t, worldOptions{})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true})) // the message is all there is
	p := w.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-form")))
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusInternalServerError, Times: 2}))
	popup.connect()
	p.wait(visible(`[data-note="problem"]`))
	phrase := templates.English().Error("zapier-broken")
	said := eval[string](p, `document.querySelector('[data-note="problem"]').textContent`)
	assert.Equal(t, phrase.Sentence+" "+phrase.Advice, said, "the sentences of the phrases, and nothing glued to them")
	p.state("connected")
	assert.False(t, eval[bool](p, visible(`[data-note="problem"]`)))
}

// twoNew stores two Authentications behind everybody's back: more than one can be the popup's work.
func (w *world) twoNew() []string {
	w.t.Helper()
	var ids []string
	for _, title := range []string{"First", "Second"} {
		added, err := w.emulated().AddAuthentication(emulator.UserWade, emulator.AppBasic, title)
		require.NoError(w.t, err)
		ids = append(ids, added.ID)
	}
	return ids
}

// deafen ends the page's stream of news, as a broken line does.
func (p *tab) deafen() {
	p.t.Helper()
	eval[bool](p, `dispatchEvent(new PageTransitionEvent('pagehide'))`)
}

// turns lets the page do what it has at hand.
func (p *tab) turns() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(async () => {
			for (let turn = 0; turn < 30; turn += 1) await new Promise((resolve) => setTimeout(resolve));
			return true;
		})()`, chromedp.EvalAwaitPromise))
		return err
	}))
}

// A click while the page is still being drawn after an attempt's end must not be lost.
func TestBrowserConnectAgainWhileThePageIsDrawn(t *testing.T) {
	w := newWorld(t, worldOptions{env: withoutCache()})
	p := w.wade(appPath(emulator.AppBasic))
	p.openPopup().wait(visible(byTestID("connect-form")))
	hold := make(chan struct{})
	before := w.emulated().Count(emulator.OpAuthenticationsList)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Hold: hold}))
	p.click(byTestID("cancel"))
	p.state("cancelled")
	w.arrived(emulator.OpAuthenticationsList, before+1)
	cancelled := p.attempt().ID

	fresh := p.popup(func() {
		p.click(byTestID("connect"))
		close(hold)
	})
	fresh.connect()
	p.state("connected")
	assert.NotEqual(t, cancelled, p.attempt().ID)
}
