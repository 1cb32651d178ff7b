package zapier

import (
	"context"
	"net/http"
)

// Profile is who the access token belongs to (api.md 1.5).
type Profile struct {
	ID             ID     `json:"id"`
	FirstName      string `json:"first_name"`
	LastName       string `json:"last_name"`
	FullName       string `json:"full_name"`
	Email          string `json:"email"`
	EmailConfirmed bool   `json:"email_confirmed"`
	// Timezone is an IANA name such as "America/Toronto"; empty if the user has none.
	Timezone string `json:"timezone"`
}

// GetProfile returns the user's profile: GET /v1/profiles/me, scope profile (api.md 1.5).
// A bad token may be refused as Forbidden here instead of Unauthorized.
func (c *Client) GetProfile(ctx context.Context) (Profile, error) {
	var profile Profile
	err := c.call(ctx, request{op: "profiles.me", method: http.MethodGet, path: "/v1/profiles/me"}, &profile)
	return profile, err
}
