package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// trouble is why something could not be read at Zapier, for a page that goes on without it.
type trouble struct {
	phrase templates.ErrorPhrase
	// words are Zapier's own about what it refused.
	words []string
}

// unread is the trouble that Zapier makes, or the error itself where the page cannot go on: without a sign-in, without
// our records, or when nobody waits for it. A page that is only looked at waits for what there is no room to read just now:
// whoever got it without that would ask for it again and again.
func (s *Server) unread(r *http.Request, err error) (*trouble, error) {
	kind, fromZapier := zapier.KindOf(err)
	switch {
	case err == nil:
		return nil, nil
	case !fromZapier && !errors.Is(err, session.ErrTokenUnavailable):
		return nil, err
	case onlyLooks(r) && waits(asError(err)):
		return nil, err
	}
	told := err
	switch kind {
	case zapier.NotFound:
		told = (&Error{Code: "action-not-found", Status: http.StatusConflict}).because(err)
	case zapier.Invalid, zapier.Conflict:
		told = (&Error{Code: "form-refused", Status: http.StatusConflict}).because(err)
		if aboutAccount(err) {
			told = (&Error{Code: "account-refused", Status: http.StatusConflict}).because(err)
		}
	}
	phrase, told := s.aside(r, told)
	if told != nil {
		return nil, told
	}
	return &trouble{phrase: *phrase, words: zapierWords(err)}, nil
}

// aboutAccount reports whether Zapier refused the Authentication.
func aboutAccount(err error) bool {
	var failed *zapier.Error
	return errors.As(err, &failed) && slices.ContainsFunc(failed.Problems, func(problem zapier.Problem) bool {
		return strings.HasSuffix(problem.Source.Pointer, "/authentication")
	})
}

// problems are the words that no field of the step's form shows.
func (t trouble) problems(step draft.Step) []string {
	shown := map[string]bool{}
	for _, field := range step.Fields() {
		shown[step.Refused[field.ID]] = true
	}
	return slices.DeleteFunc(slices.Clone(t.words), func(words string) bool { return shown[words] })
}

// readSources reads the outputs of the steps before, where they are not known yet. After trouble with one the others are
// not asked for: Zapier is out of order, or wants us to wait.
func (s *Server) readSources(r *http.Request, b building) (building, *trouble, error) {
	b.draft.Steps = slices.Clone(b.draft.Steps)
	for _, source := range b.draft.Sources(b.index) {
		if nextStage(source.Step) != templates.StageFields || !source.Step.OutputsRead.IsZero() {
			continue
		}
		read, err := s.cfg.Drafts.ReadOutputs(r.Context(), b.user(), b.draft.ID, source.Step.ID)
		if trouble, err := s.unread(r, err); trouble != nil || err != nil {
			return b, trouble, err
		}
		if step, _, found := read.Step(source.Step.ID); found {
			b.draft.Steps[source.Number-1] = step
		}
	}
	return b, nil, nil
}

// readMapped reads what the mappings of a draft lead to, as long as the draft can be changed.
func (s *Server) readMapped(r *http.Request, b building) (building, *trouble, error) {
	if !open(b.draft) {
		return b, nil, nil
	}
	read, err := s.cfg.Drafts.ReadMapped(r.Context(), b.user(), b.draft.ID)
	if read.ID != "" {
		b.draft = read
	}
	trouble, err := s.unread(r, err)
	return b, trouble, err
}

// sourceViews are the outputs of the steps before, the nearest first, and why some are missing.
func (s *Server) sourceViews(b building, unread *trouble) []templates.Source {
	words := s.cfg.Phrases
	var views []templates.Source
	for _, source := range b.draft.Sources(b.index) {
		step := source.Step
		view := templates.Source{
			StepID: step.ID,
			Title:  words.Words.StepTitle(source.Number, step.Action.Title, step.App.Title),
			Name:   words.Words.StepTitle(source.Number, step.Action.Title, ""),
		}
		switch {
		case nextStage(step) != templates.StageFields:
			view.Unread = words.Building.SourceNotReady
		case step.OutputsRead.IsZero() && unread != nil:
			view.Unread = unread.phrase.Sentence
		}
		for _, output := range step.Outputs {
			view.Outputs = append(view.Outputs, templates.Output{
				Token: step.Token(output.ID), Title: cmp.Or(output.Title, humanize(output.ID)),
				Sample: shorten(step.Sample(output.ID), maxValue),
			})
		}
		views = append(views, view)
	}
	return views
}
