package emulator_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	profile := w.api(t, "/v1/profiles/me", w.accessToken(t, emulator.UserTom, "profile"))
	assert.JSONEq(t, `{"id":1004,"first_name":"Tom","last_name":"Lindqvist","full_name":"Tom Lindqvist",
		"email":"tom@lindqvist.example","email_confirmed":false,"timezone":null}`, profile.raw)
}

// Who may ask for what (api.md 1.2, 1.4), and what the rest is told (api.md 2.2).
func TestCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	profile := w.accessToken(t, emulator.UserWade, "profile")
	zap := w.accessToken(t, emulator.UserWade, "zap")
	oldName := w.accessToken(t, emulator.UserWade, "authentication")
	newName := w.accessToken(t, emulator.UserWade, "connection:read")
	authentications := "/v2/authentications?app=" + emulator.AppSingle
	for _, row := range []struct {
		name, path, token string
		status            int
	}{
		{"categories need nothing", "/v1/categories", "", 200},
		{"profile", "/v1/profiles/me", profile, 200},
		{"profile without scope", "/v1/profiles/me", zap, 403},
		{"profile without token", "/v1/profiles/me", "", 401},
		{"profile with a wrong token", "/v1/profiles/me", "x", 401},
		{"profile takes no client id", "/v1/profiles/me?client_id=partner", "", 401},
		{"apps by token", "/v2/apps", zap, 200},
		{"apps by client id", "/v2/apps?client_id=partner", "", 200},
		{"apps by unknown client id", "/v2/apps?client_id=x", "", 401},
		{"apps without scope", "/v2/apps", profile, 403},
		{"a wrong token beats a good client id", "/v2/apps?client_id=partner", "x", 401},
		{"authentications by the old scope", authentications, oldName, 200},
		{"authentications by the new scope", authentications, newName, 200},
		{"authentications without scope", authentications, zap, 403},
		{"authentications take no client id", authentications + "&client_id=partner", "", 401},
		{"trailing slash", "/v2/apps/", zap, 200},
		{"unknown path without credential", "/v2/nothing", "", 401},
		{"unknown path with token", "/v2/nothing", zap, 404},
		{"unknown path with client id", "/v1/nothing?client_id=partner", "", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got := w.api(t, row.path, row.token)
			assert.Equal(t, row.status, got.status, got.raw)
			if row.status == http.StatusOK {
				return
			}
			if strings.HasPrefix(row.path, "/v1") {
				assert.IsType(t, "", got.body["errors"].([]any)[0], "v1 errors are plain strings")
				return
			}
			problem := got.problem(t)
			assert.InDelta(t, row.status, problem["status"], 0)
			assert.Equal(t, map[int]string{401: "unauthenticated", 403: "permission_denied", 404: "not_found"}[row.status], problem["code"])
		})
	}
}

func TestMethodNotAllowed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refused := w.call(t, http.MethodDelete, "/v2/authentications", "", "")
	assert.Equal(t, http.StatusMethodNotAllowed, refused.status)
	assert.Equal(t, "method_not_allowed", refused.problem(t)["code"])
}

func TestBadParameters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	for _, row := range []struct{ path, parameter string }{
		{"/v2/apps?limit=0", "limit"},
		{"/v2/apps?limit=101", "limit"},
		{"/v2/apps?limit=ten", "limit"},
		{"/v2/apps?offset=-1", "offset"},
		{"/v2/apps?category=nothing", "category"},
		{"/v2/apps?ids=x", "ids"},
		{"/v2/apps?category=crm&ids=" + emulator.AppOAuth2, "ids"},
		{"/v2/authentications", "app"},
		{"/v2/authentications?app=x", "app"},
		{"/v2/authentications?app=00000000-0000-4000-8000-000000000000", "app"},
		{"/v2/authentications?limit=1000&app=" + emulator.AppMany, "limit"},
	} {
		refused := w.api(t, row.path, token)
		require.Equal(t, http.StatusBadRequest, refused.status, row.path)
		assert.Equal(t, map[string]any{"parameter": row.parameter}, refused.problem(t)["source"], row.path)
	}
}

func TestAppsSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, "zap")
	titles := func(query string) []string {
		var titles []string
		for _, app := range w.api(t, "/v2/apps?limit=100&"+query, token).data(t) {
			titles = append(titles, app["title"].(string))
		}
		return titles
	}
	first := titles("")
	assert.Len(t, first, 20, "pages are small, however much is asked for")
	assert.Equal(t, "SuperExampleCRM", first[0], "most popular first")
	assert.Len(t, titles("offset=20"), 20)
	assert.NotEmpty(t, titles("offset=40"), "more than 40 Apps")
	assert.Equal(t, []string{"Pondside Chat"}, titles("query=SIDE%20ch"))
	assert.Equal(t, []string{"Filter", "Webhooks", "Code", "Daily Weather"}, titles("category=built-in"))
	assert.Equal(t, []string{"SuperExampleCRM", "Ledgerleaf"}, titles("ids="+emulator.AppBasic+","+strings.ToUpper(emulator.AppOAuth2)))
	assert.Empty(t, titles("query=nothing%20like%20this"))
}

// api.md 2.7: null means that there is nothing to connect, an empty object means
// nothing at all.
func TestConnectLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, "zap")
	link := w.connectLink(t, token, emulator.AppOAuth2)
	redirect := url.QueryEscape(w.url + "/v2/authentications/redirect")
	assert.Equal(t, w.url+"/engine/auth/start/SuperExampleCRMCLIAPI@1.0.0?redirect="+redirect, link)

	none := w.api(t, "/v2/apps?ids="+emulator.AppNoAuthentication, token).data(t)[0]
	assert.Equal(t, map[string]any{"connect_new_authentication": nil}, none["links"])
	byClient := w.api(t, "/v2/apps?client_id=partner&ids="+emulator.AppOAuth2, "").data(t)[0]
	assert.Equal(t, map[string]any{}, byClient["links"])
}

// Every list is walked by its own links, there and back, with every filter kept.
func TestPagination(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	for _, row := range []struct {
		name, path, items, next, previous string
		pages                             []int
	}{
		{"apps", "/v2/apps?category=crm&limit=2", "data", "links.next", "links.previous", []int{2, 2}},
		{"authentications", "/v2/authentications?app=" + emulator.AppMany, "data", "links.next", "links.prev", []int{10, 10, 3}},
		{"categories", "/v1/categories", "objects", "next", "previous", []int{10, 5}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			seen := map[any]bool{}
			var pages []int
			var last answer
			for target := w.url + row.path; target != ""; target, _ = dig(last.body, row.next).(string) {
				last = w.api(t, target, token)
				require.Equal(t, http.StatusOK, last.status, last.raw)
				items, ok := dig(last.body, row.items).([]any)
				require.True(t, ok)
				for _, item := range items {
					seen[dig(item.(map[string]any), "id")] = true
				}
				pages = append(pages, len(items))
			}
			assert.Equal(t, row.pages, pages)
			steps := 0
			for back, ok := dig(last.body, row.previous).(string); ok; back, ok = dig(last.body, row.previous).(string) {
				last = w.api(t, back, token)
				steps++
			}
			assert.Equal(t, len(pages)-1, steps)
			total := 0
			for _, n := range pages {
				total += n
			}
			assert.Len(t, seen, total, "no item comes twice")
		})
	}
}

func TestAuthenticationsAreNewestFirstAndOnesOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.AddAuthentication(emulator.UserWade, emulator.AppMany, "The newest")
	require.NoError(t, err)
	list := w.api(t, "/v2/authentications?app="+emulator.AppMany, w.accessToken(t, emulator.UserWade, allScopes))
	assert.Equal(t, map[string]any{
		"type": "authentication", "id": added.ID, "app": emulator.AppMany, "is_expired": false, "title": "The newest",
	}, list.data(t)[0])
	assert.InDelta(t, emulator.ManyAuthentications+1, dig(list.body, "meta.count"), 0)
	others := w.api(t, "/v2/authentications?app="+emulator.AppMany, w.accessToken(t, emulator.UserNadia, allScopes))
	assert.Empty(t, others.data(t))
}

func TestCreateAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserNadia, "connection:write connection:read")
	created := w.call(t, http.MethodPost, "/v2/authentications", token,
		`{"data":{"title":"By hand","app":"`+emulator.AppAPIKey+`","authentication_fields":{"api_key":"k"}}}`)
	require.Equal(t, http.StatusCreated, created.status, created.raw)
	id := created.data(t)[0]["id"]
	listed := w.api(t, "/v2/authentications?app="+emulator.AppAPIKey, token).data(t)
	require.Len(t, listed, 1)
	assert.Equal(t, id, listed[0]["id"])

	body := func(title, app, fields string) string {
		return `{"data":{"title":"` + title + `","app":"` + app + `","authentication_fields":` + fields + `}}`
	}
	for _, row := range []struct{ name, body, pointer string }{
		{"no data", `{}`, "/data"},
		{"no title", body("", emulator.AppAPIKey, `{"api_key":"k"}`), "/data/title"},
		{"long title", body(strings.Repeat("x", 256), emulator.AppAPIKey, `{"api_key":"k"}`), "/data/title"},
		{"no app", body("t", "", `{}`), "/data/app"},
		{"unknown app", body("t", "00000000-0000-4000-8000-000000000000", `{}`), "/data/app"},
		{"OAuth app", body("t", emulator.AppOAuth2, `{}`), "/data/app"},
		{"app without authentication", body("t", emulator.AppNoAuthentication, `{}`), "/data/app"},
		{"no fields", body("t", emulator.AppBasic, `null`), "/data/authentication_fields"},
		{"missing field", body("t", emulator.AppBasic, `{"username":"u"}`), "/data/authentication_fields/password"},
		{"field of wrong type", body("t", emulator.AppBasic, `{"username":1,"password":"p"}`), "/data/authentication_fields/username"},
		{"unknown field", body("t", emulator.AppBasic, `{"username":"u","password":"p","otp/1":"1"}`), "/data/authentication_fields/otp~11"},
		{"field of the form, of wrong type", body("t", emulator.AppAPIKey, `{"api_key":"k","account":1}`), "/data/authentication_fields/account"},
		{"fields that are a list", body("t", emulator.AppBasic, `[]`), "/data/authentication_fields"},
		{"title that is a number", `{"data":{"title":1,"app":"` + emulator.AppAPIKey + `","authentication_fields":{"api_key":"k"}}}`, "/data/title"},
		{"app that is a number", `{"data":{"title":"t","app":1,"authentication_fields":{"api_key":"k"}}}`, "/data/app"},
		{"unknown member", `{"data":{"title":"t","app":"` + emulator.AppAPIKey + `","authentication_fields":{"api_key":"k"},"user":1}}`, "/data/user"},
		{"data that is a list", `{"data":[]}`, "/data"},
		{"wrong credential", body("t", emulator.AppDigest, `{"username":"u","password":"wrong"}`), "/data/authentication_fields/password"},
	} {
		t.Run(row.name, func(t *testing.T) {
			refused := w.call(t, http.MethodPost, "/v2/authentications", token, row.body)
			require.Equal(t, http.StatusBadRequest, refused.status, refused.raw)
			assert.Equal(t, map[string]any{"pointer": row.pointer}, refused.problem(t)["source"])
		})
	}
	assert.Equal(t, "parse_error", w.call(t, http.MethodPost, "/v2/authentications", token, `{"data":`).problem(t)["code"])
	assert.Equal(t, "unsupported_media_type", w.call(t, http.MethodPost, "/v2/authentications", token, "").problem(t)["code"])
	assert.Equal(t, "permission_denied", w.call(t, http.MethodPost, "/v2/authentications",
		w.accessToken(t, emulator.UserNadia, "connection:read"), `{}`).problem(t)["code"])
	assert.Len(t, w.Authentications(emulator.UserNadia, ""), 2, "what was refused was not stored")
}

func TestEveryIconIsDrawnHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, app := range w.api(t, "/v2/apps?limit=100&client_id=partner", "").data(t) {
		icon := w.api(t, dig(app, "images.url_32x32").(string), "")
		require.Equal(t, http.StatusOK, icon.status, app["title"])
		assert.Equal(t, "image/svg+xml", icon.header.Get("Content-Type"))
		assert.Contains(t, icon.raw, `width="32"`)
		assert.NotContains(t, icon.raw, "href", "an icon refers to nothing else")
	}
	assert.Equal(t, http.StatusNotFound, w.api(t, "/icons/nothing.svg", "").status)
	assert.Equal(t, http.StatusBadRequest, w.api(t, "/icons/taskery.svg?size=9999999", "").status)
}

func dig(body map[string]any, path string) any {
	var value any = body
	for key := range strings.SplitSeq(path, ".") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}
