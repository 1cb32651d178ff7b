package zapier

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is the limit asked for: the largest that the older lists document (api.md 2.4). Few calls save quota.
const pageSize = 100

// maxPages ends a list whose links never end.
const maxPages = 200

// ID is an identifier that some editions of the API write as a string and some as a number (api.md 7).
type ID string

// UnmarshalJSON takes a string or a number.
func (id *ID) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*id = ID(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return fmt.Errorf("an id is neither text nor number")
	}
	*id = ID(number)
	return nil
}

// Page is one page of a v2 list (api.md 2.4).
type Page[T any] struct {
	Data []T
	// Total counts the whole list.
	Total int
	// Next is the offset of the next page, 0 when this is the last.
	Next int
}

// UnmarshalJSON reads the list's envelope. Of links.next only the offset is taken: the call goes
// to our own base again, so that no answer can send the token elsewhere.
func (p *Page[T]) UnmarshalJSON(data []byte) error {
	var envelope struct {
		Data []T `json:"data"`
		Meta *struct {
			Count int `json:"count"`
		} `json:"meta"`
		Links *struct {
			Next *string `json:"next"`
		} `json:"links"`
	}
	if err := json.Unmarshal(data, &envelope); err != nil {
		return err
	}
	if envelope.Data == nil {
		return fmt.Errorf("a list without data")
	}
	*p = Page[T]{Data: envelope.Data, Total: len(envelope.Data)}
	if envelope.Meta != nil {
		p.Total = max(envelope.Meta.Count, p.Total)
	}
	if envelope.Links != nil && envelope.Links.Next != nil {
		p.Next = offsetOf(*envelope.Links.Next)
	}
	return nil
}

func offsetOf(link string) int {
	parsed, err := url.Parse(link)
	if err != nil {
		return 0
	}
	offset, err := strconv.Atoi(parsed.Query().Get("offset"))
	if err != nil {
		return 0
	}
	return offset
}

// getPage reads the page at offset.
func getPage[T any](ctx context.Context, c *Client, op, path string, query url.Values, offset, limit int) (Page[T], error) {
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	var page Page[T]
	err := c.call(ctx, request{op: op, method: http.MethodGet, path: path, query: query}, &page)
	return page, err
}

// all follows a v2 list to its end. An error ends the iteration and is its last element.
func all[T any](ctx context.Context, c *Client, op, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		offset := 0
		for range maxPages {
			page, err := getPage[T](ctx, c, op, path, query, offset, pageSize)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, item := range page.Data {
				if !yield(item, nil) {
					return
				}
			}
			if page.Next <= offset {
				return
			}
			offset = page.Next
		}
		var none T
		yield(none, &Error{Kind: Unreadable, Op: op, cause: fmt.Errorf("a list of more than %d pages", maxPages)})
	}
}

// collect gathers an iterator into a slice, or returns its error.
func collect[T any](items iter.Seq2[T, error]) ([]T, error) {
	var found []T
	for item, err := range items {
		if err != nil {
			return nil, err
		}
		found = append(found, item)
	}
	return found, nil
}
