package redis_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/redis"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
	"github.com/zapembed/zapembed/internal/store/storetest"
)

func TestEngine(t *testing.T) {
	t.Parallel()
	fresh := apart(redistest.Start(t).URL())
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Engine { return mustOpen(t, fresh(), now) })
}

func TestSharedServer(t *testing.T) {
	t.Parallel()
	shared(t, redistest.Start(t).URL())
}

// A Cluster refuses every script whose keys are not in one place.
func TestCluster(t *testing.T) {
	t.Parallel()
	url := redistest.StartCluster(t).URL() + "?cluster=true"
	fresh := apart(url)
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Engine { return mustOpen(t, fresh(), now) })
	shared(t, with(url, "prefix=shared"))
}

func shared(t *testing.T, url string) {
	fresh := apart(url)
	storetest.RunShared(t, func(t *testing.T, now func() time.Time) func() store.Engine {
		url := fresh()
		return func() store.Engine { return mustOpen(t, url, now) }
	})
}

func TestHangingServer(t *testing.T) {
	t.Parallel()
	storetest.RunOutage(t, func(t *testing.T, now func() time.Time) (store.Engine, func(), func()) {
		server := redistest.Start(t)
		return mustOpen(t, with(server.URL(), "read_timeout=200ms"), now), server.Pause, server.Resume
	})
}

func TestRestartedServer(t *testing.T) {
	t.Parallel()
	storetest.RunOutage(t, func(t *testing.T, now func() time.Time) (store.Engine, func(), func()) {
		server := redistest.Start(t, redistest.Persistent())
		return mustOpen(t, with(server.URL(), "read_timeout=200ms"), now), server.Stop, server.Restart
	})
}

// apart returns URLs of one Redis under which engines do not meet: each has
// another prefix.
func apart(url string) func() string {
	var last atomic.Int64
	begin := "test-"
	if before, prefix, found := strings.Cut(url, "&prefix="); found {
		url, begin = before, prefix+"-"
	}
	return func() string { return with(url, "prefix="+begin+strconv.FormatInt(last.Add(1), 10)) }
}

func with(url, parameter string) string {
	if strings.Contains(url, "?") {
		return url + "&" + parameter
	}
	return url + "?" + parameter
}

func mustOpen(t testing.TB, url string, now func() time.Time) *redis.Engine {
	t.Helper()
	e, err := redis.Open(t.Context(), url, now)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}

func record(key, group string) store.Record {
	return store.Record{Key: key, Group: group, Value: []byte("value of " + key), Expires: time.Now().Add(time.Hour)}
}

func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, 20*time.Second, 10*time.Millisecond)
}

// whoever has no deadline of his own is told soon all the same, and
// never that there is no such record.
func TestReadsOfAHangingServerEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, with(server.URL(), "read_timeout=100ms"), nil)
	require.NoError(t, mustOpen(t, server.URL(), nil).Create(t.Context(), record("a", "g"))) // which has more patience
	server.Pause()
	start := time.Now()
	_, getting := e.Get(t.Context(), "a")
	_, listing := e.List(t.Context(), "g")
	_, sweeping := e.Sweep(t.Context())
	walking := e.Walk(t.Context(), "kind", func(store.Record) error { return nil })
	_, telling := e.Time(t.Context())
	for call, err := range map[string]error{
		"get": getting, "list": listing, "sweep": sweeping, "walk": walking, "time": telling,
		"ping": e.Ping(t.Context()), "create": e.Create(t.Context(), record("b", "")), "publish": e.Publish(t.Context(), "t"),
	} {
		assert.ErrorIs(t, err, store.ErrUnavailable, call)
		assert.NotErrorIs(t, err, store.ErrNotFound, call)
	}
	assert.Less(t, time.Since(start), 10*time.Second)
	server.Resume()
	eventually(t, func() bool { _, err := e.Get(t.Context(), "a"); return err == nil })
}

