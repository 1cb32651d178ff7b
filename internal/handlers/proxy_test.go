package handlers_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// upstream stands before the emulator: it notes the calls of the API and can answer them itself.
type upstream struct {
	mu     sync.Mutex
	calls  []upstreamCall
	answer http.HandlerFunc
}

type upstreamCall struct {
	method, target, body string
	header               http.Header
}

func (u *upstream) before(emulator http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/v1/") && !strings.HasPrefix(r.URL.Path, "/v2/") || r.URL.Path == "/v2/authorize" {
			emulator.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		u.mu.Lock()
		u.calls = append(u.calls, upstreamCall{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		answer := u.answer
		u.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		emulator.ServeHTTP(w, r)
	})
}

func (u *upstream) answers(answer http.HandlerFunc) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.answer = answer
}

// take gives the calls since the last take.
func (u *upstream) take() []upstreamCall {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.calls
	u.calls = nil
	return taken
}

// proxied is a signed-in browser of a house whose calls to Zapier are watched.
func proxied(t *testing.T, opts options) (*house, *upstream, *browser) {
	t.Helper()
	u := &upstream{}
	opts.between = u.before
	h := newHouse(t, opts)
	b := h.signedIn(emulator.UserWade)
	u.take()
	return h, u, b
}

const proxyScopes = "profile zap zap:all zap:account:all zap:write zap:update zap:delete zap:pause zap:runs action:run connection:read connection:write"

// What is passed on is what the emulator has of Zapier's API, and each call of it is understood there.
func TestProxyPassesOnEveryCall(t *testing.T) {
	_, u, b := proxied(t, options{scopes: proxyScopes})
	for _, call := range zapier.ProxiedCalls() {
		t.Run(call.Method+" "+call.Path, func(t *testing.T) {
			path, body := toBePassedOn(call)
			got := b.call(call.Method, "/api/zapier"+path, body)
			calls := u.take()
			require.Len(t, calls, 1)
			assert.Equal(t, call.Method, calls[0].method)
			assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed}, got.status, got.body)
			assert.Equal(t, "application/json", got.header.Get("Content-Type"), got.body)
			target, err := url.Parse(calls[0].target)
			require.NoError(t, err)
			assert.Equal(t, path, target.Path)
			authorization, id := calls[0].header.Get("Authorization"), target.Query().Get("client_id")
			assert.Equal(t, call.Credential() == "user token", strings.HasPrefix(authorization, "Bearer "))
			assert.Equal(t, call.Credential() == "client id", id == "partner", "R-61: and nobody else's")
			if body != nil {
				assert.Equal(t, body, calls[0].body)
			}
		})
	}
}

// toBePassedOn is a call as somebody could send it; the body is nil if it takes none.
func toBePassedOn(call zapier.ProxiedCall) (path string, body any) {
	if call.Method == http.MethodPost || call.Method == http.MethodPatch {
		body = `{"data":{}}`
	}
	return strings.NewReplacer("{action_id}", "core:none", "{input_id}", "COL$A", "{id}", "none").Replace(call.Path), body
}

func TestProxyKnowsEveryCallOfTheAPI(t *testing.T) {
	var documented, passed []string
	for _, row := range newHouse(t, options{}).emulator.Coverage() {
		ours := row.Path == "/v2/authorize" || strings.HasPrefix(row.Path, "/v2/promotions")
		if !ours && (strings.HasPrefix(row.Path, "/v1/") || strings.HasPrefix(row.Path, "/v2/")) {
			documented = append(documented, row.Method+" "+row.Path)
		}
	}
	for _, call := range zapier.ProxiedCalls() {
		passed = append(passed, call.Method+" "+call.Path)
	}
	assert.ElementsMatch(t, documented, passed)
}

