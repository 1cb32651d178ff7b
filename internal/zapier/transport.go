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

// unsent is why nothing of a request left.
type unsent struct{ error }

func (u *unsent) Unwrap() error { return u.error }

// Unsent reports whether the error of a transport says for certain that nothing of a request left.
func Unsent(err error) bool {
	_, _, full := NoRoom(err)
	_, rests := errors.AsType[*resting](err)
	_, before := errors.AsType[*unsent](err)
	return full || rests || before
}

// NoRoom reports whether an error comes from who keeps calls under Zapier's limits (package quota): nothing was sent. It
// says how long it is until there may be room, and the place in the line, which is 0 where there is none.
func NoRoom(err error) (wait time.Duration, place int, ok bool) {
	full, ok := errors.AsType[interface {
		error
		RetryIn() time.Duration
	}](err)
	if !ok {
		return 0, 0, false
	}
	if line, stands := full.(interface{ InLine() int }); stands {
		place = line.InLine()
	}
	return full.RetryIn(), place, true
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
	if wait, place, full := NoRoom(err); full {
		return &Error{Kind: RateLimited, Op: op, RetryAfter: wait, Place: place, cause: &noAnswer{"no room under Zapier's limits", err}}
	}
	if rests, ok := errors.AsType[*resting](err); ok {
		return &Error{Kind: Resting, Op: op, RetryAfter: rests.wait, cause: &noAnswer{"nothing is sent for a moment", err}}
	}
	kind, words := whyNoAnswer(err)
	return &Error{Kind: kind, Op: op, cause: &noAnswer{words, err}}
}

// whyNoAnswer finds the kind, and says it in fixed words. What is not known for certain to have happened before the
// request left counts as cut off, since that is the kind after which nobody may assume that nothing was done.
func whyNoAnswer(err error) (Kind, string) {
	before, neverSent := errors.AsType[*unsent](err)
	if neverSent {
		err = before.error
	}
	var name *net.DNSError
	var network *net.OpError
	isNetwork := errors.As(err, &network)
	switch {
	case errors.As(err, &name):
		return Unreachable, "the name was not found"
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unreachable, "the connection was refused"
	case isNetwork && network.Op == "dial":
		return Unreachable, "no connection"
	case withoutTLS(err):
		return Unreachable, "no TLS connection"
	case neverSent:
		return Unreachable, "no connection"
	case timedOut(err):
		return TimedOut, "no answer in time"
	case cutOff(err):
		return CutOff, "the connection was cut off"
	case isNetwork && alerted(network):
		return CutOff, "the TLS connection was given up"
	case isNetwork:
		return CutOff, "the network failed"
	default:
		return CutOff, "a broken answer"
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

// withoutTLS reports whether the two ends did not come to terms: a certificate, or plain HTTP. An alert is none of
// this: it may come at any time.
func withoutTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) || errors.Is(err, http.ErrSchemeMismatch) {
		return true
	}
	_, first := err.(tls.RecordHeaderError) // a later one comes in the wrapping of a broken connection
	return first
}

// alerted reports whether one end of a TLS connection gave it up.
func alerted(network *net.OpError) bool {
	return network.Op == "remote error" || network.Op == "local error"
}
