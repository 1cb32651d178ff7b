package handlers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

const zapsOfEveryEnd = `
zaps:
  - user: "1001"
    title: success
    is_enabled: true
    steps: [{app: taskery, action_type: READ, key: new_task}, {app: brightdesk, action_type: WRITE, key: create_ticket, inputs: {subject: "About {{title}}"}}]
  - user: "1001"
    title: error
    is_enabled: true
    steps: [{app: taskery, action_type: READ, key: new_task}, {app: brightdesk, action_type: WRITE, key: create_ticket, inputs: {subject: wrong}}]
  - user: "1001"
    title: halted
    is_enabled: true
    steps: [{app: taskery, action_type: READ, key: new_task}, {app: taskery, action_type: SEARCH, key: find_task, inputs: {title: no such task}}]
  - user: "1001"
    title: filtered
    is_enabled: true
    steps:
      - {app: taskery, action_type: READ, key: new_task, alias: task}
      - {app: filter, action_type: FILTER, key: filter, inputs: {filter_criteria_count: "1", filter_criteria_1_key: "{{task.title}}", filter_criteria_1_match: does not exist}}
      - {app: brightdesk, action_type: WRITE, key: create_ticket, inputs: {subject: x}}
  - user: "1001"
    title: skipped
    is_enabled: true
    steps: [{app: pondside-chat, action_type: READ, key: new_message}, {app: brightdesk, action_type: WRITE, key: create_ticket, inputs: {subject: x}}]
  - user: "1001"
    title: held
    is_enabled: true
    steps: [{app: taskery, action_type: READ, key: new_task}, {app: pondside-chat, action_type: WRITE, key: create_message, inputs: {text: x}}]
`

func TestRunsOfEveryEnd(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	h.seed(zapsOfEveryEnd)
	b := h.signedIn(emulator.UserWade)
	for end, steps := range map[string]int{"success": 2, "error": 2, "halted": 2, "filtered": 2, "skipped": 1, "held": 2} {
		zap := h.zapOf(emulator.UserWade, end)
		got, err := h.emulator.FireZap(zap.ID)
		require.NoError(t, err)
		require.Equal(t, end, got)

		one := b.get("/zaps/" + zap.ID)
		runs := one.byTestID("run")
		require.Equal(t, 1, runs.Length(), "%s: the runs of this Zap, and of no other", end)
		assert.Equal(t, end, runs.AttrOr("data-status", ""))
		assert.Contains(t, runs.Find(`[data-testid="run-status"]`).Text(), templates.English().Words.RunStatus(end))
		assert.Contains(t, runs.Find(`[data-testid="run-start"]`).Text(), "22 Nov 2026, 12:00 UTC")
		assert.Contains(t, runs.Find(`[data-testid="run-end"]`).Text(), "22 Nov 2026, 12:00 UTC")
		assert.Equal(t, steps, runs.Find(`[data-testid="run-step"]`).Length(), end)
		if end == "success" {
			assert.Contains(t, one.byTestID("zap-last-run").Text(), "22 Nov 2026, 12:00 UTC")
			assert.Regexp(t, `(?m)^title: \S`, runs.Find(`[data-testid="run-in"]`).Text())
			assert.Regexp(t, `(?m)^subject: About \S`, runs.Find(`[data-testid="run-out"]`).Text())
		}
	}
}

func TestRunsAreFilteredByStatus(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	h.seed(zapsOfEveryEnd)
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "success")
	none := b.get("/zaps/" + zap.ID)
	assert.Equal(t, 1, none.byTestID("runs-empty").Length())
	_, err := h.emulator.FireZap(zap.ID)
	require.NoError(t, err)

	assert.Equal(t, 12, none.byTestID("runs-filter").Find("option").Length(), "all, and the eleven of api.md 2.16")
	for status, found := range map[string]int{"": 1, "success": 1, "error": 0, "error_handled": 0} {
		filtered := b.get("/zaps/" + zap.ID + "?status=" + status)
		require.Equal(t, http.StatusOK, filtered.status)
		assert.Equal(t, found, filtered.byTestID("run").Length(), status)
		assert.Equal(t, status, filtered.byTestID("runs-filter").Find("option[selected]").AttrOr("value", "nothing"))
	}
	rubbish := b.get("/zaps/" + zap.ID + "?status=%3Cb%3E,success&page=x")
	assert.Equal(t, http.StatusOK, rubbish.status)
	assert.Equal(t, 1, rubbish.byTestID("run").Length())
}

