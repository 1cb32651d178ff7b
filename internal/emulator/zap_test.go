package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// The guide's example from end to end (api.md 2.14, 4): created, listed, run, seen.
func TestGuideExample(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserNadia)
	zap := b.guide()
	created := b.post("/v2/zaps", zap)
	require.Equal(t, http.StatusCreated, created.status, created.raw)
	assert.Equal(t, "zap", created.text("type"), "not under data")
	assert.Equal(t, true, created.body["is_enabled"])
	assert.Nil(t, created.body["last_successful_run_date"])
	assert.Contains(t, dig(created.body, "links.html_editor"), "/editor/")
	steps := created.body["steps"].([]any)
	require.Len(t, steps, 2)
	assert.Nil(t, steps[1].(object)["inputs"], "documented as expected")

	listed := b.get("/v2/zaps").data(t)[0]
	assert.Equal(t, created.body["id"], listed["id"])
	assert.Equal(t, object{"full_name": "{{full_name}}"}, listed["steps"].([]any)[1].(object)["inputs"])

	assert.Empty(t, b.get("/v2/zap-runs").data(t))
	status, err := w.FireZap(created.text("id"))
	require.NoError(t, err)
	assert.Equal(t, "success", status)
	run := b.get("/v2/zap-runs").data(t)[0]
	assert.Equal(t, "success", run["status"])
	assert.Equal(t, dig(run, "data_in.full_name"), dig(run, "data_out.full_name"), "the lead's name is in the report")
	assert.NotNil(t, b.get("/v2/zaps").data(t)[0]["last_successful_run_date"])

	account := zap["data"].(object)["steps"].([]any)[1].(object)["authentication"]
	report := b.ask(b.action(emulator.AppSession, "READ", "new_engagement_report"), "test", account, object{}).data(t)[0]
	assert.Equal(t, dig(run, "data_out.full_name"), report["full_name"], "and the report is really there")

	twice := b.post("/v2/zaps", zap)
	assert.NotEqual(t, created.body["id"], twice.body["id"], "nothing is idempotent (api.md 7, unknown 13)")
}

