package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// terminal runs the program with the arguments as from a terminal.
func terminal(t *testing.T, environ []string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, problems said
	status = run(t.Context(), args, environ, &out, &problems)
	return status, out.String(), problems.String()
}

func TestCommandsSayWhatThereIs(t *testing.T) {
	t.Parallel()
	_, help, _ := terminal(t, nil, "-help")
	for _, c := range commands() {
		assert.Contains(t, help, c.usage())
		status, stdout, stderr := terminal(t, nil, append(strings.Fields(c.name), "-help")...)
		assert.Zero(t, status, c.name)
		assert.Contains(t, stdout, c.usage())
		assert.Contains(t, stdout, c.help)
		assert.Empty(t, stderr)
	}
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"serve"}, `no command "serve"; there are config, health, keygen, sessions list, sessions revoke`},
		{[]string{"sessions"}, "sessions needs to be told what to do: server sessions list, or server sessions revoke"},
		{[]string{"sessions", "end"}, "server sessions list"},
		{[]string{"config", "all"}, `config takes no arguments, and got "all"`},
		{[]string{"config", "-v"}, "see server config -help"},
		{[]string{"sessions", "revoke"}, "say whose sessions to end"},
		{[]string{"sessions", "revoke", "-all", "wade"}, "say whose sessions to end"},
		{[]string{"keygen", "a", "b"}, "one file at most"},
		{[]string{"health"}, "ADMIN_ADDR is not set"},
	} {
		status, _, stderr := terminal(t, nil, row.args...)
		assert.Equal(t, 1, status, row.args)
		assert.Contains(t, stderr, row.want)
		assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

func TestConfigChecksEverythingAndShowsNoSecret(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "zapembed.db")
	environ := production("STORE_URL=sqlite:"+file, "ZAPIER_CLIENT_SECRET=canary-secret", "STORE_KEYS="+someKey)
	status, stdout, stderr := terminal(t, environ, "config")
	assert.Zero(t, status, stderr)
	for _, field := range settingFields() {
		assert.Contains(t, stdout, field.name)
	}
	assert.Contains(t, stdout, file)
	assert.NotContains(t, stdout, "canary")
	assert.NotContains(t, stdout, someKey)
	assert.NoFileExists(t, file, "a check leaves nothing behind")

	status, _, stderr = terminal(t, append(environ, "LOG_LEVEL=loud", "EMULATOR=maybe"), "config")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "LOG_LEVEL")
	assert.Contains(t, stderr, "EMULATOR")

	status, _, stderr = terminal(t, append(environ, "STORE_URL=sqlite:"+folder+"/nowhere/zapembed.db"), "config")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "which is no folder")

	require.NoError(t, os.WriteFile(file, []byte("this is no database, and longer than a header of one would be: "+strings.Repeat("x", 100)), 0o600))
	status, _, stderr = terminal(t, environ, "config")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, file)
}

// Whether anybody may have to wait stands in one word.
func TestConfigSaysWhetherCallsAreLimited(t *testing.T) {
	t.Parallel()
	store := "STORE_URL=sqlite:" + filepath.Join(t.TempDir(), "zapembed.db")
	for _, row := range []struct {
		environ     []string
		ip, partner string
	}{
		{nil, `\(unlimited\)`, `\(unlimited\)`},
		{[]string{"ZAPIER_LIMIT_IP=1"}, "1", "150"},
		{production(), "60", "150"},
		{production("ZAPIER_LIMIT_PARTNER=0"), "60", `\(unlimited\)`},
	} {
		status, stdout, stderr := terminal(t, append(row.environ, store), "config")
		assert.Zero(t, status, stderr)
		assert.Regexp(t, `(?m)^ZAPIER_LIMIT_IP +`+row.ip+`$`, stdout)
		assert.Regexp(t, `(?m)^ZAPIER_LIMIT_PARTNER +`+row.partner+`$`, stdout)
	}
}

func TestConfigTriesRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	environ := production("STORE_URL=" + server.URL())
	status, stdout, stderr := terminal(t, environ, "config")
	assert.Zero(t, status, stderr)
	assert.Contains(t, stdout, "the store answers")
	server.Stop()
	status, _, stderr = terminal(t, environ, "config")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "Redis")
	assert.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
}

func TestKeygen(t *testing.T) {
	t.Parallel()
	status, key, _ := terminal(t, nil, "keygen")
	assert.Zero(t, status)
	_, err := store.ParseKeys(strings.TrimSpace(key))
	require.NoError(t, err)

	path := filepath.Join(t.TempDir(), "store-keys")
	for range 2 {
		status, stdout, stderr := terminal(t, nil, "keygen", path)
		assert.Zero(t, status, stderr)
		written, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.NotContains(t, stdout, strings.TrimSpace(string(written)), "what is in the file is not shown")
		if key == string(written) {
			t.Error("the key is not a new one")
		}
		if status, _, _ := terminal(t, production("STORE_KEYS=", "STORE_KEYS_FILE="+path), "config"); status != 0 {
			t.Error("the file is none for STORE_KEYS_FILE")
		}
	}
	require.NoError(t, os.WriteFile(path, []byte("short"), 0o600))
	status, _, stderr := terminal(t, nil, "keygen", path)
	assert.Equal(t, 1, status, "a file that holds something else is left alone, and said")
	assert.Contains(t, stderr, path)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	admin := reserve(t)
	environ := []string{"ADMIN_ADDR=" + admin.Addr().String()}
	w := newWorld(t, worldOptions{env: map[string]string{"ADMIN_ADDR": admin.Addr().String()}, ports: []net.Listener{admin}})
	status, stdout, stderr := terminal(t, environ, "health")
	assert.Zero(t, status, stderr)
	assert.Equal(t, "ready\n", stdout)
	everywhere := "ADMIN_ADDR=0.0.0.0:" + portOf(admin)
	status, _, stderr = terminal(t, []string{everywhere}, "health")
	assert.Zero(t, status, stderr)
	w.app.ready.drain()
	status, _, stderr = terminal(t, environ, "health")
	assert.Equal(t, 1, status)
	assert.Equal(t, "server: not ready: draining\n", stderr)
	w.stop()
	status, _, stderr = terminal(t, environ, "health")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "Is the server running")
	status, _, stderr = terminal(t, []string{"ADMIN_ADDR=9090"}, "health")
	assert.Equal(t, 1, status)
	assert.Contains(t, stderr, "127.0.0.1:9090")
}