func TestRunsArePaged(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	h.seed(zapsOfEveryEnd)
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "success")
	for range 41 {
		_, err := h.emulator.FireZap(zap.ID)
		require.NoError(t, err)
	}
	first := b.get("/zaps/" + zap.ID + "?status=success")
	assert.Equal(t, 20, first.byTestID("run").Length())
	second := b.follow(first, first.byTestID("page-next"))
	assert.Equal(t, "success", second.url.Query().Get("status"))
	third := b.follow(second, second.byTestID("page-next"))
	assert.Equal(t, 1, third.byTestID("run").Length())
	assert.Zero(t, third.byTestID("page-next").Length())
	assert.Contains(t, third.byTestID("page-previous").AttrOr("href", ""), "page=2")
	assert.Zero(t, first.byTestID("page-previous").Length())

	beyond := b.stopping().get("/zaps/" + zap.ID + "?status=success&page=4")
	assert.Equal(t, http.StatusSeeOther, beyond.status)
	assert.Equal(t, "/zaps/"+zap.ID+"?status=success", beyond.header.Get("Location"), "a page that is not there leads to the first")
}

// Runs that cannot be read leave the rest of the page.
func TestRunsThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	for code, fault := range everyFault(emulator.OpZapRunsList) {
		require.NoError(t, h.emulator.Arm(fault))
		one := b.get("/zaps/" + zap.ID)
		assert.Equal(t, http.StatusOK, one.status)
		assert.Equal(t, code, one.codeIn("runs-unread"))
		assert.Equal(t, 2, one.byTestID("step").Length())
		assert.Zero(t, one.byTestID("runs-empty").Length(), "it does not claim that there are none")
	}
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapRunsList, Status: http.StatusUnauthorized, Times: 2}))
	assert.Equal(t, http.StatusUnauthorized, b.get("/zaps/"+zap.ID).status)
}

// answering stands before the emulator and answers one path itself.
func answering(path string, answer http.HandlerFunc) func(http.Handler) http.Handler {
	return func(emulator http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == path {
				answer(w, r)
				return
			}
			emulator.ServeHTTP(w, r)
		})
	}
}

func runsOf(entries ...string) string {
	return fmt.Sprintf(`{"data":[%s],"links":{"next":null,"prev":null},"meta":{"count":%d,"limit":20,"offset":0}}`, strings.Join(entries, ","), len(entries))
}

