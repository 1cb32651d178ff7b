package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/sessions"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
)

// newStore is a Store for a public URL, on the bench's engine.
func newStore(t *testing.T, b *bench, public string) (*session.Store, error) {
	t.Helper()
	return newStoreFor(t, b, public, false)
}

func newStoreFor(t *testing.T, b *bench, public string, crossSite bool) (*session.Store, error) {
	t.Helper()
	u, err := url.Parse(public)
	require.NoError(t, err)
	c := b.config
	c.PublicURL, c.CrossSite = u, crossSite
	c.Rand = zeros{}
	return session.NewStore(c)
}

// zeros is randomness with a known result.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// the cookie for each mode of deployment (security.md 4.3).
func TestCookie(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct {
		name, public, cookie, path string
		secure, crossSite          bool
	}{
		{"own host name", "https://zaps.example", "__Host-Http-zapembed", "/", true, false},
		{"own host name with a slash", "https://zaps.example/", "__Host-Http-zapembed", "/", true, false},
		{"under a prefix", "https://partner.example/zaps", "__Http-zapembed", "/zaps/", true, false},
		{"under a deep prefix with a slash", "https://partner.example/a/b/", "__Http-zapembed", "/a/b/", true, false},
		{"a newcomer's machine", "http://localhost:8080", "zapembed", "/", false, false},
		{"a newcomer's machine, IPv6, prefix", "http://[::1]:8080/zaps", "zapembed", "/zaps/", false, false},
		{"https on loopback", "https://127.0.0.1:8443", "__Host-Http-zapembed", "/", true, false},
		{"in frames of other sites", "https://zaps.example", "__Host-Http-zapembed", "/", true, true},
		{"in frames of other sites, on loopback", "https://localhost:8443/", "__Host-Http-zapembed", "/", true, true},
	} {
		t.Run(tc.name, func(t *testing.T) { // one after the other: the ids are all the same one
			st, err := newStoreFor(t, b, tc.public, tc.crossSite)
			require.NoError(t, err)
			assert.Equal(t, tc.cookie, st.Name())
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
			s, err := st.Get(r, st.Name())
			require.NoError(t, err)
			// What somebody sets here must not weaken the cookie.
			s.Options = &sessions.Options{Domain: "example", SameSite: http.SameSiteStrictMode}
			check := func() *http.Cookie {
				lines := w.Header()["Set-Cookie"]
				require.Len(t, lines, 1)
				c, err := http.ParseSetCookie(lines[0])
				require.NoError(t, err)
				assert.Equal(t, tc.cookie, c.Name)
				assert.Equal(t, tc.path, c.Path)
				assert.Equal(t, tc.secure, c.Secure)
				assert.True(t, c.HttpOnly)
				assert.Empty(t, c.Domain)
				assert.Equal(t, tc.crossSite, c.Partitioned)
				if tc.crossSite {
					assert.Equal(t, http.SameSiteNoneMode, c.SameSite)
				} else {
					assert.Equal(t, http.SameSiteLaxMode, c.SameSite)
				}
				assert.Less(t, len(lines[0]), 4096)
				return c
			}
			require.NoError(t, s.Save(r, w))
			c := check()
			assert.Equal(t, int(absolute/time.Second), c.MaxAge)
			assert.Len(t, c.Value, 43)

			// Taking it away needs the same attributes: a browser would look for another cookie else.
			s.Options.MaxAge = -1
			require.NoError(t, s.Save(r, w))
			c = check()
			assert.Equal(t, -1, c.MaxAge)
			assert.Empty(t, c.Value)
		})
	}
}

// settings no browser would keep the cookie under, or that would send it
// in the clear, stop the start.
func TestImpossibleCookieSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, tc := range []struct{ name, public, want string }{
		{"plain http", "http://zaps.example", "for localhost only"},
		{"a name that only looks local", "http://localhost.evil.example", "for localhost only"},
		{"an address of the local net", "http://192.168.1.4", "for localhost only"},
		{"another scheme", "ftp://localhost", "must begin with https://"},
		{"no scheme", "zaps.example", "must begin with https://"},
		{"no host", "https:///zaps", "has no host"},
		{"a query", "https://zaps.example/?a=b", "a scheme, a host and a path only"},
		{"a fragment", "https://zaps.example/#a", "a scheme, a host and a path only"},
		{"a user", "https://me:pass@zaps.example/", "a scheme, a host and a path only"},
		{"dot segments", "https://zaps.example/a/../b", "not in its simplest form"},
		{"a semicolon", "https://zaps.example/a;b", "no semicolon"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := newStore(t, b, tc.public)
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "pass@")
		})
	}
}

