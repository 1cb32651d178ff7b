package session_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
)

const (
	idle     = 2 * time.Hour
	absolute = 24 * time.Hour
)

// bench is a Manager behind an HTTP server, a token endpoint and an engine
// that can be told to fail, all on one clock.
type bench struct {
	*testing.T
	clock    *storetest.Clock
	place    *testengine.Place
	engine   *moodyEngine
	keys     *store.Keyring
	provider *provider
	app      *httptest.Server
	manager  *session.Manager
	config   session.Config
	log      *bytes.Buffer
	// during runs inside an Update of /choose, when it is set.
	during atomic.Pointer[func()]
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, clock: storetest.NewClock(), provider: newProvider(t), log: &bytes.Buffer{}}
	b.place = testengine.NewPlace(t, b.clock.Now)
	b.engine = &moodyEngine{Engine: b.place.Open()}
	var err error
	b.keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	b.app = httptest.NewServer(b.routes())
	t.Cleanup(b.app.Close)
	b.config = b.newConfig()
	b.manager = b.newManager(b.config)
	return b
}

func (b *bench) newConfig() session.Config {
	public, err := url.Parse(b.app.URL)
	require.NoError(b, err)
	return session.Config{
		Engine:    b.engine,
		Keys:      b.keys,
		PublicURL: public,
		OAuth: oauth2.Config{
			ClientID: "client", ClientSecret: "client-secret",
			Endpoint: oauth2.Endpoint{
				AuthURL:  b.provider.URL + "/v2/authorize",
				TokenURL: b.provider.URL + "/oauth/token/",
			},
			RedirectURL: b.app.URL + "/sign-in/callback",
			Scopes:      []string{"profile", "zap", "connection:read"},
		},
		Identify: b.provider.identify,
		Idle:     idle,
		Absolute: absolute,
		Now:      b.clock.Now,
		Logger:   slog.New(slog.NewTextHandler(b.log, nil)),
	}
}

// newManager is another replica: the same store, a Manager of its own.
func (b *bench) newManager(c session.Config) *session.Manager {
	b.Helper()
	m, err := session.New(c)
	require.NoError(b, err)
	b.Cleanup(m.Wait)
	return m
}

// routes are a BFF in miniature. What it answers is for the tests to read.
func (b *bench) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		target, err := b.manager.BeginSignIn(w, r, session.SignIn{
			ReturnTo: r.FormValue("to"), Popup: r.FormValue("popup") != "", Challenge: r.FormValue("challenge"),
		})
		if err != nil {
			answer(w, "", err)
			return
		}
		http.Redirect(w, r, target+"&login="+r.FormValue("as"), http.StatusSeeOther)
	})
	mux.HandleFunc("/sign-in/callback", func(w http.ResponseWriter, r *http.Request) {
		result, err := b.manager.FinishSignIn(w, r)
		answer(w, strings.TrimSpace(result.User.ID+" "+result.ReturnTo+" "+result.Handover), err)
	})
	mux.HandleFunc("/redeem", func(w http.ResponseWriter, r *http.Request) {
		state, err := b.manager.Redeem(w, r, r.FormValue("code"), r.FormValue("verifier"))
		answer(w, whoIs(state), err)
	})
	mux.HandleFunc("/sign-out", func(w http.ResponseWriter, r *http.Request) {
		answer(w, "out", b.manager.SignOut(w, r))
	})
	mux.HandleFunc("/sign-out/everywhere", func(w http.ResponseWriter, r *http.Request) {
		answer(w, "out", b.manager.SignOutEverywhere(w, r))
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		state, err := b.manager.Load(r)
		answer(w, whoIs(state), err)
	})
	mux.HandleFunc("/state", func(w http.ResponseWriter, r *http.Request) {
		state, err := b.manager.Load(r)
		answer(w, state.Browser+" "+state.Choices["app"].Title, err)
	})
	mux.HandleFunc("/choose", func(w http.ResponseWriter, r *http.Request) {
		err := b.manager.Update(w, r, func(s *session.State) error {
			if f := b.during.Swap(nil); f != nil {
				(*f)()
			}
			s.Choices = map[string]session.Choice{"app": {App: "app", Title: r.FormValue("title")}}
			s.User = &session.User{ID: "somebody else"} // must have no effect
			return nil
		})
		answer(w, "chosen", err)
	})
	return mux
}

