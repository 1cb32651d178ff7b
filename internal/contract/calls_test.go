package contract_test

import (
	"context"
	"iter"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

// everyScope is each scope that a call of the client may need.
func everyScope() []string {
	return []string{
		"profile", "zap", "zap:all", "zap:account:all", "zap:write", "zap:update", "zap:delete", "zap:runs", "action:run",
		"connection:read", "connection:write",
	}
}

// calls is one partner's work with all of the client: later calls use what earlier ones made.
type calls struct {
	t              *testing.T
	ctx            context.Context
	world          *world
	user, partner  *zapier.Client
	lead, report   zapier.StepRequest
	zap            zapier.Zap
	number         zapier.ID
	account, other zapier.ID
	filled         []string // names of fields: see sent
}

// call is a method of the client, and what is done with it.
type call struct {
	method string
	do     func(*calls)
}

// get requires that a call went well.
func get[T any](c *calls) func(T, error) T {
	return func(value T, err error) T {
		c.t.Helper()
		require.NoError(c.t, err)
		return value
	}
}

// drain reads a list to its end, which must not be its beginning.
func drain[T any](c *calls, items iter.Seq2[T, error]) []T {
	c.t.Helper()
	var found []T
	for item, err := range items {
		require.NoError(c.t, err)
		found = append(found, item)
	}
	require.NotEmpty(c.t, found)
	return found
}

// allCalls makes every method of the client speak, in an order in which each has what it needs.
func allCalls() []call {
	return []call{
		{"GetProfile", func(c *calls) {
			get[zapier.Profile](c)(c.user.GetProfile(c.ctx))
			nowhere := c.world.client().As("2", zapier.StaticToken(c.world.token(emulator.UserTom, "profile")))
			get[zapier.Profile](c)(nowhere.GetProfile(c.ctx))
		}},
		{"ListCategories", func(c *calls) { get[[]zapier.Category](c)(c.partner.ListCategories(c.ctx)) }},
		{"Categories", func(c *calls) { drain(c, c.partner.Categories(c.ctx)) }},
		{"AppsV1", func(c *calls) {
			drain(c, c.partner.AppsV1(c.ctx, sent(c, zapier.AppsV1Options{})))
			drain(c, c.partner.AppsV1(c.ctx, sent(c, zapier.AppsV1Options{TitleSearch: "mail"})))
			drain(c, c.partner.AppsV1(c.ctx, sent(c, zapier.AppsV1Options{InTemplateWith: true})))
			drain(c, c.partner.AppsV1(c.ctx, sent(c, zapier.AppsV1Options{Category: "crm", TitleStartsWith: "super"})))
		}},
		{"ZapTemplates", func(c *calls) {
			all := drain(c, c.partner.ZapTemplates(c.ctx, sent(c, zapier.ZapTemplatesOptions{})))
			slug := all[0].Steps[0].Slug
			drain(c, c.partner.ZapTemplates(c.ctx, sent(c, zapier.ZapTemplatesOptions{Apps: []string{slug}, Templates: []zapier.ID{all[0].ID}})))
		}},
		{"ListApps", func(c *calls) {
			get[zapier.Page[zapier.App]](c)(c.user.ListApps(c.ctx, sent(c, zapier.ListAppsOptions{Query: "mail"})))
			get[zapier.Page[zapier.App]](c)(c.user.ListApps(c.ctx, sent(c, zapier.ListAppsOptions{Category: "crm", Offset: 1, Limit: 2})))
			get[zapier.Page[zapier.App]](c)(c.user.ListApps(c.ctx, sent(c, zapier.ListAppsOptions{IDs: []string{emulator.AppAPIKey, emulator.AppMany}})))
			get[zapier.Page[zapier.App]](c)(c.partner.ListApps(c.ctx, sent(c, zapier.ListAppsOptions{})))
		}},
		{"Apps", func(c *calls) { drain(c, c.user.Apps(c.ctx, sent(c, zapier.ListAppsOptions{}))) }},
		{"GetApp", func(c *calls) { get[zapier.App](c)(c.user.GetApp(c.ctx, emulator.AppNoAuthentication)) }},
		{"Actions", func(c *calls) {
			drain(c, c.user.Actions(c.ctx, emulator.AppAPIKey, ""))
			drain(c, c.partner.Actions(c.ctx, emulator.AppMany, zapier.ActionSearch))
		}},
		{"ListActions", func(c *calls) {
			get[[]zapier.Action](c)(c.user.ListActions(c.ctx, emulator.AppNoAuthentication, zapier.ActionFilter))
		}},
		{"CreateAuthentication", func(c *calls) {
			c.account = get[zapier.Authentication](c)(c.user.CreateAuthentication(c.ctx, sent(c, zapier.AuthenticationRequest{
				Title: "Newsletters", App: emulator.AppAPIKey, Fields: map[string]string{"api_key": "k-123"},
			}))).ID
			c.other = get[zapier.Authentication](c)(c.user.CreateAuthentication(c.ctx, sent(c, zapier.AuthenticationRequest{
				Title: "Reports", App: emulator.AppSession, Fields: map[string]string{"username": "ada", "password": "p-123"},
			}))).ID
		}},
		{"Authentications", func(c *calls) { drain(c, c.user.Authentications(c.ctx, emulator.AppMany)) }},
		{"ListAuthentications", func(c *calls) {
			get[[]zapier.Authentication](c)(c.user.ListAuthentications(c.ctx, emulator.AppExpired))
			get[[]zapier.Authentication](c)(c.user.ListAuthentications(c.ctx, emulator.AppNoAuthentication))
		}},
		{"GetAction", func(c *calls) {
			c.lead.Action = get[zapier.Action](c)(c.user.GetAction(c.ctx, emulator.AppAPIKey, zapier.ActionRead, "new_subscriber")).ID
			c.lead.StepInputs = zapier.StepInputs{Authentication: c.account}
			c.report.Action = get[zapier.Action](c)(c.user.GetAction(c.ctx, emulator.AppSession, zapier.ActionWrite, "create_engagement_report")).ID
			c.report.StepInputs = zapier.StepInputs{Authentication: c.other, Inputs: zapier.Inputs{"full_name": "{{name}}"}}
		}},
		{"InputFields", func(c *calls) {
			drain(c, c.user.InputFields(c.ctx, c.report.Action, zapier.StepInputs{Authentication: c.other, Inputs: zapier.Inputs{"kind": "detailed"}}))
			for _, action := range get[[]zapier.Action](c)(c.user.ListActions(c.ctx, emulator.AppAPIKey, zapier.ActionWrite)) {
				drain(c, c.user.InputFields(c.ctx, action.ID, zapier.StepInputs{Authentication: c.account}))
			}
		}},
		{"ListInputFields", func(c *calls) {
			get[[]zapier.Field](c)(c.user.ListInputFields(c.ctx, c.filter(), zapier.StepInputs{}))
			get[[]zapier.Field](c)(c.user.ListInputFields(c.ctx, c.filter(), zapier.StepInputs{Inputs: zapier.Inputs{"filter_criteria_count": "2"}}))
		}},
		{"Choices", func(c *calls) {
			drain(c, c.user.Choices(c.ctx, c.report.Action, "campaign", zapier.StepInputs{Authentication: c.other, Inputs: zapier.Inputs{"account": "northwind_ads"}}))
		}},
		{"ListChoices", func(c *calls) {
			get[zapier.ChoicePage](c)(c.user.ListChoices(c.ctx, c.filter(), "filter_criteria_count", zapier.StepInputs{}, ""))
		}},
		{"OutputFields", func(c *calls) {
			drain(c, c.user.OutputFields(c.ctx, c.lead.Action, sent(c, zapier.OutputsRequest{StepInputs: c.lead.StepInputs})))
		}},
		{"ListOutputFields", func(c *calls) {
			get[[]zapier.OutputField](c)(c.user.ListOutputFields(c.ctx, c.lead.Action, sent(c, zapier.OutputsRequest{StepInputs: c.lead.StepInputs, FetchLiveSamples: true})))
		}},
		{"TestAction", func(c *calls) {
			_, err := c.user.TestAction(c.ctx, c.lead.Action, sent(c, zapier.TestRequest{StepInputs: c.lead.StepInputs, Limit: 2, Offset: 1}))
			require.NoError(c.t, err)
			_, err = c.user.TestAction(c.ctx, c.report.Action, sent(c, zapier.TestRequest{StepInputs: c.about("Ada")}))
			require.NoError(c.t, err)
		}},
		{"CreateActionRun", func(c *calls) {
			for _, name := range []string{"Ada", "wrong"} {
				id := get[zapier.ID](c)(c.user.CreateActionRun(c.ctx, sent(c, zapier.ActionRunRequest{
					Action: c.report.Action, StepInputs: c.about(name),
				})))
				get[zapier.ActionRun](c)(c.user.GetActionRun(c.ctx, id)) // waiting
				get[zapier.ActionRun](c)(c.user.GetActionRun(c.ctx, id))
			}
			get[zapier.ID](c)(c.user.CreateActionRun(c.ctx, sent(c, zapier.ActionRunRequest{
				Action: c.report.Action, StepInputs: c.about("Ada"), CallbackURL: "https://partner.example/runs",
			})))
		}},
		{"GetActionRun", func(*calls) {}}, // with CreateActionRun
		{"CreateZap", func(c *calls) {
			draft := sent(c, zapier.ZapRequest{Title: "Reports of subscribers", Steps: []zapier.StepRequest{c.lead, c.report}})
			c.zap = get[zapier.Zap](c)(c.user.CreateZap(c.ctx, draft))
			get[zapier.Zap](c)(c.user.CreateZap(c.ctx, draft, "steps.action.app", "steps.authentication.app"))
			filter := zapier.StepRequest{Action: c.filter(), Alias: "sieve", StepInputs: zapier.StepInputs{Inputs: zapier.Inputs{
				"filter_criteria_count": "1", "filter_criteria_1_key": "{{person.name}}", "filter_criteria_1_match": "exists",
			}}}
			first, last := c.lead, c.report
			off := false
			first.Alias, last.Inputs = "person", zapier.Inputs{"full_name": "Report of {{person.name}}"}
			get[zapier.Zap](c)(c.user.CreateZap(c.ctx, sent(c, zapier.ZapRequest{
				Title: "Filtered", Steps: []zapier.StepRequest{first, filter, last}, Enabled: &off,
			})))
		}},
		{"ListZaps", func(c *calls) {
			get[zapier.Page[zapier.Zap]](c)(c.user.ListZaps(c.ctx, sent(c, zapier.ListZapsOptions{Offset: 1, Limit: 3})))
		}},
		{"Zaps", func(c *calls) {
			drain(c, c.user.Zaps(c.ctx, sent(c, zapier.ListZapsOptions{Expand: []string{"steps.action.app", "steps.authentication.app"}, IncludeShared: true})))
			drain(c, c.user.Zaps(c.ctx, sent(c, zapier.ListZapsOptions{Inputs: map[string][]string{"full_name": {"{{name}}"}}})))
		}},
		{"ZapsV1", func(c *calls) {
			drain(c, c.user.ZapsV1(c.ctx, sent(c, zapier.ZapsV1Options{GetParams: true})))
			found := drain(c, c.user.ZapsV1(c.ctx, sent(c, zapier.ZapsV1Options{Params: map[string]string{"full_name": "{{name}}"}})))
			c.number = found[0].ID
		}},
		{"UpdateZap", func(c *calls) {
			require.NoError(c.t, c.user.UpdateZap(c.ctx, c.zap.ID, sent(c, zapier.ZapUpdate{
				Title: "Renamed", Steps: []zapier.StepRequest{c.lead, c.report},
			})))
		}},
		{"EnableZap", func(c *calls) { require.NoError(c.t, c.user.EnableZap(c.ctx, c.zap.ID)) }},
		{"ZapRuns", func(c *calls) {
			for _, zap := range c.world.emulator.Zaps(emulator.UserWade) {
				if zap.Enabled {
					get[string](c)(c.world.emulator.FireZap(zap.ID))
				}
			}
			drain(c, c.user.ZapRuns(c.ctx, sent(c, zapier.ListZapRunsOptions{})))
		}},
		{"ListZapRuns", func(c *calls) {
			get[zapier.Page[zapier.ZapRun]](c)(c.user.ListZapRuns(c.ctx, sent(c, zapier.ListZapRunsOptions{
				Zap: c.number, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Search: "report",
				Statuses: []zapier.ZapRunStatus{zapier.ZapRunSuccess, zapier.ZapRunHeld},
			})))
			get[zapier.Page[zapier.ZapRun]](c)(c.user.ListZapRuns(c.ctx, sent(c, zapier.ListZapRunsOptions{Offset: 1, Limit: 1})))
		}},
		{"DeleteZap", func(c *calls) { require.NoError(c.t, c.user.DeleteZap(c.ctx, c.zap.ID)) }},
		{"Proxy", func(c *calls) {
			call := get[zapier.ProxiedCall](c)(zapier.FindProxied(http.MethodPost, "/v2/guess"))
			answer := get[*zapier.ProxyAnswer](c)(c.partner.Proxy(c.ctx, sent(c, call), sent(c, zapier.ProxyRequest{
				RawQuery: "client_id=theirs", Header: http.Header{"Content-Type": {"application/json"}},
				Body: []byte(`{"description":"Put new SuperExampleCRM leads into Gridwork Sheets"}`),
			})))
			require.Equal(c.t, http.StatusOK, answer.Status)
			require.NoError(c.t, answer.Body.Close())
		}},
		{"GuessZap", func(c *calls) {
			get[zapier.Guess](c)(c.partner.GuessZap(c.ctx, "When there is a new lead in SuperExampleCRM, add a subscriber to Marigold Mail"))
		}},
		{"WhitelabelApps", func(c *calls) {
			drain(c, c.user.WhitelabelApps(c.ctx, sent(c, zapier.WhitelabelAppsOptions{Search: "mail"})))
			drain(c, c.user.WhitelabelApps(c.ctx, sent(c, zapier.WhitelabelAppsOptions{Category: "crm"})))
		}},
	}
}

// filter looks up the id of the Filter.
func (c *calls) filter() string {
	c.t.Helper()
	return get[zapier.Action](c)(c.user.GetAction(c.ctx, emulator.AppNoAuthentication, zapier.ActionFilter, "filter")).ID
}

// about is a report that can be written at once.
func (c *calls) about(name string) zapier.StepInputs {
	return zapier.StepInputs{Authentication: c.other, Inputs: zapier.Inputs{"full_name": name}}
}

// setting says who the client speaks for; these make no call.
func setting() []string { return []string{"As", "AsPartner", "WithClientID"} }
