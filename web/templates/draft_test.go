package templates_test

import (
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/web/templates"
)

// Two tabs must not overwrite each other silently: whatever changes a draft says what it was drawn from.
func TestEveryFormOfADraftSendsItsRevision(t *testing.T) {
	t.Parallel()
	forms := 0
	for name, page := range buildPages() {
		render(t, page).Find(`form[method="post"][action^="/prefix/drafts/"]`).Each(func(_ int, form *goquery.Selection) {
			revision := one(t, form, `input[type="hidden"][name="revision"]`)
			assert.Equal(t, "7", attr(t, revision, "value"), name)
			assert.Equal(t, "off", attr(t, revision, "autocomplete"), "a browser that goes back must not put in an old one")
			forms++
		})
	}
	assert.Greater(t, forms, 40)
}

func TestDraftTellsEachStepInWords(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.DraftView(testDraft()))
	assert.Equal(t, "Leads to reports", doc.Find("h1").Text())
	steps := doc.Find(testID("step"))
	assert.Equal(t, 4, steps.Length())

	first := steps.First()
	assert.Equal(t, "s1", attr(t, first, "data-step"))
	for _, words := range []string{"Step 1", "When this happens", "(Trigger)", "Account: Ada", "In mappings it is called lead"} {
		assert.Contains(t, squeezed(first), words)
	}
	assert.Equal(t, "New Lead", one(t, first, testID("step-action")).Text())
	assert.Equal(t, "Postkasten", one(t, first, testID("step-app")).Text())

	second := steps.Eq(1)
	assert.Contains(t, squeezed(second), "Then do this")
	assert.Contains(t, one(t, second, testID("step-account")).Text(), "No account needed")
	value := one(t, second, testID("value"))
	assert.Equal(t, "Title", one(t, value, "dt").Text())
	assert.Equal(t, "For 1. New Lead: Full Name = Ada{{old.email}} The step is gone.", squeezed(one(t, value, "dd")))

	assert.Equal(t, "Postkasten", one(t, steps.Eq(2), testID("step-action")).Text(), "the App is all that is known")
	assert.Contains(t, steps.Eq(3).Text(), "Nothing chosen yet")
}

// squeezed is the text as it reads, without the line breaks of the markup.
func squeezed(element *goquery.Selection) string {
	return strings.Join(strings.Fields(element.Text()), " ")
}

func TestStepsOfADraftCanBeChanged(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.DraftView(testDraft()))
	second := doc.Find(testID("step")).Eq(1)

	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2", attr(t, one(t, second, testID("edit-step")), "href"))
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/test", attr(t, one(t, second, testID("test-step")), "href"))
	assert.Equal(t, "Edit step 2", squeezed(one(t, second, testID("edit-step"))), "the ear learns which step")

	up := one(t, second, testID("move-up")).Closest("form")
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/move", attr(t, up, "action"))
	assert.Equal(t, "up", attr(t, one(t, up, `input[name="direction"]`), "value"))
	assert.Zero(t, second.Find(testID("move-down")).Length(), "there is no place below")
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/remove", attr(t, one(t, second, testID("remove-step")).Closest("form"), "action"))

	add := doc.Find(testID("add-step")).First()
	assert.Equal(t, "/prefix/drafts/d%2F1/steps", attr(t, add.Closest("form"), "action"))
	assert.Equal(t, "s1", attr(t, one(t, add.Closest("form"), `input[name="after"]`), "value"))
	assert.Equal(t, "Add a step after step 1", attr(t, add, "aria-label"))

	last := doc.Find(testID("step")).Last()
	assert.Equal(t, "Set up step 4", squeezed(one(t, last, testID("edit-step"))))
	assert.Zero(t, last.Find(testID("test-step")).Length())
	assert.Zero(t, last.Find(testID("remove-step")).Length())

	full := testDraft()
	full.CanAdd = false
	doc = render(t, templates.DraftView(full))
	assert.Zero(t, doc.Find(testID("add-step")).Length())
	assert.Contains(t, doc.Find("main").Text(), templates.English().Draft.Full)
}

func TestDraftNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	page := testDraft()
	page.DraftHead.Title = ""
	page.Gaps = []templates.Gap{{Sentence: "Give it a name.", Link: "/drafts/d%2F1#title"}, testGap()}
	doc := render(t, templates.DraftView(page))

	assert.Equal(t, templates.English().Words.Untitled, doc.Find("h1").Text())
	assert.Empty(t, attr(t, one(t, doc, "#title input[name=title]"), "value"), "the stand-in is not a name")
	gaps := one(t, doc, testID("gaps")).Find(testID("gap"))
	assert.Equal(t, []string{"/prefix/drafts/d%2F1#title", "/prefix/drafts/d%2F1/steps/s2/fields#field-title"}, links(gaps))
	assert.Equal(t, "2", attr(t, gaps.Last(), "data-step"))
	one(t, doc.Find(testID("step")).Eq(1), testID("gap"))
	assert.Zero(t, doc.Find(testID("publish")).Length(), "half a Zap cannot be created")
	assert.Contains(t, one(t, doc, `a[href="#ready"]`).Text(), "2 things are missing")
	one(t, doc, "#ready")
}

func links(elements *goquery.Selection) []string {
	return elements.Map(func(_ int, element *goquery.Selection) string { return element.AttrOr("href", "") })
}

func TestDraftIsPublished(t *testing.T) {
	t.Parallel()
	english := templates.English()

	t.Run("as a new Zap", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.DraftView(testDraft()))
		button := one(t, doc, testID("publish"))
		assert.Equal(t, "/prefix/drafts/d%2F1/publish", attr(t, button.Closest("form"), "action"))
		assert.Equal(t, english.Draft.Create, squeezed(button))
		assert.NotContains(t, doc.Text(), "replaces all steps")
	})

	t.Run("as a change, which is said", func(t *testing.T) {
		t.Parallel()
		page := testDraft()
		page.Changes = "Leads to mail"
		page.Refused = []templates.Gap{{Sentence: "The account has expired."}, {Step: 2, Sentence: "Step 2, “Image”: no address.", Link: "/drafts/d1/steps/s2/fields#field-image"}}
		doc := render(t, templates.DraftView(page))
		assert.Equal(t, english.Draft.Change, squeezed(one(t, doc, testID("publish"))))
		assert.Contains(t, doc.Text(), english.Draft.ChangeWarning("Leads to mail"))
		assert.Equal(t, "The account has expired.", squeezed(doc.Find(testID("refused")).First()))
		assert.Equal(t, "/prefix/drafts/d1/steps/s2/fields#field-image", attr(t, one(t, doc, testID("refused")+" a"), "href"))
		assert.NotContains(t, doc.Text(), english.Draft.Ready, "not everything is there")
		assert.Contains(t, doc.Text(), english.Draft.RefusedChange)
		assert.NotContains(t, doc.Text(), english.Draft.RefusedNew)
	})

	t.Run("not without the scope", func(t *testing.T) {
		t.Parallel()
		page := testDraft()
		page.CanPublish = false
		doc := render(t, templates.DraftView(page))
		assert.Zero(t, doc.Find(testID("publish")).Length())
		assert.Contains(t, one(t, doc, testID("create")).Text(), english.Draft.NotAllowed)
	})
}

// While its Zap is being created, and after that, nothing of a draft can be changed.
func TestPublishing(t *testing.T) {
	t.Parallel()
	offers := map[templates.PublishState][]string{
		templates.PublishRunning: {"look"},
		templates.PublishUnknown: {"look", "publish-again"},
		templates.PublishDone:    {"zap-link", "editor"},
	}
	for state, wanted := range offers {
		t.Run(string(state), func(t *testing.T) {
			t.Parallel()
			doc := render(t, templates.DraftView(publishing(state)))
			panel := one(t, doc, testID("publishing"))
			assert.Equal(t, string(state), attr(t, panel, "data-state"))
			offered := panel.Find("a[data-testid], button[data-testid]").Map(func(_ int, control *goquery.Selection) string { return control.AttrOr("data-testid", "") })
			assert.Equal(t, wanted, offered)
			for _, change := range []string{"publish", "edit-step", "remove-step", "move-up", "add-step", "title-form", "delete-draft"} {
				assert.Zero(t, doc.Find(testID(change)).Length(), change)
			}
			assert.Equal(t, 4, doc.Find(testID("step")).Length(), "what the Zap does stays in sight")
		})
	}

	done := render(t, templates.DraftView(publishing(templates.PublishDone)))
	assert.Equal(t, "/prefix/zaps/z%2F1", attr(t, one(t, done, testID("zap-link")), "href"))
	assertLeavesTheSite(t, one(t, done, testID("editor")))
	unknown := render(t, templates.DraftView(publishing(templates.PublishUnknown)))
	assert.Equal(t, "/prefix/drafts/d%2F1/look", attr(t, one(t, unknown, testID("look")).Closest("form"), "action"))
	assert.Equal(t, "/prefix/drafts/d%2F1/publish-again", attr(t, one(t, unknown, testID("publish-again")).Closest("form"), "action"))
}

