package session_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

func TestTokenIsReadOnceASecond(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	b.clock.Advance(time.Second)
	before := b.engine.gets.Load()
	for range 3 {
		token, err := b.manager.Token(t.Context(), "alice")
		require.NoError(t, err)
		assert.Equal(t, first, token)
	}
	assert.EqualValues(t, 1, b.engine.gets.Load()-before)
	b.clock.Advance(time.Second)
	_, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.EqualValues(t, 2, b.engine.gets.Load()-before)
}

// what a replica has in memory opens nothing once somebody signed out at another one, or an operator ended the
// sessions: the session is asked of the store with the very next request.
func TestSignOutElsewhereEndsTheNextRequest(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string]func(b *bench, br *browser) error{
		"everywhere, at another replica": func(b *bench, br *browser) error {
			one := b.manager
			b.manager = b.newManager(b.config)
			defer func() { b.manager = one }()
			b.withID(br.id()).get("/sign-out/everywhere")
			return nil
		},
		"by an operator": func(b *bench, _ *browser) error {
			_, err := session.NewRegistry(b.engine, b.keys).Revoke(b.Context(), "alice")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, br, _ := signedIn(t)
			require.Equal(t, "alice", br.who())
			require.NoError(t, ends(b, br))
			assert.Equal(t, "nobody", br.who(), "with the clock standing still")
		})
	}
}

// What this process changes in a grant counts at once, whatever it read before.
func TestOwnChangesAreKnownAtOnce(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(b *bench, br *browser, first string)
		ends   bool
	}{
		"sign-out":            {func(_ *bench, br *browser, _ string) { br.get("/sign-out") }, true},
		"sign-out everywhere": {func(_ *bench, br *browser, _ string) { br.get("/sign-out/everywhere") }, true},
		"another sign-in":     {func(b *bench, _ *browser, _ string) { b.newBrowser().signIn("alice") }, false},
		"renewal": {func(b *bench, _ *browser, first string) {
			_, err := b.manager.Renew(b.Context(), "alice", first)
			require.NoError(b, err)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, br, first := signedIn(t)
			row.change(b, br, first)
			token, err := b.manager.Token(t.Context(), "alice")
			if row.ends {
				require.ErrorIs(t, err, session.ErrGrantEnded)
				return
			}
			require.NoError(t, err)
			assert.NotEqual(t, first, token)
		})
	}
}

// Another replica has renewed the token. The old one may be used for a second; when Zapier refuses it, the store is
// asked, nothing is renewed twice, and the new one serves from then on.
func TestTokenThatAnotherReplicaRenewed(t *testing.T) {
	t.Parallel()
	b, _, first := signedIn(t)
	second, err := b.newManager(b.config).Renew(t.Context(), "alice", first)
	require.NoError(t, err)
	token, err := b.manager.Renew(t.Context(), "alice", first)
	require.NoError(t, err)
	assert.Equal(t, second, token)
	token, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, second, token)
	assert.Equal(t, 2, b.provider.tokenCalls(), "the code and one refresh")
}

// slowAnswer does something between the answer to the first Get of a grant and whoever asked.
type slowAnswer struct {
	store.Engine
	done      atomic.Bool
	meanwhile func()
}

func (e *slowAnswer) Get(ctx context.Context, key string) (store.Record, error) {
	r, err := e.Engine.Get(ctx, key)
	if store.Kind(key) == "grant" && e.done.CompareAndSwap(false, true) {
		e.meanwhile()
	}
	return r, err
}

// Somebody signs out between the answer of the store and the moment at which it would be kept.
func TestTokenThatWasReadTooEarlyIsNotKept(t *testing.T) {
	t.Parallel()
	b, br, first := signedIn(t)
	slow := &slowAnswer{Engine: b.engine, meanwhile: func() { br.get("/sign-out/everywhere") }}
	c := b.config
	c.Engine = slow
	b.manager = b.newManager(c)
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, first, token, "it was good when it was asked for")
	_, err = b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
}
