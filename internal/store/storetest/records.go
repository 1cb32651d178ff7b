package storetest

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// racers is how many goroutines want the same thing at once.
const racers = 16

// race runs fn in many goroutines that start together and returns how many of
// them said true.
func race(fn func(i int) bool) int {
	var won atomic.Int64
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range racers {
		all.Go(func() {
			<-start
			if fn(i) {
				won.Add(1)
			}
		})
	}
	close(start)
	all.Wait()
	return int(won.Load())
}

func createOnce(s suite) {
	r := s.have("a", "g", "one")
	assert.Equal(s, int64(1), r.Version)
	assert.Equal(s, "g", r.Group)
	assert.Equal(s, "one", string(r.Value))
	assert.True(s, r.Expires.Equal(s.clock.Now().Add(time.Hour)), "the lifetime is kept: %v", r.Expires)

	require.ErrorIs(s, s.engine.Create(s.Context(), s.record("a", "g", "two")), store.ErrExists)
	assert.Equal(s, "one", s.value("a"))
}

func createOverExpired(s suite) {
	s.have("a", "g", "one")
	s.clock.Advance(2 * time.Hour)
	r := s.have("a", "h", "two")
	assert.Equal(s, int64(1), r.Version)
	assert.Equal(s, "h", r.Group)
	assert.Equal(s, "two", string(r.Value))
}

func sizes(s suite) {
	for name, size := range map[string]int{"empty": 0, "sixtyfour-kib": 64 << 10, "limit": store.MaxValue} {
		want := bytes.Repeat([]byte{0xff, 0, 'x'}, size/3+1)[:size]
		r := s.record(name, "", "")
		r.Value = want
		require.NoError(s, s.engine.Create(s.Context(), r), name)
		assert.True(s, s.value(name) == string(want), "%s comes back as it was", name)
	}
	r := s.record("over", "", "")
	r.Value = make([]byte, store.MaxValue+1)
	require.ErrorIs(s, s.engine.Create(s.Context(), r), store.ErrTooLarge)
	s.gone("over")

	r.Key, r.Version = "empty", 1
	_, err := s.engine.Update(s.Context(), r)
	require.ErrorIs(s, err, store.ErrTooLarge)
}

// names: no engine builds a path or a query from a name it did not check (L14).
func names(s suite) {
	ctx, e := s.Context(), s.engine
	for _, bad := range []string{"", "a b", "../a", "a/b", "a*", "a\x00", "ä", "a'--", strings.Repeat("k", 201)} {
		for call, err := range map[string]error{
			"create":       e.Create(ctx, s.record(bad, "", "v")),
			"get":          second(e.Get(ctx, bad)),
			"update":       second(e.Update(ctx, s.record(bad, "", "v"))),
			"touch":        e.Touch(ctx, bad, s.clock.Now()),
			"rotate from":  e.Rotate(ctx, bad, s.record("a", "", "v")),
			"rotate to":    e.Rotate(ctx, "a", s.record(bad, "", "v")),
			"delete":       second(e.Delete(ctx, bad)),
			"list":         second(e.List(ctx, bad)),
			"delete group": second(e.DeleteGroup(ctx, bad)),
			"walk":         e.Walk(ctx, bad, func(store.Record) error { return nil }),
			"acquire":      second(e.Acquire(ctx, bad, "o", time.Second)),
			"acquire as":   second(e.Acquire(ctx, "n", bad, time.Second)),
			"renew":        second(e.Renew(ctx, bad, "o", time.Second)),
			"release":      e.Release(ctx, bad, "o"),
			"publish":      e.Publish(ctx, bad),
			"subscribe":    second(e.Subscribe(ctx, bad)),
		} {
			assert.ErrorIs(s, err, store.ErrInvalid, "%s %q", call, bad)
		}
	}
	assert.ErrorIs(s, e.Create(ctx, s.record("a", "a b", "v")), store.ErrInvalid)
	s.have("Aa0:._-"+strings.Repeat("k", 193), "Aa0:._-", "v")
}

func second[T any](_ T, err error) error { return err }

func needsLifetime(s suite) {
	r := s.record("a", "", "v")
	r.Expires = time.Time{}
	require.ErrorIs(s, s.engine.Create(s.Context(), r), store.ErrInvalid)
	s.gone("a")
}

