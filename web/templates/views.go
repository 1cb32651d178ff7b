package templates

import "time"

// Page is what every page carries around its content.
type Page struct {
	// Phrases are the sentences, in the reader's language.
	Phrases *Phrases
	// Base is the path prefix of PUBLIC_URL: "" or "/prefix", never with a slash at its end.
	Base string
	// Assets is the path under which static files are served, content hash included: "/prefix/static/3f9c…".
	Assets string
	// Path is the page's own path and query below Base, where signing in returns to.
	Path string
	// User is nil for somebody who has not signed in.
	User *User
	// Emulator is the address of the emulator when it stands in for Zapier, else "".
	Emulator string
	// RequestID is shown on error pages, so that a report can be found in the log.
	RequestID string
	// Framed: the page stands inside a page of the partner's.
	Framed bool
	// Tell are the origins of pages around the frame, which hear of what was connected in it.
	Tell []string
	// KeptSince is asked when the page is drawn: how old the oldest of the answers is that stood in for Zapier's, which is
	// away; zero if all are fresh. It may be nil.
	KeptSince func() time.Time
	// CrossSite: that page may be of any other site, so a frame has a cookie jar of its own and a window does not share it.
	CrossSite bool
}

// User is the person signed in.
type User struct {
	Name, Email string
}

// Home is the first page: what this is, and what has been chosen so far.
type Home struct {
	Page
	Chosen []Chosen
	// Drafts are the Zaps being built, the newest first.
	Drafts []DraftRow
	// NoBuild: the scopes the person gave do not allow to build a Zap, so it is not offered.
	NoBuild bool
}

// Chosen is one App with the Authentication the person chose for it.
type Chosen struct {
	App App
	// Authentication is the chosen one's title, "" when the App needs none.
	Authentication string
}

// App is an App as a card or a heading.
type App struct {
	ID, Title, Description string
	// Image is an absolute URL or "".
	Image string
	// Color is the App's colour as six hex digits, without "#".
	Color string
	// Categories are titles where the directory knows them, else slugs.
	Categories []string
}

// Apps is one page of the directory of Apps.
type Apps struct {
	Page
	Query      string
	Categories []Category
	// CategoriesUnread: they could not be read, but for the one that was asked for.
	CategoriesUnread bool
	Apps             []App
	// Total counts all matches; First and Last are the one-based places of the Apps shown.
	Total, First, Last int
	// Previous and Next are links to the neighbouring pages, path prefix included, "" where there is none.
	Previous, Next string
	// Search is where the search form leads, below Base; "/apps" if empty.
	Search string
	// Choose is where a card posts the field "app" with Revision, below Base. If empty, a card leads to the App's page.
	Choose   string
	Revision int
	// Chosen is the id of the App that has been chosen so far, "" if none.
	Chosen string
}

// Category is one entry of the category filter. Its title is its slug where the directory does not know it.
type Category struct {
	Slug, Title string
	Selected    bool
}

// AppPage shows one App with its Authentications and the attempt to connect another.
type AppPage struct {
	Page
	App App
	// NeedsNone: the App works without an Authentication; Attempt is nil then.
	NeedsNone bool
	// NoneChosen: "no Authentication" is what the person chose (only with NeedsNone).
	NoneChosen      bool
	Authentications []Authentication
	// ListUnknown: the list could not be read, so the page must not claim that it is empty.
	ListUnknown bool
	Attempt     *Attempt
	// Notice is something to say above the list (a check that could not be made, a choice that is gone), or nil.
	Notice *ErrorPhrase
	// Choose is where a choice is posted, below Base; the App's own page if empty.
	Choose string
	// Return is where the attempt's forms lead back to, below Base; the App's own page if empty.
	Return string
	// Revision is sent along with a choice inside a draft.
	Revision int
	// AddAccount is where an Authentication of the partner's own App is added without a popup, below Base; "" where it cannot be.
	AddAccount string
}

