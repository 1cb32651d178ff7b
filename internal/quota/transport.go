package quota

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Transport sends what the budget has room for, and tells it what Zapier
// refuses. A call without room ends in a *Busy.
type Transport struct {
	Budget *Budget
	// Next is the way from one of the budget's addresses.
	Next func(address string) http.RoundTripper
	// Caller says whose call has the context.
	Caller func(context.Context) Caller
	// RetryAfter reads from the headers of a refusal how long Zapier wants to be left alone; 0 when they do not say.
	RetryAfter func(http.Header) time.Duration
	Logger     *slog.Logger
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	sending, err := t.Budget.Take(r.Context(), t.Caller(r.Context()))
	if err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as http.RoundTripper demands; nothing was read of it
		}
		return nil, err
	}
	answer, err := t.Next(sending.From).RoundTrip(r)
	t.tell(r.Context(), sending, answer)
	return answer, err
}

// tell tells everybody how it went, even when who asked is gone. There is no answer where the call failed.
func (t *Transport) tell(ctx context.Context, sending Sending, answer *http.Response) {
	if answer != nil && answer.StatusCode == http.StatusTooManyRequests {
		if err := t.Budget.Pause(ctx, t.RetryAfter(answer.Header)); err != nil {
			t.Logger.WarnContext(ctx, "the other servers could not be told that Zapier refuses calls", "cause", err)
		}
	}
	if err := t.Budget.Answered(ctx, sending); err != nil {
		t.Logger.WarnContext(ctx, "the other servers could not be told that a call took long", "cause", err)
	}
}
