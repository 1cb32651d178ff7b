package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// pingTimeout is how long the store may take to be called ready.
	pingTimeout = time.Second
	// pingAgain is how long an answer of the store is good for, so that probes are no load.
	pingAgain = time.Second
)

var (
	errDraining = errors.New("draining")
	errNoStore  = errors.New("the store does not answer")
)

// readiness says whether requests should be sent here. Zapier is no part of it: its outage would take all replicas
// out at once, and with them the page that says what is wrong.
type readiness struct {
	store    store.Engine
	draining atomic.Bool

	mu    sync.Mutex
	asked time.Time
	found error
}

// drain makes the server unready for good.
func (r *readiness) drain() { r.draining.Store(true) }

// check says why the server is not ready. Many may ask at once: the store is asked once.
func (r *readiness) check() error {
	if r.draining.Load() {
		return errDraining
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.asked) < pingAgain {
		return r.found
	}
	// Not the request's context: whoever asks next wants to know as well.
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	r.found = nil
	if r.store.Ping(ctx) != nil {
		r.found = errNoStore
	}
	r.asked = time.Now()
	return r.found
}

// goodbye asks the proxy to end its connections while the server is draining, so that at the end none is closed under a
// request that is just being sent.
func (r *readiness) goodbye(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if r.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, request)
	})
}

// adminHandler answers whoever watches the program. It is for a port of its own.
func adminHandler(ready *readiness, numbers *metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := ready.check(); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", numbers.handler())
	return mux
}
