package emulator_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

const digestPath = "/third-party/old-harbour-archive/me"

// digestHeader is a second writing of RFC 7616, section 3.4, for qop=auth.
func digestHeader(password, nonce, count, uri string) string {
	h := func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }
	a1 := h("wade@zapier.example:Old Harbour Archive:" + password)
	response := h(a1 + ":" + nonce + ":" + count + ":c0:auth:" + h("GET:"+uri))
	return fmt.Sprintf(`Digest username="wade@zapier.example", realm="Old Harbour Archive", nonce=%q, uri=%q, response=%q, `+
		`algorithm=SHA-256, cnonce="c0", nc=%s, qop=auth`, nonce, uri, response, count)
}

// Digest is checked, not taken on trust: nonce, count, qop and URI (RFC 7616).
func TestDigestIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connected(t, emulator.AppDigest) // the account now has the password "secret"
	ask := func(header string) answer {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+digestPath, nil)
		require.NoError(t, err)
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		return send(t, r)
	}
	challenge := func() string {
		t.Helper()
		offers := ask("").header.Values("WWW-Authenticate")
		require.Len(t, offers, 2)
		assert.Contains(t, offers[0], "SHA-256", "the better one comes first (RFC 7616, section 3.7)")
		assert.Contains(t, offers[1], "MD5")
		assert.Contains(t, offers[0], `qop="auth"`)
		return regexp.MustCompile(`nonce="(\w+)"`).FindStringSubmatch(offers[0])[1]
	}
	nonce := challenge()
	assert.Equal(t, http.StatusUnauthorized, ask(digestHeader("other", nonce, "00000001", digestPath)).status)
	good := digestHeader("secret", nonce, "00000002", digestPath)
	assert.Equal(t, "wade@zapier.example", ask(good).text("account"))
	assert.Equal(t, http.StatusUnauthorized, ask(good).status, "played again")
	assert.Equal(t, http.StatusOK, ask(digestHeader("secret", nonce, "00000003", digestPath)).status)
	assert.Equal(t, http.StatusUnauthorized, ask(digestHeader("secret", nonce, "4", digestPath)).status, "nc has eight digits")
	assert.Equal(t, http.StatusUnauthorized, ask(digestHeader("secret", nonce, "00000005", "/elsewhere")).status)
	assert.Equal(t, http.StatusUnauthorized, ask(digestHeader("secret", "invented", "00000001", digestPath)).status)
	for _, header := range []string{"Basic d2FkZTpzZWNyZXQ=", `Digest username="wade`, "Digest", `Digest qop="a\`} {
		assert.Equal(t, http.StatusUnauthorized, ask(header).status, header)
	}

	nonce = challenge()
	w.clock.Advance(5 * time.Minute)
	old := ask(digestHeader("secret", nonce, "00000001", digestPath))
	assert.Equal(t, http.StatusUnauthorized, old.status)
	assert.Contains(t, old.header.Get("WWW-Authenticate"), "stale=true", "the client need not ask for the password again")
	assert.NotContains(t, ask(digestHeader("other", nonce, "00000002", digestPath)).header.Get("WWW-Authenticate"), "stale")
}
