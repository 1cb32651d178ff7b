package handlers

import (
	"encoding/base64"
	"fmt"
	"io"
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

// withHeaders sets the headers of every answer (security.md 4.1; ). The opener policy is
// the one that keeps our popups reachable (popup.md, M2); a stricter one would cut them (M3).
func (s *Server) withHeaders(next http.Handler) http.Handler {
	transport := s.strictTransport()
	reports := fmt.Sprintf("%s=%q", reportGroup, reportsURL(s.cfg.PublicURL))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, 16)
		if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
			panic("handlers: no randomness for a nonce")
		}
		nonce := base64.RawStdEncoding.EncodeToString(raw)
		header := w.Header()
		header.Set("Content-Security-Policy", s.csp.before+nonce+s.csp.after)
		header.Set("Reporting-Endpoints", reports)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set(openerPolicy, "same-origin-allow-popups")
		if len(s.cfg.EmbedOrigins) == 0 {
			header.Set("X-Frame-Options", "DENY")
		}
		header.Set("Cache-Control", "no-store")
		header.Add("Vary", "Sec-Fetch-Site, Sec-Fetch-Dest, Origin")
		if transport != "" {
			header.Set("Strict-Transport-Security", transport)
		}
		next.ServeHTTP(w, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
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
