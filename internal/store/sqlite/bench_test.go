package sqlite_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
	"github.com/zapembed/zapembed/internal/store/storetest"
)

func BenchmarkEngine(b *testing.B) {
	storetest.Bench(b, func(b *testing.B, now func() time.Time) store.Engine {
		e, err := sqlite.Open(filepath.Join(b.TempDir(), "store.db"), now)
		require.NoError(b, err)
		return e
	})
}
