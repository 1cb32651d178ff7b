package handlers_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
)

const (
	addPath   = "/apps/" + emulator.AppBasic + "/add-account"
	ownSecret = "canary-p/ss w&rd"
)

// typing is the form as a person fills it in; what is changed comes in pairs.
func (b *browser) typing(shown page, changes ...string) url.Values {
	b.t.Helper()
	form := shown.byTestID("add-account-form")
	require.Equal(b.t, 1, form.Length(), shown.Text())
	values := url.Values{"f.username": {"ada"}, "f.password": {ownSecret}, "title": {form.Find(`[name="title"]`).AttrOr("value", "")}}
	for _, hidden := range []string{"form", "return"} {
		if input := form.Find(`input[type="hidden"][name="` + hidden + `"]`); input.Length() > 0 {
			values.Set(hidden, input.AttrOr("value", ""))
		}
	}
	for i := 0; i < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
	}
	return values
}

func TestAddAccount(t *testing.T) {
	for _, prefix := range []string{"", "/zaps"} {
		h := newHouse(t, options{prefix: prefix})
		b := h.signedIn(emulator.UserWade)
		app := b.get("/apps/" + emulator.AppBasic)
		shown := b.follow(app, app.byTestID("add-with-key"))
		require.Equal(t, http.StatusOK, shown.status)
		assert.Contains(t, shown.Find(`[data-field="username"] label`).Text(), "Username", "without a label the key in words")
		assert.Equal(t, "password", shown.Find(`[name="f.password"]`).AttrOr("type", ""))

		done := b.stopping().post(addPath, b.typing(shown, "title", "Books of Ada"))
		assert.Equal(t, http.StatusSeeOther, done.status)
		assert.Equal(t, prefix+"/apps/"+emulator.AppBasic, done.header.Get("Location"))
		made := h.emulator.Authentications(emulator.UserWade, emulator.AppBasic)
		require.Len(t, made, 1)
		assert.Equal(t, "Books of Ada", made[0].Title)
		assert.Equal(t, []string{
			`{"data":{"title":"Books of Ada","app":"` + emulator.AppBasic + `","authentication_fields":{"password":"hidden","username":"hidden"}}}`,
		}, bodies(h, emulator.OpAuthenticationCreate))

		home := b.get("/")
		assert.Contains(t, home.Text(), "Books of Ada", "it is the session's choice")
	}
}

func bodies(h *house, operation string) []string {
	var found []string
	for _, body := range h.emulator.Bodies(operation) {
		found = append(found, string(body))
	}
	return found
}

// The form leads back into the draft it was opened from, and nowhere else.
func TestAddAccountLeadsBack(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	for back, want := range map[string]string{
		"/drafts/abc/steps/s1/account":             "/drafts/abc/steps/s1/account",
		"/apps/" + emulator.AppBasic:               "/apps/" + emulator.AppBasic,
		"":                                         "/apps/" + emulator.AppBasic,
		"/sign-out":                                "/apps/" + emulator.AppBasic,
		"/drafts":                                  "/apps/" + emulator.AppBasic,
		"//evil.example/drafts/":                   "/apps/" + emulator.AppBasic,
		"https://evil.example/drafts/x":            "/apps/" + emulator.AppBasic,
		"/drafts/../sign-out":                      "/apps/" + emulator.AppBasic,
		`/drafts/\evil.example`:                    "/apps/" + emulator.AppBasic,
		"/drafts/%2e%2e/%2e%2e/%5cevil.example":    "/apps/" + emulator.AppBasic,
		"javascript:alert(1)//drafts/":             "/apps/" + emulator.AppBasic,
		"/drafts/x\r\nSet-Cookie: zapembed=canary": "/apps/" + emulator.AppBasic,
	} {
		shown := b.get(addPath + "?return=" + url.QueryEscape(back))
		done := b.stopping().post(addPath, b.typing(shown))
		require.Equal(t, http.StatusSeeOther, done.status, back)
		assert.Equal(t, "/zaps"+want, done.header.Get("Location"), back)
		forged := b.stopping().post(addPath, b.typing(b.get(addPath), "return", back))
		assert.Equal(t, "/zaps"+want, forged.header.Get("Location"), back)
	}
}

