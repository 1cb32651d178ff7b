package templates

// DraftPhrases are those of a Zap that is being built.
type DraftPhrases struct {
	Back string
	// NewLead and ChangeLead say under the heading what the draft will become.
	NewLead    string
	ChangeLead func(zap string) string
	// NotReady leads from the top of the page to what is missing.
	NotReady func(missing int) string

	NameLabel, NameSave string

	StepsTitle string
	// First and Then say above a step what part it plays, Number which one it is.
	First, Then string
	Number      func(number int) string
	NoApp       string
	Account     func(title string) string
	NoAccount   string
	// Alias says what typed mappings call the step; the name follows it.
	Alias string

	// Edit, Start, Test, MoveUp, MoveDown and Remove are on buttons; OfStep is read after them.
	Edit, Start, Test, MoveUp, MoveDown, Remove string
	OfStep                                      func(number int) string
	Add                                         string
	// AddBehind is the whole name of an "Add" button; it starts with Add.
	AddBehind func(number int) string
	Full      string

	CreateTitle, ChangeTitle   string
	Missing                    func(missing int) string
	Ready                      string
	CreateHint, Create, Change string
	ChangeWarning              func(zap string) string
	NotAllowed                 string

	RunningTitle, Running, RunningLook string
	UnknownTitle, Unknown, Look        string
	AgainWarning, Again                string
	// UnknownPartly is said besides where Zapier lists only Zaps that use the partner's App.
	UnknownPartly             string
	DoneTitle, Editor, SeeZap string
	Done                      func(title string) string
	// OffTitle and Off are said in the place of DoneTitle and Done when Zapier said that the Zap is off.
	OffTitle string
	Off      func(title string) string
	// RefusedTitle stands above Zapier's own words; below them RefusedNew or RefusedChange, and RefusedAdvice.
	RefusedTitle, RefusedNew, RefusedChange, RefusedAdvice string

	Delete string
}

// StagePhrases are those of the pages of one step.
type StagePhrases struct {
	Back  func(zap string) string
	Place func(number, count int) string
	// Trail names the navigation between the parts of a step, whose names follow.
	Trail                              string
	App, Action, Account, Fields, Test string
	// NotYet is read after a part that cannot be opened so far.
	NotYet, NotNeeded string

	AppTitle, AppTitleFirst string
	AppLead, AppLeadFirst   string
	Chosen                  string

	ActionTitle, ActionTitleFirst func(app string) string
	Instant                       string
	NoActionsTitle                string
	NoActions                     func(app string) string
	OtherApp                      string

	AccountTitle func(app string) string
	GoOn         string
}

// FieldsPhrases are those of the form of a step.
type FieldsPhrases struct {
	// Title is the form's heading; action is the Action's title.
	Title func(action string) string
	// Required marks a field that must be filled in; For is read after a button of a field.
	Required string
	For      func(field string) string
	Redraws  string
	File     string
	Kept     string
	NoChoice string
	// GoneMark is the label of a choice that is no longer offered.
	GoneMark  func(choice string) string
	Gone      string
	More      func(count int) string
	TypeValue string
	Waits     func(fields string) string
	// ChoicesUnread refers to the button Refresh.
	ChoicesUnread string
	// ShowChoices is a button that has the choices of one field read.
	ShowChoices string

	UseText   string
	UseNative func(kind ControlKind) string

	// Row names a row of a list or of pairs, Key and Value the two halves of the latter.
	Row               func(field string, row int) string
	Key, Value        string
	AddRow, RemoveRow string
	RemoveNamed       func(field string, row int) string
	// NameTwice and NameMissing are said of rows of names and values that cannot be kept.
	NameTwice, NameMissing string

	Save, Next, Refresh, SaveAndTest string
	RefreshHint                      string
	Empty                            string

	// Errors stands above the links to the fields that need something.
	Errors        func(count int) string
	ProblemsTitle string
	StaleTitle    string
	Stale         string
	DroppedTitle  string
	Dropped       string
	UnreadKept    string

	SourcesTitle string
	SourcesLead  string
	// SourcesLeadTyped is for a page without script, where a mapping is typed.
	SourcesLeadTyped string
	SourceEmpty      string
	// PutIn is read before an output, which a button puts into a field.
	PutIn string

	// NoAnswer, or the error's own sentence, is said when the form could not be sent, with StillHere behind it, and
	// NoAnswerAdvice, or when it is tried again by itself.
	NoAnswer, StillHere, NoAnswerAdvice string
	TriedAgainAt                        func(when string) string
	// Inserted and Nowhere are read out when a value was, or could not be, put into a field.
	Inserted func(value, field string) string
	Nowhere  string
	// Broken is said of a mapping that is being typed and leads nowhere yet.
	Broken string
	// ChoicesNone, ChoicesFound and ChoicesMore tell of the choices while somebody searches among many; count is a
	// number, or the marker the script puts numbers in.
	ChoicesNone               string
	ChoicesFound, ChoicesMore func(count string) string
}

