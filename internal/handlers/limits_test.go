package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/web/templates"
)

// from sends a request as if it came from the address, past every network.
func (b *browser) from(address string, r *http.Request) *http.Response {
	b.t.Helper()
	r.RemoteAddr, r.Host, r.RequestURI = address, r.URL.Host, r.URL.RequestURI()
	for _, cookie := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	answer := recorder{httptest.NewRecorder()}
	b.house.server.ServeHTTP(answer, r)
	return answer.Result()
}

// recorder takes an event stream as well, which asks for time.
type recorder struct{ *httptest.ResponseRecorder }

func (recorder) SetWriteDeadline(time.Time) error { return nil }

// one address is answered so often a minute, whatever it asks for but the files of this version.
func TestLimitOfAnAddress(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Limits.IP = 5 }})
	b := h.browser()
	ask := func(address, path string) *http.Response {
		r := b.request(http.MethodGet, path, nil)
		r.Header.Set("X-Zapembed", "1")
		return b.from(address, r)
	}
	for i, path := range []string{"/", "/static/nothing", "/nothing", "/api/session", "/api/events"} {
		assert.NotEqual(t, http.StatusTooManyRequests, ask("192.0.2.1:"+fmt.Sprint(1000+i), path).StatusCode)
	}
	refused := ask("192.0.2.1:99", "/apps")
	assert.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
	assert.Equal(t, "60", refused.Header.Get("Retry-After"))
	assert.Empty(t, refused.Header.Get("X-RateLimit-Limit"), "that is Zapier's word")
	assert.NotEmpty(t, refused.Header.Get("Content-Security-Policy"))
	assert.Equal(t, http.StatusTooManyRequests, ask("[::ffff:192.0.2.1]:99", "/apps").StatusCode, "the same in the other spelling")
	assert.Equal(t, http.StatusOK, ask("192.0.2.2:99", "/").StatusCode, "nobody else")
	for i := range 5 {
		ask("[2001:db8::"+fmt.Sprint(i+1)+"]:1", "/")
	}
	assert.Equal(t, http.StatusTooManyRequests, ask("[2001:db8::ffff:1]:1", "/").StatusCode, "a household has many addresses of IPv6")
	assert.Equal(t, http.StatusOK, ask("[2001:db8:1::1]:1", "/").StatusCode)
	assert.Contains(t, h.logs.String(), `event=rate-limited by=ip client=192.0.2.1`)
	assert.Equal(t, http.StatusTooManyRequests, ask("192.0.2.1:99", "/static/nothing").StatusCode, "a file of no version")
}

// A page is nearly twenty files when it is seen first, and one address may be a whole office.
func TestFilesHaveNoLimit(t *testing.T) {
	for _, prefix := range []string{"", "/zaps"} {
		h := newHouse(t, options{prefix: prefix, change: func(c *handlers.Config) { c.Limits.IP = 2 }})
		b := h.browser()
		sheet := b.get("/").Find(`link[rel="stylesheet"]`).AttrOr("href", "")
		ask := func(method, path string, bend func(*http.Request)) int {
			r := b.request(method, "/", nil)
			r.URL = r.URL.ResolveReference(&url.URL{Path: path})
			if bend != nil {
				bend(r)
			}
			return b.from("127.0.0.1:1", r).StatusCode
		}
		for range 20 {
			require.Equal(t, http.StatusOK, ask(http.MethodGet, sheet, nil))
			require.Equal(t, http.StatusOK, ask(http.MethodHead, sheet, nil))
		}
		require.Equal(t, http.StatusNotFound, ask(http.MethodGet, "/nothing", nil), "files have not used it up")
		for name, got := range map[string]int{
			"a page":                         ask(http.MethodGet, "/", nil),
			"a change":                       ask(http.MethodPost, sheet, nil),
			"a file of another host":         ask(http.MethodGet, sheet, func(r *http.Request) { r.URL.Host = "evil.example" }),
			"a file of another version":      ask(http.MethodGet, prefix+"/static/0123456789abcdef/css/zapembed.css", nil),
			"a path that only looks like it": ask(http.MethodGet, sheet, func(r *http.Request) { r.URL.RawPath = strings.Replace(sheet, "static", "%73tatic", 1) }),
		} {
			assert.Equal(t, http.StatusTooManyRequests, got, name)
		}
	}
}

