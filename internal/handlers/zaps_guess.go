package handlers

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// startFromWords is POST /zaps/new/guess with the form field description: a draft of what Zapier makes of it. Where that
// fails the page comes again and has lost nothing.
func (s *Server) startFromWords(w http.ResponseWriter, r *http.Request) error {
	who, done, err := s.beginStart(w, r)
	if err != nil || done {
		return err
	}
	description := strings.TrimSpace(r.PostForm.Get("description"))
	guessed, err := s.planGuess(r.Context(), who, description)
	if err != nil {
		return s.guessFailed(w, r, who, description, err)
	}
	return s.startDraft(w, r, who, guessed)
}

func (s *Server) guessFailed(w http.ResponseWriter, r *http.Request, who visitor, description string, err error) error {
	told := asError(err)
	if told.Status == http.StatusUnauthorized || told.Status == statusClientGone {
		return told
	}
	s.logError(r, told)
	setRetryAfter(w, told)
	phrase := s.phrase(told)
	view := templates.NewZapPage{Description: description, Notice: &phrase}
	if told.Code == "guess-refused" {
		view.GuessRefused = zapierWords(err)
	}
	return s.showNewZap(w, r, who, told.Status, view)
}

// planGuess asks Zapier, and looks up what it names.
func (s *Server) planGuess(ctx context.Context, who visitor, description string) (draft.Draft, error) {
	if description == "" {
		return draft.Draft{}, &Error{Code: "description-missing", Status: http.StatusUnprocessableEntity}
	}
	client := s.zapierFor(who.State)
	guess, err := client.GuessZap(ctx, description)
	if zapier.Rejected(err) {
		return draft.Draft{}, (&Error{Code: "guess-refused", Status: http.StatusUnprocessableEntity}).because(err)
	}
	if err != nil {
		return draft.Draft{}, partnerError(err)
	}
	d := draft.New(guess.Title)
	steps := guess.Steps
	if len(steps) > draft.MaxSteps {
		steps, d.Incomplete = steps[:draft.MaxSteps], true
	}
	prefilled := queryOf(guess.PrefilledURL)
	for i, step := range steps {
		if err := s.planGuessed(ctx, client, &d, i, step.Step.App, prefilled); err != nil {
			return draft.Draft{}, err
		}
	}
	return d, nil
}

// queryOf is the query of a link; one that cannot be read has none.
func queryOf(link string) url.Values {
	parsed, err := url.Parse(link)
	if err != nil {
		return nil
	}
	return parsed.Query()
}

// planGuessed fills in a step of a guess: the App of that very title, and the Action that the link to Zapier's editor
// names (api.md 2.18). What is not to be found stays empty.
func (s *Server) planGuessed(ctx context.Context, client *zapier.Client, d *draft.Draft, place int, title string, prefilled url.Values) error {
	app, found, err := appTitled(ctx, client, title)
	if err != nil {
		return err
	}
	if !found {
		fillStep(d, place, draft.App{}, nil)
		return nil
	}
	name := fmt.Sprintf("steps[%d]", place)
	action, err := guessedAction(ctx, client, app.ID, prefilled.Get(name+"[type]"), prefilled.Get(name+"[action]"))
	if err != nil {
		return err
	}
	fillStep(d, place, draftApp(app), action)
	d.Incomplete = d.Incomplete || action == nil
	return nil
}

// titleMatches is how many Apps are looked at for one of that very title: Zapier finds all that have it in theirs.
const titleMatches = 100

func appTitled(ctx context.Context, client *zapier.Client, title string) (zapier.App, bool, error) {
	if title == "" {
		return zapier.App{}, false, nil
	}
	page, err := client.ListApps(ctx, zapier.ListAppsOptions{Query: title, Limit: titleMatches})
	if err != nil {
		return zapier.App{}, false, err
	}
	for _, app := range page.Data {
		if app.Title == title {
			return app, true, nil
		}
	}
	return zapier.App{}, false, nil
}

// guessedAction looks up an Action; nil if there is none.
func guessedAction(ctx context.Context, client *zapier.Client, app, actionType, key string) (*draft.Action, error) {
	if actionType == "" || key == "" {
		return nil, nil
	}
	action, err := client.AsPartner().GetAction(ctx, app, zapier.ActionType(strings.ToUpper(actionType)), key)
	if kind, _ := zapier.KindOf(err); kind == zapier.NotFound || kind == zapier.Invalid {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &draft.Action{Type: action.ActionType, Key: action.Key, Title: action.Title, Description: action.Description}, nil
}
