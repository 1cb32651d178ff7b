package handlers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// everyRoute is a request that each route understands; {attempt}, {zap}, {draft} and {step} are filled in by the test. The
// list is held to the server's own by TestEveryRouteIsKnown.
func everyRoute() []struct{ method, pattern, path string } {
	return []struct{ method, pattern, path string }{
		{"GET", "/", "/"},
		{"GET", "/apps", "/apps?query=a"},
		{"GET", "/apps/{app}", "/apps/" + emulator.AppBasic},
		{"POST", "/apps/{app}/choice", "/apps/" + emulator.AppBasic + "/choice"},
		{"GET", "/apps/{app}/add-account", "/apps/" + emulator.AppBasic + "/add-account"},
		{"POST", "/apps/{app}/add-account", "/apps/" + emulator.AppBasic + "/add-account"},
		{"POST", "/attempts/{attempt}/check", "/attempts/{attempt}/check"},
		{"POST", "/attempts/{attempt}/cancel", "/attempts/{attempt}/cancel"},
		{"POST", "/attempts/{attempt}/restart", "/attempts/{attempt}/restart"},
		{"POST", "/sign-out", "/sign-out"},
		{"POST", "/sign-out/everywhere", "/sign-out/everywhere"},
		{"POST", "/reports", "/reports"},
		{"GET", "/zaps", "/zaps?query=a&state=on"},
		{"GET", "/zaps/new", "/zaps/new"},
		{"POST", "/zaps/new", "/zaps/new"},
		{"POST", "/zaps/new/guess", "/zaps/new/guess"},
		{"POST", "/zaps/new/template", "/zaps/new/template"},
		{"GET", "/zaps/{zap}", "/zaps/{zap}?status=success"},
		{"POST", "/zaps/{zap}/rename", "/zaps/{zap}/rename"},
		{"POST", "/zaps/{zap}/enable", "/zaps/{zap}/enable"},
		{"POST", "/zaps/{zap}/edit", "/zaps/{zap}/edit"},
		{"GET", "/zaps/{zap}/delete", "/zaps/{zap}/delete"},
		{"POST", "/zaps/{zap}/delete", "/zaps/{zap}/delete"},
		{"GET", "/drafts/{draft}", "/drafts/{draft}"},
		{"POST", "/drafts/{draft}/title", "/drafts/{draft}/title"},
		{"POST", "/drafts/{draft}/steps", "/drafts/{draft}/steps"},
		{"GET", "/drafts/{draft}/steps/{step}", "/drafts/{draft}/steps/{step}"},
		{"POST", "/drafts/{draft}/steps/{step}/remove", "/drafts/{draft}/steps/{step}/remove"},
		{"POST", "/drafts/{draft}/steps/{step}/move", "/drafts/{draft}/steps/{step}/move"},
		{"GET", "/drafts/{draft}/steps/{step}/app", "/drafts/{draft}/steps/{step}/app?query=a"},
		{"POST", "/drafts/{draft}/steps/{step}/app", "/drafts/{draft}/steps/{step}/app"},
		{"GET", "/drafts/{draft}/steps/{step}/action", "/drafts/{draft}/steps/{step}/action"},
		{"POST", "/drafts/{draft}/steps/{step}/action", "/drafts/{draft}/steps/{step}/action"},
		{"GET", "/drafts/{draft}/steps/{step}/account", "/drafts/{draft}/steps/{step}/account"},
		{"POST", "/drafts/{draft}/steps/{step}/account", "/drafts/{draft}/steps/{step}/account"},
		{"GET", "/drafts/{draft}/steps/{step}/fields", "/drafts/{draft}/steps/{step}/fields?text=full_name"},
		{"POST", "/drafts/{draft}/steps/{step}/fields", "/drafts/{draft}/steps/{step}/fields"},
		{"GET", "/drafts/{draft}/steps/{step}/test", "/drafts/{draft}/steps/{step}/test"},
		{"POST", "/drafts/{draft}/steps/{step}/test", "/drafts/{draft}/steps/{step}/test"},
		{"POST", "/drafts/{draft}/publish", "/drafts/{draft}/publish"},
		{"POST", "/drafts/{draft}/publish-again", "/drafts/{draft}/publish-again"},
		{"POST", "/drafts/{draft}/look", "/drafts/{draft}/look"},
		{"GET", "/drafts/{draft}/delete", "/drafts/{draft}/delete"},
		{"POST", "/drafts/{draft}/delete", "/drafts/{draft}/delete"}, // last: afterwards the draft is gone
		{"GET", "/attempts/{attempt}/start", "/attempts/{attempt}/start?token=x"},
		{"GET", "/sign-in", "/sign-in"},
		{"GET", "/sign-in/callback", "/sign-in/callback?state=x&code=y"},
		{"GET", "/sign-in/done", "/sign-in/done"},
		{"GET", "/sign-in/failed", "/sign-in/failed?problem=sign-in-denied"},
		{"GET", "/api/session", "/api/session"},
		{"POST", "/api/session/handover", "/api/session/handover"},
		{"GET", "/api/events", "/api/events"},
		{"POST", "/api/attempts", "/api/attempts"},
		{"GET", "/api/attempts/{attempt}", "/api/attempts/{attempt}"},
		{"POST", "/api/attempts/{attempt}/check", "/api/attempts/{attempt}/check"},
		{"POST", "/api/attempts/{attempt}/cancel", "/api/attempts/{attempt}/cancel"},
	}
}