// kinds: an engine may keep different kinds on different servers.
func kinds(s suite) {
	require.ErrorIs(s, s.engine.Create(s.Context(), s.record("one:a", "two:g", "v")), store.ErrInvalid)
	s.have("one:a", "one:g", "v")
	next := s.record("two:a", "", "v")
	next.Version = 1
	require.ErrorIs(s, s.engine.Rotate(s.Context(), "one:a", next), store.ErrInvalid)
	assert.Equal(s, "v", s.value("one:a"))
	s.have(":a", ":g", "without a kind")
	assert.Equal(s, []string{":a"}, s.keys(":g"))
	s.gone("a")
}

func lifetime(s suite) {
	s.have("a", "", "v")
	s.clock.Advance(time.Hour - time.Millisecond)
	assert.Equal(s, "v", s.value("a"))
	s.clock.Advance(time.Millisecond)
	s.gone("a")

	r := s.record("a", "", "again")
	r.Version = 1
	_, err := s.engine.Update(s.Context(), r)
	require.ErrorIs(s, err, store.ErrNotFound, "an expired record is not updated")
	require.ErrorIs(s, s.engine.Touch(s.Context(), "a", r.Expires), store.ErrNotFound)
	require.ErrorIs(s, s.engine.Rotate(s.Context(), "a", r), store.ErrNotFound)
	won, err := s.engine.Delete(s.Context(), "a")
	require.NoError(s, err)
	assert.False(s, won, "an expired record cannot be taken")
}

func update(s suite) {
	r := s.have("a", "g", "one")
	r.Value, r.Expires = []byte("two"), r.Expires.Add(time.Hour)
	version, err := s.engine.Update(s.Context(), r)
	require.NoError(s, err)
	assert.Equal(s, int64(2), version)

	s.clock.Advance(90 * time.Minute)
	got, err := s.engine.Get(s.Context(), "a")
	require.NoError(s, err)
	assert.Equal(s, "two", string(got.Value))
	assert.Equal(s, int64(2), got.Version)
	assert.Equal(s, "g", got.Group, "the group stays")

	_, err = s.engine.Update(s.Context(), r)
	require.ErrorIs(s, err, store.ErrConflict, "version 1 is past")
	assert.Equal(s, "two", s.value("a"))
}

// getTogether has many look at the same moment, which an engine may do in one
// go: everybody gets the record that was asked for.
func getTogether(s suite) {
	const many = 50
	for i := range many {
		s.have("kind:"+strconv.Itoa(i), "", "value "+strconv.Itoa(i))
	}
	var all sync.WaitGroup
	for i := range 2 * many { // every second one is not there
		all.Go(func() {
			found, err := s.engine.Get(s.Context(), "kind:"+strconv.Itoa(i))
			if i >= many {
				assert.ErrorIs(s, err, store.ErrNotFound)
				return
			}
			assert.NoError(s, err)
			assert.Equal(s, "value "+strconv.Itoa(i), string(found.Value))
		})
	}
	all.Wait()
}

// getAfter says that, whatever looks are under way, an answer is never older
// than its question: R-23 rests on it.
func getAfter(s suite) {
	r := s.have("a", "", "one")
	ctx, stop := context.WithCancel(s.Context())
	var others sync.WaitGroup
	for range racers {
		others.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.engine.Get(ctx, "a")
			}
		})
	}
	defer others.Wait()
	defer stop()
	for r.Version = 1; r.Version < 50; {
		var err error
		r.Version, err = s.engine.Update(s.Context(), r)
		require.NoError(s, err)
		found, err := s.engine.Get(s.Context(), "a")
		require.NoError(s, err)
		require.Equal(s, r.Version, found.Version)
	}
	_, err := s.engine.Delete(s.Context(), "a")
	require.NoError(s, err)
	s.gone("a")
}

// updateNeverCreates is the engine's share of R-23.
func updateNeverCreates(s suite) {
	r := s.have("a", "", "one")
	won, err := s.engine.Delete(s.Context(), "a")
	require.NoError(s, err)
	require.True(s, won)
	_, err = s.engine.Update(s.Context(), r)
	require.ErrorIs(s, err, store.ErrNotFound)
	s.gone("a")
}

