package zapier_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// counted counts the tries that it sees, as package quota does.
type counted struct {
	next  http.RoundTripper
	tries atomic.Int32
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.tries.Add(1)
	return c.next.RoundTrip(r)
}

// network is a way to a server over connections that are kept.
func network(t *testing.T) *http.Transport {
	t.Helper()
	way := &http.Transport{MaxIdleConnsPerHost: 16}
	t.Cleanup(way.CloseIdleConnections)
	return way
}

// idler is a server that closes every connection that it had before closes, when a request comes over it.
type idler struct {
	*httptest.Server
	arrived atomic.Int32
	mu      sync.Mutex
	known   map[string]bool
	closes  bool
	// fresh: those that came later are served.
	fresh bool
	all   chan struct{}
}

func newIdler(t *testing.T, fresh bool) *idler {
	t.Helper()
	i := &idler{known: map[string]bool{}, fresh: fresh, all: make(chan struct{})}
	i.Server = httptest.NewServer(i)
	t.Cleanup(i.Close)
	return i
}

const idle = 6

func (i *idler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.arrived.Add(1)
	i.mu.Lock()
	hangUp := i.closes && (i.known[r.RemoteAddr] || !i.fresh)
	if !i.closes {
		i.known[r.RemoteAddr] = true
	}
	if len(i.known) == idle && !i.closes {
		i.closes = true
		close(i.all)
	}
	i.mu.Unlock()
	if hangUp {
		panic(http.ErrAbortHandler)
	}
	<-i.all
	_, _ = fmt.Fprint(w, `{"objects":[]}`)
}

// fill makes connections that idle then.
func (i *idler) fill(t *testing.T, client *zapier.Client) {
	t.Helper()
	var calls sync.WaitGroup
	for range idle {
		calls.Go(func() {
			_, err := client.ListCategories(t.Context())
			assert.NoError(t, err)
		})
	}
	calls.Wait()
	i.arrived.Store(0)
}

func TestEveryTryOfAGETIsSeen(t *testing.T) {
	server, way := newIdler(t, false), &counted{next: network(t)}
	client, err := zapier.New(server.URL, zapier.NewSteady(zapier.SteadyConfig{Next: way, After: atOnce}))
	require.NoError(t, err)
	server.fill(t, client)
	way.tries.Store(0)
	_, err = client.ListCategories(t.Context())
	kind, _ := zapier.KindOf(err)
	assert.Equal(t, zapier.CutOff, kind)
	assert.EqualValues(t, 3, way.tries.Load())
	assert.EqualValues(t, 3, server.arrived.Load(), "none that net/http adds by itself")
}

// When one connection was closed all of them may be: the tries must not be used up over them.
func TestNextTryGoesOverAFreshConnection(t *testing.T) {
	server, own := newIdler(t, true), network(t)
	client, err := zapier.New(server.URL, zapier.NewSteady(zapier.SteadyConfig{Next: own, Disconnect: own.CloseIdleConnections, After: atOnce}))
	require.NoError(t, err)
	server.fill(t, client)
	_, err = client.ListCategories(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 2, server.arrived.Load())
}

func TestGETsHaveNoBody(t *testing.T) {
	for protocol, two := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
		t.Run(protocol, func(t *testing.T) {
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, protocol, r.Proto)
				assert.Zero(t, r.ContentLength)
				assert.Empty(t, r.TransferEncoding)
				assert.NotContains(t, r.Header, "Content-Length")
				_, _ = fmt.Fprint(w, `{"objects":[]}`)
			}))
			server.EnableHTTP2 = two
			server.StartTLS()
			t.Cleanup(server.Close)
			client, err := zapier.New(server.URL, zapier.NewSteady(zapier.SteadyConfig{Next: server.Client().Transport}))
			require.NoError(t, err)
			for range 3 {
				_, err = client.ListCategories(t.Context())
				require.NoError(t, err)
			}
		})
	}
}

