package sqlite

import (
	"context"
	"errors"
	"sync"

	"github.com/zapembed/zapembed/internal/store"
)

// hub tells the subscribers of one Engine value that something changed. Each
// has a channel with room for one signal: more would tell it nothing new, and
// a slow one holds nobody up.
type hub struct {
	mu     sync.Mutex
	topics map[string]map[chan struct{}]struct{}
	closed bool
}

func newHub() *hub { return &hub{topics: map[string]map[chan struct{}]struct{}{}} }

// Publish implements store.Engine, for the subscribers of this Engine value.
func (e *Engine) Publish(ctx context.Context, topic string) error {
	if err := store.CheckName(topic); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return store.Unavailable("publish", err)
	}
	if !e.hub.publish(topic) {
		return store.Unavailable("publish", errClosed)
	}
	return nil
}

// Subscribe implements store.Engine, for what this Engine value publishes.
func (e *Engine) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	if err := store.CheckName(topic); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, store.Unavailable("subscribe", err)
	}
	ch, ok := e.hub.add(topic)
	if !ok {
		return nil, store.Unavailable("subscribe", errClosed)
	}
	context.AfterFunc(ctx, func() { e.hub.remove(topic, ch) })
	return ch, nil
}

var errClosed = errors.New("the engine is closed")

func (h *hub) publish(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ch := range h.topics[topic] {
		select {
		case ch <- struct{}{}:
		default: // a signal is waiting already
		}
	}
	return !h.closed
}

func (h *hub) add(topic string) (chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, false
	}
	if h.topics[topic] == nil {
		h.topics[topic] = map[chan struct{}]struct{}{}
	}
	ch := make(chan struct{}, 1)
	h.topics[topic][ch] = struct{}{}
	return ch, true
}

func (h *hub) remove(topic string, ch chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.topics[topic][ch]; !ok {
		return // closed with the engine
	}
	delete(h.topics[topic], ch)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
	close(ch)
}

func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, subscribers := range h.topics {
		for ch := range subscribers {
			close(ch)
		}
	}
	clear(h.topics)
}
