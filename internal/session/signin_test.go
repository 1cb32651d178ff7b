package session_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
)

func TestSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	assert.Equal(t, "nobody", br.who())
	br.signIn("alice")
	assert.Equal(t, "alice", br.who())
	token, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, "alice", b.provider.access[token])
	assert.Equal(t, 1, b.provider.tokenCalls())
}

// what the authorize URL says, whatever Host the request has.
func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begin := func() url.Values {
		r := httptest.NewRequest(http.MethodGet, "https://evil.example/sign-in", nil)
		r.Header.Set("X-Forwarded-Host", "evil.example")
		target, err := b.manager.BeginSignIn(httptest.NewRecorder(), r, session.SignIn{})
		require.NoError(t, err)
		u, err := url.Parse(target)
		require.NoError(t, err)
		assert.Equal(t, b.provider.URL+"/v2/authorize", u.Scheme+"://"+u.Host+u.Path)
		return u.Query()
	}
	one, two := begin(), begin()
	assert.Equal(t, b.app.URL+"/sign-in/callback", one.Get("redirect_uri"))
	assert.Equal(t, "code", one.Get("response_type"))
	assert.Equal(t, "profile zap connection:read", one.Get("scope"))
	assert.Equal(t, "S256", one.Get("code_challenge_method"))
	assert.Len(t, one.Get("state"), 43)
	for _, fresh := range []string{"state", "code_challenge"} {
		assert.NotEmpty(t, one.Get(fresh))
		assert.NotEqual(t, one.Get(fresh), two.Get(fresh), fresh)
	}
}

// a callback that is not the answer to a sign-in of this
// browser is refused before the code is spent. R-04: none of it rests on PKCE.
func TestCallbackIsRefusedBeforeTheCodeIsSpent(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		want error
		// callback turns alice's callback into the one that is requested by br.
		callback func(br *browser, u *url.URL)
		other    bool // another browser requests it
	}{
		{name: "no state", want: session.ErrSignInUnknown, callback: func(_ *browser, u *url.URL) { setQuery(u, "state", "") }},
		{name: "unknown state", want: session.ErrSignInUnknown, callback: func(_ *browser, u *url.URL) { setQuery(u, "state", strings.Repeat("A", 43)) }},
		{name: "expired", want: session.ErrSignInUnknown, callback: func(br *browser, _ *url.URL) { br.clock.Advance(10 * time.Minute) }},
		{name: "a browser without a session", want: session.ErrSignInOtherBrowser, other: true, callback: func(*browser, *url.URL) {}},
		{name: "a browser with a sign-in of its own", want: session.ErrSignInOtherBrowser, other: true, callback: func(br *browser, _ *url.URL) { br.begin("mallory") }},
		{name: "a browser that is signed in", want: session.ErrSignInOtherBrowser, other: true, callback: func(br *browser, _ *url.URL) { br.signIn("mallory") }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			alice := b.newBrowser()
			u, err := url.Parse(alice.begin("alice"))
			require.NoError(t, err)
			br := alice
			if tc.other {
				br = b.newBrowser()
			}
			tc.callback(br, u)
			before, calls := br.who(), b.provider.tokenCalls()

			res := br.get(u.String())
			assert.Equal(t, tc.want.Error(), res.text)
			assert.Equal(t, calls, b.provider.tokenCalls(), "no token call")
			assert.Equal(t, before, br.who(), "the session is as it was")
		})
	}
}

func setQuery(u *url.URL, name, value string) {
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
}

// a state works once.
func TestStateIsSingleUse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	callback := br.begin("alice")
	require.Equal(t, "alice /", br.get(callback).text)
	assert.Equal(t, session.ErrSignInUnknown.Error(), br.get(callback).text)
	assert.Equal(t, 1, b.provider.tokenCalls())
	assert.Equal(t, "alice", br.who())
}

// What Zapier, or somebody in between, says in the callback.
func TestCallbackAnswers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		query url.Values
		want  error
	}{
		{"denied", url.Values{"error": {"access_denied"}}, session.ErrSignInDenied},
		{"server error", url.Values{"error": {"server_error"}}, session.ErrSignInProvider},
		{"for a while", url.Values{"error": {"temporarily_unavailable"}}, session.ErrSignInProvider},
		{"bad scope", url.Values{"error": {"invalid_scope"}, "error_description": {"canary"}}, session.ErrSignInRefused},
		{"error beside a code", url.Values{"error": {"access_denied"}, "code": {"x"}}, session.ErrSignInDenied},
		{"neither code nor error", url.Values{}, session.ErrSignInProvider},
		// an answer of another server is not looked at further.
		{"another issuer", url.Values{"code": {"x"}, "iss": {"https://evil.example"}}, session.ErrSignInRefused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config.Issuer = "https://zapier.example"
			b.manager = b.newManager(b.config)
			br := b.newBrowser()
			u, err := url.Parse(br.begin("alice"))
			require.NoError(t, err)
			tc.query.Set("state", u.Query().Get("state"))
			u.RawQuery = tc.query.Encode()
			assert.Equal(t, tc.want.Error(), br.get(u.String()).text)
			assert.Zero(t, b.provider.tokenCalls())
			assert.Equal(t, "nobody", br.who())
		})
	}
}

