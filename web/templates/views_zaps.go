package templates

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
	// Start is a token that each start from this page carries along.
	Start string
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
