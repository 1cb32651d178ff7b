package templates

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// countMarker is what the script replaces by a number in a sentence that counts.
const countMarker = "{count}"

// longSelect is how many choices a select may have before it can be searched.
const longSelect = 12

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

// refusal is a control with an error, and the id its link leads to.
type refusal struct {
	Control
	at string
}

// refusals are the controls with an error, those of fieldsets included. Numbers are given as the form gives them.
func refusals(controls []Control, prefix string) []refusal {
	var found []refusal
	for i, control := range controls {
		n := numbered(prefix, i)
		if control.Error != "" {
			found = append(found, refusal{Control: control, at: "c-" + n})
		}
		found = append(found, refusals(control.Fields, n)...)
	}
	return found
}

// numbered is the number of a control, which its ids are made of: a field's own id may hold anything.
func numbered(prefix string, i int) string {
	if prefix == "" {
		return strconv.Itoa(i + 1)
	}
	return prefix + "-" + strconv.Itoa(i+1)
}

// hooks are what scripts, styles and links know a control by.
func (c Control) hooks() templ.Attributes {
	hooks := templ.Attributes{"data-kind": string(c.Kind)}
	if c.ID != "" {
		hooks["id"] = "field-" + c.ID
		hooks["data-field"] = c.ID
	}
	for name, on := range map[string]bool{"data-redraws": c.Redraws, "data-mappable": c.Mappable, "data-invalid": c.Error != ""} {
		if on {
			hooks[name] = true
		}
	}
	return hooks
}

// ariaGroup binds the rows of a list or of pairs to their help, chips, notes and error.
func (c Control) ariaGroup(n string) templ.Attributes {
	var by []string
	for _, part := range []struct {
		id    string
		there bool
	}{{"h-", c.Help != nil}, {"e-", c.Error != ""}, {"p-", c.Mappable}, {"d-", c.noted()}} {
		if part.there {
			by = append(by, part.id+n)
		}
	}
	if len(by) == 0 {
		return nil
	}
	return templ.Attributes{"aria-describedby": strings.Join(by, " ")}
}

// ariaRow says of a row whether its value is wrong. What there is to know is said once, by the group.
func (c Control) ariaRow() templ.Attributes {
	if c.Error == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true"}
}

// aria is both for the control of a single value, which also says whether it is required. The attribute "required"
// would keep half a form from being saved.
func (c Control) aria(n string) templ.Attributes {
	attributes := templ.Attributes{}
	maps.Copy(attributes, c.ariaGroup(n))
	maps.Copy(attributes, c.ariaRow())
	if c.Required {
		attributes["aria-required"] = "true"
	}
	return attributes
}

// noted says whether there is anything to say below the control.
func (c Control) noted() bool {
	return c.Kept || c.Gone || len(c.Waits) > 0 || c.MoreChoices || c.ChoicesUnread || c.Redraws || c.Kind == ControlFile
}

// inputType is the type of a one-line control. The model makes a text box of what a browser could not show in another.
func inputType(kind ControlKind) templ.Attributes {
	switch kind {
	case ControlInteger:
		return templ.Attributes{"type": "number", "step": "1"}
	case ControlNumber:
		return templ.Attributes{"type": "number", "step": "any"}
	case ControlDateTime:
		return templ.Attributes{"type": "datetime-local"}
	case ControlFile:
		return templ.Attributes{"type": "url", "spellcheck": "false"}
	default:
		return templ.Attributes{"type": "text"}
	}
}

// lines is the content of a textarea. Its parser drops one line break at the beginning, so there is one to drop.
func (c Control) lines() string { return "\n" + c.Value }

// offersText: the control can be swapped for a text box.
func (c Control) offersText() bool {
	switch c.Kind {
	case ControlList:
		return c.Native != "" && c.Mappable && !c.Mapped
	case ControlSelect, ControlNumber, ControlInteger, ControlDateTime, ControlFile:
		return c.Mappable && !c.Mapped
	default:
		return false
	}
}

// optional: the select begins with nothing chosen.
func (c Control) optional() bool {
	return !c.Required || c.Value == ""
}

// text is what a choice reads as.
func (c Choice) text() string {
	if c.Label == "" {
		return c.ID
	}
	return c.Label
}