// What is added from inside a step is that step's account.
func TestAddAccountFromAStep(t *testing.T) {
	h := newHouse(t, options{prefix: "/zaps"})
	z := h.signedIn(emulator.UserWade).startZap()
	z.send(z.step(1, "app"), url.Values{"app": {emulator.AppBasic}})
	step := z.press(z.get(z.step(1, "action")), z.get(z.step(1, "action")).byTestID("action").First())
	require.Equal(t, "/zaps"+z.step(1, "account"), step.url.Path)
	added := z.post(addPath, z.typing(z.follow(step, step.byTestID("add-with-key")), "title", "Books of Ada"))
	assert.Equal(t, "/zaps"+z.step(1, "account"), added.url.Path)
	assert.Equal(t, 1, added.Find(`[data-chosen="true"]`).Length())
	assert.Contains(t, z.page().byTestID("step-account").First().Text(), "Books of Ada")

	// A draft of somebody else's, or a step of another App, is left alone.
	nadia := h.signedIn(emulator.UserNadia)
	nadia.stopping().post(addPath, nadia.typing(nadia.get(addPath), "return", z.step(1, "account")))
	z.send(z.step(2, "app"), url.Values{"app": {emulator.AppSession}})
	before := z.revision()
	done := z.stopping().post(addPath, z.typing(z.get(addPath), "return", z.step(2, "account"), "title", "Other"))
	assert.Equal(t, http.StatusSeeOther, done.status)
	assert.Equal(t, before, z.revision())
	assert.NotContains(t, z.page().Text(), "Other")
	assert.Contains(t, z.page().byTestID("step-account").First().Text(), "Books of Ada")
}