// What is refused costs a line in the log and an answer that lies ready: the event of a key is written once, and
// nothing beside it.
func TestLimitIsToldOnce(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Limits.IP, c.Limits.Session = 60, 30 }})
	b := h.signedIn(emulator.UserWade)
	ask := func(address string) *http.Response { return b.from(address, b.request(http.MethodGet, "/", nil)) }
	for range 90 {
		ask("192.0.2.1:1")
	}
	reads := h.engine.read()
	h.logs.forget()
	var bodies []string
	for range 10 {
		refused := ask("192.0.2.1:1")
		require.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
		assert.Equal(t, "60", refused.Header.Get("Retry-After"))
		assert.Equal(t, "text/html; charset=utf-8", refused.Header.Get("Content-Type"))
		body, err := io.ReadAll(refused.Body)
		require.NoError(t, err)
		bodies = append(bodies, string(body))
	}
	assert.Len(t, slices.Compact(bodies), 1, "one page for all")
	assert.Less(t, len(bodies[0]), 1500)
	assert.NotContains(t, bodies[0], "<script")
	assert.Contains(t, bodies[0], templates.English().Error("rate-limited").Sentence)
	assert.Contains(t, bodies[0], `href="/">Go to the first page</a>`)
	assert.NotContains(t, bodies[0], "Nothing is lost", "it does not have what was sent")
	assert.Equal(t, 10, strings.Count(h.logs.String(), "\n"), "the line of each request and no other: "+h.logs.String())
	assert.Equal(t, reads, h.engine.read())
	h.logs.forget()
	for range 70 {
		ask("192.0.2.2:1")
	}
	assert.Equal(t, 1, strings.Count(h.logs.String(), "event=rate-limited by=ip client=192.0.2.2"), "another address is news")
	assert.NotContains(t, h.logs.String(), "code=rate-limited")
}

// Every route has the limit, and answers in its own voice.
func TestLimitOfEveryRoute(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Limits.IP = 1 }})
	b := h.browser()
	b.get("/")
	for _, route := range everyRoute() {
		r := b.request(route.method, strings.NewReplacer("{", "", "}", "").Replace(route.path), strings.NewReader("x"))
		got := b.stopping().do(r)
		assert.Equal(t, http.StatusTooManyRequests, got.status, route.pattern)
		assert.NotEmpty(t, got.header.Get("X-Request-Id"), route.pattern)
		if strings.HasPrefix(route.pattern, "/api/") {
			assert.Contains(t, got.body, `"code":"rate-limited"`)
			assert.Contains(t, got.body, `"retry_after":60`)
		} else {
			assert.Equal(t, "rate-limited", got.errorCode())
		}
	}
}

