package templates

import "time"

// Phrases are all sentences a person reads, in one language. A partner rewords
// or translates by making a value of this type: the compiler then names every
// sentence that is missing, which a table of keys could not do.
//
// A sentence that carries a number or a name is a function, so that each
// language puts it where its grammar wants it.
type Phrases struct {
	// Lang is the language's BCP 47 tag, for <html lang>.
	Lang string
	// Brand is the product's name, as the header and the window titles say it.
	Brand string

	Layout  LayoutPhrases
	Home    HomePhrases
	Apps    AppsPhrases
	App     AppPhrases
	Attempt AttemptPhrases
	SignIn  SignInPhrases
	Problem ProblemPhrases
	Words   WordPhrases

	Building BuildingPhrases

	Draft      DraftPhrases
	Stage      StagePhrases
	Fields     FieldsPhrases
	Test       TestPhrases
	NewZap     NewZapPhrases
	Zaps       ZapsPhrases
	Zap        ZapPhrases
	AddAccount AddAccountPhrases
	Confirm    ConfirmPhrases

	// Errors explains each error code; read it through [Phrases.Error].
	Errors map[string]ErrorPhrase
}

// ErrorPhrase explains one error: what happened, how to go on, and what is behind it.
type ErrorPhrase struct {
	// Code is the error's stable name, the key in Phrases.Errors. Pages show it in data-code alone.
	Code string
	// Title is a heading of a few words without a full stop.
	Title string
	// Sentence says what happened, Advice how to go on.
	Sentence, Advice string
	// Cause says what is likely behind it; pages show it to whoever asks.
	Cause string

	// from is when trying again may help, zero if nobody knows; words says so.
	from  time.Time
	words *ProblemPhrases
	// retry is a link that tries again, path prefix included; "" if there is none.
	retry string
}

// WithRetry is the phrase with a link that tries again, for a notice: the page of an error has its own.
func (p ErrorPhrase) WithRetry(link string) ErrorPhrase {
	p.retry = link
	return p
}

// ErrorFrom is Error with the time from which trying again may help; zero if nobody knows.
func (p *Phrases) ErrorFrom(code string, at time.Time) ErrorPhrase {
	phrase := p.Error(code)
	phrase.from, phrase.words = at, &p.Problem
	return phrase
}

// Error returns the phrase of an error code. A code nobody has written a
// phrase for is explained as an internal error: a page must never be empty.
func (p *Phrases) Error(code string) ErrorPhrase {
	phrase, ok := p.Errors[code]
	if !ok {
		phrase = p.Errors["internal"]
	}
	return phrase
}

// LayoutPhrases surround every page.
type LayoutPhrases struct {
	// PageTitle is the window's title for a page of that name.
	PageTitle func(page string) string

	SkipToContent, Navigation string
	Home, Apps, Zaps          string
	SignOut                   string
	// SignedInAs is read before the user's name.
	SignedInAs func(name string) string

	// EmulatorTitle and EmulatorSentence make the banner; the two links follow them.
	EmulatorTitle, EmulatorSentence, EmulatorOpen, EmulatorControl string

	Footer string
}

// HomePhrases are those of the first page.
type HomePhrases struct {
	// Title names the page; Headline and Lead greet somebody who has not signed in.
	Title, Headline, Lead string
	// Steps tell in three lines what will happen.
	Steps [3]StepPhrase
	// Welcome greets somebody by name; WelcomeLead says what to do here.
	Welcome     func(name string) string
	WelcomeLead string

	ChosenTitle, ChosenEmptyTitle, ChosenEmpty string
	BrowseApps                                 string
	// UsesAuthentication and UsesNone say what an App on the list works with.
	UsesAuthentication func(title string) string
	UsesNone           string

	// BuildTitle, Build and BuildButton lead to a new Zap.
	BuildTitle, Build, BuildButton string

	// EverywhereTitle, Everywhere and EverywhereButton end the person's sessions in all browsers.
	EverywhereTitle, Everywhere, EverywhereButton string
}

// StepPhrase is one line of an explanation in steps.
type StepPhrase struct {
	Title, Sentence string
}

// AppsPhrases are those of the directory of Apps.
type AppsPhrases struct {
	Title, Lead                  string
	SearchLabel, Search          string
	CategoryLabel, AllCategories string
	// CategoriesUnread says why there are no categories to choose from.
	CategoriesUnread string
	// Range says which Apps of how many are shown.
	Range func(first, last, total int) string

	// SearchFailed says that a search got no answer of ours; SearchAgain follows it, or the error's own sentence.
	SearchFailed, SearchAgain string

	EmptyTitle string
	// Empty says that nothing matches; query is "" when only a category was asked for.
	Empty                  func(query string) string
	ShowAll                string
	Paging, Previous, Next string
}

