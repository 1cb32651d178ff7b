package zapier

import (
	"context"
	"net/http"
)

// Profile is who the access token belongs to (api.md 1.5).
type Profile struct {
	ID       ID     `json:"id"`
	FullName string `json:"full_name"`
	Email    string `json:"email"`
}

// GetProfile returns the user's profile: GET /v1/profiles/me, scope profile (api.md 1.5).
func (c *Client) GetProfile(ctx context.Context) (Profile, error) {
	var profile Profile
	err := c.call(ctx, request{op: "profiles.me", method: http.MethodGet, path: "/v1/profiles/me"}, &profile)
	return profile, err
}
