package cache

import (
	"maps"
	"sync"
	"time"
)

// busy are the users for whose calls there was no room, and when. Somebody whose page loads again and again until it is
// whole must not begin anew each time.
type busy struct {
	mu    sync.Mutex
	users map[string]time.Time
}

func (b *busy) note(user string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.users == nil {
		b.users = map[string]time.Time{}
	}
	maps.DeleteFunc(b.users, func(_ string, at time.Time) bool { return now.Sub(at) > afterBusy })
	b.users[user] = now
}

func (b *busy) lately(user string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, noted := b.users[user]
	return noted && now.Sub(at) <= afterBusy
}
