package zapier_test

import (
	"context"
	"io"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// drain reads an iterator to its end.
func drain[T any](items iter.Seq2[T, error]) error {
	for _, err := range items {
		if err != nil {
			return err
		}
	}
	return nil
}

// only forgets a call's answer.
func only[T any](_ T, err error) error { return err }

// sent is what a call looks like from the other side.
type sent struct {
	line, body, credential string
}

// asUser is the credential of a user's call. The client id of such a client must not travel along.
const asUser = "Bearer " + canary

func TestWhatEachCallSends(t *testing.T) {
	const (
		list     = `{"data":[],"links":{},"meta":{"count":0}}`
		listV1   = `{"objects":[],"next":null,"next_url":null}`
		thing    = `{"data":{"id":"1","status":"success"}}`
		app      = "1e4fcbf4-d80b-4ec3-b33b-c085f1ecbbaa"
		action   = "core:wJ3/Px?"
		actionAt = "/v2/actions/core:wJ3%2FPx%3F"
		empty    = `{"data":{"authentication":null,"inputs":{}}}`
	)
	step := zapier.StepInputs{Authentication: "928117", Inputs: zapier.Inputs{"spreadsheet": "my_sheet"}}
	steps := []zapier.StepRequest{
		{Action: "core:a", StepInputs: step, Alias: "lead"},
		{Action: "core:b", StepInputs: zapier.StepInputs{Inputs: zapier.Inputs{"name": "{{lead.full_name}}", "to": []string{"a"}}}},
	}
	const stepsBody = `[
		{"action":"core:a","authentication":"928117","inputs":{"spreadsheet":"my_sheet"},"alias":"lead"},
		{"action":"core:b","authentication":null,"inputs":{"name":"{{lead.full_name}}","to":["a"]}}]`
	off := false
	day := time.Date(2024, 10, 16, 8, 29, 10, 360_000_000, time.FixedZone("", 7200))

	tests := []struct {
		name   string
		call   func(context.Context, *zapier.Client) error
		answer string
		want   sent
	}{
		{"profile", func(ctx context.Context, c *zapier.Client) error { return only(c.GetProfile(ctx)) },
			thing, sent{"GET /v1/profiles/me", "", asUser}},
		{"categories", func(ctx context.Context, c *zapier.Client) error { return only(c.ListCategories(ctx)) },
			listV1, sent{"GET /v1/categories?limit=100&offset=0", "", ""}},
		{"apps of v1", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.AppsV1(ctx, zapier.AppsV1Options{Category: "crm", TitleSearch: "a b", TitleStartsWith: "a", InTemplateWith: true}))
		}, listV1, sent{"GET /v1/apps?category=crm&client_id=our-id&is_in_zap_template_with=&page=1&per_page=100&title_search=a+b&title_starts_with=a", "", ""}},
		{"Zap templates", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.ZapTemplates(ctx, zapier.ZapTemplatesOptions{Apps: []string{"slack", "trello"}, Templates: []zapier.ID{"1", "2"}}))
		}, `[]`, sent{"GET /v1/zap-templates?apps=slack%2Ctrello&client_id=our-id&limit=100&offset=0&templates=1%2C2", "", ""}},
		{"Zaps of v1", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.ZapsV1(ctx, zapier.ZapsV1Options{GetParams: true, Params: map[string]string{"board": "x"}}))
		}, listV1, sent{"GET /v1/zaps?get_params=&limit=100&offset=0&params__board=x", "", asUser}},
		{"a page of Apps", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListApps(ctx, zapier.ListAppsOptions{Category: "crm", Query: "a"}))
		}, list, sent{"GET /v2/apps?category=crm&limit=10&offset=0&query=a", "", asUser}},
		{"all Apps", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.Apps(ctx, zapier.ListAppsOptions{IDs: []string{"a", "b"}, Offset: 7, Limit: 3}))
		}, list, sent{"GET /v2/apps?ids=a%2Cb&limit=100&offset=0", "", asUser}},
		{"Actions", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListActions(ctx, app, zapier.ActionRead))
		}, list, sent{"GET /v2/actions?action_type=READ&app=" + app, "", asUser}},
		{"Actions of all types", func(ctx context.Context, c *zapier.Client) error { return only(c.ListActions(ctx, app, "")) },
			list, sent{"GET /v2/actions?app=" + app, "", asUser}},
		{"input fields", func(ctx context.Context, c *zapier.Client) error { return only(c.ListInputFields(ctx, action, step)) },
			list, sent{"POST " + actionAt + "/inputs", `{"data":{"authentication":"928117","inputs":{"spreadsheet":"my_sheet"}}}`, asUser}},
		{"input fields, nothing filled in", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListInputFields(ctx, action, zapier.StepInputs{}))
		}, list, sent{"POST " + actionAt + "/inputs", empty, asUser}},
		{"Choices", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListChoices(ctx, action, "COL$A b", zapier.StepInputs{}, ""))
		}, list, sent{"POST " + actionAt + "/inputs/COL$A%20b/choices", empty, asUser}},
		{"Choices, a later page", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListChoices(ctx, action, "f", zapier.StepInputs{}, "x&2"))
		}, list, sent{"POST " + actionAt + "/inputs/f/choices?page=x%262", empty, asUser}},
		{"output fields", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListOutputFields(ctx, action, zapier.OutputsRequest{}))
		}, list, sent{"POST " + actionAt + "/outputs", empty, asUser}},
		{"output fields, live", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListOutputFields(ctx, action, zapier.OutputsRequest{FetchLiveSamples: true}))
		}, list, sent{"POST " + actionAt + "/outputs", `{"data":{"authentication":null,"inputs":{},"fetch_live_samples":true}}`, asUser}},
		{"test", func(ctx context.Context, c *zapier.Client) error {
			return only(c.TestAction(ctx, action, zapier.TestRequest{}))
		}, list, sent{"POST " + actionAt + "/test", empty, asUser}},
		{"test, a part", func(ctx context.Context, c *zapier.Client) error {
			return only(c.TestAction(ctx, action, zapier.TestRequest{Limit: 3, Offset: 6}))
		}, list, sent{"POST " + actionAt + "/test", `{"data":{"authentication":null,"inputs":{},"limit":3,"offset":6}}`, asUser}},
		{"Authentications", func(ctx context.Context, c *zapier.Client) error { return only(c.ListAuthentications(ctx, app)) },
			list, sent{"GET /v2/authentications?app=" + app + "&limit=100&offset=0", "", asUser}},
		{"create an Authentication", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateAuthentication(ctx, zapier.AuthenticationRequest{Title: "Mine", App: app, Fields: map[string]string{"api_key": "k"}}))
		}, thing, sent{"POST /v2/authentications", `{"data":{"title":"Mine","app":"` + app + `","authentication_fields":{"api_key":"k"}}}`, asUser}},
		{"create an Authentication, no fields", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateAuthentication(ctx, zapier.AuthenticationRequest{Title: "Mine", App: app}))
		}, thing, sent{"POST /v2/authentications", `{"data":{"title":"Mine","app":"` + app + `","authentication_fields":{}}}`, asUser}},
		{"guess", func(ctx context.Context, c *zapier.Client) error { return only(c.GuessZap(ctx, "leads to a sheet")) },
			`{}`, sent{"POST /v2/guess?client_id=our-id", `{"description":"leads to a sheet"}`, ""}},
		{"white-label Apps", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.WhitelabelApps(ctx, zapier.WhitelabelAppsOptions{Category: "crm", Search: "a"}))
		}, list, sent{"GET /v2/whitelabel/apps?category=crm&limit=100&offset=0&search=a", "", asUser}},
		{"runs of Zaps", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListZapRuns(ctx, zapier.ListZapRunsOptions{Offset: 4, Limit: 2}))
		}, list, sent{"GET /v2/zap-runs?limit=2&offset=4", "", asUser}},
		{"some runs of a Zap", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.ZapRuns(ctx, zapier.ListZapRunsOptions{Zap: "104", From: day, To: day.Add(time.Hour), Search: "s",
				Statuses: []zapier.ZapRunStatus{zapier.ZapRunError, zapier.ZapRunHeld}}))
		}, list, sent{"GET /v2/zap-runs?from_date=2024-10-16T06%3A29%3A10.360000Z&limit=100&offset=0&search=s&statuses=error%2Cheld&to_date=2024-10-16T07%3A29%3A10.360000Z&zap_id=104", "", asUser}},
		{"a page of Zaps", func(ctx context.Context, c *zapier.Client) error {
			return only(c.ListZaps(ctx, zapier.ListZapsOptions{}))
		}, list, sent{"GET /v2/zaps?limit=10&offset=0", "", asUser}},
		{"some Zaps", func(ctx context.Context, c *zapier.Client) error {
			return drain(c.Zaps(ctx, zapier.ListZapsOptions{Expand: []string{"steps.action", "steps.authentication"}, IncludeShared: true,
				Inputs: map[string][]string{"board": {"A", "B"}}}))
		}, list, sent{"GET /v2/zaps?expand=steps.action%2Csteps.authentication&include_shared=true&inputs%5Bboard%5D=A%2CB&limit=100&offset=0", "", asUser}},
		{"create a Zap", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateZap(ctx, zapier.ZapRequest{Title: "T", Steps: steps}))
		}, thing, sent{"POST /v2/zaps", `{"data":{"title":"T","steps":` + stepsBody + `}}`, asUser}},
		{"create a Zap that is off", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateZap(ctx, zapier.ZapRequest{Title: "T", Steps: steps, Enabled: &off}, "steps.action"))
		}, thing, sent{"POST /v2/zaps?expand=steps.action", `{"data":{"title":"T","enabled":false,"steps":` + stepsBody + `}}`, asUser}},
		{"rename a Zap", func(ctx context.Context, c *zapier.Client) error {
			return c.UpdateZap(ctx, "0-1", zapier.ZapUpdate{Title: "U"})
		}, ``, sent{"PATCH /v2/zaps/0-1", `{"data":{"title":"U"}}`, asUser}},
		{"change a Zap's steps", func(ctx context.Context, c *zapier.Client) error {
			return c.UpdateZap(ctx, "0-1", zapier.ZapUpdate{Steps: steps})
		}, `<html>`, sent{"PATCH /v2/zaps/0-1", `{"data":{"steps":` + stepsBody + `}}`, asUser}},
		{"delete a Zap", func(ctx context.Context, c *zapier.Client) error { return c.DeleteZap(ctx, "0-1") },
			``, sent{"DELETE /v2/zaps/0-1", "", asUser}},
		{"enable a Zap", func(ctx context.Context, c *zapier.Client) error { return c.EnableZap(ctx, "0-1") },
			`{}`, sent{"POST /v2/zaps/0-1/enable", "", asUser}},
		{"run an Action", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateActionRun(ctx, zapier.ActionRunRequest{Action: "core:a", StepInputs: step}))
		}, thing, sent{"POST /v2/action-runs", `{"data":{"action":"core:a","authentication":"928117","inputs":{"spreadsheet":"my_sheet"}}}`, asUser}},
		{"run an Action and be told", func(ctx context.Context, c *zapier.Client) error {
			return only(c.CreateActionRun(ctx, zapier.ActionRunRequest{Action: "core:a", CallbackURL: "https://us.example/told"}))
		}, thing, sent{"POST /v2/action-runs", `{"data":{"action":"core:a","authentication":null,"inputs":{},"callback_url":"https://us.example/told"}}`, asUser}},
		{"action run", func(ctx context.Context, c *zapier.Client) error { return only(c.GetActionRun(ctx, "arun_1")) },
			thing, sent{"GET /v2/action-runs/arun_1", "", asUser}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			calls := 0
			client := setup(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				body, err := io.ReadAll(r.Body)
				assert.NoError(t, err)
				assert.Equal(t, tt.want.line, r.Method+" "+r.URL.RequestURI())
				assert.Equal(t, tt.want.credential, r.Header.Get("Authorization"))
				assert.Equal(t, "application/json", r.Header.Get("Accept"))
				if tt.want.body == "" {
					assert.Empty(t, body)
				} else {
					assert.JSONEq(t, tt.want.body, string(body))
					assert.Equal(t, "application/json", r.Header.Get("Content-Type"))
				}
				answer(t, w, http.StatusOK, tt.answer)
			}).WithClientID("our-id")
			require.NoError(t, tt.call(t.Context(), client))
			assert.Equal(t, 1, calls)
		})
	}
}

