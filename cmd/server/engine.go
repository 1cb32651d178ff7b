package main

import (
	"context"
	"fmt"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// openEngine opens the store that STORE_URL names. Without a clock SQLite goes by this machine's and Redis by its
// own, so that several servers agree on what is over.
func openEngine(ctx context.Context, s settings, now func() time.Time) (store.Engine, error) {
	if s.storeFile == "" {
		engine, err := redis.Open(ctx, s.StoreURL, now)
		if err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
		return engine, nil
	}
	if now == nil {
		now = time.Now
	}
	engine, err := sqlite.Open(s.storeFile, now)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	return engine, nil
}
