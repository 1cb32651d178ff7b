package store

import (
	"context"
	"errors"
	"sync"
)

var errHubClosed = errors.New("the engine is closed")

// Hub tells the subscribers within one process that something changed under a
// topic; engines build their Publish and Subscribe on it. Each subscriber has
// a channel with room for one signal: more would tell it nothing new, and a
// slow one holds nobody up.
type Hub struct {
	mu     sync.Mutex
	topics map[string]map[chan struct{}]struct{}
	closed bool
}

// NewHub returns a hub without subscribers.
func NewHub() *Hub { return &Hub{topics: map[string]map[chan struct{}]struct{}{}} }

// Publish wakes the subscribers of topic, as Engine.Publish demands.
func (h *Hub) Publish(ctx context.Context, topic string) error {
	if err := CheckName(topic); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return Unavailable("publish", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return Unavailable("publish", errHubClosed)
	}
	wake(h.topics[topic])
	return nil
}

// PublishAll wakes every subscriber, whatever its topic: for an engine that
// may have missed signals.
func (h *Hub) PublishAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, subscribers := range h.topics {
		wake(subscribers)
	}
}

func wake(subscribers map[chan struct{}]struct{}) {
	for ch := range subscribers {
		select {
		case ch <- struct{}{}:
		default: // a signal is waiting already
		}
	}
}

// Subscribe returns a channel that receives after a Publish of topic, as
// Engine.Subscribe demands.
func (h *Hub) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	if err := CheckName(topic); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, Unavailable("subscribe", err)
	}
	ch, ok := h.add(topic)
	if !ok {
		return nil, Unavailable("subscribe", errHubClosed)
	}
	context.AfterFunc(ctx, func() { h.remove(topic, ch) })
	return ch, nil
}

func (h *Hub) add(topic string) (chan struct{}, bool) {
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

func (h *Hub) remove(topic string, ch chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.topics[topic][ch]; !ok {
		return // closed with the hub
	}
	delete(h.topics[topic], ch)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
	close(ch)
}

// Close ends every subscription. Closing twice is fine.
func (h *Hub) Close() {
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
