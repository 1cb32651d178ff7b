package handlers_test

import (
	"bufio"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

func TestAPISession(t *testing.T) {
	h := newHouse(t, options{})
	var got handlers.Session
	h.browser().call(http.MethodGet, "/api/session", nil).decode(t, &got)
	assert.Equal(t, handlers.Session{}, got)

	h.signedIn(emulator.UserWade).call(http.MethodGet, "/api/session", nil).decode(t, &got)
	assert.True(t, got.Active)
	assert.Equal(t, "Wade Example", got.User.Name)
	assert.Equal(t, emulator.EmailWade, got.User.Email)
}

func TestAPIAttempt(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)

	made := b.call(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	require.Equal(t, http.StatusOK, made.status, made.body)
	var attempt handlers.Attempt
	made.decode(t, &attempt)
	assert.Equal(t, connect.Minted, attempt.State)
	assert.False(t, attempt.Seen)
	assert.Empty(t, attempt.Outcome)
	assert.NotNil(t, attempt.Candidates)

	again := b.call(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	assert.Equal(t, http.StatusOK, again.status, "the running one is met again")
	var same handlers.Attempt
	again.decode(t, &same)
	assert.Equal(t, attempt.ID, same.ID)

	path := "/api/attempts/" + attempt.ID
	started := b.stopping().get(attempt.StartURL)
	require.Equal(t, http.StatusFound, started.status)
	assert.True(t, strings.HasPrefix(started.header.Get("Location"), h.zapier+"/engine/auth/start/"))
	opened := b.attempt(http.MethodGet, path, nil)
	assert.Equal(t, connect.Opened, opened.State)
	assert.True(t, opened.Seen)

	b.connectAt(attempt.StartURL)
	stored := h.emulator.Authentications(emulator.UserWade, emulator.AppBasic)[0]
	foreign := b.attempt(http.MethodPost, path+"/check", map[string]any{"evidence": "closed"})
	assert.Equal(t, connect.Connected, foreign.State)
	assert.Equal(t, connect.Connected, foreign.Outcome)
	assert.Equal(t, connect.ByList, foreign.By)
	assert.Equal(t, stored.ID, foreign.AuthenticationID)

	cancelled := b.attempt(http.MethodPost, path+"/cancel", nil)
	assert.Equal(t, connect.Connected, cancelled.State, "too late")
}

func TestAPIFreshAttemptSupersedes(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	first := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.stopping().get(first.StartURL)
	fresh := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic, "fresh": true})
	assert.NotEqual(t, first.ID, fresh.ID)
	ended := b.attempt(http.MethodGet, "/api/attempts/"+first.ID, nil)
	assert.Equal(t, connect.Superseded, ended.Outcome)
}

// The message's id is a hint, never trusted by itself.
func TestAPIMessageWithAnIDThatIsNotTheUsers(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	foreign, err := h.emulator.AddAuthentication(emulator.UserNadia, emulator.AppBasic, "Nadia's")
	require.NoError(t, err)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.stopping().get(attempt.StartURL)

	checked := b.attempt(http.MethodPost, "/api/attempts/"+attempt.ID+"/check",
		map[string]any{"evidence": "message", "authentication_id": foreign.ID})
	assert.Equal(t, connect.Opened, checked.State)
	assert.Equal(t, 1, checked.RefusedHints)
}

func TestAPIAttemptIsItsOwners(t *testing.T) {
	h := newHouse(t, options{})
	attempt := h.signedIn(emulator.UserWade).attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	strangers := map[string]*browser{
		"another user":                     h.signedIn(emulator.UserNadia),
		"another browser of the same user": h.signedIn(emulator.UserWade),
	}
	for name, stranger := range strangers {
		t.Run(name, func(t *testing.T) {
			for _, call := range []struct {
				method, path string
				body         any
			}{
				{http.MethodGet, "", nil},
				{http.MethodPost, "/check", map[string]any{"evidence": "user"}},
				{http.MethodPost, "/cancel", nil},
			} {
				got := stranger.call(call.method, "/api/attempts/"+attempt.ID+call.path, call.body)
				assert.Equal(t, http.StatusNotFound, got.status)
				assert.Equal(t, "attempt-not-found", got.problem(t).Code)
			}
		})
	}
}

