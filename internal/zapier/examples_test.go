package zapier_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// example is an answer as api.md or the schema shows it. What it holds below data (or objects, or as a whole)
// must all be found again in what the client makes of it.
type example struct {
	name, section string
	call          func(context.Context, *zapier.Client) (any, error)
	body          string
}

// data takes the page out of a call's answer.
func data[T any](page zapier.Page[T], err error) (any, error) { return page.Data, err }

// value hides the type of a call's answer.
func value[T any](v T, err error) (any, error) { return v, err }

const imagesJSON = `{"url_16x16":"https://i.example/16","url_32x32":"https://i.example/32","url_64x64":"https://i.example/64","url_128x128":"https://i.example/128"}`

func examples() []example {
	none := zapier.StepInputs{}
	return []example{
		{"profile", "1.5", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.GetProfile(ctx)) },
			`{"id":88998899,"first_name":"Jacob","last_name":"Corwin","full_name":"Jacob Corwin","email":"jacob.corwin@zapier.example","email_confirmed":true,"timezone":"America/Toronto"}`},
		{"apps of v1", "2.6", func(ctx context.Context, c *zapier.Client) (any, error) {
			return gather(c.AppsV1(ctx, zapier.AppsV1Options{}))
		},
			`[{"total":1,"page":1,"pages":1,"per_page":100,"objects":[{"uuid":"ca83afc5-ee9a-470d-b577-e7f8fd555b67","title":"Slack","slug":"slack","description":"d","image":"https://i.example/i",
			"url":"https://api.zapier.com/v1/embed/apps/google-ads/integrations/slack","links":{"mutual:zap_templates":"https://api.zapier.com/v1/zap-templates?apps=slack"},
			"categories":[{"slug":"team-chat"},{"slug":"google"}],"images":` + imagesJSON + `,"app_latest":"SlackCLIAPI@latest"}],"prev_url":null,"next_url":null}]`},
		{"categories", "2.6", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.ListCategories(ctx)) },
			`[{"next":null,"previous":null,"count":1,"objects":[{"id":78,"title":"Ads & Conversion","slug":"ads-conversion","description":"Tools","url":"https://zapier.com/c/","type_of":"curated","featured_entry_slug":"boost","role":"child"}]}]`},
		{"Zap templates", "2.6", func(ctx context.Context, c *zapier.Client) (any, error) {
			return gather(c.ZapTemplates(ctx, zapier.ZapTemplatesOptions{}))
		},
			`[{"id":51652,"steps":[{"id":1,"uuid":"b9df4eff-f311-44f9-ac54-2901f952c6ac","title":"Google Ads","slug":"google-ads","description":"d","image":"https://i.example/i","hex_color":"4285F4",
			"images":` + imagesJSON + `,"api":"GoogleAdsCLIAPI@3.0.0","url":"https://zapier.com/apps/google-ads","label":"New Campaign"},{"id":null,"api":"SlackAPI","label":null}],
			"title":"Send","slug":"send","status":"published","description_plain":"p","description_raw":"r","url":"https://zapier.com/t","description":"<p>p</p>",
			"create_url":"https://api.zapier.com/v1/embed/google-ads/create/51652","type":"guided_zap"}]`},
		{"Zaps of v1", "2.6", func(ctx context.Context, c *zapier.Client) (any, error) {
			return gather(c.ZapsV1(ctx, zapier.ZapsV1Options{}))
		},
			`[{"next":null,"previous":null,"count":1,"objects":[{"id":125,"title":"Cards","state":"on","steps":[{"type_of":"read","app":{"id":4259,"uuid":"u","title":"Typeform","slug":"typeform",
			"description":"d","hex_color":"8bcbca","image":"https://i.example/i","images":` + imagesJSON + `,"api":"TypeformDevAPI","url":"https://zapier.com/a"},"params":{"n":12345678901234567890}},
			{"type_of":"write","app":{"id":1},"params":null}],"url":"https://zapier.com/editor/125","modified_at":"2017-03-22T09:38:11-05:00"}]}]`},
		{"Apps", "2.7", func(ctx context.Context, c *zapier.Client) (any, error) {
			return data(c.ListApps(ctx, zapier.ListAppsOptions{}))
		},
			`{"data":[{"id":"1e4fcbf4-d80b-4ec3-b33b-c085f1ecbbaa","type":"app","image":"https://i.example/i","links":{"connect_new_authentication":"https://zapier.com/engine/auth/start/HubSpotCLIAPI@1.7.1?redirect=https%3A%2F%2Fapi.zapier.com%2Fv2%2Fauthentications%2Fredirect"},"action_types":["READ"],"title":"HubSpot","images":` + imagesJSON + `,"hex_color":"8bcbca","categories":[{"slug":"partners"}],"description":"d"}],"meta":{"count":1,"offset":10,"limit":10},"links":{"next":"https://api.zapier.com/v2/apps?offset=20&limit=10","previous":"https://api.zapier.com/v2/apps?offset=0&limit=10"}}`},
		{"Actions", "2.8", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.ListActions(ctx, "a", "")) },
			`{"links":{"next":null,"prev":null},"meta":{"count":1,"limit":10,"offset":0},"data":[{"id":"core:wJ3PxHpNArZ8MqvloW3L1ZyMDQ4nJ","key":"new_lead","app":"83b47c0e-adda-44da-a45d-42565fe521ef","type":"action","action_type":"READ","is_instant":true,"title":"New Lead","description":"Triggers"}]}`},
		{"input fields", "2.9", func(ctx context.Context, c *zapier.Client) (any, error) {
			return value(c.ListInputFields(ctx, "a", none))
		},
			`{"links":{"next":null,"prev":null},"meta":{"count":4,"limit":null,"offset":0},"data":[
			{"type":"input_field","id":"code","default_value":"// this","depends_on":["input","lang"],"description":"**Warning!**","format":"CODE","invalidates_input_fields":true,"is_required":true,"placeholder":"p","title":"Code","value_type":"STRING"},
			{"type":"input_field","id":"tags","default_value":"","depends_on":[],"description":"","items":{"type":"INTEGER"},"invalidates_input_fields":false,"is_required":false,"placeholder":"","title":"Tags","value_type":"ARRAY"},
			{"type":"info_field","id":"note","description":"Read [this](https://zapier.com/)"},
			{"type":"fieldset","id":"filter_criteria_1","title":"Condition","fields":[{"type":"info_field","id":"i","description":"d"},{"type":"input_field","id":"match","title":"Match","value_type":"BOOLEAN","format":"SELECT","is_required":true}]}]}`},
		{"Choices", "2.10", func(ctx context.Context, c *zapier.Client) (any, error) {
			return gather(c.Choices(ctx, "a", "f", none))
		},
			`{"data":[{"id":"ABCD12345","type":"choice","label":"Group Standup","value":"ABCD12345"}],"links":{"next":null,"prev":null},"meta":{"page":1}}`},
		{"output fields", "2.11", func(ctx context.Context, c *zapier.Client) (any, error) {
			return value(c.ListOutputFields(ctx, "a", zapier.OutputsRequest{}))
		},
			`{"links":{"next":null,"prev":null},"meta":{"count":3,"limit":null,"offset":0},"data":[{"type":"output_fields","id":"commit__message","title":"Commit Message","sample":"Git 2.0"},{"type":"output_field","id":"parents[]sha","title":"Parents Sha"},{"type":"output_field","id":"COL$A","title":"A","sample":"s"}]}`},
		{"test", "2.12", func(ctx context.Context, c *zapier.Client) (any, error) {
			return data(c.TestAction(ctx, "a", zapier.TestRequest{}))
		},
			`{"links":{"next":null,"prev":null},"meta":{"count":1,"limit":null,"offset":0},"data":[{"Image":{"Width":800,"Animated":false,"IDs":[116,12345678901234567890]},"Nothing":null}]}`},
		{"Authentications", "2.13", func(ctx context.Context, c *zapier.Client) (any, error) {
			return value(c.ListAuthentications(ctx, "a"))
		},
			`{"links":{"next":null,"prev":null},"meta":{"count":1,"limit":10,"offset":0},"data":[{"type":"authentication","id":"49509","app":"4b3920d6-1d5a-4071-b837-9383dc511b80","is_expired":true,"title":"SuperExampleCRM (wade@zapier.com)"}]}`},
		{"created Zap", "2.14", func(ctx context.Context, c *zapier.Client) (any, error) {
			return value(c.CreateZap(ctx, zapier.ZapRequest{}))
		},
			`{"type":"zap","id":"233307281","is_enabled":true,"last_successful_run_date":null,"updated_at":"2024-03-28T17:25:08+00:00","title":"Register engagement report on lead creation","links":{"html_editor":"https://zapier.com/editor/233307281?utm_source=partner&utm_medium=embed&utm_campaign=partner_api&referer=None"},"steps":[{"action":"core:wJ3","authentication":"49509","inputs":null,"title":null},{"action":"core:3ZY","authentication":null,"inputs":{},"title":null}]}`},
		{"Zaps", "2.14", func(ctx context.Context, c *zapier.Client) (any, error) {
			return data(c.ListZaps(ctx, zapier.ListZapsOptions{}))
		},
			`[{"links":{"next":null,"prev":null},"meta":{"count":1,"offset":0,"limit":null},"data":[{"type":"zap","id":"00000000-0000-c000-8000-000000012345","is_enabled":false,"last_successful_run_date":"2019-08-24T14:15:22Z","updated_at":"2019-08-24T14:15:22Z","title":"My Zap","links":{"html_editor":"https://zapier.com/editor/7481"},"steps":[{"action":"uag:1f188536-6dd0-4172-8414-2b90914ddee9","authentication":"QVaPP2O1","inputs":{"deal_stage":"CLOSED_WON","n":12345678901234567890},"title":"Pacific"}]}]}]`},
		{"Zaps, expanded", "2.5", func(ctx context.Context, c *zapier.Client) (any, error) {
			return data(c.ListZaps(ctx, zapier.ListZapsOptions{}))
		},
			`{"data":[{"type":"zap","id":"1","is_enabled":true,"title":"My Zap","steps":[{"action":{"id":"core:1","key":"new_lead","app":{"id":"83b47c0e-adda-44da-a45d-42565fe521ef","type":"app","title":"CRM"},"type":"action","action_type":"READ","is_instant":true,"title":"New Lead","description":"d"},"authentication":{"type":"authentication","id":49509,"app":{"id":"83b47c0e-adda-44da-a45d-42565fe521ef","title":"CRM"},"is_expired":true,"title":"CRM"},"inputs":[1],"title":"t"}]}],"links":null,"meta":null}`},
		{"runs of Zaps", "2.16", func(ctx context.Context, c *zapier.Client) (any, error) {
			return data(c.ListZapRuns(ctx, zapier.ListZapRunsOptions{}))
		},
			`[{"links":{"next":"https://api.zapier.com/v2/zap-runs?offset=10&limit=10","prev":"https://api.zapier.com/v2/zap-runs?offset=0&limit=10"},"meta":{"count":30,"limit":10,"offset":10},"data":[
			{"id":"123e4567-e89b-12d3-a456-426614174000","zap_id":104445735,"start_time":"2024-10-16T06:29:10.360000Z","end_time":"2024-10-16T06:29:11.360000Z","status":"success","zap_title":"My Awesome Zap","steps":[{"status":"success","start_time":"2024-10-16T06:29:10.360000Z"},{"status":null}],"data_in":"","data_out":{"a":[1]}},
			{"id":"2","zap_id":"00000000-0000-c000-8000-000000012345","start_time":null,"end_time":null,"status":"held","zap_title":null,"steps":null,"data_in":null}]}]`},
		{"action run", "2.17", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.GetActionRun(ctx, "r1")) },
			`{"data":{"type":"run","status":"success","results":[{"id":12345678901234567890}],"errors":[]}}`},
		{"failed action run", "2.17", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.GetActionRun(ctx, "r1")) },
			`{"data":{"type":"run","status":"error","results":[],"errors":[{"code":"throttled","title":"T","detail":"d","delay":30,"meta":{"a":1}}]}}`},
		{"guess", "2.18", func(ctx context.Context, c *zapier.Client) (any, error) { return value(c.GuessZap(ctx, "d")) },
			`{"title":"Save leads","steps":[{"step":{"title":"Trigger","app":"Facebook Lead Ads","api":"FacebookLeadsAPI"},"alternatives":[{"title":null,"app":"LinkedIn Ads","api":"LinkedInLeadGenFormsCLIAPI@2.7.1"}]}],"prefilled_url":"https://api.zapier.com/v1/embed/my-app/create?steps%5B0%5D%5Bapp%5D=FacebookLeadsAPI","messages":[{"detail":"d"}]}`},
		{"white-label Apps", "2.19", func(ctx context.Context, c *zapier.Client) (any, error) {
			return gather(c.WhitelabelApps(ctx, zapier.WhitelabelAppsOptions{}))
		},
			`{"data":[{"type":"app","id":"a","title":"CRM","image":"https://i.example/i","is_oauth":true,"has_fields":true,"has_byoc":true,"links":{"mcp_authorize_url":"https://zapier.com/mcp","mcp_server_url":"https://mcp.zapier.com/"}}],"links":{},"meta":{}}`},
	}
}

