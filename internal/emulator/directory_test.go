package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// api.md 2.6: by client id alone, without built-in Apps and one's own.
func TestAppsV1(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.JSONEq(t, `{"errors":["client_id is missing or unknown."]}`, w.api(t, "/v1/apps", w.accessToken(t, emulator.UserWade, "zap")).raw)
	titles := func(query string) []string {
		got := w.api(t, "/v1/apps?"+query, "")
		require.Equal(t, http.StatusOK, got.status, got.raw)
		var titles []string
		for _, app := range got.body["objects"].([]any) {
			titles = append(titles, app.(object)["title"].(string))
		}
		return titles
	}
	all := titles("client_id=partner")
	assert.NotContains(t, all, "Filter")
	assert.Contains(t, all, "SuperExampleCRM")
	assert.NotContains(t, titles("client_id=other"), "SuperExampleCRM")
	assert.Equal(t, []string{"Gridwork Sheets"}, titles("client_id=partner&title_search=WORK+sh"))
	assert.Equal(t, []string{"Gridwork Sheets"}, titles("client_id=partner&title_starts_with=grid"))
	assert.Len(t, titles("client_id=partner&category=calendar"), 3)
	assert.Len(t, titles("client_id=other&is_in_zap_template_with"), 5)

	var walked []string
	for next := "/v1/apps?client_id=partner&per_page=20"; next != ""; {
		page := w.api(t, next, "")
		assert.InDelta(t, 3, page.body["pages"], 0)
		for _, app := range page.body["objects"].([]any) {
			walked = append(walked, app.(object)["title"].(string))
		}
		next, _ = page.body["next_url"].(string)
	}
	assert.Equal(t, all, walked)
	for _, query := range []string{"page=0", "per_page=101", "category=nothing"} {
		assert.Equal(t, http.StatusBadRequest, w.api(t, "/v1/apps?client_id=partner&"+query, "").status, query)
	}
}

// api.md 2.6: a bare array; templates have all the Apps that are asked for.
func TestZapTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	templates := func(query string) []object {
		got := w.api(t, "/v1/zap-templates?limit=100&client_id="+query, "")
		require.Equal(t, http.StatusOK, got.status, got.raw)
		var list []object
		require.NoError(t, json.Unmarshal([]byte(got.raw), &list))
		return list
	}
	assert.Len(t, templates("partner"), 14)
	assert.Len(t, templates("partner&limit=5"), 14, "the first limit counts")
	assert.Len(t, templates("other"), 5, "one's own App is implied")
	assert.Len(t, templates("other&apps=gridwork-sheets"), 1)
	assert.Len(t, templates("partner&apps=gridwork-sheets,formella"), 1)
	assert.Empty(t, templates("partner&apps=nothing"))
	one := templates("partner&templates=4107")
	require.Len(t, one, 1)
	assert.Equal(t, "guided_zap", one[0]["type"])
	assert.Len(t, one[0]["steps"], 2)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v1/zap-templates", "").status)
}

// api.md 2.18.
func TestGuess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	guess := func(query, body string) answer { return w.call(t, http.MethodPost, "/v2/guess"+query, "", body) }
	got := guess("?client_id=partner", `{"description":"Put new SuperExampleCRM leads into Gridwork Sheets and tell Pondside Chat"}`)
	require.Equal(t, http.StatusOK, got.status, got.raw)
	steps := got.body["steps"].([]any)
	require.Len(t, steps, 3)
	assert.Equal(t, "Pondside Chat", dig(steps[2].(object), "step.app"))
	link, err := url.Parse(got.text("prefilled_url"))
	require.NoError(t, err)
	assert.Equal(t, "new_lead", link.Query().Get("steps[0][action]"))
	nothing := guess("?client_id=partner", `{"description":"What is the weather?"}`)
	assert.Equal(t, http.StatusBadRequest, nothing.status)
	assert.Len(t, nothing.body["messages"], 1, "a shape of its own")
	assert.Equal(t, http.StatusBadRequest, guess("?client_id=partner", `{"data":{}}`).status)
	assert.Equal(t, http.StatusUnauthorized, guess("", `{"description":"x"}`).status)
}

// api.md 2.19.
func TestWhitelabelApps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.api(t, "/v2/whitelabel/apps?client_id=partner", "")
	require.Len(t, first.data(t), 10)
	assert.Equal(t, true, first.data(t)[0]["is_oauth"])
	assert.Equal(t, false, first.data(t)[0]["has_fields"])
	assert.Len(t, w.api(t, "/v2/whitelabel/apps?search=SHEETS", w.accessToken(t, emulator.UserWade, "profile")).data(t), 1)
	assert.Len(t, w.api(t, "/v2/whitelabel/apps?client_id=partner&category=calendar", "").data(t), 3)
	assert.Equal(t, http.StatusBadRequest, w.api(t, "/v2/whitelabel/apps?client_id=partner&category=x", "").status)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v2/whitelabel/apps", "").status)
}

// The other readings of what the documents say in two ways (api.md 2.3; 7).
func TestReadings(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Readings{ArrayEnvelopes: true, TextStatus: true})
	token := w.accessToken(t, emulator.UserWade, zapScopes+" profile")
	for _, path := range []string{
		"/v1/apps?client_id=partner", "/v1/categories", "/v1/profiles/me", "/v1/zaps", "/v2/apps", "/v2/zaps", "/v2/zap-runs",
		"/v2/whitelabel/apps", "/v2/actions?app=" + emulator.AppOAuth2,
	} {
		var list []object
		require.NoError(t, json.Unmarshal([]byte(w.api(t, path, token).raw), &list), path)
		assert.Len(t, list, 1, path)
	}
	assert.Equal(t, "400", w.api(t, "/v2/apps?limit=0", token).problem(t)["status"])

	wrapped := newWorldWith(t, emulator.Readings{WrappedZaps: true})
	b := wrapped.builder(t, emulator.UserWade)
	assert.Equal(t, "zap", dig(b.post("/v2/zaps", b.guide()).body, "data.type"))
}

// Same seed, same calls, same ids: Zaps, runs and action ids too.
func TestSameSeedSameWorkflow(t *testing.T) {
	t.Parallel()
	story := func() []any {
		w := newWorld(t)
		b := w.builder(t, emulator.UserWade)
		zap := b.guide()
		made := b.post("/v2/zaps", zap)
		_, err := w.FireZap(made.text("id"))
		require.NoError(t, err)
		return []any{zap, made.body["id"], made.body["steps"], b.get("/v2/zap-runs").body["data"]}
	}
	assert.Equal(t, story(), story())
}

func TestResetForgetsZaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserZoe)
	made := b.post("/v2/zaps", b.guide())
	_, err := w.FireZap(made.text("id"))
	require.NoError(t, err)
	w.Reset()
	b = w.builder(t, emulator.UserZoe)
	assert.Empty(t, b.get("/v2/zaps").data(t))
	assert.Empty(t, b.get("/v2/zap-runs").data(t))
}
