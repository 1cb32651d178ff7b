package session_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// all sessions of one person end, and nobody else's.
func TestSignOutEverywhere(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, there, bob := b.newBrowser(), b.newBrowser(), b.newBrowser()
	here.signIn("alice")
	there.signIn("alice")
	bob.signIn("bob")
	id, gone := there.id(), here.id()

	res := here.get("/sign-out/everywhere")
	require.Equal(t, "out", res.text)
	require.Len(t, res.Header["Set-Cookie"], 1)
	assert.Empty(t, here.id(), "the cookie is gone")
	for _, old := range []string{id, gone} {
		assert.Equal(t, "nobody", b.withID(old).who())
	}
	assert.Equal(t, session.ErrNoSession.Error(), there.get("/choose?title=late").text)
	assert.Equal(t, "bob", bob.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	_, err = b.manager.Token(t.Context(), "bob")
	require.NoError(t, err)
	assert.Contains(t, b.log.String(), "event=sign-out-everywhere user="+audit.User("alice")+" sessions=2")

	assert.Equal(t, "out", here.get("/sign-out/everywhere").text, "twice is fine")
	here.signIn("alice")
	assert.Equal(t, "alice", here.who(), "and coming back, too")
}

// if the store does not answer nobody is told that all is over.
func TestSignOutEverywhereWithTheStoreDown(t *testing.T) {
	t.Parallel()
	for _, down := range []string{"get", "delete group"} {
		t.Run(down, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			here, there := b.newBrowser(), b.newBrowser()
			here.signIn("alice")
			there.signIn("alice")
			fails := func(op string) bool { return op == down }
			b.engine.mood.Store(&fails)
			res := here.get("/sign-out/everywhere")
			assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
			assert.Empty(t, res.Header["Set-Cookie"])
			b.engine.mood.Store(nil)
			assert.Equal(t, "alice", here.who())
			assert.Equal(t, "alice", there.who())
			require.Equal(t, "out", here.get("/sign-out/everywhere").text, "trying again does all of it")
			assert.Equal(t, "nobody", there.who())
		})
	}
}

// the store has trouble at each call in turn: it does not
// obey, or obeys and the answer is lost. Whoever is told so tries again, and then
// all is over: sessions, grant and what waits to be handed over.
func TestTroubleWhileSessionsEnd(t *testing.T) {
	t.Parallel()
	get := func(path string) func(*bench, *browser, string) bool {
		return func(_ *bench, br *browser, _ string) bool { return br.get(path).StatusCode == http.StatusOK }
	}
	for name, end := range map[string]func(b *bench, br *browser, user string) (done bool){
		"signed out":            get("/sign-out"),
		"signed out everywhere": get("/sign-out/everywhere"),
		"revoked": func(b *bench, _ *browser, user string) bool {
			_, err := session.NewRegistry(b.engine, b.keys).Revoke(b.Context(), user+"@zapier.example")
			return err == nil
		},
	} {
		for _, lost := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answer lost %t", name, lost), func(t *testing.T) {
				t.Parallel()
				b := newCrossSiteBench(t)
				trouble := &b.engine.mood
				if lost {
					trouble = &b.engine.forgetful
				}
				n, calls := int64(0), int64(0)
				for n == calls {
					n++
					user := fmt.Sprintf("user-%d", n)
					br := b.newBrowser()
					br.signIn(user)
					code := b.newBrowser().handOver(user, alicesSecret)
					calls = b.troubleAt(trouble, n, func() bool { return end(b, br, user) })
					assert.Equal(t, "nobody", br.who(), "call %d", n)
					_, err := b.manager.Token(t.Context(), user)
					require.ErrorIs(t, err, session.ErrGrantEnded, "call %d", n)
					if name != "signed out" { // of one session of the person
						assert.Equal(t, session.ErrSignInUnknown.Error(), b.newBrowser().redeem(code, alicesSecret).text, "call %d", n)
					}
				}
				assert.Greater(t, n, int64(2), "every point had its turn")
				assert.Empty(t, b.walk("grant"))
			})
		}
	}
}

