package zapier_test

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

	"github.com/zapembed/zapembed/internal/zapier"
)

func TestSwitchOfAZapInAllSpellings(t *testing.T) { // api.md 7, number 8
	for body, want := range map[string]bool{
		`{"id":1,"is_enabled":true}`:                  true,
		`{"id":1,"is_enabled":false}`:                 false,
		`{"id":1,"is_enabled":false,"enabled":true}`:  false,
		`{"id":1,"enabled":false}`:                    false,
		`{"id":1,"enabled":true}`:                     true,
		`{"id":1}`:                                    true,
		`{"data":{"id":1,"is_enabled":false}}`:        false,
		`{"data":[{"id":1,"is_enabled":false}]}`:      false,
		`[{"id":1,"is_enabled":false}]`:               false,
		`{"data":null,"id":"1","is_enabled":false}`:   false,
		`[{"data":{"id":"1","is_enabled":false}}]`:    false,
		`{"id":1,"is_enabled":null,"enabled":false} `: false,
	} {
		t.Run(body, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusCreated, body) })
			zap, err := client.CreateZap(t.Context(), zapier.ZapRequest{})
			require.NoError(t, err)
			assert.Equal(t, zapier.ID("1"), zap.ID)
			assert.Equal(t, want, zap.IsEnabled)
		})
	}
}

func TestNumberOfAZapInBothSpellings(t *testing.T) { // api.md 7, number 7
	for id, number := range map[zapier.ID]zapier.ID{
		"00000000-0000-c000-8000-000000012345":  "12345",
		"00000000-0000-C000-8000-233307281000":  "233307281000",
		"12345":                                 "12345",
		"00000000-0000-c000-8000-000000000000":  "00000000-0000-c000-8000-000000000000",
		"00000000-0000-c000-8000-00000001234f":  "00000000-0000-c000-8000-00000001234f",
		"10000000-0000-c000-8000-000000012345":  "10000000-0000-c000-8000-000000012345",
		"00000000-0000-c000-8000-0000000123456": "00000000-0000-c000-8000-0000000123456",
		"":                                      "",
	} {
		assert.Equal(t, number, zapier.ZapNumber(id), id)
	}
}

func TestNewThingWithoutAnIDIsOfTheWrongSchema(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusCreated, `{"data":[]}`) })
	bare := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusCreated, `{"data":{"title":"x"}}`)
	})
	for _, c := range []*zapier.Client{client, bare} {
		for name, err := range map[string]error{
			"Zap":            only(c.CreateZap(t.Context(), zapier.ZapRequest{})),
			"Authentication": only(c.CreateAuthentication(t.Context(), zapier.AuthenticationRequest{})),
			"action run":     only(c.CreateActionRun(t.Context(), zapier.ActionRunRequest{})),
		} {
			kind, _ := zapier.KindOf(err)
			assert.Equal(t, zapier.WrongSchema, kind, name)
		}
	}
}

func TestActionRunInBothSpellings(t *testing.T) { // api.md 7, number 2
	tests := []struct {
		name, body string
		results    int
		done       bool
	}{
		{"schema", `{"data":{"type":"run","status":"success","results":[{"a":1},{}],"errors":[]}}`, 2, true},
		{"guide", `{"data":{"type":"run","run_id":"arun_1","status":"success","results":{"a":1}}}`, 1, true},
		{"no envelope", `{"run_id":"arun_1","status":"error","results":null}`, 0, true},
		{"waiting", `{"data":{"status":"waiting"}}`, 0, false},
		{"queued", `{"data":{"status":"queued","results":[]}}`, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, tt.body) })
			run, err := client.GetActionRun(t.Context(), "arun_1")
			require.NoError(t, err)
			assert.Equal(t, zapier.ID("arun_1"), run.ID)
			assert.Len(t, run.Results, tt.results)
			assert.Equal(t, tt.done, run.Done())
		})
	}
	t.Run("id of a new run", func(t *testing.T) {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, http.StatusOK, `{"data":{"run_id":"arun_1"}}`)
		})
		id, err := client.CreateActionRun(t.Context(), zapier.ActionRunRequest{})
		require.NoError(t, err)
		assert.Equal(t, zapier.ID("arun_1"), id)
	})
	t.Run("no run at all", func(t *testing.T) {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, `{}`) })
		kind, _ := zapier.KindOf(only(client.GetActionRun(t.Context(), "arun_1")))
		assert.Equal(t, zapier.WrongSchema, kind)
	})
}

