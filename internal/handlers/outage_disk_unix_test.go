//go:build unix

package handlers_test

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

const fullDiskVariable = "ZAPEMBED_TEST_FULL_DISK"

// Every page and endpoint meets a disk that is full: what is there can be read, and nothing can be written.
func TestEveryErrandMeetsAFullDisk(t *testing.T) {
	if os.Getenv(fullDiskVariable) != "" {
		fillDisk(t)
		return
	}
	t.Parallel()
	// Another process, whose files may not grow: it needs no rights, so that it works in any container.
	limited := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestEveryErrandMeetsAFullDisk$")
	limited.Env = append(os.Environ(), fullDiskVariable+"=1", "AUDIT_PAGES=", "TEST_STORE=") // pages are files, too, and Redis has a disk of its own
	out, err := limited.CombinedOutput()
	require.NoError(t, err, string(out))
}

func fillDisk(t *testing.T) {
	signal.Ignore(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit))
	allow := func(bytes uint64) {
		limit.Cur = bytes
		require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	}
	roomy, codes, hits := limit.Cur, documented(t), 0
	o, engine := brittleHouse(t, nil)
	f := fault{partly: true, strike: func() { engine.hurry(0); allow(1) }, lift: func() { allow(roomy) }}
	for _, e := range errands() {
		o.meet(e, "a full disk", f, func() bool {
			hit := engine.met()
			if hit {
				hits++
			}
			return hit
		}, codes)
	}
	o.keptQuiet()
	require.Greater(t, hits, 20, "whatever is to be kept meets it")
}