// assertLeavesTheSite: the other site opens beside this one and gets no hold of it.
func assertLeavesTheSite(t *testing.T, link *goquery.Selection) {
	t.Helper()
	assert.Equal(t, "https://zapier.com/editor/1", attr(t, link, "href"))
	assert.Equal(t, "_blank", attr(t, link, "target"))
	assert.Equal(t, "noopener", attr(t, link, "rel"))
	assert.Contains(t, link.Text(), "(opens a new tab)")
}

// The editor's address comes from Zapier; it is a link of a page of ours.
func TestEditorLinkRunsNoScript(t *testing.T) {
	t.Parallel()
	page := publishing(templates.PublishDone)
	page.Zap.Editor = "javascript:alert(1)"
	assert.NotContains(t, attr(t, one(t, render(t, templates.DraftView(page)), testID("editor")), "href"), "javascript")
}

func TestTrail(t *testing.T) {
	t.Parallel()
	page := testActions()
	page.Reached, page.Account = templates.StageAccount, ""
	trail := one(t, render(t, templates.StepAction(page)), testID("trail"))

	var order []string
	trail.Find(testID("stage")).Each(func(_ int, stage *goquery.Selection) {
		order = append(order, strings.TrimSpace(squeezed(stage)))
	})
	assert.Equal(t, []string{"App Postkasten", "Action Create Report", "Account", "Fields (not yet)", "Test (not yet)"}, order)
	assert.Equal(t, []string{"/prefix/drafts/d%2F1/steps/s2/app", "/prefix/drafts/d%2F1/steps/s2/action", "/prefix/drafts/d%2F1/steps/s2/account"}, links(trail.Find("a")))
	assert.Equal(t, "action", attr(t, one(t, trail, `[aria-current="step"]`).Parent(), "data-stage"))

	page.NoAccount = true
	trail = one(t, render(t, templates.StepAction(page)), testID("trail"))
	assert.Equal(t, "Account none needed", squeezed(one(t, trail, `[data-stage="account"]`)))
}

func TestStepApp(t *testing.T) {
	t.Parallel()
	page := templates.StepAppPage{StepPage: testStep(templates.StageApp), Picker: testPicker()}
	doc := render(t, templates.StepApp(page))
	here := "/prefix/drafts/d%2F1/steps/s2/app"

	search := one(t, doc, `form[role="search"]`)
	assert.Equal(t, here, attr(t, search, "action"))
	assert.Equal(t, "search", attr(t, search, "data-controller"))

	list := one(t, doc, `[data-live="apps"]`)
	cards := list.Find(testID("app"))
	assert.Equal(t, 2, cards.Length())
	cards.Each(func(_ int, card *goquery.Selection) {
		assert.Equal(t, "button", goquery.NodeName(card))
		assert.Equal(t, "app", attr(t, card, "name"))
		assert.Equal(t, attr(t, card, "data-app"), attr(t, card, "value"))
		assert.Equal(t, here, attr(t, card.Closest("form"), "action"))
	})
	assert.Contains(t, one(t, list, `[data-chosen="true"]`).Text(), "Chosen")
	assert.Equal(t, "7", attr(t, one(t, list, `[data-chosen="true"] button`), "value"))
	assert.Equal(t, 1, list.Find(`[rel="next"]`).Length())

	first := render(t, templates.StepApp(templates.StepAppPage{StepPage: freshStep(), Picker: templates.Apps{Query: "x"}}))
	assert.Equal(t, "Which App starts the Zap?", first.Find("h1").Text())
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s1/app", attr(t, one(t, first, `[data-live="apps"] a`), "href"), "the way out of an empty list stays in the step")
}

func TestStepAction(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepAction(testActions()))
	buttons := doc.Find(testID("action"))
	values := buttons.Map(func(_ int, button *goquery.Selection) string { return button.AttrOr("value", "") })
	assert.Equal(t, []string{"WRITE:create", "WRITE:send", "SEARCH:find"}, values)
	assert.Equal(t, "action", attr(t, buttons.First(), "name"))
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/action", attr(t, buttons.First().Closest("form"), "action"))
	assert.Contains(t, buttons.First().Closest("li").Text(), "Chosen")
	assert.Contains(t, buttons.Eq(1).Closest("li").Text(), "Instant")
	assert.Equal(t, "Searches", doc.Find("h2").Last().Text())

	page := testActions()
	page.Groups = nil
	nothing := one(t, render(t, templates.StepAction(page)), testID("actions-empty"))
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/app", attr(t, one(t, nothing, "a"), "href"))
}