func TestFieldsOfAllKinds(t *testing.T) {
	tests := []struct {
		name, body string
		want       zapier.Field
	}{
		{"an info field has no value", `{"type":"info_field","id":"i","description":"**d**"}`,
			zapier.Field{Kind: zapier.FieldInfo, ID: "i", Description: "**d**"}},
		{"value types of one edition are small letters", `{"type":"input_field","id":"i","value_type":"array","items":{"type":"integer"}}`,
			zapier.Field{Kind: zapier.FieldInput, ID: "i", ValueType: zapier.ValueArray, Items: &zapier.Items{Type: zapier.ValueInteger}}},
		{"nothing said", `{"type":"input_field","id":"i","format":null,"items":null,"default_value":null,"placeholder":null,"depends_on":null}`,
			zapier.Field{Kind: zapier.FieldInput, ID: "i"}},
		{"defaults that are not text", `{"type":"input_field","id":"i","default_value":true,"placeholder":[1, 2]}`,
			zapier.Field{Kind: zapier.FieldInput, ID: "i", DefaultValue: "true", Placeholder: "[1, 2]"}},
		// The schema shows one field where the guide shows a list.
		{"a fieldset of one field", `{"type":"fieldset","id":"s","title":"S","fields":{"type":"input_field","id":"i"}}`,
			zapier.Field{Kind: zapier.FieldSet, ID: "s", Title: "S", Fields: []zapier.Field{{Kind: zapier.FieldInput, ID: "i"}}}},
		{"one level of fieldsets", `{"type":"fieldset","id":"s","fields":[{"type":"fieldset","id":"t","fields":[{"type":"input_field","id":"i"}]}]}`,
			zapier.Field{Kind: zapier.FieldSet, ID: "s", Fields: []zapier.Field{{Kind: zapier.FieldSet, ID: "t"}}}},
		{"a kind to come", `{"type":"map_field","id":"m","title":"M","tiles":7}`, zapier.Field{Kind: "map_field", ID: "m", Title: "M"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, `{"data":[`+tt.body+`]}`) })
			fields, err := client.ListInputFields(t.Context(), "a", zapier.StepInputs{})
			require.NoError(t, err)
			require.Len(t, fields, 1)
			assert.JSONEq(t, tt.body, string(fields[0].Raw), "as Zapier sent it")
			assert.Equal(t, tt.want, withoutRaw(fields[0]))
		})
	}
}

func withoutRaw(field zapier.Field) zapier.Field {
	field.Raw = nil
	for i := range field.Fields {
		field.Fields[i].Raw = nil
	}
	return field
}

func TestIDOrThing(t *testing.T) {
	body := `{"data":[{"id":"z","steps":[
		{"action":"core:1","authentication":null},
		{"action":7,"authentication":49509},
		{"action":{"id":"core:2","key":"k","app":"a"},"authentication":{"id":"x","app":{"id":"b","title":"B"}}},
		"step-4"]}]}`
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, http.StatusOK, body) })
	page, err := client.ListZaps(t.Context(), zapier.ListZapsOptions{Expand: []string{"steps.action"}})
	require.NoError(t, err)
	steps := page.Data[0].Steps
	require.Len(t, steps, 4)
	assert.Equal(t, zapier.Ref[zapier.Action]{ID: "core:1"}, steps[0].Action)
	assert.Equal(t, zapier.Ref[zapier.Authentication]{}, steps[0].Authentication)
	assert.Equal(t, zapier.ID("7"), steps[1].Action.ID)
	assert.Equal(t, zapier.ID("49509"), steps[1].Authentication.ID)
	require.NotNil(t, steps[2].Action.Value)
	assert.Equal(t, zapier.ID("core:2"), steps[2].Action.ID)
	assert.Equal(t, "k", steps[2].Action.Value.Key)
	assert.Equal(t, zapier.ID("a"), steps[2].Action.Value.App.ID)
	assert.Equal(t, "B", steps[2].Authentication.Value.App.Value.Title)
	assert.Equal(t, zapier.ZapStep{ID: "step-4"}, steps[3])
}

