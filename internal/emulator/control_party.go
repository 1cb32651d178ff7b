package emulator

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// partyBody is the service of an App that does not work as it should.
type partyBody struct {
	App     string  `json:"app"`
	Slug    string  `json:"slug"`
	Failure Failure `json:"failure"`
	Stage   Stage   `json:"stage"`
}

// limitsJSON are Limits as a program sends them; Cooldown is in seconds.
type limitsJSON struct {
	PerIP      int `json:"per_ip"`
	PerPartner int `json:"per_partner"`
	Cooldown   int `json:"cooldown"`
}

func (e *Emulator) jsonCoverage(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.Coverage())
	return nil
}

func (e *Emulator) jsonParties(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.partyBodies())
	return nil
}

func (e *Emulator) jsonSetParty(w http.ResponseWriter, r *http.Request) error {
	var behaviour ThirdParty
	if err := readJSON(w, r, &behaviour); err != nil {
		return err
	}
	return empty(w, e.SetThirdParty(e.appNamed(chi.URLParam(r, "app")), behaviour))
}

func (e *Emulator) jsonLimits(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.limitsBody())
	return nil
}

func (e *Emulator) jsonSetLimits(w http.ResponseWriter, r *http.Request) error {
	var body limitsJSON
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return empty(w, e.SetLimits(body.limits()))
}

func (e *Emulator) jsonRefresh(w http.ResponseWriter, r *http.Request) error {
	refreshed, err := e.refreshNow(r, chi.URLParam(r, "id"))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, controlAuthentication(refreshed))
	return nil
}

// jsonSeed takes a seed file as it is, whatever type it is announced as.
func (e *Emulator) jsonSeed(w http.ResponseWriter, r *http.Request) error {
	return empty(w, e.seedFrom(http.MaxBytesReader(w, r.Body, maxSeed)))
}

func (e *Emulator) seedFrom(body io.Reader) error {
	file, err := ReadSeed(body)
	if err != nil {
		return err
	}
	return e.Seed(file)
}

// appNamed is the id of an App that is named by its slug; ids stay as they are.
func (e *Emulator) appNamed(name string) string {
	if app, known := e.directory.appBySlug(name); known {
		return app.ID
	}
	return name
}

func (l limitsJSON) limits() Limits {
	return Limits{PerIP: l.PerIP, PerPartner: l.PerPartner, Cooldown: time.Duration(l.Cooldown) * time.Second}
}

func (e *Emulator) limitsBody() limitsJSON {
	limits := e.CurrentLimits()
	return limitsJSON{limits.PerIP, limits.PerPartner, int(limits.Cooldown / time.Second)}
}

func (e *Emulator) partyBodies() []partyBody {
	bodies := []partyBody{}
	for _, app := range e.directory.apps {
		if behaviour := e.state.behaviour(app); behaviour.Failure != "" {
			bodies = append(bodies, partyBody{App: app.ID, Slug: app.Slug, Failure: behaviour.Failure, Stage: behaviour.Stage})
		}
	}
	return bodies
}

func (e *Emulator) formParty(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	behaviour := ThirdParty{Failure: Failure(r.PostForm.Get("failure")), Stage: Stage(r.PostForm.Get("stage"))}
	if err := e.SetThirdParty(r.PostForm.Get("app"), behaviour); err != nil {
		return refused(err)
	}
	return back(w, r, "party")
}

func (e *Emulator) formLimits(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	var numbers [3]int
	for i, name := range []string{"per_ip", "per_partner", "cooldown"} {
		var err error
		if numbers[i], err = strconv.Atoi(r.PostForm.Get(name)); err != nil {
			return badPage("Refused", name+" is not a number.")
		}
	}
	if err := e.SetLimits(limitsJSON{numbers[0], numbers[1], numbers[2]}.limits()); err != nil {
		return refused(err)
	}
	return back(w, r, "limits")
}

func (e *Emulator) formRefresh(w http.ResponseWriter, r *http.Request) error {
	if _, err := e.refreshNow(r, chi.URLParam(r, "id")); err != nil {
		return err
	}
	return back(w, r, "refresh")
}

func (e *Emulator) partyRows() []pages.PartyRow {
	var rows []pages.PartyRow
	for _, body := range e.partyBodies() {
		app, _ := e.directory.app(body.App)
		rows = append(rows, pages.PartyRow{ID: app.ID, App: app.Title, Failure: string(body.Failure), Stage: string(body.Stage)})
	}
	return rows
}

func (e *Emulator) limitsView() pages.LimitsView {
	body := e.limitsBody()
	view := pages.LimitsView{PerIP: body.PerIP, PerPartner: body.PerPartner, Cooldown: body.Cooldown}
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, b := range s.budgets {
		if s.now().Before(b.until) {
			view.Cooling = append(view.Cooling, key+" until "+b.until.Format(clockFormat))
		}
	}
	slices.Sort(view.Cooling)
	return view
}

func (e *Emulator) coverageRows() []pages.Coverage {
	var rows []pages.Coverage
	for _, row := range e.Coverage() {
		rows = append(rows, pages.Coverage{Operation: row.Method + " " + row.Path, What: row.What, Level: row.Level, Note: row.Note})
	}
	return rows
}
