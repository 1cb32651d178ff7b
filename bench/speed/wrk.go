package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// load is what wrk says of one run.
type load struct {
	requests int64
	took     time.Duration
	p50, p99 time.Duration
	// errors counts connections that failed, answers that did not come, and
	// statuses of 400 and above.
	errors int64
}

// perSecond is the number of requests answered in a second.
func (l load) perSecond() float64 { return float64(l.requests) / l.took.Seconds() }

var (
	wrkTotal   = regexp.MustCompile(`(?m)^\s+(\d+) requests in ([\d.]+\w+),`)
	wrkHalf    = regexp.MustCompile(`(?m)^\s+50%\s+([\d.]+\w+)`)
	wrkMost    = regexp.MustCompile(`(?m)^\s+99%\s+([\d.]+\w+)`)
	wrkSockets = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	wrkStatus  = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// parseWrk reads what `wrk --latency` prints. Lines about errors are there only
// when there were some.
func parseWrk(text string) (load, error) {
	total, half, most := wrkTotal.FindStringSubmatch(text), wrkHalf.FindStringSubmatch(text), wrkMost.FindStringSubmatch(text)
	if total == nil || half == nil || most == nil {
		return load{}, fmt.Errorf("this is not what wrk --latency prints:\n%s", text)
	}
	var errs []error
	number := func(digits string) int64 {
		n, err := strconv.ParseInt(digits, 10, 64)
		errs = append(errs, err)
		return n
	}
	length := func(text string) time.Duration {
		d, err := time.ParseDuration(text)
		errs = append(errs, err)
		return d
	}
	result := load{requests: number(total[1]), took: length(total[2]), p50: length(half[1]), p99: length(most[1])}
	for _, line := range []*regexp.Regexp{wrkSockets, wrkStatus} {
		if found := line.FindStringSubmatch(text); found != nil {
			for _, count := range found[1:] {
				result.errors += number(count)
			}
		}
	}
	return result, errors.Join(errs...)
}