func TestNameOfAChoice(t *testing.T) {
	assert.Equal(t, "Label", zapier.Choice{ID: "i", Label: "Label", Value: "v"}.Name())
	assert.Equal(t, "v", zapier.Choice{ID: "i", Value: "v"}.Name())
	assert.Equal(t, "i", zapier.Choice{ID: "i"}.Name())
}

func TestTimestamps(t *testing.T) {
	for text, want := range map[zapier.Timestamp]time.Time{
		"2024-03-28T17:25:08+00:00":   time.Date(2024, 3, 28, 17, 25, 8, 0, time.UTC),
		"2019-08-24T14:15:22Z":        time.Date(2019, 8, 24, 14, 15, 22, 0, time.UTC),
		"2024-10-16T06:29:10.360000Z": time.Date(2024, 10, 16, 6, 29, 10, 360_000_000, time.UTC),
		"2017-03-22T09:38:11-05:00":   time.Date(2017, 3, 22, 14, 38, 11, 0, time.UTC),
	} {
		at, err := text.Time()
		require.NoError(t, err)
		assert.True(t, want.Equal(at), "%s is %s", text, at)
	}
	for _, text := range []zapier.Timestamp{"", "yesterday"} {
		_, err := text.Time()
		assert.Error(t, err)
	}
}

func TestChangesOfAZapSucceedWhateverIsAnswered(t *testing.T) {
	// A change that was made must not look as if it had not been (api.md 2.15).
	for _, body := range []string{``, `null`, `<html>`, `[]`, strings.Repeat("x", 5<<20)} {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }) // the client may have read enough
		require.NoError(t, client.UpdateZap(t.Context(), "1", zapier.ZapUpdate{Title: "t"}))
		require.NoError(t, client.EnableZap(t.Context(), "1"))
		require.NoError(t, client.DeleteZap(t.Context(), "1"))
	}
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) })
	kind, _ := zapier.KindOf(client.DeleteZap(t.Context(), "1"))
	assert.Equal(t, zapier.NotFound, kind)
}

