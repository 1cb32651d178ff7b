package connect

import (
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
)

// How long things live.
const (
	// Lifetime is how long an attempt may take once its window was sent to Zapier.
	Lifetime = 30 * time.Minute
	// LinkLifetime is how long a start link that nobody has followed stays good: a page may stand open for a working day.
	LinkLifetime = 12 * time.Hour
	// keep is how long an attempt can be read after it was made.
	keep = 24 * time.Hour
)

// State is where an attempt stands.
type State string

// The states. All but the first two are settled and never change again.
const (
	Minted     State = "minted"
	Opened     State = "opened"
	Connected  State = "connected"
	Cancelled  State = "cancelled"
	Expired    State = "expired"
	Failed     State = "failed"
	Superseded State = "superseded"
)

// Reason says in a word why an attempt settled without an Authentication.
type Reason string

// The reasons.
const (
	// ByPerson: the person pressed Cancel.
	ByPerson Reason = "by-person"
	// ClosedBeforeStart: the window was closed before our start link was served.
	ClosedBeforeStart Reason = "closed-before-start"
	// SignedOut: the session it belonged to ended.
	SignedOut Reason = "signed-out"
	// Newer: a newer attempt for the same App took its place.
	Newer Reason = "newer-attempt"
	// TooOld: it was not finished in time.
	TooOld Reason = "too-old"
	// BadLink: Zapier's connect link leads to an origin that is not Zapier's.
	BadLink Reason = "bad-link"
)

// Proof says what settled a connected attempt.
type Proof string

// The proofs.
const (
	// ByMessage: the popup's message named an Authentication that the fresh list holds.
	ByMessage Proof = "message"
	// ByList: the list held exactly one that was not in the baseline, or one that came back to life.
	ByList Proof = "list"
	// ByPick: several were possible and the person chose.
	ByPick Proof = "picked"
)

// Owner is whose attempt it is: one browser session of one Zapier user.
type Owner struct {
	// Browser is the session's lasting random name, which outlives changes of the session's id.
	Browser string `json:"browser"`
	// User is the Zapier user's id.
	User string `json:"user"`
}

// App is what an attempt keeps of the App it is for.
type App struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Image string `json:"image,omitempty"`
	// ConnectURL is links.connect_new_authentication of the App (api.md 2.7).
	ConnectURL string `json:"connect_url"`
}

// Candidate is an Authentication that may be the one just connected.
type Candidate struct {
	ID    string `json:"id"`
	Title string `json:"title"`
}

// Attempt is one try to connect an Authentication. It is stored sealed.
type Attempt struct {
	ID    string `json:"id"`
	Owner Owner  `json:"owner"`
	App   App    `json:"app"`
	// Token makes the start link work without a cookie, for this attempt alone.
	Token string `json:"token"`

	State  State  `json:"state"`
	Reason Reason `json:"reason,omitempty"`
	Proof  Proof  `json:"proof,omitempty"`
	// AuthenticationID and Title are the connected one's.
	AuthenticationID string `json:"authentication_id,omitempty"`
	Title            string `json:"title,omitempty"`
	// Candidates wait for the person to pick one.
	Candidates []Candidate `json:"candidates,omitempty"`
	// RefusedHints counts messages that named an Authentication the list does not hold.
	RefusedHints int `json:"refused_hints,omitempty"`
	// Hint is the last id so named: the list may only have been behind, so every look tries it again.
	Hint string `json:"hint,omitempty"`

	// Baseline is the list just before the person went to Zapier; nil means unknown, which is never "empty".
	Baseline *Baseline `json:"baseline,omitempty"`
	// Inherited: the baseline is that of the attempt this one took the place of. A later one might hold what
	// the first one's window has connected unseen.
	Inherited bool `json:"inherited,omitempty"`

	CreatedAt time.Time `json:"created_at"`
	// SeenAt is when the start link was first asked for, which is before OpenedAt, when it was answered.
	SeenAt    time.Time `json:"seen_at,omitzero"`
	OpenedAt  time.Time `json:"opened_at,omitzero"`
	SettledAt time.Time `json:"settled_at,omitzero"`
}

// Settled reports whether the attempt has ended.
func (a Attempt) Settled() bool { return a.State != Minted && a.State != Opened }

// ExpiresAt is when the attempt ends by itself.
func (a Attempt) ExpiresAt() time.Time {
	if a.State == Minted {
		return a.CreatedAt.Add(LinkLifetime)
	}
	return a.OpenedAt.Add(Lifetime)
}

// Baseline is an App's list of Authentications at one moment: id to is_expired.
type Baseline map[string]bool

func baselineOf(list []zapier.Authentication) *Baseline {
	baseline := make(Baseline, len(list))
	for _, authentication := range list {
		baseline[string(authentication.ID)] = authentication.IsExpired
	}
	return &baseline
}
