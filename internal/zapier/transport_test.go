package zapier_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// raw answers each connection with what say writes, and hangs up.
func raw(t *testing.T, say func(w io.Writer, r *http.Request)) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection, _, err := http.NewResponseController(w).Hijack()
		if assert.NoError(t, err) {
			say(connection, r)
			assert.NoError(t, connection.Close())
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// closed is the address of a server that is no more.
func closed(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

// withTLS has a certificate that nobody trusts.
func withTLS(t *testing.T) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// fails is a way to Zapier that ends with err.
type fails struct{ err error }

func (f fails) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

func broken(err error) func(*testing.T) (string, http.RoundTripper) {
	return func(*testing.T) (string, http.RoundTripper) { return "https://api.example", fails{err} }
}

func at(address func(*testing.T) string) func(*testing.T) (string, http.RoundTripper) {
	return func(t *testing.T) (string, http.RoundTripper) { return address(t), nil }
}

func says(say func(io.Writer, *http.Request)) func(*testing.T) (string, http.RoundTripper) {
	return at(func(t *testing.T) string { return raw(t, say) })
}

func TestNoAnswerIsToldInFixedWords(t *testing.T) { // R-02; R-13: an unknown certificate is no answer
	const call = "zapier: authentications.list: "
	const unreachable, cutOff, timedOut = call + "unreachable: ", call + "cut_off: ", call + "timed_out: "
	tests := []struct {
		name string
		way  func(*testing.T) (string, http.RoundTripper)
		want string
	}{
		{"refused", at(closed), unreachable + "the connection was refused"},
		{"an unknown certificate", at(withTLS), unreachable + "no TLS connection"},
		{"plain HTTP", at(func(t *testing.T) string {
			return "https" + raw(t, func(io.Writer, *http.Request) {})[len("http"):]
		}), unreachable + "no TLS connection"},
		{"an alert", broken(&net.OpError{Op: "remote error", Err: tls.AlertError(40)}), cutOff + "the TLS connection was given up"},
		{"no such name", broken(&net.DNSError{Name: "api.example", IsNotFound: true}), unreachable + "the name was not found"},
		{"no answer about the name", broken(&net.DNSError{Name: "api.example", IsTimeout: true}), unreachable + "the name was not found"},
		{"no way", broken(&net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}), unreachable + "no connection"},
		{"no answer to the first knock", broken(&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}), unreachable + "no connection"},
		{"no answer", broken(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}), timedOut + "no answer in time"},
		{"a network that fails later", broken(&net.OpError{Op: "read", Err: syscall.EHOSTUNREACH}), cutOff + "the network failed"},
		{"reset", broken(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), cutOff + "the connection was cut off"},
		{"hung up", says(func(io.Writer, *http.Request) {}), cutOff + "the connection was cut off"},
		{"half an answer", says(func(w io.Writer, _ *http.Request) {
			_, _ = fmt.Fprint(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
		}), cutOff + "the connection was cut off"},
		{"a status line that echoes the token", says(func(w io.Writer, r *http.Request) {
			_, _ = fmt.Fprintf(w, "%s\r\n\r\n", r.Header.Get("Authorization"))
		}), cutOff + "a broken answer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address, transport := tt.way(t)
			client, err := zapier.New(address, transport)
			require.NoError(t, err)
			_, err = client.As("1", &tokens{current: canary}).ListAuthentications(t.Context(), "secret-app")
			assert.EqualError(t, err, tt.want)
			require.Error(t, errors.Unwrap(err))
			assert.NotContains(t, errors.Unwrap(err).Error(), canary, "what Unwrap gives is printed easily")
			assert.Error(t, errors.Unwrap(errors.Unwrap(err)), "the cause is kept")
		})
	}
}

func TestCauseOfNoAnswerIsKept(t *testing.T) {
	client, err := zapier.New(closed(t), nil)
	require.NoError(t, err)
	_, err = client.As("1", &tokens{current: canary}).GetProfile(t.Context())
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

// overdue is a context whose deadline passes when it is told to.
type overdue struct {
	context.Context
	passed chan struct{}
}

func (o overdue) Done() <-chan struct{} { return o.passed }

func (o overdue) Err() error {
	select {
	case <-o.passed:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

func TestAnswerThatComesTooLate(t *testing.T) {
	ctx := overdue{t.Context(), make(chan struct{})}
	client := setup(t, func(_ http.ResponseWriter, r *http.Request) {
		close(ctx.passed)
		<-r.Context().Done()
	})
	_, err := client.GetProfile(ctx)
	assert.EqualError(t, err, "zapier: profiles.me: timed_out: no answer in time")
}

func TestCallerThatWentAway(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	client := setup(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	_, err := client.GetProfile(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	_, isZapiers := zapier.KindOf(err)
	assert.False(t, isZapiers)
}

func TestNoRoom(t *testing.T) {
	wait, place, full := zapier.NoRoom(fmt.Errorf("a call: %w", busy{}))
	assert.True(t, full)
	assert.Equal(t, 7*time.Second, wait)
	assert.Equal(t, 3, place)
	assert.True(t, zapier.Unsent(busy{}))
	for _, other := range []error{nil, io.EOF, &zapier.Error{Kind: zapier.RateLimited, RetryAfter: time.Second}} {
		_, _, full = zapier.NoRoom(other)
		assert.False(t, full, "%v", other)
	}
}
