package storetest

import (
	"context"
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const ttl = 15 * time.Second

func (s suite) acquire(owner string) bool {
	s.Helper()
	held, err := s.engine.Acquire(s.Context(), "lease", owner, ttl)
	require.NoError(s, err)
	return held
}

func leaseExclusive(s suite) {
	assert.True(s, s.acquire("one"))
	assert.False(s, s.acquire("two"))
	assert.False(s, s.acquire("one"), "not even its owner takes it twice")
	other, err := s.engine.Acquire(s.Context(), "another", "two", ttl)
	require.NoError(s, err)
	assert.True(s, other, "leases of different names do not meet")
}

func leaseExpires(s suite) {
	require.True(s, s.acquire("one"))
	s.clock.Advance(ttl - time.Millisecond)
	assert.False(s, s.acquire("two"))
	s.clock.Advance(time.Millisecond)
	assert.True(s, s.acquire("two"))
}

func leaseRenew(s suite) {
	require.True(s, s.acquire("one"))
	s.clock.Advance(ttl - time.Second)
	assert.False(s, s.renew("two"))
	assert.True(s, s.renew("one"))
	s.clock.Advance(ttl - time.Second)
	assert.False(s, s.acquire("two"), "renewed")
	s.clock.Advance(time.Second)
	assert.False(s, s.renew("one"), "a lease that ran out is lost")
	assert.True(s, s.acquire("two"))
}

func (s suite) renew(owner string) bool {
	s.Helper()
	held, err := s.engine.Renew(s.Context(), "lease", owner, ttl)
	require.NoError(s, err)
	return held
}

func leaseRelease(s suite) {
	require.True(s, s.acquire("one"))
	require.NoError(s, s.engine.Release(s.Context(), "lease", "two"))
	assert.False(s, s.acquire("two"), "released by somebody else")
	require.NoError(s, s.engine.Release(s.Context(), "lease", "one"))
	assert.True(s, s.acquire("two"))
	require.NoError(s, s.engine.Release(s.Context(), "lease", "one"))
	assert.False(s, s.acquire("three"), "the former owner has no say")
}

func leaseRace(s suite) {
	won := race(func(i int) bool {
		held, err := s.engine.Acquire(s.Context(), "lease", "owner-"+strconv.Itoa(i), ttl)
		return held && err == nil
	})
	assert.Equal(s, 1, won)
}

// signalled waits for a signal; the limit is for an engine that never sends one.
func (s suite) signalled(changes <-chan struct{}) bool {
	s.Helper()
	select {
	case _, open := <-changes:
		return open
	case <-time.After(5 * time.Second):
		require.FailNow(s, "no signal came")
		return false
	}
}

func subscribe(s suite) {
	one, err := s.engine.Subscribe(s.Context(), "topic")
	require.NoError(s, err)
	two, err := s.engine.Subscribe(s.Context(), "topic")
	require.NoError(s, err)
	other, err := s.engine.Subscribe(s.Context(), "other")
	require.NoError(s, err)

	require.NoError(s, s.engine.Publish(s.Context(), "topic"))
	assert.True(s, s.signalled(one))
	assert.True(s, s.signalled(two))
	select {
	case <-other:
		assert.Fail(s, "a signal of another topic arrived")
	default:
	}
	require.NoError(s, s.engine.Publish(s.Context(), "nobody-listens"))
}

func subscribeSlow(s suite) {
	slow, err := s.engine.Subscribe(s.Context(), "topic")
	require.NoError(s, err)
	for range 100 {
		require.NoError(s, s.engine.Publish(s.Context(), "topic"))
	}
	assert.True(s, s.signalled(slow))
}

func subscribeEnds(s suite) {
	ctx, cancel := context.WithCancel(s.Context())
	ends, err := s.engine.Subscribe(ctx, "topic")
	require.NoError(s, err)
	stays, err := s.engine.Subscribe(s.Context(), "topic")
	require.NoError(s, err)
	cancel()
	assert.False(s, s.signalled(ends), "the channel is closed")
	require.NoError(s, s.engine.Publish(s.Context(), "topic"))
	assert.True(s, s.signalled(stays))
}
