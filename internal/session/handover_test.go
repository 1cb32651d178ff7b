package session_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/session"
)

// newCrossSiteBench is a bench whose pages live in frames of other sites. A
// browser of it is one cookie jar: a frame has one, its popup another.
func newCrossSiteBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.app = httptest.NewTLSServer(b.routes())
	t.Cleanup(b.app.Close)
	b.config = b.newConfig()
	b.config.CrossSite = true
	b.manager = b.newManager(b.config)
	return b
}

const (
	alicesSecret   = "alice's frame keeps this secret, 43 characters"
	mallorysSecret = "mallory's frame keeps this one"
)

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// handOver walks a sign-in in this popup for the frame that has the secret, and
// returns the code.
func (br *browser) handOver(user, verifier string) string {
	br.Helper()
	res := br.get("/sign-in?popup=1&as=" + user + "&challenge=" + challengeOf(verifier))
	words := strings.Fields(res.text)
	require.Len(br, words, 3, res.text)
	require.Equal(br, user, words[0])
	return words[2]
}

func (br *browser) redeem(code, verifier string) page {
	br.Helper()
	return br.get("/redeem?" + url.Values{"code": {code}, "verifier": {verifier}}.Encode())
}

// a sign-in in a popup signs the frame in, and not the popup.
func TestHandover(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	frame, popup := b.newBrowser(), b.newBrowser()
	code := popup.handOver("alice", alicesSecret)
	assert.Len(t, code, 43)
	assert.Equal(t, "nobody", popup.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded, "before the frame has it there is no grant")

	res := frame.redeem(code, alicesSecret)
	require.Equal(t, "alice", res.text)
	require.Len(t, res.Header["Set-Cookie"], 1, "R-35")
	cookie, err := http.ParseSetCookie(res.Header.Get("Set-Cookie"))
	require.NoError(t, err)
	assert.Equal(t, http.SameSiteNoneMode, cookie.SameSite)
	assert.True(t, cookie.Partitioned)
	assert.Equal(t, "alice", frame.who())
	_, err = b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, 1, b.provider.tokenCalls())
	assert.NotContains(t, b.log.String(), code, "R-02")
}

// a frame that had a session gets a new id, and what was there of another
// person goes.
func TestHandoverChangesTheID(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	frame := b.newBrowser()
	frame.signIn("bob")
	require.Equal(t, "chosen", frame.get("/choose?title=bobs").text)
	old, before := frame.id(), strings.Fields(frame.get("/state").text)[0]

	require.Equal(t, "alice", frame.redeem(b.newBrowser().handOver("alice", alicesSecret), alicesSecret).text)
	assert.NotEqual(t, old, frame.id())
	after := strings.Fields(frame.get("/state").text)
	require.Len(t, after, 1, "no choice of bob's is left: %v", after)
	assert.NotEqual(t, before, after[0])
	_, err := b.manager.Token(t.Context(), "bob")
	require.ErrorIs(t, err, session.ErrGrantEnded)

	thief := b.newBrowser()
	thief.client.Jar.SetCookies(mustParse(t, b.app.URL), []*http.Cookie{{Name: "__Host-Http-zapembed", Value: old, Secure: true}})
	assert.Equal(t, "nobody", thief.who(), "the old id is dead")
}

func mustParse(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	require.NoError(t, err)
	return u
}

