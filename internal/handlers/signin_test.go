package handlers_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
)

// reachConsent walks to Zapier's consent page.
func (b *browser) reachConsent(query string) page {
	b.t.Helper()
	who := b.get("/sign-in" + query)
	return b.press(who, who.Find(`[data-testid="emulator-user"][data-user="`+strconv.Itoa(emulator.UserWade)+`"]`))
}

// callback is where the consent page sends the browser, not yet followed.
func (b *browser) callback(consent page, button string) string {
	b.t.Helper()
	sent := b.stopping().press(consent, consent.byTestID(button))
	require.Contains(b.t, []int{http.StatusFound, http.StatusSeeOther}, sent.status, sent.Text())
	return sent.header.Get("Location")
}

func TestSignInThatFails(t *testing.T) {
	change := func(t *testing.T, callback, name, value string) string {
		t.Helper()
		target, err := url.Parse(callback)
		require.NoError(t, err)
		query := target.Query()
		query.Set(name, value)
		if value == "" {
			query.Del(name)
		}
		target.RawQuery = query.Encode()
		return target.String()
	}
	tests := []struct {
		name   string
		finish func(t *testing.T, h *house, b *browser, consent page) page
		status int
		code   string
		// redeemed: the code may have been spent; R-05 forbids it for all others.
		redeemed bool
	}{
		{"denied", func(_ *testing.T, _ *house, b *browser, consent page) page {
			return b.get(b.callback(consent, "deny"))
		}, 403, "sign-in-denied", false},
		{"a state that is wrong (R-03)", func(t *testing.T, _ *house, b *browser, consent page) page {
			return b.get(change(t, b.callback(consent, "allow"), "state", "wrong"))
		}, 400, "sign-in-unknown", false},
		{"no state (R-04)", func(t *testing.T, _ *house, b *browser, consent page) page {
			return b.get(change(t, b.callback(consent, "allow"), "state", ""))
		}, 400, "sign-in-unknown", false},
		{"another browser's (R-03)", func(_ *testing.T, h *house, b *browser, consent page) page {
			thief := h.browser()
			thief.get("/sign-in")
			return thief.get(b.callback(consent, "allow"))
		}, 400, "sign-in-other-browser", false},
		{"a browser without a session", func(_ *testing.T, h *house, b *browser, consent page) page {
			return h.browser().get(b.callback(consent, "allow"))
		}, 400, "sign-in-other-browser", false},
		{"too late for our state", func(_ *testing.T, h *house, b *browser, consent page) page {
			callback := b.callback(consent, "allow")
			h.clock.Advance(11 * 60 * 1e9)
			return b.get(callback)
		}, 400, "sign-in-unknown", false},
		{"too late for Zapier's code", func(_ *testing.T, h *house, b *browser, consent page) page {
			callback := b.callback(consent, "allow")
			h.clock.Advance(3 * 60 * 1e9)
			return b.get(callback)
		}, 400, "sign-in-code-refused", true},
		{"used twice", func(_ *testing.T, _ *house, b *browser, consent page) page {
			callback := b.callback(consent, "allow")
			b.get(callback)
			return b.get(callback)
		}, 400, "sign-in-unknown", true},
		{"no code", func(t *testing.T, _ *house, b *browser, consent page) page {
			return b.get(change(t, b.callback(consent, "allow"), "code", ""))
		}, 502, "sign-in-provider", false},
		{"token endpoint in trouble", func(t *testing.T, h *house, b *browser, consent page) page {
			require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 500}))
			return b.get(b.callback(consent, "allow"))
		}, 502, "sign-in-provider", true},
		{"token endpoint answers HTML", func(t *testing.T, h *house, b *browser, consent page) page {
			require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, HTML: true}))
			return b.get(b.callback(consent, "allow"))
		}, 502, "sign-in-provider", true},
		{"profile in trouble", func(t *testing.T, h *house, b *browser, consent page) page {
			require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpProfilesMe, Status: 503}))
			return b.get(b.callback(consent, "allow"))
		}, 502, "sign-in-provider", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := newHouse(t, options{})
			b := h.browser()
			consent := b.reachConsent("?return_to=/apps")
			got := tt.finish(t, h, b, consent)
			assert.Equal(t, tt.status, got.status)
			assert.Equal(t, tt.code, got.errorCode())
			assert.NotEmpty(t, got.byTestID("retry").AttrOr("href", ""), "and how to go on")
			assert.Equal(t, tt.redeemed, h.emulator.Count(emulator.OpOAuthToken) > 0, "R-05")
			if tt.name != "used twice" {
				assert.Zero(t, b.get("/").byTestID("sign-out").Length(), "nobody is signed in")
			}
		})
	}
}

