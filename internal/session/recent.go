package session

import (
	"sync"
	"time"
)

const (
	// recentLife is how long an access token is used without asking the store for it again.
	recentLife = time.Second
	// recentMost bounds how many are kept.
	recentMost = 1000
)

// recent keeps the access tokens that were read from the store in the last
// second, so that a person's next calls ask the store for their session alone.
//
// It opens no door. A token is only asked for once the session was read, and
// that is read from the store with each request: whoever signed out, here, at
// another replica or by an operator, is refused there. What may happen is that
// another replica renewed the token or stored that of a new sign-in less than a
// second ago. Then the old one is of the same person still; if Zapier does not
// take it any more it says 401, and Renew asks the store. What this process
// itself changes is forgotten at once.
type recent struct {
	mu     sync.Mutex
	tokens map[string]recentToken
	// changes counts the calls of forget: what was read before the last one is
	// not worth keeping.
	changes int
}

type recentToken struct {
	access string
	read   time.Time
}

// get returns the user's access token if it was read just now, and otherwise
// "" and the mark that keep wants of whoever reads the store now.
func (r *recent) get(userID string, now time.Time) (access string, mark int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if token, ok := r.tokens[userID]; ok && now.Sub(token.read).Abs() < recentLife {
		return token.access, r.changes
	}
	return "", r.changes
}

// keep remembers a token that was read after the mark was taken.
func (r *recent) keep(userID, access string, now time.Time, mark int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if mark != r.changes {
		return
	}
	if r.tokens == nil || len(r.tokens) >= recentMost {
		r.tokens = make(map[string]recentToken)
	}
	r.tokens[userID] = recentToken{access, now}
}

// forget is to be called after the user's grant was changed. It returns the mark
// that keep wants.
func (r *recent) forget(userID string) (mark int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changes++
	delete(r.tokens, userID)
	return r.changes
}
