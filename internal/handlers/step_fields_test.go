package handlers_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// newsletter is a draft whose second step has every kind of field, mapped from a new lead.
func (h *house) newsletter() (z *builder, form page) {
	h.t.Helper()
	crm, mail := h.account(emulator.AppOAuth2, "CRM"), h.account(emulator.AppAPIKey, "Mail")
	z = h.signedIn(emulator.UserWade).startZap()
	z.rename("Newsletters for leads")
	z.choose(1, emulator.AppOAuth2, "READ:new_lead", crm)
	return z, z.choose(2, emulator.AppAPIKey, "WRITE:create_newsletter", mail)
}

func TestEveryKindOfControl(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	assert.Zero(t, form.control("town").Find("option[value!='']").Length(), "nobody has to choose a town")
	form = z.press(form, form.control("town").Find(`[data-testid="show-choices"]`))
	assert.Equal(t, z.step(2, "fields"), form.url.Path)
	assert.Zero(t, form.control("town").Find(`[data-testid="show-choices"]`).Length())
	for field, kind := range map[string]string{
		"guide": "info", "notice": "info", "subject": "text", "slug": "text", "body": "textarea", "html": "code",
		"archive_password": "password", "header_image": "file", "segment": "select", "part": "select", "town": "select", "priority": "select",
		"recipients": "integer", "budget": "number", "sent": "select", "lists": "list", "send_days": "list", "sizes": "list", "rates": "list", "switches": "list",
		"merge_fields": "pairs", "sender": "set", "sender__name": "text", "sender__note": "info",
		// The default is a moment with its zone, which the control for a local time could not show.
		"send_at": "text",
	} {
		assert.Equal(t, kind, form.control(field).AttrOr("data-kind", "none"), field)
	}
	assert.Equal(t, 1, form.control("sender").Find(`[data-field="sender__email"]`).Length(), "a fieldset holds its fields")
	assert.Equal(t, "<p>Hello</p>", form.value("html"), "a default")
	assert.Equal(t, "everyone", form.value("segment"))
	assert.Contains(t, form.control("subject").Text(), "required")
	assert.Equal(t, "News in March", form.control("subject").Find("input[placeholder]").AttrOr("placeholder", ""))
	assert.NotZero(t, form.control("notice").Find("strong, ol li").Length(), "help is Markdown")
	assert.Equal(t, 144, form.control("town").Find("option[value!='']").Length(), "choices to the last page")
	for _, redrawing := range []string{"subject", "segment", "part"} {
		assert.Equal(t, 1, form.control(redrawing).Filter("[data-redraws]").Length(), redrawing)
	}
	assert.Zero(t, form.control("budget").Filter("[data-redraws]").Length())
	assert.Zero(t, form.control("archive_password").Filter("[data-mappable]").Length(), "nobody could see what was mapped")
	assert.NotZero(t, form.control("budget").Filter("[data-mappable]").Length())
}

