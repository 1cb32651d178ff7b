package emulator

import (
	"net/http"
	"strings"
)

// bearer is the user access token of a request (api.md 1.2). An unknown, an
// expired and a missing token are all 401.
func (e *Emulator) bearer(r *http.Request) (accessToken, error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return accessToken{}, unauthenticated("Authentication credentials were not provided.")
	}
	kind, value, _ := strings.Cut(header, " ")
	token, alive := e.state.accessToken(value)
	if !strings.EqualFold(kind, "Bearer") || !alive {
		return accessToken{}, unauthenticated("The access token is unknown or has expired.")
	}
	visitOf(r).user = token.user
	return token, nil
}

// authorized is bearer with one of the wanted scopes.
func (e *Emulator) authorized(r *http.Request, wanted ...string) (accessToken, error) {
	token, err := e.bearer(r)
	if err != nil {
		return accessToken{}, err
	}
	if !anyScope(token.scopes, wanted...) {
		return accessToken{}, permissionDenied("The access token lacks the scope " + wanted[0] + ".")
	}
	return token, nil
}

// authorizedOrClient takes a user token or a client id; the header wins over the
// query, even when it is wrong (api.md 1.2). byUser tells which it was.
func (e *Emulator) authorizedOrClient(r *http.Request, wanted ...string) (byUser bool, err error) {
	if r.Header.Get("Authorization") == "" && e.knownClientID(r) {
		return false, nil
	}
	_, err = e.authorized(r, wanted...)
	return err == nil, err
}

func (e *Emulator) knownClientID(r *http.Request) bool {
	_, known := e.clients[r.URL.Query().Get("client_id")]
	return known
}
