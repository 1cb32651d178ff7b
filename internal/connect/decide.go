package connect

import "github.com/zapembed/zapembed/internal/zapier"

// Kind is what made the browser ask for a look.
type Kind string

// The kinds of evidence. None of them is believed; each only leads to a look.
const (
	// Message: the popup posted a message with the right origin, source and shape.
	Message Kind = "message"
	// Focus: the opener got focus or became visible again.
	Focus Kind = "focus"
	// Closed: the window's handle reads closed, which after the hand-off proves nothing.
	Closed Kind = "closed"
	// Person: the person pressed "I have connected it".
	Person Kind = "user"
	// Timer: a slow background check.
	Timer Kind = "timer"
	// Load: a page with the attempt was loaded.
	Load Kind = "load"
	// Picked: the person picked one of several candidates.
	Picked Kind = "picked"
)

// Kinds are all kinds of evidence a browser may send.
func Kinds() []Kind { return []Kind{Message, Focus, Closed, Person, Timer, Load, Picked} }

// Evidence is one hint from the browser.
type Evidence struct {
	Kind Kind
	// AuthenticationID is what a message or a pick names; a hint, never trusted by itself.
	AuthenticationID string
}

// verdict is what a look at the list tells about an opened attempt.
type verdict struct {
	// connected is the one, nil when there is none or several.
	connected *zapier.Authentication
	proof     Proof
	// candidates are set when the person has to pick.
	candidates []zapier.Authentication
	// hintRefused: the evidence named an id that the list does not hold as usable.
	hintRefused bool
}

// decide holds the fresh list against the baseline. It is the only place that says "connected".
func decide(baseline *Baseline, evidence Evidence, list []zapier.Authentication) verdict {
	possible := candidates(baseline, list)
	switch {
	case evidence.Kind == Picked:
		if named := usable(possible, evidence.AuthenticationID); named != nil {
			return verdict{connected: named, proof: ByPick}
		}
		// What the person picked is gone: to connect another one instead would be a surprise.
		return verdict{candidates: possible, hintRefused: true}
	case evidence.AuthenticationID != "":
		if named := usable(list, evidence.AuthenticationID); named != nil {
			return verdict{connected: named, proof: ByMessage}
		}
	}
	refused := evidence.AuthenticationID != ""
	switch {
	case baseline == nil && evidence.Kind != Person:
		// Nothing to compare with, and nobody asked: do not make the person choose among old ones.
		return verdict{hintRefused: refused}
	case baseline != nil && len(possible) == 1:
		return verdict{connected: &possible[0], proof: ByList, hintRefused: refused}
	default:
		return verdict{candidates: possible, hintRefused: refused}
	}
}

// candidates are the usable Authentications that may be the attempt's work: those the baseline
// does not know and those that came back to life; with an unknown baseline, all of them.
func candidates(baseline *Baseline, list []zapier.Authentication) []zapier.Authentication {
	var found []zapier.Authentication
	for _, authentication := range list {
		if authentication.IsExpired {
			continue
		}
		if baseline != nil {
			if wasExpired, known := (*baseline)[string(authentication.ID)]; known && !wasExpired {
				continue
			}
		}
		found = append(found, authentication)
	}
	return found
}

// usable returns the Authentication with this id if the list holds it and it is not expired.
func usable(list []zapier.Authentication, id string) *zapier.Authentication {
	for i := range list {
		if string(list[i].ID) == id && !list[i].IsExpired {
			return &list[i]
		}
	}
	return nil
}
