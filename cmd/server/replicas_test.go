package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// onBothStores runs a test on a file that two processes share, and on Redis.
func onBothStores(t *testing.T, test func(t *testing.T, storeURL string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "store.db")) })
	t.Run("redis", func(t *testing.T) { test(t, redistest.Start(t).URL()) })
}

// Zapier's refresh tokens work once: however many requests find the token dead, in however many processes, one of
// them refreshes and all of them go on (L1, L8, L9).
func TestProcessesRefreshOnce(t *testing.T) {
	const requests = 200
	onBothStores(t, func(t *testing.T, storeURL string) {
		f := newFleet(t, 2, storeURL, withoutCache())
		v := f.visitor(nil)
		v.signIn(emulator.UserWade)
		ways := []*visitor{v.through(f.dialed(f.replicas[0])), v.through(f.dialed(f.replicas[1]))}
		for range 2 { // the second time, the refresh token is one that was rotated
			f.emulated().ExpireTokens(emulator.UserWade)
			before := f.emulated().Count(emulator.OpOAuthToken)

			var answers tally
			var group sync.WaitGroup
			for i := range requests {
				group.Go(func() { answers.note(statusOf(ways[i%2].call(http.MethodGet, zapsCall, nil))) })
			}
			group.Wait()
			assert.Equal(t, map[string]int{"200 OK": requests}, answers.all())
			assert.Equal(t, before+1, f.emulated().Count(emulator.OpOAuthToken), "one refresh")
		}
		assert.True(t, v.active(), "nobody was signed out")
	})
}

// A process that dies between Zapier's answer and the write takes the new refresh token with it, and the old one is
// spent. That is the one case that costs a sign-in: it must be a clean one.
func TestProcessKilledBetweenTokenCallAndSave(t *testing.T) {
	f := newFleet(t, 2, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), nil)
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)
	f.emulated().ExpireTokens(emulator.UserWade)
	held := make(chan struct{})
	defer close(held)
	require.NoError(t, f.emulated().Arm(emulator.Fault{Operation: emulator.OpOAuthToken, After: true, Hold: held}))
	before := f.emulated().Count(emulator.OpOAuthToken)

	lost := make(chan string, 1)
	go func() { lost <- statusOf(v.through(f.dialed(f.replicas[0])).call(http.MethodGet, zapsCall, nil)) }()
	f.arrived(emulator.OpOAuthToken, before+1)
	require.Eventually(t, func() bool { return len(f.emulated().Armed()) == 0 }, patience, tick)
	f.replicas[0].kill()
	assert.Contains(t, <-lost, "error", "nobody was there to answer")

	// Until the dead one's mark has run out nobody else tries; here is a server for which it has.
	later := v.through(f.dialed(f.serverAt(func() time.Time { return time.Now().Add(26 * time.Second) })))
	answer, err := later.call(http.MethodGet, zapsCall, nil)
	assert.Equal(t, "401 Unauthorized", statusOf(answer, err))
	assert.False(t, v.active())
	assert.Contains(t, v.page("/").Text(), "Sign in", "a page and not a fault")
	v.signIn(emulator.UserWade)
	assert.Equal(t, "200 OK", statusOf(v.call(http.MethodGet, zapsCall, nil)))
}

// Each request of these goes to another replica than the one before, so whatever a replica kept to itself is missed.
func TestReplicasShareEverything(t *testing.T) {
	f := newFleet(t, 2, redistest.Start(t).URL(), nil)
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)
	one, two := v.through(f.dialed(f.replicas[0])), v.through(f.dialed(f.replicas[1]))

	attempt := answerTo[handlers.Attempt](one, http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	same := answerTo[handlers.Attempt](two, http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	assert.Equal(t, attempt.ID, same.ID, "both know the running attempt")

	draft := v.press(v.page("/zaps/new"), byTestID("new-blank")+" button")
	path := draft.Url.Path
	for range 2 {
		assert.Equal(t, path, v.page(path).Url.Path, "both know the draft")
	}

	everywhere := one.press(one.page("/"), byTestID("sign-out"))
	assert.NotContains(t, everywhere.Text(), "Wade")
	assert.False(t, two.active(), "signed out for both")
}

// What one replica learns, the tabs that are open at another hear at once.
func TestReplicasTellEachOthersTabs(t *testing.T) {
	f := newFleet(t, 2, redistest.Start(t).URL(), nil)
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)
	one, two := v.through(f.dialed(f.replicas[0])), v.through(f.dialed(f.replicas[1]))
	attempt := answerTo[handlers.Attempt](one, http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})

	events := two.events()
	assert.Contains(t, events.next(), `"state":"minted"`)
	answerTo[handlers.Attempt](one, http.MethodPost, "/api/attempts/"+attempt.ID+"/cancel", map[string]any{})
	assert.Contains(t, events.next(), `"state":"cancelled"`)
}