func TestCallsWithoutAUser(t *testing.T) {
	var line, header string
	client := setupAs(t, nil, func(w http.ResponseWriter, r *http.Request) {
		line, header = r.URL.RequestURI(), r.Header.Get("Authorization")
		answer(t, w, http.StatusOK, `{"data":[]}`)
	})
	t.Run("go out under the client id where it is enough", func(t *testing.T) {
		partner := client.WithClientID("our-id")
		require.NoError(t, only(partner.ListActions(t.Context(), "a", "")))
		assert.Equal(t, "/v2/actions?app=a&client_id=our-id", line)
		require.NoError(t, only(partner.ListApps(t.Context(), zapier.ListAppsOptions{})))
		assert.Equal(t, "/v2/apps?client_id=our-id&limit=10&offset=0", line)
		require.NoError(t, drain(partner.WhitelabelApps(t.Context(), zapier.WhitelabelAppsOptions{})))
		assert.Empty(t, header)
	})
	t.Run("do not go out where a credential is missing", func(t *testing.T) {
		line = ""
		for name, err := range map[string]error{
			"a user's":              only(client.WithClientID("our-id").GetProfile(t.Context())),
			"a client id":           only(client.GuessZap(t.Context(), "d")),
			"either":                only(client.ListActions(t.Context(), "a", "")),
			"a client id of a user": drain(client.As("1", zapier.StaticToken(canary)).AppsV1(t.Context(), zapier.AppsV1Options{})),
		} {
			assert.ErrorIs(t, err, zapier.ErrNoCredential, name)
		}
		assert.Empty(t, line)
	})
	t.Run("are not tried again after a refusal", func(t *testing.T) {
		calls := 0
		client := setupAs(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			answer(t, w, http.StatusUnauthorized, `{"errors":["Missing client_id"]}`)
		}).WithClientID("unknown")
		kind, _ := zapier.KindOf(drain(client.AppsV1(t.Context(), zapier.AppsV1Options{})))
		assert.Equal(t, zapier.Unauthorized, kind)
		assert.Equal(t, 1, calls)
	})
}

func TestIDsThatWouldLeadToAnotherCall(t *testing.T) {
	client := setup(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("a call went out: %s %s", r.Method, r.URL) })
	ctx, none := t.Context(), zapier.StepInputs{}
	for _, id := range []string{"", ".", ".."} {
		for name, err := range map[string]error{
			"inputs":           only(client.ListInputFields(ctx, id, none)),
			"outputs":          only(client.ListOutputFields(ctx, id, zapier.OutputsRequest{})),
			"choices":          only(client.ListChoices(ctx, id, "f", none, "")),
			"choices of field": drain(client.Choices(ctx, "core:a", id, none)),
			"test":             only(client.TestAction(ctx, id, zapier.TestRequest{})),
			"action run":       only(client.GetActionRun(ctx, zapier.ID(id))),
			"update":           client.UpdateZap(ctx, zapier.ID(id), zapier.ZapUpdate{}),
			"delete":           client.DeleteZap(ctx, zapier.ID(id)),
			"enable":           client.EnableZap(ctx, zapier.ID(id)),
		} {
			kind, _ := zapier.KindOf(err)
			assert.Equal(t, zapier.NotFound, kind, "%s of %q", name, id)
		}
	}
}
