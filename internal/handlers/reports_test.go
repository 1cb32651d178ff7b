package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// report posts what a browser reports.
func (b *browser) report(kind, body string) page {
	b.t.Helper()
	r := b.request(http.MethodPost, "/reports", strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return b.do(r)
}

var loggedViolation = regexp.MustCompile(`event=csp-violation (directive=\S+ blocked=\S+) client=`)

// violations are those in the log since the last look at it.
func (h *house) violations(before *int) []string {
	said := h.logs.String()
	var found []string
	for _, line := range loggedViolation.FindAllStringSubmatch(said[*before:], -1) {
		found = append(found, line[1])
	}
	*before = len(said)
	return found
}

func TestReports(t *testing.T) {
	h := newHouse(t, options{})
	b, before := h.browser(), 0
	const modern, old = "application/reports+json", "application/csp-report"
	for name, row := range map[string]struct {
		kind, body string
		want       []string
	}{
		"a violation": {modern, `[{"type":"csp-violation","age":1,"url":"https://canary.example/canary?canary","user_agent":"canary","body":{"documentURL":"https://canary.example/",
			"effectiveDirective":"script-src-elem","blockedURL":"https://evil.example:8443/canary?canary#canary","sample":"canary","sourceFile":"canary","lineNumber":1}}]`,
			[]string{"directive=script-src-elem blocked=https://evil.example:8443"}},
		"several, and of other kinds": {modern, `[{"type":"deprecation","body":{"id":"canary"}},{"type":"csp-violation","body":{"effectiveDirective":"img-src","blockedURL":"data"}},
			{"type":"csp-violation","body":{"effectiveDirective":"script-src-attr","blockedURL":"inline"}}]`,
			[]string{"directive=img-src blocked=data", "directive=script-src-attr blocked=inline"}},
		"none":                {modern, `[]`, nil},
		"the older form":      {old, `{"csp-report":{"document-uri":"canary","violated-directive":"style-src-elem 'self'","blocked-uri":"https://EVIL.example/canary"}}`, []string{"directive=style-src-elem blocked=https://evil.example"}},
		"both of its words":   {old, `{"csp-report":{"effective-directive":"img-src","violated-directive":"canary","blocked-uri":""}}`, []string{"directive=img-src blocked=other"}},
		"a password":          {old, `{"csp-report":{"effective-directive":"img-src","blocked-uri":"https://canary:canary@evil.example/"}}`, []string{"directive=img-src blocked=https://evil.example"}},
		"a line of its own":   {old, `{"csp-report":{"effective-directive":"img-src\nlevel=ERROR canary","blocked-uri":"https://evil.example\nlevel=ERROR canary"}}`, []string{"directive=other blocked=other"}},
		"colours":             {old, `{"csp-report":{"effective-directive":"\u001b[31mcanary","blocked-uri":"https://\u001b[31mcanary/"}}`, []string{"directive=other blocked=other"}},
		"a right-to-left one": {old, `{"csp-report":{"effective-directive":"\u202ecanary","blocked-uri":"https://e\u202ecanary.example"}}`, []string{"directive=other blocked=other"}},
		"an address as data":  {old, `{"csp-report":{"effective-directive":"img-src","blocked-uri":"data:text/html,canary"}}`, []string{"directive=img-src blocked=other"}},
		"very long":           {old, `{"csp-report":{"effective-directive":"` + strings.Repeat("a", 5000) + `","blocked-uri":"https://` + strings.Repeat("a", 5000) + `/"}}`, []string{"directive=other blocked=other"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := b.report(row.kind, row.body)
			assert.Equal(t, http.StatusNoContent, got.status)
			assert.Empty(t, got.body)
			assert.Equal(t, row.want, h.violations(&before))
		})
	}
	many := strings.Repeat(`{"type":"csp-violation","body":{"effectiveDirective":"img-src","blockedURL":"inline"}},`, 200)
	assert.Equal(t, http.StatusNoContent, b.report(modern, "["+strings.TrimSuffix(many, ",")+"]").status)
	assert.Len(t, h.violations(&before), 5, "nobody fills the log with one request")
	for kind, body := range map[string]string{
		"": `[]`, "application/json": `[]`, "text/plain": `[]`, "x; ;": `[]`, modern: `{"type":"csp-violation"}`, modern + "; charset=utf-8": `[`, old: `[]`,
	} {
		assert.Equal(t, http.StatusBadRequest, b.report(kind, body).status, "%s %s", kind, body)
	}
	assert.Equal(t, http.StatusRequestEntityTooLarge, b.report(modern, "["+strings.Repeat(" ", 64<<10)+"]").status)
	assert.Empty(t, h.violations(&before))
	r := b.request(http.MethodPost, "/reports", strings.NewReader(`[]`))
	r.Header = http.Header{"Content-Type": {modern}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Dest": {"report"}}
	assert.Equal(t, http.StatusForbidden, b.do(r).status, "others have a log of their own")
	r = b.request(http.MethodPost, "/reports", strings.NewReader(`[]`))
	r.Header = http.Header{"Content-Type": {modern}}
	assert.Equal(t, http.StatusNoContent, b.do(r).status, "Chromium says nothing of where it comes from")
	require.NotContains(t, h.logs.String(), "canary")
}
