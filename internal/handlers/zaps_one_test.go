package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestZapInWords(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	h.seed(`
zaps:
  - user: "1001"
    title: "Three <b>steps</b> & more"
    is_enabled: true
    steps:
      - {app: taskery, action_type: READ, key: new_task, alias: task}
      - {app: marigold-mail, action_type: WRITE, key: create_newsletter, alias: mail, inputs: {subject: "Task: {{task.title}}!", archive_password: canary-secret, budget: 49.5, lists: [a, b], merge_fields: {name: "{{task.assignee__full_name}}"}, html: "<script>alert(1)</script>", slug: ""}}
      - {app: webhooks, action_type: WRITE, key: post, inputs: {url: "https://hooks.example/{{mail.id}}"}}
`)
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	one := b.get("/zaps/" + zap.ID)
	require.Equal(t, http.StatusOK, one.status)
	assert.Equal(t, "Three <b>steps</b> & more", strings.TrimSpace(one.Find("h1").Text()))
	assert.Contains(t, one.byTestID("zap-state").First().Text(), "On")
	assert.Contains(t, one.byTestID("zap-editor").AttrOr("href", ""), h.zapier+"/editor/")
	assert.Equal(t, 1, one.byTestID("edit-warning").Length(), "editing replaces all steps and turns it on")

	steps := one.byTestID("step")
	require.Equal(t, 3, steps.Length())
	trigger, mail, hook := steps.Eq(0), steps.Eq(1), steps.Eq(2)
	assert.Contains(t, trigger.Find(`[data-testid="step-app"]`).Text(), "Taskery")
	assert.Contains(t, trigger.Text(), "New Task")
	assert.Contains(t, trigger.Text(), "Trigger")
	assert.Contains(t, trigger.Find(`[data-testid="step-account"]`).Text(), "Taskery ("+emulator.EmailWade+")")
	assert.NotContains(t, hook.Find(`[data-testid="step-account"]`).Text(), "(", "the App needs none")

	values := strings.Join(words(mail.Find(`[data-testid="value"]`)), "\n")
	for _, said := range []string{"Subject", "Task: ", "49.5", "a", "b", "Merge fields", "<script>alert(1)</script>"} {
		assert.Contains(t, values, said)
	}
	assert.NotContains(t, values, "Slug", "what is empty is not told")
	assert.NotContains(t, one.body, "canary-secret")
	assert.Contains(t, values, "Archive password", "that there is one is no secret")
	assert.NotContains(t, one.body, "<script>alert")
	assert.NotContains(t, one.body, "<b>steps")
	chip := mail.Find(`[data-token="{{task.title}}"]`)
	assert.Equal(t, 1, chip.Length(), mail.Text())
	assert.Contains(t, chip.Text(), "Title")
	assert.Equal(t, 1, hook.Find(`[data-token="{{mail.id}}"]`).Length())
}

// In a Zap of two steps a mapping can only mean the step before.
func TestMappingsOfTwoSteps(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	chip := b.get("/zaps/" + h.zapOf(emulator.UserWade, "").ID).Find(`[data-token="{{title}}"]`)
	require.Equal(t, 1, chip.Length())
	assert.Contains(t, chip.Text(), "1. New Task in Taskery")
	assert.Contains(t, chip.Text(), "Title")
}

// Either spelling of an id leads to the Zap (api.md 7, number 7).
func TestSpellingsOfAZapsID(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "Tickets from tasks, list 11")
	number := strings.TrimLeft(zap.ID[strings.LastIndex(zap.ID, "-")+1:], "0")
	for _, id := range []string{zap.ID, number, strings.ToUpper(zap.ID)} {
		assert.Equal(t, zap.Title, strings.TrimSpace(b.get("/zaps/"+id).Find("h1").Text()), id)
	}
}

func TestZapThatIsNotThere(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	for _, id := range []string{
		"%2e%2e", "a%2fb", "a%00b", "%3Cscript%3E", "-1", "x y", "..;", strings.Repeat("1", 65), "%F0%9F%98%80", "1%3Fexpand=x",
	} {
		for _, ask := range []func() page{
			func() page { return b.get("/zaps/" + id) },
			func() page { return b.get("/zaps/" + id + "/delete") },
			func() page { return b.post("/zaps/"+id+"/rename", url.Values{"title": {"x"}}) },
			func() page { return b.post("/zaps/"+id+"/enable", nil) },
			func() page { return b.post("/zaps/"+id+"/delete", nil) },
			func() page { return b.post("/zaps/"+id+"/edit", nil) },
		} {
			assert.Equal(t, http.StatusNotFound, ask().status, id)
		}
	}
	for _, operation := range []string{emulator.OpZapsList, emulator.OpZapUpdate, emulator.OpZapEnable, emulator.OpZapDelete} {
		assert.Zero(t, h.emulator.Count(operation), "what cannot be an id never reaches Zapier")
	}
	for _, id := range []string{"1", "00000000-0000-c000-8000-000000000001", "zap_x"} {
		unknown := b.get("/zaps/" + id)
		assert.Equal(t, http.StatusNotFound, unknown.status, id)
		assert.Equal(t, "zap-not-found", unknown.errorCode())
		assert.Equal(t, "/zaps", unknown.byTestID("retry").AttrOr("href", ""))
	}
}

func TestZapThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	for code, fault := range everyFault(emulator.OpZapsList) {
		require.NoError(t, h.emulator.Arm(fault))
		failed := b.get("/zaps/" + zap.ID)
		assert.Equal(t, code, failed.errorCode())
		if code != "zapier-refused" {
			again := b.follow(failed, failed.byTestID("retry"))
			assert.Equal(t, zap.Title, strings.TrimSpace(again.Find("h1").Text()))
		}
	}
}