// L4, L5: every answer of the token endpoint has one meaning, and R-02: none of
// its text is passed on.
func TestCodeExchangeFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"invalid grant", 400, `{"error":"invalid_grant","error_description":"canary"}`, session.ErrSignInCodeRefused},
		{"invalid grant in Zapier's spelling", 400, `{"error":"invalid grant"}`, session.ErrSignInCodeRefused},
		{"invalid client", 401, `{"error":"invalid_client"}`, session.ErrSignInRefused},
		{"401 without a word", 401, "canary", session.ErrSignInRefused},
		{"another error", 400, `{"error":"unauthorized_client"}`, session.ErrSignInRefused},
		{"server error", 500, "<h1>canary</h1>", session.ErrSignInProvider},
		{"invalid grant with 503", 503, `{"error":"invalid_grant"}`, session.ErrSignInProvider},
		{"too many requests", 429, `{"error":"canary"}`, session.ErrSignInProvider},
		{"HTML with 200", 200, "<h1>canary</h1>", session.ErrSignInProvider},
		{"no token with 200", 200, `{"token_type":"Bearer"}`, session.ErrSignInProvider},
		{"HTML with 400", 400, "<h1>canary</h1>", session.ErrSignInProvider},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.provider.failWith(tc.status, tc.body)
			br := b.newBrowser()
			res := br.get("/sign-in?as=alice")
			assert.Equal(t, tc.want.Error(), res.text)
			assert.Equal(t, 1, b.provider.tokenCalls(), "never twice with one code")
			assert.NotContains(t, b.log.String(), "canary")
			assert.Equal(t, "nobody", br.who())
		})
	}
}

// the client secret does not follow a redirect.
func TestTokenCallFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		assert.Fail(t, "the redirect was followed")
	}))
	t.Cleanup(elsewhere.Close)
	b.provider.fail(func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		return true
	})
	assert.Equal(t, session.ErrSignInProvider.Error(), b.newBrowser().get("/sign-in?as=alice").text)
}

// The cause can be asked for with errors.Is and is never in the text.
func TestIdentifyFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	cause := errors.New("canary")
	b.provider.identifyErr = cause
	br := b.newBrowser()
	u, err := url.Parse(br.begin("alice"))
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, u.String(), nil)
	r.AddCookie(&http.Cookie{Name: "zapembed", Value: br.id()})
	result, err := b.manager.FinishSignIn(httptest.NewRecorder(), r)
	require.ErrorIs(t, err, session.ErrSignInProvider)
	require.ErrorIs(t, err, cause)
	assert.Equal(t, session.ErrSignInProvider.Error(), err.Error())
	assert.Equal(t, session.SignInResult{ReturnTo: "/"}, result)

	b.provider.identifyErr = nil
	assert.Equal(t, session.ErrSignInProvider.Error(), br.get("/sign-in?as=").text, "a user without an id is nobody")
}

// the id from before is dead, and so is the one before the second sign-in.
func TestSignInChangesTheID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	callback := br.begin("alice")
	anonymous := br.id()
	browserBefore := strings.Fields(br.get("/state").text)[0]
	br.get(callback)
	first := br.id()
	assert.NotEqual(t, anonymous, first)
	assert.Equal(t, browserBefore, strings.Fields(br.get("/state").text)[0], "what the browser owns stays its own")
	assert.Equal(t, "nobody", b.withID(anonymous).who())
	assert.Empty(t, strings.TrimSpace(b.withID(anonymous).get("/state").text))

	br.signIn("alice")
	assert.NotEqual(t, first, br.id())
	assert.Equal(t, "nobody", b.withID(first).who())
}

func TestSeveralTabsSignInAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	one, two, three := br.begin("alice"), br.begin("alice"), br.begin("alice")
	assert.Equal(t, "alice /", br.get(two).text)
	assert.Equal(t, "alice /", br.get(one).text)
	assert.Equal(t, "alice /", br.get(three).text)
	assert.Equal(t, "alice", br.who())
}

// What one user did in a browser is not shown to the next, and the first one's
// grant goes with their last session.
func TestAnotherUserInTheSameBrowser(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	require.Equal(t, "chosen", br.get("/choose?title=mine").text)
	before := strings.Fields(br.get("/state").text)

	br.signIn("bob")
	after := strings.Fields(br.get("/state").text)
	require.Len(t, after, 1, "no choice of alice's is left: %v", after)
	assert.NotEqual(t, before[0], after[0], "alice's attempts are not bob's")
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
	_, err = b.manager.Token(t.Context(), "bob")
	require.NoError(t, err)
}

