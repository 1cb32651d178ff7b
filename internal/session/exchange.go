package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// callLimit bounds a call of the token endpoint. It is shorter than leaseTTL:
// if the lease ended first, a second refresh would spend a refresh token that
// the first one just made invalid (L1).
const callLimit = 10 * time.Second

// fault says whose fault a failed call of the token endpoint is.
type fault string

const (
	// faultProvider: it could not answer. The code or token may still be good.
	faultProvider fault = "provider"
	// faultGrant: the code or the refresh token is no good (any more).
	faultGrant fault = "grant"
	// faultClient: it refuses us, whatever the code or token (L4).
	faultClient fault = "client"
)

// faultOf sorts an error of the token endpoint by its status and error code
// alone; the body is never looked at or passed on (L4, L5, R-02).
func faultOf(err error) fault {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok || answer.Response == nil {
		return faultProvider // no answer, or not one we can read
	}
	status := answer.Response.StatusCode
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return faultProvider
	}
	switch answer.ErrorCode {
	case "invalid_grant", "invalid grant": // a server of Zapier was seen to spell it so (api.md 1.3)
		return faultGrant
	case "server_error", "temporarily_unavailable":
		return faultProvider
	case "":
		if status == http.StatusUnauthorized || status == http.StatusForbidden {
			return faultClient
		}
		return faultProvider
	}
	return faultClient
}

// redeemCode trades an authorization code for tokens (api.md 1.3).
func (m *Manager) redeemCode(ctx context.Context, code, verifier string) (*oauth2.Token, error) {
	ctx, cancel := m.call(ctx)
	defer cancel()
	return m.oauth.Exchange(ctx, code, oauth2.VerifierOption(verifier))
}

// redeemRefresh trades a refresh token for new tokens and spends it (api.md 1.3).
func (m *Manager) redeemRefresh(ctx context.Context, refresh string) (*oauth2.Token, error) {
	ctx, cancel := m.call(ctx)
	defer cancel()
	return m.oauth.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
}

func (m *Manager) call(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, m.http), callLimit)
}

// tokenClient is base with the limits a token call needs: it ends in time, and
// a redirect is not followed, which would carry the client secret elsewhere.
func tokenClient(base *http.Client) *http.Client {
	client := &http.Client{}
	if base != nil {
		*client = *base
	}
	if client.Timeout == 0 || client.Timeout > callLimit {
		client.Timeout = callLimit
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}
