package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// runHistory is how far back Zap runs go unless from_date says otherwise (api.md 2.16).
const runHistory = 30 * 24 * time.Hour

// maxSearch bounds the search parameter (api.md 2.16).
const maxSearch = 150

type zapRunBody struct {
	ID       string        `json:"id"`
	ZapID    int           `json:"zap_id"`
	Start    string        `json:"start_time"`
	End      string        `json:"end_time"`
	Status   string        `json:"status"`
	ZapTitle string        `json:"zap_title"`
	Steps    []stepRunBody `json:"steps"`
	In       any           `json:"data_in"`
	Out      any           `json:"data_out"`
}

type stepRunBody struct {
	Status string `json:"status"`
	Start  string `json:"start_time"`
}

func runStatuses() []string {
	return []string{
		"delayed", "scheduled", "pending", statusError, "error_handled", statusHalted, "throttled",
		statusHeld, statusFiltered, statusSkipped, statusSuccess,
	}
}

// zapRunsList serves GET /v2/zap-runs (api.md 2.16), newest first.
func (e *Emulator) zapRunsList(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap:runs")
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := parseWindow(query)
	if err != nil {
		return err
	}
	filter, err := e.parseRunFilter(query)
	if err != nil {
		return err
	}
	runs := e.state.listRuns(func(run *zapRun) bool { return run.user == token.user && filter.matches(run) })
	data := []zapRunBody{}
	for _, run := range cut(runs, page) {
		data = append(data, bodyOfRun(run))
	}
	next, prev := e.neighbours(r, page, len(runs))
	e.writeEnveloped(w, envelope(data, next, prev, meta{len(runs), page.limit, page.offset}))
	return nil
}

// runFilter is what the query narrows the runs to.
type runFilter struct {
	zap      int // 0 means all
	from, to time.Time
	search   string
	statuses []string
}

func (e *Emulator) parseRunFilter(query url.Values) (runFilter, error) {
	f := runFilter{from: e.now().Add(-runHistory), search: strings.ToLower(query.Get("search"))}
	if utf8.RuneCountInString(f.search) > maxSearch {
		return f, invalidParameter("search", "search has more than 150 characters.")
	}
	if id := query.Get("zap_id"); id != "" {
		number, ok := zapNumber(id)
		if !ok {
			return f, invalidParameter("zap_id", "zap_id must be the number or the id of a Zap.")
		}
		f.zap = number
	}
	if err := timeParameter(query, "from_date", &f.from); err != nil {
		return f, err
	}
	if err := timeParameter(query, "to_date", &f.to); err != nil {
		return f, err
	}
	return f, f.readStatuses(query["statuses"])
}

// readStatuses takes a comma list, and the repeated parameter that the schema's
// style "form" may also mean.
func (f *runFilter) readStatuses(given []string) error {
	for _, list := range given {
		for _, status := range splitTrimmed(list) {
			if !slices.Contains(runStatuses(), status) {
				return invalidParameter("statuses", "statuses must be of "+strings.Join(runStatuses(), ", ")+".")
			}
			f.statuses = append(f.statuses, status)
		}
	}
	return nil
}

func timeParameter(query url.Values, name string, into *time.Time) error {
	if !query.Has(name) {
		return nil
	}
	parsed, ok := parseTime(query.Get(name))
	if !ok {
		return invalidParameter(name, name+" must be a date or a time such as 2026-03-01T09:00:00Z.")
	}
	*into = parsed
	return nil
}

func (f runFilter) matches(run *zapRun) bool {
	return (f.zap == 0 || run.zap == f.zap) &&
		!run.start.Before(f.from) && (f.to.IsZero() || run.start.Before(f.to)) &&
		(len(f.statuses) == 0 || slices.Contains(f.statuses, run.status)) &&
		(f.search == "" || run.contains(f.search))
}

// contains looks where api.md 2.16 says: title, data in, data out.
func (run *zapRun) contains(lower string) bool {
	text, err := json.Marshal([]any{run.title, run.in, run.out})
	return err == nil && strings.Contains(strings.ToLower(string(text)), lower)
}

func bodyOfRun(run *zapRun) zapRunBody {
	body := zapRunBody{
		ID: run.id, ZapID: run.zap, Start: stamp(run.start), End: stamp(run.end), Status: run.status,
		ZapTitle: run.title, Steps: []stepRunBody{}, In: run.in, Out: run.out,
	}
	for _, step := range run.steps {
		body.Steps = append(body.Steps, stepRunBody{step.status, stamp(step.start)})
	}
	return body
}

// stamp is a time as Zap runs have it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
