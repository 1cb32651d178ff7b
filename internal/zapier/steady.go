package zapier

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sony/gobreaker/v2"
)

// AnswerTimeout is how long Zapier has until its answer begins: it gives up on others after as long itself (api.md 5).
// It is for http.Transport.ResponseHeaderTimeout, so that no waiting on our side counts.
const AnswerTimeout = 30 * time.Second

const (
	// maxTries is how often a GET is sent, and firstWait how long it is until the second try, more or less.
	maxTries  = 3
	firstWait = 100 * time.Millisecond
	// longestPause is the longest Retry-After that is waited for; lastTry how long after the first a try may begin:
	// somebody is in front of the page.
	longestPause = time.Second
	lastTry      = 5 * time.Second

	// longestRun is how many failures in a row are too many, if they are spread over runLasts: what is over sooner is
	// bridged by the tries.
	longestRun = 5
	runLasts   = 2 * time.Second
	// runForgotten is how often a run begins anew where hardly anybody calls.
	runForgotten = 10 * time.Minute
	// restLasts is how long nothing is sent then, until one call shows whether Zapier is well again.
	restLasts = 10 * time.Second
	// slow is how long a caller has waited whose own time ran out over a Zapier that was too slow, and not over his haste.
	slow = 5 * time.Second
)

// SteadyConfig is what NewSteady needs. Its clock is not the program's: only how much time has passed counts here, which
// nobody sets.
type SteadyConfig struct {
	Next http.RoundTripper
	// Disconnect closes the connections that are idle. It is called when one was cut off: then the others may be as dead,
	// and the next try would only meet one of them. Nil: they stay.
	Disconnect func()
	// Changed hears when calls begin to rest, and when they rest no longer. It must return at once. Nil: nobody hears.
	Changed func(resting bool)
	// Rest is how long calls rest; 0: 10 s.
	Rest time.Duration
	// Waits gives the waits between the tries of one call; nil: about 100 and 200 ms, at random.
	Waits func() backoff.BackOff
	// After is time.After; nil: that.
	After func(time.Duration) <-chan time.Time
}

// steady sends GETs again, and nothing at all while Zapier is sick.
type steady struct {
	next       http.RoundTripper
	disconnect func()
	rest       time.Duration
	waits      func() backoff.BackOff
	after      func(time.Duration) <-chan time.Time
	circuit    *gobreaker.TwoStepCircuitBreaker[any]
	// began is when the run of failures did; the circuit's lock guards it.
	began time.Time
	until atomic.Pointer[time.Time]
	// overHTTP1: the last answer came so.
	overHTTP1 atomic.Bool
}

// NewSteady returns a transport that bridges Zapier's short failures and spares everybody the long ones.
//
// A GET that found no connection, lost it before the answer, or was answered with 502, 503 or 504, is sent up to twice
// more within half a second; one answered with 500 once more, since Zapier says no more of it than "A server error
// occurred" (api.md 2.2). None is sent again that nobody waits for any more (WhileWanted). Everything else may have effects
// or a reason, and is never sent again: other methods, even where they only read, refusals (4xx, 429), calls that our own
// limits kept back, and those that took AnswerTimeout. Next sees each of these tries: http.Transport, which would add its
// own, is kept from it, and sends again only that of which nothing has left.
//
// After a run of failures calls end at once in an *Error of Kind Resting; after a while one goes through and decides.
// A failure is a connection that did not come about or broke, in the middle of a body too, a 5xx, and no answer in
// time, which begins when the request is on its way. What a POST asks for may be the reason for a 500 or for too long a
// wait, so these say nothing: one person with a sick App must not keep all others from Zapier.
func NewSteady(config SteadyConfig) http.RoundTripper {
	s := &steady{next: config.Next, disconnect: config.Disconnect, rest: config.Rest, waits: config.Waits, after: config.After}
	if s.disconnect == nil {
		s.disconnect = func() {}
	}
	if s.rest == 0 {
		s.rest = restLasts
	}
	if s.waits == nil {
		s.waits = newWaits
	}
	if s.after == nil {
		s.after = time.After
	}
	s.circuit = gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		Timeout:     s.rest,
		Interval:    runForgotten,
		ReadyToTrip: s.tooLong,
		IsExcluded:  func(err error) bool { return errors.Is(err, errNoSign) },
		OnStateChange: func(_ string, _, now gobreaker.State) {
			until := time.Now().Add(s.rest)
			s.until.Store(&until)
			if config.Changed != nil && now != gobreaker.StateHalfOpen {
				config.Changed(now == gobreaker.StateOpen)
			}
		},
	})
	return s
}

func newWaits() backoff.BackOff {
	waits := backoff.NewExponentialBackOff()
	waits.InitialInterval, waits.Multiplier = firstWait, 2
	return waits
}

// What a call tells the circuit besides that all is well.
var (
	errFailed = errors.New("zapier: a failure of Zapier")
	errNoSign = errors.New("zapier: no sign of how Zapier is")
)

// tooLong is asked after each failure, under the circuit's lock.
func (s *steady) tooLong(counts gobreaker.Counts) bool {
	if counts.ConsecutiveFailures == 1 {
		s.began = time.Now()
	}
	return counts.ConsecutiveFailures >= longestRun && time.Since(s.began) >= runLasts
}

// resting is the error of a call that was not sent.
type resting struct{ wait time.Duration }

