package zapier

import (
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"regexp"
	"strings"
)

// Zap is a finished automation (api.md 2.14).
type Zap struct {
	ID    ID     `json:"id"`
	Title string `json:"title"`
	// IsEnabled: the Zap is on. It is also true where the API does not say, as its schema has it.
	IsEnabled         bool      `json:"is_enabled"`
	LastSuccessfulRun Timestamp `json:"last_successful_run_date"`
	UpdatedAt         Timestamp `json:"updated_at"`
	Links             ZapLinks  `json:"links"`
	Steps             []ZapStep `json:"steps"`
}

// packedZapID is a number in the look of a UUID, as published examples have it (api.md 2.14).
var packedZapID = regexp.MustCompile(`^0{8}-0{4}-[cC]000-8000-([0-9]{12})$`)

// ZapNumber is a Zap's id in the spelling that all editions have in common, so that two of them can be compared: its
// number, or where it has none in it, the id as it is (api.md 7, number 7).
func ZapNumber(id ID) ID {
	packed := packedZapID.FindStringSubmatch(string(id))
	if packed == nil {
		return id
	}
	return ID(cmp.Or(strings.TrimLeft(packed[1], "0"), string(id)))
}

// ZapLinks are the links of a Zap.
type ZapLinks struct {
	// HTMLEditor opens the Zap in Zapier's editor.
	HTMLEditor string `json:"html_editor"`
}

