package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// visitor is somebody who uses the program over HTTP: pages and forms without a script, and the JSON API.
type visitor struct {
	t      *testing.T
	url    string
	client *http.Client
}

// ownTransport is how visitors and calls reach their servers. Whoever closes a server of httptest closes the idle connections
// of http.DefaultTransport as well, and among them may be one whose answer is only just being handed over.
var ownTransport = http.DefaultTransport.(*http.Transport).Clone()

// visitor returns one with cookies of their own. A nil transport is the usual one.
func (w *world) visitor(transport http.RoundTripper) *visitor {
	w.t.Helper()
	if transport == nil {
		transport = ownTransport
	}
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &visitor{t: w.t, url: w.url, client: &http.Client{Jar: jar, Transport: transport, Timeout: patience}}
}

// through is the same person, with the same cookies, by another way.
func (v *visitor) through(transport http.RoundTripper) *visitor {
	client := *v.client
	client.Transport = transport
	return &visitor{t: v.t, url: v.url, client: &client}
}

// signIn walks through Zapier's pages as a seeded user; Zapier remembers who they are.
func (v *visitor) signIn(user int) {
	v.t.Helper()
	consent := v.page("/sign-in?return_to=/apps")
	if who := fmt.Sprintf(`[data-testid="emulator-user"][data-user="%d"]`, user); consent.Find(who).Length() > 0 {
		consent = v.press(consent, who)
	}
	home := v.press(consent, byTestID("allow"))
	require.Equal(v.t, 1, home.Find(byTestID("sign-out")).Length(), home.Text())
}

// page is a page that must be there.
func (v *visitor) page(path string) *goquery.Document {
	v.t.Helper()
	answer, err := v.client.Get(v.url + path)
	require.NoError(v.t, err)
	return v.read(answer)
}

func (v *visitor) read(answer *http.Response) *goquery.Document {
	v.t.Helper()
	defer answer.Body.Close()
	document, err := goquery.NewDocumentFromReader(answer.Body)
	require.NoError(v.t, err)
	require.Equal(v.t, http.StatusOK, answer.StatusCode, document.Text())
	document.Url = answer.Request.URL
	return document
}

// press sends the form of a button; what comes of it must be a page.
func (v *visitor) press(from *goquery.Document, button string) *goquery.Document {
	v.t.Helper()
	return v.read(v.send(from, button))
}

// send sends the form of a button, as a browser would.
func (v *visitor) send(from *goquery.Document, button string) *http.Response {
	v.t.Helper()
	pressed := from.Find(button)
	require.Equal(v.t, 1, pressed.Length(), "%s on %s", button, from.Text())
	form, values := pressed.Closest("form"), url.Values{}
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	if name, named := pressed.Attr("name"); named {
		values.Set(name, pressed.AttrOr("value", ""))
	}
	target, err := from.Url.Parse(form.AttrOr("action", ""))
	require.NoError(v.t, err)
	request, err := http.NewRequest(http.MethodPost, target.String(), strings.NewReader(values.Encode()))
	require.NoError(v.t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", target.Scheme+"://"+target.Host)
	answer, err := v.client.Do(request)
	require.NoError(v.t, err)
	return answer
}

// call asks the JSON API; a body that is not nil is sent as JSON.
func (v *visitor) call(method, path string, body any) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = strings.NewReader(string(encoded))
	}
	request, err := http.NewRequest(method, v.url+path, content)
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-Zapembed", "1")
	request.Header.Set("Origin", v.url)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return v.client.Do(request)
}

// answerTo is the answer to a call that must succeed, decoded.
func answerTo[T any](v *visitor, method, path string, body any) T {
	v.t.Helper()
	answer, err := v.call(method, path, body)
	require.NoError(v.t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(v.t, err)
	require.Equal(v.t, http.StatusOK, answer.StatusCode, string(content))
	var decoded T
	require.NoError(v.t, json.Unmarshal(content, &decoded))
	return decoded
}

// zapsCall is one that needs the person's token at Zapier.
const zapsCall = "/api/zapier/v2/authentications?app=" + emulator.AppBasic

// active says whether somebody is signed in.
func (v *visitor) active() bool {
	v.t.Helper()
	return answerTo[struct{ Active bool }](v, http.MethodGet, "/api/session", nil).Active
}

// events opens the stream of server-sent events.
func (v *visitor) events() *eventStream {
	v.t.Helper()
	answer, err := v.call(http.MethodGet, "/api/events", nil)
	require.NoError(v.t, err)
	require.Equal(v.t, http.StatusOK, answer.StatusCode)
	v.t.Cleanup(func() { answer.Body.Close() })
	return &eventStream{v.t, bufio.NewScanner(answer.Body)}
}

// eventStream is an open stream.
type eventStream struct {
	t     *testing.T
	lines *bufio.Scanner
}

// next is the data of the next event; the client's own limit ends the wait for one that never comes.
func (e *eventStream) next() string {
	e.t.Helper()
	for e.lines.Scan() {
		if data, found := strings.CutPrefix(e.lines.Text(), "data: "); found {
			return data
		}
	}
	require.FailNow(e.t, "the stream ended", "%v", e.lines.Err())
	return ""
}
