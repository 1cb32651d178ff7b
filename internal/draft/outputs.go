package draft

import (
	"context"
	"slices"

	"github.com/zapembed/zapembed/internal/zapier"
)

// longestSample bounds what is kept of a sample.
const longestSample = 300

// ReadMapped reads what the steps yield that others map something of, where that is not known as it is now: only then
// Missing tells all mappings that lead nowhere. A step that is not complete is left out, for Missing tells of it. When it
// fails, the draft is returned beside the error as far as it was read.
func (s *Service) ReadMapped(ctx context.Context, user, id string) (Draft, error) {
	d, err := s.Get(ctx, user, id)
	if err != nil {
		return Draft{}, err
	}
	for _, step := range d.Steps {
		if !step.outOfShape() {
			continue
		}
		read, err := s.ReadForm(ctx, user, id, step.ID, Again)
		if read.ID != "" {
			d = read
		}
		if err != nil {
			return d, err
		}
	}
	for _, step := range d.toRead() {
		read, err := s.ReadOutputs(ctx, user, id, step)
		if read.ID != "" {
			d = read
		}
		if err != nil {
			return d, err
		}
	}
	return d, nil
}

// toRead are the complete steps that others map something of, though nobody knows what they yield now.
func (d Draft) toRead() []string {
	var steps []string
	for i := range d.Steps {
		for _, id := range d.unread(i) {
			_, at, _ := d.Step(id)
			if !slices.Contains(steps, id) && d.complete(at) {
				steps = append(steps, id)
			}
		}
	}
	return steps
}

// ReadOutputs reads what a step yields, unless that was read since its values changed.
func (s *Service) ReadOutputs(ctx context.Context, user, id, step string) (Draft, error) {
	a, err := s.ask(ctx, user, id, step)
	if err != nil {
		return Draft{}, err
	}
	if !a.step.OutputsRead.IsZero() {
		return a.draft, nil
	}
	var outputs []zapier.OutputField
	err = a.do(ctx, func(id string) (err error) {
		outputs, err = a.client.ListOutputFields(ctx, id, zapier.OutputsRequest{StepInputs: a.inputs()})
		return err
	})
	if err != nil {
		return a.refused(ctx, err)
	}
	for i := range outputs {
		outputs[i].Sample = zapier.Text(clip(string(outputs[i].Sample), longestSample))
	}
	now := s.now()
	return a.keep(ctx, func(s *Step) {
		s.Outputs, s.OutputsRead = outputs, now
		s.takeSamples()
	})
}