func TestEveryKindOfValueArrivesAsItWasTyped(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	typed := url.Values{
		"f.subject": {"News for {{full_name}}"}, "f.slug": {"news"}, "f.body": {"\n One\r\nTwo <b> & \"three\"\n"}, "f.html": {"<p>{{email}}</p>"},
		"f.archive_password": {"canary <1>"}, "f.header_image": {"https://files.example/a.png"}, "f.send_at": {"2026-12-24T18:30"},
		"f.segment": {"press"}, "f.town": {""}, "f.priority": {"1"}, "f.recipients": {"007"}, "f.budget": {"-49.50"}, "f.sent": {"True"},
		"f.lists": {"a", "", "{{company__name}}"}, "f.sizes": {"1", "2"}, "f.rates": {".5"}, "f.switches": {"True"},
		"k.merge_fields": {"Name", "", "Mail"}, "v.merge_fields": {"{{full_name}}", "", "{{ email }}"},
		"f.sender__name": {""}, "f.sender__email": {"news@example.com"},
	}
	form = z.fill(form, "save", typed)
	require.Equal(t, z.step(2, "fields"), form.url.Path)
	for field, kind := range map[string]string{"send_at": "datetime", "recipients": "integer", "budget": "number", "header_image": "file"} {
		assert.Equal(t, kind, form.control(field).AttrOr("data-kind", ""), field)
	}
	assert.NotContains(t, form.body, "canary", "a password is never shown")
	again := z.fill(form, "next", nil)
	require.Equal(t, z.draft, again.url.Path, again.Text())
	assert.NotContains(t, again.body, "canary")
	done := z.publish()
	require.Equal(t, "done", done.byTestID("publishing").AttrOr("data-state", ""), done.Text())
	assert.Equal(t, map[string]any{
		"subject": "News for {{full_name}}", "slug": "news", "body": "\n One\nTwo <b> & \"three\"\n", "html": "<p>{{email}}</p>",
		"archive_password": "canary <1>", "header_image": "https://files.example/a.png", "send_at": "2026-12-24T18:30",
		"segment": "press", "priority": "1", "recipients": "007", "budget": "-49.50", "sent": "True",
		"lists": []any{"a", "{{company__name}}"}, "sizes": []any{"1", "2"}, "rates": []any{".5"}, "switches": []any{"True"},
		"merge_fields": map[string]any{"Name": "{{full_name}}", "Mail": "{{email}}"}, "sender__email": "news@example.com",
	}, h.newest().Steps[1].Inputs)
	assert.NotContains(t, h.logs.String(), "canary", "nor logged")
}

// Whatever a control cannot show is drawn as text: a browser would throw it away.
func TestValuesThatTheirControlCannotShow(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	for name, tt := range map[string]struct {
		field, value, kind string
		mapped             bool
	}{
		"a number with a comma":      {"budget", "1,5", "text", false},
		"a huge number":              {"budget", "1e999", "text", false},
		"a number with a point":      {"recipients", "1.0", "text", false},
		"a sum":                      {"recipients", "{{value}}", "text", true},
		"a moment with seconds":      {"send_at", "2026-12-24T18:30:00Z", "text", false},
		"a day":                      {"send_at", "2026-12-24", "text", false},
		"a mapped moment":            {"send_at", "{{created_at}}", "text", true},
		"no address of a file":       {"header_image", "later", "text", false},
		"a mapped file":              {"header_image", "{{email}}", "text", true},
		"a mapped choice":            {"priority", "{{source}}", "text", true},
		"several lines":              {"slug", "a\nb", "textarea", false},
		"a choice that is not there": {"priority", "9", "select", false},
	} {
		t.Run(name, func(t *testing.T) {
			saved := z.fill(form, "save", url.Values{"f." + tt.field: {tt.value}, "f.subject": {"S"}})
			assert.Equal(t, tt.kind, saved.control(tt.field).AttrOr("data-kind", "none"))
			shown := saved.value(tt.field)
			if tt.mapped {
				shown = strings.Replace(shown, "{{new_lead.", "{{", 1)
			}
			assert.Equal(t, tt.value, shown, "and keeps it")
			assert.Equal(t, tt.mapped, saved.control(tt.field).Find(`[data-testid="use-native"]`).Length() == 1)
			form = saved
		})
	}
}

func TestTextBoxForAMapping(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	asked := z.fill(form, "text:priority", url.Values{"f.subject": {"typed"}})
	assert.Equal(t, z.step(2, "fields")+"?text=priority", asked.url.RequestURI())
	assert.Equal(t, "text", asked.control("priority").AttrOr("data-kind", ""))
	assert.Equal(t, "2", asked.value("priority"), "what was chosen stands there")
	assert.Equal(t, "typed", asked.value("subject"), "and what was typed elsewhere is kept")

	kept := z.fill(asked, "save", nil)
	assert.Equal(t, "text", kept.control("priority").AttrOr("data-kind", ""), "saving does not change it back")
	native := z.fill(kept, "native:priority", nil)
	assert.Equal(t, "select", native.control("priority").AttrOr("data-kind", ""))
	assert.Equal(t, "2", native.value("priority"))

	mapped := z.fill(asked, "save", url.Values{"f.priority": {"{{source}}"}, "revision": {z.revision()}})
	assert.Contains(t, mapped.control("priority").Find(".chip").Text(), "Source")
	native = z.fill(mapped, "native:priority", nil)
	assert.Equal(t, "select", native.control("priority").AttrOr("data-kind", ""))
	assert.Empty(t, native.value("priority"), "a mapping makes way for a choice")

	first := z.get(z.step(1, "fields") + "?text=pipeline")
	assert.Equal(t, "select", first.control("pipeline").AttrOr("data-kind", ""), "nothing comes before the first step")
}