// places fills in the ids of an attempt, of a Zap, and of a draft whose second step has a form.
func (b *browser) places(attempt string) *strings.Replacer {
	b.t.Helper()
	z, _, _ := (&browser{b.t, b.house, &http.Client{Jar: b.client.Jar, Transport: b.house.trust}}).worked()
	step := z.step(2, "")
	return strings.NewReplacer("{attempt}", attempt, "{zap}", b.house.zapOf(emulator.UserWade, "").ID, "{draft}", path.Base(z.draft), "{step}", path.Base(step))
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	places := b.places(attempt.ID)
	nonces := map[string]bool{}
	nonce := regexp.MustCompile(`script-src 'nonce-([A-Za-z0-9+/]{22})' 'strict-dynamic'`)
	check := func(t *testing.T, got page, popup bool) {
		t.Helper()
		policy := got.header.Get("Content-Security-Policy")
		drawn := nonce.FindStringSubmatch(policy)
		require.NotNil(t, drawn, policy)
		assert.False(t, nonces[drawn[1]], "a nonce for each answer")
		nonces[drawn[1]] = true
		for _, rule := range []string{
			"default-src 'none'", "object-src 'none'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'",
			"require-trusted-types-for 'script'", "img-src 'self' data: " + h.zapier,
		} {
			assert.Contains(t, policy, rule)
		}
		assert.NotContains(t, policy, "unsafe")
		assert.Equal(t, "DENY", got.header.Get("X-Frame-Options"))
		assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
		assert.Equal(t, "no-referrer", got.header.Get("Referrer-Policy"))
		assert.Equal(t, "same-origin", got.header.Get("Cross-Origin-Resource-Policy"))
		assert.Equal(t, "no-store", got.header.Get("Cache-Control"))
		assert.Len(t, got.header.Get("X-Request-Id"), 16)
		if popup {
			assert.Empty(t, got.header.Get("Cross-Origin-Opener-Policy"), "it would cut the popup (M4)")
		} else {
			assert.Equal(t, "same-origin-allow-popups", got.header.Get("Cross-Origin-Opener-Policy"), "M2")
		}
		assert.LessOrEqual(t, len(got.header.Values("Set-Cookie")), 1, "R-35")
		if kind := got.header.Get("Content-Type"); kind != "" {
			assert.Regexp(t, `charset=utf-8|json`, kind, "R-53")
		}
	}
	for _, route := range everyRoute() {
		if route.path == "/api/events" || strings.HasPrefix(route.path, "/sign-out") {
			continue // the one does not end, the other ends the session
		}
		t.Run(route.method+" "+route.pattern, func(t *testing.T) {
			path := places.Replace(route.path)
			popup := strings.HasSuffix(route.pattern, "/start") || strings.HasPrefix(route.pattern, "/sign-in")
			check(t, b.do(b.request(route.method, path, nil)), popup)
		})
	}
	t.Run("not found", func(t *testing.T) { check(t, b.get("/nothing"), false) })
	t.Run("another method", func(t *testing.T) { check(t, b.do(b.request("DELETE", "/", nil)), false) })
}

