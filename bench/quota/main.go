package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
)

// options are those of the command line.
type options struct {
	people, replicas []int
	lookers          int
	speed            int
	warmUp, length   time.Duration
	proxyWarmUp      time.Duration
	proxyLength      time.Duration
	think, latency   time.Duration
	proxy, shared    bool
	verbose          bool
	folder           string
}

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
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := checks(); err != nil {
		return err
	}
	if o.folder, err = os.MkdirTemp("", "zapembed-quota-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.folder)
	fmt.Println(rig.Machine() + o.describe())
	if _, err := build(ctx, o.folder); err != nil {
		return err
	}
	report, err := o.all(ctx)
	if err != nil {
		return err
	}
	report.print(os.Stdout)
	return nil
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("quota", flag.ContinueOnError)
	people := flags.String("people", "1,5,20,100", "how many build Zaps at once, a row for each")
	replicas := flags.String("replicas", "1,2,4", "how many servers there are, a row for each")
	flags.IntVar(&o.lookers, "lookers", 12, "how many look at a page every 20 s beside two who build, in one more row; 0: no such row")
	flags.IntVar(&o.speed, "speed", 10, "how many times as fast as this machine's the clock runs; rows for which that is too much for the machine get less")
	flags.DurationVar(&o.warmUp, "warm-up", time.Minute, "simulated time before anything counts")
	flags.DurationVar(&o.length, "length", 3*time.Minute, "simulated time that counts")
	flags.DurationVar(&o.proxyWarmUp, "proxy-warm-up", 5*time.Minute, "the same for the forwarding proxy, which takes longer to show what it comes to")
	flags.DurationVar(&o.proxyLength, "proxy-length", 10*time.Minute, "the same for the forwarding proxy")
	flags.DurationVar(&o.think, "think", 0, "time that people take between two pages, on average; 0: none, which is the hardest")
	flags.DurationVar(&o.latency, "latency", 200*time.Millisecond, "time that Zapier takes for a call")
	flags.BoolVar(&o.proxy, "proxy", true, "measure the forwarding proxy too")
	flags.BoolVar(&o.shared, "shared", true, "measure replicas that share one address too")
	flags.BoolVar(&o.verbose, "v", false, "tell of each row what was called, and who waited longer than is aimed at")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	var peopleErr, replicasErr error
	o.people, peopleErr = numbers(*people)
	o.replicas, replicasErr = numbers(*replicas)
	if o.lookers < 0 || o.lookers > 200 {
		return o, errors.New("quota: -lookers must be between 0 and 200")
	}
	if o.speed < 1 || min(o.warmUp, o.proxyWarmUp) < 0 || min(o.length, o.proxyLength) < time.Minute {
		return o, errors.New("quota: -speed must be at least 1, and -length at least 1m")
	}
	return o, errors.Join(peopleErr, replicasErr)
}

// numbers reads "1,5,20".
func numbers(list string) ([]int, error) {
	var found []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 200 {
			return nil, fmt.Errorf("quota: %q is not a list of numbers between 1 and 200 such as 1,5,20", list)
		}
		found = append(found, n)
	}
	return found, nil
}

func (o options) describe() string {
	think := "everybody acts at once"
	if o.think > 0 {
		think = fmt.Sprintf("everybody takes %s between two pages", o.think)
	}
	return fmt.Sprintf("- Simulated: %s after %s of warm-up, clock at %d times; %s; Zapier takes %s for a call\n",
		o.length, o.warmUp, o.speed, think, o.latency)
}

// besideLookers is how many build while others look: so few that nobody waits at
// the door but for the lookers.
const besideLookers = 2

// tooBusy is the share of all cores above which a row says more of the machine
// than of the program.
const tooBusy = 0.6

// all measures row by row.
func (o options) all(ctx context.Context) (*report, error) {
	r := &report{options: o}
	var settings, more []setting
	for _, replicas := range o.replicas {
		for _, people := range o.people {
			settings = append(settings, setting{people: people, replicas: replicas, think: o.think, speed: o.speed})
		}
	}
	if most := o.replicas[len(o.replicas)-1]; o.shared && most > 1 {
		more = append(more, setting{people: o.people[len(o.people)-1], replicas: most, shared: true, think: o.think, speed: o.speed})
	}
	if o.lookers > 0 {
		more = append(more, setting{people: besideLookers, replicas: 1, lookers: o.lookers, think: o.think, speed: o.speed})
	}
	for _, s := range slices.Concat(settings, more) {
		one, err := slower(ctx, o, s)
		if err != nil {
			return nil, err
		}
		r.ours = append(r.ours, one)
	}
	if !o.proxy {
		return r, nil
	}
	for _, wholePage := range []bool{true, false} {
		fmt.Fprintln(os.Stderr, "forwarding proxy, all rows at once: it computes next to nothing")
		rows := make([]result, len(settings))
		failed := make([]error, len(settings))
		together(len(settings), func(i int) {
			s := settings[i]
			s.wholePage, s.speed = wholePage, 2*s.speed
			rows[i], failed[i] = forwarding(ctx, o, s)
		})
		if err := errors.Join(failed...); err != nil {
			return nil, err
		}
		r.proxy = append(r.proxy, rows...)
	}
	return r, nil
}

// slower measures a row, and once more by a slower clock if it kept the machine
// too busy.
func slower(ctx context.Context, o options, s setting) (result, error) {
	for {
		fmt.Fprintf(os.Stderr, "Zapembed: people %s, replicas %d, clock %d×\n", s.who(), s.replicas, s.speed)
		one, err := ours(ctx, o, s)
		if err != nil || one.busy < tooBusy || s.speed <= 5 {
			return one, err
		}
		s.speed /= 2
	}
}