func TestRowsComeAndGo(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	added := z.fill(form, "add:lists", url.Values{"f.lists": {"one"}})
	assert.Equal(t, 2, added.control("lists").Find(`input[name="f.lists"]`).Length(), "the next row is there")
	added = z.fill(added, "add:lists", url.Values{"f.lists": {"one", "two"}, "k.merge_fields": {"b", "a"}, "v.merge_fields": {"2", "1"}})
	without := z.fill(added, "remove:lists:0", nil)
	assert.Equal(t, []string{"two", ""}, rows(without, "f.lists"))
	assert.Equal(t, []string{"a", "b", ""}, rows(without, "k.merge_fields"), "pairs come in the order of their names")
	without = z.fill(without, "remove:merge_fields:0", nil)
	assert.Equal(t, []string{"b", ""}, rows(without, "k.merge_fields"))
	assert.Equal(t, []string{"2", ""}, rows(without, "v.merge_fields"))
	assert.Equal(t, []string{"two", ""}, rows(without, "f.lists"))
}

// The rows of a list are what suits its items; one that holds a mapping is a text box.
func TestRowsOfChoicesAndNumbers(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	form = z.fill(form, "choices:send_days", nil)
	kinds := func(form page, field string) (kinds []string) {
		form.control(field).Find(`[name="f.` + field + `"]`).Each(func(_ int, row *goquery.Selection) {
			kinds = append(kinds, row.AttrOr("type", goquery.NodeName(row)))
		})
		return kinds
	}
	for field, kind := range map[string]string{"send_days": "select", "switches": "select", "sizes": "number", "rates": "number", "lists": "text"} {
		assert.Equal(t, []string{kind}, kinds(form, field), field)
	}
	options := form.control("switches").Find("option").Map(func(_ int, option *goquery.Selection) string { return option.AttrOr("value", "") })
	assert.Equal(t, []string{"", "True", "False"}, options)
	assert.Equal(t, 8, form.control("send_days").Find("option").Length(), "all choices, and none")
	assert.Equal(t, "1", form.control("sizes").Find("input[type=number]").AttrOr("step", ""))

	typed := url.Values{"f.send_days": {"Friday", "{{source}}", "Doomsday"}, "f.sizes": {"7", "{{value}}", "1,5"}, "f.switches": {"False"}}
	form = z.fill(form, "save", typed)
	assert.Equal(t, []string{"Friday", "{{new_lead.source}}", "Doomsday", ""}, rows(form, "f.send_days"), "nothing is lost")
	assert.Equal(t, []string{"select", "text", "select", "select"}, kinds(form, "send_days"))
	assert.Contains(t, form.control("send_days").Text(), "no longer offered")
	assert.Equal(t, []string{"7", "{{new_lead.value}}", "1,5", ""}, rows(form, "f.sizes"))
	assert.Equal(t, []string{"number", "text", "text", "number"}, kinds(form, "sizes"))
	assert.Equal(t, []string{"False", ""}, rows(form, "f.switches"))

	asText := z.fill(form, "text:send_days", nil)
	assert.Equal(t, []string{"text", "text", "text", "text"}, kinds(asText, "send_days"), "each can take a mapping")
	native := z.fill(asText, "native:send_days", nil)
	assert.Equal(t, []string{"Friday", "{{new_lead.source}}", "Doomsday", ""}, rows(native, "f.send_days"))
	assert.Equal(t, []string{"select", "text", "select", "select"}, kinds(native, "send_days"))
	assert.Zero(t, form.control("lists").Find(`[data-testid="use-text"]`).Length(), "text takes one anyway")
}

func rows(form page, name string) []string {
	_, values := filled(form, nil)
	return values[name]
}