func TestZapChecks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	expired := w.Authentications(emulator.UserWade, emulator.AppExpired)[0].ID
	filter := func(key string) object {
		return step(b.action(emulator.AppNoAuthentication, "FILTER", "filter"), nil,
			object{"filter_criteria_count": "1", "filter_criteria_1_key": key, "filter_criteria_1_match": "exists"})
	}
	set := func(i int, member string, value any) func([]any) {
		return func(steps []any) { steps[i].(object)[member] = value }
	}
	three := func(steps []any, alias, reference string) []any {
		steps[0].(object)["alias"] = alias
		steps[1].(object)["inputs"] = object{"full_name": reference}
		return []any{steps[0], filter("{{lead.email}}"), steps[1]}
	}
	for _, row := range []struct {
		name    string
		change  func([]any)
		pointer string
	}{
		{"unknown action", set(0, "action", "core:x"), "/data/steps/0/action"},
		{"no action", set(0, "action", nil), "/data/steps/0/action"},
		{"unknown member", set(1, "title", "x"), "/data/steps/1/title"},
		{"authentication missing", func(s []any) { delete(s[1].(object), "authentication") }, "/data/steps/1/authentication"},
		{"authentication null", set(1, "authentication", nil), "/data/steps/1/authentication"},
		{"authentication unknown", set(1, "authentication", "x"), "/data/steps/1/authentication"},
		{"authentication of another App", set(1, "authentication", expired), "/data/steps/1/authentication"},
		{"inputs missing", func(s []any) { delete(s[1].(object), "inputs") }, "/data/steps/1/inputs"},
		{"inputs null", set(1, "inputs", nil), "/data/steps/1/inputs"},
		{"required input missing", set(1, "inputs", object{}), "/data/steps/1/inputs/full_name"},
		{"unknown input", set(1, "inputs", object{"full_name": "A", "x": "y"}), "/data/steps/1/inputs/x"},
		{"unknown output field", set(1, "inputs", object{"full_name": "{{nobody}}"}), "/data/steps/1/inputs/full_name"},
		{"unknown alias", set(1, "inputs", object{"full_name": "{{lead.full_name}}"}), "/data/steps/1/inputs/full_name"},
		{"reference not closed", set(1, "inputs", object{"full_name": "{{full_name"}), "/data/steps/1/inputs/full_name"},
		{"empty reference", set(1, "inputs", object{"full_name": "{{}}"}), "/data/steps/1/inputs/full_name"},
		{"reference in the first step", set(0, "inputs", object{"pipeline": "{{full_name}}"}), "/data/steps/0/inputs/pipeline"},
		{"kebab alias", set(0, "alias", "crm-lead"), "/data/steps/0/alias"},
		{"alias with a digit first", set(0, "alias", "1lead"), "/data/steps/0/alias"},
		{"long alias", set(0, "alias", strings.Repeat("a", 65)), "/data/steps/0/alias"},
		{"alias twice", func(s []any) { s[0].(object)["alias"], s[1].(object)["alias"] = "a", "a" }, "/data/steps/1/alias"},
		{"a write first", func(s []any) { s[0], s[1] = s[1], s[0] }, "/data/steps/0/action"},
		{"two triggers", func(s []any) { s[1] = s[0] }, "/data/steps/1/action"},
	} {
		t.Run(row.name, func(t *testing.T) { refused(t, b.post("/v2/zaps", change(b.guide(), row.change)), row.pointer) })
	}
	for name, row := range map[string]struct {
		steps   func([]any) []any
		pointer string
	}{
		"one step":             {func(s []any) []any { return s[:1] }, "/data/steps"},
		"no alias among three": {func(s []any) []any { return three(s, "lead", "{{full_name}}") }, "/data/steps/2/inputs/full_name"},
		"no alias, though the step before has it": {func(s []any) []any { return three(s, "lead", "{{can_continue}}") }, "/data/steps/2/inputs/full_name"},
		"alias of the step itself": {func(s []any) []any {
			return []any{s[0], called("me", step(s[1].(object)["action"].(string), s[1].(object)["authentication"], object{"full_name": "{{me.full_name}}"}))}
		}, "/data/steps/1/inputs/full_name"},
		"filter key with text":         {func(s []any) []any { s[0].(object)["alias"] = "lead"; return []any{s[0], filter("x {{lead.email}}")} }, "/data/steps/1/inputs/filter_criteria_1_key"},
		"filter key without reference": {func(s []any) []any { return []any{s[0], filter("x")} }, "/data/steps/1/inputs/filter_criteria_1_key"},
		"a step that is no object":     {func(s []any) []any { return []any{s[0], "x"} }, "/data/steps/1"},
	} {
		t.Run(name, func(t *testing.T) {
			zap := b.guide()
			zap["data"].(object)["steps"] = row.steps(zap["data"].(object)["steps"].([]any))
			refused(t, b.post("/v2/zaps", zap), row.pointer)
		})
	}
	for member, value := range map[string]any{"title": "", "enabled": "yes", "steps": object{}, "nothing": 1} {
		zap := b.guide()
		zap["data"].(object)[member] = value
		refused(t, b.post("/v2/zaps", zap), "/data/"+member)
	}
	assert.Len(t, w.Zaps(emulator.UserWade), 12, "nothing that was refused was stored")

	zap := b.guide()
	zap["data"].(object)["steps"] = three(zap["data"].(object)["steps"].([]any), "lead", "{{lead.full_name}} at {{lead.company__name}}")
	made := b.post("/v2/zaps", zap)
	require.Equal(t, http.StatusCreated, made.status, made.raw)
}

