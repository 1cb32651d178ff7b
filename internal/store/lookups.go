package store

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// lookupsLateAfter is how long a round may take before others need not wait for
// it any more: its connection may be dead.
const lookupsLateAfter = 50 * time.Millisecond

// Lookups gathers look-ups of single records into rounds, for an engine. What is
// asked for while all rounds are under way waits and goes together, in the next
// one: a server with much to do makes few rounds, and one with little to do waits
// for none. An answer is never older than its question, because nobody joins a
// round that has left.
type Lookups struct {
	most   int
	answer func(round Round)

	mu       sync.Mutex
	next     *Round
	underWay int
	// left is when the last round did.
	left time.Time
}

// Round is some look-ups that are made together.
type Round struct {
	Lookups []*Lookup
	// Begun is when the first of them was asked for.
	Begun time.Time

	answered chan struct{}
}

// Lookup asks for the record Key. Whoever answers sets one of the others.
type Lookup struct {
	Key    string
	Record Record
	Err    error
}

// NewLookups makes rounds, so many at once, with answer, which must come to an
// end by itself: a round is not over because somebody who asked is gone.
func NewLookups(most int, answer func(Round)) *Lookups {
	return &Lookups{most: most, answer: answer}
}

// Get returns the record, or the error of its Lookup, or that of ctx.
func (l *Lookups) Get(ctx context.Context, key string) (Record, error) {
	if err := CheckName(key); err != nil {
		return Record{}, err
	}
	if err := ctx.Err(); err != nil {
		return Record{}, Unavailable("get", err)
	}
	asked := &Lookup{Key: key}
	select {
	case <-l.join(asked):
		return asked.Record, asked.Err
	case <-ctx.Done():
		return Record{}, Unavailable("get", ctx.Err())
	}
}

// join puts the look-up into the next round, and sees that it leaves.
func (l *Lookups) join(asked *Lookup) (answered <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &Round{Begun: time.Now(), answered: make(chan struct{})}
	}
	l.next.Lookups = append(l.next.Lookups, asked)
	if l.underWay < l.most || time.Since(l.left) > lookupsLateAfter {
		l.underWay++
		go l.run()
	}
	return l.next.answered
}

// run makes one round after another while there is somebody in the next one.
func (l *Lookups) run() {
	runtime.Gosched() // who is about to ask comes along
	for round := l.take(); round != nil; round = l.take() {
		l.answer(*round)
		close(round.answered)
	}
}

func (l *Lookups) take() *Round {
	l.mu.Lock()
	defer l.mu.Unlock()
	round := l.next
	if round == nil {
		l.underWay--
		return nil
	}
	l.next, l.left = nil, time.Now()
	return round
}
