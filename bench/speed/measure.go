package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
)

// connections is how many wrk holds open, each with one request at a time.
const connections = 64

// sample is one run of load against one candidate.
type sample struct {
	load
	// cpu is what the candidate's process computed for 1,000 requests.
	cpu time.Duration
	// busy is the part of its core that it used: far below one, something else
	// was the bottleneck.
	busy float64
}

// measure lets wrk ask the candidate for so long.
func (b *bench) measure(ctx context.Context, c candidate, length time.Duration) (sample, error) {
	before, err := c.process.CPU()
	if err != nil {
		return sample{}, err
	}
	servedBefore, err := b.served()
	if err != nil {
		return sample{}, err
	}
	args := []string{"--latency", "-t1", "-c" + strconv.Itoa(connections), "-d" + strconv.Itoa(int(length.Seconds())) + "s"}
	for name, value := range c.headers {
		args = append(args, "-H", name+": "+value)
	}
	out, err := rig.RunBeside(ctx, "wrk", append(args, c.url())...)
	if err != nil {
		return sample{}, err
	}
	result, err := parseWrk(out)
	if err != nil {
		return sample{}, err
	}
	if result.requests == 0 {
		return sample{}, fmt.Errorf("%s answered nothing", c.name)
	}
	after, err := c.process.CPU()
	if err != nil {
		return sample{}, err
	}
	served, err := b.served()
	if err != nil {
		return sample{}, err
	}
	if missing := result.requests - (served - servedBefore); missing > 0 {
		return sample{}, fmt.Errorf("%s answered %d of %d requests without asking the upstream", c.name, missing, result.requests)
	}
	used := after - before
	return sample{
		load: result,
		cpu:  time.Duration(float64(used) / float64(result.requests) * 1000),
		busy: used.Seconds() / result.took.Seconds(),
	}, nil
}

// served is how often the upstream has answered with the list.
func (b *bench) served() (int64, error) {
	answer, err := http.Get("http://" + b.upstream + "/served")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	var count int64
	return count, json.NewDecoder(answer.Body).Decode(&count)
}

// startToReady is the time from the start of a process until its /readyz says
// so, with a store that is there already or not.
func (b *bench) startToReady(ctx context.Context, storeURL string) (time.Duration, error) {
	address, err := rig.FreeAddress()
	if err != nil {
		return 0, err
	}
	admin, err := rig.FreeAddress()
	if err != nil {
		return 0, err
	}
	env := append(b.settings(address, storeURL), "ADMIN_ADDR="+admin, "DRAIN_DELAY=0s")
	started := time.Now()
	process, err := rig.Measured(ctx, b.folder, env, b.server)
	if err != nil {
		return 0, err
	}
	defer process.Stop()
	err = process.Ready(func() bool {
		answer, err := http.Get("http://" + admin + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return time.Since(started), err
}
