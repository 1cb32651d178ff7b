package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
)

// bubble is a Manager on which alice is signed in, where time passes only when
// everybody waits: what takes seconds is over at once. No socket is open in
// it, so the token endpoint is a function and the engine SQLite.
type bubble struct {
	*testing.T
	engine   *moodyEngine
	provider *provider
	config   session.Config
	manager  *session.Manager
}

// inBubble runs fn on a bubble.
func inBubble(t *testing.T, fn func(b *bubble)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file, err := sqlite.Open(filepath.Join(t.TempDir(), "store.db"), time.Now)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, file.Close()) })
		keys, err := store.ParseKeys(store.NewKey())
		require.NoError(t, err)
		b := &bubble{T: t, engine: &moodyEngine{Engine: file}, provider: emptyProvider()}
		public, err := url.Parse("http://localhost:8080")
		require.NoError(t, err)
		b.config = session.Config{
			Engine: b.engine, Keys: keys, PublicURL: public,
			OAuth: oauth2.Config{
				ClientID: "client", ClientSecret: "client-secret", RedirectURL: "http://localhost:8080/sign-in/callback",
				Endpoint: oauth2.Endpoint{AuthURL: "http://zapier.test/v2/authorize", TokenURL: "http://zapier.test/oauth/token/"},
			},
			HTTP: &http.Client{Transport: b}, Identify: b.provider.identify,
			Idle: absolute, Absolute: absolute,
		}
		b.manager = b.replica()
		b.signIn()
		fn(b)
	})
}

func (b *bubble) replica() *session.Manager {
	b.Helper()
	m, err := session.New(b.config)
	require.NoError(b, err)
	b.Cleanup(m.Wait)
	return m
}

// RoundTrip is the token endpoint.
func (b *bubble) RoundTrip(r *http.Request) (*http.Response, error) {
	answered := make(chan *http.Response, 1)
	go func() {
		w := httptest.NewRecorder()
		b.provider.token(w, r)
		answered <- w.Result()
	}()
	select {
	case res := <-answered:
		return res, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// signIn signs alice in and returns her cookie.
func (b *bubble) signIn() *http.Cookie {
	b.Helper()
	w := httptest.NewRecorder()
	target, err := b.manager.BeginSignIn(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil), session.SignIn{})
	require.NoError(b, err)
	authorized := httptest.NewRecorder()
	b.provider.authorize(authorized, httptest.NewRequest(http.MethodGet, target+"&login=alice", nil))
	r := httptest.NewRequest(http.MethodGet, authorized.Header().Get("Location"), nil)
	r.AddCookie(w.Result().Cookies()[0])
	w = httptest.NewRecorder()
	_, err = b.manager.FinishSignIn(w, r)
	require.NoError(b, err)
	return w.Result().Cookies()[0]
}

// tokenCall is Token with how long it took.
func (b *bubble) tokenCall(m *session.Manager) (string, time.Duration, error) {
	began := time.Now()
	token, err := m.Token(b.Context(), "alice")
	return token, time.Since(began), err
}

// sessions is how many there are.
func (b *bubble) sessions() int {
	b.Helper()
	n := 0
	require.NoError(b, b.engine.Walk(b.Context(), "session", func(store.Record) error { n++; return nil }))
	return n
}

// L1, L5: a token endpoint that does not answer is given up before the lease is
// over. The old token serves while it lasts, and nobody is signed out.
func TestTokenEndpointThatDoesNotAnswer(t *testing.T) {
	inBubble(t, func(b *bubble) {
		first, _, err := b.tokenCall(b.manager)
		require.NoError(t, err)
		silence := make(chan struct{})
		defer close(silence)
		b.provider.fail(func(http.ResponseWriter, *http.Request) bool { <-silence; return true })

		time.Sleep(tokenLife * 9 / 10)
		token, took, err := b.tokenCall(b.manager)
		require.NoError(t, err)
		assert.Equal(t, first, token)
		assert.Equal(t, 10*time.Second, took.Round(time.Second))
		time.Sleep(tokenLife / 10)
		_, took, err = b.tokenCall(b.manager)
		require.ErrorIs(t, err, session.ErrTokenUnavailable)
		assert.Equal(t, 10*time.Second, took.Round(time.Second))
		assert.Equal(t, 1, b.sessions())

		b.provider.fail(nil)
		token, took, err = b.tokenCall(b.manager)
		require.NoError(t, err, "it recovers by itself")
		assert.NotEqual(t, first, token)
		assert.Less(t, took, time.Second)
	})
}

// L1: an answer that takes five seconds is waited for, by all replicas, and is
// asked for once.
func TestTokenEndpointThatIsSlow(t *testing.T) {
	inBubble(t, func(b *bubble) {
		b.provider.fail(func(http.ResponseWriter, *http.Request) bool { time.Sleep(5 * time.Second); return false })
		time.Sleep(tokenLife)
		tokens := make(chan string, 20)
		for _, m := range []*session.Manager{b.manager, b.replica()} {
			for range cap(tokens) / 2 {
				go func() {
					token, took, err := b.tokenCall(m)
					assert.NoError(b, err)
					assert.Less(b, took, 6*time.Second)
					tokens <- token
				}()
			}
		}
		token := <-tokens
		for range cap(tokens) - 1 {
			assert.Equal(b, token, <-tokens)
		}
		assert.Equal(b, 2, b.provider.tokenCalls(), "the code and one refresh")
	})
}

// L3: the store is gone from the moment Zapier has rotated the token, and stays
// away for longer than the tries to save. The token serves whoever asked for
// it; the next refresh finds the old one spent, and the person signs in again.
// That is the defined end of it.
func TestRotatedTokenThatCannotBeSaved(t *testing.T) {
	inBubble(t, func(b *bubble) {
		time.Sleep(tokenLife)
		b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
			b.engine.down.Store(true)
			return false
		})
		token, took, err := b.tokenCall(b.manager)
		require.NoError(t, err)
		assert.Equal(t, "alice", b.provider.access[token])
		assert.Equal(t, 5*time.Second, took.Round(time.Second))
		b.manager.Wait()
		b.engine.down.Store(false)
		b.provider.fail(nil)
		assert.Equal(t, 1, b.sessions(), "a store that is away signs nobody out")

		_, took, err = b.tokenCall(b.manager)
		require.ErrorIs(t, err, session.ErrGrantEnded)
		assert.LessOrEqual(t, took, 20*time.Second, "the mark of who gave up runs out")
		assert.Zero(t, b.sessions())
		b.signIn()
		_, _, err = b.tokenCall(b.manager)
		require.NoError(t, err)
	})
}

