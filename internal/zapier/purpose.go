package zapier

import (
	"context"
	"errors"
	"time"
)

// Purpose says what a call is for. It travels in the call's context, so that what lies between the client and the
// network (limits, a cache) can tell calls apart which look alike.
type Purpose struct {
	// User is whose call it is, as named to As; "" when nobody's.
	User string
	// Background: nobody is in front of a page that waits for it.
	Background bool
	// Afresh: an answer that was given before will not do.
	Afresh bool
	// Reload: somebody wants to see how things are now. An answer of a moment ago will do, and an older one while Zapier
	// is away.
	Reload bool
	// Current: an answer that stands in for one of a Zapier that is away will not do.
	Current bool
	// Before: only an answer that was given before will do, and nobody asks for another.
	Before bool
	// Proof, if not nil, is to have what the calls are answered.
	Proof *Proof
	// Patience is how long the call may wait for room under Zapier's limits; 0 is for whoever waits to say.
	Patience time.Duration
	// Wanted, if not nil, is asked before a call is sent again, and says whether anybody still waits for it.
	Wanted func() bool
}

type purposeKey struct{}

// PurposeOf returns what a call with the context is for.
func PurposeOf(ctx context.Context) Purpose {
	purpose, _ := ctx.Value(purposeKey{}).(Purpose)
	return purpose
}

// InBackground is for calls that nobody waits for: people's calls go first.
func InBackground(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Background = true })
}

// Afresh is for calls that must reach Zapier: the answer has to be younger than the question.
func Afresh(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Afresh = true })
}

// Currently is for calls whose answer something is decided by: better none than one from before Zapier was away.
func Currently(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Current = true })
}

// ErrNoneBefore: no answer from before is kept, and nothing was sent.
var ErrNoneBefore = errors.New("zapier: no answer from before")

// FromBefore is for the calls of a page that shows what there was, after Zapier did not say what there is. What passes the
// cache ends in ErrNoneBefore.
func FromBefore(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Before = true })
}

// Reloaded is for the calls of a page that a person loads again.
func Reloaded(ctx context.Context) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Reload = true })
}

// Patiently lets each call wait so long for room under Zapier's limits.
func Patiently(ctx context.Context, patience time.Duration) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Patience = patience })
}

// WhileWanted is for calls that several people wait for, who come and go.
func WhileWanted(ctx context.Context, wanted func() bool) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.Wanted = wanted })
}

// inTheNameOf says whose call it is.
func inTheNameOf(ctx context.Context, user string) context.Context {
	return withPurpose(ctx, func(p *Purpose) { p.User = user })
}

func withPurpose(ctx context.Context, change func(*Purpose)) context.Context {
	purpose := PurposeOf(ctx)
	change(&purpose)
	return context.WithValue(ctx, purposeKey{}, purpose)
}
