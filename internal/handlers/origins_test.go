package handlers_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

// The API wants to know where a call comes from, and takes no silence for an answer; other routes are for people
//
func TestAPIWantsAnOrigin(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	port := h.url[strings.LastIndex(h.url, ":"):]
	for name, row := range map[string]struct {
		header http.Header
		code   string // "" where it is let in
	}{
		"nothing":                   {http.Header{}, "origin-missing"},
		"a page of ours":            {http.Header{"Sec-Fetch-Site": {"same-origin"}}, ""},
		"an extension":              {http.Header{"Sec-Fetch-Site": {"none"}}, ""},
		"a program":                 {http.Header{"Origin": {h.url}}, ""},
		"another site":              {http.Header{"Sec-Fetch-Site": {"cross-site"}}, "cross-origin"},
		"a sibling":                 {http.Header{"Sec-Fetch-Site": {"same-site"}}, "cross-origin"},
		"fetch beats origin":        {http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {h.url}}, "cross-origin"},
		"a word that is none":       {http.Header{"Sec-Fetch-Site": {"sideways"}, "Origin": {h.url}}, "cross-origin"},
		"another origin":            {http.Header{"Origin": {"https://evil.example"}}, "cross-origin"},
		"another scheme":            {http.Header{"Origin": {"https://localhost" + port}}, "cross-origin"},
		"another port":              {http.Header{"Origin": {"http://localhost:1"}}, "cross-origin"},
		"a look-alike":              {http.Header{"Origin": {h.url + ".evil.example"}}, "cross-origin"},
		"a user":                    {http.Header{"Origin": {strings.Replace(h.url, "//", "//evil@", 1) + ".evil.example"}}, "cross-origin"},
		"no origin":                 {http.Header{"Origin": {"null"}}, "cross-origin"},
		"an origin that is none":    {http.Header{"Origin": {"http://%zz"}}, "cross-origin"},
		"a name with a path":        {http.Header{"Origin": {"localhost" + port}}, "cross-origin"},
		"Referer is no proof":       {http.Header{"Referer": {h.url + "/apps"}}, "origin-missing"},
		"nor is a forwarded header": {http.Header{"X-Forwarded-Host": {"localhost" + port}, "X-Origin": {h.url}}, "origin-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, call := range []string{"GET /api/session", "GET /api/zapier/v2/apps?limit=1", "GET /api/attempts/x", "POST /api/attempts", "POST /api/zapier/v2/zaps", "GET /api/nothing"} {
				method, path, _ := strings.Cut(call, " ")
				r := b.request(method, path, nil)
				r.Header = row.header.Clone()
				r.Header.Set("X-Zapembed", "1")
				got := b.do(r)
				if row.code == "" {
					assert.NotEqual(t, http.StatusForbidden, got.status, call)
					continue
				}
				assert.Equal(t, http.StatusForbidden, got.status, call)
				if method != http.MethodPost || row.code != "origin-missing" {
					assert.Contains(t, got.body, `"code":"`+row.code+`"`, call)
				}
			}
			r := b.request(http.MethodGet, "/", nil)
			r.Header = row.header.Clone()
			assert.Equal(t, http.StatusOK, b.do(r).status, "pages are for everybody")
		})
	}
	assert.Contains(t, h.logs.String(), "event=header-missing header=Origin")
	assert.Contains(t, h.logs.String(), `event=cross-origin-refused what="a call of the API"`)
	bare := b.request(http.MethodGet, "/api/session", nil)
	assert.Contains(t, b.do(bare).body, `"header-missing"`)
	assert.Contains(t, h.logs.String(), "event=header-missing header=X-Zapembed")
}

