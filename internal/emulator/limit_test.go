package emulator_test

import (
	"net/http"
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
