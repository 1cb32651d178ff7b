package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
)

// setting is one row: so many people at once, on so many replicas.
type setting struct {
	people, replicas int
	// lookers look at pages beside them and build nothing.
	lookers int
	// shared: all replicas call from one address.
	shared bool
	// wholePage is a way to try again of those behind the forwarding proxy.
	wholePage bool
	think     time.Duration
	speed     int
}

// result is what came of it.
type result struct {
	setting
	addresses []string
	length    time.Duration // that was counted
	zaps      int
	calls     []call
	sinceOpen []call // of all the time since the limits were switched on
	waits     []time.Duration
	doors     []time.Duration
	turned    int
	failed    map[string]int
	busy      float64 // share of all cores that was used
	late      time.Duration
}

func (r result) perMinute() float64 { return float64(r.zaps) / r.length.Minutes() }

// refused is how many of the calls Zapier did not answer.
func refused(calls []call) int {
	count := 0
	for _, one := range calls {
		if one.refused {
			count++
		}
	}
	return count
}

// perZap is NaN-free: 0 when nobody completed one.
func (r result) perZap() float64 {
	if r.zaps == 0 {
		return 0
	}
	return float64(len(r.calls)) / float64(r.zaps)
}

// crowd is how many people come to build Zaps: more than can have their turn, so
// that each Zap is built by somebody for whom nothing is kept yet.
func (s setting) crowd() int { return s.people + 20 + 25*s.replicas }

// ours measures the real server.
func ours(ctx context.Context, o options, s setting) (result, error) {
	c := startClock(s.speed)
	folder, err := os.MkdirTemp(o.folder, "run-")
	if err != nil {
		return result{}, err
	}
	f, err := newFleet(ctx, folder, filepath.Join(o.folder, "server"))
	if err != nil {
		return result{}, err
	}
	defer f.close()
	z, err := newZapier(c, s.crowd()+s.lookers, f.public+"/sign-in/callback", o.latency)
	if err != nil {
		return result{}, err
	}
	defer z.close()
	f.env = append(f.env, "ZAPEMBED_CLOCK="+c.String(), "ZAPIER_ORIGIN="+z.url, "ZAPIER_API_URL="+z.url)

	n := &notes{clock: c}
	people, err := signIn(ctx, f, z, s.crowd()+s.lookers, n, s.think)
	if err != nil {
		return result{}, err
	}
	builders, lookers := people[:s.crowd()], people[s.crowd():]
	for _, p := range lookers {
		p.notes = &notes{clock: c} // what counts is how the others get on
	}
	if err := f.launch(ctx, s.replicas, func(replica int) []string {
		return []string{"ZAPIER_EGRESS=" + egress(replica, s.shared), fmt.Sprintf("REPLICAS=%d", s.replicas)}
	}); err != nil {
		return result{}, err
	}
	if err := z.opens(); err != nil {
		return result{}, err
	}
	r, err := measure(ctx, o, s, z, n, f.cpu, func(ctx context.Context) {
		var next atomic.Int64
		next.Store(int64(s.people))
		together(s.people+s.lookers, func(seat int) {
			if seat >= s.people {
				n.looked(ctx, lookers[seat-s.people].look(ctx))
				return
			}
			for p := builders[seat]; ctx.Err() == nil; p = builders[int(next.Add(1)-1)%len(builders)] {
				err := p.build(ctx)
				n.built(ctx, err)
				if err != nil {
					_ = c.sleep(ctx, patience) // over: so is the loop
				}
			}
		})
	})
	for i := range s.replicas {
		r.addresses = append(r.addresses, egress(i, s.shared))
	}
	if complaints := said(folder); complaints != "" && o.verbose {
		fmt.Fprintln(os.Stderr, complaints)
	}
	if o.verbose {
		z.tell(os.Stderr)
		for _, what := range n.longer {
			fmt.Fprintln(os.Stderr, " ", what)
		}
	}
	return r, err
}

// signIn signs everybody in, at one server that has no limits: it stops
// afterwards, and what it stored stays.
func signIn(ctx context.Context, f *fleet, z *zapier, count int, n *notes, think time.Duration) ([]*person, error) {
	if err := f.launch(ctx, 1, func(int) []string { return []string{"ZAPIER_LIMIT_IP=0", "ZAPIER_LIMIT_PARTNER=0"} }); err != nil {
		return nil, err
	}
	defer f.stop()
	people := make([]*person, count)
	failed := make([]error, count)
	var next atomic.Int64
	together(8, func(int) {
		for i := int(next.Add(1) - 1); i < count; i = int(next.Add(1) - 1) {
			p := &person{browser: newBrowser(f.public, f), user: firstPerson + i, clock: n.clock, notes: n, think: think}
			home, err := p.agree(ctx, z.url, p.user, f.public+"/sign-in?return_to=/")
			if err == nil && home.byTestID("sign-out").Length() == 0 {
				err = home.lacks("sign-out")
			}
			people[i], failed[i] = p, err
		}
	})
	return people, errors.Join(failed...)
}

