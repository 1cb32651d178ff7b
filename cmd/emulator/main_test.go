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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is waited for happens at once; the limit is for a machine under load.
const patience, tick = 10 * time.Second, 5 * time.Millisecond

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

// started runs the program until the test is over, and gives its origin, what it
// says, and a way to press Ctrl-C and learn the exit status. Tests that use it do not run
// beside others, who could be given the port between its two openings, or after it is closed.
func started(t *testing.T, args ...string) (origin string, stderr *said, interrupt func() int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, cancel := context.WithCancel(context.Background())
	stderr = &said{}
	status := make(chan int, 1)
	go func() { status <- run(ctx, append([]string{"-addr", address}, args...), nil, stderr) }()
	t.Cleanup(cancel)
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "Ctrl-C") }, patience, tick)
	return "http://" + address, stderr, func() int { cancel(); return <-status }
}

func get(t *testing.T, target string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestEmulatorSaysWhereToGoAndStopsCleanly(t *testing.T) {
	origin, stderr, interrupt := started(t, "-log=false")
	for _, line := range []string{origin + "/v2/authorize", origin + "/oauth/token/", "emulator-client", "60 requests a minute", "150 from a partner", origin + "/emulator"} {
		assert.Contains(t, stderr.String(), line)
	}
	status, body := get(t, origin+"/v2/apps?client_id=emulator-client&limit=1")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "SuperExampleCRM")
	assert.Zero(t, interrupt())
	_, err := net.Dial("tcp", strings.TrimPrefix(origin, "http://"))
	assert.Error(t, err, "nothing listens any more")
}

// The documented limits are on without being asked for.
func TestLimitsAreOn(t *testing.T) {
	origin, _, _ := started(t, "-log=false")
	seen := map[int]int{}
	for range 61 {
		status, _ := get(t, origin+"/v1/categories?limit=1")
		seen[status]++
	}
	assert.Equal(t, map[int]int{200: 60, 429: 1}, seen)
}

func TestSeedFileAndLimitsOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.yaml")
	require.NoError(t, os.WriteFile(file, []byte("users: [{id: 7, first_name: Ada, last_name: Moreau, email: ada@partner.example}]"), 0o600))
	origin, stderr, _ := started(t, "-seed-file", file, "-per-ip", "0", "-per-partner", "0")
	assert.Contains(t, stderr.String(), "limits     none")
	query := "?response_type=code&client_id=emulator-client&scope=zap&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback"
	_, page := get(t, origin+"/v2/authorize"+query)
	assert.Contains(t, page, "Ada Moreau")
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "operation=authorize") }, patience, tick)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		args    []string
		environ []string
		says    string
	}{
		{"an address others can reach", []string{"-addr", "0.0.0.0:8081"}, nil, "-public"},
		{"all addresses", []string{"-addr", ":8081"}, nil, "-public"},
		{"the same by the environment", nil, []string{"EMULATOR_ADDR=192.0.2.1:8081"}, "-public"},
		{"no address", []string{"-addr", "8081"}, nil, "-addr"},
		{"a limit below zero", []string{"-per-ip", "-1"}, nil, "-per-ip"},
		{"no number", nil, []string{"EMULATOR_SEED=x"}, "Seed"},
		{"a command", []string{"serve"}, nil, "no command"},
		{"a flag there is not", []string{"-x"}, nil, "not defined"},
		{"no seed file", []string{"-seed-file", "/nowhere"}, nil, "-seed-file"},
		{"an origin with a path", []string{"-url", "http://localhost/x"}, nil, "WebURL"},
		{"no redirect URI", []string{"-redirect-uris", " "}, nil, "redirect URI"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			stderr := &said{}
			assert.Equal(t, 1, run(t.Context(), row.args, row.environ, stderr))
			assert.Contains(t, stderr.String(), row.says)
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	got, err := readSettings([]string{"-addr", "0.0.0.0:9000", "-public", "-strict"}, []string{"EMULATOR_SEED=4", "EMULATOR_ADDR=127.0.0.1:1"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, "0.0.0.0:9000", got.Addr, "flags win")
	assert.Equal(t, "http://127.0.0.1:9000", got.URL, "an address to click on")
	assert.Equal(t, got.URL, got.APIURL)
	assert.EqualValues(t, 4, got.Seed)
	options, err := got.options(nil)
	require.NoError(t, err)
	assert.True(t, options.Readings.StrictActionIDs)
	help := &said{}
	assert.Zero(t, run(t.Context(), []string{"-help"}, nil, help))
	for _, name := range []string{"EMULATOR_ADDR", "EMULATOR_SEED_FILE", "EMULATOR_PER_IP", "EMULATOR_STRICT"} {
		assert.Contains(t, help.String(), name)
	}
}

func TestTakenAddressIsSaid(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	stderr := &said{}
	assert.Equal(t, 1, run(t.Context(), []string{"-addr", listener.Addr().String()}, nil, stderr))
	assert.Contains(t, stderr.String(), "cannot listen on "+listener.Addr().String())
}
