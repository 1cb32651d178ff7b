package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWrkIsRead(t *testing.T) {
	t.Parallel()
	got, err := parseWrk(`Running 10s test @ http://127.0.0.1:8080/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     9.52ms    2.91ms  58.71ms   88.09%
    Req/Sec     6.78k   612.34     7.90k    73.00%
  Latency Distribution
     50%  880.00us
     75%   10.31ms
     90%   11.99ms
     99%    1.02s 
  67512 requests in 10.01s, 231.58MB read
  Socket errors: connect 1, read 2, write 3, timeout 4
  Non-2xx or 3xx responses: 5
Requests/sec:   6744.45
Transfer/sec:     23.14MB
`)
	require.NoError(t, err)
	assert.Equal(t, load{
		requests: 67512, took: 10010 * time.Millisecond, p50: 880 * time.Microsecond, p99: 1020 * time.Millisecond, errors: 15,
	}, got)
}

func TestWrkWithoutErrorsHasNone(t *testing.T) {
	t.Parallel()
	got, err := parseWrk("     50%    1.00ms\n     99%    2.00ms\n  10 requests in 1.00m, 1.00KB read\n")
	require.NoError(t, err)
	assert.Zero(t, got.errors)
	assert.Equal(t, time.Minute, got.took)
}

func TestOtherTextIsNotWrks(t *testing.T) {
	t.Parallel()
	_, err := parseWrk("unable to connect to 127.0.0.1:1 Connection refused\n")
	require.ErrorContains(t, err, "Connection refused")
}

func TestBenchmarksAreRead(t *testing.T) {
	t.Parallel()
	got := parseBenchmarks("cpu: some\nBenchmarkAppsPage/templ-2 \t 1 \t 90123 ns/op\t 12 B/op\nBenchmarkAppsPage/html-template \t 1 \t 630000.5 ns/op\nok\n")
	assert.Equal(t, map[string][]time.Duration{"templ": {90123}, "html-template": {630000}}, got)
}
