package session

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// Registry is the operator's view of all sessions. It reads the whole
// store, and so is for commands and not for requests.
type Registry struct {
	engine   store.Engine
	holdings holdings
}

// Listed is one live session.
type Listed struct {
	// User is who is signed in; the zero User when nobody is.
	User User
	// Created is when the person signed in or, for nobody, when the session was
	// made; Expires is when it ends if it is not used any more.
	Created, Expires time.Time
}

// NewRegistry returns the sessions in engine that keys open.
func NewRegistry(engine store.Engine, keys *store.Keyring) *Registry {
	return &Registry{engine: engine, holdings: newHoldings(engine, keys)}
}

// List returns all live sessions, in no order. Those that no key opens are not
// among them: nobody can use them.
func (g *Registry) List(ctx context.Context) ([]Listed, error) {
	var all []Listed
	err := g.holdings.sessions.Walk(ctx, func(item store.Item[State]) error {
		one := Listed{Created: item.Value.Created, Expires: item.Expires}
		if item.Value.User != nil {
			one.User = *item.Value.User
		}
		all = append(all, one)
		return nil
	})
	return all, err
}

// Revoke ends all sessions and the grant of the user with this id, or of the
// users with this e-mail address, and says how many sessions there were. After
// an error, try again. A person can sign in again afterwards, or at the same
// moment; taking that away is Zapier's to do.
func (g *Registry) Revoke(ctx context.Context, who string) (int, error) {
	users, err := g.users(ctx, who)
	if err != nil {
		return 0, err
	}
	total := 0
	for user := range users {
		ended, err := g.holdings.endAll(ctx, user)
		total += ended
		if err != nil {
			return total, err
		}
		if err := g.holdings.dropUnused(ctx, user, ""); err != nil {
			return total, err
		}
	}
	return total, nil
}

// users are the ids that who may mean. It is taken for an id itself as well: a
// grant or a handover may be there without a session.
func (g *Registry) users(ctx context.Context, who string) (map[string]bool, error) {
	if who == "" {
		return nil, errors.New("session: whose sessions? Give an id or an e-mail address")
	}
	users := map[string]bool{who: true}
	sessions, err := g.List(ctx)
	for _, one := range sessions {
		if one.User.ID != "" && strings.EqualFold(one.User.Email, who) {
			users[one.User.ID] = true
		}
	}
	return users, err
}

// RevokeAll ends every session, the anonymous ones and those that no key opens
// included, with every grant and every sign-in under way, and says how many
// sessions there were.
func (g *Registry) RevokeAll(ctx context.Context) (int, error) {
	total := 0
	for _, kind := range []string{pendingKind, handoverKind, sessionKind, grantKind} {
		ended, err := g.empty(ctx, kind)
		if kind == sessionKind {
			total = ended
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// empty deletes the records of a kind. The keys are gathered first: an engine
// need not allow changes during a walk.
func (g *Registry) empty(ctx context.Context, kind string) (int, error) {
	var keys []string
	err := g.engine.Walk(ctx, kind, func(r store.Record) error {
		keys = append(keys, r.Key)
		return nil
	})
	ended := 0
	for _, key := range keys {
		if err != nil {
			break
		}
		var was bool
		if was, err = g.engine.Delete(ctx, key); was {
			ended++
		}
	}
	return ended, err
}
