package cache

import (
	"context"
	"net/http/httptrace"
	"sync"

	"github.com/zapembed/zapembed/internal/zapier"
)

// flights are the calls under way that all who ask the same share.
type flights struct {
	mu   sync.Mutex
	open map[string]*flight
}

// flight is one of them. It goes on when somebody leaves who waits for it, whoever began it. With the last of them it
// ends if it still waits for its turn: a call that nobody waits for must not take the room of another. One that is on its
// way has taken it, so it goes on, for whoever asks next; but it is not sent again for nobody.
type flight struct {
	waiting int
	sent    bool
	cancel  context.CancelFunc

	landed chan struct{}
	came   called
	err    error
}

// called is what came of a call, and whose it was.
type called struct {
	user   string
	answer answer
}

// share makes a call, or waits for the one of the same name that is under way. Who leaves is told so by their context.
func (f *flights) share(ctx context.Context, name string, call func(context.Context) (called, error)) (called, error) {
	one := f.join(ctx, name, call)
	select {
	case <-one.landed:
		return one.came, one.err
	case <-ctx.Done():
		f.leave(name, one)
		return called{}, ctx.Err()
	}
}

func (f *flights) join(ctx context.Context, name string, call func(context.Context) (called, error)) *flight {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.open[name]; one != nil {
		one.waiting++
		return one
	}
	if f.open == nil {
		f.open = map[string]*flight{}
	}
	one := &flight{waiting: 1, landed: make(chan struct{})}
	f.open[name] = one
	ctx, one.cancel = context.WithTimeout(context.WithoutCancel(ctx), flightTimeout)
	go func() {
		defer one.cancel()
		ctx := zapier.WhileWanted(ctx, func() bool { return f.again(one) })
		one.came, one.err = call(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn: func(string) { f.depart(one) },
		}))
		f.land(name, one)
	}()
	return one
}

// depart notes that the call has had its turn.
func (f *flights) depart(one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one.sent = true
}

// again notes that the call waits for another turn, and reports whether there is anybody to wait with it.
func (f *flights) again(one *flight) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	one.sent = false
	return one.waiting > 0
}

// leave ends a flight with the last who waits for it, if that is to be. Nobody can join it any more, and so be told of
// that end.
func (f *flights) leave(name string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one.waiting--; one.waiting == 0 && !one.sent {
		f.close(name, one)
		one.cancel()
	}
}

func (f *flights) land(name string, one *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.close(name, one)
	close(one.landed)
}

// close lets nobody join the flight. Where everybody left it there may be another of its name by now.
func (f *flights) close(name string, one *flight) {
	if f.open[name] == one {
		delete(f.open, name)
	}
}