// codes that do not sign anybody in, and what stays as it was.
func TestHandoverIsRefused(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		// redeem tries, with the code of alice's popup.
		redeem func(t *testing.T, frame *browser, code string) page
		want   error
	}{
		{"no code", func(_ *testing.T, frame *browser, _ string) page {
			return frame.redeem("", alicesSecret)
		}, session.ErrSignInUnknown},
		{"a code of one's own making", func(_ *testing.T, frame *browser, _ string) page {
			return frame.redeem(strings.Repeat("A", 43), alicesSecret)
		}, session.ErrSignInUnknown},
		{"late", func(_ *testing.T, frame *browser, code string) page {
			frame.clock.Advance(time.Minute)
			return frame.redeem(code, alicesSecret)
		}, session.ErrSignInUnknown},
		// The victim's code was stolen, and a frame of the thief redeems it.
		{"another frame's", func(_ *testing.T, frame *browser, code string) page {
			return frame.redeem(code, mallorysSecret)
		}, session.ErrSignInOtherBrowser},
		{"no secret at all", func(_ *testing.T, frame *browser, code string) page {
			return frame.redeem(code, "")
		}, session.ErrSignInOtherBrowser},
		{"the challenge in place of the secret", func(_ *testing.T, frame *browser, code string) page {
			return frame.redeem(code, challengeOf(alicesSecret))
		}, session.ErrSignInOtherBrowser},
		// Guessing the secret ends with the first guess.
		{"spent by a wrong secret", func(_ *testing.T, frame *browser, code string) page {
			frame.newBrowser().redeem(code, mallorysSecret)
			return frame.redeem(code, alicesSecret)
		}, session.ErrSignInUnknown},
		{"replayed", func(t *testing.T, frame *browser, code string) page {
			require.Equal(t, "alice", frame.newBrowser().redeem(code, alicesSecret).text)
			return frame.redeem(code, alicesSecret)
		}, session.ErrSignInUnknown},
		{"the state of the sign-in in place of the code", func(t *testing.T, frame *browser, _ string) page {
			u := mustParse(t, frame.newBrowser().begin("alice"))
			return frame.redeem(u.Query().Get("state"), alicesSecret)
		}, session.ErrSignInUnknown},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newCrossSiteBench(t)
			frame := b.newBrowser()
			frame.signIn("bob")
			code := b.newBrowser().handOver("alice", alicesSecret)
			id := frame.id()
			res := tc.redeem(t, frame, code)
			assert.Equal(t, tc.want.Error(), res.text)
			assert.Empty(t, res.Header["Set-Cookie"])
			assert.Equal(t, id, frame.id())
			assert.Equal(t, "bob", frame.who())
			assert.Contains(t, b.log.String(), "event=handover-refused")
			assert.NotContains(t, b.log.String(), code)
		})
	}
}

// A person is lured to finish a sign-in, of the attacker in one case and her own
// in the other. In neither does anybody end up in an account that is not theirs.
func TestLuredIntoAHandover(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)

	// Mallory signs in as himself and slips his code to alice's frame, which
	// waits for the end of a popup of its own.
	frame := b.newBrowser()
	slipped := b.newBrowser().handOver("mallory", mallorysSecret)
	assert.Equal(t, session.ErrSignInOtherBrowser.Error(), frame.redeem(slipped, alicesSecret).text)
	assert.Equal(t, "nobody", frame.who(), "alice does not connect her accounts to mallory's")

	// Mallory makes alice open a popup with his challenge. The code goes to a
	// window of our own origin, so he has the secret and the browser's word for
	// nothing: all he can ask is this.
	b.newBrowser().handOver("alice", mallorysSecret)
	mallory := b.newBrowser()
	for _, guess := range []string{"", mallorysSecret, challengeOf(mallorysSecret), "alice"} {
		assert.Equal(t, session.ErrSignInUnknown.Error(), mallory.redeem(guess, mallorysSecret).text)
	}
	assert.Equal(t, "nobody", mallory.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded, "and no grant is left over")
}

// the popup is bound to its own cookie, whatever the frame knows.
func TestPopupOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	popup := b.newBrowser().stay()
	toProvider := popup.get("/sign-in?popup=1&as=mallory&challenge=" + challengeOf(alicesSecret))
	callback := popup.get(toProvider.Header.Get("Location")).Header.Get("Location")
	assert.Equal(t, session.ErrSignInOtherBrowser.Error(), b.newBrowser().get(callback).text)
	assert.Zero(t, b.provider.tokenCalls())
	assert.Contains(t, b.log.String(), "event=sign-in-forged")
}

// Two frames open a popup each, and the popups share one cookie jar. The second
// begins at any moment of the first one's end.
func TestTwoPopupsAtOnce(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	for n := int64(1); ; n++ {
		if b.twoPopups(n) < n {
			assert.Greater(t, n, int64(3))
			return
		}
	}
}

