package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

func TestOperatorsSeeThatCallsRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &strings.Builder{}
		a := &app{metrics: newMetrics(), logger: slog.New(slog.NewTextHandler(log, nil))}
		var failure error = syscall.ECONNREFUSED
		way := a.steady(environment{rest: time.Minute}, roundTripper(func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, failure
		}))
		call := func() {
			answer, err := way.RoundTrip(httptest.NewRequest(http.MethodPost, "https://api.example/v2/zaps", nil))
			if err == nil {
				require.NoError(t, answer.Body.Close())
			}
		}
		numbers := func() string {
			recorder := httptest.NewRecorder()
			a.metrics.handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			return recorder.Body.String()
		}
		assert.Contains(t, numbers(), "\nzapembed_zapier_resting 0\n")
		for range 6 {
			call()
			time.Sleep(time.Second)
		}
		assert.Contains(t, numbers(), "\nzapembed_zapier_resting 1\n")
		assert.Equal(t, 1, strings.Count(log.String(), "\n"), "once, not for every call")
		assert.Contains(t, log.String(), "level=WARN")

		failure = nil
		call()
		assert.Contains(t, numbers(), "\nzapembed_zapier_resting 1\n", "still")
		time.Sleep(time.Minute)
		call()
		assert.Contains(t, numbers(), "\nzapembed_zapier_resting 0\n")
		assert.Contains(t, log.String(), "Zapier answers again")
	})
}

func TestIdleConnectionsGoWithOneThatWasCutOff(t *testing.T) {
	var failure error
	closed := 0
	a := &app{metrics: newMetrics(), logger: slog.New(slog.DiscardHandler), disconnect: []func(){func() { closed++ }}}
	way := a.steady(environment{}, roundTripper(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, failure
	}))
	call := func() {
		answer, err := way.RoundTrip(httptest.NewRequest(http.MethodPost, "https://api.example/v2/zaps", nil))
		if err == nil {
			require.NoError(t, answer.Body.Close())
		}
	}
	call()
	assert.Zero(t, closed)
	failure = io.EOF
	call()
	assert.Equal(t, 1, closed)
}

func TestZapierHasHalfAMinuteForAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newTransport(nil)
		defer network.CloseIdleConnections()
		network.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }() // it hears and says nothing
			return ours, nil
		}
		// Ten seconds until there is room under the limits are not Zapier's.
		way := roundTripper(func(r *http.Request) (*http.Response, error) {
			time.Sleep(10 * time.Second)
			return network.RoundTrip(r)
		})
		client, err := zapier.New("http://api.example", way)
		require.NoError(t, err)
		began := time.Now()
		_, err = client.ListCategories(t.Context())
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.TimedOut, kind)
		assert.Equal(t, 40*time.Second, time.Since(began))
	})
}
