package emulator

import "net/http"

type outputBody struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Title  string `json:"title"`
	Sample string `json:"sample,omitempty"`
}

// outputsList serves POST /v2/actions/{action_id}/outputs (api.md 2.11). Live
// samples are of the newest record in the user's account; a write has none.
func (e *Emulator) outputsList(w http.ResponseWriter, r *http.Request) error {
	step, err := e.readStep(w, r, stepRules{scope: "zap:write", members: []string{"fetch_live_samples", "limit", "offset"}})
	if err != nil {
		return err
	}
	live, err := step.data.flag("fetch_live_samples", false)
	if err != nil {
		return err
	}
	columns := step.action.columns(step.filling)
	sample := seeded(columns, 1)
	if live {
		if sample, err = e.liveSample(step); err != nil {
			return err
		}
	}
	data := []outputBody{}
	for _, c := range columns {
		data = append(data, outputBody{"output_field", c.id, c.title(), sample.look(c.id)})
	}
	writeJSON(w, http.StatusOK, envelope(data, nil, nil, wholeMeta{Count: len(data)}))
	return nil
}

func (e *Emulator) liveSample(step stepRequest) (record, error) {
	if step.action.writes() {
		return nil, invalidField(step.data.at("fetch_live_samples"), "An action that writes has no live samples: test it.")
	}
	found, err := e.run(step)
	if err != nil || len(found) == 0 {
		return record{}, err
	}
	return found[0], nil
}

// run executes a step after its inputs were checked in full.
func (e *Emulator) run(step stepRequest) ([]record, error) {
	strict := check{pointer: step.data.at("inputs")}
	if err := strict.values(step.action.form(step.filling), step.filling.values); err != nil {
		return nil, err
	}
	found, err := e.state.execute(call{step.action, step.account, step.filling.values})
	if err != nil {
		return nil, testFailed(err)
	}
	return found, nil
}

// actionTest serves POST /v2/actions/{action_id}/test (api.md 2.12). It really
// executes, and nothing cleans up behind a write.
func (e *Emulator) actionTest(w http.ResponseWriter, r *http.Request) error {
	step, err := e.readStep(w, r, stepRules{scope: "zap:write", members: []string{"limit", "offset"}})
	if err != nil {
		return err
	}
	limit, err := step.data.number("limit", defaultLimit, 1)
	if err != nil {
		return err
	}
	offset, err := step.data.number("offset", 0, 0)
	if err != nil {
		return err
	}
	found, err := e.run(step)
	if err != nil {
		return err
	}
	shown := cut(found, window{limit, offset})
	writeJSON(w, http.StatusOK, envelope(shown, nil, nil, wholeMeta{Count: len(found), Offset: offset}))
	return nil
}
