package quota_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
)

// set is a clock that is as far ahead of a partner's as it was set to. The partner's is the one of the world.
type set struct {
	partner *partner
	ahead   time.Duration
}

func (s *set) now() time.Time { return s.partner.clock.Now().Add(s.ahead) }

func (s *set) time(context.Context) (time.Time, error) { return s.now(), nil }

// sent are the moments of the world at which servers send calls, all they can, for so many seconds. At the beginning of
// each one, begins is called.
func (p *partner) sent(seconds int, begins func(second int), servers ...*quota.Budget) (sent []time.Time) {
	p.t.Helper()
	for second := range seconds {
		begins(second)
		for i, server := range servers {
			if _, err := server.Take(p.t.Context(), impatient(second*len(servers)+i)); err == nil {
				sent = append(sent, p.clock.Now())
			}
			p.clock.Advance(time.Second / time.Duration(len(servers)))
		}
	}
	return sent
}

// keeps checks that no minute has more calls than so many.
func keeps(t *testing.T, limit int, sent []time.Time) {
	t.Helper()
	for i := limit; i < len(sent); i++ {
		if !assert.GreaterOrEqual(t, sent[i].Sub(sent[i-limit]), time.Minute, "%d calls within a minute, until %v", limit+1, sent[i]) {
			return
		}
	}
}

// However the clock is set that the servers share, no minute of the world has more calls than the limit, and calls go on.
func TestAClockThatIsSet(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{5 * time.Second, time.Hour, -time.Hour} {
		for _, at := range []int{15, 50} {
			for _, away := range []bool{false, true} {
				t.Run(fmt.Sprintf("by %v after %d s, store away: %v", by, at, away), func(t *testing.T) {
					t.Parallel()
					p := newPartner(t)
					shared, engine := &set{partner: p}, &outage{Engine: p.place.Open()}
					c := quota.Config{Addresses: []string{"a"}, Limits: quota.Limits{IP: 20}, Time: shared.time, After: never}
					servers := []*quota.Budget{p.serverOn(engine, c), p.serverOn(p.place.Open(), c)}
					if away {
						servers = servers[:1]
					}
					sent := p.sent(125, func(second int) {
						engine.away.Store(away && second > at-5 && second < at+5)
						if second == at {
							shared.ahead += by
						}
					}, servers...)
					keeps(t, 20, sent)
					assert.Greater(t, len(sent), 20, "they go on")
				})
			}
		}
	}
}

// One server that sees a clock put forward sends neither more nor less.
func TestAClockThatIsPutForwardCostsNothing(t *testing.T) {
	t.Parallel()
	count := func(by time.Duration) int {
		p := newPartner(t)
		shared := &set{partner: p}
		b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 20}, Time: shared.time})
		require.NoError(t, b.Enter(t.Context(), "anna"))
		return len(p.sent(80, func(second int) {
			if second == 30 {
				shared.ahead += by
			}
		}, b))
	}
	assert.Equal(t, count(0), count(time.Hour))
}

// Who sees that the clock was put forward sees to it that all know, though others change the account at that moment, and
// though nothing else is to be changed.
func TestAStepIsToldToAll(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	shared, engine := &set{partner: p}, &contested{Engine: p.place.Open()}
	c := quota.Config{Limits: quota.Limits{IP: 20}, Time: shared.time}
	b := p.serverOn(engine, c)
	require.NoError(t, b.Enter(t.Context(), "anna"))
	require.Equal(t, 5, p.takes(20, b), "a quarter at once")
	for range 2 {
		shared.ahead += time.Hour
		engine.lost.Store(2)
		require.NoError(t, b.Enter(t.Context(), "anna"), "who is in")
		assert.Zero(t, p.takes(10, p.serverOn(p.place.Open(), c)), "by one that was not there before")
	}
}

// A pause is as long as Zapier said, whatever the clock says.
func TestAPauseDoesNotEndEarlierThoughTheClockIsPutForward(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	shared := &set{partner: p}
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 20}, Time: shared.time})
	require.NoError(t, b.Pause(t.Context(), 90*time.Second))
	shared.ahead = time.Hour
	p.clock.Advance(30 * time.Second)
	_, err := b.Take(t.Context(), impatient(1))
	assert.Equal(t, time.Minute, busy(t, err).Wait)
}