// Pages are looked at, answers are read by scripts of ours; nothing of either is an image, a script or somebody else's
// frame.
func TestDestinations(t *testing.T) {
	t.Parallel()
	closed := newHouse(t, options{})
	framed := newHouse(t, options{change: func(c *handlers.Config) { c.EmbedOrigins = []string{"https://partner.example"} }})
	for _, h := range []*house{closed, framed} {
		b := h.signedIn(emulator.UserWade)
		ask := func(path, destination, site string) int {
			r := b.request(http.MethodGet, path, nil)
			r.Header.Set("Sec-Fetch-Dest", destination)
			r.Header.Set("Sec-Fetch-Site", site)
			r.Header.Set("X-Zapembed", "1")
			return b.do(r).status
		}
		for _, destination := range []string{
			"image", "script", "style", "font", "audio", "video", "track", "object", "embed", "manifest", "worker", "sharedworker", "serviceworker", "audioworklet",
			"paintworklet", "report", "xslt", "fencedframe", "json", "webidentity", "nonsense",
		} {
			for _, path := range []string{"/", "/apps", "/apps/" + emulator.AppBasic, "/sign-in/failed", "/nothing", "/api/session", "/api/zapier/v2/apps"} {
				for _, site := range []string{"same-origin", "cross-site", "same-site"} {
					assert.Equal(t, http.StatusForbidden, ask(path, destination, site), "%s as %s", path, destination)
				}
			}
		}
		frame := http.StatusForbidden
		if h == framed {
			frame = http.StatusOK
		}
		for _, row := range []struct {
			destination, site string
			page, api         int
		}{
			{"document", "none", 200, 403}, {"document", "cross-site", 200, 403}, {"document", "same-origin", 200, 403},
			{"iframe", "cross-site", frame, 403}, {"frame", "same-site", frame, 403}, {"iframe", "same-origin", frame, 403},
			{"empty", "same-origin", 200, 200}, {"empty", "none", 200, 200}, {"empty", "cross-site", 403, 403}, {"empty", "same-site", 403, 403},
		} {
			assert.Equal(t, row.page, ask("/apps", row.destination, row.site), "a page as %s from %s", row.destination, row.site)
			assert.Equal(t, row.api, ask("/api/session", row.destination, row.site), "an answer as %s from %s", row.destination, row.site)
		}
		sheet := b.get("/").Find(`link[rel="stylesheet"]`).AttrOr("href", "")
		assert.Equal(t, http.StatusOK, ask(sheet, "style", "same-origin"), "files are for that")
	}
}

// signing out everywhere ends every session of the person and nobody else's, and what was open with them.
func TestSignOutEverywhere(t *testing.T) {
	h := newHouse(t, options{heartbeat: 10 * time.Millisecond})
	here, there, nadia := h.signedIn(emulator.UserWade), h.signedIn(emulator.UserWade), h.signedIn(emulator.UserNadia)
	mine := here.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	streams := []<-chan string{here.events(), there.events()}
	left := nadia.events()
	public, err := url.Parse(h.url)
	require.NoError(t, err)
	kept := here.client.Jar.Cookies(public)

	home := here.get("/")
	out := here.press(home, home.byTestID("sign-out-everywhere"))
	assert.Equal(t, http.StatusOK, out.status)
	assert.Zero(t, out.byTestID("sign-out").Length())
	for _, stream := range streams {
		ends(t, stream)
	}
	assert.Equal(t, http.StatusUnauthorized, there.get("/apps").status, "another browser")
	assert.Equal(t, http.StatusUnauthorized, there.call(http.MethodGet, "/api/zapier/v2/zaps", nil).status)
	thief := h.browser()
	thief.client.Jar.SetCookies(public, kept)
	assert.Equal(t, http.StatusUnauthorized, thief.get("/apps").status, "the old cookie")
	assert.Equal(t, "attempt-cancelled", thief.stopping().get(mine.StartURL).errorCode())

	assert.Equal(t, http.StatusOK, nadia.get("/apps").status, "another person")
	select {
	case _, open := <-left:
		assert.True(t, open, "another person's stream")
	default:
	}
	assert.Contains(t, h.logs.String(), "event=sign-out-everywhere")
	assert.Equal(t, http.StatusOK, here.signIn(emulator.UserWade, "/apps").status, "and they can come back")

	for _, method := range []string{http.MethodGet, http.MethodHead} {
		assert.Equal(t, http.StatusMethodNotAllowed, nadia.do(nadia.request(method, "/sign-out/everywhere", nil)).status, "R-44")
	}
	r := nadia.request(http.MethodPost, "/sign-out/everywhere", nil)
	r.Header.Set("Sec-Fetch-Site", "same-site")
	assert.Equal(t, http.StatusForbidden, nadia.do(r).status, "R-41")
	assert.Equal(t, http.StatusOK, nadia.get("/apps").status)
	assert.Equal(t, http.StatusSeeOther, h.browser().stopping().post("/sign-out/everywhere", nil).status, "nobody is no error")
	h.engine.turn(true)
	assert.Equal(t, http.StatusServiceUnavailable, nadia.post("/sign-out/everywhere", nil).status, "R-27")
	h.engine.turn(false)
	assert.Equal(t, http.StatusOK, nadia.get("/apps").status)
}