// troubleAt does something with trouble at the engine's n-th call, and again
// without if it says that it is not done. It returns n, or how many calls there
// were if they were fewer.
func (b *bench) troubleAt(trouble *atomic.Pointer[func(string) bool], n int64, do func() (done bool)) int64 {
	b.Helper()
	var count atomic.Int64
	nth := func(string) bool { return count.Add(1) == n }
	trouble.Store(&nth)
	done := do()
	trouble.Store(nil)
	if !done {
		require.True(b, do(), "call %d: the second time", n)
	}
	return min(n, count.Load())
}

// a sign-in beside it, at each moment, is over as well or whole: a session
// with its grant.
func TestSignInWhileSessionsEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(b *bench, br *browser) error{
		"signed out everywhere": func(_ *bench, br *browser) error { br.get("/sign-out/everywhere"); return nil },
		"revoked": func(b *bench, _ *browser) error {
			_, err := session.NewRegistry(b.engine, b.keys).Revoke(b.Context(), "alice")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			whole := 0
			for n, calls := int64(1), int64(1); n <= calls; n++ {
				old, fresh := b.newBrowser(), b.newBrowser()
				old.signIn("alice")
				count := b.before(n, "", func() { fresh.signIn("alice") })
				require.NoError(t, end(b, old))
				calls = count()
				assert.Equal(t, "nobody", old.who(), "call %d", n)
				if fresh.who() == "nobody" {
					assert.Empty(t, b.walk("grant"), "call %d", n)
					continue
				}
				whole++
				_, err := b.manager.Token(t.Context(), "alice")
				require.NoError(t, err, "call %d", n)
				fresh.get("/sign-out")
			}
			assert.Positive(t, whole, "who comes after the end of the sessions stays")
		})
	}
}

// EMBED_MODE was changed, and browsers send the cookie of before as well.
// Signed out is signed out, whatever either of them names.
func TestSignOutWithTwoCookies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two, other := b.newBrowser(), b.newBrowser(), b.newBrowser()
	one.signIn("alice")
	two.signIn("alice")
	unreadable, good := b.unreadableSession(), b.manager
	request := func(ids ...string) *http.Request {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, id := range ids {
			r.AddCookie(&http.Cookie{Name: "zapembed", Value: id})
		}
		return r
	}
	for _, ids := range [][]string{{one.id(), two.id()}, {unreadable, strings.Repeat("A", 43)}} {
		require.NoError(t, b.manager.SignOut(httptest.NewRecorder(), request(ids...)))
		for _, id := range ids {
			state, err := good.Load(request(id))
			require.NoError(t, err)
			assert.Equal(t, "nobody", whoIs(state))
		}
	}
	assert.Empty(t, b.walk("session"))
	assert.Empty(t, b.walk("grant"))
	other.signIn("alice")
	assert.Equal(t, "alice", other.who())
}

// unreadableSession is the id of a session that no key opens.
func (b *bench) unreadableSession() string {
	b.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(b, err)
	id := strings.Repeat("B", 42) + "A"
	sessions := store.NewCollection[session.State](b.engine, keys, "session")
	require.NoError(b, sessions.Create(b.Context(), id, "", session.State{Browser: "x"}, b.clock.Now().Add(time.Hour)))
	return id
}

// a refresh under way does not bring back what was ended everywhere.
func TestSignOutEverywhereDuringRefresh(t *testing.T) {
	t.Parallel()
	b, br, _ := signedIn(t)
	b.clock.Advance(tokenLife)
	b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
		br.get("/sign-out/everywhere")
		return false
	})
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	assert.Empty(t, b.walk("grant"))
	assert.Empty(t, b.walk("session"))
}