// the operator sees who is signed in and ends it; a server that runs meanwhile knows at once.
func TestOperatorListsAndRevokesSessions(t *testing.T) {
	environ, public, _ := freePorts(t)
	stop := started(t, environ)
	defer stop()
	w := &world{t: t, url: public}
	wade, nadia := w.visitor(nil), w.visitor(nil)
	wade.signIn(emulator.UserWade)
	nadia.signIn(emulator.UserNadia)

	status, listed, stderr := terminal(t, environ, "sessions", "list")
	require.Zero(t, status, stderr)
	for _, want := range []string{"1001", emulator.EmailWade, emulator.EmailNadia, "2 signed in, 0 anonymous"} {
		assert.Contains(t, listed, want)
	}
	status, ended, stderr := terminal(t, environ, "sessions", "revoke", strings.ToUpper(emulator.EmailWade))
	require.Zero(t, status, stderr)
	assert.Equal(t, "1 sessions ended\n", ended)
	assert.Contains(t, stderr, "event=sessions-revoked user="+audit.User("1001")+" ", "as every other record names him")
	assert.NotContains(t, stderr, emulator.EmailWade, "a log has no e-mail addresses")
	assert.False(t, wade.active(), "his session is over")
	assert.True(t, nadia.active(), "hers is not")

	status, ended, stderr = terminal(t, environ, "sessions", "revoke", "-all")
	require.Zero(t, status, stderr)
	assert.Contains(t, ended, "sessions ended")
	assert.False(t, nadia.active())
	for _, who := range []string{"nobody", "-all"} {
		status, ended, stderr = terminal(t, environ, "sessions", "revoke", who)
		assert.Equal(t, 1, status, "whom it was meant for may still be signed in")
		assert.Empty(t, ended)
		assert.Contains(t, stderr, "no session was there to end")
	}
}

// who looks into the wrong store, or with the wrong keys, is not told that nobody is signed in.
func TestSessionsOfAnotherStoreOrKeyAreNoGoodNews(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "zapembed.db")
	commands := [][]string{{"sessions", "list"}, {"sessions", "revoke", "1001"}, {"sessions", "revoke", "-all"}}
	refused := func(environ []string, want string, commands ...[]string) {
		t.Helper()
		for _, args := range commands {
			status, stdout, stderr := terminal(t, environ, args...)
			assert.Equal(t, 1, status, args)
			assert.Empty(t, stdout, args)
			assert.Contains(t, stderr, want, args)
		}
	}
	refused([]string{"STORE_URL=sqlite:" + file}, "there is no database "+file, commands...)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "neither a database nor a key is made")

	w := newWorld(t, worldOptions{env: map[string]string{"STORE_URL": "sqlite:" + file}, world: environment{now: time.Now}})
	w.visitor(nil).signIn(emulator.UserWade)
	key := file + ".key"
	keys, err := os.ReadFile(key)
	require.NoError(t, err)
	environ := []string{"STORE_URL=sqlite:" + file}
	status, _, stderr := terminal(t, environ, "sessions", "list")
	require.Zero(t, status, stderr)
	other := store.NewKey()
	refused(append(environ, "STORE_KEYS="+other), "STORE_KEYS opens none of the 1 sessions", commands[:2]...)
	require.NoError(t, os.Remove(key))
	refused(environ, key, commands...)
	assert.NoFileExists(t, key)

	w.stop()
	w.settings.StoreKeys = other + "," + strings.TrimSpace(string(keys))
	w.run()
	t.Cleanup(func() { w.stop() })
	w.visitor(nil).signIn(emulator.UserNadia) // sealed with the new key
	environ = append(environ, "STORE_KEYS="+other)
	status, listed, stderr := terminal(t, environ, "sessions", "list")
	require.Zero(t, status, stderr)
	assert.Contains(t, listed, "1 signed in, 0 anonymous\n1 more that no key of STORE_KEYS opens")
}

func TestNamesCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "Zoë[2J [31m", oneLine("Zoë\x1b[2J \u009b[31m\r\n"))
}

// started runs the program as a person does, by the real clock, until it is stopped. Like freePorts it is not for
// tests that run beside others.
func started(t *testing.T, environ []string) (stop func()) {
	t.Helper()
	ctx, interrupt := context.WithCancel(context.Background())
	stderr, status := &said{}, make(chan int, 1)
	go func() { status <- run(ctx, nil, append(environ, "LOG_LEVEL=error"), io.Discard, stderr) }()
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "Ctrl-C") }, patience, tick, stderr)
	return func() {
		interrupt()
		assert.Zero(t, <-status, stderr.String())
	}
}
