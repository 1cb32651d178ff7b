package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

const (
	clientID     = "partner"
	clientSecret = "partner-secret"
	redirectURI  = "http://localhost:8080/sign-in/callback"
	allScopes    = "profile zap connection:read connection:write"

	// What is waited for happens at once; the limit is for a machine under load.
	timeout, tick = 5 * time.Second, time.Millisecond
)

// clock is a time that only moves when a test says so.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// world is an emulator that is served, and its clock.
type world struct {
	*emulator.Emulator
	url   string
	clock *clock
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldWith(t, emulator.Readings{})
}

// newWorldWith has other readings of Zapier's documents.
func newWorldWith(t testing.TB, readings emulator.Readings) *world {
	t.Helper()
	return newImpatientWorld(t, timeout, readings)
}

// newImpatientWorld gives third parties so long to answer.
func newImpatientWorld(t testing.TB, patience time.Duration, readings emulator.Readings) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	e, err := emulator.New(emulator.Options{
		WebURL: w.url,
		Clients: []emulator.Client{
			{ID: clientID, Secret: clientSecret, RedirectURIs: []string{redirectURI, redirectURI + "?from=test"}, Title: "Partner & Co"},
			{ID: "other", Secret: "other-secret", RedirectURIs: []string{redirectURI}, Title: "Other", App: emulator.AppOAuth2},
		},
		Now:          w.clock.Now,
		Seed:         7,
		Readings:     readings,
		PartyTimeout: patience,
	})
	require.NoError(t, err)
	w.Emulator = e
	server.Config.Handler = e.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// ownTransport is how tests reach their servers. Whoever closes a server of httptest closes the idle connections of
// http.DefaultTransport as well, and among them may be one whose answer is only just being handed over.
var ownTransport = http.DefaultTransport.(*http.Transport).Clone()

// browser follows redirects inside the emulator, keeps cookies, and stops where
// it would leave.
type browser struct {
	t      testing.TB
	world  *world
	client *http.Client
}

func (w *world) browser(t testing.TB) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &browser{t: t, world: w, client: &http.Client{
		Jar: jar, Transport: ownTransport,
		CheckRedirect: func(r *http.Request, _ []*http.Request) error {
			if "http://"+r.URL.Host != w.url {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}}
}

// page is what a browser shows.
type page struct {
	*goquery.Document
	status   int
	url      *url.URL
	location string
	header   http.Header
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	document, err := goquery.NewDocumentFromReader(response.Body)
	require.NoError(b.t, err)
	return page{document, response.StatusCode, response.Request.URL, response.Header.Get("Location"), response.Header}
}

func (b *browser) get(target string) page {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.world.url + target
	}
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, target, nil)
	require.NoError(b.t, err)
	return b.do(r)
}

// press sends the form a button belongs to, with what the fields hold and what
// is typed into them.
func (b *browser) press(from page, testID string, typed map[string]string) page {
	b.t.Helper()
	return b.pressButton(from, from.Find(`[data-testid="`+testID+`"]`).First(), typed)
}

func (b *browser) pressButton(from page, button *goquery.Selection, typed map[string]string) page {
	b.t.Helper()
	require.Equal(b.t, 1, button.Length(), "the button is not on the page:\n%s", from.Text())
	form := button.Closest("form")
	values := url.Values{}
	for _, input := range form.Find(`input:not([type="checkbox"]:not([checked]))`).EachIter() {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	}
	if name, named := button.Attr("name"); named {
		values.Set(name, button.AttrOr("value", ""))
	}
	for name, value := range typed {
		values.Set(name, value)
	}
	action, err := from.url.Parse(form.AttrOr("action", ""))
	require.NoError(b.t, err)
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, action.String(), strings.NewReader(values.Encode()))
	require.NoError(b.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) signInAs(from page, user int) page {
	b.t.Helper()
	button := from.Find(`[data-testid="emulator-user"][data-user="` + strconv.Itoa(user) + `"]`)
	return b.pressButton(from, button, nil)
}

// authorizePath is an authorize request in order, changed by pairs; an empty
// value leaves the parameter out.
func authorizePath(changes ...string) string {
	query := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI},
		"scope": {allScopes}, "state": {"state-1"},
	}
	for i := 0; i < len(changes); i += 2 {
		query.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			query.Del(changes[i])
		}
	}
	return "/v2/authorize?" + query.Encode()
}

// code walks sign-in and consent, and gives what the partner is sent.
func (b *browser) code(user int, changes ...string) url.Values {
	b.t.Helper()
	shown := b.get(authorizePath(changes...))
	if shown.Find(`[data-testid="emulator-user"]`).Length() > 0 {
		shown = b.signInAs(shown, user)
	}
	shown = b.press(shown, "allow", nil)
	require.Equal(b.t, http.StatusSeeOther, shown.status, shown.Text())
	answer, err := url.Parse(shown.location)
	require.NoError(b.t, err)
	return answer.Query()
}

// answer is what the API says.
type answer struct {
	status int
	header http.Header
	body   map[string]any
	raw    string
}

func send(t testing.TB, r *http.Request) answer {
	t.Helper()
	response, err := (&http.Client{Transport: ownTransport}).Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	a := answer{status: response.StatusCode, header: response.Header, raw: string(raw)}
	_ = json.Unmarshal(raw, &a.body) // faults answer with HTML: then body stays nil
	return a
}

func (w *world) token(t testing.TB, form url.Values) answer {
	t.Helper()
	return w.tokenAs(t, clientID, clientSecret, form)
}

func (w *world) tokenAs(t testing.TB, id, secret string, form url.Values) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.url+"/oauth/token/", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	return send(t, r)
}

func redeemForm(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}}
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// accessToken signs a user in from nothing.
func (w *world) accessToken(t testing.TB, user int, scope string) string {
	t.Helper()
	code := w.browser(t).code(user, "scope", scope).Get("code")
	issued := w.token(t, redeemForm(code))
	require.Equal(t, http.StatusOK, issued.status, issued.raw)
	return issued.text("access_token")
}

func (a answer) text(name string) string {
	value, _ := a.body[name].(string)
	return value
}

func (w *world) call(t testing.TB, method, target, token, body string) answer {
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = w.url + target
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return send(t, r)
}

func (w *world) api(t testing.TB, target, token string) answer {
	t.Helper()
	return w.call(t, http.MethodGet, target, token, "")
}

// problem is the first error of a v2 answer.
func (a answer) problem(t testing.TB) map[string]any {
	t.Helper()
	list, _ := a.body["errors"].([]any)
	require.Len(t, list, 1, a.raw)
	first, ok := list[0].(map[string]any)
	require.True(t, ok, a.raw)
	return first
}

func (a answer) data(t testing.TB) []map[string]any {
	t.Helper()
	list, ok := a.body["data"].([]any)
	require.True(t, ok, a.raw)
	var items []map[string]any
	for _, item := range list {
		object, ok := item.(map[string]any)
		require.True(t, ok, a.raw)
		items = append(items, object)
	}
	return items
}

// connectLink is what the API gives the partner for an App.
func (w *world) connectLink(t *testing.T, token, appID string) string {
	t.Helper()
	app := w.api(t, "/v2/apps?ids="+appID, token).data(t)[0]
	links, ok := app["links"].(map[string]any)
	require.True(t, ok)
	link, ok := links["connect_new_authentication"].(string)
	require.True(t, ok, "this App has no connect link")
	return link
}
