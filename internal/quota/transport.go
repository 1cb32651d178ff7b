package quota

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// patience is how long a call waits for room before it is given up: somebody is
// in front of the page.
const patience = 2 * time.Second

// Transport sends what the budget has room for, and tells it what Zapier
// refuses. A call without room ends in a *Busy.
type Transport struct {
	Budget *Budget
	Next   http.RoundTripper
	// RetryAfter reads from the headers of a refusal how long Zapier wants to be left alone; 0 when they do not say.
	RetryAfter func(http.Header) time.Duration
	Logger     *slog.Logger
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasPrefix(r.URL.Path, "/oauth/") {
		return t.Next.RoundTrip(r)
	}
	if err := t.take(r.Context()); err != nil {
		if r.Body != nil {
			_ = r.Body.Close() // as http.RoundTripper demands; nothing was read of it
		}
		return nil, err
	}
	answer, err := t.Next.RoundTrip(r)
	if err == nil && answer.StatusCode == http.StatusTooManyRequests {
		t.close(r.Context(), answer)
	}
	return answer, err
}

// take waits for room, as long as there is hope within its patience.
func (t *Transport) take(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := t.Budget.Take(ctx)
		busy, full := errors.AsType[*Busy](err)
		if !full {
			return err
		}
		if deadline, _ := limited.Deadline(); busy.Wait > time.Until(deadline) {
			return err
		}
		select {
		case <-time.After(busy.Wait):
		case <-limited.Done():
			return err
		}
	}
}

// close tells everybody, even when who asked is gone.
func (t *Transport) close(ctx context.Context, answer *http.Response) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	if err := t.Budget.Pause(ctx, t.RetryAfter(answer.Header)); err != nil {
		t.Logger.WarnContext(ctx, "the other servers could not be told that Zapier refuses calls", "cause", err)
	}
}
