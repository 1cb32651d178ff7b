package emulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	for _, row := range []struct {
		status int
		code   string
	}{
		{400, "parse_error"}, {401, "unauthenticated"}, {403, "permission_denied"}, {404, "not_found"}, {409, "conflict"},
		{429, "throttled"}, {500, "error"}, {502, "service_unavailable"}, {503, "service_unavailable"}, {504, "service_unavailable"},
	} {
		require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: row.status}))
		hit := w.api(t, "/v2/apps", token)
		assert.Equal(t, row.status, hit.status)
		assert.Equal(t, row.code, hit.problem(t)["code"])
		assert.Equal(t, http.StatusOK, w.api(t, "/v2/apps", token).status, "a fault is used up")
	}
}

// api.md 6.
func TestThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpCategoriesList, Status: 429, RetryAfter: 90 * time.Second, Times: 2}))
	for range 2 {
		hit := w.api(t, "/v1/categories", "")
		require.Equal(t, http.StatusTooManyRequests, hit.status)
		assert.Equal(t, "90", hit.header.Get("Retry-After"))
		assert.Equal(t, "0", hit.header.Get("X-RateLimit-Remaining"))
		assert.Equal(t, strconv.FormatInt(w.clock.Now().Add(90*time.Second).Unix(), 10), hit.header.Get("X-RateLimit-Reset"))
		assert.JSONEq(t, `{"errors":["Request was throttled."]}`, hit.raw)
	}
	assert.Equal(t, http.StatusOK, w.api(t, "/v1/categories", "").status)
}

func TestFaultsSpeakLikeTheirOperation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 500}))
	assert.Equal(t, "server_error", w.token(t, refreshForm("x")).text("error"))
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 400}))
	assert.Equal(t, "invalid_grant", w.token(t, refreshForm("x")).text("error"))
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpAuthorize, Status: 503}))
	shown := w.browser(t).get(authorizePath())
	assert.Equal(t, http.StatusServiceUnavailable, shown.status)
	assert.Equal(t, 1, shown.Find("h1").Length(), "a page, for people")
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpProfilesMe, HTML: true}))
	gateway := w.api(t, "/v1/profiles/me", "")
	assert.Equal(t, http.StatusBadGateway, gateway.status)
	assert.Contains(t, gateway.header.Get("Content-Type"), "text/html")
}

func TestDroppedConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpAppsList, Drop: true}))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v2/apps", nil)
	require.NoError(t, err)
	r.Method = http.MethodGet
	_, err = (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	require.Error(t, err)
	require.Eventually(t, func() bool { return len(w.Requests()) == 1 }, timeout, tick)
	assert.Zero(t, w.Requests()[0].Status)
}

// A held call has arrived, can be counted, and goes on as usual when released.
func TestHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hold := make(chan struct{})
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpCategoriesList, Hold: hold}))
	answered := make(chan answer)
	go func() { answered <- w.api(t, "/v1/categories", "") }()
	require.Eventually(t, func() bool { return w.Count(emulator.OpCategoriesList) == 1 }, timeout, tick)
	select {
	case <-answered:
		t.Fatal("the call did not wait")
	default:
	}
	close(hold)
	assert.Equal(t, http.StatusOK, (<-answered).status)
}

// The call is carried out, and only its answer is lost.
func TestFaultAfterTheCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	hold := make(chan struct{})
	made := func() int { return len(w.Zaps(emulator.UserWade)) }
	for i, fault := range []emulator.Fault{{Status: 504}, {HTML: true}, {Status: 429}} {
		fault.Operation, fault.After = emulator.OpZapCreate, true
		require.NoError(t, w.Arm(fault))
		before := made()
		got := b.post("/v2/zaps", b.guide())
		assert.Equal(t, []int{504, 502, 429}[i], got.status, got.raw)
		assert.NotContains(t, got.raw, "Register engagement", "the real answer is gone")
		assert.Equal(t, before+1, made())
	}

	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true}))
	before, guide := made(), b.guide()
	raw, err := json.Marshal(guide)
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/v2/zaps", bytes.NewReader(raw))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/json")
	_, err = ownTransport.RoundTrip(r)
	require.Error(t, err)
	assert.Equal(t, before+1, made())

	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Hold: hold, After: true}))
	before, guide = made(), b.guide()
	answered := make(chan answer)
	go func() { answered <- b.post("/v2/zaps", guide) }()
	require.Eventually(t, func() bool { return made() == before+1 }, timeout, tick)
	select {
	case <-answered:
		t.Fatal("the answer did not wait")
	default:
	}
	close(hold)
	late := <-answered
	assert.Equal(t, http.StatusCreated, late.status, "with Hold alone the answer is the real one, late")
	assert.Equal(t, "application/json", late.header.Get("Content-Type"))
	assert.Contains(t, late.raw, "Register engagement")

	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: 503, After: true}))
	assert.Equal(t, http.StatusServiceUnavailable, b.post("/v2/zaps", object{}).status, "a call that is refused loses its answer too")
	require.Error(t, w.Arm(emulator.Fault{Operation: emulator.OpZapCreate, After: true}), "after alone does nothing")
}

func TestArmRefusesWhatCannotHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, fault := range []emulator.Fault{
		{Operation: "apps.lists", Status: 500},
		{Operation: emulator.OpAppsList},
		{Operation: emulator.OpAppsList, Status: 200},
		{Operation: emulator.OpAppsList, Status: 999},
	} {
		assert.Error(t, w.Arm(fault))
	}
	assert.Empty(t, w.Armed())
}
