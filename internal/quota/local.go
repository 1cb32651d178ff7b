package quota

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// storePatience is how long a change of the account may take before the store counts as away.
	storePatience = 2 * time.Second
	// storeAgain is how long a store that was away is not asked.
	storeAgain = 3 * time.Second
)

// local is what a process goes by while the store is away: the account as it was last seen, and what the process has
// sent since. That is held against a part of the limits, because the others do the same.
type local struct {
	account account
	away    bool
	// asked is when the store was last asked in vain, and back when it answered again.
	asked, back time.Time
	// tries are how many more there are to tell the others what happened here.
	tries int
}

// asks says whether to ask the store. A clock that was put back does not keep us from it.
func (l *local) asks(now time.Time) bool {
	passed := now.Sub(l.asked)
	return !l.away || passed < 0 || passed >= storeAgain
}

// apart says whether others may not know of all that happened here, or we of what happened there: while the store is
// away, and for one window after it came back, since each server tells the others only when it notices.
func (l *local) apart(now time.Time) bool {
	if l.away || l.back.IsZero() {
		return l.away
	}
	l.back = earlier(l.back, now)
	return now.Sub(l.back) < window
}

// putForward goes along with a clock that was put forward.
func (l *local) putForward(by time.Duration) {
	l.account.putForward(by)
	l.asked = l.asked.Add(by)
	if !l.back.IsZero() {
		l.back = l.back.Add(by)
	}
}

// saw takes over what a store had that could be read and not be changed; what happened apart stays.
func (l *local) saw(now time.Time, shared account) {
	l.tell(now, &shared)
	l.account = shared
}

// tell adds to the account of everybody what happened here and is not there yet, and says whether anything did.
func (l *local) tell(now time.Time, a *account) bool {
	if !l.apart(now) {
		return false
	}
	changed := a.recall(now, l.account.Sent)
	if l.away {
		a.merge(now, l.account)
		a.tidy(now)
		changed = true
	}
	return changed
}

// recall notes again which calls were sent apart. It adds those that are missing, and says whether there were any, or
// any that were answered late.
func (a *account) recall(now time.Time, calls []sent) (changed bool) {
	for _, s := range calls {
		if !s.Apart || now.Sub(s.At) >= window {
			continue
		}
		s.At = earlier(s.At, now)
		i := a.index(s)
		switch {
		case i < 0:
			a.insert(s)
			changed = true
		case s.At.After(a.Sent[i].At):
			a.replace(i, s)
			changed = true
		default:
			a.Sent[i].Apart = true
		}
	}
	return changed
}

// merge adds what another account knows, but for its calls.
func (a *account) merge(now time.Time, other account) {
	a.shut(now, other.Pause.left(now))
	for _, v := range other.Inside {
		if !a.isInside(v.Who) {
			a.Inside = append(a.Inside, v)
		}
	}
	a.Line = mergeTickets(a.Line, other.Line)
	a.Door = slices.DeleteFunc(mergeTickets(a.Door, other.Door), func(t ticket) bool { return a.isInside(t.Who) })
	a.Turns, a.Paces = whole(a.Turns), whole(a.Paces)
	for who, t := range other.Turns {
		if t.At.After(a.Turns[who].At) {
			a.Turns[who] = t
		}
	}
	for name, p := range other.Paces {
		if p = p.at(now); p.Ahead > a.Paces[name].at(now).Ahead {
			a.Paces[name] = p
		}
	}
}

// whole is a map that can be written to.
func whole[T any](m map[string]T) map[string]T {
	if m == nil {
		return map[string]T{}
	}
	return m
}

// mergeTickets has everybody of both lines: as they were seen last, since they came first.
func mergeTickets(line, others []ticket) []ticket {
	for _, t := range others {
		i := find(line, t.Who)
		if i < 0 {
			line = append(line, t)
			continue
		}
		t.Since = earlier(t.Since, line[i].Since)
		if !t.Seen.After(line[i].Seen) {
			t.Seen, t.Due, t.From, t.Away = line[i].Seen, line[i].Due, line[i].From, line[i].Away
		}
		line[i] = t
	}
	return line
}

// withStore is for when the store has answered.
func (b *Budget) withStore(ctx context.Context, shared account) {
	if b.local.away {
		b.logger.InfoContext(ctx, "the store is back: all servers share Zapier's limits again")
		b.local.away, b.local.back = false, b.clock.now()
	}
	b.local.account = shared
}

// withoutStore is for when it has not.
func (b *Budget) withoutStore(ctx context.Context, cause error) {
	if !b.local.away {
		b.logger.WarnContext(ctx, "the store is away: this server keeps to its part of Zapier's limits", "servers", b.replicas, "cause", cause)
	}
	b.local.away, b.local.asked = true, b.clock.now()
}

// tellLater tells the others what happened here as soon as the store is back, though nobody calls any more. It gives up
// a window after the last change: then nothing of it counts any longer.
func (b *Budget) tellLater() {
	running := b.local.tries > 0
	b.local.tries = int(window/storeAgain) + 1
	if running {
		return
	}
	go func() {
		for told := false; !told; {
			<-b.after(storeAgain)
			told = b.tellNow()
		}
	}()
}

// tellNow says whether that is done with.
func (b *Budget) tellNow() bool {
	b.turn <- struct{}{} // whoever holds it waits for the store no longer than storePatience
	defer func() { <-b.turn }()
	b.local.tries--
	if b.local.away && b.local.asks(b.clock.now()) {
		ctx := context.Background()
		err := b.changeShared(ctx, func(*account, time.Time, rules) bool { return false })
		if errors.Is(err, store.ErrUnavailable) {
			b.withoutStore(ctx, err)
		}
	}
	if !b.local.away {
		b.local.tries = 0
	}
	return b.local.tries == 0
}
