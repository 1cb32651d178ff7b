package session_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/session"
)

// R-09, L12: what may be returned to.
func TestCleanReturnTo(t *testing.T) {
	t.Parallel()
	for _, good := range []string{
		"/", "/apps", "/apps/", "/prefix/apps/slack", "/apps?q=a%20b&page=2", "/apps?next=https://elsewhere.example/",
		"/apps/%C3%BC", "/apps#slack", "/a.b/..c", "/apps?q=a//b",
	} {
		got, ok := session.CleanReturnTo(good)
		assert.True(t, ok, good)
		assert.Equal(t, good, got)
	}
	for _, bad := range []string{
		"", "apps", "?q", "#x", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "/\\/evil.example",
		"https://evil.example", "https:evil.example", "https:/evil.example", "javascript:alert(1)", "//evil.example/%2e%2e",
		"/%2f", "/%2fevil.example", "/%2F%2Fevil.example", "/%5cevil.example", "/%5Cevil.example", "/a//evil.example", "/./evil", "/a/../b", "/..//evil.example", "/%2e%2e/b",
		"/\t/evil.example", "/\n/evil.example", "/%09/evil.example", "/%0a/evil.example", "/%0d%0aSet-Cookie:a=b", "/%00", "/ /evil.example", "/%20/evil.example",
		"/\u00a0/evil", "/%c2%a0/evil", "/%e2%80%ae/evil", "/%ff", "/%zz", "/ü", " /apps", "/apps ", "/a\x7f", "/" + strings.Repeat("a", 2048),
	} {
		got, ok := session.CleanReturnTo(bad)
		assert.False(t, ok, "%q", bad)
		assert.Empty(t, got, "%q", bad)
	}
}

// FuzzCleanReturnTo: what is accepted stays on the host for every base, also
// after somebody on the way has decoded it once.
func FuzzCleanReturnTo(f *testing.F) {
	for _, seed := range []string{"/", "/%2f", "/apps?q=1", "//evil.example", "/\\evil", "/%2f%2fevil", "/%5c%5cevil", "/a/..//evil", "/%09/evil", "/:@evil", "/;/evil"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := session.CleanReturnTo(s)
		if !ok {
			return
		}
		assert.Equal(t, s, got)
		decoded, err := url.PathUnescape(strings.SplitN(strings.SplitN(s, "?", 2)[0], "#", 2)[0])
		assert.NoError(t, err)
		for _, form := range []string{s, decoded} {
			assert.False(t, strings.HasPrefix(strings.ReplaceAll(form, "\\", "/"), "//"), "%q", s)
			assert.NotContains(t, form, "\\")
		}
		base, err := url.Parse("https://zaps.example/prefix/sign-in/callback")
		assert.NoError(t, err)
		u, err := base.Parse(got)
		assert.NoError(t, err)
		assert.Equal(t, "https://zaps.example", u.Scheme+"://"+u.Host)
	})
}