func TestLimitOfASession(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Limits.Session = 30 }})
	b, other := h.signedIn(emulator.UserWade), h.signedIn(emulator.UserWade)
	status := 0
	for range 31 {
		status = b.call(http.MethodGet, "/api/session", nil).status
	}
	require.Equal(t, http.StatusTooManyRequests, status)
	before := h.engine.read()
	assert.Equal(t, http.StatusTooManyRequests, b.get("/apps").status)
	assert.Equal(t, before, h.engine.read(), "what is refused costs no look into the store")
	assert.Contains(t, h.logs.String(), "event=rate-limited by=session")
	assert.Equal(t, http.StatusOK, other.get("/").status, "another browser of the same person")
	assert.Equal(t, http.StatusNotFound, b.get("/static/nothing").status, "files are not counted")
	stranger := h.browser()
	for range 40 {
		r := stranger.request(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", "zapembed=made-up")
		require.Equal(t, http.StatusOK, stranger.do(r).status, "what is no id is nobody's")
	}
	for range 40 {
		r := b.request(http.MethodPost, "/sign-out", nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		require.Equal(t, http.StatusForbidden, other.do(r).status, "other sites cannot use up somebody's limit")
	}
	assert.Equal(t, http.StatusOK, other.get("/").status)
	cookie := b.client.Jar.Cookies(b.request(http.MethodGet, "/", nil).URL)[0].Value
	assert.NotContains(t, h.logs.String(), cookie)
}

// forwarded addresses count where a named proxy says them, and in one spelling.
func TestForwardedAddress(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")}
	direct := newHouse(t, options{})
	proxied := newHouse(t, options{change: func(c *handlers.Config) { c.TrustedProxies = trusted }})
	for name, row := range map[string]struct {
		trusted []netip.Prefix
		peer    string
		headers http.Header
		want    string
	}{
		"nobody is trusted":              {nil, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "10.0.0.1"},
		"a trusted proxy":                {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		"a trusted proxy by IPv6":        {trusted, "[2001:db8::1]:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		"a trusted proxy as IPv4 in 6":   {trusted, "[::ffff:10.0.0.1]:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		"a peer that is none":            {trusted, "203.0.113.5:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "203.0.113.5"},
		"what the client made up":        {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"1.1.1.1, 198.51.100.1"}}, "198.51.100.1"},
		"in a line of its own":           {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"1.1.1.1", "198.51.100.1"}}, "198.51.100.1"},
		"as if it came from a proxy":     {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"1.1.1.1, 198.51.100.1, 10.9.9.9"}}, "198.51.100.1"},
		"two proxies":                    {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1, 192.0.2.7"}}, "198.51.100.1"},
		"rubbish":                        {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1, unknown"}}, "10.0.0.1"},
		"rubbish before a proxy":         {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1, unknown, 10.2.2.2"}}, "10.2.2.2"},
		"no client at all":               {trusted, "10.0.0.1:1", http.Header{}, "10.0.0.1"},
		"no client, by another proxy":    {trusted, "[::ffff:10.0.0.2]:1", http.Header{"X-Forwarded-For": {" , "}}, "10.0.0.2"},
		"one in the proxies' network":    {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"10.5.5.5", "10.2.2.2"}}, "10.5.5.5"},
		"a proxy that adds ports":        {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"1.1.1.1, 198.51.100.1:4711"}}, "198.51.100.1"},
		"a port behind a proxy":          {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"1.1.1.1, [2001:db9::1]:4711, 10.2.2.2:80"}}, "2001:db9::1"},
		"an underscore":                  {trusted, "10.0.0.1:1", http.Header{"X_Forwarded_For": {"1.1.1.1"}, "X-Forwarded-For": {"198.51.100.1"}}, "198.51.100.1"},
		"an underscore alone":            {trusted, "203.0.113.5:1", http.Header{"X_Forwarded_For": {"1.1.1.1"}}, "203.0.113.5"},
		"others' spellings":              {trusted, "203.0.113.5:1", http.Header{"X-Real-Ip": {"1.1.1.1"}, "Forwarded": {"for=1.1.1.1"}, "True-Client-Ip": {"1.1.1.1"}, "Cf-Connecting-Ip": {"1.1.1.1"}, "X-Client-Ip": {"1.1.1.1"}}, "203.0.113.5"},
		"others' spellings, by a proxy":  {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1"}, "X-Real-Ip": {"1.1.1.1"}, "Forwarded": {"for=1.1.1.1"}, "True-Client-Ip": {"1.1.1.1"}}, "198.51.100.1"},
		"a line break":                   {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"198.51.100.1\r\nX: y"}}, "10.0.0.1"},
		"an address with a zone":         {trusted, "10.0.0.1:1", http.Header{"X-Forwarded-For": {"fe80::1%eth0"}}, "fe80::1"},
		"a peer with no address":         {trusted, "@", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "unknown"},
		"nobody trusted, and no address": {nil, "@", http.Header{"X-Forwarded-For": {"198.51.100.1"}}, "unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			h := direct
			if row.trusted != nil {
				h = proxied
			}
			b := h.browser()
			r := b.request(http.MethodGet, "/", nil)
			r.URL.Host, r.Header = "evil.example", row.headers.Clone()
			b.from(row.peer, r)
			lines := strings.Split(h.logs.String(), "event=host-refused client=")
			assert.Equal(t, row.want, strings.Fields(lines[len(lines)-1])[0])
		})
	}
	limited := newHouse(t, options{change: func(c *handlers.Config) { c.Limits.IP, c.TrustedProxies = 1, trusted }})
	var last int
	for _, client := range []string{"198.51.100.8", "198.51.100.9", "198.51.100.9"} {
		assert.NotEqual(t, http.StatusTooManyRequests, last)
		r := limited.browser().request(http.MethodGet, "/nothing", nil)
		r.Header.Set("X-Forwarded-For", client)
		last = limited.browser().from("10.0.0.1:1", r).StatusCode
	}
	assert.Equal(t, http.StatusTooManyRequests, last, "the limit is that of the client, not of the proxy")
}

