package handlers

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

const runsPerPage = 20

// runStatuses are those that runs can be asked for by, the most wanted ones first.
func runStatuses() []zapier.ZapRunStatus {
	return []zapier.ZapRunStatus{
		zapier.ZapRunSuccess, zapier.ZapRunError, zapier.ZapRunErrorHandled, zapier.ZapRunHalted, zapier.ZapRunFiltered,
		zapier.ZapRunSkipped, zapier.ZapRunHeld, zapier.ZapRunThrottled, zapier.ZapRunDelayed, zapier.ZapRunScheduled, zapier.ZapRunPending,
	}
}

// showRuns fills in the Zap's runs of the last 30 days, the page and the status that were asked for, and says whether the
// page is beyond the last. Runs that cannot be read just now leave the rest of the Zap's page.
func (s *Server) showRuns(view *templates.ZapPage, r *http.Request, state session.State, zap zapier.ID) (beyond bool, err error) {
	asked := runsAsked(r)
	view.Status = asked.Get("status")
	view.Statuses = s.statusChoices(view.Status)
	number := pageNumber(asked)
	runs, err := s.readRuns(r.Context(), state, zap, view.Status, number)
	if err != nil {
		view.RunsUnread, err = s.aside(r, err)
		return false, err
	}
	for _, run := range runs.Data {
		view.Runs = append(view.Runs, s.runRow(run))
	}
	if number > 1 {
		view.Previous = s.pageLink(zapPath(zap), asked, number-1)
	}
	if runs.Next > 0 {
		view.Next = s.pageLink(zapPath(zap), asked, number+1)
	}
	return number > 1 && len(runs.Data) == 0, nil
}

// runsAsked is what the runs are asked for, without what makes no sense.
func runsAsked(r *http.Request) url.Values {
	asked := r.URL.Query()
	if !slices.Contains(runStatuses(), zapier.ZapRunStatus(asked.Get("status"))) {
		asked.Del("status")
	}
	return asked
}

// readRuns asks by the number in the Zap's id, as today's schema wants it, and where Zapier does not take that, by the
// id as it is, as an older one wanted it (api.md 7, number 7).
func (s *Server) readRuns(ctx context.Context, state session.State, zap zapier.ID, status string, number int) (zapier.Page[zapier.ZapRun], error) {
	options := zapier.ListZapRunsOptions{Zap: zapier.ZapNumber(zap), Offset: (number - 1) * runsPerPage, Limit: runsPerPage}
	if status != "" {
		options.Statuses = []zapier.ZapRunStatus{zapier.ZapRunStatus(status)}
	}
	client := s.zapierFor(state)
	runs, err := client.ListZapRuns(ctx, options)
	if kind, _ := zapier.KindOf(err); kind == zapier.Invalid && options.Zap != zap {
		options.Zap = zap
		return client.ListZapRuns(ctx, options)
	}
	return runs, err
}

func (s *Server) statusChoices(selected string) []templates.Choice {
	words := s.cfg.Phrases.Words
	choices := []templates.Choice{{Label: words.AllStatuses, Selected: selected == ""}}
	for _, status := range runStatuses() {
		choices = append(choices, templates.Choice{
			ID: string(status), Label: words.RunStatus(string(status)), Selected: selected == string(status),
		})
	}
	return choices
}

func (s *Server) runRow(run zapier.ZapRun) templates.RunRow {
	row := templates.RunRow{
		Status: string(run.Status), StatusText: s.cfg.Phrases.Words.RunStatus(string(run.Status)),
		Start: s.stamp(run.StartTime), End: s.stamp(run.EndTime),
		In: s.readable(run.DataIn), Out: s.readable(run.DataOut),
	}
	for _, step := range run.Steps {
		row.Steps = append(row.Steps, s.cfg.Phrases.Words.RunStatus(string(step.Status)))
	}
	return row
}

// readable is data as text, a value on each line; what is empty is left out, and what looks like a secret is not told.
func (s *Server) readable(raw json.RawMessage) string {
	var lines []string
	for _, line := range flatten(raw) {
		if line.Value != "" {
			if SecretKey(line.Name) {
				line.Value = s.cfg.Phrases.Words.Hidden
			}
			lines = append(lines, strings.TrimPrefix(line.Name+": "+line.Value, ": "))
		}
	}
	return strings.Join(lines, "\n")
}
