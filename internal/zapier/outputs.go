package zapier

import (
	"context"
	"iter"
)

// OutputField is something that a step yields, for the inputs of later steps (api.md 2.11).
type OutputField struct {
	// ID is what to write between {{ and }}; it may hold "__", "[]" and characters of any kind.
	ID    string `json:"id"`
	Title string `json:"title"`
	// Sample is what a value may look like; empty if there is none.
	Sample Text `json:"sample,omitempty"`
}

// OutputsRequest is a step whose output fields are asked for (api.md 2.11).
type OutputsRequest struct {
	StepInputs
	// FetchLiveSamples asks the third party for samples, which takes longer. Not for a WRITE: see TestAction.
	FetchLiveSamples bool
}

// OutputFields iterates over what a step yields: POST /v2/actions/{id}/outputs, scope zap:write (api.md 2.11).
// Invalid when Zapier refuses the Authentication or an input.
func (c *Client) OutputFields(ctx context.Context, action string, body OutputsRequest) iter.Seq2[OutputField, error] {
	return postAll[OutputField](ctx, c, "outputs.list", action, "outputs",
		stepPage{StepInputs: body.StepInputs, FetchLiveSamples: body.FetchLiveSamples})
}

// ListOutputFields is OutputFields gathered to the last page.
func (c *Client) ListOutputFields(ctx context.Context, action string, body OutputsRequest) ([]OutputField, error) {
	return collect(c.OutputFields(ctx, action, body))
}
