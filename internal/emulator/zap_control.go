package emulator

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// zapControlRoutes let a program make happen what time would: they are part of
// the emulator's own switches.
func (e *Emulator) zapControlRoutes(r chi.Router) {
	r.Get("/zaps", e.control(e.jsonZaps))
	r.Get("/zap-runs", e.control(e.jsonRuns))
	r.Post("/zaps/{id}/trigger", e.control(e.jsonFireZap))
	r.Post("/zaps/{id}/pause", e.control(e.jsonPauseZap))
}

// controlZap shows the owner, the partner and the aliases, which the Workflow API does not.
type controlZap struct {
	ID      string        `json:"id"`
	Number  int           `json:"number"`
	User    int           `json:"user"`
	Client  string        `json:"client"` // "" when it was made elsewhere
	Title   string        `json:"title"`
	Enabled bool          `json:"is_enabled"`
	Updated time.Time     `json:"updated"`
	LastRun *time.Time    `json:"last_run"`
	Steps   []controlStep `json:"steps"`
}

// controlStep names its action by what is stable about it.
type controlStep struct {
	App            string         `json:"app"`
	ActionType     string         `json:"action_type"`
	Key            string         `json:"key"`
	Authentication string         `json:"authentication"`
	Alias          string         `json:"alias"`
	Inputs         map[string]any `json:"inputs"`
}

// controlRun is a run of a Zap, and whose it is.
type controlRun struct {
	User int `json:"user"`
	zapRunBody
}

func (e *Emulator) jsonZaps(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.controlZaps())
	return nil
}

func (e *Emulator) jsonRuns(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.controlRuns())
	return nil
}

func (e *Emulator) jsonFireZap(w http.ResponseWriter, r *http.Request) error {
	status, err := e.fire(r)
	if err != nil {
		return refused(err)
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": status})
	return nil
}

func (e *Emulator) jsonPauseZap(w http.ResponseWriter, r *http.Request) error {
	return empty(w, e.PauseZap(pathValue(r, "id")))
}

func (e *Emulator) formFireZap(w http.ResponseWriter, r *http.Request) error {
	status, err := e.fire(r)
	if err != nil {
		return refused(err)
	}
	return back(w, r, "fire-"+status)
}

func (e *Emulator) formPauseZap(w http.ResponseWriter, r *http.Request) error {
	if err := e.PauseZap(pathValue(r, "id")); err != nil {
		return refused(err)
	}
	return back(w, r, "pause")
}

// fire is FireZap after a refresh of what is due, as Zapier would have done in the background.
func (e *Emulator) fire(r *http.Request) (status string, err error) {
	id := pathValue(r, "id")
	if z, found := e.state.changeZap(0, id, func(*Zap) {}); found {
		e.refreshSteps(r, z)
	}
	return e.FireZap(id)
}

func (e *Emulator) controlZaps() []controlZap {
	bodies := []controlZap{}
	for _, z := range e.Zaps(0) {
		body := controlZap{
			ID: z.ID, Number: z.Number, User: z.User, Client: z.Client, Title: z.Title, Enabled: z.Enabled,
			Updated: z.Updated, Steps: []controlStep{},
		}
		if !z.LastRun.IsZero() {
			body.LastRun = &z.LastRun
		}
		for _, s := range z.Steps {
			body.Steps = append(body.Steps, controlStep{s.App, s.Type, s.Key, s.Authentication, s.Alias, s.Inputs})
		}
		bodies = append(bodies, body)
	}
	return bodies
}

func (e *Emulator) controlRuns() []controlRun {
	bodies := []controlRun{}
	for _, run := range e.state.listRuns(func(*zapRun) bool { return true }) {
		bodies = append(bodies, controlRun{run.user, bodyOfRun(run)})
	}
	return bodies
}

func (e *Emulator) zapRows() []pages.ZapRow {
	var rows []pages.ZapRow
	for _, z := range e.Zaps(0) {
		user, _ := e.directory.user(z.User)
		row := pages.ZapRow{ID: z.ID, Title: z.Title, User: user.Name(), Enabled: z.Enabled}
		for _, step := range z.Steps {
			app, _ := e.directory.app(step.App)
			row.Steps = append(row.Steps, app.Title+" "+step.Key)
		}
		if !z.LastRun.IsZero() {
			row.LastRun = z.LastRun.Format(clockFormat)
		}
		rows = append(rows, row)
	}
	return rows
}

func (e *Emulator) runRows() []pages.RunRow {
	var rows []pages.RunRow
	for _, run := range e.state.listRuns(func(*zapRun) bool { return true }) {
		user, _ := e.directory.user(run.user)
		row := pages.RunRow{Time: run.start.Format(clockFormat), Title: run.title, User: user.Name(), Status: run.status, Level: "ok"}
		if run.status != statusSuccess {
			row.Level = "bad"
		}
		rows = append(rows, row)
	}
	return rows
}
