package handlers_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
	"github.com/zapembed/zapembed/internal/toxic"
)

// presumedLost is longer than a request may be under way that holds something: a lease, or the marker of a Zap being made.
const presumedLost = 3 * time.Minute

// brittle is an engine that goes away when it is told to, at once or in the middle of a request, and that gives up soon
// when it is told to. It counts what fails.
type brittle struct {
	store.Engine
	mu sync.Mutex
	// sound is how many calls it still answers, for ever if negative. The first one after them is obeyed if last says so,
	// and its answer lost.
	sound int
	last  bool
	limit time.Duration
	// gone, unless nil, says of a call whether what it is about is gone for good.
	gone func(name string) bool

	failed int
	// wrote has a mark for each call, whether it was to change something.
	wrote []bool
}

// strikeAfter lets so many calls through.
func (b *brittle) strikeAfter(sound int, last bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sound, b.last, b.failed, b.wrote = sound, last, 0, nil
}

// mend ends all trouble of the engine's own.
func (b *brittle) mend() { b.strikeAfter(-1, false) }

func (b *brittle) hurry(limit time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit, b.failed = limit, 0
}

// writes says of each call since the last strike whether it was to change something.
func (b *brittle) writes() []bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.wrote)
}

func (b *brittle) next(op, name string) (fails, obeys bool, limit time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrote = append(b.wrote, op != "get" && op != "list")
	switch {
	case b.gone != nil && b.gone(name):
		return true, false, 0
	case b.sound < 0:
		return false, false, b.limit
	case b.sound > 0:
		b.sound--
		return false, false, b.limit
	}
	obeys, b.last = b.last, false
	return true, obeys, b.limit
}

func (b *brittle) note(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(err, store.ErrUnavailable) {
		b.failed++
	}
	return err
}

func (b *brittle) do(ctx context.Context, op, name string, fn func(ctx context.Context) error) error {
	fails, obeys, limit := b.next(op, name)
	gone := store.Unavailable(op, io.ErrUnexpectedEOF)
	if fails && !obeys {
		return b.note(gone)
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err := fn(ctx)
	if fails {
		return b.note(gone)
	}
	return b.note(err)
}

// asked is do for calls that answer something.
func asked[T any](ctx context.Context, b *brittle, op, name string, fn func(ctx context.Context) (T, error)) (answer T, err error) {
	err = b.do(ctx, op, name, func(ctx context.Context) (err error) {
		answer, err = fn(ctx)
		return err
	})
	if err != nil {
		var nothing T
		return nothing, err
	}
	return answer, nil
}

func (b *brittle) Create(ctx context.Context, r store.Record) error {
	return b.do(ctx, "create", r.Key, func(ctx context.Context) error { return b.Engine.Create(ctx, r) })
}

func (b *brittle) Get(ctx context.Context, key string) (store.Record, error) {
	return asked(ctx, b, "get", key, func(ctx context.Context) (store.Record, error) { return b.Engine.Get(ctx, key) })
}

func (b *brittle) Update(ctx context.Context, r store.Record) (int64, error) {
	return asked(ctx, b, "update", r.Key, func(ctx context.Context) (int64, error) { return b.Engine.Update(ctx, r) })
}

func (b *brittle) Touch(ctx context.Context, key string, expires time.Time) error {
	return b.do(ctx, "touch", key, func(ctx context.Context) error { return b.Engine.Touch(ctx, key, expires) })
}

func (b *brittle) Rotate(ctx context.Context, old string, next store.Record) error {
	return b.do(ctx, "rotate", old, func(ctx context.Context) error { return b.Engine.Rotate(ctx, old, next) })
}

func (b *brittle) Delete(ctx context.Context, key string) (bool, error) {
	return asked(ctx, b, "delete", key, func(ctx context.Context) (bool, error) { return b.Engine.Delete(ctx, key) })
}

func (b *brittle) List(ctx context.Context, group string) ([]store.Record, error) {
	return asked(ctx, b, "list", group, func(ctx context.Context) ([]store.Record, error) { return b.Engine.List(ctx, group) })
}

func (b *brittle) DeleteGroup(ctx context.Context, group string) (int, error) {
	return asked(ctx, b, "delete group", group, func(ctx context.Context) (int, error) { return b.Engine.DeleteGroup(ctx, group) })
}

func (b *brittle) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	return asked(ctx, b, "acquire", name, func(ctx context.Context) (bool, error) { return b.Engine.Acquire(ctx, name, owner, ttl) })
}

func (b *brittle) Renew(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	return asked(ctx, b, "renew", name, func(ctx context.Context) (bool, error) { return b.Engine.Renew(ctx, name, owner, ttl) })
}

