package handlers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

func TestTestingAStepThatReads(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	page := z.get(z.step(1, "test"))
	assert.Zero(t, page.byTestID("writes").Length())
	assert.Zero(t, h.emulator.Count(emulator.OpActionTest), "looking is not testing")
	done := z.press(page, page.byTestID("run-test"))
	assert.Equal(t, z.step(1, "test"), done.url.Path)
	assert.Equal(t, http.StatusOK, done.status)
	assert.Contains(t, done.byTestID("result").Text(), "full_name")
	assert.Contains(t, done.byTestID("result").Text(), "22 Nov 2026", "when")
	assert.Equal(t, 1, h.emulator.Count(emulator.OpActionTest))
	z.get(z.step(1, "test"))
	assert.Equal(t, 1, h.emulator.Count(emulator.OpActionTest), "a reload tests nothing")
	assert.NotZero(t, z.get(z.step(2, "fields")).Find(`[data-testid="output"][data-sample]`).Length(), "and later steps have true samples")
}

func TestTestingAStepThatWritesAsksFirst(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	page := z.get(z.step(2, "test"))
	assert.Equal(t, 1, page.byTestID("writes").Length())
	value := page.byTestID("value").First().Text()
	assert.Contains(t, value, "Full Name")
	assert.NotContains(t, value, "{{", "a sample is what is sent")

	asked := z.send(z.step(2, "test"), nil)
	assert.Equal(t, z.step(2, "test"), asked.url.Path)
	assert.Zero(t, h.emulator.Count(emulator.OpActionTest), "not without a yes")
	done := z.press(page, page.byTestID("run-test"))
	assert.Equal(t, 1, h.emulator.Count(emulator.OpActionTest))
	assert.Equal(t, "found", done.byTestID("result").AttrOr("data-outcome", ""), done.Text())
}

func TestTestThatTheThirdPartyRefuses(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.fill(z.get(z.step(2, "fields")), "save", url.Values{"f.full_name": {"wrong"}})
	page := z.get(z.step(2, "test"))
	refused := z.press(page, page.byTestID("run-test"))
	assert.Equal(t, http.StatusOK, refused.status)
	assert.Contains(t, refused.byTestID("failed").Text(), "invalid_value", "the third party's own words")
	assert.NotZero(t, refused.byTestID("run-test").Length(), "it can be tried again")
}

func TestTestWhoseAnswerIsLost(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	for number, code := range map[int]string{1: "zapier-cut-off", 2: "test-unknown"} {
		require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpActionTest, Drop: true, After: true}))
		page := z.get(z.step(number, "test"))
		lost := z.press(page, page.byTestID("run-test"))
		assert.Equal(t, http.StatusBadGateway, lost.status)
		assert.Equal(t, code, lost.byTestID("notice").Find("[data-code]").AttrOr("data-code", ""))
		assert.NotContains(t, lost.byTestID("notice").Text(), templates.English().Problem.LookFirst, "the first reads, the second has words of its own")
		again := z.press(lost, lost.byTestID("run-test"))
		assert.Equal(t, 1, again.byTestID("result").Length())
	}
}

func TestTestThatLacksSomething(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	z.fill(z.get(z.step(2, "fields")), "save", url.Values{"f.full_name": {""}})
	page := z.get(z.step(2, "test"))
	assert.Contains(t, page.byTestID("gap").Text(), "Full Name")
	assert.Zero(t, page.byTestID("run-test").Length())
	pressed := z.send(z.step(2, "test"), url.Values{"confirm": {"1"}})
	assert.Equal(t, http.StatusConflict, pressed.status)
	assert.Contains(t, pressed.byTestID("gap").Text(), "Full Name")
	assert.Zero(t, h.emulator.Count(emulator.OpActionTest))
	assert.Zero(t, z.page().byTestID("step").Eq(1).Find(`[data-testid="test-step"]`).Length(), "it is not offered")
}

// A mapping that has no sample leads to the step whose test would give one.
func TestTestWithoutASample(t *testing.T) {
	h := newHouse(t, options{between: between("/outputs", func(string) string {
		return `{"data":[{"type":"output_field","id":"full_name","title":"Full Name"}],"links":{"next":null,"prev":null},"meta":{"count":1,"limit":null,"offset":0}}`
	})})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	page := z.get(z.step(2, "test"))
	require.Equal(t, 1, page.byTestID("gap").Length(), page.Text())
	assert.Equal(t, z.step(1, "test"), page.byTestID("gap").AttrOr("href", ""))
	first := z.follow(page, page.byTestID("gap"))
	z.press(first, first.byTestID("run-test"))
	page = z.get(z.step(2, "test"))
	assert.Zero(t, page.byTestID("gap").Length())
	assert.Equal(t, 1, page.byTestID("run-test").Length())
}
