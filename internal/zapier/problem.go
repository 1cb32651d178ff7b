package zapier

import (
	"encoding/json"
	"strconv"
)

// Problem is one entry of the API's error object (api.md 2.2). Detail and Meta may quote a third party.
type Problem struct {
	// Status repeats the HTTP status, 0 if the entry has none.
	Status int    `json:"status"`
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	Source Source `json:"source"`
	// Meta is free; in examples it has "source" (ZAPIER or THIRD_PARTY) and "full_details". Nil if there is none.
	Meta json.RawMessage `json:"meta,omitempty"`
}

// Source is the place in the request that a Problem complains of.
type Source struct {
	Pointer   string `json:"pointer,omitempty"`
	Parameter string `json:"parameter,omitempty"`
	Header    string `json:"header,omitempty"`
}

// UnmarshalJSON reads the status as the number or the text that the editions disagree on (api.md 7, number 14).
func (p *Problem) UnmarshalJSON(data []byte) error {
	type plain Problem
	var read struct {
		plain
		Status ID `json:"status"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	*p = Problem(read.plain)
	p.Status, _ = strconv.Atoi(string(read.Status)) // what is no number is no status
	if string(p.Meta) == "null" {
		p.Meta = nil
	}
	return nil
}

// problems reads the three error shapes of api.md 2.2: objects (v2), plain strings (v1), and the messages of
// guesses. What fits none of them is left out.
func problems(body []byte) []Problem {
	var envelope struct {
		Errors   []json.RawMessage `json:"errors"`
		Messages []json.RawMessage `json:"messages"`
	}
	if json.Unmarshal(unwrap(body), &envelope) != nil {
		return nil
	}
	var found []Problem
	for _, raw := range append(envelope.Errors, envelope.Messages...) {
		var problem Problem
		if json.Unmarshal(raw, &problem) == nil {
			found = append(found, problem)
			continue
		}
		var detail string
		if json.Unmarshal(raw, &detail) == nil {
			found = append(found, Problem{Detail: detail})
		}
	}
	return found
}

// isMachineCode: only such a code is fit for a log. Anything else might quote what the user typed.
func isMachineCode(code string) bool {
	for _, char := range code {
		if (char < 'a' || char > 'z') && (char < '0' || char > '9') && char != '_' && char != '-' {
			return false
		}
	}
	return code != "" && len(code) <= 40
}
