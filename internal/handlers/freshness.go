package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// withFreshness says how new Zapier's answers have to be for a request, and lets its page know how old they are. Who loads
// a page again wants to see what there is now. A program that calls Zapier's own API says so with "no-cache", and means
// it: it gets an error rather than an answer from before.
func (s *Server) withFreshness(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, ctx := strings.TrimPrefix(r.URL.Path, s.base), r.Context()
		switch {
		case strings.HasPrefix(path, "/api/"):
			if asksFor(r, "no-cache", "no-store") {
				r = r.WithContext(zapier.Afresh(ctx))
			}
		default:
			ctx, _ = zapier.WatchAge(ctx)
			if onlyLooks(r) && asksFor(r, "no-cache", "max-age=0") {
				ctx = zapier.Reloaded(ctx)
			}
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// asksFor reports whether Cache-Control has one of the directives.
func asksFor(r *http.Request, directives ...string) bool {
	header := r.Header.Get("Cache-Control")
	if header == "" {
		return false
	}
	for part := range strings.SplitSeq(strings.ToLower(header), ",") {
		if slices.Contains(directives, strings.TrimSpace(part)) {
			return true
		}
	}
	return false
}
