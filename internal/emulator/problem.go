package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// problem is an answer that is not a success. What it looks like depends on who
// asked (see voice); what it says does not.
type problem struct {
	status              int
	code, title, detail string
	source              map[string]string // "parameter", "pointer" or "header"
	oauth               string            // error code at the token endpoint; "" derives it from status
	retryAfter          time.Duration     // with 429 and 503
	perHour             int               // with 429; 0 is the limit of an IP
}

func (p *problem) Error() string { return p.code + ": " + p.detail }

// unauthenticated: no token, an unknown one or an expired one (api.md 7, unknown 1).
func unauthenticated(detail string) *problem {
	return &problem{status: http.StatusUnauthorized, code: "unauthenticated", title: "User Not Authenticated", detail: detail}
}

// permissionDenied: the token is good, its scopes are not enough.
func permissionDenied(detail string) *problem {
	return &problem{status: http.StatusForbidden, code: "permission_denied", title: "Permission Denied", detail: detail}
}

// malformed: the body is not the JSON that was promised.
func malformed() *problem {
	return &problem{status: http.StatusBadRequest, code: "parse_error", title: "ParseError", detail: "Malformed request."}
}

// invalidParameter: a query parameter is missing or wrong.
func invalidParameter(name, detail string) *problem {
	return &problem{
		status: http.StatusBadRequest, code: "invalid", title: "ValidationError", detail: detail,
		source: map[string]string{"parameter": name},
	}
}

// invalidField: a value of the body is missing or wrong; pointer is a JSON pointer.
func invalidField(pointer, detail string) *problem {
	return &problem{
		status: http.StatusBadRequest, code: "invalid", title: "ValidationError", detail: detail,
		source: map[string]string{"pointer": pointer},
	}
}

// unsupportedMediaType: the body is announced as something other than JSON.
func unsupportedMediaType() *problem {
	return &problem{
		status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", title: "UnsupportedMediaType",
		detail: "Send application/json.", source: map[string]string{"header": "Content-Type"},
	}
}

// testFailed: the third party refused what a test asked of it (api.md 2.2).
func testFailed(err error) *problem {
	return &problem{
		status: http.StatusBadRequest, code: "test_failed", title: "ActionTestError",
		detail: "Error during execution: " + err.Error(),
	}
}

func notFound(detail string) *problem {
	return &problem{status: http.StatusNotFound, code: "not_found", title: "NotFound", detail: detail}
}

func methodNotAllowed() *problem {
	return &problem{
		status: http.StatusMethodNotAllowed, code: "method_not_allowed", title: "MethodNotAllowed",
		detail: "This path does not take this method.",
	}
}

func conflict(detail string) *problem {
	return &problem{status: http.StatusConflict, code: "conflict", title: "Conflict", detail: detail}
}

// throttled: over the limit; the wait is the documented cooldown unless told (api.md 6).
func throttled(wait time.Duration) *problem {
	return &problem{
		status: http.StatusTooManyRequests, code: "throttled", title: "Throttled",
		detail: "Request was throttled.", retryAfter: wait,
	}
}

func unavailable(status int, wait time.Duration) *problem {
	return &problem{status: status, code: "service_unavailable", title: "ServiceUnavailable", detail: "Try again later.", retryAfter: wait}
}

func serverError() *problem {
	return &problem{status: http.StatusInternalServerError, code: "error", title: "APIException", detail: "A server error occurred."}
}

// badPage is a problem only a person can meet, on a page.
func badPage(title, detail string) *problem {
	return &problem{status: http.StatusBadRequest, code: "invalid", title: title, detail: detail}
}

// tokenProblem is an error of the token endpoint (RFC 6749, section 5.2).
func tokenProblem(status int, code, detail string) *problem {
	return &problem{status: status, code: code, title: "OAuthError", detail: detail, oauth: code}
}

// voice writes one problem the way its caller reads them.
type voice func(w http.ResponseWriter, r *http.Request, p *problem)

// asProblem keeps what a handler meant and hides what it did not: an error of
// any other kind is a fault of the emulator and says no more than that.
func asProblem(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return serverError()
}

// speakV2 answers with the errors array of api.md 2.2.
func (e *Emulator) speakV2(w http.ResponseWriter, _ *http.Request, p *problem) {
	type item struct {
		Status any               `json:"status"` // a number, or a string (Readings.TextStatus)
		Code   string            `json:"code"`
		Title  string            `json:"title"`
		Detail string            `json:"detail"`
		Source map[string]string `json:"source"`
		Meta   map[string]any    `json:"meta"`
	}
	e.limitHeaders(w, p)
	var status any = p.status
	if e.CurrentReadings().TextStatus {
		status = strconv.Itoa(p.status)
	}
	writeJSON(w, p.status, map[string]any{"errors": []item{{
		Status: status, Code: p.code, Title: p.title, Detail: p.detail, Source: p.source,
		Meta: map[string]any{
			"source":       "ZAPIER",
			"full_details": map[string]string{"message": p.detail, "code": p.code},
		},
	}}})
}

// speakV1 answers with plain strings (api.md 2.2).
func (e *Emulator) speakV1(w http.ResponseWriter, _ *http.Request, p *problem) {
	e.limitHeaders(w, p)
	writeJSON(w, p.status, map[string][]string{"errors": {p.detail}})
}

// speakToken answers as RFC 6749, section 5.2 has it; api.md 1.3 documents no other.
func (e *Emulator) speakToken(w http.ResponseWriter, r *http.Request, p *problem) {
	e.limitHeaders(w, p)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	if p.status == http.StatusUnauthorized && r.Header.Get("Authorization") != "" {
		w.Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
	}
	writeJSON(w, p.status, map[string]string{"error": p.tokenCode(), "error_description": p.detail})
}

func (p *problem) tokenCode() string {
	switch {
	case p.oauth != "":
		return p.oauth
	case p.status == http.StatusBadRequest:
		return "invalid_grant"
	case p.status == http.StatusUnauthorized:
		return "invalid_client"
	case p.status >= http.StatusInternalServerError:
		return "server_error"
	}
	return "temporarily_unavailable"
}

// limitHeaders are those api.md 6 documents for 429 and 503; the unit of
// Retry-After is taken to be seconds.
func (e *Emulator) limitHeaders(w http.ResponseWriter, p *problem) {
	if p.retryAfter <= 0 {
		return
	}
	seconds := int((p.retryAfter + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	w.Header().Set("X-RateLimit-Limit", strconv.Itoa(cmp.Or(p.perHour, perHour(DocumentedLimits().PerIP))))
	w.Header().Set("X-RateLimit-Remaining", "0")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(e.now().Add(p.retryAfter).Unix(), 10))
}

// writeJSON encodes before it writes, so that a status is never sent for a body
// that then fails.
func writeJSON(w http.ResponseWriter, status int, body any) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		http.Error(w, "the emulator could not encode its answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // the client may be gone; there is nobody left to tell
}
