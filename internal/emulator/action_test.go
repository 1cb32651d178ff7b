package emulator_test

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// Every App has actions of just the types it says, and ids of the documented
// pattern (api.md 2.7, 2.8). FILTER alone is not among an App's types (2.7).
func TestEveryAppHasTheActionsItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	pattern := regexp.MustCompile(`^[\w-]+:[\w-]+$`)
	for _, app := range w.api(t, "/v2/apps?limit=100&client_id=partner", "").data(t) {
		types := map[any]bool{}
		list := w.api(t, "/v2/actions?limit=100&client_id=partner&app="+app["id"].(string), "")
		for _, action := range list.data(t) {
			assert.Regexp(t, pattern, action["id"])
			assert.Equal(t, "action", action["type"])
			assert.Equal(t, app["id"], action["app"])
			types[action["action_type"]] = true
		}
		if app["id"] == emulator.AppNoAuthentication {
			assert.Equal(t, map[any]bool{"FILTER": true}, types)
			continue
		}
		assert.Len(t, types, len(app["action_types"].([]any)), app["title"])
		for _, kind := range app["action_types"].([]any) {
			assert.True(t, types[kind], "%s has no %s", app["title"], kind)
		}
	}
}

func TestActionsHavePagesAndFilters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	first := b.get("/v2/actions?app=" + emulator.AppOAuth2)
	assert.Len(t, first.data(t), 10)
	assert.InDelta(t, 18, dig(first.body, "meta.count"), 0)
	assert.Len(t, w.api(t, dig(first.body, "links.next").(string), b.token).data(t), 8)
	for _, action := range b.get("/v2/actions?action_type=SEARCH_OR_WRITE&app=" + emulator.AppOAuth2).data(t) {
		assert.Equal(t, "SEARCH_OR_WRITE", action["action_type"])
	}
	for path, parameter := range map[string]string{
		"/v2/actions":       "app",
		"/v2/actions?app=x": "app",
		"/v2/actions?app=" + emulator.AppOAuth2 + "&action_type=x": "action_type",
	} {
		assert.Equal(t, object{"parameter": parameter}, b.get(path).problem(t)["source"])
	}
}

// api.md 2.8; 7, contradiction 21 and unknown 4.
func TestActionIDsChangeWithEachLookUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	account := b.connect(emulator.AppOAuth2)
	first := b.action(emulator.AppOAuth2, "READ", "new_lead")
	second := b.action(emulator.AppOAuth2, "READ", "new_lead")
	assert.NotEqual(t, first, second)
	assert.Equal(t, http.StatusOK, b.ask(first, "inputs", account, object{}).status, "the old one is good for a while")
	w.clock.Advance(59 * time.Minute)
	assert.Equal(t, http.StatusOK, b.ask(url.PathEscape(second), "inputs", account, object{}).status)
	w.clock.Advance(time.Minute)
	gone := b.ask(second, "inputs", account, object{})
	assert.Equal(t, http.StatusBadRequest, gone.status)
	assert.Equal(t, object{"parameter": "action_id"}, gone.problem(t)["source"])
	for _, id := range []string{"core:x", "core:AAAAAAAAAAAAAAAAAAAAAA", "uag:00000000-0000-0000-0000-000000000000", "x", ":", first[:len(first)-1]} {
		assert.Equal(t, http.StatusBadRequest, b.ask(id, "inputs", account, object{}).status, id)
	}
}

// Same seed, same calls, same ids, whenever that is; and none of them outlives a reset.
func TestActionIDsDoNotTellTheTime(t *testing.T) {
	t.Parallel()
	ids := func(w *world) []any {
		var got []any
		for _, action := range w.api(t, "/v2/actions?client_id="+clientID+"&app="+emulator.AppOAuth2, "").data(t) {
			got = append(got, action["id"])
		}
		return got
	}
	early, late := newWorld(t), newWorld(t)
	late.clock.Advance(400 * 24 * time.Hour)
	for range 3 {
		assert.Equal(t, ids(early), ids(late))
		late.clock.Advance(7 * time.Minute)
	}

	b := early.builder(t, emulator.UserWade)
	old := b.action(emulator.AppOAuth2, "READ", "new_lead")
	early.Reset()
	b = early.builder(t, emulator.UserWade)
	account := b.connect(emulator.AppOAuth2)
	assert.Equal(t, http.StatusBadRequest, b.ask(old, "inputs", account, object{}).status, "nobody has looked it up yet")
}

