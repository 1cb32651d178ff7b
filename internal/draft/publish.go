package draft

import (
	"context"
	"errors"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// markLife is how long a marker speaks for a request under way. An older one was left behind by a server that stopped.
	markLife = 2 * time.Minute
	// sendTimeout bounds the request and the look-ups before it, and lookTimeout the look after it: together well below
	// markLife, for nobody may hold a request for lost while it can still go out.
	sendTimeout = 80 * time.Second
	lookTimeout = 20 * time.Second
	// glance is how often those who wait look by themselves, should nobody tell them.
	glance = time.Second
)

// patience is how long a press waits for the result; the request goes on behind. A variable for tests.
var patience = 25 * time.Second

// seen is a draft as others see it: a marker that is too old says no more than that nobody knows, and so does one of a
// time to come, which was made before a clock was put back.
func (s *Service) seen(d Draft) Draft {
	if d.Publishing.State == Running && s.now().Sub(d.Publishing.StartedAt).Abs() >= markLife {
		d.Publishing.State = Unknown
	}
	return d
}

// Publish makes a Zap of a draft, or changes the one the draft is of, exactly once: whoever comes while a request is
// under way waits for its result. ErrStale when the draft was changed meanwhile, ErrNotReady while something is Missing,
// ErrOvertaken when the Zap was.
//
// When Zapier refuses the content, nothing has happened, and the draft says what Zapier said (State NotPublished). When
// the answer is lost, the list of Zaps is looked at; what it does not show leaves the State Unknown. When it takes
// long, the State is Running. After a *zapier.Error nothing has happened either, unless it was about a change of a Zap,
// which may be sent again.
func (s *Service) Publish(ctx context.Context, user, id string, revision int) (Draft, error) {
	d, err := s.Get(ctx, user, id)
	switch {
	case err != nil:
		return Draft{}, err
	case d.Publishing.State == Done:
		return d, nil
	case d.Publishing.State == Unknown && d.Zap == "":
		return s.Look(ctx, user, id)
	}
	return s.publish(ctx, d, revision)
}

// PublishAgain is for the person who decides, after a lost answer, that there is no Zap yet. It looks once more before
// it sends the request again, and does not send it when it cannot look.
func (s *Service) PublishAgain(ctx context.Context, user, id string, revision int) (Draft, error) {
	d, err := s.Look(ctx, user, id)
	if err != nil || d.Publishing.State == Done {
		return d, err
	}
	return s.publish(ctx, d, revision)
}

// publish claims the draft as it was seen and sends it, or waits for whoever was quicker.
func (s *Service) publish(ctx context.Context, seen Draft, revision int) (Draft, error) {
	if seen.Publishing.State != Running {
		if d, err := s.prepare(ctx, seen, revision); err != nil {
			return d, err
		}
	}
	d, mine, err := s.claim(ctx, seen, revision)
	switch {
	case err != nil:
		return d, err
	case !mine:
		return s.await(ctx, d)
	}
	type result struct {
		draft Draft
		err   error
	}
	sent := make(chan result, 1)
	s.sending.Go(func() {
		// It does not end with the press: a tab that closes must not make an answer unknown.
		draft, err := s.send(context.WithoutCancel(ctx), d)
		sent <- result{draft, err}
	})
	select {
	case r := <-sent:
		return r.draft, r.err
	case <-time.After(patience):
		return d, nil
	case <-ctx.Done():
		return d, ctx.Err()
	}
}

// prepare finds out at Zapier what a draft has to be held against before it is claimed.
func (s *Service) prepare(ctx context.Context, seen Draft, revision int) (Draft, error) {
	d, err := s.ReadMapped(ctx, seen.User, seen.ID)
	if err != nil || !d.Ready() {
		return d, err // the claim says what is missing
	}
	return s.notOvertaken(ctx, d, revision)
}