func TestProxyPassesOnToTheByte(t *testing.T) {
	for _, prefix := range []string{"", "/zaps"} {
		h, u, b := proxied(t, options{prefix: prefix})
		body := "{ \"data\" : {\"title\": \"Zo\\u00eb & <you>\",\"steps\":[]}}\n"
		got := b.call(http.MethodPost, "/api/zapier/v2/zaps?expand=steps.action,steps.authentication", body)
		assert.Equal(t, http.StatusBadRequest, got.status)
		assert.Contains(t, got.body, `"pointer":"/data/steps"`, "Zapier's own words")
		assert.Equal(t, [][]byte{[]byte(body)}, h.emulator.Bodies(emulator.OpZapCreate))
		assert.Equal(t, "/v2/zaps?expand=steps.action%2Csteps.authentication", u.take()[0].target)

		listed := b.call(http.MethodGet, "/api/zapier/v2/zaps?limit=2&inputs%5Bpriority%5D=normal&include_shared=true", nil)
		assert.Equal(t, http.StatusOK, listed.status)
		assert.Equal(t, "/v2/zaps?include_shared=true&inputs%5Bpriority%5D=normal&limit=2", u.take()[0].target)

		apps := b.call(http.MethodGet, "/api/zapier/v2/apps?limit=1", nil)
		assert.Contains(t, apps.body, `"next":"`+h.zapier+`/v2/apps?`, "links stay as they are")
		b.call(http.MethodPost, "/api/zapier/v2/actions/uag:a-b/inputs/parents%5B%5Dsha%20x/choices?page=2", `{}`)
		calls := u.take()
		assert.Equal(t, "/v2/actions/uag:a-b/inputs/parents%5B%5Dsha%20x/choices?page=2", calls[len(calls)-1].target)
	}
}

