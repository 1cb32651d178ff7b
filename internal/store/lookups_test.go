package store_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// held are rounds whose answers wait until they are let go.
type held struct {
	*store.Lookups
	left  chan int
	letGo chan struct{}
}

func newHeld(most int) *held {
	h := &held{left: make(chan int, 100), letGo: make(chan struct{})}
	h.Lookups = store.NewLookups(most, func(round store.Round) {
		h.left <- len(round.Lookups)
		<-h.letGo
		for _, asked := range round.Lookups {
			asked.Record.Value = []byte("of " + asked.Key)
		}
	})
	return h
}

func TestLookupsWaitForRoundsUnderWay(t *testing.T) {
	t.Parallel()
	h := newHeld(1)
	var all sync.WaitGroup
	ask := func(ctx context.Context, key string) {
		all.Go(func() {
			found, err := h.Get(ctx, key)
			assert.NoError(t, err)
			assert.Equal(t, "of "+key, string(found.Value))
		})
	}
	ask(t.Context(), "a")
	require.Equal(t, 1, <-h.left)

	// Who asks now and leaves has been in the next round.
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := h.Get(gone, "b")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)

	// After a while nobody waits for a round that does not end.
	require.Eventually(t, func() bool {
		brief, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		_, err := h.Get(brief, "c")
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		return len(h.left) > 0
	}, 10*time.Second, time.Millisecond)
	assert.Greater(t, <-h.left, 1, "who waited goes together")
	close(h.letGo)
	ask(t.Context(), "d")
	all.Wait()
}

func TestLookupsRefuseWhatIsNoName(t *testing.T) {
	t.Parallel()
	h := newHeld(1)
	_, err := h.Get(t.Context(), "no name")
	require.ErrorIs(t, err, store.ErrInvalid)
	assert.Empty(t, h.left)
}
