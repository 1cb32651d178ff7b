package quota_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// never is an After of those who are not to do anything by themselves.
func never(time.Duration) <-chan time.Time { return nil }

// readonly is an engine that can be read and not changed at times. It counts changes.
type readonly struct {
	store.Engine
	on      atomic.Bool
	changes atomic.Int64
}

func (o *readonly) Update(ctx context.Context, r store.Record) (int64, error) {
	if o.on.Load() {
		return 0, store.Unavailable("update", errGone)
	}
	o.changes.Add(1)
	return o.Engine.Update(ctx, r)
}

// hanging is an engine that does not answer at times until nobody waits any more. It counts who asked.
type hanging struct {
	store.Engine
	on    atomic.Bool
	asked atomic.Int64
}

func (o *hanging) Get(ctx context.Context, key string) (store.Record, error) {
	o.asked.Add(1)
	if o.on.Load() {
		<-ctx.Done()
		return store.Record{}, store.Unavailable("get", ctx.Err())
	}
	return o.Engine.Get(ctx, key)
}

// inABubble has a partner's engine whose time passes when everybody waits.
func inABubble(t *testing.T, test func(t *testing.T, p *partner, engine store.Engine)) {
	t.Parallel()
	p, file := newPartner(t), filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		engine, err := sqlite.Open(file, time.Now)
		require.NoError(t, err)
		defer engine.Close()
		p := &partner{t: t, keys: p.keys}
		test(t, p, engine)
		time.Sleep(3 * time.Minute) // whatever runs by itself has ended by then
	})
}

func (p *partner) inRealTime(engine store.Engine, limits quota.Limits) *quota.Budget {
	return quota.New(quota.Config{Engine: engine, Keys: p.keys, Client: "client", Limits: limits})
}

// busy is what an error says that has to be one.
func busy(t *testing.T, err error) quota.Busy {
	t.Helper()
	told, ok := errors.AsType[*quota.Busy](err)
	require.True(t, ok, "%v", err)
	return *told
}

// onlyReads is a server that has noted a call, and can note no more.
func (p *partner) onlyReads(limit int) *quota.Budget {
	p.t.Helper()
	engine := &readonly{Engine: p.place.Open()}
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: limit}, After: never})
	require.Equal(p.t, 1, p.takes(1, b))
	engine.on.Store(true)
	return b
}

// A store that can be read has not heard of what happened since it could be changed last: that still counts here.
func TestStoreThatOnlyReads(t *testing.T) {
	t.Parallel()
	t.Run("a pause goes on", func(t *testing.T) {
		t.Parallel()
		p := newPartner(t)
		b := p.onlyReads(20)
		require.NoError(t, b.Pause(t.Context(), 0))
		for range 14 {
			assert.Zero(t, p.takes(1, b))
			p.clock.Advance(4 * time.Second)
		}
		p.clock.Advance(4 * time.Second)
		assert.Equal(t, 1, p.takes(1, b))
	})
	t.Run("calls keep their pace", func(t *testing.T) {
		t.Parallel()
		p := newPartner(t)
		b := p.onlyReads(60)
		require.Positive(t, p.takes(30, b))
		for range 5 {
			p.clock.Advance(4 * time.Second)
			assert.LessOrEqual(t, p.takes(30, b), 4)
		}
	})
}

// A refusal is known here at least, even when the store does not say anything.
func TestA429WhileTheStoreHangs(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		hangs := &hanging{Engine: engine}
		b := p.inRealTime(hangs, quota.Limits{IP: 20})
		ctx, leave := context.WithCancel(t.Context())
		_, err := transportOf(b, func(*http.Request) (*http.Response, error) {
			time.Sleep(5 * time.Second) // that has to be told as well
			hangs.on.Store(true)
			leave()
			return refusal(), nil
		}).RoundTrip(request(ctx))
		require.NoError(t, err)
		_, err = b.Take(t.Context(), quota.Caller{})
		assert.Greater(t, busy(t, err).Wait, 70*time.Second)
		hangs.on.Store(false)
		time.Sleep(5 * time.Second)
		_, err = p.inRealTime(engine, quota.Limits{IP: 20}).Take(t.Context(), quota.Caller{})
		assert.Greater(t, busy(t, err).Wait, 60*time.Second, "and the others hear of it")
	})
}

// A store that does not answer holds nobody up for longer than two seconds, and then not again at once.
func TestStoreThatHangs(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		hangs := &hanging{Engine: engine}
		b := p.inRealTime(hangs, quota.Limits{IP: 20})
		hangs.on.Store(true)
		for _, wait := range []time.Duration{2 * time.Second, 0} {
			began := time.Now()
			_, err := b.Take(t.Context(), quota.Caller{})
			require.NoError(t, err)
			assert.Equal(t, wait, time.Since(began))
		}
	})
}

