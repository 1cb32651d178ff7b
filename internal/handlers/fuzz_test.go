package handlers_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

// thrown sends a request past the network, which would not carry everything, and looks for what must not be in an
// answer: a fault of ours, or anything of the inside.
func (b *browser) thrown(t *testing.T, r *http.Request) (int, http.Header, string) {
	t.Helper()
	answer := (&browser{t, b.house, b.client}).from("192.0.2.1:1", r)
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	noInternals(t, page{status: answer.StatusCode, body: string(body)})
	assert.Less(t, answer.StatusCode, 600)
	for name, values := range answer.Header {
		assert.NotContains(t, name+strings.Join(values, ""), "\n")
	}
	if location := answer.Header.Get("Location"); location != "" && !strings.HasPrefix(location, b.house.zapier+"/") {
		target, err := r.URL.Parse(location)
		require.NoError(t, err)
		assert.Equal(t, r.URL.Host, target.Host, "%s leads to %s", r.URL, location)
	}
	return answer.StatusCode, answer.Header, string(body)
}

// requestOf makes a request that a fuzzer may bend in any way but its host.
func (h *house) requestOf(t *testing.T, method, path, query string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.url+path, body)
	require.NoError(t, err)
	r.URL.RawQuery = query
	r.Header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "X-Zapembed": {"1"}}
	return r
}

// FuzzEvidence: what a page says of its attempt is read or refused. It connects nothing that is not there.
func FuzzEvidence(f *testing.F) {
	h := newHouse(f, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	b.get(attempt.StartURL)
	for _, kind := range connect.Kinds() {
		f.Add("application/json", fmt.Sprintf(`{"evidence":%q,"authentication_id":"wd3WjA7d"}`, kind))
	}
	f.Add("application/json; charset=utf-8", `{"evidence":"message","authentication_id":null}{}`)
	f.Add("text/plain", `{"evidence":["message"],"extra":1}`)
	f.Add("application/json", "{\"evidence\":\"message\",\"authentication_id\":\"\\u0000\\ud800\"}\xff")
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := h.requestOf(t, http.MethodPost, "/api/attempts/"+attempt.ID+"/check", "", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		status, _, said := b.thrown(t, r)
		assert.Contains(t, []int{200, 400, 409, 413}, status, said)
		if status == http.StatusOK {
			assert.Contains(t, said, `"state":"opened"`)
		}
	})
}

// FuzzEvents: whatever a browser says it has heard last, the stream begins with the present.
func FuzzEvents(f *testing.F) {
	h := newHouse(f, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	h.server.Drain() // streams end after the present
	f.Add("1795337961172", "lastEventId=1", "text/event-stream")
	f.Add("-1", "a=%zz;b", "*/*")
	f.Add("\x00\r\nX: y", "", "")
	f.Fuzz(func(t *testing.T, last, query, accept string) {
		r := h.requestOf(t, http.MethodGet, "/api/events", query, nil)
		r.Header.Set("Last-Event-ID", last)
		r.Header.Set("Accept", accept)
		status, header, said := b.thrown(t, r)
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, "text/event-stream; charset=utf-8", header.Get("Content-Type"))
		data, found := strings.CutPrefix(strings.SplitN(said, "\n", 3)[1], "data: ")
		require.True(t, found, said)
		var shown struct{ ID string }
		require.NoError(t, json.Unmarshal([]byte(data), &shown))
		assert.Equal(t, attempt.ID, shown.ID)
	})
}