// UnmarshalJSON reads the three spellings of the switch (api.md 7, number 8).
func (z *Zap) UnmarshalJSON(data []byte) error {
	type plain Zap
	var read struct {
		plain
		IsEnabled *bool `json:"is_enabled"`
		Enabled   *bool `json:"enabled"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*z = Zap(read.plain)
	on := cmp.Or(read.IsEnabled, read.Enabled)
	z.IsEnabled = on == nil || *on
	return nil
}

// ZapStep is a stage of a Zap. Its alias is not told (api.md 2.14).
type ZapStep struct {
	// ID is set only where the API gives the step as nothing but an id.
	ID ID `json:"id,omitempty"`
	// Action is the id, or the Action where "steps.action" is expanded.
	Action Ref[Action] `json:"action"`
	// Authentication is empty where the App needs none; the Authentication where "steps.authentication" is expanded.
	Authentication Ref[Authentication] `json:"authentication"`
	// Inputs are as Zapier sent them, numbers whole; null after the Zap was created.
	Inputs json.RawMessage `json:"inputs"`
	// Title is empty if the user gave none.
	Title string `json:"title"`
}

// UnmarshalJSON takes a step or its id: the schema allows both (api.md 2.5).
func (s *ZapStep) UnmarshalJSON(data []byte) error {
	var id ID
	if err := json.Unmarshal(data, &id); err == nil {
		*s = ZapStep{ID: id}
		return nil
	}
	type plain ZapStep
	var read plain
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*s = ZapStep(read)
	return nil
}

// ListZapsOptions narrow and widen the list of Zaps.
type ListZapsOptions struct {
	// Expand names places to fill with things instead of ids, for example "steps.action" (api.md 2.5).
	Expand []string
	// IncludeShared adds Zaps that others share with the user; without the scope zap:account:all it does nothing.
	IncludeShared bool
	// Inputs keeps the Zaps that have one of the values at each key.
	Inputs map[string][]string
	Offset int
	// Limit is the page's size; 0 means 10.
	Limit int
}

func (o ListZapsOptions) request() request {
	query := queryOf(map[string]string{"expand": strings.Join(o.Expand, ",")})
	if o.IncludeShared {
		query.Set("include_shared", "true")
	}
	for key, values := range o.Inputs {
		query.Set("inputs["+key+"]", strings.Join(values, ","))
	}
	return request{op: "zaps.list", path: "/v2/zaps", query: query}
}

// ListZaps returns one page of the user's Zaps: GET /v2/zaps (api.md 2.14). With scope zap these are the Zaps
// that use the partner's App, with zap:all all that the user owns, with zap:account:all also shared ones;
// Forbidden without any of them. Invalid when an option is out of its bounds.
func (c *Client) ListZaps(ctx context.Context, opts ListZapsOptions) (Page[Zap], error) {
	return getPage[Zap](ctx, c, opts.request(), opts.Offset, cmp.Or(opts.Limit, defaultLimit))
}

// Zaps iterates over the user's Zaps from the first page to the last, whatever Offset and Limit say; ListZaps says the rest.
func (c *Client) Zaps(ctx context.Context, opts ListZapsOptions) iter.Seq2[Zap, error] {
	return all[Zap](ctx, c, opts.request(), pageSize)
}

// ZapRequest is a Zap to create (api.md 2.14).
type ZapRequest struct {
	Title string `json:"title"`
	// Steps are executed in this order.
	Steps []StepRequest `json:"steps"`
	// Enabled false makes the Zap without turning it on. Left out when nil, and the Zap is on. The schema does not
	// know the key, the guide sends true.
	Enabled *bool `json:"enabled,omitempty"`
}

// StepRequest is a step of a Zap to create or to change (api.md 2.14).
type StepRequest struct {
	// Action is the id, best looked up a moment ago: see GetAction.
	Action string `json:"action"`
	StepInputs
	// Alias is what later steps call this one in {{alias.field}}: small letters, digits and underscores, a
	// letter first, at most 64. May be empty.
	Alias string `json:"alias,omitempty"`
}

// CreateZap creates a Zap and turns it on, unless Enabled says false: POST /v2/zaps, scope zap:write (api.md 2.14).
// Expand is as in ListZapsOptions. Invalid when Zapier refuses a step: the Problems' Source.Pointer leads to it, for
// example /data/steps/1/inputs/email. Zapier may refuse or pass over an Enabled of false, as one edition demanded
// true (api.md 7, number 8): IsEnabled tells, if the answer has it. Repeating the call makes another Zap; when the error is Unclear,
// the first may exist.
func (c *Client) CreateZap(ctx context.Context, body ZapRequest, expand ...string) (Zap, error) {
	req := request{
		op: "zaps.create", method: http.MethodPost, path: "/v2/zaps", body: envelope{body},
		query: queryOf(map[string]string{"expand": strings.Join(expand, ",")}),
	}
	var created single[Zap]
	if err := c.call(ctx, req, &created); err != nil {
		return Zap{}, err
	}
	return created.value, identified(req, created.value.ID)
}

// ZapUpdate is what to change of a Zap (api.md 2.15).
type ZapUpdate struct {
	// Title stays as it is when empty.
	Title string `json:"title,omitempty"`
	// Steps replace all steps and turn the Zap on; none leave steps and switch as they are.
	Steps []StepRequest `json:"steps,omitempty"`
}

// UpdateZap changes a Zap: PATCH /v2/zaps/{id}, scope zap:update (api.md 2.15). NotFound when there is no such
// Zap, Invalid as in CreateZap. What Zapier answers to a change is not documented, so it is not read: ListZaps tells.
func (c *Client) UpdateZap(ctx context.Context, id ID, body ZapUpdate) error {
	return c.changeZap(ctx, request{op: "zaps.update", method: http.MethodPatch, body: envelope{body}}, id)
}

// DeleteZap stops a Zap and removes it for good: DELETE /v2/zaps/{id}, scope zap:delete, which Zapier gives to
// White Label partners only (api.md 2.15). NotFound when there is no such Zap, Forbidden to others.
func (c *Client) DeleteZap(ctx context.Context, id ID) error {
	return c.changeZap(ctx, request{op: "zaps.delete", method: http.MethodDelete}, id)
}

// EnableZap turns a Zap on: POST /v2/zaps/{id}/enable (api.md 2.15). The scope is not documented; Forbidden
// without it. NotFound when there is no such Zap.
func (c *Client) EnableZap(ctx context.Context, id ID) error {
	return c.changeZap(ctx, request{op: "zaps.enable", method: http.MethodPost}, id, "enable")
}

// changeZap reports only whether the change was accepted: an answer that cannot be read must not look like a
// change that did not happen.
func (c *Client) changeZap(ctx context.Context, req request, id ID, rest ...string) error {
	path, err := pathOf(req.op, append([]string{"v2", "zaps", string(id)}, rest...)...)
	if err != nil {
		return err
	}
	req.path = path
	return c.call(ctx, req, nil)
}