func TestAPIRefusesBadRequests(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	check := "/api/attempts/" + attempt.ID + "/check"
	for name, tt := range map[string]struct {
		path   string
		body   any
		status int
		code   string
	}{
		"no JSON":                {check, "evidence=user", 400, "bad-request"},
		"two values":             {check, `{"evidence":"user"}{"evidence":"user"}`, 400, "bad-request"},
		"an unknown field":       {check, `{"evidence":"user","token":"x"}`, 400, "bad-request"},
		"an unknown kind":        {check, `{"evidence":"guess"}`, 400, "bad-request"},
		"no kind":                {check, `{}`, 400, "bad-request"},
		"an id of no length":     {check, `{"evidence":"message","authentication_id":"` + strings.Repeat("9", 201) + `"}`, 400, "bad-request"},
		"an id that is no text":  {check, `{"evidence":"message","authentication_id":7}`, 400, "bad-request"},
		"too much":               {check, `{"evidence":"` + strings.Repeat("x", 70_000) + `"}`, 413, "too-large"},
		"no App":                 {"/api/attempts", `{}`, 404, "app-not-found"},
		"an App that needs none": {"/api/attempts", map[string]any{"app": emulator.AppNoAuthentication}, 409, "app-needs-none"},
		"no attempt":             {"/api/attempts/x/check", `{"evidence":"user"}`, 404, "attempt-not-found"},
		"no address":             {"/api/nothing", `{}`, 404, "not-found"},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.call(http.MethodPost, tt.path, tt.body)
			problem := got.problem(t)
			assert.Equal(t, tt.status, got.status)
			assert.Equal(t, tt.code, problem.Code)
			assert.True(t, strings.HasSuffix(problem.Type, "docs/errors.md#"+tt.code))
			assert.NotEmpty(t, problem.Detail)
			assert.Equal(t, got.header.Get("X-Request-Id"), problem.RequestID)
		})
	}
	form := b.request(http.MethodPost, check, strings.NewReader(`{"evidence":"user"}`))
	form.Header.Set("X-Zapembed", "1")
	form.Header.Set("Content-Type", "text/plain")
	assert.Equal(t, http.StatusBadRequest, b.do(form).status, "JSON is sent as JSON")
	assert.Equal(t, http.StatusMethodNotAllowed, b.call(http.MethodDelete, check, nil).status)
	assert.Equal(t, http.StatusUnauthorized, h.browser().call(http.MethodPost, check, `{"evidence":"user"}`).status)
}

func TestAPIWantsItsHeader(t *testing.T) {
	b := newHouse(t, options{}).signedIn(emulator.UserWade)
	for _, path := range []string{"/api/session", "/api/events", "/api/attempts/x"} {
		got := b.do(b.request(http.MethodGet, path, nil))
		assert.Equal(t, http.StatusForbidden, got.status, path)
		assert.Contains(t, got.body, "header-missing")
	}
}

func TestFailingCheckLosesNothing(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	path := "/api/attempts/" + attempt.ID
	b.connectAt(attempt.StartURL)
	for _, tt := range []struct {
		fault  emulator.Fault
		status int
		code   string
	}{
		{emulator.Fault{Status: 429, RetryAfter: 90 * time.Second}, 429, "zapier-rate-limited"},
		{emulator.Fault{Status: 500}, 502, "zapier-broken"},
		{emulator.Fault{Status: 403}, 403, "zapier-refused"},
		{emulator.Fault{HTML: true}, 502, "zapier-unavailable"},
		// An idle connection that breaks is tried once more by net/http, a fresh one is not.
		{emulator.Fault{Drop: true, Times: 2}, 502, "zapier-cut-off"},
		{emulator.Fault{Status: 504}, 504, "zapier-timeout"},
	} {
		t.Run(tt.code, func(t *testing.T) {
			tt.fault.Operation = emulator.OpAuthenticationsList
			require.NoError(t, h.emulator.Arm(tt.fault))
			defer h.emulator.Disarm()
			got := b.call(http.MethodPost, path+"/check", map[string]any{"evidence": "user"})
			assert.Equal(t, tt.status, got.status)
			problem := got.problem(t)
			assert.Equal(t, tt.code, problem.Code)
			if tt.status == 429 {
				assert.Equal(t, "90", got.header.Get("Retry-After"))
				assert.Equal(t, 90, problem.RetryAfter)
			}
			assert.Equal(t, connect.Opened, b.attempt(http.MethodGet, path, nil).State)
		})
	}
	assert.Equal(t, connect.Connected, b.attempt(http.MethodPost, path+"/check", map[string]any{"evidence": "user"}).State)
}

