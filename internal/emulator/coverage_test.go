package emulator_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// The table is honest both ways: what it claims is served, and what is served is in it.
func TestCoverageIsHonest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	levels := map[string]string{}
	for _, row := range w.Coverage() {
		assert.NotEmpty(t, row.Note, "%s says why", row.What)
		assert.Contains(t, []string{"yes", "partly", "no"}, row.Level, row.What)
		levels[row.Method+" "+row.Path] = row.Level
	}
	routes, ok := w.Handler().(chi.Routes)
	require.True(t, ok)
	require.NoError(t, chi.Walk(routes, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if (strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v2/")) && path != "/v2/authentications/redirect" {
			assert.Contains(t, []string{"yes", "partly"}, levels[method+" "+strings.TrimSuffix(path, "/")], "%s %s", method, path)
		}
		return nil
	}))
	for operation, level := range levels {
		method, path, _ := strings.Cut(operation, " ")
		if level != "no" && path != "" {
			got := w.call(t, method, strings.NewReplacer("{", "", "}", "").Replace(path), "", "")
			assert.NotContains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, got.status, operation)
		}
	}
	assert.Equal(t, "no", levels["POST /v2/promotions"])
}

// The plane for tools, over HTTP.
func TestToolsPlane(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	steer := func(method, path, body string, status int) answer {
		t.Helper()
		got := w.call(t, method, "/emulator/api"+path, "", body)
		require.Equal(t, status, got.status, "%s %s: %s", method, path, got.raw)
		return got
	}
	var rows []emulator.Coverage
	require.NoError(t, json.Unmarshal([]byte(steer("GET", "/coverage", "", 200).raw), &rows))
	assert.Equal(t, w.Coverage(), rows)

	steer("PUT", "/third-parties/ledgerleaf", `{"failure":"html"}`, 204)
	assert.JSONEq(t, `[{"app":"`+emulator.AppBasic+`","slug":"ledgerleaf","failure":"html","stage":"test"}]`, steer("GET", "/third-parties", "", 200).raw)
	steer("PUT", "/third-parties/"+emulator.AppBasic, `{"failure":"x"}`, 400)

	steer("PUT", "/limits", `{"per_ip":5,"per_partner":6,"cooldown":7}`, 204)
	assert.JSONEq(t, `{"per_ip":5,"per_partner":6,"cooldown":7}`, steer("GET", "/limits", "", 200).raw)
	steer("PUT", "/limits", `{"per_ip":-1}`, 400)

	single := w.Authentications(emulator.UserWade, emulator.AppSingle)[0].ID
	assert.Equal(t, false, steer("POST", "/authentications/"+single+"/refresh", "", 200).body["is_expired"])
	steer("PUT", "/third-parties/taskery", `{"failure":"unauthorized","stage":"refresh"}`, 204)
	assert.Equal(t, true, steer("POST", "/authentications/"+single+"/refresh", "", 200).body["is_expired"])
	steer("POST", "/authentications/"+single+"/refresh", "", 400)
	steer("POST", "/authentications/x/refresh", "", 404)

	steer("POST", "/seed", seedYAML, 204)
	assert.Len(t, w.Authentications(0, ""), 3)
	steer("POST", "/seed", "x: 1", 400)
	assert.Contains(t, steer("GET", "/third-parties", "", 200).raw, `"failure":"timeout"`)
	state := steer("GET", "/state", "", 200).body
	for _, part := range []string{"third_parties", "limits", "waiting_finishes", "authentications"} {
		assert.Contains(t, state, part)
	}
}

// The same by the page, whose live parts carry what changes.
func TestToolsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	done := b.press(b.get("/emulator"), "set-party", map[string]string{"app": emulator.AppBasic, "failure": "forbidden", "stage": ""})
	assert.Contains(t, done.Find(`[data-live="parties"]`).Text(), "Ledgerleaf: forbidden at the test")
	done = b.press(done, "repair", nil)
	assert.Equal(t, emulator.ThirdParty{}, w.ThirdParty(emulator.AppBasic))

	done = b.press(done, "refresh", nil)
	assert.Contains(t, done.Find(`[data-testid="notice"]`).Text(), "asked for a new token")

	b.press(done, "set-limits", map[string]string{"per_ip": "1", "per_partner": "0", "cooldown": "60"})
	assert.Equal(t, 1, w.CurrentLimits().PerIP)
	w.statuses(t, 2, anyCategory, "")
	done = b.get("/emulator")
	assert.Contains(t, done.Find(`[data-live="limits"]`).Text(), "IP 127.0.0.1 until")
	assert.Equal(t, len(w.Coverage()), done.Find(`[data-testid="coverage"]`).Length())
	assert.Equal(t, 1, done.Find(`script[src="/assets/control-live.js"]`).Length())
	assert.Contains(t, w.api(t, "/assets/control-live.js", "").header.Get("Content-Type"), "javascript")
	assert.Equal(t, http.StatusBadRequest, b.press(done, "set-limits", map[string]string{"per_ip": "x"}).status)
	assert.Equal(t, http.StatusBadRequest, b.press(done, "set-party", map[string]string{"app": emulator.AppBasic, "failure": "x"}).status)
}
