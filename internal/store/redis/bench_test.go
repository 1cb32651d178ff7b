package redis_test

import (
	"testing"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
	"github.com/zapembed/zapembed/internal/store/storetest"
)

func BenchmarkEngine(b *testing.B) {
	fresh := apart(redistest.Start(b).URL())
	storetest.Bench(b, func(b *testing.B, _ func() time.Time) store.Engine { return mustOpen(b, fresh(), nil) })
}