// FuzzForms: the form of a step, a choice and a name take what they can and say what they cannot.
func FuzzForms(f *testing.F) {
	h := newHouse(f, options{})
	z, form := h.newsletter()
	_, sent := filled(form, nil)
	targets := []string{
		z.step(2, "fields"), z.draft + "/title", z.step(2, "app"), z.step(2, "action"), z.step(2, "account"), z.step(2, "move"), z.draft + "/steps",
		"/apps/" + emulator.AppBasic + "/choice", "/apps/" + emulator.AppBasic + "/add-account", "/zaps/" + h.zapOf(emulator.UserWade, "").ID + "/rename",
		"/zaps/new/template", "/attempts/x/check",
	}
	f.Add(uint8(0), "application/x-www-form-urlencoded", sent.Encode())
	f.Add(uint8(0), "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"do\"\r\n\r\nadd:lists\r\n--x--")
	f.Add(uint8(0), "application/x-www-form-urlencoded", "do=remove:merge_fields:0&present=lists&f.lists=%00&k.merge_fields=a&v.merge_fields={{x}}")
	for i := range targets {
		f.Add(uint8(i), "application/x-www-form-urlencoded", "revision=1&title=%ff&app="+emulator.AppBasic+"&action=READ:new_lead&authentication=x&direction=up&after=x&none=1&return=//evil.example&username=a&password=b")
		f.Add(uint8(i), "text/plain", "a=%zz&;")
	}
	f.Fuzz(func(t *testing.T, target uint8, kind, body string) {
		r := h.requestOf(t, http.MethodPost, targets[int(target)%len(targets)], "", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		status, _, said := z.thrown(t, r)
		assert.NotEqual(t, http.StatusServiceUnavailable, status, said)
		assert.NotContains(t, said, "canary")
	})
}

// isRequest says whether there can be a request for the target at all.
func isRequest(method, target string) bool {
	_, err := http.NewRequest(method, "http://localhost"+target, nil)
	return err == nil
}

// FuzzPaths: whatever is asked for, by whatever method, there is an answer, and Zapier is asked for nothing that is not
// on the list.
func FuzzPaths(f *testing.F) {
	u := &upstream{}
	h := newHouse(f, options{between: u.before})
	b := h.signedIn(emulator.UserWade)
	u.take()
	for _, target := range []string{
		"/api/zapier/v2/apps?limit=1", "/api/zapier/v2/zaps/../apps", "/api/zapier/v2/action-runs/%2e%2e", "/api/zapier//v2/apps", "/api/zapier/v2/actions/a:b/inputs/c%5B%5D/choices?page=2&page=3",
		"/api/zapier/v2/apps%2f", "/api/zapier/v1/apps?client_id=x;y", "/static/../x", "//evil.example/..", "/apps/%00?page=-1&query=%ff", "/zaps/1?page=99999999999999999999", "/sign-in/failed?problem=x&return_to=//evil",
	} {
		require.True(f, isRequest(http.MethodGet, target), target) // so that none of them is passed over below
		f.Add(http.MethodGet, target, "{}")
	}
	f.Add(http.MethodDelete, "/api/zapier/v2/zaps/1", "")
	f.Add(http.MethodPatch, "/api/zapier/v2/zaps/a%2fb", `{"data":{}}`)
	f.Fuzz(func(t *testing.T, method, target, body string) {
		path, query, _ := strings.Cut(target, "?")
		if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/sign-out") || strings.HasPrefix(path, "/api/events") {
			return // no path of ours; or what ends the session, or does not end
		}
		if !isRequest(method, path) {
			return // no client could send it
		}
		r := h.requestOf(t, method, path, query, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		b.thrown(t, r)
		proxied := strings.HasPrefix(r.URL.EscapedPath(), "/api/zapier/")
		for _, call := range u.take() {
			if !proxied {
				continue // a page asks for what it shows
			}
			asked, err := url.ParseRequestURI(call.target)
			require.NoError(t, err)
			_, err = zapier.FindProxied(call.method, asked.EscapedPath())
			assert.NoError(t, err, "%s %s became %s %s", method, target, call.method, call.target)
			assert.Equal(t, method, call.method)
		}
	})
}

// FuzzReports: anybody may send a report; the log has a line of ours for each, and nothing of theirs but a name and an
// origin.
func FuzzReports(f *testing.F) {
	h := newHouse(f, options{})
	b, before := h.browser(), 0
	f.Add("application/reports+json", `[{"type":"csp-violation","body":{"effectiveDirective":"img-src","blockedURL":"https://evil.example/x"}}]`)
	f.Add("application/csp-report", `{"csp-report":{"violated-directive":"img-src\u2028 x","blocked-uri":"data:\u001b"}}`)
	f.Add("application/reports+json", `[{"type":"csp-violation","body":null},{"type":1}]`)
	f.Fuzz(func(t *testing.T, kind, body string) {
		r := h.requestOf(t, http.MethodPost, "/reports", "", strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		status, _, _ := b.thrown(t, r)
		assert.Contains(t, []int{204, 400, 413}, status)
		before = 0
		for _, line := range h.violations(&before) {
			assert.Regexp(t, `^directive=[a-z][a-z-]{0,40} blocked=("?[a-z0-9.:/\[\]-]{1,310}"?)$`, line)
		}
		h.logs.forget()
	})
}
