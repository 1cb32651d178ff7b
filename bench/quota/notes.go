package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// notes are what people met while it counts: after the warm-up, until the end.
type notes struct {
	clock    clock
	from, to time.Time

	mu     sync.Mutex
	zaps   int
	waits  []time.Duration // for what was asked for, inside
	longer []string        // waits beyond what is aimed at, with what was waited for
	doors  []time.Duration // of those who were let in
	turned int
	failed map[string]int
}

func (n *notes) counts() bool {
	now := n.clock.Now()
	return !now.Before(n.from) && now.Before(n.to)
}

func (n *notes) add(change func()) {
	if !n.counts() {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

func (n *notes) waited(since time.Time, what string) {
	took := n.clock.Now().Sub(since)
	n.add(func() {
		n.waits = append(n.waits, took)
		if took > aimWait {
			n.longer = append(n.longer, seconds(took)+" "+what)
		}
	})
}

// stillWaits is for who had not got it when everything ended.
func (n *notes) stillWaits(since time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.waits = append(n.waits, n.to.Sub(since))
}

func (n *notes) letIn(since time.Time) {
	n.add(func() { n.doors = append(n.doors, n.clock.Now().Sub(since)) })
}

// turnedAway counts in the warm-up too, where most who come at once meet the end
// of the line.
func (n *notes) turnedAway() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turned++
}

// built ends a journey, well or badly. One that the end of the measurement cut
// off is neither.
func (n *notes) built(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		n.fails(err)
	default:
		n.add(func() { n.zaps++ })
	}
}

// looked ends the looking of somebody, which goes on to the end of the
// measurement if nothing fails.
func (n *notes) looked(ctx context.Context, err error) {
	if ctx.Err() == nil {
		n.fails(err)
	}
}

func (n *notes) fails(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failed == nil {
		n.failed = map[string]int{}
	}
	n.failed[err.Error()]++
}

// quantile of durations, 0 of none.
func quantile(of []time.Duration, q float64) time.Duration {
	if len(of) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
