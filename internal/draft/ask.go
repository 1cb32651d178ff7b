package draft

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// actionIDLife is how long the id of an Action is used without looking it up again. The look-up may have been answered
// with what was kept for ten minutes.
const actionIDLife = 50 * time.Minute

// asking is one visit to Zapier about one step. It works on a copy, which is kept only if the step is still the same
// when Zapier has answered.
type asking struct {
	*Service
	*actionID
	draft Draft
	index int
	step  *Step
	// asked is the step that Zapier is asked about.
	asked string
	// wanted is the field whose choices somebody wants to see, if any.
	wanted string
}

// ask prepares a visit. ErrNotReady as long as Zapier could not tell anything about the step.
func (s *Service) ask(ctx context.Context, user, id, step string) (*asking, error) {
	d, err := s.Get(ctx, user, id)
	if err != nil {
		return nil, err
	}
	_, index, known := d.Step(step)
	if !known {
		return nil, ErrNoStep
	}
	of := &d.Steps[index]
	if of.App == nil || of.Action == nil || of.Account == nil {
		return nil, ErrNotReady
	}
	return &asking{Service: s, actionID: s.actionOf(user, of), draft: d, index: index, step: of, asked: of.identity()}, nil
}

// identity is what Zapier's answers about a step depend on.
func (s Step) identity() string {
	if s.App == nil || s.Action == nil || s.Account == nil {
		return ""
	}
	encoded, _ := json.Marshal([]any{s.App.ID, s.Action.Type, s.Action.Key, s.Account.ID, s.Inputs}) // nothing in it can fail
	return string(encoded)
}

// inputs is the step as it would go out in the Zap.
func (a *asking) inputs() zapier.StepInputs {
	return zapier.StepInputs{Authentication: zapier.ID(a.step.Account.ID), Inputs: a.draft.mapped(a.index, a.draft.outgoing)}
}

// keep stores what was found out, unless the step changed meanwhile: then the draft comes back as it is.
func (a *asking) keep(ctx context.Context, found func(*Step)) (Draft, error) {
	return a.modify(ctx, a.draft.User, a.draft.ID, a.step.ID, nil, func(d *Draft) error {
		s := d.at(a.step.ID)
		if s == nil || s.identity() != a.asked {
			return store.ErrUnchanged
		}
		s.ActionID, s.ActionIDAt = a.id, a.at
		found(s)
		return nil
	})
}

// refused keeps what Zapier said about fields, and returns the draft beside the error.
func (a *asking) refused(ctx context.Context, err error) (Draft, error) {
	var failed *zapier.Error
	if !errors.As(err, &failed) {
		return a.draft, err
	}
	said := map[string]string{}
	for _, p := range failed.Problems {
		if at := pointed(p.Source.Pointer); at.field != "" {
			said[at.field] = a.step.words(p)
		}
	}
	if len(said) == 0 {
		return a.draft, err
	}
	kept, keepErr := a.keep(ctx, func(s *Step) { s.Refused = said })
	if keepErr != nil {
		return a.draft, err
	}
	return kept, err
}

// actionID finds the id that an Action has today. It is safe for concurrent use.
type actionID struct {
	client *zapier.Client
	app    string
	action Action
	now    func() time.Time

	mu    sync.Mutex
	id    string
	at    time.Time
	fresh bool
}

func (s *Service) actionOf(user string, step *Step) *actionID {
	a := &actionID{client: s.zapier(user), app: step.App.ID, action: *step.Action, now: s.now}
	if s.now().Sub(step.ActionIDAt) < actionIDLife {
		a.id, a.at = step.ActionID, step.ActionIDAt
	}
	return a
}

// do makes a call with the id, and once again with a new one when Zapier knows the id no longer: it has done nothing then.
func (a *actionID) do(ctx context.Context, call func(id string) error) error {
	id, err := a.other(ctx, "")
	if err != nil {
		return err
	}
	err = call(id)
	if !outdated(err) {
		return err
	}
	renewed, lookUpErr := a.other(ctx, id)
	switch {
	case lookUpErr != nil:
		return lookUpErr
	case renewed == id:
		return err
	}
	return call(renewed)
}

// other returns an id other than the refused one, if there is another.
func (a *actionID) other(ctx context.Context, refused string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.id != refused || a.fresh {
		return a.id, nil
	}
	at, client := a.now(), a.client.AsPartner()
	if refused != "" { // what is kept for all is not good enough
		ctx, client = zapier.Afresh(ctx), a.client
	}
	action, err := client.GetAction(ctx, a.app, a.action.Type, a.action.Key)
	if err != nil {
		return "", err
	}
	a.id, a.at, a.fresh = action.ID, at, refused != ""
	return a.id, nil
}

// outdated reports whether Zapier does not know an Action's id (any more).
func outdated(err error) bool {
	var failed *zapier.Error
	if !errors.As(err, &failed) {
		return false
	}
	return failed.Kind == zapier.NotFound || zapier.Rejected(failed) && slices.ContainsFunc(failed.Problems, func(p zapier.Problem) bool {
		return p.Source.Parameter == "action_id" || pointed(p.Source.Pointer).member == "action"
	})
}

// target is what a JSON pointer of a Problem leads to.
type target struct {
	// step is the place of the step, -1 when the pointer names none.
	step int
	// member is that of the step, or of the Zap; field is the id of an input field.
	member, field string
}

// pointed reads a pointer such as /data/steps/1/inputs/email, or /data/inputs/email in calls about one step.
func pointed(pointer string) target {
	path := strings.Split(strings.TrimPrefix(strings.TrimPrefix(pointer, "/"), "data/"), "/")
	at := target{step: -1}
	if path[0] == "steps" && len(path) > 1 {
		if step, err := strconv.Atoi(path[1]); err == nil && step >= 0 {
			at.step, path = step, path[2:]
		}
	}
	if len(path) == 0 {
		return at
	}
	at.member = path[0]
	if at.member == "inputs" && len(path) > 1 {
		at.field = strings.NewReplacer("~1", "/", "~0", "~").Replace(path[1])
	}
	return at
}

// longestWords bounds what is kept of what Zapier, or a third party, says.
const longestWords = 500

// words is what a Problem says to people, without the step's secrets: a third party may quote what it was sent.
func (s Step) words(p zapier.Problem) string {
	text := p.Detail
	if text == "" {
		text = p.Title
	}
	return clip(s.hide(text), longestWords)
}

// hide takes the step's passwords out of a text.
func (s Step) hide(text string) string {
	for _, secret := range s.secrets() {
		text = strings.ReplaceAll(text, secret, "•••")
	}
	return text
}

func (s Step) secrets() []string {
	var secrets []string
	for _, field := range s.Fields() {
		if field.Format == zapier.FormatPassword {
			secrets = append(secrets, lines(s.Inputs[field.ID])...)
		}
	}
	return secrets
}

// clip shortens a text to so many characters.
func clip(text string, longest int) string {
	runes := 0
	for i := range text {
		if runes == longest {
			return text[:i] + "…"
		}
		runes++
	}
	return text
}
