package handlers

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/zapier"
)

// What a browser may send at most: most of our forms and JSON are far smaller than maxBody, but the form of a step
// holds whatever somebody writes, and a letter can take six bytes on its way.
const (
	maxBody     = 64 << 10
	maxStepForm = 1 << 20
)

// stepFormPattern is the path of the form of a step, below the path prefix.
var stepFormPattern = regexp.MustCompile(`^/drafts/[^/]+/steps/[^/]+/fields$`)

// iconPath is where browsers look for a site's mark that a page does not name.
const iconPath = "/favicon.ico"

// ownHeader is wanted on every request below /api: a page of another site cannot send it
// without a preflight, which is never answered.
const ownHeader = "X-Zapembed"

type contextKey string

const requestIDKey contextKey = "request-id"

// requestIDBytes are drawn for each request.
const requestIDBytes = 8

// RequestID is the id of the request that ctx belongs to, or "": the log and the answer carry the same one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey).(string)
	return id
}

// isRequestID reports whether a text looks like one of our ids.
func isRequestID(text string) bool {
	raw, err := hex.DecodeString(text)
	return err == nil && len(raw) == requestIDBytes
}

func (s *Server) withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, requestIDBytes)
		if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
			panic(fmt.Sprintf("handlers: no randomness: %v", err))
		}
		id := hex.EncodeToString(raw)
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey, id)))
	})
}

// withLog writes one line for each request, one that breaks off included, and tells the observer. The line has the
// request's route, never its query, which may hold a code or a token.
func (s *Server) withLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := s.cfg.Now()
		seen := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		defer func() {
			route, took := chi.RouteContext(r.Context()).RoutePattern(), s.cfg.Now().Sub(started)
			s.cfg.Logger.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("request", RequestID(r.Context())), // With would cost every request a logger
				slog.String("method", MethodName(r.Method)), slog.String("route", route),
				slog.Int("status", seen.Status()), slog.Int("bytes", seen.BytesWritten()), slog.Int64("ms", took.Milliseconds()))
			if s.cfg.Observe != nil {
				s.cfg.Observe(r, route, seen.Status(), took)
			}
		}()
		next.ServeHTTP(seen, r)
	})
}

// MethodName is a method as logs, metrics and traces have it: one that nobody knows is whatever somebody wrote, and "other".
func MethodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}

// withRecovery turns a panic into the error page of an internal error. An answer that has been begun is broken
// off: half of it must not look like a whole one.
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
			if begun, ok := w.(middleware.WrapResponseWriter); ok && begun.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			s.answer(w, r, &Error{Code: "internal", Status: http.StatusInternalServerError})
		}()
		next.ServeHTTP(w, r)
	})
}

// withHost refuses names that are not ours: a foreign Host is somebody's rebinding or a mistake.
func (s *Server) withHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.ownHost(r) {
			s.audit(r, audit.HostRefused)
			s.answer(w, r, &Error{Code: "host-unknown", Status: http.StatusMisdirectedRequest})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownHost reports whether a request is for us; "GET host:80" has neither path nor host.
func (s *Server) ownHost(r *http.Request) bool {
	return r.URL.Opaque == "" && (r.Host == s.cfg.PublicURL.Host || sameHost(r.Host, s.cfg.PublicURL))
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
	protection.SetDenyHandler(s.refused("a change"))
	return protection.Handler(next)
}

// refused answers what another site asks for, or a browser for the wrong thing. Where our own pages or the person led a
// browser to that, it is a mistake and no attack.
func (s *Server) refused(what string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if ownSite(r.Header.Get("Sec-Fetch-Site")) {
			s.cfg.Logger.DebugContext(r.Context(), "refused", "request", RequestID(r.Context()), "what", what)
		} else {
			s.audit(r, audit.CrossOrigin, "what", what)
		}
		s.answer(w, r, &Error{Code: "cross-origin", Status: http.StatusForbidden})
	}
}

// withDestination refuses a page to whoever wants it for something else than to be looked at: as an image, a
// script, or a frame where there are none. Files are for that, the API has a door of its own, and reports are sent, not
// read. Browsers ask every site for an icon there: it is not found, as anything else that is not there.
func (s *Server) withDestination(next http.Handler) http.Handler {
	refused := s.refused("a page for something else")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, s.base)
		page := !strings.HasPrefix(path, staticPath) && !strings.HasPrefix(path, "/api/") && path != reportsPath && path != iconPath
		if page && !s.mayShow(r.Header.Get("Sec-Fetch-Dest"), r.Header.Get("Sec-Fetch-Site")) {
			refused(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// mayShow reports whether a page may go where the browser says it will; one that says nothing is old, or no browser.
func (s *Server) mayShow(destination, site string) bool {
	switch destination {
	case "", "document":
		return true
	case "iframe", "frame":
		return len(s.cfg.EmbedOrigins) > 0
	case "empty": // a page's own script reads our pages, too
		return ownSite(site) || site == ""
	}
	return false
}

// ownSite reports whether a request comes from our own pages, or from the person: out of the address bar or an
// extension.
func ownSite(site string) bool { return site == "same-origin" || site == "none" }

// withOneReading ends the connection after a request whose body comes in chunks. Whoever stands before us may have
// taken its length from elsewhere; then what we would take for the next request is somebody's body.
func (s *Server) withOneReading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
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
		if r.Body != http.NoBody {
			r.Body = http.MaxBytesReader(w, r.Body, most(strings.TrimPrefix(r.URL.Path, s.base)))
		}
		next.ServeHTTP(w, r)
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
			s.audit(r, audit.HeaderMissing, "header", ownHeader)
			s.answer(w, r, &Error{Code: "header-missing", Status: http.StatusForbidden})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withOwnOrigin lets only those in at the door of the API who say where they come from: every browser does, and
// a program without one can. Reading is no exception: unlike a page, an answer of the API is of use to nobody else.
func (s *Server) withOwnOrigin(next http.Handler) http.Handler {
	refused := s.refused("a call of the API")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site, origin := r.Header.Get("Sec-Fetch-Site"), r.Header.Get("Origin")
		destination := r.Header.Get("Sec-Fetch-Dest")
		switch {
		case site == "" && origin == "":
			s.audit(r, audit.HeaderMissing, "header", "Origin")
			s.answer(w, r, &Error{Code: "origin-missing", Status: http.StatusForbidden})
		case site == "" && !s.ownOrigin(origin), site != "" && !ownSite(site), destination != "" && destination != "empty":
			refused(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// ownOrigin compares an Origin header with our public URL, port and scheme included.
func (s *Server) ownOrigin(origin string) bool {
	from, err := url.Parse(origin)
	return err == nil && from.Scheme == s.cfg.PublicURL.Scheme && sameHost(from.Host, s.cfg.PublicURL)
}

// unlimited lifts the server's write deadline for an answer that goes on.
func unlimited(w http.ResponseWriter) error {
	return http.NewResponseController(w).SetWriteDeadline(time.Time{})
}
