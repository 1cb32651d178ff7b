package storetest

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// notes is a collection on the engine, sealed with the keys of a list.
func (s suite) notes(keys string) *store.Collection[string] {
	s.Helper()
	ring, err := store.ParseKeys(keys)
	require.NoError(s, err)
	return store.NewCollection[string](s.engine, ring, "note")
}

// swapped: a record that answers for another one does not open, be it a row
// that somebody exchanged or an answer that came out of step (R-26, L15).
func swapped(s suite) {
	notes := s.notes(store.NewKey())
	require.NoError(s, notes.Create(s.Context(), "alice", "", "of alice", s.record("a", "", "").Expires))
	require.NoError(s, notes.Create(s.Context(), "bob", "", "of bob", s.record("a", "", "").Expires))
	var rows []store.Record
	require.NoError(s, s.engine.Walk(s.Context(), "note", func(r store.Record) error { rows = append(rows, r); return nil }))
	require.Len(s, rows, 2)
	rows[0].Value, rows[1].Value = rows[1].Value, rows[0].Value
	for _, r := range rows {
		_, err := s.engine.Update(s.Context(), r)
		require.NoError(s, err)
	}
	for _, id := range []string{"alice", "bob"} {
		_, _, err := notes.Get(s.Context(), id)
		require.ErrorIs(s, err, store.ErrCorrupt, id)
		require.NotErrorIs(s, err, store.ErrNotFound, id)
	}
}

// keysRotate: the old key alone, then both, then the new one alone.
func keysRotate(s suite) {
	ctx, oldKey, newKey := s.Context(), store.NewKey(), store.NewKey()
	expires := s.record("a", "", "").Expires
	require.NoError(s, s.notes(oldKey).Create(ctx, "used", "g", "one", expires))
	require.NoError(s, s.notes(oldKey).Create(ctx, "idle", "g", "one", expires))
	_, err := s.notes(newKey+","+oldKey).Modify(ctx, "used", func(text *string) error { *text = "two"; return nil }, nil)
	require.NoError(s, err)

	text, _, err := s.notes(newKey).Get(ctx, "used")
	require.NoError(s, err, "the first write after the rotation sealed it anew")
	assert.Equal(s, "two", text)
	_, _, err = s.notes(newKey).Get(ctx, "idle")
	require.ErrorIs(s, err, store.ErrCorrupt)
}
