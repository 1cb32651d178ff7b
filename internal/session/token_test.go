package session_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// tokenLife is the life of the provider's access tokens (api.md 1.3).
const tokenLife = 10 * time.Hour

// signedIn is a bench on which alice is signed in; it returns her access token.
// Sessions there idle longer than a token lives.
func signedIn(t *testing.T) (b *bench, br *browser, token string) {
	t.Helper()
	b = newBench(t)
	b.config.Idle = absolute
	b.manager = b.newManager(b.config)
	br = b.newBrowser()
	br.signIn("alice")
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	return b, br, token
}

func TestTokenIsRefreshedEarly(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(tokenLife*3/4 - time.Second)
	again, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, again)
	assert.Equal(t, 1, b.provider.tokenCalls())

	b.clock.Advance(tokenLife / 20)
	second, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	assert.Equal(t, 2, b.provider.tokenCalls())

	b.clock.Advance(tokenLife)
	third, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err, "the rotated refresh token was stored")
	assert.NotEqual(t, second, third)
}

// L1, L8, R-11: two hundred requests, two replicas with an engine each, one
// refresh token that works once.
func TestRefreshHappensOnce(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	other := b.config
	other.Engine = b.place.Open()
	replicas := []*session.Manager{b.manager, b.newManager(other)}
	b.clock.Advance(tokenLife)
	tokens := make([]string, 200)
	var all sync.WaitGroup
	for i := range tokens {
		all.Go(func() {
			var err error
			if i%4 < 2 {
				tokens[i], err = replicas[i%2].Token(t.Context(), "alice")
			} else {
				tokens[i], err = replicas[i%2].Renew(t.Context(), "alice", first)
			}
			assert.NoError(t, err)
		})
	}
	all.Wait()
	assert.Equal(t, 2, b.provider.tokenCalls(), "the code and one refresh")
	for _, token := range tokens {
		assert.Equal(t, tokens[0], token)
		assert.NotEqual(t, first, token)
	}
}

// Zapier answered 401 to a token that looks good.
func TestRenew(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	second, err := b.manager.Renew(t.Context(), "alice", first)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
	again, err := b.manager.Renew(t.Context(), "alice", first)
	require.NoError(t, err)
	assert.Equal(t, second, again, "somebody has renewed it already")
	assert.Equal(t, 2, b.provider.tokenCalls())

	b.provider.failWith(http.StatusServiceUnavailable, "")
	_, err = b.manager.Renew(t.Context(), "alice", second)
	require.ErrorIs(t, err, session.ErrTokenUnavailable, "a rejected token is not served again")
}

// a refused refresh token ends the grant and all sessions of the user,
// and nobody else's.
func TestInvalidGrantEndsTheSessions(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_grant", "invalid grant"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			b, one, _ := signedIn(t)
			two, bob := b.newBrowser(), b.newBrowser()
			two.signIn("alice")
			bob.signIn("bob")
			b.clock.Advance(tokenLife)
			b.provider.failWith(http.StatusBadRequest, `{"error":"`+code+`","error_description":"canary"}`)
			_, err := b.manager.Token(t.Context(), "alice")
			require.ErrorIs(t, err, session.ErrGrantEnded)
			assert.NotContains(t, err.Error()+b.log.String(), "canary")
			assert.Equal(t, "nobody", one.who())
			assert.Equal(t, "nobody", two.who())
			assert.Equal(t, "bob", bob.who())
			_, err = b.manager.Token(t.Context(), "alice")
			require.ErrorIs(t, err, session.ErrGrantEnded)
		})
	}
}

