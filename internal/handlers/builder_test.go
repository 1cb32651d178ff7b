package handlers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// builder is somebody who builds a Zap on our pages, without script.
type builder struct {
	*browser
	// draft is its page, below the path prefix.
	draft string
	// steps are the addresses of the steps, where they do not change; looked up each time if nil.
	steps []string
}

// startZap starts from nothing.
func (b *browser) startZap() *builder {
	b.t.Helper()
	started := b.post("/zaps/new", nil)
	require.Equal(b.t, http.StatusOK, started.status, started.Text())
	return &builder{browser: b, draft: b.below(started.url)}
}

// below is the path of an address of ours below the prefix.
func (b *browser) below(address *url.URL) string {
	b.t.Helper()
	public, err := url.Parse(b.house.url)
	require.NoError(b.t, err)
	return strings.TrimPrefix(address.Path, public.Path)
}

func (z *builder) page() page {
	z.t.Helper()
	draft := z.get(z.draft)
	require.Equal(z.t, http.StatusOK, draft.status, draft.Text())
	return draft
}

// step is the address of the step at a place from 1, with the rest of the path behind it.
func (z *builder) step(number int, rest string) string {
	z.t.Helper()
	if z.steps != nil {
		return strings.TrimSuffix(z.steps[number-1]+"/"+rest, "/")
	}
	steps := z.page().byTestID("step")
	require.GreaterOrEqual(z.t, steps.Length(), number)
	return strings.TrimSuffix(z.draft+"/steps/"+steps.Eq(number-1).AttrOr("data-step", "")+"/"+rest, "/")
}

// revision is what a form would send back of the draft now.
func (z *builder) revision() string {
	z.t.Helper()
	return z.page().Find(`input[name="revision"]`).First().AttrOr("value", "")
}

// send posts a form to a path below the draft, with the revision of now.
func (z *builder) send(path string, values url.Values) page {
	z.t.Helper()
	sent := url.Values{"revision": {z.revision()}}
	for name, value := range values {
		sent[name] = value
	}
	return z.post(path, sent)
}

// rename gives the Zap its title.
func (z *builder) rename(title string) {
	z.t.Helper()
	renamed := z.send(z.draft+"/title", url.Values{"title": {title}})
	require.Equal(z.t, http.StatusOK, renamed.status, renamed.Text())
}

// choose sets up a step in the pages: App, Action, and the account, unless the App needs none. It ends on the form.
func (z *builder) choose(number int, app, action, account string) page {
	z.t.Helper()
	shown := z.get(z.step(number, "app"))
	for shown.Find(`[data-app="`+app+`"]`).Length() == 0 {
		shown = z.follow(shown, shown.Find(`a[rel="next"]`))
	}
	shown = z.press(shown, shown.Find(`[data-app="`+app+`"]`))
	require.True(z.t, strings.HasSuffix(shown.url.Path, "/action"), shown.url)
	shown = z.press(shown, shown.Find(`[data-action="`+action+`"]`))
	if account != "" {
		require.True(z.t, strings.HasSuffix(shown.url.Path, "/account"), shown.url)
		shown = z.press(shown, shown.Find(`[data-authentication="`+account+`"] [data-testid="choose"]`))
	}
	require.Equal(z.t, http.StatusOK, shown.status, shown.Text())
	require.True(z.t, strings.HasSuffix(shown.url.Path, "/fields"), shown.url)
	return shown
}

// filled is the form of a page as a browser would send it, with some values changed.
func filled(from page, changes url.Values) (action string, values url.Values) {
	form := from.byTestID("fields-form")
	values = url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, control *goquery.Selection) {
		name, value := control.AttrOr("name", ""), control.AttrOr("value", "")
		switch goquery.NodeName(control) {
		case "textarea":
			value = control.Text() // the parser has dropped the line break at the beginning
		case "select":
			chosen := control.Find("option[selected]")
			if chosen.Length() == 0 {
				chosen = control.Find("option").First()
			}
			value = chosen.AttrOr("value", "")
		}
		if name != "" {
			values.Add(name, value)
		}
	})
	for name, value := range changes {
		values[name] = value
	}
	return form.AttrOr("action", ""), values
}

// fill changes values of a form and presses the button.
func (z *builder) fill(from page, do string, changes url.Values) page {
	z.t.Helper()
	require.Equal(z.t, 1, from.byTestID("fields-form").Length(), from.Text())
	action, values := filled(from, changes)
	values.Set("do", do)
	target, err := from.url.Parse(action)
	require.NoError(z.t, err)
	return z.post(target.String(), values)
}

// value is what a control of a form shows.
func (p page) value(field string) string {
	_, values := filled(p, nil)
	return values.Get("f." + field)
}

func (p page) control(field string) *goquery.Selection {
	return p.Find(`[data-testid="control"][data-field="` + field + `"]`)
}

// publish presses the button on the draft's page.
func (z *builder) publish() page {
	z.t.Helper()
	draft := z.page()
	return z.press(draft, draft.byTestID("publish"))
}

// account connects an App for Wade behind the scenes.
func (h *house) account(app, title string) string {
	h.t.Helper()
	added, err := h.emulator.AddAuthentication(emulator.UserWade, app, title)
	require.NoError(h.t, err)
	return added.ID
}