// api.md 4, step 3: a Zap may begin with a search, and each later step may be one.
func TestSearchFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	search := func(steps []any) {
		steps[0].(object)["action"] = b.action(emulator.AppOAuth2, "SEARCH", "find_lead")
		steps[0].(object)["inputs"] = object{"full_name": "a"}
	}
	made := b.post("/v2/zaps", change(b.guide(), search))
	require.Equal(t, http.StatusCreated, made.status, made.raw)
	status, err := w.FireZap(made.text("id"))
	require.NoError(t, err)
	assert.Equal(t, "success", status)
	for _, kind := range []string{"SEARCH_OR_WRITE", "SEARCH_AND_WRITE"} {
		key := map[string]string{"SEARCH_OR_WRITE": "find_or_create_lead", "SEARCH_AND_WRITE": "find_and_update_lead"}[kind]
		refused(t, b.post("/v2/zaps", change(b.guide(), func(steps []any) {
			search(steps)
			steps[0].(object)["action"] = b.action(emulator.AppOAuth2, kind, key)
		})), "/data/steps/0/action")
	}
}

func TestUncheckedZaps(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Readings{UncheckedZaps: true})
	b := w.builder(t, emulator.UserWade)
	made := b.post("/v2/zaps", change(b.guide(), func(steps []any) {
		steps[0], steps[1] = steps[1], steps[0]
		steps[0].(object)["authentication"] = "x"
		steps[1].(object)["inputs"] = object{"what": []any{object{}}}
	}))
	require.Equal(t, http.StatusCreated, made.status, made.raw)
	status, err := w.FireZap(made.text("id"))
	require.NoError(t, err)
	assert.Equal(t, "skipped", status)
	refused(t, b.post("/v2/zaps", change(b.guide(), func(steps []any) { delete(steps[0].(object), "authentication") })),
		"/data/steps/0/authentication")
}

// Whose Zaps a scope shows (api.md 1.4, 2.14).
func TestZapsListScopes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	require.Equal(t, http.StatusCreated, b.post("/v2/zaps", b.guide()).status)
	count := func(scope, query string) float64 {
		listed := w.api(t, "/v2/zaps"+query, w.accessToken(t, emulator.UserWade, scope))
		require.Equal(t, http.StatusOK, listed.status, listed.raw)
		return dig(listed.body, "meta.count").(float64)
	}
	assert.InDelta(t, 1, count("zap", ""), 0, "those that use the partner's App")
	assert.InDelta(t, 13, count("zap:all", ""), 0)
	assert.InDelta(t, 13, count("zap zap:all", "?include_shared=true"), 0, "without zap:account:all it does nothing")
	assert.InDelta(t, 14, count("zap:account:all", "?include_shared=true"), 0)
	assert.InDelta(t, 13, count("zap:account:all", "?include_shared=false"), 0)
	assert.InDelta(t, 12, count("zap:all", "?inputs[priority]=high,normal"), 0)
	assert.InDelta(t, 0, count("zap:all", "?inputs[priority]=high"), 0)
	assert.Equal(t, http.StatusForbidden, w.api(t, "/v2/zaps", w.accessToken(t, emulator.UserWade, "zap:write")).status)
	assert.Equal(t, object{"parameter": "include_shared"}, b.get("/v2/zaps?include_shared=x").problem(t)["source"])
	other := w.browser(t).code(emulator.UserWade, "client_id", "other", "scope", "zap").Get("code")
	token := w.tokenAs(t, "other", "other-secret", redeemForm(other)).text("access_token")
	assert.Len(t, w.api(t, "/v2/zaps", token).data(t), 1, "a partner with an App of its own sees whatever uses it")
}

// api.md 2.5.
func TestExpand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	first := func(expand string) object {
		created := b.post("/v2/zaps?expand="+expand, b.guide())
		require.Equal(t, http.StatusCreated, created.status, created.raw)
		return created.body["steps"].([]any)[0].(object)
	}
	assert.IsType(t, "", first("")["action"])
	assert.IsType(t, "", first("steps.nothing,title")["action"], "what cannot be expanded is no error")
	assert.Equal(t, emulator.AppOAuth2, dig(first("steps.action"), "action.app"))
	deep := first("steps.action.app,steps.authentication.app")
	assert.Equal(t, "new_lead", dig(deep, "action.key"))
	assert.Equal(t, "SuperExampleCRM", dig(deep, "action.app.title"))
	assert.Equal(t, false, dig(deep, "authentication.is_expired"))
	assert.Equal(t, emulator.AppOAuth2, dig(deep, "authentication.app.id"))
}

