package emulator

import (
	"net/http"
	"net/url"
	"strconv"
)

// Page sizes (api.md 2.4). The maximum is documented for /v1/categories only and
// taken for all lists; more is refused rather than cut, so that a partner
// notices (api.md 7, unknown 9).
const (
	defaultLimit = 10
	maxLimit     = 100
	// largestPage is what one page of a v2 list holds at the most, however much is asked for: Zapier's own
	// maximum is not documented, and nobody should count on getting all at once.
	largestPage = 20
)

// window is the part of a list that was asked for.
type window struct{ limit, offset int }

func parseWindow(query url.Values) (window, error) { return parseWindowFrom(query, defaultLimit) }

// parseWindowFrom is for lists whose usual page is another.
func parseWindowFrom(query url.Values, fallback int) (window, error) {
	limit, err := intParameter(query, "limit", fallback, 1, maxLimit)
	if err != nil {
		return window{}, err
	}
	offset, err := intParameter(query, "offset", 0, 0, 1_000_000)
	return window{limit, offset}, err
}

// small is the window of a v2 list.
func (w window) small() window { return window{min(w.limit, largestPage), w.offset} }

func intParameter(query url.Values, name string, fallback, least, most int) (int, error) {
	if !query.Has(name) {
		return fallback, nil
	}
	value, err := strconv.Atoi(query.Get(name))
	if err != nil || value < least || value > most {
		return 0, invalidParameter(name, name+" must be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most)+".")
	}
	return value, nil
}

// cut gives the items of one window.
func cut[T any](items []T, w window) []T {
	from := min(w.offset, len(items))
	return items[from : from+min(w.limit, len(items)-from)]
}

// neighbours are the absolute URLs of the next and the previous page, nil at the
// ends. All other query parameters are kept.
func (e *Emulator) neighbours(r *http.Request, w window, count int) (next, previous *string) {
	if w.offset+w.limit < count {
		next = e.pageURL(r, window{w.limit, w.offset + w.limit})
	}
	if w.offset > 0 {
		previous = e.pageURL(r, window{w.limit, max(w.offset-w.limit, 0)})
	}
	return next, previous
}

func (e *Emulator) pageURL(r *http.Request, w window) *string {
	query := r.URL.Query()
	query.Set("limit", strconv.Itoa(w.limit))
	query.Set("offset", strconv.Itoa(w.offset))
	link := e.apiURL + r.URL.EscapedPath() + "?" + query.Encode()
	return &link
}

// meta goes with every v2 list.
type meta struct {
	Count  int `json:"count"`
	Limit  int `json:"limit"`
	Offset int `json:"offset"`
}
