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
// already hold what is being connected.
func (s *Service) Start(ctx context.Context, id, token string) (string, Attempt, error) {
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
		attempt, err = s.open(ctx, attempt)
	}
	if err != nil {
		return "", attempt, err
	}
	if attempt.Settled() {
		return "", attempt, ErrSettled
	}
	return attempt.App.ConnectURL, attempt, nil
}

func (s *Service) open(ctx context.Context, attempt Attempt) (Attempt, error) {
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
	baseline, list := s.baseline(ctx, attempt)
	if err := ctx.Err(); err != nil {
		return attempt, err // the window is gone before it was sent on: still only minted
	}
	opened, err := s.change(ctx, attempt.ID, func(a *Attempt) {
		if a.State == Minted {
			a.State, a.OpenedAt, a.Baseline = Opened, s.now(), baseline
		}
	})
	if err != nil || opened.State != Opened {
		return opened, err
	}
	return opened, s.replaceOthers(ctx, opened, list)
}

// baseline reads the list, unless the attempt has inherited one; whatever goes wrong makes it unknown, and
// the person goes on.
func (s *Service) baseline(ctx context.Context, attempt Attempt) (*Baseline, []zapier.Authentication) {
	if attempt.Inherited {
		return attempt.Baseline, nil
	}
	ctx, cancel := context.WithTimeout(ctx, baselineTimeout)
	defer cancel()
	list, err := s.looks.fresh(ctx, attempt.Owner.User, attempt.App.ID)
	if err != nil {
		s.logger.WarnContext(ctx, "connect: the baseline is unknown", "attempt", attempt.ID, "error", err)
		return nil, nil
	}
	return baselineOf(list), list
}

// replaceOthers ends what else the owner has running for the App. The list just read settles those
// whose work is already in it: it is in the new attempt's baseline, so nobody else would ever find it.
func (s *Service) replaceOthers(ctx context.Context, newest Attempt, list []zapier.Authentication) error {
	running, err := s.running(ctx, newest.Owner, newest.App.ID)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(running, func(a Attempt) bool { return a.ID == newest.ID })
	for _, other := range others {
		if other.State == Opened && list != nil {
			if _, err := s.settleBy(ctx, other, Evidence{Kind: Load}, list); err != nil {
				return err
			}
		}
	}
	return s.supersede(ctx, others)
}

// leadsToZapier keeps a start link from becoming an open redirector.
func (s *Service) leadsToZapier(link string) bool {
	parsed, err := url.Parse(link)
	return err == nil && parsed.User == nil && slices.Contains(s.origins, parsed.Scheme+"://"+parsed.Host)
}
