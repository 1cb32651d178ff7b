package draft_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

func (w *world) test(d draft.Draft, step string) draft.Draft {
	w.t.Helper()
	d, err := w.TestStep(w.t.Context(), d.User, d.ID, step)
	require.NoError(w.t, err)
	return d
}

func TestStepIsExecutedWithSamplesForMappings(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Report on {{full_name}}"})
	d = w.test(d, "s2")
	assert.Equal(t, "Report on Bola Moreau", w.inputs(emulator.OpActionTest)["full_name"], "the outputs were read for it")
	require.NotNil(t, d.Steps[1].Test)
	assert.Equal(t, 1, d.Steps[1].Test.Found)
	assert.Equal(t, w.clock.Now(), d.Steps[1].Test.At)
	assert.Nil(t, d.Steps[1].Test.Failed)
	assert.Contains(t, string(d.Steps[1].Test.First), "Report on Bola Moreau")
	assert.Equal(t, "Report on {{new_lead.full_name}}", d.Steps[1].Inputs["full_name"], "the draft keeps the mapping")
	assert.Equal(t, 1, w.emulator.Count(emulator.OpActionTest), "a write creates something each time")
	assert.Equal(t, encoded(t, d.Steps[1].Test), encoded(t, w.get(d).Steps[1].Test))
}

func TestSamplesOfATestAreBetterThanThoseOfTheOutputs(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d, err := w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
	require.NoError(t, err)
	require.Equal(t, "Bola Moreau", d.Steps[0].Sample("full_name"))
	d = w.test(d, "s1")
	assert.Equal(t, 12, d.Steps[0].Test.Found)
	assert.Equal(t, "Chen Lindqvist", d.Steps[0].Sample("full_name"))
	assert.Equal(t, "Toronto", d.Steps[0].Sample("company__city"), "nested")
	assert.Equal(t, "repeat,partner", d.Steps[0].Sample("tags[]name"), "of a list")
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "{{full_name}}"})
	w.test(d, "s2")
	assert.Equal(t, "Chen Lindqvist", w.inputs(emulator.OpActionTest)["full_name"])

	t.Run("also when the outputs are read after it", func(t *testing.T) {
		d := w.draft(leads, reports)
		d = w.test(d, "s1")
		d, err := w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
		require.NoError(t, err)
		assert.Equal(t, "Chen Lindqvist", d.Steps[0].Sample("full_name"))
	})
}

func TestSearchThatFindsNothingIsAGoodTest(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, contacts)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Nobody At All"})
	d = w.test(d, "s2")
	assert.Equal(t, &draft.Test{At: w.clock.Now()}, d.Steps[1].Test)
}

func TestRefusedTestIsKept(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "wrong"})
	d = w.test(d, "s2")
	assert.Equal(t, []string{"Error during execution: Error from PlatformAdManager: invalid_value"}, d.Steps[1].Test.Failed)

	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Ada", "account": "no such account"})
	d = w.test(d, "s2")
	assert.Equal(t, []string{"no such account is not among the choices of account."}, d.Steps[1].Test.Failed)
	assert.Equal(t, map[string]string{"account": "no such account is not among the choices of account."}, d.Steps[1].Refused)
	d = w.fill(d, "s2", zapier.Inputs{"account": ""})
	assert.Empty(t, d.Steps[1].Refused)
	assert.Nil(t, d.Steps[1].Test, "it was about another value")
}

