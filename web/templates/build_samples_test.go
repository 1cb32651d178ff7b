package templates_test

import (
	"strconv"

	"github.com/a-h/templ"

	"github.com/zapembed/zapembed/web/templates"
)

const newName = "{{lead.full_name}}"

func testHead() templates.DraftHead {
	return templates.DraftHead{DraftID: "d/1", Title: "Leads to reports", Revision: 7}
}

// testParts are a value of text, a mapping, and one that leads nowhere.
func testParts() []templates.Part {
	return []templates.Part{
		{Text: "For "},
		{Token: newName, Step: "1. New Lead", Field: "Full Name", Sample: "Ada"},
		{Token: "{{old.email}}", Broken: "The step is gone."},
	}
}

func testGap() templates.Gap {
	return templates.Gap{Step: 2, Sentence: "Step 2: fill in “Title”.", Link: "/drafts/d%2F1/steps/s2/fields#field-title"}
}

func testCards() []templates.StepCard {
	app := testApp()
	return []templates.StepCard{
		{ID: "s1", Number: 1, App: &app, Action: "New Lead", ActionType: "Trigger", Account: "Ada", Alias: "lead", CanMoveDown: true, CanRemove: true},
		{ID: "s2", Number: 2, App: &app, Action: "Create Report", NoAccount: true, Values: []templates.ValueLine{{Label: "Title", Parts: testParts()}},
			Gaps: []templates.Gap{testGap()}, CanMoveUp: true, CanTest: true, CanRemove: true},
		{ID: "s3", Number: 3, App: &app},
		{ID: "s4", Number: 4},
	}
}

func testDraft() templates.DraftPage {
	return templates.DraftPage{Page: signedIn(), DraftHead: testHead(), Steps: testCards(), CanAdd: true, CanPublish: true}
}

func publishing(state templates.PublishState) templates.DraftPage {
	page := testDraft()
	page.Publishing = state
	if state == templates.PublishDone {
		page.Zap = &templates.ZapLink{ID: "z/1", Title: "Leads to reports", Editor: "https://zapier.com/editor/1"}
	}
	return page
}

// testStep is the second step, with all chosen.
func testStep(stage templates.Stage) templates.StepPage {
	app := testApp()
	return templates.StepPage{
		Page: signedIn(), DraftHead: testHead(), StepID: "s2", Number: 2, Count: 3, Stage: stage, Reached: templates.StageTest,
		App: &app, Action: "Create Report", Account: "Ada",
	}
}

// freshStep is the first step of a draft, with nothing chosen.
func freshStep() templates.StepPage {
	return templates.StepPage{Page: signedIn(), DraftHead: testHead(), StepID: "s1", Number: 1, Count: 2, Stage: templates.StageApp, Reached: templates.StageApp}
}

func testPicker() templates.Apps {
	picker := someApps()
	picker.Page = templates.Page{}
	return picker
}

func testActions() templates.StepActionPage {
	return templates.StepActionPage{StepPage: testStep(templates.StageAction), Groups: []templates.ActionGroup{
		{Title: "Actions", Lead: "Something is created.", Actions: []templates.ActionChoice{
			{Value: "WRITE:create", Title: "Create Report", Description: "Makes one.", Chosen: true},
			{Value: "WRITE:send", Title: "Send Report", Instant: true},
		}},
		{Title: "Searches", Actions: []templates.ActionChoice{{Value: "SEARCH:find", Title: "Find Report"}}},
	}}
}

func testAccounts() templates.StepAccountPage {
	return templates.StepAccountPage{StepPage: testStep(templates.StageAccount), Accounts: templates.AppPage{
		Authentications: testAuthentications(), Attempt: testAttempt(templates.AttemptWaiting), AddAccount: "/apps/7/add-account?return=x",
	}}
}

func choices(count int) []templates.Choice {
	var choices []templates.Choice
	for i := range count {
		choices = append(choices, templates.Choice{ID: strconv.Itoa(i), Label: "Choice " + strconv.Itoa(i), Selected: i == 1})
	}
	return choices
}

