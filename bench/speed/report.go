package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// What is aimed at.
const (
	aimOverOAuth2Proxy = 3.0
	aimOverBare        = 0.5
	aimCPU             = 80 * time.Millisecond
	aimMemory          = 40 << 20
	aimPage            = 200 * time.Microsecond
	aimStart           = 150 * time.Millisecond
)

// results are all numbers of one run.
type results struct {
	names   []string
	samples map[string][]sample
	memory  map[string]int64
	start   []time.Duration
	page    map[string]time.Duration
}

// median of values; of an even number the lower of the two in the middle.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}

// of picks one number of each of a candidate's rounds.
func of[T any](samples []sample, pick func(sample) T) []T {
	var picked []T
	for _, s := range samples {
		picked = append(picked, pick(s))
	}
	return picked
}

func (r *results) perSecond(name string) float64 {
	return median(of(r.samples[name], func(s sample) float64 { return s.perSecond() }))
}

func (r *results) p99(name string) time.Duration {
	return median(of(r.samples[name], func(s sample) time.Duration { return s.p99 }))
}

func (r *results) cpu(name string) time.Duration {
	return median(of(r.samples[name], func(s sample) time.Duration { return s.cpu }))
}

func (r *results) errors(name string) int64 {
	var sum int64
	for _, s := range r.samples[name] {
		sum += s.errors
	}
	return sum
}

func (r *results) measured(name string) bool { return len(r.samples[name]) > 0 }

// table prints Markdown that is readable as it is.
func table(w io.Writer, rows ...[]any) {
	columns := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		for _, cell := range row {
			fmt.Fprintf(columns, "| %v\t", cell)
		}
		fmt.Fprintln(columns, "|")
		if i == 0 {
			for range row {
				fmt.Fprint(columns, "| ---\t")
			}
			fmt.Fprintln(columns, "|")
		}
	}
	_ = columns.Flush() // as good as printing gets
	fmt.Fprintln(w)
}

func (r *results) printLoad(w io.Writer, o options) {
	rows := [][]any{{"Behind it", "requests/s", "least to most", "p50", "p99", "CPU-s per 1,000", "resident", "of its core", "errors"}}
	for _, name := range r.names {
		samples := r.samples[name]
		rates := of(samples, func(s sample) float64 { return s.perSecond() })
		rows = append(rows, []any{
			name, fmt.Sprintf("%.0f", r.perSecond(name)), fmt.Sprintf("%.0f to %.0f", slices.Min(rates), slices.Max(rates)),
			milliseconds(median(of(samples, func(s sample) time.Duration { return s.p50 }))), milliseconds(r.p99(name)),
			seconds(r.cpu(name)), megabytes(r.memory[name]),
			fmt.Sprintf("%.0f %%", 100*median(of(samples, func(s sample) float64 { return s.busy }))), r.errors(name),
		})
	}
	table(w, rows...)
	if o.oauth2Proxy == "" {
		fmt.Fprint(w, "oauth2-proxy is left out: OAUTH2_PROXY names no binary of it.\n\n")
	}
}

func (r *results) printRest(w io.Writer, o options) {
	table(w,
		[]any{"What", "median", "beside it"},
		[]any{"Start to ready, a new SQLite file", milliseconds(median(r.start)),
			fmt.Sprintf("%s to %s in %d starts", milliseconds(slices.Min(r.start)), milliseconds(slices.Max(r.start)), o.starts)},
		[]any{"The list of 100 Apps", milliseconds(r.page["templ"]), "html/template " + milliseconds(r.page["html-template"])},
	)
}

func (r *results) printAims(w io.Writer) {
	rows := [][]any{{"Aim", "got", "reached"}}
	aim := func(what, got string, reached bool) {
		rows = append(rows, []any{what, got, map[bool]string{true: "yes", false: "no"}[reached]})
	}
	for _, name := range []string{withRedis, withSQLite} {
		if r.measured(oauth2Proxy) {
			over := r.perSecond(name) / r.perSecond(oauth2Proxy)
			aim(name+": 3 times the requests/s of oauth2-proxy", fmt.Sprintf("%.2f times", over), over >= aimOverOAuth2Proxy)
			aim(name+": p99 below that of oauth2-proxy", milliseconds(r.p99(name))+", not "+milliseconds(r.p99(oauth2Proxy)), r.p99(name) < r.p99(oauth2Proxy))
		}
		over := r.perSecond(name) / r.perSecond(bare)
		aim(name+": half the requests/s of the bare proxy", fmt.Sprintf("%.2f times", over), over >= aimOverBare)
		aim(name+": under 0.08 CPU-s per 1,000 requests", seconds(r.cpu(name)), r.cpu(name) < aimCPU)
		aim(name+": under 40 MB resident", megabytes(r.memory[name]), r.memory[name] < aimMemory)
		aim(name+": no errors", fmt.Sprint(r.errors(name)), r.errors(name) == 0)
	}
	over := r.perSecond(withSQLite) / r.perSecond(withRedis)
	aim("SQLite at least as many requests/s as Redis", fmt.Sprintf("%.2f times", over), over >= 1)
	aim("Start to ready in under 150 ms", milliseconds(median(r.start)), median(r.start) < aimStart)
	aim("The list of 100 Apps in under 0.2 ms", milliseconds(r.page["templ"]), r.page["templ"] < aimPage)
	table(w, rows...)
}

func milliseconds(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.2f ms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.0f ms", d.Seconds()*1000)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20)) }
