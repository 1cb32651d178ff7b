package connect

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// Errors of the service. Engine trouble (store.ErrUnavailable) and *zapier.Error pass through.
var (
	// ErrNotFound: no such attempt, or not this owner's, or the token does not fit: the three look alike from outside.
	ErrNotFound = errors.New("connect: no such attempt")
	// ErrSettled: the attempt has ended; it is returned beside the error.
	ErrSettled = errors.New("connect: the attempt has ended")
	// ErrNeedsNone: the App works without an Authentication.
	ErrNeedsNone = errors.New("connect: the app needs no authentication")
)

// Lister reads all Authentications a user has for an App; *zapier.Client is one.
type Lister interface {
	ListAuthentications(ctx context.Context, app string) ([]zapier.Authentication, error)
}

// Config is what a Service is made of.
type Config struct {
	Engine store.Engine
	Keys   *store.Keyring
	// Zapier gives the reader that speaks for a user.
	Zapier func(user string) Lister
	// Forget, if not nil, is called when a user has a new Authentication, before anybody hears of it: what is kept of
	// Zapier's answers to them is of the past, but for those of calls with the context (see zapier.Proving).
	Forget func(ctx context.Context, user string)
	// Origins are where a connect link may lead, each "scheme://host[:port]".
	Origins []string
	// Now is the clock; time.Now if nil. Rand is the source of ids; crypto/rand if nil.
	Now    func() time.Time
	Rand   io.Reader
	Logger *slog.Logger
}

// Service makes, follows and settles attempts. It is safe for concurrent use.
type Service struct {
	attempts  *store.Collection[Attempt]
	additions *store.Collection[addition]
	engine    store.Engine
	looks     *looks
	zapier    func(user string) Lister
	forget    func(ctx context.Context, user string)
	origins   []string
	now       func() time.Time
	rand      io.Reader
	logger    *slog.Logger
}

