package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/emulator"
)

// The partner's own App is connected without a window, on the way through a step; what was typed is not shown again.
func TestBrowserBuildWithAnOwnApp(t *testing.T) {
	w := newWorld(t, worldOptions{env: map[string]string{
		"OWN_APPS": `[{"app": "` + emulator.AppBasic + `", "scheme": "basic"}]`,
	}})
	p := w.wade("/")
	p.start()
	p.edit("s1")
	p.choose("Ledgerleaf", stepChoice{emulator.AppBasic, "READ:new_invoice"})
	p.stage("s1", "account")
	p.click(byTestID("add-with-key"))
	p.wait(ready(byTestID("add-account-form")))
	p.fill(`[name="title"]`, "Our books")
	p.typed("username", "wade")
	p.typed("password", "wrong") // the service finds it so
	p.click(byTestID("add-account"))
	p.wait(ready(byTestID("notice")))
	assert.Empty(t, w.stored(emulator.AppBasic))
	assert.Equal(t, "wade", p.value("username"))
	assert.Empty(t, p.value("password"))

	p.typed("password", "between us")
	p.doubleClick(byTestID("add-account"))
	p.stage("s1", "account")
	assert.Equal(t, []string{"Our books"}, p.texts(`[data-testid="authentication"] .row-title`))
	assert.NotContains(t, p.source(), "between us")
	p.click(byTestID("go-on")) // it is the step's already
	p.stage("s1", "fields")
	p.done()
	assert.Equal(t, []string{"Account: Our books"}, p.texts(ofStep("s1", "step-account")))
	assert.Len(t, w.stored(emulator.AppBasic), 1)
	assert.Zero(t, w.emulated().Count(emulator.OpConnectStart), "no window")
}
