package quota

import (
	"context"
	"sync"
	"time"
)

// pollers says of each user whose calls wait in this process whether one of them asks again and again: that is enough for
// all of them, because they have one place in the line. What it has is closed when that call is done.
type pollers struct {
	mu sync.Mutex
	of map[string]chan struct{}
}

// begin says whether a call is the one of its user's that asks, and otherwise when that is done.
func (p *pollers) begin(who string) (done <-chan struct{}, asks bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if done, others := p.of[who]; others {
		return done, false
	}
	p.of[who] = make(chan struct{})
	return nil, true
}

// end is for the call that asked.
func (p *pollers) end(who string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.of[who])
	delete(p.of, who)
}

// nap is what a call does before it asks again. asks says that it is the one of its user's that does so all the time; the
// others sleep until that has no need to any more, or their own patience ends. slept is how long it was at least.
func (b *Budget) nap(ctx context.Context, who string, asks *bool, wait, patience time.Duration) (slept time.Duration, err error) {
	b.waiting.Add(1)
	defer b.waiting.Add(-1)
	var done <-chan struct{}
	if !*asks {
		done, *asks = b.pollers.begin(who)
	}
	slept = patience
	if *asks {
		slept = min(wait, poll)
	}
	select {
	case <-b.after(slept):
		return slept, nil
	case <-done:
		return 0, nil
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}
