package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
)

// statusClientGone is for the log alone: nobody is there to read an answer.
const statusClientGone = 499

// Error is what a person or a program is told: a code with its phrase, and a status. The cause is for the log.
type Error struct {
	// Code names the phrase (templates.Phrases.Errors) and the documentation (docs/errors.md).
	Code   string
	Status int
	// RetryAfter is when trying again may help; 0 if unknown.
	RetryAfter time.Duration
	// Retry is a page's link that tries again, below the path prefix; "" if there is none.
	Retry string
	// InWindow: the page is shown in a popup.
	InWindow bool
	// Place is where the person stands in the line for room under Zapier's limits, from 1; 0 when there is no line.
	Place int
	// Repeats: the form that was sent is sent again by the page itself when there is room.
	Repeats bool
	// Reference is the request that failed, where it is another than the one that tells of it.
	Reference string
	// Unclear: what was asked for may have been done.
	Unclear bool
	// Anyway is a page's link that goes on without what there was no room for, below the path prefix; "" if there is none.
	Anyway string

	cause error
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %v", e.Code, e.cause)
	}
	return e.Code
}

func (e *Error) Unwrap() error { return e.cause }

// because keeps the cause beside the code.
func (e *Error) because(cause error) *Error {
	e.cause = cause
	return e
}

// asError finds the code and the status of any error; one that nobody thought of is an internal one,
// and nothing of it is shown.
func asError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return (&Error{Code: "too-large", Status: http.StatusRequestEntityTooLarge}).because(err)
	}
	for _, row := range sentinels() {
		if errors.Is(err, row.sentinel) {
			return (&Error{Code: row.code, Status: row.status, RetryAfter: row.retryAfter}).because(err)
		}
	}
	// After the sentinels: a sign-in that fails because of Zapier is told as a failed sign-in.
	var failed *zapier.Error
	if errors.As(err, &failed) {
		return zapierError(failed)
	}
	// After the calls: one for which there was no connection in time says so itself.
	if errors.Is(err, context.DeadlineExceeded) {
		return (&Error{Code: "zapier-timeout", Status: http.StatusGatewayTimeout, RetryAfter: 10 * time.Second}).because(err)
	}
	return (&Error{Code: "internal", Status: http.StatusInternalServerError}).because(err)
}

type sentinelRow struct {
	sentinel   error
	code       string
	status     int
	retryAfter time.Duration
}

func sentinels() []sentinelRow {
	return []sentinelRow{
		{context.Canceled, "internal", statusClientGone, 0},
		{session.ErrUnavailable, "store-unavailable", http.StatusServiceUnavailable, 5 * time.Second},
		{session.ErrNoSession, "sign-in-required", http.StatusUnauthorized, 0},
		{session.ErrGrantEnded, "sign-in-ended", http.StatusUnauthorized, 0},
		{session.ErrTokenUnavailable, "zapier-unavailable", http.StatusServiceUnavailable, 10 * time.Second},
		{session.ErrSignInDenied, "sign-in-denied", http.StatusForbidden, 0},
		{session.ErrSignInUnknown, "sign-in-unknown", http.StatusBadRequest, 0},
		{session.ErrSignInOtherBrowser, "sign-in-other-browser", http.StatusBadRequest, 0},
		{session.ErrSignInCodeRefused, "sign-in-code-refused", http.StatusBadRequest, 0},
		{session.ErrSignInProvider, "sign-in-provider", http.StatusBadGateway, 0},
		{session.ErrSignInRefused, "sign-in-refused", http.StatusBadGateway, 0},
		{connect.ErrNotFound, "attempt-not-found", http.StatusNotFound, 0},
		{connect.ErrNeedsNone, "app-needs-none", http.StatusConflict, 0},
		{connect.ErrUnclear, "account-unclear", http.StatusBadGateway, 0},
		{draft.ErrNotFound, "draft-not-found", http.StatusNotFound, 0},
		{draft.ErrStale, "draft-changed", http.StatusConflict, 0},
		{draft.ErrNotReady, "draft-not-ready", http.StatusConflict, 0},
		{draft.ErrFull, "draft-full", http.StatusConflict, 0},
		{draft.ErrTooFew, "draft-too-few-steps", http.StatusConflict, 0},
		{draft.ErrNoStep, "step-not-found", http.StatusNotFound, 0},
		{draft.ErrNoPlace, "step-no-place", http.StatusConflict, 0},
		{draft.ErrTooLarge, "draft-too-large", http.StatusRequestEntityTooLarge, 0},
	}
}

// zapierError is the table from what went wrong at Zapier to what a person is told.
func zapierError(failed *zapier.Error) *Error {
	told := &Error{RetryAfter: failed.RetryAfter, Place: failed.Place, Unclear: zapier.Unclear(failed), cause: failed}
	switch failed.Kind {
	case zapier.Invalid:
		told.Code, told.Status = "zapier-rejected", http.StatusBadGateway
	case zapier.NotFound:
		told.Code, told.Status = "zapier-not-found", http.StatusBadGateway
	case zapier.Unauthorized:
		told.Code, told.Status = "sign-in-ended", http.StatusUnauthorized
	case zapier.Forbidden:
		told.Code, told.Status = "zapier-refused", http.StatusForbidden
	case zapier.Conflict:
		told.Code, told.Status = "zapier-conflict", http.StatusConflict
	case zapier.RateLimited:
		told.Code, told.Status = "zapier-rate-limited", http.StatusTooManyRequests
	case zapier.Broken:
		told.Code, told.Status = "zapier-broken", http.StatusBadGateway
	case zapier.TimedOut:
		told.Code, told.Status = "zapier-timeout", http.StatusGatewayTimeout
	case zapier.Unreachable:
		told.Code, told.Status = "zapier-unreachable", http.StatusBadGateway
	case zapier.CutOff:
		told.Code, told.Status = "zapier-cut-off", http.StatusBadGateway
	case zapier.NotJSON:
		told.Code, told.Status = "zapier-not-json", http.StatusBadGateway
	case zapier.WrongSchema:
		told.Code, told.Status = "zapier-wrong-schema", http.StatusBadGateway
	case zapier.TooLarge:
		told.Code, told.Status = "zapier-too-large", http.StatusBadGateway
	case zapier.Resting:
		told.Code, told.Status = "zapier-resting", http.StatusServiceUnavailable
	default: // Unavailable
		told.Code, told.Status = "zapier-unavailable", http.StatusBadGateway
	}
	return told
}

// Helps reports whether the same request may fare better when it is sent again, with nothing changed in between but the
// time. docs/errors.md says the same of each code. Whether that may do something twice is another matter: see Error.Unclear.
func Helps(code string) bool {
	switch code {
	case "rate-limited", "internal", "store-unavailable", "sign-in-provider", "account-unclear",
		"zapier-rate-limited", "zapier-busy", "zapier-resting", "zapier-broken", "zapier-unavailable", "zapier-timeout",
		"zapier-unreachable", "zapier-cut-off", "zapier-not-json":
		return true
	}
	return false
}

// answered is the status that Zapier answered with, 0 if it did not answer or was not asked.
func (e *Error) answered() int {
	var failed *zapier.Error
	if errors.As(e.cause, &failed) {
		return failed.Status
	}
	return 0
}