// R-11, L4, L5: whatever else the token endpoint says, nobody is signed out.
func TestOtherFaultsKeepTheGrant(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status int
		body   string
	}{
		{"invalid client", 401, `{"error":"invalid_client"}`},
		{"invalid client, told as 400", 400, `{"error":"invalid_client"}`},
		{"words about an invalid grant", 400, "<p>invalid_grant</p>"},
		{"invalid grant with 500", 500, `{"error":"invalid_grant"}`},
		{"bad gateway", 502, "<h1>canary</h1>"},
		{"too many requests", 429, `{"error":"slow_down"}`},
		{"HTML with 200", 200, "<h1>canary</h1>"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b, br, first := signedIn(t)
			b.provider.failWith(tc.status, tc.body)

			b.clock.Advance(tokenLife * 9 / 10)
			got, err := b.manager.Token(t.Context(), "alice")
			require.NoError(t, err, "the old token is good for an hour yet")
			assert.Equal(t, first, got)
			_, err = b.manager.Token(t.Context(), "alice")
			require.NoError(t, err)
			assert.Equal(t, 2, b.provider.tokenCalls(), "and the failed refresh rests for a minute")

			b.clock.Advance(tokenLife / 10)
			_, err = b.manager.Token(t.Context(), "alice")
			require.ErrorIs(t, err, session.ErrTokenUnavailable)
			assert.NotContains(t, err.Error()+b.log.String(), "canary")
			assert.Equal(t, 3, b.provider.tokenCalls(), "one call, no blind second one")
			assert.Equal(t, "alice", br.who())

			b.provider.fail(nil)
			got, err = b.manager.Token(t.Context(), "alice")
			require.NoError(t, err, "it recovers by itself")
			assert.NotEqual(t, first, got)
		})
	}
}

// L8: the refresh token was refused because another replica had spent it and
// stored the new one.
func TestInvalidGrantAfterSomebodyElsesRefresh(t *testing.T) {
	t.Parallel()
	b, br, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	b.provider.fail(func(w http.ResponseWriter, _ *http.Request) bool {
		b.provider.fail(nil)
		b.newBrowser().signIn("alice") // stores a new grant under this refresh
		refuse(w, http.StatusBadRequest, "invalid_grant")
		return true
	})
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, "alice", b.provider.access[token])
	assert.Equal(t, "alice", br.who())
}

// L8, R-11: the refresh token was refused, and at some moment after that the
// person signs in elsewhere. What is new stays, and what was there before ends.
// The same when the grant has gone meanwhile.
func TestSignInBesideARefusedRefresh(t *testing.T) {
	t.Parallel()
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprintf("grant gone %t", gone), func(t *testing.T) {
			t.Parallel()
			ended := 0
			for n, calls := int64(1), int64(1); n <= calls; n++ {
				b, old, _ := signedIn(t)
				b.clock.Advance(tokenLife)
				fresh, count := b.newBrowser(), func() int64 { return 0 }
				b.provider.fail(func(w http.ResponseWriter, _ *http.Request) bool {
					b.provider.fail(nil)
					if gone {
						_, err := b.engine.Delete(t.Context(), b.walk("grant")[0].Key)
						assert.NoError(t, err)
					}
					b.clock.Advance(time.Second)
					count = b.before(n, "", func() { fresh.signIn("alice") })
					refuse(w, http.StatusBadRequest, "invalid_grant")
					return true
				})
				_, err := b.manager.Token(t.Context(), "alice")
				b.manager.Wait()
				if calls = count(); n > calls {
					fresh.signIn("alice")
				}
				assert.Equal(t, "alice", fresh.who(), "call %d", n)
				if err != nil { // else the new grant is everybody's
					ended++
					require.ErrorIs(t, err, session.ErrGrantEnded, "call %d", n)
					assert.Equal(t, "nobody", old.who(), "call %d", n)
				}
				_, err = b.manager.Token(t.Context(), "alice")
				require.NoError(t, err, "call %d", n)
			}
			assert.Greater(t, ended, 2)
		})
	}
}

// gate makes the token endpoint wait; it returns when a call has arrived, and
// what lets it go on.
func gate(p *provider) (arrived <-chan struct{}, open func()) {
	in, out := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p.fail(func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { close(in) })
		<-out
		return false
	})
	return in, sync.OnceFunc(func() { close(out) })
}

// L3: the refresh goes on and is stored when the request that started it is over.
func TestRefreshOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(tokenLife)
	arrived, open := gate(b.provider)
	defer open()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := b.manager.Token(ctx, "alice")
		failed <- err
	}()
	<-arrived
	cancel()
	err := <-failed
	require.ErrorIs(t, err, session.ErrTokenUnavailable)
	require.ErrorIs(t, err, context.Canceled)
	open()
	b.manager.Wait()
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.NotEqual(t, first, token)
	assert.Equal(t, 2, b.provider.tokenCalls())
}

