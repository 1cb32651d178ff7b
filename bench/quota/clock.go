package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// clock runs so many times as fast as the machine's, from a moment on. The
// servers are told both, so that all processes read the same time.
type clock struct {
	began time.Time
	speed int
}

func startClock(speed int) clock { return clock{began: time.Now(), speed: speed} }

func (c clock) Now() time.Time {
	return c.began.Add(time.Since(c.began) * time.Duration(c.speed))
}

// real is what a simulated time takes.
func (c clock) real(d time.Duration) time.Duration { return d / time.Duration(c.speed) }

// sleep lets simulated time pass.
func (c clock) sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(c.real(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// ponder lets between half and one and a half of the time to think pass.
func (c clock) ponder(ctx context.Context, think time.Duration) error {
	if think == 0 {
		return ctx.Err()
	}
	return c.sleep(ctx, think/2+rand.N(think))
}

// String is the clock as cmd/server's test binary takes it in ZAPEMBED_CLOCK.
func (c clock) String() string { return fmt.Sprintf("%d@%d", c.speed, c.began.UnixNano()) }