func updateEnds(s suite) {
	r := s.have("a", "g", "one")
	r.Expires = s.clock.Now()
	_, err := s.engine.Update(s.Context(), r)
	require.NoError(s, err)
	s.gone("a")
	left, err := s.engine.List(s.Context(), "g")
	require.NoError(s, err)
	assert.Empty(s, left)
}

func updateRace(s suite) {
	r := s.have("a", "", "one")
	var odd atomic.Int64
	won := race(func(int) bool {
		_, err := s.engine.Update(s.Context(), r)
		if err != nil && !errors.Is(err, store.ErrConflict) {
			odd.Add(1)
		}
		return err == nil
	})
	assert.Equal(s, 1, won)
	assert.Zero(s, odd.Load(), "the others are told of a conflict")
}

func touch(s suite) {
	r := s.have("a", "", "one")
	require.NoError(s, s.engine.Touch(s.Context(), "a", r.Expires.Add(time.Hour)))
	s.clock.Advance(90 * time.Minute)
	got, err := s.engine.Get(s.Context(), "a")
	require.NoError(s, err)
	assert.Equal(s, r.Version, got.Version)
	assert.Equal(s, "one", string(got.Value))

	require.ErrorIs(s, s.engine.Touch(s.Context(), "none", r.Expires), store.ErrNotFound)
	s.gone("none")
}

// rotate is the engine's share of R-21: the old id is dead at once.
func rotate(s suite) {
	r := s.have("old", "g", "one")
	next := s.record("new", "h", "two")
	next.Version = r.Version
	require.NoError(s, s.engine.Rotate(s.Context(), "old", next))
	s.gone("old")
	got, err := s.engine.Get(s.Context(), "new")
	require.NoError(s, err)
	assert.Equal(s, int64(1), got.Version)
	assert.Equal(s, "h", got.Group)
	assert.Equal(s, "two", string(got.Value))
}

func rotateRefuses(s suite) {
	s.have("old", "", "one")
	s.have("taken", "", "other")
	stale := s.record("new", "", "two")
	stale.Version = 7
	require.ErrorIs(s, s.engine.Rotate(s.Context(), "old", stale), store.ErrConflict)
	s.gone("new")

	taken := s.record("taken", "", "two")
	taken.Version = 1
	require.ErrorIs(s, s.engine.Rotate(s.Context(), "old", taken), store.ErrExists)
	require.ErrorIs(s, s.engine.Rotate(s.Context(), "none", taken), store.ErrNotFound)
	assert.Equal(s, "one", s.value("old"))
	assert.Equal(s, "other", s.value("taken"))
}

func rotateInPlace(s suite) {
	r := s.have("a", "g", "one")
	_, err := s.engine.Update(s.Context(), r)
	require.NoError(s, err)
	next := s.record("a", "h", "two")
	next.Version = 2
	require.NoError(s, s.engine.Rotate(s.Context(), "a", next))
	got, err := s.engine.Get(s.Context(), "a")
	require.NoError(s, err)
	assert.Equal(s, "two", string(got.Value))
	assert.Equal(s, int64(1), got.Version)
	assert.Empty(s, s.keys("g"))
	assert.Equal(s, []string{"a"}, s.keys("h"))
}

func rotateRace(s suite) {
	s.have("old", "", "one")
	won := race(func(i int) bool {
		next := s.record("new-"+string(rune('a'+i)), "all", "two")
		next.Version = 1
		return s.engine.Rotate(s.Context(), "old", next) == nil
	})
	assert.Equal(s, 1, won)
	made, err := s.engine.List(s.Context(), "all")
	require.NoError(s, err)
	assert.Len(s, made, 1)
}

func deleteWinner(s suite) {
	s.have("a", "", "one")
	won := race(func(int) bool {
		ok, err := s.engine.Delete(s.Context(), "a")
		return ok && err == nil
	})
	assert.Equal(s, 1, won)
	s.gone("a")
}

