package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

const anyCategory = "/v1/categories?limit=1"

func (w *world) statuses(t *testing.T, calls int, path, token string) map[int]int {
	t.Helper()
	seen := map[int]int{}
	for range calls {
		seen[w.api(t, path, token).status]++
	}
	return seen
}

// 60 a minute for an IP, then 60 seconds of nothing, to the second (api.md 6).
func TestLimitOfAnIP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.Equal(t, map[int]int{200: 100}, w.statuses(t, 100, anyCategory, ""), "the library has no limit unless asked for one")
	require.NoError(t, w.SetLimits(emulator.DocumentedLimits()))
	assert.Equal(t, map[int]int{200: 60}, w.statuses(t, 60, anyCategory, ""))

	refused := w.api(t, anyCategory, "")
	assert.Equal(t, http.StatusTooManyRequests, refused.status)
	assert.Equal(t, "60", refused.header.Get("Retry-After"))
	assert.Equal(t, "3600", refused.header.Get("X-RateLimit-Limit"), "told for an hour")
	assert.Equal(t, "0", refused.header.Get("X-RateLimit-Remaining"))
	assert.Equal(t, strconv.FormatInt(w.clock.Now().Add(time.Minute).Unix(), 10), refused.header.Get("X-RateLimit-Reset"))
	assert.JSONEq(t, `{"errors":["Request was throttled."]}`, refused.raw)

	w.clock.Advance(59 * time.Second)
	assert.Equal(t, "1", w.api(t, anyCategory, "").header.Get("Retry-After"), "a refused call does not lengthen the cooldown")
	w.clock.Advance(time.Second)
	assert.Equal(t, map[int]int{200: 60, 429: 1}, w.statuses(t, 61, anyCategory, ""))
}

// The minute slides: no 60 seconds hold more than the limit, wherever they begin.
func TestLimitSlides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetLimits(emulator.Limits{PerIP: 3}))
	assert.Equal(t, http.StatusOK, w.api(t, anyCategory, "").status)
	w.clock.Advance(30 * time.Second)
	assert.Equal(t, map[int]int{200: 2}, w.statuses(t, 2, anyCategory, ""))
	w.clock.Advance(30 * time.Second)
	assert.Equal(t, map[int]int{200: 1, 429: 1}, w.statuses(t, 2, anyCategory, ""), "only the first is a minute old")
}

// 150 a minute for a partner, whoever its users are; another partner is not touched.
func TestLimitOfAPartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	require.NoError(t, w.SetLimits(emulator.Limits{PerPartner: 4, Cooldown: 5 * time.Second}))
	assert.Equal(t, map[int]int{200: 2}, w.statuses(t, 2, "/v1/profiles/me", token))
	assert.Equal(t, map[int]int{200: 2, 429: 1}, w.statuses(t, 3, "/v2/apps?client_id="+clientID, ""))
	refused := w.api(t, "/v2/apps", token)
	assert.Equal(t, "5", refused.header.Get("Retry-After"))
	assert.Equal(t, "240", refused.header.Get("X-RateLimit-Limit"))
	assert.Equal(t, "throttled", refused.problem(t)["code"])
	assert.Equal(t, http.StatusOK, w.api(t, "/v2/apps?client_id=other", "").status)
	assert.Equal(t, http.StatusOK, w.api(t, anyCategory, "").status, "nobody's")
	w.clock.Advance(5 * time.Second)
	assert.Equal(t, http.StatusOK, w.api(t, "/v2/apps", token).status)
}

// 150 a minute for a partner, however many addresses its calls come from (api.md 6).
func TestDocumentedLimitOfAPartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetLimits(emulator.DocumentedLimits()))
	from := func(host, client string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/v2/apps?limit=1&client_id="+client, nil)
		r.RemoteAddr = host + ":4711"
		answer := httptest.NewRecorder()
		w.Handler().ServeHTTP(answer, r)
		return answer
	}
	hosts := []string{"192.0.2.1", "192.0.2.2", "[2001:db8::3]"}
	for call := range 150 {
		require.Equal(t, http.StatusOK, from(hosts[call%3], clientID).Code, "call %d", call+1)
	}
	refused := from(hosts[0], clientID)
	assert.Equal(t, http.StatusTooManyRequests, refused.Code)
	assert.Equal(t, "60", refused.Header().Get("Retry-After"))
	assert.Equal(t, "9000", refused.Header().Get("X-RateLimit-Limit"))
	for _, host := range hosts {
		assert.Equal(t, http.StatusOK, from(host, "other").Code, "50 of its 60 are used, and the other partner has all of its own")
	}
	w.clock.Advance(time.Minute)
	assert.Equal(t, http.StatusOK, from(hosts[0], clientID).Code)
}

// What a partner may not do is not counted for its IP either, and people are not counted at all.
func TestWhatIsNotCounted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetLimits(emulator.Limits{PerIP: 3, PerPartner: 1}))
	for range 5 {
		assert.NotEqual(t, http.StatusTooManyRequests, w.browser(t).get(authorizePath()).status)
	}
	assert.Equal(t, map[int]int{200: 1, 429: 5}, w.statuses(t, 6, "/v2/apps?client_id="+clientID, ""))
	assert.Equal(t, map[int]int{200: 2, 429: 1}, w.statuses(t, 3, anyCategory, ""))
	assert.Error(t, w.SetLimits(emulator.Limits{PerIP: -1}))
	w.Reset()
	assert.Zero(t, w.CurrentLimits().PerIP, "the limits of the start")
}

// What is not there counts like what is; the token endpoint and the control page never do.
func TestUnknownPathsAreCounted(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, method, path string
		status             int
	}{
		{"v1 path", http.MethodGet, "/v1/nothing", http.StatusUnauthorized},
		{"v2 path", http.MethodGet, "/v2/nothing", http.StatusUnauthorized},
		{"no path", http.MethodGet, "/v2", http.StatusUnauthorized},
		{"v1 method", http.MethodDelete, "/v1/categories", http.StatusMethodNotAllowed},
		{"v2 method", http.MethodDelete, "/v2/apps", http.StatusMethodNotAllowed},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			require.NoError(t, w.SetLimits(emulator.Limits{PerIP: 2}))
			for range 2 {
				assert.Equal(t, row.status, w.call(t, row.method, row.path, "", "").status)
			}
			assert.Equal(t, http.StatusTooManyRequests, w.call(t, row.method, row.path, "", "").status)
			assert.Equal(t, http.StatusTooManyRequests, w.api(t, anyCategory, "").status)
			assert.Equal(t, http.StatusBadRequest, w.token(t, redeemForm("x")).status)
			assert.Equal(t, http.StatusMethodNotAllowed, w.call(t, http.MethodDelete, "/emulator/api/state", "", "").status)
		})
	}
}