// newest is the Zap that Wade made last.
func (h *house) newest() emulator.Zap {
	h.t.Helper()
	zaps := h.emulator.Zaps(emulator.UserWade)
	require.NotEmpty(h.t, zaps)
	return zaps[0]
}

// worked is the guide's example up to the last button: New Lead in SuperExampleCRM, then Create Engagement Report in
// PlatformAdManager.
func (b *browser) worked() (z *builder, crm, ads string) {
	b.t.Helper()
	crm, ads = b.house.account(emulator.AppOAuth2, "CRM (Wade)"), b.house.account(emulator.AppSession, "Ads (Wade)")
	z = b.startZap()
	z.rename("Register engagement report on lead creation")
	z.choose(1, emulator.AppOAuth2, "READ:new_lead", crm)
	form := z.choose(2, emulator.AppSession, "WRITE:create_engagement_report", ads)
	form = z.fill(form, "next", url.Values{"f.full_name": {"{{full_name}}"}})
	require.Equal(b.t, z.draft, b.below(form.url), form.Text())
	return z, crm, ads
}

func TestWorkedExample(t *testing.T) {
	for name, prefix := range map[string]string{"at the root": "", "under a prefix": "/partner/zaps"} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options{prefix: prefix})
			before := len(h.emulator.Zaps(emulator.UserWade))
			z, crm, ads := h.signedIn(emulator.UserWade).worked()
			review := z.page()
			assert.Zero(t, review.byTestID("gap").Length(), review.Text())
			assert.Contains(t, review.Find(".chip").Text(), "Full Name")

			done := z.publish()
			assert.Equal(t, z.draft, z.below(done.url))
			assert.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""))
			require.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
			zap := h.newest()
			assert.Equal(t, "Register engagement report on lead creation", zap.Title)
			assert.True(t, zap.Enabled)
			assert.Equal(t, []emulator.ZapStep{
				{App: emulator.AppOAuth2, Type: "READ", Key: "new_lead", Authentication: crm, Inputs: map[string]any{}},
				{
					App: emulator.AppSession, Type: "WRITE", Key: "create_engagement_report", Authentication: ads,
					Inputs: map[string]any{"full_name": "{{full_name}}", "kind": "summary"},
				},
			}, zap.Steps)
			assert.Equal(t, prefix+"/zaps/"+zap.ID, done.byTestID("zap-link").AttrOr("href", ""))
			assert.Contains(t, done.byTestID("editor").AttrOr("href", ""), "/editor/")
		})
	}
}

// The same with three steps: the source has a name then, and both later steps use it; connecting on the way.
func TestWorkedExampleWithThreeSteps(t *testing.T) {
	h := newHouse(t, options{})
	z, crm, ads := h.signedIn(emulator.UserWade).worked()
	draft := z.page()
	added := z.press(draft, draft.byTestID("add-step").Last())
	assert.Equal(t, z.step(3, "app"), added.url.Path, "a new step begins with its App")

	z.get(z.step(3, "app")) // Ledgerleaf is nobody's yet: it is connected in the middle
	shown := z.send(z.step(3, "app"), url.Values{"app": {emulator.AppBasic}})
	shown = z.press(shown, shown.Find(`[data-action="WRITE:create_invoice"]`))
	require.Equal(t, z.step(3, "account"), shown.url.Path)
	z.connectAt(shown.byTestID("connect").AttrOr("href", ""))
	back := z.press(shown, shown.byTestID("check").First())
	assert.Equal(t, z.step(3, "account"), back.url.Path, "back to the same place")
	assert.Equal(t, "connected", back.byTestID("attempt").AttrOr("data-state", ""))
	assert.Equal(t, 1, back.Find(`[data-chosen="true"]`).Length(), "what was connected is the step's")
	form := z.follow(back, back.byTestID("go-on"))

	tokens := form.byTestID("output").Map(func(_ int, output *goquery.Selection) string { return output.AttrOr("data-token", "") })
	require.Contains(t, tokens, "{{new_lead.company__name}}")
	require.Contains(t, tokens, "{{create_engagement_report.clicks}}")
	form = z.fill(form, "next", url.Values{
		"f.number": {"R-1"}, "f.customer__name": {"{{new_lead.company__name}} ({{ new_lead.full_name }})"}, "f.lines": {"{{create_engagement_report.clicks}} clicks", ""},
	})
	require.Equal(t, z.draft, form.url.Path, form.Text())
	done := z.publish()
	require.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""), done.Text())

	accounts := h.emulator.Authentications(emulator.UserWade, emulator.AppBasic)
	require.Len(t, accounts, 1)
	assert.Equal(t, []emulator.ZapStep{
		{App: emulator.AppOAuth2, Type: "READ", Key: "new_lead", Authentication: crm, Alias: "new_lead", Inputs: map[string]any{}},
		{
			App: emulator.AppSession, Type: "WRITE", Key: "create_engagement_report", Authentication: ads, Alias: "create_engagement_report",
			Inputs: map[string]any{"full_name": "{{new_lead.full_name}}", "kind": "summary"},
		},
		{
			App: emulator.AppBasic, Type: "WRITE", Key: "create_invoice", Authentication: accounts[0].ID, Alias: "create_invoice",
			Inputs: map[string]any{
				"number":         "R-1",
				"customer__name": "{{new_lead.company__name}} ({{new_lead.full_name}})",
				"lines":          []any{"{{create_engagement_report.clicks}} clicks"},
			},
		},
	}, h.newest().Steps)
}