func TestTestThatCannotBeginSaysWhy(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, contacts, reports)
	_, err := w.TestStep(t.Context(), w.user, d.ID, "s3")
	require.ErrorIs(t, err, draft.ErrNotReady, "the name is required")

	d = w.fill(d, "s3", zapier.Inputs{"full_name": "{{new_lead.nothing}} {{gone.x}} {{new_lead.full_name}}"})
	_, err = w.TestStep(t.Context(), w.user, d.ID, "s3")
	var noSample *draft.ErrNoSample
	require.ErrorAs(t, err, &noSample)
	assert.Equal(t, []string{"{{gone.x}}", "{{new_lead.nothing}}"}, noSample.Tokens)
	assert.NotContains(t, err.Error(), "gone")

	w.arm(emulator.Fault{Operation: emulator.OpActionTest, Status: http.StatusGatewayTimeout})
	d = w.fill(d, "s3", zapier.Inputs{"full_name": "Ada"})
	_, err = w.TestStep(t.Context(), w.user, d.ID, "s3")
	isKind(t, err, zapier.TimedOut)
	assert.Nil(t, w.get(d).Steps[2].Test)

	w.arm(emulator.Fault{Operation: emulator.OpOutputsList, Status: http.StatusForbidden})
	d = w.fill(d, "s3", zapier.Inputs{"full_name": "{{find_contact.full_name}}"})
	_, err = w.TestStep(t.Context(), w.user, d.ID, "s3")
	isKind(t, err, zapier.Forbidden)
}

func TestTestGoesOnWhenThePersonLeaves(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	release := w.hold(emulator.OpActionTest)
	ctx, leave := contextOf(t)
	tested := make(chan error, 1)
	go func() {
		_, err := w.TestStep(ctx, w.user, d.ID, "s1")
		tested <- err
	}()
	w.arrived(emulator.OpActionTest, 1)
	leave()
	release()
	require.NoError(t, <-tested)
	assert.NotNil(t, w.get(d).Steps[0].Test)
}

func TestNothingTellsAPassword(t *testing.T) {
	const canary = `can"ary<é`
	w := newWorld(t)
	d := w.draft(leads, letters)
	d = w.fill(d, "s2", zapier.Inputs{"subject": "News", "archive_password": canary, "html": "a " + canary})
	d = w.test(d, "s2")
	require.NotNil(t, d.Steps[1].Test)
	first := string(d.Steps[1].Test.First)
	assert.Contains(t, first, "archive_password", "the third party gives it back")
	assert.Contains(t, first, "•••")
	told := fmt.Sprint(first, d.Steps[1].Samples, draft.Values(d.Steps[1])[3:5], w.logs.String(), d, d.Steps[1])
	for _, spelling := range []string{canary, `can\"ary`, "ary<", `ary\u003c`} {
		assert.NotContains(t, told, spelling)
	}

	w.clients[w.user] = w.clientOf(func(*http.Request, []byte) (int, any) {
		return http.StatusBadRequest, map[string]any{"errors": []any{
			map[string]any{"detail": canary + " is too short.", "source": map[string]any{"pointer": "/data/inputs/archive_password"}},
		}}
	})
	d = w.test(d, "s2")
	assert.Equal(t, []string{"••• is too short."}, d.Steps[1].Test.Failed)
	assert.Equal(t, map[string]string{"archive_password": "••• is too short."}, d.Steps[1].Refused)
}

func TestLongResultIsShortened(t *testing.T) {
	w := newWorld(t)
	long := map[string]any{"text": strings.Repeat("ü", 50_000), "list": make([]int, 5000), "id": 12345678901234567, "deep": nested(20)}
	w.clients[w.user] = w.clientOf(func(r *http.Request, _ []byte) (int, any) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/test"):
			return http.StatusOK, map[string]any{"data": []any{long}}
		case strings.HasSuffix(r.URL.Path, "/inputs"):
			return http.StatusOK, map[string]any{"data": []any{}}
		}
		return http.StatusOK, map[string]any{"data": []any{map[string]any{"id": "core:1", "key": "new_lead", "action_type": "READ"}}}
	})
	d := w.triggered()
	w.read(d, "s1", draft.IfNeeded)
	d = w.test(d, "s1")
	first := string(d.Steps[0].Test.First)
	assert.Less(t, len(first), 33_000)
	assert.Contains(t, first, "12345678901234567", "numbers stay whole")
	assert.Contains(t, first, "ü…")
	assert.Equal(t, 1, d.Steps[0].Test.Found)
}

