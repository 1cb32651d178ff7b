package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// connected walks a popup of Wade's to its end.
func (w *world) connected(t *testing.T, app string) page {
	t.Helper()
	b, asked := w.popup(t, emulator.UserWade, app)
	return b.finish(asked)
}

// Each row of the table of common errors (api.md 5), at each call of each scheme:
// a real exchange, told in the popup, and nothing stored.
func TestCommonErrors(t *testing.T) {
	t.Parallel()
	const me = "GET /third-party/%s/me HTTP/1.1"
	calls := []struct {
		name, app, slug string
		stage           emulator.Stage
		request         string
	}{
		{"OAuth v2 token", emulator.AppOAuth2, "superexamplecrm", emulator.StageExchange, "POST /third-party/%s/token HTTP/1.1"},
		{"OAuth v2", emulator.AppOAuth2, "superexamplecrm", emulator.StageTest, me},
		{"API key", emulator.AppAPIKey, "marigold-mail", emulator.StageTest, me},
		{"session key", emulator.AppSession, "platformadmanager", emulator.StageExchange, "POST /third-party/%s/session HTTP/1.1"},
		{"session", emulator.AppSession, "platformadmanager", emulator.StageTest, me},
		{"basic", emulator.AppBasic, "ledgerleaf", emulator.StageTest, me},
		{"digest", emulator.AppDigest, "old-harbour-archive", emulator.StageTest, me},
	}
	for _, row := range []struct {
		failure                         emulator.Failure
		message, cause, advice, details string
	}{
		{emulator.FailNotFound, "404 Not Found", "URL or the method", "usually GET", "HTTP/1.1 404 Not Found"},
		{emulator.FailUnauthorized, "401 Unauthorized", "expired", "active account", "have been revoked"},
		{emulator.FailForbidden, "403 Forbidden", "revoked", "active account", "may not use the API"},
		{emulator.FailBadRequest, "400 Bad Request", "token exchange", "Read the whole error", "HTTP/1.1 400 Bad Request"},
		{emulator.FailHTML, "Error Parsing Response", "HTML page", "code mode", "<h1>Welcome to"},
		{emulator.FailTimeout, "Task timed out", "did not answer within", "small endpoint", "No answer."},
		{emulator.FailServerError, "500 Internal Server Error", "without saying why", "headers and body", "Internal Server Error"},
	} {
		for _, call := range calls {
			t.Run(string(row.failure)+" "+call.name, func(t *testing.T) {
				t.Parallel()
				patience := timeout
				if row.failure == emulator.FailTimeout {
					patience = time.Second // what answers before it has that long, too
				}
				w := newImpatientWorld(t, patience, emulator.Readings{})
				require.NoError(t, w.SetThirdParty(call.app, emulator.ThirdParty{Failure: row.failure, Stage: call.stage}))
				shown := w.connected(t, call.app)
				assert.Equal(t, http.StatusUnprocessableEntity, shown.status)
				said := func(part string) string { return shown.Find(`[data-testid="failure-` + part + `"]`).Text() }
				assert.Contains(t, said("message"), row.message)
				assert.Contains(t, said("cause"), row.cause)
				assert.Contains(t, said("advice"), row.advice)
				assert.Equal(t, 1, shown.Find(`details [data-testid="failure-details"]`).Length(), "the raw answer is behind a control")
				assert.Contains(t, said("details"), row.details)
				request, _, _ := strings.Cut(said("details"), "\n")
				assert.Equal(t, fmt.Sprintf(call.request, call.slug), request, "the call that failed")
				assert.Zero(t, shown.Find(`[data-testid="popup-closed"]`).Length())
				assert.Empty(t, w.Authentications(emulator.UserWade, call.app), "nothing is stored")

				if row.failure == emulator.FailTimeout {
					return // what works may take longer than this world waits
				}
				require.NoError(t, w.SetThirdParty(call.app, emulator.ThirdParty{}))
				w.connected(t, call.app)
				assert.Len(t, w.Authentications(emulator.UserWade, call.app), 1, "it was the third party's fault alone")
			})
		}
	}
}

