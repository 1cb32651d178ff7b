package zapier

import (
	"cmp"
	"context"
	"iter"
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
	HexColor   string        `json:"hex_color"`
	Images     Images        `json:"images"`
	Categories []AppCategory `json:"categories"`
	// ActionTypes are the types of Action that the App offers; may be empty though it offers some.
	ActionTypes []ActionType `json:"action_types"`
	Links       AppLinks     `json:"links"`
}

// AppCategory names a Category that an App is in.
type AppCategory struct {
	Slug string `json:"slug"`
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

func (o ListAppsOptions) request() request {
	return request{op: "apps.list", path: "/v2/apps", credential: tokenOrClientID, query: queryOf(map[string]string{
		"query": o.Query, "category": o.Category, "ids": strings.Join(o.IDs, ","),
	})}
}

// ListApps returns a part of the directory, most popular first: GET /v2/apps, scope zap or the client id
// (api.md 2.7). How large Zapier's pages may be is not documented, so it asks on until it has Limit Apps or the
// list ends. Invalid when IDs and Category come together.
func (c *Client) ListApps(ctx context.Context, opts ListAppsOptions) (Page[App], error) {
	limit := cmp.Or(opts.Limit, defaultLimit)
	found := Page[App]{Next: opts.Offset}
	for len(found.Data) < limit {
		page, err := getPage[App](ctx, c, opts.request(), found.Next, limit-len(found.Data))
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

// Apps iterates over the directory from its first page to its last, whatever Offset and Limit say; ListApps
// says the rest. The whole directory is thousands of Apps: narrow it, or stop early.
func (c *Client) Apps(ctx context.Context, opts ListAppsOptions) iter.Seq2[App, error] {
	return all[App](ctx, c, opts.request(), pageSize)
}

// GetApp returns one App by its id; its Kind is NotFound when there is none. The API has no call for a
// single App, so it is a list of one: GET /v2/apps?ids=, scope zap or the client id (api.md 2.7).
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
