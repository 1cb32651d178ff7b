package emulator

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// requestsKept bounds the log: an emulator may run for days.
const requestsKept = 500

// hidden stands where a secret was.
const hidden = "hidden"

// Request is one line of the log. It has no bodies and no headers; for bodies see
// Emulator.Bodies.
type Request struct {
	// Time is when it arrived.
	Time   time.Time `json:"time"`
	Method string    `json:"method"`
	// Path has the id of a popup hidden.
	Path string `json:"path"`
	// Query has the values of codes, states, popups, tokens and secrets hidden.
	Query string `json:"query"`
	// Status is 0 when the connection was dropped instead of answered.
	Status int `json:"status"`
	// Operation is one of Operations, or "" for what has no name.
	Operation string `json:"operation"`
	// User is who asked, by token or by cookie; 0 when nobody is known.
	User int `json:"user"`
}

// Requests is the log, oldest first: the last 500 requests to what stands for
// Zapier. The control page, styles and icons are left out, because they would
// drown what a reader looks for.
func (e *Emulator) Requests() []Request {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return append([]Request{}, e.state.visits...)
}

// Count says how many calls of an operation have arrived since the start or the
// last Reset, answered or not.
func (e *Emulator) Count(operation string) int {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.counts[operation]
}

// visit is what handlers add to the log entry of the request they serve.
type visit struct {
	operation string
	user      int
}

type visitKey struct{}

// visitOf never returns nil, so that a handler outside the log's reach need not care.
func visitOf(r *http.Request) *visit {
	if v, ok := r.Context().Value(visitKey{}).(*visit); ok {
		return v
	}
	return &visit{}
}

// record keeps a line for every request, also for those that end in a dropped connection.
func (e *Emulator) record(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if unrecorded(r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		v := &visit{}
		arrived := e.now()
		wrapped := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			e.keep(Request{
				Time: arrived, Method: r.Method, Path: hidePopup(r.URL.Path), Query: hideSecrets(r.URL.Query()),
				Status: wrapped.Status(), Operation: v.operation, User: v.user,
			})
		}()
		next.ServeHTTP(wrapped, r.WithContext(context.WithValue(r.Context(), visitKey{}, v)))
	})
}

func unrecorded(path string) bool {
	for _, prefix := range []string{"/emulator", "/assets/", "/icons/", "/favicon.ico"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
}

func (e *Emulator) keep(entry Request) {
	e.logger.Info("request", "method", entry.Method, "path", entry.Path, "query", entry.Query,
		"status", entry.Status, "operation", entry.Operation, "user", entry.User)
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.visits = append(e.state.visits, entry)
	if surplus := len(e.state.visits) - requestsKept; surplus > 0 {
		e.state.visits = append([]Request{}, e.state.visits[surplus:]...)
	}
}

// arrived counts a call when it comes in, not when it is answered: a test that
// holds a call must be able to see that it is there.
func (s *state) arrived(operation string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[operation]++
}

// hidePopup keeps the id of a connect popup out of a path, answered or not: it is
// also the state its third party is sent.
func hidePopup(path string) string {
	const form = "/engine/auth/connect/"
	if strings.HasPrefix(path, form) {
		return form + hidden
	}
	return path
}

func hideSecrets(query url.Values) string {
	for name := range query {
		switch name {
		case "code", "state", "connect", "code_challenge", "code_verifier", "client_secret",
			"token", "access_token", "refresh_token", "password", "api_key", "sign_up_email":
			query[name] = []string{hidden}
		}
	}
	return query.Encode()
}