func TestEveryRouteIsKnown(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	var listed []string
	for _, route := range everyRoute() {
		listed = append(listed, route.method+" "+route.pattern)
	}
	routes, err := h.server.Routes()
	require.NoError(t, err)
	assert.ElementsMatch(t, listed, routes)
}

// reading changes nothing, but for three pages: two keep an attempt, since the link that connects an account leads to
// it, and the sign-in keeps the state that the way back is held to.
func TestNoChangeByGET(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	places := b.places("x")
	pages := map[string]string{}
	for _, route := range everyRoute() {
		if route.method == http.MethodGet {
			pages[route.pattern] = route.path
		}
	}
	for _, route := range everyRoute() {
		if _, form := pages[route.pattern]; route.method == http.MethodGet || form {
			continue
		}
		got := b.call(http.MethodGet, places.Replace(route.path), nil)
		assert.Contains(t, []int{http.StatusMethodNotAllowed, http.StatusNotFound}, got.status, route.pattern)
	}
	var writing []string
	for pattern, path := range pages {
		if pattern == "/api/events" {
			continue // it does not end
		}
		fresh := h.signedIn(emulator.UserWade).stopping() // no page before has begun anything in this browser
		h.engine.written()
		if fresh.call(http.MethodGet, places.Replace(path), nil); h.engine.written() > 0 {
			writing = append(writing, pattern)
		}
	}
	assert.ElementsMatch(t, []string{"/apps/{app}", "/drafts/{draft}/steps/{step}/account", "/sign-in"}, writing)
}

func TestChangesFromOtherSitesAreRefused(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	for name, header := range map[string]http.Header{
		"cross-site":         {"Sec-Fetch-Site": {"cross-site"}},
		"a sibling":          {"Sec-Fetch-Site": {"same-site"}},
		"another origin":     {"Origin": {"https://evil.example"}},
		"no origin":          {"Origin": {"null"}},
		"another port":       {"Origin": {"http://localhost:1"}},
		"a look-alike":       {"Origin": {h.url + ".evil.example"}},
		"fetch beats origin": {"Origin": {h.url}, "Sec-Fetch-Site": {"cross-site"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/sign-out", "/apps/" + emulator.AppBasic + "/choice", "/api/attempts"} {
				r := b.request(http.MethodPost, path, strings.NewReader(""))
				r.Header = header.Clone()
				got := b.do(r)
				assert.Equal(t, http.StatusForbidden, got.status, path)
				assert.Contains(t, got.body, "cross-origin")
			}
		})
	}
	assert.Equal(t, http.StatusOK, b.get("/apps").status, "the session is unharmed")
	same := b.request(http.MethodPost, "/sign-out", nil)
	same.Header.Set("Sec-Fetch-Site", "same-origin")
	same.Header.Set("Origin", h.url)
	assert.Equal(t, http.StatusSeeOther, b.stopping().do(same).status)
}

func TestForeignHostIsRefused(t *testing.T) {
	h := newHouse(t, options{})
	public, err := url.Parse(h.url)
	require.NoError(t, err)
	for _, host := range []string{"evil.example", "evil.example:" + public.Port(), "127.0.0.1:" + public.Port(), "localhost", "localhost:1", "localhost:" + public.Port() + ".evil.example"} {
		b := h.browser()
		r := b.request(http.MethodGet, "/", nil)
		r.Host = host
		got := b.do(r)
		assert.Equal(t, http.StatusMisdirectedRequest, got.status, host)
		assert.Equal(t, "host-unknown", got.errorCode(), host)
	}
	for name, value := range map[string]string{"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Prefix": "/evil", "X_Forwarded_Host": "evil.example"} {
		b := h.browser()
		r := b.request(http.MethodGet, "/", nil)
		r.Header.Set(name, value)
		got := b.do(r)
		assert.Equal(t, http.StatusOK, got.status)
		assert.NotContains(t, got.body, "evil", name)
	}
}

