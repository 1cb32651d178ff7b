package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/store"
)

// The limits of a refresh, and where in its time they end (L1):
//
//	claim, call   14 s   spendLimit; the call alone after 10 s (callLimit)
//	lease         15 s   longer than both, so the token is not spent without it
//	save          19 s   5 s (saveLimit) from the answer on, without the lease if it has to be
//	mark          25 s   longer than all of them, and 6 s to spare for clocks that differ
//	flight        44 s   the mark of somebody who died, then claim, call and save of one's own
const (
	leaseTTL = 15 * time.Second
	// spendLimit bounds what is done under the lease: read, claim and call.
	spendLimit = leaseTTL - time.Second
	// saveLimit bounds the writes after a token call. They are worth waiting
	// for: a rotated token that is not saved costs the user a sign-in.
	saveLimit = 5 * time.Second
	// clockSkew is how far apart the clocks of two replicas may be.
	clockSkew = 6 * time.Second
	// markLife is how long a grant counts as being spent, and so how long a
	// replica that died holds up a refresh.
	markLife = spendLimit + saveLimit + clockSkew
	// flightLimit bounds a refresh with all its waiting.
	flightLimit = markLife + spendLimit + saveLimit
	// saveEvery is the pause between tries to save.
	saveEvery = 100 * time.Millisecond
	// lookEvery is how often a waiter looks whether another process is done;
	// within one process it is told.
	lookEvery = 200 * time.Millisecond
	// postponement is how long a failed early refresh rests while the old
	// token is good.
	postponement = time.Minute
)

var (
	// errReplaced says that the grant is another one than the one we refreshed.
	errReplaced = errors.New("session: the grant was replaced")
	// errBeingSpent says that somebody else is trading the refresh token.
	errBeingSpent = errors.New("session: the grant is being refreshed")
)

// Token returns an access token of the user that is good now, refreshed if it
// is time. However many ask, in however many replicas, the refresh token is
// spent once. ErrGrantEnded when there is no grant (any more);
// ErrTokenUnavailable when there is one but Zapier gives no token at the
// moment; store.ErrUnavailable.
func (m *Manager) Token(ctx context.Context, userID string) (string, error) {
	access, mark := m.holdings.recent.get(userID, m.now())
	if access != "" {
		return access, nil
	}
	return m.token(ctx, userID, "", mark)
}