// The exchanges are made in the order the scheme asks for, and leave their marks in the log.
func TestSchemesCallTheirThirdParty(t *testing.T) {
	t.Parallel()
	const me, session, token = emulator.OpPartyMe + " 200", emulator.OpPartySession + " 200", emulator.OpPartyToken + " 200"
	for _, row := range []struct{ name, app, calls string }{
		{"API key in a header", emulator.AppAPIKey, me},
		{"API key in the query", emulator.AppSameTitle, me},
		{"session", emulator.AppSession, session + "," + me},
		{"basic", emulator.AppBasic, me},
		{"digest", emulator.AppDigest, emulator.OpPartyMe + " 401," + me},
		{"OAuth v2", emulator.AppOAuth2, emulator.OpPartyAuthorize + " 200," + emulator.OpPartyAuthorize + " 303," + token + "," + me},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.connected(t, row.app)
			var calls []string
			for _, entry := range w.Requests() {
				if strings.HasPrefix(entry.Operation, "third-party.") {
					calls = append(calls, entry.Operation+" "+http.StatusText(entry.Status))
				}
				assert.NotContains(t, entry.Query, "secret", "R-02")
			}
			want := strings.NewReplacer("200", "OK", "303", "See Other", "401", "Unauthorized").Replace(row.calls)
			assert.Equal(t, want, strings.Join(calls, ","))
		})
	}
}

// A window that is open shows no secret in its details: they are copied into bug reports.
func TestDetailsAreCensored(t *testing.T) {
	t.Parallel()
	for app, secret := range map[string]string{
		emulator.AppAPIKey: "X-Api-Key: :censored:", emulator.AppSameTitle: "api_key=:censored:", emulator.AppSession: `"password":":censored:`,
		emulator.AppBasic: "Authorization: Basic :censored:", emulator.AppDigest: `response=":censored:`, emulator.AppOAuth2: "client_secret=:censored:",
	} {
		w := newWorld(t)
		failure := emulator.FailServerError
		if app == emulator.AppSession || app == emulator.AppOAuth2 {
			failure = emulator.FailBadRequest
		}
		require.NoError(t, w.SetThirdParty(app, emulator.ThirdParty{Failure: failure}))
		b, asked := w.popup(t, emulator.UserWade, app)
		if app == emulator.AppDigest {
			// Digest sends its answer only after a challenge.
			require.NoError(t, w.SetThirdParty(app, emulator.ThirdParty{}))
			b.press(asked, "connect-submit", map[string]string{"password": "wrong"})
			shown := b.press(asked, "connect-submit", map[string]string{"password": "wrong"})
			assert.Contains(t, shown.Find(`[data-testid="failure-details"]`).Text(), secret)
			continue
		}
		details := b.finish(asked).Find(`[data-testid="failure-details"]`).Text()
		assert.Contains(t, details, secret, app)
		assert.NotContains(t, details, "secret-of-zapier", app)
	}
}

func TestFailuresThatCouldNotHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	assert.ErrorContains(t, w.SetThirdParty("x", emulator.ThirdParty{}), "no App")
	assert.ErrorContains(t, w.SetThirdParty(emulator.AppNoAuthentication, emulator.ThirdParty{}), "no App")
	assert.ErrorContains(t, w.SetThirdParty(emulator.AppBasic, emulator.ThirdParty{Failure: "x"}), "no failure")
	assert.ErrorContains(t, w.SetThirdParty(emulator.AppBasic, emulator.ThirdParty{Failure: emulator.FailHTML, Stage: emulator.StageRefresh}), "no stage")
	require.NoError(t, w.SetThirdParty(emulator.AppSession, emulator.ThirdParty{Failure: emulator.FailBadRequest}))
	assert.Equal(t, emulator.StageExchange, w.ThirdParty(emulator.AppSession).Stage)
	require.NoError(t, w.SetThirdParty(emulator.AppBasic, emulator.ThirdParty{Failure: emulator.FailBadRequest}))
	assert.Equal(t, emulator.StageTest, w.ThirdParty(emulator.AppBasic).Stage)
	w.Reset()
	assert.Equal(t, emulator.ThirdParty{}, w.ThirdParty(emulator.AppBasic))
}

// is_expired comes to be true when the third party refuses a refresh (api.md 5, "Lifetime").
func TestARefusedRefreshExpires(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		failure emulator.Failure
		expired bool
	}{
		{"", false}, {emulator.FailBadRequest, true}, {emulator.FailUnauthorized, true}, {emulator.FailForbidden, true}, {emulator.FailNotFound, true},
		{emulator.FailServerError, false}, {emulator.FailHTML, false},
	} {
		t.Run("refresh "+string(row.failure), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.connected(t, emulator.AppOAuth2)
			token := w.accessToken(t, emulator.UserWade, "connection:read")
			require.NoError(t, w.SetThirdParty(emulator.AppOAuth2, emulator.ThirdParty{Failure: row.failure, Stage: emulator.StageRefresh}))
			expired := func() any {
				return w.api(t, "/v2/authentications?app="+emulator.AppOAuth2, token).data(t)[0]["is_expired"]
			}
			w.clock.Advance(time.Hour - time.Second)
			assert.Equal(t, false, expired())
			assert.Equal(t, 1, w.Count(emulator.OpPartyToken), "nothing is refreshed before it is due")
			w.clock.Advance(time.Second)
			assert.Equal(t, row.expired, expired())
			assert.Equal(t, 2, w.Count(emulator.OpPartyToken))
			expired()
			assert.Equal(t, 2, w.Count(emulator.OpPartyToken), "not again within the minute")

			require.NoError(t, w.SetThirdParty(emulator.AppOAuth2, emulator.ThirdParty{}))
			w.clock.Advance(time.Hour)
			assert.Equal(t, row.expired, expired(), "a passing failure is tried again; a refusal is final")
			w.connected(t, emulator.AppOAuth2)
			assert.Equal(t, false, expired(), "connecting again revives it")
		})
	}
}

