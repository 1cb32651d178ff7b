package zapier

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// try is one sending of a request, and what http.Transport tells of it.
type try struct {
	request *http.Request
	began   time.Time
	trace   httptrace.ClientTrace
	// asked: a connection was asked for. A transport that never says so tells nothing else either.
	asked atomic.Bool
	// wrote is when the request was on its way, in nanoseconds after began; 0: it was not.
	wrote atomic.Int64
}

func newTry(r *http.Request) *try {
	t := &try{request: r, began: time.Now()}
	t.trace.GetConn, t.trace.WroteHeaders = t.ask, t.write
	return t
}

func (t *try) ask(string) { t.asked.Store(true) }

func (t *try) write() { t.wrote.Store(max(int64(time.Since(t.began)), 1)) }

// sent is the request as it is to be sent. Over HTTP/1 http.Transport sends a GET again by itself, as often as it finds
// connections that Zapier has closed; nobody counts those. It does not where there is a body that it cannot have twice,
// and this one leaves no mark on what is sent. HTTP/2 needs none of it, and would announce one.
func (t *try) sent(overHTTP1 bool) *http.Request {
	sent := t.request.WithContext(httptrace.WithClientTrace(t.request.Context(), &t.trace))
	if overHTTP1 && sent.Method == http.MethodGet && (sent.Body == nil || sent.Body == http.NoBody) {
		sent.Body, sent.GetBody = nothing{}, nil
	}
	return sent
}

// unsent reports whether it is certain that nothing of the request left.
func (t *try) unsent() bool { return t.asked.Load() && t.wrote.Load() == 0 }

// waited is how long Zapier has had the request. Time in line for room under the limits, or for a connection, is none of
// Zapier's.
func (t *try) waited() time.Duration {
	if t.unsent() {
		return 0
	}
	return time.Since(t.began) - time.Duration(t.wrote.Load())
}

// nothing is the body of a request without one.
type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, io.EOF }

func (nothing) Close() error { return nil }
