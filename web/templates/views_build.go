package templates

import "github.com/a-h/templ"

// DraftPage is a Zap that is being built: its steps in words, what is missing, and the button that creates it.
type DraftPage struct {
	Page
	DraftHead
	Steps []StepCard
	// Gaps are all that is missing, in the order of the steps.
	Gaps []Gap
	// CanAdd: there is room for another step.
	CanAdd bool
	// Publishing says how far creating the Zap is.
	Publishing PublishState
	// Zap is the finished Zap, filled once Publishing is PublishDone.
	Zap *ZapLink
	// SeesPartly: the scopes the person gave let us see only Zaps that use the partner's App.
	SeesPartly bool
	// CanPublish: the scopes the person gave allow to create, or to change, a Zap.
	CanPublish bool
	// Refused are Zapier's own words at the last try. One about a field has the Link to it; the others have none.
	Refused []Gap
	// Notice is something to say above the steps, or nil.
	Notice *ErrorPhrase
}

// DraftHead is what every page of a draft shows and sends back.
type DraftHead struct {
	DraftID string
	// Title is what the person called it, "" if nothing yet.
	Title string
	// Revision counts the changes; every form sends it back, so that two tabs cannot overwrite each other silently.
	Revision int
	// Changes is the title of the Zap that the draft changes, "" when it will be a new one.
	Changes string
}

// PublishState is how far creating a Zap is.
type PublishState string

// The states of creating a Zap. In PublishUnknown Zapier's answer was lost, and the list of Zaps does not tell either.
const (
	PublishNot     PublishState = ""
	PublishRunning PublishState = "running"
	PublishUnknown PublishState = "unknown"
	PublishDone    PublishState = "done"
)

// ZapLink names a finished Zap. Editor opens it at Zapier.
type ZapLink struct {
	ID, Title, Editor string
	// Off: Zapier said that it is not on.
	Off bool
}

// StepCard is one step of a draft in words.
type StepCard struct {
	ID     string
	Number int
	// App is nil until it is chosen.
	App *App
	// Action is the chosen Action's title, "" until then; ActionType its type in words.
	Action, ActionType string
	// Account is the Authentication's title; NoAccount: the App needs none.
	Account   string
	NoAccount bool
	// Alias is what later steps call this one.
	Alias  string
	Values []ValueLine
	Gaps   []Gap
	// CanMoveUp and CanMoveDown: there is a place to go to.
	CanMoveUp, CanMoveDown bool
	// CanTest: all that a test needs is there.
	CanTest bool
	// CanRemove: a Zap keeps at least two steps.
	CanRemove bool
}

// ValueLine is one filled-in field in words.
type ValueLine struct {
	Label string
	Parts []Part
}

// Part is a piece of a value: plain Text, or a mapping, which a page draws as a chip.
type Part struct {
	Text string
	// Token is the mapping as it is stored, "{{lead.full_name}}"; "" for plain text.
	Token string
	// Step, Field and Sample say in words what the token stands for.
	Step, Field, Sample string
	// Broken says why the mapping leads nowhere, "" when it does lead somewhere.
	Broken string
}

// Gap is something that is missing or broken, with the link to where it is mended.
type Gap struct {
	// Step is the number of the step, 0 for the Zap as a whole.
	Step int
	// Sentence names it: "Step 2: choose an account for Marigold Mail."
	Sentence string
	// Link leads there, below Base; may end in a fragment.
	Link string
}

// Stage is the part of a step that a page is for.
type Stage string

// The stages of a step, in their order.
const (
	StageApp     Stage = "app"
	StageAction  Stage = "action"
	StageAccount Stage = "account"
	StageFields  Stage = "fields"
	StageTest    Stage = "test"
)

// StepPage is what the pages of one step share: which step of which draft, and what has been chosen so far.
type StepPage struct {
	Page
	DraftHead
	StepID string
	// Number is the step's place from 1, Count how many steps there are.
	Number, Count int
	Stage         Stage
	// App is nil until chosen, Action and Account are "" until then; NoAccount: the App needs none.
	App             *App
	Action, Account string
	NoAccount       bool
	// Reached is the furthest stage that can be opened.
	Reached Stage
	// Notice is something to say above the page's own content, or nil.
	Notice *ErrorPhrase
}

// StepAppPage is where a step gets its App. Picker holds the search and what it found; its frame (Page, Search, Choose,
// Revision, Chosen) is filled from the step when it is drawn. Choosing posts the field "app".
type StepAppPage struct {
	StepPage
	Picker Apps
}

// StepActionPage is where a step gets its Action; choosing posts the field "action".
type StepActionPage struct {
	StepPage
	Groups []ActionGroup
}