func TestFieldsThatDependOnOneAnother(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	z.rename("Rows")
	accounts := h.emulator.Authentications(emulator.UserWade, emulator.AppMany)
	z.choose(1, emulator.AppOAuth2, "READ:new_lead", h.account(emulator.AppOAuth2, "CRM"))
	form := z.choose(2, emulator.AppMany, "WRITE:create_spreadsheet_row", accounts[0].ID)
	assert.Equal(t, 12, form.control("spreadsheet").Find("option[value!='']").Length())
	assert.Zero(t, form.control("worksheet").Find("option[value!='']").Length(), "not before there is a spreadsheet")
	assert.Zero(t, form.control("columns").Length())

	form = z.fill(form, "refresh-quick", url.Values{"f.spreadsheet": {"sheet_02"}})
	assert.Equal(t, 7, form.control("worksheet").Find("option[value!='']").Length())
	form = z.fill(form, "refresh", url.Values{"f.worksheet": {"sheet_02_ws_1"}})
	require.NotZero(t, form.control("columns").Length())
	form = z.fill(form, "save", url.Values{"f.COL$A": {"{{full_name}}"}})
	assert.Contains(t, form.control("COL$A").Find(".chip").Text(), "Full Name")

	other := z.fill(form, "refresh-quick", url.Values{"f.spreadsheet": {"sheet_03"}})
	assert.Equal(t, "sheet_03", other.value("spreadsheet"))
	assert.Empty(t, other.value("worksheet"), "a worksheet of another spreadsheet is none of this one")
	assert.Zero(t, other.control("COL$A").Length())
	assert.Zero(t, other.control("columns").Length())
	review := z.page()
	assert.Contains(t, review.byTestID("gap").Text(), "Worksheet")
	link, err := url.Parse(review.byTestID("gap").First().AttrOr("href", ""))
	require.NoError(t, err)
	assert.Equal(t, "field-worksheet", link.Fragment)

	form = z.fill(other, "save", url.Values{"f.worksheet": {"sheet_03_ws_2"}})
	form = z.fill(form, "next", url.Values{"f.COL$A": {"Order of {{full_name}}"}})
	require.Equal(t, z.draft, form.url.Path, form.Text())
	require.Equal(t, "done", z.publish().byTestID("publishing").AttrOr("data-state", ""))
	assert.Equal(t, map[string]any{"spreadsheet": "sheet_03", "worksheet": "sheet_03_ws_2", "COL$A": "Order of {{full_name}}"}, h.newest().Steps[1].Inputs)
}

func TestWhatWentAwayIsTold(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	form = z.fill(form, "save", url.Values{"f.kind": {"detailed"}})
	form = z.fill(form, "save", url.Values{"f.detail__from": {"2026-11-01T10:00"}, "f.detail__costs": {"True"}})
	gone := z.fill(form, "next", url.Values{"f.kind": {"summary"}})
	assert.Equal(t, z.step(2, "fields"), gone.url.Path)
	assert.Contains(t, gone.byTestID("dropped").Text(), "From")
	assert.Contains(t, gone.byTestID("dropped").Text(), "With Costs")
	assert.Zero(t, z.get(z.step(2, "fields")).byTestID("dropped").Length(), "once")
}

func TestWhatWentAwayIsToldBesideChoices(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.fill(z.get(z.step(2, "fields")), "save", url.Values{"f.kind": {"detailed"}})
	form = z.fill(form, "save", url.Values{"f.detail__from": {"2026-11-01T10:00"}, "f.detail__costs": {"True"}})
	gone := z.fill(form, "choices:account", url.Values{"f.kind": {"summary"}})
	assert.Contains(t, gone.byTestID("dropped").Text(), "From")
	assert.Contains(t, gone.byTestID("dropped").Text(), "With Costs")
}

