package session_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/testengine"
)

// FuzzCookie: whatever a Cookie header holds, the request has the session whose
// id it sends to the letter, or none. No id is adopted, no answer is an
// error but that the store is away, and nothing panics.
func FuzzCookie(f *testing.F) {
	engine := &moodyEngine{Engine: testengine.Open(f, time.Now)}
	config := fuzzConfig(f, engine)
	manager, err := session.New(config)
	require.NoError(f, err)
	jar, err := session.NewStore(config)
	require.NoError(f, err)
	w := httptest.NewRecorder()
	_, err = manager.BeginSignIn(w, httptest.NewRequest(http.MethodGet, "/sign-in", nil), session.SignIn{})
	require.NoError(f, err)
	live := jar.Name() + "=" + w.Result().Cookies()[0].Value
	for _, seed := range []string{
		"", "=", ";", jar.Name(), jar.Name() + "=", live, live + "; " + live, "a=b; " + live, live + "=", live + "A", live + "%20",
		strings.ToLower(live), strings.TrimSuffix(live, live[len(live)-1:]), jar.Name() + `="` + live[len(jar.Name())+1:] + `"`,
		jar.Name() + "=" + strings.Repeat("A", 43), jar.Name() + "=../../etc/passwd", jar.Name() + "=\x00\r\n", "$Version=1; " + live,
		strings.Repeat(jar.Name()+"="+strings.Repeat("_", 43)+"; ", 50) + live, "\xff\xfe" + live, live + "\n",
	} {
		f.Add(seed, false)
	}
	f.Add(live, true)

	f.Fuzz(func(t *testing.T, header string, down bool) {
		engine.down.Store(down)
		defer engine.down.Store(false)
		request := func() *http.Request {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Header["Cookie"] = []string{header}
			return r
		}
		assert.Contains(t, []int{0, 64}, len(manager.Fingerprint(request())))
		r := request()
		state, err := manager.Load(r)
		peeked, peekErr := manager.Peek(request())
		if err != nil || peekErr != nil {
			require.True(t, down)
			require.ErrorIs(t, err, store.ErrUnavailable)
			require.ErrorIs(t, peekErr, store.ErrUnavailable)
			return
		}
		require.Equal(t, state.Browser, peeked.Browser)
		if state.Browser != "" {
			require.Contains(t, header, live[len(jar.Name())+1:])
			return
		}
		if down {
			return
		}
		s, err := jar.Get(r, jar.Name())
		require.NoError(t, err)
		require.Empty(t, s.ID)
		w := httptest.NewRecorder()
		require.NoError(t, jar.Save(r, w, s))
		require.NotContains(t, header, s.ID, "an id that the visitor chose")
		require.Len(t, w.Result().Cookies(), 1)
		require.NoError(t, manager.SignOut(httptest.NewRecorder(), request()), "signing out of nothing is fine")
		s.Options.MaxAge = -1
		require.NoError(t, jar.Save(r, w, s))
	})
}

func fuzzConfig(f *testing.F, engine store.Engine) session.Config {
	f.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(f, err)
	public, err := url.Parse("https://zaps.example")
	require.NoError(f, err)
	return session.Config{
		Engine: engine, Keys: keys, PublicURL: public,
		OAuth: oauth2.Config{
			ClientID: "client", RedirectURL: "https://zaps.example/sign-in/callback",
			Endpoint: oauth2.Endpoint{AuthURL: "https://zapier.test/authorize", TokenURL: "https://zapier.test/token"},
		},
		Identify: emptyProvider().identify,
		Idle:     idle, Absolute: absolute,
	}
}
