package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/emulator"
)

// eavesdropper stands on the way and notes every secret that passes: codes, states, tokens, cookies.
type eavesdropper struct {
	mu    sync.Mutex
	heard []string
}

func (e *eavesdropper) keep(secrets ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) >= 8 && !slices.Contains(e.heard, secret) {
			e.heard = append(e.heard, secret)
		}
	}
}

// RoundTrip is the way of a browser and of the server alike.
func (e *eavesdropper) RoundTrip(r *http.Request) (*http.Response, error) {
	e.keep(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	e.keepQuery(r.URL.Query())
	for _, cookie := range r.Cookies() {
		e.keep(cookie.Value)
	}
	response, err := ownTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if target, err := response.Location(); err == nil {
		e.keepQuery(target.Query())
	}
	if !strings.HasPrefix(r.URL.Path, "/oauth/token") {
		return response, nil
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(body, &tokens) == nil {
		e.keep(tokens.Access, tokens.Refresh)
	}
	return response, err
}

func (e *eavesdropper) keepQuery(query url.Values) {
	for _, name := range []string{"code", "state", "code_challenge", "token"} {
		e.keep(query.Get(name))
	}
}

// keptSpans stay when the program ends.
type keptSpans struct{ *tracetest.InMemoryExporter }

func newSpans() keptSpans { return keptSpans{tracetest.NewInMemoryExporter()} }

func (keptSpans) Shutdown(context.Context) error { return nil }

// canary is what a person types and a browser sends; it must turn up nowhere.
const canary = "canary-of-a-person"

// whatever passes, it is neither in the log, nor in the metrics, nor in the traces.
func TestNothingOfAPersonIsInLogsMetricsOrTraces(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(io.Writer, *slog.HandlerOptions) slog.Handler{
		"text": func(w io.Writer, o *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(w, o) },
		"json": func(w io.Writer, o *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(w, o) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logs, spans, ear := &said{}, newSpans(), &eavesdropper{}
			w, ask := watched(t, worldOptions{outside: true, transport: ear, world: environment{
				logger: slog.New(handler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})), spans: spans,
			}})
			paths := beACustomer(t, w, ear)
			status, numbers := ask("/metrics")
			require.Equal(t, http.StatusOK, status)
			w.stop()
			traced, err := json.Marshal(spans.GetSpans())
			require.NoError(t, err)
			require.NotEmpty(t, spans.GetSpans())
			require.Greater(t, len(ear.heard), 5, "nothing was heard")
			for _, secret := range append(ear.heard, canary, url.QueryEscape(someEmail), someEmail) {
				assert.NotContains(t, logs.String(), secret, "in the log")
				assert.NotContains(t, numbers, secret, "in the metrics")
				assert.NotContains(t, string(traced), secret, "in the traces")
			}
			for _, path := range paths {
				assert.NotContains(t, string(traced), path, "an id in the traces")
				assert.NotContains(t, numbers, path, "an id in the metrics")
			}
			assert.Contains(t, logs.String(), "trace_id")
			if name == "json" {
				checkRecords(t, logs.String())
			}
		})
	}
}

const someEmail = emulator.EmailWade

// beACustomer does what leaves traces, by all ways that things go in: addresses, headers, forms, JSON, and mistakes.
// It returns ids that were parts of paths.
func beACustomer(t *testing.T, w *world, ear *eavesdropper) (ids []string) {
	t.Helper()
	v := w.visitor(ear)
	v.signIn(emulator.UserWade)
	v.page("/apps?query=" + canary)
	attempt := struct{ ID string }{}
	created, err := v.call(http.MethodPost, "/api/attempts", map[string]string{"app": emulator.AppBasic})
	require.NoError(t, err)
	require.NoError(t, json.NewDecoder(created.Body).Decode(&attempt))
	require.NoError(t, created.Body.Close())
	require.NotEmpty(t, attempt.ID)
	for _, one := range []struct{ method, path string }{
		{http.MethodGet, "/api/attempts/" + attempt.ID},
		{http.MethodGet, "/api/attempts/" + canary},
		{http.MethodGet, "/api/zapier/v2/authentications?app=" + emulator.AppBasic + "&note=" + canary},
		{http.MethodPost, "/api/zapier/v2/actions/" + canary + "/inputs"},
		{http.MethodGet, "/apps/" + canary},
		{http.MethodGet, "/nothing/" + canary},
		{http.MethodPost, "/apps/" + emulator.AppBasic + "/choice?note=" + canary},
		{http.MethodGet, "/sign-in/callback?code=" + canary + "&state=" + canary},
		{"GOSSIP", "/" + canary},
	} {
		response, err := v.call(one.method, one.path, map[string]string{"inputs": canary})
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	forged, err := http.NewRequest(http.MethodPost, w.url+"/sign-out", strings.NewReader("a="+canary))
	require.NoError(t, err)
	forged.Header.Set("Origin", "https://evil.example")
	forged.Header.Set("User-Agent", canary)
	forged.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	response, err := http.DefaultClient.Do(forged)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return []string{attempt.ID, emulator.AppBasic}
}

// checkRecords reads the log as a pipeline does.
func checkRecords(t *testing.T, log string) {
	t.Helper()
	requests := 0
	for line := range strings.Lines(log) {
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &record), line)
		assert.LessOrEqual(t, strings.Count(line, `"request":`), 1, line)
		if record["msg"] == "request" {
			requests++
			assert.NotEmpty(t, record["request"], line)
			assert.NotEmpty(t, record["trace_id"], line)
		}
		if record["event"] == string(audit.SignInSucceeded) || record["event"] == string(audit.CrossOrigin) {
			assert.NotEmpty(t, record["request"], "an event says which request it was: %s", line)
		}
	}
	assert.Greater(t, requests, 10)
}