// TestPhrases are those of testing a step.
type TestPhrases struct {
	Title                 string
	Reads                 func(app string) string
	WritesTitle           string
	Writes                func(app string) string
	Optional              string
	ValuesTitle, NoValues string
	Run, RunWrites        string
	MissingTitle          string
	ResultTitle           string
	At                    func(moment string) string
	Found                 func(count int) string
	FailedTitle, Failed   string
	FailedAdvice          string
	Review, Fields        string
}

// NewZapPhrases are those of starting a Zap.
type NewZapPhrases struct {
	Title, Lead                         string
	BlankTitle, Blank, BlankButton      string
	GuessTitle, GuessLabel, GuessHint   string
	GuessButton                         string
	TemplatesTitle, TemplatesEmpty, Use string
	// UseNamed is the whole name of a "Use" button; it starts with Use.
	UseNamed func(title string) string
}

// ZapsPhrases are those of the list of Zaps, and of the drafts above it.
type ZapsPhrases struct {
	Title, Lead, Build string

	DraftsTitle                string
	DraftUpdated, DraftExpires func(moment string) string
	DraftGaps                  func(count int) string
	// DraftUnknown stands there instead when nobody can tell whether the draft's Zap was created.
	DraftUnknown string
	DraftChanges func(zap string) string
	DraftDelete  string
	// DraftDeleteNamed is the whole name of a "Delete" link; it starts with DraftDelete.
	DraftDeleteNamed func(title string) string

	ListTitle                       string
	SearchLabel, StateLabel, Search string
	AnyState, On, Off               string
	Range                           func(first, last, total int) string
	EmptyTitle, Empty, EmptySearch  string
	ShowAll                         string
	Cut                             string
	LastRun, Updated                func(moment string) string
	NeverRan                        string
	Uses                            string
}

// ZapPhrases are those of one Zap.
type ZapPhrases struct {
	Back                                 string
	Editor, OpensTab                     string
	StepsTitle                           string
	ChangeTitle                          string
	RenameLabel, Rename                  string
	Enable, EnableHint                   string
	Edit, EditWarning                    string
	Delete                               string
	RunsTitle, RunsFilterLabel, RunsShow string
	RunsEmptyTitle, RunsEmpty            string
	RunStart, RunEnd                     func(moment string) string
	RunSteps, RunIn, RunOut, RunData     string
}

// AddAccountPhrases are those of adding an account without a window.
type AddAccountPhrases struct {
	Title               func(app string) string
	Lead                string
	NameLabel, NameHint string
	Add                 string
	// Missing is said of an empty field, Refused of one whose value Zapier does not accept without words fit to be shown.
	Missing, Refused         string
	NameMissing, NameTooLong string
	// SecretsAgain is said where the form comes again although nothing is wrong with what was typed.
	SecretsAgain string
}

// ConfirmPhrases surround a question.
type ConfirmPhrases struct {
	Cancel string
}