// A write whose answer was lost was obeyed or not, and to send it again would
// answer for the second time: a lease that is ours would be somebody else's.
func TestWritesAreNotSentTwice(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	w := newWire(t, server)
	e, direct := mustOpen(t, w.url(), nil), mustOpen(t, server.URL(), nil)
	require.NoError(t, e.Create(t.Context(), record("a", "")))
	held, err := e.Acquire(t.Context(), "other", "me", time.Minute)
	require.NoError(t, err)
	require.True(t, held)

	w.lose.Store(1)
	_, err = e.Acquire(t.Context(), "lease", "me", time.Minute)
	require.ErrorIs(t, err, store.ErrUnavailable)
	held, err = direct.Renew(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	assert.True(t, held, "it had been obeyed")

	w.lose.Store(1)
	_, err = e.Get(t.Context(), "a")
	assert.NoError(t, err, "a read is asked again")
}

// The same in a Cluster, whose client has a way of its own to try again.
func TestClusterWritesAreNotSentTwice(t *testing.T) {
	t.Parallel()
	server := redistest.StartCluster(t)
	w := newWire(t, server)
	_, port, _ := strings.Cut(strings.TrimPrefix(w.url(), "redis://"), ":")
	server.Do("config", "set", "cluster-announce-port", port)
	e, direct := mustOpen(t, w.url()+"?cluster=true", nil), mustOpen(t, server.URL()+"?cluster=true", nil)
	_, err := e.Acquire(t.Context(), "other", "me", time.Minute)
	require.NoError(t, err)
	w.lose.Store(1)
	_, err = e.Acquire(t.Context(), "lease", "me", time.Minute)
	require.ErrorIs(t, err, store.ErrUnavailable)
	held, err := direct.Renew(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	assert.True(t, held, "it had been obeyed")
}

func TestSignalsReachOtherEngines(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one, two := mustOpen(t, server.URL(), nil), mustOpen(t, server.URL(), nil)
	apart := mustOpen(t, with(server.URL(), "prefix=apart"), nil)
	heard, err := two.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	others, err := apart.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	require.NoError(t, one.Publish(t.Context(), "topic"))
	signalled(t, heard)
	require.NoError(t, apart.Publish(t.Context(), "topic"))
	signalled(t, others)
	assert.Empty(t, heard, "another prefix is another world")
}

func signalled(t testing.TB, changes <-chan struct{}) {
	t.Helper()
	select {
	case _, open := <-changes:
		require.True(t, open)
	case <-time.After(20 * time.Second):
		require.FailNow(t, "no signal came")
	}
}

// What was published while there was no connection is missed; so everybody
// looks again when there is one.
func TestEverybodyWakesAfterAnOutage(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	waiting, err := e.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	require.Empty(t, waiting)
	server.Stop()
	late, err := e.Subscribe(t.Context(), "other")
	require.NoError(t, err, "waiting needs no connection")
	server.Restart()
	signalled(t, waiting)
	signalled(t, late)
	require.NoError(t, mustOpen(t, server.URL(), nil).Publish(t.Context(), "topic"))
	signalled(t, waiting)
}

// A connection that was cut without a word looks like one on which nothing happens.
func TestSignalsAfterASilentCut(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	w := newWire(t, server)
	e := mustOpen(t, with(w.url(), "read_timeout=100ms"), nil)
	waiting, err := e.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	w.cut.Store(true)
	require.NoError(t, mustOpen(t, server.URL(), nil).Publish(t.Context(), "topic")) // the cut swallows it
	w.cut.Store(false)
	signalled(t, waiting)
	require.NoError(t, e.Publish(t.Context(), "topic"))
	signalled(t, waiting)
}

// Without a clock of ours that of Redis ends what is over.
func TestItsOwnClock(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	short := record("short", "g")
	short.Expires = time.Now().Add(50 * time.Millisecond)
	require.NoError(t, e.Create(t.Context(), short))
	require.NoError(t, e.Create(t.Context(), record("long", "g")))
	held, err := e.Acquire(t.Context(), "lease", "one", 50*time.Millisecond)
	require.NoError(t, err)
	require.True(t, held)
	eventually(t, func() bool {
		_, err := e.Get(t.Context(), "short")
		return assert.ObjectsAreEqual(store.ErrNotFound, err)
	})
	eventually(t, func() bool {
		held, err := e.Acquire(t.Context(), "lease", "two", time.Minute)
		return held && err == nil
	})
	left, err := e.List(t.Context(), "g")
	require.NoError(t, err)
	require.Len(t, left, 1)
	ended := left[0]
	ended.Expires = time.Now()
	_, err = e.Update(t.Context(), ended)
	require.NoError(t, err)
	_, err = e.Get(t.Context(), "long")
	require.ErrorIs(t, err, store.ErrNotFound, "what ends now is over")
}

// A lifetime is as long as whoever gave it meant, whatever clock Redis has, and
// what it was is read as it was written.
func TestClocksThatDiffer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, tc := range map[string]struct {
		apart time.Duration
		warns string
	}{
		"Redis is ahead":  {-time.Hour, "behind that of Redis"},
		"Redis is behind": {time.Hour, "ahead of that of Redis"},
		"a little":        {2 * time.Second, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			machine := func() time.Time { return time.Now().Add(tc.apart) }
			prefix := strings.ReplaceAll(name, " ", "-")
			e, err := redis.OpenBeside(t.Context(), with(server.URL(), "prefix="+prefix), machine)
			require.NoError(t, err)
			defer e.Close()
			if tc.warns == "" {
				assert.Empty(t, e.Warnings())
			} else if assert.Len(t, e.Warnings(), 1) {
				assert.Contains(t, e.Warnings()[0], tc.warns)
			}

			r := record("kind:a", "kind:g")
			r.Expires = machine().Add(30 * time.Second).Truncate(time.Millisecond)
			require.NoError(t, e.Create(t.Context(), r))
			lasts(t, server, prefix, 30*time.Second)
			r.Version, r.Expires = 1, r.Expires.Add(30*time.Second)
			r.Version, err = e.Update(t.Context(), r)
			require.NoError(t, err)
			lasts(t, server, prefix, time.Minute)
			r.Expires = r.Expires.Add(time.Minute)
			require.NoError(t, e.Touch(t.Context(), "kind:a", r.Expires))
			lasts(t, server, prefix, 2*time.Minute)
			got, err := e.Get(t.Context(), "kind:a")
			require.NoError(t, err)
			assert.Equal(t, r, got)
			left, err := e.List(t.Context(), "kind:g")
			require.NoError(t, err)
			assert.Equal(t, []store.Record{r}, left)

			next := r
			next.Key = "kind:b"
			require.NoError(t, e.Rotate(t.Context(), "kind:a", next))
			require.NoError(t, e.Touch(t.Context(), "kind:b", machine()))
			_, err = e.Get(t.Context(), "kind:b")
			require.ErrorIs(t, err, store.ErrNotFound, "what ends now is over")
		})
	}
}

