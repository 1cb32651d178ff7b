package store_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
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

// late is longer than anybody waits for a round that does not end.
const late = 51 * time.Millisecond

func TestLookupsWaitForRoundsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(1)
		var all sync.WaitGroup
		ask := func(key string) {
			all.Go(func() {
				found, err := h.Get(t.Context(), key)
				assert.NoError(t, err)
				assert.Equal(t, "of "+key, string(found.Value))
			})
			synctest.Wait()
		}
		ask("a")
		require.Equal(t, 1, <-h.left)
		ask("b")
		ask("c")
		assert.Empty(t, h.left)

		time.Sleep(late)
		ask("d")
		assert.Equal(t, 3, <-h.left, "who waited goes together")
		ask("e")
		assert.Empty(t, h.left)
		close(h.letGo)
		all.Wait()
		assert.Equal(t, 1, <-h.left)
	})
}

// Somebody may leave when their look-up waits for its round, or when that is under way. The others stay.
func TestLookupsOfWhoLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeld(1)
		ctx, leave := context.WithCancel(t.Context())
		errs := make(chan error, 2)
		for _, key := range []string{"a", "b"} {
			go func() {
				_, err := h.Get(ctx, key)
				errs <- err
			}()
			synctest.Wait()
		}
		assert.Equal(t, 1, <-h.left)
		assert.Empty(t, h.left)
		leave()
		for range cap(errs) {
			err := <-errs
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorIs(t, err, context.Canceled)
		}
		stays := make(chan store.Record, 1)
		go func() {
			found, err := h.Get(t.Context(), "c")
			assert.NoError(t, err)
			stays <- found
		}()
		synctest.Wait()
		close(h.letGo)
		assert.Equal(t, "of c", string((<-stays).Value))
		assert.Equal(t, 2, <-h.left, "it goes with the one that nobody waits for any more")
	})
}

func TestLookupsAreNotMadeForWhoIsGone(t *testing.T) {
	t.Parallel()
	h := newHeld(1)
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err := h.Get(gone, "a")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, h.left)
}

func TestLookupsRefuseWhatIsNoName(t *testing.T) {
	t.Parallel()
	h := newHeld(1)
	_, err := h.Get(t.Context(), "no name")
	require.ErrorIs(t, err, store.ErrInvalid)
	assert.Empty(t, h.left)
}