// raw sends a request line as it stands, which no client would, and gives the status.
func (b *browser) raw(requestLine, more string) int {
	b.t.Helper()
	public, err := url.Parse(b.house.url)
	require.NoError(b.t, err)
	conn, err := (&net.Dialer{}).DialContext(b.t.Context(), "tcp", public.Host)
	require.NoError(b.t, err)
	defer conn.Close()
	cookies := ""
	for _, cookie := range b.client.Jar.Cookies(public) {
		cookies += cookie.Name + "=" + cookie.Value + "; "
	}
	_, err = fmt.Fprintf(conn, "%[1]s HTTP/1.1\r\nHost: %[2]s\r\nOrigin: http://%[2]s\r\nConnection: close\r\nX-Zapembed: 1\r\nCookie: %[3]s\r\n%[4]s\r\n",
		requestLine, public.Host, strings.TrimSuffix(cookies, "; "), more)
	require.NoError(b.t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(b.t, err)
	defer response.Body.Close()
	return response.StatusCode
}

// host, path and method are allowed by a list; what is not on it never leaves the server.
func TestProxyAllowsOnlyItsList(t *testing.T) {
	h, u, b := proxied(t, options{})
	require.Equal(t, http.StatusOK, b.raw("GET /api/zapier/v2/apps?limit=1", ""), "the test asks well")
	require.Len(t, u.take(), 1)
	for _, target := range []string{
		"/api/zapier", "/api/zapier/", "/api/zapier/v1", "/api/zapier/v2", "/api/zapier/v2/", "/api/zapier/v3/apps", "/api/zapier/apps",
		"/api/zapier/v2/apps/", "/api/zapier/v2/apps/x", "/api/zapier/v2/Apps", "/api/zapier/V2/apps", "/api/zapier/v2/apps.json",
		"/api/zapier/v2/authorize", "/api/zapier/v2/promotions", "/api/zapier/v2/promotions/x", "/api/zapier/v2/authentications/x",
		"/api/zapier/oauth/token", "/api/zapier/v2/oauth/token", "/api/zapier/v2/whitelabel", "/api/zapier/schema",
		// Traversal, plain and escaped, once and twice.
		"/api/zapier/../zapier/v2/apps", "/api/zapier/v2/../v2/apps", "/api/zapier/v2/./apps", "/api/zapier/v2/zaps/../apps",
		"/api/zapier/v2/action-runs/..", "/api/zapier/v2/action-runs/.", "/api/zapier/v2/action-runs/%2e%2e", "/api/zapier/v2/action-runs/%2E",
		"/api/zapier/v2/action-runs/.%2e", "/api/zapier/v2/action-runs/a%2Eb", "/api/zapier/v2/action-runs/%252e%252e", "/api/zapier/v2/action-runs/a%2fb", "/api/zapier/v2/action-runs/..%2fapps",
		"/api/zapier/v2/action-runs/%2F", "/api/zapier/v2/action-runs/..%5capps", "/api/zapier/v2/action-runs/a%5Cb", `/api/zapier/v2/action-runs/a\b`,
		"/api/zapier/v2/action-runs/%252f", "/api/zapier/v2/action-runs/a%00b", "/api/zapier/v2/action-runs/a%0d%0aX-Evil:1", "/api/zapier/v2/action-runs/%C0%AE%C0%AE",
		"/api/zapier/v2/action-runs/a;b", "/api/zapier/v2/action-runs/a%3Fb", "/api/zapier/v2/action-runs/a%23b", "/api/zapier/v2/action-runs/%E2%80%8B",
		"/api/zapier/v2%2fapps", "/api/zapier%2fv2/apps", "/api/zapier/v2/%61pps/..", "/api/zapier/v2/apps%2f", "/api/zapier/v2/apps%3Flimit=1",
		// Doubled slashes and other hosts.
		"//api/zapier/v2/apps", "/api//zapier/v2/apps", "/api/zapier//v2/apps", "/api/zapier/v2//apps", "/api/zapier/v2/apps//", "/api/zapier//evil.example/v2/apps",
		"/api/zapier/v2/action-runs/", "/api/zapier/v2/action-runs//", "/api/zapier/v2//action-runs/x", "/api/zapier/https://evil.example/v2/apps", "/api/zapier/v2/@evil.example/apps",
		"/api/zapier/v2/http:%2f%2fevil.example", "/api/zapier@evil.example/v2/apps", "/api/zapier/v2/action-runs/http://evil.example", "/api/zapier:80/v2/apps",
		// The absolute form, with our host and with another.
		h.url + "/api/zapier/v2/apps", "http://evil.example/api/zapier/v2/apps", "http://evil.example/v2/apps", h.zapier + "/v2/apps",
	} {
		status := b.raw("GET "+target, "")
		assert.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest, http.StatusMisdirectedRequest}, status, target)
		assert.Empty(t, u.take(), target)
	}
	for _, call := range []string{
		"POST /api/zapier/v2/apps", "DELETE /api/zapier/v2/apps", "HEAD /api/zapier/v2/apps", "OPTIONS /api/zapier/v2/apps", "TRACE /api/zapier/v2/apps",
		"get /api/zapier/v2/apps", "PUT /api/zapier/v2/zaps/1", "GET /api/zapier/v2/zaps/1", "POST /api/zapier/v2/zaps/1", "GET /api/zapier/v2/zaps/1/enable",
		"PATCH /api/zapier/v2/zaps", "DELETE /api/zapier/v2/zaps", "GET /api/zapier/v2/guess", "POST /api/zapier/v1/zaps", "PROPFIND /api/zapier/v2/zaps",
	} {
		assert.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusBadRequest}, b.raw(call, "Content-Length: 0\r\n"), call)
		assert.Empty(t, u.take(), call)
	}
	for target, code := range map[string]string{
		"/api/zapier/v2/promotions": "not-found", "/api/zapier/v2/zaps/%2e%2e": "not-found", "/api/zapier/v2/actions/x/inputs/y": "not-found",
		"/api/zapier/v2/zaps/1": "method-not-allowed",
	} {
		assert.Equal(t, code, b.call(http.MethodGet, target, nil).problem(t).Code, target)
	}
	// A method in disguise is what it is.
	override := b.request(http.MethodPost, "/api/zapier/v2/zaps/1/enable", nil)
	override.Header.Set("X-Zapembed", "1")
	override.Header.Set("X-HTTP-Method-Override", "DELETE")
	b.do(override)
	calls := u.take()
	require.Len(t, calls, 1)
	assert.Equal(t, http.MethodPost, calls[0].method)
	assert.Empty(t, calls[0].header.Get("X-HTTP-Method-Override"))
}