func list(s suite) {
	s.have("c", "g", "3")
	s.have("a", "g", "1")
	s.have("other", "h", "x")
	s.have("none", "", "x")
	short := s.record("b", "g", "2")
	short.Expires = s.clock.Now().Add(time.Minute)
	require.NoError(s, s.engine.Create(s.Context(), short))

	assert.Equal(s, []string{"a", "b", "c"}, s.keys("g"))
	s.clock.Advance(time.Minute)
	assert.Equal(s, []string{"a", "c"}, s.keys("g"))
	assert.Empty(s, s.keys("empty"))
}

// listRotating: whoever signs in elsewhere meanwhile is in the list, under the
// one id or the other.
func listRotating(s suite) {
	s.have("kind:a", "kind:g", "v")
	done := make(chan error, 1)
	go func() {
		var err error
		names := []string{"kind:a", "kind:b"}
		for i := 0; i < 50 && err == nil; i++ {
			next := s.record(names[(i+1)%2], "kind:g", "v")
			next.Version = 1
			err = s.engine.Rotate(s.Context(), names[i%2], next)
		}
		done <- err
	}()
	for {
		require.Len(s, s.keys("kind:g"), 1)
		select {
		case err := <-done:
			require.NoError(s, err)
			return
		default:
		}
	}
}

func (s suite) keys(group string) []string {
	s.Helper()
	records, err := s.engine.List(s.Context(), group)
	require.NoError(s, err)
	var keys []string
	for _, r := range records {
		keys = append(keys, r.Key)
	}
	return keys
}

func groupFollows(s suite) {
	r := s.have("updated", "g", "v")
	for _, key := range []string{"touched", "rotated", "deleted", "over"} {
		s.have(key, "g", "v")
	}
	later := s.clock.Now().Add(3 * time.Hour)
	r.Expires = later
	_, err := s.engine.Update(s.Context(), r)
	require.NoError(s, err)
	require.NoError(s, s.engine.Touch(s.Context(), "touched", later))
	next := s.record("next", "h", "v")
	next.Version, next.Expires = 1, later
	require.NoError(s, s.engine.Rotate(s.Context(), "rotated", next))
	_, err = s.engine.Delete(s.Context(), "deleted")
	require.NoError(s, err)

	s.clock.Advance(2 * time.Hour)
	s.have("over", "h", "v")
	s.have("fresh", "g", "v")
	assert.Equal(s, []string{"fresh", "touched", "updated"}, s.keys("g"))
	assert.Equal(s, []string{"next", "over"}, s.keys("h"))
	require.NoError(s, s.engine.Touch(s.Context(), "touched", s.clock.Now()))
	n, err := s.engine.DeleteGroup(s.Context(), "g")
	require.NoError(s, err)
	assert.Equal(s, 2, n)
	assert.Equal(s, []string{"next", "over"}, s.keys("h"))
}

func deleteGroup(s suite) {
	s.have("a", "g", "1")
	s.have("b", "g", "2")
	s.have("c", "h", "3")
	n, err := s.engine.DeleteGroup(s.Context(), "g")
	require.NoError(s, err)
	assert.Equal(s, 2, n)
	s.gone("a")
	s.gone("b")
	assert.Equal(s, "3", s.value("c"))
	n, err = s.engine.DeleteGroup(s.Context(), "g")
	require.NoError(s, err)
	assert.Zero(s, n)
}

// walk: more records than an engine reads at a time, of a kind whose name
// begins like another's.
func walk(s suite) {
	want := []string{}
	for i := range 250 {
		key := "kind:" + strconv.Itoa(i)
		want = append(want, key)
		require.NoError(s, s.engine.Create(s.Context(), s.record(key, "kind:g", "v")))
	}
	s.have("kinder:a", "", "v")
	s.have("kin:a", "", "v")
	s.have("kind", "", "v")
	short := s.record("kind:short", "", "v")
	short.Expires = s.clock.Now().Add(time.Minute)
	require.NoError(s, s.engine.Create(s.Context(), short))
	s.clock.Advance(time.Minute)

	met := []string{}
	require.NoError(s, s.engine.Walk(s.Context(), "kind", func(r store.Record) error {
		met = append(met, r.Key)
		assert.Equal(s, "kind:g v 1", r.Group+" "+string(r.Value)+" "+strconv.FormatInt(r.Version, 10))
		_, err := s.engine.Delete(s.Context(), r.Key) // the function may write
		return err
	}))
	assert.ElementsMatch(s, want, met)
	require.NoError(s, s.engine.Walk(s.Context(), "kind", func(store.Record) error { return errors.New("there is none left") }))
	assert.Equal(s, "v", s.value("kinder:a"))
}

