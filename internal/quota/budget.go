package quota

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// usualPatience is how long a call waits for room when it does not say: somebody is in front of the page.
const usualPatience = 8 * time.Second

// asidePatience is how long it may take to say that somebody waits no longer.
const asidePatience = 250 * time.Millisecond

// Limits are how many calls Zapier takes in a minute; 0 is no limit. With neither nothing is counted and the store not
// asked: the addresses are used at random, and each process keeps to a Pause that it has heard of itself.
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
	// Addresses are those that this process may call from. Processes that share one, or do not know, use the same name.
	Addresses []string
	Limits    Limits
	// Replicas is among how many processes the limits are divided while the store is away; 1 if less.
	Replicas int
	// Now is the clock of this machine, by which lifetimes in Engine are given; time.Now where it is nil.
	Now func() time.Time
	// Time is the time that all servers on Engine share, by which calls are counted; that of Now where it is nil.
	Time func(context.Context) (time.Time, error)
	// After is time.After where it is nil. It goes by the same clock as Now.
	After  func(time.Duration) <-chan time.Time
	Logger *slog.Logger
	// Watch hears what came of each call that asked for room, and of each person at the door, and how long a call waited.
	Watch func(Outcome, time.Duration)
}

// Outcome is what came of asking.
type Outcome string

// What Config.Watch hears of.
const (
	// Sent: there was room. TurnedAway: there was none in time. SetAside: there was none for a call that nobody waits for.
	Sent, TurnedAway, SetAside Outcome = "sent", "turned-away", "set-aside"
	// LetIn, AtDoor, Refused: somebody began a journey, who had not begun one before; has to wait for it; or would have had
	// to for too long.
	LetIn, AtDoor, Refused Outcome = "let-in", "at-the-door", "refused"
	// Paused: Zapier refused a call.
	Paused Outcome = "paused"
)

// Budget is the account of one partner's calls. Its methods may be called from
// many goroutines, and by many processes on one store.
type Budget struct {
	accounts  *store.Collection[account]
	client    string
	addresses []string
	rules     rules
	replicas  int
	now       func() time.Time
	after     func(time.Duration) <-chan time.Time
	logger    *slog.Logger
	watch     func(Outcome, time.Duration)
	waiting   atomic.Int64
	pollers   pollers

	// turn is held by who changes the account: those who wait in one process would otherwise keep each other from it.
	turn chan struct{}
	// took is when it was taken last, by now.
	took  time.Time
	clock clock
	// forward is by how much the clock was put forward, and the account of everybody not yet.
	forward time.Duration
	local   local
}

// New returns the account of c.Client in c.Engine.
func New(c Config) *Budget {
	b := &Budget{
		accounts: store.NewCollection[account](c.Engine, c.Keys, "quota"),
		client:   c.Client, addresses: c.Addresses, replicas: max(c.Replicas, 1),
		rules: rules{ip: c.Limits.IP, partner: c.Limits.Partner, server: rand.Text()[:6]},
		now:   c.Now, after: c.After, logger: c.Logger, watch: c.Watch,
		turn: make(chan struct{}, 1), pollers: pollers{of: map[string]chan struct{}{}},
	}
	if len(b.addresses) == 0 {
		b.addresses = []string{""}
	}
	if b.now == nil {
		b.now = time.Now
	}
	if b.after == nil {
		b.after = time.After
	}
	if b.watch == nil {
		b.watch = func(Outcome, time.Duration) {}
	}
	b.logger = cmp.Or(b.logger, slog.New(slog.DiscardHandler))
	b.clock = newClock(c.Time, b.now)
	return b
}

// Busy says that there is no room now, for a call or behind the door.
type Busy struct {
	// Wait is how long until there may be.
	Wait time.Duration
	// Place is where the user stands in the line; 0: in none, because nobody is sent for a while, or because it is too long.
	Place int
}

func (b *Busy) Error() string { return "quota: Zapier's limit is used up" }

// RetryIn is Wait, for callers that know no Busy.
func (b *Busy) RetryIn() time.Duration { return b.Wait }

// InLine is Place, for callers that know no Busy.
func (b *Busy) InLine() int { return b.Place }

// Caller is whose call it is.
type Caller struct {
	// User is "" for a call in nobody's name.
	User string
	// Background: nobody waits for it. It is sent when there is room to spare, and never waits.
	Background bool
	// Patience is how long it may wait for room; eight seconds when 0.
	Patience time.Duration
	// Errand is what the call belongs to, a page for example: the calls of one have one place in the line.
	Errand string
}

// Sending is a call that there is room for.
type Sending struct {
	// From is the address to send it from.
	From string
	call sent
	// since is when it was noted, or a moment before, by this machine's clock.
	since time.Time
}

