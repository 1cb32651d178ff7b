package handlers

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/zapembed/zapembed/internal/zapier"
)

// What a browser may send at most: most of our forms and JSON are far smaller than maxBody, but the form of a step holds
// whatever somebody writes, and a letter can take six bytes on its way.
const (
	maxBody     = 64 << 10
	maxStepForm = 1 << 20
)

// stepFormPattern is the path of the form of a step, below the path prefix.
var stepFormPattern = regexp.MustCompile(`^/drafts/[^/]+/steps/[^/]+/fields$`)

// ownHeader is wanted on every request below /api: a page of another site cannot send it
// without a preflight, which is never answered.
const ownHeader = "X-Zapembed"

type contextKey string

const requestIDKey contextKey = "request-id"

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

func (s *Server) withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, 8)
		if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
			panic(fmt.Sprintf("handlers: no randomness: %v", err))
		}
		id := hex.EncodeToString(raw)
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

// withLog writes one line for each request: its route, never its query, which may hold a code or a token.
func (s *Server) withLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.cfg.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(seen, r)
		s.log(r.Context()).InfoContext(r.Context(), "request",
			"method", r.Method,
			"route", chi.RouteContext(r.Context()).RoutePattern(),
			"status", seen.Status(),
			"bytes", seen.BytesWritten(),
			"ms", s.cfg.Now().Sub(started).Milliseconds())
	})
}

func (s *Server) withRecovery(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			s.log(r.Context()).ErrorContext(r.Context(), "panic", "cause", fmt.Sprint(cause), "stack", string(debug.Stack()))
			s.answer(w, r, &Error{Code: "internal", Status: http.StatusInternalServerError})
		}()
		next.ServeHTTP(w, r)
	})
}

// withHost refuses names that are not ours: a foreign Host is somebody's rebinding or a mistake.
func (s *Server) withHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !sameHost(r.Host, s.cfg.PublicURL) {
			s.answer(w, r, &Error{Code: "host-unknown", Status: http.StatusMisdirectedRequest})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// sameHost compares a Host header with our public URL; the scheme's own port may be left out.
func sameHost(host string, public *url.URL) bool {
	return strings.EqualFold(withPort(host, public.Scheme), withPort(public.Host, public.Scheme))
}

func withPort(host, scheme string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	port := "80"
	if scheme == "https" {
		port = "443"
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// withSameOrigin refuses changes that come from other sites, siblings included.
func (s *Server) withSameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(s.byVoice(&Error{Code: "cross-origin", Status: http.StatusForbidden}))
	return protection.Handler(next)
}

func (s *Server) withBodyLimit(next http.Handler) http.Handler {
	most := func(path string) int64 {
		switch {
		case strings.HasPrefix(path, proxyPath+"/"):
			return zapier.MaxProxyBody
		case stepFormPattern.MatchString(path):
			return maxStepForm
		}
		return maxBody
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.MaxBytesHandler(next, most(strings.TrimPrefix(r.URL.Path, s.base))).ServeHTTP(w, r)
	})
}

// withCanonicalBase sends "/prefix" to "/prefix/", which is where the session cookie of a prefix begins.
func (s *Server) withCanonicalBase(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.base != "" && r.URL.EscapedPath() == s.base {
			http.Redirect(w, r, s.base+"/", http.StatusSeeOther)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withOwnHeader is the door of the API.
func (s *Server) withOwnHeader(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(ownHeader) == "" {
			s.answer(w, r, &Error{Code: "header-missing", Status: http.StatusForbidden})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unlimited lifts the server's write deadline for an answer that goes on.
func unlimited(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Time{})
}
