package session_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// failFrom makes the engine's n-th call from now, and those after it, fail,
// times in all. It returns how many calls there were so far, and heals.
func (b *bench) failFrom(n, times int64) (calls func() int64) {
	var count atomic.Int64
	mood := func(string) bool {
		call := count.Add(1)
		return call >= n && call < n+times
	}
	b.engine.mood.Store(&mood)
	return func() int64 {
		b.engine.mood.Store(nil)
		return count.Load()
	}
}

// R-27, L2, L7: the store fails at each call of a refresh in turn, once and for
// a while. Nobody is signed out, and the refresh token is spent once in the end.
func TestStoreFailsAtEachPointOfARefresh(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		left  time.Duration // of the old token's life
		times int64
	}{
		{"once, the old token good", tokenLife / 10, 1},
		{"once, the old token over", 0, 1},
		{"for three calls, the old token good", tokenLife / 10, 3},
		{"for three calls, the old token over", 0, 3},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b, _, _ := signedIn(t)
			for n := int64(1); ; n++ {
				if b.failAt(n, tc.times, tc.left) < n { // every point had its turn
					assert.Greater(t, n, int64(6))
					return
				}
			}
		})
	}
}

// failAt lets the store fail at one point of a refresh, for somebody new, and
// returns how many calls there were.
func (b *bench) failAt(n, times int64, left time.Duration) int64 {
	b.Helper()
	user := fmt.Sprintf("user-%d", n)
	br := b.newBrowser()
	br.signIn(user)
	first, err := b.manager.Token(b.Context(), user)
	require.NoError(b, err)
	spent := b.provider.tokenCalls()
	b.clock.Advance(tokenLife - left)

	heal := b.failFrom(n, times)
	token, err := b.manager.Token(b.Context(), user)
	b.manager.Wait()
	calls := heal()
	if err != nil {
		require.ErrorIs(b, err, store.ErrUnavailable, "call %d", n)
		assert.True(b, left == 0 || n == 1, "call %d: the old token serves while it lasts", n)
	} else {
		assert.Equal(b, user, b.provider.access[token])
	}
	assert.Equal(b, user, br.who(), "call %d", n)

	b.clock.Advance(15 * time.Second) // the end of a lease that could not be given back
	token, err = b.newManager(b.config).Token(b.Context(), user)
	require.NoError(b, err, "call %d: it recovers by itself", n)
	assert.NotEqual(b, first, token)
	assert.Equal(b, spent+1, b.provider.tokenCalls(), "call %d: one refresh", n)
	return calls
}

// A store that can be read and not written to (a full disk, a replica that
// took over) costs nobody a refresh token: it is not spent at all.
func TestStoreThatTakesNoWritesSpendsNoToken(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	readOnly := func(op string) bool { return op == "update" }
	b.engine.mood.Store(&readOnly)
	b.clock.Advance(tokenLife * 9 / 10)
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token, "the old token serves while it lasts")
	b.clock.Advance(tokenLife / 10)
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Equal(t, 1, b.provider.tokenCalls())
	b.engine.mood.Store(nil)
	_, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, "alice", br.who())
}

// leaseThief knows who holds which lease.
type leaseThief struct {
	store.Engine
	mu     sync.Mutex
	owners map[string]string
	asked  []string // the names of all leases
}

func (e *leaseThief) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	ok, err := e.Engine.Acquire(ctx, name, owner, ttl)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.asked = append(e.asked, name)
	if ok {
		e.owners[name] = owner
	}
	return ok, err
}

// lose takes all leases from whoever holds them, as a store does that fails
// over to a copy which had not heard of them.
func (e *leaseThief) lose(t *testing.T) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, owner := range e.owners {
		require.NoError(t, e.Release(t.Context(), name, owner))
	}
}