// Authentication is one row of an App's list.
type Authentication struct {
	ID, Title string
	// Twin: another row has the same title, so the id is shown beside it.
	Twin bool
	// Expired: it cannot be used until it is reconnected.
	Expired bool
	Chosen  bool
	// New: the attempt on this page has just connected it.
	New bool
}

// AttemptState is what the attempt's region says in data-state.
type AttemptState string

// The states a region can be in. The first comes from a minted attempt, opened and
// waiting from an opened one; blocked is known to the browser alone.
const (
	AttemptIdle      AttemptState = "idle"
	AttemptOpened    AttemptState = "opened"
	AttemptWaiting   AttemptState = "waiting"
	AttemptBlocked   AttemptState = "blocked"
	AttemptConnected AttemptState = "connected"
	AttemptCancelled AttemptState = "cancelled"
	AttemptExpired   AttemptState = "expired"
	AttemptFailed    AttemptState = "failed"
)

// Attempt is the region of one attempt to connect an Authentication.
type Attempt struct {
	ID    string
	State AttemptState
	// Next is the id of the attempt that Start belongs to: ID itself, or a fresh
	// one when this attempt is settled and Start already leads to the one after it.
	Next string
	// Start is the link that opens Zapier, path prefix included.
	Start string
	// Window is the name of the window it opens in.
	Window string
	// AuthenticationID and Title are filled once connected.
	AuthenticationID, Title string
	// Candidates are the new Authentications to pick from when there are several.
	Candidates []Authentication
	// Reason is the phrase that explains cancelled, expired or failed; nil elsewhere.
	Reason *ErrorPhrase
	// Origin is the exact origin whose message counts, and MessageType its type.
	Origin, MessageType string
	// Timings are the browser's waits in milliseconds.
	Timings Timings
}

// Timings are the waits of the browser's side of an attempt, all in milliseconds.
type Timings struct {
	// Blocked: how long a window may take to reach our start link before it counts as blocked.
	Blocked int `json:"blocked"`
	// Calm: when the spinner turns into calm words.
	Calm int `json:"calm"`
	// Checks: the waits before the background checks; the last one repeats.
	Checks []int `json:"checks"`
}

// ErrorPage tells a person what went wrong and how to go on.
type ErrorPage struct {
	Page
	Error ErrorPhrase
	// Retry is a link that tries again or leads back, "" if there is none.
	Retry string
	// Back: Retry leads back, and sends nothing again. SignsIn: it leads to signing in.
	Back, SignsIn bool
	// SignIn: signing in is the way on.
	SignIn bool
	// InWindow: the page is shown in a popup, which can be closed.
	InWindow bool
	// Helps: trying again may help, with nothing changed. Unclear: what was asked for may have been done, so that to look
	// comes first.
	Helps, Unclear bool
	// Answered is the status that Zapier answered with, 0 for none.
	Answered int
	// At is when it happened.
	At time.Time
	// Wait is for a page that goes on by itself, nil for the others.
	Wait *Wait
	// Repeat is the form that may be sent once more, nil if there is none.
	Repeat *Repeat
	// Lost: what was typed may be a secret, which this page does not repeat.
	Lost bool
	// Anyway is a link that goes on without waiting, path prefix included; "" if there is none.
	Anyway string
}

// Wait is how a page goes on by itself.
type Wait struct {
	// Place is where the person stands in the line, from 1; 0 when there is no line.
	Place int
	// Seconds is how long it will take, Again after how many the page asks again.
	Seconds, Again int
}

// Repeat is a form as it was sent.
type Repeat struct {
	// Action is a path, prefix included.
	Action string
	Fields []RepeatField
}

// RepeatField is one value of it.
type RepeatField struct{ Name, Value string }

// SignedIn is the last page of the sign-in popup: it tells the page that opened it, and closes.
type SignedIn struct {
	Page
	// ReturnTo is where the link goes when the window cannot close itself, path prefix included.
	ReturnTo string
	// Handover is the code that the frame behind the window signs in with, where the two share no cookie; else "".
	Handover string
}
