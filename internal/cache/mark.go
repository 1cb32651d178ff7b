package cache

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// markLife is how long a mark lasts, which is longer than any answer of a user's. One that is lost before is followed by
// another word, so that no answer comes back to life.
const markLife = 24 * time.Hour

// mark has the words that a user's answers are kept under, one for each subject.
type mark struct {
	Words words `json:"words"`
}

type words map[zapier.Subject]string

// owed are users whose mark could not be exchanged. Until it is, nothing is kept for them here.
type owed struct {
	mu    sync.Mutex
	users map[string]bool
}

func (o *owed) set(user string, owes bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.users == nil {
		o.users = map[string]bool{}
	}
	o.users[user] = owes
	if !owes {
		delete(o.users, user)
	}
}

func (o *owed) has(user string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.users[user]
}

// Forget makes the answers about the subjects, all if none is named, that are kept for a user worthless, on all servers
// at once. The answers of calls with the context stay if it is one of zapier.Proving: they are what the change was
// learnt from.
func (t *Transport) Forget(ctx context.Context, user string, subjects ...zapier.Subject) {
	if len(subjects) == 0 {
		subjects = zapier.Subjects()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	now, err := t.exchange(ctx, user, subjects)
	if err != nil {
		t.owed.set(user, true)
		t.trouble(ctx, "forgotten", err)
		return
	}
	for _, p := range provenOf(ctx, user) {
		p.key = key(p.question, now[p.keeping.About])
		t.keep(ctx, p.question, p.answer)
	}
}

// Connected is Forget for a user who has a new Authentication.
func (t *Transport) Connected(ctx context.Context, user string) {
	t.Forget(ctx, user, zapier.AboutAuthentications)
}

// exchange gives the user new words for the subjects, and returns all of theirs.
func (t *Transport) exchange(ctx context.Context, user string, subjects []zapier.Subject) (words, error) {
	fresh, err := t.newWords()
	if err != nil {
		return nil, err
	}
	for {
		changed, err := t.marks.Modify(ctx, user, func(m *mark) error {
			if m.Words = maps.Clone(m.Words); m.Words == nil {
				m.Words = words{}
			}
			for _, subject := range subjects {
				m.Words[subject] = fresh[subject]
			}
			return nil
		}, func(mark) time.Time { return t.now().Add(markLife) })
		switch {
		case errors.Is(err, store.ErrNotFound):
			changed.Value.Words = fresh
			err = t.marks.Create(ctx, user, "", changed.Value, t.now().Add(markLife))
		case errors.Is(err, store.ErrCorrupt):
			if _, err = t.marks.Delete(ctx, user); err == nil {
				continue
			}
		}
		if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict) {
			continue // others were quicker, and nobody knows whether that was before the change
		}
		return changed.Value.Words, err
	}
}

// markOf has the user's words, or new ones if there are none.
func (t *Transport) markOf(ctx context.Context, user string) (words, error) {
	if t.owed.has(user) {
		return t.settle(ctx, user)
	}
	m, _, err := t.marks.Get(ctx, user)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return t.first(ctx, user)
	case errors.Is(err, store.ErrCorrupt):
		return t.exchange(ctx, user, zapier.Subjects())
	}
	return m.Words, err
}

// first gives the user words, unless somebody was quicker: then it is those.
func (t *Transport) first(ctx context.Context, user string) (words, error) {
	fresh, err := t.newWords()
	if err != nil {
		return nil, err
	}
	err = t.marks.Create(ctx, user, "", mark{fresh}, t.now().Add(markLife))
	if errors.Is(err, store.ErrExists) {
		m, _, err := t.marks.Get(ctx, user)
		return m.Words, err
	}
	return fresh, err
}

// settle exchanges what is owed.
func (t *Transport) settle(ctx context.Context, user string) (words, error) {
	fresh, err := t.exchange(ctx, user, zapier.Subjects())
	if err == nil {
		t.owed.set(user, false)
	}
	return fresh, err
}

func (t *Transport) newWords() (words, error) {
	fresh := words{}
	for _, subject := range zapier.Subjects() {
		raw := make([]byte, 12)
		if _, err := io.ReadFull(t.rand, raw); err != nil {
			return nil, fmt.Errorf("cache: drawing randomness: %w", err)
		}
		fresh[subject] = base64.RawURLEncoding.EncodeToString(raw)
	}
	return fresh, nil
}