func TestSignInAgainAfterAFailureGoesWhereItWasHeading(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	denied := b.get(b.callback(b.reachConsent("?return_to=/apps%3Fquery%3Dx"), "deny"))
	consent := b.follow(denied, denied.byTestID("retry"))
	back := b.press(consent, consent.byTestID("allow"))
	assert.Equal(t, "/apps?query=x", back.url.RequestURI())
	assert.Equal(t, http.StatusOK, back.status)
}

// gauge says how long it is until there is room for a call.
type gauge struct {
	mu       sync.Mutex
	wait     time.Duration
	patience []time.Duration
}

func (g *gauge) say(wait time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wait = wait
}

func (g *gauge) room(_ context.Context, patience time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.patience = append(g.patience, patience)
	return g.wait
}

// Who would find no room on the way back waits before the way there, and then goes on by themselves to where they were
// heading.
func TestSignInWaitsForRoom(t *testing.T) {
	for name, row := range map[string]struct {
		query     string
		crossSite bool
		arrives   string
	}{
		"a page":                   {"?return_to=/apps%3Fquery%3Dx", false, "/apps?query=x"},
		"a popup":                  {"?popup=1&return_to=/apps", false, "/sign-in/done?return_to=%2Fapps"},
		"the window of a frame":    {"?challenge=" + challengeOf(verifier) + "&popup=1&return_to=/apps", true, ""},
		"nowhere else than here":   {"?return_to=https://evil.example", false, "/"},
		"nor to its sibling":       {"?return_to=//evil.example", false, "/"},
		"nor back to another wait": {"?return_to=/sign-in/failed", false, "/"},
	} {
		t.Run(name, func(t *testing.T) {
			room := &gauge{wait: 42 * time.Second}
			h := newHouse(t, options{crossSite: row.crossSite, change: func(c *handlers.Config) { c.Room = room.room }})
			b := h.browser()
			h.engine.written()
			waiting := b.get("/sign-in" + row.query)
			assert.Equal(t, http.StatusServiceUnavailable, waiting.status)
			assert.Equal(t, "zapier-rate-limited", waiting.errorCode())
			assert.Equal(t, "42", waiting.header.Get("Refresh"), "the same address again")
			assert.Equal(t, "42", waiting.header.Get("Retry-After"))
			assert.Contains(t, waiting.byTestID("waiting").Text(), "12:00:42 UTC")
			assert.Equal(t, "/sign-in"+row.query, waiting.byTestID("retry").AttrOr("href", ""))
			_, inWindow := waiting.byTestID("waiting").Attr("data-window")
			assert.Equal(t, strings.Contains(row.query, "popup"), inWindow)
			assert.Empty(t, waiting.header.Get("Cross-Origin-Opener-Policy"), "the window stays its opener's (M4)")
			assert.Empty(t, waiting.header.Get("Set-Cookie"), "nothing is begun")
			assert.Zero(t, h.engine.written())
			assert.Equal(t, []time.Duration{10 * time.Second}, room.patience, "as much as the way back has")

			room.say(0)
			consent := b.reachConsent(row.query)
			back := b.press(consent, consent.byTestID("allow"))
			if row.crossSite {
				assert.NotEmpty(t, back.code())
				return
			}
			assert.Equal(t, row.arrives, back.url.RequestURI())
			assert.Equal(t, http.StatusOK, back.status)
		})
	}
}

// The script of a page that waits cannot follow to Zapier: it is told to leave that to the browser, and begins nothing.
func TestSignInIsNotForScripts(t *testing.T) {
	room := &gauge{wait: 42 * time.Second}
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Room = room.room }})
	b := h.browser()
	ask := func() page {
		r := b.request(http.MethodGet, "/sign-in?return_to=/apps", nil)
		r.Header.Set("Sec-Fetch-Dest", "empty")
		return b.stopping().do(r)
	}
	assert.Equal(t, 1, ask().byTestID("waiting").Length())
	room.say(0)
	h.engine.written()
	told := ask()
	assert.Equal(t, http.StatusNoContent, told.status)
	assert.Equal(t, "0", told.header.Get("Refresh"))
	assert.Empty(t, told.header.Get("Set-Cookie"))
	assert.Zero(t, h.engine.written())
}

