package redis

import (
	"context"
	"time"
)

// OpenBeside opens an engine as Open does without a clock, on a machine whose own clock is another than that of
// Redis.
func OpenBeside(ctx context.Context, address string, machine func() time.Time) (*Engine, error) {
	return open(ctx, address, machine, false)
}