func TestStoreDownIsNotSignedOut(t *testing.T) { // R-27, L2
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	h.engine.turn(true)
	for _, path := range []string{"/", "/apps", "/apps/" + emulator.AppBasic} {
		got := b.get(path)
		assert.Equal(t, http.StatusServiceUnavailable, got.status, path)
		assert.Equal(t, "store-unavailable", got.errorCode(), path)
		assert.NotEmpty(t, got.header.Get("Retry-After"))
		assert.Empty(t, got.header.Values("Set-Cookie"), "the cookie is kept")
	}
	problem := b.call(http.MethodGet, "/api/session", nil)
	assert.Equal(t, http.StatusServiceUnavailable, problem.status)
	assert.Equal(t, "store-unavailable", problem.problem(t).Code)
	h.engine.turn(false)
	assert.Equal(t, http.StatusOK, b.get("/apps").status)
}

// Rubbish at every route: nothing of the program's inside shows, and nothing breaks.
func TestRubbishAtEveryRoute(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.get(attempt.StartURL)
	places := b.places(attempt.ID)
	rubbish := []string{
		"", "x", "{}", "[]", "null", `{"app":`, `{"app":{"$ne":1}}`, "a=%zz", "authentication=%00", "../../etc/passwd",
		"<script>alert(1)</script>", "' OR 1=1 --", "\x00\xff\xfe", "{{7*7}}", strings.Repeat("a", 100_000),
	}
	kinds := []string{"", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "text/html; ;"}
	for _, route := range everyRoute() {
		if route.path == "/api/events" || strings.HasPrefix(route.path, "/sign-out") {
			continue
		}
		t.Run(route.method+" "+route.pattern, func(t *testing.T) {
			for i, body := range rubbish {
				for _, kind := range []string{"application/json", kinds[i%len(kinds)]} {
					id := []string{"x", attempt.ID}[i%2]
					r := b.request(route.method, places.Replace(strings.ReplaceAll(route.path, "{attempt}", id)), strings.NewReader(body))
					r.Header.Set("Content-Type", kind)
					r.Header.Set("X-Zapembed", "1")
					noInternals(t, b.do(r))
				}
			}
			for _, value := range rubbish {
				if len(value) > 10_000 {
					continue
				}
				in := url.PathEscape(value)
				path := strings.NewReplacer("{app}", in, "{attempt}", in, "{zap}", in, "{draft}", in, "{step}", in).Replace(route.pattern)
				r := b.request(route.method, path+"?"+url.Values{"page": {value}, "query": {value}, "token": {value}, "attempt": {value}, "return_to": {value}, "state": {value}, "code": {value}, "category": {value}}.Encode(), nil)
				r.Header.Set("X-Zapembed", "1")
				noInternals(t, b.do(r))

				stranger := h.browser().stopping()
				r = stranger.request(route.method, places.Replace(route.path), nil)
				r.Header.Set("X-Zapembed", "1")
				r.Header.Set("Cookie", "zapembed="+url.QueryEscape(value))
				noInternals(t, stranger.do(r))
			}
		})
	}
	assert.Empty(t, h.logs.surprises(), "nothing was a surprise")
}

func noInternals(t testing.TB, got page) {
	t.Helper()
	assert.True(t, utf8.ValidString(got.body), "A 4.1.1: it says utf-8 and is")
	assert.NotEqual(t, http.StatusInternalServerError, got.status)
	for _, inside := range []string{"goroutine ", ".go:", "sql:", "unexpected EOF", ": EOF", "panic", "runtime error", "github.com/zapembed/zapembed/internal", "127.0.0.1:0", "store:", "zapier:", "session:", "<script>alert"} {
		if !assert.NotContains(t, got.body, inside) {
			t.Log(got.body)
		}
	}
}

