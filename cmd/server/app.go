package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/sync/errgroup"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/sqlite"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/static"
	"github.com/zapembed/zapembed/web/templates"
)

const (
	// stopTimeout is how long requests under way may take to finish once the program is asked to stop.
	stopTimeout = 25 * time.Second
	// sweepEvery is the pause between removals of expired records.
	sweepEvery = time.Hour
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
}

// app is the wired program: what listens, and what has to be closed.
type app struct {
	settings settings
	logger   *slog.Logger

	engine   *sqlite.Engine
	sessions *session.Manager
	drafts   *draft.Service
	pages    *handlers.Server
	// emulator is nil when the server talks to Zapier.
	emulator *emulator.Emulator
	// hangUp ends what the emulator still holds open: it forgets everything anyway.
	hangUp context.CancelFunc

	servers []*listening
}

// listening is a server on its open port.
type listening struct {
	server   *http.Server
	listener net.Listener
}

// newApp opens the ports and the store and wires everything; on error nothing stays open.
func newApp(s settings, world environment) (*app, error) {
	a := &app{settings: s, logger: world.logger}
	if a.logger == nil {
		a.logger = slog.Default()
	}
	if world.now == nil {
		world.now = time.Now
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
	if a.engine, err = sqlite.Open(a.settings.storeFile, world.now); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	keys, err := a.keys()
	if err != nil {
		return err
	}
	if err := a.wirePages(world, keys); err != nil {
		return err
	}
	if err := a.listen(world, "LISTEN_ADDR", a.settings.ListenAddr, a.pages); err != nil {
		return err
	}
	if a.settings.AdminAddr != "" {
		if err := a.listen(world, "ADMIN_ADDR", a.settings.AdminAddr, a.admin()); err != nil {
			return err
		}
	}
	if a.settings.useEmulator {
		return a.wireEmulator(world)
	}
	return nil
}

func (a *app) keys() (*store.Keyring, error) {
	text, source := a.settings.StoreKeys, "STORE_KEYS"
	if text == "" {
		source = a.settings.storeFile + ".key"
		var err error
		if text, err = keyFile(source); err != nil {
			return nil, fmt.Errorf("server: %w", err)
		}
	}
	keys, err := store.ParseKeys(text)
	if err != nil {
		return nil, fmt.Errorf("server: %s: %w", source, err)
	}
	return keys, nil
}

func (a *app) wirePages(world environment, keys *store.Keyring) error {
	s := a.settings
	client, err := zapier.New(s.APIURL, world.transport)
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	client = client.WithClientID(a.oauth().ClientID)
	if a.sessions, err = session.New(session.Config{
		Engine: a.engine, Keys: keys, PublicURL: s.public,
		OAuth:    a.oauth(),
		HTTP:     &http.Client{Transport: world.transport},
		Identify: identify(client),
		Idle:     s.SessionIdle, Absolute: s.SessionAbsolute,
		Now: world.now, Logger: a.logger,
	}); err != nil {
		return fmt.Errorf("server: %w", err)
	}
	attempts, err := connect.New(connect.Config{
		Engine: a.engine, Keys: keys,
		Zapier:  func(user string) connect.Lister { return client.As(a.sessions.Tokens(user)) },
		Origins: []string{s.Origin, s.APIURL},
		Now:     world.now, Logger: a.logger,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if a.drafts, err = draft.NewService(draft.Config{
		Engine: a.engine, Keys: keys,
		Zapier: func(user string) *zapier.Client { return client.As(a.sessions.Tokens(user)) },
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
		OwnApps: s.ownApps, Sessions: a.sessions, Attempts: attempts, Drafts: a.drafts, Zapier: client, Assets: assets,
		Timings: world.timings, Heartbeat: world.heartbeat, Now: world.now, Logger: a.logger,
	}
	if s.useEmulator {
		config.Emulator = s.Origin
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
		profile, err := client.As(zapier.StaticToken(accessToken)).GetProfile(ctx)
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
		Now: world.now, Logger: a.logger,
	})
	if err != nil {
		return fmt.Errorf("server: %w", err)
	}
	if err := a.listen(world, "EMULATOR_ADDR", a.settings.EmulatorAddr, a.emulator.Handler()); err != nil {
		return err
	}
	ctx, hangUp := context.WithCancel(context.Background())
	a.servers[len(a.servers)-1].server.BaseContext = func(net.Listener) context.Context { return ctx }
	a.hangUp = hangUp
	return nil
}

// listen opens a port for the handler, with the limits of security.md 5.3.
func (a *app) listen(world environment, setting, address string, handler http.Handler) error {
	listener, err := world.listen("tcp", address)
	if err != nil {
		var cause *net.OpError
		if errors.As(err, &cause) {
			err = cause.Err
		}
		return fmt.Errorf("server: cannot listen on %s: %v. Stop what uses it, or choose another address with %s", address, err, setting)
	}
	a.servers = append(a.servers, &listening{listener: listener, server: &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}})
	return nil
}

// greet says in three lines where to click.
func (a *app) greet(w io.Writer) {
	fmt.Fprintf(w, "Zapembed is ready: %s\n", a.settings.public)
	if a.emulator != nil {
		fmt.Fprintf(w, "The emulator stands in for Zapier: %s (see and steer it at %s/emulator)\n", a.settings.Origin, a.settings.Origin)
	} else {
		fmt.Fprintf(w, "Talking to Zapier at %s as client %s\n", a.settings.APIURL, a.settings.ClientID)
	}
	fmt.Fprintf(w, "Sessions are kept in %s; Ctrl-C stops everything\n", a.settings.storeFile)
}

// run serves until ctx ends, then lets requests under way finish and closes the store.
func (a *app) run(ctx context.Context) error {
	defer a.close()
	group, ctx := errgroup.WithContext(ctx)
	for _, one := range a.servers {
		group.Go(func() error {
			if err := one.server.Serve(one.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("server: %s: %w", one.listener.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error { return a.sweep(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return a.stop()
	})
	return group.Wait()
}

// stop is graceful: event streams end first, because they would hold everything else up.
func (a *app) stop() error {
	a.pages.Drain()
	if a.hangUp != nil {
		a.hangUp()
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	var group errgroup.Group
	for _, one := range a.servers {
		group.Go(func() error { return one.server.Shutdown(ctx) })
	}
	err := group.Wait()
	a.sessions.Wait()
	a.drafts.Wait(ctx)
	if err != nil {
		return fmt.Errorf("server: some requests did not finish in %s", stopTimeout)
	}
	return nil
}

// sweep removes expired records now and then.
func (a *app) sweep(ctx context.Context) error {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if _, err := a.engine.Sweep(ctx); err != nil {
				a.logger.WarnContext(ctx, "expired records could not be removed", "error", err)
			}
		}
	}
}

// close releases what newApp opened; what a graceful stop has closed already stays closed.
func (a *app) close() {
	for _, one := range a.servers {
		_ = one.server.Close()
		_ = one.listener.Close()
	}
	if a.engine != nil {
		if err := a.engine.Close(); err != nil {
			a.logger.Warn("the store did not close well", "error", err)
		}
	}
}

// admin answers the probes of whoever runs the program.
func (a *app) admin() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		if err := a.engine.Ping(ctx); err != nil {
			http.Error(w, "the store does not answer", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

func newLogger(s settings, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
