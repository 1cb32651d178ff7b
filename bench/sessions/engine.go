package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// engine is a store that tells how large it is.
type engine interface {
	fmt.Stringer
	open(ctx context.Context, now func() time.Time) (store.Engine, error)
	// size is what it holds, in bytes, above what it held when it was empty.
	size(ctx context.Context) (int64, error)
}

type sqliteEngine struct{ path string }

func (e *sqliteEngine) String() string { return "SQLite" }

func (e *sqliteEngine) open(_ context.Context, now func() time.Time) (store.Engine, error) {
	return sqlite.Open(e.path, now)
}

// size is that of the file. The journal beside it was written into it when the
// store was closed last.
func (e *sqliteEngine) size(context.Context) (int64, error) {
	info, err := os.Stat(e.path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

type redisEngine struct {
	address string
	empty   int64
}

func (e *redisEngine) String() string { return "Redis" }

func (e *redisEngine) open(ctx context.Context, now func() time.Time) (store.Engine, error) {
	if e.empty == 0 {
		var err error
		if e.empty, err = e.used(ctx); err != nil {
			return nil, err
		}
	}
	return redis.Open(ctx, "redis://"+e.address, now)
}

func (e *redisEngine) size(ctx context.Context) (int64, error) {
	used, err := e.used(ctx)
	return used - e.empty, err
}

// used is the memory of Redis's data, as it says itself.
func (e *redisEngine) used(ctx context.Context) (int64, error) {
	client := goredis.NewClient(&goredis.Options{Addr: e.address})
	defer client.Close()
	text, err := client.Info(ctx, "memory").Result()
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(text) {
		if bytes, found := strings.CutPrefix(strings.TrimSpace(line), "used_memory:"); found {
			return strconv.ParseInt(bytes, 10, 64)
		}
	}
	return 0, fmt.Errorf("no memory in what Redis says of itself:\n%s", text)
}