func whoIs(state session.State) string {
	if state.User == nil {
		return "nobody"
	}
	return state.User.ID
}

func answer(w http.ResponseWriter, text string, err error) {
	switch {
	case err == nil:
	case errors.Is(err, store.ErrUnavailable):
		w.WriteHeader(http.StatusServiceUnavailable)
		text = err.Error()
	default:
		w.WriteHeader(http.StatusBadRequest)
		text = err.Error()
	}
	io.WriteString(w, text)
}

// before runs fn in front of the engine's n-th call of op from now on; an empty
// op is any. It returns how many of them there were so far, and stops counting.
func (b *bench) before(n int64, op string, fn func()) (calls func() int64) {
	var count atomic.Int64
	var mood func(string) bool
	mood = func(called string) bool {
		if (op == "" || op == called) && count.Add(1) == n {
			b.engine.mood.Store(nil) // what fn does is not counted
			fn()
			b.engine.mood.Store(&mood)
		}
		return false
	}
	b.engine.mood.Store(&mood)
	return func() int64 {
		b.engine.mood.Store(nil)
		return count.Load()
	}
}

// walk returns the raw records of a kind.
func (b *bench) walk(kind string) []store.Record {
	b.Helper()
	var all []store.Record
	require.NoError(b, b.engine.Walk(b.Context(), kind, func(r store.Record) error {
		all = append(all, r)
		return nil
	}))
	return all
}

// browser is a cookie jar with a window.
type browser struct {
	*bench
	client *http.Client
}

func (b *bench) newBrowser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	return &browser{b, &http.Client{Jar: jar, Transport: b.app.Client().Transport}}
}

// stay makes the browser keep redirects for the test to look at.
func (br *browser) stay() *browser {
	br.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return br
}

// page is an answer with its body read.
type page struct {
	*http.Response
	text string
}

