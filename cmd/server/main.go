// Command server is Zapembed: the backend-for-frontend and, while no client id
// of Zapier's is configured, the emulator of Zapier beside it.
//
// main.go starts and stops, settings.go reads the environment, app.go wires
// the packages together; nothing else in the program knows all of them.
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
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
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
	case flags.NArg() > 0:
		fmt.Fprintf(stderr, "server: there is no command %q; settings come from the environment, see server -help\n", flags.Arg(0))
		return 1
	}
	if err := serve(ctx, environ, stderr); err != nil {
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
	app, err := newApp(settings, environment{logger: newLogger(settings, stderr)})
	if err != nil {
		return err
	}
	app.greet(stderr)
	return app.run(ctx)
}
