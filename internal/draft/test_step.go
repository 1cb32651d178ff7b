package draft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// Sampled is the step at a place as a test would send it: samples stand for mappings. It also returns the mappings that
// have none.
func (d Draft) Sampled(index int) (Step, []string) {
	var without []string
	step := d.Steps[index]
	step.Inputs = d.mapped(index, func(index int, text string) string {
		return rewrite(text, func(p piece) string {
			at := d.resolve(index, p.name)
			if at.broken == NotBroken {
				if sample := d.Steps[at.step].Sample(at.field); sample != "" {
					return sample
				}
			}
			if !slices.Contains(without, p.raw) {
				without = append(without, p.raw)
			}
			return p.raw
		})
	})
	slices.Sort(without)
	return step, without
}

// TestStep executes a step for real and keeps what came of it, also when the third party refused. What is mapped is
// replaced by samples; *ErrNoSample says which have none. ErrNotReady as long as a value is missing.
func (s *Service) TestStep(ctx context.Context, user, id, step string) (Draft, error) {
	ctx = context.WithoutCancel(ctx) // it cannot be taken back when the person leaves, so see it to its end
	a, err := s.askWithSamples(ctx, user, id, step)
	if err != nil {
		return Draft{}, err
	}
	sampled, without := a.draft.Sampled(a.index)
	if len(without) > 0 {
		return a.draft, &ErrNoSample{Tokens: without}
	}
	request := zapier.TestRequest{StepInputs: a.inputs()}
	request.Inputs = sampled.Inputs
	test := Test{At: s.now()}
	err = a.do(ctx, func(id string) error {
		page, err := a.client.TestAction(ctx, id, request)
		test.Found = page.Total
		if err == nil && len(page.Data) > 0 {
			test.First = sampled.shortened(page.Data[0])
		}
		return err
	})
	if kind, _ := zapier.KindOf(err); err != nil && (kind != zapier.Invalid || outdated(err)) {
		return a.draft, err
	}
	test.Failed = a.step.failure(err)
	if err != nil {
		_, _ = a.refused(ctx, err) // at the fields; the words as a whole come with the test
	}
	return a.keep(ctx, func(s *Step) {
		s.Test = &test
		s.takeSamples()
	})
}

// askWithSamples reads the outputs of those earlier steps whose samples are wanted and were never read.
func (s *Service) askWithSamples(ctx context.Context, user, id, step string) (*asking, error) {
	a, err := s.ask(ctx, user, id, step)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(a.draft.missingIn(a.index), func(m Missing) bool { return m.What != MissingMapping }) {
		return nil, ErrNotReady
	}
	unread := a.draft.unread(a.index)
	for _, source := range unread {
		if _, err := s.ReadOutputs(ctx, user, id, source); err != nil {
			return nil, err
		}
	}
	if len(unread) == 0 {
		return a, nil
	}
	return s.ask(ctx, user, id, step)
}

// unread are the steps that the one at index maps something of, though their outputs were not read.
func (d Draft) unread(index int) []string {
	var unread []string
	for _, text := range d.texts(index) {
		for _, part := range d.Parts(index, text) {
			source, _, mapped := d.Step(part.StepID)
			if mapped && part.Broken == NotBroken && part.Sample == "" && source.OutputsRead.IsZero() && !slices.Contains(unread, source.ID) {
				unread = append(unread, source.ID)
			}
		}
	}
	return unread
}

// failure is why a test failed, nil if it did not.
func (s Step) failure(err error) []string {
	var failed *zapier.Error
	if !errors.As(err, &failed) {
		return nil
	}
	said := []string{}
	for _, p := range failed.Problems {
		said = append(said, s.words(p))
	}
	return said
}

// takeSamples looks up the value of each output in what the last test found.
func (s *Step) takeSamples() {
	s.Samples = nil
	if s.Test == nil || len(s.Test.First) == 0 {
		return
	}
	var found any
	decoder := json.NewDecoder(bytes.NewReader(s.Test.First))
	decoder.UseNumber()
	if decoder.Decode(&found) != nil {
		return
	}
	s.Samples = map[string]string{}
	for _, output := range s.Outputs {
		if sample := sampleAt(found, output.ID); sample != "" {
			s.Samples[output.ID] = clip(sample, longestSample)
		}
	}
}

// sampleAt finds the value of an output field in an object: "a__b" is nested, "list[]a" is in each object of a list
// (api.md 2.11). A name may also stand there as it is.
func sampleAt(found any, id string) string {
	if list, isList := found.([]any); isList {
		var samples []string
		for _, item := range list {
			samples = append(samples, sampleAt(item, id))
		}
		return strings.Join(samples, ",")
	}
	object, isObject := found.(map[string]any)
	if !isObject {
		return ""
	}
	if value, there := object[id]; there {
		return sampleText(value)
	}
	for i := range id {
		for _, mark := range []string{"[]", "__"} {
			rest, marked := strings.CutPrefix(id[i:], mark)
			if within, there := object[id[:i]]; marked && there && rest != "" {
				return sampleAt(within, strings.TrimPrefix(rest, "__"))
			}
		}
	}
	return ""
}

// sampleText is a value as it is put into a text.
func sampleText(value any) string {
	switch v := value.(type) {
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case []any:
		var texts []string
		for _, item := range v {
			texts = append(texts, sampleText(item))
		}
		return strings.Join(texts, ",")
	}
	return textOf(value)
}

const (
	// maxFirst is how much is kept of what a test found, in bytes; where it is more, texts and lists are shortened.
	maxFirst = 32 << 10
	maxItems = 20
	maxDepth = 8
)

// shortened is an object that a test found, small enough to keep and without the step's secrets.
func (s Step) shortened(found json.RawMessage) json.RawMessage {
	if len(found) <= maxFirst && len(s.secrets()) == 0 {
		return found
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(found))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	for longest := longestWords; longest > 0; longest /= 4 {
		if kept, err := json.Marshal(s.shorten(value, longest, 0)); err == nil && len(kept) <= maxFirst {
			return kept
		}
	}
	return nil
}

func (s Step) shorten(value any, longest, depth int) any {
	switch v := value.(type) {
	case string:
		return clip(s.hide(v), longest)
	case []any:
		if depth == maxDepth {
			return "…"
		}
		list := []any{}
		for _, item := range v[:min(len(v), maxItems)] {
			list = append(list, s.shorten(item, longest, depth+1))
		}
		return list
	case map[string]any:
		if depth == maxDepth {
			return "…"
		}
		object := map[string]any{}
		for key, item := range v {
			object[s.hide(key)] = s.shorten(item, longest, depth+1)
		}
		return object
	}
	return value
}