// Nobody who comes back knows what the others sent meanwhile until they tell: each keeps to its part for a minute more.
func TestStoreThatIsBack(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	const replicas = 4
	var engines []*outage
	var servers []*quota.Budget
	for range replicas {
		engine := &outage{Engine: p.place.Open()}
		engines = append(engines, engine)
		servers = append(servers, p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 60}, Replicas: replicas, Addresses: []string{"a"}, After: never}))
	}
	require.Equal(t, replicas, p.takes(replicas, servers...))
	p.clock.Advance(2 * time.Minute)
	away := func(away bool) {
		for _, engine := range engines {
			engine.away.Store(away)
		}
	}
	away(true)
	sent := 0
	for range 10 {
		sent += p.takes(2*replicas, servers...)
		p.clock.Advance(4 * time.Second)
	}
	require.Greater(t, sent, 40)
	away(false)
	for range 6 {
		sent += p.takes(10, servers[0])
		p.clock.Advance(3 * time.Second)
	}
	assert.LessOrEqual(t, sent, 60, "within a minute")
	p.clock.Advance(30 * time.Second) // nobody waits any more
	for i := range 3 {
		require.NoError(t, servers[0].Enter(t.Context(), fmt.Sprint(i)), "all know who is inside")
	}
	p.clock.Advance(2 * time.Minute)
	assert.Greater(t, p.takes(20, servers[0]), 10, "that is over")
}

// What was sent apart reaches the others though nobody calls any more.
func TestAnIdleServerTellsWhatItSent(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		out := &outage{Engine: engine}
		b, other := p.inRealTime(out, quota.Limits{IP: 4}), p.inRealTime(engine, quota.Limits{IP: 4})
		out.away.Store(true)
		_, err := b.Take(t.Context(), quota.Caller{})
		require.NoError(t, err)
		require.NoError(t, b.Pause(t.Context(), 90*time.Second))
		time.Sleep(10 * time.Second)
		out.away.Store(false)
		time.Sleep(4 * time.Second)
		assert.Len(t, p.calls(engine), 1)
		_, err = other.Take(t.Context(), quota.Caller{})
		assert.Equal(t, 76*time.Second, busy(t, err).Wait)
	})
}

// A store that never comes back is not asked for ever.
func TestAnIdleServerGivesUp(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		hangs := &hanging{Engine: engine}
		hangs.on.Store(true)
		b := p.inRealTime(hangs, quota.Limits{IP: 20})
		for range 3 {
			_, err := b.Take(t.Context(), quota.Caller{})
			require.NoError(t, err)
		}
		time.Sleep(5 * time.Minute)
		asked := hangs.asked.Load()
		assert.Greater(t, asked, int64(5))
		assert.Less(t, asked, int64(25), "by one, and for a minute or two")
		time.Sleep(5 * time.Minute)
		assert.Equal(t, asked, hangs.asked.Load())
	})
}

// A call that took long counts from when it was answered, though nobody could be told at that moment.
func TestASlowCallThatIsAnsweredApart(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := &outage{Engine: p.place.Open()}
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 1}, After: never})
	sending, err := b.Take(t.Context(), quota.Caller{User: "somebody"})
	require.NoError(t, err)
	engine.away.Store(true)
	p.clock.Advance(29 * time.Second)
	require.NoError(t, b.Answered(t.Context(), sending))
	p.clock.Advance(4 * time.Second)
	engine.away.Store(false)
	_, err = b.Take(t.Context(), impatient(1))
	assert.Equal(t, 57*time.Second, busy(t, err).Wait)
	_, err = p.server("", quota.Limits{IP: 1}).Take(t.Context(), impatient(1))
	assert.Equal(t, 57*time.Second, busy(t, err).Wait, "and everybody knows")
}

// An update that is lost to others again and again comes through in the end.
func TestOthersAreQuicker(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := &contested{Engine: p.place.Open()}
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 20}})
	engine.lost.Store(22)
	require.Equal(t, 1, p.takes(1, b))
	assert.Len(t, p.calls(engine), 1)
	assert.Negative(t, engine.lost.Load())
}

// contested is an engine where somebody else was quicker so many times.
type contested struct {
	store.Engine
	lost atomic.Int64
}

func (o *contested) Update(ctx context.Context, r store.Record) (int64, error) {
	if o.lost.Add(-1) >= 0 {
		return 0, store.ErrConflict
	}
	return o.Engine.Update(ctx, r)
}

