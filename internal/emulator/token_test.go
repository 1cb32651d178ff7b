package emulator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		change func(w *world, form url.Values) (id, secret string)
		status int
		code   string
	}{
		{"code too old", func(w *world, _ url.Values) (string, string) {
			w.clock.Advance(2 * time.Minute)
			return clientID, clientSecret
		}, 400, "invalid_grant"},
		{"wrong code", func(_ *world, f url.Values) (string, string) { f.Set("code", "x"); return clientID, clientSecret }, 400, "invalid_grant"},
		{"other redirect URI", func(_ *world, f url.Values) (string, string) {
			f.Set("redirect_uri", redirectURI+"?from=test")
			return clientID, clientSecret
		}, 400, "invalid_grant"},
		{"no redirect URI", func(_ *world, f url.Values) (string, string) { f.Del("redirect_uri"); return clientID, clientSecret }, 400, "invalid_grant"},
		{"verifier without challenge", func(_ *world, f url.Values) (string, string) {
			f.Set("code_verifier", "v")
			return clientID, clientSecret
		}, 400, "invalid_grant"},
		{"other client", func(*world, url.Values) (string, string) { return "other", "other-secret" }, 400, "invalid_grant"},
		{"wrong secret", func(*world, url.Values) (string, string) { return clientID, "x" }, 401, "invalid_client"},
		{"unknown client", func(*world, url.Values) (string, string) { return "nobody", clientSecret }, 401, "invalid_client"},
		{"two clients", func(_ *world, f url.Values) (string, string) {
			f.Set("client_id", "other")
			return clientID, clientSecret
		}, 401, "invalid_client"},
		{"unknown grant type", func(_ *world, f url.Values) (string, string) {
			f.Set("grant_type", "password")
			return clientID, clientSecret
		}, 400, "unsupported_grant_type"},
		{"no grant type", func(_ *world, f url.Values) (string, string) { f.Del("grant_type"); return clientID, clientSecret }, 400, "invalid_request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			form := redeemForm(w.browser(t).code(emulator.UserWade).Get("code"))
			id, secret := row.change(w, form)
			refused := w.tokenAs(t, id, secret, form)
			assert.Equal(t, row.status, refused.status, refused.raw)
			assert.Equal(t, row.code, refused.text("error"))
			assert.Equal(t, "no-store", refused.header.Get("Cache-Control"))
			assert.NotContains(t, refused.raw, "emulated-")
		})
	}
}

func TestOtherClientCannotUseUpACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := redeemForm(w.browser(t).code(emulator.UserWade).Get("code"))
	require.Equal(t, http.StatusBadRequest, w.tokenAs(t, "other", "other-secret", form).status)
	assert.Equal(t, http.StatusOK, w.token(t, form).status)
}

// S256, bound to the code; a wrong verifier uses the code up.
func TestPKCE(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sum := sha256.Sum256([]byte("the-verifier"))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	redeem := func(verifier string) answer {
		code := w.browser(t).code(emulator.UserWade, "code_challenge", challenge, "code_challenge_method", "S256").Get("code")
		form := redeemForm(code)
		form.Set("code_verifier", verifier)
		return w.token(t, form)
	}
	assert.Equal(t, http.StatusOK, redeem("the-verifier").status)
	assert.Equal(t, "invalid_grant", redeem("another").text("error"))
	assert.Equal(t, "invalid_grant", redeem("").text("error"))
}

// api.md 7.3: partners send urlencoded and multipart forms, with the secret in
// the header or in the body.
func TestTokenEncodings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := redeemForm(w.browser(t).code(emulator.UserWade).Get("code"))
	form.Set("client_id", clientID)
	form.Set("client_secret", clientSecret)
	var body bytes.Buffer
	multi := multipart.NewWriter(&body)
	for name := range form {
		require.NoError(t, multi.WriteField(name, form.Get(name)))
	}
	require.NoError(t, multi.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/oauth/token", &body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", multi.FormDataContentType())
	issued := send(t, r)
	require.Equal(t, http.StatusOK, issued.status, issued.raw)

	again := refreshForm(issued.text("refresh_token"))
	r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/oauth/token/", strings.NewReader(`{"grant_type":"refresh_token"}`))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	assert.Equal(t, "invalid_request", send(t, r).text("error"))

	// A secret in the query is not looked at.
	r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/oauth/token/?client_id="+clientID+"&client_secret="+clientSecret, strings.NewReader(again.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Equal(t, "invalid_client", send(t, r).text("error"))
}

func TestAccessTokensEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	wade, nadia := w.accessToken(t, emulator.UserWade, "profile"), w.accessToken(t, emulator.UserNadia, "profile")
	w.ExpireTokens(emulator.UserWade)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v1/profiles/me", wade).status)
	assert.Equal(t, http.StatusOK, w.api(t, "/v1/profiles/me", nadia).status)
	w.clock.Advance(10*time.Hour - time.Second)
	assert.Equal(t, http.StatusOK, w.api(t, "/v1/profiles/me", nadia).status)
	w.clock.Advance(time.Second)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v1/profiles/me", nadia).status)
}

// A token of before a Reset must never come back to life as somebody else's.
func TestTokensAreNotReusedAfterReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.accessToken(t, emulator.UserWade, "profile")
	w.Reset()
	assert.NotEqual(t, before, w.accessToken(t, emulator.UserNadia, "profile"))
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v1/profiles/me", before).status)
}