func TestStrictActionIDs(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Readings{StrictActionIDs: true})
	b := w.builder(t, emulator.UserWade)
	account := b.connect(emulator.AppOAuth2)
	first := b.action(emulator.AppOAuth2, "READ", "new_lead")
	b.get("/v2/zaps")
	b.action(emulator.AppSession, "READ", "new_campaign")
	w.builder(t, emulator.UserNadia).action(emulator.AppOAuth2, "READ", "new_lead")
	assert.Equal(t, http.StatusOK, b.ask(first, "inputs", account, object{}).status, "only the same user's look-up of the same App counts")
	second := b.action(emulator.AppOAuth2, "READ", "new_lead")
	assert.Equal(t, http.StatusBadRequest, b.ask(first, "inputs", account, object{}).status)
	assert.Equal(t, http.StatusOK, b.ask(second, "inputs", account, object{}).status)

	many := b.get("/v2/actions?app=" + emulator.AppOAuth2)
	ofFirstPage := many.data(t)[0]["id"].(string)
	b.get(dig(many.body, "links.next").(string))
	assert.Equal(t, http.StatusOK, b.ask(ofFirstPage, "inputs", account, object{}).status, "the next page is no new look-up")
}

// Who may make a call about a step, and with which Authentication (api.md 1.4, 2.9).
func TestStepCallsAreStrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	lead := b.action(emulator.AppOAuth2, "READ", "new_lead")
	chat := b.action(emulator.AppExpired, "WRITE", "create_message")
	filter := b.action(emulator.AppNoAuthentication, "FILTER", "filter")
	mine, other := b.connect(emulator.AppOAuth2), b.connect(emulator.AppSession)
	foreign := w.builder(t, emulator.UserNadia).connect(emulator.AppOAuth2)
	expired := w.Authentications(emulator.UserWade, emulator.AppExpired)[0].ID
	for _, path := range []string{"inputs", "outputs", "test", "inputs/pipeline/choices"} {
		at := "/v2/actions/" + lead + "/" + path
		for _, row := range []struct {
			name, path string
			body       object
			pointer    string
		}{
			{"no data", at, object{}, "/data"},
			{"data is a list", at, object{"data": []any{}}, "/data"},
			{"no authentication", at, data(object{"inputs": object{}}), "/data/authentication"},
			{"null where one is needed", at, data(object{"authentication": nil, "inputs": object{}}), "/data/authentication"},
			{"a number", at, data(object{"authentication": 1, "inputs": object{}}), "/data/authentication"},
			{"unknown", at, data(object{"authentication": "x", "inputs": object{}}), "/data/authentication"},
			{"somebody else's", at, data(object{"authentication": foreign, "inputs": object{}}), "/data/authentication"},
			{"of another App", at, data(object{"authentication": other, "inputs": object{}}), "/data/authentication"},
			{"no inputs", at, data(object{"authentication": mine}), "/data/inputs"},
			{"inputs are a list", at, data(object{"authentication": mine, "inputs": []any{}}), "/data/inputs"},
			{"unknown member", at, data(object{"authentication": mine, "inputs": object{}, "a/b": 1}), "/data/a~1b"},
			{"expired", "/v2/actions/" + chat + "/" + path, data(object{"authentication": expired, "inputs": object{}}), "/data/authentication"},
			{"one where none is needed", "/v2/actions/" + filter + "/" + path, data(object{"authentication": mine, "inputs": object{}}), "/data/authentication"},
		} {
			t.Run(path+": "+row.name, func(t *testing.T) { refused(t, b.post(row.path, row.body), row.pointer) })
		}
		none := w.call(t, http.MethodPost, at, w.accessToken(t, emulator.UserWade, "profile"), "{}")
		assert.Equal(t, http.StatusForbidden, none.status)
		assert.Equal(t, http.StatusUnauthorized, w.call(t, http.MethodPost, at+"?client_id=partner", "", "{}").status)
	}
	readOnly := &builder{t, w, emulator.UserWade, w.accessToken(t, emulator.UserWade, "zap")}
	assert.Equal(t, http.StatusForbidden, readOnly.ask(lead, "inputs", mine, object{}).status)
	assert.Equal(t, http.StatusOK, readOnly.ask(lead, "inputs/pipeline/choices", mine, object{}).status, "choices need no zap:write")
	nothing := readOnly.post("/v2/actions/"+lead+"/inputs/pipeline/choices", data(object{"authentication": mine, "inputs": nil}))
	assert.Equal(t, http.StatusOK, nothing.status, "only for choices may inputs be null")
	assert.Equal(t, "parse_error", w.call(t, http.MethodPost, "/v2/actions/"+lead+"/inputs", b.token, `{`).problem(t)["code"])
}