// New returns a Service, or says what its configuration lacks.
func New(cfg Config) (*Service, error) {
	if cfg.Engine == nil || cfg.Keys == nil || cfg.Zapier == nil || len(cfg.Origins) == 0 {
		return nil, errors.New("connect: an engine, keys, a reader of Zapier and the origins of connect links are required")
	}
	s := &Service{
		attempts:  store.NewCollection[Attempt](cfg.Engine, cfg.Keys, "attempt"),
		additions: store.NewCollection[addition](cfg.Engine, cfg.Keys, "addition"),
		engine:    cfg.Engine,
		looks:     newLooks(cfg.Zapier),
		zapier:    cfg.Zapier,
		forget:    cfg.Forget,
		origins:   cfg.Origins,
		now:       cfg.Now,
		rand:      cfg.Rand,
		logger:    cmp.Or(cfg.Logger, slog.Default()),
	}
	if s.forget == nil {
		s.forget = func(context.Context, string) {}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	return s, nil
}

// Begin returns the owner's running attempt for the App, so that a second click, tab or reload meets
// the same one, or mints the first. ErrNeedsNone if the App has no connect link.
func (s *Service) Begin(ctx context.Context, owner Owner, app App) (Attempt, error) {
	running, err := s.running(ctx, owner, app.ID)
	if err != nil {
		return Attempt{}, err
	}
	if len(running) > 0 {
		return running[0], nil
	}
	return s.mint(ctx, owner, app, nil)
}

// Restart puts a fresh attempt in the place of the running one for the App, unless a last look shows
// that this one has been connected meanwhile: then it is returned.
func (s *Service) Restart(ctx context.Context, owner Owner, app App) (Attempt, error) {
	running, err := s.running(ctx, owner, app.ID)
	if err != nil {
		return Attempt{}, err
	}
	for _, attempt := range running {
		if looked, err := s.Check(ctx, owner, attempt.ID, Evidence{Kind: Load}); err == nil && looked.State == Connected {
			return looked, nil
		}
	}
	fresh, err := s.mint(ctx, owner, app, running)
	if err != nil {
		return Attempt{}, err
	}
	return fresh, s.supersede(ctx, running)
}

// mint makes an attempt that takes the place of the replaced ones, the most advanced first.
func (s *Service) mint(ctx context.Context, owner Owner, app App, replaced []Attempt) (Attempt, error) {
	if app.ConnectURL == "" {
		return Attempt{}, ErrNeedsNone
	}
	id, err := s.random(16)
	if err != nil {
		return Attempt{}, err
	}
	token, err := s.random(32)
	if err != nil {
		return Attempt{}, err
	}
	now := s.now()
	attempt := Attempt{
		ID: id, Owner: owner, App: app, Token: token,
		State: Minted, CreatedAt: now,
	}
	if len(replaced) > 0 && (replaced[0].State == Opened || replaced[0].Inherited) {
		attempt.Baseline, attempt.Inherited = replaced[0].Baseline, true
	}
	if err := s.attempts.Create(ctx, id, group(owner), attempt, now.Add(keep)); err != nil {
		return Attempt{}, err
	}
	return attempt, nil
}

func (s *Service) supersede(ctx context.Context, attempts []Attempt) error {
	for _, attempt := range attempts {
		if _, err := s.end(ctx, attempt.ID, Superseded, Newer); err != nil {
			return err
		}
	}
	return nil
}

// Get returns the owner's attempt. One that is overdue gets a last look first, so that a late
// success still lands; if that look fails, the attempt is returned as it stands.
func (s *Service) Get(ctx context.Context, owner Owner, id string) (Attempt, error) {
	attempt, err := s.owned(ctx, owner, id)
	if err != nil || !s.overdue(attempt) {
		return attempt, err
	}
	if looked, err := s.Check(ctx, owner, id, Evidence{Kind: Load}); err == nil {
		return looked, nil
	}
	return attempt, nil
}

// List returns the owner's attempts that can still be read, oldest first.
func (s *Service) List(ctx context.Context, owner Owner) ([]Attempt, error) {
	items, err := s.attempts.List(ctx, group(owner))
	if err != nil {
		return nil, err
	}
	attempts := make([]Attempt, 0, len(items))
	for _, item := range items {
		attempts = append(attempts, item.Value)
	}
	slices.SortFunc(attempts, func(a, b Attempt) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return attempts, nil
}

// Watch returns a channel that tells when any of the owner's attempts changed, until ctx ends.
func (s *Service) Watch(ctx context.Context, owner Owner) (<-chan struct{}, error) {
	return s.engine.Subscribe(ctx, topic(owner))
}

// Cancel ends the attempt because the person said so. One that has ended stays as it is.
func (s *Service) Cancel(ctx context.Context, owner Owner, id string) (Attempt, error) {
	if attempt, err := s.owned(ctx, owner, id); err != nil {
		return attempt, err
	}
	return s.end(ctx, id, Cancelled, ByPerson)
}

// CancelAll ends the owner's running attempts when the session ends.
func (s *Service) CancelAll(ctx context.Context, owner Owner) error {
	attempts, err := s.List(ctx, owner)
	if err != nil {
		return err
	}
	for _, attempt := range attempts {
		if _, err := s.end(ctx, attempt.ID, Cancelled, SignedOut); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) closeUnstarted(ctx context.Context, id string) (Attempt, error) {
	return s.change(ctx, id, func(a *Attempt) {
		if a.State == Minted {
			a.settle(s.now(), Cancelled, ClosedBeforeStart)
		}
	})
}

func (s *Service) end(ctx context.Context, id string, state State, reason Reason) (Attempt, error) {
	return s.change(ctx, id, func(a *Attempt) { a.settle(s.now(), state, reason) })
}

func (a *Attempt) settle(now time.Time, state State, reason Reason) {
	a.State, a.Reason, a.SettledAt = state, reason, now
}

// change applies fn to the stored attempt unless that has settled, which happens once, and tells the
// owner's open tabs. It returns the attempt as stored afterwards.
func (s *Service) change(ctx context.Context, id string, fn func(*Attempt)) (Attempt, error) {
	unchanged := false
	changed, err := s.attempts.Modify(ctx, id, func(a *Attempt) error {
		before := *a
		if !a.Settled() {
			fn(a)
		}
		if unchanged = reflect.DeepEqual(before, *a); unchanged {
			return store.ErrUnchanged
		}
		return nil
	}, nil)
	switch {
	case errors.Is(err, store.ErrNotFound), errors.Is(err, store.ErrCorrupt):
		return Attempt{}, ErrNotFound
	case err != nil || unchanged:
		return changed.Value, err
	}
	if err := s.engine.Publish(ctx, topic(changed.Value.Owner)); err != nil {
		s.logger.WarnContext(ctx, "connect: open tabs could not be told", "attempt", id, "error", err)
	}
	return changed.Value, nil
}

// running returns the owner's attempts for the App that have not ended, the most advanced and newest first.
func (s *Service) running(ctx context.Context, owner Owner, app string) ([]Attempt, error) {
	attempts, err := s.List(ctx, owner)
	if err != nil {
		return nil, err
	}
	attempts = slices.DeleteFunc(attempts, func(a Attempt) bool {
		return a.App.ID != app || a.Settled() || (a.State == Minted && s.overdue(a))
	})
	slices.SortFunc(attempts, func(a, b Attempt) int {
		return cmp.Or(b.OpenedAt.Compare(a.OpenedAt), b.CreatedAt.Compare(a.CreatedAt))
	})
	return attempts, nil
}

func (s *Service) owned(ctx context.Context, owner Owner, id string) (Attempt, error) {
	attempt, err := s.load(ctx, id)
	if err == nil && attempt.Owner != owner {
		return Attempt{}, ErrNotFound
	}
	return attempt, err
}

func (s *Service) load(ctx context.Context, id string) (Attempt, error) {
	attempt, _, err := s.attempts.Get(ctx, id)
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt) {
		return Attempt{}, ErrNotFound
	}
	return attempt, err
}

func (s *Service) overdue(a Attempt) bool {
	return !a.Settled() && !s.now().Before(a.ExpiresAt())
}

func (s *Service) random(bytes int) (string, error) {
	raw := make([]byte, bytes)
	if _, err := io.ReadFull(s.rand, raw); err != nil {
		return "", fmt.Errorf("connect: drawing randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

func namesOf(list []zapier.Authentication) []Candidate {
	var names []Candidate
	for _, authentication := range list {
		names = append(names, Candidate{ID: string(authentication.ID), Title: authentication.Title})
	}
	return names
}

func group(owner Owner) string { return owner.Browser + "/" + owner.User }

func topic(owner Owner) string {
	sum := sha256.Sum256([]byte(group(owner)))
	return "attempts:" + hex.EncodeToString(sum[:])
}
