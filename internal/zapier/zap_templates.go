package zapier

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"strings"
)

// ZapTemplate is a Zap that the partner published for users to start from (api.md 2.6).
type ZapTemplate struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	Slug  string `json:"slug"`
	// Status is "draft" or "published".
	Status string `json:"status"`
	// Description is HTML.
	Description      string `json:"description"`
	DescriptionPlain string `json:"description_plain"`
	// DescriptionRaw is Markdown.
	DescriptionRaw string `json:"description_raw"`
	URL            string `json:"url"`
	// CreateURL opens Zapier's editor with the template filled in; more can be filled in by its query (api.md 4).
	CreateURL string `json:"create_url"`
	// Type is "guided_zap".
	Type  string            `json:"type"`
	Steps []ZapTemplateStep `json:"steps"`
}

// ZapTemplateStep is a step of a ZapTemplate.
type ZapTemplateStep struct {
	ZapV1App
	// Label says what the step does; may be empty.
	Label string `json:"label"`
}

// ZapTemplatesOptions narrow the templates.
type ZapTemplatesOptions struct {
	// Apps keeps the templates that use all of these, by their slugs; the partner's own is always meant too.
	Apps []string
	// Templates are ids; only the older guide knows them.
	Templates []ID
}

// ZapTemplates iterates over the templates that use the partner's App: GET /v1/zap-templates, client id
// (api.md 2.6). Unauthorized when Zapier does not know the client id.
func (c *Client) ZapTemplates(ctx context.Context, opts ZapTemplatesOptions) iter.Seq2[ZapTemplate, error] {
	templates := make([]string, len(opts.Templates))
	for i, id := range opts.Templates {
		templates[i] = string(id)
	}
	req := request{op: "zap-templates.list", method: http.MethodGet, path: "/v1/zap-templates", credential: clientID, array: true,
		query: queryOf(map[string]string{
			"apps": strings.Join(opts.Apps, ","), "templates": strings.Join(templates, ","), "limit": strconv.Itoa(pageSize),
		})}
	// The answer tells nothing of further pages, and a page may be shorter than asked for: an empty one is the end.
	return follow(req.op, 0, func(offset int) ([]ZapTemplate, int, error) {
		var page []ZapTemplate
		err := c.call(ctx, req.with("offset", strconv.Itoa(offset)), &page)
		if len(page) == 0 {
			return nil, 0, err
		}
		return page, offset + len(page), err
	})
}