// All servers are told the same time, whatever their machines say; a clock of a test counts for them all.
func TestTime(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]string{
		"one server": redistest.Start(t).URL(), "a Cluster": redistest.StartCluster(t).URL() + "?cluster=true",
	} {
		for _, apart := range []time.Duration{-time.Hour, time.Hour} {
			e, err := redis.OpenBeside(t.Context(), url, func() time.Time { return time.Now().Add(apart) })
			require.NoError(t, err, name)
			defer e.Close()
			told, err := e.Time(t.Context())
			require.NoError(t, err, name)
			assert.WithinDuration(t, time.Now(), told, 10*time.Second, name)
		}
		clock := storetest.NewClock()
		told, err := mustOpen(t, url, clock.Now).Time(t.Context())
		require.NoError(t, err, name)
		assert.Equal(t, clock.Now(), told, name)
	}
}

// lasts asserts how long a record and its group are kept.
func lasts(t *testing.T, server *redistest.Server, prefix string, want time.Duration) {
	t.Helper()
	for _, key := range []string{":{kind}:r:a", ":{kind}:g:g"} {
		assert.InDelta(t, want.Milliseconds(), server.Do("pttl", prefix+key), 20_000, key)
	}
}

// Nothing stays for good, even if this program never runs again.
func TestEverythingHasAPhysicalEnd(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), storetest.NewClock().Now)
	make := func(key, group string) store.Record {
		r := record(key, group)
		r.Expires = storetest.NewClock().Now().Add(time.Hour)
		require.NoError(t, e.Create(t.Context(), r))
		r.Version = 1
		return r
	}
	make("kind:made", "kind:g")
	_, err := e.Update(t.Context(), make("kind:updated", "kind:updated"))
	require.NoError(t, err)
	require.NoError(t, e.Touch(t.Context(), "kind:touched", make("kind:touched", "kind:touched").Expires))
	next := make("kind:old", "kind:old")
	next.Key, next.Group = "kind:new", "kind:new"
	require.NoError(t, e.Rotate(t.Context(), "kind:old", next))
	make("kind:deleted", "kind:deleted")
	_, err = e.Delete(t.Context(), "kind:deleted")
	require.NoError(t, err)
	_, err = e.Acquire(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	_, err = e.Renew(t.Context(), "lease", "me", time.Hour)
	require.NoError(t, err)

	keys := server.Do("keys", "*").([]any)
	assert.Len(t, keys, 4+4+1, "four records, their groups and a lease: %v", keys)
	for _, key := range keys {
		assert.InDelta(t, time.Hour.Milliseconds(), server.Do("pttl", key), 60_000, key)
	}
}