// api.md 2.15.
func TestChangeDeleteEnable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.builder(t, emulator.UserWade), w.builder(t, emulator.UserNadia)
	zap := b.guide()
	id := b.post("/v2/zaps", zap).text("id")
	require.NoError(t, w.PauseZap(id))
	renamed := b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"title": "New name"}))
	require.Equal(t, http.StatusOK, renamed.status, renamed.raw)
	assert.Equal(t, "New name", renamed.text("title"))
	assert.Equal(t, false, renamed.body["is_enabled"], "a title alone does not switch it on")
	_, err := w.FireZap(id)
	require.ErrorContains(t, err, "is off")

	steps := zap["data"].(object)["steps"].([]any)
	steps[1].(object)["inputs"] = object{"full_name": "Always the same"}
	w.clock.Advance(time.Hour)
	for i, kind := range []struct{ app, kind, key string }{{emulator.AppOAuth2, "READ", "new_lead"}, {emulator.AppSession, "WRITE", "create_engagement_report"}} {
		steps[i].(object)["action"] = b.action(kind.app, kind.kind, kind.key)
	}
	changed := b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"steps": steps}))
	require.Equal(t, http.StatusOK, changed.status, changed.raw)
	assert.Equal(t, true, changed.body["is_enabled"], "new steps do")
	assert.Equal(t, "2026-03-01T13:00:00Z", changed.text("updated_at"))
	refused(t, b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{})), "/data")
	refused(t, b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"enabled": false})), "/data/enabled")
	refused(t, b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"steps": steps[:1]})), "/data/steps")

	require.NoError(t, w.PauseZap(id))
	assert.Equal(t, true, b.send(http.MethodPost, "/v2/zaps/"+id+"/enable", nil).body["is_enabled"])
	require.NoError(t, w.PauseZap(id))
	require.NoError(t, w.ExpireAuthentication(steps[0].(object)["authentication"].(string)))
	assert.Equal(t, http.StatusBadRequest, b.send(http.MethodPost, "/v2/zaps/"+id+"/enable", nil).status)

	for _, call := range []struct{ method, path string }{{"PATCH", ""}, {"DELETE", ""}, {"POST", "/enable"}} {
		assert.Equal(t, http.StatusNotFound, other.send(call.method, "/v2/zaps/"+id+call.path, data(object{"title": "x"})).status, "not hers")
		weak := &builder{t, w, emulator.UserWade, w.accessToken(t, emulator.UserWade, "zap:write")}
		assert.Equal(t, http.StatusForbidden, weak.send(call.method, "/v2/zaps/"+id+call.path, nil).status)
	}
	number := strings.TrimLeft(id[len(id)-12:], "0")
	assert.Equal(t, http.StatusNoContent, b.send(http.MethodDelete, "/v2/zaps/"+number, nil).status, "the number is an id too")
	assert.Equal(t, http.StatusNotFound, b.send(http.MethodDelete, "/v2/zaps/"+id, nil).status)
}

