package emulator

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// actionRunLife is how long a run's data is kept (api.md 2.17).
const actionRunLife = 7 * 24 * time.Hour

// maxCallback bounds callback_url (api.md 2.17).
const maxCallback = 2048

// actionRun is one action run outside any Zap. It is done at once, but says
// "waiting" to the first who asks, so that polling is always exercised.
type actionRun struct {
	user    int
	created time.Time
	seen    bool
	results []record
	err     error
}

type runErrorBody struct {
	Code   string         `json:"code"`
	Title  string         `json:"title"`
	Detail string         `json:"detail"`
	Meta   map[string]any `json:"meta"`
}

// actionRunsCreate serves POST /v2/action-runs. The body is that of the schema,
// or the flat one of the guides with "input" (api.md 2.17; 7, contradiction 2).
func (e *Emulator) actionRunsCreate(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "action:run")
	if err != nil {
		return err
	}
	body, err := readObject(w, r)
	if err != nil {
		return err
	}
	data, inputs := body, "input"
	if body.has("data") || !body.has("action") {
		inputs = "inputs"
		if data, err = body.object("data"); err != nil {
			return err
		}
	}
	e.refreshNamed(r, token.user, data)
	todo, err := e.readRun(data, inputs, token.user)
	if err != nil {
		return err
	}
	results, err := e.state.execute(todo)
	id := e.state.keepActionRun(&actionRun{user: token.user, created: e.now(), results: results, err: err})
	writeJSON(w, http.StatusOK, map[string]any{"data": map[string]string{"type": "run", "id": id}})
	return nil
}

func (e *Emulator) readRun(data object, inputs string, user int) (call, error) {
	if err := data.only("action", "authentication", inputs, "callback_url"); err != nil {
		return call{}, err
	}
	id, err := data.text("action")
	if err != nil {
		return call{}, err
	}
	a, known := e.state.action(user, id)
	if !known {
		return call{}, invalidField(data.at("action"), "There is no such action, or its id is out of date: look it up again.")
	}
	account, err := e.state.readAccount(data, user, a)
	if err != nil {
		return call{}, err
	}
	values, err := data.values(inputs)
	if err != nil {
		return call{}, err
	}
	if err := checkCallback(data); err != nil {
		return call{}, err
	}
	strict := check{pointer: data.at(inputs)}
	return call{a, account, values}, strict.values(a.form(filling{values, e.now()}), values)
}

// checkCallback refuses what Zapier would not call. What it would call is not
// called from here either: nothing leaves this machine.
func checkCallback(data object) error {
	if !data.has("callback_url") || data.null("callback_url") {
		return nil
	}
	text, err := data.text("callback_url")
	if err != nil {
		return err
	}
	u, err := url.Parse(text)
	switch {
	case len(text) > maxCallback:
		return invalidField(data.at("callback_url"), "callback_url has more than 2048 characters.")
	case err != nil || u.Scheme != "https" || u.Host == "":
		return invalidField(data.at("callback_url"), "callback_url must be an https address.")
	case !public(u.Hostname()):
		return invalidField(data.at("callback_url"), "callback_url must be reachable from the public Internet.")
	}
	return nil
}

// public reports whether a host may be one of the public Internet. Names are not
// resolved.
func public(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		host = strings.ToLower(strings.TrimSuffix(host, "."))
		return strings.Contains(host, ".") && !strings.HasSuffix(host, ".localhost") && !strings.HasSuffix(host, ".local")
	}
	return ip.IsGlobalUnicast() && !ip.IsPrivate()
}

func (s *state) keepActionRun(run *actionRun) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, old := range s.actionRuns {
		if s.now().Sub(old.created) >= actionRunLife {
			delete(s.actionRuns, id)
		}
	}
	id := s.workflow.uuid()
	s.actionRuns[id] = run
	return id
}

// lookAtRun finds a run of user's and whether somebody has looked at it before.
func (s *state) lookAtRun(user int, id string) (run actionRun, seen, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept, known := s.actionRuns[strings.ToLower(id)]
	if !known || kept.user != user || s.now().Sub(kept.created) >= actionRunLife {
		return actionRun{}, false, false
	}
	seen, kept.seen = kept.seen, true
	return *kept, seen, true
}

// actionRunsGet serves GET /v2/action-runs/{id} (api.md 2.17). A run that failed
// is a 200 with status "error".
func (e *Emulator) actionRunsGet(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "action:run")
	if err != nil {
		return err
	}
	run, seen, found := e.state.lookAtRun(token.user, pathValue(r, "id"))
	if !found {
		return notFound("There is no such run, or it is older than seven days.")
	}
	status, results, errs := "waiting", []record{}, []runErrorBody{}
	switch {
	case seen && run.err != nil:
		status = "error"
		errs = append(errs, runErrorBody{Code: "user", Title: "Action failed", Detail: run.err.Error()})
	case seen:
		status, results = "success", append(results, run.results...)
	}
	writeJSON(w, http.StatusOK, map[string]any{"data": map[string]any{
		"type": "run", "status": status, "results": results, "errors": errs,
	}})
	return nil
}
