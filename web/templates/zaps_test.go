package templates_test

import (
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/web/templates"
)

func TestHomeLeadsToANewZap(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.HomePage(templates.Home{Page: signedIn(), Drafts: testDraftRows()}))
	assert.Equal(t, "/prefix/zaps/new", attr(t, one(t, doc, testID("new-zap")), "href"))
	assert.Equal(t, 2, doc.Find(testID("draft")).Length())

	doc = render(t, templates.HomePage(templates.Home{Page: signedIn(), NoBuild: true}))
	assert.Zero(t, doc.Find(testID("new-zap")+", "+testID("draft")).Length(), "what the scopes do not allow is not offered")
}

func TestDraftRows(t *testing.T) {
	t.Parallel()
	rows := render(t, templates.ZapsView(templates.ZapsPage{Page: signedIn(), Drafts: testDraftRows()})).Find(testID("draft"))
	first := rows.First()
	assert.Equal(t, "d/1", attr(t, first, "data-draft"))
	assert.Equal(t, "/prefix/drafts/d%2F1", attr(t, one(t, first, testID("draft-link")), "href"))
	assert.Equal(t, "/prefix/drafts/d%2F1/delete", attr(t, one(t, first, testID("draft-delete")), "href"))
	assert.Equal(t, "2 things missing", one(t, first, testID("draft-gaps")).Text())
	assert.Contains(t, one(t, first, testID("draft-updated")).Text(), "today")
	assert.Contains(t, one(t, first, testID("draft-expires")).Text(), "in 30 days")
	assert.Contains(t, one(t, first, testID("zap-apps")).Text(), "Postkasten, Bilder")
	assert.Zero(t, first.Find(testID("draft-changes")).Length())
	assert.Equal(t, "Ready to create", one(t, rows.Last(), testID("draft-gaps")).Text())
	assert.Contains(t, one(t, rows.Last(), testID("draft-changes")).Text(), "Leads to mail")
}

func TestZapsView(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.ZapsView(templates.ZapsPage{
		Page: signedIn(), Query: "le", State: "off", Zaps: testZapRows(), CanBuild: true, Total: 30, First: 11, Last: 12,
		Previous: "/prefix/zaps?page=1", Next: "/prefix/zaps?page=3", Cut: true,
	}))
	assert.Equal(t, "/prefix/zaps/new", attr(t, one(t, doc, testID("new-zap")), "href"))
	search := one(t, doc, testID("zaps-search"))
	assert.Equal(t, "get", attr(t, search, "method"))
	assert.Equal(t, "le", attr(t, one(t, search, "[name=query]"), "value"))
	assert.Equal(t, "off", attr(t, one(t, search, "[name=state] [selected]"), "value"))
	assert.Equal(t, "Zaps 11 to 12 of 30", one(t, doc, testID("zaps-range")).Text())

	on, off := doc.Find(testID("zap")).First(), doc.Find(testID("zap")).Last()
	assert.Equal(t, "z/1", attr(t, on, "data-zap"))
	assert.Equal(t, "on", attr(t, on, "data-state"))
	assert.Equal(t, "/prefix/zaps/z%2F1", attr(t, one(t, on, testID("zap-link")), "href"))
	assert.Equal(t, "On", one(t, on, testID("zap-state")).Text())
	assert.Contains(t, one(t, on, testID("zap-last-run")).Text(), "yesterday")
	assert.Equal(t, "off", attr(t, off, "data-state"))
	assert.Contains(t, one(t, off, testID("zap-last-run")).Text(), "Has not run yet")
	assert.Zero(t, off.Find(testID("zap-updated")).Length())

	assert.Equal(t, "/prefix/zaps?page=1", attr(t, one(t, doc, testID("page-previous")), "href"))
	assert.Equal(t, "/prefix/zaps?page=3", attr(t, one(t, doc, testID("page-next")), "href"))
	one(t, doc, testID("zaps-cut"))
}

func TestZapsViewWithoutZaps(t *testing.T) {
	t.Parallel()
	english := templates.English()
	none := render(t, templates.ZapsView(templates.ZapsPage{Page: signedIn()}))
	assert.Contains(t, one(t, none, testID("zaps-empty")).Text(), english.Zaps.Empty)
	assert.Zero(t, none.Find(testID("new-zap")).Length(), "not without the scope")
	found := render(t, templates.ZapsView(templates.ZapsPage{Page: signedIn(), Query: "x"}))
	assert.Contains(t, one(t, found, testID("zaps-empty")).Text(), english.Zaps.EmptySearch)
	notice := english.Error("zapier-timeout")
	unread := render(t, templates.ZapsView(templates.ZapsPage{Page: signedIn(), Notice: &notice}))
	one(t, unread, testID("notice"))
	assert.Zero(t, unread.Find(testID("zaps-empty")).Length(), "a list that failed to load is not an empty one")
}

