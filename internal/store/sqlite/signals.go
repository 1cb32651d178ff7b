package sqlite

import "context"

// Publish implements store.Engine, for the subscribers of this Engine value.
func (e *Engine) Publish(ctx context.Context, topic string) error { return e.hub.Publish(ctx, topic) }

// Subscribe implements store.Engine, for what this Engine value publishes.
func (e *Engine) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	return e.hub.Subscribe(ctx, topic)
}