func TestTwoTabs(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	others := url.Values{"f.subject": {"mine"}, "f.slug": {"changed-there"}, "f.lists": {"there"}, "k.merge_fields": {"Name"}, "v.merge_fields": {"there"}}
	mine := z.fill(form, "save", others)
	assert.Equal(t, http.StatusOK, mine.status)
	kept := func(form page, at string) {
		t.Helper()
		assert.Equal(t, "changed-there", form.value("slug"), at)
		assert.Equal(t, []string{"there", ""}, rows(form, "f.lists"), at)
		assert.Equal(t, []string{"there", ""}, rows(form, "v.merge_fields"), at)
	}

	stale := z.fill(form, "save", url.Values{"f.subject": {"theirs"}, "f.body": {"a long text"}, "f.archive_password": {"canary"}})
	assert.Equal(t, http.StatusConflict, stale.status)
	assert.Equal(t, 1, stale.byTestID("stale").Length())
	assert.Equal(t, "theirs", stale.value("subject"), "what was typed is not lost")
	assert.Equal(t, "a long text", stale.value("body"))
	kept(stale, "what nobody touched here is as it was changed there")
	assert.NotContains(t, stale.body, "canary")
	assert.Equal(t, "mine", z.get(z.step(2, "fields")).value("subject"), "nor what the other tab saved")

	saved := z.fill(stale, "save", nil)
	assert.Equal(t, http.StatusOK, saved.status, "now they know")
	assert.Equal(t, "theirs", saved.value("subject"))
	assert.Equal(t, "a long text", saved.value("body"))
	kept(saved, "and stays so")
	again := z.fill(stale, "save", nil)
	assert.Equal(t, http.StatusConflict, again.status)

	z.send(z.step(2, "app"), url.Values{"app": {emulator.AppSession}, "confirm": {"1"}})
	gone := z.fill(saved, "save", nil)
	assert.Equal(t, http.StatusConflict, gone.status, "the step does something else now")
	assert.Equal(t, "draft-changed", gone.errorCode())
	assert.Equal(t, z.step(2, ""), gone.byTestID("retry").AttrOr("href", ""))
}

// Letters of most scripts take six bytes on their way.
func TestLongValue(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	long := strings.Repeat("ж", 20_000)
	saved := z.fill(form, "save", url.Values{"f.body": {long}})
	require.Equal(t, http.StatusOK, saved.status, saved.errorCode())
	assert.Equal(t, long, saved.value("body"))

	refused := z.fill(saved, "save", url.Values{"f.body": {strings.Repeat("ж", 200_000)}})
	assert.Equal(t, http.StatusRequestEntityTooLarge, refused.status)
	assert.Equal(t, "too-large", refused.errorCode())
	back := z.follow(refused, refused.byTestID("retry"))
	assert.Equal(t, z.step(2, "fields"), back.url.Path)
	assert.Equal(t, long, back.value("body"), "what was saved is there")
}

// A value that was emptied here is touched, too; a form that tells nothing of what was drawn is taken as a whole.
func TestEmptiedInAnOlderTab(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	form = z.fill(form, "save", url.Values{"f.body": {" One\r\nTwo"}, "f.lists": {"a"}})
	z.fill(form, "save", url.Values{"f.budget": {"5"}})
	stale := z.fill(form, "save", url.Values{"f.body": {""}, "f.lists": {"", ""}})
	require.Equal(t, http.StatusConflict, stale.status)
	saved := z.fill(stale, "save", nil)
	assert.Empty(t, saved.value("body"))
	assert.Equal(t, []string{""}, rows(saved, "f.lists"))
	assert.Equal(t, "5", saved.value("budget"))

	z.send(z.step(2, "fields"), url.Values{"present": {"budget", "html"}, "f.html": {"<p>Hello</p>"}, "do": {"save"}})
	assert.Empty(t, z.get(z.step(2, "fields")).value("budget"))
}