func TestZapView(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.ZapView(testZap()))
	assert.Equal(t, "Leads to reports", doc.Find("h1").Text())
	assert.Equal(t, "On", doc.Find(testID("zap-state")).First().Text())
	assertLeavesTheSite(t, one(t, doc, testID("zap-editor")))
	assert.Equal(t, 2, doc.Find(testID("step")).Length())
	assert.Zero(t, doc.Find(testID("edit-step")+", "+testID("gap")).Length(), "a Zap is edited as a draft")

	for verb, action := range map[string]string{"rename": "/prefix/zaps/z%2F1/rename", "edit": "/prefix/zaps/z%2F1/edit"} {
		assert.Equal(t, action, attr(t, one(t, doc, "form"+testID(verb)), "action"))
	}
	assert.Equal(t, "Leads to reports", attr(t, one(t, doc, testID("rename")+" [name=title]"), "value"))
	assert.Contains(t, one(t, doc, testID("edit-warning")).Text(), "turns it on")
	assert.Equal(t, "/prefix/zaps/z%2F1/delete", attr(t, one(t, doc, testID("delete")), "href"), "a page asks first")
	assert.Zero(t, doc.Find(testID("enable")).Length(), "it is on")

	off := testZap()
	off.On = false
	assert.Equal(t, "/prefix/zaps/z%2F1/enable", attr(t, one(t, render(t, templates.ZapView(off)), "form"+testID("enable")), "action"))
}

// What the scopes do not allow is not offered.
func TestZapViewOffersWhatIsAllowed(t *testing.T) {
	t.Parallel()
	all := []string{"rename", "edit", "enable", "delete", "runs"}
	tests := map[string]struct {
		allow func(*templates.ZapPage)
		want  []string
	}{
		"nothing": {func(*templates.ZapPage) {}, nil},
		"change":  {func(p *templates.ZapPage) { p.CanChange = true }, []string{"rename", "edit"}},
		"enable":  {func(p *templates.ZapPage) { p.CanEnable = true }, []string{"enable"}},
		"delete":  {func(p *templates.ZapPage) { p.CanDelete = true }, []string{"delete"}},
		"runs":    {func(p *templates.ZapPage) { p.CanSeeRuns = true }, []string{"runs"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := templates.ZapPage{Page: signedIn(), ZapRow: testZapRows()[1]}
			tt.allow(&page)
			doc := render(t, templates.ZapView(page))
			var offered []string
			for _, id := range all {
				if doc.Find(testID(id)).Length() > 0 {
					offered = append(offered, id)
				}
			}
			assert.Equal(t, tt.want, offered)
		})
	}
}

func TestZapRuns(t *testing.T) {
	t.Parallel()
	runs := one(t, render(t, templates.ZapView(testZap())), testID("runs"))
	filter := one(t, runs, testID("runs-filter"))
	assert.Equal(t, "/prefix/zaps/z%2F1", attr(t, filter, "action"))
	assert.Equal(t, "error", attr(t, one(t, filter, "[name=status] [selected]"), "value"))

	first := runs.Find(testID("run")).First()
	assert.Equal(t, "success", attr(t, first, "data-status"))
	for id, want := range map[string]string{"run-status": "Succeeded", "run-start": "Started 9:00", "run-end": "Ended 9:01", "run-in": `{"a": 1}`, "run-out": "<b>"} {
		assert.Equal(t, want, one(t, first, testID(id)).Text())
	}
	steps := first.Find(testID("run-step")).Map(func(_ int, step *goquery.Selection) string { return step.Text() })
	assert.Equal(t, []string{"Succeeded", "Failed"}, steps)
	last := runs.Find(testID("run")).Last()
	assert.Zero(t, last.Find("details, "+testID("run-start")).Length(), "nothing to say of what has not been")
	assert.Equal(t, "/prefix/zaps/z%2F1?page=3", attr(t, one(t, runs, testID("page-next")), "href"))

	page := testZap()
	page.Runs = nil
	one(t, render(t, templates.ZapView(page)), testID("runs-empty"))
	unread := page.Phrases.Error("zapier-timeout")
	page.RunsUnread = &unread
	doc := render(t, templates.ZapView(page))
	one(t, doc, testID("runs-unread"))
	assert.Zero(t, doc.Find(testID("runs-empty")).Length())
}

