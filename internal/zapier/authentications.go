package zapier

import (
	"context"
	"iter"
	"net/http"
	"net/url"
)

// Authentication is Zapier's stored credential of a user for an App (api.md 2.13).
type Authentication struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	// IsExpired: it cannot be used until the user reconnects it.
	IsExpired bool `json:"is_expired"`
	// App is the App's id, or the App where an answer expands it.
	App Ref[App] `json:"app"`
}

// Authentications iterates over all Authentications for the App that the user owns, page by page:
// GET /v2/authentications?app=, scope connection:read (api.md 2.13). Forbidden without the scope.
func (c *Client) Authentications(ctx context.Context, app string) iter.Seq2[Authentication, error] {
	req := request{op: "authentications.list", path: "/v2/authentications", query: url.Values{"app": {app}}}
	return all[Authentication](ctx, c, req, pageSize)
}

// ListAuthentications is Authentications gathered to the last page: half a list would make an old
// Authentication look new.
func (c *Client) ListAuthentications(ctx context.Context, app string) ([]Authentication, error) {
	return collect(c.Authentications(ctx, app))
}

// AuthenticationRequest describes an Authentication to be made of what the user is known to have (api.md 2.13).
type AuthenticationRequest struct {
	// Title is at most 255 characters long.
	Title string `json:"title"`
	// App is the id of an App; the API means the partner's own.
	App string `json:"app"`
	// Fields are the App's secrets by the keys of its authentication fields, for example "api_key".
	Fields map[string]string `json:"authentication_fields"`
}

// String hides the secrets from logs and error texts.
func (r AuthenticationRequest) String() string { return "authentication request:hidden" }

// GoString hides the secrets from %#v as String does from %v.
func (r AuthenticationRequest) GoString() string { return r.String() }

// CreateAuthentication stores credentials at Zapier without a popup: POST /v2/authentications, scope
// connection:write (api.md 2.13). Invalid when Zapier refuses the App or the credentials. Repeating it makes
// another Authentication.
func (c *Client) CreateAuthentication(ctx context.Context, body AuthenticationRequest) (Authentication, error) {
	if body.Fields == nil {
		body.Fields = map[string]string{}
	}
	req := request{op: "authentications.create", method: http.MethodPost, path: "/v2/authentications", body: envelope{body}}
	var created single[Authentication]
	if err := c.call(ctx, req, &created); err != nil {
		return Authentication{}, err
	}
	return created.value, identified(req, created.value.ID)
}
