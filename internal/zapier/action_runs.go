package zapier

import (
	"context"
	"encoding/json"
	"net/http"
)

// ActionRunStatus says how far an action run is; one edition says ActionRunWaiting for what another calls
// queued and running (api.md 7, number 2).
type ActionRunStatus string

// The states of an action run.
const (
	ActionRunSuccess ActionRunStatus = "success"
	ActionRunError   ActionRunStatus = "error"
	ActionRunWaiting ActionRunStatus = "waiting"
	ActionRunQueued  ActionRunStatus = "queued"
	ActionRunRunning ActionRunStatus = "running"
)

// ActionRun is an Action executed once, outside a Zap (api.md 2.17).
type ActionRun struct {
	ID     ID              `json:"id"`
	Status ActionRunStatus `json:"status"`
	// Results are the third party's objects as they are; may be empty after a success.
	Results []json.RawMessage `json:"results"`
	// Errors say why the run failed: a failed run is no error of the call that asks for it.
	Errors []ActionRunProblem `json:"errors"`
}

// ActionRunProblem is a reason for which an action run failed (api.md 2.17).
type ActionRunProblem struct {
	// Code is "user", "authentication", "partner", "system", "throttled", "system_throttled" or "hydration".
	Code   string `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
	// Delay is how many seconds to wait when throttled.
	Delay int `json:"delay,omitempty"`
	// Meta is free; nil or null if there is none.
	Meta json.RawMessage `json:"meta,omitempty"`
}

// Done reports whether the run has come to its end, good or bad.
func (r ActionRun) Done() bool {
	return r.Status == ActionRunSuccess || r.Status == ActionRunError
}

// UnmarshalJSON reads both spellings of api.md 7, number 2: id or run_id, a list of results or one.
func (r *ActionRun) UnmarshalJSON(data []byte) error {
	type plain ActionRun
	var read struct {
		plain
		RunID   ID              `json:"run_id"`
		Results json.RawMessage `json:"results"`
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	run := ActionRun(read.plain)
	if run.ID == "" {
		run.ID = read.RunID
	}
	var err error
	run.Results, err = oneOrMany(read.Results)
	*r = run
	return err
}

// ActionRunRequest is an Action to execute once (api.md 2.17).
type ActionRunRequest struct {
	Action string `json:"action"`
	StepInputs
	// CallbackURL is told when the run has ended: HTTPS, a public address, at most 2048 characters. May be empty.
	CallbackURL string `json:"callback_url,omitempty"`
}

// CreateActionRun begins to execute an Action and returns the run's id: POST /v2/action-runs, scope action:run
// (api.md 2.17; a limited beta of Zapier's, Forbidden to others). Invalid when Zapier refuses the Action's id, the
// Authentication, an input or the CallbackURL; what the third party refuses is told by the run instead: see
// GetActionRun. When the error is Unclear, the run may have begun.
func (c *Client) CreateActionRun(ctx context.Context, body ActionRunRequest) (ID, error) {
	req := request{op: "action-runs.create", method: http.MethodPost, path: "/v2/action-runs", body: envelope{body}}
	var created single[ActionRun]
	if err := c.call(ctx, req, &created); err != nil {
		return "", err
	}
	return created.value.ID, identified(req, created.value.ID)
}

// GetActionRun returns a run as it stands: GET /v2/action-runs/{id}, scope action:run (api.md 2.17). NotFound
// after seven days, when Zapier forgets it. A run that failed is an answer, not an error: see its Status.
func (c *Client) GetActionRun(ctx context.Context, id ID) (ActionRun, error) {
	const op = "action-runs.get"
	path, err := pathOf(op, "v2", "action-runs", string(id))
	if err != nil {
		return ActionRun{}, err
	}
	var run single[ActionRun]
	if err := c.call(ctx, request{op: op, method: http.MethodGet, path: path}, &run); err != nil {
		return ActionRun{}, err
	}
	if run.value.Status == "" {
		return ActionRun{}, &Error{Kind: WrongSchema, Op: op, cause: errNotExpected}
	}
	run.value.ID = id // the schema leaves it out of the answer
	return run.value, nil
}
