package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/errgroup"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

// crowd is a number of people, each with a browser in which they are signed in.
type crowd struct {
	kind    engine
	keys    *store.Keyring
	started time.Time
	engine  store.Engine
	manager *session.Manager
	// cookies are those of the browsers; the place of each is its person's id.
	cookies []string
}

func newCrowd(ctx context.Context, kind engine) (*crowd, error) {
	keys, err := store.ParseKeys(store.NewKey())
	if err != nil {
		return nil, err
	}
	c := &crowd{kind: kind, keys: keys, started: time.Now()}
	return c, c.open(ctx)
}

// open makes a Manager whose clock stands still: however long the crowd takes,
// nobody's session is prolonged by a look-up.
func (c *crowd) open(ctx context.Context) error {
	now := func() time.Time { return c.started }
	var err error
	if c.engine, err = c.kind.open(ctx, now); err != nil {
		return err
	}
	c.manager, err = session.New(session.Config{
		Engine: c.engine, Keys: c.keys, PublicURL: &url.URL{Scheme: "http", Host: "localhost"},
		OAuth: oauth2.Config{
			ClientID: "client", ClientSecret: "secret", RedirectURL: "http://localhost/sign-in/callback",
			Endpoint: oauth2.Endpoint{AuthURL: "http://zapier.invalid/authorize", TokenURL: "http://zapier.invalid/token"},
			Scopes:   []string{"profile", "zap", "zap:all", "zap:write", "zap:update", "zap:runs", "connection:read", "connection:write"},
		},
		HTTP: &http.Client{Transport: tokens{}}, Identify: identify,
		Idle: 24 * time.Hour, Absolute: 720 * time.Hour, Now: now,
	})
	return err
}

// reopen closes the store and opens it again, so that its size is that of what
// is kept and its caches are cold.
func (c *crowd) reopen(ctx context.Context) error {
	c.close()
	return c.open(ctx)
}

func (c *crowd) close() {
	if c.engine != nil {
		_ = c.engine.Close() // what it held is thrown away
	}
}

// tokens is a token endpoint without a network. A token tells whose it is.
type tokens struct{}

func (tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	body := fmt.Appendf(nil, `{"access_token": "access-0123456789abcdef-%[1]s", "refresh_token": "refresh-0123456789abcdef-%[1]s", "token_type": "Bearer", "expires_in": 36000}`, r.Form.Get("code"))
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}, nil
}

const accessPrefix = "access-0123456789abcdef-"

func identify(_ context.Context, accessToken string) (session.User, error) {
	id := accessToken[len(accessPrefix):]
	return session.User{ID: id, Name: "Person Number " + id, Email: "person" + id + "@zapier.example"}, nil
}

// signIn lets so many more people sign in, some of them at the same time.
func (c *crowd) signIn(ctx context.Context, count int) error {
	first := len(c.cookies)
	c.cookies = append(c.cookies, make([]string, count)...)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for person := first; person < len(c.cookies); person++ {
		group.Go(func() error {
			var err error
			c.cookies[person], err = c.signInOne(ctx, person)
			return err
		})
	}
	return group.Wait()
}

func (c *crowd) signInOne(ctx context.Context, person int) (string, error) {
	begun := answer{}
	target, err := c.manager.BeginSignIn(begun, request(ctx, "/sign-in", ""), session.SignIn{})
	if err != nil {
		return "", err
	}
	authorize, err := url.Parse(target)
	if err != nil {
		return "", err
	}
	back := url.Values{"state": {authorize.Query().Get("state")}, "code": {strconv.Itoa(person)}}
	finished := answer{}
	if _, err := c.manager.FinishSignIn(finished, request(ctx, "/sign-in/callback?"+back.Encode(), begun.cookie())); err != nil {
		return "", err
	}
	return finished.cookie(), nil
}

// lookUp takes the time that a request for Zapier's API spends in the store, of
// so many people in no order: whose session it is, and their grant, as it is
// read for whoever did not ask within the last second.
func (c *crowd) lookUp(ctx context.Context, count int) ([]time.Duration, error) {
	times := make([]time.Duration, 0, count)
	for range count {
		person := rand.N(len(c.cookies))
		r := request(ctx, "/", c.cookies[person])
		started := time.Now()
		state, err := c.manager.Load(r)
		if err != nil {
			return nil, err
		}
		if state.User == nil || state.User.ID != strconv.Itoa(person) {
			return nil, fmt.Errorf("the session of person %d is not theirs", person)
		}
		if _, err := c.manager.Scopes(ctx, state.User.ID); err != nil { // unlike a token, they are never kept
			return nil, err
		}
		times = append(times, time.Since(started))
	}
	return times, nil
}

func request(ctx context.Context, target, cookie string) *http.Request {
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+target, nil) // the targets are ours
	if cookie != "" {
		r.Header.Set("Cookie", cookie)
	}
	return r
}

// answer is an http.ResponseWriter of headers alone.
type answer http.Header

func (a answer) Header() http.Header            { return http.Header(a) }
func (a answer) Write(body []byte) (int, error) { return len(body), nil }
func (a answer) WriteHeader(int)                {}

// cookie is what the browser sends from now on.
func (a answer) cookie() string {
	for _, cookie := range (&http.Response{Header: http.Header(a)}).Cookies() {
		return cookie.Name + "=" + cookie.Value
	}
	return ""
}
