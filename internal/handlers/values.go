package handlers

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/web/templates"
)

// parts are the pieces of a text at a place of the draft, mappings in words.
func (s *Server) parts(d draft.Draft, index int, text string) []templates.Part {
	var parts []templates.Part
	for _, part := range d.Parts(index, text) {
		view := templates.Part{Text: part.Text, Token: part.Token}
		if part.Token != "" {
			view.Field, view.Sample = part.FieldTitle, shorten(part.Sample, maxValue)
			if part.StepNumber > 0 {
				view.Step = s.cfg.Phrases.Words.StepTitle(part.StepNumber, part.StepTitle, "")
			}
			if part.Broken != "" {
				view.Broken = s.cfg.Phrases.Building.Broken(string(part.Broken))
			}
		}
		parts = append(parts, view)
	}
	return parts
}

// valueLines are the filled-in fields of a step in words; secrets are only said to be there.
func (s *Server) valueLines(d draft.Draft, index int) []templates.ValueLine {
	return s.linesOf(d, index, d.Steps[index])
}

// linesOf are those of a step that is the one at index, or was made of it.
func (s *Server) linesOf(d draft.Draft, index int, step draft.Step) []templates.ValueLine {
	var lines []templates.ValueLine
	for _, value := range draft.Values(step) {
		line := templates.ValueLine{Label: value.Label}
		if value.Secret {
			line.Parts = []templates.Part{{Text: s.cfg.Phrases.Words.Hidden}}
		}
		for i, text := range value.Texts {
			if i > 0 {
				line.Parts = append(line.Parts, templates.Part{Text: ", "})
			}
			line.Parts = append(line.Parts, s.parts(d, index, text)...)
		}
		lines = append(lines, line)
	}
	return lines
}

// gaps are all that the draft lacks, in words and with the way to where it is mended.
func (s *Server) gaps(d draft.Draft) []templates.Gap {
	var gaps []templates.Gap
	for _, missing := range d.Missing() {
		// Several mappings of one field that lead nowhere are mended at one place.
		if gap := s.gap(d, missing); !slices.Contains(gaps, gap) {
			gaps = append(gaps, gap)
		}
	}
	return gaps
}

func (s *Server) gap(d draft.Draft, missing draft.Missing) templates.Gap {
	words := s.cfg.Phrases.Building
	gap := templates.Gap{Step: missing.Number, Link: draftPath(d.ID)}
	step, _, _ := d.Step(missing.StepID)
	if step.ID != "" {
		gap.Link = stepPath(d.ID, step.ID)
	}
	field, app := cmp.Or(missing.FieldTitle, humanize(missing.Field)), ""
	if step.App != nil {
		app = step.App.Title
	}
	switch missing.What {
	case draft.MissingTitle:
		gap.Sentence, gap.Link = words.GapTitle, gap.Link+"#title"
	case draft.MissingSteps:
		gap.Sentence = words.GapSteps
	case draft.MissingApp:
		gap.Sentence, gap.Link = words.GapApp(missing.Number), gap.Link+"/app"
	case draft.MissingAction:
		gap.Sentence, gap.Link = words.GapAction(missing.Number, app), gap.Link+"/action"
	case draft.MissingAccount:
		gap.Sentence, gap.Link = words.GapAccount(missing.Number, app), gap.Link+"/account"
	case draft.MissingField:
		gap.Sentence, gap.Link = words.GapField(missing.Number, field), fieldLink(gap.Link, missing.Field)
	case draft.MissingMapping:
		gap.Sentence, gap.Link = words.GapMapping(missing.Number, field), fieldLink(gap.Link, missing.Field)
	default:
		gap.Sentence, gap.Link = words.GapForm(missing.Number), gap.Link+"/fields"
	}
	return gap
}

// fieldLink leads to a field in the form of its step.
func fieldLink(step, field string) string {
	target := url.URL{Path: step + "/fields", Fragment: templates.FieldAnchor(field)}
	return target.String()
}

// gapsOf are those of one step.
func gapsOf(gaps []templates.Gap, number int) []templates.Gap {
	return slices.DeleteFunc(slices.Clone(gaps), func(gap templates.Gap) bool { return gap.Step != number })
}
