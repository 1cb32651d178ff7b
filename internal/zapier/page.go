package zapier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// pageSize is the limit asked for: the largest that the older lists document (api.md 2.4). Few calls save quota.
const pageSize = 100

// defaultLimit is the size of a page when the caller names none, as in the API (api.md 2.4).
const defaultLimit = 10

// maxPages ends a list whose links never end.
const maxPages = 200

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
	list, err := readList[T](data)
	if err != nil {
		return err
	}
	next := offsetOf(list.Links.Next)
	if next == 0 && leads(list.Links.Next) {
		return errNoNextPage
	}
	*p = Page[T]{Data: list.Data, Total: max(list.Meta.Count, len(list.Data)), Next: next}
	return nil
}

var errNoNextPage = errors.New("a next page that cannot be found")

// leads reports whether a link is there at all. One that leads nowhere readable must not pass for the end of
// the list: half a list would make what is missing look new or gone.
func leads(link *string) bool { return link != nil && *link != "" }

// listV2 is the envelope of a v2 list; meta and links may be null (api.md 2.4, 2.7).
type listV2[T any] struct {
	Data []T `json:"data"`
	Meta struct {
		Count int `json:"count"`
	} `json:"meta"`
	Links struct {
		Next *string `json:"next"`
	} `json:"links"`
}

func readList[T any](data []byte) (listV2[T], error) {
	var list listV2[T]
	if err := json.Unmarshal(data, &list); err != nil {
		return list, err
	}
	if list.Data == nil {
		return list, errors.New("a list without data")
	}
	return list, nil
}

// parameterOf takes one parameter out of a link to another page, which may be absolute, relative or missing.
func parameterOf(link *string, name string) string {
	if link == nil {
		return ""
	}
	parsed, err := url.Parse(*link)
	if err != nil {
		return ""
	}
	return parsed.Query().Get(name)
}

// offsetOf is the offset that a link leads to, 0 when it leads nowhere.
func offsetOf(link *string) int {
	offset, err := strconv.Atoi(parameterOf(link, "offset"))
	if err != nil {
		return 0
	}
	return max(offset, 0)
}

// getPage reads the page at offset. A limit of 0 leaves the page's size to the API.
func getPage[T any](ctx context.Context, c *Client, req request, offset, limit int) (Page[T], error) {
	if limit > 0 {
		req = req.with("limit", strconv.Itoa(limit))
	}
	if limit > 0 || offset > 0 {
		req = req.with("offset", strconv.Itoa(offset))
	}
	req.method = http.MethodGet
	var page Page[T]
	err := c.call(ctx, req, &page)
	return page, err
}

// all follows a v2 list to its end.
func all[T any](ctx context.Context, c *Client, req request, limit int) iter.Seq2[T, error] {
	return follow(req.op, 0, func(offset int) ([]T, int, error) {
		page, err := getPage[T](ctx, c, req, offset, limit)
		return page.Data, page.Next, err
	})
}

// follow reads page after page, from first on; fetch gives a page and where the next one is, the zero value
// when there is none. An error ends the iteration and is its last element; links that lead back are one.
func follow[T any, C comparable](op string, first C, fetch func(at C) (items []T, next C, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		var end C
		seen := map[C]bool{}
		for at := first; len(seen) < maxPages; {
			seen[at] = true
			items, next, err := fetch(at)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items {
				if !yield(item, nil) {
					return
				}
			}
			if next == end {
				return
			}
			if seen[next] {
				yield(none, &Error{Kind: WrongSchema, Op: op, cause: errors.New("a list that turns in circles")})
				return
			}
			at = next
		}
		yield(none, &Error{Kind: WrongSchema, Op: op, cause: fmt.Errorf("a list of more than %d pages", maxPages)})
	}
}

// failed is an iteration that could not begin.
func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
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