// While another replica refreshes early, the old token serves and nobody waits.
func TestOldTokenServesWhileAnotherRefreshes(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(tokenLife * 9 / 10)
	arrived, open := gate(b.provider)
	defer open()
	slow := make(chan string)
	go func() {
		token, _ := b.manager.Token(t.Context(), "alice")
		slow <- token
	}()
	<-arrived
	other := b.newManager(b.config)
	token, err := other.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token)
	open()
	assert.NotEqual(t, first, <-slow)
	assert.Equal(t, 2, b.provider.tokenCalls())
}

// asksInto returns a function that asks a Manager for alice's token and passes it on.
func asksInto(t *testing.T, tokens chan<- string) func(*session.Manager) {
	return func(m *session.Manager) {
		token, err := m.Token(t.Context(), "alice")
		assert.NoError(t, err)
		tokens <- token
	}
}

// Once the old token is over, the other replica waits for the new one.
func TestOthersWaitForTheRefresh(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	arrived, open := gate(b.provider)
	defer open()
	results := make(chan string, 2)
	ask := asksInto(t, results)
	go ask(b.manager)
	<-arrived
	other := b.config
	watched := &waiterWatch{Engine: b.engine, waits: make(chan struct{}, 1)}
	other.Engine = watched
	go ask(b.newManager(other))
	<-watched.waits
	open()
	assert.Equal(t, <-results, <-results)
	assert.Equal(t, 2, b.provider.tokenCalls())
	b.manager.Wait()
	assert.Positive(t, b.engine.signals.Load(), "the others were told and did not have to look")
}

// waiterWatch tells when somebody has listened for the end of a refresh and
// then looked at the grant.
type waiterWatch struct {
	store.Engine
	listens atomic.Bool
	looks   atomic.Int64
	waits   chan struct{}
}

func (e *waiterWatch) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	e.listens.Store(true)
	return e.Engine.Subscribe(ctx, topic)
}

func (e *waiterWatch) Get(ctx context.Context, key string) (store.Record, error) {
	r, err := e.Engine.Get(ctx, key)
	if e.listens.Load() {
		e.looks.Add(1)
		select {
		case e.waits <- struct{}{}:
		default:
		}
	}
	return r, err
}

// L1: the lease outlives the longest token call, and the lease of a replica
// that died runs out.
func TestLeaseOfADeadReplicaRunsOut(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(tokenLife)
	var longest atomic.Int64
	dead := &dyingEngine{Engine: b.engine, longest: &longest}
	c := b.config
	c.Engine = dead
	_, err := b.newManager(c).Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Greater(t, time.Duration(longest.Load()), 10*time.Second)

	b.clock.Advance(tokenLife) // the lease was never given back, and is over
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.NotEqual(t, first, token)
}

// dyingEngine never gives a lease back.
type dyingEngine struct {
	store.Engine
	longest *atomic.Int64
}

func (e *dyingEngine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	e.longest.Store(int64(ttl))
	return e.Engine.Acquire(ctx, name, owner, ttl)
}

func (e *dyingEngine) Release(context.Context, string, string) error { return nil }

// leaselessEngine answers for records and not for leases (L7).
type leaselessEngine struct{ store.Engine }

func (leaselessEngine) Acquire(context.Context, string, string, time.Duration) (bool, error) {
	return false, store.Unavailable("acquire", errDown)
}

// L7: without a lease nobody refreshes; the old token serves while it lasts.
func TestNoRefreshWithoutALease(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	c := b.config
	c.Engine = leaselessEngine{b.engine}
	m := b.newManager(c)
	b.clock.Advance(tokenLife * 9 / 10)
	token, err := m.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token)
	b.clock.Advance(tokenLife / 10)
	_, err = m.Token(t.Context(), "alice")
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.Equal(t, 1, b.provider.tokenCalls())
}

// A rotated token is worth several tries: the old one is dead. L9: nobody has
// the new one before it is stored.
func TestSaveIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(tokenLife)
	b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
		b.engine.failing.Store(1)
		return false
	})
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.NotEqual(t, first, token)
	again, err := b.newManager(b.config).Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, token, again, "it was stored")
}