// Renew is Token after Zapier answered 401 to the token rejected. Unless the
// stored one is another already, it refreshes. Call it once per request.
func (m *Manager) Renew(ctx context.Context, userID, rejected string) (string, error) {
	return m.token(ctx, userID, rejected, m.holdings.recent.forget(userID))
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

// token asks the store. mark is for who comes next: see recent.
func (m *Manager) token(ctx context.Context, userID, rejected string, mark int) (string, error) {
	g, err := m.grant(ctx, userID)
	if err != nil {
		return "", err
	}
	if g.fresh(m.now(), rejected) {
		m.holdings.recent.keep(userID, g.Access, m.now(), mark)
		return g.Access, nil
	}
	var got outcome
	select {
	case got = <-m.fly(ctx, userID, rejected):
		if !errors.Is(got.err, store.ErrUnavailable) {
			return got.token, got.err
		}
	case <-ctx.Done():
		got.err = fmt.Errorf("%w: %w", ErrTokenUnavailable, ctx.Err())
	}
	if g.usable(m.now(), rejected) {
		return g.Access, nil // it serves while it lasts, whatever keeps us from another
	}
	return "", got.err
}

func (m *Manager) grant(ctx context.Context, userID string) (grant, error) {
	g, _, err := m.holdings.grants.Get(ctx, userID)
	if errors.Is(err, store.ErrCorrupt) {
		audit.Log(ctx, m.log, audit.GrantUnreadable, "user", audit.User(userID))
	}
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
		held, leaseErr := m.acquire(ctx, userID, owner)
		if held {
			token, err := m.refreshHolding(ctx, userID, rejected, owner)
			if !errors.Is(err, errBeingSpent) {
				return token, err
			}
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

// acquire takes the user's lease, unless the grant says that somebody refreshes
// it without having the lease any more: it ran out while they save, or the
// store failed over and forgot it. Who waits for the mark leaves the lease
// alone, because giving it back would wake everybody, and itself first.
func (m *Manager) acquire(ctx context.Context, userID, owner string) (bool, error) {
	g, err := m.grant(ctx, userID)
	if err == nil && g.beingSpent(m.now()) {
		return false, nil
	}
	return m.engine.Acquire(ctx, grantName(userID), owner, leaseTTL)
}

// grantName is the lease and the topic of a user's grant (L6).
func grantName(userID string) string {
	sum := sha256.Sum256([]byte(userID))
	return "grant:" + hex.EncodeToString(sum[:])
}

func (m *Manager) refreshHolding(ctx context.Context, userID, rejected, owner string) (string, error) {
	defer m.release(ctx, userID, owner)
	holding, cancel := context.WithTimeout(ctx, spendLimit)
	defer cancel()
	g, err := m.grant(holding, userID)
	if err != nil {
		return "", err
	}
	if g.fresh(m.now(), rejected) {
		return g.Access, nil // somebody was quicker
	}
	g.Spending = m.now()
	if g.Refresh == "" {
		return m.refused(ctx, userID, rejected, g)
	}
	if err := m.claim(holding, userID, g); err != nil {
		return "", err
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

// claim writes into the grant that its refresh token is being spent since
// g.Spending, unless it is another one by now, or somebody else's claim came
// first: two who spend one refresh token lose the grant (L1). And a store that
// takes no writes just now is found out before the token is spent, not when the
// new one cannot be saved.
func (m *Manager) claim(ctx context.Context, userID string, g grant) error {
	_, err := m.holdings.grants.Modify(ctx, userID, func(there *grant) error {
		if there.Refresh != g.Refresh || there.beingSpent(m.now()) {
			return errBeingSpent
		}
		there.Spending = g.Spending
		return nil
	}, nil)
	if absent(err) {
		return ErrGrantEnded
	}
	return err
}

// release gives the lease back and wakes who waits for it.
func (m *Manager) release(ctx context.Context, userID, owner string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	name := grantName(userID)
	err := errors.Join(m.engine.Release(ctx, name, owner), m.engine.Publish(ctx, name))
	if err != nil {
		m.log.WarnContext(ctx, "a lease was not released and runs out by itself", "cause", err)
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
			audit.Log(ctx, m.log, audit.GrantNotSaved, "user", audit.User(userID), "cause", err)
			return next.Access, nil
		}
	}
}

// swap replaces the grant whose refresh token is spent, and no other.
func (m *Manager) swap(ctx context.Context, userID, spent string, next grant, expires func(grant) time.Time) error {
	defer m.holdings.recent.forget(userID)
	_, err := m.holdings.grants.Modify(ctx, userID, func(g *grant) error {
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
	audit.Log(ctx, m.log, audit.GrantNotRefreshed, "fault", string(f), "user", audit.User(userID))
	if f == faultClient {
		audit.Log(ctx, m.log, audit.ClientRefused)
	}
	usable := g.usable(m.now(), rejected)
	next := g
	next.Spending = time.Time{}
	if usable {
		next.RefreshAt = m.now().Add(postponement)
	}
	if err := m.swap(ctx, userID, g.Refresh, next, nil); err != nil {
		m.log.WarnContext(ctx, "a refresh was not postponed", "cause", err)
	}
	if !usable {
		return "", ErrTokenUnavailable
	}
	return g.Access, nil
}

// refused ends the grant and the user's sessions, unless another refresh or
// sign-in has put a new grant in its place: then that one counts (L8). Sessions
// that are younger than this refresh have, or get, a grant of their own.
func (m *Manager) refused(ctx context.Context, userID, rejected string, g grant) (string, error) {
	err := m.swap(ctx, userID, g.Refresh, grant{}, over)
	if errors.Is(err, errReplaced) {
		return m.replaced(ctx, userID, rejected)
	}
	if err != nil && !absent(err) {
		return "", err
	}
	audit.Log(ctx, m.log, audit.GrantEnded, "user", audit.User(userID))
	older := func(s State) bool { return !s.Created.After(g.Spending) }
	if _, err := m.sessions.records.DeleteWhere(ctx, userID, older); err != nil {
		return "", err
	}
	return "", ErrGrantEnded
}

// afterwards is a context for what has to be finished even though the request,
// or the time for the call before, is over (L3).
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
}
