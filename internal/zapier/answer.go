package zapier

import (
	"bytes"
	"encoding/json"
	"errors"
)

// These hide what the decoder says: it would quote the answer.
var (
	errNotJSON     = errors.New("the answer is not JSON")
	errNotExpected = errors.New("the answer is not the JSON that was expected")
)

// notExpected is an answer that could not be decoded.
func notExpected(op string, status int, body []byte) error {
	if json.Valid(body) {
		return &Error{Kind: WrongSchema, Op: op, Status: status, cause: errNotExpected}
	}
	return &Error{Kind: NotJSON, Op: op, Status: status, cause: errNotJSON}
}

// unwrap takes an object out of an array of one: the published schema wraps several answers so (api.md 2.3).
// Anything else comes back as it is and fails where it is decoded.
func unwrap(body []byte) []byte {
	body = bytes.TrimSpace(body)
	if len(body) == 0 || body[0] != '[' {
		return body
	}
	var wrapped []json.RawMessage
	if json.Unmarshal(body, &wrapped) != nil || len(wrapped) != 1 {
		return body
	}
	return wrapped[0]
}

// single is an answer of one thing, which stands alone, in a data object, or in a data array of one: the
// editions differ from call to call (api.md 7, number 8).
type single[T any] struct {
	value T
}

func (s *single[T]) UnmarshalJSON(body []byte) error {
	var within struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &within); err != nil {
		return err
	}
	if len(within.Data) > 0 && string(within.Data) != "null" {
		body = unwrap(within.Data)
	}
	return json.Unmarshal(body, &s.value)
}

// identified: an answer about a new thing without the thing's id is of no use.
func identified(req request, id ID) error {
	if id == "" {
		return &Error{Kind: WrongSchema, Op: req.op, cause: errNotExpected}
	}
	return nil
}

// oneOrMany reads a list, an object as a list of one, or nothing.
func oneOrMany(data json.RawMessage) ([]json.RawMessage, error) {
	if len(data) > 0 && data[0] == '{' {
		return []json.RawMessage{data}, nil
	}
	if len(data) == 0 {
		return nil, nil
	}
	var many []json.RawMessage
	err := json.Unmarshal(data, &many)
	return many, err
}
