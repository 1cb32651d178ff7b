package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// impatient is how long a call may take while the engine is down.
	impatient = 100 * time.Millisecond
	// soon bounds how much longer it may take to come back.
	soon = 5 * time.Second
)

// OpenFailing makes an empty engine, and a way to make it unable to write and
// well again without being opened anew. What it holds outlives that.
type OpenFailing func(t *testing.T, now func() time.Time) (engine store.Engine, down, up func())

// RunOutage tests an engine whose data cannot be reached for a while.
func RunOutage(t *testing.T, open OpenFailing) {
	for _, tc := range []struct {
		name string
		test func(s suite, down, up func())
	}{
		{"unavailable, and well again without a restart", outage},
		{"a context cancelled during the call is obeyed", cancelledMeanwhile},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			engine, down, up := open(t, clock.Now)
			t.Cleanup(func() { require.NoError(t, engine.Close()) })
			tc.test(suite{T: t, engine: engine, clock: clock}, down, up)
		})
	}
}

// outage is the engine's share of R-27. None of the calls would change the
// record: an engine that hangs may obey them later.
func outage(s suite, down, up func()) {
	r := s.have("a", "g", "one")
	r.Version = 7
	e := s.engine
	down()
	for call, fn := range map[string]func(context.Context) error{
		"create":       func(ctx context.Context) error { return e.Create(ctx, s.record("b", "", "v")) },
		"update":       func(ctx context.Context) error { return second(e.Update(ctx, r)) },
		"touch":        func(ctx context.Context) error { return e.Touch(ctx, "a", r.Expires) },
		"rotate":       func(ctx context.Context) error { return e.Rotate(ctx, "a", r) },
		"delete":       func(ctx context.Context) error { return second(e.Delete(ctx, "b")) },
		"delete group": func(ctx context.Context) error { return second(e.DeleteGroup(ctx, "h")) },
		"acquire":      func(ctx context.Context) error { return second(e.Acquire(ctx, "n", "o", time.Second)) },
		"renew":        func(ctx context.Context) error { return second(e.Renew(ctx, "n", "o", time.Second)) },
		"release":      func(ctx context.Context) error { return e.Release(ctx, "n", "o") },
	} {
		ctx, cancel := context.WithTimeout(s.Context(), impatient)
		start := time.Now()
		err := fn(ctx)
		cancel()
		assert.ErrorIs(s, err, store.ErrUnavailable, call)
		assert.NotErrorIs(s, err, store.ErrNotFound, call)
		assert.Less(s, time.Since(start), impatient+soon, call)
	}
	up()
	require.Eventually(s, func() bool {
		return e.Create(s.Context(), s.record("c", "", "v")) == nil
	}, 20*time.Second, 10*time.Millisecond)
	assert.Equal(s, "one", s.value("a"))
	assert.Equal(s, []string{"a"}, s.keys("g"))
}

func cancelledMeanwhile(s suite, down, up func()) {
	down()
	defer up()
	ctx, cancel := context.WithCancel(s.Context())
	time.AfterFunc(impatient/2, cancel)
	for ctx.Err() == nil { // an engine that refuses at once is asked again
		start := time.Now()
		err := s.engine.Create(ctx, s.record("a", "", "v"))
		took := time.Since(start)
		assert.ErrorIs(s, err, store.ErrUnavailable)
		if took > impatient/4 && ctx.Err() != nil {
			assert.ErrorIs(s, err, context.Canceled)
		}
		assert.Less(s, took, impatient+soon)
	}
}
