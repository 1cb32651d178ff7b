package session

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/zapembed/zapembed/internal/store"
)

// Config is what a Manager needs. HTTP, Now, Rand and Logger have defaults.
type Config struct {
	Engine store.Engine
	Keys   *store.Keyring
	// PublicURL is where browsers find the BFF; a path in it is the prefix all
	// pages are under. It decides the cookie's name and attributes.
	PublicURL *url.URL
	// CrossSite makes the cookie one that a frame on another site may keep. It
	// wants https and a PublicURL without a path.
	CrossSite bool
	// OAuth holds endpoints, client id and secret, redirect URL and scopes
	// (api.md 1.1, 1.3). The redirect URL must be under PublicURL. With an
	// AuthStyle that is not set, credentials go in the Authorization header.
	OAuth oauth2.Config
	// Issuer is compared with the iss of a callback, if that has one.
	// Empty: it is not looked at.
	Issuer string
	// HTTP makes the token calls. They end after ten seconds and follow no
	// redirect whatever it says.
	HTTP *http.Client
	// Identify asks Zapier whose access token this is.
	Identify func(ctx context.Context, accessToken string) (User, error)
	// Idle and Absolute end a session: after no request for Idle, and Absolute
	// after sign-in in any case.
	Idle, Absolute time.Duration
	Now            func() time.Time
	// Rand must be safe for use by several goroutines.
	Rand   io.Reader
	Logger *slog.Logger
}

// Manager reads and changes sessions, signs in and out, and keeps the grants
// fresh. Its methods may be called from many goroutines, each with a request
// of its own.
type Manager struct {
	engine    store.Engine
	sessions  *Store
	holdings  holdings
	pending   *store.Collection[pending]
	crossSite bool
	oauth     oauth2.Config
	issuer    string
	http      *http.Client
	identify  func(context.Context, string) (User, error)
	now       func() time.Time
	random    io.Reader
	log       *slog.Logger

	flights singleflight.Group
	running sync.WaitGroup
}

// New makes a Manager. It refuses a Config that cannot work, with one error
// that names everything that is wrong.
func New(c Config) (*Manager, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	sessions, err := NewStore(c)
	if err != nil {
		return nil, fmt.Errorf("session: %w", err)
	}
	return &Manager{
		engine:    c.Engine,
		sessions:  sessions,
		holdings:  newHoldings(c.Engine, c.Keys),
		pending:   store.NewCollection[pending](c.Engine, c.Keys, pendingKind),
		crossSite: c.CrossSite,
		oauth:     c.OAuth,
		issuer:    c.Issuer,
		http:      tokenClient(c.HTTP),
		identify:  c.Identify,
		now:       c.Now,
		random:    c.Rand,
		log:       c.Logger,
	}, nil
}

func (c Config) withDefaults() Config {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.OAuth.Endpoint.AuthStyle == oauth2.AuthStyleAutoDetect {
		// Left to itself, x/oauth2 finds out by calling twice after a failure,
		// and the first call may have spent the code or the refresh token.
		c.OAuth.Endpoint.AuthStyle = oauth2.AuthStyleInHeader
	}
	return c
}

func (c Config) check() error {
	_, cookieErr := newCookie(c.PublicURL, c.CrossSite)
	errs := []error{cookieErr}
	for _, rule := range []struct {
		bad     bool
		message string
	}{
		{c.Engine == nil, "the engine is missing"},
		{c.Keys == nil, "the store keys are missing"},
		{c.Identify == nil, "the function that identifies a user is missing"},
		{c.Idle <= 0, "the idle limit must be longer than zero"},
		{c.Absolute < c.Idle, "the absolute limit must not be shorter than the idle limit"},
		{c.OAuth.ClientID == "", "the client id is missing"},
		{c.OAuth.Endpoint.AuthURL == "", "the authorize URL is missing"},
		{c.OAuth.Endpoint.TokenURL == "", "the token URL is missing"},
		{cookieErr == nil && !under(c.PublicURL, c.OAuth.RedirectURL), "the redirect URL is not under the public URL"},
	} {
		if rule.bad {
			errs = append(errs, errors.New(rule.message))
		}
	}
	return errors.Join(errs...)
}

// under says whether target lies below the public URL: the callback is ours,
// and the session cookie is sent to it.
func under(public *url.URL, target string) bool {
	base := strings.TrimSuffix(public.String(), "/") + "/"
	return strings.HasPrefix(target, base) && len(target) > len(base)
}

// Load returns the State of the request's session. Without a session, with an
// unknown, ended or unreadable one, it is the zero State and no error. The
// error wraps store.ErrUnavailable when the store could not say. The
// store is read once per request.
func (m *Manager) Load(r *http.Request) (State, error) {
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return State{}, err
	}
	return StateOf(s).clone(), nil
}

// Peek is Load for what runs by itself, such as an open event stream: it does not count as use, so a tab
// that is left open does not keep a session alive. It reads the store each time.
func (m *Manager) Peek(r *http.Request) (State, error) {
	state, err := m.sessions.peek(r)
	if absent(err) {
		return State{}, nil
	}
	return state.clone(), err
}

// Fingerprint is the SHA-256 of the id in the request's session cookie, or "" without a well-formed one.
// It asks the store nothing and so says nothing of a session: it is there to count requests by.
func (m *Manager) Fingerprint(r *http.Request) string {
	ids := m.sessions.cookie.read(r)
	if len(ids) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(ids[0]))
	return hex.EncodeToString(sum[:])
}

// Update changes the Choices of the request's session: fn gets the State as it
// is now, and again if somebody else changed it meanwhile. Browser, User and
// Created stay as they are, whatever fn does. An error of fn is returned and
// nothing written; store.ErrUnchanged leaves the session without an error.
// ErrNoSession when there is none, or none any more: a slow request does not
// bring back who signed out.
func (m *Manager) Update(_ http.ResponseWriter, r *http.Request, fn func(*State) error) error {
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return err
	}
	return m.sessions.modify(r.Context(), s, func(state *State) error {
		changed := state.clone()
		if err := fn(&changed); err != nil {
			return err
		}
		state.Choices = changed.Choices
		return nil
	})
}

// Wait returns when no refresh is under way. Call it at shutdown, after the
// last request and before the engine is closed.
func (m *Manager) Wait() { m.running.Wait() }