// the browser forgets, but what a partner's page keeps on the same origin is not ours to forget.
func TestSigningOutClearsTheBrowser(t *testing.T) {
	for prefix, want := range map[string]string{"": `"cache", "storage"`, "/zaps": ""} {
		h := newHouse(t, options{prefix: prefix})
		for _, path := range []string{"/sign-out", "/sign-out/everywhere"} {
			b := h.signedIn(emulator.UserWade).stopping()
			assert.Empty(t, b.get("/").header.Get("Clear-Site-Data"))
			out := b.post(path, nil)
			assert.Equal(t, http.StatusSeeOther, out.status)
			assert.Equal(t, want, out.header.Get("Clear-Site-Data"))
			assert.Contains(t, out.header.Get("Set-Cookie"), "Max-Age=0")
		}
	}
}

// chokes is a body that panics when it is read, as code with a mistake in it would.
type chokes struct{}

func (chokes) Read([]byte) (int, error) { panic("canary of a panic") }
func (chokes) Close() error             { return nil }

// a panic is logged, and whoever asked gets an error in the voice of the path and nothing of the inside.
func TestPanics(t *testing.T) {
	var statuses []int
	h := newHouse(t, options{change: func(c *handlers.Config) {
		c.Observe = func(_ *http.Request, _ string, status int, _ time.Duration) { statuses = append(statuses, status) }
	}})
	b := h.browser()
	for path, kind := range map[string]string{"/reports": "text/html", "/api/session/handover": "application/problem+json"} {
		r := b.request(http.MethodPost, path, nil)
		r.Body = chokes{}
		r.Header.Set("X-Zapembed", "1")
		r.Header.Set("Content-Type", "application/json")
		answer := b.from("192.0.2.1:1", r)
		body, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusInternalServerError, answer.StatusCode, string(body))
		assert.True(t, strings.HasPrefix(answer.Header.Get("Content-Type"), kind))
		assert.Contains(t, string(body), "internal")
		assert.NotContains(t, string(body), "canary")
		assert.Equal(t, http.StatusInternalServerError, statuses[len(statuses)-1])
	}
	assert.Len(t, h.logs.surprises(), 4, "each with its stack and its status")
	assert.Contains(t, h.logs.String(), "canary of a panic")
}

// every route reads so much and no more. The handler of a route may not read at all; what counts is that none
// reads on.
func TestEveryRouteLimitsTheBody(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	places := b.places("x")
	const most = 1 << 20 // the form of a step and Zapier's API; else 64 KiB
	routes := everyRoute()
	routes = append(routes, struct{ method, pattern, path string }{"POST", "/api/zapier", "/api/zapier/v2/zaps"}, struct{ method, pattern, path string }{"POST", "", "/nothing"})
	for _, route := range routes {
		if route.path == "/api/events" || strings.HasPrefix(route.path, "/sign-out") {
			continue
		}
		limit := 64 << 10
		if strings.HasSuffix(route.pattern, "/fields") || route.pattern == "/api/zapier" {
			limit = most
		}
		for _, kind := range []string{"application/x-www-form-urlencoded", "application/json", "application/csp-report"} {
			body := &endless{}
			r := b.request(route.method, places.Replace(route.path), nil)
			r.Body = body
			r.Header.Set("Content-Type", kind)
			r.Header.Set("X-Zapembed", "1")
			b.from("192.0.2.1:1", r)
			assert.LessOrEqual(t, body.read, limit+16<<10, "%s %s", route.method, route.pattern)
		}
	}
}