func TestTracesAreNamedByRoutesAndOperations(t *testing.T) {
	t.Parallel()
	spans := newSpans()
	w := newWorld(t, worldOptions{prefix: "/zaps", world: environment{spans: spans}})
	beACustomer(t, w, &eavesdropper{})
	w.stop()
	names := map[string]tracetest.SpanStub{}
	traces := map[string]bool{}
	for _, span := range spans.GetSpans() {
		names[span.Name] = span
		traces[span.SpanContext.TraceID().String()] = true
		assert.NotContains(t, span.Name, "GOSSIP", "a word that a browser made up names nothing")
		for _, attribute := range span.Attributes {
			assert.Contains(t, spanAttributes(), attribute.Key)
		}
		assert.Empty(t, span.Events)
		assert.Empty(t, span.Status.Description)
	}
	for _, name := range []string{"other", "GET /zaps/apps", "POST /zaps/api/attempts", "GET /zaps/api/attempts/{attempt}", "zapier apps.list", "zapier oauth.token"} {
		assert.Contains(t, names, name)
	}
	assert.Equal(t, names["zapier oauth.token"].Parent.TraceID(), names["zapier oauth.token"].SpanContext.TraceID())
	assert.True(t, names["zapier oauth.token"].Parent.IsValid(), "a call belongs to the request that made it")
	assert.False(t, traces["0af7651916cd43dd8448eb211c80319c"], "a stranger does not choose our traces")
	assert.Contains(t, fmt.Sprint(names["GET /zaps/apps"].Resource.Attributes()), "zapembed")
}

// A trusted proxy's trace goes on here; Zapier hears nothing of it.
func TestTracesGoOnFromATrustedProxy(t *testing.T) {
	t.Parallel()
	spans, told := newSpans(), &said{}
	w := newWorld(t, worldOptions{
		env:   map[string]string{"TRUSTED_PROXIES": "127.0.0.1"},
		world: environment{spans: spans},
		transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			fmt.Fprintln(told, r.Header)
			return ownTransport.RoundTrip(r)
		}),
	})
	v := w.visitor(nil)
	v.signIn(emulator.UserWade)
	request, err := http.NewRequest(http.MethodGet, w.url+"/apps", nil)
	require.NoError(t, err)
	request.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	response, err := v.client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	w.stop()
	assert.True(t, slices.ContainsFunc(spans.GetSpans(), func(s tracetest.SpanStub) bool {
		return s.Name == "GET /apps" && s.SpanContext.TraceID().String() == "0af7651916cd43dd8448eb211c80319c"
	}))
	assert.NotEmpty(t, told.String())
	assert.NotContains(t, told.String(), "Traceparent")
}

func TestTracesAreAskedForByTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		environ []string
		want    bool
		problem string
	}{
		{nil, false, ""},
		{[]string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"}, true, ""},
		{[]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://localhost:4318/v1/traces"}, true, ""},
		{[]string{"OTEL_TRACES_EXPORTER=otlp"}, true, ""},
		{[]string{"OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318"}, false, ""},
		{[]string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_SDK_DISABLED=true"}, false, ""},
		{[]string{"OTEL_TRACES_EXPORTER=zipkin"}, false, "neither otlp nor none"},
		{[]string{"OTEL_TRACES_EXPORTER=otlp", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}, true, "http/protobuf"},
	} {
		got, err := readSettings(row.environ)
		if row.problem != "" {
			assert.ErrorContains(t, err, row.problem)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, row.want, got.traces, row.environ)
	}
}

func TestMetricsCountWhatHappens(t *testing.T) {
	t.Parallel()
	w, ask := watched(t, worldOptions{})
	beACustomer(t, w, &eavesdropper{})
	v := w.visitor(nil)
	v.signIn(emulator.UserNadia)
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: http.StatusInternalServerError}))
	look := func(page string) {
		response, err := v.call(http.MethodGet, "/api/zapier/v2/apps?limit="+page, nil) // another each time: it is kept
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	look("11")
	require.NoError(t, w.emulated().Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: http.StatusTooManyRequests}))
	look("12")
	_, numbers := ask("/metrics")
	for _, series := range []string{
		`zapembed_http_request_duration_seconds_count{method="GET",route="/apps",status="2xx"} `,
		`zapembed_http_request_duration_seconds_count{method="GET",route="/apps/{app}",status="4xx"} `,
		`zapembed_http_request_duration_seconds_count{method="GET",route="none",status="4xx"} `,
		`zapembed_http_request_duration_seconds_count{method="other",route="none",status="4xx"} `,
		`zapembed_zapier_call_duration_seconds_count{operation="apps.list",outcome="2xx"} `,
		`zapembed_zapier_call_duration_seconds_count{operation="apps.list",outcome="5xx"} `,
		`zapembed_zapier_call_duration_seconds_count{operation="apps.list",outcome="429"} `,
		`zapembed_zapier_call_duration_seconds_count{operation="oauth.token",outcome="2xx"} 2`,
		`zapembed_zapier_resting 0`,
		`zapembed_store_operation_duration_seconds_count{operation="get",outcome="ok"} `,
		`zapembed_security_events_total{event="cross-origin-refused"} 1`,
		`zapembed_security_events_total{event="sign-in-succeeded"} 2`,
		`zapembed_security_events_total{event="client-refused"} 0`,
		`zapembed_build_info{`, "go_goroutines ", "process_open_fds ",
	} {
		assert.Contains(t, numbers, series)
	}
	response, err := http.Get(w.url + "/metrics")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusNotFound, response.StatusCode, "the public port has none (R-67)")
}

// Security events are counted even where LOG_LEVEL leaves none of them.
func TestMetricsCountEventsThatAreNotLogged(t *testing.T) {
	t.Parallel()
	logs, numbers := &said{}, newMetrics()
	logger := numbers.counting(slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelError + 1}))).With("a", "b").WithGroup("g")
	audit.Log(t.Context(), logger, audit.SignOut)
	logger.Warn("no event of ours", "event", "made-up")
	assert.Empty(t, logs.String())
	assert.InDelta(t, 1, testutil.ToFloat64(numbers.events.WithLabelValues(string(audit.SignOut))), 0)
	families, err := numbers.registry.Gather()
	require.NoError(t, err)
	assert.NotContains(t, fmt.Sprint(families), "made-up")
}

// The names and labels of all metrics of ours, for the documentation's test.
func ourMetrics(t *testing.T) [][]string {
	t.Helper()
	numbers := newMetrics()
	numbers.requests.WithLabelValues("GET", "/", "2xx").Observe(1)
	numbers.zapier.WithLabelValues("apps.list", "2xx").Observe(1)
	numbers.store.WithLabelValues("get", "ok").Observe(1)
	families, err := numbers.registry.Gather()
	require.NoError(t, err)
	var found [][]string
	for _, family := range families {
		if !strings.HasPrefix(family.GetName(), "zapembed_") {
			continue
		}
		var labels []string
		for _, label := range family.Metric[0].Label {
			labels = append(labels, "`"+label.GetName()+"`")
		}
		found = append(found, []string{"`" + family.GetName() + "`", strings.Join(labels, ", "), family.GetHelp()})
	}
	return found
}

func TestDocsListEveryMetricAndEvent(t *testing.T) {
	t.Parallel()
	page := readDoc(t, "docs/operations.md")
	assert.ElementsMatch(t, ourMetrics(t), page.section(t, "Metrics").rows())
	var events []string
	for _, event := range audit.Events() {
		events = append(events, string(event))
	}
	assert.Equal(t, events, page.section(t, "Security events").codes(0))
	for _, attribute := range eventAttributes(t) {
		assert.Contains(t, page.section(t, "Security events").text, "`"+attribute+"`")
	}
	for _, attribute := range spanAttributes() {
		assert.Contains(t, page.section(t, "Traces").text, "`"+string(attribute)+"`")
	}
	for _, limit := range []time.Duration{readHeaderTimeout, readTimeout, writeTimeout, idleTimeout, stopTimeout, pingTimeout, flushTimeout} {
		assert.Contains(t, page.section(t, "Limits").text+page.section(t, "Stopping").text, short(limit))
	}
	for _, c := range commands() {
		assert.Contains(t, page.section(t, "Commands").codes(0), c.usage())
	}
}

// eventAttributes are the names that the program gives to what it says of an event.
func eventAttributes(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, pattern := range []string{"internal/*/*.go", "cmd/server/*.go"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, file := range files {
			source, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, logged := range matches(regexp.MustCompile(`(?:audit\.Log|s\.audit)\([^\n]*?(, "[^\n]*)`), string(source)) {
				for _, name := range matches(regexp.MustCompile(`"([a-z]+)", `), logged) {
					found[name] = true
				}
			}
		}
	}
	require.Greater(t, len(found), 8)
	return keys(found)
}

func short(d time.Duration) string { return fmt.Sprintf("%d s", int(d.Seconds())) }