func TestDocumentedExamplesAreReadWithoutLoss(t *testing.T) {
	for _, tt := range examples() {
		t.Run(tt.name+", "+tt.section, func(t *testing.T) {
			var documented any = parsed(t, []byte(tt.body))
			if wrapped, ok := documented.([]any); ok && tt.name != "Zap templates" {
				documented = wrapped[0]
			}
			for _, within := range []string{"data", "objects"} {
				if envelope, ok := documented.(map[string]any); ok && envelope[within] != nil {
					documented = envelope[within]
				}
			}
			client := setup(t, onePage(t, tt.body)).WithClientID("our-id")
			got, err := tt.call(t.Context(), client)
			require.NoError(t, err)
			encoded, err := json.Marshal(got)
			require.NoError(t, err)
			assert.Empty(t, lost("", documented, parsed(t, encoded)), "what came of it: %s", encoded)
		})
	}
}

// onePage answers body to the first call and then an empty list, as templates have it.
func onePage(t *testing.T, body string) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/zap-templates" && r.URL.Query().Get("offset") != "0" {
			body = `[]`
		}
		answer(t, w, http.StatusOK, body)
	}
}

func parsed(t *testing.T, body []byte) any {
	t.Helper()
	var document any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	require.NoError(t, decoder.Decode(&document))
	return document
}

// lost names what is in want and not in got. Three things are no loss: a key that is missing for a value which
// says nothing, an id as text instead of a number, and the type of a thing, where the Go type says it.
func lost(path string, want, got any) []string {
	var missing []string
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for key, value := range want {
			if _, isThere := object[key]; key == "type" && !isThere {
				continue
			}
			missing = append(missing, lost(path+"/"+key, value, object[key])...)
		}
	case []any:
		list, _ := got.([]any)
		for i, value := range want {
			if i >= len(list) {
				missing = append(missing, fmt.Sprintf("%s/%d", path, i))
				continue
			}
			missing = append(missing, lost(fmt.Sprintf("%s/%d", path, i), value, list[i])...)
		}
	case nil:
		if got != nil && got != "" {
			missing = append(missing, path)
		}
	default:
		saysNothing := want == "" || want == false
		if fmt.Sprint(want) != fmt.Sprint(got) && (!saysNothing || got != nil) {
			missing = append(missing, path)
		}
	}
	return missing
}
