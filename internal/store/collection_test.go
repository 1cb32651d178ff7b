package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
	"github.com/zapembed/zapembed/internal/store/storetest"
)

type note struct {
	Text  string
	Count int
}

type bench struct {
	clock  *storetest.Clock
	engine store.Engine
	keys   *store.Keyring
	notes  *store.Collection[note]
}

func newBench(t *testing.T) bench {
	t.Helper()
	clock := storetest.NewClock()
	engine, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"), clock.Now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	keys := mustParse(t, store.NewKey())
	return bench{clock, engine, keys, store.NewCollection[note](engine, keys, "note")}
}

func (b bench) hour() time.Time { return b.clock.Now().Add(time.Hour) }

func (b bench) have(t *testing.T, id, group string, n note) {
	t.Helper()
	require.NoError(t, b.notes.Create(t.Context(), id, group, n, b.hour()))
}

// recorder is an engine that keeps what is written to it.
type recorder struct {
	store.Engine
	written []store.Record
}

func (r *recorder) Create(ctx context.Context, rec store.Record) error {
	r.written = append(r.written, rec)
	return r.Engine.Create(ctx, rec)
}

// A copy of the database holds no usable cookie, no user id and no value.
func TestTheEngineSeesNoSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	engine := &recorder{Engine: b.engine}
	notes := store.NewCollection[note](engine, b.keys, "note")
	require.NoError(t, notes.Create(t.Context(), "bearer-id", "user-17", note{Text: "refresh token"}, b.hour()))
	require.Len(t, engine.written, 1)
	r := engine.written[0]
	for _, secret := range []string{"bearer-id", "user-17", "refresh token"} {
		assert.NotContains(t, r.Key+" "+r.Group+" "+string(r.Value), secret)
	}
	assert.True(t, strings.HasPrefix(r.Key, "note:") && strings.HasPrefix(r.Group, "note:"))
}

func TestCreateGetUpdate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	b.have(t, "a", "", note{Text: "one"})
	require.ErrorIs(t, b.notes.Create(ctx, "a", "", note{}, b.hour()), store.ErrExists)
	require.ErrorIs(t, b.notes.Create(ctx, "", "", note{}, b.hour()), store.ErrInvalid)

	n, version, err := b.notes.Get(ctx, "a")
	require.NoError(t, err)
	assert.Equal(t, note{Text: "one"}, n)
	version, err = b.notes.Update(ctx, "a", note{Text: "two"}, version, b.hour())
	require.NoError(t, err)
	assert.Equal(t, int64(2), version)
	_, err = b.notes.Update(ctx, "a", note{Text: "three"}, 1, b.hour())
	require.ErrorIs(t, err, store.ErrConflict)

	_, _, err = b.notes.Get(ctx, "b")
	require.ErrorIs(t, err, store.ErrNotFound)
	other := store.NewCollection[note](b.engine, b.keys, "other")
	_, _, err = other.Get(ctx, "a")
	require.ErrorIs(t, err, store.ErrNotFound, "kinds do not meet")
}

// R-26, L15: a record that answers for another one does not open.
func TestSwappedRecordsRefuse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	b.have(t, "alice", "", note{Text: "of alice"})
	b.have(t, "bob", "", note{Text: "of bob"})
	swap(t, b, "alice", "bob")

	for _, id := range []string{"alice", "bob"} {
		_, _, err := b.notes.Get(ctx, id)
		require.ErrorIs(t, err, store.ErrCorrupt, id)
		require.NotErrorIs(t, err, store.ErrNotFound, id)
	}
}

// swap exchanges the sealed values of two notes in the engine.
func swap(t *testing.T, b bench, one, two string) {
	t.Helper()
	names := &recorder{Engine: b.engine}
	notes := store.NewCollection[note](names, b.keys, "note")
	var found []store.Record
	for i, id := range []string{one, two} {
		require.ErrorIs(t, notes.Create(t.Context(), id, "", note{}, b.hour()), store.ErrExists)
		r, err := b.engine.Get(t.Context(), names.written[i].Key)
		require.NoError(t, err)
		found = append(found, r)
	}
	found[0].Value, found[1].Value = found[1].Value, found[0].Value
	for _, r := range found {
		_, err := b.engine.Update(t.Context(), r)
		require.NoError(t, err)
	}
}

