package cache

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// airport counts the calls of flights, each of which takes a second. One that is cut short ends at once, or when it is let
// go.
type airport struct {
	flights
	letGo      chan struct{}
	sends      bool
	calls, cut int
}

func (a *airport) fly(ctx context.Context) (called, error) {
	a.calls++
	came := called{user: "first"}
	if a.calls > 1 {
		came.user = "another"
	}
	if a.sends {
		httptrace.ContextClientTrace(ctx).GetConn("zapier.test:443")
	}
	select {
	case <-time.After(time.Second):
		return came, nil
	case <-ctx.Done():
		a.cut++
		if a.letGo != nil {
			<-a.letGo
		}
		return came, ctx.Err()
	}
}

// passenger waits with others for a call.
type passenger struct {
	leave context.CancelFunc
	told  chan struct{}
	came  called
	err   error
}

func (a *airport) board(t *testing.T, name string) *passenger {
	ctx, leave := context.WithCancel(t.Context())
	p := &passenger{leave: leave, told: make(chan struct{})}
	go func() {
		defer close(p.told)
		p.came, p.err = a.share(ctx, name, a.fly)
	}()
	synctest.Wait()
	return p
}

func TestFlightGoesOnWithoutWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a airport
		first, second, third := a.board(t, "one"), a.board(t, "one"), a.board(t, "one")
		first.leave()
		third.leave()
		for _, p := range []*passenger{first, second, third} {
			<-p.told
		}
		require.NoError(t, second.err)
		assert.Equal(t, "first", second.came.user)
		assert.ErrorIs(t, first.err, context.Canceled)
		assert.ErrorIs(t, third.err, context.Canceled)
		assert.Equal(t, 1, a.calls)
		second.leave()
	})
}

func TestFlightEndsWithTheLastWhoWaitsForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a airport
		first, second, other := a.board(t, "one"), a.board(t, "one"), a.board(t, "two")
		second.leave()
		first.leave()
		synctest.Wait()
		assert.Equal(t, 1, a.cut, "before the second is over")
		<-other.told
		assert.NoError(t, other.err)
		assert.Empty(t, a.open)
		other.leave()
	})
}

// Its room is taken, and who looks again at once would take room for another.
func TestFlightThatIsOnItsWayGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := airport{sends: true}
		first := a.board(t, "one")
		first.leave()
		synctest.Wait()
		second := a.board(t, "one")
		<-second.told
		require.NoError(t, second.err)
		assert.Equal(t, "first", second.came.user)
		assert.Equal(t, 1, a.calls)
		assert.Empty(t, a.open)
		second.leave()
	})
}

// Whoever joins while the last one leaves is given an answer: that of another call, which all share from then on.
func TestFlightThatAllHaveLeftIsJoinedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := airport{letGo: make(chan struct{})}
		first := a.board(t, "one")
		first.leave()
		synctest.Wait()
		second := a.board(t, "one")
		close(a.letGo)
		synctest.Wait()
		third := a.board(t, "one")
		for _, p := range []*passenger{second, third} {
			<-p.told
			assert.NoError(t, p.err)
			assert.Equal(t, "another", p.came.user)
			p.leave()
		}
		assert.Equal(t, 2, a.calls)
	})
}

// queue is a Zapier that fails at the first call, and a line before it. A call stands in the line for a second, and takes
// another when it is sent.
type queue struct{ stood, sent int }

func (q *queue) RoundTrip(r *http.Request) (*http.Response, error) {
	q.stood++
	if err := pass(r.Context(), time.Second); err != nil {
		return nil, err
	}
	q.sent++
	status := http.StatusOK
	if q.sent == 1 {
		status = http.StatusBadGateway
	}
	httptrace.ContextClientTrace(r.Context()).GetConn(r.URL.Host)
	return &http.Response{StatusCode: status, Body: http.NoBody}, pass(r.Context(), time.Second)
}

func pass(ctx context.Context, wait time.Duration) error {
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// steadily makes a call that is sent again when it fails.
func (q *queue) steadily() func(context.Context) (called, error) {
	way := zapier.NewSteady(zapier.SteadyConfig{Next: q, Waits: func() backoff.BackOff {
		return backoff.NewConstantBackOff(time.Second)
	}})
	return func(ctx context.Context) (called, error) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://zapier.test", nil)
		if err != nil {
			return called{}, err
		}
		resp, err := way.RoundTrip(r)
		if err != nil {
			return called{}, err
		}
		return called{answer: answer{Status: resp.StatusCode}}, resp.Body.Close()
	}
}

// Each try takes room of its own, which others wait for.
func TestFlightIsSentAgainOnlyForWhoWaits(t *testing.T) {
	for name, tt := range map[string]struct {
		leaves time.Duration
		want   queue
		ends   time.Duration
	}{
		"first in line":        {500 * time.Millisecond, queue{stood: 1}, 500 * time.Millisecond},
		"first on its way":     {1500 * time.Millisecond, queue{1, 1}, 2 * time.Second},
		"between the tries":    {2500 * time.Millisecond, queue{1, 1}, 2500 * time.Millisecond},
		"second in line":       {3500 * time.Millisecond, queue{2, 1}, 3500 * time.Millisecond},
		"second on its way":    {4500 * time.Millisecond, queue{2, 2}, 5 * time.Second},
		"when it has answered": {5500 * time.Millisecond, queue{2, 2}, 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var flights flights
				var q queue
				lasted := make(chan time.Duration, 1)
				ctx, leave := context.WithTimeout(t.Context(), tt.leaves)
				defer leave()
				began, call := time.Now(), q.steadily()
				_, _ = flights.share(ctx, "one", func(ctx context.Context) (called, error) {
					defer func() { lasted <- time.Since(began) }()
					return call(ctx)
				})
				assert.Equal(t, tt.ends, <-lasted)
				synctest.Wait()
				assert.Equal(t, tt.want, q)
				assert.Empty(t, flights.open)
			})
		})
	}
}

func TestFlightIsSentAgainForWhoJoinsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flights flights
		var q queue
		ctx, leave := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer leave()
		call := q.steadily()
		_, err := flights.share(ctx, "one", call)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		came, err := flights.share(t.Context(), "one", call)
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, http.StatusOK, came.answer.Status)
		assert.Equal(t, queue{2, 2}, q)
	})
}

func TestFlightLandsForAllWithItsError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flights flights
		broken := errors.New("broken")
		errs := make(chan error, 2)
		for range cap(errs) {
			go func() {
				_, err := flights.share(t.Context(), "one", func(context.Context) (called, error) {
					<-time.After(time.Second)
					return called{}, broken
				})
				errs <- err
			}()
		}
		assert.ErrorIs(t, <-errs, broken)
		assert.ErrorIs(t, <-errs, broken)
	})
}
