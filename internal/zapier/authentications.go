package zapier

import (
	"context"
	"iter"
	"net/url"
)

// Authentication is Zapier's stored credential of a user for an App (api.md 2.13).
type Authentication struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	// IsExpired: it cannot be used until the user reconnects it.
	IsExpired bool `json:"is_expired"`
}

// Authentications iterates over all Authentications for the App that the user owns, page by page:
// GET /v2/authentications?app=, scope connection:read (api.md 2.13).
func (c *Client) Authentications(ctx context.Context, app string) iter.Seq2[Authentication, error] {
	return all[Authentication](ctx, c, "authentications.list", "/v2/authentications", url.Values{"app": {app}})
}

// ListAuthentications is Authentications gathered to the last page: half a list would make an old
// Authentication look new.
func (c *Client) ListAuthentications(ctx context.Context, app string) ([]Authentication, error) {
	return collect(c.Authentications(ctx, app))
}
