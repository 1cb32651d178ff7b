package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// metrics are the program's numbers, in a registry of their own, so that two programs in one process do not mix
// theirs. Nothing that a browser sends becomes a label: a label's every value is a series for ever, and /metrics is
// no place for what people do.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	zapier   *prometheus.HistogramVec
	store    *prometheus.HistogramVec
	events   *prometheus.CounterVec
	resting  prometheus.Gauge
	waits    *prometheus.HistogramVec
	door     *prometheus.CounterVec
	pauses   prometheus.Counter
	// waiting says how many calls wait for room under Zapier's limits; nil before anybody can call.
	waiting func() int
}

func newMetrics() *metrics {
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	network := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	local := []float64{.0005, .001, .0025, .005, .01, .025, .1, .5, 1, 5}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: histogram("zapembed_http_request_duration_seconds",
			"Requests answered, by method, pattern of the route and class of the status.", network, "method", "route", "status"),
		zapier: histogram("zapembed_zapier_call_duration_seconds",
			"Calls to Zapier until the answer begins, by operation and outcome.", network, "operation", "outcome"),
		store: histogram("zapembed_store_operation_duration_seconds",
			"Operations of the store, by name and outcome.", local, "operation", "outcome"),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zapembed_security_events_total", Help: "Security events, by name.",
		}, []string{"event"}),
		waits: histogram("zapembed_zapier_wait_seconds",
			"How long calls waited for room under Zapier's limits, by outcome.", []float64{.001, .1, .5, 1, 2, 5, 10, 12, 30}, "outcome"),
		door: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zapembed_zapier_door_total", Help: "How often people asked to begin a Zap, by outcome.",
		}, []string{"outcome"}),
		pauses: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "zapembed_zapier_pauses_total", Help: "How often this server heard from Zapier that a limit was passed; nobody calls for a minute then.",
		}),
		resting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "zapembed_zapier_resting", Help: "1 while calls to Zapier rest after a run of failures, until one succeeds; else 0.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "zapembed_build_info", Help: "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": version(), "go": runtime.Version()},
	})
	build.Set(1)
	for _, outcome := range []quota.Outcome{quota.Sent, quota.TurnedAway, quota.SetAside} {
		m.waits.WithLabelValues(string(outcome))
	}
	for _, outcome := range []quota.Outcome{quota.LetIn, quota.AtDoor, quota.Refused} {
		m.door.WithLabelValues(string(outcome))
	}
	for _, event := range audit.Events() {
		m.events.WithLabelValues(string(event)) // so that a first one is a step from 0, which an alert can see
	}
	m.registry.MustRegister(m.requests, m.zapier, m.store, m.events, m.resting, m.waits, m.door, m.pauses, m.waitingNow(), build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// version is the module's version, or the commit that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return setting.Value
		}
	}
	return info.Main.Version
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// counting returns the logger with the counter of security events in it.
func (m *metrics) counting(logger *slog.Logger) *slog.Logger {
	return slog.New(logHandler{next: logger.Handler(), events: m.events})
}

// observe counts an answer. A path that is no route, and a method that is none of ours, are the same whatever they are.
func (m *metrics) observe(r *http.Request, route string, status int, took time.Duration) {
	if route == "" || route == "/*" {
		route = "none"
	}
	m.requests.WithLabelValues(handlers.MethodName(r.Method), route, statusClass(status)).Observe(took.Seconds())
}

// statusClass is "2xx" and so on, and "none" where nobody was left to answer.
func statusClass(status int) string {
	if status < 100 || status > 599 {
		return "none"
	}
	return [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}[status/100-1]
}

// calls counts what goes through a transport to Zapier.
func (m *metrics) calls(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		began := time.Now()
		response, err := next.RoundTrip(r)
		outcome := outcomeOf(r.Context(), err)
		switch {
		case err != nil:
		case response.StatusCode == http.StatusTooManyRequests:
			outcome = "429" // by itself: it is the scarce thing that has run out
		default:
			outcome = statusClass(response.StatusCode)
		}
		m.zapier.WithLabelValues(operation(r), outcome).Observe(time.Since(began).Seconds())
		return response, err
	})
}

// rests says whether calls to Zapier rest.
func (m *metrics) rests(resting bool) {
	m.resting.Set(0)
	if resting {
		m.resting.Set(1)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// operation names a call to Zapier as errors and the emulator do, without the ids in its path.
func operation(r *http.Request) string {
	switch r.URL.Path {
	case "/oauth/token/":
		return "oauth.token"
	case "/oauth/revoke/":
		return "oauth.revoke"
	}
	if call, err := zapier.FindProxied(r.Method, r.URL.EscapedPath()); err == nil {
		return call.Op
	}
	return "other"
}

// outcomeOf is what came of a call that may have failed.
func outcomeOf(ctx context.Context, err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled), ctx.Err() != nil:
		return "cancelled"
	default:
		return "failed"
	}
}

