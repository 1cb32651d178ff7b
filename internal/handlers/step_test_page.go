package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// stepTest is GET …/test: what a test would send, and what came of the last one.
func (s *Server) stepTest(w http.ResponseWriter, r *http.Request, b building) error {
	return s.showTest(w, r, b, testNews{})
}

// testNews is what there is to say beside the test itself.
type testNews struct {
	notice *templates.ErrorPhrase
	status int
}

func (s *Server) showTest(w http.ResponseWriter, r *http.Request, b building, news testNews) error {
	b, unread, err := s.readSources(r, b)
	if err != nil {
		return err
	}
	sampled, without := b.draft.Sampled(b.index)
	view := templates.StepTestPage{
		StepPage: s.stepPage(r, b, templates.StageTest),
		Writes:   writes(b.step.Action.Type),
		Values:   s.linesOf(b.draft, b.index, sampled),
		Gaps:     gapsOf(s.gaps(b.draft), b.index+1),
	}
	view.Notice = news.notice
	switch {
	case unread == nil:
		view.Gaps = append(view.Gaps, s.sampleGaps(b, without)...)
	case view.Notice == nil:
		view.Notice = &unread.phrase // without the outputs nobody knows which samples there are
	}
	if b.step.Test != nil {
		view.Result = s.testResult(*b.step.Test)
	}
	return s.render(w, r, cmp.Or(news.status, http.StatusOK), templates.StepTest(view))
}

func (s *Server) testResult(test draft.Test) *templates.TestResult {
	result := &templates.TestResult{At: s.moment(test.At), Found: test.Found, Lines: flatten(test.First), Failed: test.Failed}
	if test.Failed != nil && strings.TrimSpace(strings.Join(test.Failed, "")) == "" {
		result.Failed = []string{s.cfg.Phrases.Error("zapier-rejected").Sentence} // refused without a word
	}
	return result
}

// sampleGaps lead to the steps whose test would give the samples that are missing.
func (s *Server) sampleGaps(b building, tokens []string) []templates.Gap {
	var gaps []templates.Gap
	for _, token := range tokens {
		for _, part := range b.draft.Parts(b.index, token) {
			if part.StepID != "" && part.Broken == draft.NotBroken {
				gaps = append(gaps, templates.Gap{
					Step: b.index + 1, Sentence: s.cfg.Phrases.Building.GapSample(b.index+1, token),
					Link: stepPath(b.draft.ID, part.StepID) + "/" + string(templates.StageTest),
				})
			}
		}
	}
	return gaps
}

// writes reports whether executing an Action may create or change something.
func writes(action zapier.ActionType) bool {
	return slices.Contains([]zapier.ActionType{zapier.ActionWrite, zapier.ActionSearchOrWrite, zapier.ActionSearchAndWrite}, action)
}

// testStep is POST …/test: it executes the step. One that writes needs the field confirm, because it cannot be taken back.
func (s *Server) testStep(w http.ResponseWriter, r *http.Request, b building) error {
	if r.PostForm.Get("revision") != strconv.Itoa(b.draft.Revision) {
		return draft.ErrStale // what would be sent is not what the person saw
	}
	if writes(b.step.Action.Type) && r.PostForm.Get("confirm") != "1" {
		s.redirect(w, r, b.stage(templates.StageTest))
		return nil
	}
	_, err := s.cfg.Drafts.TestStep(r.Context(), b.user(), b.draft.ID, b.step.ID)
	var noSample *draft.ErrNoSample
	switch {
	case err == nil:
		s.redirect(w, r, b.stage(templates.StageTest))
		return nil
	case errors.Is(err, draft.ErrNotReady), errors.As(err, &noSample):
		return s.showTest(w, r, b, testNews{status: http.StatusConflict}) // which lists what is missing
	}
	return s.testTrouble(w, r, b, err)
}

// testTrouble tells on the page itself why there is no result. Of a test that writes nobody knows then whether it was
// carried out.
func (s *Server) testTrouble(w http.ResponseWriter, r *http.Request, b building, err error) error {
	told := asError(err)
	told.Unclear = told.Unclear && writes(b.step.Action.Type)
	trouble, err := s.unread(r, told)
	if err != nil {
		return err
	}
	notice := trouble.phrase
	if told.Unclear {
		notice = s.cfg.Phrases.Error("test-unknown")
	}
	setRetryAfter(w, told)
	return s.showTest(w, r, b, testNews{notice: &notice, status: told.Status})
}
