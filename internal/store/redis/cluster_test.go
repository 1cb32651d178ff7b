package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// While a kind moves to another node, some of its keys are here and some there.
// What is asked meanwhile is answered rightly or refused: a group that looked
// empty would be signed out everywhere, and nobody be.
func TestClusterMovesAKind(t *testing.T) {
	t.Parallel()
	one, two := redistest.StartClusterOfTwo(t)
	e := mustOpen(t, one.URL()+"?cluster=true", nil)
	const r, group = "zapembed:{kind}:r:", "zapembed:{kind}:g:g"
	names := []string{"kind:0", "kind:1", "kind:2"}
	for _, name := range names {
		require.NoError(t, e.Create(t.Context(), record(name, "kind:g")))
	}
	require.NoError(t, e.Create(t.Context(), record("kind:alone", "")))

	move := redistest.StartMove(one, two, "{kind}")
	assert.Equal(t, names, listed(t, e), "nothing has moved yet")
	refusesWhileMoving(t, e)
	updated(t, e, "kind:0")

	move.Keys(r + "0")
	refusesGroup(t, e)
	refusesRecord(t, e, "kind:0")
	updated(t, e, "kind:1")

	move.Keys(group, r+"alone")
	refusesGroup(t, e)
	updated(t, e, "kind:0")
	refusesRecord(t, e, "kind:1")
	updated(t, e, "kind:alone")

	move.Keys(r+"1", r+"2")
	assert.Equal(t, names, listed(t, e), "all has moved, and the slot not yet")
	refusesWhileMoving(t, e)
	updated(t, e, "kind:1")

	move.Finish()
	require.NoError(t, e.Touch(t.Context(), "kind:0", time.Now().Add(time.Hour)), "a write is sent on to the new node")
	assert.Equal(t, names, listed(t, e))
	eventually(t, func() bool { // it has heard of the new place
		walked, err := walked(t.Context(), e)
		return err == nil && assert.Len(t, walked, 4)
	})
	next := record("kind:new", "kind:g")
	next.Version = 1
	require.NoError(t, e.Rotate(t.Context(), "kind:2", next))
	updated(t, e, "kind:new")
	require.NoError(t, e.Create(t.Context(), record("kind:late", "kind:g")))
	gone, err := e.DeleteGroup(t.Context(), "kind:g")
	require.NoError(t, err)
	assert.Equal(t, 4, gone)
	assert.Empty(t, listed(t, e))
	assert.Equal(t, int64(0), two.Do("exists", group))
	_, err = e.Get(t.Context(), "kind:1")
	require.ErrorIs(t, err, store.ErrNotFound)
}

func listed(t *testing.T, e *redis.Engine) (names []string) {
	t.Helper()
	records, err := e.List(t.Context(), "kind:g")
	require.NoError(t, err)
	for _, r := range records {
		names = append(names, r.Key)
	}
	return names
}

func walked(ctx context.Context, e *redis.Engine) (names []string, err error) {
	err = e.Walk(ctx, "kind", func(r store.Record) error { names = append(names, r.Key); return nil })
	return names, err
}

func updated(t *testing.T, e *redis.Engine, name string) {
	t.Helper()
	r, err := e.Get(t.Context(), name)
	require.NoError(t, err)
	_, err = e.Update(t.Context(), r)
	require.NoError(t, err)
	require.NoError(t, e.Touch(t.Context(), name, r.Expires))
}

// refusesRecord asserts that what concerns a record together with its group,
// which is elsewhere, is refused, and the record still there as it was.
func refusesRecord(t *testing.T, e *redis.Engine, name string) {
	t.Helper()
	r, err := e.Get(t.Context(), name)
	require.NoError(t, err)
	next := r
	next.Key = "kind:next"
	_, updating := e.Update(t.Context(), r)
	_, deleting := e.Delete(t.Context(), name)
	for call, err := range map[string]error{
		"update": updating, "delete": deleting,
		"touch": e.Touch(t.Context(), name, time.Now().Add(2*time.Hour)), "rotate": e.Rotate(t.Context(), name, next),
	} {
		require.ErrorIs(t, err, store.ErrUnavailable, call)
	}
	after, err := e.Get(t.Context(), name)
	require.NoError(t, err)
	require.Equal(t, r, after)
}

// refusesGroup asserts that nothing is said of a group that is in two places.
func refusesGroup(t *testing.T, e *redis.Engine) {
	t.Helper()
	_, err := e.List(t.Context(), "kind:g")
	require.ErrorIs(t, err, store.ErrUnavailable)
	_, err = e.DeleteGroup(t.Context(), "kind:g")
	require.ErrorIs(t, err, store.ErrUnavailable)
	refusesWhileMoving(t, e)
}

// refusesWhileMoving is what is refused until the kind has moved: a new record
// of a group, which neither node has, and a walk, which would see one node's.
func refusesWhileMoving(t *testing.T, e *redis.Engine) {
	t.Helper()
	require.ErrorIs(t, e.Create(t.Context(), record("kind:other", "kind:g")), store.ErrUnavailable)
	_, err := walked(t.Context(), e)
	require.ErrorIs(t, err, store.ErrUnavailable)
}
