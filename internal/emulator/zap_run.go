package emulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// runsKept bounds the history: an emulator may run for days.
const runsKept = 500

// Statuses of runs that happen here, of those api.md 2.16 lists.
const (
	statusSuccess  = "success"
	statusError    = "error"
	statusFiltered = "filtered"
	statusHalted   = "halted"
	statusHeld     = "held"
	statusSkipped  = "skipped"
)

// zapRun is one time a Zap was triggered (api.md 2.16).
type zapRun struct {
	id         string
	user, zap  int
	client     string
	title      string
	start, end time.Time
	status     string
	steps      []stepRun
	in, out    any // what the trigger gave, what the last step gave
}

type stepRun struct {
	status string
	start  time.Time
}

// FireZap makes the trigger of an enabled Zap go off, runs the Zap to its end,
// and gives the status of the run: "success", "filtered", "error", "halted" when
// a search found nothing, "skipped" or "held" when the Authentication of the
// trigger or of a later step has expired. The id may have either look.
func (e *Emulator) FireZap(id string) (string, error) {
	z, found := e.state.changeZap(0, id, func(*Zap) {})
	switch {
	case !found:
		return "", fmt.Errorf("emulator: no Zap %q", id)
	case !z.Enabled:
		return "", fmt.Errorf("emulator: the Zap %q is off", id)
	}
	run := e.runZap(z)
	if run == nil {
		return "", errors.New("emulator: the trigger finds nothing")
	}
	e.state.keepRun(run)
	return run.status, nil
}

// PauseZap switches a Zap off, which the Workflow API has no documented call for.
func (e *Emulator) PauseZap(id string) error {
	if _, found := e.state.changeZap(0, id, func(z *Zap) { z.Enabled, z.Updated = false, e.now() }); !found {
		return fmt.Errorf("emulator: no Zap %q", id)
	}
	return nil
}

// runZap does one step after the other until one does not let it go on; nil when
// the trigger has nothing to tell.
func (e *Emulator) runZap(z Zap) *zapRun {
	run := &zapRun{user: z.User, zap: z.Number, client: z.Client, title: z.Title, start: e.now(), status: statusSuccess}
	var results []record
	for i := range z.Steps {
		result, status := e.runStep(z, i, results)
		if i == 0 && status == statusHalted {
			return nil
		}
		run.steps = append(run.steps, stepRun{status, e.now()})
		if result != nil {
			results, run.out = append(results, result), result
		}
		if i == 0 {
			run.in = run.out
		}
		if status != statusSuccess {
			run.status = status
			break
		}
	}
	run.end = e.now()
	return run
}

func (e *Emulator) runStep(z Zap, i int, before []record) (record, string) {
	step := z.Steps[i]
	if !e.state.usable(step.Authentication) {
		return nil, map[bool]string{true: statusSkipped, false: statusHeld}[i == 0]
	}
	a, _ := e.directory.actionByKey(step.App, step.Type, step.Key)
	look := func(name string) string { return lookBefore(z.Steps, before, name) }
	values, _ := substituteAll(step.Inputs, look).(map[string]any)
	found, err := e.state.execute(call{a, accountOf(z.User, step.Authentication), values})
	switch {
	case err != nil:
		return record{"error": err.Error()}, statusError
	case len(found) == 0:
		return nil, statusHalted
	case a.kind == typeFilter && found[0].look("can_continue") != "true":
		return found[0], statusFiltered
	}
	return found[0], statusSuccess
}

// lookBefore is the value a reference stands for.
func lookBefore(steps []ZapStep, results []record, name string) string {
	if len(results) == 0 {
		return ""
	}
	if alias, field, qualified := strings.Cut(name, "."); qualified {
		at := slices.IndexFunc(steps[:len(results)], func(s ZapStep) bool { return s.Alias == alias })
		if at < 0 {
			return ""
		}
		return results[at].look(field)
	}
	return results[len(results)-1].look(name)
}

func (s *state) keepRun(run *zapRun) {
	s.mu.Lock()
	defer s.mu.Unlock()
	run.id = s.workflow.uuid()
	if z := s.zapLocked(run.zap); z != nil && run.status == statusSuccess {
		z.LastRun = run.end
	}
	s.zapRuns = append(s.zapRuns, run)
	if len(s.zapRuns) > runsKept {
		s.zapRuns = slices.Delete(s.zapRuns, 0, 1)
	}
}

// listRuns gives newest first. A run does not change once it is kept.
func (s *state) listRuns(match func(*zapRun) bool) []*zapRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []*zapRun{}
	for _, run := range slices.Backward(s.zapRuns) {
		if match(run) {
			list = append(list, run)
		}
	}
	return list
}
