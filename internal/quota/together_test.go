package quota_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// Two servers whose people really wait, each at the same time as all others: what the account promises is kept.
func TestWaitingTogether(t *testing.T) {
	t.Parallel()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		engine, err := sqlite.Open(file, time.Now)
		require.NoError(t, err)
		defer engine.Close()
		const limit, people = 30, 6
		var servers []*quota.Budget
		for range 2 {
			servers = append(servers, quota.New(quota.Config{Engine: engine, Keys: keys, Client: "client", Limits: quota.Limits{IP: limit}}))
		}
		var mu sync.Mutex
		var sent []time.Time
		count := make([]int, people)
		var group sync.WaitGroup
		began := time.Now()
		for i := range people {
			group.Go(func() {
				for time.Since(began) < 65*time.Second {
					if _, err := servers[i%2].Take(t.Context(), quota.Caller{User: fmt.Sprint(i), Patience: 20 * time.Second}); !assert.NoError(t, err, "%v %#v", time.Since(began), err) {
						return
					}
					mu.Lock()
					sent = append(sent, time.Now())
					count[i]++
					mu.Unlock()
					time.Sleep(200 * time.Millisecond)
				}
			})
		}
		group.Wait()
		slices.SortFunc(sent, time.Time.Compare)
		for i := limit; i < len(sent); i++ {
			require.GreaterOrEqual(t, sent[i].Sub(sent[i-limit]), time.Minute)
		}
		assert.GreaterOrEqual(t, len(sent), 30, "as many as fit")
		assert.LessOrEqual(t, slices.Max(count)-slices.Min(count), 1, "%v", count)
	})
}