// A sheet's form: each answer brings the next question (api.md 4, step 5).
func TestDependentForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	row := b.action(emulator.AppMany, "WRITE", "create_spreadsheet_row")
	account := w.Authentications(emulator.UserWade, emulator.AppMany)[0].ID
	assert.Equal(t, []any{"spreadsheet"}, fields(t, b.ask(row, "inputs", account, object{}))["worksheet"]["depends_on"])

	ids, pages := b.choices(row, "spreadsheet", account, object{})
	require.Len(t, ids, 12)
	assert.Equal(t, 3, pages)
	early := b.ask(row, "inputs/worksheet/choices", account, object{})
	refused(t, early, "/data/inputs/spreadsheet")
	inputs := object{"spreadsheet": ids[11]}
	sheets, pages := b.choices(row, "worksheet", account, inputs)
	assert.Equal(t, 2, pages)
	inputs["worksheet"] = sheets[6]
	form := fields(t, b.ask(row, "inputs", account, inputs))
	assert.Equal(t, "fieldset", form["columns"]["type"])
	assert.Equal(t, "info_field", form["header_note"]["type"])
	assert.Equal(t, true, form["COL$A"]["is_required"])
	inputs["worksheet"] = sheets[5]
	assert.NotEqual(t, form, fields(t, b.ask(row, "inputs", account, inputs)), "worksheets differ")

	inputs["COL$A"] = "Kept"
	made := b.ask(row, "test", account, inputs)
	require.Equal(t, http.StatusOK, made.status, made.raw)
	delete(inputs, "COL$A")
	read := b.ask(b.action(emulator.AppMany, "READ", "new_spreadsheet_row"), "test", account, inputs)
	assert.Equal(t, "Kept", read.data(t)[0]["COL$A"])
	inputs["worksheet"] = sheets[0]
	read = b.ask(b.action(emulator.AppMany, "READ", "new_spreadsheet_row"), "test", account, inputs)
	assert.NotEqual(t, "Kept", read.data(t)[0]["COL$A"], "it lies in one worksheet")
}

