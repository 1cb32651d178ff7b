package quota

import (
	"context"
	"time"
)

// Room is how long somebody would be told to wait whose call came now and had so much patience, and 0 where it would be
// sent. Nothing is sent, and nobody stands in line: it is for who could not come back once they have begun.
func (b *Budget) Room(ctx context.Context, patience time.Duration) time.Duration {
	var got answer
	err := b.change(ctx, func(a *account, now time.Time, r rules) bool {
		tried := a.clone()
		got = tried.ask(now, question{from: b.addresses, patience: patience}, r)
		return false
	})
	if err != nil || !got.hopeless { // trouble of ours keeps nobody out
		return 0
	}
	return got.wait
}
