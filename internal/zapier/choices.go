package zapier

import (
	"context"
	"iter"
	"net/http"
)

// Choice is one value of a SELECT field (api.md 2.10).
type Choice struct {
	// ID is what to submit.
	ID ID `json:"id"`
	// Label is for people; empty if Zapier has none.
	Label Text `json:"label"`
	Value Text `json:"value"`
}

// Name is what to call the Choice before people.
func (c Choice) Name() string {
	for _, name := range []Text{c.Label, c.Value} {
		if name != "" {
			return string(name)
		}
	}
	return string(c.ID)
}

// ChoicePage is one page of Choices. How many there are in all is not told (api.md 2.4).
type ChoicePage struct {
	Choices []Choice
	// Next is what to ask ListChoices for to get the next page, empty when this is the last.
	Next string
}

// UnmarshalJSON reads the list's envelope. Of links.next only the page is taken, as Page does with the offset.
func (p *ChoicePage) UnmarshalJSON(data []byte) error {
	list, err := readList[Choice](data)
	if err != nil {
		return err
	}
	*p = ChoicePage{Choices: list.Data, Next: parameterOf(list.Links.Next, "page")}
	if p.Next == "" && leads(list.Links.Next) {
		return errNoNextPage
	}
	return nil
}

// ListChoices returns one page of what a field offers, given what is filled in: the first page for "", then
// the page that the last answer's Next names. POST /v2/actions/{id}/inputs/{field}/choices, scope zap
// (api.md 2.10). Invalid when Zapier refuses the Authentication, an input, or a field that offers none.
func (c *Client) ListChoices(ctx context.Context, action, field string, step StepInputs, page string) (ChoicePage, error) {
	const op = "choices.list"
	path, err := pathOf(op, "v2", "actions", action, "inputs", field, "choices")
	if err != nil {
		return ChoicePage{}, err
	}
	req := request{op: op, method: http.MethodPost, path: path, body: envelope{step}}
	if page != "" {
		req = req.with("page", page)
	}
	var choices ChoicePage
	err = c.call(ctx, req, &choices)
	return choices, err
}

// Choices iterates over all that a field offers, page by page; ListChoices says the rest. There may be very many.
func (c *Client) Choices(ctx context.Context, action, field string, step StepInputs) iter.Seq2[Choice, error] {
	return follow("choices.list", "", func(page string) ([]Choice, string, error) {
		choices, err := c.ListChoices(ctx, action, field, step, page)
		return choices.Choices, choices.Next, err
	})
}