// The list and the attempt of an App's page lead back into the draft when a step shows them.
func TestStepAccount(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.StepAccount(testAccounts()))
	here := "/drafts/d%2F1/steps/s2/account"

	form := one(t, doc, `[data-authentication="12"] form`)
	assert.Equal(t, "/prefix"+here, attr(t, form, "action"))
	assert.Equal(t, "12", attr(t, one(t, form, `input[name="authentication"]`), "value"))
	region := one(t, doc, testID("attempt"))
	assert.NotEmpty(t, region.Closest("[data-attempt-root][data-live='app']").Length(), "the script draws it anew by these")
	region.Find("form").Each(func(_ int, form *goquery.Selection) {
		assert.Equal(t, here, attr(t, one(t, form, `input[name="return"]`), "value"))
	})
	assert.Equal(t, "/prefix/apps/7/add-account?return=x", attr(t, one(t, doc, testID("add-with-key")), "href"))
	assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/fields", attr(t, one(t, doc, testID("go-on")), "href"))
	connected := one(t, region, `[data-panel="connected"]`).Text()
	assert.NotContains(t, connected, "in use", "what a step uses is chosen in its list")

	page := testAccounts()
	page.Account = ""
	assert.Zero(t, render(t, templates.StepAccount(page)).Find(testID("go-on")).Length())
}

func TestAppPageKeepsItsOwnWays(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.AppDetail(appPage(testAttempt(templates.AttemptWaiting))))
	assert.Zero(t, doc.Find(`input[name="return"], input[name="revision"]`).Length())
	assert.Equal(t, "/prefix/apps", attr(t, one(t, doc, ".back a"), "href"))
	assert.Zero(t, doc.Find(testID("add-with-key")).Length())

	page := appPage(testAttempt(templates.AttemptWaiting))
	page.Return = "/zaps/z1"
	assert.Equal(t, "/prefix/zaps/z1", attr(t, one(t, render(t, templates.AppDetail(page)), ".back a"), "href"))
}

func TestStepTest(t *testing.T) {
	t.Parallel()
	english := templates.English()

	t.Run("asks before it writes", func(t *testing.T) {
		t.Parallel()
		page := testTrial(nil)
		page.Writes = true
		form := one(t, render(t, templates.StepTest(page)), testID("test-form"))
		assert.Equal(t, "/prefix/drafts/d%2F1/steps/s2/test", attr(t, form, "action"))
		assert.Equal(t, "1", attr(t, one(t, form, `input[name="confirm"]`), "value"))
		assert.Contains(t, one(t, form, testID("writes")).Text(), "Postkasten really does it")
		assert.Equal(t, english.Test.RunWrites, squeezed(one(t, form, testID("run-test"))))
	})

	t.Run("says that reading changes nothing", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.StepTest(testTrial(nil)))
		assert.Zero(t, doc.Find(testID("writes")).Length())
		assert.Contains(t, one(t, doc, testID("test-form")).Text(), english.Test.Reads("Postkasten"))
		assert.Contains(t, one(t, doc, testID("value")).Text(), "Full Name")
	})

	t.Run("is not offered while something is missing", func(t *testing.T) {
		t.Parallel()
		page := testTrial(nil)
		page.Gaps = []templates.Gap{testGap()}
		doc := render(t, templates.StepTest(page))
		assert.Zero(t, doc.Find(testID("test-form")).Length())
		one(t, doc, testID("gap"))
	})

	results := map[string]struct {
		result templates.TestResult
		says   []string
	}{
		"found":   {templates.TestResult{At: "at noon", Found: 2, Lines: []templates.ResultLine{{Name: "person.name", Value: "Ada"}}}, []string{"at noon", "2 things", "person.name", "Ada"}},
		"nothing": {templates.TestResult{At: "at noon"}, []string{english.Test.Found(0)}},
		"failed":  {templates.TestResult{At: "at noon", Failed: []string{"No such lead.", "Try another."}}, []string{"No such lead.", "Try another.", english.Test.FailedAdvice}},
	}
	for outcome, tt := range results {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel()
			result := one(t, render(t, templates.StepTest(testTrial(&tt.result))), testID("result"))
			assert.Equal(t, outcome, attr(t, result, "data-outcome"))
			for _, words := range tt.says {
				assert.Contains(t, result.Text(), words)
			}
			assert.Equal(t, len(tt.result.Lines), result.Find(testID("result-line")).Length())
			assert.Equal(t, len(tt.result.Failed), result.Find(testID("failed")).Length())
		})
	}
}
