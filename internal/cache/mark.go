package cache

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
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

// Forget makes the answers about the subjects, all if none is named, that are kept for a user worthless, on all servers
// at once. The answers of calls with the context stay if it is one of zapier.Proving: they are what the change was
// learnt from. Those from before yet another change do not.
func (t *Transport) Forget(ctx context.Context, user string, subjects ...zapier.Subject) {
	if len(subjects) == 0 {
		subjects = zapier.Subjects()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	old, now, err := t.exchange(ctx, user, subjects)
	if err != nil {
		t.owe(user)
		t.trouble(ctx, "forgotten", err)
		return
	}
	for _, p := range provenOf(ctx, user) {
		if q, holds := p.under(old, now); holds {
			t.keep(ctx, q, p.answer)
		}
	}
}

// Connected is Forget for a user who has a new Authentication.
func (t *Transport) Connected(ctx context.Context, user string) {
	t.Forget(ctx, user, zapier.AboutAuthentications)
}

// exchange gives the user new words for the subjects, and returns all that they had and all that they have.
func (t *Transport) exchange(ctx context.Context, user string, subjects []zapier.Subject) (old, now words, err error) {
	fresh, err := t.newWords()
	if err != nil {
		return nil, nil, err
	}
	for {
		changed, err := t.marks.Modify(ctx, user, func(m *mark) error {
			if old, m.Words = m.Words, maps.Clone(m.Words); m.Words == nil {
				m.Words = words{}
			}
			for _, subject := range subjects {
				m.Words[subject] = fresh[subject]
			}
			return nil
		}, func(mark) time.Time { return t.now().Add(markLife) })
		switch {
		case errors.Is(err, store.ErrNotFound):
			old, changed.Value.Words = nil, fresh
			err = t.marks.Create(ctx, user, "", changed.Value, t.now().Add(markLife))
		case errors.Is(err, store.ErrCorrupt):
			if _, err = t.marks.Delete(ctx, user); err == nil {
				continue
			}
		}
		if errors.Is(err, store.ErrExists) || errors.Is(err, store.ErrConflict) {
			continue // others were quicker, and nobody knows whether that was before the change
		}
		return old, changed.Value.Words, err
	}
}

// markOf has the user's words, or new ones if there are none.
func (t *Transport) markOf(ctx context.Context, user string) (words, error) {
	if t.owed.of(user) != 0 {
		return t.pay(ctx, user)
	}
	m, _, err := t.marks.Get(ctx, user)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return t.first(ctx, user)
	case errors.Is(err, store.ErrCorrupt):
		_, fresh, err := t.exchange(ctx, user, zapier.Subjects())
		return fresh, err
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
