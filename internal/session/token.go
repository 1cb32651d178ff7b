package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

const (
	// leaseTTL is how long a replica that died may hold up a refresh. It is
	// longer than a token call, which therefore never outlives its lease (L1).
	leaseTTL = 15 * time.Second
	// flightLimit bounds a refresh with all its waiting: a lease that has to
	// run out, then a refresh of one's own.
	flightLimit = 2 * leaseTTL
	// saveLimit bounds the writes after a token call. They are worth waiting
	// for: a rotated token that is not saved costs the user a sign-in.
	saveLimit = 5 * time.Second
	// saveEvery is the pause between tries to save.
	saveEvery = 100 * time.Millisecond
	// lookEvery is how often a waiter looks whether another process is done;
	// within one process it is told.
	lookEvery = 200 * time.Millisecond
	// postponement is how long a failed early refresh rests while the old
	// token is good.
	postponement = time.Minute
)

// errReplaced says that the grant is another one than the one we refreshed.
var errReplaced = errors.New("session: the grant was replaced")

// Token returns an access token of the user that is good now, refreshed if it
// is time. However many ask, in however many replicas, the refresh token is
// spent once. ErrGrantEnded when there is no grant (any more);
// ErrTokenUnavailable when there is one but Zapier gives no token at the
// moment; store.ErrUnavailable.
func (m *Manager) Token(ctx context.Context, userID string) (string, error) {
	return m.token(ctx, userID, "")
}

// Renew is Token after Zapier answered 401 to the token rejected. Unless the
// stored one is another already, it refreshes. Call it once per request.
func (m *Manager) Renew(ctx context.Context, userID, rejected string) (string, error) {
	return m.token(ctx, userID, rejected)
}

// Scopes returns what the user allowed us at Zapier: what the token endpoint
// said at sign-in or since, else what was asked for. ErrGrantEnded when there
// is no grant (any more); store.ErrUnavailable.
func (m *Manager) Scopes(ctx context.Context, userID string) ([]string, error) {
	g, err := m.grant(ctx, userID)
	if err != nil {
		return nil, err
	}
	if len(g.Scopes) == 0 { // of a grant that was made before they were kept
		return slices.Clone(m.oauth.Scopes), nil
	}
	return g.Scopes, nil
}

func (m *Manager) token(ctx context.Context, userID, rejected string) (string, error) {
	g, err := m.grant(ctx, userID)
	if err != nil {
		return "", err
	}
	if g.fresh(m.now(), rejected) {
		return g.Access, nil
	}
	select {
	case got := <-m.fly(ctx, userID, rejected):
		return got.token, got.err
	case <-ctx.Done():
	}
	if g.usable(m.now(), rejected) {
		return g.Access, nil
	}
	return "", fmt.Errorf("%w: %w", ErrTokenUnavailable, ctx.Err())
}

func (m *Manager) grant(ctx context.Context, userID string) (grant, error) {
	g, _, err := m.grants.Get(ctx, userID)
	if absent(err) {
		return grant{}, ErrGrantEnded
	}
	return g, err
}

type outcome struct {
	token string
	err   error
}

// fly joins the refresh of this process, or starts it. It goes on when the
// request that started it is over: once the refresh token is spent the answer
// has to be saved, whoever still waits for it (L3).
func (m *Manager) fly(ctx context.Context, userID, rejected string) <-chan outcome {
	landed := make(chan outcome, 1)
	detached := context.WithoutCancel(ctx)
	m.running.Go(func() {
		got, err, _ := m.flights.Do(userID+"\x00"+rejected, func() (any, error) {
			ctx, cancel := context.WithTimeout(detached, flightLimit)
			defer cancel()
			return m.refresh(ctx, userID, rejected)
		})
		token, _ := got.(string)
		landed <- outcome{token, err}
	})
	return landed
}

// refresh takes the user's lease and refreshes, or waits for who has it. While
// the old token is good nobody waits.
func (m *Manager) refresh(ctx context.Context, userID, rejected string) (string, error) {
	name := grantName(userID)
	owner, err := randomID(m.random)
	if err != nil {
		return "", err
	}
	saved, err := m.engine.Subscribe(ctx, name)
	if err != nil {
		return "", err
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		held, leaseErr := m.engine.Acquire(ctx, name, owner, leaseTTL)
		if held {
			return m.refreshHolding(ctx, userID, rejected, owner)
		}
		g, err := m.grant(ctx, userID)
		if err != nil {
			return "", err
		}
		if g.usable(m.now(), rejected) {
			return g.Access, nil
		}
		if leaseErr != nil {
			return "", leaseErr // never refresh without the lease: that is how grants are lost (L7)
		}
		select {
		case <-saved:
		case <-look.C:
		case <-ctx.Done():
			return "", fmt.Errorf("%w: %w", ErrTokenUnavailable, ctx.Err())
		}
	}
}

// grantName is the lease and the topic of a user's grant (L6).
func grantName(userID string) string {
	sum := sha256.Sum256([]byte(userID))
	return "grant:" + hex.EncodeToString(sum[:])
}

