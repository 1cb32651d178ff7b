package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/zapembed/zapembed/internal/handlers"
)

// flushTimeout is how long the collector may take for the last spans.
const flushTimeout = 5 * time.Second

// tracing makes a span of each request and of each call to Zapier. Its provider is nil when nobody wants them, and
// then it stands in nobody's way.
type tracing struct {
	provider *sdktrace.TracerProvider
	proxies  []netip.Prefix
}

// newTracing sends spans where OTEL_… says, which the SDK reads by itself, or at once to spans if that is not nil.
func newTracing(s settings, spans sdktrace.SpanExporter, logger *slog.Logger) (*tracing, error) {
	t := &tracing{proxies: s.proxies}
	if spans == nil && !s.traces {
		return t, nil
	}
	ctx := context.Background()
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "zapembed"), attribute.String("service.version", version())),
		resource.WithTelemetrySDK(), resource.WithFromEnv()) // the environment last: its name wins
	if err != nil {
		return nil, fmt.Errorf("server: OTEL_RESOURCE_ATTRIBUTES cannot be read: %w", err)
	}
	if spans != nil {
		t.provider = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSyncer(plainSpans{spans}))
		return t, nil
	}
	exporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, fmt.Errorf("server: traces cannot be sent where OTEL_EXPORTER_OTLP_ENDPOINT says: %w", err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger.Warn("traces could not be sent", "error", err) }))
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithBatcher(plainSpans{exporter}))
	return t, nil
}

// serve makes the spans of requests. Whose proxy is trusted may continue a trace; anybody else's begins here.
func (t *tracing) serve(next http.Handler) http.Handler {
	if t.provider == nil {
		return next
	}
	return otelhttp.NewHandler(next, "", otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return !t.trusts(r.RemoteAddr) }),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return handlers.MethodName(r.Method) }))
}

func (t *tracing) trusts(remote string) bool {
	peer, err := netip.ParseAddrPort(remote)
	return err == nil && slices.ContainsFunc(t.proxies, func(p netip.Prefix) bool { return p.Contains(peer.Addr().Unmap()) })
}

// name gives the span of a request the pattern of its route, which is known only at the end.
func (t *tracing) name(r *http.Request, route string) {
	if t.provider == nil || route == "" {
		return
	}
	span := trace.SpanFromContext(r.Context())
	span.SetName(handlers.MethodName(r.Method) + " " + route)
	span.SetAttributes(attribute.String("http.route", route))
}

// call makes the spans of calls to Zapier, who is told nothing of them.
func (t *tracing) call(next http.RoundTripper) http.RoundTripper {
	if t.provider == nil {
		return next
	}
	return otelhttp.NewTransport(next, otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.NewCompositeTextMapPropagator()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return "zapier " + operation(r) }))
}

// close sends what is left.
func (t *tracing) close() {
	if t.provider == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushTimeout)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // the error handler has heard of it
}

// plainSpans passes on of each span only what can hold no code, state, token or id. The instrumentation notes
// whole addresses, and may note more in its next version: so the list says what may pass.
type plainSpans struct{ sdktrace.SpanExporter }

func (p plainSpans) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	plain := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		plain[i] = plainSpan{span}
	}
	return p.SpanExporter.ExportSpans(ctx, plain)
}

type plainSpan struct{ sdktrace.ReadOnlySpan }

// spanAttributes are those that may pass.
func spanAttributes() []attribute.Key {
	return []attribute.Key{
		"http.request.method", "http.route", "http.response.status_code", "http.request.body.size", "http.response.body.size",
		"server.address", "server.port", "url.scheme", "network.protocol.version", "error.type",
	}
}

func (s plainSpan) Attributes() []attribute.KeyValue {
	return slices.DeleteFunc(slices.Clone(s.ReadOnlySpan.Attributes()), func(a attribute.KeyValue) bool {
		return !slices.Contains(spanAttributes(), a.Key)
	})
}

// Events are the texts of errors, which may quote what was sent.
func (s plainSpan) Events() []sdktrace.Event { return nil }

// Status says that something failed, and the log says what.
func (s plainSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
