package zapier

import (
	"context"
	"iter"
	"strconv"
)

// AppV1 is an App in the older directory, which leaves out the partner's own App and Zapier's built-in ones
// (api.md 2.6).
type AppV1 struct {
	// UUID is the ID of the same App in v2.
	UUID        string `json:"uuid"`
	Title       string `json:"title"`
	Slug        string `json:"slug"`
	Description string `json:"description"`
	// Image is the URL of the icon.
	Image string `json:"image"`
	// URL is a page to embed.
	URL        string        `json:"url"`
	Links      AppV1Links    `json:"links"`
	Categories []AppCategory `json:"categories"`
	Images     Images        `json:"images"`
	// Latest is the App's name for filling in the editor, for example "SlackCLIAPI@latest".
	Latest string `json:"app_latest"`
}

// AppV1Links are the links of an AppV1.
type AppV1Links struct {
	// MutualZapTemplates lists the templates that use both this App and the partner's.
	MutualZapTemplates string `json:"mutual:zap_templates"`
}

// AppsV1Options narrow the older directory.
type AppsV1Options struct {
	// Category is a slug.
	Category string
	// TitleSearch is a part of the title and TitleStartsWith its beginning, in large or small letters.
	TitleSearch, TitleStartsWith string
	// InTemplateWith keeps the Apps that share a Zap template with the partner's.
	InTemplateWith bool
}

// AppsV1 iterates over the older directory, most popular first: GET /v1/apps, client id (api.md 2.6).
// Unauthorized when Zapier does not know the client id.
func (c *Client) AppsV1(ctx context.Context, opts AppsV1Options) iter.Seq2[AppV1, error] {
	query := queryOf(map[string]string{
		"category": opts.Category, "title_search": opts.TitleSearch, "title_starts_with": opts.TitleStartsWith,
	})
	if opts.InTemplateWith {
		query.Set("is_in_zap_template_with", "")
	}
	query.Set("per_page", strconv.Itoa(pageSize))
	return allV1[AppV1](ctx, c, request{op: "v1-apps.list", path: "/v1/apps", query: query, credential: clientID}, "page", 1)
}
