// Command server is Zapembed: the backend-for-frontend and, while no client id
// of Zapier's is configured, the emulator of Zapier beside it.
//
// main.go starts and stops, settings.go reads the environment, app.go wires
// the packages together, and nothing else in the program knows all of them;
// commands.go lists what else it can do.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is main with everything it touches as parameters; it returns the exit status.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		printHelp(stdout)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "server: %v; settings come from the environment, see server -help\n", err)
		return 1
	}
	var err error
	if flags.NArg() > 0 {
		err = runCommand(ctx, flags.Args(), environ, stdout, stderr)
	} else {
		err = serve(ctx, environ, stderr)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, environ []string, stderr io.Writer) error {
	settings, err := readSettings(environ)
	if err != nil {
		return err
	}
	app, err := newApp(settings, environment{logger: newLogger(settings, stderr), again: signalsAfter(ctx)})
	if err != nil {
		return err
	}
	app.greet(stderr)
	return app.run(ctx)
}

// signalsAfter receives the signals that come once ctx has ended: whoever sends a second one does not want to wait.
// main's own watch goes on meanwhile, so that none of them kills the program before the store is closed.
func signalsAfter(ctx context.Context) <-chan os.Signal {
	again := make(chan os.Signal, 1)
	context.AfterFunc(ctx, func() { signal.Notify(again, os.Interrupt, syscall.SIGTERM) })
	return again
}
