package draft

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// Config is what a Service is made of.
type Config struct {
	Engine store.Engine
	Keys   *store.Keyring
	// Zapier gives the client that speaks for a user.
	Zapier func(user string) *zapier.Client
	// Now is the clock; time.Now if nil. Rand is the source of ids; crypto/rand if nil.
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger
}

// Service keeps drafts and makes Zaps of them. It is safe for concurrent use.
type Service struct {
	drafts *store.Collection[Draft]
	engine store.Engine
	zapier func(user string) *zapier.Client
	now    func() time.Time
	rand   io.Reader
	logger *slog.Logger
	// sending are the requests that go on behind a press.
	sending sync.WaitGroup
}

// NewService returns a Service, or says what its configuration lacks.
func NewService(cfg Config) (*Service, error) {
	if cfg.Engine == nil || cfg.Keys == nil || cfg.Zapier == nil {
		return nil, errors.New("draft: an engine, keys and a client of Zapier are required")
	}
	s := &Service{
		drafts: store.NewCollection[Draft](cfg.Engine, cfg.Keys, "draft"),
		engine: cfg.Engine,
		zapier: cfg.Zapier,
		now:    cfg.Now,
		rand:   cfg.Rand,
		logger: cmp.Or(cfg.Logger, slog.Default()),
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	return s, nil
}

// Create keeps a new draft of the user's and returns it as it is kept. Who brings an id of their own gets the draft that
// has it, if it is there already and no Zap yet.
func (s *Service) Create(ctx context.Context, user string, d Draft) (Draft, error) {
	if d.ID != "" {
		made, err := s.keep(ctx, user, d)
		if !errors.Is(err, store.ErrExists) {
			return made, told(err)
		}
		if made, err = s.Get(ctx, user, d.ID); err == nil && made.Publishing.State == NotPublished {
			return made, nil
		}
	}
	var err error
	if d.ID, err = s.random(); err != nil {
		return Draft{}, err
	}
	made, err := s.keep(ctx, user, d)
	return made, told(err)
}

// keep makes the record of a new draft.
func (s *Service) keep(ctx context.Context, user string, d Draft) (Draft, error) {
	now := s.now()
	d.User, d.Revision, d.CreatedAt, d.UpdatedAt, d.Publishing = user, 0, now, now, Publishing{}
	if err := s.drafts.Create(ctx, d.ID, user, d, d.ExpiresAt()); err != nil {
		return Draft{}, err
	}
	return d, nil
}

// Get returns a draft of the user's.
func (s *Service) Get(ctx context.Context, user, id string) (Draft, error) {
	d, _, err := s.drafts.Get(ctx, id)
	if err == nil && d.User != user {
		return Draft{}, ErrNotFound
	}
	return s.seen(d), told(err)
}

// List returns the user's drafts, the one that was changed last first. Those that became a Zap are left out.
func (s *Service) List(ctx context.Context, user string) ([]Draft, error) {
	drafts, err := s.all(ctx, user)
	return slices.DeleteFunc(drafts, func(d Draft) bool { return d.Publishing.State == Done }), err
}

func (s *Service) all(ctx context.Context, user string) ([]Draft, error) {
	items, err := s.drafts.List(ctx, user)
	if err != nil {
		return nil, told(err)
	}
	drafts := make([]Draft, 0, len(items))
	for _, item := range items {
		drafts = append(drafts, s.seen(item.Value))
	}
	slices.SortStableFunc(drafts, func(a, b Draft) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return drafts, nil
}

// Delete forgets a draft of the user's. The Zap it may have become stays.
func (s *Service) Delete(ctx context.Context, user, id string) error {
	if _, err := s.Get(ctx, user, id); err != nil {
		return err
	}
	_, err := s.drafts.Delete(ctx, id)
	return told(err)
}

// Change lets fn change a draft of the user's if its Revision is still the given one, or any with a negative one. fn
// may run several times; when it returns an error, nothing is changed. ErrStale, with the draft as it is now, when
// somebody was quicker or a Zap is being made of it.
func (s *Service) Change(ctx context.Context, user, id string, revision int, fn func(*Draft) error) (Draft, error) {
	var current Draft
	changed, err := s.modify(ctx, user, id, "", Draft.ExpiresAt, func(d *Draft) error {
		current = *d
		if revision >= 0 && d.Revision != revision || d.Publishing.State != NotPublished {
			return ErrStale
		}
		before, err := json.Marshal(d)
		if err != nil {
			return err
		}
		if err := fn(d); err != nil {
			return err
		}
		if after, err := json.Marshal(d); err == nil && bytes.Equal(before, after) {
			return store.ErrUnchanged // a form that is sent again must not make other tabs stale
		}
		d.Revision++
		d.UpdatedAt, d.Publishing.Refused = s.now(), nil
		return nil
	})
	if errors.Is(err, ErrStale) {
		return s.seen(current), err
	}
	return changed, err
}

// modify changes a draft of the user's as it is stored. Where that becomes too large for the store, choices are let
// go, which can be read again: first those of all steps but one, then all.
func (s *Service) modify(ctx context.Context, user, id, step string, expires func(Draft) time.Time, fn func(*Draft) error) (Draft, error) {
	var item store.Item[Draft]
	var err error
	for _, lost := range []func(Step) bool{
		func(Step) bool { return false },
		func(other Step) bool { return other.ID != step },
		func(Step) bool { return true },
	} {
		item, err = s.drafts.Modify(ctx, id, func(d *Draft) error {
			if d.User != user {
				return ErrNotFound
			}
			if err := fn(d); err != nil {
				return err
			}
			d.forgetChoices(lost)
			return nil
		}, expires)
		if !errors.Is(err, store.ErrTooLarge) {
			break
		}
	}
	return s.seen(item.Value), told(err)
}

func (d *Draft) forgetChoices(of func(Step) bool) {
	for i := range d.Steps {
		if of(d.Steps[i]) {
			d.Steps[i].Choices = nil
		}
	}
}

// told is an error of the store as callers know it.
func told(err error) error {
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return ErrNotFound
	case errors.Is(err, store.ErrTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return err
}

func (s *Service) random() (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", fmt.Errorf("draft: drawing randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// tell wakes those who wait for what becomes of a draft.
func (s *Service) tell(ctx context.Context, id string) {
	if err := s.engine.Publish(ctx, topic(id)); err != nil {
		s.logger.WarnContext(ctx, "draft: those who wait could not be told", "draft", id, "error", err)
	}
}

func topic(id string) string {
	sum := sha256.Sum256([]byte(id))
	return "draft:" + hex.EncodeToString(sum[:])
}