// One form has every value type and every format (api.md 2.9).
func TestEveryKindOfField(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	mail, account := b.action(emulator.AppAPIKey, "WRITE", "create_newsletter"), b.connect(emulator.AppAPIKey)
	form := fields(t, b.ask(mail, "inputs", account, object{"subject": "News in March"}))
	kinds := map[any]bool{}
	for _, field := range form {
		kinds[field["value_type"]], kinds[field["format"]], kinds[field["type"]] = true, true, true
		if field["type"] == "input_field" {
			assert.Equal(t, field["value_type"] == "ARRAY", field["items"] != nil, field["id"])
		}
	}
	for _, kind := range []any{
		"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "DATETIME", "MULTILINE", "PASSWORD", "CODE",
		"READONLY", "FILE", "SELECT", "input_field", "info_field", "fieldset", nil,
	} {
		assert.True(t, kinds[kind], kind)
	}
	towns, pages := b.choices(mail, "town", account, object{"subject": "S"})
	assert.Equal(t, 3, pages)
	assert.Greater(t, len(towns), 100, "more than anybody wants to scroll through")
	assert.Equal(t, []any{"segment"}, form["part"]["depends_on"])
	assert.Equal(t, true, form["segment"]["invalidates_input_fields"])
	for _, markdown := range []string{"](https://", "](javascript:", "<b onclick="} {
		assert.Contains(t, form["guide"]["description"], markdown)
	}
	assert.Equal(t, "news-in-march", form["slug"]["default_value"], "a default that follows another field")
	assert.Equal(t, "2026-03-02T09:00:00Z", form["send_at"]["default_value"], "a default that follows the clock")

	good := func() object {
		return object{
			"subject": "S", "send_at": "2026-04-01", "priority": "1", "recipients": "20", "budget": "4.5", "sent": "True",
			"header_image": "https://example.com/a.png", "lists": []any{"a", "b"}, "sizes": []any{"1", "2"}, "switches": []any{"True"},
			"merge_fields": object{"a": "b"}, "segment": "press", "sender__email": "a@b.example", "html": "<p>{}</p>",
		}
	}
	made := b.ask(mail, "test", account, good())
	require.Equal(t, http.StatusOK, made.status, made.raw)
	assert.Equal(t, object{"email": "a@b.example"}, made.data(t)[0]["sender"], "ids with __ are nested")
	for _, row := range []struct {
		field   string
		value   any
		pointer string
	}{
		{"subject", "", "subject"},
		{"subject", nil, "subject"},
		{"subject", 5, "subject"},
		{"subject", "{{x}}", "subject"},
		{"subject", "{{x", "subject"},
		{"recipients", 20, "recipients"},
		{"recipients", "2.5", "recipients"},
		{"budget", "much", "budget"},
		{"sent", "true", "sent"},
		{"priority", "9", "priority"},
		{"segment", "nobody", "segment"},
		{"send_at", "soon", "send_at"},
		{"header_image", "a.png", "header_image"},
		{"lists", "a", "lists"},
		{"lists", []any{"a", 1}, "lists/1"},
		{"sizes", []any{"1", "x"}, "sizes/1"},
		{"merge_fields", []any{}, "merge_fields"},
		{"merge_fields", object{"a": object{}}, "merge_fields/a"},
		{"notice", "a value for a text", "notice"},
		{"unknown", "x", "unknown"},
	} {
		inputs := good()
		inputs[row.field] = row.value
		refused(t, b.ask(mail, "test", account, inputs), "/data/inputs/"+row.pointer)
	}
	inputs := good()
	inputs["subject"] = "wrong"
	failed := b.ask(mail, "test", account, inputs)
	assert.Equal(t, http.StatusBadRequest, failed.status)
	assert.Equal(t, "test_failed", failed.problem(t)["code"])
	assert.Equal(t, "ActionTestError", failed.problem(t)["title"])
}

// api.md 2.11.
func TestOutputs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	lead, account := b.action(emulator.AppOAuth2, "READ", "new_lead"), b.connect(emulator.AppOAuth2)
	ids := func(got answer) map[any]any {
		samples := map[any]any{}
		for _, field := range got.data(t) {
			assert.Equal(t, "output_field", field["type"])
			samples[field["id"]] = field["sample"]
		}
		return samples
	}
	samples := ids(b.ask(lead, "outputs", account, object{}))
	for _, id := range []string{"full_name", "company__name", "tags[]name"} {
		assert.NotEmpty(t, samples[id], id)
	}
	b.ask(b.action(emulator.AppOAuth2, "WRITE", "create_lead"), "test", account, object{"full_name": "Live One"})
	ask := func(action string) answer {
		return b.post("/v2/actions/"+action+"/outputs", data(object{"authentication": account, "inputs": object{}, "fetch_live_samples": true}))
	}
	assert.Equal(t, "Live One", ids(ask(lead))["full_name"])
	refused(t, ask(b.action(emulator.AppOAuth2, "WRITE", "create_lead")), "/data/fetch_live_samples")
}

