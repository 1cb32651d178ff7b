package session

import (
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// defaultTokenLife is the documented life of an access token (api.md 1.3),
// used when an answer does not say.
const defaultTokenLife = 36000 * time.Second

// grant is what Zapier gave us for one user. It is stored under the user's id
// and never printed.
type grant struct {
	Access  string `json:"access"`
	Refresh string `json:"refresh"`
	// Expires is when the access token ends.
	Expires time.Time `json:"expires"`
	// RefreshAt is when a new access token is to be had: earlier, so that a
	// short outage of the token endpoint is not felt.
	RefreshAt time.Time `json:"refresh_at"`
	// Spending is when somebody began to trade Refresh for new tokens; zero
	// when nobody is at it.
	Spending time.Time `json:"spending,omitzero"`
	// Scopes are what the user allowed; nil when that was not kept.
	Scopes []string `json:"scopes,omitempty"`
}

// newGrant reads the token endpoint's answer, by our clock. Where the answer
// does not tell the scopes, they are those of asked (RFC 6749, 5.1 and 6). It
// refreshes between 75 and 80 per cent of the token's life: at random, so that
// all who signed in after an outage do not refresh at the same moment.
func newGrant(t *oauth2.Token, asked []string, now time.Time, random io.Reader) (grant, error) {
	life := tokenLife(t)
	var raw [2]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return grant{}, fmt.Errorf("session: randomness: %w", err)
	}
	jitter := life / 20 >> 16 * time.Duration(binary.BigEndian.Uint16(raw[:]))
	return grant{
		Access:    t.AccessToken,
		Refresh:   t.RefreshToken,
		Expires:   now.Add(life),
		RefreshAt: now.Add(life/10*8 - jitter),
		Scopes:    tokenScopes(t, asked),
	}, nil
}

func tokenScopes(t *oauth2.Token, asked []string) []string {
	told, _ := t.Extra("scope").(string) // of another kind it tells nothing
	if scopes := strings.Fields(told); len(scopes) > 0 {
		return scopes
	}
	return asked
}

func tokenLife(t *oauth2.Token) time.Duration {
	switch {
	case t.ExpiresIn > 0:
		return time.Duration(t.ExpiresIn) * time.Second
	case !t.Expiry.IsZero():
		return time.Until(t.Expiry)
	}
	return defaultTokenLife
}

// fresh says that the access token needs no refresh. rejected is a token that
// Zapier does not take any more, or empty.
func (g grant) fresh(now time.Time, rejected string) bool {
	return g.Access != rejected && now.Before(g.RefreshAt)
}

// usable says that the access token may still be used while a refresh is under
// way or impossible.
func (g grant) usable(now time.Time, rejected string) bool {
	return g.Access != rejected && now.Before(g.Expires)
}

// beingSpent says that somebody is trading the refresh token. Who has been at
// it for longer than markLife has died, or will not save any more.
func (g grant) beingSpent(now time.Time) bool {
	return now.Sub(g.Spending).Abs() < markLife // a clock that is ahead by more than that is wrong and stops nobody
}

// String keeps the tokens out of logs.
func (g grant) String() string { return "grant(redacted)" }

// GoString is String, for %#v.
func (g grant) GoString() string { return g.String() }

// LogValue is String, for slog.
func (g grant) LogValue() slog.Value { return slog.StringValue(g.String()) }