// events reads a stream's events as they come.
func (b *browser) events() <-chan string {
	b.t.Helper()
	r := b.request(http.MethodGet, "/api/events", nil)
	r.Header.Set("X-Zapembed", "1")
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	require.Equal(b.t, http.StatusOK, response.StatusCode)
	require.Equal(b.t, "text/event-stream; charset=utf-8", response.Header.Get("Content-Type"))
	b.t.Cleanup(func() { response.Body.Close() })
	events := make(chan string, 100)
	go func() {
		defer close(events)
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				events <- data
			}
		}
	}()
	return events
}

func TestEventsTellEveryOpenTab(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	first, second := b.events(), b.events()
	for _, tab := range []<-chan string{first, second} {
		assert.Contains(t, <-tab, `"state":"minted"`, "the present comes first")
	}
	b.attempt(http.MethodPost, "/api/attempts/"+attempt.ID+"/cancel", nil)
	for _, tab := range []<-chan string{first, second} {
		event := <-tab
		assert.Contains(t, event, attempt.ID)
		assert.Contains(t, event, `"outcome":"cancelled"`)
	}
	assert.Contains(t, <-b.events(), `"outcome":"cancelled"`, "a tab that comes late hears it too")
}

func TestEventsEnd(t *testing.T) {
	t.Run("with the session", func(t *testing.T) {
		h := newHouse(t, options{heartbeat: 10 * time.Millisecond})
		b := h.signedIn(emulator.UserWade)
		events := b.events()
		b.post("/sign-out", url.Values{})
		ends(t, events)
	})
	t.Run("with the server", func(t *testing.T) {
		h := newHouse(t, options{})
		events := h.signedIn(emulator.UserWade).events()
		h.server.Drain()
		ends(t, events)
	})
}

// ends waits for the end of a stream.
func ends(t *testing.T, events <-chan string) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case _, open := <-events:
			if !open {
				return
			}
		case <-timeout:
			require.Fail(t, "the stream is still open")
		}
	}
}

func TestEventsNeedASession(t *testing.T) {
	h := newHouse(t, options{})
	assert.Equal(t, http.StatusUnauthorized, h.browser().call(http.MethodGet, "/api/events", nil).status)
}

func TestPrefetchIsNotAPerson(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	for header, value := range map[string]string{"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch"} {
		r := b.request(http.MethodGet, attempt.StartURL, nil)
		r.Header.Set(header, value)
		assert.Equal(t, http.StatusNoContent, b.stopping().do(r).status)
	}
	assert.False(t, b.attempt(http.MethodGet, "/api/attempts/"+attempt.ID, nil).Seen)
	assert.Equal(t, http.StatusMethodNotAllowed, b.do(b.request(http.MethodHead, attempt.StartURL, nil)).status)
}

func TestStartLinkNeedsNoCookie(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	bare := h.browser().stopping()

	wrong := bare.get("/attempts/" + attempt.ID + "/start?token=x")
	assert.Equal(t, http.StatusNotFound, wrong.status)
	assert.Equal(t, "attempt-start-refused", wrong.errorCode())

	started := bare.get(attempt.StartURL)
	assert.Equal(t, http.StatusFound, started.status)
	assert.Empty(t, started.header.Get("Cross-Origin-Opener-Policy"), "it would cut the popup (M4)")
	assert.Equal(t, "no-store", started.header.Get("Cache-Control"))
	assert.Equal(t, "no-referrer", started.header.Get("Referrer-Policy"))
}

// Starting over takes a last look, and what it finds is connected and in use like any other.
func TestAPIFreshAttemptFindsWhatWasConnected(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.connectAt(attempt.StartURL)
	found := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic, "fresh": true})
	assert.Equal(t, attempt.ID, found.ID)
	assert.Equal(t, connect.Connected, found.Outcome)
	assert.Equal(t, 1, b.get("/apps/"+emulator.AppBasic).Find(`[data-chosen="true"]`).Length())
}

// A tab that is left open does not keep a session alive.
func TestOpenStreamIsNoUse(t *testing.T) {
	h := newHouse(t, options{heartbeat: 5 * time.Millisecond})
	b := h.signedIn(emulator.UserWade)
	events := b.events()
	for range 3 {
		h.clock.Advance(10 * time.Hour)
	}
	ends(t, events)
	assert.Equal(t, http.StatusUnauthorized, b.call(http.MethodGet, "/api/events", nil).status)
}