// All that a run may hold, or lack.
func TestDataOfRuns(t *testing.T) {
	long := strings.Repeat("word ", 5000)
	many, err := json.Marshal(strings.Fields(long))
	require.NoError(t, err)
	deep := strings.Repeat(`{"a":`, 40) + `"bottom"` + strings.Repeat("}", 40)
	rows := []struct{ name, data, shown string }{
		{"nothing", `null`, ""},
		{"empty text", `""`, ""},
		{"an empty object", `{}`, ""},
		{"an empty list", `[]`, ""},
		{"text", `"plain <b>text</b>"`, "plain <b>text</b>"},
		{"a number", `12345678901234567890`, "12345678901234567890"},
		{"false", `false`, "false"},
		{"an object in its own order", `{"z":1,"a":{"b":[true,null,"x"]},"":"y"}`, "z: 1\na.b[0]: true\na.b[2]: x\ny"},
		{"a list", `["one","two"]`, "[0]: one\n[1]: two"},
		{"secrets", `{"headers":{"Authorization":"canary"},"keys":[{"access_key":"canary"}],"pin":1234,"author":"Ada"}`,
			"headers.Authorization: ••••••\nkeys[0].access_key: ••••••\npin: ••••••\nauthor: Ada"},
		{"a very long text", fmt.Sprintf("%q", long), long[:400] + "…"},
		{"very many values", string(many), ": word\n…"},
		{"very deep", deep, `"bottom"`},
		{"markup in a name", `{"<img src=x onerror=alert(1)>":"1"}`, "<img src=x onerror=alert(1)>: 1"},
		{"text of two lines", `"a\nb"`, "a\nb"},
	}
	var entries []string
	for _, row := range rows {
		entries = append(entries, `{"id":"r1","zap_id":1,"start_time":"2026-03-01T09:30:00.000000Z","end_time":null,"status":"success","zap_title":null,"steps":null,"data_in":`+row.data+`,"data_out":""}`)
	}
	h := newHouse(t, options{scopes: everyScope, between: answering("/v2/zap-runs", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, runsOf(entries...))
	})})
	one := h.signedIn(emulator.UserWade).get("/zaps/" + h.zapOf(emulator.UserWade, "").ID)
	require.Equal(t, len(rows), one.byTestID("run").Length())
	for i, row := range rows {
		run := one.byTestID("run").Eq(i)
		shown := run.Find(`[data-testid="run-in"]`)
		assert.Equal(t, row.shown == "", shown.Length() == 0, row.name)
		text := strings.TrimSpace(shown.Text())
		assert.Less(t, len(text), 2000, row.name)
		if row.name == "very many values" || row.name == "very deep" {
			assert.Contains(t, text, row.shown, row.name)
		} else {
			assert.Equal(t, row.shown, text, row.name)
		}
		assert.Zero(t, run.Find(`[data-testid="run-out"]`).Length())
		assert.Contains(t, run.Find(`[data-testid="run-start"]`).Text(), "1 Mar 2026, 09:30 UTC")
		assert.NotContains(t, run.Find(`[data-testid="run-end"]`).Text(), "UTC")
	}
	assert.NotContains(t, one.body, "<img src=x")
	assert.NotContains(t, one.body, "<b>text")
}

// Statuses of today in words, one of tomorrow as it is; a time in a format that nobody knows, too.
func TestStatusesOfRuns(t *testing.T) {
	statuses := []string{"delayed", "scheduled", "pending", "error", "error_handled", "halted", "throttled", "held", "filtered", "skipped", "success", "<i>new</i>"}
	var entries []string
	for _, status := range statuses {
		entries = append(entries, fmt.Sprintf(`{"id":"r","zap_id":1,"start_time":"yesterday","end_time":"","status":%q,"steps":[{"status":null,"start_time":null},{"status":%q}]}`, status, status))
	}
	h := newHouse(t, options{scopes: everyScope, between: answering("/v2/zap-runs", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, runsOf(entries...))
	})})
	runs := h.signedIn(emulator.UserWade).get("/zaps/" + h.zapOf(emulator.UserWade, "").ID).byTestID("run")
	require.Equal(t, len(statuses), runs.Length())
	for i, status := range statuses {
		run := runs.Eq(i)
		said := strings.TrimSpace(run.Find(`[data-testid="run-status"]`).Text())
		assert.Equal(t, i == len(statuses)-1, strings.Contains(said, status), "%s is no word for people", status)
		assert.Contains(t, run.Find(`[data-testid="run-start"]`).Text(), "yesterday")
		steps := words(run.Find(`[data-testid="run-step"]`))
		require.Len(t, steps, 2)
		assert.Contains(t, steps[0], "Not reached")
		assert.Contains(t, steps[1], said)
	}
}

// Today's schema has the number of a Zap here, an older one its id (api.md 7, number 7): where one is refused, the other
// is tried.
func TestSpellingsOfAZapsIDForRuns(t *testing.T) {
	var asked []string
	h := newHouse(t, options{scopes: everyScope, between: answering("/v2/zap-runs", func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("zap_id"))
		if !strings.Contains(r.URL.Query().Get("zap_id"), "-") {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"errors":[{"status":400,"code":"invalid","detail":"zap_id must be a UUID."}]}`)
			return
		}
		_, _ = io.WriteString(w, runsOf(`{"id":"r","zap_id":1,"status":"success"}`))
	})})
	zap := h.zapOf(emulator.UserWade, "")
	one := h.signedIn(emulator.UserWade).get("/zaps/" + zap.ID)
	assert.Equal(t, 1, one.byTestID("run").Length())
	assert.Equal(t, []string{fmt.Sprint(zap.Number), zap.ID}, asked)
}
