package connect

import (
	"context"
	"slices"

	"github.com/zapembed/zapembed/internal/zapier"
)

// Check looks because of the evidence and settles the attempt if the list proves it. What it returns is
// the attempt afterwards; an error of the look (*zapier.Error) changes nothing.
func (s *Service) Check(ctx context.Context, owner Owner, id string, evidence Evidence) (Attempt, error) {
	attempt, err := s.owned(ctx, owner, id)
	switch {
	case err != nil || attempt.Settled():
		return attempt, err
	case attempt.State == Minted && s.overdue(attempt):
		return s.end(ctx, id, Expired, TooOld)
	case attempt.State == Minted && evidence.Kind == Closed:
		return s.closeUnstarted(ctx, id)
	case attempt.State == Minted:
		return attempt, nil
	}
	return s.look(ctx, attempt, evidence)
}

// look reads the list and settles the attempt by it, to the end even when the caller goes away meanwhile:
// what has been read is not thrown away.
func (s *Service) look(ctx context.Context, attempt Attempt, evidence Evidence) (Attempt, error) {
	type result struct {
		attempt Attempt
		err     error
	}
	done := make(chan result, 1)
	if evidence.Kind == Timer {
		ctx = zapier.InBackground(ctx)
	}
	go func(ctx context.Context) {
		seen, err := s.looks.fresh(ctx, attempt.Owner.User, attempt.App.ID)
		if err != nil {
			done <- result{attempt, err}
			return
		}
		settled, err := s.settleBy(ctx, attempt, evidence, seen)
		done <- result{settled, err}
	}(context.WithoutCancel(ctx))
	select {
	case looked := <-done:
		return looked.attempt, looked.err
	case <-ctx.Done():
		return attempt, ctx.Err()
	}
}

// Look reads the App's list for a page. While attempts of the owner are open it counts as a look at them; otherwise the
// list may be one that was read a minute ago. While Zapier is away it is the last one that was read, which settles nothing.
func (s *Service) Look(ctx context.Context, owner Owner, app string) ([]zapier.Authentication, error) {
	opened, err := s.opened(ctx, owner, app)
	if err != nil {
		return nil, err
	}
	if len(opened) == 0 {
		return s.zapier(owner.User).ListAuthentications(ctx, app)
	}
	seen, err := s.looks.fresh(ctx, owner.User, app)
	if err != nil {
		return s.before(ctx, owner.User, app, err)
	}
	for _, attempt := range opened {
		if _, err := s.settleBy(ctx, attempt, Evidence{Kind: Load}, seen); err != nil {
			return nil, err
		}
	}
	return seen.list, nil
}

// before is the list as it was last read, for a page alone, or why it could not be read anew.
func (s *Service) before(ctx context.Context, user, app string, failed error) ([]zapier.Authentication, error) {
	if kind, _ := zapier.KindOf(failed); !kind.Helps() {
		return nil, failed
	}
	ctx, cancel := context.WithTimeout(zapier.FromBefore(ctx), beforeTimeout)
	defer cancel()
	list, err := s.zapier(user).ListAuthentications(ctx, app)
	if err != nil {
		return nil, failed
	}
	return list, nil
}

// opened are the owner's running attempts for the App whose windows were sent to Zapier.
func (s *Service) opened(ctx context.Context, owner Owner, app string) ([]Attempt, error) {
	running, err := s.running(ctx, owner, app)
	return slices.DeleteFunc(running, func(a Attempt) bool { return a.State != Opened }), err
}

// settleBy applies the verdict of a look that was begun after the attempt was opened. Whoever hears that it connected
// something meets no list of Authentications from before that.
func (s *Service) settleBy(ctx context.Context, attempt Attempt, evidence Evidence, seen *look) (Attempt, error) {
	fresh := evidence.AuthenticationID != ""
	if !fresh && attempt.Hint != "" {
		evidence = Evidence{Kind: evidence.Kind, AuthenticationID: attempt.Hint}
	}
	found := decide(attempt.Baseline, evidence, seen.list)
	if found.hintRefused && fresh {
		s.logger.WarnContext(ctx, "connect: a named authentication is not usable", "attempt", attempt.ID, "evidence", evidence.Kind)
	}
	if found.connected != nil {
		s.forget(seen.in, attempt.Owner.User)
	}
	return s.change(ctx, attempt.ID, func(a *Attempt) {
		if found.hintRefused && fresh {
			a.RefusedHints++
		}
		if found.hintRefused && evidence.Kind == Message {
			a.Hint = evidence.AuthenticationID
		}
		switch {
		case found.connected != nil:
			a.settle(s.now(), Connected, "")
			a.Proof, a.Candidates = found.proof, nil
			a.AuthenticationID, a.Title = string(found.connected.ID), found.connected.Title
		case len(found.candidates) > 0:
			a.Candidates = namesOf(found.candidates) // somebody who still has to pick is not too late
		case s.overdue(*a):
			a.settle(s.now(), Expired, TooOld)
		case a.Baseline != nil:
			a.Candidates = nil
		}
	})
}
