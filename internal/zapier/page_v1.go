package zapier

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/http"
	"strconv"
)

// pageV1 is one page of a v1 list; the Apps link their pages by number, the others by offset (api.md 2.4).
type pageV1[T any] struct {
	objects []T
	// next is an offset or a number of a page, 0 when this is the last.
	next int
}

func (p *pageV1[T]) UnmarshalJSON(data []byte) error {
	var envelope struct {
		Objects []T     `json:"objects"`
		Next    *string `json:"next"`
		NextURL *string `json:"next_url"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		return err
	}
	if envelope.Objects == nil {
		return errors.New("a list without objects")
	}
	*p = pageV1[T]{objects: envelope.Objects, next: offsetOf(envelope.Next)}
	if number, err := strconv.Atoi(parameterOf(envelope.NextURL, "page")); err == nil {
		p.next = max(number, 0)
	}
	if p.next == 0 && (leads(envelope.Next) || leads(envelope.NextURL)) {
		return errNoNextPage
	}
	return nil
}

// allV1 follows a v1 list to its end. Its pages are counted from first in the query parameter at.
func allV1[T any](ctx context.Context, c *Client, req request, at string, first int) iter.Seq2[T, error] {
	req.method = http.MethodGet
	return follow(req.op, first, func(place int) ([]T, int, error) {
		var page pageV1[T]
		err := c.call(ctx, req.with(at, strconv.Itoa(place)), &page)
		return page.objects, page.next, err
	})
}
