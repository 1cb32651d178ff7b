package cache

import (
	"context"
	"errors"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// airport counts the calls of flights, each of which takes a second, or lingers when it is cut short.
type airport struct {
	flights
	lingers    time.Duration
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
		time.Sleep(a.lingers)
		return came, ctx.Err()
	}
}

// passenger waits with others for a call.
type passenger struct {
	leave context.CancelFunc
	came  called
	err   error
}

func (a *airport) board(t *testing.T, name string) *passenger {
	ctx, leave := context.WithCancel(t.Context())
	p := &passenger{leave: leave}
	go func() { p.came, p.err = a.share(ctx, name, a.fly) }()
	synctest.Wait()
	return p
}

func TestFlightGoesOnWithoutWhoBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a airport
		first, second, third := a.board(t, "one"), a.board(t, "one"), a.board(t, "one")
		first.leave()
		third.leave()
		time.Sleep(time.Second)
		synctest.Wait()
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
		time.Sleep(time.Second)
		synctest.Wait()
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
		time.Sleep(time.Second)
		synctest.Wait()
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
		a := airport{lingers: time.Second / 2}
		first := a.board(t, "one")
		first.leave()
		synctest.Wait()
		second := a.board(t, "one")
		time.Sleep(a.lingers)
		third := a.board(t, "one")
		time.Sleep(time.Second)
		synctest.Wait()
		for _, p := range []*passenger{second, third} {
			assert.NoError(t, p.err)
			assert.Equal(t, "another", p.came.user)
			p.leave()
		}
		assert.Equal(t, 2, a.calls)
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
					time.Sleep(time.Second)
					return called{}, broken
				})
				errs <- err
			}()
		}
		assert.ErrorIs(t, <-errs, broken)
		assert.ErrorIs(t, <-errs, broken)
	})
}
