package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/handlers"
)

func newLogger(s settings, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: s.level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// requestKey is the attribute under which every record of a request has its id.
const requestKey = "request"

// logHandler counts security events, whatever LOG_LEVEL leaves of them, and says in each record which request and
// which trace it belongs to.
type logHandler struct {
	next   slog.Handler
	events *prometheus.CounterVec
	// named: the id of the request is among the attributes already.
	named bool
}

// Enabled lets security events through to be counted; Handle asks again for the rest.
func (h logHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || h.next.Enabled(ctx, level)
}

func (h logHandler) Handle(ctx context.Context, r slog.Record) error {
	named := h.named
	r.Attrs(func(a slog.Attr) bool {
		named = named || a.Key == requestKey
		if a.Key == "event" {
			h.count(a.Value.String())
		}
		return true
	})
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	if id := handlers.RequestID(ctx); id != "" && !named {
		r.AddAttrs(slog.String(requestKey, id))
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		r.AddAttrs(slog.String("trace_id", span.TraceID().String()))
	}
	return h.next.Handle(ctx, r)
}

// count knows the events by name: what else is called an event would make a series of its own for each value.
func (h logHandler) count(name string) {
	for _, event := range audit.Events() {
		if string(event) == name {
			h.events.WithLabelValues(name).Inc()
		}
	}
}

// WithAttrs is for Logger.With.
func (h logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	for _, a := range attrs {
		h.named = h.named || a.Key == requestKey
	}
	h.next = h.next.WithAttrs(attrs)
	return h
}

// WithGroup is for Logger.WithGroup.
func (h logHandler) WithGroup(name string) slog.Handler {
	h.next = h.next.WithGroup(name)
	return h
}
