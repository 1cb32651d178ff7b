package zapier

import (
	"context"
	"iter"
)

// WhitelabelApp is an App as white-label partners connect it (api.md 2.19).
type WhitelabelApp struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	// Image is the URL of the icon.
	Image   string `json:"image"`
	IsOAuth bool   `json:"is_oauth"`
	// HasFields: the user must fill in fields when connecting.
	HasFields bool `json:"has_fields"`
	// HasBYOC: the user must bring an OAuth client; Zapier guesses this.
	HasBYOC bool               `json:"has_byoc"`
	Links   WhitelabelAppLinks `json:"links"`
}

// WhitelabelAppLinks are the links of a WhitelabelApp.
type WhitelabelAppLinks struct {
	// MCPAuthorizeURL needs a session token in its query.
	MCPAuthorizeURL string `json:"mcp_authorize_url"`
	MCPServerURL    string `json:"mcp_server_url"`
}

// WhitelabelAppsOptions narrow the white-label directory.
type WhitelabelAppsOptions struct {
	// Category is a slug.
	Category string
	// Search is a part of the title, in large or small letters.
	Search string
}

// WhitelabelApps iterates over the Apps open to white-label partners: GET /v2/whitelabel/apps (api.md 2.19,
// experimental). Which credential it takes is not documented: a user's token is sent, or else the client id.
// Forbidden to other partners.
func (c *Client) WhitelabelApps(ctx context.Context, opts WhitelabelAppsOptions) iter.Seq2[WhitelabelApp, error] {
	query := queryOf(map[string]string{"category": opts.Category, "search": opts.Search})
	req := request{op: "whitelabel-apps.list", path: "/v2/whitelabel/apps", query: query, credential: tokenOrClientID}
	return all[WhitelabelApp](ctx, c, req, pageSize)
}
