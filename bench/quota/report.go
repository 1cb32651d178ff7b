package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/zapembed/zapembed/internal/emulator"
)

// What is aimed at.
const (
	aimOverProxy = 4.0
	aimWait      = 12 * time.Second
	overload     = 20 // people at once, from which on it is one
)

// report is all rows.
type report struct {
	options
	ours, proxy []result
}

func (r *report) print(w io.Writer) {
	fmt.Fprint(w, "Zapembed:\n\n")
	rows := [][]any{{"people", "replicas", "addresses", "Zaps/min", "calls/Zap", "429", "most calls in a minute: address, all", "wait p50", "p95", "p99", "door p50", "door p95", "let in", "turned away", "failed", "clock", "of the cores", "machine late by"}}
	for _, one := range r.ours {
		address, partner := most(one.sinceOpen)
		rows = append(rows, []any{
			one.who(), one.replicas, addresses(one.addresses), fmt.Sprintf("%.1f", one.perMinute()), fmt.Sprintf("%.1f", one.perZap()), refused(one.sinceOpen),
			fmt.Sprintf("%d, %d", address, partner), seconds(quantile(one.waits, 0.5)), seconds(quantile(one.waits, 0.95)), seconds(quantile(one.waits, 0.99)),
			seconds(quantile(one.doors, 0.5)), seconds(quantile(one.doors, 0.95)), len(one.doors), one.turned, sum(one.failed),
			fmt.Sprintf("%d×", one.speed), fmt.Sprintf("%.0f %%", 100*one.busy), seconds(one.late),
		})
	}
	table(w, rows...)
	if len(r.proxy) > 0 {
		r.printProxy(w)
	}
	r.printAims(w)
	r.printFailures(w)
}

func (r *report) printProxy(w io.Writer) {
	fmt.Fprint(w, "Forwarding proxy:\n\n")
	rows := [][]any{{"people", "replicas", "after a 429", "Zaps/min", "calls/Zap", "429", "of all calls", "wait p50", "p95", "p99", "failed"}}
	for _, one := range r.proxy {
		count, share := refused(one.calls), 0.0
		if len(one.calls) > 0 {
			share = 100 * float64(count) / float64(len(one.calls))
		}
		rows = append(rows, []any{
			one.people, one.replicas, again(one), fmt.Sprintf("%.1f", one.perMinute()), fmt.Sprintf("%.0f", one.perZap()), count, fmt.Sprintf("%.0f %%", share),
			seconds(quantile(one.waits, 0.5)), seconds(quantile(one.waits, 0.95)), seconds(quantile(one.waits, 0.99)), sum(one.failed),
		})
	}
	table(w, rows...)
}

// who is how many people build, and how many only look.
func (s setting) who() string {
	if s.lookers > 0 {
		return fmt.Sprintf("%d + %d who look", s.people, s.lookers)
	}
	return number(s.people)
}

func again(one result) string {
	if one.wholePage {
		return "the page again"
	}
	return "the call again"
}

func (r *report) printAims(w io.Writer) {
	rows := [][]any{{"Aim", "got", "reached"}}
	aim := func(what, got string, reached bool) {
		rows = append(rows, []any{what, got, map[bool]string{true: "yes", false: "no"}[reached]})
	}
	limited, worst := 0, time.Duration(0)
	for _, one := range r.ours {
		limited += refused(one.sinceOpen)
		worst = max(worst, quantile(one.waits, 0.99))
	}
	aim("no 429, ever", fmt.Sprint(limited), limited == 0)
	aim("p99 of the waits of people who were let in under 12 s, in every row", seconds(worst), worst < aimWait)
	for _, one := range r.ours {
		if one.lookers > 0 {
			door := quantile(one.doors, 0.5)
			aim(fmt.Sprintf("%d who look do not shut the door: p50 there under 12 s", one.lookers), seconds(door), len(one.doors) > 0 && door < aimWait)
		}
		for _, other := range r.proxy {
			if one.shared || one.lookers > 0 || one.people < overload || one.people != other.people || one.replicas != other.replicas {
				continue
			}
			what := fmt.Sprintf("4 times the Zaps of the proxy, %d people, %d replicas, %s", one.people, one.replicas, again(other))
			if other.zaps == 0 {
				aim(what, fmt.Sprintf("%d, not 0", one.zaps), one.zaps > 0)
				continue
			}
			over := one.perMinute() / other.perMinute()
			aim(what, fmt.Sprintf("%.1f times", over), over >= aimOverProxy)
		}
	}
	table(w, rows...)
}

// printFailures says what ended a journey that should have ended in a Zap.
func (r *report) printFailures(w io.Writer) {
	for _, one := range slices.Concat(r.ours, r.proxy) {
		for _, what := range slices.Sorted(maps.Keys(one.failed)) {
			fmt.Fprintf(w, "Failed with people %s, replicas %d, %d times: %s\n", one.who(), one.replicas, one.failed[what], what)
		}
	}
}

// tell lists what was called how often since the start.
func (z *zapier) tell(w io.Writer) {
	for _, operation := range emulator.Operations() {
		if count := z.Count(operation); count > 0 {
			fmt.Fprintf(w, "  %-24s %d\n", operation, count)
		}
	}
}

// table prints Markdown that is readable as it is.
func table(w io.Writer, rows ...[]any) {
	columns := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(columns, "| %v\t", cell)
		}
		fmt.Fprintln(columns, "|")
		if i == 0 {
			fmt.Fprintln(columns, strings.Repeat("| ---\t", len(row))+"|")
		}
	}
	_ = columns.Flush() // as good as printing gets
	fmt.Fprintln(w)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

func sum(counts map[string]int) int {
	total := 0
	for _, count := range counts {
		total += count
	}
	return total
}

// addresses are as short as they can be said.
func addresses(list []string) string {
	distinct := slices.Compact(slices.Clone(list))
	if len(distinct) > 1 {
		return fmt.Sprintf("%s to %s", distinct[0], distinct[len(distinct)-1])
	}
	return strings.Join(distinct, "")
}
