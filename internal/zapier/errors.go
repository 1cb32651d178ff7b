package zapier

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind says what went wrong with a call, as far as the caller acts on it.
type Kind string

// The kinds of failed calls. Nothing was done after those that say so; after the others, see Unclear.
const (
	// Invalid: Zapier read the request and refused it; Problems say why (400, and any 4xx without a kind of its own).
	Invalid Kind = "invalid"
	// Unauthorized: the authorization has expired or was taken back; the token is not good, even after a renewal (401).
	Unauthorized Kind = "unauthorized"
	// Forbidden: the token lacks a scope or the right to the thing (403).
	Forbidden Kind = "forbidden"
	// NotFound: no such thing (404).
	NotFound Kind = "not_found"
	// Conflict: what is asked for does not go together with what is there already; Problems say why (409).
	Conflict Kind = "conflict"
	// RateLimited: the quota of api.md 6 is used up, at Zapier (429) or by our own count, and nothing was done.
	// RetryAfter says when to come back.
	RateLimited Kind = "rate_limited"
	// Broken: Zapier failed over this request, by its own fault (500).
	Broken Kind = "broken"
	// Unavailable: Zapier, or what stands before it, does not answer for the API now (502, 503, other 5xx, redirects).
	Unavailable Kind = "unavailable"
	// TimedOut: no answer in time, from Zapier or from an App that it asked (408, 504, and our own patience).
	TimedOut Kind = "timed_out"
	// Unreachable: there was no connection (no such name, refused, no route, no TLS): nothing was sent.
	Unreachable Kind = "unreachable"
	// CutOff: the connection broke before the whole answer was there, or what came was no HTTP.
	CutOff Kind = "cut_off"
	// NotJSON: an answer of another kind, such as a gateway's page.
	NotJSON Kind = "not_json"
	// WrongSchema: JSON, but not of the form that the API documents. What a POST asked for has happened.
	WrongSchema Kind = "wrong_schema"
	// TooLarge: an answer beyond the size that is read. What a POST asked for has happened.
	TooLarge Kind = "too_large"
	// Resting: Zapier failed again and again, and calls rest for RetryAfter: nothing was sent.
	Resting Kind = "resting"
)

// Helps reports whether sending the same once more may help, after RetryAfter or a moment. It does not say that it is
// safe: what changes something may have happened already (Unclear).
func (k Kind) Helps() bool {
	switch k {
	case RateLimited, Broken, Unavailable, TimedOut, Unreachable, CutOff, NotJSON, Resting:
		return true
	default:
		return false
	}
}

const (
	// cooldown is how long Zapier's door stays shut after a 429 (api.md 6).
	cooldown = 60 * time.Second
	// longestWait bounds what an answer can make a caller wait; no quota is counted over more than an hour (api.md 6).
	longestWait = time.Hour
	// maxErrorBody bounds what is read of a failure. More is cut off: the status alone says what to do.
	maxErrorBody = 64 << 10
)

// Error is a call that failed. Its text is for logs: it holds the operation and the kind, never a URL,
// a token or what a third party said.
type Error struct {
	Kind Kind
	// Op is the operation, for example "authentications.list".
	Op string
	// Status is the HTTP status, 0 when there was no answer.
	Status int
	// Problems are Zapier's own words (api.md 2.2); may be empty.
	Problems []Problem
	// RetryAfter is how long to wait, an hour at most; at least a minute when Zapier says RateLimited, else 0 if unknown.
	RetryAfter time.Duration
	// Place is where the call's user stands in the line for room under the limits, from 1; 0 when there is no line.
	Place int

	// cause has a text of fixed words: Error prints it.
	cause error
}

func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "zapier: %s: %s", e.Op, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&text, " (status %d)", e.Status)
	}
	for _, p := range e.Problems {
		if isMachineCode(p.Code) {
			fmt.Fprintf(&text, " [%s]", p.Code)
		}
	}
	if e.cause != nil {
		fmt.Fprintf(&text, ": %v", e.cause)
	}
	return text.String()
}

// Unwrap gives the cause. A network error is further down the chain, for errors.Is and errors.As: its own text
// may hold what Error leaves out.
func (e *Error) Unwrap() error { return e.cause }

// Says reports whether Zapier gave this code as a reason, for example "test_failed" (api.md 2.2).
func (e *Error) Says(code string) bool {
	return slices.ContainsFunc(e.Problems, func(p Problem) bool { return p.Code == code })
}

// KindOf returns the kind of a failed call, and false for any other error.
func KindOf(err error) (Kind, bool) {
	var failed *Error
	if errors.As(err, &failed) {
		return failed.Kind, true
	}
	return "", false
}

// Rejected reports whether Zapier read the request and refused it for what it says or asks for: Problems say why.
func Rejected(err error) bool {
	kind, _ := KindOf(err)
	return kind == Invalid || kind == Conflict
}

// Unclear reports whether what a call asked for may have been done although the call failed. A call that only reads does
// nothing; one that nobody knows may do anything.
func Unclear(err error) bool {
	var failed *Error
	if !errors.As(err, &failed) || onlyReads(failed.Op) {
		return false
	}
	switch failed.Kind {
	case Broken, Unavailable, TimedOut, CutOff, NotJSON, WrongSchema, TooLarge:
		return true
	default:
		return false
	}
}

// answerError turns an answer outside 2xx into an Error, as far as its body can be read.
func answerError(op string, resp *http.Response) error {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	failed := &Error{
		Kind:       kindOfStatus(resp.StatusCode),
		Op:         op,
		Status:     resp.StatusCode,
		Problems:   problems(body),
		RetryAfter: RetryAfter(resp.Header),
	}
	if failed.Kind == RateLimited {
		failed.RetryAfter = max(failed.RetryAfter, cooldown)
	}
	return failed
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusUnauthorized:
		return Unauthorized
	case status == http.StatusForbidden:
		return Forbidden
	case status == http.StatusNotFound:
		return NotFound
	case status == http.StatusConflict:
		return Conflict
	case status == http.StatusTooManyRequests:
		return RateLimited
	case status == http.StatusRequestTimeout || status == http.StatusGatewayTimeout:
		return TimedOut
	case status >= 400 && status < 500:
		return Invalid
	case status == http.StatusInternalServerError:
		return Broken
	default:
		return Unavailable
	}
}

// RetryAfter reads Retry-After as HTTP has it, seconds or a date; its unit is not documented (api.md 7). A date
// counts from the answer's own Date, so that clocks need not agree. It is 0 when nothing is said, and an hour at most.
func RetryAfter(header http.Header) time.Duration {
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, longestWait)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	since, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return min(max(until.Sub(since), 0), longestWait)
}
