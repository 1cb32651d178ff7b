package emulator_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// while the client or the redirect URI is in doubt nothing is sent
// anywhere.
func TestAuthorizeNeverRedirectsToStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct{ name, path string }{
		{"unknown client", authorizePath("client_id", "nobody")},
		{"no client", authorizePath("client_id", "")},
		{"client twice", authorizePath() + "&client_id=other"},
		{"no redirect URI", authorizePath("redirect_uri", "")},
		{"longer redirect URI", authorizePath("redirect_uri", redirectURI+"/more")},
		{"other query", authorizePath("redirect_uri", redirectURI+"?x=1")},
		{"other case", authorizePath("redirect_uri", "http://LOCALHOST:8080/sign-in/callback")},
		{"redirect URI twice", authorizePath() + "&redirect_uri=http%3A%2F%2Fevil.example"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			shown := w.browser(t).get(row.path)
			assert.Equal(t, http.StatusBadRequest, shown.status)
			assert.Empty(t, shown.location)
			assert.Contains(t, shown.header.Get("Content-Type"), "text/html")
		})
	}
}

// Mistakes of a known partner are told to it (api.md 1.3).
func TestAuthorizeTellsThePartner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct {
		name, path, code string
	}{
		{"token response", authorizePath("response_type", "token"), "unsupported_response_type"},
		{"no response type", authorizePath("response_type", ""), "unsupported_response_type"},
		{"no scope", authorizePath("scope", ""), "invalid_scope"},
		{"unknown scope", authorizePath("scope", "zap everything"), "invalid_scope"},
		{"fragment mode", authorizePath("response_mode", "fragment"), "invalid_request"},
		{"plain PKCE", authorizePath("code_challenge", "x", "code_challenge_method", "plain"), "invalid_request"},
		{"challenge without method", authorizePath("code_challenge", "x"), "invalid_request"},
		{"empty parameter", authorizePath() + "&utm_source=", "invalid_request"},
		{"scope twice", authorizePath() + "&scope=zap", "invalid_request"},
		{"no address", authorizePath("sign_up_email", "nobody"), "invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			shown := w.browser(t).get(row.path)
			require.Equal(t, http.StatusFound, shown.status)
			answer, err := url.Parse(shown.location)
			require.NoError(t, err)
			assert.Equal(t, row.code, answer.Query().Get("error"))
			assert.Equal(t, "state-1", answer.Query().Get("state"))
		})
	}
}

func TestConsentDenied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	denied := b.press(b.signInAs(b.get(authorizePath("redirect_uri", redirectURI+"?from=test")), emulator.UserNadia), "deny", nil)
	assert.Equal(t, http.StatusSeeOther, denied.status)
	assert.Equal(t, redirectURI+"?error=access_denied&from=test&state=state-1", denied.location)
}

func TestConsentAsAnotherUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	consent := b.signInAs(b.get(authorizePath()), emulator.UserWade)
	signIn := b.press(consent, "other-account", nil)
	require.Equal(t, 4, signIn.Find(`[data-testid="emulator-user"]`).Length())
	nadia := b.signInAs(signIn, emulator.UserNadia)
	assert.Contains(t, nadia.Find(".signed-in").Text(), emulator.EmailNadia)

	// The first page is still open in another tab: Wade's Allow must not grant Nadia's account.
	asked := b.press(consent, "allow", nil)
	assert.Equal(t, http.StatusOK, asked.status)
	assert.Contains(t, asked.Find(".signed-in").Text(), emulator.EmailNadia)
}

func TestLoginCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answered := b.signInAs(b.get("/oauth/authorize/?"+authorizePath()[len("/v2/authorize?"):]), emulator.UserTom)
	cookie := answered.header.Get("Set-Cookie")
	assert.Contains(t, cookie, "HttpOnly")
	assert.Contains(t, cookie, "SameSite=Lax")
	assert.Contains(t, cookie, "Path=/")
}

// the sign-in form returns to pages of the emulator only.
func TestSignInReturnsOnlyToTheEmulator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, next := range []string{"http://evil.example/", "//evil.example/", "///evil.example/", `/\evil.example/`, "/\t/evil.example", "", "x"} {
		b := w.browser(t)
		shown := b.get(authorizePath())
		refused := b.press(shown, "emulator-user", map[string]string{"next": next})
		assert.Equal(t, http.StatusBadRequest, refused.status, "next %q", next)
		assert.Empty(t, refused.location)
	}
}

// forms of other sites are refused, and so change nothing.
func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/login", "/logout", "/oauth/authorize/", "/emulator/reset", "/emulator/api/reset"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+path, nil)
		require.NoError(t, err)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		assert.Equal(t, http.StatusForbidden, send(t, r).status, path)
	}
}
