package handlers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

// opensInPopup: what a popup shows first or last has no opener policy, which would cut it from its opener (popup.md,
// M4).
func opensInPopup(pattern string) bool {
	return strings.HasSuffix(pattern, "/start") || strings.HasPrefix(pattern, "/sign-in")
}

// onTheUsualPort is a deployment at an https address without a port.
func onTheUsualPort(c *handlers.Config) {
	c.PublicURL.Scheme, c.PublicURL.Host = "https", c.PublicURL.Hostname()
}

// The headers of a stranger's request to every route, by the way the server is deployed.
// TestEveryAnswerCarriesTheHeaders asks as somebody who is signed in.
func TestHeadersByDeployment(t *testing.T) {
	t.Parallel()
	always := map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Resource-Policy": "same-origin",
		"Cache-Control": "no-store", "Vary": "Sec-Fetch-Site, Sec-Fetch-Dest, Origin",
		"Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	}
	const hsts = "max-age=63072000; includeSubDomains"
	for name, row := range map[string]struct {
		prefix              string
		change              func(*handlers.Config)
		hsts, frame, report string
		ancestors           string
	}{
		"on this machine": {frame: "DENY", ancestors: "'none'"},
		"own host":        {change: onTheUsualPort, hsts: hsts, frame: "DENY", ancestors: "'none'"},
		"own host, names below it are others'": {
			change: func(c *handlers.Config) { onTheUsualPort(c); c.HSTSHostAlone = true }, hsts: "max-age=63072000", frame: "DENY", ancestors: "'none'",
		},
		"a port of its own": { // the promise would bind whoever serves the others
			change: func(c *handlers.Config) { c.PublicURL.Scheme = "https" }, frame: "DENY", ancestors: "'none'",
		},
		"below a path": { // the name is the partner's, and so is the promise of HTTPS
			prefix: "/zaps", change: onTheUsualPort, frame: "DENY", ancestors: "'none'",
		},
		"in frames": {
			change:    func(c *handlers.Config) { c.EmbedOrigins = []string{"https://partner.example", "https://two.example"} },
			ancestors: "https://partner.example https://two.example",
		},
		"in frames of other sites": {
			change: func(c *handlers.Config) {
				onTheUsualPort(c)
				c.CrossSite, c.EmbedOrigins = true, []string{"https://partner.example"}
			},
			hsts: hsts, ancestors: "https://partner.example",
		},
	} {
		t.Run(name, func(t *testing.T) {
			public, host := "", ""
			h := newHouse(t, options{prefix: row.prefix, change: func(c *handlers.Config) {
				copied := *c.PublicURL
				if c.PublicURL = &copied; row.change != nil {
					row.change(c)
				}
				public, host = c.PublicURL.String(), c.PublicURL.Host
			}})
			b := h.browser().stopping()
			for _, route := range everyRoute() {
				for _, method := range []string{route.method, http.MethodOptions, http.MethodHead, http.MethodTrace} {
					r := b.request(method, strings.NewReplacer("{", "", "}", "").Replace(route.path), nil)
					r.Header.Set("Origin", public)
					r.Host = host
					got := b.do(r)
					where := method + " " + route.pattern
					for header, want := range always {
						assert.Equal(t, []string{want}, got.header.Values(header), "%s: %s", where, header)
					}
					if !opensInPopup(route.pattern) {
						assert.Equal(t, "same-origin-allow-popups", got.header.Get("Cross-Origin-Opener-Policy"), where)
					} else if method == route.method {
						assert.Empty(t, got.header.Get("Cross-Origin-Opener-Policy"), where)
					}
					assert.Equal(t, row.hsts, got.header.Get("Strict-Transport-Security"), where)
					assert.Equal(t, row.frame, got.header.Get("X-Frame-Options"), where)
					policy := got.header.Get("Content-Security-Policy")
					assert.Contains(t, policy, "; frame-ancestors "+row.ancestors+";", where)
					assert.Contains(t, policy, "report-uri "+public+"/reports; report-to csp")
					assert.NotContains(t, policy, "unsafe", where)
					assert.Equal(t, `csp="`+public+`/reports"`, got.header.Get("Reporting-Endpoints"))
					for header := range got.header {
						assert.False(t, strings.HasPrefix(header, "Access-Control-") || slices.Contains([]string{"Server", "X-Powered-By", "X-Xss-Protection", "Etag"}, header), "%s: %s", where, header)
					}
					if method == http.MethodTrace || method == http.MethodOptions {
						assert.GreaterOrEqual(t, got.status, 400, where)
					}
				}
			}
			missing := b.request(http.MethodGet, "/static/nothing", nil)
			missing.Host = host
			asset := b.do(missing)
			assert.Equal(t, http.StatusNotFound, asset.status)
			assert.Equal(t, "no-store", asset.header.Get("Cache-Control"), "what is not there may be there tomorrow")
		})
	}
}

