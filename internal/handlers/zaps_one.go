package handlers

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// zap is GET /zaps/{zap}: one Zap in words and, by the query parameters status and page, its runs.
func (s *Server) zap(w http.ResponseWriter, r *http.Request) error {
	who, err := s.permitted(r, anybody)
	if err != nil {
		return err
	}
	return s.showZap(w, r, who, zapChanged{})
}

// zapChanged says what came of a change that was refused; it is zero where nothing was.
type zapChanged struct {
	status  int
	code    string
	refused []string
}

func (s *Server) showZap(w http.ResponseWriter, r *http.Request, who visitor, changed zapChanged) error {
	zap, err := s.findZap(r, who)
	if err != nil {
		return err
	}
	view := templates.ZapPage{
		Page: s.newPage(r, who.State), ZapRow: s.zapRow(zap), Editor: zap.Links.HTMLEditor, Steps: s.zapSteps(zap),
		CanChange: who.may.Change, CanEnable: who.may.Enable, CanDelete: who.may.Delete, CanSeeRuns: who.may.Runs,
		Refused: changed.refused,
	}
	status := http.StatusOK
	if changed.code != "" {
		phrase := s.cfg.Phrases.Error(changed.code)
		view.Notice, status = &phrase, changed.status
	}
	if who.may.Runs {
		beyond, err := s.showRuns(&view, r, who.State, zap.ID)
		if err != nil {
			return err
		}
		if beyond {
			http.Redirect(w, r, s.pageLink(zapPath(zap.ID), runsAsked(r), 1), http.StatusSeeOther)
			return nil
		}
	}
	return s.render(w, r, status, templates.ZapView(view))
}

// zapIDPattern is what both spellings of a Zap's id look like (api.md 7, number 7), and little else.
var zapIDPattern = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$`)

// zapID is the id in the path; what cannot be one never reaches Zapier.
func zapID(r *http.Request) (zapier.ID, error) {
	id := chi.URLParam(r, "zap")
	if !zapIDPattern.MatchString(id) {
		return "", zapNotFound()
	}
	return zapier.ID(id), nil
}

func zapNotFound() *Error {
	return &Error{Code: "zap-not-found", Status: http.StatusNotFound, Retry: "/zaps"}
}

// findZap looks for the Zap in the list: there is no call for one alone.
func (s *Server) findZap(r *http.Request, who visitor) (zapier.Zap, error) {
	id, err := zapID(r)
	if err != nil {
		return zapier.Zap{}, err
	}
	read := 0
	options := zapOptions(who.may, "steps.action", "steps.action.app", "steps.authentication")
	for zap, err := range s.zapierFor(who.State).Zaps(r.Context(), options) {
		if err != nil {
			return zapier.Zap{}, err
		}
		if zapier.ZapNumber(zap.ID) == zapier.ZapNumber(id) {
			return zap, nil
		}
		if read++; read == maxZaps {
			break
		}
	}
	return zapier.Zap{}, zapNotFound()
}

func (s *Server) zapSteps(zap zapier.Zap) []templates.StepCard {
	cards := make([]templates.StepCard, 0, len(zap.Steps))
	for i, step := range zap.Steps {
		card := templates.StepCard{
			ID: strconv.Itoa(i + 1), Number: i + 1, App: stepApp(step),
			NoAccount: step.Action.ID != "" && step.Authentication.ID == "",
			Values:    s.zapValues(zap, i),
		}
		if action := step.Action.Value; action != nil {
			card.Action, card.ActionType = action.Title, s.cfg.Phrases.Words.ActionType(string(action.ActionType))
		}
		if card.Account = string(step.Authentication.ID); step.Authentication.Value != nil {
			card.Account = step.Authentication.Value.Title
		}
		cards = append(cards, card)
	}
	return cards
}

// zapValues are a step's inputs as Zapier sent them. What the form says of a field is not known here.
func (s *Server) zapValues(zap zapier.Zap, index int) []templates.ValueLine {
	var lines []templates.ValueLine
	for _, input := range inputsOf(zap.Steps[index]) {
		line := templates.ValueLine{Label: humanize(input.Name)}
		switch {
		case input.Value == "":
			continue
		case SecretKey(input.Name):
			line.Parts = []templates.Part{{Text: s.cfg.Phrases.Words.Hidden}}
		default:
			line.Parts = s.zapParts(zap, index, input.Value)
		}
		lines = append(lines, line)
	}
	return lines
}

// inputsOf are the values by field; of what is no map of fields there is nothing to show.
func inputsOf(step zapier.ZapStep) []templates.ResultLine {
	var fields map[string]json.RawMessage
	if json.Unmarshal(step.Inputs, &fields) != nil {
		return nil
	}
	return flatten(step.Inputs)
}

// zapParts splits a value into text and mappings. Zapier does not tell the aliases of a Zap's steps (api.md 2.14), so
// that a mapping's step is known by its alias alone, unless there is but one it can be.
func (s *Server) zapParts(zap zapier.Zap, index int, value string) []templates.Part {
	var parts []templates.Part
	for _, part := range draft.Split(value) {
		if part.Token == "" || part.Broken != draft.NotBroken {
			parts = append(parts, templates.Part{Text: part.Text + part.Token})
			continue
		}
		parts = append(parts, s.zapMapping(zap, index, part.Token))
	}
	return parts
}

func (s *Server) zapMapping(zap zapier.Zap, index int, token string) templates.Part {
	part, name := templates.Part{Token: token}, strings.TrimSpace(strings.Trim(token, "{}"))
	alias, field, qualified := strings.Cut(name, ".")
	switch {
	case qualified && len(zap.Steps) > 2:
		part.Step, part.Field = alias, humanize(field)
	case index > 0:
		part.Step, part.Field = s.stepTitle(zap, index-1), humanize(name)
	default:
		part.Field = humanize(name)
	}
	return part
}

func (s *Server) stepTitle(zap zapier.Zap, index int) string {
	action, app := "", ""
	if value := zap.Steps[index].Action.Value; value != nil {
		action = value.Title
	}
	if known := stepApp(zap.Steps[index]); known != nil {
		app = known.Title
	}
	return s.cfg.Phrases.Words.StepTitle(index+1, action, app)
}