func TestAddAccountExplainsAtTheFields(t *testing.T) {
	h, u, b := proxied(t, options{})
	shown := b.get(addPath + "?return=/drafts/abc")
	empty := b.post(addPath, b.typing(shown, "f.username", " ", "f.password", "", "title", ""))
	assert.Equal(t, http.StatusUnprocessableEntity, empty.status)
	assert.Equal(t, 2, empty.byTestID("field-error").Length())
	assert.Contains(t, empty.byTestID("problem").Text(), "name")
	long := b.post(addPath, b.typing(shown, "title", strings.Repeat("é", 256)))
	assert.Equal(t, http.StatusUnprocessableEntity, long.status)
	assert.Zero(t, h.emulator.Count(emulator.OpAuthenticationCreate), "Zapier is not asked")

	refused := b.post(addPath, b.typing(empty, "f.password", "wrong", "title", "Named", "f.username", "ada <b>"))
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Equal(t, 1, refused.byTestID("field-error").Length(), "the pointer names the field")
	assert.Contains(t, refused.Find(`[data-field="password"]`).Text(), "401")
	assert.Equal(t, "account-rejected", refused.Find("[data-code]").AttrOr("data-code", ""))
	assert.Equal(t, "ada <b>", refused.Find(`[name="f.username"]`).AttrOr("value", ""), "what is no secret is kept")
	assert.Equal(t, "Named", refused.Find(`[name="title"]`).AttrOr("value", ""))
	assert.Equal(t, "/drafts/abc", refused.Find(`[name="return"]`).AttrOr("value", ""))
	assert.Empty(t, refused.Find(`[name="f.password"]`).AttrOr("value", ""))
	assert.Empty(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic))

	// Words that name no field stand above the form, and a third party that quotes the secret is not quoted.
	u.answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			h.emulator.Handler().ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"errors":[
			{"detail":"The App is closed."},
			{"detail":"What is this?","source":{"pointer":"/data/authentication_fields/nothing"}},
			{"detail":"No such user: https://x.example/?p=`+url.QueryEscape(ownSecret)+`","source":{"pointer":"/data/authentication_fields/username"}},
			{"detail":"`+ownSecret+` is wrong","source":{"pointer":"/data/authentication_fields/password"}}]}`)
	})
	quoting := b.post(addPath, b.typing(shown))
	assert.Equal(t, http.StatusUnprocessableEntity, quoting.status)
	assert.Equal(t, 2, quoting.byTestID("field-error").Length())
	assert.Contains(t, quoting.byTestID("problems").Text(), "The App is closed.")
	assert.Contains(t, quoting.byTestID("problems").Text(), "What is this?")
	assert.NotContains(t, quoting.body, "canary")

	u.answers(nil)
	done := b.stopping().post(addPath, b.typing(quoting))
	assert.Equal(t, http.StatusSeeOther, done.status, "nothing was lost")
}

// A double press, or the same form from two tabs, makes one.
func TestAddAccountOnce(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	shown := b.get(addPath)
	hold := make(chan struct{})
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAuthenticationCreate, Hold: hold}))
	values := b.typing(shown)
	answers := make(chan page, 2)
	var presses sync.WaitGroup
	for range 2 {
		presses.Go(func() { answers <- b.post(addPath, values) })
	}
	require.Eventually(t, func() bool { return h.emulator.Count(emulator.OpAuthenticationCreate) == 1 }, 5*time.Second, time.Millisecond)
	close(hold)
	presses.Wait()
	for range 2 {
		got := <-answers
		assert.Equal(t, http.StatusSeeOther, got.status)
	}
	assert.Equal(t, http.StatusSeeOther, b.post(addPath, values).status, "and again later")
	assert.Equal(t, 1, h.emulator.Count(emulator.OpAuthenticationCreate))
	assert.Len(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic), 1)

	assert.Equal(t, http.StatusSeeOther, b.post(addPath, b.typing(b.get(addPath))).status)
	assert.Len(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic), 2, "a form that is opened anew adds another")
	assert.Equal(t, http.StatusBadRequest, b.post(addPath, b.typing(shown, "form", "")).status)
	assert.Equal(t, http.StatusBadRequest, b.post(addPath, b.typing(shown, "form", strings.Repeat("x", 101))).status)
}

// An answer that is lost is looked for; what is not there is told.
func TestAddAccountWithALostAnswer(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	for i, fault := range []emulator.Fault{{Status: 504}, {HTML: true}, {Drop: true}} {
		fault.Operation, fault.After = emulator.OpAuthenticationCreate, true
		require.NoError(t, h.emulator.Arm(fault))
		done := b.post(addPath, b.typing(b.get(addPath), "title", fmt.Sprint("Lost ", i)))
		assert.Equal(t, http.StatusSeeOther, done.status, done.Text())
		assert.Len(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic), i+1)
	}
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAuthenticationCreate, Status: 503}))
	unclear := b.post(addPath, b.typing(b.get(addPath), "title", "Not made"))
	assert.Equal(t, http.StatusBadGateway, unclear.status)
	assert.Equal(t, "account-unclear", unclear.Find("[data-code]").AttrOr("data-code", ""))
	assert.Equal(t, http.StatusSeeOther, b.post(addPath, b.typing(unclear, "title", "Not made")).status)
	assert.Len(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic), 4)
}

// Whatever else goes wrong, the form is there again with what may be shown.
func TestAddAccountWhenZapierFails(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	for _, row := range []struct {
		operation string
		fault     emulator.Fault
		status    int
		code      string
	}{
		{emulator.OpAuthenticationsList, emulator.Fault{Status: 500}, 502, "zapier-broken"},
		{emulator.OpAuthenticationsList, emulator.Fault{HTML: true, Status: 504}, 504, "zapier-timeout"},
		{emulator.OpAuthenticationCreate, emulator.Fault{Status: 429, RetryAfter: 90 * time.Second}, 429, "zapier-rate-limited"},
		{emulator.OpAuthenticationCreate, emulator.Fault{Status: 403}, 403, "zapier-refused"},
	} {
		shown := b.get(addPath)
		row.fault.Operation = row.operation
		require.NoError(t, h.emulator.Arm(row.fault))
		got := b.post(addPath, b.typing(shown, "title", "Kept"))
		assert.Equal(t, row.status, got.status)
		assert.Equal(t, row.code, got.Find("[data-code]").AttrOr("data-code", ""))
		assert.Equal(t, "Kept", got.Find(`[name="title"]`).AttrOr("value", ""))
		if row.status == 429 {
			assert.Equal(t, "90", got.header.Get("Retry-After"))
		}
		h.emulator.Disarm()
	}
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 500}))
	assert.Equal(t, "zapier-broken", b.get(addPath).errorCode())
	h.emulator.RevokeGrant(emulator.UserWade)
	h.emulator.ExpireTokens(emulator.UserWade)
	assert.Equal(t, "sign-in-ended", b.get(addPath).errorCode())
}

// Only for Apps that the configuration names, and for people who allowed it.
func TestAddAccountIsNotForAll(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	other := "/apps/" + emulator.AppDigest
	assert.Zero(t, b.get(other).byTestID("add-with-key").Length())
	for _, got := range []page{b.get(other + "/add-account"), b.post(other+"/add-account", url.Values{"form": {"x"}}), b.get("/apps/x/add-account")} {
		assert.Equal(t, http.StatusNotFound, got.status)
		assert.Equal(t, "not-found", got.errorCode())
	}
	assert.Equal(t, "sign-in-required", h.browser().get(addPath).errorCode())

	h = newHouse(t, options{scopes: "profile zap connection:read"})
	b = h.signedIn(emulator.UserWade)
	assert.Zero(t, b.get("/apps/"+emulator.AppBasic).byTestID("add-with-key").Length(), "it is not offered")
	assert.Equal(t, "zapier-refused", b.get(addPath).errorCode())
	assert.Equal(t, "zapier-refused", b.post(addPath, url.Values{"form": {"x"}}).errorCode())
	assert.Zero(t, h.emulator.Count(emulator.OpAuthenticationCreate))
}

func TestAddAccountDrawsEveryTypeOfField(t *testing.T) {
	own := []handlers.OwnApp{{App: emulator.AppAPIKey}}
	for _, kind := range handlers.OwnFieldTypes() {
		own[0].Fields = append(own[0].Fields, handlers.OwnField{Key: kind, Label: "The " + kind, Type: kind, Help: "See **this**. <b>raw</b>", Placeholder: "like this"})
	}
	h := newHouse(t, options{own: own})
	b := h.signedIn(emulator.UserWade)
	path := "/apps/" + emulator.AppAPIKey + "/add-account"
	shown := b.get(path)
	assert.Equal(t, 6, shown.byTestID("control").Length())
	assert.Equal(t, 1, shown.Find(`textarea[name="f.text"]`).Length())
	assert.Equal(t, 2, shown.Find(`input[type="number"]`).Length())
	assert.Equal(t, 1, shown.Find(`select[name="f.boolean"] option[value="true"]`).Length())
	assert.Equal(t, 6, shown.Find(".help strong").Length())
	assert.Zero(t, shown.Find(".help b").Length())

	got := b.post(path, url.Values{
		"form": {"x"}, "title": {"T"}, "f.string": {"a"}, "f.password": {""}, "f.text": {"b\r\nc"}, "f.number": {"1.5"}, "f.integer": {"2"}, "f.boolean": {"false"},
	})
	assert.Equal(t, http.StatusUnprocessableEntity, got.status, "the emulator knows other fields")
	assert.Equal(t, "false", got.Find(`select[name="f.boolean"] option[selected]`).AttrOr("value", ""))
	assert.Equal(t, "b\nc", strings.TrimPrefix(got.Find("textarea").Text(), "\n"))
	assert.Len(t, bodies(h, emulator.OpAuthenticationCreate), 1)
}

// what was typed as a secret is in no page, no line of the log and no file, whatever became of it.
func TestAddAccountKeepsNoSecret(t *testing.T) {
	h, u, b := proxied(t, options{})
	var said strings.Builder
	send := func(changes ...string) {
		got := b.post(addPath, b.typing(b.get(addPath), changes...))
		fmt.Fprintln(&said, got.body, got.header, got.url)
	}
	send()
	send("title", "")
	send("f.username", "wrong")
	for _, fault := range []emulator.Fault{{Status: 400}, {Status: 401, Times: 2}, {Status: 403}, {Status: 429}, {Status: 500}, {HTML: true}, {Drop: true}, {Status: 504, After: true}} {
		fault.Operation = emulator.OpAuthenticationCreate
		require.NoError(t, h.emulator.Arm(fault))
		send("title", "Once more")
		h.emulator.Disarm()
	}
	u.answers(func(w http.ResponseWriter, r *http.Request) { // a Zapier that says all it hears
		if r.Method == http.MethodGet {
			h.emulator.Handler().ServeHTTP(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"errors":[{"code":%q,"title":%q,"detail":%q,"source":{"pointer":"/data/authentication_fields/password"}}]}`, ownSecret, ownSecret, body)
	})
	send()
	h.engine.turn(true)
	fmt.Fprintln(&said, b.post(addPath, url.Values{"form": {"x"}, "f.password": {ownSecret}}).body)
	h.engine.turn(false)

	kept := said.String() + h.logs.String() + h.place.Dump()
	require.Contains(t, kept, "account-rejected")
	for _, spelling := range []string{ownSecret, url.QueryEscape(ownSecret), url.PathEscape(ownSecret), "canary-p"} {
		assert.NotContains(t, kept, spelling)
	}
}

