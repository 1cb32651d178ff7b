package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"
)

type actionBody struct {
	ID          string `json:"id"`
	Key         string `json:"key"`
	App         any    `json:"app"` // its id, or an appBody when expanded
	Type        string `json:"type"`
	ActionType  string `json:"action_type"`
	IsInstant   bool   `json:"is_instant"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

func bodyOfAction(a *action, id string) actionBody {
	return actionBody{
		ID: id, Key: a.key, App: a.app.ID, Type: "action", ActionType: a.kind,
		IsInstant: a.instant, Title: a.title, Description: a.description,
	}
}

// actionsList serves GET /v2/actions (api.md 2.8). Its ids are new at each
// look-up. limit and offset are not documented for it, but links and meta are,
// so they work, and an App with many actions has a second page.
func (e *Emulator) actionsList(w http.ResponseWriter, r *http.Request) error {
	user, err := e.userOrClient(r, "zap")
	if err != nil {
		return err
	}
	app, err := e.appParameter(r)
	if err != nil {
		return err
	}
	kind := r.URL.Query().Get("action_type")
	if kind != "" && !slices.Contains(actionTypes(), kind) {
		return invalidParameter("action_type", "action_type must be one of "+strings.Join(actionTypes(), ", ")+".")
	}
	page, err := parseWindow(r.URL.Query())
	if err != nil {
		return err
	}
	all := e.directory.actionsOf(app.ID, kind)
	shown := cut(all, page)
	data := []actionBody{}
	for i, id := range e.state.lookUp(user, app.ID, shown, page.offset == 0) {
		data = append(data, bodyOfAction(shown[i], id))
	}
	next, prev := e.neighbours(r, page, len(all))
	e.writeEnveloped(w, envelope(data, next, prev, meta{len(all), page.limit, page.offset}))
	return nil
}

// userOrClient is authorizedOrClient for those who need to know the user, who is
// 0 for a client id.
func (e *Emulator) userOrClient(r *http.Request, wanted ...string) (int, error) {
	byUser, err := e.authorizedOrClient(r, wanted...)
	if err != nil || !byUser {
		return 0, err
	}
	return visitOf(r).user, nil
}

// envelope is the answer of nearly every v2 operation that lists something.
func envelope(data any, next, prev *string, m any) map[string]any {
	return map[string]any{"links": map[string]*string{"next": next, "prev": prev}, "meta": m, "data": data}
}

// wholeMeta goes with lists that have no pages: limit is null (api.md 2.4).
type wholeMeta struct {
	Count  int  `json:"count"`
	Limit  *int `json:"limit"`
	Offset int  `json:"offset"`
}

// writeEnveloped answers with a body that the published schema takes for an array (api.md 2.3).
func (e *Emulator) writeEnveloped(w http.ResponseWriter, body any) {
	if e.CurrentReadings().ArrayEnvelopes {
		body = []any{body}
	}
	writeJSON(w, http.StatusOK, body)
}

// pathValue is a part of the path as it was meant: ids hold characters that some
// clients escape and some do not.
func pathValue(r *http.Request, name string) string {
	value := chi.URLParam(r, name)
	if unescaped, err := url.PathUnescape(value); err == nil {
		return unescaped
	}
	return value
}

// pathAction is the action a path names.
func (e *Emulator) pathAction(r *http.Request, user int) (*action, error) {
	a, known := e.state.action(user, pathValue(r, "action_id"))
	if !known {
		return nil, invalidParameter("action_id", "There is no such action, or its id is out of date: look it up again.")
	}
	return a, nil
}

// stepRequest is what all calls about one step send: {"data": {"authentication", "inputs", …}}.
type stepRequest struct {
	user    int
	action  *action
	account string
	filling filling
	data    object
}

// stepRules are what the calls about a step differ in.
type stepRules struct {
	scope string
	// members are those of "data" beside authentication and inputs.
	members []string
	// nullInputs lets inputs be null, as the schema has it for choices (api.md 2.10).
	nullInputs bool
}

// readStep reads such a call.
func (e *Emulator) readStep(w http.ResponseWriter, r *http.Request, rules stepRules) (stepRequest, error) {
	token, err := e.authorized(r, rules.scope)
	if err != nil {
		return stepRequest{}, err
	}
	a, err := e.pathAction(r, token.user)
	if err != nil {
		return stepRequest{}, err
	}
	data, err := readData(w, r)
	if err != nil {
		return stepRequest{}, err
	}
	if err := data.only(append([]string{"authentication", "inputs"}, rules.members...)...); err != nil {
		return stepRequest{}, err
	}
	e.refreshNamed(r, token.user, data)
	account, err := e.state.readAccount(data, token.user, a)
	if err != nil {
		return stepRequest{}, err
	}
	values := map[string]any{}
	if !rules.nullInputs || !data.null("inputs") {
		if values, err = data.values("inputs"); err != nil {
			return stepRequest{}, err
		}
	}
	return stepRequest{token.user, a, account, filling{values, e.now()}, data}, nil
}

// readAccount checks the member "authentication" of a step: the key must be
// there; null is for Apps that need none; all else must be the user's own, for
// this App, and not expired (api.md 2.9, 3.1).
func (s *state) readAccount(step object, user int, a *action) (string, error) {
	id, err := step.textOrNull("authentication")
	if err != nil {
		return "", err
	}
	at := step.at("authentication")
	if a.app.Scheme == SchemeNone {
		if id != nil {
			return "", invalidField(at, a.app.Title+" needs no Authentication: send null.")
		}
		return accountOf(user, ""), nil
	}
	if id == nil {
		return "", invalidField(at, a.app.Title+" needs an Authentication.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.authenticationLocked(*id)
	switch {
	case found == nil || found.User != user:
		return "", invalidField(at, "There is no such Authentication.")
	case found.App != a.app.ID:
		return "", invalidField(at, "This Authentication is for another App.")
	case found.Expired:
		return "", invalidField(at, "This Authentication has expired: the user has to connect again.")
	}
	return accountOf(user, *id), nil
}

// accountOf names the account that records lie in.
func accountOf(user int, authentication string) string {
	if authentication == "" {
		return "user " + strconv.Itoa(user)
	}
	return authentication
}