func (*resting) Error() string { return "zapier: calls rest after many failures" }

// RoundTrip implements http.RoundTripper.
func (s *steady) RoundTrip(r *http.Request) (*http.Response, error) {
	if PurposeOf(r.Context()).Before {
		return nil, &unsent{ErrNoneBefore}
	}
	if r.Method != http.MethodGet {
		return s.once(r)
	}
	began := time.Now()
	var waits backoff.BackOff
	for try := 1; ; try++ {
		answer, err := s.once(r)
		if try == maxTries || !worthAgain(r, try, answer, err) {
			return answer, err
		}
		if waits == nil {
			waits = s.waits()
		}
		wait := max(waits.NextBackOff(), askedFor(answer))
		if !s.mayWait(r, began, wait) {
			return answer, err
		}
		discard(answer)
		select {
		case <-s.after(wait):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
}

// worthAgain reports whether the same GET may well succeed in a moment.
func worthAgain(r *http.Request, try int, answer *http.Response, err error) bool {
	if err != nil {
		kind, zapiers := kindOfTry(r, nil, err)
		return zapiers && (kind == Unreachable || kind == CutOff)
	}
	switch answer.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusInternalServerError:
		return try == 1
	}
	return false
}

// askedFor is how long Zapier wants to be left alone.
func askedFor(answer *http.Response) time.Duration {
	if answer == nil {
		return 0
	}
	return RetryAfter(answer.Header)
}

// mayWait reports whether there is time for another try, somebody to answer it, and somebody who wants it: they are asked
// last, and so only where there will be another.
func (s *steady) mayWait(r *http.Request, began time.Time, wait time.Duration) bool {
	next := time.Now().Add(wait)
	deadline, limited := r.Context().Deadline()
	return wait >= 0 && wait <= longestPause && next.Sub(began) < lastTry && (!limited || next.Before(deadline)) &&
		s.circuit.State() != gobreaker.StateOpen && wanted(r)
}

func wanted(r *http.Request) bool {
	wanted := PurposeOf(r.Context()).Wanted
	return wanted == nil || wanted()
}

// discard lets the connection serve again.
func discard(answer *http.Response) {
	if answer != nil {
		_, _ = io.CopyN(io.Discard, answer.Body, maxErrorBody)
		_ = answer.Body.Close() // nothing more is wanted of it
	}
}

// once sends the request unless calls rest, and tells the circuit what came of it: at the end of the answer, or at its
// beginning where everybody waits for the verdict.
func (s *steady) once(r *http.Request) (*http.Response, error) {
	tell, err := s.circuit.Allow()
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as http.RoundTripper demands; nothing was read of it
		}
		return nil, &resting{wait: max(time.Until(*s.until.Load()), time.Second)}
	}
	probe := s.circuit.State() == gobreaker.StateHalfOpen
	sign := errNoSign // as long as nothing came of it: after a panic too
	defer func() {
		if sign != nil || probe {
			tell(sign)
		}
	}()
	t := newTry(r)
	answer, err := s.next.RoundTrip(t.sent(s.overHTTP1.Load()))
	if err != nil && t.unsent() {
		err = &unsent{err}
	}
	if sign = t.sign(answer, err); err != nil {
		if kind, zapiers := kindOfTry(r, nil, err); zapiers && kind == CutOff {
			s.disconnect()
		}
		return nil, err
	}
	s.overHTTP1.Store(answer.ProtoMajor == 1)
	if sign == nil && !probe {
		answer.Body = &watched{answer.Body, t, tell}
	}
	return answer, nil
}

// sign is what the try says about Zapier: nil, errFailed or errNoSign.
func (t *try) sign(answer *http.Response, err error) error {
	kind, zapiers := kindOfTry(t.request, answer, err)
	reads := t.request.Method == http.MethodGet
	hasty := err != nil && kind == TimedOut && t.waited() < slow
	switch {
	case !zapiers, hasty, !reads && (kind == Broken || kind == TimedOut):
		return errNoSign
	case kind == "":
		return nil
	default:
		return errFailed
	}
}

// kindOfTry is the kind of a failure, "" when Zapier answered below 500. It is not Zapier's when the caller left or
// nothing was sent.
func kindOfTry(r *http.Request, answer *http.Response, err error) (_ Kind, zapiers bool) {
	if err == nil {
		if answer.StatusCode < http.StatusInternalServerError {
			return "", true
		}
		return kindOfStatus(answer.StatusCode), true
	}
	_, unsent := errors.AsType[*resting](err)
	_, _, full := NoRoom(err)
	switch {
	case unsent, full, errors.Is(r.Context().Err(), context.Canceled):
		return "", false
	case r.Context().Err() != nil:
		return TimedOut, true
	}
	kind, _ := whyNoAnswer(err)
	return kind, true
}

// watched is the body of an answer that began well.
type watched struct {
	io.ReadCloser
	try  *try
	tell func(error)
}

func (w *watched) Read(into []byte) (int, error) {
	n, err := w.ReadCloser.Read(into)
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		w.end(nil)
	default:
		w.end(w.try.sign(nil, err))
	}
	return n, err
}

// Close without an error before is well: the reader has seen enough.
func (w *watched) Close() error {
	w.end(nil)
	return w.ReadCloser.Close()
}

func (w *watched) end(sign error) {
	if w.tell != nil {
		w.tell(sign)
		w.tell = nil
	}
}
