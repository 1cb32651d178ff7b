package session_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// R-20, L14: an id of the visitor's making is not adopted, and one that cannot
// be ours does not reach the store, let alone a file system.
func TestForeignIDsAreNotAdopted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct {
		name, id string
		asked    bool
	}{
		{"well formed", strings.Repeat("A", 43), true},
		{"too short", strings.Repeat("A", 42), false},
		{"too long", strings.Repeat("A", 44), false},
		{"another alphabet", strings.Repeat("A", 42) + "+", false},
		{"bits that are not used", strings.Repeat("A", 42) + "B", false},
		{"a path", "../../../../etc/passwd", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			gets := b.engine.gets.Load()
			br := b.withID(tc.id)
			assert.Equal(t, "nobody", br.who())
			assert.Equal(t, tc.asked, b.engine.gets.Load() > gets, "asked the store")
			br.begin("alice")
			assert.NotEqual(t, tc.id, br.id())
			assert.NotContains(t, b.withID(tc.id).get("/state").text, "-", "nothing lies under that id")
			assert.Empty(t, strings.TrimSpace(b.withID(tc.id).get("/state").text))
		})
	}
}

// looking around makes no record and no cookie.
func TestReadingMakesNoSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	for _, path := range []string{"/who", "/state", "/choose"} {
		assert.Empty(t, br.get(path).Header["Set-Cookie"], path)
	}
	assert.Equal(t, session.ErrNoSession.Error(), br.get("/choose").text)
	assert.Zero(t, b.engine.creates.Load())
}

// the idle limit moves with each visit, the absolute one with nothing.
func TestIdleLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	b.clock.Advance(idle - time.Minute)
	assert.Equal(t, "alice", br.who())
	b.clock.Advance(idle - time.Minute)
	assert.Equal(t, "alice", br.who(), "the visit before moved the limit")
	b.clock.Advance(idle)
	assert.Equal(t, "nobody", br.who())
}

// neither visits nor refreshed tokens move the absolute limit, and
// it holds for who keeps the cookie for longer than browsers do.
func TestAbsoluteLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	for range int(absolute/time.Hour) - 1 {
		b.clock.Advance(time.Hour)
		require.Equal(t, "alice", br.who())
		require.Equal(t, "chosen", br.get("/choose?title=x").text)
		_, err := b.manager.Token(t.Context(), "alice")
		require.NoError(t, err)
	}
	assert.Greater(t, b.provider.tokenCalls(), 2, "tokens were refreshed")
	b.clock.Advance(time.Hour - time.Second)
	assert.Equal(t, "alice", br.who())
	kept := br.id()
	b.clock.Advance(time.Second)
	assert.Equal(t, "nobody", br.who())
	assert.Equal(t, "nobody", b.withID(kept).who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded, "no token outlives the sessions it was for (R-11)")
}

// limits that were made shorter hold for the sessions there are.
func TestShorterLimitsHoldAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	b.clock.Advance(90 * time.Minute)
	b.config.Idle, b.config.Absolute = time.Hour, time.Hour
	b.manager = b.newManager(b.config)
	assert.Equal(t, "nobody", br.who())
}

func TestAnonymousSessionIsShort(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.begin("alice")
	assert.NotEmpty(t, strings.TrimSpace(br.get("/state").text))
	b.clock.Advance(30 * time.Minute)
	assert.Empty(t, strings.TrimSpace(br.get("/state").text))
	br.signIn("alice")
}

// A session that is only read is written to once a minute at most.
func TestReadingSeldomWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	sessions := store.NewCollection[session.State](b.engine, b.keys, "session")
	expires := func() time.Time {
		item, err := sessions.Item(t.Context(), br.id())
		require.NoError(t, err)
		return item.Expires
	}
	before := expires()
	b.clock.Advance(59 * time.Second)
	br.who()
	assert.Equal(t, before, expires())
	b.clock.Advance(time.Second)
	br.who()
	assert.Equal(t, before.Add(time.Minute), expires())
}

// a store that can be read and not written to (a full disk) does not sign
// anybody out, and shows nobody an error who only looks. The idle limit stands.
func TestReadingFromAStoreThatTakesNoWrites(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	full := func(op string) bool { return op != "get" }
	b.engine.mood.Store(&full)
	b.clock.Advance(idle - time.Second)
	assert.Equal(t, "alice", br.who())
	b.clock.Advance(time.Second)
	assert.Equal(t, "nobody", br.who())
}

// signed out between the look at a session and the move of its limit.
func TestSignOutDuringALook(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	id := br.id()
	b.clock.Advance(time.Hour)
	calls := b.before(1, "touch", func() { assert.Equal(t, "out", b.withID(id).get("/sign-out").text) })
	assert.Equal(t, "nobody", br.who())
	assert.Equal(t, int64(1), calls())
}

func TestUpdateKeepsWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	before := strings.Fields(br.get("/state").text)[0]
	require.Equal(t, "chosen", br.get("/choose?title=one").text)
	assert.Equal(t, before+" one", br.get("/state").text)
	assert.Equal(t, "alice", br.who(), "an update signs nobody in")
}

// Two tabs choose at once: the second write starts over on the first one's result.
func TestUpdateStartsOverOnConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	other := func() { assert.Equal(t, "chosen", b.withID(br.id()).get("/choose?title=first").text) }
	b.during.Store(&other)
	require.Equal(t, "chosen", br.get("/choose?title=second").text)
	assert.True(t, strings.HasSuffix(br.get("/state").text, " second"))
}