// Longer than anybody sits before a page, they are told when to come back.
func TestSignInDoesNotWaitForLong(t *testing.T) {
	h := newHouse(t, options{change: func(c *handlers.Config) { c.Room = (&gauge{wait: 10 * time.Minute}).room }})
	told := h.browser().get("/sign-in?return_to=/apps")
	assert.Equal(t, http.StatusTooManyRequests, told.status)
	assert.Empty(t, told.header.Get("Refresh"))
	assert.Contains(t, told.byTestID("error").Text(), "You can try again at 12:10:00 UTC.")
	assert.Equal(t, "/sign-in?return_to=/apps", told.byTestID("retry").AttrOr("href", ""))
}

// There was room on the way there and there is none on the way back: they are told so, and until when.
func TestSignInThatFindsNoRoom(t *testing.T) {
	for name, query := range map[string]string{"a page": "?return_to=/apps", "a popup": "?popup=1&return_to=/apps"} {
		t.Run(name, func(t *testing.T) {
			h, way := narrowHouse(t, options{})
			b := h.browser()
			callback := b.callback(b.reachConsent(query), "allow")
			way.fill(nil)
			way.fillFor("/v1/profiles", &full{41200 * time.Millisecond, 0})
			failed := b.get(callback)
			assert.Equal(t, "/sign-in/failed", failed.url.Path)
			assert.Equal(t, http.StatusTooManyRequests, failed.status)
			assert.Equal(t, "zapier-rate-limited", failed.errorCode())
			assert.Equal(t, "42", failed.header.Get("Retry-After"))
			assert.Contains(t, failed.byTestID("error").Text(), "You can try again at 12:00:42 UTC.")
			assert.Empty(t, failed.header.Get("Refresh"), "what would be asked again is this page")
			assert.Zero(t, failed.byTestID("waiting").Length())

			h.clock.Advance(40 * time.Second)
			again := b.get(failed.url.RequestURI())
			assert.Equal(t, "2", again.header.Get("Retry-After"), "the time stays the same")
			h.clock.Advance(3 * time.Second)
			over := b.get(failed.url.RequestURI())
			assert.Equal(t, "zapier-rate-limited", over.errorCode())
			assert.Empty(t, over.header.Get("Retry-After"))
			assert.NotContains(t, over.byTestID("error").Text(), "You can try again at")

			way.fill(nil)
			consent := b.follow(over, over.byTestID("retry"))
			assert.Equal(t, http.StatusOK, b.press(consent, consent.byTestID("allow")).status)
			assert.Equal(t, 1, b.get("/apps").byTestID("sign-out").Length())
		})
	}
}

// A token endpoint that has had too many says when to come back, and so do we.
func TestSignInThatComesTooOftenIsToldWhen(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	callback := b.callback(b.reachConsent("?return_to=/apps"), "allow")
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 429, RetryAfter: 90 * time.Second}))
	failed := b.get(callback)
	assert.Equal(t, "zapier-rate-limited", failed.errorCode())
	assert.Equal(t, "90", failed.header.Get("Retry-After"))
	assert.Contains(t, failed.byTestID("error").Text(), "You can try again at 12:01:30 UTC.")
}

// The page of a failed sign-in names the request under which the log says why, and nothing else that a link could bring.
func TestFailedSignInLeadsToItsLine(t *testing.T) {
	h := newHouse(t, options{})
	for name, tt := range map[string]struct {
		fault emulator.Fault
		why   string
	}{
		"an error":     {emulator.Fault{Operation: emulator.OpOAuthToken, Status: 500}, "oauth.token: broken (status 500)"},
		"a connection": {emulator.Fault{Operation: emulator.OpOAuthToken, Drop: true}, "oauth.token: cut_off: the connection was cut off"},
		"a refusal":    {emulator.Fault{Operation: emulator.OpOAuthToken, Status: 401}, "oauth.token: unauthorized (status 401)"},
		"a profile":    {emulator.Fault{Operation: emulator.OpProfilesMe, Status: 503}, "profiles.me: unavailable (status 503)"},
	} {
		t.Run(name, func(t *testing.T) {
			b := h.browser()
			callback := b.callback(b.reachConsent("?return_to=/apps"), "allow")
			require.NoError(t, h.emulator.Arm(tt.fault))
			failed := b.get(callback)
			reference := failed.url.Query().Get("reference")
			require.Len(t, reference, 16)
			assert.Contains(t, failed.byTestID("error").Text(), reference)
			assert.Regexp(t, reference+".*"+regexp.QuoteMeta(tt.why), h.logs.String())
		})
	}
	other := h.browser().get("/sign-in/failed?problem=sign-in-provider&reference=ask-mallory")
	assert.NotContains(t, other.byTestID("error").Text(), "mallory")
}