// ActionGroup are the Actions of one type.
type ActionGroup struct {
	// Title is the type in words, Lead says what such Actions do.
	Title, Lead string
	Actions     []ActionChoice
}

// ActionChoice is one Action to choose.
type ActionChoice struct {
	// Value is what the form sends: the type and the key, "WRITE:create_lead".
	Value, Title, Description string
	Instant, Chosen           bool
}

// StepAccountPage is where a step gets its Authentication. Accounts draws the list and the attempt as an App's page
// does; its frame (Page, App, Choose, Return, Revision) is filled from the step when it is drawn, and leads back into the draft.
type StepAccountPage struct {
	StepPage
	Accounts AppPage
}

// StepFieldsPage is the form of a step.
type StepFieldsPage struct {
	StepPage
	Controls []Control
	// Sources are the earlier steps whose outputs can be put into values, the nearest first.
	Sources []Source
	// Unread is why the form could not be read; Controls then show what was filled in before, or nothing.
	Unread *ErrorPhrase
	// Problems are what Zapier, or we, refused and no control can show.
	Problems []string
	// Stale: somebody changed the draft since this form was drawn; what was typed is in the controls, and not yet kept.
	Stale bool
	// Dropped names fields that went away, with their values, when the form was read again.
	Dropped []string
	// Text is the id of the field that the page was asked to draw as a text box, "" if none; the form keeps asking for it.
	Text string
}

// ControlKind says how a field is drawn.
type ControlKind string

// The kinds of control. Where a value is mapped, or is to be, a control of any other kind becomes ControlText.
const (
	ControlInfo      ControlKind = "info"     // words only
	ControlSet       ControlKind = "set"      // a fieldset around Fields
	ControlText      ControlKind = "text"     // one line
	ControlMultiline ControlKind = "textarea" // several lines
	ControlCode      ControlKind = "code"     // several lines in a fixed width
	ControlPassword  ControlKind = "password" // never shows its value
	ControlNumber    ControlKind = "number"   // type=number, step any
	ControlInteger   ControlKind = "integer"  // type=number, step 1
	ControlDateTime  ControlKind = "datetime" // type=datetime-local
	ControlFile      ControlKind = "file"     // type=url
	ControlSelect    ControlKind = "select"   // one of Choices
	ControlList      ControlKind = "list"     // rows of Values
	ControlPairs     ControlKind = "pairs"    // rows of Pairs
)

// Control is one field of a form, or a group of them.
type Control struct {
	Kind ControlKind
	// ID is the field's id; form names are made of it, see Name.
	ID, Label string
	// Help is safe HTML made of the field's Markdown; nil if there is none.
	Help        templ.Component
	Placeholder string
	Required    bool
	// Value is the text of a single value, mapping tokens as they are stored.
	Value string
	// Values are the rows of a list, Pairs those of pairs. One empty row for the next is drawn at the end, unless the last is empty.
	Values []string
	Pairs  []Pair
	// Native is the kind of a list's rows, "" for text; TextRows says of each of Values whether it is a text box all the same.
	TextRows []bool
	// Choices are those of a select. MoreChoices: there are more than could be read; ChoicesUnread: they could not be read at the last try.
	Choices                    []Choice
	MoreChoices, ChoicesUnread bool
	// Waits are the labels of fields that have to be filled in before there are choices.
	Waits []string
	// Gone: the stored value is no longer among those read; Choices holds it still, and that is said.
	Gone bool
	// Kept: a password is stored and stays when the control is left empty.
	Kept bool
	// Mappable: outputs of earlier steps can be put in. Mapped: the control, or each row of a list, is a text box only
	// because of that, and Native says in which kind it would be otherwise.
	Mappable, Mapped bool
	Native           ControlKind
	// Parts are the value with its mappings as chips; for a list or pairs, those of all rows one after the other.
	Parts []Part
	// Redraws: when the value changes, the form has to be read again.
	Redraws bool
	// Error is what is wrong with the value, "" if nothing is known to be.
	Error string
	// Was tells the stored value from any other: the form sends it back as "was." and the id, so that what nobody
	// touched is known. "" is not sent.
	Was string
	// Fields are those of a fieldset.
	Fields []Control
}

// Name is the name of the control's value in the form: "f." and the field's id. Rows of pairs are named "k." and "v.".
func (c Control) Name() string { return "f." + c.ID }

// Pair is a row of an OBJECT field.
type Pair struct{ Key, Value string }

// Choice is one value of a select. Without a Label its ID is shown.
type Choice struct {
	ID, Label string
	Selected  bool
}

