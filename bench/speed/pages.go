package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"

	"github.com/zapembed/zapembed/bench/rig"
)

// pages runs the benchmark of the list of Apps, which lies beside the
// templates.
func (r *results) pages(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "the list of 100 Apps")
	out, err := rig.RunMeasured(ctx, "go", "test", "-run=^$", "-bench=^BenchmarkAppsPage$", "-count=5", "github.com/zapembed/zapembed/web/templates")
	if err != nil {
		return err
	}
	for name, times := range parseBenchmarks(out) {
		r.page[name] = median(times)
	}
	if r.page["templ"] == 0 || r.page["html-template"] == 0 {
		return fmt.Errorf("the benchmark of the list of Apps printed something else:\n%s", out)
	}
	return nil
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark\w+/(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op`)

// parseBenchmarks reads the times of sub-benchmarks, by name.
func parseBenchmarks(text string) map[string][]time.Duration {
	times := map[string][]time.Duration{}
	for _, line := range benchmarkLine.FindAllStringSubmatch(text, -1) {
		nanoseconds, _ := strconv.ParseFloat(line[2], 64) // the pattern lets numbers through alone
		times[line[1]] = append(times[line[1]], time.Duration(nanoseconds))
	}
	return times
}