// R-60, L20: a query or a body that others may read in another way is refused.
func TestProxyRefusesWhatIsMalformed(t *testing.T) {
	_, u, b := proxied(t, options{})
	for _, query := range []string{"a=%zz", "limit=1;client_id=x", "%", "a=%f"} {
		got := b.call(http.MethodGet, "/api/zapier/v2/apps?"+query, nil)
		assert.Equal(t, http.StatusBadRequest, got.status, query)
		assert.Equal(t, "bad-request", got.problem(t).Code)
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html; ;", "application/jsonp", "application/json, text/html"} {
		r := b.request(http.MethodPost, "/api/zapier/v2/zaps", strings.NewReader(`{"data":{}}`))
		r.Header.Set("X-Zapembed", "1")
		r.Header.Set("Content-Type", kind)
		got := b.do(r)
		assert.Equal(t, http.StatusBadRequest, got.status, kind)
		assert.Contains(t, got.body, `"bad-request"`)
	}
	assert.Empty(t, u.take())
}

// The door of the API is that of the proxy too.
func TestProxyKeepsTheDoor(t *testing.T) {
	h, u, b := proxied(t, options{})
	plain := b.do(b.request(http.MethodGet, "/api/zapier/v2/apps", nil))
	assert.Equal(t, http.StatusForbidden, plain.status)
	assert.Contains(t, plain.body, "header-missing")
	for _, headers := range []http.Header{
		{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}},
	} {
		r := b.request(http.MethodPost, "/api/zapier/v2/zaps", strings.NewReader(`{"data":{}}`))
		r.Header = headers
		r.Header.Set("X-Zapembed", "1")
		r.Header.Set("Content-Type", "application/json")
		got := b.do(r)
		assert.Equal(t, http.StatusForbidden, got.status)
		assert.Contains(t, got.body, "cross-origin")
	}
	preflight := b.request(http.MethodOptions, "/api/zapier/v2/zaps", nil)
	preflight.Header.Set("Origin", "https://evil.example")
	preflight.Header.Set("Access-Control-Request-Method", "POST")
	preflight.Header.Set("Access-Control-Request-Headers", "x-zapembed")
	got := b.do(preflight)
	assert.GreaterOrEqual(t, got.status, 400)
	assert.Empty(t, got.header.Get("Access-Control-Allow-Origin"))

	stranger := h.browser().call(http.MethodGet, "/api/zapier/v2/apps", nil)
	assert.Equal(t, http.StatusUnauthorized, stranger.status)
	assert.Equal(t, "sign-in-required", stranger.problem(t).Code)
	assert.Equal(t, http.StatusUnauthorized, h.browser().call(http.MethodGet, "/api/zapier/v1/categories", nil).status, "also where Zapier wants no credential")
	assert.Empty(t, u.take())
}

