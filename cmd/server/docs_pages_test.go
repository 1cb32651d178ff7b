package main

import (
	"github.com/a-h/templ"

	"github.com/zapembed/zapembed/web/templates"
)

// buildingPages draws the pages of building and looking after a Zap, each with everything it can hold.
func buildingPages() []templ.Component {
	page := somePage()
	notice := page.Phrases.Error("draft-incomplete")
	app := templates.App{ID: "app", Title: "App"}
	parts := []templates.Part{{Text: "For "}, {Token: "{{lead.name}}", Step: "1. New Lead", Field: "Name"}}
	values := []templates.ValueLine{{Label: "Title", Parts: parts}}
	gaps := []templates.Gap{{Step: 1, Sentence: "Choose an account.", Link: "/"}}
	head := templates.DraftHead{DraftID: "d", Title: "Draft", Revision: 1}
	card := templates.StepCard{
		ID: "s1", Number: 1, App: &app, Action: "New Lead", Account: "Mine", Values: values,
		CanMoveUp: true, CanMoveDown: true, CanTest: true, CanRemove: true,
	}
	draft := func(change func(*templates.DraftPage)) templ.Component {
		view := templates.DraftPage{Page: page, DraftHead: head, Steps: []templates.StepCard{card}, CanAdd: true, CanPublish: true}
		change(&view)
		return templates.DraftView(view)
	}
	step := templates.StepPage{Page: page, DraftHead: head, StepID: "s1", Number: 1, Count: 2, Reached: templates.StageTest, App: &app, Action: "New Lead"}
	zap := templates.ZapRow{ID: "1", Title: "Zap", Apps: []templates.App{app}, LastRun: "today", Updated: "today"}
	rows := []templates.DraftRow{{ID: "d", Title: "Draft", Updated: "today", Expires: "later", Gaps: 1, Changes: "Zap"}, {ID: "e", Title: "Lost", Unknown: true}}
	return []templ.Component{
		draft(func(view *templates.DraftPage) {
			view.Notice, view.Refused = &notice, []templates.Gap{{Sentence: "No."}}
		}),
		draft(func(view *templates.DraftPage) { view.Gaps = gaps }),
		draft(func(view *templates.DraftPage) { view.Publishing, view.SeesPartly = templates.PublishUnknown, true }),
		draft(func(view *templates.DraftPage) {
			view.Publishing, view.Zap = templates.PublishDone, &templates.ZapLink{ID: "1", Title: "Zap", Editor: "https://zapier.com/editor/1"}
		}),
		templates.StepAction(templates.StepActionPage{StepPage: step}),
		templates.StepAction(templates.StepActionPage{StepPage: step, Groups: []templates.ActionGroup{
			{Title: "Triggers", Actions: []templates.ActionChoice{{Value: "READ:new_lead", Title: "New Lead"}}},
		}}),
		templates.StepAccount(templates.StepAccountPage{StepPage: step, Accounts: templates.AppPage{AddAccount: "/apps/app/add-account"}}),
		fieldsPage(step, parts, &notice),
		templates.StepTest(templates.StepTestPage{
			StepPage: step, Writes: true, Values: values,
			Result: &templates.TestResult{At: "now", Found: 1, Lines: []templates.ResultLine{{Name: "id", Value: "1"}}},
		}),
		templates.StepTest(templates.StepTestPage{StepPage: step, Gaps: gaps, Result: &templates.TestResult{At: "now", Failed: []string{"No."}}}),
		templates.NewZap(templates.NewZapPage{
			Page: page, GuessRefused: []string{"No."}, Templates: []templates.TemplateCard{{ID: "t", Title: "Template"}},
		}),
		templates.NewZap(templates.NewZapPage{Page: page}),
		templates.NewZap(templates.NewZapPage{Page: page, TemplatesUnread: &notice}),
		templates.ZapsView(templates.ZapsPage{
			Page: page, Zaps: []templates.ZapRow{zap}, Drafts: rows, CanBuild: true, Total: 1, First: 1, Last: 1, Previous: "/", Next: "/", Cut: true,
		}),
		templates.ZapsView(templates.ZapsPage{Page: page}),
		zapPage(page, zap, card, func(*templates.ZapPage) {}),
		zapPage(page, zap, card, func(view *templates.ZapPage) { view.Runs = nil }),
		zapPage(page, zap, card, func(view *templates.ZapPage) { view.RunsUnread = &notice }),
		templates.Confirm(templates.ConfirmPage{Page: page, Title: "Delete?", Action: "/", Button: "Delete", Cancel: "/"}),
		templates.AddAccount(templates.AddAccountPage{Page: page, App: app, TitleError: "Give it a name."}),
	}
}

func fieldsPage(step templates.StepPage, parts []templates.Part, unread *templates.ErrorPhrase) templ.Component {
	return templates.StepFields(templates.StepFieldsPage{
		StepPage: step, Stale: true, Unread: unread, Problems: []string{"No."}, Dropped: []string{"Colour"},
		Controls: []templates.Control{
			{Kind: templates.ControlText, ID: "title", Label: "Title", Value: "x", Parts: parts, Mappable: true, Error: "Too long."},
			{Kind: templates.ControlSelect, ID: "size", Label: "Size", Mappable: true},
			{Kind: templates.ControlSelect, ID: "town", Label: "Town", ChoicesUnasked: true},
			{Kind: templates.ControlText, ID: "amount", Label: "Amount", Mappable: true, Mapped: true, Native: templates.ControlNumber},
			{Kind: templates.ControlList, ID: "tags", Label: "Tags", Values: []string{"one"}},
		},
		Sources: []templates.Source{{StepID: "s0", Title: "1. New Lead", Outputs: []templates.Output{{Token: "{{lead.name}}", Title: "Name"}}}},
	})
}

func zapPage(page templates.Page, zap templates.ZapRow, card templates.StepCard, change func(*templates.ZapPage)) templ.Component {
	view := templates.ZapPage{
		Page: page, ZapRow: zap, Editor: "https://zapier.com/editor/1", Steps: []templates.StepCard{card},
		CanChange: true, CanEnable: true, CanDelete: true, CanSeeRuns: true,
		Statuses: []templates.Choice{{ID: "error", Label: "Failed"}},
		Runs:     []templates.RunRow{{Status: "success", StatusText: "Succeeded", Start: "9:00", End: "9:01", Steps: []string{"Succeeded"}, In: "a", Out: "b"}},
	}
	change(&view)
	return templates.ZapView(view)
}
