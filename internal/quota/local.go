package quota

import (
	"context"
	"slices"
	"time"
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
	// asked is when the store was last asked in vain.
	asked time.Time
}

// asks says whether to ask the store. A clock that was put back does not keep us from it.
func (l *local) asks(now time.Time) bool {
	passed := now.Sub(l.asked)
	return !l.away || passed < 0 || passed >= storeAgain
}

// saw takes over what the store had; what was sent apart stays.
func (l *local) saw(shared account) {
	shared.Sent = slices.Clone(shared.Sent)
	for _, s := range l.account.Sent {
		if s.Apart {
			shared.insert(s)
		}
	}
	l.account = shared
}

// known is the account without what was sent apart, which is added later.
func (l *local) known() account {
	known := l.account.clone()
	known.Sent = slices.DeleteFunc(known.Sent, func(s sent) bool { return s.Apart })
	return known
}

// add adds to the account of everybody what happened here while the store was away, and says whether anything did.
func (a *account) add(now time.Time, l local) bool {
	if !l.away {
		return false
	}
	for _, s := range l.account.Sent {
		if s.Apart {
			s.At, s.Apart = earlier(s.At, now), false
			a.insert(s)
		}
	}
	for _, v := range l.account.Inside {
		if !slices.ContainsFunc(a.Inside, func(other visit) bool { return other.Who == v.Who }) {
			a.Inside = append(a.Inside, v)
		}
	}
	a.shut(now, l.account.Pause.left(now))
	a.tidy(now)
	return true
}

// withStore is for when the store has answered.
func (b *Budget) withStore(ctx context.Context, shared account) {
	if b.local.away {
		b.logger.InfoContext(ctx, "the store is back: all servers share Zapier's limits again")
	}
	b.local = local{account: shared}
}

// withoutStore is for when it has not.
func (b *Budget) withoutStore(ctx context.Context, cause error) {
	if !b.local.away {
		b.logger.WarnContext(ctx, "the store is away: this server keeps to its part of Zapier's limits", "servers", b.replicas, "cause", cause)
	}
	b.local.away, b.local.asked = true, b.now()
}