// search makes a long select one that can be searched, where scripts run.
func (c Control) search(phrases *Phrases) templ.Attributes {
	if len(c.Choices) <= longSelect {
		return nil
	}
	return templ.Attributes{
		"data-controller": "combobox",
		"data-count":      phrases.Fields.ChoicesFound(countMarker),
		"data-none":       phrases.Fields.ChoicesNone,
		"data-more":       phrases.Fields.ChoicesMore(countMarker),
	}
}

// rows are the values of a list with one empty row at the end for the next.
func (c Control) rows() []string {
	if count := len(c.Values); count > 0 && c.Values[count-1] == "" {
		return c.Values
	}
	return append(slices.Clone(c.Values), "")
}

// rowKind is how a row of a list is drawn; the one for the next value is behind those of Values.
func (c Control) rowKind(row int) ControlKind {
	if c.Native == "" || c.Mapped || row < len(c.TextRows) && c.TextRows[row] {
		return ControlText
	}
	return c.Native
}

// typesMore: a choice beyond those that were read can be typed.
func (c Control) typesMore() bool {
	return c.MoreChoices && !c.Mapped && (c.Kind == ControlSelect || c.Kind == ControlList)
}

// pairRows are those of pairs.
func (c Control) pairRows() []Pair {
	if count := len(c.Pairs); count > 0 && c.Pairs[count-1] == (Pair{}) {
		return c.Pairs
	}
	return append(slices.Clone(c.Pairs), Pair{})
}

// rowID is the id of a row's control: the first one's is the control's own, so that links find it.
func rowID(n string, row int) string {
	if row == 0 {
		return "c-" + n
	}
	return "c-" + n + "-r" + strconv.Itoa(row+1)
}

// removes is what the button that removes a row says.
func (c Control) removes(row int) string {
	return "remove:" + c.ID + ":" + strconv.Itoa(row)
}

// sorted are the names of a form's fixed fields, in an order that is the same each time.
func sorted(fields map[string]string) []string {
	return slices.Sorted(maps.Keys(fields))
}

// zapLink is the address of a Zap's page.
func (p Page) zapLink(id string) templ.SafeURL {
	return p.Link("/zaps/" + url.PathEscape(id))
}

// path is the address of the Zap's page, below Base.
func (p ZapPage) path() string { return "/zaps/" + url.PathEscape(p.ID) }

// zapAction is where something is done with the Zap.
func (p ZapPage) zapAction(verb string) templ.SafeURL { return p.Link(p.path() + "/" + verb) }

// state is the Zap's state in one word, for scripts and styles, and stateText the same for people.
func (z ZapRow) state() string {
	if z.On {
		return "on"
	}
	return "off"
}

func (z ZapRow) stateText(phrases *Phrases) string {
	if z.On {
		return phrases.Zaps.On
	}
	return phrases.Zaps.Off
}

// state says for styles whether the run went well ("on"), badly ("bad"), or neither.
func (r RunRow) state() string {
	switch r.Status {
	case "success":
		return "on"
	case "error", "halted":
		return "bad"
	default:
		return "off"
	}
}

// path is the address of the draft, below Base.
func (d DraftRow) path() string { return "/drafts/" + url.PathEscape(d.ID) }

// path is the address of the form, below Base, and origin where the page was opened from.
func (p AddAccountPage) path() string { return "/apps/" + url.PathEscape(p.App.ID) + "/add-account" }

func (p AddAccountPage) origin() string {
	return cmp.Or(p.Return, "/apps/"+url.PathEscape(p.App.ID))
}

// refusals are the fields with an error, the title among them.
func (p AddAccountPage) refusals() []refusal {
	found := refusals(p.Controls, "")
	if p.TitleError == "" {
		return found
	}
	title := refusal{Control: Control{Label: p.Phrases.AddAccount.NameLabel}, at: "account-title"}
	return append([]refusal{title}, found...)
}

// titleAria binds the title to its hint, and to what is wrong with it.
func (p AddAccountPage) titleAria() templ.Attributes {
	attributes := templ.Attributes{"aria-required": "true", "aria-describedby": "account-title-help"}
	if p.TitleError != "" {
		attributes["aria-describedby"], attributes["aria-invalid"] = "account-title-error account-title-help", "true"
	}
	return attributes
}

// guessAria binds the description to its hint, and to what Zapier had against it.
func guessAria(page NewZapPage) templ.Attributes {
	if len(page.GuessRefused) == 0 {
		return templ.Attributes{"aria-describedby": "description-help"}
	}
	return templ.Attributes{"aria-describedby": "description-error description-help", "aria-invalid": "true"}
}