// L1, L3: a replica is killed between the token call and the save. The others
// wait for what it held to run out, and then learn that the token is spent. If
// it was killed before the call they go on, and nobody notices.
func TestReplicaThatDies(t *testing.T) {
	for name, spent := range map[string]bool{"after the call": true, "before the call": false} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(b *bubble) {
				c := b.config
				dead := &moodyEngine{Engine: b.engine}
				c.Engine, c.HTTP = dead, &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
					dead.down.Store(true)
					if spent {
						return b.RoundTrip(r)
					}
					return nil, errors.New("killed")
				})}
				m, err := session.New(c)
				require.NoError(b, err)
				time.Sleep(tokenLife)
				ctx, cancel := context.WithCancel(b.Context())
				go func() { time.Sleep(time.Millisecond); cancel() }() // its people are gone
				m.Token(ctx, "alice")

				_, took, err := b.tokenCall(b.manager)
				assert.LessOrEqual(b, took, 26*time.Second)
				assert.GreaterOrEqual(b, took, 24*time.Second, "it waited for who might have been alive")
				if spent {
					require.ErrorIs(b, err, session.ErrGrantEnded)
				} else {
					require.NoError(b, err)
					assert.Equal(b, 1, b.sessions())
				}
				m.Wait()
			})
		})
	}
}

// L1, L8: everything is as slow as it may be: the claim is written late, the
// answer comes at the last moment, and the store is away when it is to be saved.
// The lease runs out meanwhile, and the mark keeps the other replica waiting.
func TestSlowInEveryPart(t *testing.T) {
	inBubble(t, func(b *bubble) {
		slow := &moodyEngine{Engine: b.engine}
		c := b.config
		c.Engine = slow
		one, err := session.New(c)
		require.NoError(b, err)
		var updates atomic.Int64
		claim := func(op string) bool {
			if op == "update" && updates.Add(1) == 1 {
				time.Sleep(3 * time.Second)
			}
			return false
		}
		slow.mood.Store(&claim)
		b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
			time.Sleep(9900 * time.Millisecond)
			slow.down.Store(true)
			time.AfterFunc(4500*time.Millisecond, func() { slow.down.Store(false) })
			return false
		})
		time.Sleep(tokenLife)
		tokens := make(chan string, 2)
		for i, m := range []*session.Manager{one, b.manager} {
			go func() {
				time.Sleep(time.Duration(i) * time.Second)
				token, _, err := b.tokenCall(m)
				assert.NoError(b, err)
				tokens <- token
			}()
		}
		assert.Equal(b, <-tokens, <-tokens)
		assert.Equal(b, 2, b.provider.tokenCalls(), "the code and one refresh")
		assert.Equal(b, 1, b.sessions())
		one.Wait()
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
