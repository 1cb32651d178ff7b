package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

// Lifetimes of api.md 1.3.
const (
	codeLife   = 2 * time.Minute
	accessLife = 10 * time.Hour
)

// code is an authorization code that has not been redeemed.
type code struct {
	request authorizeRequest
	user    int
	issued  time.Time
}

// grant is a user's consent to a partner. Its refresh token changes with every use.
type grant struct {
	user    int
	client  string
	scopes  []string
	refresh string
	revoked bool
	since   time.Time
}

// accessToken opens the API until it expires. Refreshing does not end it
// earlier (api.md 7, unknown 5).
type accessToken struct {
	grant   *grant
	user    int
	scopes  []string
	expires time.Time
}

// tokens is one answer of the token endpoint.
type tokens struct {
	access, refresh string
	scopes          []string
}

func (s *state) issueCode(request authorizeRequest, user int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pruneLocked()
	value := s.secrets.text(30)
	s.codes[value] = code{request: request, user: user, issued: s.now()}
	return value
}

// pruneLocked drops what has expired, so that an emulator may run for days.
func (s *state) pruneLocked() {
	for value, c := range s.codes {
		if s.now().Sub(c.issued) >= codeLife {
			delete(s.codes, value)
		}
	}
	for value, token := range s.access {
		if !s.now().Before(token.expires) {
			delete(s.access, value)
		}
	}
}

// redeem spends a code. A code is bound to its client: another client cannot
// even use it up. A try by the right client uses it up, also when redirect URI
// or verifier are wrong, so that neither can be guessed at.
func (s *state) redeem(value, client, redirectURI, verifier string) (tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.codes[value]
	if !known || c.request.clientID != client {
		return tokens{}, invalidGrant("The code is unknown, was used before, or belongs to another client.")
	}
	delete(s.codes, value)
	switch {
	case s.now().Sub(c.issued) >= codeLife:
		return tokens{}, invalidGrant("The code has expired.")
	case c.request.redirectURI != redirectURI:
		return tokens{}, invalidGrant("redirect_uri is not the one the code was asked for with.")
	case !verifies(c.request.challenge, verifier):
		return tokens{}, invalidGrant("code_verifier does not fit the code_challenge.")
	}
	g := &grant{user: c.user, client: client, scopes: c.request.scopes, since: s.now()}
	s.grants = append(s.grants, g)
	return s.issueLocked(g), nil
}

// refresh rotates: the token that was shown is dead at once. What was already
// rotated away does not end the grant (api.md 7, unknown 5).
func (s *state) refresh(value, client string) (tokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.grants, func(g *grant) bool { return !g.revoked && g.refresh == value && g.client == client })
	if i < 0 {
		return tokens{}, invalidGrant("The refresh token is unknown, was used before, or its grant was revoked.")
	}
	return s.issueLocked(s.grants[i]), nil
}

func (s *state) issueLocked(g *grant) tokens {
	s.pruneLocked()
	access := "emulated-access-" + s.secrets.text(32)
	g.refresh = "emulated-refresh-" + s.secrets.text(32)
	s.access[access] = accessToken{grant: g, user: g.user, scopes: g.scopes, expires: s.now().Add(accessLife)}
	return tokens{access: access, refresh: g.refresh, scopes: g.scopes}
}

func (s *state) accessToken(value string) (accessToken, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, known := s.access[value]
	return token, known && s.now().Before(token.expires)
}

// ExpireTokens ends all access tokens of a user at once; the refresh tokens stay
// good. User 0 means everybody.
func (e *Emulator) ExpireTokens(user int) {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expireLocked(user)
}

func (s *state) expireLocked(user int) {
	for value, token := range s.access {
		if user == 0 || token.user == user {
			delete(s.access, value)
		}
	}
}

// RevokeGrant ends a user's consent to every partner: access tokens are dead,
// and refreshing answers invalid_grant. User 0 means everybody.
func (e *Emulator) RevokeGrant(user int) {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants {
		if user == 0 || g.user == user {
			g.revoked = true
		}
	}
	s.expireLocked(user)
}

func invalidGrant(detail string) *problem {
	return tokenProblem(http.StatusBadRequest, "invalid_grant", detail)
}

// verifies is PKCE with S256 (RFC 7636, section 4.6). Zapier documents no PKCE,
// so a code asked for without a challenge is redeemed without a verifier.
func verifies(challenge, verifier string) bool {
	if challenge == "" {
		return verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:]) == challenge
}
