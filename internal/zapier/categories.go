package zapier

import (
	"context"
	"iter"
	"net/url"
	"strconv"
)

// Category groups Apps in the directory (api.md 2.6).
type Category struct {
	ID          ID     `json:"id"`
	Title       string `json:"title"`
	Slug        string `json:"slug"`
	Description string `json:"description"`
	URL         string `json:"url"`
	// TypeOf is "curated", "auto" or a word that is not documented.
	TypeOf string `json:"type_of"`
	// FeaturedEntrySlug names an article; empty if there is none.
	FeaturedEntrySlug string `json:"featured_entry_slug"`
	// Role is "parent" or "child".
	Role string `json:"role"`
}

// Categories iterates over all categories: GET /v1/categories, open to all (api.md 2.6).
func (c *Client) Categories(ctx context.Context) iter.Seq2[Category, error] {
	req := request{op: "categories.list", path: "/v1/categories", credential: nobody, query: url.Values{"limit": {strconv.Itoa(pageSize)}}}
	return allV1[Category](ctx, c, req, "offset", 0)
}

// ListCategories is Categories gathered to the last page.
func (c *Client) ListCategories(ctx context.Context) ([]Category, error) {
	return collect(c.Categories(ctx))
}
