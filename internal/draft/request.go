package draft

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// dispatch creates the Zap, or changes the one the draft is of. It also reports whether such a request went out; one that
// Zapier refused for the id of an Action goes out once more with ids of today.
func (s *Service) dispatch(ctx context.Context, d Draft) (zap zapier.Zap, sent bool, err error) {
	client := s.zapier(d.User)
	for _, anew := range []bool{false, true} {
		steps, lookUpErr := s.requests(ctx, client, d, anew)
		if lookUpErr != nil {
			return zapier.Zap{}, false, lookUpErr
		}
		if zap, err = request(ctx, client, d, steps); err == nil || !badAction(err) {
			return zap, true, err
		}
	}
	return zap, true, err
}

func request(ctx context.Context, client *zapier.Client, d Draft, steps []zapier.StepRequest) (zapier.Zap, error) {
	title := strings.TrimSpace(d.Title)
	if d.Zap == "" {
		on := true // the guides send it, and one edition of the API demands it (api.md 2.14)
		return client.CreateZap(ctx, zapier.ZapRequest{Title: title, Steps: steps, Enabled: &on})
	}
	err := client.UpdateZap(ctx, zapier.ID(d.Zap), zapier.ZapUpdate{Title: title, Steps: steps})
	// New steps turn a Zap on, and the answer is not read (api.md 2.15).
	return zapier.Zap{ID: zapier.ID(d.Zap), Title: title, IsEnabled: true, Links: zapier.ZapLinks{HTMLEditor: d.ZapEditor}}, err
}

// requests are the steps as they go out.
func (s *Service) requests(ctx context.Context, client *zapier.Client, d Draft, anew bool) ([]zapier.StepRequest, error) {
	ids, err := s.actionIDs(ctx, client, d, anew)
	if err != nil {
		return nil, err
	}
	named := d.named()
	steps := make([]zapier.StepRequest, len(d.Steps))
	for i, step := range d.Steps {
		steps[i] = zapier.StepRequest{Action: ids[i]}
		steps[i].Authentication, steps[i].Inputs = zapier.ID(step.Account.ID), d.mapped(i, d.outgoing)
		if named {
			steps[i].Alias = step.Alias
		}
	}
	return steps, nil
}

// named reports whether mappings go out with the alias of their step.
func (d Draft) named() bool {
	if len(d.Steps) > minSteps {
		return true
	}
	for _, text := range d.texts(1) {
		for _, p := range pieces(text) {
			if at := d.resolve(1, p.name); p.name != "" && at.step >= 0 && strings.Contains(at.field, ".") {
				return true
			}
		}
	}
	return false
}

// actionIDs are the ids of the steps' Actions. All ids of an App come from one look-up: another may end those of the
// look-up before (api.md 2.8).
func (s *Service) actionIDs(ctx context.Context, client *zapier.Client, d Draft, anew bool) ([]string, error) {
	lists := map[string][]zapier.Action{}
	for _, step := range d.Steps {
		if !anew && s.now().Sub(step.ActionIDAt) < actionIDLife {
			continue
		}
		if _, read := lists[step.App.ID]; read {
			continue
		}
		asks, asked := ctx, client.AsPartner()
		if anew {
			asks, asked = zapier.Afresh(ctx), client
		}
		actions, err := asked.ListActions(asks, step.App.ID, "")
		if err != nil {
			return nil, err
		}
		lists[step.App.ID] = actions
	}
	ids := make([]string, len(d.Steps))
	for i, step := range d.Steps {
		ids[i] = step.ActionID
		if actions, read := lists[step.App.ID]; read {
			ids[i] = idIn(actions, *step.Action)
		}
		if ids[i] == "" {
			return nil, &zapier.Error{Kind: zapier.NotFound, Op: "actions.get"}
		}
	}
	return ids, nil
}

func idIn(actions []zapier.Action, wanted Action) string {
	for _, action := range actions {
		if action.ActionType == wanted.Type && action.Key == wanted.Key {
			return action.ID
		}
	}
	return ""
}

// badAction reports whether Zapier refused a request for the id of an Action.
func badAction(err error) bool {
	return zapier.Rejected(err) && outdated(err)
}

// refuse puts what Zapier said at the fields that it said it of, and the rest beside. It reports whether Zapier read
// the request and said anything.
func (d *Draft) refuse(err error) bool {
	var failed *zapier.Error
	if !errors.As(err, &failed) || !zapier.Rejected(failed) {
		return false
	}
	for _, p := range failed.Problems {
		at := pointed(p.Source.Pointer)
		if at.step < 0 || at.step >= len(d.Steps) {
			d.Publishing.Refused = append(d.Publishing.Refused, d.words(p))
			continue
		}
		step := &d.Steps[at.step]
		if _, there := step.field(at.field); !there {
			d.Publishing.Refused = append(d.Publishing.Refused, fmt.Sprintf("%d. %s: %s", at.step+1, step.title(), step.words(p)))
			continue
		}
		refused := maps.Clone(step.Refused)
		if refused == nil {
			refused = map[string]string{}
		}
		refused[at.field] = step.words(p)
		step.Refused = refused
	}
	return len(failed.Problems) > 0
}

// words is what a Problem of the whole draft says to people.
func (d Draft) words(p zapier.Problem) string {
	for _, step := range d.Steps {
		p.Detail = step.hide(p.Detail)
	}
	return Step{}.words(p)
}