// nothing of the browser's headers goes on but three.
func TestProxyDropsTheBrowsersHeaders(t *testing.T) {
	h, u, b := proxied(t, options{})
	hostile := http.Header{
		"Authorization": {"Bearer canary"}, "Proxy-Authorization": {"Basic canary"}, "Cookie2": {"canary"}, "Origin": {strings.TrimSuffix(h.url, "/")},
		"Referer": {h.url + "/?canary"}, "X-Forwarded-For": {"canary"}, "X-Forwarded-Host": {"canary"}, "X-Forwarded-Proto": {"canary"}, "X-Forwarded-Prefix": {"canary"},
		"Forwarded": {"for=canary"}, "X-Real-Ip": {"canary"}, "Via": {"canary"}, "Te": {"canary"}, "Trailer": {"X-Canary"}, "Upgrade": {"canary"}, "Keep-Alive": {"canary"},
		"Connection": {"Authorization, close"}, "Proxy-Connection": {"canary"}, "X_forwarded_for": {"canary"}, "X-Http-Method-Override": {"DELETE"}, "X-Original-Url": {"/canary"},
		"Expect": {}, "Range": {"bytes=0-1"}, "If-None-Match": {"canary"}, "If-Modified-Since": {"canary"}, "Content-Encoding": {"canary"}, "Idempotency-Key": {"canary"},
		"User-Agent": {"canary"}, "Accept-Encoding": {"canary"}, "Sec-Fetch-Mode": {"canary"}, "Sec-Ch-Ua": {"canary"}, "Dnt": {"canary"}, "X-Request-Id": {"canary"}, "X-Canary": {"canary"},
		"Accept": {"application/vnd.api+json"}, "Accept-Language": {"pl"}, "Content-Type": {"application/json; charset=utf-8"},
	}
	for _, call := range []struct{ method, path string }{
		{http.MethodPost, "/v2/zaps"}, {http.MethodPost, "/v2/guess"}, {http.MethodGet, "/v2/apps"}, {http.MethodGet, "/v1/categories"}, {http.MethodGet, "/v1/apps"},
	} {
		t.Run(call.method+" "+call.path, func(t *testing.T) {
			var body io.Reader
			if call.method == http.MethodPost {
				body = strings.NewReader(`{}`)
			}
			r := b.request(call.method, "/api/zapier"+call.path, body)
			r.Header = hostile.Clone()
			r.Header.Set("X-Zapembed", "1")
			b.do(r)
			calls := u.take()
			require.Len(t, calls, 1)
			passed := calls[0].header
			assert.Equal(t, "application/vnd.api+json", passed.Get("Accept"))
			assert.Equal(t, "pl", passed.Get("Accept-Language"))
			assert.NotContains(t, fmt.Sprint(passed), "canary")
			known := []string{"Accept", "Accept-Language", "Accept-Encoding", "User-Agent"}
			if body != nil {
				known = append(known, "Content-Type", "Content-Length")
				assert.Equal(t, "application/json", passed.Get("Content-Type"))
			}
			if passed.Get("Authorization") != "" {
				known = append(known, "Authorization")
			}
			for name := range passed {
				assert.Contains(t, known, name)
			}
		})
	}
	// Credentials in the query are ours or none.
	for path, want := range map[string]string{
		"/v2/apps?client_id=theirs&client_id=again&access_token=canary&Client_ID=x&limit=1": "/v2/apps?limit=1",
		"/v1/apps?client_id=theirs&client_secret=canary&per_page=1":                         "/v1/apps?client_id=partner&per_page=1",
		"/v2/actions?client_id=theirs&app=" + emulator.AppBasic:                             "/v2/actions?app=" + emulator.AppBasic,
		"/v1/categories?client_id=theirs":                                                   "/v1/categories",
	} {
		assert.Equal(t, http.StatusOK, b.call(http.MethodGet, "/api/zapier"+path, nil).status)
		assert.Equal(t, want, u.take()[0].target)
	}
}