// twoPopups begins the second in front of the n-th call of the engine, or after
// the last, and returns how many calls there were.
func (b *bench) twoPopups(n int64) int64 {
	b.Helper()
	popups := b.newBrowser().stay()
	begin := func(user, verifier string) (callback string) {
		toProvider := popups.get("/sign-in?popup=1&as=" + user + "&challenge=" + challengeOf(verifier))
		return popups.get(toProvider.Header.Get("Location")).Header.Get("Location")
	}
	finish := func(callback string) string {
		words := strings.Fields(popups.get(callback).text)
		require.Len(b, words, 3, "%v", words)
		return words[2]
	}
	one, two := begin("alice", alicesSecret), ""
	calls := b.before(n, "", func() { two = begin("bob", mallorysSecret) })
	first := finish(one)
	counted := calls()
	if two == "" {
		two = begin("bob", mallorysSecret)
	}
	second := finish(two)
	assert.Equal(b, "nobody", popups.who())

	frame, other := b.newBrowser(), b.newBrowser()
	assert.Equal(b, "bob", other.redeem(second, mallorysSecret).text)
	assert.Equal(b, "alice", frame.redeem(first, alicesSecret).text)
	return counted
}

// A window of our own that somebody is signed in to stays as it is when a frame
// signs in beside it.
func TestHandoverLeavesTheOwnWindowAlone(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	window := b.newBrowser()
	window.signIn("bob")
	id := window.id()
	code := window.handOver("alice", alicesSecret)
	assert.Equal(t, id, window.id())
	assert.Equal(t, "bob", window.who())
	assert.Equal(t, "alice", b.newBrowser().redeem(code, alicesSecret).text)
	assert.Equal(t, "bob", window.who())
}

// Without a challenge a popup makes a session of its own, as in every other
// mode, and without CrossSite a challenge has no meaning.
func TestNoHandover(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	window := b.newBrowser()
	assert.Equal(t, "alice /", window.get("/sign-in?popup=1&as=alice").text)
	assert.Equal(t, "alice", window.who())
	assert.Equal(t, "alice /", window.get("/sign-in?as=alice&challenge="+challengeOf(alicesSecret)).text)

	sameSite := newBench(t).newBrowser()
	assert.Equal(t, "alice /", sameSite.get("/sign-in?popup=1&as=alice&challenge="+challengeOf(alicesSecret)).text)
	assert.Equal(t, "alice", sameSite.who())

	for _, odd := range []string{"x", strings.Repeat("A", 42) + "B", strings.Repeat("A", 44), "../../etc/passwd"} {
		res := b.newBrowser().get("/sign-in?popup=1&as=alice&challenge=" + url.QueryEscape(odd))
		assert.Equal(t, session.ErrSignInUnknown.Error(), res.text, odd)
		assert.Empty(t, res.Header["Set-Cookie"])
	}
}

// who signs out everywhere, or is signed out by the operator,
// between the popup and the frame is not signed in afterwards.
func TestSignedOutBeforeTheHandover(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, b *bench, alice *browser){
		"everywhere": func(t *testing.T, _ *bench, alice *browser) {
			require.Equal(t, "out", alice.get("/sign-out/everywhere").text)
		},
		"revoked": func(t *testing.T, b *bench, _ *browser) {
			ended, err := session.NewRegistry(b.engine, b.keys).Revoke(t.Context(), "alice")
			require.NoError(t, err)
			assert.Equal(t, 1, ended)
		},
		"all revoked": func(t *testing.T, b *bench, _ *browser) {
			_, err := session.NewRegistry(b.engine, b.keys).RevokeAll(t.Context())
			require.NoError(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newCrossSiteBench(t)
			elsewhere := b.newBrowser()
			elsewhere.signIn("alice")
			code := b.newBrowser().handOver("alice", alicesSecret)
			end(t, b, elsewhere)
			frame := b.newBrowser()
			assert.Equal(t, session.ErrSignInUnknown.Error(), frame.redeem(code, alicesSecret).text)
			assert.Equal(t, "nobody", frame.who())
			_, err := b.manager.Token(t.Context(), "alice")
			require.ErrorIs(t, err, session.ErrGrantEnded)
		})
	}
}

