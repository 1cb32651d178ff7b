package storetest

import (
	"sync"
	"time"
)

// Clock is a clock that moves when it is told to. It is safe for use by
// several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock returns a clock at a fixed moment.
func NewClock() *Clock { return NewClockAt(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)) }

// NewClockAt returns a clock at the moment given.
func NewClockAt(at time.Time) *Clock { return &Clock{now: at} }

// Now is the clock's time, in the form constructors take.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