// Source is an earlier step whose outputs can be mapped.
type Source struct {
	StepID string
	// Title is the step in words: "1. New Lead in SuperExampleCRM". Name is what chips call it: "1. New Lead".
	Title, Name string
	Outputs     []Output
	// Unread says why the outputs are missing, "" when they are there.
	Unread string
}

// Output is one value that a step yields. Token is what to put into a value.
type Output struct {
	Token, Title, Sample string
}

// StepTestPage asks before a test that changes something, and shows what came of it.
type StepTestPage struct {
	StepPage
	// Writes: the test really creates or changes something.
	Writes bool
	// Values are what the test will send, mappings replaced by samples.
	Values []ValueLine
	// Gaps are what a test lacks.
	Gaps []Gap
	// Result is what came of the last test, or nil.
	Result *TestResult
}

// TestResult is what came of a test.
type TestResult struct {
	// At is the moment in words for people, UTC.
	At string
	// Found counts the objects; 0 is a good test that found nothing.
	Found int
	// Lines are the first object, flattened.
	Lines []ResultLine
	// Failed are the third party's or Zapier's own words when the test failed.
	Failed []string
}

// ResultLine is one value of a test's result.
type ResultLine struct{ Name, Value string }

// NewZapPage offers the ways to start.
type NewZapPage struct {
	Page
	Templates []TemplateCard
	// TemplatesUnread is why there are none, or nil.
	TemplatesUnread *ErrorPhrase
	// Description is what was typed into the guess form; GuessRefused what Zapier said of it.
	Description  string
	GuessRefused []string
	Notice       *ErrorPhrase
}

// TemplateCard is a Zap template.
type TemplateCard struct {
	ID, Title, Description string
	Apps                   []App
}

// ZapsPage is the list of the person's Zaps.
type ZapsPage struct {
	Page
	// Query and State ("", "on" or "off") are the filter.
	Query, State       string
	Zaps               []ZapRow
	Total, First, Last int
	// Previous and Next are links to the neighbouring pages, path prefix included, "" where there is none.
	Previous, Next string
	// Cut: the person has more Zaps than are read.
	Cut bool
	// Drafts are the Zaps being built.
	Drafts   []DraftRow
	CanBuild bool
	// Notice says why the Zaps could not be read, or nil. A page with one must not claim that there are none.
	Notice *ErrorPhrase
}

// ZapRow is a Zap in a list.
type ZapRow struct {
	ID, Title string
	On        bool
	Apps      []App
	// LastRun and Updated are moments in words for people, "" if none.
	LastRun, Updated string
}

// DraftRow is a draft in a list.
type DraftRow struct {
	ID, Title string
	Apps      []App
	// Updated and Expires are moments in words for people.
	Updated, Expires string
	// Gaps counts what is missing. Changes is as in DraftHead.
	Gaps int
	// Unknown: nobody can tell whether its Zap was created.
	Unknown bool
	Changes string
}

// ZapPage is one Zap.
type ZapPage struct {
	Page
	ZapRow
	Editor string
	Steps  []StepCard
	// What the person's scopes allow.
	CanChange, CanEnable, CanDelete, CanSeeRuns bool
	Runs                                        []RunRow
	// RunsUnread is why the runs are missing, or nil.
	RunsUnread *ErrorPhrase
	// Status is the filter of the runs, Statuses what can be asked for.
	Status   string
	Statuses []Choice
	// Previous and Next are links to the neighbouring pages of runs, path prefix included, "" where there is none.
	Previous, Next string
	Notice         *ErrorPhrase
	// Refused are Zapier's own words about a change that it did not accept.
	Refused []string
}

// RunRow is one run of a Zap.
type RunRow struct {
	// Status is the word of api.md 2.16, StatusText the same for people.
	Status, StatusText string
	Start, End         string
	// Steps are the status words of the steps, for people; In and Out the data, readable, "" if none.
	Steps   []string
	In, Out string
}

// ConfirmPage asks before something that cannot be taken back.
type ConfirmPage struct {
	Page
	Title, Sentence string
	// Action is where the form posts, below Base, with Fields; Button says what it does; Cancel is where not doing it leads, below Base.
	Action, Button, Cancel string
	Fields                 map[string]string
}

// AddAccountPage is the form that adds an Authentication for an App of the partner's own without a popup.
type AddAccountPage struct {
	Page
	App App
	// Title is what the Authentication will be called, TitleError what is wrong with that, "" if nothing.
	Title, TitleError string

	Controls []Control
	Problems []string
	Notice   *ErrorPhrase
	// Return is carried through the form: where to go afterwards, below Base. Form is random and tells one form from
	// another, so that one sent twice makes one Authentication.
	Return, Form string
}
