package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	driver "modernc.org/sqlite"

	"github.com/zapembed/zapembed/internal/store"
)

// Look-ups that nobody waits for any more do not pile up before a file that
// stalls, whether they go alone or together.
func TestLookupsEndWhileTheFileStalls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		e, err := Open(path, time.Now)
		require.NoError(t, err)
		defer e.Close()
		for range readers {
			held, err := e.read.Conn(t.Context())
			require.NoError(t, err)
			defer held.Close()
		}
		for _, keys := range [][]string{{"a"}, {"b", "c"}} {
			round := store.Round{Begun: time.Now()}
			for _, key := range keys {
				round.Lookups = append(round.Lookups, &store.Lookup{Key: key})
			}
			e.look(round)
			assert.Equal(t, busyTimeout, time.Since(round.Begun))
			for _, asked := range round.Lookups {
				require.ErrorIs(t, asked.Err, store.ErrUnavailable)
				require.ErrorIs(t, asked.Err, context.DeadlineExceeded)
			}
		}
	})
}

// The transaction costs as much as the look-up.
func TestLookupAloneIsNoTransaction(t *testing.T) {
	e, err := Open(filepath.Join(t.TempDir(), "store.db"), time.Now)
	require.NoError(t, err)
	defer e.Close()
	ended := 0
	conn, err := e.read.Conn(t.Context())
	require.NoError(t, err)
	require.NoError(t, conn.Raw(func(reader any) error {
		reader.(driver.HookRegisterer).RegisterRollbackHook(func() { ended++ })
		return nil
	}))
	require.NoError(t, conn.Close())

	e.look(store.Round{Begun: time.Now(), Lookups: []*store.Lookup{{Key: "a"}}})
	assert.Zero(t, ended)
	e.look(store.Round{Begun: time.Now(), Lookups: []*store.Lookup{{Key: "a"}, {Key: "b"}}})
	assert.Equal(t, 1, ended, "for all of a round")
}
