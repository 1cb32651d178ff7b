package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/store"
)

// watched is a world with an admin port.
func watched(t *testing.T, opts worldOptions) (w *world, ask func(path string) (int, string)) {
	t.Helper()
	admin := reserve(t)
	if opts.env == nil {
		opts.env = map[string]string{}
	}
	opts.env["ADMIN_ADDR"] = admin.Addr().String()
	opts.ports = append(opts.ports, admin)
	w = newWorld(t, opts)
	return w, func(path string) (int, string) {
		response, err := http.Get("http://" + admin.Addr().String() + path)
		if err != nil {
			return 0, err.Error()
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
}

func TestStopSaysSoFirstAndAnswersMeanwhile(t *testing.T) {
	t.Parallel()
	again := make(chan os.Signal, 1)
	w, ask := watched(t, worldOptions{env: map[string]string{"DRAIN_DELAY": "1m"}, world: environment{again: again}})
	status, _ := ask("/readyz")
	assert.Equal(t, http.StatusOK, status)
	stopped := make(chan struct{})
	go func() {
		w.stop()
		close(stopped)
	}()
	require.Eventually(t, func() bool { status, said := ask("/readyz"); return status == 503 && said == "draining\n" }, patience, tick)
	status, _ = ask("/livez")
	assert.Equal(t, http.StatusOK, status, "a server that is stopping is not dead")
	response, err := http.Get(w.url + "/")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode, "who still comes is answered")
	assert.True(t, response.Close, "and comes elsewhere next time")
	again <- syscall.SIGTERM // without it the test would take a minute
	<-stopped
	_, err = http.Get(w.url + "/")
	assert.Error(t, err, "nobody listens any more")
}

func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	w, ask := watched(t, worldOptions{outside: true, env: withoutCache()})
	wade := w.visitor(nil)
	wade.signIn(emulator.UserWade)
	hold, before := make(chan struct{}), w.emulated().Count(emulator.OpAppsList)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Hold: hold}))
	answered := make(chan int, 1)
	go func() {
		response, err := wade.client.Get(w.url + "/apps")
		if err != nil {
			answered <- 0
			return
		}
		response.Body.Close()
		answered <- response.StatusCode
	}()
	w.arrived(emulator.OpAppsList, before+1)
	stopped := make(chan struct{})
	go func() {
		w.stop()
		close(stopped)
	}()
	require.Eventually(t, func() bool {
		_, err := net.Dial("tcp", w.settings.ListenAddr)
		return err != nil
	}, patience, tick, "new visitors are for others")
	status, said := ask("/readyz")
	assert.Equal(t, 503, status, "the probes answer to the last: %s", said)
	close(hold)
	assert.Equal(t, http.StatusOK, <-answered)
	<-stopped
}

// A second signal while requests are finishing cuts them off, and the program says so.
func TestStopInAHurry(t *testing.T) {
	t.Parallel()
	again := make(chan os.Signal, 1)
	w := newWorld(t, worldOptions{outside: true, env: withoutCache(), world: environment{again: again}})
	wade := w.visitor(nil)
	wade.signIn(emulator.UserWade)
	hold, before := make(chan struct{}), w.emulated().Count(emulator.OpAppsList)
	defer close(hold)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Hold: hold}))
	go func() {
		if response, err := wade.client.Get(w.url + "/apps"); err == nil {
			response.Body.Close()
		}
	}()
	w.arrived(emulator.OpAppsList, before+1)
	again <- os.Interrupt
	require.EqualError(t, w.app.stop(), "server: some requests were cut off, as asked")
	w.app.close()
}

// The same with real signals: the first begins the wait for the proxy, the second ends it, and neither kills the
// program.
func TestSecondSignalEndsTheWait(t *testing.T) {
	t.Parallel()
	r := newReplica(t)
	r.start(map[string]string{
		"PUBLIC_URL": r.url, "EMULATOR_ADDR": freeAddress(t), "STORE_URL": "sqlite:" + filepath.Join(t.TempDir(), "zapembed.db"), "DRAIN_DELAY": "1m",
	})
	require.NoError(t, r.command.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { return !r.ready() }, patience, tick)
	require.Eventually(t, func() bool { return strings.Contains(r.said(), "stopping") }, patience, tick)
	assert.Zero(t, r.end(syscall.SIGTERM), r.said())
}

// Whoever sends slowly holds a connection, and nothing else.
func TestSlowConnectionsDoNotStopService(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{})
	for i := range 200 {
		connection, err := net.Dial("tcp", w.settings.ListenAddr)
		require.NoError(t, err)
		t.Cleanup(func() { connection.Close() })
		begun := "GET / HTTP/1.1\r\nHost: "
		if i%2 == 0 {
			begun = "POST /sign-out HTTP/1.1\r\nHost: " + strings.TrimPrefix(w.url, "http://") + "\r\nContent-Length: 1000\r\n\r\na"
		}
		_, err = connection.Write([]byte(begun))
		require.NoError(t, err)
	}
	client := &http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(w.url + "/")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusOK, response.StatusCode)
}

// the limits of security.md 5.3, and the pages say the same.
func TestServersHaveLimits(t *testing.T) {
	t.Parallel()
	w, _ := watched(t, worldOptions{})
	require.Len(t, w.app.servers, 3)
	for _, one := range w.app.servers {
		assert.Equal(t, 5*time.Second, one.server.ReadHeaderTimeout)
		assert.Equal(t, 15*time.Second, one.server.ReadTimeout)
		assert.Equal(t, 60*time.Second, one.server.WriteTimeout)
		assert.Equal(t, 60*time.Second, one.server.IdleTimeout)
		assert.Equal(t, 16<<10, one.server.MaxHeaderBytes)
	}
	request, err := http.NewRequest(http.MethodGet, w.url+"/", nil)
	require.NoError(t, err)
	request.Header.Set("X-Long", strings.Repeat("x", 32<<10))
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, response.StatusCode)
}

// moody is a store that answers when it is in the mood.
type moody struct {
	store.Engine
	asked atomic.Int32
	down  atomic.Bool
}

func (m *moody) Ping(context.Context) error {
	m.asked.Add(1)
	if m.down.Load() {
		return store.Unavailable("ping", errors.New("canary of the driver"))
	}
	return nil
}

func TestReadinessAsksTheStoreOnceASecond(t *testing.T) {
	t.Parallel()
	engine := &moody{}
	ready := &readiness{store: engine}
	for range 100 {
		require.NoError(t, ready.check())
	}
	assert.EqualValues(t, 1, engine.asked.Load())
	engine.down.Store(true)
	ready.asked = time.Now().Add(-pingAgain)
	err := ready.check()
	require.ErrorIs(t, err, errNoStore)
	assert.NotContains(t, fmt.Sprint(err), "canary")
	ready.drain()
	assert.ErrorIs(t, ready.check(), errDraining, "for good, whatever the store says")
}