// the frame's session ends while its code is being redeemed.
func TestSignOutDuringRedeem(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	frame := b.newBrowser()
	frame.signIn("bob")
	code := b.newBrowser().handOver("alice", alicesSecret)
	var once sync.Once
	signOut := func(op string) bool {
		if op == "rotate" {
			once.Do(func() { assert.Equal(t, "out", frame.get("/sign-out").text) })
		}
		return false
	}
	b.engine.mood.Store(&signOut)
	assert.Equal(t, session.ErrSignInUnknown.Error(), frame.redeem(code, alicesSecret).text)
	b.engine.mood.Store(nil)
	assert.Equal(t, "nobody", frame.who())
	_, err := b.manager.Token(t.Context(), "alice")
	require.ErrorIs(t, err, session.ErrGrantEnded)
}

// Of many who redeem one code at once one is signed in.
func TestCodeIsRedeemedOnce(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	code := b.newBrowser().handOver("alice", alicesSecret)
	results := make(chan string, 8)
	var all sync.WaitGroup
	for range cap(results) {
		frame := b.newBrowser()
		all.Go(func() { results <- frame.redeem(code, alicesSecret).text })
	}
	all.Wait()
	close(results)
	signedIn := 0
	for text := range results {
		if text == "alice" {
			signedIn++
		} else {
			assert.Equal(t, session.ErrSignInUnknown.Error(), text)
		}
	}
	assert.Equal(t, 1, signedIn)
}

// a code that nobody redeems leaves nothing, and touches no grant there is.
func TestHandoverThatIsNeverRedeemed(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	elsewhere := b.newBrowser()
	elsewhere.signIn("alice")
	before, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	b.newBrowser().handOver("alice", alicesSecret)
	b.newBrowser().handOver("bob", alicesSecret)
	after, err := b.manager.Token(t.Context(), "alice")
	require.NoError(t, err)
	assert.Equal(t, before, after)

	b.clock.Advance(time.Minute)
	assert.Empty(t, b.walk("handover"))
	b.clock.Advance(29 * time.Minute) // the popups' sessions last longest
	_, err = b.engine.Sweep(t.Context())
	require.NoError(t, err)
	left := map[string]int{}
	for _, kind := range kinds() {
		left[kind] = len(b.walk(kind))
	}
	assert.Equal(t, map[string]int{"session": 1, "sign-in": 0, "handover": 0, "grant": 1}, left)
}

// with the store down the code is not spent.
func TestStoreDownDuringRedeem(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	frame := b.newBrowser()
	code := b.newBrowser().handOver("alice", alicesSecret)
	b.engine.down.Store(true)
	res := frame.redeem(code, alicesSecret)
	assert.Equal(t, http.StatusServiceUnavailable, res.StatusCode)
	assert.Empty(t, res.Header["Set-Cookie"])
	b.engine.down.Store(false)
	assert.Equal(t, "alice", frame.redeem(code, alicesSecret).text)
}

// A failed sign-in tells the challenge, so that another try is for the same frame.
func TestChallengeOutlivesAFailure(t *testing.T) {
	t.Parallel()
	b := newCrossSiteBench(t)
	popup := b.newBrowser().stay()
	toProvider := popup.get("/sign-in?popup=1&as=alice&challenge=" + challengeOf(alicesSecret))
	u := mustParse(t, popup.get(toProvider.Header.Get("Location")).Header.Get("Location"))
	setQuery(u, "error", "access_denied")
	r := httptest.NewRequest(http.MethodGet, u.String(), nil)
	r.AddCookie(&http.Cookie{Name: "__Host-Http-zapembed", Value: popup.id()})
	result, err := b.manager.FinishSignIn(httptest.NewRecorder(), r)
	require.ErrorIs(t, err, session.ErrSignInDenied)
	assert.Equal(t, session.SignInResult{ReturnTo: "/", Popup: true, Challenge: challengeOf(alicesSecret)}, result)
	assert.Contains(t, b.log.String(), "event=sign-in-failed")
}