// AppPhrases are those of one App's page.
type AppPhrases struct {
	BackToApps string
	// Back leads to whatever the page was opened from.
	Back          string
	AccountsTitle string
	// AccountsLead explains the list; title is the App's.
	AccountsLead func(title string) string

	EmptyTitle string
	Empty      func(title string) string

	ConnectFirst, ConnectAnother string
	// AddWithKey leads to a form in the place of a window.
	AddWithKey string
	// OpensWindow is read after a control that opens another window.
	OpensWindow string

	Use string
	// UseNamed is the whole name of a "Use" button; it starts with Use, so that
	// somebody who speaks what they see reaches it.
	UseNamed            func(title string) string
	InUse, Expired, New string
	ExpiredAdvice       string
	Reconnect           string
	ReconnectNamed      func(title string) string
	// Identifier tells two rows of one title apart.
	Identifier func(id string) string

	NoneTitle                     string
	NoneNeeded                    func(title string) string
	NoneUse, NoneInUse            string
	ListUnknownTitle, ListUnknown string
}

// AttemptPhrases are those of the region that follows one attempt to connect.
type AttemptPhrases struct {
	// Region is the region's name for people who do not see it.
	Region string

	IdleTitle, Idle string
	// IdleWithoutScript is shown where no script runs and nothing here moves by itself.
	IdleWithoutScript string

	OpenedTitle, Opened string

	WaitingTitle, Waiting         string
	OtherAccount, OtherAccountTip string

	BlockedTitle, Blocked       string
	BlockedOpen, BlockedSameTab string
	BlockedSameTabHint          string

	PickTitle, Pick string
	PickNamed       func(title string) string

	ConnectedTitle string
	// Connected names what was connected; ConnectedUnnamed is for the moment before the title is known.
	Connected        func(title string) string
	ConnectedUnnamed string
	// ConnectedForStep and ConnectedForStepUnnamed are for a step of a Zap, whose own account is chosen beside it.
	ConnectedForStep        func(title string) string
	ConnectedForStepUnnamed string

	Check, Cancel, Restart, Reopen, TryAgain string

	// Paused counts down; seconds is a number, or the marker the script puts numbers in.
	Paused func(seconds string) string
	// AskingAgain follows the explanation of a failure that the page mends by asking again.
	AskingAgain string
	// NothingNew answers somebody who says that they have connected it when Zapier does not know of it.
	NothingNew string
	// Offline is shown while the browser cannot reach this server.
	Offline string
	// SignedOut is shown when the session has ended while waiting.
	SignedOut, SignInAgain string
}

// SignInPhrases are those of signing in to Zapier.
type SignInPhrases struct {
	SignIn, Hint        string
	OpenedTitle, Opened string
	// Closed is read out when the window has closed and nobody has signed in.
	Closed string

	BlockedTitle, Blocked       string
	BlockedOpen, BlockedSameTab string

	// KeptOutTitle and KeptOut are for a frame whose browser keeps no cookie for it.
	KeptOutTitle, KeptOut string
	// Lost is said when the window's end did not get through to us.
	Lost string
	// OwnWindowHint and OwnWindow lead out of a frame.
	OwnWindowHint, OwnWindow string

	// HandedTitle, Handed and HandedLink make the last page of a window that a frame of another site opened.
	HandedTitle, Handed, HandedLink string
	// DoneTitle, Done and DoneLink make the last page of the sign-in window.
	DoneTitle, Done, DoneLink string
}

// ProblemPhrases surround an error on its page.
type ProblemPhrases struct {
	TryAgain, GoBack, GoHome string
	SignInAgain              string
	CloseWindow, CloseHint   string

	// Details opens what stands behind an error; the labels of it follow, with what they can say.
	Details         string
	Cause           string
	Helps, HelpsYes string
	HelpsNo         string
	Code            string
	Answered        string
	AnsweredWith    func(status int) string
	Time, Reference string
	// LookFirst is the advice where what was asked for may have been done, in the place of the error's own.
	LookFirst string
	// Clock is a time of day for people, in UTC. The script puts the visitor's own in its place.
	Clock func(at time.Time) string
	// AgainAt says from when on trying again may help.
	AgainAt func(when string) string

	// InLine says where somebody stands in the line, from 1.
	InLine func(place int) string
	// GoesOnIn counts down: seconds is a number, or the marker the script puts numbers in. GoesOnAt says the same without a
	// script; RoomAt where a button has to be pressed then.
	GoesOnIn         func(seconds string) string
	GoesOnAt, RoomAt func(when string) string
	// Anyway goes on without waiting; SendAgain sends a form once more.
	Anyway, SendAgain string
	// NothingLost is said of a form that is kept on the page, TypedLost of one that may hold secrets and is not.
	NothingLost, TypedLost string

	// KeptTitle and Kept stand above a page on which something is what was known before, since no new answer of Zapier came.
	KeptTitle string
	Kept      func(when string) string
}