// what an operator sees, and whose sessions they end.
func TestRegistry(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.newBrowser().begin("carol")
	one, two, bob := b.newBrowser(), b.newBrowser(), b.newBrowser()
	signedIn := b.clock.Now()
	one.signIn("alice")
	two.signIn("alice")
	bob.signIn("bob")
	registry := session.NewRegistry(b.engine, b.keys)

	listed, err := registry.List(t.Context())
	require.NoError(t, err)
	byUser := map[string]int{}
	for _, l := range listed {
		byUser[l.User.ID]++
		if l.User.ID != "" {
			assert.Equal(t, l.User.ID+"@zapier.example", l.User.Email)
			assert.WithinDuration(t, signedIn, l.Created, 0)
			assert.WithinDuration(t, signedIn.Add(idle), l.Expires, 0)
		}
	}
	assert.Equal(t, map[string]int{"": 1, "alice": 2, "bob": 1}, byUser)

	ended, err := registry.Revoke(t.Context(), "ALICE@zapier.example")
	require.NoError(t, err)
	assert.Equal(t, 2, ended)
	assert.Equal(t, "nobody", one.who())
	assert.Equal(t, "nobody", two.who())
	assert.Equal(t, "bob", bob.who())
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)

	for who, want := range map[string]int{"bob": 1, "carol": 0} {
		ended, err = registry.Revoke(t.Context(), who)
		require.NoError(t, err)
		assert.Equal(t, want, ended, who)
	}
	assert.Equal(t, "nobody", bob.who())
	assert.Empty(t, b.walk("grant"))

	_, err = registry.Revoke(t.Context(), "")
	require.Error(t, err, "nobody is not everybody, nor the anonymous")
	assert.Len(t, b.walk("session"), 1)
	one.signIn("alice")
	assert.Equal(t, "alice", one.who(), "whoever was signed out can come back")
}

// all means all, what no key opens any more included.
func TestRevokeAll(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	anonymous, alice, bob := b.newBrowser(), b.newBrowser(), b.newBrowser()
	callback := anonymous.begin("carol")
	alice.signIn("alice")
	bob.signIn("bob")
	other, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	registry := session.NewRegistry(b.engine, other)
	listed, err := registry.List(t.Context())
	require.NoError(t, err)
	assert.Empty(t, listed)

	ended, err := registry.RevokeAll(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 3, ended)
	assert.Equal(t, "nobody", alice.who())
	assert.Equal(t, "nobody", bob.who())
	assert.NotEqual(t, "carol /", anonymous.get(callback).text)
	for _, kind := range kinds() {
		assert.Empty(t, b.walk(kind), kind)
	}
}

// whoever is at Zapier, or on the way from a popup to its frame, at any
// moment of it, has no session afterwards either.
func TestSignInWhileAllIsRevoked(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	for n := range int64(len(kinds())) {
		b.newBrowser().signIn("alice")
		atZapier := b.newBrowser()
		callback := atZapier.begin("bob")
		code := b.newBrowser().handOver("carol", alicesSecret)
		b.before(n+1, "walk", func() {
			atZapier.get(callback)
			b.newBrowser().redeem(code, alicesSecret)
		})
		_, err := session.NewRegistry(b.engine, b.keys).RevokeAll(t.Context())
		require.NoError(t, err)
		for _, kind := range kinds() {
			assert.Empty(t, b.walk(kind), "%s, walk %d", kind, n+1)
		}
	}
}

// an operator is told when the store did not do it.
func TestRegistryWithTheStoreDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.newBrowser().signIn("alice")
	registry := session.NewRegistry(b.engine, b.keys)
	b.engine.down.Store(true)
	_, err := registry.List(t.Context())
	require.ErrorIs(t, err, session.ErrUnavailable)
	_, err = registry.Revoke(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrUnavailable)
	_, err = registry.RevokeAll(t.Context())
	require.ErrorIs(t, err, session.ErrUnavailable)
}

// L2, R-26: a session that no key opens is over at sign-out even if the key
// comes back, and until then it is only put aside.
func TestSignOutOfAnUnreadableSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	here, there := b.newBrowser(), b.newBrowser()
	here.signIn("alice")
	there.signIn("alice")
	id := here.id()
	good := b.config.Keys
	var err error
	b.config.Keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	b.manager = b.newManager(b.config)
	assert.Equal(t, "nobody", here.who())
	assert.Equal(t, "nobody", there.who())
	assert.Contains(t, b.log.String(), "event=session-unreadable")
	res := here.get("/sign-out")
	require.Equal(t, "out", res.text)
	assert.Empty(t, here.id())

	b.config.Keys = good
	b.manager = b.newManager(b.config)
	assert.Equal(t, "nobody", b.withID(id).who(), "signed out is signed out")
	assert.Equal(t, "alice", there.who(), "a key that was missed comes back, and with it whoever did nothing")
}