func TestSamplesAreFoundWhereverTheyLie(t *testing.T) {
	w := newWorld(t)
	found := `{"flag":false,"n":1.50,"none":null,"words":["a",true,2],"a":{"b":{"c":"deep"}},"flat__name":"as it is",` +
		`"rows":[{"x":"1","y":{"z":"p"}},{"x":"2","y":{"z":"q"}}],"COL$A":"column","a.b":"dotted"}`
	samples := map[string]string{
		"flag": "false", "n": "1.50", "words": "a,true,2", "a__b__c": "deep", "flat__name": "as it is", "rows[]x": "1,2",
		"rows[]y__z": "p,q", "COL$A": "column", "a.b": "dotted",
	}
	w.clients[w.user] = w.clientOf(func(r *http.Request, _ []byte) (int, any) {
		outputs := []any{map[string]any{"id": "none"}, map[string]any{"id": "not__there"}, map[string]any{"id": "flag__of__text"}}
		for id := range samples {
			outputs = append(outputs, map[string]any{"id": id})
		}
		switch r.URL.Path[strings.LastIndex(r.URL.Path, "/"):] {
		case "/test":
			return http.StatusOK, map[string]any{"data": []any{json.RawMessage(found)}}
		case "/inputs":
			return http.StatusOK, map[string]any{"data": []any{}}
		case "/outputs":
			return http.StatusOK, map[string]any{"data": outputs}
		}
		return http.StatusOK, map[string]any{"data": []any{map[string]any{"id": "core:1", "key": "new_lead", "action_type": "READ"}}}
	})
	d := w.triggered()
	w.read(d, "s1", draft.IfNeeded)
	_, err := w.ReadOutputs(t.Context(), w.user, d.ID, "s1")
	require.NoError(t, err)
	d = w.test(d, "s1")
	assert.Equal(t, samples, d.Steps[0].Samples)
	assert.Equal(t, found, string(d.Steps[0].Test.First), "what is short stays as it came")
}

func nested(depth int) any {
	if depth == 0 {
		return "bottom"
	}
	return map[string]any{"in": nested(depth - 1)}
}

// A button that is pressed twice at once executes the step once, and both see the result.
func TestStepIsTestedOnceByADoublePress(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Bola"})
	release, other := w.hold(emulator.OpActionTest), w.replica()
	waits := make(chan struct{})
	w.engine.before(1, "subscribe", func() { close(waits) }) // whoever is second, and only they
	results := make(chan *draft.Test, 2)
	for _, service := range []*draft.Service{w.Service, other} {
		go func() {
			d, err := service.TestStep(t.Context(), d.User, d.ID, "s2")
			assert.NoError(t, err)
			results <- d.Steps[1].Test
		}()
	}
	w.arrived(emulator.OpActionTest, 1)
	select {
	case <-waits:
	case <-time.After(5 * time.Second):
		require.FailNow(t, "the second press waits for nothing")
	}
	release()
	first, second := <-results, <-results
	require.NotNil(t, first)
	assert.Equal(t, encoded(t, first), encoded(t, second))
	assert.Equal(t, 1, w.emulator.Count(emulator.OpActionTest))

	w.test(d, "s2")
	assert.Equal(t, 2, w.emulator.Count(emulator.OpActionTest), "a press after the result is another test")
}

func TestWhoWaitsForATestThatBringsNoResult(t *testing.T) {
	defer draft.SetPatience(20 * time.Millisecond)()
	w := newWorld(t)
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Bola"})
	release, ended := w.hold(emulator.OpActionTest), make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = w.TestStep(context.Background(), d.User, d.ID, "s2")
	}()
	w.arrived(emulator.OpActionTest, 1)
	_, err := w.TestStep(t.Context(), d.User, d.ID, "s2")
	isKind(t, err, zapier.TimedOut)
	assert.True(t, zapier.Unclear(err))
	release()
	<-ended
	assert.Equal(t, 1, w.emulator.Count(emulator.OpActionTest))
}
