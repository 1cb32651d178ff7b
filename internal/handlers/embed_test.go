package handlers_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

// The frame of another site: what only HTTP shows. The journeys are in cmd/server/browser_embed_test.go.

// verifier is a frame's secret.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// handedOver signs in in a window of its own and returns its last page.
func (b *browser) handedOver() page {
	b.t.Helper()
	consent := b.reachConsent("?" + url.Values{"popup": {"1"}, "return_to": {"/apps"}, "challenge": {challengeOf(verifier)}}.Encode())
	return b.press(consent, consent.byTestID("allow"))
}

// code is what the last page of the window posts to the frame.
func (p page) code() string { return p.Find("[data-handover]").AttrOr("data-handover", "") }

func handover(code, verifier string) map[string]string {
	return map[string]string{"code": code, "verifier": verifier}
}

func TestHandover(t *testing.T) {
	h := newHouse(t, options{crossSite: true})
	window, frame := h.browser(), h.browser() // two cookie jars
	last := window.handedOver()
	require.Equal(t, http.StatusOK, last.status)
	require.Len(t, last.code(), 43)
	assert.Empty(t, last.header.Get("Cross-Origin-Opener-Policy"), "it would cut the window from the frame (M4)")
	assert.Equal(t, "no-store", last.header.Get("Cache-Control"))
	assert.Equal(t, "no-referrer", last.header.Get("Referrer-Policy"))
	last.Find("[src], link[href]").Each(func(_ int, loaded *goquery.Selection) {
		address := loaded.AttrOr("src", loaded.AttrOr("href", ""))
		assert.True(t, strings.HasPrefix(address, "/static/"), "no third party is asked for anything: %s", address)
	})
	assert.Equal(t, "/sign-in?return_to=%2Fapps", last.byTestID("go-on-here").AttrOr("href", ""), "the ordinary way on")
	assert.NotContains(t, h.logs.String(), last.code())
	assert.Equal(t, 1, window.get("/").byTestID("sign-in").Length(), "nobody is signed in in the window")

	before := frame.cookies()
	got := frame.call(http.MethodPost, "/api/session/handover", handover(last.code(), verifier))
	require.Equal(t, http.StatusOK, got.status, got.body)
	var answered, asked handlers.Session
	got.decode(t, &answered)
	frame.call(http.MethodGet, "/api/session", nil).decode(t, &asked)
	assert.True(t, answered.Active)
	assert.Equal(t, asked, answered, "the answer is that of GET /api/session")
	assert.NotEqual(t, before, frame.cookies())

	again := h.browser().call(http.MethodPost, "/api/session/handover", handover(last.code(), verifier))
	assert.Equal(t, "sign-in-unknown", again.problem(t).Code, "it works once")
}

func (b *browser) cookies() []*http.Cookie {
	b.t.Helper()
	public, err := url.Parse(b.house.url)
	require.NoError(b.t, err)
	return b.client.Jar.Cookies(public)
}

func TestHandoverThatIsRefused(t *testing.T) {
	tests := []struct {
		name   string
		body   func(code string) any
		late   time.Duration
		status int
		code   string
	}{
		{"too late", func(code string) any { return handover(code, verifier) }, 61 * time.Second, 400, "sign-in-unknown"},
		{"another frame's", func(code string) any { return handover(code, strings.Repeat("B", 43)) }, 0, 400, "sign-in-other-browser"},
		{"without the secret", func(code string) any { return handover(code, "") }, 0, 400, "sign-in-other-browser"},
		{"the challenge for the secret", func(code string) any { return handover(code, challengeOf(verifier)) }, 0, 400, "sign-in-other-browser"},
		{"made up", func(string) any { return handover(strings.Repeat("A", 43), verifier) }, 0, 400, "sign-in-unknown"},
		{"no code", func(string) any { return handover("", verifier) }, 0, 400, "sign-in-unknown"},
		{"something else besides", func(code string) any { return map[string]string{"code": code, "user": "1001"} }, 0, 400, "bad-request"},
		{"no JSON", func(string) any { return "code" }, 0, 400, "bad-request"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, options{crossSite: true})
			code := h.browser().handedOver().code()
			h.clock.Advance(tt.late)
			frame := h.browser()
			got := frame.call(http.MethodPost, "/api/session/handover", tt.body(code))
			assert.Equal(t, tt.status, got.status)
			assert.Equal(t, tt.code, got.problem(t).Code)
			assert.Empty(t, got.header.Get("Set-Cookie"))
			assert.Equal(t, http.StatusUnauthorized, frame.get("/apps").status)
		})
	}
}

// Elsewhere there is nothing to hand over, and a challenge changes nothing.
func TestNoHandoverInOtherModes(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	last := b.handedOver()
	assert.Equal(t, "/sign-in/done", last.url.Path)
	assert.Empty(t, last.code())
	assert.Equal(t, http.StatusOK, b.get("/apps").status)
}

// A frame without scripts asks for no handover: the window signs itself in, and goes on.
func TestWindowOfAFrameWithoutScripts(t *testing.T) {
	h := newHouse(t, options{crossSite: true})
	b := h.browser()
	consent := b.reachConsent("?popup=1&return_to=/apps")
	back := b.press(consent, consent.byTestID("allow"))
	assert.Equal(t, "/apps", back.url.Path)
	assert.Equal(t, 1, back.byTestID("sign-out").Length())
}

