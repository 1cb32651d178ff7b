//go:build unix

package sqlite_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

const fullDiskVariable = "ZAPEMBED_TEST_FULL_DISK"

// A disk that is full is trouble, spoils nothing that is there, and is over
// when there is room again.
func TestFullDisk(t *testing.T) {
	if path := os.Getenv(fullDiskVariable); path != "" {
		fillDisk(t, path)
		return
	}
	t.Parallel()
	// Another process, whose files may not grow beyond a limit.
	limited := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$")
	limited.Env = append(os.Environ(), fullDiskVariable+"="+filepath.Join(t.TempDir(), "store.db"))
	out, err := limited.CombinedOutput()
	require.NoError(t, err, string(out))
}

func fillDisk(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	e := mustOpen(t, path, time.Now)
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	before := limit.Cur
	limit.Cur = 256 << 10
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))

	written, err := 0, error(nil)
	for err == nil {
		r := record(strconv.Itoa(written))
		r.Value = make([]byte, 16<<10)
		if err = e.Create(t.Context(), r); err == nil {
			written++
		}
	}
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.Positive(t, written)
	r, err := e.Get(t.Context(), "0")
	require.NoError(t, err)
	assert.Len(t, r.Value, 16<<10)

	limit.Cur = before
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	require.NoError(t, e.Create(t.Context(), record("last")))
	for i := range written {
		_, err := e.Get(t.Context(), strconv.Itoa(i))
		require.NoError(t, err, "record %d of %d", i, written)
	}
}