// testControls are one control of each kind, and of each thing that can be said of one.
func testControls() []templates.Control {
	help := templ.Raw("<p>Some <strong>help</strong>.</p>")
	return []templates.Control{
		{Kind: templates.ControlInfo, ID: "guide", Help: help},
		{Kind: templates.ControlText, ID: "title", Label: "Title", Help: help, Placeholder: "Any", Required: true, Value: "For " + newName, Parts: testParts(), Mappable: true, Error: "Too long."},
		{Kind: templates.ControlMultiline, ID: "body", Label: "Body", Value: "\nSecond line"},
		{Kind: templates.ControlCode, ID: "code", Label: "Code", Value: "1 < 2"},
		{Kind: templates.ControlPassword, ID: "secret", Label: "Secret", Value: "hunter2", Kept: true},
		{Kind: templates.ControlSelect, ID: "size", Label: "Size", Value: "1", Choices: choices(2), Mappable: true, Redraws: true, Required: true},
		{Kind: templates.ControlSelect, ID: "town", Label: "Town", Choices: choices(13), MoreChoices: true},
		{Kind: templates.ControlSelect, ID: "list", Label: "List", Value: "1", Choices: choices(2), Gone: true},
		{Kind: templates.ControlSelect, ID: "part", Label: "Part", ChoicesUnread: true, Waits: []string{"Town"}},
		{Kind: templates.ControlSet, ID: "set", Label: "Schedule", Fields: []templates.Control{
			{Kind: templates.ControlDateTime, ID: "when", Label: "When", Value: "2026-11-22T09:30", Mappable: true},
			{Kind: templates.ControlNumber, ID: "budget", Label: "Budget", Value: "12.5"},
			{Kind: templates.ControlInteger, ID: "count", Label: "Count", Value: "3", Error: "Too many."},
		}},
		{Kind: templates.ControlFile, ID: "file", Label: "File", Value: "https://example.org/a.pdf"},
		{Kind: templates.ControlText, ID: "amount", Label: "Amount", Value: newName, Parts: testParts()[1:2], Mappable: true, Mapped: true, Native: templates.ControlNumber},
		{Kind: templates.ControlList, ID: "tags", Label: "Tags", Values: []string{"one", "two"}, Mappable: true, Required: true, Help: help},
		{Kind: templates.ControlPairs, ID: "extra", Label: "Extra", Pairs: []templates.Pair{{Key: "colour", Value: "red"}}, Error: "Twice."},
	}
}

func testSources() []templates.Source {
	return []templates.Source{
		{StepID: "s1", Title: "1. New Lead in Postkasten", Name: "1. New Lead", Outputs: []templates.Output{{Token: newName, Title: "Full Name", Sample: "Ada"}, {Token: "{{lead.id}}", Title: "Id"}}},
		{StepID: "s0", Title: "2. Find Person in Postkasten", Unread: "This step is not set up yet."},
		{StepID: "s3", Title: "3. Nothing"},
	}
}

func testFields() templates.StepFieldsPage {
	return templates.StepFieldsPage{StepPage: testStep(templates.StageFields), Controls: testControls(), Sources: testSources()}
}

// troubledFields is the form with everything that can be said above it.
func troubledFields() templates.StepFieldsPage {
	page := testFields()
	unread := page.Phrases.Error("zapier-timeout")
	page.Stale, page.Unread, page.Problems, page.Dropped = true, &unread, []string{"Not in your plan."}, []string{"Colour", "Shape"}
	return page
}

func testTrial(result *templates.TestResult) templates.StepTestPage {
	return templates.StepTestPage{StepPage: testStep(templates.StageTest), Values: []templates.ValueLine{{Label: "Title", Parts: testParts()}}, Result: result}
}

func testDraftRows() []templates.DraftRow {
	return []templates.DraftRow{
		{ID: "d/1", Title: "Leads to reports", Apps: []templates.App{testApp(), {Title: "Bilder"}}, Updated: "today", Expires: "in 30 days", Gaps: 2},
		{ID: "d2", Title: "Untitled Zap", Updated: "today", Expires: "in 30 days", Changes: "Leads to mail"},
	}
}

func testZapRows() []templates.ZapRow {
	return []templates.ZapRow{
		{ID: "z/1", Title: "Leads to reports", On: true, Apps: []templates.App{testApp()}, LastRun: "yesterday", Updated: "today"},
		{ID: "z2", Title: "Leads to mail"},
	}
}

func testZap() templates.ZapPage {
	return templates.ZapPage{
		Page: signedIn(), ZapRow: testZapRows()[0], Editor: "https://zapier.com/editor/1", Steps: testCards()[:2],
		CanChange: true, CanEnable: true, CanDelete: true, CanSeeRuns: true,
		Statuses: []templates.Choice{{Label: "All runs"}, {ID: "error", Label: "Failed", Selected: true}},
		Runs: []templates.RunRow{
			{Status: "success", StatusText: "Succeeded", Start: "9:00", End: "9:01", Steps: []string{"Succeeded", "Failed"}, In: `{"a": 1}`, Out: "<b>"},
			{Status: "delayed", StatusText: "Waiting"},
		},
		Previous: "/prefix/zaps/z%2F1?page=1", Next: "/prefix/zaps/z%2F1?page=3",
	}
}

func testTemplates() templates.NewZapPage {
	return templates.NewZapPage{Page: signedIn(), Templates: []templates.TemplateCard{
		{ID: "t1", Title: "Greet leads", Description: "Kindly.", Apps: []templates.App{testApp()}}, {ID: "t2", Title: "Count leads"},
	}}
}

func testKey() templates.AddAccountPage {
	return templates.AddAccountPage{
		Page: signedIn(), App: testApp(), Title: "Mine", Return: "/drafts/d1/steps/s2/account", Problems: []string{"Refused."},
		Controls: []templates.Control{{Kind: templates.ControlText, ID: "user", Label: "User", Value: "ada", Required: true}, {Kind: templates.ControlPassword, ID: "key", Label: "Key", Error: "Wrong."}},
	}
}