// All of it gone at once is "no such record", whatever is asked.
func TestFlushAll(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	r := record("a", "g")
	require.NoError(t, e.Create(t.Context(), r))
	held, err := e.Acquire(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	server.FlushAll()
	server.Do("script", "flush")

	r.Version = 1
	_, err = e.Get(t.Context(), "a")
	require.ErrorIs(t, err, store.ErrNotFound)
	_, err = e.Update(t.Context(), r)
	require.ErrorIs(t, err, store.ErrNotFound)
	require.ErrorIs(t, e.Touch(t.Context(), "a", r.Expires), store.ErrNotFound)
	require.ErrorIs(t, e.Rotate(t.Context(), "a", r), store.ErrNotFound)
	won, err := e.Delete(t.Context(), "a")
	require.NoError(t, err)
	assert.False(t, won)
	left, err := e.List(t.Context(), "g")
	require.NoError(t, err)
	assert.Empty(t, left)
	held, err = e.Renew(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	assert.False(t, held)
	require.NoError(t, e.Create(t.Context(), r))
}

// The group is an index; what it names counts when the record agrees.
func TestGroupThatIsWrong(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	require.NoError(t, e.Create(t.Context(), record("a", "g")))
	require.NoError(t, e.Create(t.Context(), record("lost", "g")))
	server.Do("del", "zapembed:{~}:r:a", "zapembed:{~}:r:lost") // as eviction does
	require.NoError(t, e.Create(t.Context(), record("a", "h")))
	left, err := e.List(t.Context(), "g")
	require.NoError(t, err)
	assert.Empty(t, left)
	n, err := e.DeleteGroup(t.Context(), "g")
	require.NoError(t, err)
	assert.Zero(t, n)
	assert.Equal(t, int64(0), server.Do("exists", "zapembed:{~}:g:g"), "it forgets what is not there")
	left, err = e.List(t.Context(), "h")
	require.NoError(t, err)
	assert.Len(t, left, 1)
}

// With its memory full Redis refuses what takes some: a touch, too, for all
// that it changes a number alone. That is trouble; nobody is left with half of
// a rotation, whoever is there can be read, and signing out works.
func TestFullMemory(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	require.NoError(t, e.Create(t.Context(), record("old", "g")))
	require.NoError(t, e.Create(t.Context(), record("ended", "g")))
	held, err := e.Acquire(t.Context(), "lease", "me", time.Minute)
	require.NoError(t, err)
	require.True(t, held)
	server.Do("config", "set", "maxmemory", "1")
	require.ErrorIs(t, e.Create(t.Context(), record("b", "")), store.ErrUnavailable)
	next := record("new", "g")
	next.Version = 1
	require.ErrorIs(t, e.Rotate(t.Context(), "old", next), store.ErrUnavailable)
	require.ErrorIs(t, e.Touch(t.Context(), "old", next.Expires.Add(time.Hour)), store.ErrUnavailable)
	_, err = e.Renew(t.Context(), "lease", "me", time.Hour)
	require.ErrorIs(t, err, store.ErrUnavailable)
	r, err := e.Get(t.Context(), "old")
	require.NoError(t, err)
	_, err = e.Get(t.Context(), "new")
	require.ErrorIs(t, err, store.ErrNotFound)
	assert.Equal(t, record("old", "g").Value, r.Value)
	_, err = e.Update(t.Context(), r)
	require.ErrorIs(t, err, store.ErrUnavailable)
	left, err := e.List(t.Context(), "g")
	require.NoError(t, err)
	assert.Len(t, left, 2)

	// What ends something is obeyed, and the rest of what only reads or tells.
	won, err := e.Delete(t.Context(), "ended")
	require.NoError(t, err)
	assert.True(t, won)
	require.NoError(t, e.Release(t.Context(), "lease", "me"))
	require.NoError(t, e.Publish(t.Context(), "topic"))
	n, err := e.DeleteGroup(t.Context(), "g")
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	server.Do("config", "set", "maxmemory", "0")
	require.NoError(t, e.Create(t.Context(), record("b", "")))
}

func TestMaxmemoryWarning(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		options []redistest.Option
		warned  bool
	}{
		"no limit":            {[]redistest.Option{redistest.Config("maxmemory-policy", "allkeys-lru")}, false},
		"a limit that keeps":  {[]redistest.Option{redistest.Config("maxmemory", "64mb")}, false},
		"a limit that evicts": {[]redistest.Option{redistest.Config("maxmemory", "64mb"), redistest.Config("maxmemory-policy", "volatile-ttl")}, true},
		"it does not tell": {[]redistest.Option{
			redistest.Config("maxmemory", "64mb"), redistest.Config("maxmemory-policy", "volatile-ttl"), redistest.Config("rename-command", "INFO", "")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			warnings := mustOpen(t, redistest.Start(t, tc.options...).URL(), nil).Warnings()
			if !tc.warned {
				assert.Empty(t, warnings)
				return
			}
			require.Len(t, warnings, 1)
			assert.Contains(t, warnings[0], "volatile-ttl")
			assert.Contains(t, warnings[0], "noeviction")
		})
	}
}

// What Create has answered for is there after kill -9, with the append-only
// file and appendfsync always.
func TestSurvivesKill(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Persistent())
	e := mustOpen(t, server.URL(), nil)
	for i := range 50 {
		require.NoError(t, e.Create(t.Context(), record("kind:"+strconv.Itoa(i), "kind:g")))
	}
	server.Restart()
	var left []store.Record
	eventually(t, func() (ok bool) {
		var err error
		left, err = e.List(t.Context(), "kind:g")
		return err == nil
	})
	assert.Len(t, left, 50)
}

