package main

import (
	"context"
	"fmt"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// timeOn is how to learn the time that all servers on an engine share; nil where that is the one of this machine, because
// all of them are on it.
func timeOn(engine store.Engine) func(context.Context) (time.Time, error) {
	if shared, ok := engine.(interface {
		Time(context.Context) (time.Time, error)
	}); ok {
		return shared.Time
	}
	return nil
}

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
