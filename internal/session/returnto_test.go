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
		"/sign-in-help", "/apps/sign-in", "/apps?next=/sign-in", "/attempts", "/attempts/1/check", "/drafts/1/start", "/attempts/1/start-over", "/apps/100%25",
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
		"/sign-in", "/sign-in/", "/sign-in?popup=1", "/sign-in#x", "/sign-in/callback?code=a&state=b", "/sign-in/done", "/sign-in/failed?problem=x", "/Sign-In", "/sign-in;x=1",
		"/sign%2din", "/%73ign-in", "/%73%69%67%6e%2d%69%6e?return_to=/", "/sign%252din", "/%2573ign-in", "/sign-in%2fcallback", "/sign-in%3Fpopup=1", "/sign%25252Din", "/apps/%252e%252e/sign-in", "/%252fsign-in",
		"/attempts/1/start", "/attempts/1/start/", "/attempts/1/start?token=x", "/attempts/a/b/start", "/attempts/1/%73tart", "/attempts%2f1%2fstart", "/%61ttempts/1/st%61rt", "/attempts/1/start;x", "/ATTEMPTS/1/START", "/attempts/1/%2573tart",
		"/\u00a0/evil", "/%c2%a0/evil", "/%e2%80%ae/evil", "/%ff", "/%zz", "/ü", " /apps", "/apps ", "/a\x7f", "/" + strings.Repeat("a", 2048),
	} {
		got, ok := session.CleanReturnTo(bad)
		assert.False(t, ok, "%q", bad)
		assert.Empty(t, got, "%q", bad)
	}
}

// FuzzCleanReturnTo, R-09: what is accepted stays on the host for every base, also
// after somebody on the way has decoded it once.
func FuzzCleanReturnTo(f *testing.F) {
	for _, seed := range []string{"/", "/%2f", "/apps?q=1", "//evil.example", "/\\evil", "/%2f%2fevil", "/%5c%5cevil", "/a/..//evil", "/%09/evil", "/:@evil", "/;/evil", "/sign-in", "/%73ign%2din", "/attempts/1/start", "/attempts/1/%2573tart"} {
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
		assert.False(t, strings.HasPrefix(decoded+"/", "/sign-in/"), "%q", s)
		assert.False(t, strings.HasPrefix(decoded, "/attempts/") && strings.HasSuffix(decoded, "/start"), "%q", s)
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
