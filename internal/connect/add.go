package connect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// addKeep is how long it is known what came of a form.
	addKeep = time.Hour
	// addTimeout bounds one Add, so that it ends before the lease that keeps others out.
	addTimeout = 50 * time.Second
	addLease   = time.Minute
	// addGlance is how often somebody who waits for another request with the same form looks whether it is over.
	addGlance = 100 * time.Millisecond
)

// ErrUnclear: Zapier did not say whether the Authentication was made, and it is not among the user's (yet).
var ErrUnclear = errors.New("connect: it is not known whether the authentication was made")

// Adder makes Authentications for a user without a popup; *zapier.Client is one.
type Adder interface {
	Lister
	CreateAuthentication(ctx context.Context, body zapier.AuthenticationRequest) (zapier.Authentication, error)
}

// addition is what is kept of a form that was sent: nothing of its fields, and no hash of them by itself.
type addition struct {
	// Before are the Authentications there were.
	Before []string `json:"before"`
	Title  string   `json:"title"`
	// ID is that of the new Authentication once there is one; Made is its title.
	ID   string `json:"id,omitempty"`
	Made string `json:"made,omitempty"`
}

// Add makes an Authentication of what the owner typed into a form, once, however often and wherever the form is sent:
// form is the random text that came with it. When the answer was lost it looks for what is new under that title, and
// looks again before the same form makes another. A form that was sent with other values is another one. The
// *zapier.Error of a refusal passes through: then nothing was made. ErrUnclear.
func (s *Service) Add(ctx context.Context, owner Owner, form string, api Adder, body zapier.AuthenticationRequest) (Candidate, error) {
	id, err := additionID(owner, form, body)
	if err != nil {
		return Candidate{}, err
	}
	release, err := s.alone(ctx, id)
	if err != nil {
		return Candidate{}, err
	}
	defer release()
	// It does not end with the request: of a form that is sent twice a browser gives up the first request.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), addTimeout)
	defer cancel()
	known, _, err := s.additions.Get(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		if known, err = s.beginAddition(ctx, id, owner, api, body); err != nil {
			return Candidate{}, err
		}
	case err != nil:
		return Candidate{}, err
	case known.ID != "":
		return Candidate{ID: known.ID, Title: known.Made}, nil
	default: // an answer was lost
		made, err := known.look(ctx, api, body.App)
		if err != nil {
			return Candidate{}, err
		}
		if made.ID != "" {
			return s.added(ctx, owner.User, id, known, made), nil
		}
	}
	return s.add(ctx, owner.User, id, known, api, body)
}

func (s *Service) beginAddition(ctx context.Context, id string, owner Owner, api Adder, body zapier.AuthenticationRequest) (addition, error) {
	list, err := api.ListAuthentications(zapier.Afresh(ctx), body.App)
	if err != nil {
		return addition{}, err
	}
	begun := addition{Title: body.Title}
	for _, authentication := range list {
		begun.Before = append(begun.Before, string(authentication.ID))
	}
	return begun, s.additions.Create(ctx, id, group(owner), begun, s.now().Add(addKeep))
}

func (s *Service) add(ctx context.Context, user, id string, begun addition, api Adder, body zapier.AuthenticationRequest) (Candidate, error) {
	made, err := api.CreateAuthentication(ctx, body)
	if err == nil {
		return s.added(ctx, user, id, begun, Candidate{ID: string(made.ID), Title: made.Title}), nil
	}
	if !zapier.Unclear(err) {
		_, deleteErr := s.additions.Delete(ctx, id)
		return Candidate{}, errors.Join(err, deleteErr)
	}
	if found, lookErr := begun.look(ctx, api, body.App); lookErr == nil && found.ID != "" {
		return s.added(ctx, user, id, begun, found), nil
	}
	return Candidate{}, fmt.Errorf("%w: %w", ErrUnclear, err)
}

// look finds what has come since under the title that was asked for.
func (a addition) look(ctx context.Context, api Adder, app string) (Candidate, error) {
	list, err := api.ListAuthentications(zapier.Afresh(ctx), app)
	if err != nil {
		return Candidate{}, err
	}
	for _, authentication := range list {
		if authentication.Title == a.Title && !slices.Contains(a.Before, string(authentication.ID)) {
			return Candidate{ID: string(authentication.ID), Title: authentication.Title}, nil
		}
	}
	return Candidate{}, nil
}

// added notes what was made. Should that fail, the next look finds it.
func (s *Service) added(ctx context.Context, user, id string, known addition, made Candidate) Candidate {
	s.forget(ctx, user)
	known.ID, known.Made = made.ID, made.Title
	_, err := s.additions.Modify(ctx, id, func(a *addition) error { *a = known; return nil }, nil)
	if err != nil {
		s.logger.WarnContext(ctx, "connect: an authentication was added, and that could not be stored", "error", err)
	}
	return made
}

// alone waits until nobody else sends the same form.
func (s *Service) alone(ctx context.Context, id string) (release func(), err error) {
	me, err := s.random(16)
	if err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, addTimeout)
	defer cancel()
	lease := "adding:" + id
	for {
		held, err := s.engine.Acquire(waiting, lease, me, addLease)
		switch {
		case held:
			return func() {
				if err := s.engine.Release(context.WithoutCancel(ctx), lease, me); err != nil {
					s.logger.WarnContext(ctx, "connect: a lease could not be given back", "error", err)
				}
			}, nil
		case err != nil:
			return nil, err
		}
		select {
		case <-time.After(addGlance):
		case <-waiting.Done():
			return nil, waiting.Err()
		}
	}
}

// additionID tells forms apart by who sent them, the random text in them, and what was typed. The text is known to
// the browser alone, so that nothing can be guessed from the hash.
func additionID(owner Owner, form string, body zapier.AuthenticationRequest) (string, error) {
	type fields zapier.AuthenticationRequest // without the methods that hide it
	typed, err := json.Marshal(struct {
		Owner Owner
		Form  string
		Body  fields
	}{owner, form, fields(body)})
	if err != nil {
		return "", fmt.Errorf("connect: a form that cannot be told apart: %w", err)
	}
	sum := sha256.Sum256(typed)
	return hex.EncodeToString(sum[:]), nil
}
