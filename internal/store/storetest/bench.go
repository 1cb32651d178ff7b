package storetest

import (
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// sessionSize is about what a session with a grant has when it is sealed.
const sessionSize = 1 << 10

// Bench measures what a request asks of an engine, from several goroutines at
// once.
func Bench(b *testing.B, open func(b *testing.B, now func() time.Time) store.Engine) {
	record := func(key string) store.Record {
		return store.Record{Key: "kind:" + key, Group: "kind:" + key, Value: make([]byte, sessionSize), Expires: time.Now().Add(time.Hour)}
	}
	for _, bc := range []struct {
		name string
		call func(b *testing.B, e store.Engine, r *store.Record) error
	}{
		{"Get", func(b *testing.B, e store.Engine, r *store.Record) error {
			_, err := e.Get(b.Context(), r.Key)
			return err
		}},
		{"Update", func(b *testing.B, e store.Engine, r *store.Record) (err error) {
			r.Version, err = e.Update(b.Context(), *r)
			return err
		}},
		{"Create", func(b *testing.B, e store.Engine, r *store.Record) error {
			r.Version++
			return e.Create(b.Context(), record(r.Key[len("kind:"):]+"-"+strconv.FormatInt(r.Version, 10)))
		}},
		{"AcquireRelease", func(b *testing.B, e store.Engine, r *store.Record) error {
			if _, err := e.Acquire(b.Context(), r.Key, "me", time.Minute); err != nil {
				return err
			}
			return e.Release(b.Context(), r.Key, "me")
		}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			e := open(b, time.Now)
			defer e.Close()
			var workers atomic.Int64
			b.RunParallel(func(pb *testing.PB) {
				r := record(strconv.FormatInt(workers.Add(1), 10))
				require.NoError(b, e.Create(b.Context(), r))
				for r.Version = 1; pb.Next(); {
					if err := bc.call(b, e, &r); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
