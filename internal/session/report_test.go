package session_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/session"
)

// what happens at the door is logged by name, with the level that the
// event has, and without who it was in plain words.
func TestSignInsAreReported(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		do   func(b *bench, br *browser)
		want string
	}{
		{"signed in", func(_ *bench, br *browser) { br.signIn("alice") },
			"level=INFO event=sign-in-succeeded user=" + audit.User("alice")},
		{"signed out", func(_ *bench, br *browser) { br.signIn("alice"); br.get("/sign-out") },
			"level=INFO event=sign-out user=" + audit.User("alice")},
		{"denied", func(_ *bench, br *browser) { br.callback("error", "access_denied") },
			"level=INFO event=sign-in-failed reason=denied"},
		{"forged state", func(_ *bench, br *browser) { br.callback("state", strings.Repeat("A", 43)) },
			`level=WARN event=sign-in-forged reason="unknown state"`},
		{"another issuer", func(_ *bench, br *browser) { br.callback("iss", "https://canary.example") },
			`level=WARN event=sign-in-forged reason="another issuer"`},
		{"another browser", func(b *bench, br *browser) { b.newBrowser().get(br.begin("alice")) },
			`level=WARN event=sign-in-forged reason="another browser"`},
		{"code refused", func(b *bench, br *browser) {
			b.provider.failWith(http.StatusBadRequest, `{"error":"invalid_grant"}`)
			br.get("/sign-in?as=alice")
		}, `level=INFO event=sign-in-failed reason="code refused"`},
		{"provider", func(b *bench, br *browser) {
			b.provider.failWith(http.StatusBadGateway, "canary")
			br.get("/sign-in?as=alice")
		}, "level=INFO event=sign-in-failed reason=provider"},
		{"client refused", func(b *bench, br *browser) {
			b.provider.failWith(http.StatusUnauthorized, `{"error":"invalid_client"}`)
			br.get("/sign-in?as=alice")
		}, "level=ERROR event=client-refused"},
		{"signed out meanwhile", func(b *bench, br *browser) {
			br.signIn("alice")
			callback, id := br.begin("alice"), br.id()
			b.provider.fail(func(http.ResponseWriter, *http.Request) bool { b.withID(id).get("/sign-out"); return false })
			br.get(callback)
		}, `level=INFO event=sign-in-failed reason="signed out meanwhile"`},
		{"grant ended", func(b *bench, br *browser) {
			br.signIn("alice")
			b.clock.Advance(tokenLife)
			b.provider.failWith(http.StatusBadRequest, `{"error":"invalid_grant"}`)
			_, err := b.manager.Token(b.Context(), "alice")
			assert.ErrorIs(b, err, session.ErrGrantEnded)
		}, "level=INFO event=grant-ended user=" + audit.User("alice")},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.config.Issuer = "https://zapier.example"
			b.manager = b.newManager(b.config)
			tc.do(b, b.newBrowser())
			b.manager.Wait()
			withoutText := regexp.MustCompile(` msg=("[^"]*"|\S+)`).ReplaceAllString(b.log.String(), "")
			assert.Contains(t, withoutText, tc.want)
			for _, secret := range []string{"alice", "canary", "zapier.example", "state=", "code="} {
				assert.NotContains(t, b.log.String(), secret)
			}
		})
	}
}

// callback comes back from Zapier with one thing in the address changed.
func (br *browser) callback(name, value string) {
	br.Helper()
	u, err := url.Parse(br.begin("alice"))
	require.NoError(br, err)
	setQuery(u, name, value)
	br.get(u.String())
}