func TestReasonsOfAFailure(t *testing.T) {
	fail := func(t *testing.T, status int, body string, call func(context.Context, *zapier.Client) error) *zapier.Error {
		t.Helper()
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, status, body) }).WithClientID("our-id")
		var failed *zapier.Error
		require.ErrorAs(t, call(t.Context(), client), &failed)
		return failed
	}
	test := func(ctx context.Context, c *zapier.Client) error {
		return only(c.TestAction(ctx, "a", zapier.TestRequest{}))
	}
	t.Run("a test that failed", func(t *testing.T) { // api.md 2.2
		failed := fail(t, 400, `{"errors":[{"status":400,"code":"test_failed","title":"ActionTestError","detail":"Error during execution: Error from Slack: channel_not_found","source":null,"meta":{"source":"ZAPIER","full_details":{"message":"m","code":"test_failed"}}}]}`, test)
		assert.Equal(t, zapier.Invalid, failed.Kind)
		assert.True(t, failed.Says("test_failed"))
		assert.False(t, failed.Says("channel_not_found"))
		assert.JSONEq(t, `{"source":"ZAPIER","full_details":{"message":"m","code":"test_failed"}}`, string(failed.Problems[0].Meta))
		assert.Equal(t, "zapier: actions.test: invalid (status 400) [test_failed]", failed.Error())
	})
	t.Run("a guess that was refused", func(t *testing.T) { // api.md 2.18
		failed := fail(t, 400, `{"messages":[{"detail":"This is no workflow."}]}`, func(ctx context.Context, c *zapier.Client) error {
			return only(c.GuessZap(ctx, "hello"))
		})
		assert.Equal(t, []zapier.Problem{{Detail: "This is no workflow."}}, failed.Problems)
	})
	t.Run("several, in several spellings", func(t *testing.T) { // api.md 7, number 14
		failed := fail(t, 400, `[{"errors":[{"status":"400","code":"a","meta":null},{"status":null,"source":{"parameter":"p"}},"text",7,{}]}]`, test)
		assert.Equal(t, []zapier.Problem{
			{Status: 400, Code: "a"}, {Source: zapier.Source{Parameter: "p"}}, {Detail: "text"}, {},
		}, failed.Problems)
	})
	t.Run("a code that is no code stays out of the text", func(t *testing.T) {
		for _, code := range []string{"Bearer " + canary, canary + "@example.com", strings.Repeat("a", 100), "https://a"} {
			failed := fail(t, 400, fmt.Sprintf(`{"errors":[{"code":%q}]}`, code), test)
			assert.Equal(t, "zapier: actions.test: invalid (status 400)", failed.Error())
			assert.True(t, failed.Says(code))
		}
	})
	t.Run("the status counts though the body is too large", func(t *testing.T) {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTooManyRequests)
			_, _ = w.Write([]byte(`{"errors":[{"code":"` + strings.Repeat("x", 5<<20) + `"}]}`)) // the client may have read enough
		})
		var failed *zapier.Error
		require.ErrorAs(t, test(t.Context(), client), &failed)
		assert.Equal(t, zapier.RateLimited, failed.Kind)
		assert.Empty(t, failed.Problems)
	})
}

func TestWhenToComeBack(t *testing.T) {
	tests := []struct {
		name, after, date string
		want              time.Duration
	}{
		{"seconds", "90", "", 90 * time.Second},
		{"a date, by the answer's own clock", "Wed, 16 Oct 2024 06:31:00 GMT", "Wed, 16 Oct 2024 06:29:00 GMT", 2 * time.Minute},
		{"a date that has passed", "Wed, 16 Oct 2024 06:20:00 GMT", "Wed, 16 Oct 2024 06:29:00 GMT", time.Minute},
		{"a date beyond all sense", "Wed, 16 Oct 2099 06:20:00 GMT", "Wed, 16 Oct 2024 06:29:00 GMT", time.Hour},
		{"seconds beyond all sense", "4000000000", "", time.Hour},
		{"more than fits", "99999999999999999999", "", time.Minute},
		{"less than nothing", "-5", "", time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", tt.after)
				if tt.date != "" {
					w.Header().Set("Date", tt.date)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			var failed *zapier.Error
			require.ErrorAs(t, drain(client.Zaps(t.Context(), zapier.ListZapsOptions{})), &failed)
			assert.Equal(t, zapier.RateLimited, failed.Kind)
			assert.Equal(t, tt.want, failed.RetryAfter)
		})
	}
}

func TestSecretsAreNotPrintable(t *testing.T) {
	request := zapier.AuthenticationRequest{Title: "t", Fields: map[string]string{"api_key": canary}}
	for _, text := range []string{fmt.Sprint(request), fmt.Sprintf("%v %s %+v %#v", request, request, &request, request)} {
		assert.NotContains(t, text, canary)
	}
}

func TestInputsThatAreNoJSON(t *testing.T) {
	client := setup(t, func(http.ResponseWriter, *http.Request) { t.Error("a call went out") })
	step := zapier.StepInputs{Inputs: zapier.Inputs{canary: func() {}}}
	_, err := client.ListInputFields(t.Context(), "a", step)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), canary, "R-02")
}

func TestNoAuthenticationIsNull(t *testing.T) {
	encoded, err := json.Marshal(zapier.StepInputs{})
	require.NoError(t, err)
	assert.JSONEq(t, `{"authentication":null,"inputs":{}}`, string(encoded))
	var back zapier.StepInputs
	require.NoError(t, json.Unmarshal(encoded, &back))
	assert.Empty(t, back.Authentication)
}
