package zapier

import (
	"maps"
	"net/url"
	"strings"
)

// credential says who a call speaks for (api.md 1.2).
type credential int

const (
	// userToken: a user's access token.
	userToken credential = iota
	// tokenOrClientID: a user's access token, or the partner's client id where there is no user.
	tokenOrClientID
	// clientID: the partner's client id; a user's token would be of no use and is not shown.
	clientID
	// nobody: the call is open to all.
	nobody
)

// request is one call: op names it in errors and logs.
type request struct {
	op         string
	method     string
	path       string
	query      url.Values
	body       any
	credential credential
	// array: the answer itself is a JSON array, so that an array of one is not an envelope.
	array bool
}

// with returns the request with one more query parameter. The query is copied: iterators use theirs again.
func (r request) with(name, value string) request {
	query := maps.Clone(r.query)
	if query == nil {
		query = url.Values{}
	}
	query.Set(name, value)
	r.query = query
	return r
}

// envelope is what most v2 calls put around their body (api.md 2.9).
type envelope struct {
	Data any `json:"data"`
}

// pathOf joins ids and fixed names to a path. An id that would lead to another call when the path is
// tidied is refused, for there can be no such thing: with an empty one, deleting a Zap would address all Zaps.
func pathOf(op string, elements ...string) (string, error) {
	var path strings.Builder
	for _, element := range elements {
		if element == "" || element == "." || element == ".." {
			return "", &Error{Kind: NotFound, Op: op}
		}
		path.WriteString("/" + url.PathEscape(element))
	}
	return path.String(), nil
}

// queryOf gathers the parameters that have a value.
func queryOf(parameters map[string]string) url.Values {
	query := url.Values{}
	for name, value := range parameters {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query
}
