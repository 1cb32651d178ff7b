package sqlite

import (
	"context"
	"errors"

	"github.com/zapembed/zapembed/internal/store"
)

var errClosed = errors.New("the engine is closed")

// Publish implements store.Engine, for the subscribers of this Engine value.
func (e *Engine) Publish(ctx context.Context, topic string) error {
	if err := store.CheckName(topic); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return store.Unavailable("publish", err)
	}
	if !e.hub.Publish(topic) {
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
	changes, ok := e.hub.Subscribe(ctx, topic)
	if !ok {
		return nil, store.Unavailable("subscribe", errClosed)
	}
	return changes, nil
}