// When not even the App can be read, what was typed is not lost either, but for the secrets; and that is said.
func TestAddAccountWhileTheAppCannotBeRead(t *testing.T) {
	h, way := narrowHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	b.get("/apps/" + emulator.AppBasic)
	typed := b.typing(b.get(addPath), "title", "My long careful name")
	for _, path := range []string{"/v2/apps", "/v2/authentications"} {
		way.fillFor(path, &full{20 * time.Second, 2})
		busy := b.post(addPath, typed)
		assert.Equal(t, http.StatusTooManyRequests, busy.status, path)
		assert.Equal(t, "20", busy.header.Get("Retry-After"), path)
		assert.Equal(t, "My long careful name", busy.Find(`[name="title"]`).AttrOr("value", ""), path)
		assert.Equal(t, "ada", busy.Find(`[name="f.username"]`).AttrOr("value", ""), path)
		assert.Equal(t, typed.Get("form"), busy.Find(`[name="form"]`).AttrOr("value", ""), path)
		assert.Contains(t, busy.Find("h1").Text(), "Ledgerleaf", path)
		assert.Contains(t, busy.byTestID("problem").Text(), "Type passwords and keys again", path)
		assert.NotContains(t, busy.body, ownSecret, path)
	}
	way.fill(nil)
	require.Equal(t, http.StatusOK, b.post(addPath, typed).status)
	assert.Len(t, h.emulator.Authentications(emulator.UserWade, emulator.AppBasic), 1)
}