// L1, L8: the lease is lost while the token call is under way, and another
// replica wants a token too. It waits for the first one's instead of spending
// the same refresh token.
func TestLeaseLostDuringTheCall(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	thief := &leaseThief{Engine: b.engine, owners: map[string]string{}}
	b.config.Engine = thief
	one := b.newManager(b.config)
	watched := &waiterWatch{Engine: thief, waits: make(chan struct{}, 1)}
	b.config.Engine = watched
	two := b.newManager(b.config)
	b.clock.Advance(tokenLife)
	arrived, open := gate(b.provider)
	defer open()
	tokens := make(chan string, 2)
	ask := asksInto(t, tokens)
	go ask(one)
	<-arrived
	thief.lose(t)
	go ask(two)
	// It has looked several times, each time it was told that something
	// happened; or it is at the token endpoint, where it must not be.
	topic := thief.asked[0]
	require.Eventually(t, func() bool {
		require.NoError(t, b.engine.Publish(t.Context(), topic))
		return watched.looks.Load() > 6 || b.provider.tokenCalls() > 2
	}, 20*time.Second, 10*time.Millisecond)
	open()
	token := <-tokens
	assert.Equal(t, token, <-tokens)
	assert.NotEqual(t, first, token)
	assert.Equal(t, 2, b.provider.tokenCalls(), "the code and one refresh")
	assert.Equal(t, "alice", br.who())
}

// L1: the lease is lost between a look at the grant and the lease of one's own,
// and somebody else is at the token endpoint by now. What they claimed is not
// spent again.
func TestLeaseLostBeforeTheClaim(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	thief := &leaseThief{Engine: b.engine, owners: map[string]string{}}
	b.clock.Advance(tokenLife)
	arrived, open := gate(b.provider)
	defer open()
	tokens := make(chan string, 2)
	ask := asksInto(t, tokens)
	c := b.config
	c.Engine = thief
	other := b.newManager(c)
	c = b.config
	c.Engine = &lateEngine{Engine: b.engine, late: sync.OnceFunc(func() {
		go ask(other)
		<-arrived
		thief.lose(t)
	})}
	watched := &waiterWatch{Engine: c.Engine, waits: make(chan struct{}, 1)}
	c.Engine = watched
	go ask(b.newManager(c))
	require.Eventually(t, func() bool {
		return watched.looks.Load() > 6 || b.provider.tokenCalls() > 2
	}, 20*time.Second, 10*time.Millisecond)
	open()
	assert.Equal(t, <-tokens, <-tokens)
	assert.Equal(t, 2, b.provider.tokenCalls(), "the code and one refresh")
}

// lateEngine lets something happen in front of each Acquire.
type lateEngine struct {
	store.Engine
	late func()
}

func (e *lateEngine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	e.late()
	return e.Engine.Acquire(ctx, name, owner, ttl)
}

// L8: between the look at the grant and the claim the person has signed in
// elsewhere. The refresh token that was seen is not spent, and the new one not
// marked.
func TestGrantReplacedBeforeTheClaim(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	calls := b.before(1, "update", func() { b.newBrowser().signIn("alice") })
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Positive(t, calls())
	assert.Equal(t, "alice", b.provider.access[token])
	assert.Equal(t, 2, b.provider.tokenCalls(), "two codes and no refresh")
	again, err := b.manager.Renew(t.Context(), "alice", token)
	require.NoError(t, err)
	assert.NotEqual(t, token, again)
}

// Who waits for a mark takes no lease, and so gives none back, which would wake
// everybody who waits.
func TestWhoWaitsForAMarkIsQuiet(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	thief := &leaseThief{Engine: b.engine, owners: map[string]string{}}
	b.config.Engine = thief
	one, two := b.newManager(b.config), b.newManager(b.config)
	b.clock.Advance(tokenLife * 9 / 10)
	arrived, open := gate(b.provider)
	defer open()
	done := make(chan error, 1)
	go func() { _, err := one.Token(t.Context(), "alice"); done <- err }()
	<-arrived
	thief.lose(t)
	signals := b.engine.signals.Load()
	_, err := two.Token(t.Context(), "alice")
	require.NoError(t, err)
	two.Wait()
	assert.Len(t, thief.asked, 1)
	assert.Equal(t, signals, b.engine.signals.Load())
	open()
	require.NoError(t, <-done)
}

