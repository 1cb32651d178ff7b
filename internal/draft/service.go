package draft

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
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
}

// New returns a Service, or says what its configuration lacks.
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

var errTODO = errors.New("draft: not written yet")

func (s *Service) Create(ctx context.Context, user string, d Draft) (Draft, error) { return d, errTODO }
func (s *Service) Get(ctx context.Context, user, id string) (Draft, error)         { return Draft{}, errTODO }
func (s *Service) List(ctx context.Context, user string) ([]Draft, error)          { return nil, errTODO }
func (s *Service) Delete(ctx context.Context, user, id string) error               { return errTODO }
func (s *Service) Change(ctx context.Context, user, id string, revision int, fn func(*Draft) error) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) ReadForm(ctx context.Context, user, id, step string, how Reading) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) ReadOutputs(ctx context.Context, user, id, step string) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) TestStep(ctx context.Context, user, id, step string) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) Publish(ctx context.Context, user, id string, revision int) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) Look(ctx context.Context, user, id string) (Draft, error) { return Draft{}, errTODO }
func (s *Service) PublishAgain(ctx context.Context, user, id string, revision int) (Draft, error) {
	return Draft{}, errTODO
}
func (s *Service) FromZap(ctx context.Context, user string, zap zapier.Zap) (Draft, error) {
	return Draft{}, errTODO
}