func (br *browser) get(path string) page {
	br.Helper()
	if !strings.HasPrefix(path, "http") {
		path = br.app.URL + path
	}
	res, err := br.client.Get(path)
	require.NoError(br, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(br, err)
	return page{res, string(body)}
}

// signIn walks the whole way as user.
func (br *browser) signIn(user string) {
	br.Helper()
	res := br.get("/sign-in?as=" + user)
	require.Equal(br, http.StatusOK, res.StatusCode, res.text)
	require.Equal(br, user+" /", res.text)
}

// begin starts a sign-in and stops before the callback, whose URL it returns.
func (br *browser) begin(user string) (callback string) {
	br.Helper()
	follow := br.client.CheckRedirect
	br.stay()
	defer func() { br.client.CheckRedirect = follow }()
	toProvider := br.get("/sign-in?as=" + user)
	require.Equal(br, http.StatusSeeOther, toProvider.StatusCode, toProvider.text)
	back := br.get(toProvider.Header.Get("Location"))
	require.Equal(br, http.StatusFound, back.StatusCode, back.text)
	return back.Header.Get("Location")
}

func (br *browser) who() string { return br.get("/who").text }

// id is the value of the session cookie.
func (br *browser) id() string {
	br.Helper()
	here, err := url.Parse(br.app.URL)
	require.NoError(br, err)
	for _, c := range br.client.Jar.Cookies(here) {
		if strings.HasSuffix(c.Name, "zapembed") {
			return c.Value
		}
	}
	return ""
}

// withID is another browser that sends the session id.
func (b *bench) withID(id string) *browser {
	here, err := url.Parse(b.app.URL)
	require.NoError(b, err)
	br := b.newBrowser()
	br.client.Jar.SetCookies(here, []*http.Cookie{{Name: "zapembed", Value: id, Path: "/"}})
	return br
}

// moodyEngine is an engine that can be told to be down, and counts the calls
// that a request of a visitor makes first.
type moodyEngine struct {
	store.Engine
	down    atomic.Bool
	failing atomic.Int64 // how many Updates fail from now on
	gets    atomic.Int64
	creates atomic.Int64
	signals atomic.Int64 // Publish calls
	// mood, when it is set, says of each call whether it fails.
	mood atomic.Pointer[func(op string) bool]
	// forgetful, when it is set, says of each write that was obeyed whether its
	// answer is lost.
	forgetful atomic.Pointer[func(op string) bool]
}

var errDown = errors.New("no route to the engine")

// call is the error that a call ends in before it reaches the engine.
func (e *moodyEngine) call(op string) error {
	mood := e.mood.Load()
	if e.down.Load() || mood != nil && (*mood)(op) {
		return store.Unavailable(op, errDown)
	}
	return nil
}

// answer is the error that a write ends in after the engine has obeyed.
func (e *moodyEngine) answer(op string, err error) error {
	if forgetful := e.forgetful.Load(); err == nil && forgetful != nil && (*forgetful)(op) {
		return store.Unavailable(op, errDown)
	}
	return err
}

func (e *moodyEngine) Get(ctx context.Context, key string) (store.Record, error) {
	e.gets.Add(1)
	if err := e.call("get"); err != nil {
		return store.Record{}, err
	}
	return e.Engine.Get(ctx, key)
}

func (e *moodyEngine) Create(ctx context.Context, r store.Record) error {
	e.creates.Add(1)
	if err := e.call("create"); err != nil {
		return err
	}
	return e.Engine.Create(ctx, r)
}

func (e *moodyEngine) Update(ctx context.Context, r store.Record) (int64, error) {
	if e.failing.Add(-1) >= 0 {
		return 0, store.Unavailable("update", errDown)
	}
	if err := e.call("update"); err != nil {
		return 0, err
	}
	version, err := e.Engine.Update(ctx, r)
	return version, e.answer("update", err)
}

func (e *moodyEngine) Touch(ctx context.Context, key string, expires time.Time) error {
	if err := e.call("touch"); err != nil {
		return err
	}
	return e.Engine.Touch(ctx, key, expires)
}

func (e *moodyEngine) Rotate(ctx context.Context, old string, next store.Record) error {
	if err := e.call("rotate"); err != nil {
		return err
	}
	return e.Engine.Rotate(ctx, old, next)
}

func (e *moodyEngine) Delete(ctx context.Context, key string) (bool, error) {
	if err := e.call("delete"); err != nil {
		return false, err
	}
	was, err := e.Engine.Delete(ctx, key)
	return was, e.answer("delete", err)
}

func (e *moodyEngine) List(ctx context.Context, group string) ([]store.Record, error) {
	if err := e.call("list"); err != nil {
		return nil, err
	}
	return e.Engine.List(ctx, group)
}

func (e *moodyEngine) DeleteGroup(ctx context.Context, group string) (int, error) {
	if err := e.call("delete group"); err != nil {
		return 0, err
	}
	ended, err := e.Engine.DeleteGroup(ctx, group)
	return ended, e.answer("delete group", err)
}

func (e *moodyEngine) Walk(ctx context.Context, kind string, fn func(store.Record) error) error {
	if err := e.call("walk"); err != nil {
		return err
	}
	return e.Engine.Walk(ctx, kind, fn)
}

func (e *moodyEngine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	if err := e.call("acquire"); err != nil {
		return false, err
	}
	return e.Engine.Acquire(ctx, name, owner, ttl)
}

func (e *moodyEngine) Release(ctx context.Context, name, owner string) error {
	if err := e.call("release"); err != nil {
		return err
	}
	return e.Engine.Release(ctx, name, owner)
}

func (e *moodyEngine) Publish(ctx context.Context, topic string) error {
	e.signals.Add(1)
	if err := e.call("publish"); err != nil {
		return err
	}
	return e.Engine.Publish(ctx, topic)
}

func (e *moodyEngine) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	if err := e.call("subscribe"); err != nil {
		return nil, err
	}
	return e.Engine.Subscribe(ctx, topic)
}
