package redis

import (
	"context"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// lease is the key of a lease. It has no hash tag: nothing else is touched
// with it, so a Cluster may spread them.
func (e *Engine) lease(name string) string { return e.prefix + ":l:" + name }

// Acquire implements store.Engine.
func (e *Engine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	if err := store.CheckNames(name, owner); err != nil {
		return false, err
	}
	said, err := e.write(ctx, "acquire", acquireScript, []string{e.lease(name)}, owner, ttl.Milliseconds())
	return said == 1, err
}

// Renew implements store.Engine.
func (e *Engine) Renew(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	if err := store.CheckNames(name, owner); err != nil {
		return false, err
	}
	said, err := e.write(ctx, "renew", renewScript, []string{e.lease(name)}, owner, ttl.Milliseconds())
	return said == 1, err
}

// Release implements store.Engine.
func (e *Engine) Release(ctx context.Context, name, owner string) error {
	if err := store.CheckNames(name, owner); err != nil {
		return err
	}
	_, err := e.write(ctx, "release", releaseScript, []string{e.lease(name)}, owner)
	return err
}