// forwarding measures the proxy that just forwards. Its people are all over
// their journeys when the limits begin, as if this had been going on for long.
func forwarding(ctx context.Context, o options, s setting) (result, error) {
	c := startClock(s.speed)
	z, err := newZapier(c, s.people, proxyReturn+"/ours", o.latency)
	if err != nil {
		return result{}, err
	}
	defer z.close()
	n := &notes{clock: c}
	tokens := map[string]string{}
	var replicas []*forwarder
	var addresses []string
	for i := range s.replicas {
		one, err := newForwarder(z.url, egress(i, s.shared), tokens)
		if err != nil {
			return result{}, err
		}
		defer one.close()
		replicas, addresses = append(replicas, one), append(addresses, egress(i, s.shared))
	}
	var turn atomic.Int64
	var people []*direct
	for i := range s.people {
		d := &direct{browser: newBrowser("", nil), user: firstPerson + i, clock: c, notes: n, think: s.think, replicas: replicas, turn: &turn, wholePage: s.wholePage}
		if tokens[number(d.user)], err = token(ctx, d.browser, z.url, d.user); err != nil {
			return result{}, err
		}
		d.client.CheckRedirect = nil
		people = append(people, d)
	}
	pages := stages()
	for i, d := range people {
		if err := d.build(ctx, pages[:d.startsAt(i, len(pages))]); err != nil {
			return result{}, err
		}
	}
	if err := z.opens(); err != nil {
		return result{}, err
	}
	o.warmUp, o.length = o.proxyWarmUp, o.proxyLength
	r, err := measure(ctx, o, s, z, n, nil, func(ctx context.Context) {
		together(s.people, func(seat int) {
			for from := people[seat].startsAt(seat, len(pages)); ctx.Err() == nil; from = 0 {
				n.built(ctx, people[seat].build(ctx, pages[from:]))
			}
		})
	})
	r.addresses = addresses
	return r, err
}

// startsAt spreads people evenly over the pages; a lone one begins at the beginning.
func (d *direct) startsAt(seat, pages int) int { return seat * 7 % pages }

// measure lets people live through warm-up and measurement.
func measure(ctx context.Context, o options, s setting, z *zapier, n *notes, cpu func() (time.Duration, error), live func(context.Context)) (result, error) {
	begin := n.clock.Now()
	n.from, n.to = begin.Add(o.warmUp), begin.Add(o.warmUp+o.length)
	limited, cancel := context.WithTimeout(ctx, n.clock.real(o.warmUp+o.length))
	defer cancel()
	before, beforeErr := used(cpu)
	late := lateness(limited)
	live(limited)
	after, afterErr := used(cpu)
	r := result{
		setting: s, length: o.length, calls: z.during(n.from, n.to), sinceOpen: z.during(time.Time{}, n.clock.Now()),
		zaps: n.zaps, waits: n.waits, doors: n.doors, turned: n.turned, failed: n.failed,
	}
	r.late = <-late * time.Duration(s.speed)
	r.busy = float64(after-before) / float64(n.clock.real(o.warmUp+o.length)) / float64(runtime.NumCPU())
	return r, errors.Join(ctx.Err(), beforeErr, afterErr)
}

// lateness tells in the end how late this machine was at most with something due.
func lateness(ctx context.Context) <-chan time.Duration {
	const due = 2 * time.Millisecond
	told := make(chan time.Duration, 1)
	go func() {
		worst := time.Duration(0)
		for ctx.Err() == nil {
			since := time.Now()
			time.Sleep(due)
			worst = max(worst, time.Since(since)-due)
		}
		told <- worst
	}()
	return told
}

// used is what this process and the others have computed.
func used(others func() (time.Duration, error)) (time.Duration, error) {
	var mine syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &mine); err != nil {
		return 0, err
	}
	sum := time.Duration(mine.Utime.Nano() + mine.Stime.Nano())
	if others == nil {
		return sum, nil
	}
	more, err := others()
	return sum + more, err
}

// together does something so many times at once, and waits for all.
func together(count int, do func(int)) {
	var group sync.WaitGroup
	for i := range count {
		group.Go(func() { do(i) })
	}
	group.Wait()
}

// most is the most calls that any minute held, of one address and of all.
func most(calls []call) (address, partner int) {
	slices.SortFunc(calls, func(a, b call) int { return a.at.Compare(b.at) })
	inside := map[string]int{}
	first := 0
	for i, one := range calls {
		inside[one.from]++
		for ; one.at.Sub(calls[first].at) >= time.Minute; first++ {
			inside[calls[first].from]--
		}
		address, partner = max(address, inside[one.from]), max(partner, i-first+1)
	}
	return address, partner
}

// checks says what is missing before anything is begun.
func checks() error {
	return rig.Missing(map[string]string{"redis-server": "apt-get install redis-server", "taskset": "apt-get install util-linux"})
}