// A connection that breaks off says nothing about the credentials.
func TestABrokenRefreshExpiresNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connected(t, emulator.AppOAuth2)
	token := w.accessToken(t, emulator.UserWade, "connection:read")
	for _, fault := range []emulator.Fault{{Drop: true}, {Status: 429}, {Status: 409}, {Status: 503}} {
		w.clock.Advance(time.Hour)
		fault.Operation = emulator.OpPartyToken
		require.NoError(t, w.Arm(fault))
		assert.Equal(t, false, w.api(t, "/v2/authentications?app="+emulator.AppOAuth2, token).data(t)[0]["is_expired"])
		assert.Empty(t, w.Armed(), "the fault was met")
	}
}

// Third parties are reached on the address a request came in on, so the emulator
// may have a public name and a proxy that ends TLS.
func TestThirdPartiesAreReachedBehindAProxy(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Options{
		WebURL:  "https://zapier.example",
		Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{redirectURI}}},
	})
	require.NoError(t, err)
	server := httptest.NewServer(e.Handler())
	t.Cleanup(server.Close)
	require.NoError(t, e.SetThirdParty(emulator.AppSingle, emulator.ThirdParty{Failure: emulator.FailUnauthorized, Stage: emulator.StageRefresh}))
	id := e.Authentications(emulator.UserWade, emulator.AppSingle)[0].ID
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/emulator/api/authentications/"+id+"/refresh", nil)
	require.NoError(t, err)
	assert.Equal(t, true, send(t, r).body["is_expired"], "the refusal was heard")
	assert.Equal(t, 1, e.Count(emulator.OpPartyToken))
}

// The window tells of a connection that broke off, too.
func TestAThirdPartyThatHangsUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.Arm(emulator.Fault{Operation: emulator.OpPartyMe, Drop: true}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppBasic)
	assert.Contains(t, b.finish(asked).Find(`[data-testid="failure-message"]`).Text(), "closed the connection")
}

// The third party of an OAuth v2 App holds Zapier to what it registered.
func TestThirdPartyOAuthRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	require.Equal(t, "S256", asked.url.Query().Get("code_challenge_method"))
	for _, name := range []string{"client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method"} {
		wrong := *asked.url
		query := wrong.Query()
		query.Del(name)
		wrong.RawQuery = query.Encode()
		assert.Equal(t, http.StatusBadRequest, b.get(wrong.String()).status, name)
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {"x"}, "redirect_uri": {w.url + "/engine/auth/return"}, "code_verifier": {"x"},
		"client_id": {"zapier-at-superexamplecrm"}, "client_secret": {"secret-of-zapier-at-superexamplecrm"},
	}
	redeem := func() answer {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/third-party/superexamplecrm/token", strings.NewReader(form.Encode()))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return send(t, r)
	}
	assert.Equal(t, "invalid_grant", redeem().text("error"))

	// A code that was stolen on its way back is of no use without the verifier (RFC 7636).
	thief := w.browser(t)
	thief.signInAs(thief.get(authorizePath()), emulator.UserWade)
	thief.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	returned, err := url.Parse(thief.press(thief.get(asked.url.String()), "allow", nil).location)
	require.NoError(t, err)
	form.Set("code", returned.Query().Get("code"))
	assert.Equal(t, "invalid_grant", redeem().text("error"))
	require.Equal(t, http.StatusUnprocessableEntity, b.get(returned.String()).status, "and the try has used it up")
	form.Set("client_secret", "x")
	assert.Equal(t, "invalid_client", redeem().text("error"))

	// Somebody else's state is of no use, and neither is one that was never given out.
	stranger := w.browser(t)
	stranger.signInAs(stranger.get(authorizePath()), emulator.UserNadia)
	state := asked.url.Query().Get("state")
	assert.Equal(t, http.StatusBadRequest, stranger.get("/engine/auth/return?code=x&state="+state).status)
	assert.Equal(t, http.StatusBadRequest, b.get("/engine/auth/return?code=x&state=x").status)
	assert.Equal(t, http.StatusUnprocessableEntity, b.get("/engine/auth/return?code=x&state="+state).status, "an invented code is refused by the third party")
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2))
}

