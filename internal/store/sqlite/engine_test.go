package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
	"github.com/zapembed/zapembed/internal/store/storetest"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Engine {
		return mustOpen(t, filepath.Join(t.TempDir(), "store.db"), now)
	})
}

func TestSharedFile(t *testing.T) {
	t.Parallel()
	storetest.RunShared(t, func(t *testing.T, now func() time.Time) func() store.Engine {
		path := filepath.Join(t.TempDir(), "store.db")
		return func() store.Engine { return mustOpen(t, path, now) }
	})
}

// Another process holds the file's write lock for longer than anybody waits.
func TestLockedFile(t *testing.T) {
	t.Parallel()
	storetest.RunOutage(t, func(t *testing.T, now func() time.Time) (store.Engine, func(), func()) {
		path := filepath.Join(t.TempDir(), "store.db")
		var unlock func()
		return mustOpen(t, path, now), func() { unlock = lockForWriting(t, path) }, func() { unlock() }
	})
}

func TestSweepSaysHowManyWent(t *testing.T) {
	t.Parallel()
	clock := storetest.NewClock()
	e := mustOpen(t, filepath.Join(t.TempDir(), "store.db"), clock.Now)
	for key, lifetime := range map[string]time.Duration{"a": time.Minute, "b": time.Minute, "c": time.Hour} {
		require.NoError(t, e.Create(t.Context(), store.Record{Key: key, Expires: clock.Now().Add(lifetime)}))
	}
	clock.Advance(time.Minute)
	n, err := e.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 2, n)
}

func mustOpen(t *testing.T, path string, now func() time.Time) *sqlite.Engine {
	t.Helper()
	e, err := sqlite.Open(path, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func record(key string) store.Record {
	return store.Record{Key: key, Value: []byte("value of " + key), Expires: time.Now().Add(time.Hour)}
}

// Others on the machine must not read sealed records, nor learn how many
// people use the product.
func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	files := []string{path, path + "-wal", path + "-shm"}
	private := func(when string) {
		for _, name := range files {
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "%s, %s", name, when)
		}
	}
	first := mustOpen(t, path, time.Now)
	require.NoError(t, first.Create(t.Context(), record("a")))
	private("made anew")

	for _, name := range files { // as a copy may have left them
		require.NoError(t, os.Chmod(name, 0o644))
	}
	e := mustOpen(t, path, time.Now)
	require.NoError(t, e.Create(t.Context(), record("b")))
	private("found open to all")
}

// The characters that mean something in a URI are the reason for the escaping.
func TestPathsWithOddCharacters(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c=d#e%20f&.db")
	e := mustOpen(t, path, time.Now)
	require.NoError(t, e.Create(t.Context(), record("a")))
	_, err := os.Stat(path)
	require.NoError(t, err)
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	notDatabase := filepath.Join(dir, "letter.txt")
	require.NoError(t, os.WriteFile(notDatabase, []byte("Dear operator, this is no database at all."), 0o600))
	newer := filepath.Join(dir, "newer.db")
	require.NoError(t, os.WriteFile(newer, newerDatabase(t, dir), 0o600))

	for _, tc := range []struct {
		name, path, want string
	}{
		{"no path", "", "needs the path of a file"},
		{"no such folder", filepath.Join(dir, "none", "x.db"), filepath.Join(dir, "none", "x.db")},
		{"a folder", dir, "not a regular file"},
		{"another kind of file", notDatabase, notDatabase},
		{"a newer form", newer, "newer version of the program"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			e, err := sqlite.Open(tc.path, time.Now)
			require.Error(t, err)
			assert.Nil(t, e)
			assert.Contains(t, err.Error(), tc.want)
			assert.NotContains(t, err.Error(), "\n", "one sentence")
		})
	}
}

// newerDatabase is a store file that says it has form 99: user_version is the
// four bytes at offset 60 of an SQLite file.
func newerDatabase(t *testing.T, dir string) []byte {
	t.Helper()
	path := filepath.Join(dir, "today.db")
	e, err := sqlite.Open(path, time.Now)
	require.NoError(t, err)
	require.NoError(t, e.Close())
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	file[63] = 99
	return file
}

// R-27: a file that goes bad under a running program is trouble, not "no such
// record".
func TestBrokenFileIsUnavailable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	first := mustOpen(t, path, time.Now)
	require.NoError(t, first.Create(t.Context(), record("a")))
	require.NoError(t, first.Close()) // writes the WAL back into the file
	e := mustOpen(t, path, time.Now)
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := 100; i < len(file); i++ { // all but the header
		file[i] = 0xa5
	}
	require.NoError(t, os.WriteFile(path, file, 0o600))
	_, err = e.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NotErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, e.Create(t.Context(), record("b")), store.ErrUnavailable)
}

const victimVariable = "ZAPEMBED_TEST_VICTIM"

// A record that Create has answered for is there after kill -9.
func TestSurvivesKill(t *testing.T) {
	if path := os.Getenv(victimVariable); path != "" {
		writeUntilKilled(path)
		return
	}
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	// Another process on the same file while this one has it open.
	e := mustOpen(t, path, time.Now)
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSurvivesKill$")
	victim.Env = append(os.Environ(), victimVariable+"="+path)
	out, err := victim.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, victim.Start())

	var last string
	lines := bufio.NewScanner(out)
	for n := 0; n < 50 && lines.Scan(); n++ {
		last = lines.Text()
	}
	require.NoError(t, victim.Process.Kill())
	for lines.Scan() { // what it still got to say before it died
		last = lines.Text()
	}
	require.Error(t, victim.Wait(), "it was killed")

	count, err := strconv.Atoi(last)
	require.NoError(t, err)
	for i := range count + 1 {
		_, err := e.Get(t.Context(), "record-"+strconv.Itoa(i))
		require.NoError(t, err, "record %d of %d", i, count)
	}
}

// writeUntilKilled is the other process: it says the number of each record
// after the engine has answered for it.
func writeUntilKilled(path string) {
	e, err := sqlite.Open(path, time.Now)
	for i := 0; err == nil; i++ {
		err = e.Create(context.Background(), record("record-"+strconv.Itoa(i)))
		if err == nil {
			_, err = os.Stdout.WriteString(strconv.Itoa(i) + "\n")
		}
	}
	os.Stderr.WriteString(errors.Join(errors.New("the victim failed"), err).Error())
	os.Exit(3)
}

// A writer that waits for another process's write lock still obeys its context.
func TestWaitingForTheWriterObeysTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store.db")
	e := mustOpen(t, path, time.Now)
	unlock := lockForWriting(t, path)
	defer unlock()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := e.Create(ctx, record("a"))
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Less(t, time.Since(start), 2*time.Second)
}
