package emulator

import (
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"
)

// grantBody tells of a consent without its tokens.
type grantBody struct {
	User         int        `json:"user"`
	Client       string     `json:"client"`
	Scopes       []string   `json:"scopes"`
	Since        time.Time  `json:"since"`
	Revoked      bool       `json:"revoked"`
	AccessTokens int        `json:"access_tokens"` // how many are alive
	Expires      *time.Time `json:"expires"`       // of the youngest of them
}

// faultJSON is a Fault as a program sends it; RetryAfter is in seconds.
type faultJSON struct {
	Operation  string `json:"operation"`
	Status     int    `json:"status"`
	HTML       bool   `json:"html"`
	Drop       bool   `json:"drop"`
	RetryAfter int    `json:"retry_after"`
	Times      int    `json:"times"`
	After      bool   `json:"after"`
}

// controlAuthentication shows the owner and the time, which the Workflow API does not.
type controlAuthentication struct {
	ID      string    `json:"id"`
	App     string    `json:"app"`
	User    int       `json:"user"`
	Title   string    `json:"title"`
	Expired bool      `json:"is_expired"`
	Created time.Time `json:"created"`
}

func (e *Emulator) jsonState(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]any{
		"now":                 e.now(),
		"popup":               e.CurrentPopup(),
		"revive_on_reconnect": e.revives(),
		"faults":              e.faultBodies(),
		"grants":              e.grantBodies(),
		"authentications":     e.authenticationBodies(),
		"operations":          Operations(),
		"third_parties":       e.partyBodies(),
		"limits":              e.limitsBody(),
		"readings":            e.CurrentReadings(),
		"waiting_finishes":    e.WaitingFinishes(),
		"zaps":                e.controlZaps(),
		"zap_runs":            e.controlRuns(),
	})
	return nil
}

func (e *Emulator) jsonRequests(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.Requests())
	return nil
}

func (e *Emulator) jsonPopup(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.CurrentPopup())
	return nil
}

func (e *Emulator) jsonSetPopup(w http.ResponseWriter, r *http.Request) error {
	var popup Popup
	if err := readJSON(w, r, &popup); err != nil {
		return err
	}
	return empty(w, e.SetPopup(popup))
}

func (e *Emulator) jsonRelease(w http.ResponseWriter, _ *http.Request) error {
	e.ReleaseFinishes()
	return empty(w, nil)
}

func (e *Emulator) jsonFaults(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.faultBodies())
	return nil
}

func (e *Emulator) jsonArm(w http.ResponseWriter, r *http.Request) error {
	var f faultJSON
	if err := readJSON(w, r, &f); err != nil {
		return err
	}
	return empty(w, e.Arm(Fault{
		Operation: f.Operation, Status: f.Status, HTML: f.HTML, Drop: f.Drop, Times: f.Times, After: f.After,
		RetryAfter: time.Duration(f.RetryAfter) * time.Second,
	}))
}

func (e *Emulator) jsonDisarm(w http.ResponseWriter, _ *http.Request) error {
	e.Disarm()
	return empty(w, nil)
}

func (e *Emulator) jsonAuthentications(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.authenticationBodies())
	return nil
}

func (e *Emulator) jsonAdd(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		User  int    `json:"user"`
		App   string `json:"app"`
		Title string `json:"title"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	added, err := e.AddAuthentication(body.User, body.App, body.Title)
	if err != nil {
		return refused(err)
	}
	writeJSON(w, http.StatusCreated, controlAuthentication(added))
	return nil
}

func (e *Emulator) jsonExpire(w http.ResponseWriter, r *http.Request) error {
	if err := e.ExpireAuthentication(chi.URLParam(r, "id")); err != nil {
		return notFound(err.Error())
	}
	return empty(w, nil)
}

func (e *Emulator) jsonRevive(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Revive bool `json:"revive_on_reconnect"`
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	e.ReviveOnReconnect(body.Revive)
	return empty(w, nil)
}

// userBody names a user; 0, or no body at all, means everybody.
type userBody struct {
	User int `json:"user"`
}

func readUser(w http.ResponseWriter, r *http.Request) (int, error) {
	var body userBody
	if r.ContentLength == 0 {
		return 0, nil
	}
	err := readJSON(w, r, &body)
	return body.User, err
}

func (e *Emulator) jsonExpireTokens(w http.ResponseWriter, r *http.Request) error {
	user, err := readUser(w, r)
	if err != nil {
		return err
	}
	e.ExpireTokens(user)
	return empty(w, nil)
}

func (e *Emulator) jsonRevoke(w http.ResponseWriter, r *http.Request) error {
	user, err := readUser(w, r)
	if err != nil {
		return err
	}
	e.RevokeGrant(user)
	return empty(w, nil)
}

func (e *Emulator) jsonReset(w http.ResponseWriter, _ *http.Request) error {
	e.Reset()
	return empty(w, nil)
}

// empty is the answer to something that was done, or was refused.
func empty(w http.ResponseWriter, err error) error {
	if err != nil {
		return refused(err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (e *Emulator) revives() bool {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.revive
}

func (e *Emulator) faultBodies() []faultJSON {
	bodies := []faultJSON{}
	for _, f := range e.Armed() {
		bodies = append(bodies, faultJSON{
			Operation: f.Operation, Status: f.Status, HTML: f.HTML, Drop: f.Drop, Times: f.Times, After: f.After,
			RetryAfter: int(f.RetryAfter / time.Second),
		})
	}
	return bodies
}

func (e *Emulator) authenticationBodies() []controlAuthentication {
	bodies := []controlAuthentication{}
	for _, a := range e.Authentications(0, "") {
		bodies = append(bodies, controlAuthentication(a))
	}
	return bodies
}

// grantBodies lists newest first.
func (e *Emulator) grantBodies() []grantBody {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	bodies := []grantBody{}
	for i := len(s.grants) - 1; i >= 0; i-- {
		g := s.grants[i]
		body := grantBody{User: g.user, Client: g.client, Scopes: g.scopes, Since: g.since, Revoked: g.revoked}
		for _, token := range s.access {
			if token.grant != g || !s.now().Before(token.expires) {
				continue
			}
			body.AccessTokens++
			if body.Expires == nil || token.expires.After(*body.Expires) {
				expires := token.expires
				body.Expires = &expires
			}
		}
		bodies = append(bodies, body)
	}
	return bodies
}
