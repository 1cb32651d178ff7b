// Command emulator is the emulator of Zapier as a program of its own, for whoever
// develops a client of the Workflow API in whatever language.
//
// main.go starts and stops, settings.go reads flags and the environment; what is
// served is in internal/emulator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/zapembed/zapembed/internal/emulator"
)

// stopTimeout is how long requests under way may take to finish once the program is asked to stop.
const stopTimeout = 5 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stderr))
}

// run is main with everything it touches as parameters; it returns the exit status.
func run(ctx context.Context, args, environ []string, stderr io.Writer) int {
	settings, err := readSettings(args, environ, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil {
		err = serve(ctx, settings, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, "emulator:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, s settings, stderr io.Writer) error {
	logger := slog.New(slog.DiscardHandler)
	if s.Log {
		logger = slog.New(slog.NewTextHandler(stderr, nil))
	}
	options, err := s.options(logger)
	if err != nil {
		return err
	}
	zapier, err := emulator.New(options)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; stop what uses it, or choose another address with -addr", s.Addr, err)
	}
	server := &http.Server{
		Handler:           zapier.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		// A popup may wait for two calls to a third party, each as long as PartyTimeout.
		WriteTimeout:   2*s.PartyTimeout + 30*time.Second,
		IdleTimeout:    60 * time.Second,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	s.greet(stderr)
	return serveUntil(ctx, server, listener)
}

// serveUntil serves until ctx ends, lets requests under way finish for a while,
// and cuts off the others: a third party that never answers must not hold Ctrl-C up.
func serveUntil(ctx context.Context, server *http.Server, listener net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