// endless is a body that never ends, and counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	if e.read > 16<<20 {
		return 0, errors.New("enough")
	}
	for i := range p {
		p[i] = 'a'
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

// R-60, A 13.4.6: the files are those of the list, whatever dots and slashes lead to; and absolute addresses lead
// nowhere else.
func TestFilesStayInTheirFolder(t *testing.T) {
	for _, prefix := range []string{"", "/zaps"} {
		h := newHouse(t, options{prefix: prefix})
		b := h.browser()
		sheet := b.get("/").Find(`link[rel="stylesheet"]`).AttrOr("href", "")
		require.Equal(t, http.StatusOK, b.raw("GET "+sheet, ""), "the test asks well")
		folder := strings.TrimSuffix(sheet, "/css/zapembed.css")
		for _, target := range []string{
			"/", "/css", "/css/", "/css/.", "/css/..", "/css/../", "/css/../../static.go", "/../static.go", "/../../../../../../etc/passwd", "/css/zapembed.css/", "/css//zapembed.css", "//css/zapembed.css",
			"/css/./zapembed.css", "/js/../css/zapembed.css", "/js/%2e%2e/css/zapembed.css", "/js/.%2e/css/zapembed.css", "/js/%2e./css/zapembed.css", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd",
			"/..%5c..%5cwindows%5cwin.ini", `/..\..\etc\passwd`, "/%252e%252e%252f%252e%252e%252fetc/passwd", "/....//....//etc/passwd", "/..;/..;/etc/passwd", "/%c0%ae%c0%ae/etc/passwd", "/%ef%bc%8e%ef%bc%8e/etc/passwd",
			"/css/zapembed.css%00.js", "/css/zapembed.css%20", "/css/zapembed.css.", "/css/zapembed.css~", "/CSS/zapembed.css", "/css/zapembed.css;x", "/css/zapembed.css%0d%0aX:y", "/css%5czapembed.css", "/css/zapembed.cs%73/..",
			"/.git/config", "/.env", "/static.go", "/js/jsconfig.json", "/js/", "/file:///etc/passwd", "/%2fetc/passwd", "//etc/passwd", "/C:/windows/win.ini", "/css/zapembed.css/../../../js/main.js", "/~root/", "/proc/self/environ",
		} {
			status := b.raw("GET "+folder+target, "")
			assert.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest}, status, target)
		}
		for _, target := range []string{
			h.url + "/../static/x", "http://evil.example" + sheet, "file:///etc/passwd", "http://evil.example/", "ftp://evil.example/", "//evil.example" + sheet, "http:/" + sheet, "*", "evil.example:80", "gopher://evil.example:70/_x",
		} {
			status := b.raw("GET "+target, "")
			assert.Contains(t, []int{http.StatusNotFound, http.StatusBadRequest, http.StatusMisdirectedRequest}, status, target)
		}
	}
}

