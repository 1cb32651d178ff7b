package emulator_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func TestControlAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	steer := func(method, path, body string, status int) answer {
		t.Helper()
		got := w.call(t, method, "/emulator/api"+path, "", body)
		require.Equal(t, status, got.status, "%s %s: %s", method, path, got.raw)
		return got
	}

	steer("PUT", "/popup", `{"twice":true,"finish_late":true}`, 204)
	assert.Equal(t, emulator.Popup{Twice: true, FinishLate: true}, w.CurrentPopup())
	assert.Equal(t, true, steer("GET", "/popup", "", 200).body["twice"])
	steer("POST", "/popup/release", "", 204)
	assert.False(t, w.CurrentPopup().FinishLate)
	assert.Contains(t, steer("PUT", "/popup", `{"wrong_origin":"nowhere"}`, 400).text("error"), "WrongOrigin")

	steer("POST", "/faults", `{"operation":"apps.list","status":429,"retry_after":5}`, 204)
	assert.Equal(t, "5", w.api(t, "/v2/apps", token).header.Get("Retry-After"))
	steer("POST", "/faults", `{"operation":"apps.list","drop":true,"times":3}`, 204)
	assert.Contains(t, steer("GET", "/faults", "", 200).raw, `"times":3`)
	steer("POST", "/faults", `{"operation":"apps.list","status":500,"after":true}`, 204)
	assert.Contains(t, steer("GET", "/faults", "", 200).raw, `"after":true`)
	steer("DELETE", "/faults", "", 204)
	assert.Empty(t, w.Armed())
	steer("POST", "/faults", `{"operation":"x"}`, 400)
	steer("POST", "/faults", `{`, 400)

	added := steer("POST", "/authentications", `{"user":1002,"app":"`+emulator.AppBasic+`","title":"Added"}`, 201)
	steer("POST", "/authentications", `{"user":1,"app":"`+emulator.AppBasic+`"}`, 400)
	steer("POST", "/authentications", `{"user":1002,"app":"`+emulator.AppNoAuthentication+`"}`, 400)
	steer("POST", "/authentications/"+added.text("id")+"/expire", "", 204)
	assert.True(t, w.Authentications(emulator.UserNadia, emulator.AppBasic)[0].Expired)
	steer("POST", "/authentications/nothing/expire", "", 404)

	steer("PUT", "/revive-on-reconnect", `{"revive_on_reconnect":false}`, 204)
	assert.Equal(t, false, steer("GET", "/state", "", 200).body["revive_on_reconnect"])

	steer("POST", "/tokens/expire", `{"user":1002}`, 204)
	assert.Equal(t, http.StatusOK, w.api(t, "/v2/apps", token).status)
	steer("POST", "/tokens/expire", "", 204)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v2/apps", token).status)
	steer("POST", "/grants/revoke", `{"user":1001}`, 204)

	steer("GET", "/nothing", "", 404)
	steer("GET", "/reset", "", 405)
	steer("POST", "/reset", "", 204)
	assert.Empty(t, w.Authentications(emulator.UserNadia, emulator.AppBasic))
	assert.True(t, json.Valid([]byte(steer("GET", "/requests", "", 200).raw)))
}

// The page says what it has done, and does what a typed call does.
func TestControlPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	b := w.browser(t)

	done := b.press(b.get("/emulator"), "arm", map[string]string{"operation": "apps.list", "answer": "429", "times": "2"})
	assert.Equal(t, "/emulator", done.url.Path)
	assert.Contains(t, done.Find(`[data-testid="notice"]`).Text(), "armed")
	assert.Contains(t, done.Find(".armed").Text(), "answers 429, 2 times")
	assert.Equal(t, http.StatusTooManyRequests, w.api(t, "/v2/apps", token).status)
	done = b.press(done, "arm", map[string]string{"operation": "zaps.create", "answer": "drop", "after": "1"})
	assert.Contains(t, done.Find(".armed").Text(), "does as it is asked, then drops the connection, once")
	done = b.press(done, "disarm", nil)
	assert.Equal(t, http.StatusOK, w.api(t, "/v2/apps", token).status)

	done = b.press(done, "expire", nil)
	assert.Contains(t, done.Find(`[data-testid="notice"]`).Text(), "expired")
	assert.True(t, w.Authentications(0, "")[0].Expired)

	done = b.pressButton(done, done.Find(`form[action="/emulator/authentications"] button`), map[string]string{
		"user": "1004", "app": emulator.AppDigest, "title": "By the page",
	})
	assert.Equal(t, "By the page", w.Authentications(emulator.UserTom, emulator.AppDigest)[0].Title)

	done = b.pressButton(done, done.Find(`form[action="/emulator/tokens/expire"] button`), nil)
	assert.Equal(t, http.StatusUnauthorized, w.api(t, "/v2/apps", token).status)
	assert.Contains(t, done.Find(".rows").Text(), "can be refreshed")
	done = b.pressButton(done, done.Find(`form[action="/emulator/grants/revoke"] button`), nil)
	assert.Contains(t, done.Find(".rows").Text(), "Revoked")

	done = b.press(done, "set-popup", map[string]string{"authentication_id": "abc", "finish_late": "on"})
	assert.True(t, w.CurrentPopup().FinishLate)
	b.press(done, "release", nil)
	assert.False(t, w.CurrentPopup().FinishLate)
	assert.Equal(t, "abc", w.CurrentPopup().AuthenticationID)
	assert.Contains(t, b.get("/emulator").Find(".log").Text(), "apps.list")
	b.press(b.get("/emulator"), "reset", nil)
	assert.Equal(t, emulator.Popup{}, w.CurrentPopup())
}