func TestNewZap(t *testing.T) {
	t.Parallel()
	page := testTemplates()
	page.Description, page.GuessRefused = "\ncoffee", []string{"No App."}
	doc := render(t, templates.NewZap(page))
	assert.Equal(t, "/prefix/zaps/new", attr(t, one(t, doc, "form"+testID("new-blank")), "action"))

	guess := one(t, doc, "form"+testID("guess"))
	assert.Equal(t, "/prefix/zaps/new/guess", attr(t, guess, "action"))
	words := one(t, guess, "textarea[name=description]")
	assert.Equal(t, "\ncoffee", words.Text())
	assert.Equal(t, "true", attr(t, words, "aria-invalid"))
	assert.Contains(t, one(t, guess, "#description-error "+testID("guess-refused")).Text(), "No App.")
	assert.Contains(t, attr(t, words, "aria-describedby"), "description-error")

	template := one(t, doc, `[data-template="t1"]`)
	form := one(t, template, testID("use-template")).Closest("form")
	assert.Equal(t, "/prefix/zaps/new/template", attr(t, form, "action"))
	assert.Equal(t, "t1", attr(t, one(t, form, "input[name=template]"), "value"))
	assert.Equal(t, "Use this: Greet leads", attr(t, one(t, template, testID("use-template")), "aria-label"))

	page.Templates = nil
	doc = render(t, templates.NewZap(page))
	one(t, doc, testID("templates-empty"))
	unread := page.Phrases.Error("zapier-timeout")
	page.TemplatesUnread = &unread
	doc = render(t, templates.NewZap(page))
	one(t, doc, testID("templates-unread"))
	assert.Zero(t, doc.Find(testID("templates-empty")).Length())
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.Confirm(templates.ConfirmPage{
		Page: signedIn(), Title: "Delete it?", Sentence: "For good.", Action: "/zaps/z1/delete", Button: "Delete", Cancel: "/zaps/z1",
	}))
	form := one(t, doc, testID("confirm"))
	assert.Equal(t, "/prefix/zaps/z1/delete", attr(t, form, "action"))
	assert.Equal(t, "Delete", one(t, form, testID("confirm-submit")).Text())
	assert.Equal(t, "/prefix/zaps/z1", attr(t, one(t, form, testID("confirm-cancel")), "href"))
}

func TestAddAccount(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.AddAccount(testKey()))
	form := one(t, doc, testID("add-account-form"))
	assert.Equal(t, "/prefix/apps/7/add-account", attr(t, form, "action"))
	assert.Equal(t, "Mine", attr(t, one(t, form, "input[name=title]"), "value"))
	assert.Equal(t, "ada", attr(t, one(t, form, `input[name="f.user"]`), "value"))
	one(t, form, `input[type="password"][name="f.key"][autocomplete="off"]:not([value])[aria-invalid="true"]`)
	assert.Contains(t, one(t, form, testID("field-error")).Text(), "Wrong.")
	assert.Equal(t, "Refused.", one(t, form, testID("problem")).Text())
	assert.Equal(t, "/drafts/d1/steps/s2/account", attr(t, one(t, form, "input[name=return]"), "value"))
	assert.Equal(t, "/prefix/drafts/d1/steps/s2/account", attr(t, one(t, doc, ".back a"), "href"))

	assert.Equal(t, []string{"#c-2"}, links(one(t, form, testID("errors")).Find("a")))

	page := testKey()
	page.Return, page.TitleError = "", "Give it a name."
	doc = render(t, templates.AddAccount(page))
	assert.Equal(t, "account-title-error account-title-help", attr(t, one(t, doc, "input[name=title][aria-invalid]"), "aria-describedby"))
	assert.Contains(t, one(t, doc, "#account-title-error").Text(), "Give it a name.")
	assert.Equal(t, []string{"#account-title", "#c-2"}, links(one(t, doc, testID("errors")).Find("a")))
	assert.Equal(t, "/prefix/apps/7", attr(t, one(t, doc, ".back a"), "href"))
	assert.Zero(t, doc.Find("input[name=return]").Length())
}
