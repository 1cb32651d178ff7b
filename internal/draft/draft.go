package draft

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	// Lifetime is how long a draft is kept after its last change.
	Lifetime = 30 * 24 * time.Hour
	// MaxSteps is how many steps a draft can have, minSteps how many a Zap needs.
	MaxSteps = 20
	minSteps = 2
)

// Errors of drafts and of the service. Engine trouble (store.ErrUnavailable) and *zapier.Error pass through.
var (
	// ErrNotFound: no such draft, or not this user's: the two look alike from outside.
	ErrNotFound = errors.New("draft: no such draft")
	// ErrStale: the draft was changed meanwhile; it is returned beside the error, as it is now.
	ErrStale = errors.New("draft: it was changed meanwhile")
	// ErrNotReady: something is missing that Zapier would ask for; see Missing.
	ErrNotReady = errors.New("draft: something is missing")
	// ErrFull: there are MaxSteps steps already.
	ErrFull = errors.New("draft: it has all the steps it can have")
	// ErrTooFew: a Zap has at least two steps.
	ErrTooFew = errors.New("draft: a Zap has at least two steps")
	// ErrNoStep: the draft has no such step.
	ErrNoStep = errors.New("draft: no such step")
	// ErrNoPlace: what was asked for makes no sense at that place of a Zap.
	ErrNoPlace = errors.New("draft: that does not fit the place")
	// ErrTooLarge: the values are more than can be kept. It wraps store.ErrTooLarge.
	ErrTooLarge = errors.New("draft: it holds more than can be kept")
)

// ErrNoSample: a test has nothing to put in the place of these mappings.
type ErrNoSample struct {
	// Tokens are the mappings as they stand in the values.
	Tokens []string
}

func (e *ErrNoSample) Error() string { return "draft: there is no sample for a mapping" }

// Draft is a Zap that is being built.
type Draft struct {
	ID, User, Title string
	// Zap is the id of the Zap that the draft changes, "" when it will be a new one.
	Zap string
	// ZapTitle and ZapEditor are the title of that Zap and the link to it at Zapier.
	ZapTitle, ZapEditor string
	// ZapUpdatedAt is when that Zap had been changed last, and ZapAskedAt when it was changed since: the person knows.
	ZapUpdatedAt, ZapAskedAt zapier.Timestamp
	// Untold: Zapier did not tell what is filled in in that Zap. To change it would replace that all the same.
	Untold bool
	// Incomplete: something that the draft was to begin with was not found.
	Incomplete bool
	Steps      []Step
	// StepsMade counts all steps there ever were, so that no id is used twice.
	StepsMade int
	// Retired are names that mappings still use for steps which are gone. No new step gets one of them: a broken
	// mapping would come to lead somewhere else.
	Retired []string
	// Revision counts the person's changes; what Zapier was asked for does not count.
	Revision             int
	CreatedAt, UpdatedAt time.Time
	Publishing           Publishing
}

// ExpiresAt is when the draft is forgotten unless it is changed again.
func (d Draft) ExpiresAt() time.Time { return d.UpdatedAt.Add(Lifetime) }

// String names the draft; its values may be secrets.
func (d Draft) String() string { return "draft " + d.ID }

// GoString is String, for %#v.
func (d Draft) GoString() string { return d.String() }

// State is how far creating the Zap is, or changing it.
type State string

// The states. In all but the first the draft cannot be changed.
const (
	NotPublished State = ""
	// Running: a request is under way.
	Running State = "running"
	// Unknown: Zapier's answer was lost, and the list of Zaps does not show the Zap (yet).
	Unknown State = "unknown"
	Done    State = "done"
)

// Publishing is how far creating the Zap is, or changing it.
type Publishing struct {
	State State
	// Key tells one try from the next.
	Key       string
	StartedAt time.Time
	// ZapID, ZapTitle and Editor are the finished Zap and the link to it at Zapier; Editor may be "".
	ZapID, ZapTitle, Editor string
	// Off: Zapier said of the finished Zap that it is not on.
	Off bool
	// Refused is what Zapier said at the last try and what is about no field; Step.Refused has the rest.
	Refused []string
}

// App is the product that a step uses.
type App struct {
	ID, Title, Image, Color string
	// NeedsNone: it works without an Authentication.
	NeedsNone bool
}

// Action is the operation that a step does, by what is stable about it.
type Action struct {
	Type                    zapier.ActionType
	Key, Title, Description string
}

// Account is the Authentication that a step uses; with ID "" it needs none.
type Account struct{ ID, Title string }

// Step is one stage of a draft.
type Step struct {
	// ID lasts as long as the step and is never used twice in a draft.
	ID string
	// App, Action and Account are nil until they are chosen.
	App     *App
	Action  *Action
	Account *Account
	// Alias is what mappings call the step, "" until an Action is chosen.
	Alias string
	// ActionID is the id of the day and ActionIDAt when it was looked up.
	ActionID   string
	ActionIDAt time.Time
	// Inputs are the values: text, []any of text for a list, map[string]any of text for pairs. Empty ones are not there.
	Inputs zapier.Inputs
	// Labels are what people call the chosen values of SELECT fields, by field id.
	Labels map[string]string
	// Form is as last read; FormRead is zero when that was never, or before something changed that shapes it.
	Form     []zapier.Field
	FormRead time.Time
	// ReadFor are the values that the form was read for, of those that shape it; "" if nobody knows.
	ReadFor string `json:",omitempty"`
	// Choices are those of SELECT fields as last read, by field id.
	Choices map[string]Choices
	// Offered are the defaults that were filled in once, by field id, so that a value which the person empties stays empty.
	Offered map[string]string
	// Outputs are as last read; OutputsRead is zero when that was never, or before the values changed.
	Outputs     []zapier.OutputField
	OutputsRead time.Time
	// Samples are values of the last test, by output field: better than those in Outputs.
	Samples map[string]string
	// Test is what came of the last test, nil when the step changed since.
	Test *Test
	// Tests counts the tests that came to an end.
	Tests int
	// Refused is what Zapier said of a field when it was last asked, until the field changes.
	Refused map[string]string
	// Dropped are values that were lost because the form which was just read has no field for them. It is not stored.
	Dropped []Value `json:"-"`
}

// Choices are what a SELECT field offers.
type Choices struct {
	// For says with which values they were read.
	For  string
	List []zapier.Choice
	// More: there are more than are kept.
	More bool
	// Failed: they could not be read at the last try; List is then what was known before, or nothing.
	Failed bool
	// Waits are the fields that have to be filled in first; the choices were not asked for.
	Waits []string
}

// Test is what came of executing a step.
type Test struct {
	At time.Time
	// Found counts the objects; 0 is a good test that found nothing.
	Found int
	// First is the first of them, shortened where it is long.
	First json.RawMessage
	// Failed are the words with which the third party, or Zapier, refused. nil after a good test.
	Failed []string
}

// Reading says how much of a form is read again.
type Reading int

// The readings.
const (
	// IfNeeded reads what was never read or is out of date.
	IfNeeded Reading = iota
	// Again reads the form; choices that are known for the same values stay.
	Again
	// AgainWithChoices reads all that was read before.
	AgainWithChoices
)

// New returns a draft with two empty steps.
func New(title string) Draft {
	d := Draft{Title: strings.TrimSpace(title)}
	for range minSteps {
		d.Steps = append(d.Steps, d.newStep())
	}
	return d
}
