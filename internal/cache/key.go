package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

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

// proven is an answer that something was concluded from.
type proven struct {
	question
	answer
}

// provenOf are those that the context has of a user.
func provenOf(ctx context.Context, user string) []proven {
	var found []proven
	for _, one := range zapier.PurposeOf(ctx).Proof.Answers() {
		if p, ours := one.(proven); ours && p.purpose.User == user && p.keeping.About != "" {
			found = append(found, p)
		}
	}
	return found
}
