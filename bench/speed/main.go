package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

// run measures, or plays the part that its first argument names: the upstream
// and the baselines are processes of this program.
func run(ctx context.Context, args []string) error {
	if len(args) > 0 && (args[0] == "upstream" || args[0] == "bare" || args[0] == "cookie") {
		return play(ctx, args[0], args[1:])
	}
	var o options
	flags := flag.NewFlagSet("speed", flag.ContinueOnError)
	flags.IntVar(&o.rounds, "rounds", 5, "how often each candidate is measured; its medians are printed")
	flags.DurationVar(&o.length, "length", 10*time.Second, "how long each round is, in whole seconds")
	flags.IntVar(&o.starts, "starts", 20, "how often the server is started")
	flags.StringVar(&o.server, "server", "", "a server that was built before, for example of another version; without it, it is built")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if o.rounds < 1 || o.starts < 1 || o.length < time.Second {
		return errors.New("speed: at least one round of one second, and one start")
	}
	if err := rig.Missing(map[string]string{
		"wrk":          "apt-get install wrk",
		"redis-server": "apt-get install redis-server",
		"taskset":      "apt-get install util-linux",
	}); err != nil {
		return err
	}
	o.oauth2Proxy = os.Getenv("OAUTH2_PROXY")
	return compare(ctx, o)
}

// play serves as one of the parts until the process is asked to end.
func play(ctx context.Context, part string, args []string) error {
	var handler http.Handler
	switch {
	case part == "upstream" && len(args) == 1:
		upstream, err := newUpstream(args[0])
		if err != nil {
			return err
		}
		handler = upstream.handler()
	case len(args) == 2:
		origin := &url.URL{Scheme: "http", Host: args[1]}
		handler = bareProxy(origin)
		if part == "cookie" {
			handler = cookieProxy(args[0], origin)
		}
	default:
		return fmt.Errorf("speed: %s needs the address to listen on, and a proxy that of its upstream", part)
	}
	server := &http.Server{Addr: args[0], Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() }) // nobody is left who waits for an answer
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type options struct {
	rounds, starts int
	length         time.Duration
	// server is the path of the program to measure; it is built if empty.
	server string
	// oauth2Proxy is the path of its binary, or empty.
	oauth2Proxy string
}

// compare takes all numbers and prints them.
func compare(ctx context.Context, o options) error {
	b, err := open(ctx, o.server)
	if err != nil {
		return err
	}
	defer b.close()
	fmt.Printf("%s- Load: wrk, %d connections, %d rounds of %s for each, interleaved; medians\n\n", rig.Machine(), connections, o.rounds, o.length)
	r := results{samples: map[string][]sample{}, memory: map[string]int64{}, page: map[string]time.Duration{}}
	if err := r.load(ctx, b, o); err != nil {
		return err
	}
	r.printLoad(os.Stdout, o)
	if err := r.starts(ctx, b, o.starts); err != nil {
		return err
	}
	if err := r.pages(ctx); err != nil {
		return err
	}
	r.printRest(os.Stdout, o)
	r.printAims(os.Stdout)
	return nil
}

// candidates starts all of them.
func (b *bench) candidates(ctx context.Context, o options) ([]candidate, error) {
	makers := []func(context.Context) (candidate, error){
		func(ctx context.Context) (candidate, error) { return b.zapembed(ctx, withRedis, b.redisURL(0)) },
		func(ctx context.Context) (candidate, error) {
			return b.zapembed(ctx, withSQLite, "sqlite:"+filepath.Join(b.folder, "zapembed.db"))
		},
		b.bareProxy,
		b.cookieProxy,
	}
	if o.oauth2Proxy != "" {
		makers = append(makers, func(ctx context.Context) (candidate, error) { return b.oauth2Proxy(ctx, o.oauth2Proxy) })
	}
	var all []candidate
	for _, start := range makers {
		c, err := start(ctx)
		if err == nil {
			err = c.probe()
		}
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// warmUp is a run that does not count: connections are made, heaps have grown.
const warmUp = 2 * time.Second

// load measures the candidates in turn, so that what the machine does beside
// meets all of them.
func (r *results) load(ctx context.Context, b *bench, o options) error {
	all, err := b.candidates(ctx, o)
	if err != nil {
		return err
	}
	for _, c := range all {
		if _, err := b.measure(ctx, c, warmUp); err != nil {
			return err
		}
		r.names = append(r.names, c.name)
	}
	for round := range o.rounds {
		for _, c := range all {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, o.rounds, c.name)
			taken, err := b.measure(ctx, c, o.length)
			if err != nil {
				return err
			}
			r.samples[c.name] = append(r.samples[c.name], taken)
		}
	}
	for _, c := range all {
		if err := c.probe(); err != nil {
			return fmt.Errorf("after the load: %w", err)
		}
		if r.memory[c.name], err = c.process.MostMemory(); err != nil {
			return err
		}
		c.process.Stop() // the starts that follow have the core for themselves
	}
	return nil
}

// starts takes the time of a start with a new file, which is the longest one.
func (r *results) starts(ctx context.Context, b *bench, times int) error {
	for i := range times {
		fmt.Fprintf(os.Stderr, "start %d of %d\n", i+1, times)
		took, err := b.startToReady(ctx, "sqlite:"+filepath.Join(b.folder, fmt.Sprintf("start-%d.db", i)))
		if err != nil {
			return err
		}
		r.start = append(r.start, took)
	}
	return nil
}
