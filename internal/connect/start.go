package connect

import (
	"context"
	"crypto/subtle"
	"net/url"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

// baselineTimeout bounds the reading of the baseline: a person looks at a blank window meanwhile.
const baselineTimeout = 8 * time.Second

// Start answers the start link: it takes the baseline and returns the address at Zapier to send the
// window to. It needs no session: the token is the proof, and works for this attempt alone. Asking again
// for an opened attempt leads to the same address and leaves the baseline as it is: a later one might
// already hold what is being connected. While there is no room for a call under Zapier's limits, the attempt is not
// opened, and the error says so: a baseline is worth a little wait.
func (s *Service) Start(ctx context.Context, id, token string) (string, Attempt, error) {
	return s.start(ctx, id, token, true)
}

// StartAnyway is Start for somebody who does not want to wait.
func (s *Service) StartAnyway(ctx context.Context, id, token string) (string, Attempt, error) {
	return s.start(ctx, id, token, false)
}

func (s *Service) start(ctx context.Context, id, token string, waits bool) (string, Attempt, error) {
	attempt, err := s.load(ctx, id)
	if err != nil {
		return "", Attempt{}, err
	}
	if subtle.ConstantTimeCompare([]byte(attempt.Token), []byte(token)) != 1 {
		return "", Attempt{}, ErrNotFound
	}
	switch {
	case s.overdue(attempt):
		attempt, err = s.Check(ctx, attempt.Owner, id, Evidence{Kind: Load})
	case attempt.State == Minted:
		attempt, err = s.open(ctx, attempt, waits)
	}
	if err != nil {
		return "", attempt, err
	}
	if attempt.Settled() {
		return "", attempt, ErrSettled
	}
	return attempt.App.ConnectURL, attempt, nil
}

func (s *Service) open(ctx context.Context, attempt Attempt, waits bool) (Attempt, error) {
	if !s.leadsToZapier(attempt.App.ConnectURL) {
		return s.end(ctx, attempt.ID, Failed, BadLink)
	}
	if _, err := s.change(ctx, attempt.ID, func(a *Attempt) {
		if a.SeenAt.IsZero() {
			a.SeenAt = s.now()
		}
	}); err != nil {
		return attempt, err
	}
	baseline, seen, err := s.baseline(ctx, attempt)
	if gone := ctx.Err(); gone != nil {
		return attempt, gone // the window is gone before it was sent on: still only minted
	}
	if kind, _ := zapier.KindOf(err); kind == zapier.RateLimited && waits {
		return attempt, err
	}
	opened, err := s.change(ctx, attempt.ID, func(a *Attempt) {
		if a.State == Minted {
			a.State, a.OpenedAt, a.Baseline = Opened, s.now(), baseline
		}
	})
	if err != nil || opened.State != Opened {
		return opened, err
	}
	return opened, s.replaceOthers(ctx, opened, seen)
}

// baseline reads the list, unless the attempt has inherited one; whatever goes wrong makes it unknown. It may be the
// list that the page was drawn with a moment ago: what has come since, nobody has seen there. But while the window of
// another attempt for the App may still be at Zapier it is a look, since what is connected there is none of this one's.
func (s *Service) baseline(ctx context.Context, attempt Attempt) (*Baseline, *look, error) {
	if attempt.Inherited {
		return attempt.Baseline, nil, nil
	}
	others, err := s.othersAtZapier(ctx, attempt)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, baselineTimeout)
	defer cancel()
	var seen *look
	var list []zapier.Authentication
	if !others {
		list, err = s.zapier(attempt.Owner.User).ListAuthentications(zapier.Currently(ctx), attempt.App.ID)
	} else if seen, err = s.looks.fresh(ctx, attempt.Owner.User, attempt.App.ID); err == nil {
		list = seen.list
	}
	if err != nil {
		s.logger.WarnContext(ctx, "connect: the baseline is unknown", "attempt", attempt.ID, "error", err)
		return nil, nil, err
	}
	return baselineOf(list), seen, nil
}

// othersAtZapier reports whether the owner was sent to Zapier for the same App lately, and it is not known that an
// Authentication came of it. However such an attempt ended, its window may be open.
func (s *Service) othersAtZapier(ctx context.Context, attempt Attempt) (bool, error) {
	all, err := s.List(ctx, attempt.Owner)
	return slices.ContainsFunc(all, func(a Attempt) bool {
		return a.ID != attempt.ID && a.App.ID == attempt.App.ID && a.State != Connected && !a.OpenedAt.IsZero() && s.now().Sub(a.OpenedAt) < Lifetime
	}), err
}

// replaceOthers ends what else the owner has running for the App. The look for the baseline settles those whose work it
// has seen: that is in the new attempt's baseline, so nobody else would ever find it. One that was opened while the
// baseline was read without a look is looked at now.
func (s *Service) replaceOthers(ctx context.Context, newest Attempt, seen *look) error {
	running, err := s.running(ctx, newest.Owner, newest.App.ID)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(running, func(a Attempt) bool { return a.ID == newest.ID })
	for _, other := range others {
		switch {
		case other.State != Opened, newest.Inherited, newest.Baseline == nil:
		case seen != nil:
			_, err = s.settleBy(ctx, other, Evidence{Kind: Load}, seen)
		default:
			_, _ = s.look(ctx, other, Evidence{Kind: Load}) // whatever goes wrong, the person goes on
		}
		if err != nil {
			return err
		}
	}
	return s.supersede(ctx, others)
}

// leadsToZapier keeps a start link from becoming an open redirector.
func (s *Service) leadsToZapier(link string) bool {
	parsed, err := url.Parse(link)
	return err == nil && parsed.User == nil && slices.Contains(s.origins, parsed.Scheme+"://"+parsed.Host)
}