// Take waits for room for a call and notes it as sent; Answered has to follow. A *Busy when there is no room within the
// caller's patience: at once when that is clear, unless another call of the user's waits for longer. The user's place in
// the line is kept for half a minute.
func (b *Budget) Take(ctx context.Context, c Caller) (Sending, error) {
	q := question{who: nameOf(c.User), errand: c.Errand, from: b.addresses, background: c.Background}
	patience := cmp.Or(c.Patience, usualPatience)
	asks := false
	defer func() {
		if asks {
			b.pollers.end(q.who)
		}
	}()
	began, slept := b.now(), time.Duration(0)
	got := answer{wait: time.Second}
	for {
		waited := max(slept, b.now().Sub(began)) // the clock may stand still, or be put back
		q.patience = patience - waited
		since, err := b.ask(ctx, q, &got)
		switch {
		case err != nil:
			return Sending{}, b.stopped(ctx, err, c, q, got, waited)
		case got.wait == 0:
			b.watch(Sent, waited)
			return Sending{got.call.From, got.call, since}, nil
		case got.hopeless:
			return Sending{}, b.turnAway(c, got, waited)
		}
		nap, err := b.nap(ctx, q.who, &asks, got.wait, q.patience)
		if err != nil {
			return Sending{}, b.stopped(ctx, err, c, q, got, waited)
		}
		slept, q.again = slept+nap, got.place > 0 // nobody stands in line while nobody calls
	}
}

// Answered says that a call has its answer, or never will. One that took long is counted as sent now.
func (b *Budget) Answered(ctx context.Context, s Sending) error {
	if b.now().Sub(s.since) < prompt {
		return nil
	}
	return b.change(context.WithoutCancel(ctx), func(a *account, now time.Time, r rules) bool { return a.late(now, s.call, r) })
}

// ask leaves got as it was when nobody answers. since is when the answer began to be sought.
func (b *Budget) ask(ctx context.Context, q question, got *answer) (since time.Time, err error) {
	var last answer
	err = b.change(ctx, func(a *account, now time.Time, r rules) bool {
		last, since = a.ask(now, q, r), b.took
		return last.changed
	})
	if err == nil {
		*got = last
	}
	return since, err
}

// stopped is for a call whose caller waits no longer: nothing was sent. Others need not wait for it either, and the caller,
// if there is one, is told how long it would have been.
func (b *Budget) stopped(ctx context.Context, err error, c Caller, q question, got answer, waited time.Duration) error {
	gone := !errors.Is(err, context.DeadlineExceeded)
	aside, cancel := context.WithTimeout(context.WithoutCancel(ctx), asidePatience)
	defer cancel()
	_ = b.change(aside, func(a *account, now time.Time, r rules) bool { // nothing depends on it
		last, stands := a.stepAside(now, q, gone, r)
		if stands {
			got = last
		}
		return stands
	})
	if gone {
		return err
	}
	return b.turnAway(c, got, waited)
}

func (b *Budget) turnAway(c Caller, got answer, waited time.Duration) error {
	outcome := TurnedAway
	if c.Background {
		outcome = SetAside
	}
	b.watch(outcome, waited)
	return &Busy{got.wait, got.place}
}

// Waiting is how many calls of this process wait for room.
func (b *Budget) Waiting() int { return int(b.waiting.Load()) }

// Pause keeps everybody from calling for so long, a minute at least: Zapier
// has refused a call. It never shortens a pause. That the caller has gone does
// not end it.
func (b *Budget) Pause(ctx context.Context, wait time.Duration) error {
	wait = max(wait, cooldown)
	b.watch(Paused, 0)
	b.logger.WarnContext(ctx, "Zapier says that its limit was passed: nobody calls it for a while", "seconds", int(wait.Seconds()))
	return b.change(context.WithoutCancel(ctx), func(a *account, now time.Time, _ rules) bool {
		a.shut(now, wait)
		return true
	})
}

// Enter lets a user begin a journey of about nine calls, or answers with a *Busy: who waits for their turn has a place, and
// asks again within half a minute of when they were told to keep it; who has none would wait for more than five minutes. Who is in may enter again
// for ten minutes. Trouble of ours keeps nobody out.
func (b *Budget) Enter(ctx context.Context, user string) error {
	var busy Busy
	var changed bool
	err := b.change(ctx, func(a *account, now time.Time, r rules) bool {
		if !b.local.away {
			r = b.rules // who is inside is known to all
		}
		busy.Wait, busy.Place, changed = a.enter(now, nameOf(user), len(b.addresses), r)
		return changed
	})
	switch {
	case err != nil:
		if ctx.Err() == nil {
			b.logger.ErrorContext(ctx, "the door stands open", "cause", err)
		}
		return nil
	case busy.Wait == 0:
		if changed {
			b.watch(LetIn, 0)
		}
		return nil
	case busy.Place == 0:
		b.watch(Refused, 0)
	default:
		b.watch(AtDoor, 0)
	}
	return &busy
}

