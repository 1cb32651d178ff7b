package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/zapembed/zapembed/internal/zapier"
)

// keyOf is where the answer to a question lies.
func (t *Transport) keyOf(ctx context.Context, q question) (string, error) {
	if q.keeping.About == "" {
		return key(q, ""), nil
	}
	words, err := t.markOf(ctx, q.purpose.User)
	if err != nil {
		return "", err
	}
	return key(q, words[q.keeping.About]), nil
}

// key has all that an answer depends on: whose it is, unless it is everybody's, and the question. The token and what
// somebody typed are in it as hashes alone.
func key(q question, word string) string {
	r := q.request
	whose := []string{"everybody"}
	if !q.keeping.Shared {
		whose = []string{"user", q.purpose.User, hashed(r.Header.Get("Authorization")), word}
	}
	parts := append(whose, r.Method, r.URL.String(), r.Header.Get("Accept"), r.Header.Get("Accept-Language"), hashed(string(q.body)))
	for i, part := range parts {
		parts[i] = fmt.Sprintf("%q", part)
	}
	return strings.Join(parts, " ")
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// proven is an answer that something was concluded from, and the question as it was asked.
type proven struct {
	answer
	mu    sync.Mutex
	asked question
}

// under moves the proof from the old word to the new one. It holds no longer if the old one is not its own: then it is
// from before a change that somebody else made.
func (p *proven) under(old, now words) (question, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	about := p.asked.keeping.About
	if p.asked.key != key(p.asked, old[about]) {
		return question{}, false
	}
	p.asked.key = key(p.asked, now[about])
	return p.asked, true
}

// provenOf are those that the context has of a user.
func provenOf(ctx context.Context, user string) []*proven {
	var found []*proven
	for _, one := range zapier.PurposeOf(ctx).Proof.Answers() {
		if p, ours := one.(*proven); ours && p.asked.purpose.User == user && p.asked.keeping.About != "" {
			found = append(found, p)
		}
	}
	return found
}