func (m *Manager) refreshHolding(ctx context.Context, userID, rejected, owner string) (string, error) {
	defer m.release(ctx, userID, owner)
	holding, cancel := context.WithTimeout(ctx, leaseTTL-time.Second)
	defer cancel()
	g, err := m.grant(holding, userID)
	if err != nil {
		return "", err
	}
	if g.fresh(m.now(), rejected) {
		return g.Access, nil // somebody was quicker
	}
	if g.Refresh == "" {
		return m.refused(ctx, userID, rejected, g)
	}
	token, err := m.redeemRefresh(holding, g.Refresh)
	if err != nil {
		return m.notRefreshed(ctx, userID, rejected, g, faultOf(err))
	}
	next, err := newGrant(token, g.Scopes, m.now(), m.random)
	if err != nil {
		return "", err
	}
	return m.save(ctx, userID, rejected, g.Refresh, next)
}

// release gives the lease back and wakes who waits for it.
func (m *Manager) release(ctx context.Context, userID, owner string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	name := grantName(userID)
	err := errors.Join(m.engine.Release(ctx, name, owner), m.engine.Publish(ctx, name))
	if err != nil {
		m.log.Warn("a lease was not released and runs out by itself", "cause", err)
	}
}

// save stores the new grant if the old one is still there. Whoever signed out
// meanwhile stays signed out, and a newer sign-in is not overwritten.
func (m *Manager) save(ctx context.Context, userID, rejected, spent string, next grant) (string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	pause := time.NewTicker(saveEvery)
	defer pause.Stop()
	for {
		err := m.swap(ctx, userID, spent, next, nil)
		switch {
		case err == nil:
			return next.Access, nil
		case absent(err):
			return "", ErrGrantEnded
		case errors.Is(err, errReplaced):
			return m.replaced(ctx, userID, rejected)
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			m.log.Error("a refreshed grant could not be saved: the user will have to sign in again", "cause", err)
			return next.Access, nil
		}
	}
}

// swap replaces the grant whose refresh token is spent, and no other.
func (m *Manager) swap(ctx context.Context, userID, spent string, next grant, expires func(grant) time.Time) error {
	_, err := m.grants.Modify(ctx, userID, func(g *grant) error {
		if g.Refresh != spent {
			return errReplaced
		}
		*g = next
		return nil
	}, expires)
	return err
}

// replaced answers from a grant that somebody else has stored.
func (m *Manager) replaced(ctx context.Context, userID, rejected string) (string, error) {
	g, err := m.grant(ctx, userID)
	if err != nil {
		return "", err
	}
	if !g.usable(m.now(), rejected) {
		return "", ErrTokenUnavailable
	}
	return g.Access, nil
}

// notRefreshed decides what a failed token call means. Only a refused refresh
// token ends anything; for all else the grant stays, and the old access token
// serves while it lasts (L4, L5, R-11).
func (m *Manager) notRefreshed(ctx context.Context, userID, rejected string, g grant, f fault) (string, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if f == faultGrant {
		return m.refused(ctx, userID, rejected, g)
	}
	m.log.Warn("a grant was not refreshed and is kept", "fault", string(f))
	if !g.usable(m.now(), rejected) {
		return "", ErrTokenUnavailable
	}
	later := g
	later.RefreshAt = m.now().Add(postponement)
	if err := m.swap(ctx, userID, g.Refresh, later, nil); err != nil {
		m.log.Warn("a refresh was not postponed", "cause", err)
	}
	return g.Access, nil
}

// refused ends the grant and the user's sessions, unless another refresh or
// sign-in has put a new grant in its place: then that one counts (L8).
func (m *Manager) refused(ctx context.Context, userID, rejected string, g grant) (string, error) {
	ended := func(grant) time.Time { return m.now() }
	err := m.swap(ctx, userID, g.Refresh, grant{}, ended)
	if errors.Is(err, errReplaced) {
		return m.replaced(ctx, userID, rejected)
	}
	if err != nil && !absent(err) {
		return "", err
	}
	m.log.Info("a grant was ended by Zapier; its user has to sign in again")
	if _, err := m.sessions.records.DeleteGroup(ctx, userID); err != nil {
		return "", err
	}
	return "", ErrGrantEnded
}

// dropUnused removes the user's grant if no session of theirs is left. The
// sessions are counted after the grant is read and before it is written back:
// a sign-in in between has changed the grant, and it stays.
func (m *Manager) dropUnused(ctx context.Context, userID string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, err := m.grants.Modify(ctx, userID, func(g *grant) error {
		left, err := m.sessions.records.List(ctx, userID)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			return store.ErrUnchanged
		}
		*g = grant{}
		return nil
	}, func(grant) time.Time { return m.now() })
	if err != nil && !absent(err) {
		m.log.Warn("a grant that no session uses stays until it expires", "cause", err)
	}
}

// afterwards is a context for what has to be finished even though the request,
// or the time for the call before, is over (L3).
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
}