// Leave ends a user's journey, or their waiting at the door, so that others come sooner.
func (b *Budget) Leave(ctx context.Context, user string) {
	err := b.change(ctx, func(a *account, _ time.Time, _ rules) bool { return a.leave(nameOf(user)) })
	if err != nil && ctx.Err() == nil {
		b.logger.WarnContext(ctx, "somebody left and is still counted", "cause", err)
	}
}

// nameOf is what the account calls a user.
func nameOf(user string) string {
	if user == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(user))
	return hex.EncodeToString(sum[:6])
}

// change makes a change to the account of everybody, or to our own while the store is away or nothing is counted; fn says
// whether there was one.
func (b *Budget) change(ctx context.Context, fn func(a *account, now time.Time, r rules) bool) error {
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	b.took = b.now()
	if !b.rules.none() && b.local.asks(b.clock.now()) {
		err := b.changeShared(ctx, fn)
		if !errors.Is(err, store.ErrUnavailable) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.withoutStore(ctx, err)
	}
	now := b.clock.now()
	b.local.account.tidy(now)
	if fn(&b.local.account, now, b.rulesAt(now)) && !b.rules.none() {
		b.tellLater()
	}
	return nil
}

// rulesAt are a part of the limits, while others may not know what we do.
func (b *Budget) rulesAt(now time.Time) rules {
	if b.local.apart(now) {
		return b.rules.apartFrom(b.replicas)
	}
	return b.rules
}

// changeShared is change in the store. What was sent while it was away is added.
func (b *Budget) changeShared(ctx context.Context, fn func(a *account, now time.Time, r rules) bool) error {
	ctx, cancel := context.WithTimeout(ctx, storePatience)
	defer cancel()
	var seen *account
	item, err := b.modify(ctx, func(a *account) error {
		now, err := b.catchUp(ctx, a)
		if err != nil {
			return err
		}
		known := a.clone()
		seen = &known
		told := b.local.tell(now, a)
		if !fn(a, now, b.rulesAt(now)) && !told && b.forward == 0 {
			return store.ErrUnchanged
		}
		return nil
	})
	switch {
	case err == nil:
		b.forward = 0
		b.withStore(ctx, item.Value)
	case seen != nil:
		b.local.saw(b.clock.now(), *seen)
	}
	return err
}

// catchUp is what time it is for everybody. Where the clock was put forward, so is what happened before: nothing seems to
// be longer ago than it is. Who notices that after others have, or was asleep and thinks so, changes nothing any more.
func (b *Budget) catchUp(ctx context.Context, a *account) (now time.Time, err error) {
	known := b.clock.known
	now, forward, err := b.clock.learn(ctx)
	if err != nil {
		return now, err
	}
	if known { // otherwise it is this machine that was behind, and nobody else went by that
		b.forward += forward
	}
	b.local.putForward(forward)
	a.putForward(min(b.forward, a.sinceNoted(now)))
	a.tidy(now)
	a.Noted = now
	return now, nil
}

// modify changes the record, and makes it when there is none.
func (b *Budget) modify(ctx context.Context, fn func(*account) error) (store.Item[account], error) {
	for {
		item, err := b.accounts.Modify(ctx, b.client, fn, b.lasts)
		switch {
		case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
			if err := b.begin(ctx, err); err != nil {
				return item, err
			}
		case errors.Is(err, store.ErrConflict) && ctx.Err() == nil:
			// Others were quicker, again and again. One of them wins each time, so the turn comes.
		default:
			return item, err
		}
	}
}

// lasts is until when an account is worth keeping, by the clock of this machine.
func (b *Budget) lasts(a account) time.Time { return b.now().Add(a.lasts(b.clock.now())) }

// begin puts an account where there is none, or one that no key opens: with what we know, in case the store has lost it.
func (b *Budget) begin(ctx context.Context, why error) error {
	if errors.Is(why, store.ErrCorrupt) {
		if _, err := b.accounts.Delete(ctx, b.client); err != nil {
			return err
		}
	}
	known := b.local.account
	err := b.accounts.Create(ctx, b.client, "", known, b.lasts(known))
	if err != nil && !errors.Is(err, store.ErrExists) {
		return fmt.Errorf("quota: %w", err)
	}
	return nil
}
