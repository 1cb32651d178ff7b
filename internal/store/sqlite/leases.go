package sqlite

import (
	"context"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// Acquire implements store.Engine.
func (e *Engine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	if err := store.CheckNames(name, owner); err != nil {
		return false, err
	}
	now := e.now()
	n, err := exec(ctx, e.write, "acquire", `
INSERT INTO leases (name, owner, expires) VALUES (?1, ?2, ?3)
ON CONFLICT (name) DO UPDATE SET owner = ?2, expires = ?3 WHERE leases.expires <= ?4`,
		name, owner, now.Add(ttl).UnixMilli(), now.UnixMilli())
	return n == 1, err
}

// Renew implements store.Engine.
func (e *Engine) Renew(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	if err := store.CheckNames(name, owner); err != nil {
		return false, err
	}
	now := e.now()
	n, err := exec(ctx, e.write, "renew", "UPDATE leases SET expires = ? WHERE name = ? AND owner = ? AND expires > ?",
		now.Add(ttl).UnixMilli(), name, owner, now.UnixMilli())
	return n == 1, err
}

// Release implements store.Engine.
func (e *Engine) Release(ctx context.Context, name, owner string) error {
	if err := store.CheckNames(name, owner); err != nil {
		return err
	}
	_, err := exec(ctx, e.write, "release", "DELETE FROM leases WHERE name = ? AND owner = ?", name, owner)
	return err
}
