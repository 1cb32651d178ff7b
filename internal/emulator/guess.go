package emulator

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type guessStepBody struct {
	Step         guessAppBody   `json:"step"`
	Alternatives []guessAppBody `json:"alternatives"`
}

type guessAppBody struct {
	Title *string `json:"title"`
	App   string  `json:"app"`
	API   string  `json:"api"`
}

// guess serves POST /v2/guess (api.md 2.18). It finds Apps by their titles and
// by what they keep, in the order the description names them: enough to build a
// page on, no more.
func (e *Emulator) guess(w http.ResponseWriter, r *http.Request) error {
	client, err := e.client(r)
	if err != nil {
		return err
	}
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	if err := body.only("description"); err != nil {
		return err
	}
	description, err := body.text("description")
	if err != nil {
		return err
	}
	actions := e.directory.guess(description)
	if len(actions) < 2 {
		return invalidField("/description", "This does not describe a workflow: name what starts it and what it does.")
	}
	steps := []guessStepBody{}
	for _, a := range actions {
		title := a.title + " in " + a.app.Title
		steps = append(steps, guessStepBody{guessAppBody{&title, a.app.Title, a.app.api()}, e.directory.alternatives(a)})
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"title": actions[0].title + ", then " + actions[len(actions)-1].title, "steps": steps,
		"prefilled_url": e.prefilledURL(client, actions, description), "messages": []any{},
	})
	return nil
}

// speakGuess has a shape of its own for a 400 (api.md 2.2).
func (e *Emulator) speakGuess(w http.ResponseWriter, r *http.Request, p *problem) {
	if p.status != http.StatusBadRequest {
		e.speakV2(w, r, p)
		return
	}
	writeJSON(w, p.status, map[string]any{"messages": []map[string]string{{"detail": p.detail}}})
}

// guess gives at most three actions: a trigger, then what the others do.
func (d *directory) guess(description string) []*action {
	type mention struct {
		app App
		at  int
	}
	lower := strings.ToLower(description)
	var mentions []mention
	for _, app := range d.apps {
		if at := strings.Index(lower, strings.ToLower(app.Title)); at >= 0 && !app.builtIn() {
			mentions = append(mentions, mention{app, at})
		}
	}
	slices.SortFunc(mentions, func(a, b mention) int { return cmp.Compare(a.at, b.at) })
	var actions []*action
	for _, m := range mentions[:min(3, len(mentions))] {
		kind := typeWrite
		if len(actions) == 0 {
			kind = typeRead
		}
		if found := d.actionsOf(m.app.ID, kind); len(found) > 0 {
			actions = append(actions, found[0])
		}
	}
	return actions
}

// alternatives are other Apps of the same category that could do this.
func (d *directory) alternatives(a *action) []guessAppBody {
	found := []guessAppBody{}
	for _, app := range d.apps {
		if app.ID != a.app.ID && slices.Contains(app.Categories, a.app.Categories[0]) && len(d.actionsOf(app.ID, a.kind)) > 0 && len(found) < 2 {
			found = append(found, guessAppBody{nil, app.Title, app.api()})
		}
	}
	return found
}

func (e *Emulator) prefilledURL(client Client, actions []*action, description string) string {
	query := url.Values{"utm_campaign": {"partner_zap_guesser"}, "copilot_prompt": {description}}
	for i, a := range actions {
		name := fmt.Sprintf("steps[%d]", i)
		query.Set(name+"[app]", a.app.latest())
		query.Set(name+"[action]", a.key)
		query.Set(name+"[type]", typeOf(a.kind))
	}
	query.Set("partner_zap_guesser_attempt_id", e.state.drawUUID())
	return e.apiURL + "/v1/embed/" + e.slugOf(client) + "/create?" + query.Encode()
}

func (s *state) drawUUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.workflow.uuid()
}
