package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// said is standard error, which another goroutine may be writing to.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// freePorts are settings for ports that nobody uses and a store of the test's own.
func freePorts(t *testing.T) (environ []string, public, zapier string) {
	t.Helper()
	pages, emulated := freeAddress(t), freeAddress(t)
	_, port, err := net.SplitHostPort(pages)
	require.NoError(t, err)
	public = "http://localhost:" + port
	return []string{
		"PUBLIC_URL=" + public, "LISTEN_ADDR=" + pages, "EMULATOR_ADDR=" + emulated,
		"STORE_URL=sqlite:" + filepath.Join(t.TempDir(), "zapembed.db"),
	}, public, "http://" + emulated
}

func TestServerSaysWhereToClickAndStopsCleanly(t *testing.T) {
	environ, public, zapier := freePorts(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stderr, status := &said{}, make(chan int, 1)
	go func() {
		status <- run(ctx, nil, append(environ, "LOG_LEVEL=error", "DRAIN_DELAY=1m"), io.Discard, stderr)
	}()

	require.Eventually(t, func() bool { return strings.Count(stderr.String(), "\n") >= 3 }, patience, tick)
	greeting := stderr.String()
	assert.Equal(t, 3, strings.Count(greeting, "\n"), greeting)
	assert.Contains(t, greeting, public)
	assert.Contains(t, greeting, zapier)
	for _, address := range []string{public + "/", zapier + "/", zapier + "/emulator"} {
		response, err := http.Get(address)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode, address)
		assert.Contains(t, string(body), "<html")
	}
	interrupt()
	assert.Zero(t, <-status)
	assert.Equal(t, greeting, stderr.String(), "nothing to complain of")
}

func TestServerThatCannotStart(t *testing.T) {
	taken := reserve(t).Addr().String()
	folder := t.TempDir()
	readOnly := filepath.Join(folder, "not-a-folder")
	require.NoError(t, os.WriteFile(readOnly, nil, 0o600))
	badKey := filepath.Join(folder, "bad.db.key")
	require.NoError(t, os.WriteFile(badKey, []byte("short"), 0o600))
	for name, tt := range map[string]struct {
		environ []string
		want    []string
	}{
		"the port is taken":              {[]string{"LISTEN_ADDR=" + taken}, []string{taken, "already in use", "LISTEN_ADDR"}},
		"the emulator's port is taken":   {[]string{"EMULATOR_ADDR=" + taken}, []string{taken, "EMULATOR_ADDR"}},
		"the admin port is taken":        {[]string{"ADMIN_ADDR=" + taken}, []string{taken, "ADMIN_ADDR"}},
		"the file cannot be written":     {[]string{"STORE_URL=sqlite:" + readOnly + "/zapembed.db"}, []string{readOnly}},
		"the key is none":                {[]string{"STORE_KEYS=c2hvcnQ="}, []string{"STORE_KEYS", "32"}},
		"the key file does not hold one": {[]string{"STORE_URL=sqlite:" + filepath.Join(folder, "bad.db")}, []string{badKey}},
		"several settings are wrong":     {[]string{"LOG_LEVEL=loud", "LOG_FORMAT=xml"}, []string{"LOG_LEVEL", "LOG_FORMAT"}},
	} {
		t.Run(name, func(t *testing.T) {
			environ, _, _ := freePorts(t)
			var stderr said
			assert.Equal(t, 1, run(t.Context(), nil, append(environ, tt.environ...), io.Discard, &stderr))
			for _, want := range tt.want {
				assert.Contains(t, stderr.String(), want)
			}
			if len(tt.environ) == 1 {
				assert.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one clear sentence: %s", stderr.String())
			}
		})
	}
}

func TestServerArguments(t *testing.T) {
	var stdout, stderr said
	assert.Zero(t, run(t.Context(), []string{"-help"}, nil, &stdout, &stderr))
	assert.Contains(t, stdout.String(), "PUBLIC_URL")
	assert.Empty(t, stderr.String())
	assert.Equal(t, 1, run(t.Context(), []string{"-nonsense"}, nil, &stdout, &stderr))
	assert.Contains(t, stderr.String(), "nonsense")
	assert.Equal(t, 1, run(t.Context(), []string{"serve"}, nil, &stdout, &stderr))
	assert.Contains(t, stderr.String(), `no command "serve"`)
}

func TestKeyFileIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "zapembed.db.key")
	first, err := keyFile(path)
	require.NoError(t, err)
	again, err := keyFile(path)
	require.NoError(t, err)
	assert.Equal(t, first, again)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

func TestProbes(t *testing.T) {
	admin := reserve(t)
	w := newWorld(t, worldOptions{env: map[string]string{"ADMIN_ADDR": admin.Addr().String()}, ports: []net.Listener{admin}})
	get := func(path string) int {
		response, err := http.Get("http://" + admin.Addr().String() + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	assert.Equal(t, http.StatusOK, get("/livez"))
	assert.Equal(t, http.StatusOK, get("/readyz"))
	require.NoError(t, w.app.engine.Close())
	assert.Equal(t, http.StatusOK, get("/livez"), "the program is well")
	require.Eventually(t, func() bool { return get("/readyz") == http.StatusServiceUnavailable }, patience, tick, "but of no use without its store")
}

// A window that waits at the emulator must not keep Ctrl-C waiting.
func TestStopHangsUpAtTheEmulator(t *testing.T) {
	w := newWorld(t, worldOptions{})
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Hold: hold}))
	waiting := make(chan error, 1)
	go func() {
		response, err := http.Get(w.settings.APIURL + "/v2/apps?client_id=" + emulatorClientID)
		if err == nil {
			err = response.Body.Close()
		}
		waiting <- err
	}()
	w.arrived(emulator.OpAppsList, 1)
	w.stop() // says so if requests did not finish
	<-waiting
}