func TestFailedHandoverIsTriedAgain(t *testing.T) {
	h := newHouse(t, options{crossSite: true})
	b := h.browser()
	consent := b.reachConsent("?popup=1&challenge=" + challengeOf(verifier))
	failed := b.press(consent, consent.byTestID("deny"))
	require.Equal(t, "sign-in-denied", failed.errorCode())
	consent = b.follow(failed, failed.byTestID("retry"))
	assert.NotEmpty(t, b.press(consent, consent.byTestID("allow")).code(), "it is the frame's still")
}

// What is one more hurdle for strangers must be none for ourselves, and old browsers say nothing.
func TestWindowsAreOpenedByOurPages(t *testing.T) {
	h := newHouse(t, options{crossSite: true})
	frame := h.browser()
	frame.call(http.MethodPost, "/api/session/handover", handover(h.browser().handedOver().code(), verifier))
	attempt := frame.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	tests := []struct{ site, start, signIn string }{
		{"", "", ""},
		{"same-origin", "", ""},
		{"same-site", "attempt-start-refused", "sign-in-elsewhere"},
		{"cross-site", "attempt-start-refused", "sign-in-elsewhere"},
		{"none", "attempt-start-refused", "sign-in-elsewhere"},
	}
	for _, tt := range tests {
		t.Run(tt.site, func(t *testing.T) {
			for path, code := range map[string]string{attempt.StartURL: tt.start, "/sign-in?popup=1&return_to=/apps": tt.signIn} {
				window := h.browser().stopping()
				r := window.request(http.MethodGet, path, nil)
				r.Header.Set("Sec-Fetch-Site", tt.site)
				got := window.do(r)
				assert.Equal(t, code, got.errorCode(), path)
				if code == "" {
					assert.Equal(t, http.StatusFound, got.status)
					continue
				}
				assert.Equal(t, http.StatusForbidden, got.status)
				assert.Empty(t, got.header.Get("Set-Cookie"))
				assert.Empty(t, got.header.Get("Cross-Origin-Opener-Policy"))
				if code == "sign-in-elsewhere" {
					assert.Equal(t, "/sign-in?return_to=%2Fapps", got.byTestID("retry").AttrOr("href", ""))
				}
			}
			r := h.browser().stopping().request(http.MethodGet, "/sign-in", nil)
			r.Header.Set("Sec-Fetch-Site", tt.site)
			assert.Equal(t, http.StatusFound, h.browser().stopping().do(r).status, "the ordinary sign-in may be linked to from anywhere")
		})
	}
	assert.Contains(t, h.logs.String(), "event=attempt-forged")
}

// Where the partner's own pages may open the start link, they still may.
func TestStartLinkInOtherModes(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	r := h.browser().stopping().request(http.MethodGet, attempt.StartURL, nil)
	r.Header.Set("Sec-Fetch-Site", "same-site")
	assert.Equal(t, http.StatusFound, h.browser().stopping().do(r).status)
}

// Links to /sign-in are in pages of ours and of the partner's. Zapier is not shown in a frame, and no circle leads back here.
func TestSignInAskedForByAFrame(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.EmbedOrigins = []string{"https://partner.example"} }})
	b := h.browser()
	for target, returnTo := range map[string]string{"/apps?query=x": "/apps?query=x", "//evil.example": "/", "/sign-in": "/", "": "/"} {
		r := b.stopping().request(http.MethodGet, "/sign-in?return_to="+url.QueryEscape(target), nil)
		r.Header.Set("Sec-Fetch-Dest", "iframe")
		got := b.stopping().do(r)
		assert.Equal(t, http.StatusUnauthorized, got.status, target)
		assert.Equal(t, "sign-in-required", got.errorCode())
		assert.Empty(t, got.header.Get("Set-Cookie"))
		link := got.byTestID("sign-in")
		assert.NotEmpty(t, link.AttrOr("target", ""), "it opens a window")
		assert.Equal(t, "/sign-in?"+url.Values{"popup": {"1"}, "return_to": {returnTo}}.Encode(), link.AttrOr("href", ""))
		assert.Equal(t, returnTo, got.Find(`[data-controller="sign-in"]`).AttrOr("data-return", ""))
	}
}

func TestPagesKnowThatTheyAreFramed(t *testing.T) {
	tests := []struct {
		name, destination string
		crossSite         bool
		framed, popup     bool
	}{
		{"a page of its own", "document", false, false, true},
		{"a frame", "iframe", false, true, true},
		{"no word of it", "", false, false, true},
		{"a page of its own beside frames of other sites", "document", true, false, false},
		{"a frame of another site", "iframe", true, true, true},
		{"no word of it where frames are the rule", "", true, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, options{crossSite: tt.crossSite, change: func(c *handlers.Config) { c.EmbedOrigins = []string{"https://partner.example"} }})
			b := h.browser()
			r := b.request(http.MethodGet, "/apps", nil)
			r.Header.Set("Sec-Fetch-Dest", tt.destination)
			got := b.do(r)
			_, framed := got.Find("html").Attr("data-framed")
			assert.Equal(t, tt.framed, framed)
			assert.Equal(t, tt.framed, got.Find("html").AttrOr("data-tell", "") == "https://partner.example")
			assert.Equal(t, tt.framed, got.byTestID("own-window").Length() == 1)
			signIn := got.byTestID("sign-in")
			assert.Equal(t, tt.framed, signIn.AttrOr("target", "") != "", "Zapier is not shown in a frame")
			assert.Equal(t, tt.popup, signIn.AttrOr("data-window-href", "") != "")
			assert.Equal(t, tt.crossSite, got.Find("[data-handover]").Length() == 1)
		})
	}
}
