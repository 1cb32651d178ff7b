package templates

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// name is what the draft is called on pages.
func (h DraftHead) name(phrases *Phrases) string {
	if h.Title == "" {
		return phrases.Words.Untitled
	}
	return h.Title
}

// path is the address of a page of the draft, below Base.
func (h DraftHead) path(parts ...string) string {
	path := "/drafts/" + url.PathEscape(h.DraftID)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}

// revision is what a form sends back of the draft.
func (h DraftHead) revision() string { return strconv.Itoa(h.Revision) }

// fixed: the draft cannot be changed, because creating its Zap is under way, or done.
func (p DraftPage) fixed() bool { return p.Publishing != PublishNot }

func (p DraftPage) doneTitle() string {
	if p.Zap != nil && p.Zap.Off {
		return p.Phrases.Draft.OffTitle
	}
	return p.Phrases.Draft.DoneTitle
}

func (p DraftPage) doneSentence() string {
	if p.Zap.Off {
		return p.Phrases.Draft.Off(p.Zap.Title)
	}
	return p.Phrases.Draft.Done(p.Zap.Title)
}

// lead says what the draft will become.
func (p DraftPage) lead() string {
	if p.Changes == "" {
		return p.Phrases.Draft.NewLead
	}
	return p.Phrases.Draft.ChangeLead(p.Changes)
}

// Stages are all stages, in the order in which they can be done.
func Stages() []Stage {
	return []Stage{StageApp, StageAction, StageAccount, StageFields, StageTest}
}

// title is the stage's name in words.
func (s Stage) title(phrases *Phrases) string {
	words := phrases.Stage
	return map[Stage]string{
		StageApp: words.App, StageAction: words.Action, StageAccount: words.Account, StageFields: words.Fields, StageTest: words.Test,
	}[s]
}

// path is the address of one of the step's pages, below Base.
func (p StepPage) path(stage Stage) string {
	return p.DraftHead.path("steps", p.StepID, string(stage))
}

// opens says whether a stage can be opened by now.
func (p StepPage) opens(stage Stage) bool {
	return slices.Index(Stages(), stage) <= slices.Index(Stages(), p.Reached)
}

// chosen is what was chosen in a stage, "" if nothing or if it is no choice.
func (p StepPage) chosen(stage Stage) string {
	switch {
	case stage == StageApp && p.App != nil:
		return p.App.Title
	case stage == StageAction:
		return p.Action
	case stage == StageAccount && p.NoAccount:
		return p.Phrases.Stage.NotNeeded
	case stage == StageAccount:
		return p.Account
	default:
		return ""
	}
}

// appTitle is the title of the App, "" until one is chosen.
func (p StepPage) appTitle() string {
	if p.App == nil {
		return ""
	}
	return p.App.Title
}

// appHeading and appLead ask for the App: the first one starts the Zap.
func (p StepPage) appHeading() string {
	if p.Number == 1 {
		return p.Phrases.Stage.AppTitleFirst
	}
	return p.Phrases.Stage.AppTitle
}

func (p StepPage) appLead() string {
	if p.Number == 1 {
		return p.Phrases.Stage.AppLeadFirst
	}
	return p.Phrases.Stage.AppLead
}

// actionHeading asks for the Action.
func (p StepPage) actionHeading() string {
	if p.Number == 1 {
		return p.Phrases.Stage.ActionTitleFirst(p.appTitle())
	}
	return p.Phrases.Stage.ActionTitle(p.appTitle())
}

// picker is the directory as a step shows it: its search and its choices lead back to the step.
func (p StepAppPage) picker() Apps {
	picker := p.Picker
	picker.Page, picker.Revision = p.Page, p.Revision
	picker.Search, picker.Choose = p.path(StageApp), p.path(StageApp)
	if p.App != nil {
		picker.Chosen = p.App.ID
	}
	return picker
}

// accounts is the list and the attempt as a step shows them.
func (p StepAccountPage) accounts() AppPage {
	accounts := p.Accounts
	accounts.Page, accounts.Revision = p.Page, p.Revision
	if p.App != nil {
		accounts.App = *p.App
	}
	accounts.Choose, accounts.Return = p.path(StageAccount), p.path(StageAccount)
	return accounts
}

// plays says what part a step plays in the Zap.
func (c StepCard) plays(phrases *Phrases) string {
	if c.Number == 1 {
		return phrases.Draft.First
	}
	return phrases.Draft.Then
}

// heading names a step by the most that is known of it.
func (c StepCard) heading(phrases *Phrases) string {
	switch {
	case c.Action != "":
		return c.Action
	case c.App != nil:
		return c.App.Title
	default:
		return phrases.Draft.NoApp
	}
}

// titles joins the titles of Apps.
func titles(apps []App) string {
	var titles []string
	for _, app := range apps {
		titles = append(titles, app.Title)
	}
	return strings.Join(titles, ", ")
}

// mapped says whether a value holds any mapping.
func mapped(parts []Part) bool {
	return slices.ContainsFunc(parts, func(part Part) bool { return part.Token != "" })
}

// outcome is the test's result in one word, for scripts and tests of partners.
func (r TestResult) outcome() string {
	switch {
	case len(r.Failed) > 0:
		return "failed"
	case r.Found == 0:
		return "nothing"
	default:
		return "found"
	}
}

// works: the step has been tested well, so that going on comes before testing it again.
func (p StepTestPage) works() bool {
	return p.Result != nil && len(p.Result.Failed) == 0
}

// action is where the form is sent.
func (p StepFieldsPage) action() templ.SafeURL {
	link := p.path(StageFields)
	if p.Text != "" {
		link += "?" + url.Values{"text": {p.Text}}.Encode()
	}
	return p.Link(link)
}

// readsAgain says when the script reads what is missing.
func (p StepFieldsPage) readsAgain() templ.Attributes {
	if p.ReadAgain == 0 {
		return nil
	}
	return templ.Attributes{"data-read-again": strconv.Itoa(p.ReadAgain)}
}

// announcement is what is said when the form has been drawn anew.
func (p StepFieldsPage) announcement() string {
	words := p.Phrases.Fields
	var sentences []string
	if p.Stale {
		sentences = append(sentences, spoken(words.StaleTitle, words.Stale))
	}
	if p.Unread != nil {
		sentences = append(sentences, spoken(p.Unread.Title, p.Unread.Sentence))
	}
	sentences = append(sentences, p.Problems...)
	if wrong := refusals(p.Controls, ""); len(wrong) > 0 {
		sentences = append(sentences, words.Errors(len(wrong)))
	}
	if len(p.Dropped) > 0 {
		sentences = append(sentences, spoken(words.DroppedTitle, words.Dropped+" "+strings.Join(p.Dropped, ", ")))
	}
	return strings.Join(sentences, " ")
}

// called is what chips call the step.
func (s Source) called() string {
	if s.Name == "" {
		return s.Title
	}
	return s.Name
}
