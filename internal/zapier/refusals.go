package zapier

import (
	"sync"
	"time"
)

// refusalLasts is how long the client id is not tried again where Zapier refused it. It may have been for one App of many,
// and meanwhile everybody asks for themselves.
const refusalLasts = time.Minute

// refusals are the calls that Zapier refused the client id for, and answered with a token: by their paths, since it may be
// good for others.
type refusals struct {
	mu    sync.Mutex
	paths map[string]time.Time
}

func newRefusals() *refusals { return &refusals{paths: map[string]time.Time{}} }

func (r *refusals) note(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.paths[path] = time.Now()
}

func (r *refusals) lately(path string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, noted := r.paths[path]
	return noted && time.Since(at) < refusalLasts
}