// Tokens, codes and secrets appear in no answer and no line of the log, whatever goes wrong (R-01, R-02; L13).
func TestNoTokenAnywhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t, options{})
	secrets := h.watchSecrets()
	b := h.signedIn(emulator.UserWade)
	var said strings.Builder
	look := func(got page) {
		said.WriteString(got.body)
		for name, values := range got.header {
			if name != "Set-Cookie" {
				fmt.Fprintln(&said, name, values)
			}
		}
	}
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	places := b.places(attempt.ID)
	walk := func(bent ...func(*http.Request)) {
		for _, route := range everyRoute() {
			if route.path == "/api/events" || strings.HasPrefix(route.path, "/sign-out") || strings.HasPrefix(route.path, "/sign-in") {
				continue
			}
			r := b.request(route.method, places.Replace(route.path), nil)
			r.Header.Set("X-Zapembed", "1")
			for _, bend := range bent {
				bend(r)
			}
			look(b.stopping().do(r))
		}
	}
	walk()
	for _, bend := range []func(*http.Request){ // what is refused tells nothing either
		func(r *http.Request) { r.Host = "evil.example" },
		func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		func(r *http.Request) { r.Header.Set("Sec-Fetch-Dest", "image") },
		func(r *http.Request) { r.Header = http.Header{} },
		func(r *http.Request) { r.Method = http.MethodHead },
		func(r *http.Request) { r.Method = http.MethodTrace },
		func(r *http.Request) { r.URL.Path += "/" + r.URL.Path },
	} {
		walk(bend)
	}
	h.engine.turn(true)
	walk()
	h.engine.turn(false)
	panics := b.request(http.MethodPost, "/reports", nil)
	panics.Header.Set("Content-Type", "application/csp-report")
	panics.Body = chokes{}
	broken := b.from("192.0.2.1:1", panics)
	body, err := io.ReadAll(broken.Body)
	require.NoError(t, err)
	look(page{status: broken.StatusCode, header: broken.Header, body: string(body)})
	h.emulator.ExpireTokens(emulator.UserWade)
	walk()
	for _, operation := range []string{emulator.OpAppsList, emulator.OpAuthenticationsList, emulator.OpCategoriesList, emulator.OpOAuthToken} {
		for _, fault := range []emulator.Fault{{Status: 401}, {Status: 403}, {Status: 429}, {Status: 500}, {HTML: true}, {Drop: true}} {
			fault.Operation, fault.Times = operation, 3
			require.NoError(t, h.emulator.Arm(fault))
			if operation == emulator.OpOAuthToken {
				h.emulator.ExpireTokens(emulator.UserWade)
			}
			walk()
			h.emulator.Disarm()
		}
	}
	look(b.get(b.callback(b.reachConsentAgain(), "allow")))
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpProfilesMe, Status: 500}))
	look(b.stopping().get(b.callback(b.reachConsentAgain(), "allow")))
	said.WriteString(<-b.events())
	found := secrets()
	require.NotEmpty(t, found, "the test must know what to look for")
	logged := h.logs.String()
	require.Contains(t, logged, "/apps/{app}", "there is a log to look at")
	for _, secret := range append(found, "canary-client-secret", attempt.StartURL[strings.Index(attempt.StartURL, "token=")+6:]) {
		assert.NotContains(t, logged, secret)
	}
	cookie := b.client.Jar.Cookies(b.request(http.MethodGet, "/", nil).URL)[0].Value
	for _, secret := range append(found, "canary-client-secret", cookie) {
		assert.NotContains(t, said.String(), secret)
	}
	assert.NotContains(t, logged, cookie)
}

// reachConsentAgain begins another sign-in of somebody whom Zapier knows already.
func (b *browser) reachConsentAgain() page {
	b.t.Helper()
	consent := b.get("/sign-in")
	require.Equal(b.t, 1, consent.byTestID("allow").Length())
	return consent
}

func TestProblemsNameOnlyDocumentedCodes(t *testing.T) {
	h := newHouse(t, options{})
	phrases := templates.English().Errors
	b := h.browser()
	for _, path := range []string{"/api/attempts/x", "/api/events", "/api/nothing", "/nothing"} {
		r := b.request(http.MethodGet, path, nil)
		r.Header.Set("X-Zapembed", "1")
		got := b.do(r)
		code := got.errorCode()
		if strings.HasPrefix(path, "/api") {
			var problem struct{ Code string }
			require.NoError(t, json.Unmarshal([]byte(got.body), &problem))
			code = problem.Code
		}
		assert.Contains(t, phrases, code, path)
	}
}