// stale is a connection that is closed at the other end without a sign, until something is written.
type stale struct {
	net.Conn
	closed *atomic.Bool
}

func (s stale) Write(b []byte) (int, error) {
	if s.closed.Load() {
		return 0, &net.OpError{Op: "write", Err: syscall.EPIPE}
	}
	return s.Conn.Write(b)
}

// Connections that were closed while nobody called are everyday's, and nobody's trouble.
func TestNobodySeesThatAnIdleConnectionWasClosed(t *testing.T) {
	for name, call := range map[string]func(context.Context, *zapier.Client) error{
		"GET":                 func(ctx context.Context, c *zapier.Client) error { _, err := c.ListCategories(ctx); return err },
		"POST":                func(ctx context.Context, c *zapier.Client) error { _, err := c.GuessZap(ctx, "a mail"); return err },
		"POST without a body": func(ctx context.Context, c *zapier.Client) error { return c.EnableZap(ctx, "1") },
		"DELETE":              func(ctx context.Context, c *zapier.Client) error { return c.DeleteZap(ctx, "1") },
	} {
		t.Run(name, func(t *testing.T) {
			var arrived atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				arrived.Add(1)
				_, _ = fmt.Fprint(w, `{"objects":[],"data":[]}`)
			}))
			t.Cleanup(server.Close)
			own := network(t)
			var last *atomic.Bool
			own.DialContext = func(ctx context.Context, kind, address string) (net.Conn, error) {
				connection, err := (&net.Dialer{}).DialContext(ctx, kind, address)
				last = &atomic.Bool{}
				return stale{connection, last}, err
			}
			client, err := zapier.New(server.URL, zapier.NewSteady(zapier.SteadyConfig{Next: own, After: atOnce}))
			require.NoError(t, err)
			client = client.As("1", &tokens{current: canary}).WithClientID("partner")
			_, err = client.ListCategories(t.Context())
			require.NoError(t, err)
			last.Store(true)
			require.NoError(t, call(t.Context(), client))
			assert.EqualValues(t, 2, arrived.Load())
		})
	}
}

// What never left may be sent again by anybody without a second thought.
func TestNothingWasSentWithoutAConnection(t *testing.T) {
	hangUp := func(c net.Conn) { _ = c.Close() }
	for name, accept := range map[string]func(net.Conn){
		"TLS that never comes": func(net.Conn) {},
		"TLS that is hung up":  hangUp,
		"TLS that is reset": func(c net.Conn) {
			_, _ = c.Read(make([]byte, 1)) // it has begun
			_ = c.(*net.TCPConn).SetLinger(0)
			hangUp(c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			own := network(t)
			own.TLSHandshakeTimeout = 50 * time.Millisecond
			notSent(t.Context(), t, "https://"+listens(t, accept), own)
		})
	}
	t.Run("all connections are in use", func(t *testing.T) {
		held := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(held)
			<-r.Context().Done()
		}))
		t.Cleanup(server.Close)
		own := network(t)
		own.MaxConnsPerHost = 1
		other, leave := context.WithCancel(t.Context())
		defer leave()
		go func() {
			r, _ := http.NewRequestWithContext(other, http.MethodGet, server.URL, nil)
			_, _ = own.RoundTrip(r)
		}()
		<-held
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		notSent(ctx, t, server.URL, own)
	})
}

// listens is the address of a server that does with connections what accept does.
func listens(t *testing.T, accept func(net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = connection.Close() })
			accept(connection)
		}
	}()
	return listener.Addr().String()
}

// notSent checks what is said of a POST that found no connection.
func notSent(ctx context.Context, t *testing.T, address string, own *http.Transport) {
	t.Helper()
	client, err := zapier.New(address, zapier.NewSteady(zapier.SteadyConfig{Next: own}))
	require.NoError(t, err)
	err = client.As("1", &tokens{current: canary}).EnableZap(ctx, "1")
	assert.EqualError(t, err, "zapier: zaps.enable: unreachable: no connection")
	assert.False(t, zapier.Unclear(err))
}
