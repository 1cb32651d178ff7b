package main

import (
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/emulator"
)

// The partner, and where it is sent back to when somebody signs in for the proxy.
const (
	clientID     = "bench-client"
	clientSecret = "bench-secret" // nothing at the emulator is secret
	proxyReturn  = "http://localhost:1/callback"
	// firstPerson is the id of the first who builds Zaps.
	firstPerson = 20_000
)

// zapier is an emulator with a counter before it.
type zapier struct {
	*emulator.Emulator
	url    string
	server *http.Server
	counter
}

// newZapier starts one that knows so many people. It has no limits yet.
func newZapier(c clock, people int, returns string, latency time.Duration) (*zapier, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	z := &zapier{url: "http://" + listener.Addr().String()}
	z.Emulator, err = emulator.New(emulator.Options{
		WebURL: z.url, Now: c.Now, Seed: 1,
		Clients:  []emulator.Client{{ID: clientID, Secret: clientSecret, Title: "Bench", RedirectURIs: []string{returns, proxyReturn}}},
		SeedFile: emulator.SeedFile{Users: crowd(people)},
	})
	if err != nil {
		listener.Close()
		return nil, err
	}
	z.counter = counter{clock: c, latency: c.real(latency), next: z.Handler()}
	z.server = &http.Server{Handler: &z.counter}
	go func() { _ = z.server.Serve(listener) }() // it ends when it is closed
	return z, nil
}

// crowd is so many people whom nobody has met.
func crowd(people int) []emulator.SeedUser {
	var users []emulator.SeedUser
	for i := range people {
		id := firstPerson + i
		users = append(users, emulator.SeedUser{ID: id, FirstName: "Person", LastName: number(id), Email: number(id) + "@crowd.example"})
	}
	return users
}

// opens switches the documented limits on, and begins to count.
func (z *zapier) opens() error {
	z.counter.reset()
	return z.SetLimits(emulator.DocumentedLimits())
}

func (z *zapier) close() { _ = z.server.Close() }

// counter counts the calls of the API, and gives each the time that Zapier takes.
type counter struct {
	clock   clock
	latency time.Duration // of this machine's
	next    http.Handler

	mu    sync.Mutex
	calls []call
}

// call is one of the API's.
type call struct {
	at      time.Time
	from    string
	refused bool
}

// counted tells calls of the API from the pages that live at the same address
// (api.md 6: the limits are for all endpoints).
func counted(path string) bool {
	api := strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v2/")
	return api && path != "/v2/authorize" && path != "/v2/authentications/redirect"
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !counted(strings.TrimSuffix(r.URL.Path, "/")) {
		c.next.ServeHTTP(w, r)
		return
	}
	time.Sleep(c.latency)
	from, _, _ := net.SplitHostPort(r.RemoteAddr) // net/http made it
	at := c.clock.Now()
	wrapped := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	c.next.ServeHTTP(wrapped, r)
	c.mu.Lock()
	c.calls = append(c.calls, call{at: at, from: from, refused: wrapped.status == http.StatusTooManyRequests})
	c.mu.Unlock()
}

func (c *counter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = nil
}

// during are the calls between two moments.
func (c *counter) during(from, to time.Time) []call {
	c.mu.Lock()
	defer c.mu.Unlock()
	var found []call
	for _, one := range c.calls {
		if !one.at.Before(from) && one.at.Before(to) {
			found = append(found, one)
		}
	}
	return found
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}
