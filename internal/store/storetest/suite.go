package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
)

// Open makes an empty engine on the given clock. The suite closes it.
type Open func(t *testing.T, now func() time.Time) store.Engine

// OpenShared makes a place for data and returns a function that opens engines
// on it: each call is another engine, as another process would have.
type OpenShared func(t *testing.T, now func() time.Time) func() store.Engine

// suite is what each test gets.
type suite struct {
	*testing.T
	engine store.Engine
	clock  *Clock
}

// Run tests one engine by itself.
func Run(t *testing.T, open Open) {
	for _, tc := range []struct {
		name string
		test func(s suite)
	}{
		{"a record is created once", createOnce},
		{"an expired record makes room", createOverExpired},
		{"values of every size up to the limit", sizes},
		{"names are checked", names},
		{"a record needs a lifetime", needsLifetime},
		{"what works together is of one kind", kinds},
		{"get after the lifetime", lifetime},
		{"many look at once", getTogether},
		{"a look-up is never older than its question", getAfter},
		{"update moves version and lifetime", update},
		{"update never creates", updateNeverCreates},
		{"update with a lifetime in the past ends the record", updateEnds},
		{"two updaters, one conflict", updateRace},
		{"touch moves the lifetime alone", touch},
		{"rotate replaces the record in one step", rotate},
		{"rotate refuses and leaves everything", rotateRefuses},
		{"rotate may keep the key", rotateInPlace},
		{"rotators race for one record", rotateRace},
		{"delete has one winner", deleteWinner},
		{"list gives the live records of a group by key", list},
		{"list sees a rotation whole", listRotating},
		{"a group follows what becomes of its records", groupFollows},
		{"delete group", deleteGroup},
		{"walk meets every live record of a kind", walk},
		{"walk ends with its function's error", walkEnds},
		{"a lease is exclusive", leaseExclusive},
		{"a lease expires", leaseExpires},
		{"a lease is renewed by its owner only", leaseRenew},
		{"a lease is released by its owner only", leaseRelease},
		{"one of many gets the lease", leaseRace},
		{"subscribers hear of a change", subscribe},
		{"signals coalesce and never block", subscribeSlow},
		{"a subscription ends with its context", subscribeEnds},
		{"sweep removes expired records only", sweep},
		{"a cancelled context is obeyed", cancelled},
		{"swapped records refuse to open", swapped},
		{"records survive the rotation of keys", keysRotate},
		{"ping", ping},
		{"close twice, then unavailable", closeTwice},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			clock := NewClock()
			engine := open(t, clock.Now)
			t.Cleanup(func() { require.NoError(t, engine.Close()) })
			tc.test(suite{T: t, engine: engine, clock: clock})
		})
	}
}

// record is a live record of one hour.
func (s suite) record(key, group, value string) store.Record {
	return store.Record{Key: key, Group: group, Value: []byte(value), Expires: s.clock.Now().Add(time.Hour)}
}

// have creates a record and returns it as the engine has it.
func (s suite) have(key, group, value string) store.Record {
	s.Helper()
	require.NoError(s, s.engine.Create(s.Context(), s.record(key, group, value)))
	r, err := s.engine.Get(s.Context(), key)
	require.NoError(s, err)
	return r
}

// value is what is under key, which must be live.
func (s suite) value(key string) string {
	s.Helper()
	r, err := s.engine.Get(s.Context(), key)
	require.NoError(s, err)
	return string(r.Value)
}

// gone asserts that there is nothing under key.
func (s suite) gone(key string) {
	s.Helper()
	_, err := s.engine.Get(s.Context(), key)
	require.ErrorIs(s, err, store.ErrNotFound)
}
