package connect

import (
	"context"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

// lookTimeout bounds one reading of a list, all pages together. Browsers wait 20 s for an answer.
const lookTimeout = 18 * time.Second

// beforeTimeout is for a list from before, which is at hand or nowhere.
const beforeTimeout = 2 * time.Second

// looks reads lists of Authentications, one reading at a time for each user and App. Callers that come
// while a reading runs share the next one: the running one may have passed the place where what
// they know of appears, and joining it would lose a connection until the next evidence.
type looks struct {
	zapier func(user string) Lister

	mu      sync.Mutex
	running map[lookKey]bool
	queued  map[lookKey]*look
}

type lookKey struct{ user, app string }

type look struct {
	// callers wait for it.
	callers int
	// in is the context that it reads in: what keeps answers finds in it what this one was.
	in   context.Context
	done chan struct{}
	list []zapier.Authentication
	err  error
}

func newLooks(zapier func(user string) Lister) *looks {
	return &looks{zapier: zapier, running: map[lookKey]bool{}, queued: map[lookKey]*look{}}
}

// fresh returns the look that was begun after the call, when its list has been read. The reading does not end with the
// caller's context: a tab that closes must not spoil the look of another.
func (l *looks) fresh(ctx context.Context, user, app string) (*look, error) {
	mine := l.join(zapier.Proving(context.WithoutCancel(ctx)), lookKey{user, app})
	select {
	case <-mine.done:
		return mine, mine.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *looks) join(ctx context.Context, key lookKey) *look {
	l.mu.Lock()
	defer l.mu.Unlock()
	if waiting := l.queued[key]; waiting != nil {
		waiting.callers++
		if zapier.PurposeOf(waiting.in).Background {
			waiting.in = ctx // now there may be a person who waits for it
		}
		return waiting
	}
	mine := &look{callers: 1, in: ctx, done: make(chan struct{})}
	if l.running[key] {
		l.queued[key] = mine
		return mine
	}
	l.running[key] = true
	go l.run(key, mine)
	return mine
}

// run reads for mine and then for whoever queued meanwhile.
func (l *looks) run(key lookKey, mine *look) {
	for mine != nil {
		l.read(key, mine)
		l.mu.Lock()
		mine = l.queued[key]
		delete(l.queued, key)
		if mine == nil {
			delete(l.running, key)
		}
		l.mu.Unlock()
	}
}

func (l *looks) read(key lookKey, into *look) {
	ctx, cancel := context.WithTimeout(into.in, lookTimeout)
	defer cancel()
	defer close(into.done)
	into.list, into.err = l.zapier(key.user).ListAuthentications(ctx, key.app)
}
