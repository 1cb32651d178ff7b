package templates

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
	// ReadAgain is after how many seconds what is missing is read by itself; 0 for never.
	ReadAgain int
	// Problems are what Zapier, or we, refused and no control can show.
	Problems []string
	// Stale: somebody changed the draft since this form was drawn; what was typed is in the controls, and not yet kept.
	Stale bool
	// Dropped names fields that went away, with their values, when the form was read again.
	Dropped []string
	// Text is the id of the field that the page was asked to draw as a text box, "" if none; the form keeps asking for it.
	Text string
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
