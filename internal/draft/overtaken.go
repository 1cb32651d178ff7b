package draft

import (
	"context"
	"errors"

	"github.com/zapembed/zapembed/internal/zapier"
)

// ErrOvertaken: the Zap was changed at Zapier since the draft was made of it, and changing it now would undo that. Whoever
// wants that publishes the draft once more, as it comes back beside the error.
var ErrOvertaken = errors.New("draft: the Zap was changed since")

// notOvertaken is ErrOvertaken if the Zap of a draft was changed since, once for each change. After a try of ours
// nobody can tell whose change it was, and where Zapier does not list the Zap, or a time, nothing is known.
func (s *Service) notOvertaken(ctx context.Context, d Draft, revision int) (Draft, error) {
	if d.Zap == "" || d.ZapUpdatedAt == "" || d.Publishing.Key != "" {
		return d, nil
	}
	now, err := s.updated(ctx, d)
	if err != nil || sameTime(now, d.ZapUpdatedAt) || sameTime(now, d.ZapAskedAt) {
		return d, err
	}
	asked, err := s.Change(ctx, d.User, d.ID, revision, func(d *Draft) error {
		if d.Publishing.Key != "" {
			return ErrStale
		}
		d.ZapAskedAt = now
		return nil
	})
	switch {
	case errors.Is(err, ErrStale) && asked.Publishing.Key != "":
		return d, nil // another press was quicker, and the change is its own: the claim waits for it
	case err != nil:
		return asked, err
	}
	return asked, ErrOvertaken
}

// updated is when the Zap of a draft was changed last, "" if that is not to be learnt.
func (s *Service) updated(ctx context.Context, d Draft) (zapier.Timestamp, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	looked := 0
	for zap, err := range s.zapier(d.User).Zaps(zapier.Afresh(ctx), zapier.ListZapsOptions{}) {
		if err != nil {
			return "", err
		}
		if sameZap(d.Zap, string(zap.ID)) {
			return zap.UpdatedAt, nil
		}
		if looked++; looked == maxLooked {
			break
		}
	}
	return "", nil
}

// sameTime reports whether two times may be the same: one that cannot be read may be any, but for none at all.
func sameTime(a, b zapier.Timestamp) bool {
	if a == "" {
		return true
	}
	first, firstErr := a.Time()
	second, secondErr := b.Time()
	return b != "" && (firstErr != nil || secondErr != nil || first.Equal(second))
}
