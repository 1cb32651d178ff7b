package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type zapBody struct {
	Type      string            `json:"type"`
	ID        string            `json:"id"`
	IsEnabled bool              `json:"is_enabled"`
	LastRun   *string           `json:"last_successful_run_date"`
	Updated   string            `json:"updated_at"`
	Title     string            `json:"title"`
	Links     map[string]string `json:"links"`
	Steps     []zapStepBody     `json:"steps"`
}

type zapStepBody struct {
	Action         any     `json:"action"`         // an id, or an actionBody when expanded
	Authentication any     `json:"authentication"` // an id, null, or an authenticationBody when expanded
	Inputs         any     `json:"inputs"`
	Title          *string `json:"title"`
}

// expansion is what a caller wants in full instead of as an id (api.md 2.5).
type expansion struct{ action, actionApp, authentication, authenticationApp bool }

// parseExpand takes comma-separated paths. A path that cannot be expanded is no error.
func parseExpand(text string) expansion {
	paths := splitTrimmed(text)
	x := expansion{
		actionApp:         slices.Contains(paths, "steps.action.app"),
		authenticationApp: slices.Contains(paths, "steps.authentication.app"),
	}
	x.action = x.actionApp || slices.Contains(paths, "steps.action")
	x.authentication = x.authenticationApp || slices.Contains(paths, "steps.authentication")
	return x
}

// zapsList serves GET /v2/zaps (api.md 2.14), newest first.
func (e *Emulator) zapsList(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap", "zap:all", "zap:account:all")
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := parseWindow(query)
	if err != nil {
		return err
	}
	shared, err := boolParameter(query.Get("include_shared"), "include_shared")
	if err != nil {
		return err
	}
	shared = shared && anyScope(token.scopes, "zap:account:all")
	all := anyScope(token.scopes, "zap:all", "zap:account:all")
	client := e.clients[token.grant.client]
	zaps := e.state.listZaps(func(z *Zap) bool {
		mine := z.User == token.user || shared && slices.Contains(z.SharedWith, token.user)
		return mine && (all || client.ofPartner(z)) && z.hasInputs(query)
	})
	data, expand := []zapBody{}, parseExpand(query.Get("expand"))
	zaps, count := cut(zaps, page), len(zaps)
	if expand.authentication {
		e.refreshSteps(r, zaps...)
	}
	for _, z := range zaps {
		data = append(data, e.zapBody(z, expand))
	}
	next, prev := e.neighbours(r, page, count)
	e.writeEnveloped(w, envelope(data, next, prev, meta{count, page.limit, page.offset}))
	return nil
}

func boolParameter(text, name string) (bool, error) {
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, invalidParameter(name, name+" must be true or false.")
	}
	return value, nil
}

// zapBody tells of a Zap. The ids of its actions are new each time, like those
// of a look-up, but do not end the ids of one.
func (e *Emulator) zapBody(z Zap, expand expansion) zapBody {
	body := zapBody{
		Type: "zap", ID: z.ID, IsEnabled: z.Enabled, Updated: z.Updated.UTC().Format(time.RFC3339), Title: z.Title,
		Links: map[string]string{"html_editor": e.editorURL(z.Number)}, Steps: []zapStepBody{},
	}
	if !z.LastRun.IsZero() {
		last := z.LastRun.UTC().Format(time.RFC3339)
		body.LastRun = &last
	}
	for _, step := range z.Steps {
		body.Steps = append(body.Steps, e.zapStepBody(z.User, step, expand))
	}
	return body
}

func (e *Emulator) zapStepBody(user int, step ZapStep, expand expansion) zapStepBody {
	a, _ := e.directory.actionByKey(step.App, step.Type, step.Key)
	id := e.state.lookUp(user, step.App, []*action{a}, false)[0]
	body := zapStepBody{Action: id, Inputs: step.Inputs}
	if expand.action {
		full := bodyOfAction(a, id)
		if expand.actionApp {
			full.App = e.appBody(a.app, true)
		}
		body.Action = full
	}
	if step.Authentication == "" {
		return body
	}
	body.Authentication = step.Authentication
	if full, found := e.state.findAuthentication(step.Authentication); found && expand.authentication {
		expanded := bodyOf(full)
		if expand.authenticationApp {
			expanded.App = e.appBody(a.app, true)
		}
		body.Authentication = expanded
	}
	return body
}

func (s *state) findAuthentication(id string) (Authentication, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.authenticationLocked(id)
	if found == nil {
		return Authentication{}, false
	}
	return *found, true
}

func (e *Emulator) editorURL(number int) string {
	return fmt.Sprintf("%s/editor/%d?%s", e.webURL, number, trackingQuery)
}

// trackingQuery is what Zapier adds to the links it gives a partner.
const trackingQuery = "utm_source=partner&utm_medium=embed&utm_campaign=partner_api"

