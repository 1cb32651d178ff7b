package handlers

import (
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

const openerPolicy = "Cross-Origin-Opener-Policy"

// contentPolicy is the Content-Security-Policy around its nonce.
type contentPolicy struct{ before, after string }

func newContentPolicy(cfg Config) contentPolicy {
	images := strings.Join(append([]string{"img-src 'self' data:"}, cfg.ImageOrigins...), " ")
	ancestors := "'none'"
	if len(cfg.EmbedOrigins) > 0 {
		ancestors = strings.Join(cfg.EmbedOrigins, " ")
	}
	return contentPolicy{
		before: "default-src 'none'; script-src 'nonce-",
		after: "' 'strict-dynamic'; style-src 'self'; " + images +
			"; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors " + ancestors +
			"; require-trusted-types-for 'script'; trusted-types zapembed; report-uri " + reportsURL(cfg.PublicURL) + "; report-to " + reportGroup,
	}
}

// withHeaders sets the headers of every answer (security.md 4.1; ).
func (s *Server) withHeaders(next http.Handler) http.Handler {
	always := s.alwaysHeaders()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, 16)
		if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
			panic("handlers: no randomness for a nonce")
		}
		nonce := base64.RawStdEncoding.EncodeToString(raw)
		maps.Copy(w.Header(), always)
		w.Header().Set("Content-Security-Policy", s.csp.before+nonce+s.csp.after)
		next.ServeHTTP(w, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}

// alwaysHeaders are those that are the same in all answers, which share their values: whoever wants another one sets it,
// or adds to it, which copies. The opener policy is the one that keeps our popups reachable (popup.md, M2); a stricter one
// would cut them (M3).
func (s *Server) alwaysHeaders() http.Header {
	always := http.Header{
		"Reporting-Endpoints":          {fmt.Sprintf("%s=%q", reportGroup, reportsURL(s.cfg.PublicURL))},
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"no-referrer"},
		"Permissions-Policy":           {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
		openerPolicy:                   {"same-origin-allow-popups"},
		"Cache-Control":                {"no-store"},
		"Vary":                         {"Sec-Fetch-Site, Sec-Fetch-Dest, Origin"},
	}
	if len(s.cfg.EmbedOrigins) == 0 {
		always.Set("X-Frame-Options", "DENY")
	}
	if transport := s.strictTransport(); transport != "" {
		always.Set("Strict-Transport-Security", transport)
	}
	return always
}

// strictTransport is the promise of HTTPS, which binds a name with all its ports. Below a path the name is the partner's,
// and at a port of its own it is shared with who serves the others: there we promise nothing for them.
func (s *Server) strictTransport() string {
	public := s.cfg.PublicURL
	switch {
	case public.Scheme != "https" || s.base != "" || (public.Port() != "" && public.Port() != "443"):
		return ""
	case s.cfg.HSTSHostAlone:
		return "max-age=63072000"
	}
	return "max-age=63072000; includeSubDomains"
}

func withoutOpenerPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del(openerPolicy)
		next.ServeHTTP(w, r)
	})
}
