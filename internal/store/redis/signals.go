package redis

import (
	"context"
	"errors"
	"net"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/zapembed/zapembed/internal/store"
)

// reconnectPause keeps a Redis that is down from being dialled all the time.
const reconnectPause = 200 * time.Millisecond

func (e *Engine) channel() string { return e.prefix + ":changed" }

// Publish implements store.Engine, for the subscribers of every engine on this Redis.
func (e *Engine) Publish(ctx context.Context, topic string) error {
	if err := store.CheckName(topic); err != nil {
		return err
	}
	return e.bounded(ctx, "publish", func(ctx context.Context) error {
		return e.client.Publish(ctx, e.channel(), topic).Err()
	})
}

// Subscribe implements store.Engine. It does not ask Redis: while there is no
// connection the subscriber waits, and is woken as soon as there is one again.
func (e *Engine) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	return e.hub.Subscribe(ctx, topic)
}

// follow keeps one subscription for all topics until ctx ends. first hears how
// the first one went.
func (e *Engine) follow(ctx context.Context, first chan<- error) {
	tell := func(err error) {
		select {
		case first <- err:
		default: // it has heard
		}
	}
	for ctx.Err() == nil {
		tell(e.listen(ctx, func() {
			e.hub.PublishAll() // whatever was said meanwhile was missed
			tell(nil)
		}))
		select {
		case <-time.After(reconnectPause):
		case <-ctx.Done():
		}
	}
}

// listen passes signals on until the connection fails. It calls subscribed
// whenever Redis has confirmed the subscription. When nothing was heard for a
// while it asks whether Redis is still there: a connection that was cut
// without a word looks like one on which nothing happens.
func (e *Engine) listen(ctx context.Context, subscribed func()) error {
	subscription := e.client.Subscribe(ctx, e.channel())
	defer subscription.Close()
	defer context.AfterFunc(ctx, func() { subscription.Close() })() // nothing else interrupts a read
	for asked := false; ; {
		got, err := subscription.ReceiveTimeout(ctx, 2*e.answer)
		switch {
		case err == nil:
			asked = false
		case asked || !timedOut(err):
			return err
		default:
			if err := subscription.Ping(ctx); err != nil {
				return err
			}
			asked = true
		}
		switch got := got.(type) {
		case *goredis.Subscription:
			subscribed()
		case *goredis.Message:
			_ = e.hub.Publish(ctx, got.Payload) // who is closing wakes nobody
		}
	}
}

func timedOut(err error) bool {
	trouble, ok := errors.AsType[net.Error](err)
	return ok && trouble.Timeout()
}