// old key, both keys, then without the old one.
func TestRecordsSurviveKeyRotation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	oldKey, newKey := store.NewKey(), store.NewKey()
	with := func(list string) *store.Collection[note] {
		return store.NewCollection[note](b.engine, mustParse(t, list), "note")
	}
	require.NoError(t, with(oldKey).Create(ctx, "kept", "g", note{Text: "kept"}, b.hour()))
	require.NoError(t, with(oldKey).Create(ctx, "left", "g", note{Text: "left"}, b.hour()))

	count := func(n *note) error { n.Count++; return nil }
	_, err := with(newKey+","+oldKey).Modify(ctx, "kept", count, nil)
	require.NoError(t, err, "the next write seals with the new key")

	n, _, err := with(newKey).Get(ctx, "kept")
	require.NoError(t, err)
	assert.Equal(t, note{"kept", 1}, n)
	_, _, err = with(newKey).Get(ctx, "left")
	require.ErrorIs(t, err, store.ErrCorrupt)
	items, err := with(newKey).List(ctx, "g")
	require.NoError(t, err)
	assert.Len(t, items, 1, "what does not open does not hide the others")
}

func TestRecordThatDoesNotDecode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	lists := store.NewCollection[[]int](b.engine, b.keys, "note")
	require.NoError(t, lists.Create(t.Context(), "a", "", []int{1}, b.hour()))
	_, _, err := b.notes.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrCorrupt)
}

func TestTakeHasOneWinner(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.have(t, "a", "", note{Text: "one"})
	var mu sync.Mutex
	var won []note
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			n, err := b.notes.Take(t.Context(), "a")
			if err == nil {
				mu.Lock()
				defer mu.Unlock()
				won = append(won, n)
				return
			}
			assert.ErrorIs(t, err, store.ErrNotFound)
		})
	}
	all.Wait()
	assert.Equal(t, []note{{Text: "one"}}, won)
}

func TestModifyLosesNoWrite(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.have(t, "a", "", note{})
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() {
			_, err := b.notes.Modify(t.Context(), "a", func(n *note) error { n.Count++; return nil }, nil)
			assert.NoError(t, err)
		})
	}
	all.Wait()
	n, version, err := b.notes.Get(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, 12, n.Count)
	assert.Equal(t, int64(13), version)
}

func TestModifyOutcomes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	b.have(t, "a", "", note{Text: "one"})
	set := func(text string, err error) func(*note) error {
		return func(n *note) error { n.Text = text; return err }
	}

	item, err := b.notes.Modify(ctx, "a", set("two", nil), func(n note) time.Time {
		assert.Equal(t, "two", n.Text, "the lifetime may depend on the new value")
		return b.clock.Now().Add(2 * time.Hour)
	})
	require.NoError(t, err)
	assert.Equal(t, store.Item[note]{Value: note{Text: "two"}, Version: 2, Expires: b.clock.Now().Add(2 * time.Hour)}, item)

	_, err = b.notes.Modify(ctx, "a", set("three", store.ErrUnchanged), nil)
	require.NoError(t, err)
	refusal := errors.New("refused")
	_, err = b.notes.Modify(ctx, "a", set("four", refusal), nil)
	require.ErrorIs(t, err, refusal)

	got, err := b.notes.Item(ctx, "a")
	require.NoError(t, err)
	assert.Equal(t, "two", got.Value.Text, "nothing was written")
	assert.Equal(t, int64(2), got.Version)
	assert.True(t, got.Expires.Equal(b.clock.Now().Add(2*time.Hour)))

	_, err = b.notes.Modify(ctx, "none", set("x", nil), nil)
	require.ErrorIs(t, err, store.ErrNotFound)
}

