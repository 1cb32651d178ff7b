package connect_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/zapier"
)

// how are the words for what a reading of the list was for.
const (
	kept       = "may be kept"
	current    = "may be kept while Zapier is there"
	asked      = "asked anew"
	background = "asked anew, in the background"
	before     = "from before"
)

// purposes are those of the readings since they were last asked for.
func (l *list) purposes() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var words []string
	for _, purpose := range l.asked {
		switch {
		case purpose.Afresh && purpose.Background:
			words = append(words, background)
		case purpose.Afresh:
			words = append(words, asked)
		case purpose.Before:
			words = append(words, before)
		case purpose.Current:
			words = append(words, current)
		default:
			words = append(words, kept)
		}
	}
	l.asked = nil
	return words
}

// What decides about an attempt is asked anew; what a page shows, and what there was before, may be a minute old.
func TestWhichListsMayBeKept(t *testing.T) {
	h := newHouse(t)
	h.list.set(old)
	page := func() []string {
		_, err := h.Look(t.Context(), wade, crm.ID)
		require.NoError(t, err)
		return h.list.purposes()
	}
	assert.Equal(t, []string{kept}, page())
	attempt := h.opened(wade, crm)
	assert.Equal(t, []string{current}, h.list.purposes(), "the baseline, which is no stale one")
	assert.Equal(t, []string{asked}, page(), "it settles what is open")
	for _, kind := range connect.Kinds() {
		h.check(attempt, connect.Evidence{Kind: kind})
		want := asked
		if kind == connect.Timer {
			want = background
		}
		assert.Equal(t, []string{want}, h.list.purposes(), kind)
	}
	h.list.set(old, fresh)
	require.Equal(t, connect.Connected, h.check(attempt, connect.Evidence{Kind: connect.Message, AuthenticationID: "2"}).State)
	h.list.purposes()
	assert.Equal(t, []string{kept}, page(), "nothing is open")

	api := &adder{err: &zapier.Error{Kind: zapier.TimedOut}, late: true}
	_, err := h.Add(t.Context(), wade, "form", api, zapier.AuthenticationRequest{App: crm.ID})
	require.ErrorIs(t, err, connect.ErrUnclear)
	assert.Equal(t, []string{asked, asked}, api.purposes(), "what was there before, and whether it has come")
}

// While Zapier is away a page shows the list from before. Whatever is in it, it connects nothing.
func TestListFromBeforeIsShownAndSettlesNothing(t *testing.T) {
	h := newHouse(t)
	h.list.set(old)
	attempt := h.opened(wade, crm)
	h.list.before = []zapier.Authentication{old, fresh}
	for kind, shown := range map[zapier.Kind]bool{
		zapier.Resting: true, zapier.RateLimited: true, zapier.TimedOut: true, zapier.CutOff: true, zapier.Broken: true,
		zapier.Unauthorized: false, zapier.Forbidden: false,
	} {
		h.list.fail(&zapier.Error{Kind: kind})
		h.list.purposes()
		list, err := h.Look(t.Context(), wade, crm.ID)
		if shown {
			require.NoError(t, err, kind)
			assert.Equal(t, h.list.before, list, kind)
			assert.Equal(t, []string{asked, before}, h.list.purposes(), kind)
		} else {
			require.ErrorIs(t, err, h.list.err, kind)
			assert.Equal(t, []string{asked}, h.list.purposes(), kind)
		}
		_, err = h.Check(t.Context(), wade, attempt.ID, connect.Evidence{Kind: connect.Message, AuthenticationID: string(fresh.ID)})
		require.Error(t, err, "a check is given none from before")
		still, err := h.Get(t.Context(), wade, attempt.ID)
		require.NoError(t, err)
		assert.Equal(t, connect.Opened, still.State, kind)
		assert.Empty(t, still.Candidates, kind)
	}
	h.list.before = nil
	_, err := h.Look(t.Context(), wade, crm.ID)
	require.ErrorIs(t, err, h.list.err, "nothing was known before")
}

// What somebody may still do in the window of another attempt is not this one's: the baseline is asked anew then.
func TestBaselineWhileAnotherWindowMayBeOpen(t *testing.T) {
	h := newHouse(t)
	h.list.set(old)
	first := h.opened(wade, crm)
	_, err := h.Cancel(t.Context(), wade, first.ID)
	require.NoError(t, err)
	h.list.purposes()

	h.opened(wade, sheets)
	assert.Equal(t, []string{current}, h.list.purposes(), "that was for another App")
	h.opened(connect.Owner{Browser: "browser-2", User: "1"}, crm)
	assert.Equal(t, []string{current}, h.list.purposes(), "that was elsewhere")

	second := h.opened(wade, crm)
	assert.Equal(t, []string{asked}, h.list.purposes())
	h.list.set(old, fresh)
	require.Equal(t, connect.Connected, h.check(second, connect.Evidence{Kind: connect.Person}).State)
	h.clock.Advance(connect.Lifetime)
	h.list.purposes()
	h.opened(wade, crm)
	assert.Equal(t, []string{current}, h.list.purposes(), "long ago")
}

// Somebody who waits for a look that the clock has asked for is no background.
func TestPersonJoinsALookOfTheClock(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.purposes()
	begun, held := make(chan struct{}, 9), make(chan struct{})
	h.list.holdWith(func() { begun <- struct{}{}; <-held })
	done := make(chan struct{}, 3)
	look := func(kind connect.Kind) {
		go func() {
			h.check(attempt, connect.Evidence{Kind: kind})
			done <- struct{}{}
		}()
	}
	look(connect.Timer)
	<-begun
	for i, kind := range []connect.Kind{connect.Timer, connect.Person} {
		look(kind)
		h.waiting(i + 1)
	}
	close(held)
	for range 3 {
		<-done
	}
	assert.Equal(t, []string{background, asked}, h.list.purposes())
}

// Whoever hears that something was connected must not be shown a list from before that. So what is kept is forgotten
// first, but for the list that proved it.
func TestKeptAnswersAreForgottenBeforeAnybodyHears(t *testing.T) {
	h := newHouse(t)
	h.list.set(old)
	attempt := h.opened(wade, crm)
	var forgotten []string
	h.forget = func(ctx context.Context, user string) {
		now, err := h.Get(t.Context(), wade, attempt.ID)
		require.NoError(t, err)
		assert.Equal(t, connect.Opened, now.State, "nobody has heard of it")
		assert.NotNil(t, zapier.PurposeOf(ctx).Proof, "the list stays")
		forgotten = append(forgotten, user)
	}
	h.check(attempt, connect.Evidence{Kind: connect.Person})
	assert.Empty(t, forgotten, "nothing is new")
	h.list.set(old, fresh)
	require.Equal(t, connect.Connected, h.check(attempt, connect.Evidence{Kind: connect.Person}).State)
	assert.Equal(t, []string{"1"}, forgotten)

	h.forget = func(_ context.Context, user string) { forgotten = append(forgotten, user+" added") }
	_, err := h.Add(t.Context(), wade, "form", &adder{}, zapier.AuthenticationRequest{App: crm.ID})
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "1 added"}, forgotten)
}
