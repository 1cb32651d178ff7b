package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"path"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// no secret is in the log, on the control page or in its JSON.
func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(t)
	code := b.code(emulator.UserWade, "state", "the-state").Get("code")
	issued := w.token(t, redeemForm(code))
	w.api(t, "/v2/apps?access_token="+issued.text("access_token")+"&code="+code, issued.text("access_token"))
	for _, path := range []string{"/emulator", "/emulator/api/state", "/emulator/api/requests"} {
		shown := w.api(t, path, "")
		require.Equal(t, http.StatusOK, shown.status)
		for _, secret := range []string{code, issued.text("access_token"), issued.text("refresh_token"), "the-state", clientSecret} {
			assert.NotContains(t, shown.raw, secret, path)
		}
	}
}

// the id of a popup is the state its third party is sent, wherever else it stands.
func TestRequestLogHidesPopups(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, app, finish, query string }{
		{"form", emulator.AppBasic, "POST /engine/auth/connect/hidden", ""},
		{"OAuth v2", emulator.AppOAuth2, "GET /engine/auth/return", "code=hidden&state=hidden"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b, asked := w.popup(t, emulator.UserWade, row.app)
			id := asked.url.Query().Get("state")
			if row.app == emulator.AppBasic {
				id = path.Base(asked.Find(`[data-testid="connect-form"]`).AttrOr("action", ""))
			}
			require.Len(t, id, 24)
			b.finish(asked)
			log := w.Requests()
			require.GreaterOrEqual(t, len(log), 3)
			log = log[len(log)-3:]
			assert.Equal(t, row.finish, log[0].Method+" "+log[0].Path)
			assert.Equal(t, row.query, log[0].Query)
			assert.Equal(t, "connect=hidden", log[1].Query)
			assert.Regexp(t, "^authentication_id=.+&connect=hidden$", log[2].Query)
			b.get("/engine/auth/connect/" + id + "/")
			for _, shown := range []string{"/emulator", "/emulator/api/requests"} {
				assert.NotContains(t, w.api(t, shown, "").raw, id, shown)
			}
		})
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserNadia, "profile")
	w.api(t, "/v1/profiles/me", token)
	w.api(t, "/v2/apps?query=x", token)
	w.api(t, "/emulator/api/state", "")
	log := w.Requests()
	require.GreaterOrEqual(t, len(log), 2)
	assert.Equal(t, emulator.Request{
		Time: w.clock.Now(), Method: "GET", Path: "/v2/apps", Query: "query=x", Status: 403,
		Operation: emulator.OpAppsList, User: emulator.UserNadia,
	}, log[len(log)-1], "the newest is last, and the control page is left out")
	assert.Equal(t, 1, w.Count(emulator.OpProfilesMe))
	for range 520 {
		w.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/v1/categories?limit=1", nil))
	}
	assert.Len(t, w.Requests(), 500)
	assert.Equal(t, 520, w.Count(emulator.OpCategoriesList), "the count is not bounded by the log")
}

func TestBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	text := "{ \"data\" : {\"title\":\"As it was sent\", \"steps\": [] } }"
	refusedBody := w.call(t, http.MethodPost, "/v2/zaps", b.token, text)
	require.Equal(t, http.StatusBadRequest, refusedBody.status)
	assert.Equal(t, [][]byte{[]byte(text)}, w.Bodies(emulator.OpZapCreate), "to the byte, answered well or not")
	require.Equal(t, http.StatusCreated, b.post("/v2/zaps", b.guide()).status, "a body that is kept is read all the same")
	require.Len(t, w.Bodies(emulator.OpZapCreate), 2)

	for range 100 {
		w.call(t, http.MethodPost, "/v2/guess?client_id=partner", "", `{"description":"x"}`)
	}
	assert.Empty(t, w.Bodies(emulator.OpZapCreate), "the last hundred are kept")
	assert.Len(t, w.Bodies(emulator.OpGuess), 100)
	w.Reset()
	assert.Empty(t, w.Bodies(emulator.OpGuess))
}

// credentials are not kept, wherever in the body they are.
func TestBodiesHideCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	for body, kept := range map[string]string{
		`{"data":{"title":"T","app":"x","authentication_fields":{"username":"u-canary","password":"p-canary"}}}`: `{"data":{"title":"T","app":"x","authentication_fields":{"password":"hidden","username":"hidden"}}}`,
		`{"data":{"authentication_fields":"canary"}}`:                                                            "hidden",
		`{"authentication_fields":{"password":"canary"}}`:                                                        "hidden",
		`{"data":{"authentication_fields":{"password":"canary"}}`:                                                "hidden",
		`{"data":{"authentication_fields":{"a":"canary"},"authentication_fields":{"b":1}}}`:                      "hidden",
	} {
		w.call(t, http.MethodPost, "/v2/authentications", token, body)
		bodies := w.Bodies(emulator.OpAuthenticationCreate)
		assert.Equal(t, kept, string(bodies[len(bodies)-1]))
	}
}
