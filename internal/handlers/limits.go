package handlers

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/web/templates"
)

// limitWindow is the time that requests are counted in. It slides, so after a minute of quiet everything is forgotten.
const limitWindow = time.Minute

// Limits are how many requests are answered in a minute. Each replica counts for itself: with three of them
// behind a proxy that takes turns, three times as many are answered. Zapier counts the calls of all of them together;
// these limits are there so that nobody can keep a replica busy.
type Limits struct {
	// IP is for everything that one address asks for, files of this version aside; 1200 if zero. Many people may share an
	// address. An IPv6 network of 64 bits counts as one address: it is one household.
	IP int
	// Session is for what one browser session asks for, files aside; 300 if zero. Requests without a session cookie
	// have the limit of their address alone.
	Session int
}

func (l Limits) withDefaults() Limits {
	return Limits{IP: cmp.Or(l.IP, 1200), Session: cmp.Or(l.Session, 300)}
}

// withIPLimit comes before any other check, so that refused requests count as well. An event stream counts once.
func (s *Server) withIPLimit(next http.Handler) http.Handler {
	return s.limited("ip", s.cfg.Limits.IP, next, func(r *http.Request) string {
		if s.isFile(r) {
			return ""
		}
		return httprate.CanonicalizeIP(s.clientIP(r))
	})
}

// isFile reports whether a request is for a file of this version, which lies in memory and which a browser asks for
// once. A page is nearly twenty of them when it is seen first: counted, sixty people who come to work in one office
// would use up their limit. What the checks would refuse is none, since refusing costs more than a file.
func (s *Server) isFile(r *http.Request) bool {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	return reads && s.ownHost(r) && strings.HasPrefix(r.URL.EscapedPath(), s.base+s.cfg.Assets.Path()+"/")
}

// withSessionLimit counts by the cookie without asking the store for its session: a limit that costs a look-up is none.
// Who makes cookies up to escape it still has an address.
func (s *Server) withSessionLimit(next http.Handler) http.Handler {
	return s.limited("session", s.cfg.Limits.Session, next, func(r *http.Request) string {
		if strings.HasPrefix(r.URL.Path, s.base+staticPath) {
			return ""
		}
		return s.cfg.Sessions.Fingerprint(r)
	})
}

// limited answers so many requests of each key in a minute; a request without a key is not counted.
func (s *Server) limited(by string, most int, next http.Handler, key func(*http.Request) string) http.Handler {
	// Its headers say nothing: X-RateLimit-… is Zapier's to say (zapier.ProxiedCalls).
	limiter := httprate.NewRateLimiter(most, limitWindow, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if key := key(r); key != "" && limiter.OnLimit(w, r, key) {
			s.answer(w, r, s.overLimit(w, r, by, key))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// overLimit is the error of one request too many. The log hears of each key once in a while, not of each request: who
// sends many must not fill it.
func (s *Server) overLimit(w http.ResponseWriter, r *http.Request, by, key string) *Error {
	if !s.toldLimits.OnLimit(w, r, by+" "+key) {
		s.audit(r, audit.RateLimited, "by", by)
	}
	return &Error{Code: "rate-limited", Status: http.StatusTooManyRequests, RetryAfter: limitWindow}
}

// newToldLimits lets one event of a key through in two windows. They slide, so a minute at least lies between two.
func newToldLimits() *httprate.RateLimiter {
	return httprate.NewRateLimiter(1, 2*limitWindow, httprate.WithResponseHeaders(httprate.ResponseHeaders{}))
}

// limitedPage is the page of all who are over a limit: to draw one for each would cost what the limit is there to save.
func (s *Server) limitedPage() ([]byte, error) {
	page := templates.Page{Phrases: s.cfg.Phrases, Base: s.base, Assets: s.base + s.cfg.Assets.Path()}
	var drawn bytes.Buffer
	err := templates.Limited(page, s.cfg.Phrases.Error("rate-limited")).Render(context.Background(), &drawn)
	return drawn.Bytes(), err
}
