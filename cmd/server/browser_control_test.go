package main

import (
	"context"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// hurried lets the timers of pages that are opened from now on run a hundred times as fast.
func (p *tab) hurried() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `const later = window.setTimeout; window.setTimeout = (run, ms, ...more) => later(run, ms / 100, ...more);`,
		})
		return err
	}))
}

// control opens the emulator's control page.
func (w *world) control() *tab {
	w.t.Helper()
	p := newTab(w.t, &theBrowser)
	p.hurried()
	p.open(w.settings.Origin + "/emulator")
	p.wait(`document.querySelector('[data-live-state]').textContent === 'Live'`)
	return p
}

func (w *world) arm(operation string) {
	w.t.Helper()
	require.NoError(w.t, w.emulated().Arm(emulator.Fault{Operation: operation, Status: http.StatusTooManyRequests}))
}

const armed = `document.querySelector('[data-live="armed"]').innerText`

// What changes at the emulator changes on its page, and nothing else does.
func TestBrowserControlPageIsLive(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.control()
	p.fill("#new-title", "half typed")
	eval[bool](p, `(window.zaps = document.querySelector('[data-live="zaps"]').firstElementChild, true)`)
	w.arm(emulator.OpAppsList)
	p.wait(armed + `.includes('apps.list')`)
	w.emulated().Disarm()
	p.wait(`!` + armed + `.includes('apps.list')`)
	assert.Equal(t, "half typed", p.shows("#new-title"))
	assert.True(t, eval[bool](p, `window.zaps.isConnected`), "what has not changed is not exchanged")
}

// A part that somebody is in stays as it is until they have left it.
func TestBrowserControlPageLeavesAloneWhatIsInUse(t *testing.T) {
	w := newWorld(t, worldOptions{})
	w.arm(emulator.OpAppsList)
	p := w.control()
	eval[bool](p, `(() => {
		const fetch = window.fetch;
		window.looks = 0;
		window.fetch = (...request) => { window.looks += 1; return fetch(...request); };
		document.querySelector('[data-testid="disarm"]').focus();
		return true;
	})()`)
	w.arm(emulator.OpZapCreate)
	p.wait(`window.looks > 3`)
	assert.NotContains(t, eval[string](p, armed), emulator.OpZapCreate)
	eval[bool](p, `(document.activeElement.blur(), true)`)
	p.wait(armed + `.includes('zaps.create')`)
}

func TestBrowserControlPageWithoutAnAnswer(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.control()
	eval[bool](p, `(() => {
		const fetch = window.fetch;
		window.fetch = (...request) => window.back ? fetch(...request) : Promise.reject(new TypeError('offline'));
		return true;
	})()`)
	p.wait(`document.querySelector('[data-live-state]').textContent === 'The emulator does not answer.'`)
	w.arm(emulator.OpAppsList)
	eval[bool](p, `(window.back = true)`)
	p.wait(`document.querySelector('[data-live-state]').textContent === 'Live' && ` + armed + `.includes('apps.list')`)
}