// writeChanged answers with a Zap that was just made or changed, whose steps'
// inputs are null: documented as expected (api.md 2.14).
func (e *Emulator) writeChanged(w http.ResponseWriter, r *http.Request, status int, z Zap) {
	body := e.zapBody(z, parseExpand(r.URL.Query().Get("expand")))
	for i := range body.Steps {
		body.Steps[i].Inputs = nil
	}
	if e.CurrentReadings().WrappedZaps {
		writeJSON(w, status, map[string]any{"data": body})
		return
	}
	writeJSON(w, status, body)
}

// zapsCreate serves POST /v2/zaps (api.md 2.14). The same body twice makes two
// Zaps (api.md 7, unknown 13).
func (e *Emulator) zapsCreate(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap:write")
	if err != nil {
		return err
	}
	data, err := readData(w, r)
	if err != nil {
		return err
	}
	if err := data.only("title", "steps", "enabled", "is_enabled"); err != nil {
		return err
	}
	title, err := data.text("title")
	if err != nil {
		return err
	}
	steps, err := e.readSteps(r, data, token.user)
	if err != nil {
		return err
	}
	enabled, err := readEnabled(data)
	if err != nil {
		return err
	}
	created := e.state.createZap(Zap{User: token.user, Client: token.grant.client, Title: title, Enabled: enabled, Steps: steps})
	e.writeChanged(w, r, http.StatusCreated, created)
	return nil
}

// readEnabled takes both names the documents use; left out, a Zap is on (api.md 7, contradiction 8).
func readEnabled(data object) (bool, error) {
	enabled, err := data.flag("is_enabled", true)
	if err != nil {
		return false, err
	}
	return data.flag("enabled", enabled)
}

// zapsUpdate serves PATCH /v2/zaps/{id} (api.md 2.15): new steps are published
// and switch the Zap on, a new title alone does not.
func (e *Emulator) zapsUpdate(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap:update")
	if err != nil {
		return err
	}
	if _, err := e.ownZap(r, token.user); err != nil {
		return err
	}
	data, err := readData(w, r)
	if err != nil {
		return err
	}
	if err := data.only("title", "steps"); err != nil {
		return err
	}
	if len(data.members) == 0 {
		return invalidField(data.pointer, "Give a title, steps, or both.")
	}
	title, err := optionalText(data, "title")
	if err != nil {
		return err
	}
	var steps []ZapStep
	if data.has("steps") {
		if steps, err = e.readSteps(r, data, token.user); err != nil {
			return err
		}
	}
	return e.changeZap(w, r, token.user, func(z *Zap) {
		if title != "" {
			z.Title = title
		}
		if steps != nil {
			z.Steps, z.Enabled = steps, true
		}
		z.Updated = e.now()
	})
}

func optionalText(data object, name string) (string, error) {
	if !data.has(name) {
		return "", nil
	}
	return data.text(name)
}

func (e *Emulator) changeZap(w http.ResponseWriter, r *http.Request, user int, change func(*Zap)) error {
	z, found := e.state.changeZap(user, pathValue(r, "id"), change)
	if !found {
		return noSuchZap()
	}
	e.writeChanged(w, r, http.StatusOK, z)
	return nil
}

func noSuchZap() error { return notFound("There is no such Zap.") }

func (e *Emulator) ownZap(r *http.Request, user int) (Zap, error) {
	z, found := e.state.changeZap(user, pathValue(r, "id"), func(*Zap) {})
	if !found {
		return Zap{}, noSuchZap()
	}
	return z, nil
}

// zapsDelete serves DELETE /v2/zaps/{id} (api.md 2.15).
func (e *Emulator) zapsDelete(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap:delete")
	if err != nil {
		return err
	}
	if !e.state.deleteZap(token.user, pathValue(r, "id")) {
		return noSuchZap()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// zapsEnable serves POST /v2/zaps/{id}/enable (api.md 2.15). Its scope is not
// documented; both candidates work. A Zap whose Authentication has expired stays off.
func (e *Emulator) zapsEnable(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap:update", "zap:pause")
	if err != nil {
		return err
	}
	z, err := e.ownZap(r, token.user)
	if err != nil {
		return err
	}
	e.refreshSteps(r, z)
	for _, step := range z.Steps {
		if !e.state.usable(step.Authentication) {
			return invalidParameter("id", "An Authentication of this Zap has expired or is gone.")
		}
	}
	return e.changeZap(w, r, token.user, func(z *Zap) { z.Enabled, z.Updated = true, e.now() })
}

// usable reports whether a step can run with an Authentication; "" is for steps that need none.
func (s *state) usable(id string) bool {
	a, found := s.findAuthentication(id)
	return strings.TrimSpace(id) == "" || found && !a.Expired
}
