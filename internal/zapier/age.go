package zapier

import (
	"context"
	"sync"
	"time"
)

// Age gathers how old the answers are that stand in for those of a Zapier that is away. It is safe for concurrent use.
type Age struct {
	mu    sync.Mutex
	since time.Time
}

type ageKey struct{}

// WatchAge returns a context whose calls tell the Age when they are given a stale answer.
func WatchAge(ctx context.Context) (context.Context, *Age) {
	age := &Age{}
	return context.WithValue(ctx, ageKey{}, age), age
}

// AgeOf is the Age that a context tells; nil, which is always fresh, if it tells none.
func AgeOf(ctx context.Context) *Age {
	age, _ := ctx.Value(ageKey{}).(*Age)
	return age
}

// Since is when the oldest of the stale answers was given; zero while there is none.
func (a *Age) Since() time.Time {
	if a == nil {
		return time.Time{}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.since
}

// Stale notes an answer from the given time that stands in for a new one.
func (a *Age) Stale(from time.Time) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() || from.Before(a.since) {
		a.since = from
	}
}

// Proof gathers the answers that something was concluded from, for whoever keeps answers: when they are told that all
// from before a change are worthless, these are not. It is safe for concurrent use.
type Proof struct {
	mu      sync.Mutex
	answers []any
}

// Proving returns a context whose calls go Afresh, and leave in the context what they were answered.
func Proving(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Afresh, p.Proof = true, &Proof{} })
}

// Add puts an answer to the others, in whatever form it is kept.
func (p *Proof) Add(answer any) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = append(p.answers, answer)
}

// Answers are those that were added.
func (p *Proof) Answers() []any {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answers
}