// api.md 2.12: it really executes.
func TestTestExecutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	account, another := b.connect(emulator.AppOAuth2), b.connect(emulator.AppOAuth2)
	run := func(kind, key, account string, inputs object) []object {
		got := b.ask(b.action(emulator.AppOAuth2, kind, key), "test", account, inputs)
		require.Equal(t, http.StatusOK, got.status, got.raw)
		assert.Nil(t, dig(got.body, "meta.limit"))
		return got.data(t)
	}
	assert.Len(t, run("READ", "new_contact", account, object{}), 10, "ten unless told")
	made := run("WRITE", "create_contact", account, object{"full_name": "Unheard Of", "newsletter": "True"})
	assert.Equal(t, true, made[0]["newsletter"])
	assert.Equal(t, made[0], run("READ", "new_contact", account, object{})[0])
	assert.NotEqual(t, made[0], run("READ", "new_contact", another, object{})[0], "accounts are apart")
	assert.Equal(t, made, run("SEARCH", "find_contact", account, object{"full_name": "heard OF"}))
	assert.Empty(t, run("SEARCH", "find_contact", another, object{"full_name": "unheard"}))
	assert.Equal(t, made, run("SEARCH_OR_WRITE", "find_or_create_contact", account, object{"full_name": "Unheard Of"}))
	assert.Len(t, run("SEARCH_OR_WRITE", "find_or_create_contact", another, object{"full_name": "Unheard Of"}), 1)
	changed := run("SEARCH_AND_WRITE", "find_and_update_contact", account, object{"full_name": "Unheard Of", "phone": "5"})
	assert.Equal(t, "5", changed[0]["phone"])
	assert.Equal(t, made[0]["id"], changed[0]["id"])

	page := b.post("/v2/actions/"+b.action(emulator.AppOAuth2, "READ", "new_deal")+"/test",
		data(object{"authentication": account, "inputs": object{"stage": "won"}, "limit": 2, "offset": 1}))
	require.Len(t, page.data(t), 2)
	assert.Equal(t, "won", page.data(t)[0]["stage"])
	for _, limit := range []any{0, "x", 1.5} {
		refused(t, b.post("/v2/actions/"+b.action(emulator.AppOAuth2, "READ", "new_deal")+"/test",
			data(object{"authentication": account, "inputs": object{}, "limit": limit})), "/data/limit")
	}
}

// Every action of every App can be looked at and run with what its form asks for.
func TestEveryActionWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserZoe)
	for _, app := range b.get("/v2/apps?limit=100").data(t) {
		var account any
		if app["links"].(object)["connect_new_authentication"] != nil {
			account = b.connect(app["id"].(string))
		}
		for _, action := range b.get("/v2/actions?limit=100&app=" + app["id"].(string)).data(t) {
			id := action["id"].(string)
			inputs := b.fillIn(id, account)
			assert.NotEmpty(t, b.ask(id, "outputs", account, inputs).data(t))
			tested := b.ask(id, "test", account, inputs)
			assert.Equal(t, http.StatusOK, tested.status, "%s %s: %s", app["title"], action["key"], tested.raw)
		}
	}
}

// fillIn answers a form until it asks for nothing more.
func (b *builder) fillIn(action string, account any) object {
	b.t.Helper()
	inputs := object{}
	for range 20 {
		missing := false
		for id, field := range fields(b.t, b.ask(action, "inputs", account, inputs)) {
			if field["is_required"] != true || inputs[id] != nil {
				continue
			}
			if field["format"] != "SELECT" {
				inputs[id], missing = "A", true
				continue
			}
			for _, needed := range field["depends_on"].([]any) {
				if inputs[needed.(string)] == nil {
					missing = true
				}
			}
			if page := b.ask(action, "inputs/"+url.PathEscape(id)+"/choices", account, inputs); page.status == http.StatusOK {
				inputs[id], missing = page.data(b.t)[0]["id"], true
			}
		}
		if !missing {
			return inputs
		}
	}
	require.FailNow(b.t, "the form never ends")
	return nil
}
