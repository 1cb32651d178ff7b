package contract_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	clientID     = "partner"
	clientSecret = "partner-secret"
	callback     = "http://localhost:3000/callback"
)

// world is the emulator, and everything that was said to it.
type world struct {
	t         *testing.T
	emulator  *emulator.Emulator
	url       string
	scopes    map[string][]string // by user token
	exchanges []exchange
}

func newWorld(t *testing.T) *world {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	w := &world{t: t, url: "http://" + server.Listener.Addr().String(), scopes: map[string][]string{}}
	var err error
	w.emulator, err = emulator.New(emulator.Options{
		WebURL: w.url,
		Clients: []emulator.Client{{
			ID: clientID, Secret: clientSecret, Title: "Partner", RedirectURIs: []string{callback}, App: emulator.AppAPIKey,
		}},
	})
	require.NoError(t, err)
	server.Config.Handler = w.emulator.Handler()
	server.Start()
	t.Cleanup(server.Close)
	return w
}

// RoundTrip stands between the client and the emulator and notes what passes.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	x := exchange{method: r.Method, url: r.URL, header: r.Header.Clone()}
	if r.Body != nil {
		var err error
		if x.body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(x.body))
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if x.said, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(x.said))
	x.scopes = w.scopes[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	x.status, x.answer = response.StatusCode, response.Header
	w.exchanges = append(w.exchanges, x)
	return response, nil
}

// send makes a request that is no call of the client's and gives what came of it.
func (w *world) send(x exchange) exchange {
	w.t.Helper()
	r, err := x.request(w.t.Context())
	require.NoError(w.t, err)
	response, err := w.RoundTrip(r)
	require.NoError(w.t, err)
	require.NoError(w.t, response.Body.Close())
	done := &w.exchanges[len(w.exchanges)-1]
	done.wrong = x.wrong
	return *done
}

// client speaks for the partner alone, or with As for a user too.
func (w *world) client() *zapier.Client {
	w.t.Helper()
	client, err := zapier.New(w.url, w)
	require.NoError(w.t, err)
	return client.WithClientID(clientID)
}

// token signs a user in, page by page, and gives a token with these scopes.
func (w *world) token(user int, scopes ...string) string {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	config := oauth2.Config{
		ClientID: clientID, ClientSecret: clientSecret, RedirectURL: callback, Scopes: scopes, Endpoint: zapier.Endpoint(w.url, w.url),
	}
	response, err := browser.Get(config.AuthCodeURL("state"))
	require.NoError(w.t, err)
	response = press(w.t, browser, response, `[data-testid="emulator-user"][data-user="`+strconv.Itoa(user)+`"]`)
	response = press(w.t, browser, response, `[data-testid="allow"]`)
	require.NoError(w.t, response.Body.Close())
	location, err := response.Location()
	require.NoError(w.t, err)
	issued, err := config.Exchange(w.t.Context(), location.Query().Get("code"))
	require.NoError(w.t, err)
	w.scopes[issued.AccessToken] = scopes
	return issued.AccessToken
}

// press sends the form that a button of a page belongs to.
func press(t *testing.T, browser *http.Client, page *http.Response, button string) *http.Response {
	t.Helper()
	defer page.Body.Close()
	shown, err := goquery.NewDocumentFromReader(page.Body)
	require.NoError(t, err)
	pressed := shown.Find(button)
	require.Equal(t, 1, pressed.Length(), "%s is not on the page:\n%s", button, shown.Text())
	form := pressed.Closest("form")
	values := url.Values{}
	for _, input := range form.Find("input").EachIter() {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	}
	if name, named := pressed.Attr("name"); named {
		values.Set(name, pressed.AttrOr("value", ""))
	}
	action, err := page.Request.URL.Parse(form.AttrOr("action", ""))
	require.NoError(t, err)
	next, err := browser.PostForm(action.String(), values)
	require.NoError(t, err)
	return next
}