// Choices survive a second sign-in of the same user.
func TestSigningInAgainKeepsChoices(t *testing.T) {
	t.Parallel()
	br := newBench(t).newBrowser()
	br.signIn("alice")
	require.Equal(t, "chosen", br.get("/choose?title=mine").text)
	before := br.get("/state").text
	br.signIn("alice")
	assert.Equal(t, before, br.get("/state").text)
}

// the return target goes in and comes out, unless it is not a local path.
func TestReturnTo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ to, want string }{
		{"/apps/slack?tab=2", "/apps/slack?tab=2"},
		{"https://evil.example/", "/"},
		{"//evil.example/", "/"},
		{"", "/"},
	} {
		t.Run(tc.to, func(t *testing.T) {
			t.Parallel()
			br := newBench(t).newBrowser()
			assert.Equal(t, "alice "+tc.want, br.get("/sign-in?as=alice&to="+url.QueryEscape(tc.to)).text)
		})
	}
}

// with the store down nothing is redeemed and nothing forgotten.
func TestStoreDownDuringSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	callback := br.begin("alice")
	b.engine.down.Store(true)
	res := br.get(callback)
	assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	assert.Empty(t, res.Header["Set-Cookie"])
	assert.Zero(t, b.provider.tokenCalls())
	assert.Equal(t, http.StatusServiceUnavailable, b.newBrowser().get("/sign-in?as=bob").StatusCode)
	b.engine.down.Store(false)
	assert.Equal(t, "alice /", br.get(callback).text, "it recovers without a restart")
}

// A session whose grant could not be stored does not stay behind.
func TestGrantCannotBeStored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := b.newBrowser()
	other.signIn("alice") // so that her grant is updated the next time
	br := b.newBrowser()
	br.signIn("bob")
	callback := br.begin("alice")
	b.engine.failing.Store(1)
	res := br.get(callback)
	assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	assert.Empty(t, res.Header["Set-Cookie"])
	assert.Equal(t, "nobody", br.who())
	sessions := store.NewCollection[session.State](b.engine, b.keys, "session")
	left, err := sessions.List(t.Context(), "alice")
	require.NoError(t, err)
	assert.Len(t, left, 1, "only the other browser's")
	assert.Equal(t, "alice", other.who())
	_, err = b.manager.Token(t.Context(), "bob")
	require.ErrorIs(t, err, session.ErrGrantEnded, "who was signed in before is signed out, and not by half")
}

// the person signs out everywhere at some moment of a sign-in. It
// succeeds or fails as a whole: never a cookie of a dead session, nor a grant
// that no session uses.
func TestSignOutEverywhereDuringSignIn(t *testing.T) {
	t.Parallel()
	failed := 0
	for n, calls := int64(1), int64(1); n <= calls; n++ {
		b := newBench(t)
		elsewhere, br := b.newBrowser(), b.newBrowser()
		elsewhere.signIn("alice")
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, br.begin("alice"), nil)
		r.AddCookie(&http.Cookie{Name: "zapembed", Value: br.id()})
		count := b.before(n, "", func() { assert.Equal(t, "out", elsewhere.get("/sign-out/everywhere").text) })
		_, err := b.manager.FinishSignIn(w, r)
		calls = count()
		state, loadErr := b.manager.Load(r)
		require.NoError(t, loadErr)
		if err == nil {
			assert.Equal(t, "alice", b.withID(w.Result().Cookies()[0].Value).who(), "call %d", n)
			assert.Len(t, b.walk("grant"), 1, "call %d", n)
			continue
		}
		failed++
		require.ErrorIs(t, err, session.ErrSignInUnknown, "call %d", n)
		assert.Equal(t, session.State{}, state, "call %d", n)
		assert.Empty(t, w.Result().Cookies(), "call %d", n)
		assert.Empty(t, b.walk("session"), "call %d", n)
		assert.Empty(t, b.walk("grant"), "call %d", n)
	}
	assert.Greater(t, failed, 1)
}

// a second sign-in makes the grant last for as long as its session.
func TestSecondSignInProlongsTheGrant(t *testing.T) {
	t.Parallel()
	b, _, _ := signedIn(t)
	b.clock.Advance(absolute - time.Hour)
	br := b.newBrowser()
	br.signIn("alice")
	b.clock.Advance(absolute - time.Hour)
	assert.Equal(t, "alice", br.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
}

// The person signed out in another tab while this one was at Zapier.
func TestSessionEndsDuringSignIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	br := b.newBrowser()
	br.signIn("alice")
	callback := br.begin("alice")
	id := br.id()
	b.provider.fail(func(http.ResponseWriter, *http.Request) bool {
		b.withID(id).get("/sign-out")
		return false
	})
	assert.Equal(t, session.ErrSignInUnknown.Error(), br.get(callback).text)
	assert.Equal(t, "nobody", br.who(), "signed out stays signed out")
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
}