// a request that names another host, or names ours and another, is answered to neither.
func TestHostsOnTheWire(t *testing.T) {
	h := newHouse(t, options{})
	w := newWire(t, h)
	port := w.host[strings.LastIndex(w.host, ":"):]
	for name, raw := range map[string]string{
		"another":              "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"two lines":            "GET / HTTP/1.1\r\nHost: " + w.host + "\r\nHost: evil.example\r\n\r\n",
		"two lines, ours last": "GET / HTTP/1.1\r\nHost: evil.example\r\nHost: " + w.host + "\r\n\r\n",
		"a folded line":        "GET / HTTP/1.1\r\nHost: " + w.host + "\r\n evil.example\r\n\r\n",
		"a space before":       "GET / HTTP/1.1\r\nHost : " + w.host + "\r\n\r\n",
		"two in one line":      "GET / HTTP/1.1\r\nHost: " + w.host + ", evil.example\r\n\r\n",
		"two with a space":     "GET / HTTP/1.1\r\nHost: " + w.host + " evil.example\r\n\r\n",
		"an address instead":   "GET http://evil.example/ HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n",
		"a user":               "GET / HTTP/1.1\r\nHost: evil.example@" + w.host + "\r\n\r\n",
		"ours as the user":     "GET / HTTP/1.1\r\nHost: " + w.host + "@evil.example\r\n\r\n",
		"a path":               "GET / HTTP/1.1\r\nHost: " + w.host + "/evil.example\r\n\r\n",
		"a look-alike":         "GET / HTTP/1.1\r\nHost: " + w.host + ".evil.example\r\n\r\n",
		"a dot at the end":     "GET / HTTP/1.1\r\nHost: localhost." + port + "\r\n\r\n",
		"another port":         "GET / HTTP/1.1\r\nHost: localhost:80\r\n\r\n",
		"a port that is none":  "GET / HTTP/1.1\r\nHost: localhost" + port + "x\r\n\r\n",
		"two ports":            "GET / HTTP/1.1\r\nHost: localhost:80" + port + "\r\n\r\n",
		"empty":                "GET / HTTP/1.1\r\nHost:\r\n\r\n",
		"missing":              "GET / HTTP/1.1\r\n\r\n",
		"missing in HTTP/1.0":  "GET / HTTP/1.0\r\n\r\n",
		"the other loopback":   "GET / HTTP/1.1\r\nHost: 127.0.0.1" + port + "\r\n\r\n",
		"IPv6":                 "GET / HTTP/1.1\r\nHost: [::1]" + port + "\r\n\r\n",
		"a zone":               "GET / HTTP/1.1\r\nHost: [fe80::1%25localhost]" + port + "\r\n\r\n",
		"a script":             "GET / HTTP/1.1\r\nHost: \"><script>alert(1)</script>\r\n\r\n",
		"full width letters":   "GET / HTTP/1.1\r\nHost: ｌocalhost" + port + "\r\n\r\n",
		"a star":               "OPTIONS * HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"a tunnel":             "CONNECT evil.example:443 HTTP/1.1\r\nHost: " + w.host + "\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			answers, _ := w.send(t, raw)
			require.Len(t, answers, 1)
			assert.Contains(t, []int{http.StatusBadRequest, http.StatusMisdirectedRequest}, answers[0].StatusCode)
			body, err := io.ReadAll(answers[0].Body)
			require.NoError(t, err)
			assert.NotContains(t, fmt.Sprint(string(body), answers[0].Header), "evil")
			assert.NotContains(t, string(body), "<script>alert")
		})
	}
	assert.Contains(t, h.logs.String(), "event=host-refused")
	b := h.browser().stopping()
	r := b.request(http.MethodGet, "/sign-in", nil)
	r.Host = strings.ToUpper(w.host)
	assert.Contains(t, b.do(r).header.Get("Location"), url.QueryEscape(h.url+"/sign-in/callback"), "names have no case, and are not ours to repeat")
}

// fetched says of a request where it comes from and what for, as browsers do.
func fetched(site, destination string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Sec-Fetch-Dest", destination)
	}
}

// The line of a request, and what is said beside it, begin with the request's id; what somebody wrote is not in it.
func TestRequestLine(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	line := func(method string) string {
		h.logs.forget()
		b.from("192.0.2.1:1", b.request(method, "/zaps?canary", nil))
		_, said, _ := strings.Cut(h.logs.String(), "msg=request ")
		return said
	}
	assert.Regexp(t, `^request=[0-9a-f]{16} method=GET route=/zaps status=200 bytes=\d+ ms=\d+\n$`, line(http.MethodGet))
	for _, method := range []string{strings.Repeat("CANARY", 1500), "get", "PROPFIND", http.MethodTrace} {
		assert.Regexp(t, `^request=[0-9a-f]{16} method=other route=\S+ status=405 `, line(method))
		assert.NotContains(t, h.logs.String(), method)
	}
	h.logs.forget()
	b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
	assert.Regexp(t, `level=DEBUG msg="passed on" request=[0-9a-f]{16} operation=`, h.logs.String())
}