// Rows of which one would swallow another are not kept, and not lost.
func TestRowsWithOneName(t *testing.T) {
	for name, tt := range map[string]struct {
		keys, values []string
		sentence     string
	}{
		"twice":   {[]string{"Name", "Name", ""}, []string{"1", "2", ""}, "same name"},
		"missing": {[]string{"Name", "", ""}, []string{"1", "2", ""}, "no name"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options{})
			z, form := h.newsletter()
			form = z.fill(form, "save", url.Values{"k.merge_fields": {"Before"}, "v.merge_fields": {"0"}})
			refused := z.fill(form, "next", url.Values{"f.subject": {"kept"}, "k.merge_fields": tt.keys, "v.merge_fields": tt.values})
			assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
			assert.Equal(t, tt.keys, rows(refused, "k.merge_fields"))
			assert.Equal(t, tt.values, rows(refused, "v.merge_fields"))
			assert.Contains(t, refused.control("merge_fields").Find(`[data-testid="field-error"]`).Text(), tt.sentence)
			assert.Equal(t, 1, refused.byTestID("errors").Find(`a[href="#c-`+strings.TrimPrefix(refused.control("merge_fields").Find(`input[name="k.merge_fields"]`).First().AttrOr("id", ""), "c-")+`"]`).Length())
			now := z.get(z.step(2, "fields"))
			assert.Equal(t, "kept", now.value("subject"), "everything else is saved")
			assert.Equal(t, []string{"0", ""}, rows(now, "v.merge_fields"))

			again := z.fill(refused, "refresh", nil)
			assert.Equal(t, tt.values, rows(again, "v.merge_fields"))
			mended := z.fill(again, "remove:merge_fields:1", nil)
			assert.Equal(t, http.StatusOK, mended.status)
			assert.Equal(t, []string{"1", ""}, rows(mended, "v.merge_fields"))
		})
	}
}

func TestRowsWithOneNameInAnOlderTab(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	z.fill(form, "save", url.Values{"f.slug": {"there"}})
	stale := z.fill(form, "save", url.Values{"k.merge_fields": {"a", "a"}, "v.merge_fields": {"1", "2"}})
	assert.Equal(t, http.StatusConflict, stale.status)
	assert.Equal(t, []string{"1", "2", ""}, rows(stale, "v.merge_fields"))
	assert.Equal(t, 1, stale.control("merge_fields").Find(`[data-testid="field-error"]`).Length())
}

func TestFormThatIsSentTwice(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	first := z.fill(form, "save", url.Values{"f.subject": {"S"}})
	before := z.revision()
	for range 2 {
		again := z.fill(first, "save", nil)
		assert.Equal(t, http.StatusOK, again.status)
		assert.Equal(t, before, z.revision(), "nothing changed, so no other tab is stale")
	}
}

func TestRefusalsLandAtTheirFields(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	form = z.fill(form, "save", url.Values{"f.account": {"Northwind Ads"}})
	form = z.fill(form, "save", url.Values{"f.campaign": {"nonsense"}})
	assert.Contains(t, form.control("campaign").Text(), "no longer offered", "what is not among the choices is said before")
	before := len(h.emulator.Zaps(emulator.UserWade))
	refused := z.publish()
	assert.Equal(t, z.draft, refused.url.Path)
	assert.Contains(t, refused.byTestID("refused").Text(), "not among the choices")
	assert.Contains(t, refused.byTestID("refused").Text(), "Campaign")
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before, "nothing was created")

	form = z.get(z.step(2, "fields"))
	assert.Contains(t, form.control("campaign").Find(`[data-testid="field-error"]`).Text(), "not among the choices")
	assert.Equal(t, 1, form.control("campaign").Filter("[data-invalid]").Length())
	choice := form.control("campaign").Find("option").Eq(1).AttrOr("value", "")
	form = z.fill(form, "save", url.Values{"f.campaign": {choice}})
	assert.Zero(t, form.byTestID("field-error").Length(), "once it is changed, nothing is held against it")
	assert.Equal(t, "done", z.publish().byTestID("publishing").AttrOr("data-state", ""))
	assert.Equal(t, choice, h.newest().Steps[1].Inputs["campaign"])
}

func TestMappingThatLeadsNowhereIsSaid(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	form = z.fill(form, "save", url.Values{"f.full_name": {"{{new_lead.nothing}} {{full_name"}})
	assert.NotZero(t, form.control("full_name").Find("[data-broken]").Length())
	assert.Contains(t, form.control("full_name").Find(`[data-testid="field-error"]`).Text(), "no such value")
	assert.Contains(t, z.page().byTestID("gap").Text(), "Full Name")
	assert.Zero(t, z.page().byTestID("publish").Length())
}

