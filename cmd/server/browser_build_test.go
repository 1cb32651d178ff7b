package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// Journeys from nothing to a running Zap. What counts is what Zapier holds in the end, and the very request it was sent.

// guideTitle and guideRequest are the worked example of Zapier's guide (api.md 2.14): a new lead makes an engagement
// report, with the name of the lead in it and nothing else. The kind, which the App fills in, is emptied.
const (
	guideTitle   = "Register engagement report on lead creation"
	guideRequest = `{"data": {
		"title": "Register engagement report on lead creation",
		"steps": [
			{"action": "$action", "authentication": "$account", "inputs": {}},
			{"action": "$action", "authentication": "$account", "inputs": {"full_name": "{{full_name}}"}}
		],
		"enabled": true
	}}`
)

// buildsTheGuidesExample is Wade's way from nothing to that Zap, two accounts connected on the way.
func (w *world) buildsTheGuidesExample() *tab {
	w.t.Helper()
	p := w.wade("/")
	p.start()
	p.edit("s1")
	p.choose("SuperExampleCRM", newLead)
	p.connects("s1")
	p.done()

	p.edit("s2")
	p.choose("PlatformAdManager", report)
	p.connects("s2")
	p.countDrawings()
	p.pick("kind", "")
	p.drawn(1)
	p.click(named("full_name"))
	p.click(output("{{new_lead.full_name}}"))
	assert.Equal(w.t, []string{"{{new_lead.full_name}} Full Name"}, p.chips("full_name"))
	p.done()

	assert.Equal(w.t, []string{"Give the Zap a name."}, p.gaps())
	p.call(guideTitle)
	assert.Equal(w.t, []string{"{{new_lead.full_name}}"}, p.tokens(ofStep("s2", "value")))
	p.publish()
	return p
}

func TestBrowserBuildTheGuidesExample(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.buildsTheGuidesExample()
	w.sent(guideRequest, w.theBody(emulator.OpZapCreate))
	assert.Contains(t, w.theBody(emulator.OpZapCreate), `"full_name":"{{full_name}}"`)
	assert.Equal(t, 1, w.emulated().Count(emulator.OpZapCreate))
	zap := w.theZap()
	assert.True(t, zap.Enabled)
	require.Len(t, zap.Steps, 2)
	assert.Equal(t, stepChoice{emulator.AppOAuth2, "READ:new_lead"}, madeStep(zap, 0))
	assert.Equal(t, stepChoice{emulator.AppSession, "WRITE:create_engagement_report"}, madeStep(zap, 1))
	assert.Contains(t, p.attribute(byTestID("editor"), "href"), w.settings.Origin+"/editor/")

	// It is no draft any more, and among the Zaps that run.
	p.toTheZap()
	p.open(w.url + "/zaps")
	p.wait(visible(`[data-testid="zap"][data-zap="` + zap.ID + `"][data-state="on"]`))
	assert.False(t, eval[bool](p, visible(byTestID("draft"))))
}

func TestBrowserBuildUnderAPathPrefix(t *testing.T) {
	w := newWorld(t, worldOptions{prefix: "/partner/zaps"})
	w.connected(emulator.AppSession)
	p := w.wade("/")
	p.start()
	p.edit("s1")
	p.choose("SuperExampleCRM", newLead)
	p.connects("s1")
	p.done()
	p.edit("s2")
	p.choose("PlatformAdManager", report)
	p.uses("s2")
	p.countDrawings()
	p.pick("kind", "detailed")
	p.drawn(1)
	p.click(named("full_name"))
	p.click(output("{{new_lead.full_name}}"))
	p.pick("kind", "")
	p.drawn(2)
	p.done()
	p.call(guideTitle)
	p.publish()
	w.sent(guideRequest, w.theBody(emulator.OpZapCreate))
	p.toTheZap()
	assert.True(t, strings.HasPrefix(eval[string](p, `location.pathname`), "/partner/zaps/zaps/"))
}

var invoice = stepChoice{emulator.AppBasic, "WRITE:create_invoice"}

