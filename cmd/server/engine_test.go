package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// Servers on a Redis share its clock, and those on a file that of their machine.
func TestWhichTimeServersShare(t *testing.T) {
	t.Parallel()
	for url, shared := range map[string]bool{redistest.Start(t).URL(): true, "sqlite:" + filepath.Join(t.TempDir(), "store.db"): false} {
		w := newWorld(t, worldOptions{env: map[string]string{"STORE_URL": url, "STORE_KEYS": store.NewKey()}})
		assert.Equal(t, shared, w.app.time != nil, url)
	}
}

// Calls are counted by the time that all servers share.
func TestCallsAreCountedByTheSharedTime(t *testing.T) {
	t.Parallel()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s, err := readSettings([]string{"STORE_URL=sqlite:" + filepath.Join(t.TempDir(), "store.db"), "ZAPIER_LIMIT_IP=1"})
	require.NoError(t, err)
	engine, err := openEngine(t.Context(), s, nil)
	require.NoError(t, err)
	defer engine.Close()
	asked := 0
	a := &app{settings: s, metrics: newMetrics(), engine: engine, time: func(context.Context) (time.Time, error) {
		asked++
		return time.Now(), nil
	}}
	a.underLimits(environment{now: time.Now}, keys, ways{})
	_, err = a.budget.Take(t.Context(), quota.Caller{})
	require.NoError(t, err)
	assert.Positive(t, asked)
}