// Servers whose own clocks differ count by the one that they share.
func TestMachinesWhoseClocksDiffer(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	var servers []*quota.Budget
	for _, ahead := range []time.Duration{0, 4 * time.Second, -4 * time.Second} {
		machine, shared := &set{p, ahead}, &set{partner: p}
		servers = append(servers, p.serverOn(p.place.Open(), quota.Config{
			Addresses: []string{"a"}, Limits: quota.Limits{IP: 20}, Now: machine.now, Time: shared.time,
		}))
	}
	sent := p.sent(70, func(int) {}, servers...)
	keeps(t, 20, sent)
	assert.Greater(t, len(sent), 18)
}

// Who starts on a machine whose clock is behind does not take that for a step of the one they share.
func TestAMachineThatIsBehindStarts(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	c := quota.Config{Limits: quota.Limits{IP: 20}}
	one := p.serverOn(p.place.Open(), c)
	require.Equal(t, 5, p.takes(10, one))
	p.clock.Advance(55 * time.Second)
	c.Now, c.Time = (&set{p, -5 * time.Minute}).now, (&set{partner: p}).time
	require.Equal(t, 1, p.takes(1, p.serverOn(p.place.Open(), c)))
	p.clock.Advance(6 * time.Second)
	assert.Len(t, p.calls(p.place.Open()), 6)
	require.Equal(t, 1, p.takes(1, one))
	assert.Len(t, p.calls(p.place.Open()), 2, "those of a minute ago do not count")
}

// A store that does not know what time it is counts as away.
func TestAStoreThatDoesNotTellTheTime(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.serverOn(p.place.Open(), quota.Config{
		Limits: quota.Limits{IP: 20}, Replicas: 2, After: never,
		Time: func(context.Context) (time.Time, error) {
			return time.Time{}, errors.Join(store.ErrUnavailable, errGone)
		},
	})
	assert.Equal(t, 10, p.minute(1, b), "half of the limit")
}

// aMinute counts the calls of each whole minute.
func aMinute(sent []time.Time) []int {
	var count []int
	for _, at := range sent {
		minute := int(at.Sub(sent[0]) / time.Minute)
		for len(count) <= minute {
			count = append(count, 0)
		}
		count[minute]++
	}
	return count
}

// A server that notices late that the clock was put forward keeps nobody from calling once more.
func TestOneStepOfTheClockIsOne(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	shared := &set{partner: p}
	settings := quota.Config{Limits: quota.Limits{IP: 20}, Time: shared.time}
	busy, idle := p.serverOn(p.place.Open(), settings), []*quota.Budget{p.serverOn(p.place.Open(), settings), p.serverOn(p.place.Open(), settings)}
	for _, server := range idle {
		_, err := server.Take(t.Context(), impatient(0))
		require.NoError(t, err)
	}
	sent := p.sent(300, func(second int) {
		switch second {
		case 30:
			shared.ahead += 5 * time.Minute
		case 120, 180:
			_, _ = idle[second/60-2].Take(t.Context(), impatient(-1))
		}
	}, busy)
	for minute, calls := range aMinute(sent) {
		assert.GreaterOrEqual(t, calls, 16, "in minute %d", minute)
	}
}

// A machine that was suspended has seen no time pass.
func TestAServerThatSleptStopsNobody(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	shared, machine := &set{partner: p}, &set{partner: p}
	settings := quota.Config{Limits: quota.Limits{IP: 20}, Time: shared.time}
	busy := p.serverOn(p.place.Open(), settings)
	settings.Now = machine.now
	asleep := p.serverOn(p.place.Open(), settings)
	_, err := asleep.Take(t.Context(), impatient(0))
	require.NoError(t, err)
	machine.ahead = -5 * time.Minute
	sent := p.sent(240, func(second int) {
		if second == 90 {
			_, _ = asleep.Take(t.Context(), impatient(-1))
		}
	}, busy)
	for minute, calls := range aMinute(sent) {
		assert.GreaterOrEqual(t, calls, 16, "in minute %d", minute)
	}
}
