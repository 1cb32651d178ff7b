package emulator

import (
	"crypto/md5" //nolint // RFC 7616 keeps MD5 for servers that know no better
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// nonceLife is how long a Digest nonce is good; after it the answer is stale=true.
const nonceLife = 5 * time.Minute

// nonce is one a third party has handed out, and the highest count it was used with.
type nonce struct {
	issued time.Time
	count  uint64
}

// identifyDigest is RFC 7616 as the server has it: qop auth only, SHA-256 or MD5,
// and each count of a nonce once, so that a request cannot be played again.
func (e *Emulator) identifyDigest(w http.ResponseWriter, r *http.Request, app App) (string, error) {
	given := digestParameters(r.Header.Get("Authorization"))
	fresh, usable := e.state.useNonce(app, given["nonce"], given["nc"])
	algorithm := given["algorithm"]
	right := usable && given["qop"] == "auth" && given["cnonce"] != "" && given["realm"] == app.Title &&
		given["uri"] == r.URL.RequestURI() && digestHash(algorithm) != nil &&
		e.state.anySecret(app, given["username"], func(secret string) bool {
			return given["response"] == digestResponse(algorithm, r.Method, secret, given)
		})
	if right && fresh {
		return given["username"], nil
	}
	stale := ""
	if right {
		stale = ", stale=true" // the password is right; only the nonce is too old
	}
	issued := e.state.issueNonce(app)
	for _, offered := range []string{"SHA-256", "MD5"} {
		w.Header().Add("WWW-Authenticate", fmt.Sprintf(
			`Digest realm=%q, qop="auth", algorithm=%s, nonce=%q%s`, app.Title, offered, issued, stale))
	}
	return "", unauthenticated("User name or password is wrong, or the request was not authorized yet.")
}

func (s *state) issueNonce(app App) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partyLocked(app)
	for value, old := range p.nonces {
		if s.now().Sub(old.issued) >= 2*nonceLife { // a while longer, to be able to say stale
			delete(p.nonces, value)
		}
	}
	value := s.secrets.text(24)
	p.nonces[value] = &nonce{issued: s.now()}
	return value
}

// useNonce reports whether a nonce was handed out here and this count of it is
// new, and whether it is still young enough.
func (s *state) useNonce(app App, value, count string) (fresh, usable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.partyLocked(app).nonces[value]
	n, err := strconv.ParseUint(count, 16, 32)
	if known == nil || err != nil || len(count) != 8 || n <= known.count {
		return false, false
	}
	known.count = n
	return s.now().Sub(known.issued) < nonceLife, true
}

// anySecret asks for each secret of an account whether it is the one.
func (s *state) anySecret(app App, account string, is func(string) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range s.partyLocked(app).accounts[account] {
		if is(secret) {
			return true
		}
	}
	return false
}

// digestHash knows the algorithms of RFC 7616, section 3.3 that are not sessions; no name means MD5.
func digestHash(algorithm string) func() hash.Hash {
	switch strings.ToUpper(algorithm) {
	case "SHA-256":
		return sha256.New
	case "", "MD5":
		return md5.New
	}
	return nil
}

// digestResponse is RFC 7616, section 3.4.1 with qop=auth.
func digestResponse(algorithm, method, password string, given map[string]string) string {
	h := func(parts ...string) string {
		sum := digestHash(algorithm)()
		sum.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(sum.Sum(nil))
	}
	return h(h(given["username"], given["realm"], password),
		given["nonce"], given["nc"], given["cnonce"], given["qop"], h(method, given["uri"]))
}

// digestParameters reads a Digest header of either direction; nil if it is none.
// A value is a token or a quoted string, in which a backslash quotes one character.
func digestParameters(header string) map[string]string {
	kind, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(kind, "Digest") {
		return nil
	}
	parameters := map[string]string{}
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(strings.TrimLeft(rest, " ,"), "=")
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			value, rest = quotedString(quoted)
		} else {
			value, rest, _ = strings.Cut(rest, ",")
		}
		parameters[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return parameters
}

// quotedString reads up to the closing quote and gives what comes after it.
func quotedString(text string) (value, rest string) {
	var read strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return read.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		read.WriteByte(text[i])
	}
	return read.String(), ""
}
