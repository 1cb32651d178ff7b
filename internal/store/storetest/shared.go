package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// RunShared tests what several engines on the same data owe each other, and
// what is left after all of them are closed.
func RunShared(t *testing.T, open OpenShared) {
	for _, tc := range []struct {
		name string
		test func(s suite, another func() store.Engine)
	}{
		{"records outlive the engine", outlives},
		{"what one writes the other reads", reads},
		{"delete has one winner across engines", deleteAcross},
		{"update has one winner across engines", updateAcross},
		{"a lease is exclusive across engines", leaseAcross},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			another := open(t, clock.Now)
			next := func() store.Engine {
				e := another()
				t.Cleanup(func() { require.NoError(t, e.Close()) })
				return e
			}
			tc.test(suite{T: t, engine: next(), clock: clock}, next)
		})
	}
}

func outlives(s suite, another func() store.Engine) {
	r := s.have("a", "g", "one")
	require.NoError(s, s.engine.Close())
	s.engine = another()
	got, err := s.engine.Get(s.Context(), "a")
	require.NoError(s, err)
	assert.Equal(s, r, got)
	assert.Equal(s, []string{"a"}, s.keys("g"))
}

func reads(s suite, another func() store.Engine) {
	two := suite{T: s.T, engine: another(), clock: s.clock}
	r := s.have("a", "g", "one")
	r.Value = []byte("two")
	_, err := two.engine.Update(s.Context(), r)
	require.NoError(s, err)
	assert.Equal(s, "two", s.value("a"))
}

func deleteAcross(s suite, another func() store.Engine) {
	engines := []store.Engine{s.engine, another()}
	s.have("a", "", "one")
	won := race(func(i int) bool {
		ok, err := engines[i%2].Delete(s.Context(), "a")
		return ok && err == nil
	})
	assert.Equal(s, 1, won)
}

func updateAcross(s suite, another func() store.Engine) {
	engines := []store.Engine{s.engine, another()}
	r := s.have("a", "", "one")
	won := race(func(i int) bool {
		_, err := engines[i%2].Update(s.Context(), r)
		return err == nil
	})
	assert.Equal(s, 1, won)
}

func leaseAcross(s suite, another func() store.Engine) {
	engines := []store.Engine{s.engine, another()}
	won := race(func(i int) bool {
		held, err := engines[i%2].Acquire(s.Context(), "lease", "owner-"+strconv.Itoa(i), time.Minute)
		return held && err == nil
	})
	assert.Equal(s, 1, won)
}
