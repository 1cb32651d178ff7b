package draft

import (
	"context"

	"github.com/zapembed/zapembed/internal/zapier"
)

// longestSample bounds what is kept of a sample.
const longestSample = 300

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
