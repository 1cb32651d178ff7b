package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// leads are addresses on evil.example, as far as some browser or some proxy is concerned, by what hides that they are
// (L12).
func leads() []string {
	return []string{
		// With a scheme, whole and in pieces.
		"https://evil.example", "http://evil.example/", "HTTPS://evil.example", "https:evil.example", "https:/evil.example", "https:///evil.example", "https:////evil.example", "http:evil.example", "http:/\\evil.example",
		"https:\\\\evil.example", "https:/\\/evil.example", "ftp://evil.example", "ws://evil.example", "blob:https://evil.example/x", "view-source:https://evil.example", "filesystem:https://evil.example/",
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)", "javascript://evil.example/%0aalert(1)", "javascript%3aalert(1)", "data:text/html,<script>alert(1)</script>",
		"vbscript:x", "file:///etc/passwd", "about:blank", "mailto:a@evil.example", "intent://evil.example#Intent;end", "//javascript:alert(1)",
		// Without one.
		"//evil.example", "///evil.example", "////evil.example", "//////evil.example", "//evil.example/", "//evil.example:443/", "//evil.example/%2f..", "//evil.example//", "//%65vil.example", "//evil%2eexample", "//evil.example%2f@localhost",
		// Backslashes, which browsers take for slashes.
		`/\evil.example`, `\/evil.example`, `\\evil.example`, `/\/evil.example`, `\/\/evil.example`, `/\\evil.example`, `\evil.example`, `///\evil.example`, `/a\..\\evil.example`, `/ok?\\evil.example\..`,
		"/%5cevil.example", "/%5Cevil.example", "/%5c%5cevil.example", "/%255cevil.example/..", "/%u005cevil.example",
		// Slashes that are escaped, once and twice, and otherwise.
		"/%2fevil.example", "/%2Fevil.example", "/%2f%2fevil.example", "%2f%2fevil.example", "%2f/evil.example", "/%252fevil.example/..", "/%c0%afevil.example", "/%e0%80%afevil.example", "/%u2215evil.example", "/\u2215evil.example", "/\u2044evil.example", "/／evil.example", "／／evil.example",
		// Blanks and line ends, which browsers drop.
		" //evil.example", "\t//evil.example", "/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "/\r\n/evil.example", "/ /evil.example", "\x00//evil.example", "/\x00/evil.example", "/\x0b/evil.example", "/\x0c/evil.example", "/\x7f/evil.example",
		"/%09/evil.example", "/%0a/evil.example", "/%0d/evil.example", "/%0d%0a/evil.example", "/%20/evil.example", "/%00/evil.example", "/%0b/evil.example", "/%c2%a0/evil.example", "/\u00a0/evil.example", "/\u2028/evil.example", "/\u3000/evil.example", "/\ufeff/evil.example", "/%e2%80%8b/evil.example", "/\u200b/evil.example",
		"/ok\r\nLocation: https://evil.example", "/ok%0d%0aLocation:%20https://evil.example", "/ok\nSet-Cookie: evil=1", "/%E5%98%8D%E5%98%8ALocation:evil.example",
		// Dots that lead out, and dots that are none.
		"/..//evil.example", "/.//evil.example", "/./\\evil.example", "/a/..//evil.example", "/%2e%2e//evil.example", "/a/%2e%2e/%2fevil.example", "/..;//evil.example", "/a/..%2f/evil.example", "../evil.example", "./evil.example", ".evil.example", "..", "/../..", "//evil。example", "//evil．example", "/\u2024\u2024//evil.example",
		// Who is who before an @.
		"@evil.example", "//localhost@evil.example", "//localhost:80@evil.example", "https://localhost@evil.example/", `//localhost\@evil.example`, "//localhost%40evil.example", "//localhost#@evil.example", "//evil.example#@localhost", "//localhost;@evil.example", "//evil.example?@localhost", "//user:pass@evil.example",
		// Names and addresses otherwise.
		"evil.example", "www.evil.example/x", "localhost.evil.example", "//localhost.evil.example", "//[::ffff:1.1.1.1]", "//1.1.1.1", "//16843009", "//0x01010101", "//0101.1.1.1", "//1.1", "//ｅvil.example", "//ⓔvil.example", "//xn--evil-example",
		// What is no path at all.
		"?next=//evil.example", "#//evil.example", ":80//evil.example", ";//evil.example", "/" + strings.Repeat("a", 3000), "/%", "/%zz", "/%ff", "\xff", "",
		// Addresses that may only be there to be gone on from.
		"/sign-in?return_to=//evil.example", "/sign-in/callback?state=x", "/sign-in/failed?return_to=//evil.example", "/attempts/x/start?token=y",
	}
}

// signing in, failing to, and the forms that lead back to where they were never leave the site.
func TestReturnToStaysHere(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(leads()), 130)
	for _, prefix := range []string{"", "/zaps"} {
		h := newHouse(t, options{prefix: prefix})
		b := h.browser()
		b.reachConsent("") // from here on Zapier only asks for consent
		home, err := url.Parse(h.url + "/")
		require.NoError(t, err)
		// stays resolves a link as a browser does, which is not as Go does: it drops tabs and line ends, and takes \
		// for /.
		stays := func(link, from string) {
			link = strings.NewReplacer("\t", "", "\r", "", "\n", "", "\\", "/").Replace(strings.Trim(link, " \x00"))
			assert.True(t, strings.HasPrefix(link, h.url+"/") || strings.HasPrefix(link, prefix+"/") && !strings.HasPrefix(link, "//"), "%q leads to %q", from, link)
			target, err := home.Parse(link)
			require.NoError(t, err, "%q leads to %q", from, link)
			assert.Equal(t, home.Scheme+"://"+home.Host, target.Scheme+"://"+target.Host, "%q leads to %q", from, link)
			assert.True(t, strings.HasPrefix(target.Path, prefix+"/"), "%q leads to %q", from, link)
		}
		for i, lead := range leads() {
			if prefix != "" && i%10 > 0 {
				continue // the prefix changes nothing but what stands before
			}
			in := url.QueryEscape(lead)
			consent := b.get("/sign-in?return_to=" + in)
			require.Equal(t, 1, consent.byTestID("allow").Length(), lead)
			back := b.stopping().get(b.callback(consent, "allow"))
			require.Equal(t, http.StatusSeeOther, back.status)
			stays(back.header.Get("Location"), lead)
			done := b.get("/sign-in/done?return_to=" + in)
			require.Equal(t, http.StatusOK, done.status)
			done.Find("a[href]").Each(func(_ int, link *goquery.Selection) { stays(link.AttrOr("href", ""), lead) })
			failed := b.get("/sign-in/failed?problem=sign-in-denied&return_to=" + in)
			retry, err := url.Parse(failed.byTestID("retry").AttrOr("href", ""))
			require.NoError(t, err)
			if kept := retry.Query().Get("return_to"); kept != "" {
				stays(prefix+kept, lead)
			}
		}
		attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
		for i, lead := range leads() {
			if prefix != "" && i%10 > 0 {
				continue
			}
			back := b.stopping().post("/attempts/"+attempt.ID+"/check", url.Values{"return": {lead}})
			require.Equal(t, http.StatusSeeOther, back.status, lead)
			stays(back.header.Get("Location"), lead)
		}
	}
}
