package zapier

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

// Inputs are the values of a step by the ids of its input fields: text, for a SELECT the id of a Choice, for
// an ARRAY a list, for an OBJECT a map of text; in text, {{field}} stands for an output (api.md 2.9, 4).
type Inputs map[string]any

// MarshalJSON writes an object in any case: the API asks for one where nothing is filled in yet.
func (i Inputs) MarshalJSON() ([]byte, error) {
	if i == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]any(i))
}

// StepInputs is a step as far as it is filled in, which is what the API shapes its forms by (api.md 2.9).
type StepInputs struct {
	// Authentication is empty for an App that needs none, and then goes out as null.
	Authentication ID `json:"authentication"`
	// Inputs are all values filled in so far.
	Inputs Inputs `json:"inputs"`
}

// stepPage is a StepInputs that asks for a page. The offset appears only where an answer linked to a next
// page: today's schema knows it for tests alone, its older edition for fields too (api.md 2.4).
type stepPage struct {
	StepInputs
	FetchLiveSamples bool `json:"fetch_live_samples,omitempty"`
	Limit            int  `json:"limit,omitempty"`
	Offset           int  `json:"offset,omitempty"`
}

// postPage reads one page of a v2 list that is asked for by POST.
func postPage[T any](ctx context.Context, c *Client, req request, body stepPage) (Page[T], error) {
	req.method, req.body = http.MethodPost, envelope{body}
	var page Page[T]
	err := c.call(ctx, req, &page)
	return page, err
}

// postAll follows such a list to its end.
func postAll[T any](ctx context.Context, c *Client, op, action, what string, body stepPage) iter.Seq2[T, error] {
	path, err := pathOf(op, "v2", "actions", action, what)
	if err != nil {
		return failed[T](err)
	}
	return follow(op, 0, func(offset int) ([]T, int, error) {
		body.Offset = offset
		page, err := postPage[T](ctx, c, request{op: op, path: path}, body)
		return page.Data, page.Next, err
	})
}

// TestRequest is a step to be executed (api.md 2.12).
type TestRequest struct {
	StepInputs
	// Limit is how many objects to return; 0 means 10.
	Limit  int
	Offset int
}

// TestAction executes a step for real and returns the third party's objects as they are:
// POST /v2/actions/{id}/test, scope zap:write (api.md 2.12). A WRITE creates things, each time anew, so that
// only one page is read. None found is an empty page. When the third party refuses, the error is Invalid and
// Says("test_failed"); when it does not answer, TimedOut, and the thing may exist nevertheless.
func (c *Client) TestAction(ctx context.Context, action string, body TestRequest) (Page[json.RawMessage], error) {
	const op = "actions.test"
	path, err := pathOf(op, "v2", "actions", action, "test")
	if err != nil {
		return Page[json.RawMessage]{}, err
	}
	return postPage[json.RawMessage](ctx, c, request{op: op, path: path},
		stepPage{StepInputs: body.StepInputs, Limit: body.Limit, Offset: body.Offset})
}