// Static files are kept for ever, and are nobody else's.
func TestHeadersOfFiles(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	home := b.get("/")
	for _, address := range []string{
		home.Find(`link[rel="stylesheet"]`).AttrOr("href", ""), home.Find("script[src]").AttrOr("src", ""), home.Find(`link[rel="icon"]`).AttrOr("href", ""),
	} {
		got := b.get(address)
		require.Equal(t, http.StatusOK, got.status, address)
		assert.Equal(t, "public, max-age=31536000, immutable", got.header.Get("Cache-Control"))
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		assert.Equal(t, "same-origin", got.header.Get("Cross-Origin-Resource-Policy"))
		assert.Regexp(t, `^(text/css|text/javascript|image/svg\+xml); charset=utf-8$`, got.header.Get("Content-Type"))
		assert.Contains(t, got.header.Values("Vary"), "Accept-Encoding")
		assert.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'", "an image may be opened by itself")
		head := b.do(b.request(http.MethodHead, address, nil))
		assert.Equal(t, got.status, head.status)
		for _, method := range []string{http.MethodPost, http.MethodTrace, http.MethodDelete} {
			refused := b.do(b.request(method, address, nil))
			assert.Equal(t, http.StatusMethodNotAllowed, refused.status)
			assert.Equal(t, "GET, HEAD", refused.header.Get("Allow"))
		}
	}
}

// methods that a route has not are refused with those that it has.
func TestMethodsThatARouteHasNot(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := "/attempts/x/start"
	for path, allow := range map[string]string{
		"/": "GET, HEAD", "/sign-out": "POST", "/reports": "POST", "/zaps/new": "GET, HEAD, POST", "/apps/" + emulator.AppBasic: "GET",
		attempt: "GET", "/sign-in": "GET", "/sign-in/callback": "GET", "/sign-in/failed": "GET, HEAD",
		"/api/session": "GET, HEAD", "/api/attempts": "POST", "/api/attempts/x": "GET", "/api/events": "GET",
		"/api/zapier/v2/apps": "GET", "/api/zapier/v2/zaps": "GET, POST", "/api/zapier/v2/zaps/1": "PATCH, DELETE",
	} {
		for _, method := range []string{http.MethodTrace, http.MethodOptions, http.MethodConnect, http.MethodPut, "PROPFIND", "GETS", "get", http.MethodHead} {
			if strings.Contains(allow, method) {
				continue
			}
			r := b.request(method, path, nil)
			if method == http.MethodConnect {
				r.URL.Opaque = r.URL.Path // else the client asks for a host
			}
			r.Header.Set("X-Zapembed", "1")
			got := b.do(r)
			assert.Equal(t, http.StatusMethodNotAllowed, got.status, "%s %s", method, path)
			assert.Equal(t, allow, got.header.Get("Allow"), "%s %s", method, path)
			assert.NotContains(t, got.body, "X-Zapembed: 1", "nothing of the request comes back")
		}
	}
	assert.Equal(t, http.StatusNotFound, b.do(b.request("PROPFIND", "/nothing", nil)).status)
	preflight := b.request(http.MethodOptions, "/api/session", nil)
	preflight.Header = http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"x-zapembed"}}
	refused := b.do(preflight)
	assert.Equal(t, http.StatusForbidden, refused.status)
	for header := range refused.header {
		assert.False(t, strings.HasPrefix(header, "Access-Control-"), header)
	}
}

// HEAD is GET without the body, and changes nothing; where GET changes something there is no HEAD.
func TestHEAD(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppAPIKey})
	places := b.places(attempt.ID)
	heads := 0
	for _, route := range everyRoute() {
		if route.method != http.MethodGet {
			continue
		}
		r := b.request(http.MethodHead, places.Replace(route.path), nil)
		r.Header.Set("X-Zapembed", "1")
		h.engine.written()
		head := b.do(r)
		assert.Zero(t, h.engine.written(), "%s changes something", route.pattern)
		assert.Empty(t, head.body)
		if head.status == http.StatusMethodNotAllowed {
			assert.Contains(t, head.header.Get("Allow"), "GET", route.pattern)
			assert.NotContains(t, head.header.Get("Allow"), "HEAD", route.pattern)
			continue
		}
		heads++
		r.Method = http.MethodGet
		got := b.do(r)
		assert.Equal(t, got.status, head.status, route.pattern)
		for _, header := range []string{"Content-Type", "Cache-Control", "Location"} {
			assert.Equal(t, got.header.Get(header), head.header.Get(header), route.pattern)
		}
	}
	assert.GreaterOrEqual(t, heads, 15)
	assert.False(t, b.attempt(http.MethodGet, "/api/attempts/"+attempt.ID, nil).Seen)
}