func walkEnds(s suite) {
	s.have("kind:a", "", "v")
	s.have("kind:b", "", "v")
	enough, calls := errors.New("enough"), 0
	err := s.engine.Walk(s.Context(), "kind", func(store.Record) error { calls++; return enough })
	assert.Equal(s, enough, err)
	assert.Equal(s, 1, calls)
}

func sweep(s suite) {
	s.have("long", "", "v")
	for _, key := range []string{"short-1", "short-2"} {
		r := s.record(key, "g", "v")
		r.Expires = s.clock.Now().Add(time.Minute)
		require.NoError(s, s.engine.Create(s.Context(), r))
	}
	held, err := s.engine.Acquire(s.Context(), "lease", "me", time.Hour)
	require.NoError(s, err)
	require.True(s, held)

	s.clock.Advance(2 * time.Minute)
	n, err := s.engine.Sweep(s.Context())
	require.NoError(s, err)
	assert.Contains(s, []int{0, 2}, n, "those it removed itself")
	assert.Equal(s, "v", s.value("long"))
	s.gone("short-1")
	still, err := s.engine.Renew(s.Context(), "lease", "me", time.Hour)
	require.NoError(s, err)
	assert.True(s, still, "a live lease is not swept")
}

// cancelled: a request that is over waits for nothing, and its caller can
// tell that from trouble of the engine.
func cancelled(s suite) {
	r := s.have("a", "g", "v")
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	e := s.engine
	for call, err := range map[string]error{
		"create":       e.Create(ctx, s.record("b", "", "v")),
		"get":          second(e.Get(ctx, "a")),
		"update":       second(e.Update(ctx, r)),
		"touch":        e.Touch(ctx, "a", r.Expires),
		"rotate":       e.Rotate(ctx, "a", r),
		"delete":       second(e.Delete(ctx, "a")),
		"list":         second(e.List(ctx, "g")),
		"delete group": second(e.DeleteGroup(ctx, "g")),
		"walk":         e.Walk(ctx, "a", func(store.Record) error { return nil }),
		"acquire":      second(e.Acquire(ctx, "n", "o", time.Second)),
		"renew":        second(e.Renew(ctx, "n", "o", time.Second)),
		"release":      e.Release(ctx, "n", "o"),
		"publish":      e.Publish(ctx, "t"),
		"subscribe":    second(e.Subscribe(ctx, "t")),
		"sweep":        second(e.Sweep(ctx)),
		"ping":         e.Ping(ctx),
	} {
		assert.ErrorIs(s, err, store.ErrUnavailable, call)
		assert.ErrorIs(s, err, context.Canceled, call)
	}
	assert.Equal(s, "v", s.value("a"))
	s.gone("b")
}

func ping(s suite) { require.NoError(s, s.engine.Ping(s.Context())) }

// closeTwice is the engine's share of R-27: trouble is never "not found".
func closeTwice(s suite) {
	s.have("a", "g", "v")
	changes, err := s.engine.Subscribe(s.Context(), "t")
	require.NoError(s, err)
	require.NoError(s, s.engine.Close())
	require.NoError(s, s.engine.Close())
	_, open := <-changes
	assert.False(s, open, "subscriptions end with the engine")

	ctx, e := s.Context(), s.engine
	for call, err := range map[string]error{
		"create":    e.Create(ctx, s.record("b", "", "v")),
		"get":       second(e.Get(ctx, "a")),
		"delete":    second(e.Delete(ctx, "a")),
		"list":      second(e.List(ctx, "g")),
		"acquire":   second(e.Acquire(ctx, "n", "o", time.Second)),
		"publish":   e.Publish(ctx, "t"),
		"subscribe": second(e.Subscribe(ctx, "t")),
		"ping":      e.Ping(ctx),
	} {
		assert.ErrorIs(s, err, store.ErrUnavailable, call)
		assert.NotErrorIs(s, err, store.ErrNotFound, call)
	}
}
