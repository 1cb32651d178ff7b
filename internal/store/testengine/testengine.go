// Package testengine opens the store engine of a test: SQLite, or Redis where
// the environment says TEST_STORE=redis. What a package proves on one engine
// it can so prove on the other.
package testengine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// Open returns an empty engine that ends with the test.
func Open(t testing.TB, now func() time.Time) store.Engine {
	t.Helper()
	return NewPlace(t, now).Open()
}

// Place is where the data of engines lies: a file, or a server.
type Place struct {
	t     testing.TB
	now   func() time.Time
	file  string
	redis *redistest.Server
}

// NewPlace returns an empty place that ends with the test.
func NewPlace(t testing.TB, now func() time.Time) *Place {
	t.Helper()
	p := &Place{t: t, now: now}
	if os.Getenv("TEST_STORE") == "redis" {
		p.redis = redistest.Start(t)
	} else {
		p.file = filepath.Join(t.TempDir(), "store.db")
	}
	return p
}

// Open opens an engine on the place; another one has the same data, as after a
// restart or in another replica.
func (p *Place) Open() store.Engine {
	p.t.Helper()
	engine, err := p.open()
	require.NoError(p.t, err)
	p.t.Cleanup(func() { require.NoError(p.t, engine.Close()) })
	return engine
}

func (p *Place) open() (store.Engine, error) {
	if p.redis != nil {
		return redis.Open(p.t.Context(), p.redis.URL(), p.now)
	}
	return sqlite.Open(p.file, p.now)
}

// Dump is everything that lies there, as somebody has it who stole a copy.
func (p *Place) Dump() string {
	p.t.Helper()
	if p.redis != nil {
		return p.redis.Dump()
	}
	var all strings.Builder
	files, err := filepath.Glob(p.file + "*")
	require.NoError(p.t, err)
	for _, name := range files {
		content, err := os.ReadFile(name)
		require.NoError(p.t, err)
		all.Write(content)
	}
	require.NotZero(p.t, all.Len())
	return all.String()
}