// a cookie for frames of other sites, where no browser would keep it.
func TestImpossibleCrossSiteSettings(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, public := range []string{"http://localhost:8080", "http://127.0.0.1", "https://partner.example/zaps", "https://partner.example/a/b/"} {
		_, err := newStoreFor(t, b, public, true)
		require.ErrorContains(t, err, "cross-site frames need a hostname of our own", public)
	}
	c := b.config
	c.CrossSite = true
	_, err := session.New(c)
	require.ErrorContains(t, err, "cross-site frames need a hostname of our own")
}

// EMBED_MODE was changed: browsers send the cookie of before and the one of now,
// under one name. A sign-in that is alive counts, whichever comes first, and a
// crowd of cookies does not make a crowd of reads.
func TestCookieOfAnotherMode(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	stale, live := strings.Repeat("A", 43), br.id()
	who := func(ids ...string) (string, int64) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		for _, id := range ids {
			r.AddCookie(&http.Cookie{Name: "zapembed", Value: id})
		}
		before := b.engine.gets.Load()
		state, err := b.manager.Load(r)
		require.NoError(t, err)
		gets := b.engine.gets.Load() - before
		peeked, err := b.manager.Peek(r)
		require.NoError(t, err)
		assert.Equal(t, state.Browser, peeked.Browser)
		return whoIs(state), gets
	}
	for _, ids := range [][]string{{stale, live}, {live, stale}, {"malformed", "", stale, live}} {
		name, _ := who(ids...)
		assert.Equal(t, "alice", name, "%v", ids)
	}
	name, gets := who(stale, stale, stale, stale, live)
	assert.Equal(t, "nobody", name)
	assert.Equal(t, int64(2), gets)
}

// however often a session is saved, the response has one Set-Cookie of
// its name, and the cookies of others stay.
func TestOneSetCookiePerName(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st, err := newStore(t, b, "http://localhost:8080")
	require.NoError(t, err)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	http.SetCookie(w, &http.Cookie{Name: "zapembed-theme", Value: "dark"})
	s, err := st.Get(r, st.Name())
	require.NoError(t, err)
	require.NoError(t, s.Save(r, w))
	require.NoError(t, s.Save(r, w), "the second time it is an update")
	s.Options.MaxAge = -1
	require.NoError(t, s.Save(r, w))

	var names []string
	for _, line := range w.Header()["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		require.NoError(t, err)
		names = append(names, c.Name)
		if c.Name == "zapembed" {
			assert.Equal(t, -1, c.MaxAge, "the last word counts")
		}
	}
	assert.Equal(t, []string{"zapembed-theme", "zapembed"}, names)
	assert.Equal(t, session.State{}, *session.StateOf(s))
}

// What would be lost is refused, by name of the session and by its values.
func TestStoreRefusesWhatItCannotKeep(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	st, err := newStore(t, b, "http://localhost:8080")
	require.NoError(t, err)
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	s, err := st.New(r, "another")
	require.Error(t, err)
	require.NotNil(t, s, "gorilla counts on a session beside an error")

	s, err = st.New(r, st.Name())
	require.NoError(t, err)
	s.Values["cart"] = "full"
	require.Error(t, s.Save(r, w))
	assert.Empty(t, w.Header()["Set-Cookie"])
}

func TestNewRefusesHalfAConfig(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := session.New(session.Config{})
	require.Error(t, err)
	for _, want := range []string{"public URL", "engine", "store keys", "identifies", "idle limit", "client id", "authorize URL", "token URL"} {
		assert.ErrorContains(t, err, want, "all that is wrong is in one error")
	}
	for name, spoil := range map[string]func(*session.Config){
		"redirect URL elsewhere (R-06)": func(c *session.Config) { c.OAuth.RedirectURL = "https://evil.example/sign-in/callback" },
		"redirect URL beside the host":  func(c *session.Config) { c.OAuth.RedirectURL = c.PublicURL.String() + ".evil.example/" },
		"absolute before idle":          func(c *session.Config) { c.Absolute = c.Idle - 1 },
	} {
		c := b.config
		spoil(&c)
		_, err := session.New(c)
		assert.Error(t, err, name)
	}
}