// The script says of a field alone what the server says: it leads somewhere in a Zap of two steps only.
func TestFieldAloneInAZapOfTwoSteps(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	assert.Equal(t, 1, form.byTestID("sources").Filter("[data-plain]").Length())
	z.send(z.draft+"/steps", nil)
	form = z.fill(z.get(z.step(2, "fields")), "save", url.Values{"f.full_name": {"{{full_name}}"}})
	assert.Zero(t, form.byTestID("sources").Filter("[data-plain]").Length())
	assert.NotZero(t, form.control("full_name").Find("[data-broken]").Length())
}

// One step's outputs that cannot be read leave the form usable.
func TestSourcesThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	fields := z.step(2, "fields")
	z.send(z.step(1, "fields"), url.Values{"present": {"pipeline"}, "f.pipeline": {"pl_02"}, "do": {"save"}})
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpOutputsList, Status: 500}))
	form := z.get(fields)
	assert.Equal(t, http.StatusOK, form.status)
	assert.Contains(t, form.byTestID("source").Text(), "fault of its own")
	assert.Equal(t, 1, form.byTestID("source").Filter("[data-unread]").Length())
	saved := z.fill(form, "save", url.Values{"f.full_name": {"Ada"}})
	assert.Equal(t, "Ada", saved.value("full_name"))
	assert.NotZero(t, saved.byTestID("output").Length(), "and they are there the next time")
}

// between changes what Zapier answers to calls whose path ends like this.
func between(path string, change func(body string) string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, path) {
				next.ServeHTTP(w, r)
				return
			}
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, r)
			for name, values := range answer.Header() {
				w.Header()[name] = values
			}
			w.Header().Del("Content-Length")
			w.WriteHeader(answer.Code)
			_, _ = io.WriteString(w, change(answer.Body.String()))
		})
	}
}

func TestChoiceThatIsNoLongerOffered(t *testing.T) {
	withdrawn := false
	h := newHouse(t, options{between: between("/inputs/account/choices", func(body string) string {
		if withdrawn {
			body = strings.ReplaceAll(body, "Bluefern Ads", "Redpine Ads")
		}
		return body
	})})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	form = z.fill(form, "save", url.Values{"f.account": {"Bluefern Ads"}})
	withdrawn = true
	form = z.fill(form, "refresh", nil)
	assert.Equal(t, "Bluefern Ads", form.value("account"), "it is kept")
	assert.Contains(t, form.control("account").Text(), "no longer offered", "and said")
	form = z.fill(form, "save", nil)
	assert.Equal(t, "Bluefern Ads", form.value("account"))
}

func TestChoicesThatCannotBeRead(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	form := z.get(z.step(2, "fields"))
	form = z.fill(form, "save", url.Values{"f.account": {"Bluefern Ads"}})
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpChoicesList, Status: 503, Times: 2}))
	form = z.fill(form, "refresh", nil)
	assert.Equal(t, http.StatusOK, form.status)
	assert.Contains(t, form.control("account").Text(), "could not be read")
	assert.NotContains(t, form.control("account").Text(), "no longer offered", "nobody knows that")
	assert.Equal(t, "Bluefern Ads", form.value("account"), "what was chosen stays")
	form = z.fill(form, "refresh", nil)
	assert.Equal(t, "Bluefern Ads", form.value("account"))
	assert.NotContains(t, form.control("account").Text(), "could not be read")
}

func TestFieldsOfAStepThatIsNotReadyLeadToWhatComesFirst(t *testing.T) {
	h := newHouse(t, options{})
	z := h.signedIn(emulator.UserWade).startZap()
	for _, stage := range []string{"", "action", "account", "fields", "test"} {
		assert.Equal(t, z.step(1, "app"), z.get(z.step(1, stage)).url.Path, stage)
	}
	z.send(z.step(1, "app"), url.Values{"app": {emulator.AppOAuth2}})
	for _, stage := range []string{"", "account", "fields", "test"} {
		assert.Equal(t, z.step(1, "action"), z.get(z.step(1, stage)).url.Path, stage)
	}
	shown := z.get(z.step(1, "action"))
	reached := shown.byTestID("trail").Find("a").Map(func(_ int, link *goquery.Selection) string { return link.Closest("li").AttrOr("data-stage", "") })
	assert.Equal(t, []string{"app", "action"}, reached)
}
