package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/handlers"
)

// What the pages of this product offer to a tab: the words of its tests.

// openPopup presses "connect" and waits for the window.
func (p *tab) openPopup() *tab {
	p.t.Helper()
	popup := p.popup(func() { p.click(byTestID("connect")) })
	p.wait(`document.querySelector('[data-testid="attempt"]').dataset.state !== 'idle'`)
	return popup
}

// connect fills the form at Zapier and sends it.
func (p *tab) connect() {
	p.t.Helper()
	p.wait(visible(byTestID("connect-submit")))
	eval[bool](p, `document.querySelectorAll('[data-testid="connect-form"] input').forEach((input) => { input.value ||= 'typed' }) ?? true`)
	p.click(byTestID("connect-submit"))
}

// finish does what the App's scheme asks for: a form, a third party's consent, or both.
func (p *tab) finish() {
	p.t.Helper()
	p.wait(visible(byTestID("connect-submit")) + `||` + visible(byTestID("allow")))
	if eval[bool](p, visible(byTestID("connect-submit"))) {
		p.connect()
		return
	}
	p.click(byTestID("allow"))
}

// allowAs signs in to Zapier as the seeded user and consents.
func (p *tab) allowAs(user int) {
	p.t.Helper()
	p.click(fmt.Sprintf(`[data-testid="emulator-user"][data-user="%d"]`, user))
	p.click(byTestID("allow"))
}

// postToOpener posts a message from this window to the page that opened it.
func (p *tab) postToOpener(message string) {
	p.t.Helper()
	eval[bool](p, `(window.opener.postMessage(`+message+`, '*'), true)`)
}

// attempt asks the JSON API for the attempt that the page shows.
func (p *tab) attempt() handlers.Attempt {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
		const base = document.documentElement.dataset.base ?? '';
		const id = document.querySelector('[data-testid="attempt"]').dataset.attempt;
		const answer = await fetch(base + '/api/attempts/' + id, {headers: {'X-Zapembed': '1'}});
		return answer.text();
	})()`, chromedp.EvalAwaitPromise))
	require.NoError(p.t, err)
	var attempt handlers.Attempt
	require.NoError(p.t, json.Unmarshal([]byte(text), &attempt), text)
	require.NotEmpty(p.t, attempt.ID, text)
	return attempt
}

// waitAttempt waits until the server's attempt is as it should be.
func (p *tab) waitAttempt(as func(handlers.Attempt) bool) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return as(p.attempt()) }, patience, tick)
}

// ignored waits until the page has ignored so many messages.
func (p *tab) ignored(messages int) {
	p.t.Helper()
	p.wait(fmt.Sprintf(`document.querySelector('[data-testid="attempt"]').dataset.ignored === '%d'`, messages))
}

// chosen is the row of the Authentication in use.
func chosen(id string) string {
	return fmt.Sprintf(`[data-testid="authentication"][data-authentication=%s][data-chosen="true"]`, quote(id))
}

// countOutcomes keeps every terminal event that the page tells.
func (p *tab) countOutcomes() {
	p.t.Helper()
	eval[bool](p, `(window.outcomes = [], document.addEventListener('zapembed:attempt', (event) => {
		window.outcomes.push(event.detail.outcome + ' ' + event.detail.authentication_id);
	}), true)`)
}

func (p *tab) outcomes() []string {
	p.t.Helper()
	return eval[[]string](p, `window.outcomes`)
}