// What every page owes: the banner, a language, one heading, labels, and nothing
// a strict policy would block.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.accessToken(t, emulator.UserWade, allScopes)
	b := w.browser(t)
	signIn := b.get(authorizePath())
	shown := map[string]page{
		"sign-in": signIn, "consent": b.signInAs(signIn, emulator.UserWade), "landing": b.get("/"), "control": b.get("/emulator"),
		"problem": b.get("/nothing"), "popup close": b.get("/partner/popup-close?authentication_id=x"),
	}
	_, shown["form"] = w.popup(t, emulator.UserWade, emulator.AppSession)
	_, shown["third party"] = w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	require.NoError(t, w.SetThirdParty(emulator.AppBasic, emulator.ThirdParty{Failure: emulator.FailHTML}))
	shown["form that failed"] = w.connected(t, emulator.AppBasic)
	require.NoError(t, w.SetThirdParty(emulator.AppMany, emulator.ThirdParty{Failure: emulator.FailHTML}))
	shown["consent that failed"] = w.connected(t, emulator.AppMany)
	for name, p := range shown {
		assert.Contains(t, p.Find("header").Text(), "nothing here is real", name)
		assert.Equal(t, "en", p.Find("html").AttrOr("lang", ""), name)
		assert.Equal(t, 1, p.Find("h1").Length(), name)
		assert.Zero(t, p.Find("[style], [onclick], style, script:not([src])").Length(), "%s: a strict policy blocks this", name)
		assert.Contains(t, p.header.Get("Content-Security-Policy"), "default-src 'none'", name)
		assert.Equal(t, "no-store", p.header.Get("Cache-Control"), name)
		for _, input := range p.Find(`input:not([type="hidden"]), select`).EachIter() {
			id := input.AttrOr("id", "")
			assert.Equal(t, 1, p.Find(`label[for="`+id+`"]`).Length(), "%s: %s has a label", name, id)
		}
	}
	assert.Contains(t, w.api(t, "/assets/popup-close.js", "").header.Get("Content-Type"), "javascript")
	assert.Contains(t, w.api(t, "/assets/emulator.css", "").header.Get("Content-Type"), "css")
	assert.Equal(t, http.StatusNotFound, w.api(t, "/assets/nothing.css", "").status)
}

// Everything at once, for the race detector.
func TestManyClientsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.accessToken(t, emulator.UserWade, allScopes)
	var clients sync.WaitGroup
	for i := range 8 {
		clients.Go(func() {
			for range 5 {
				w.api(t, "/v2/authentications?app="+emulator.AppMany, token)
				w.api(t, "/emulator", "")
				w.call(t, http.MethodPost, "/v2/authentications", token,
					`{"data":{"title":"`+strconv.Itoa(i)+`","app":"`+emulator.AppAPIKey+`","authentication_fields":{"api_key":"k"}}}`)
				_ = w.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 500})
				w.api(t, "/v2/apps", token)
				w.Requests()
			}
		})
	}
	clients.Wait()
	ids := map[string]bool{}
	for _, a := range w.Authentications(emulator.UserWade, emulator.AppAPIKey) {
		ids[a.ID] = true
	}
	assert.Len(t, ids, 40)
}

// What Zapier leaves open can be decided from any language, while it runs.
func TestReadingsOverJSON(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, emulator.Readings{UncheckedZaps: true})
	const path = "/emulator/api/readings"
	status := func() any {
		return w.api(t, "/v2/actions?client_id="+clientID, "").problem(t)["status"]
	}
	assert.InDelta(t, 400, status(), 0)
	set := w.call(t, http.MethodPut, path, "", `{"text_status":true,"strict_action_ids":true}`)
	require.Equal(t, http.StatusNoContent, set.status, set.raw)
	assert.Equal(t, emulator.Readings{TextStatus: true, StrictActionIDs: true}, w.CurrentReadings(), "what is left out is off")
	assert.Equal(t, "400", status())
	assert.Contains(t, w.api(t, path, "").raw, `"text_status":true`)
	assert.Equal(t, http.StatusBadRequest, w.call(t, http.MethodPut, path, "", `{"text_status":1}`).status)
	w.Reset()
	assert.Equal(t, emulator.Readings{UncheckedZaps: true}, w.CurrentReadings(), "those of the start")
}
