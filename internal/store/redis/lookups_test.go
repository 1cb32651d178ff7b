package redis_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// Many look-ups of the same moment are few messages.
func TestLookUpsGoTogether(t *testing.T) {
	t.Parallel()
	w := newWire(t, redistest.Start(t))
	e := mustOpen(t, w.url(), nil)
	require.NoError(t, e.Create(t.Context(), record("a", "")))
	before := w.questions.Load()
	var all sync.WaitGroup
	for range 400 {
		all.Go(func() {
			_, err := e.Get(t.Context(), "a")
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Less(t, w.questions.Load()-before, int64(200))
}

// Connections that died without a word hold nobody up but those whose question they swallowed.
func TestLookUpsDoNotWaitForDeadConnections(t *testing.T) {
	t.Parallel()
	w := newWire(t, redistest.Start(t))
	e := mustOpen(t, w.url(), nil)
	require.NoError(t, e.Create(t.Context(), record("a", "")))
	w.cut.Store(true)
	lost, forget := context.WithCancel(t.Context())
	defer forget()
	for i := range int64(2) { // as many as are sent without waiting for each other
		go func() { _, _ = e.Get(lost, "a") }()
		eventually(t, func() bool { return w.swallowed.Load() > i })
	}
	w.cut.Store(false)
	started := time.Now()
	eventually(t, func() bool {
		brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := e.Get(brief, "a")
		return err == nil
	})
	assert.Less(t, time.Since(started), 2*time.Second, "an answer may take three")
}
