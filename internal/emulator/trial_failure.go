package emulator

import (
	"errors"
	"fmt"
	"net"
	"net/http"
)

// failure is a trial that went wrong, as the popup tells it: the simplified
// message, the raw exchange, and a row of the table of common errors (api.md 5).
type failure struct {
	message, cause, advice, details string
	// refused is true when the third party found the credentials wrong.
	refused bool
	// final is true when trying again later is of no use (api.md 5, "Lifetime").
	final bool
}

// failed finds the row of the table of common errors that an exchange belongs to.
func (t *trial) failed(x *exchange) *failure {
	f := t.commonError(x)
	answer := x.response
	if answer == "" {
		answer = "No answer."
	}
	f.details = t.censored(x.request + "\n\n" + answer)
	f.final = finalRefusal(x.status)
	return &f
}

func (t *trial) commonError(x *exchange) failure {
	status := fmt.Sprintf("%d %s", x.status, http.StatusText(x.status))
	switch {
	case errors.Is(x.err, errNotJSON):
		return failure{
			message: "Error Parsing Response: " + t.app.Title + " did not answer with JSON.",
			cause:   "The answer has another form than JSON, such as an HTML page. Often the test URL is wrong.",
			advice:  "Correct the URL. If it is right, the answer has to be parsed in code mode.",
		}
	case x.err != nil && x.status == 0:
		return t.noAnswer(x.err)
	case x.status == http.StatusNotFound:
		return failure{
			message: "Authentication failed: " + status + ".",
			cause:   "The URL or the method of the test is wrong.",
			advice:  "Check the URL and the method, which is usually GET, save, and test again.",
		}
	case x.status == http.StatusUnauthorized || x.status == http.StatusForbidden:
		return failure{
			message: "Authentication failed: " + t.app.Title + " did not accept these credentials (" + status + ").",
			cause:   "The credentials are wrong, have expired, or were revoked.",
			advice:  "Connect again with an active account, and test again.",
			refused: true,
		}
	case x.status >= http.StatusBadRequest && x.status < http.StatusInternalServerError:
		return failure{
			message: "Authentication failed: " + status + ".",
			cause:   "The client id or client secret is wrong or has expired, or the request is malformed, typically in the token exchange.",
			advice:  "Read the whole error in the details, then check the headers, URL parameters and body of every part of the authentication.",
		}
	}
	return failure{
		message: "Authentication failed: " + status + ".",
		cause:   t.app.Title + " failed without saying why.",
		advice:  "Check the URL, parameters, headers and body of the request.",
	}
}

// noAnswer tells a third party that took too long from one that hung up.
func (t *trial) noAnswer(err error) failure {
	message := "Authentication failed: " + t.app.Title + " closed the connection without an answer."
	var slow net.Error
	if errors.As(err, &slow) && slow.Timeout() {
		message = "Authentication failed: Task timed out. The app did not respond in-time. It may or may not have completed successfully."
	}
	return failure{
		message: message,
		cause:   fmt.Sprintf("%s did not answer within %s, or a bad request got no error code.", t.app.Title, t.client.Timeout),
		advice:  "Check which URL did not answer, and whether the provider has an outage. Use a small endpoint such as /me, with pages or filters.",
	}
}

// finalRefusal is a 4xx but those that may pass by themselves: since 2025-09-08 it
// makes the Authentication stale when a refresh ends in it (api.md 5, "Lifetime").
func finalRefusal(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusConflict, http.StatusLocked, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return status >= http.StatusBadRequest && status < http.StatusInternalServerError
}