// madeStep names a step of a Zap as a choice on our pages does.
func madeStep(zap emulator.Zap, step int) stepChoice {
	made := zap.Steps[step]
	return stepChoice{made.App, made.Type + ":" + made.Key}
}

// A third step comes in between. Its account is connected there, and the journey goes on at the same place. From now on
// mappings say which step they are of.
func TestBrowserBuildThreeSteps(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	path := w.draft(p, newLead, report)
	p.open(w.url + path + "/steps/s2/fields")
	p.typed("full_name", "{{full_name}}")
	p.done()

	p.click(byTestID("add-step")) // the first of them: behind the trigger
	p.stage("s3", "app")
	p.choose("Ledgerleaf", invoice)
	p.connects("s3")
	assert.Len(t, w.stored(emulator.AppBasic), 1)
	p.typed("number", "{{new_lead.id}}-{{ new_lead.company__name }}")
	assert.Equal(t, []string{"{{new_lead.id}} Id", "{{new_lead.company__name}} Company Name"}, p.chips("number"))
	p.done()
	p.order("s1", "s3", "s2")

	p.edit("s2")
	assert.Equal(t, "{{new_lead.full_name}}", p.value("full_name"), "what it meant before is said in full")
	p.typed("full_name", ", ")
	p.click(output("{{create_invoice.number}}"))
	p.done()
	p.call("Invoice and report")
	p.publish()

	body := w.theBody(emulator.OpZapCreate)
	w.sent(`{"data": {"title": "Invoice and report", "steps": [
		{"action": "$action", "authentication": "$account", "alias": "new_lead", "inputs": {}},
		{"action": "$action", "authentication": "$account", "alias": "create_invoice", "inputs": {
			"number": "{{new_lead.id}}-{{new_lead.company__name}}"}},
		{"action": "$action", "authentication": "$account", "alias": "create_engagement_report", "inputs": {
			"full_name": "{{new_lead.full_name}}, {{create_invoice.number}}", "kind": "summary"}}
	], "enabled": true}}`, body)
	assert.Contains(t, body, `"full_name":"{{new_lead.full_name}}, {{create_invoice.number}}"`)
	for _, step := range w.theZap().Steps {
		assert.Regexp(t, `^[a-z][a-z0-9_]{0,63}$`, step.Alias)
	}
}

// An account that has expired is connected again in the place where it is needed.
func TestBrowserBuildReconnectOnTheWay(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	p.start()
	p.edit("s1")
	p.choose("Pondside Chat", stepChoice{emulator.AppExpired, "READ:new_message"})
	p.stage("s1", "account")
	popup := p.popup(func() { p.click(byTestID("reconnect")) })
	popup.finish()
	p.state("connected")
	p.goesOn("s1")
	p.done()
	assert.Equal(t, []string{"Account: " + w.stored(emulator.AppExpired)[0].Title}, p.texts(ofStep("s1", "step-account")))
}

// A Filter has nothing to connect, and its account is null in the request.
func TestBrowserBuildWithAFilter(t *testing.T) {
	w := newWorld(t, worldOptions{})
	p := w.wade("/")
	p.open(w.url + w.draft(p, newLead, report) + "/steps/s2/fields")
	p.typed("full_name", "{{full_name}}")
	p.done()
	p.click(byTestID("add-step"))
	p.stage("s3", "app")
	p.choose("Filter", stepChoice{emulator.AppNoAuthentication, "FILTER:filter"})
	p.stage("s3", "fields")
	p.countDrawings()
	p.typed("filter_criteria_1_key", "{{new_lead.source}}")
	p.finds("filter_criteria_1_match", "is in")
	p.drawn(1)
	p.typed("filter_criteria_1_value", "website")
	p.done()
	p.call("Only some leads")
	p.publish()
	body := w.theBody(emulator.OpZapCreate)
	assert.Contains(t, body, `"authentication":null`)
	assert.Equal(t, map[string]any{
		"filter_criteria_count": "1", "filter_criteria_1_key": "{{new_lead.source}}",
		"filter_criteria_1_match": "is in", "filter_criteria_1_value": "website",
	}, w.theZap().Steps[1].Inputs)
}
