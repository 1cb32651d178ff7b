package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/static"
	"github.com/zapembed/zapembed/web/templates"
)

// The partner that the emulator knows.
const (
	emulatorClientID     = "emulator-client"
	emulatorClientSecret = "emulator-secret" // nothing at the emulator is secret
)

// environment is what tests put in the place of the world; its zero value is the world.
type environment struct {
	logger    *slog.Logger
	now       func() time.Time
	listen    func(network, address string) (net.Listener, error)
	transport http.RoundTripper
	timings   templates.Timings
	heartbeat time.Duration
	// after is time.After by the clock of now.
	after func(time.Duration) <-chan time.Time
	// rest is how long calls to Zapier rest after a run of failures.
	rest time.Duration
	// again receives what ends the waiting of a graceful stop: Ctrl-C once more, or a second SIGTERM.
	again <-chan os.Signal
	// spans receives finished spans instead of the collector that OTEL_… names.
	spans sdktrace.SpanExporter
}

// app is the wired program: what listens, and what has to be closed.
type app struct {
	settings settings
	logger   *slog.Logger

	engine store.Engine
	// time is what the servers on the engine count calls by; nil for the clock of this machine.
	time     func(context.Context) (time.Time, error)
	sessions *session.Manager
	drafts   *draft.Service
	pages    *handlers.Server
	// emulator is nil when the server talks to Zapier.
	emulator *emulator.Emulator
	// hangUp ends what the emulator still holds open: it forgets everything anyway.
	hangUp context.CancelFunc
	// disconnect ends the idle connections to Zapier; empty when somebody else made them.
	disconnect []func()
	// connected hears that a user has a new Authentication, which what is kept of Zapier's answers has not; nil where
	// nothing is kept.
	connected func(ctx context.Context, user string)
	budget    *quota.Budget

	// servers are all that listen: public, and admin and outside if there are any.
	servers                []*listening
	public, admin, outside *listening
	// ready answers /readyz, and knows whether the server is about to stop.
	ready   *readiness
	metrics *metrics
	tracing *tracing
	again   <-chan os.Signal
}

// listening is a server on its open port.
type listening struct {
	server   *http.Server
	listener net.Listener
}

// newApp opens the ports and the store and wires everything; on error nothing stays open.
func newApp(s settings, world environment) (_ *app, err error) {
	a := &app{settings: s, metrics: newMetrics(), again: world.again}
	a.logger = a.metrics.counting(cmp.Or(world.logger, slog.Default()))
	if a.tracing, err = newTracing(s, world.spans, a.logger); err != nil {
		return nil, err
	}
	if world.listen == nil {
		world.listen = net.Listen
	}
	if err := a.wire(world); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *app) wire(world environment) error {
	var err error
	engine, err := openEngine(context.Background(), a.settings, world.now)
	if err != nil {
		return err
	}
	if cautious, ok := engine.(interface{ Warnings() []string }); ok {
		for _, warning := range cautious.Warnings() {
			a.logger.Warn(warning)
		}
	}
	for _, warning := range a.settings.warnings() {
		a.logger.Warn(warning)
	}
	a.engine, a.time = a.metrics.timed(engine), timeOn(engine)
	a.ready = &readiness{store: a.engine}
	if world.now == nil {
		world.now = time.Now
	}
	keys, err := a.settings.keys(keyFile)
	if err != nil {
		return err
	}
	if err := a.wirePages(world, keys); err != nil {
		return err
	}
	if a.public, err = a.listen(world, "LISTEN_ADDR", a.settings.ListenAddr, a.ready.goodbye(a.tracing.serve(a.pages))); err != nil {
		return err
	}
	if a.settings.AdminAddr != "" {
		if a.admin, err = a.listen(world, "ADMIN_ADDR", a.settings.AdminAddr, adminHandler(a.ready, a.metrics)); err != nil {
			return err
		}
	}
	if a.settings.useEmulator {
		return a.wireEmulator(world)
	}
	return nil
}

