package draft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

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
// replaced by samples; *ErrNoSample says which have none. ErrNotReady as long as a value is missing. Whoever presses
// while a test of the step is under way gets its result.
func (s *Service) TestStep(ctx context.Context, user, id, step string) (Draft, error) {
	ctx = context.WithoutCancel(ctx) // it cannot be taken back when the person leaves, so see it to its end
	d, err := s.Get(ctx, user, id)
	if err != nil {
		return Draft{}, err
	}
	before, _, known := d.Step(step)
	if !known {
		return d, ErrNoStep
	}
	return s.once(ctx, d, before, func() (Draft, error) { return s.execute(ctx, user, id, step) })
}

// testLife bounds how long a test speaks for all who press: the look-ups, the test, and both once more.
const testLife = 3 * time.Minute

// once lets one of those who press at the same time test a step; the others wait for its result, and get *zapier.Error
// when there is none.
func (s *Service) once(ctx context.Context, d Draft, before Step, execute func() (Draft, error)) (Draft, error) {
	owner, err := s.random()
	if err != nil {
		return d, err
	}
	name := topic(d.ID + "/" + before.ID)
	mine, err := s.engine.Acquire(ctx, name, owner, testLife)
	switch {
	case err != nil:
		return d, err
	case !mine:
		return s.awaitTest(ctx, d, before)
	}
	defer func() {
		if err := s.engine.Release(ctx, name, owner); err != nil {
			s.logger.WarnContext(ctx, "draft: a test's lease could not be given back", "draft", d.ID, "error", err)
		}
		s.tell(ctx, d.ID)
	}()
	if now, err := s.Get(ctx, d.User, d.ID); err != nil || now.tested(before) {
		return now, err // somebody's test came to its end in between
	}
	return execute()
}

// tested reports whether a test of a step came to its end since.
func (d Draft) tested(since Step) bool {
	step, _, _ := d.Step(since.ID)
	return step.Tests != since.Tests
}

// awaitTest waits for the result of a test under way. Whose test brings none does not tell the others why.
func (s *Service) awaitTest(ctx context.Context, d Draft, before Step) (Draft, error) {
	d, err := s.wait(ctx, d, func(d Draft) bool { return d.tested(before) })
	if err == nil && !d.tested(before) {
		err = &zapier.Error{Kind: zapier.TimedOut, Op: opTest}
	}
	return d, err
}

// opTest is what zapier.Client calls the call that executes a step.
const opTest = "actions.test"

func (s *Service) execute(ctx context.Context, user, id, step string) (Draft, error) {
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
	if err != nil && (!zapier.Rejected(err) || outdated(err)) {
		return a.draft, err
	}
	test.Failed = a.step.failure(err)
	if err != nil {
		_, _ = a.refused(ctx, err) // at the fields; the words as a whole come with the test
	}
	return a.keep(ctx, func(s *Step) {
		s.Test, s.Tests = &test, s.Tests+1
		s.takeSamples()
	})
}

// askWithSamples reads the outputs of those earlier steps whose samples are wanted and are not known as they are now.
func (s *Service) askWithSamples(ctx context.Context, user, id, step string) (*asking, error) {
	a, err := s.ask(ctx, user, id, step)
	if err != nil {
		return nil, err
	}
	if !a.draft.complete(a.index) {
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

// unread are the steps that the one at index maps something of, though nobody knows what they yield now.
func (d Draft) unread(index int) []string {
	var unread []string
	for _, text := range d.texts(index) {
		for _, part := range d.Parts(index, text) {
			source, _, mapped := d.Step(part.StepID)
			if mapped && part.Broken == NotBroken && source.OutputsRead.IsZero() && !slices.Contains(unread, source.ID) {
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
