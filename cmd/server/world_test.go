package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/web/templates"
)

// world is the whole program, running as for real on ports of its own: pages on localhost, the emulator on
// 127.0.0.1, which are two sites to a browser (popup.md, M15).
type world struct {
	t     *testing.T
	url   string
	app   *app
	clock *storetest.Clock

	settings settings
	environ  environment
	stop     func()
	outside  *emulator.Emulator
}

// emulated is the Zapier of this world.
func (w *world) emulated() *emulator.Emulator {
	if w.outside != nil {
		return w.outside
	}
	return w.app.emulator
}

// worldOptions differ from test to test; the zero value is what a newcomer gets, but for the background
// checks: those would find everything in the end and hide that nothing else does.
type worldOptions struct {
	prefix  string
	timings templates.Timings
	env     map[string]string
	// outside runs the emulator as a program of its own, to which the server talks as to the real Zapier.
	outside bool
	// ports are open already and among the settings.
	ports []net.Listener
	// transport is the server's way to Zapier.
	transport http.RoundTripper
	// world is what else the program gets in the place of the world; clock, ports and the fields above come on top.
	world environment
}

func newWorld(t *testing.T, opts worldOptions) *world {
	t.Helper()
	if len(opts.timings.Checks) == 0 {
		opts.timings = unhurried()
	}
	w := &world{t: t, clock: storetest.NewClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	pages, zapier := reserve(t), reserve(t)
	w.url = "http://localhost:" + portOf(pages) + opts.prefix
	env := map[string]string{
		"PUBLIC_URL":    w.url,
		"LISTEN_ADDR":   pages.Addr().String(),
		"EMULATOR_ADDR": zapier.Addr().String(),
		"STORE_URL":     "sqlite:" + filepath.Join(t.TempDir(), "zapembed.db"),
		"DRAIN_DELAY":   "0s",
	}
	maps.Copy(env, unlimitedRates()) // a test is quicker than any person
	if opts.outside {
		origin := "http://" + zapier.Addr().String()
		maps.Copy(env, outsideEnv(origin, origin))
		server := httptest.NewUnstartedServer(w.outsideZapier(origin, origin))
		server.Listener.Close()
		server.Listener = zapier
		server.Start()
		t.Cleanup(server.Close)
	}
	maps.Copy(env, opts.env)
	w.configure(env)
	w.environ = opts.world
	w.environ.logger = cmp.Or(opts.world.logger, slog.New(slog.DiscardHandler))
	w.environ.now = w.clock.Now
	w.environ.timings = opts.timings
	w.environ.transport = opts.transport
	w.environ.listen = reopen(append(opts.ports, pages, zapier)...)
	w.run()
	t.Cleanup(func() { w.stop() })
	return w
}

// unlimitedRates are for tests that ask much at once from one address.
func unlimitedRates() map[string]string {
	return map[string]string{
		"RATE_LIMIT_IP": "100000", "RATE_LIMIT_SESSION": "100000", "ZAPIER_LIMIT_IP": "0", "ZAPIER_LIMIT_PARTNER": "0",
	}
}

// withoutCache is for tests that wait for a call, or change things behind the server's back.
func withoutCache() map[string]string { return map[string]string{"ZAPIER_CACHE": "off"} }

// unhurried are the real waits without background checks.
func unhurried() templates.Timings {
	timings := handlers.DefaultTimings()
	timings.Checks = []int{int(time.Hour.Milliseconds())}
	return timings
}

func (w *world) configure(env map[string]string) {
	w.t.Helper()
	var environ []string
	for name, value := range env {
		environ = append(environ, name+"="+value)
	}
	var err error
	w.settings, err = readSettings(environ)
	require.NoError(w.t, err)
}

// The partner as an emulator outside knows it.
const (
	outsideClientID     = "partner"
	outsideClientSecret = "partner-secret"
)

// outsideZapier is an emulator that the server does not run itself.
func (w *world) outsideZapier(web, api string) http.Handler {
	w.t.Helper()
	var err error
	w.outside, err = emulator.New(emulator.Options{
		WebURL: web, APIURL: api, Now: w.clock.Now, Logger: slog.New(slog.DiscardHandler),
		Clients: []emulator.Client{{
			ID: outsideClientID, Secret: outsideClientSecret, Title: "Partner",
			RedirectURIs: []string{w.url + handlers.CallbackPath},
		}},
	})
	require.NoError(w.t, err)
	return w.outside.Handler()
}

// outsideEnv is what an operator sets to talk to Zapier.
func outsideEnv(web, api string) map[string]string {
	return map[string]string{
		"ZAPIER_CLIENT_ID": outsideClientID, "ZAPIER_CLIENT_SECRET": outsideClientSecret,
		"ZAPIER_ORIGIN": web, "ZAPIER_API_URL": api, "ZAPIER_IMAGE_ORIGINS": web, "STORE_KEYS": store.NewKey(),
	}
}

// reopen hands out ports that are open already, and opens them anew when they are asked for again.
func reopen(open ...net.Listener) func(network, address string) (net.Listener, error) {
	ready := map[string]net.Listener{}
	for _, listener := range open {
		ready[listener.Addr().String()] = listener
	}
	return func(network, address string) (net.Listener, error) {
		if listener, ok := ready[address]; ok {
			delete(ready, address)
			return listener, nil
		}
		return net.Listen(network, address)
	}
}

// run starts the program; stop ends it as Ctrl-C does.
func (w *world) run() {
	var err error
	w.app, err = newApp(w.settings, w.environ)
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.app.run(ctx) }()
	var once sync.Once
	w.stop = func() {
		once.Do(func() {
			cancel()
			assert.NoError(w.t, <-done)
		})
	}
}

// reserve opens a free port on 127.0.0.1.
func reserve(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	return listener
}

func portOf(listener net.Listener) string {
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
}

// wade opens a page of ours as the seeded user Wade, who signs in without a popup on the way.
func (w *world) wade(path string) *tab {
	w.t.Helper()
	p := newTab(w.t, &theBrowser)
	w.signIn(p, emulator.UserWade, path)
	return p
}

// signIn walks through Zapier's pages in the same tab and ends on path.
func (w *world) signIn(p *tab, user int, path string) {
	w.t.Helper()
	p.open(w.url + "/sign-in?return_to=" + url.QueryEscape(path))
	p.click(fmt.Sprintf(`[data-testid="emulator-user"][data-user="%d"]`, user))
	p.click(byTestID("allow"))
	p.wait(fmt.Sprintf(`location.href === %s && document.readyState === 'complete'`, quote(w.url+path)))
}

// appPath is the page of an App.
func appPath(id string) string { return "/apps/" + id }

// stored is what the emulator holds for Wade.
func (w *world) stored(app string) []emulator.Authentication {
	return w.emulated().Authentications(emulator.UserWade, app)
}

// holds waits until the emulator holds so many of Wade's: the form was sent, whatever became of its window.
func (w *world) holds(app string, count int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return len(w.stored(app)) == count }, patience, tick)
}

// arrived waits until an operation has been called so many times.
func (w *world) arrived(operation string, times int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.emulated().Count(operation) >= times }, patience, tick, operation)
}