// contested is an engine on which somebody else is always quicker.
type contested struct{ store.Engine }

func (contested) Update(context.Context, store.Record) (int64, error) { return 0, store.ErrConflict }

func TestModifyGivesUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.have(t, "a", "", note{})
	notes := store.NewCollection[note](contested{b.engine}, b.keys, "note")
	tries := 0
	_, err := notes.Modify(t.Context(), "a", func(*note) error { tries++; return nil }, nil)
	require.ErrorIs(t, err, store.ErrConflict)
	assert.Equal(t, 20, tries)

	ctx, cancel := context.WithCancel(t.Context())
	_, err = notes.Modify(ctx, "a", func(*note) error { cancel(); return nil }, nil)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, store.ErrUnavailable)
}

func TestWalkMeetsWhatOpens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.have(t, "a", "g", note{Text: "one"})
	b.have(t, "b", "", note{Text: "two"})
	stranger := store.NewCollection[note](b.engine, mustParse(t, store.NewKey()), "note")
	require.NoError(t, stranger.Create(t.Context(), "c", "", note{Text: "of another key"}, b.hour()))

	var met []string
	require.NoError(t, b.notes.Walk(t.Context(), func(item store.Item[note]) error {
		assert.True(t, item.Expires.Equal(b.hour()))
		met = append(met, item.Value.Text)
		return nil
	}))
	assert.ElementsMatch(t, []string{"one", "two"}, met)
	enough := errors.New("enough")
	require.ErrorIs(t, b.notes.Walk(t.Context(), func(store.Item[note]) error { return enough }), enough)
}

// DeleteWhere leaves what fn does not mean, what does not open, and other groups.
func TestDeleteWhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.have(t, "one", "g", note{Count: 1})
	b.have(t, "two", "g", note{Count: 2})
	b.have(t, "other", "h", note{Count: 1})
	strangers := store.NewCollection[note](b.engine, mustParse(t, store.NewKey()), "note")
	require.NoError(t, strangers.Create(t.Context(), "strange", "g", note{Count: 1}, b.hour()))
	deleted, err := b.notes.DeleteWhere(t.Context(), "g", func(n note) bool { return n.Count == 1 })
	require.NoError(t, err)
	assert.Equal(t, 1, deleted)
	_, _, err = b.notes.Get(t.Context(), "one")
	require.ErrorIs(t, err, store.ErrNotFound)
	for _, id := range []string{"two", "other"} {
		_, _, err = b.notes.Get(t.Context(), id)
		require.NoError(t, err, id)
	}
	_, _, err = strangers.Get(t.Context(), "strange")
	require.NoError(t, err)
}

func TestRotateListTouchDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := t.Context()
	b.have(t, "old", "", note{Text: "one"})
	require.ErrorIs(t, b.notes.Rotate(ctx, "old", 5, "new", "g", note{}, b.hour()), store.ErrConflict)
	require.NoError(t, b.notes.Rotate(ctx, "old", 1, "new", "g", note{Text: "two"}, b.hour()))
	_, _, err := b.notes.Get(ctx, "old")
	require.ErrorIs(t, err, store.ErrNotFound)

	b.have(t, "more", "g", note{Text: "three"})
	items, err := b.notes.List(ctx, "g")
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"two", "three"}, []string{items[0].Value.Text, items[1].Value.Text})

	require.NoError(t, b.notes.Touch(ctx, "new", b.clock.Now().Add(3*time.Hour)))
	b.clock.Advance(2 * time.Hour)
	_, version, err := b.notes.Get(ctx, "new")
	require.NoError(t, err)
	assert.Equal(t, int64(1), version)

	won, err := b.notes.Delete(ctx, "new")
	require.NoError(t, err)
	assert.True(t, won)
	b.have(t, "last", "g", note{})
	n, err := b.notes.DeleteGroup(ctx, "g")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}