func (b *brittle) Release(ctx context.Context, name, owner string) error {
	return b.do(ctx, "release", name, func(ctx context.Context) error { return b.Engine.Release(ctx, name, owner) })
}

func (b *brittle) Publish(ctx context.Context, topic string) error {
	return b.do(ctx, "publish", topic, func(ctx context.Context) error { return b.Engine.Publish(ctx, topic) })
}

// brittleHouse opens a house on a brittle engine, over the given one or the usual.
func brittleHouse(t testing.TB, open func(now func() time.Time) store.Engine) (*outing, *brittle) {
	b := &brittle{sound: -1}
	o := newOuting(t, b.under(options{}, open))
	return o, b
}

// under are the options of a house with the engine.
func (b *brittle) under(opts options, open func(now func() time.Time) store.Engine) options {
	opts.store = func(engine store.Engine, now func() time.Time) store.Engine {
		if b.Engine = engine; open != nil {
			b.Engine = open(now)
		}
		return b
	}
	return opts
}

// The store goes away before a request, or at any call of it, obeyed or not: whoever meets that is told, keeps what they
// have, and goes on when the store is back.
func TestStoreGoesAwayAtAnyCall(t *testing.T) {
	codes := documented(t)
	const parts = 4 // which run side by side
	for part := range parts {
		t.Run(fmt.Sprint(part), func(t *testing.T) {
			t.Parallel()
			o, engine := brittleHouse(t, nil)
			for i, e := range errands() {
				if i%parts != part {
					continue
				}
				r := o.prepared(e)
				engine.mend()
				o.run(r)
				o.config.Sessions.Wait()
				calls := engine.writes()
				for at, writes := range calls {
					for _, obeyed := range []bool{false, true} {
						if obeyed && !writes {
							continue // that is the next call's
						}
						name := fmt.Sprintf("away at call %d of %d, obeyed: %v", at+1, len(calls), obeyed)
						f := fault{lift: engine.mend, partly: true, later: presumedLost, unheard: obeyed}
						f.strike = func() { engine.strikeAfter(at, obeyed) }
						o.meet(e, name, f, engine.met, codes)
					}
				}
			}
			o.keptQuiet()
		})
	}
}

// met says whether anything failed since the last strike.
func (b *brittle) met() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed > 0
}

// Every page and endpoint meets every fault of the way to Redis.
func TestEveryErrandMeetsEveryFaultOfRedis(t *testing.T) {
	codes := documented(t)
	damages := map[string]toxic.Damage{
		"down":                   {},
		"slow":                   {Type: "latency", Attributes: map[string]int{"latency": 200}},
		"half-open":              {Type: "timeout", Stream: "upstream"},
		"reset on the way there": {Type: "reset_peer", Stream: "upstream"},
		"reset on the way back":  {Type: "reset_peer"},
	}
	for _, names := range [][]string{{"down", "slow"}, {"half-open", "reset on the way there", "reset on the way back"}} {
		t.Run(strings.Join(names, ", "), func(t *testing.T) {
			t.Parallel()
			wire := toxic.New(t, redistest.Start(t).Addr())
			o, engine := brittleHouse(t, func(now func() time.Time) store.Engine {
				opened, err := redis.Open(t.Context(), "redis://"+wire.Address(), now)
				require.NoError(t, err)
				t.Cleanup(func() { require.NoError(t, opened.Close()) })
				return opened
			})
			for _, name := range names {
				f := fault{partly: true, later: presumedLost, unheard: true, strike: func() {
					wire.Strike(damages[name])
					if engine.hurry(0); name == "slow" || name == "half-open" {
						engine.hurry(soon)
					}
				}, lift: func() {
					engine.hurry(0)
					wire.Mend()
					require.Eventually(t, func() bool { return engine.Ping(t.Context()) == nil }, 10*time.Second, time.Millisecond)
				}}
				for _, e := range errands() {
					o.meet(e, name, f, engine.met, codes)
				}
			}
			o.keptQuiet()
		})
	}
}

// What is kept of Zapier's answers is worth nothing to anybody while the store does not have it: everything works, and
// costs more calls.
func TestNothingNeedsWhatIsKept(t *testing.T) {
	engine := &brittle{sound: -1, gone: func(name string) bool { return store.Kind(name) == "answer" || store.Kind(name) == "mark" }}
	o := newOuting(t, engine.under(options{chain: true}, nil))
	require.True(t, engine.met(), "the answers are kept under these names")
	codes := documented(t)
	for _, e := range errands() {
		o.meet(e, "nothing is kept", fault{strike: func() { engine.hurry(0) }, lift: func() {}, harmless: true}, engine.met, codes)
	}
	o.keptQuiet()
}
