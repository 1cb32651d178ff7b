package handlers

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"
)

const openerPolicy = "Cross-Origin-Opener-Policy"

// contentPolicy is the Content-Security-Policy around its nonce.
type contentPolicy struct{ before, after string }

func newContentPolicy(imageOrigins, embedOrigins []string) contentPolicy {
	images := strings.Join(append([]string{"img-src 'self' data:"}, imageOrigins...), " ")
	ancestors := "'none'"
	if len(embedOrigins) > 0 {
		ancestors = strings.Join(embedOrigins, " ")
	}
	return contentPolicy{
		before: "default-src 'none'; script-src 'nonce-",
		after: "' 'strict-dynamic'; style-src 'self'; " + images +
			"; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors " + ancestors +
			"; require-trusted-types-for 'script'; trusted-types zapembed",
	}
}

// withHeaders sets the headers of every answer (security.md 4.1; ). The opener policy is
// the one that keeps our popups reachable (popup.md, M2); a stricter one would cut them (M3).
func (s *Server) withHeaders(next http.Handler) http.Handler {
	secure := s.cfg.PublicURL.Scheme == "https"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw := make([]byte, 16)
		if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
			panic("handlers: no randomness for a nonce")
		}
		nonce := base64.RawStdEncoding.EncodeToString(raw)
		header := w.Header()
		header.Set("Content-Security-Policy", s.csp.before+nonce+s.csp.after)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		header.Set("Cross-Origin-Resource-Policy", "same-origin")
		header.Set(openerPolicy, "same-origin-allow-popups")
		if len(s.cfg.EmbedOrigins) == 0 {
			header.Set("X-Frame-Options", "DENY")
		}
		header.Set("Cache-Control", "no-store")
		header.Add("Vary", "Sec-Fetch-Site, Origin")
		if secure && s.base == "" { // under a prefix the name is the partner's, and so is this promise
			header.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r.WithContext(templ.WithNonce(r.Context(), nonce)))
	})
}

func withoutOpenerPolicy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del(openerPolicy)
		next.ServeHTTP(w, r)
	})
}