// R-23, L16: signed out during a slow request stays signed out.
func TestSlowUpdateDoesNotBringASessionBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	id := br.id()
	signOut := func() { assert.Equal(t, "out", b.withID(id).get("/sign-out").text) }
	b.during.Store(&signOut)
	res := br.get("/choose?title=late")
	assert.Equal(t, session.ErrNoSession.Error(), res.text)
	assert.Equal(t, "nobody", b.withID(id).who())
	assert.Empty(t, res.Header["Set-Cookie"])
}

// L11, R-14, R-23: sign-out leaves no live session, no cookie and, with the
// last session, no grant.
func TestSignOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.newBrowser(), b.newBrowser()
	one.signIn("alice")
	two.signIn("alice")
	id := one.id()

	require.Equal(t, "out", one.get("/sign-out").text)
	assert.Empty(t, one.id(), "the cookie is gone")
	assert.Equal(t, "nobody", b.withID(id).who(), "and so is the session")
	assert.Equal(t, "alice", two.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err, "the other browser still needs the grant")

	two.get("/sign-out")
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	assert.Equal(t, "out", b.newBrowser().get("/sign-out").text, "signing out twice is fine")
}

// A grant is the user's: the newer sign-in replaces it for all browsers.
func TestSecondBrowserReplacesTheGrant(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.newBrowser().signIn("alice")
	first, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	b.newBrowser().signIn("alice")
	second, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
}

// A sign-in and a sign-out of one user at the same moment: whoever is signed in
// afterwards has a grant.
func TestSignOutBesideSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 10 {
		leaving, coming := b.newBrowser(), b.newBrowser()
		leaving.signIn("alice")
		callback := coming.begin("alice")
		var both sync.WaitGroup
		both.Go(func() { leaving.get("/sign-out") })
		both.Go(func() { coming.get(callback) })
		both.Wait()
		require.Equal(t, "alice", coming.who())
		_, err := b.manager.Token(t.Context(), "alice")
		require.NoError(t, err)
		coming.get("/sign-out")
	}
}

// trouble of the store is not "no session".
func TestStoreDown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	id := br.id()
	b.engine.down.Store(true)
	for _, path := range []string{"/who", "/choose?title=x", "/sign-in", "/sign-out"} {
		res := br.get(path)
		assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode, path)
		assert.Empty(t, res.Header["Set-Cookie"], path)
	}
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, store.ErrUnavailable)
	require.NotErrorIs(t, err, session.ErrGrantEnded)

	b.engine.down.Store(false)
	assert.Equal(t, id, br.id())
	assert.Equal(t, "alice", br.who())
}

// sessions survive a new key, and end cleanly without the old one (L2).
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	oldKey, newKey := store.NewKey(), store.NewKey()
	use := func(list string) {
		keys, err := store.ParseKeys(list)
		require.NoError(t, err)
		b.config.Keys = keys
		b.manager = b.newManager(b.config)
	}
	use(oldKey)
	br, idleBrowser, waiting := b.newBrowser(), b.newBrowser(), b.newBrowser()
	br.signIn("alice")
	idleBrowser.signIn("bob")
	callback := waiting.begin("carol")

	// A replica that has not heard of the new key yet, beside one that has: the
	// new key goes to all of them as the second of the list first.
	use(oldKey + "," + newKey)
	ahead := b.manager
	use(newKey + "," + oldKey)
	for _, user := range []string{"alice", "bob"} {
		_, err := b.manager.Token(t.Context(), user)
		require.NoError(t, err)
	}
	assert.Equal(t, "alice", br.who(), "nobody is logged out")
	assert.Equal(t, "bob", idleBrowser.who())
	assert.Equal(t, "carol /", waiting.get(callback).text, "nor is who was at Zapier meanwhile")
	require.Equal(t, "chosen", br.get("/choose?title=x").text, "written anew, with the new key")
	b.manager = ahead
	assert.Equal(t, "alice", br.who(), "and read by the replica that comes second")

	use(newKey)
	assert.Equal(t, "alice", br.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded, "her grant was not written since: her session is, and she signs in again")
	br.signIn("alice")
	res := idleBrowser.get("/who")
	assert.Equal(t, "nobody", res.text, "anonymous, not an error")
	assert.Equal(t, http.StatusOK, res.StatusCode)
	assert.Empty(t, res.Header["Set-Cookie"], "the cookie stays: the key may come back")
	assert.Equal(t, session.ErrNoSession.Error(), idleBrowser.get("/choose?title=x").text)
	_, err = b.manager.Token(t.Context(), "bob")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	old := idleBrowser.id()
	idleBrowser.signIn("bob")
	assert.NotEqual(t, old, idleBrowser.id())
	assert.Equal(t, "bob", idleBrowser.who())
	_, err = b.manager.Token(t.Context(), "bob")
	require.NoError(t, err, "the unreadable grant is replaced")
}

// Load is a copy: what a handler does with it changes nobody's session.
func TestLoadedStateIsACopy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	br.get("/choose?title=x")
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "zapembed", Value: br.id()})
	state, err := b.manager.Load(r)
	require.NoError(t, err)
	state.Choices["app"] = session.Choice{Title: "changed"}
	state.User.ID = "changed"
	gets := b.engine.gets.Load()
	state, err = b.manager.Load(r)
	require.NoError(t, err)
	assert.Equal(t, "x", state.Choices["app"].Title)
	assert.Equal(t, "alice", state.User.ID)
	assert.Equal(t, gets, b.engine.gets.Load(), "read once per request")
}
