package cache

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// payAgain is the time between two tries to pay what is owed.
	payAgain = 3 * time.Second
	// payTries are how many there are: together they take longer than any answer of a user's is kept.
	payTries = int(20 * time.Minute / payAgain)
)

// owed are the users whose mark could not be exchanged. Until it is, nothing is kept for them here.
type owed struct {
	mu sync.Mutex
	// debts have numbers, and a user's is the number of their last one: who pays one may not know of the next.
	debts map[string]int
	last  int
	// tries are how many more there are.
	tries int
}

// add reports whether it is the first debt, so that somebody has to begin to pay.
func (o *owed) add(user string) (first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.debts == nil {
		o.debts = map[string]int{}
	}
	first = o.tries == 0
	o.last++
	o.debts[user], o.tries = o.last, payTries
	return first
}

// of is the number of a user's debt, 0 if there is none.
func (o *owed) of(user string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.debts[user]
}

// paid is for a debt that was there before it was paid.
func (o *owed) paid(user string, debt int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.debts[user] == debt {
		delete(o.debts, user)
	}
}

// left are those who owe something, in one more try to pay. After the last nobody does: the answers are too old by then.
func (o *owed) left() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.tries--; o.tries == 0 {
		clear(o.debts)
	}
	if len(o.debts) == 0 {
		o.tries = 0
	}
	return slices.Collect(maps.Keys(o.debts))
}

// owe is for a mark that could not be exchanged.
func (t *Transport) owe(user string) {
	if t.owed.add(user) {
		go t.payLater()
	}
}

// payLater pays what is owed as soon as the store is back, though nobody asks anything here: the other servers do not know
// of the change before.
func (t *Transport) payLater() {
	<-t.after(payAgain)
	for users := t.owed.left(); len(users) > 0; users = t.owed.left() {
		t.payAll(users)
		<-t.after(payAgain)
	}
}

// payAll ends with the first that cannot be paid, since the store is away for all.
func (t *Transport) payAll(users []string) {
	for _, user := range users {
		ctx, cancel := context.WithTimeout(context.Background(), storeTimeout)
		_, err := t.pay(ctx, user)
		cancel()
		if err != nil {
			return
		}
	}
}

// pay exchanges what is owed.
func (t *Transport) pay(ctx context.Context, user string) (words, error) {
	debt := t.owed.of(user)
	_, fresh, err := t.exchange(ctx, user, zapier.Subjects())
	if err == nil {
		t.owed.paid(user, debt)
	}
	return fresh, err
}