// timed returns the engine with its operations counted.
func (m *metrics) timed(engine store.Engine) store.Engine {
	return timedEngine{Engine: engine, seen: m.store}
}

// timedEngine counts what requests wait for. Finding nothing, or something that was changed meanwhile, is an answer
// as good as any; "unavailable" is what wakes somebody.
type timedEngine struct {
	store.Engine
	seen *prometheus.HistogramVec
}

func (e timedEngine) done(ctx context.Context, op string, began time.Time, err *error) {
	outcome := "ok"
	if errors.Is(*err, store.ErrUnavailable) {
		if outcome = outcomeOf(ctx, *err); outcome == "failed" {
			outcome = "unavailable"
		}
	}
	e.seen.WithLabelValues(op, outcome).Observe(time.Since(began).Seconds())
}

func (e timedEngine) Create(ctx context.Context, r store.Record) (err error) {
	defer e.done(ctx, "create", time.Now(), &err)
	return e.Engine.Create(ctx, r)
}

func (e timedEngine) Get(ctx context.Context, key string) (_ store.Record, err error) {
	defer e.done(ctx, "get", time.Now(), &err)
	return e.Engine.Get(ctx, key)
}

func (e timedEngine) Update(ctx context.Context, r store.Record) (_ int64, err error) {
	defer e.done(ctx, "update", time.Now(), &err)
	return e.Engine.Update(ctx, r)
}

func (e timedEngine) Touch(ctx context.Context, key string, expires time.Time) (err error) {
	defer e.done(ctx, "touch", time.Now(), &err)
	return e.Engine.Touch(ctx, key, expires)
}

func (e timedEngine) Rotate(ctx context.Context, old string, next store.Record) (err error) {
	defer e.done(ctx, "rotate", time.Now(), &err)
	return e.Engine.Rotate(ctx, old, next)
}

func (e timedEngine) Delete(ctx context.Context, key string) (_ bool, err error) {
	defer e.done(ctx, "delete", time.Now(), &err)
	return e.Engine.Delete(ctx, key)
}

func (e timedEngine) List(ctx context.Context, group string) (_ []store.Record, err error) {
	defer e.done(ctx, "list", time.Now(), &err)
	return e.Engine.List(ctx, group)
}

func (e timedEngine) DeleteGroup(ctx context.Context, group string) (_ int, err error) {
	defer e.done(ctx, "delete-group", time.Now(), &err)
	return e.Engine.DeleteGroup(ctx, group)
}

func (e timedEngine) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (_ bool, err error) {
	defer e.done(ctx, "acquire", time.Now(), &err)
	return e.Engine.Acquire(ctx, name, owner, ttl)
}

func (e timedEngine) Renew(ctx context.Context, name, owner string, ttl time.Duration) (_ bool, err error) {
	defer e.done(ctx, "renew", time.Now(), &err)
	return e.Engine.Renew(ctx, name, owner, ttl)
}

func (e timedEngine) Release(ctx context.Context, name, owner string) (err error) {
	defer e.done(ctx, "release", time.Now(), &err)
	return e.Engine.Release(ctx, name, owner)
}

func (e timedEngine) Publish(ctx context.Context, topic string) (err error) {
	defer e.done(ctx, "publish", time.Now(), &err)
	return e.Engine.Publish(ctx, topic)
}

func (e timedEngine) Ping(ctx context.Context) (err error) {
	defer e.done(ctx, "ping", time.Now(), &err)
	return e.Engine.Ping(ctx)
}

// room hears what came of each call that asked for room under Zapier's limits, and of each person at the door.
func (m *metrics) room(outcome quota.Outcome, waited time.Duration) {
	switch outcome {
	case quota.Sent, quota.TurnedAway, quota.SetAside:
		m.waits.WithLabelValues(string(outcome)).Observe(waited.Seconds())
	case quota.LetIn, quota.AtDoor, quota.Refused:
		m.door.WithLabelValues(string(outcome)).Inc()
	case quota.Paused:
		m.pauses.Inc()
	}
}

// waitingNow shows how many calls wait at the moment.
func (m *metrics) waitingNow() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "zapembed_zapier_waiting", Help: "Calls of this server that wait for room under Zapier's limits.",
	}, func() float64 {
		if m.waiting == nil {
			return 0
		}
		return float64(m.waiting())
	})
}