// Who comes in again changes nothing, and neither does who is turned away.
func TestTheDoorWritesNoMoreThanItMust(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := &readonly{Engine: p.place.Open()}
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 10}})
	require.NoError(t, b.Enter(t.Context(), "anna"))
	before := engine.changes.Load()
	require.NoError(t, b.Enter(t.Context(), "anna"))
	assert.Equal(t, before, engine.changes.Load())
	for i := range 20 {
		_ = b.Enter(t.Context(), fmt.Sprint(i))
	}
	before = engine.changes.Load()
	assert.Zero(t, busy(t, b.Enter(t.Context(), "one too many")).Place)
	assert.Equal(t, before, engine.changes.Load())
}

// An account that no key opens is replaced, so that servers with the new key share one.
func TestAnotherKeyForAll(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	limits := quota.Limits{IP: 1}
	require.Equal(t, 1, p.takes(1, p.server("a", limits)))
	var err error
	p.keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	one, two := p.server("a", limits), p.server("a", limits)
	require.Equal(t, 1, p.takes(1, one))
	assert.Zero(t, p.takes(1, two))
}

// answers is a way to Zapier.
type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

func transportOf(b *quota.Budget, next answers) *quota.Transport {
	return &quota.Transport{
		Budget: b, RetryAfter: seconds, Logger: slog.New(slog.DiscardHandler),
		Caller: func(context.Context) quota.Caller { return quota.Caller{User: "somebody", Patience: time.Nanosecond} },
		Next:   func(string) http.RoundTripper { return next },
	}
}

func request(ctx context.Context) *http.Request {
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://zapier.example/v2/apps", nil) // the address is well-formed
	return r
}

func refusal() *http.Response {
	return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"75"}}, Body: http.NoBody}
}

// A refusal pauses everybody, though nobody is there any more to see it.
func TestA429WhoseCallerHasGone(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b, other := p.server("a", quota.Limits{IP: 20}), p.server("b", quota.Limits{IP: 20})
	ctx, leave := context.WithCancel(t.Context())
	_, err := transportOf(b, func(*http.Request) (*http.Response, error) {
		leave()
		return refusal(), nil
	}).RoundTrip(request(ctx))
	require.NoError(t, err)
	_, err = other.Take(t.Context(), impatient(1))
	assert.Equal(t, 75*time.Second, busy(t, err).Wait)
}

// closing is a body that knows whether it was closed.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestABodyThatIsNotSentIsClosed(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.server("a", quota.Limits{IP: 1})
	require.Equal(t, 1, p.takes(1, b))
	body, r := &closing{Reader: strings.NewReader("x")}, request(t.Context())
	r.Body = body
	_, err := transportOf(b, nil).RoundTrip(r)
	assert.Positive(t, busy(t, err).Wait)
	assert.True(t, body.closed)
}

// Who gives up while waiting is not waited for.
func TestWhoGivesUpHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	ctx, leave := context.WithCancel(t.Context())
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 60}, After: func(time.Duration) <-chan time.Time {
		leave()
		return nil
	}})
	p.takes(16, b)
	_, err := b.Take(ctx, quota.Caller{User: "gone", Patience: time.Hour})
	require.ErrorIs(t, err, context.Canceled)
	p.clock.Advance(1400 * time.Millisecond)
	_, err = b.Take(t.Context(), impatient(1))
	require.NoError(t, err)
	p.clock.Advance(20 * time.Second)
	_, err = b.Take(t.Context(), quota.Caller{Background: true})
	assert.NoError(t, err, "the place is kept, and nobody is there")
}

// Who runs out of time is told how long it would have been, and not when the call would have asked again.
func TestTheWaitAtADeadline(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	naps := 0
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 60}, After: func(time.Duration) <-chan time.Time {
		if naps++; naps > 3 {
			return nil
		}
		return time.After(0)
	}})
	p.takes(60, b)
	for i := range 6 {
		_, err := b.Take(t.Context(), impatient(100+i))
		require.Error(t, err)
	}
	ctx, end := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer end()
	_, err := b.Take(ctx, quota.Caller{User: "me", Patience: 40 * time.Second})
	told := busy(t, err)
	assert.Greater(t, told.Wait, 5*time.Second)
	_, err = b.Take(t.Context(), quota.Caller{User: "me", Patience: time.Nanosecond})
	assert.Equal(t, told, busy(t, err))
}

