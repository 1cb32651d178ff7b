package handlers

import "sync"

// maxStreams is how many event streams one browser session may hold open. Our pages share one among all tabs; limits that count
// requests see a stream once, however long it lasts.
const maxStreams = 20

// openStreams counts the event streams of each session.
type openStreams struct {
	mu   sync.Mutex
	open map[string]int
}

// enter adds a stream of the session, unless it has as many as it may; leave takes it away.
func (o *openStreams) enter(session string) (leave func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[session] >= maxStreams {
		return nil, false
	}
	if o.open == nil {
		o.open = map[string]int{}
	}
	o.open[session]++
	return func() { o.leave(session) }, true
}

func (o *openStreams) leave(session string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open[session]--; o.open[session] == 0 {
		delete(o.open, session)
	}
}