// Wait returns when no request is under way behind a press that did not wait for it, or when ctx ends.
func (s *Service) Wait(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		s.sending.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// claim marks the draft, unless a try is under way or came to its end since the draft was seen: whoever saw the draft
// before knows nothing of that try's result.
func (s *Service) claim(ctx context.Context, seen Draft, revision int) (claimed Draft, mine bool, err error) {
	key, err := s.random()
	if err != nil {
		return Draft{}, false, err
	}
	var current Draft
	claimed, err = s.modify(ctx, seen.User, seen.ID, "", nil, func(d *Draft) error {
		current, mine = *d, false
		now, then := s.seen(*d).Publishing, seen.Publishing
		switch {
		case now.Key != then.Key || now.State != then.State || now.State == Running || now.State == Done:
			return store.ErrUnchanged
		case revision >= 0 && d.Revision != revision:
			return ErrStale
		case !d.Ready(), len(d.toRead()) > 0:
			return ErrNotReady
		}
		mine = true
		d.Publishing = Publishing{State: Running, Key: key, StartedAt: s.now()}
		return nil
	})
	if errors.Is(err, ErrStale) || errors.Is(err, ErrNotReady) {
		return s.seen(current), false, err
	}
	return claimed, mine, err
}

// await returns the draft once the request under way has come to its end, or when that takes too long.
func (s *Service) await(ctx context.Context, d Draft) (Draft, error) {
	return s.wait(ctx, d, func(d Draft) bool { return d.Publishing.State != Running })
}

// wait returns the draft once something has come of it, or when that takes too long.
func (s *Service) wait(ctx context.Context, d Draft, settled func(Draft) bool) (Draft, error) {
	listening, cancel := context.WithCancel(ctx)
	defer cancel()
	woken, err := s.engine.Subscribe(listening, topic(d.ID))
	if err != nil {
		return Draft{}, err
	}
	over := time.After(patience)
	look := time.NewTicker(glance)
	defer look.Stop()
	for {
		if d, err = s.Get(ctx, d.User, d.ID); err != nil || settled(d) {
			return d, err
		}
		select {
		case <-over:
			return d, nil
		case <-ctx.Done():
			return d, ctx.Err()
		case _, open := <-woken:
			if !open {
				woken = nil
			}
		case <-look.C:
		}
	}
}

// send makes the request that a claimed draft is marked for, and settles what came of it.
func (s *Service) send(ctx context.Context, d Draft) (Draft, error) {
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	zap, sent, err := s.dispatch(sending, d)
	if err == nil {
		return s.done(ctx, d, zap), nil
	}
	s.logger.WarnContext(ctx, "draft: no Zap came back", "draft", d.ID, "error", err)
	if sent && d.Zap == "" && zapier.Unclear(err) {
		if zap, err := s.find(ctx, d); err == nil && zap != nil {
			return s.done(ctx, d, *zap), nil
		}
		return s.settle(ctx, d, func(d *Draft) { d.Publishing.State = Unknown })
	}
	told := false
	settled, settleErr := s.settle(ctx, d, func(d *Draft) {
		d.Publishing = Publishing{Key: d.Publishing.Key}
		told = d.refuse(err)
	})
	switch {
	case settleErr != nil:
		return d, errors.Join(err, settleErr)
	case !told:
		return settled, err
	}
	return settled, nil
}

func (s *Service) done(ctx context.Context, d Draft, zap zapier.Zap) Draft {
	finish := func(d *Draft) {
		d.UpdatedAt = s.now()
		d.Publishing.State, d.Publishing.Refused = Done, nil
		d.Publishing.ZapID, d.Publishing.ZapTitle, d.Publishing.Editor = string(zap.ID), zap.Title, zap.Links.HTMLEditor
		d.Publishing.Off = !zap.IsEnabled
	}
	settled, err := s.settle(ctx, d, finish)
	if err != nil {
		// The Zap is there, whatever became of the draft. Whoever looks at this one later finds it in the list.
		s.logger.WarnContext(ctx, "draft: the Zap was made, and that could not be stored", "draft", d.ID, "error", err)
		finish(&d)
		return d
	}
	return settled
}

// settle ends the try that d was claimed for, unless it has ended, and tells those who wait.
func (s *Service) settle(ctx context.Context, d Draft, end func(*Draft)) (Draft, error) {
	settled, err := s.modify(ctx, d.User, d.ID, "", Draft.ExpiresAt, func(stored *Draft) error {
		if stored.Publishing.Key != d.Publishing.Key || stored.Publishing.State == Done {
			return store.ErrUnchanged
		}
		end(stored)
		return nil
	})
	s.tell(ctx, d.ID)
	return settled, err
}
