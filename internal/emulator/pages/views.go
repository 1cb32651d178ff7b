package pages

// Person is a seeded user.
type Person struct{ ID, Name, Email string }

// SignInView is the list of people to sign in as. Next is the local path to go
// on to; Purpose finishes the sentence "Sign in …".
type SignInView struct {
	Purpose, Next string
	Users         []Person
}

// Scope is one permission, by name and in words.
type Scope struct{ Name, Words string }

// ConsentView asks User whether Partner may have Scopes. Returns is where the
// answer goes.
type ConsentView struct {
	Partner, Action, Returns string
	User                     Person
	Scopes                   []Scope
}

// Field is one input of a connect form; Problem is "" when there is none.
type Field struct {
	Name, Label, Help, Value, Problem string
	Secret                            bool
}

// ConnectView is the form of an App that is connected with fields. Message is ""
// unless the form was refused; Start is where to begin again as somebody else.
type ConnectView struct {
	App, Icon, Scheme, Action, Start, Message string
	Failure                                   *Failure
	User                                      Person
	Fields                                    []Field
}

// Failure is what came of a test at a third party; Details is the raw exchange.
type Failure struct{ Message, Cause, Advice, Details string }

// ConnectFailedView is a connection that failed after consent. Start is where to
// begin again.
type ConnectFailedView struct {
	App, Icon, Start string
	Failure          *Failure
}

// ThirdPartyView is the consent page of an App's own site.
type ThirdPartyView struct{ App, Icon, Account, Action, Message string }

// PopupCloseView is the last page of a connect popup. Messages is a JSON array of
// what to post to the opener.
type PopupCloseView struct {
	Connected, Close bool
	Messages         string
}

// ProblemView is an error a person meets.
type ProblemView struct {
	Status        int
	Title, Detail string
}

// Coverage is one row of what is emulated; Level is "yes", "partly" or "no".
// Operation is " " for what is none.
type Coverage struct{ Operation, What, Level, Note string }

// LandingView is the first page.
type LandingView struct {
	WebURL, APIURL string
	Coverage       []Coverage
	Apps           []AppIcon
}

// AppIcon is an App in the overview of the directory.
type AppIcon struct{ Title, Icon, Scheme string }

// ControlView is everything the control page shows.
type ControlView struct {
	Notice          string
	Switches        []Switch
	WrongOrigin     string
	PostedID        string
	Revive, Waiting bool
	Operations      []string
	Statuses        []int
	Faults          []FaultRow
	Authentications []AuthenticationRow
	Grants          []GrantRow
	Requests        []RequestRow
	Users           []Person
	Apps            []Option
	Parties         []PartyRow
	Failures        []string
	Stages          []string
	Limits          LimitsView
	Coverage        []Coverage
	Zaps            []ZapRow
	Runs            []RunRow
}

// ZapRow is one Zap; ID goes into the path of its buttons. LastRun is "" when none succeeded.
type ZapRow struct {
	ID, Title, User, LastRun string
	Enabled                  bool
	Steps                    []string
}

// RunRow is one run of a Zap.
type RunRow struct{ Time, Title, User, Status, Level string }

// PartyRow is a third party that fails; ID is its App's.
type PartyRow struct{ ID, App, Failure, Stage string }

// LimitsView are the limits of requests, and who has passed one. Cooldown is in seconds.
type LimitsView struct {
	PerIP, PerPartner, Cooldown int
	Cooling                     []string
}

// Option is a choice in a list.
type Option struct{ Value, Label string }

// Switch is one way a popup can misbehave.
type Switch struct {
	Name, Label, Help string
	On                bool
}

// FaultRow is an armed fault.
type FaultRow struct {
	Operation, Effect string
	Times             int
}

// AuthenticationRow is one Authentication; ID goes into the path of its button.
type AuthenticationRow struct {
	ID, Title, App, User string
	Expired, Refreshable bool
}

// GrantRow is one consent; tokens are never shown.
type GrantRow struct {
	User                      Person
	Partner, Scopes, LiveTill string
	Live                      int
	Revoked                   bool
}

// RequestRow is one line of the log.
type RequestRow struct{ Time, Method, Target, Status, Level, Operation, User string }