// Whatever else Zapier fails with, it is the sign-in that failed.
func TestFailedSignInsAreToldApart(t *testing.T) {
	for kind, code := range map[zapier.Kind]string{
		zapier.RateLimited: "zapier-rate-limited", zapier.Resting: "zapier-resting",
		zapier.Unavailable: "sign-in-provider", zapier.TimedOut: "sign-in-provider", zapier.Unauthorized: "sign-in-provider",
	} {
		err := errors.Join(session.ErrSignInProvider, &zapier.Error{Kind: kind, RetryAfter: 8 * time.Second})
		assert.Equal(t, code, handlers.SignInCodeOf(err), kind)
	}
	assert.Equal(t, "sign-in-provider", handlers.SignInCodeOf(session.ErrSignInProvider))
}

// Anybody can write such a link: of the time in it no more is believed than Zapier could have said.
func TestTimeOfAFailedSignInIsBounded(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	for againAt, wait := range map[string]string{
		"2026-11-22T12:00:08Z": "8", "2026-11-22T12:00:08.5%2B00:00": "9", "2026-11-22T12:59:59Z": "3599", "9999-12-31T00:00:00Z": "3600",
		"": "", "8": "", "2026-11-22T11:59:59Z": "", "0001-01-01T00:00:00Z": "", "<script>": "", "12:00:08": "",
	} {
		told := h.browser().get("/sign-in/failed?problem=zapier-resting&return_to=//evil.example&again_at=" + againAt)
		assert.Equal(t, "zapier-resting", told.errorCode(), againAt)
		assert.Equal(t, http.StatusServiceUnavailable, told.status, againAt)
		assert.Equal(t, wait, told.header.Get("Retry-After"), againAt)
		assert.Empty(t, told.header.Get("Refresh"), againAt)
		assert.Equal(t, "/zaps/sign-in?challenge=&popup=", told.byTestID("retry").AttrOr("href", ""), againAt)
	}
}

func TestSignInInSeveralTabsAtOnce(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	first := b.callback(b.reachConsent("?return_to=/apps"), "allow")
	second := b.stopping().get("/sign-in?return_to=/")
	consent := b.get(second.header.Get("Location"))
	other := b.callback(consent, "allow")
	assert.Equal(t, http.StatusOK, b.get(other).status, "the later one first")
	assert.Equal(t, http.StatusOK, b.get(first).status, "and the earlier one still")
}

func TestSignInInAPopup(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	consent := b.reachConsent("?return_to=/apps&popup=1")
	done := b.press(consent, consent.byTestID("allow"))
	assert.Equal(t, "/sign-in/done", done.url.Path, "the code has left the address (R-10)")
	assert.NotContains(t, done.url.RawQuery, "code")
	assert.Equal(t, 1, done.Find(`[data-controller="signed-in"]`).Length())
	assert.Empty(t, done.header.Get("Cross-Origin-Opener-Policy"), "it would cut the popup from its opener (M4)")
	assert.Equal(t, "no-referrer", done.header.Get("Referrer-Policy"))
	done.Find("[src], link[href]").Each(func(_ int, loaded *goquery.Selection) {
		address := loaded.AttrOr("src", loaded.AttrOr("href", ""))
		assert.True(t, strings.HasPrefix(address, "/static/"), "no third party is asked for anything (R-10): %s", address)
	})
	assert.Equal(t, http.StatusUnauthorized, h.browser().get("/sign-in/done").status)
}

