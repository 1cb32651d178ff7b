package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/zapier"
)

// egress is a network from the addresses that ZAPIER_EGRESS names.
func egress(t *testing.T, addresses ...string) (ways, error) {
	t.Helper()
	a := &app{settings: settings{egress: addresses}, metrics: newMetrics(), tracing: &tracing{}}
	network, err := a.newNetwork(environment{})
	t.Cleanup(func() {
		for _, disconnect := range a.disconnect {
			disconnect()
		}
	})
	return network, err
}

// arrivesFrom is the address that Zapier sees a call come from.
func arrivesFrom(t *testing.T, way http.RoundTripper) string {
	t.Helper()
	var from string
	zapier := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { from = r.RemoteAddr }))
	defer zapier.Close()
	answer, err := (&http.Client{Transport: way}).Get(zapier.URL)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	host, _, err := net.SplitHostPort(from)
	require.NoError(t, err)
	return host
}

// Other systems have one loopback address alone: egress_linux_test.go has those with several.
func TestCallsLeaveFromWhereTheMachineChooses(t *testing.T) {
	t.Parallel()
	_, err := egress(t, "127.0.0.1", "192.0.2.1")
	require.EqualError(t, err, "server: ZAPIER_EGRESS: 192.0.2.1 is no address of this machine")
	for _, name := range []string{"one", "192.0.2.1"} {
		network, err := egress(t, name)
		require.NoError(t, err)
		assert.Equal(t, "127.0.0.1", arrivesFrom(t, network.from(name)), "a name alone: the machine chooses")
	}
}

// With limits there are a door and numbers of it; Zapier's word counts without them as well.
func TestLimitsAreWired(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{"100", "0"} {
		t.Run(limit, func(t *testing.T) {
			t.Parallel()
			limitsAreWired(t, limit)
		})
	}
}

func limitsAreWired(t *testing.T, limit string) {
	t.Helper()
	w, ask := watched(t, worldOptions{outside: true, env: map[string]string{
		"ZAPIER_LIMIT_IP": limit, "ZAPIER_LIMIT_PARTNER": "0", "ZAPIER_CACHE": "off",
	}})
	v := w.visitor(nil)
	v.signIn(emulator.UserWade)
	v.press(v.page("/zaps/new"), byTestID("new-blank")+" button")
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusTooManyRequests}))
	assert.Equal(t, "429 Too Many Requests", statusOf(v.call(http.MethodGet, zapsCall, nil)))
	assert.Equal(t, "429 Too Many Requests", statusOf(v.call(http.MethodGet, zapsCall, nil)))
	_, numbers := ask("/metrics")
	for _, series := range []string{
		`zapembed_zapier_pauses_total 1`,
		`zapembed_zapier_wait_seconds_count{outcome="turned-away"} 1`,
		`zapembed_zapier_waiting 0`,
	} {
		assert.Contains(t, numbers, series+"\n")
	}
	assert.Equal(t, limit != "0", strings.Contains(numbers, `zapembed_zapier_door_total{outcome="let-in"} 1`+"\n"))
	assert.NotContains(t, numbers, `zapembed_zapier_wait_seconds_count{outcome="sent"} 0`)

	w.clock.Advance(2 * time.Minute)
	assert.Equal(t, "200 OK", statusOf(v.call(http.MethodGet, zapsCall, nil)))
}

// Who asks for a limit meets the line and the door at the emulator too, as its guide says.
func TestLimitsCountAtTheEmulator(t *testing.T) {
	t.Parallel()
	example := readDoc(t, "docs/emulator.md").section(t, "Waiting for room").blocks("sh")[0]
	limit := regexp.MustCompile(`ZAPIER_LIMIT_IP=(\d+) `).FindStringSubmatch(example)
	require.NotNil(t, limit, example)
	w := newWorld(t, worldOptions{env: map[string]string{"ZAPIER_LIMIT_IP": limit[1], "ZAPIER_LIMIT_PARTNER": ""}})
	wade := w.visitor(nil)
	wade.press(wade.press(wade.page("/sign-in?return_to=/"), `[data-user="1001"]`), byTestID("allow"))
	apps, err := wade.client.Get(w.url + "/apps")
	require.NoError(t, err)
	assert.Equal(t, "1", placeIn(t, apps))
	assert.Equal(t, "1", placeIn(t, wade.send(wade.page("/zaps/new"), byTestID("new-blank")+" button")))
}

// placeIn is the place in the line that a page tells its reader to wait at.
func placeIn(t *testing.T, answer *http.Response) string {
	t.Helper()
	defer answer.Body.Close()
	page, err := goquery.NewDocumentFromReader(answer.Body)
	require.NoError(t, err)
	place, waits := page.Find(byTestID("waiting")).Attr("data-place")
	require.True(t, waits, page.Text())
	return place
}

// Whose call it is, and which page's, decides about its place in the line.
func TestCallsSayWhoseTheyAre(t *testing.T) {
	t.Parallel()
	var got atomic.Value
	way := roundTripper(func(r *http.Request) (*http.Response, error) {
		got.Store(callerOf(r.Context()))
		return ownTransport.RoundTrip(r)
	})
	w := newWorld(t, worldOptions{transport: way})
	v := w.visitor(nil)
	v.signIn(emulator.UserWade)
	answer, err := v.call(http.MethodGet, zapsCall, nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	request := answer.Header.Get("X-Request-Id")
	require.NotEmpty(t, request)
	assert.Equal(t, quota.Caller{User: strconv.Itoa(emulator.UserWade), Patience: 10 * time.Second, Errand: request}, got.Load())

	client, err := zapier.New(w.settings.APIURL, way)
	require.NoError(t, err)
	_, err = client.As("wade", zapier.StaticToken("token")).GetProfile(zapier.InBackground(t.Context()))
	require.Error(t, err, "nobody knows the token")
	assert.Equal(t, quota.Caller{User: "wade", Background: true}, got.Load())
}

// pausedWorld is one in which Zapier has just refused somebody's call, so that nobody makes any for a minute.
func pausedWorld(t *testing.T) *world {
	w := newWorld(t, worldOptions{outside: true, env: map[string]string{"ZAPIER_LIMIT_IP": "100", "ZAPIER_LIMIT_PARTNER": "0", "ZAPIER_CACHE": "off"}})
	v := w.visitor(nil)
	v.signIn(emulator.UserWade)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusTooManyRequests}))
	require.Equal(t, "429 Too Many Requests", statusOf(v.call(http.MethodGet, zapsCall, nil)))
	return w
}

// Zapier's word counts at the sign-in too: nobody is sent there to come back for nothing.
func TestSignInWaitsWhileCallsPause(t *testing.T) {
	t.Parallel()
	w := pausedWorld(t)
	answer, err := w.visitor(nil).client.Get(w.url + "/sign-in?return_to=/apps")
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, answer.StatusCode)
	assert.Equal(t, "60", answer.Header.Get("Refresh"))
	require.NoError(t, answer.Body.Close())
	w.clock.Advance(time.Minute)
	w.visitor(nil).signIn(emulator.UserNadia)
}