// RFC 7617, section 2: such a name cannot be told from the password.
func TestBasicRefusesAColonInTheName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppBasic)
	refused := b.press(asked, "connect-submit", map[string]string{"username": "a:b", "password": "c"})
	assert.Contains(t, refused.Text(), "cannot have a colon")
	assert.Zero(t, w.Count(emulator.OpPartyMe))
}

// The API tests credentials at the same third party (api.md 7, unknown 19).
func TestCreatingAnAuthenticationTestsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	body := `{"data":{"title":"t","app":"` + emulator.AppAPIKey + `","authentication_fields":{"api_key":"k"}}}`
	require.NoError(t, w.SetThirdParty(emulator.AppAPIKey, emulator.ThirdParty{Failure: emulator.FailServerError}))
	refused := w.call(t, http.MethodPost, "/v2/authentications", token, body)
	assert.Equal(t, http.StatusBadRequest, refused.status)
	assert.Equal(t, "test_failed", refused.problem(t)["code"])
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppAPIKey))
	require.NoError(t, w.SetThirdParty(emulator.AppAPIKey, emulator.ThirdParty{}))
	assert.Equal(t, http.StatusCreated, w.call(t, http.MethodPost, "/v2/authentications", token, body).status)
}

// A service is strict to whoever calls it, not to Zapier alone.
func TestThirdPartiesRefuseStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct{ name, method, path, header, value, body, challenge string }{
		{"no API key", "GET", "/marigold-mail/me", "", "", "", ""},
		{"an unknown API key", "GET", "/marigold-mail/me", "X-API-Key", "x", "", ""},
		{"an unknown API key in the query", "GET", "/brightdesk/me?api_key=x", "", "", "", ""},
		{"no user name", "GET", "/ledgerleaf/me", "", "", "", `Basic realm="Ledgerleaf", charset="UTF-8"`},
		{"an unknown user", "GET", "/ledgerleaf/me", "Authorization", "Basic eDp5", "", `Basic realm="Ledgerleaf", charset="UTF-8"`},
		{"no session", "GET", "/platformadmanager/me", "", "", "", ""},
		{"an unknown session", "GET", "/platformadmanager/me", "X-Session-Key", "x", "", ""},
		{"an unknown password", "POST", "/platformadmanager/session", "Content-Type", "application/json", `{"username":"x","password":"y"}`, ""},
		{"an unknown token", "GET", "/superexamplecrm/me", "Authorization", "Bearer x", "", `Bearer error="invalid_token"`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), row.method, w.url+"/third-party"+row.path, strings.NewReader(row.body))
		require.NoError(t, err)
		if row.header != "" {
			r.Header.Set(row.header, row.value)
		}
		refused := send(t, r)
		assert.Equal(t, http.StatusUnauthorized, refused.status, row.name)
		assert.Equal(t, row.challenge, refused.header.Get("WWW-Authenticate"), row.name)
		assert.NotContains(t, refused.raw, "errors", "a third party does not answer as Zapier does")
	}
	assert.Equal(t, http.StatusNotFound, w.call(t, http.MethodPost, "/third-party/ledgerleaf/session", "", "{}").status)
	assert.Equal(t, http.StatusNotFound, w.call(t, http.MethodPost, "/third-party/ledgerleaf/token", "", "{}").status)
	assert.Equal(t, http.StatusNotFound, w.api(t, "/third-party/filter/me", "").status)
}

// The same secrets work again for the same account, and for no other.
func TestAccountsAreToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppAPIKey)
	b.press(asked, "connect-submit", map[string]string{"account": "ops", "api_key": "k-1"})
	require.Equal(t, "Marigold Mail (ops)", w.Authentications(emulator.UserWade, emulator.AppAPIKey)[0].Title)
	ask := func(account, key string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/third-party/marigold-mail/me", nil)
		require.NoError(t, err)
		r.Header.Set("X-Account", account)
		r.Header.Set("X-API-Key", key)
		return send(t, r).status
	}
	assert.Equal(t, http.StatusOK, ask("ops", "k-1"))
	assert.Equal(t, http.StatusUnauthorized, ask("ops", "k-2"))
	assert.Equal(t, http.StatusUnauthorized, ask("sales", "k-1"))
}
