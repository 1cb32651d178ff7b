package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/emulator"
)

// Values of earlier steps get into a field by being picked, typed or dropped. When the steps change, what breaks is said
// where it can be mended.
func TestBrowserBuildMappings(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	path := w.draft(p, newLead, invoice, report)
	p.open(w.url + path + "/steps/s2/fields")
	p.typed("number", "{{new_lead.id}}")
	p.done()

	p.edit("s3")
	p.click(named("full_name"))
	p.click(output("{{new_lead.full_name}}"))
	p.keys(", {{ create_invoice.number }}")
	p.presses(`[value="text:account"]`)
	p.drag(output("{{create_invoice.id}}"), named("account"))
	p.wait(`document.querySelector('[name="f.account"]').value !== ''`)
	assert.Equal(t, []string{"{{new_lead.full_name}} Full Name", "{{create_invoice.number}} Number"}, p.chips("full_name"))
	assert.Equal(t, []string{"{{create_invoice.id}} Id"}, p.chips("account"))
	p.keys(kb.Tab) // the form depends on it
	p.saves()
	p.done()
	all := []string{"{{new_lead.full_name}}", "{{create_invoice.number}}", "{{create_invoice.id}}"}
	assert.Equal(t, all, p.tokens(ofStep("s3", "value")))
	assert.Equal(t, []string{"Give the Zap a name."}, p.gaps())

	// The invoice comes later now: the report cannot know of it.
	p.click(ofStep("s2", "move-down"))
	p.order("s1", "s3", "s2")
	broken := []string{
		"Give the Zap a name.",
		"Step 2: mend “Full Name”. A value in it leads nowhere.",
		"Step 2: mend “Ad Account”. A value in it leads nowhere.",
	}
	assert.Equal(t, broken, p.gaps())
	assert.Equal(t, []string{all[0], "broken " + all[1], "broken " + all[2]}, p.tokens(ofStep("s3", "value")))
	assert.False(t, eval[bool](p, visible(byTestID("publish"))))
	p.follows("Ad Account", "account")
	assert.Contains(t, p.texts(`[data-field="account"] [data-testid="field-error"]`), "The step it comes from is not before this one.")
	p.click(`[data-testid="errors"] a`)
	p.wait(`document.activeElement.name === 'f.full_name'`)

	// Back in its place, nothing is wrong.
	p.open(w.url + path)
	p.click(ofStep("s2", "move-up"))
	p.order("s1", "s2", "s3")
	assert.Equal(t, broken[:1], p.gaps())

	// Without the invoice what used it is mended field by field.
	p.click(ofStep("s2", "remove-step"))
	p.click(byTestID("confirm-submit"))
	p.order("s1", "s3")
	assert.Equal(t, broken, p.gaps())
	p.follows("Full Name", "full_name")
	assert.Contains(t, p.texts(`[data-field="full_name"] [data-testid="field-error"]`), "The step it came from is gone.")
	p.replace("full_name", "{{new_lead.full_name}}!")
	p.presses(`[value="native:account"]`)
	p.pick("account", "Bluefern Ads")
	p.wait(`!!document.querySelector('[name="f.campaign"] option[value="bluefern_ads-1"]')`)
	p.done()
	p.call("Mended")
	p.publish()
	w.sent(`{"data": {"title": "Mended", "steps": [
		{"action": "$action", "authentication": "$account", "inputs": {}},
		{"action": "$action", "authentication": "$account", "inputs": {
			"full_name": "{{full_name}}!", "account": "Bluefern Ads", "kind": "summary"}}
	], "enabled": true}}`, w.theBody(emulator.OpZapCreate))
}

// follows goes from what is missing to the field where it is mended.
func (p *tab) follows(gap, field string) {
	p.t.Helper()
	link := eval[string](p, `[...document.querySelectorAll('[data-testid="gaps"] [data-testid="gap"]')].find((e) => e.textContent.includes(`+quote(gap)+`)).getAttribute('href')`)
	p.click(`[data-testid="gaps"] [href=` + quote(link) + `]`)
	p.wait(`document.readyState === 'complete' && document.querySelector(':target')?.dataset.field === ` + quote(field))
	assert.True(p.t, eval[bool](p, `((box) => box.top < innerHeight && box.bottom > 0)(document.querySelector(':target').getBoundingClientRect())`), "it is in sight")
}