// L17: a server that became a replica under a pooled connection refuses
// writes; that is trouble, and over as soon as there is a master again.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	e := mustOpen(t, server.URL(), nil)
	require.NoError(t, e.Create(t.Context(), record("a", "")))
	server.Do("replicaof", "127.0.0.1", "1")
	require.ErrorIs(t, e.Create(t.Context(), record("b", "")), store.ErrUnavailable)
	server.Do("replicaof", "no", "one")
	eventually(t, func() bool { return e.Create(t.Context(), record("b", "")) == nil })
	_, err := e.Get(t.Context(), "a")
	require.NoError(t, err)
}

// L17: the master dies, and the engine goes on with the next one: what was
// written is there, and new things are.
func TestSentinelFailover(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	replica := redistest.StartReplica(t, master)
	sentinel := redistest.StartSentinel(t, master)
	e := mustOpen(t, with(sentinel.URL(), "master_name="+redistest.MasterName), nil)
	waiting, err := e.Subscribe(t.Context(), "topic")
	require.NoError(t, err)
	for i := range 20 {
		require.NoError(t, e.Create(t.Context(), record("kind:"+strconv.Itoa(i), "kind:g")))
	}
	eventually(t, func() bool { return replica.Do("dbsize") == master.Do("dbsize") })

	master.Stop()
	eventually(t, func() bool { return e.Create(t.Context(), record("kind:new", "kind:g")) == nil })
	assert.Equal(t, int64(1), replica.Do("exists", "zapembed:{kind}:r:new"), "written to the new master")
	left, err := e.List(t.Context(), "kind:g")
	require.NoError(t, err)
	assert.Len(t, left, 21)
	signalled(t, waiting)
	eventually(t, func() bool { return e.Publish(t.Context(), "topic") == nil })
	signalled(t, waiting)
}