// signed out while the refresh was under way; the grant stays gone.
func TestSignOutDuringRefresh(t *testing.T) {
	t.Parallel()
	b, br, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
		br.get("/sign-out")
		return false
	})
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	b.provider.fail(nil)
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	assert.Equal(t, "nobody", br.who())
}

// A sign-in while the refresh was under way: its grant is not overwritten.
func TestSignInDuringRefresh(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	var newest string
	b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
		b.provider.fail(nil)
		b.newBrowser().signIn("alice")
		var err error
		newest, err = b.newManager(b.config).Token(t.Context(), "alice")
		assert.NoError(t, err)
		return false
	})
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, newest, token)
}

func TestTokenOfNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.manager.Token(t.Context(), "nobody")
	require.ErrorIs(t, err, session.ErrGrantEnded)
}

// after all kinds of trouble the log holds no code, state or token.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	b.provider.failWith(http.StatusBadGateway, first)
	_, err := b.manager.Renew(t.Context(), "alice", first)
	require.Error(t, err)
	b.provider.failWith(http.StatusUnauthorized, `{"error":"`+first+`"}`)
	br.get("/sign-in?as=alice")
	b.provider.failWith(http.StatusBadRequest, `{"error":"invalid_grant","error_description":"`+first+`"}`)
	_, err = b.manager.Renew(t.Context(), "alice", first)
	require.ErrorIs(t, err, session.ErrGrantEnded)
	b.manager.Wait()
	assert.NotEmpty(t, b.log.String())
	assert.NotContains(t, b.log.String(), "canary")
	assert.NotContains(t, b.log.String(), "state=")
}

// What a page may offer follows what the user allowed, not what was asked for.
func TestScopes(t *testing.T) {
	t.Parallel()
	asked := []string{"profile", "zap", "connection:read"}
	for _, tc := range []struct {
		name string
		told any
		want []string
	}{
		{"told", "zap zap:write", []string{"zap", "zap:write"}},
		{"not told", nil, asked},
		{"told as nothing", " ", asked},
		{"told as what it cannot be", []string{"zap:delete"}, asked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.provider.scope = tc.told
			b.newBrowser().signIn("alice")
			scopes, err := b.manager.Scopes(t.Context(), "alice")
			require.NoError(t, err)
			assert.Equal(t, tc.want, scopes)
			_, err = b.manager.Scopes(t.Context(), "bob")
			require.ErrorIs(t, err, session.ErrGrantEnded)
		})
	}
}

// A refresh that says nothing of scopes leaves them as they were; one that does tells the truth of now.
func TestRefreshedScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.config.Idle = absolute
	b.manager = b.newManager(b.config)
	b.provider.scope = "zap zap:write zap:runs"
	b.newBrowser().signIn("alice")
	refreshed := func(told any) []string {
		b.provider.scope = told
		before, err := b.manager.Token(t.Context(), "alice")
		require.NoError(t, err)
		after, err := b.manager.Renew(t.Context(), "alice", before)
		require.NoError(t, err)
		require.NotEqual(t, before, after)
		scopes, err := b.manager.Scopes(t.Context(), "alice")
		require.NoError(t, err)
		return scopes
	}
	assert.Equal(t, []string{"zap", "zap:write", "zap:runs"}, refreshed(nil))
	assert.Equal(t, []string{"zap"}, refreshed("zap"))
}

// A grant that was stored before scopes were kept is one of what was asked for.
func TestScopesOfAnOlderGrant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	type older struct {
		Access  string    `json:"access"`
		Refresh string    `json:"refresh"`
		Expires time.Time `json:"expires"`
	}
	grants := store.NewCollection[older](b.engine, b.keys, "grant")
	require.NoError(t, grants.Create(t.Context(), "alice", "", older{Access: "a", Refresh: "r"}, b.clock.Now().Add(time.Hour)))
	scopes, err := b.manager.Scopes(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, []string{"profile", "zap", "connection:read"}, scopes)
	scopes[0] = "changed"
	again, err := b.manager.Scopes(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, "profile", again[0], "what is given away can be changed")
}
