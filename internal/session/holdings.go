package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
)

// The kinds of the records of this package.
const (
	sessionKind  = "session"
	pendingKind  = "sign-in"
	handoverKind = "handover"
	grantKind    = "grant"
)

// holdings are the records that belong to people.
type holdings struct {
	sessions  *store.Collection[State]
	handovers *store.Collection[handover]
	grants    *store.Collection[grant]
	// recent are the tokens of grants that were read just now; whoever changes a grant calls its forget.
	recent *recent
}

func newHoldings(engine store.Engine, keys *store.Keyring) holdings {
	return holdings{
		sessions:  store.NewCollection[State](engine, keys, sessionKind),
		handovers: store.NewCollection[handover](engine, keys, handoverKind),
		grants:    store.NewCollection[grant](engine, keys, grantKind),
		recent:    &recent{},
	}
}

// endAll ends all sessions of a user, and says how many there were, with the
// grant and what was on its way to become a session. The sessions come last:
// they tell who is meant, so after trouble with anything before them, or with
// their own end, trying again does all of it. Call dropUnused afterwards, for a
// sign-in that stored its grant in between.
func (h holdings) endAll(ctx context.Context, userID string) (int, error) {
	defer h.recent.forget(userID)
	if _, err := h.handovers.DeleteGroup(ctx, userID); err != nil {
		return 0, err
	}
	if _, err := h.grants.Delete(ctx, userID); err != nil {
		return 0, err
	}
	return h.sessions.DeleteGroup(ctx, userID)
}

// dropUnused removes the user's grant if no session of theirs is left, that of
// the browser leaving not counted. The sessions are counted after the grant is
// read and before it is written back: a sign-in in between has changed the
// grant, and it stays.
func (h holdings) dropUnused(ctx context.Context, userID, leaving string) error {
	defer h.recent.forget(userID)
	_, err := h.grants.Modify(ctx, userID, func(g *grant) error {
		left, err := h.sessions.List(ctx, userID)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(left, func(s store.Item[State]) bool { return s.Value.Browser != leaving }) {
			return store.ErrUnchanged
		}
		*g = grant{}
		return nil
	}, over)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// over is the lifetime of a grant that is ended. An engine takes one that is
// past for a delete on condition that nobody changed the record meanwhile.
func over(grant) time.Time { return time.UnixMilli(1) }
