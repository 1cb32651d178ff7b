package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/httprate"
	"github.com/yuin/goldmark"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/static"
	"github.com/zapembed/zapembed/web/templates"
)

// Config is what a Server is made of.
type Config struct {
	// PublicURL is where browsers reach us; its path is the prefix of every route. Nothing absolute is
	// ever built from a request's Host.
	PublicURL *url.URL
	// Origin is the exact origin whose popup message counts (api.md 3.1).
	Origin string
	// ImageOrigins are where App icons may be loaded from.
	ImageOrigins []string
	// EmbedOrigins are whose pages may show ours in a frame; nobody's if empty.
	EmbedOrigins []string
	// CrossSite: the pages live in frames of other sites, so EmbedOrigins say whose.
	CrossSite bool
	// HSTSHostAlone: the promise of HTTPS is for the host of PublicURL and not for the names below it.
	HSTSHostAlone bool
	// TrustedProxies are whose word on the client's address counts; nobody's if empty.
	TrustedProxies []netip.Prefix
	// Limits are how many requests are answered in a minute.
	Limits Limits
	// Emulator is the address of the emulator when it stands in for Zapier, else "".
	Emulator string

	// OwnApps are those whose Authentications are added without a popup.
	OwnApps []OwnApp

	// AnswersKept: Zapier's answers are given again for a while, so that it pays to ask for more than is wanted now.
	AnswersKept bool
	// Door lets people in who start a Zap; nil for everybody at once.
	Door Door
	// Room, if not nil, is how long somebody would be told to wait whose call came now and had so much patience; 0 where there
	// is room for it.
	Room     func(ctx context.Context, patience time.Duration) time.Duration
	Sessions *session.Manager
	Attempts *connect.Service
	Drafts   *draft.Service
	Zapier   *zapier.Client
	Assets   *static.Assets
	Phrases  *templates.Phrases

	// Timings are the waits of the browser's side of an attempt; DefaultTimings if zero.
	Timings templates.Timings
	// Heartbeat is the pause between signs of life on an event stream; 15 s if zero.
	Heartbeat time.Duration
	// Now is the clock; time.Now if nil. Rand is the source of nonces; crypto/rand if nil.
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger
	// Observe, if not nil, hears of each answer: the pattern of its route, its status, and how long it took.
	Observe func(r *http.Request, route string, status int, took time.Duration)
}

// DefaultTimings are the waits of popup.md 3: 1.5 s until a window counts as blocked, 2 minutes until
// the spinner turns into calm words, and slow background checks.
func DefaultTimings() templates.Timings {
	return templates.Timings{Blocked: 1500, Calm: 120_000, Checks: []int{15_000, 30_000, 60_000}}
}

// Server serves all routes. Make it with New.
type Server struct {
	cfg  Config
	base string
	csp  contentPolicy
	// markdown draws the help of fields.
	markdown goldmark.Markdown
	handler  chi.Router

	// streams are the event streams that are open.
	streams openStreams
	// toldLimits are the keys over a limit that the log has heard of, limitedHTML is the page they get.
	toldLimits  *httprate.RateLimiter
	limitedHTML []byte

	draining chan struct{}
	drain    sync.Once
}

// New returns a Server, or says what its configuration lacks.
func New(cfg Config) (*Server, error) {
	if cfg.PublicURL == nil || cfg.Origin == "" || cfg.Sessions == nil || cfg.Attempts == nil || cfg.Drafts == nil || cfg.Zapier == nil || cfg.Assets == nil {
		return nil, errors.New("handlers: a public URL, the origin of messages, sessions, attempts, drafts, a client of Zapier and assets are required")
	}
	if cfg.CrossSite && len(cfg.EmbedOrigins) == 0 {
		return nil, errors.New("handlers: in frames of other sites the pages need the origins of those sites")
	}
	if cfg.Phrases == nil {
		cfg.Phrases = templates.English()
	}
	if len(cfg.Timings.Checks) == 0 {
		cfg.Timings = DefaultTimings()
	}
	cfg.Limits = cfg.Limits.withDefaults()
	cfg.Heartbeat = cmp.Or(cfg.Heartbeat, 15*time.Second)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	s := &Server{
		cfg:        cfg,
		base:       strings.TrimSuffix(cfg.PublicURL.EscapedPath(), "/"),
		csp:        newContentPolicy(cfg),
		markdown:   newMarkdown(),
		toldLimits: newToldLimits(),
		draining:   make(chan struct{}),
	}
	var err error
	if s.limitedHTML, err = s.limitedPage(); err != nil {
		return nil, fmt.Errorf("handlers: the page of a limit: %w", err)
	}
	s.handler = s.routes()
	return s, nil
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Drain ends the open event streams, which would otherwise keep a graceful stop waiting.
// Their browsers come back by themselves, to another replica or to the restarted server.
func (s *Server) Drain() { s.drain.Do(func() { close(s.draining) }) }

// zapierFor returns the client that speaks for the signed-in person.
func (s *Server) zapierFor(state session.State) *zapier.Client {
	return s.cfg.Zapier.As(state.User.ID, s.cfg.Sessions.Tokens(state.User.ID))
}

// ownerOf names the person's session towards attempts.
func ownerOf(state session.State) connect.Owner {
	return connect.Owner{Browser: state.Browser, User: state.User.ID}
}

// person returns the session of somebody who is signed in, or the error that asks them to.
func (s *Server) person(r *http.Request) (session.State, error) {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return state, err
	}
	if state.User == nil {
		return state, &Error{Code: "sign-in-required", Status: http.StatusUnauthorized}
	}
	return state, nil
}

// remember keeps a connected attempt's Authentication as the session's choice for its App, unless
// the person has chosen something else since.
func (s *Server) remember(w http.ResponseWriter, r *http.Request, attempt connect.Attempt) error {
	if attempt.State != connect.Connected {
		return nil
	}
	return s.cfg.Sessions.Update(w, r, func(state *session.State) error {
		if chosen, ok := state.Choices[attempt.App.ID]; ok && !chosen.At.Before(attempt.SettledAt) {
			return nil
		}
		id := attempt.AuthenticationID
		choose(state, session.Choice{
			App: attempt.App.ID, AppTitle: attempt.App.Title, AppImage: attempt.App.Image,
			Authentication: &id, Title: attempt.Title, At: attempt.SettledAt,
		})
		return nil
	})
}

// keep makes something the session's choice for its App, whatever was chosen before.
func (s *Server) keep(w http.ResponseWriter, r *http.Request, choice session.Choice) error {
	return s.cfg.Sessions.Update(w, r, func(state *session.State) error {
		choose(state, choice)
		return nil
	})
}

func choose(state *session.State, choice session.Choice) {
	if state.Choices == nil {
		state.Choices = map[string]session.Choice{}
	}
	state.Choices[choice.App] = choice
}

// audit logs a security event with the client's address, which an operator needs who wants to do something about it.
func (s *Server) audit(r *http.Request, event audit.Event, args ...any) {
	audit.Log(r.Context(), s.log(r.Context()), event, append(args, "client", s.clientIP(r))...)
}

// log returns the logger with the request's id.
func (s *Server) log(ctx context.Context) *slog.Logger {
	return s.cfg.Logger.With("request", RequestID(ctx))
}