func TestSignInAsksForWhatIsNeeded(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	r := h.browser().stopping().request(http.MethodGet, "/sign-in", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Forwarded", "host=evil.example")
	sent := h.browser().stopping().do(r)
	target, err := url.Parse(sent.header.Get("Location"))
	require.NoError(t, err)
	query := target.Query()
	assert.Equal(t, h.zapier+"/v2/authorize", target.Scheme+"://"+target.Host+target.Path)
	assert.Equal(t, "code", query.Get("response_type"))
	assert.Equal(t, h.url+"/sign-in/callback", query.Get("redirect_uri"))
	assert.Equal(t, "profile zap zap:all zap:write zap:update zap:runs connection:read connection:write", query.Get("scope"))
	assert.Equal(t, "S256", query.Get("code_challenge_method"))
	assert.Len(t, query.Get("code_challenge"), 43)
	assert.GreaterOrEqual(t, len(query.Get("state")), 22)
	assert.NotContains(t, target.String(), "secret")
}

// Where nobody said where to return to, and under a prefix.
func TestSignInWithoutAReturn(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.browser()
	home := b.press(b.reachConsent(""), b.reachConsentAgain().byTestID("allow"))
	assert.Equal(t, http.StatusOK, home.status)
	assert.Equal(t, "/zaps/", home.url.Path)

	unknown := h.browser().get("/sign-in/callback?state=x&code=y")
	assert.Equal(t, http.StatusBadRequest, unknown.status)
	who := h.browser().follow(unknown, unknown.byTestID("retry"))
	assert.Equal(t, h.zapier, who.url.Scheme+"://"+who.url.Host, "trying again leads to Zapier")
}

func TestFailedSignInKeepsNoCodeInTheAddress(t *testing.T) {
	h := newHouse(t, options{})
	b := h.browser()
	callback := b.callback(b.reachConsent("?return_to=/apps"), "allow")
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 500}))
	failed := b.get(callback)
	assert.Equal(t, "/sign-in/failed", failed.url.Path)
	assert.NotContains(t, failed.url.String(), "code=")
	assert.NotContains(t, failed.url.String(), "state=")
	for _, problem := range []string{"", "internal", "<script>", "zapier-timeout", "zapier-busy"} {
		assert.Equal(t, "sign-in-unknown", b.get("/sign-in/failed?problem="+url.QueryEscape(problem)).errorCode())
	}
}

// A form's address can be posted to and not visited: signing in returns to the page the form is on.
func TestSignInFromAForm(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/apps/" + emulator.AppSameTitle)
	b.post("/sign-out", nil)
	refused := b.press(page, page.byTestID("choose").First())
	require.Equal(t, http.StatusUnauthorized, refused.status)
	back := b.follow(refused, refused.byTestID("sign-in"))
	back = b.press(back, back.byTestID("allow"))
	assert.Equal(t, http.StatusOK, back.status)
	assert.Equal(t, "/apps/"+emulator.AppSameTitle, back.url.Path)
}

func TestSignOutEndsTheSessionOnTheServer(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	public, err := url.Parse(h.url)
	require.NoError(t, err)
	kept := b.client.Jar.Cookies(public)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})

	for _, method := range []string{http.MethodGet, http.MethodHead} {
		assert.Equal(t, http.StatusMethodNotAllowed, b.do(b.request(method, "/sign-out", nil)).status, "R-44")
	}
	b.post("/sign-out", nil)
	thief := h.browser()
	thief.client.Jar.SetCookies(public, kept)
	assert.Equal(t, http.StatusUnauthorized, thief.get("/apps").status, "the old cookie is worth nothing")
	started := thief.stopping().get(attempt.StartURL)
	assert.Equal(t, http.StatusConflict, started.status, "its attempts have ended")
	assert.Equal(t, "attempt-cancelled", started.errorCode())
	assert.Equal(t, http.StatusSeeOther, h.browser().stopping().post("/sign-out", nil).status, "signing out twice is no error")
}

func TestZapierEndsTheGrant(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	h.emulator.ExpireTokens(emulator.UserWade)
	assert.Equal(t, http.StatusOK, b.get("/zaps").status, "an expired token is refreshed without a word")

	h.emulator.RevokeGrant(emulator.UserWade)
	assert.Equal(t, http.StatusOK, b.get("/apps").status, "the directory is everybody's")
	ended := b.get("/zaps")
	assert.Equal(t, http.StatusUnauthorized, ended.status)
	assert.Equal(t, "sign-in-ended", ended.errorCode())
	assert.NotEmpty(t, ended.byTestID("sign-in").AttrOr("href", ""))
	assert.Equal(t, http.StatusOK, b.signIn(emulator.UserWade, "/apps").status)
}

func TestTroubleAtTheTokenEndpointSignsNobodyOut(t *testing.T) { // R-11, L4
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	h.emulator.ExpireTokens(emulator.UserWade)
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOAuthToken, Status: 500}))
	busy := b.get("/apps/" + emulator.AppBasic)
	assert.Equal(t, http.StatusServiceUnavailable, busy.status)
	assert.Equal(t, "zapier-unavailable", busy.errorCode())
	assert.Equal(t, http.StatusOK, b.get("/apps/"+emulator.AppBasic).status)
}
