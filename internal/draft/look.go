package draft

import (
	"context"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// clockSkew is how far Zapier's clock may be behind ours.
	clockSkew = time.Minute
	// maxLooked bounds how many Zaps are looked at.
	maxLooked = 1000
)

// Look asks the list of Zaps what became of a request whose answer was lost. In any other State nothing is asked. A
// change of a Zap needs no look: it may be sent again.
func (s *Service) Look(ctx context.Context, user, id string) (Draft, error) {
	d, err := s.Get(ctx, user, id)
	switch {
	case err != nil:
		return Draft{}, err
	case d.Publishing.State != Unknown:
		return d, nil
	case d.Zap != "":
		return s.settle(ctx, d, func(d *Draft) { d.Publishing = Publishing{Key: d.Publishing.Key} })
	}
	zap, err := s.find(ctx, d)
	switch {
	case err != nil:
		return d, err
	case zap != nil:
		return s.done(ctx, d, *zap), nil
	}
	return s.settle(ctx, d, func(d *Draft) { d.Publishing.State = Unknown })
}

// find returns the newest Zap that can only be the one that was asked for, or nil.
func (s *Service) find(ctx context.Context, d Draft) (*zapier.Zap, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	others, err := s.all(ctx, d.User)
	if err != nil {
		return nil, err
	}
	var found *zapier.Zap
	var foundAt time.Time
	looked := 0
	for zap, err := range s.zapier(d.User).Zaps(zapier.Afresh(ctx), zapier.ListZapsOptions{Expand: []string{"steps.action"}}) {
		if err != nil {
			return nil, err
		}
		if looked++; looked > maxLooked {
			break
		}
		at, timeErr := zap.UpdatedAt.Time()
		if timeErr != nil || at.Before(d.Publishing.StartedAt.Add(-clockSkew)) || !d.looksLike(zap) || claimed(others, d, zap) {
			continue
		}
		if found == nil || at.After(foundAt) {
			found, foundAt = &zap, at
		}
	}
	return found, nil
}

// looksLike reports whether a Zap has the draft's title and steps.
func (d Draft) looksLike(zap zapier.Zap) bool {
	if strings.TrimSpace(zap.Title) != strings.TrimSpace(d.Title) || len(zap.Steps) != len(d.Steps) {
		return false
	}
	for i, step := range zap.Steps {
		action := step.Action.Value
		if action != nil && (action.Key != d.Steps[i].Action.Key || action.ActionType != d.Steps[i].Action.Type) {
			return false
		}
	}
	return true
}

// claimed reports whether a Zap is that of another draft than the one that a Zap is looked for.
func claimed(drafts []Draft, but Draft, zap zapier.Zap) bool {
	for _, d := range drafts {
		if d.ID != but.ID && d.hadZap(string(zap.ID), but.Publishing.StartedAt) {
			return true
		}
	}
	return false
}

// hadZap reports whether the draft made a Zap, or was made before the given time to change it. One that was made later
// may be of the very Zap that a try at that time made.
func (d Draft) hadZap(id string, before time.Time) bool {
	if d.Zap != "" {
		return sameZap(d.Zap, id) && d.CreatedAt.Before(before)
	}
	return sameZap(d.Publishing.ZapID, id)
}

// sameZap compares ids of Zaps, which are a number in some answers and a UUID with the number packed into it in others
// (api.md 7, number 7).
func sameZap(a, b string) bool {
	return a != "" && zapier.ZapNumber(zapier.ID(a)) == zapier.ZapNumber(zapier.ID(b))
}