// A browser looks for an icon by itself: that is no page for something else, and there is none.
func TestIconThatNoPageNames(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.browser()
	for _, site := range []string{"same-origin", "none", "cross-site"} {
		r := b.request(http.MethodGet, "/favicon.ico", nil)
		fetched(site, "image")(r)
		assert.Equal(t, http.StatusNotFound, b.do(r).status, site)
	}
}

// what may be an attack is in the log under its name, once, with the client's address and nothing that the
// attacker wrote.
func TestAuditEvents(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.get(attempt.StartURL)
	ask := func(method, path string, bend func(*http.Request)) func() {
		return func() {
			r := b.request(method, path, strings.NewReader(`{}`))
			r.Header.Set("X-Zapembed", "1")
			r.Header.Set("Content-Type", "application/json")
			if bend != nil {
				bend(r)
			}
			b.do(r)
		}
	}
	for name, row := range map[string]struct {
		act  func()
		want string
	}{
		"a message that names another's account": {func() {
			b.call(http.MethodPost, "/api/attempts/"+attempt.ID+"/check", map[string]any{"evidence": "message", "authentication_id": "canary"})
		}, `attempt-forged what="a message that names no account of theirs"`},
		"a start link that was guessed":  {ask(http.MethodGet, "/attempts/"+attempt.ID+"/start?token=canary", nil), `attempt-forged what="a start link that nobody was given"`},
		"a call that is not on the list": {ask(http.MethodGet, "/api/zapier/v2/canary", nil), `proxy-refused reason=path`},
		"a method that is not":           {ask(http.MethodPost, "/api/zapier/v2/apps?canary", nil), `proxy-refused reason=method`},
		"a query that is none":           {ask(http.MethodGet, "/api/zapier/v2/apps?canary=%zz", nil), `proxy-refused reason="query or body"`},
		"a foreign host":                 {ask(http.MethodGet, "/", func(r *http.Request) { r.Host = "canary.example" }), "host-refused"},
		"a foreign change":               {ask(http.MethodPost, "/sign-out", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }), `cross-origin-refused what="a change"`},
		"a foreign image":                {ask(http.MethodGet, "/", fetched("same-site", "image")), `cross-origin-refused what="a page for something else"`},
		"a foreign call":                 {ask(http.MethodGet, "/api/session", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }), `cross-origin-refused what="a call of the API"`},
		"a store that is away": {func() {
			h.engine.turn(true)
			b.get("/apps")
			h.engine.turn(false)
		}, "store-unavailable"},
		"a page for a script of our own": {ask(http.MethodGet, "/", fetched("same-origin", "script")), ""},
		"a call out of the address bar":  {ask(http.MethodGet, "/api/session", fetched("none", "document")), ""},
		"a browser that wants an icon":   {ask(http.MethodGet, "/favicon.ico", fetched("same-origin", "image")), ""},
		"a link to its sentence":         {ask(http.MethodGet, "/sign-in/failed?problem=store-unavailable", nil), ""},
		"nothing out of the ordinary":    {ask(http.MethodGet, "/apps", nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			h.logs.forget()
			row.act()
			var events []string
			for line := range strings.Lines(h.logs.String()) {
				if _, event, found := strings.Cut(line, " event="); found {
					events = append(events, strings.TrimSpace(event))
				}
			}
			if row.want == "" {
				assert.Empty(t, events)
				return
			}
			require.Len(t, events, 1)
			assert.Contains(t, events[0], row.want+" client=127.0.0.1")
			assert.NotContains(t, events[0], "canary")
		})
	}
}
