package quota

import (
	"context"
	"time"
)

// hop is how far the time may be ahead of what this machine expects before it counts as put forward: no two clocks run
// alike.
const hop = 100 * time.Millisecond

// clock is the time that all servers on a store share, as one of them knows it.
type clock struct {
	// ask is how to learn it.
	ask func(context.Context) (time.Time, error)
	// machine is the clock of this machine. How much time passes is seen by it: that nobody puts forward or back.
	machine func() time.Time
	// told is the time that was learned last. By machine it was asked for at asked, and there at at.
	told, asked, at time.Time
	// known says that told is the time that all share, and not only what this machine believes.
	known bool
}

func newClock(ask func(context.Context) (time.Time, error), machine func() time.Time) clock {
	at := machine()
	c := clock{ask: ask, machine: machine, told: at.Round(0), asked: at, at: at}
	if ask == nil {
		c.ask = func(context.Context) (time.Time, error) { return machine().Round(0), nil }
		c.known = true
	}
	return c
}

// now is the time as far as it is known without asking.
func (c *clock) now() time.Time { return c.told.Add(c.machine().Sub(c.at)) }

// learn asks for the time, and says by how much it was put forward since it was learned last: it went on by so much more
// than can have passed. However long an answer takes, that alone is no step.
func (c *clock) learn(ctx context.Context) (now time.Time, forward time.Duration, err error) {
	asked := c.machine()
	now, err = c.ask(ctx)
	if err != nil {
		return now, 0, err
	}
	at := c.machine()
	if forward = now.Sub(c.told) - at.Sub(c.asked); forward <= hop {
		forward = 0
	}
	c.told, c.asked, c.at, c.known = now, asked, at, true
	return now, forward, nil
}
