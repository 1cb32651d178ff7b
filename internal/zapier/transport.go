package zapier

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// noAnswer is why there was no whole answer. What the standard library says of it may quote an answer's
// status line or headers, or name addresses, so that the text has words of ours alone.
type noAnswer struct {
	words string
	cause error
}

func (n *noAnswer) Error() string { return n.words }

// Unwrap gives what the standard library said: for errors.Is and errors.As, not for logs.
func (n *noAnswer) Unwrap() error { return n.cause }

// fullQuota is what a transport says that keeps calls under Zapier's limits (package quota), and sent nothing.
type fullQuota interface {
	error
	// RetryIn is how long until there may be room.
	RetryIn() time.Duration
}

// transportError is for calls without a whole answer. A caller that went away gets its own
// context's error back, so that it is not mistaken for Zapier's fault.
func transportError(ctx context.Context, op string, err error) error {
	if ctxErr := ctx.Err(); errors.Is(ctxErr, context.Canceled) {
		return ctxErr
	}
	var withURL *url.Error
	if errors.As(err, &withURL) {
		err = withURL.Err
	}
	if full, ok := errors.AsType[fullQuota](err); ok {
		return &Error{Kind: RateLimited, Op: op, RetryAfter: full.RetryIn(), cause: &noAnswer{"no room under Zapier's limits", err}}
	}
	kind := Unavailable
	if timedOut(err) {
		kind = TimedOut
	}
	return &Error{Kind: kind, Op: op, cause: &noAnswer{whyNoAnswer(err), err}}
}

// whyNoAnswer says it in fixed words.
func whyNoAnswer(err error) string {
	var name *net.DNSError
	var network *net.OpError
	switch {
	case timedOut(err):
		return "no answer in time"
	case errors.As(err, &name):
		return "the name was not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	case withoutTLS(err):
		return "no TLS connection"
	case cutOff(err):
		return "the connection was cut off"
	case errors.As(err, &network):
		return "the network failed"
	default:
		return "a broken answer"
	}
}

func timedOut(err error) bool {
	var network net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &network) && network.Timeout())
}

func cutOff(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// Unclear reports whether what a call asked for may have been done although the call failed. Where there was no
// connection, it was not.
func Unclear(err error) bool {
	var name *net.DNSError
	if errors.Is(err, syscall.ECONNREFUSED) || errors.As(err, &name) {
		return false
	}
	kind, _ := KindOf(err)
	return kind == TimedOut || kind == Unavailable || kind == Unreadable || kind == TooLarge
}

// withoutTLS reports whether the two ends did not come to terms: a certificate, an alert, or plain HTTP.
func withoutTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var network *net.OpError
	alert := errors.As(err, &network) && (network.Op == "remote error" || network.Op == "local error")
	return alert || errors.As(err, &certificate) || errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)
}
