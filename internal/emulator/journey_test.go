package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// A partner's whole way, over HTTP and through real forms: sign-in, consent,
// code, token, an App, its popup, the new Authentication, refresh, and the end.
func TestJourney(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)

	signIn := b.get(authorizePath())
	require.Equal(t, http.StatusOK, signIn.status)
	consent := b.signInAs(signIn, emulator.UserWade)
	assert.Contains(t, consent.Find("h1").Text(), "Partner & Co")
	assert.Equal(t, 4, consent.Find(".scopes li").Length())
	sent := b.code(emulator.UserWade)
	assert.Equal(t, "state-1", sent.Get("state"))

	issued := w.token(t, redeemForm(sent.Get("code")))
	require.Equal(t, http.StatusOK, issued.status, issued.raw)
	assert.Equal(t, "no-store", issued.header.Get("Cache-Control"))
	assert.InDelta(t, 36000, issued.body["expires_in"], 0)
	assert.Equal(t, "Bearer", issued.text("token_type"))
	assert.Equal(t, allScopes, issued.text("scope"))
	access, refresh := issued.text("access_token"), issued.text("refresh_token")

	profile := w.api(t, "/v1/profiles/me", access)
	assert.Equal(t, emulator.EmailWade, profile.text("email"))

	before := w.api(t, "/v2/authentications?app="+emulator.AppOAuth2, access)
	assert.Empty(t, before.data(t))

	consentThere := b.get(w.connectLink(t, access, emulator.AppOAuth2))
	require.Contains(t, consentThere.url.Path, "/third-party/superexamplecrm/")
	closed := b.press(consentThere, "allow", nil)
	after := w.api(t, "/v2/authentications?app="+emulator.AppOAuth2, access).data(t)
	require.Len(t, after, 1)
	assert.Equal(t, "SuperExampleCRM (wade@zapier.example)", after[0]["title"])
	assert.JSONEq(t, `[{"type":"zapier.popup.close","authentication_id":"`+after[0]["id"].(string)+`"}]`, messages(t, closed))

	again := w.token(t, redeemForm(sent.Get("code")))
	assert.Equal(t, http.StatusBadRequest, again.status)
	assert.Equal(t, "invalid_grant", again.text("error"))

	renewed := w.token(t, refreshForm(refresh))
	require.Equal(t, http.StatusOK, renewed.status, renewed.raw)
	assert.NotEqual(t, refresh, renewed.text("refresh_token"))
	assert.Equal(t, http.StatusOK, w.api(t, "/v1/profiles/me", access).status, "refreshing does not end the old access token")
	stale := w.token(t, refreshForm(refresh))
	assert.Equal(t, http.StatusBadRequest, stale.status)
	assert.Equal(t, "invalid_grant", stale.text("error"))

	w.RevokeGrant(emulator.UserWade)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v1/profiles/me", renewed.text("access_token")).status)
	assert.Equal(t, "invalid_grant", w.token(t, refreshForm(renewed.text("refresh_token"))).text("error"))
}

// messages are what the last page of a popup posts.
func messages(t *testing.T, closed page) string {
	t.Helper()
	element := closed.Find(`[data-testid="popup-closed"]`)
	require.Equal(t, 1, element.Length(), strings.TrimSpace(closed.Text()))
	return element.AttrOr("data-messages", "")
}
