package zapier

import (
	"context"
	"encoding/json"
	"iter"
	"strconv"
)

// ZapV1 is a Zap in the older list (api.md 2.6).
type ZapV1 struct {
	ID ID `json:"id"`
	// Title may be empty.
	Title string `json:"title"`
	// State is "on", "off" or "draft".
	State string      `json:"state"`
	Steps []ZapV1Step `json:"steps"`
	// URL opens the Zap in Zapier's editor.
	URL        string    `json:"url"`
	ModifiedAt Timestamp `json:"modified_at"`
}

// ZapV1Step is a stage of a ZapV1.
type ZapV1Step struct {
	// TypeOf is "read", "write", "filter", "search" or "search_or_write".
	TypeOf string   `json:"type_of"`
	App    ZapV1App `json:"app"`
	// Params are the inputs as Zapier sent them; null for Apps other than the partner's.
	Params json.RawMessage `json:"params"`
}

// ZapV1App is an App as the older lists show it in a step.
type ZapV1App struct {
	// ID is the number of the App; the templates count their steps with it instead, or leave it out.
	ID          ID     `json:"id"`
	UUID        string `json:"uuid"`
	Title       string `json:"title"`
	Slug        string `json:"slug"`
	Description string `json:"description"`
	// HexColor is six hex digits without "#".
	HexColor string `json:"hex_color"`
	// Image is the URL of the icon.
	Image  string `json:"image"`
	Images Images `json:"images"`
	// API is the App's name for filling in the editor, perhaps with a version.
	API string `json:"api"`
	URL string `json:"url"`
}

// ZapsV1Options narrow the older list of Zaps.
type ZapsV1Options struct {
	// GetParams makes sure that the steps of the partner's own App have their Params.
	GetParams bool
	// Params keeps the Zaps of which a step has these inputs.
	Params map[string]string
}

// ZapsV1 iterates over the user's Zaps that use the partner's App, in any version of it: GET /v1/zaps, scope zap
// (api.md 2.6). A bad token may be refused as Forbidden here instead of Unauthorized.
func (c *Client) ZapsV1(ctx context.Context, opts ZapsV1Options) iter.Seq2[ZapV1, error] {
	query := queryOf(map[string]string{"limit": strconv.Itoa(pageSize)})
	if opts.GetParams {
		query.Set("get_params", "")
	}
	for key, value := range opts.Params {
		query.Set("params__"+key, value)
	}
	return allV1[ZapV1](ctx, c, request{op: "v1-zaps.list", path: "/v1/zaps", query: query}, "offset", 0)
}
