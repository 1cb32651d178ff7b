package templates

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// secondsMarker is what the script replaces by a number in a sentence that counts down.
const secondsMarker = "{seconds}"

// timeMarker is what the script replaces by a time in the visitor's own clock.
const timeMarker = "{time}"

// unworded is a time that stands alone.
func unworded(when string) string { return when }

// keptSince is KeptSince, or zero where nobody can say.
func (p Page) keptSince() time.Time {
	if p.KeptSince == nil {
		return time.Time{}
	}
	return p.KeptSince()
}

// waiting makes the drawing of a page that goes on by itself move.
func (p ErrorPage) waiting() templ.Attributes {
	if p.Wait == nil {
		return nil
	}
	return templ.Attributes{"data-state": string(AttemptWaiting)}
}

// kept says whether what was sent is lost, where something was.
func (p ErrorPage) kept() string {
	switch {
	case p.Repeat != nil:
		return p.Phrases.Problem.NothingLost
	case p.Lost:
		return p.Phrases.Problem.TypedLost
	}
	return ""
}

// helps says whether trying again does.
func (p ErrorPage) helps() string {
	if p.Helps {
		return p.Phrases.Problem.HelpsYes
	}
	return p.Phrases.Problem.HelpsNo
}

// repeatsFirst: to send the form again is the first way on. Where it may have been done, to go back and look is.
func (p ErrorPage) repeatsFirst() bool { return p.Repeat != nil && p.Wait == nil && !p.Unclear }

// retryLabel says what the link Retry does: it tries again only where that may help.
func (p ErrorPage) retryLabel() string {
	words := p.Phrases.Problem
	switch {
	case p.SignsIn:
		return words.SignInAgain
	case p.Back:
		return words.GoBack
	}
	return words.TryAgain
}

// What can be seen in a region: one view per state, and picking, which is
// waiting with several candidates at hand.
const (
	viewIdle      = string(AttemptIdle)
	viewOpened    = string(AttemptOpened)
	viewWaiting   = string(AttemptWaiting)
	viewBlocked   = string(AttemptBlocked)
	viewConnected = string(AttemptConnected)
	viewCancelled = string(AttemptCancelled)
	viewExpired   = string(AttemptExpired)
	viewFailed    = string(AttemptFailed)
	viewPicking   = "picking"
)

// view is what the region shows first; the script switches it later.
func (a Attempt) view() string {
	if len(a.Candidates) > 0 && (a.State == AttemptOpened || a.State == AttemptWaiting) {
		return viewPicking
	}
	return string(a.State)
}

// only marks an element as shown in some views and hidden in the others. It is
// the one rule the region and the sign-in control switch by, here and in the script.
func only(current string, views ...string) templ.Attributes {
	attributes := templ.Attributes{"data-show": strings.Join(views, " ")}
	if !slices.Contains(views, current) {
		attributes["hidden"] = true
	}
	return attributes
}

// next is the id that Start belongs to.
func (a Attempt) next() string {
	if a.Next == "" {
		return a.ID
	}
	return a.Next
}

// ending explains how the attempt ended. A region that has not ended carries the
// usual phrase of each ending, so that the script can show it without writing one.
func (a Attempt) ending(phrases *Phrases, state AttemptState) ErrorPhrase {
	if a.State == state && a.Reason != nil {
		return *a.Reason
	}
	return phrases.Error("attempt-" + string(state))
}

// connected says what was connected. In a step of a Zap the list beside it tells what is in use.
func (p AppPage) connected(a Attempt) string {
	named, unnamed := p.Phrases.Attempt.Connected, p.Phrases.Attempt.ConnectedUnnamed
	if p.Return != "" {
		named, unnamed = p.Phrases.Attempt.ConnectedForStep, p.Phrases.Attempt.ConnectedForStepUnnamed
	}
	if a.Title == "" {
		return unnamed
	}
	return named(a.Title)
}

// spoken joins a panel's heading and sentence for the live region. A heading that
// ends as a question or an exclamation needs no full stop.
func spoken(title, sentence string) string {
	if strings.HasSuffix(title, "?") || strings.HasSuffix(title, "!") || strings.HasSuffix(title, ".") {
		return title + " " + sentence
	}
	return title + ". " + sentence
}
