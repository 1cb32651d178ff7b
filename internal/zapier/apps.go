package zapier

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// App is a product in Zapier's directory (api.md 2.7).
type App struct {
	// ID is a UUID, stable across versions of the App.
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Image is the URL of the icon.
	Image string `json:"image"`
	// HexColor is six hex digits without "#".
	HexColor   string `json:"hex_color"`
	Images     Images `json:"images"`
	Categories []struct {
		Slug string `json:"slug"`
	} `json:"categories"`
	ActionTypes []string `json:"action_types"`
	Links       AppLinks `json:"links"`
}

// Images are the icon in four sizes.
type Images struct {
	URL16  string `json:"url_16x16"`
	URL32  string `json:"url_32x32"`
	URL64  string `json:"url_64x64"`
	URL128 string `json:"url_128x128"`
}

// AppLinks are the links of an App.
type AppLinks struct {
	// ConnectNewAuthentication opens Zapier's page that connects an Authentication; nil with a user's token
	// means that the App needs none. (Under a client id it is never filled and means nothing.)
	ConnectNewAuthentication *string `json:"connect_new_authentication"`
}

// ListAppsOptions narrow the directory. IDs cannot be combined with Category.
type ListAppsOptions struct {
	// Query matches titles; how is not documented (api.md 7).
	Query string
	// Category is a slug.
	Category string
	IDs      []string
	// Offset is the place of the first App, from 0.
	Offset int
	// Limit is how many Apps to return at the most; 0 means 10.
	Limit int
}

// ListApps returns a part of the directory, most popular first: GET /v2/apps, scope zap (api.md 2.7). How large
// Zapier's pages may be is not documented, so it asks on until it has Limit Apps or the list ends.
func (c *Client) ListApps(ctx context.Context, opts ListAppsOptions) (Page[App], error) {
	query := url.Values{}
	for name, value := range map[string]string{
		"query": opts.Query, "category": opts.Category, "ids": strings.Join(opts.IDs, ","),
	} {
		if value != "" {
			query.Set(name, value)
		}
	}
	limit := cmp.Or(opts.Limit, 10)
	found := Page[App]{Next: opts.Offset}
	for len(found.Data) < limit {
		page, err := getPage[App](ctx, c, "apps.list", "/v2/apps", query, found.Next, limit-len(found.Data))
		if err != nil {
			return Page[App]{}, err
		}
		found.Data = append(found.Data, page.Data...)
		more := page.Next > found.Next && len(page.Data) > 0
		found.Total, found.Next = page.Total, page.Next
		if !more {
			break
		}
	}
	return found, nil
}

// GetApp returns one App by its id; its Kind is NotFound when there is none. The API has no call for a
// single App, so it is a list of one: GET /v2/apps?ids=, scope zap (api.md 2.7).
func (c *Client) GetApp(ctx context.Context, id string) (App, error) {
	page, err := c.ListApps(ctx, ListAppsOptions{IDs: []string{id}})
	if err != nil {
		return App{}, err
	}
	for _, app := range page.Data {
		if app.ID == id {
			return app, nil
		}
	}
	return App{}, &Error{Kind: NotFound, Op: "apps.get"}
}

// Category groups Apps in the directory (api.md 2.6).
type Category struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	Slug  string `json:"slug"`
	// Role is "parent" or "child".
	Role string `json:"role"`
}

// ListCategories returns all categories: GET /v1/categories, no scope (api.md 2.6). v1 lists have an envelope of their own (api.md 2.4).
func (c *Client) ListCategories(ctx context.Context) ([]Category, error) {
	var categories []Category
	for range maxPages {
		var page struct {
			Objects []Category `json:"objects"`
			Next    *string    `json:"next"`
		}
		query := url.Values{
			"limit":  {strconv.Itoa(pageSize)},
			"offset": {strconv.Itoa(len(categories))},
		}
		err := c.call(ctx, request{op: "categories.list", method: http.MethodGet, path: "/v1/categories", query: query}, &page)
		if err != nil {
			return nil, err
		}
		categories = append(categories, page.Objects...)
		if page.Next == nil || *page.Next == "" || len(page.Objects) == 0 {
			break
		}
	}
	return categories, nil
}