// buildPages draws every component of building a Zap in every shape that differs in its markup.
func buildPages() map[string]templ.Component {
	english := templates.English()
	notice := english.Error("draft-incomplete")

	missing, changing := testDraft(), testDraft()
	missing.Gaps, missing.DraftHead.Title, missing.Notice = []templates.Gap{testGap(), {Sentence: "Give it a name.", Link: "/drafts/d%2F1#title"}}, "", &notice
	changing.Changes, changing.CanAdd, changing.Refused = "Leads to mail", false, []templates.Gap{{Sentence: "The account has expired."}}
	forbidden := testDraft()
	forbidden.CanPublish = false

	noActions := testActions()
	noActions.Groups, noActions.Notice, noActions.Reached = nil, &notice, templates.StageAction
	none := templates.StepAccountPage{StepPage: testStep(templates.StageAccount), Accounts: templates.AppPage{NeedsNone: true, NoneChosen: true}}
	none.Account, none.NoAccount = "", true
	empty := testFields()
	empty.Controls, empty.Sources = nil, nil

	writes := testTrial(&templates.TestResult{At: "now", Found: 2, Lines: []templates.ResultLine{{Name: "id", Value: "1"}}})
	writes.Writes = true
	lacking := testTrial(nil)
	lacking.Gaps = []templates.Gap{testGap()}

	guessed, unread := testTemplates(), testTemplates()
	guessed.Description, guessed.GuessRefused, guessed.Notice = "coffee", []string{"No App."}, &notice
	unread.Templates, unread.TemplatesUnread = nil, &notice

	off, shut := testZap(), testZap()
	off.ZapRow, off.Refused, off.Notice, off.Runs = testZapRows()[1], []string{"No."}, &notice, nil
	shut.CanChange, shut.CanEnable, shut.CanDelete, shut.RunsUnread = false, false, false, &notice

	return map[string]templ.Component{
		"home, drafts":           templates.HomePage(templates.Home{Page: signedIn(), Drafts: testDraftRows(), NoBuild: true}),
		"draft":                  templates.DraftView(testDraft()),
		"draft, missing":         templates.DraftView(missing),
		"draft, changing":        templates.DraftView(changing),
		"draft, forbidden":       templates.DraftView(forbidden),
		"draft, running":         templates.DraftView(publishing(templates.PublishRunning)),
		"draft, unknown":         templates.DraftView(publishing(templates.PublishUnknown)),
		"draft, done":            templates.DraftView(publishing(templates.PublishDone)),
		"step, app":              templates.StepApp(templates.StepAppPage{StepPage: testStep(templates.StageApp), Picker: testPicker()}),
		"step, first app":        templates.StepApp(templates.StepAppPage{StepPage: freshStep(), Picker: templates.Apps{Query: "x"}}),
		"step, action":           templates.StepAction(testActions()),
		"step, no actions":       templates.StepAction(noActions),
		"step, account":          templates.StepAccount(testAccounts()),
		"step, account, unknown": templates.StepAccount(templates.StepAccountPage{StepPage: testStep(templates.StageAccount), Accounts: templates.AppPage{ListUnknown: true, Notice: &notice}}),
		"step, no account":       templates.StepAccount(none),
		"step, fields":           templates.StepFields(testFields()),
		"step, troubled fields":  templates.StepFields(troubledFields()),
		"step, no fields":        templates.StepFields(empty),
		"step, test":             templates.StepTest(testTrial(nil)),
		"step, test, writes":     templates.StepTest(writes),
		"step, test, failed":     templates.StepTest(testTrial(&templates.TestResult{At: "now", Failed: []string{"No such lead."}})),
		"step, test, gaps":       templates.StepTest(lacking),
		"new":                    templates.NewZap(testTemplates()),
		"new, guessed":           templates.NewZap(guessed),
		"new, unread":            templates.NewZap(unread),
		"zaps":                   templates.ZapsView(templates.ZapsPage{Page: signedIn(), Zaps: testZapRows(), Drafts: testDraftRows(), CanBuild: true, Total: 30, First: 1, Last: 2, Previous: "/prefix/zaps?page=1", Next: "/prefix/zaps?page=3", Cut: true}),
		"zaps, none":             templates.ZapsView(templates.ZapsPage{Page: signedIn()}),
		"zaps, none found":       templates.ZapsView(templates.ZapsPage{Page: signedIn(), State: "off"}),
		"zaps, unread":           templates.ZapsView(templates.ZapsPage{Page: signedIn(), Notice: &notice}),
		"zap":                    templates.ZapView(testZap()),
		"zap, off":               templates.ZapView(off),
		"zap, nothing allowed":   templates.ZapView(shut),
		"confirm":                templates.Confirm(templates.ConfirmPage{Page: signedIn(), Title: "Delete?", Sentence: "For good.", Action: "/zaps/z1/delete", Button: "Delete", Cancel: "/zaps/z1", Fields: map[string]string{"revision": "7"}}),
		"add account":            templates.AddAccount(testKey()),
		"add account, no name":   templates.AddAccount(templates.AddAccountPage{Page: signedIn(), App: testApp(), TitleError: "Give it a name.", Notice: &notice}),
	}
}
