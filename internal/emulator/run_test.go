package emulator_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// api.md 2.17; 7, contradiction 2.
func TestActionRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	account := b.connect(emulator.AppOAuth2)
	body := func(name string) object {
		return step(b.action(emulator.AppOAuth2, "WRITE", "create_lead"), account, object{"full_name": name})
	}
	run := func(body object) string {
		made := b.post("/v2/action-runs/", body)
		require.Equal(t, http.StatusOK, made.status, made.raw)
		assert.Equal(t, "run", dig(made.body, "data.type"))
		return "/v2/action-runs/" + dig(made.body, "data.id").(string)
	}
	path := run(data(body("Ran")))
	assert.Equal(t, "waiting", dig(b.get(path).body, "data.status"))
	done := b.get(path).body["data"].(object)
	assert.Equal(t, "success", done["status"])
	assert.Equal(t, "Ran", done["results"].([]any)[0].(object)["full_name"])
	assert.Equal(t, []any{}, done["errors"])

	failed := run(data(body("wrong")))
	b.get(failed)
	assert.Equal(t, "error", dig(b.get(failed).body, "data.status"))
	assert.Equal(t, "user", b.get(failed).body["data"].(object)["errors"].([]any)[0].(object)["code"])

	flat := body("Flat")
	flat["input"] = flat["inputs"]
	refused(t, b.post("/v2/action-runs", flat), "/inputs")
	delete(flat, "inputs")
	flat["callback_url"] = "https://partner.example/hook"
	run(flat)

	foreign := w.builder(t, emulator.UserNadia)
	assert.Equal(t, http.StatusNotFound, foreign.get(path).status)
	assert.Equal(t, http.StatusNotFound, b.get("/v2/action-runs/nothing").status)
	w.clock.Advance(7 * 24 * time.Hour)
	assert.Equal(t, http.StatusNotFound, w.builder(t, emulator.UserWade).get(path).status, "kept for seven days")
}

func TestActionRunsAreStrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	account := b.connect(emulator.AppOAuth2)
	for _, row := range []struct {
		member string
		value  any
	}{
		{"action", "core:x"},
		{"action", 1},
		{"authentication", nil},
		{"inputs", "x"},
		{"inputs/full_name", object{}},
		{"input", object{}},
		{"callback_url", "http://partner.example/hook"},
		{"callback_url", "https://127.0.0.1/hook"},
		{"callback_url", "https://10.1.2.3/hook"},
		{"callback_url", "https://[::ffff:192.168.0.1]/hook"},
		{"callback_url", "https://[::ffff:127.0.0.1]/hook"},
		{"callback_url", "https://localhost/hook"},
		{"callback_url", "https://printer.local/hook"},
		{"callback_url", "https://partner.example/" + strings.Repeat("x", 2048)},
	} {
		body := step(b.action(emulator.AppOAuth2, "WRITE", "create_lead"), account, object{"full_name": "A"})
		member, _, _ := strings.Cut(row.member, "/")
		body[member] = row.value
		refused(t, b.post("/v2/action-runs", data(body)), "/data/"+row.member)
	}
	refused(t, b.post("/v2/action-runs", object{}), "/data")
	weak := &builder{t, w, emulator.UserWade, w.accessToken(t, emulator.UserWade, "zap:write")}
	assert.Equal(t, http.StatusForbidden, weak.post("/v2/action-runs", object{}).status)
}

// All operators of api.md 4, on raw values as a test allows them.
func TestFilter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	filter := b.action(emulator.AppNoAuthentication, "FILTER", "filter")
	test := func(inputs object) answer { return b.ask(filter, "test", nil, inputs) }
	for _, row := range []struct{ key, match, value, result string }{
		{"abc", "contains", "b", "true"},
		{"abc", "does not contain", "b", "false"},
		{"abc", "exactly matches", "abc", "true"},
		{"abc", "does not exactly match", "abc", "false"},
		{"b", "is in", "a, b", "true"},
		{"b", "is not in", "a, b", "false"},
		{"abc", "starts with", "ab", "true"},
		{"abc", "does not start with", "ab", "false"},
		{"abc", "ends with", "bc", "true"},
		{"abc", "does not end with", "bc", "false"},
		{"10", "is greater than", "9", "true"},
		{"ten", "is greater than", "9", "false"},
		{"10", "is less than", "9", "false"},
		{"2026-03-02", "is after", "2026-03-01T23:00:00Z", "true"},
		{"2026-03-02", "is before", "2026-03-01", "false"},
		{"2026-03-01", "is the same as", "2026-03-01T00:00:00Z", "true"},
		{"Yes", "is true", "", "true"},
		{"no", "is false", "", "true"},
		{"x", "exists", "", "true"},
		{"x", "does not exist", "", "false"},
	} {
		inputs := object{"filter_criteria_count": "1", "filter_criteria_1_key": row.key, "filter_criteria_1_match": row.match}
		form := fields(t, b.ask(filter, "inputs", nil, inputs))
		_, wanted := form["filter_criteria_1_value"]
		assert.Equal(t, row.value != "", wanted, "%s shows a value only when it needs one", row.match)
		if wanted {
			inputs["filter_criteria_1_value"] = row.value
		}
		got := test(inputs)
		require.Equal(t, http.StatusOK, got.status, got.raw)
		assert.Equal(t, []object{{"can_continue": row.result}}, got.data(t), "%s %s %s", row.key, row.match, row.value)
	}
	for operator, result := range map[string]string{"and": "false", "or": "true"} {
		inputs := object{"filter_criteria_count": "2", "boolean_operator": operator}
		for n, match := range []string{"exists", "is false"} {
			name := "filter_criteria_" + strconv.Itoa(n+1)
			inputs[name+"_key"], inputs[name+"_match"] = "true", match
		}
		assert.Equal(t, []object{{"can_continue": result}}, test(inputs).data(t), operator)
	}
	form := fields(t, b.ask(filter, "inputs", nil, object{}))
	assert.NotContains(t, form, "boolean_operator", "one condition needs none")
	assert.Equal(t, "INTEGER", form["filter_criteria_count"]["value_type"])
	operators, pages := b.choices(filter, "filter_criteria_1_match", nil, object{})
	assert.Len(t, operators, 19)
	assert.Equal(t, 4, pages)
	outputs := b.ask(filter, "outputs", nil, object{}).data(t)
	assert.Equal(t, "can_continue", outputs[0]["id"])
}
