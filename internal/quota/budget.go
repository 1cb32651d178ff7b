package quota

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// window is the minute in which Zapier counts, and a little more: a call that
	// was noted early may arrive late.
	window = 61 * time.Second
	// cooldown is how long Zapier answers nobody once a limit was passed (api.md 6).
	cooldown = time.Minute
)

// Limits are how many calls Zapier takes in a minute; 0 is no limit.
type Limits struct {
	// IP is for one address that we call from, Partner for one client id.
	IP, Partner int
}

// Config is what a Budget needs.
type Config struct {
	Engine store.Engine
	Keys   *store.Keyring
	// Client is the partner's client id. All who call with it share one account.
	Client string
	// Address names the address that this process calls from. Processes that
	// share it, or do not know, use the same name.
	Address string
	Limits  Limits
	Now     func() time.Time
}

// Budget is the account of one partner's calls. Its methods may be called from
// many goroutines, and by many processes on one store.
type Budget struct {
	accounts *store.Collection[account]
	client   string
	address  string
	limits   Limits
	now      func() time.Time
}

// New returns the account of c.Client in c.Engine.
func New(c Config) *Budget {
	now := c.Now
	if now == nil {
		now = time.Now
	}
	return &Budget{
		accounts: store.NewCollection[account](c.Engine, c.Keys, "quota"),
		client:   c.Client, address: c.Address, limits: c.Limits, now: now,
	}
}

// account is what was sent within the window, oldest first, and until when
// nothing is.
type account struct {
	Sent   []sent    `json:"sent"`
	Closed time.Time `json:"closed,omitzero"`
}

type sent struct {
	At   time.Time `json:"at"`
	From string    `json:"from"`
}

// Busy says that there is no room for a call now.
type Busy struct {
	// Wait is how long until there may be.
	Wait time.Duration
}

func (b *Busy) Error() string { return "quota: Zapier's limit is used up" }

// RetryIn is Wait, for callers that know no Busy.
func (b *Busy) RetryIn() time.Duration { return b.Wait }

// Take notes a call that is about to be sent. A *Busy when it must not be;
// store.ErrUnavailable when nobody can say.
func (b *Budget) Take(ctx context.Context) error {
	return b.change(ctx, func(a *account) error {
		now := b.now()
		a.forget(now)
		if wait := a.wait(now, b.address, b.limits); wait > 0 {
			return &Busy{wait}
		}
		a.Sent = append(a.Sent, sent{now, b.address})
		return nil
	})
}

// Pause keeps everybody from calling for so long, a minute at least: Zapier
// has refused a call. It never shortens a pause.
func (b *Budget) Pause(ctx context.Context, wait time.Duration) error {
	return b.change(ctx, func(a *account) error {
		until := b.now().Add(max(wait, cooldown))
		if until.After(a.Closed) {
			a.Closed = until
		}
		return nil
	})
}

// forget drops what no longer counts.
func (a *account) forget(now time.Time) {
	a.Sent = slices.DeleteFunc(a.Sent, func(s sent) bool { return now.Sub(s.At) >= window })
}

// wait is how long until a call from the address fits, 0 if it does now.
func (a *account) wait(now time.Time, address string, limits Limits) time.Duration {
	mine := slices.DeleteFunc(slices.Clone(a.Sent), func(s sent) bool { return s.From != address })
	return max(a.Closed.Sub(now), until(now, mine, limits.IP), until(now, a.Sent, limits.Partner))
}

// until is how long the oldest of the calls that are too many still counts.
func until(now time.Time, calls []sent, limit int) time.Duration {
	if limit == 0 || len(calls) < limit {
		return 0
	}
	return calls[len(calls)-limit].At.Add(window).Sub(now)
}

// change makes a change to the account, or to an empty one when there is none.
func (b *Budget) change(ctx context.Context, fn func(*account) error) error {
	lasts := func(a account) time.Time {
		end := b.now().Add(window)
		if a.Closed.After(end) {
			return a.Closed
		}
		return end
	}
	for {
		_, err := b.accounts.Modify(ctx, b.client, fn, lasts)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
			if err := b.begin(ctx, err); err != nil {
				return err
			}
		case errors.Is(err, store.ErrConflict) && ctx.Err() == nil:
			// Others were quicker, again and again. One of them wins each time, so the turn comes.
		default:
			return err
		}
	}
}

// begin puts an empty account where there is none, or one that no key opens.
func (b *Budget) begin(ctx context.Context, why error) error {
	if errors.Is(why, store.ErrCorrupt) {
		if _, err := b.accounts.Delete(ctx, b.client); err != nil {
			return err
		}
	}
	err := b.accounts.Create(ctx, b.client, "", account{}, b.now().Add(window))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("quota: %w", err)
	}
	return nil
}