// How runs end, and how they are found again (api.md 2.16).
func TestZapRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	filter := b.action(emulator.AppNoAuthentication, "FILTER", "filter")
	make := func(title string, last ...any) string {
		zap := b.guide()
		steps := zap["data"].(object)["steps"].([]any)
		called("lead", steps[0].(object))
		zap["data"].(object)["title"] = title
		zap["data"].(object)["steps"] = append(steps[:1:1], last...)
		created := b.post("/v2/zaps", zap)
		require.Equal(t, http.StatusCreated, created.status, created.raw)
		return created.text("id")
	}
	account := b.connect(emulator.AppOAuth2)
	passes := func(match, value string) object {
		return step(filter, nil, object{
			"filter_criteria_count": "1", "filter_criteria_1_key": "{{lead.value}}", "filter_criteria_1_match": match, "filter_criteria_1_value": value,
		})
	}
	create := func(name string) object {
		return step(b.action(emulator.AppOAuth2, "WRITE", "create_lead"), account, object{"full_name": name})
	}
	find := step(b.action(emulator.AppOAuth2, "SEARCH", "find_lead"), account, object{"full_name": "Nobody at all"})
	ends := map[string]string{
		make("Succeeds", passes("is greater than", "5"), create("{{lead.full_name}}")): "success",
		make("Filters", passes("is less than", "5"), create("x")):                      "filtered",
		make("Fails", create("wrong")):                                                 "error",
		make("Finds nothing", find):                                                    "halted",
	}
	ads := b.connect(emulator.AppSession)
	held := make("Is held", create("x"), step(b.action(emulator.AppSession, "WRITE", "create_campaign"), ads, object{"name": "x"}))
	require.NoError(t, w.ExpireAuthentication(ads))
	ends[held] = "held"
	for id, want := range ends {
		w.clock.Advance(time.Minute)
		fired := w.call(t, http.MethodPost, "/emulator/api/zaps/"+id+"/trigger", "", "{}")
		assert.Equal(t, want, fired.text("status"), fired.raw)
	}
	token := w.accessToken(t, emulator.UserWade, "zap:runs")
	count := func(query string) int { return len(w.api(t, "/v2/zap-runs?"+query, token).data(t)) }
	assert.Equal(t, 5, count(""))
	assert.Empty(t, w.builder(t, emulator.UserNadia).get("/v2/zap-runs").data(t), "not hers")
	assert.Equal(t, 2, count("statuses=error,held"))
	assert.Equal(t, 2, count("statuses=error&statuses=held"))
	assert.Equal(t, 1, count("zap_id="+held))
	assert.Equal(t, 1, count("zap_id="+strings.TrimLeft(held[24:], "0")))
	assert.Equal(t, 0, count("zap_id=1"))
	assert.Equal(t, 1, count("search=FINDS+nothing"))
	assert.Equal(t, 5, count("from_date=2026-03-01&to_date=2026-03-02"))
	assert.Equal(t, 2, count("to_date=2026-03-01T12:03:00Z"), "to_date is not part of it")
	assert.Equal(t, 3, count("from_date=2026-03-01T12:03:00Z"), "from_date is")
	w.clock.Advance(31 * 24 * time.Hour)
	token = w.accessToken(t, emulator.UserWade, "zap:runs")
	assert.Equal(t, 0, count(""), "thirty days unless told")
	assert.Equal(t, 5, count("from_date=2026-01-01"))
	for _, query := range []string{"zap_id=x", "statuses=fine", "from_date=then", "to_date=then", "search=" + strings.Repeat("x", 151), "limit=0"} {
		bad := w.api(t, "/v2/zap-runs?"+query, token)
		require.Equal(t, http.StatusBadRequest, bad.status, query)
		assert.Equal(t, object{"parameter": strings.Split(query, "=")[0]}, bad.problem(t)["source"])
	}
	_, err := w.FireZap("nothing")
	require.ErrorContains(t, err, "no Zap")
}

// api.md 2.6.
func TestZapsV1(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserNadia)
	for range 6 {
		require.Equal(t, http.StatusCreated, b.post("/v2/zaps", b.guide()).status)
	}
	code := w.browser(t).code(emulator.UserNadia, "client_id", "other", "scope", "zap").Get("code")
	token := w.tokenAs(t, "other", "other-secret", redeemForm(code)).text("access_token")
	first := w.api(t, "/v1/zaps?get_params", token)
	require.Equal(t, http.StatusOK, first.status, first.raw)
	objects := first.body["objects"].([]any)
	assert.Len(t, objects, 5, "five unless told")
	assert.InDelta(t, 6, first.body["count"], 0)
	zap := objects[0].(object)
	assert.Equal(t, "on", zap["state"])
	steps := zap["steps"].([]any)
	assert.Equal(t, "read", steps[0].(object)["type_of"])
	assert.Equal(t, object{}, steps[0].(object)["params"], "of one's own App")
	assert.Nil(t, steps[1].(object)["params"], "of no other")
	assert.Len(t, w.api(t, first.body["next"].(string), token).body["objects"], 1)
	none := w.api(t, "/v1/zaps?params__full_name=Ada", token)
	assert.Empty(t, none.body["objects"])
	assert.Equal(t, http.StatusForbidden, w.api(t, "/v1/zaps", w.accessToken(t, emulator.UserNadia, "profile")).status)
}
