package emulator

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxAlias is documented for aliases (api.md 2.14).
const maxAlias = 64

// draftStep is a step while the rest of its Zap is looked at.
type draftStep struct {
	object  object
	action  *action
	alias   string
	filling filling
}

// readSteps reads the steps of a Zap and checks what they mean, unless told not
// to (api.md 7, unknown 3).
func (e *Emulator) readSteps(r *http.Request, data object, user int) ([]ZapStep, error) {
	objects, err := data.objects("steps")
	if err != nil {
		return nil, err
	}
	checked := !e.CurrentReadings().UncheckedZaps
	if checked && len(objects) < 2 {
		return nil, invalidField(data.at("steps"), "A Zap has at least two steps.")
	}
	steps, drafts := []ZapStep{}, []draftStep{}
	for _, object := range objects {
		e.refreshNamed(r, user, object)
		step, draft, err := e.state.readZapStep(object, user, checked)
		if err != nil {
			return nil, err
		}
		steps, drafts = append(steps, step), append(drafts, draft)
	}
	if checked {
		err = checkDrafts(drafts)
	}
	return steps, err
}

// readZapStep reads one step by itself.
func (s *state) readZapStep(step object, user int, checked bool) (ZapStep, draftStep, error) {
	if err := step.only("action", "inputs", "authentication", "alias"); err != nil {
		return ZapStep{}, draftStep{}, err
	}
	id, err := step.text("action")
	if err != nil {
		return ZapStep{}, draftStep{}, err
	}
	a, known := s.action(user, id)
	if !known {
		return ZapStep{}, draftStep{}, invalidField(step.at("action"), "There is no such action, or its id is out of date: look it up again.")
	}
	authentication, err := step.textOrNull("authentication")
	if err == nil && checked {
		_, err = s.readAccount(step, user, a)
	}
	if err != nil {
		return ZapStep{}, draftStep{}, err
	}
	values, err := step.values("inputs")
	if err != nil {
		return ZapStep{}, draftStep{}, err
	}
	alias, err := readAlias(step)
	if err != nil {
		return ZapStep{}, draftStep{}, err
	}
	kept := ZapStep{App: a.app.ID, Type: a.kind, Key: a.key, Alias: alias, Inputs: values}
	if authentication != nil {
		kept.Authentication = *authentication
	}
	return kept, draftStep{step, a, alias, filling{values, s.now()}}, nil
}

// readAlias reads the name later steps call this one by (api.md 2.14; 7,
// contradiction 9: the pattern counts, not the guide's example).
func readAlias(step object) (string, error) {
	if !step.has("alias") || step.null("alias") {
		return "", nil
	}
	alias, err := step.text("alias")
	if err != nil {
		return "", err
	}
	for i, r := range alias {
		letter := 'a' <= r && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return "", invalidField(step.at("alias"), "alias must match ^[a-z][a-z0-9_]*$.")
		}
	}
	if len(alias) > maxAlias {
		return "", invalidField(step.at("alias"), "alias has more than "+strconv.Itoa(maxAlias)+" characters.")
	}
	return alias, nil
}

// checkDrafts looks at the steps together: their order, their aliases, and where
// each {{…}} leads.
func checkDrafts(drafts []draftStep) error {
	for i, draft := range drafts {
		at := draft.object.at("action")
		if i == 0 && !draft.action.begins() {
			return invalidField(at, "The first step must be a READ or a SEARCH.")
		}
		if i > 0 && draft.action.triggers() {
			return invalidField(at, "Only the first step can be a READ.")
		}
		if draft.alias != "" && slices.ContainsFunc(drafts[:i], func(d draftStep) bool { return d.alias == draft.alias }) {
			return invalidField(draft.object.at("alias"), "Another step has this alias.")
		}
		c := check{pointer: draft.object.at("inputs"), mapped: func(name string) error { return resolves(drafts, i, name) }}
		if err := c.values(draft.action.form(draft.filling), draft.filling.values); err != nil {
			return err
		}
	}
	return nil
}

// resolves reports why a reference in step i leads nowhere, or nil (api.md 4).
func resolves(drafts []draftStep, i int, name string) error {
	if i == 0 {
		return errors.New("there is no earlier step")
	}
	source, field := drafts[i-1], name
	if alias, rest, qualified := strings.Cut(name, "."); qualified {
		at := slices.IndexFunc(drafts[:i], func(d draftStep) bool { return d.alias == alias })
		if at < 0 {
			return fmt.Errorf("no earlier step has the alias %s", alias)
		}
		source, field = drafts[at], rest
	} else if len(drafts) > 2 {
		return errors.New("in a Zap of more than two steps, write {{alias.field}}")
	}
	columns := source.action.columns(source.filling)
	if !slices.ContainsFunc(columns, func(c column) bool { return c.id == field }) {
		return fmt.Errorf("%s has no output field %s", source.action.title, field)
	}
	return nil
}

// seededZaps is how many Zaps UserWade has from the start: more than a page.
const seededZaps = 12

// seedZapsLocked gives Wade Zaps that no partner made, and one of Nadia's that
// is shared with him.
func (s *state) seedZapsLocked() {
	wade, nadia := s.listLocked(UserWade, AppSingle)[0].ID, s.listLocked(UserNadia, AppSingle)[0].ID
	desk := s.listLocked(UserWade, AppSameTitle)[0].ID
	for i := range seededZaps {
		z := s.addZapLocked(Zap{
			User: UserWade, Title: fmt.Sprintf("Tickets from tasks, list %d", i+1), Enabled: i%3 != 2,
			Steps: []ZapStep{
				{App: AppSingle, Type: typeRead, Key: "new_task", Authentication: wade, Inputs: map[string]any{}},
				{
					App: AppSameTitle, Type: typeWrite, Key: "create_ticket", Authentication: desk,
					Inputs: map[string]any{"subject": "{{title}}", "priority": "normal"},
				},
			},
		})
		s.zapLocked(z.Number).Updated = s.now().Add(-time.Duration(seededZaps-i) * 24 * time.Hour)
	}
	s.addZapLocked(Zap{
		User: UserNadia, SharedWith: []int{UserWade}, Title: "Nadia's tasks", Enabled: true,
		Steps: []ZapStep{
			{App: AppSingle, Type: typeRead, Key: "new_task", Authentication: nadia, Inputs: map[string]any{}},
			{App: appWebhooks, Type: typeWrite, Key: "post", Inputs: map[string]any{"url": "https://hooks.example/{{id}}"}},
		},
	})
}