// Who has the patience for the rest of a pause need not come again.
func TestTheEndOfAPauseIsWaitedFor(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 60}, After: func(nap time.Duration) <-chan time.Time {
		p.clock.Advance(nap)
		return time.After(0)
	}})
	require.NoError(t, b.Pause(t.Context(), 0))
	p.clock.Advance(55 * time.Second)
	_, err := b.Take(t.Context(), quota.Caller{Background: true, Patience: time.Minute})
	assert.Equal(t, 5*time.Second, busy(t, err).Wait)
	_, err = b.Take(t.Context(), quota.Caller{User: "hasty", Patience: 4 * time.Second})
	assert.Equal(t, quota.Busy{Wait: 5 * time.Second}, busy(t, err))
	began := p.clock.Now()
	_, err = b.Take(t.Context(), quota.Caller{User: "patient", Patience: 6 * time.Second})
	require.NoError(t, err)
	assert.Equal(t, 5*time.Second, p.clock.Now().Sub(began))
}

// Of the calls of one user that wait one asks for all, and none is held up by that.
func TestCallsOfOneUserAskOnce(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		asked := &hanging{Engine: engine}
		b := p.inRealTime(asked, quota.Limits{IP: 60})
		require.NoError(t, b.Pause(t.Context(), time.Minute))
		time.Sleep(50 * time.Second)
		began, before := time.Now(), asked.asked.Load()
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				_, err := b.Take(t.Context(), quota.Caller{User: "somebody", Patience: 12 * time.Second})
				assert.NoError(t, err)
				assert.Equal(t, 10*time.Second, time.Since(began))
			})
		}
		group.Wait()
		assert.Less(t, asked.asked.Load()-before, int64(50))
	})
}

// A call that waits while another one of its user's asks has its own patience, and leaves when it likes.
func TestCallsOfOneUserWaitEachAsLongAsItLikes(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		b := p.inRealTime(engine, quota.Limits{IP: 1})
		_, err := b.Take(t.Context(), impatient(1))
		require.NoError(t, err)
		began := time.Now()
		var group sync.WaitGroup
		take := func(ctx context.Context, patience time.Duration, told func(after time.Duration, err error)) {
			group.Go(func() {
				_, err := b.Take(ctx, quota.Caller{User: "me", Patience: patience})
				told(time.Since(began), err)
			})
			synctest.Wait()
		}
		first, leave := context.WithCancel(t.Context())
		take(first, time.Hour, func(after time.Duration, err error) {
			assert.ErrorIs(t, err, context.Canceled)
			assert.Equal(t, 5*time.Second, after)
		})
		deadline, end := context.WithTimeout(t.Context(), 2*time.Second)
		defer end()
		take(deadline, time.Hour, func(after time.Duration, err error) {
			assert.Equal(t, quota.Busy{Wait: 59 * time.Second, Place: 1}, busy(t, err))
			assert.Equal(t, 2*time.Second, after)
		})
		take(t.Context(), time.Hour, func(after time.Duration, err error) {
			assert.NoError(t, err)
			assert.Contains(t, []time.Duration{61 * time.Second, 122 * time.Second}, after)
		})
		take(t.Context(), 100*time.Second, func(after time.Duration, err error) {
			if err != nil { // the other one was sent
				assert.Equal(t, quota.Busy{Wait: 61 * time.Second, Place: 1}, busy(t, err))
			}
			assert.Equal(t, 61*time.Second, after)
		})
		assert.Equal(t, 4, b.Waiting())
		time.Sleep(5 * time.Second)
		leave()
		group.Wait()
		assert.Zero(t, b.Waiting())
	})
}

// Nor does it wait longer than that for one that has more patience.
func TestACallWaitsNoLongerThanItLikes(t *testing.T) {
	inABubble(t, func(t *testing.T, p *partner, engine store.Engine) {
		b := p.inRealTime(engine, quota.Limits{IP: 60})
		require.NoError(t, b.Pause(t.Context(), time.Minute))
		time.Sleep(50 * time.Second)
		began := time.Now()
		var group sync.WaitGroup
		group.Go(func() {
			_, err := b.Take(t.Context(), quota.Caller{User: "me", Patience: time.Hour})
			assert.NoError(t, err)
			assert.Equal(t, 63*time.Second, time.Since(began))
		})
		synctest.Wait()
		group.Go(func() {
			_, err := b.Take(t.Context(), quota.Caller{User: "me", Patience: 12 * time.Second})
			assert.Positive(t, busy(t, err).Wait)
			assert.LessOrEqual(t, time.Since(began), 12*time.Second)
		})
		time.Sleep(3 * time.Second)
		require.NoError(t, b.Pause(t.Context(), time.Minute))
		group.Wait()
	})
}