// A replica that is told to stop says so first, finishes what it has, and is missed by nobody.
func TestSIGTERMUnderLoadFailsNoRequest(t *testing.T) {
	// For so long a request may be on its way that the balancer has just let through.
	f := newFleet(t, 2, redistest.Start(t).URL(), map[string]string{"DRAIN_DELAY": "2s"})
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)
	transport := &http.Transport{MaxIdleConnsPerHost: 20}
	t.Cleanup(transport.CloseIdleConnections)
	load := v.through(transport)

	var answers tally
	stop, group := make(chan struct{}), sync.WaitGroup{}
	for i := range 10 {
		group.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if (n+i)%5 == 0 {
					answers.note(statusOf(load.call(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})))
				} else {
					answers.note(statusOf(load.call(http.MethodGet, "/api/session", nil)))
				}
			}
		})
	}
	for _, r := range f.replicas {
		answers.reaches(t, 50)
		assert.Zero(t, r.end(syscall.SIGTERM), "it ends well:\n%s", r.said())
		answers.reaches(t, 50)
		r.start(f.env)
	}
	answers.reaches(t, 50)
	close(stop)
	group.Wait()
	all := answers.all()
	delete(all, "200 OK")
	assert.Empty(t, all, "nothing but good answers")
}

// Whatever is asked of two servers in a minute, Zapier is not asked for more than one person may have of its limit; the
// servers refuse the rest by themselves.
func TestServersShareZapiersLimit(t *testing.T) {
	const limit, speed, askers = 40, 30, 8
	onBothStores(t, func(t *testing.T, storeURL string) {
		f := newFleet(t, 2, storeURL, map[string]string{
			"ZAPIER_LIMIT_IP": strconv.Itoa(limit), "ZAPIER_CACHE": "off", byClock: fmt.Sprintf("%d@%d", speed, time.Now().UnixNano()),
		})
		v := f.visitor(nil)
		v.signIn(emulator.UserWade)
		ways := []*visitor{v.through(f.dialed(f.replicas[0])), v.through(f.dialed(f.replicas[1]))}

		var answers tally
		var group sync.WaitGroup
		began, before := time.Now(), f.apiCalls()
		for i := range askers {
			group.Go(func() {
				for time.Since(began) < 55*time.Second/speed {
					answers.note(statusOf(ways[i%2].call(http.MethodGet, zapsCall, nil)))
				}
			})
		}
		group.Wait()
		within, calls := time.Since(began)*speed, f.apiCalls()-before
		if within < time.Minute { // else the machine was too busy for this
			assert.LessOrEqual(t, calls, 3*limit/4)
		}
		assert.Greater(t, calls, limit/4, "and not for much less")
		assert.Equal(t, calls, answers.all()["200 OK"])
		assert.Empty(t, without(answers.all(), "200 OK", "429 Too Many Requests"))
	})
}

func without(counts map[string]int, names ...string) map[string]int {
	for _, name := range names {
		delete(counts, name)
	}
	return counts
}

// One call that Zapier refuses is enough for all servers to stop.
func TestServersStopTogether(t *testing.T) {
	onBothStores(t, func(t *testing.T, storeURL string) {
		f := newFleet(t, 2, storeURL, map[string]string{"ZAPIER_LIMIT_IP": "60", "ZAPIER_CACHE": "off"})
		v := f.visitor(nil)
		v.signIn(emulator.UserWade)
		ways := []*visitor{v.through(f.dialed(f.replicas[0])), v.through(f.dialed(f.replicas[1]))}
		require.NoError(t, f.emulated().Arm(emulator.Fault{Operation: emulator.OpAuthenticationsList, Status: http.StatusTooManyRequests}))
		assert.Equal(t, "429 Too Many Requests", statusOf(ways[0].call(http.MethodGet, zapsCall, nil)))
		calls := f.apiCalls()
		for _, way := range ways {
			refused, err := way.call(http.MethodGet, zapsCall, nil)
			require.Equal(t, "429 Too Many Requests", statusOf(refused, err))
			wait, err := strconv.Atoi(refused.Header.Get("Retry-After"))
			require.NoError(t, err)
			assert.Greater(t, wait, 50, "the cooldown of a minute")
			assert.LessOrEqual(t, wait, 61)
		}
		assert.Equal(t, calls, f.apiCalls(), "nothing was sent")
	})
}

// apiCalls is how many calls of the API have reached Zapier.
func (f *fleet) apiCalls() int {
	calls := 0
	for _, operation := range []string{emulator.OpProfilesMe, emulator.OpCategoriesList, emulator.OpAppsList, emulator.OpAuthenticationsList} {
		calls += f.emulated().Count(operation)
	}
	return calls
}

// Redis is away and comes back: meanwhile nobody is told that they are signed out, and nothing has to be started
// again.
func TestStoreAway(t *testing.T) {
	redis := redistest.Start(t, redistest.Persistent())
	f := newFleet(t, 2, redis.URL(), nil)
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)

	redis.Stop()
	for _, r := range f.replicas {
		answer, err := v.through(f.dialed(r)).call(http.MethodGet, "/api/session", nil)
		require.NoError(t, err)
		assert.Equal(t, "503 Service Unavailable", statusOf(answer, err))
		assert.Empty(t, answer.Header.Values("Set-Cookie"), "the cookie stays")
		wait, err := strconv.Atoi(answer.Header.Get("Retry-After"))
		assert.NoError(t, err)
		assert.Positive(t, wait)
		require.Eventually(t, func() bool { return !r.ready() }, patience, tick)
	}
	redis.Restart()
	for _, r := range f.replicas {
		require.Eventually(t, r.ready, patience, tick)
		assert.True(t, v.through(f.dialed(r)).active(), "signed in as before")
	}
}