// L6: every replica means the same lease, whose name tells nobody who it is for.
func TestLeaseHasOneName(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	thief := &leaseThief{Engine: b.engine, owners: map[string]string{}}
	b.config.Engine = thief
	for range 2 {
		b.clock.Advance(tokenLife)
		_, err := b.newManager(b.config).Token(t.Context(), "alice")
		require.NoError(t, err)
	}
	require.Len(t, thief.asked, 2)
	assert.Equal(t, thief.asked[0], thief.asked[1])
	assert.NotContains(t, thief.asked[0], "alice")
}

// L8: the answer was lost after Zapier had rotated the token. Nothing can be
// told from the silence, so the grant stays; the next refresh learns the truth,
// the person signs in again, and that is the defined end of it.
func TestAnswerLostAfterRotation(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	b.clock.Advance(tokenLife * 9 / 10)
	b.provider.fail(func(_ http.ResponseWriter, r *http.Request) bool {
		b.provider.mu.Lock()
		defer b.provider.mu.Unlock()
		b.provider.spend(r)
		panic(http.ErrAbortHandler)
	})
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token, "the old token serves while it lasts")
	assert.Equal(t, "alice", br.who())
	assert.Equal(t, 2, b.provider.tokenCalls(), "no blind second call")

	b.provider.fail(nil)
	b.clock.Advance(tokenLife / 10)
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	assert.Equal(t, "nobody", br.who())
	br.signIn("alice")
	_, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
}

// L4: a client secret that is wrong is the operator's to mend. It signs nobody
// out, it is an alarm, and once it is mended all goes on.
func TestInvalidClientIsAnAlarm(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	wrong := b.config
	wrong.OAuth.ClientSecret = "rotated by somebody"
	m := b.newManager(wrong)
	b.clock.Advance(tokenLife * 9 / 10)
	token, err := m.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token)
	assert.Regexp(t, `level=ERROR .*event=client-refused`, b.log.String())
	assert.Contains(t, b.log.String(), "event=grant-refresh-failed fault=client user="+audit.User("alice"))
	b.clock.Advance(tokenLife / 10)
	_, err = m.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrTokenUnavailable)
	assert.Equal(t, "alice", br.who())

	_, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err, "with the right secret")
}

// the code and the client secret go to nobody whose certificate we cannot check.
func TestTokenEndpointWithAnUnknownCertificate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	stranger := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		assert.Fail(t, "the code was sent")
	}))
	stranger.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of us
	stranger.StartTLS()
	t.Cleanup(stranger.Close)
	b.config.OAuth.Endpoint.TokenURL = stranger.URL
	b.manager = b.newManager(b.config)
	br := b.newBrowser()
	assert.Equal(t, session.ErrSignInProvider.Error(), br.get("/sign-in?as=alice").text)
	assert.Equal(t, "nobody", br.who())
}

// the session opens and the grant does not, because it was sealed with a
// key that is gone. Signing in again mends it.
func TestUnreadableGrant(t *testing.T) {
	t.Parallel()
	b, br, _ := signedIn(t)
	grants := b.walk("grant")
	require.Len(t, grants, 1)
	spoilt := grants[0]
	spoilt.Value = []byte(strings.Repeat("x", 100))
	_, err := b.engine.Update(t.Context(), spoilt)
	require.NoError(t, err)
	assert.Equal(t, "alice", br.who())
	b.clock.Advance(time.Second)
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	assert.Contains(t, b.log.String(), "event=grant-unreadable user="+audit.User("alice"))
	br.signIn("alice")
	_, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)

	_, err = b.engine.Update(t.Context(), store.Record{Key: spoilt.Key, Value: spoilt.Value, Version: 1, Expires: spoilt.Expires})
	require.NoError(t, err)
	ended, err := session.NewRegistry(b.engine, b.keys).Revoke(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, 1, ended)
	assert.Empty(t, b.walk("grant"), "revoking takes one that does not open as well")
}