// The user of docs/storage.md may do all that the engine does, and little else.
func TestAccessList(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/storage.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "ACL SETUSER zapembed on >PASSWORD ")
	require.True(t, found)
	rules, _, _ := strings.Cut(rest, "\n")
	server := redistest.Start(t)
	command := []any{"acl", "setuser", "zapembed", "on", ">secret"}
	for _, rule := range strings.Fields(rules) {
		command = append(command, rule)
	}
	server.Do(command...)
	fresh := apart("redis://zapembed:secret@" + server.Addr() + "?db=0&prefix=zapembed:acl")
	storetest.Run(t, func(t *testing.T, now func() time.Time) store.Engine { return mustOpen(t, fresh(), now) })
	_, err = mustOpen(t, fresh(), nil).Time(t.Context())
	require.NoError(t, err)
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"redis://host", "rediss://user:p%40ss@host:6380/3", "redis://[::1]:6379",
		"redis://host?prefix=mine&pool_size=4&read_timeout=1s&dial_timeout=500ms", "redis://host?cluster=true",
		"rediss://:secret@host:7000?addr=two:7001&addr=three:7002",
		"redis://one:26379?master_name=zap&addr=two:26379&password=secret&db=2",
	} {
		assert.NoError(t, redis.Check(good), good)
	}
	for bad, want := range map[string]string{
		"":                                          "scheme",
		"http://host":                               "scheme",
		"unix:///run/redis.sock":                    "scheme",
		"redis://host/one":                          "database number",
		"redis://host?read_timeout=soon":            "read_timeout",
		"redis://host?route_randomly=true":          "a parameter that is none of",
		"rediss://host?skip_verify=true":            "a parameter that is none of",
		"redis://host?prefix=a*b":                   "prefix may have",
		"redis://host?addr=two":                     "addr",
		"redis://one?master_name=zap&pool_size=big": "pool_size",
	} {
		err := redis.Check(bad)
		if assert.Error(t, err, bad) {
			assert.Contains(t, err.Error(), want, bad)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
}

// R-02, L18: a password, whole or in part, is in no error.
func TestNoPasswordInErrors(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Config("requirepass", "right-canary"))
	for _, url := range []string{
		"redis://:wrong-canary@" + server.Addr(),
		"redis://user:wrong-canary@" + server.Addr(),
		"redis://" + server.Addr() + "?username=u&password=wrong-canary",
		"redis://:wrong-canary@127.0.0.1:1",
		"redis://:can/ary-canary@" + server.Addr(),
		"redis://:7/ary-canary@" + server.Addr(),
		"redis://:7?ary-canary@" + server.Addr(),
		"redis://:7#ary-canary@" + server.Addr(),
		"redis://:%zz-canary@" + server.Addr(),
		"redis://:wrong-canary@[host",
		"redis://:wrong-canary@host:port",
		"redis://:wrong-canary@host?master_name=a&addr=b",
		"nonsense://:wrong-canary@host",
		"wrong-canary",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := redis.Open(ctx, url, nil)
		cancel()
		if assert.Error(t, err, url) {
			assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), "canary", url)
			assert.NotContains(t, err.Error(), "\n", "one sentence")
		}
	}
	e := mustOpen(t, "redis://:right-canary@"+server.Addr(), nil)
	server.Stop()
	assert.NotContains(t, e.Ping(t.Context()).Error(), "canary")
}