// Whatever a proxy is said to have forwarded, what we say of ourselves comes from PUBLIC_URL.
func TestForwardedHeadersSayNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{prefix: "/zaps", change: func(c *handlers.Config) {
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	}})
	b := h.signedIn(emulator.UserWade).stopping()
	for _, name := range []string{
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded-Scheme", "X-Forwarded-Uri", "X-Forwarded-Path",
		"X_Forwarded_Host", "X_Forwarded_Proto", "X_Forwarded_For", "X-Forwarded_Host", "X-Original-Url", "X-Original-Host", "X-Rewrite-Url", "X-Host", "X-Http-Host-Override", "X-Http-Method-Override",
		"X-Method-Override", "X-Script-Name", "Forwarded", "Front-End-Https", "X-Url-Scheme", "X-Base-Url", "Base-Url", "Request-Uri", "Destination", "Proxy-Host", "X-Proxy-Url", "Referer",
	} {
		for _, value := range []string{"evil.example", "https://evil.example/x", "/evil.example", "DELETE", "host=evil.example;proto=evil"} {
			for _, path := range []string{"/", "/sign-in?return_to=/apps", "/nothing"} {
				r := b.request(http.MethodGet, path, nil)
				r.Header.Set(name, value)
				got := b.do(r)
				want := map[string]int{"/": 200, "/nothing": 404}[path]
				if want == 0 {
					want = http.StatusFound
					assert.Contains(t, got.header.Get("Location"), "redirect_uri="+strings.NewReplacer(":", "%3A", "/", "%2F").Replace(h.url+"/sign-in/callback"))
				}
				assert.Equal(t, want, got.status, "%s: %s", name, value)
				assert.NotContains(t, fmt.Sprint(got.body, got.header), "evil", "%s: %s", name, value)
			}
		}
	}
}

// The observer hears of every answer by the pattern of its route, of one that is broken off as well.
func TestObserver(t *testing.T) {
	var heard []string
	h := newHouse(t, options{prefix: "/zaps", change: func(c *handlers.Config) {
		c.Observe = func(r *http.Request, route string, status int, took time.Duration) {
			assert.GreaterOrEqual(t, took, time.Duration(0))
			heard = append(heard, fmt.Sprint(r.Method, " ", route, " ", status))
		}
	}})
	b := h.browser().stopping()
	b.get("/apps/secret?query=secret")
	b.get("/nothing/secret")
	b.get("/static/secret")
	b.call(http.MethodGet, "/api/zapier/v2/apps?secret", nil)
	assert.Equal(t, []string{"GET /zaps/apps/{app} 401", "GET /zaps/* 404", "GET /zaps/static/* 404", "GET /zaps/api/zapier/v2/* 401"}, heard)
}

// a session holds so many streams open and no more, and one that ends makes room.
func TestLimitOfStreams(t *testing.T) {
	h := newHouse(t, options{heartbeat: 10 * time.Millisecond})
	b := h.signedIn(emulator.UserWade)
	open := func(b *browser) *http.Response {
		r := b.request(http.MethodGet, "/api/events", nil)
		r.Header.Set("X-Zapembed", "1")
		answer, err := b.client.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	var first *http.Response
	for range 20 {
		if answer := open(b); assert.Equal(t, http.StatusOK, answer.StatusCode) && first == nil {
			first = answer
		}
	}
	refused := open(b)
	assert.Equal(t, http.StatusTooManyRequests, refused.StatusCode)
	assert.NotEmpty(t, refused.Header.Get("Retry-After"))
	assert.Equal(t, http.StatusOK, open(h.signedIn(emulator.UserNadia)).StatusCode, "nobody else is")
	require.NoError(t, first.Body.Close())
	require.Eventually(t, func() bool { return open(b).StatusCode == http.StatusOK }, 20*time.Second, 10*time.Millisecond)
}