// of Zapier's headers a few come back, and the rest are ours.
func TestProxyDropsZapiersHeaders(t *testing.T) {
	_, u, b := proxied(t, options{})
	for _, status := range []int{http.StatusOK, http.StatusCreated, http.StatusBadRequest, http.StatusTooManyRequests, http.StatusInternalServerError} {
		u.answers(func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range map[string]string{
				"Set-Cookie": "zapembed=canary; Path=/", "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Credentials": "canary", "Content-Security-Policy": "canary",
				"Www-Authenticate": "Basic canary", "Location": "https://canary.example", "Refresh": "0;url=canary", "Clear-Site-Data": `"*"`, "Cache-Control": "public, max-age=600",
				"Expires": "canary", "Etag": "canary", "Server": "canary", "X-Powered-By": "canary", "Strict-Transport-Security": "canary", "X-Frame-Options": "canary", "Link": "<canary>",
				"Cross-Origin-Opener-Policy": "canary", "Cross-Origin-Resource-Policy": "canary", "Referrer-Policy": "canary", "X-Content-Type-Options": "canary", "Vary": "canary",
				"Service-Worker-Allowed": "/canary", "Sourcemap": "canary", "X-Request-Id": "canary", "Permissions-Policy": "canary", "Content-Disposition": "canary",
				"Retry-After": "7", "X-Ratelimit-Limit": "60", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1700000000", "Content-Type": "application/json; charset=canary",
			} {
				w.Header().Set(name, value)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"errors":[]}`)
		})
		got := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
		assert.Equal(t, status, got.status)
		assert.Equal(t, `{"errors":[]}`, got.body)
		assert.NotContains(t, fmt.Sprint(got.header), "canary")
		assert.Equal(t, "application/json", got.header.Get("Content-Type"))
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		assert.Contains(t, got.header.Get("Content-Security-Policy"), "default-src 'none'")
		assert.Len(t, got.header.Values("Content-Security-Policy"), 1)
		for name, want := range map[string]string{"Retry-After": "7", "X-Ratelimit-Limit": "60", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1700000000"} {
			assert.Equal(t, []string{want}, got.header.Values(name))
		}
	}
}

// bodies have a limit either way.
func TestProxyLimitsBodies(t *testing.T) {
	_, u, b := proxied(t, options{})
	body := `{"data":"` + strings.Repeat("x", zapier.MaxProxyBody-11) + `"}`
	require.Len(t, body, zapier.MaxProxyBody)
	b.call(http.MethodPost, "/api/zapier/v2/zaps", body)
	require.Len(t, u.take(), 1)
	got := b.call(http.MethodPost, "/api/zapier/v2/zaps", body+" ")
	assert.Equal(t, http.StatusRequestEntityTooLarge, got.status)
	assert.Equal(t, "too-large", got.problem(t).Code)
	assert.Equal(t, http.StatusRequestEntityTooLarge, b.call(http.MethodPost, "/api/attempts", body).status, "only here")
	assert.Empty(t, u.take())

	answer := func(size int, announced bool) {
		u.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if announced {
				w.Header().Set("Content-Length", fmt.Sprint(size))
			} else {
				_ = http.NewResponseController(w).Flush() // from here on the size cannot be announced
			}
			_, _ = w.Write(bytes.Repeat([]byte("1"), size))
		})
	}
	answer(zapier.MaxProxyAnswer, true)
	whole := b.call(http.MethodGet, "/api/zapier/v2/zaps", nil)
	assert.Equal(t, http.StatusOK, whole.status)
	assert.Len(t, whole.body, zapier.MaxProxyAnswer)
	answer(zapier.MaxProxyAnswer+1, true)
	assert.Equal(t, "zapier-too-large", b.call(http.MethodGet, "/api/zapier/v2/zaps", nil).problem(t).Code, "known before anything was passed back")
	answer(zapier.MaxProxyAnswer+1, false)
	assert.True(t, b.breaksOff("/api/zapier/v2/zaps"), "what was begun does not look whole")
}

// breaksOff reports whether the answer to a GET ends before it should.
func (b *browser) breaksOff(path string) bool {
	b.t.Helper()
	r := b.request(http.MethodGet, path, nil)
	r.Header.Set("X-Zapembed", "1")
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	assert.Equal(b.t, http.StatusOK, response.StatusCode)
	_, err = io.Copy(io.Discard, response.Body)
	return err != nil
}

// An answer that breaks off is an error, before its status is passed back if it is short.
func TestProxyNeverPassesBackHalfAnAnswer(t *testing.T) {
	h, u, b := proxied(t, options{})
	for size, want := range map[int]string{0: "", 100: "", 200_000: "broken"} {
		u.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(bytes.Repeat([]byte("1"), size))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		if want != "" {
			assert.True(t, b.breaksOff("/api/zapier/v2/zaps"))
			continue
		}
		got := b.call(http.MethodGet, "/api/zapier/v2/zaps", nil)
		assert.Equal(t, http.StatusBadGateway, got.status)
		assert.Equal(t, "zapier-cut-off", got.problem(t).Code)
	}
	assert.Empty(t, h.logs.surprises())
}

// Zapier's own errors come back as they are; what is not the API's is told by us.
func TestProxyErrors(t *testing.T) {
	h, _, b := proxied(t, options{})
	for _, row := range []struct {
		fault  emulator.Fault
		status int
		code   string
	}{
		{emulator.Fault{Status: 400}, 400, ""},
		{emulator.Fault{Status: 403}, 403, ""},
		{emulator.Fault{Status: 404}, 404, ""},
		{emulator.Fault{Status: 409}, 409, ""},
		{emulator.Fault{Status: 429}, 429, ""},
		{emulator.Fault{Status: 500}, 500, ""},
		{emulator.Fault{Status: 503}, 503, ""},
		{emulator.Fault{Status: 504}, 504, ""},
		{emulator.Fault{HTML: true}, 502, "zapier-unavailable"},
		{emulator.Fault{HTML: true, Status: 429}, 429, "zapier-rate-limited"},
		{emulator.Fault{HTML: true, Status: 504}, 504, "zapier-timeout"},
		{emulator.Fault{Drop: true, Times: 2}, 502, "zapier-cut-off"},
	} {
		row.fault.Operation = emulator.OpAppsList
		require.NoError(t, h.emulator.Arm(row.fault))
		got := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
		assert.Equal(t, row.status, got.status, row)
		if row.code == "" {
			assert.Contains(t, got.body, `{"errors":[{"status":`, row)
		} else {
			assert.Equal(t, row.code, got.problem(t).Code, row)
		}
		if row.status == 429 || row.status == 503 {
			assert.Equal(t, "60", got.header.Get("Retry-After"))
		}
		h.emulator.Disarm()
	}
	assert.Equal(t, http.StatusOK, b.call(http.MethodGet, "/api/zapier/v2/apps", nil).status)
}

// What may have been done is not to be sent again without a look; what only reads may be.
func TestProxyTellsToLookFirst(t *testing.T) {
	_, u, b := proxied(t, options{scopes: proxyScopes})
	u.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	words := templates.English()
	var unclear []string
	for _, call := range zapier.ProxiedCalls() {
		path, body := toBePassedOn(call)
		got := b.call(call.Method, "/api/zapier"+path, body)
		problem := got.problem(t)
		require.Equal(t, "zapier-unavailable", problem.Code, call.Op)
		advice, seconds := words.Error(problem.Code).Advice, 7
		if !problem.Retry {
			unclear = append(unclear, call.Op)
			advice, seconds = words.Problem.LookFirst, 0
		}
		assert.Equal(t, advice, problem.Advice, call.Op)
		assert.Contains(t, problem.Detail, advice, call.Op)
		assert.Equal(t, seconds, problem.RetryAfter, call.Op)
		assert.Equal(t, problem.Retry, got.header.Get("Retry-After") != "", call.Op)
		assert.Equal(t, problem.Retry, !problem.TryAgainAt.IsZero(), call.Op)
	}
	assert.Equal(t, []string{
		"authentications.create", "actions.test", "action-runs.create", "zaps.create", "zaps.update", "zaps.delete", "zaps.enable",
	}, unclear)
}

// a redirect is not followed, with or without the token, and not passed back.
func TestProxyFollowsNoRedirect(t *testing.T) {
	_, u, b := proxied(t, options{})
	for _, status := range []int{301, 302, 303, 307, 308, 304} {
		u.answers(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/v2/zaps")
			w.WriteHeader(status)
		})
		got := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
		assert.Equal(t, "zapier-unavailable", got.problem(t).Code)
		assert.Empty(t, got.header.Get("Location"))
		assert.Len(t, u.take(), 1)
	}
	u.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<script>alert(1)</script>")
	})
	page := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
	assert.Equal(t, "zapier-not-json", page.problem(t).Code, "a page is no answer of the API")
	u.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	empty := b.call(http.MethodDelete, "/api/zapier/v2/zaps/1", nil)
	assert.Equal(t, http.StatusNoContent, empty.status)
	assert.Empty(t, empty.header.Get("Content-Type"))
}

// A token that died before its time is renewed once, and the body is sent again.
func TestProxyRenewsTheToken(t *testing.T) {
	h, u, b := proxied(t, options{})
	h.emulator.ExpireTokens(emulator.UserWade)
	got := b.call(http.MethodPost, "/api/zapier/v2/zaps", `{"data":{"title":"T"}}`)
	assert.Equal(t, http.StatusBadRequest, got.status, got.body)
	calls := u.take()
	require.Len(t, calls, 2)
	assert.Equal(t, calls[0].body, calls[1].body)
	assert.NotEqual(t, calls[0].header.Get("Authorization"), calls[1].header.Get("Authorization"))

	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 401, Times: 9}))
	refused := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
	assert.Equal(t, http.StatusUnauthorized, refused.status)
	assert.Equal(t, "sign-in-ended", refused.problem(t).Code)
	assert.Len(t, u.take(), 2, "once")
	h.emulator.Disarm()

	h.emulator.ExpireTokens(emulator.UserWade)
	h.emulator.RevokeGrant(emulator.UserWade)
	ended := b.call(http.MethodGet, "/api/zapier/v2/zaps", nil)
	assert.Equal(t, http.StatusUnauthorized, ended.status)
	assert.Equal(t, "sign-in-ended", ended.problem(t).Code)
}

// no token, code or secret is in any answer or in the log, whatever is asked and whatever goes wrong.
func TestProxyShowsNoToken(t *testing.T) {
	h, u, b := proxied(t, options{scopes: proxyScopes})
	secrets := h.watchSecrets()
	var said strings.Builder
	ask := func(b *browser) {
		for _, call := range zapier.ProxiedCalls() {
			var body any
			if call.Method == http.MethodPost {
				body = `{"data":{"authentication":null,"inputs":{}}}`
			}
			got := b.call(call.Method, "/api/zapier"+strings.NewReplacer("{", "", "}", "").Replace(call.Path), body)
			fmt.Fprintln(&said, got.body, got.header)
		}
	}
	ask(b)
	h.emulator.ExpireTokens(emulator.UserWade)
	ask(b)
	for _, status := range []int{http.StatusOK, http.StatusFound, http.StatusBadGateway} {
		u.answers(func(w http.ResponseWriter, r *http.Request) {
			for name, values := range r.Header { // an echo, in what is not passed back
				w.Header()["X-Echo-"+name] = values
			}
			w.Header().Set("Location", "https://evil.example/?token="+r.Header.Get("Authorization"))
			w.WriteHeader(status)
		})
		ask(b)
	}
	found := secrets()
	require.GreaterOrEqual(t, len(found), 4, "the test must know what to look for")
	for _, secret := range append(found, "canary-client-secret") {
		assert.NotContains(t, said.String(), secret)
		assert.NotContains(t, h.logs.String(), secret)
	}
	calls := u.take()
	assert.NotEmpty(t, calls[len(calls)-1].header.Get("Authorization"), "there was a token to echo")
}

// Nobody's call is done under somebody else's name.
func TestProxySpeaksForWhoIsSignedIn(t *testing.T) {
	h, _, wade := proxied(t, options{})
	nadia := h.signedIn(emulator.UserNadia)
	assert.Contains(t, wade.call(http.MethodGet, "/api/zapier/v1/profiles/me", nil).body, emulator.EmailWade)
	assert.Contains(t, nadia.call(http.MethodGet, "/api/zapier/v1/profiles/me", nil).body, emulator.EmailNadia)
	nadia.post("/sign-out", nil)
	assert.Equal(t, http.StatusUnauthorized, nadia.call(http.MethodGet, "/api/zapier/v1/profiles/me", nil).status)
	var problem handlers.Problem
	nadia.call(http.MethodGet, "/api/zapier/v2/apps", nil).decode(t, &problem)
	assert.Equal(t, "sign-in-required", problem.Code)
}
