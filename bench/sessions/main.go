package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"text/tabwriter"
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

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("sessions", flag.ContinueOnError)
	most := flags.Int("most", 100_000, "how many sessions there are in the end; 1000000 takes about ten times as long")
	place := flags.String("dir", os.TempDir(), "where the SQLite file is made; each sign-in waits for this disk a few times")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	if err := rig.Missing(map[string]string{"redis-server": "apt-get install redis-server", "taskset": "apt-get install util-linux"}); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(*place, "zapembed-sessions-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	redis, address, err := rig.Redis(ctx, folder)
	if redis != nil {
		defer redis.Stop()
	}
	if err != nil {
		return err
	}
	fmt.Println(rig.Machine())
	columns := tabwriter.NewWriter(os.Stdout, 0, 0, 1, ' ', 0)
	fmt.Fprint(columns, "| Engine\t| sessions\t| bytes each\t| look-up, p50\t| p99\t|\n| ---\t| ---\t| ---\t| ---\t| ---\t|\n")
	for _, engine := range []engine{&sqliteEngine{path: filepath.Join(folder, "zapembed.db")}, &redisEngine{address: address}} {
		if err := grow(ctx, columns, engine, *most); err != nil {
			return err
		}
	}
	return columns.Flush()
}

// grow signs people in and measures at each power of ten.
func grow(ctx context.Context, rows *tabwriter.Writer, e engine, most int) error {
	people, err := newCrowd(ctx, e)
	if err != nil {
		return err
	}
	defer func() { people.close() }()
	for count := 1000; count <= most; count *= 10 {
		fmt.Fprintf(os.Stderr, "%s: %d sessions\n", e, count)
		if err := people.signIn(ctx, count-len(people.cookies)); err != nil {
			return err
		}
		if err := people.reopen(ctx); err != nil {
			return err
		}
		size, err := e.size(ctx)
		if err != nil {
			return err
		}
		times, err := people.lookUp(ctx, 10_000)
		if err != nil {
			return err
		}
		slices.Sort(times)
		fmt.Fprintf(rows, "| %s\t| %d\t| %d\t| %s\t| %s\t|\n", e, count, size/int64(count),
			times[len(times)/2].Round(100*time.Nanosecond), times[len(times)*99/100].Round(100*time.Nanosecond))
	}
	return nil
}