func (a *app) wirePages(world environment, keys *store.Keyring) error {
	s := a.settings
	network, err := a.newNetwork(world)
	if err != nil {
		return err
	}
	client, err := zapier.New(s.APIURL, a.upstream(world, keys, network))
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	client = client.WithClientID(a.oauth().ClientID)
	if a.sessions, err = session.New(session.Config{
		Engine: a.engine, Keys: keys, PublicURL: s.public, CrossSite: s.crossSite(),
		OAuth:    a.oauth(),
		HTTP:     &http.Client{Transport: network.from(s.egress[0])},
		Identify: identify(client),
		Idle:     s.SessionIdle, Absolute: s.SessionAbsolute,
		Now: world.now, Logger: a.logger,
	}); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	attempts, err := connect.New(connect.Config{
		Engine: a.engine, Keys: keys,
		Zapier:  func(user string) connect.Lister { return client.As(user, a.sessions.Tokens(user)) },
		Forget:  a.connected,
		Origins: []string{s.Origin, s.APIURL},
		Now:     world.now, Logger: a.logger,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if a.drafts, err = draft.NewService(draft.Config{
		Engine: a.engine, Keys: keys,
		Zapier: func(user string) *zapier.Client { return client.As(user, a.sessions.Tokens(user)) },
		Now:    world.now, Logger: a.logger,
	}); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	assets, err := static.New()
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	config := handlers.Config{
		PublicURL: s.public, Origin: s.Origin,
		ImageOrigins: strings.Fields(s.ImageOrigins), EmbedOrigins: strings.Fields(s.EmbedOrigins),
		HSTSHostAlone: !s.HSTSSubdomains,
		CrossSite:     s.crossSite(), TrustedProxies: s.proxies, Limits: handlers.Limits{IP: s.RateLimitIP, Session: s.RateLimitSession},
		OwnApps: s.ownApps, Sessions: a.sessions, Attempts: attempts, Drafts: a.drafts, Zapier: client, Assets: assets,
		Timings: world.timings, Heartbeat: world.heartbeat, Now: world.now, Logger: a.logger,
		Observe: a.observe, AnswersKept: s.Cache != "off", Door: a.budget, Room: a.budget.Room,
	}
	if s.useEmulator || strings.HasPrefix(s.Origin, "http://") {
		config.Emulator = s.Origin // Zapier itself speaks https alone
	}
	if a.pages, err = handlers.New(config); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	return nil
}

func (a *app) oauth() oauth2.Config {
	s := a.settings
	config := oauth2.Config{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret,
		Endpoint:    zapier.Endpoint(s.APIURL, s.Origin),
		RedirectURL: a.callback(),
		Scopes:      strings.Fields(s.Scopes),
	}
	if s.useEmulator {
		config.ClientID, config.ClientSecret = emulatorClientID, emulatorClientSecret
	}
	return config
}

// callback is the redirect URI, which is registered at Zapier to the letter.
func (a *app) callback() string {
	return a.settings.public.String() + handlers.CallbackPath
}

// identify asks Zapier whose token it is.
func identify(client *zapier.Client) func(context.Context, string) (session.User, error) {
	return func(ctx context.Context, accessToken string) (session.User, error) {
		profile, err := client.As("", zapier.StaticToken(accessToken)).GetProfile(ctx)
		if err != nil {
			return session.User{}, err
		}
		return session.User{ID: string(profile.ID), Name: profile.FullName, Email: profile.Email}, nil
	}
}

func (a *app) wireEmulator(world environment) error {
	var err error
	a.emulator, err = emulator.New(emulator.Options{
		WebURL: a.settings.Origin, APIURL: a.settings.APIURL,
		Clients: []emulator.Client{{
			ID: emulatorClientID, Secret: emulatorClientSecret,
			Title: "Zapembed", RedirectURIs: []string{a.callback()},
		}},
		Now: world.now, Logger: a.logger.With("program", "emulator"),
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if a.outside, err = a.listen(world, "EMULATOR_ADDR", a.settings.EmulatorAddr, a.emulator.Handler()); err != nil {
		return err
	}
	ctx, hangUp := context.WithCancel(context.Background())
	a.outside.server.BaseContext = func(net.Listener) context.Context { return ctx }
	a.hangUp = hangUp
	return nil
}

// observe hears of every answer of a page or the API.
func (a *app) observe(r *http.Request, route string, status int, took time.Duration) {
	a.metrics.observe(r, route, status, took)
	a.tracing.name(r, route)
}

// listen opens a port for the handler, with the limits of security.md 5.3.
func (a *app) listen(world environment, setting, address string, handler http.Handler) (*listening, error) {
	listener, err := world.listen("tcp", address)
	if err != nil {
		var cause *net.OpError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return nil, fmt.Errorf("server: cannot listen on %s: %v. Stop what uses it, or choose another address with %s", address, err, setting)
	}
	one := &listening{listener: listener, server: newServer(handler, a.logger)}
	a.servers = append(a.servers, one)
	return one, nil
}

// The limits of a connection; docs/operations.md lists them.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	// writeTimeout is longer than one call to Zapier may take (45 s) with a refresh of the token before it (10 s). Event
	// streams lift it.
	writeTimeout   = 60 * time.Second
	idleTimeout    = 60 * time.Second
	maxHeaderBytes = 16 << 10
)

func newServer(handler http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
		// net/http would answer `OPTIONS *` past the handler, without its headers.
		DisableGeneralOptionsHandler: true,
	}
}

// greet says in three lines where to click.
func (a *app) greet(w io.Writer) {
	fmt.Fprintf(w, "Zapembed is ready: %s\n", a.settings.public)
	if a.emulator != nil {
		fmt.Fprintf(w, "The emulator stands in for Zapier: %s (see and steer it at %s/emulator)\n", a.settings.Origin, a.settings.Origin)
	} else {
		fmt.Fprintf(w, "Talking to Zapier at %s as client %s\n", a.settings.APIURL, a.settings.ClientID)
	}
	fmt.Fprintf(w, "Sessions are kept in %s; Ctrl-C stops everything\n", cmp.Or(a.settings.storeFile, redacted(a.settings.StoreURL)))
}
