package connect_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// adder is Zapier, as far as adding goes.
type adder struct {
	list
	mu      sync.Mutex
	creates int
	// late hides what is made from the list until it is cleared; err is answered, after the making unless refuses.
	late    bool
	err     error
	refuses bool
	inside  func()
	hidden  []zapier.Authentication
}

func (a *adder) CreateAuthentication(ctx context.Context, body zapier.AuthenticationRequest) (zapier.Authentication, error) {
	if a.inside != nil {
		a.inside()
	}
	if err := ctx.Err(); err != nil {
		return zapier.Authentication{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.creates++
	made := zapier.Authentication{ID: zapier.ID("made-" + string(rune('0'+a.creates))), Title: body.Title}
	switch {
	case a.refuses:
		return zapier.Authentication{}, a.err
	case a.late:
		a.hidden = append(a.hidden, made)
	default:
		a.list.mu.Lock()
		a.list.items = append([]zapier.Authentication{made}, a.list.items...)
		a.list.mu.Unlock()
	}
	return made, a.err
}

func (a *adder) show() {
	a.list.mu.Lock()
	defer a.list.mu.Unlock()
	a.list.items = append(a.list.items, a.hidden...)
}

func addition() zapier.AuthenticationRequest {
	return zapier.AuthenticationRequest{Title: "Mine", App: "app", Fields: map[string]string{"password": "canary-password"}}
}

var person = connect.Owner{Browser: "browser", User: "user"}

func (h *house) add(api *adder, form string) (connect.Candidate, error) {
	return h.Add(h.t.Context(), person, form, api, addition())
}

func TestAddOnceForEachForm(t *testing.T) {
	h, api := newHouse(t), &adder{}
	made, err := h.add(api, "form")
	require.NoError(t, err)
	assert.Equal(t, connect.Candidate{ID: "made-1", Title: "Mine"}, made)
	reads := api.count()
	again, err := h.add(api, "form")
	require.NoError(t, err)
	assert.Equal(t, made, again)
	assert.Equal(t, reads, api.count(), "it is known, so Zapier is not asked")
	h.open()
	again, err = h.add(api, "form")
	require.NoError(t, err)
	assert.Equal(t, made, again, "a restarted server knows it")
	assert.Equal(t, 1, api.creates)

	other := addition()
	other.Fields = map[string]string{"password": "another"}
	for _, send := range []func() (connect.Candidate, error){
		func() (connect.Candidate, error) { return h.add(api, "another form") },
		func() (connect.Candidate, error) { return h.Add(t.Context(), person, "form", api, other) },
		func() (connect.Candidate, error) {
			return h.Add(t.Context(), connect.Owner{Browser: "another", User: "user"}, "form", api, addition())
		},
		func() (connect.Candidate, error) { h.clock.Advance(time.Hour); return h.add(api, "form") },
	} {
		before := api.creates
		_, err := send()
		require.NoError(t, err)
		assert.Equal(t, before+1, api.creates)
	}
}

// turned tells when somebody was turned away from a lease.
type turned struct {
	store.Engine
	away chan struct{}
}

func (e *turned) Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error) {
	held, err := e.Engine.Acquire(ctx, name, owner, ttl)
	if !held && err == nil {
		select {
		case e.away <- struct{}{}:
		default:
		}
	}
	return held, err
}

// The second press waits for the first, though the browser has given that one up.
func TestAddIsNotGivenUpAndNotDoneTwice(t *testing.T) {
	h := newHouse(t)
	waits := &turned{h.engine.Engine, make(chan struct{}, 1)}
	h.engine.Engine = waits
	entered, leave := make(chan struct{}), make(chan struct{})
	api := &adder{inside: func() { close(entered); <-leave }}
	ctx, giveUp := context.WithCancel(t.Context())
	results := make(chan connect.Candidate, 2)
	press := func(ctx context.Context) {
		made, err := h.Add(ctx, person, "form", api, addition())
		assert.NoError(t, err)
		results <- made
	}
	go press(ctx)
	<-entered
	giveUp()
	go press(t.Context())
	<-waits.away
	close(leave)
	assert.Equal(t, <-results, <-results)
	assert.Equal(t, 1, api.creates)
}

func TestAddAfterARefusal(t *testing.T) {
	h := newHouse(t)
	for _, kind := range []zapier.Kind{zapier.Invalid, zapier.Conflict, zapier.Forbidden, zapier.RateLimited, zapier.Unauthorized, zapier.Unreachable, zapier.Resting} {
		refusal := &zapier.Error{Kind: kind, Op: "authentications.create"}
		api := &adder{err: refusal, refuses: true}
		_, err := h.add(api, "form")
		require.ErrorIs(t, err, refusal)
		require.NotErrorIs(t, err, connect.ErrUnclear)
		api.set(zapier.Authentication{ID: "elsewhere", Title: addition().Title})
		api.err, api.refuses = nil, false
		made, err := h.add(api, "form")
		require.NoError(t, err, "the same form may be sent again")
		assert.Equal(t, "made-2", made.ID, "what has come meanwhile is not of this form")
		assert.Equal(t, 2, api.creates)
		h.clock.Advance(time.Hour)
	}
	api := &adder{list: list{err: &zapier.Error{Kind: zapier.Unavailable}}}
	_, err := h.add(api, "form")
	require.NotErrorIs(t, err, connect.ErrUnclear, "nothing was sent")
	require.Error(t, err)
	assert.Zero(t, api.creates)
}

func TestAddLooksForALostAnswer(t *testing.T) {
	for _, kind := range []zapier.Kind{zapier.Broken, zapier.TimedOut, zapier.Unavailable, zapier.CutOff, zapier.NotJSON, zapier.WrongSchema, zapier.TooLarge} {
		h := newHouse(t)
		api := &adder{err: &zapier.Error{Kind: kind}}
		api.items = []zapier.Authentication{{ID: "old", Title: "Mine"}}
		made, err := h.add(api, "form")
		require.NoError(t, err)
		assert.Equal(t, connect.Candidate{ID: "made-1", Title: "Mine"}, made, "not the old one of that name")
		again, err := h.add(api, "form")
		require.NoError(t, err)
		assert.Equal(t, made, again)
		assert.Equal(t, 1, api.creates)
	}
}

func TestAddSaysWhenNobodyKnows(t *testing.T) {
	h := newHouse(t)
	api := &adder{err: &zapier.Error{Kind: zapier.TimedOut}, late: true}
	api.set(zapier.Authentication{ID: "old", Title: "Mine"})
	_, err := h.add(api, "form")
	require.ErrorIs(t, err, connect.ErrUnclear, "an old one of that name proves nothing")
	api.show()
	found, err := h.add(api, "form")
	require.NoError(t, err)
	assert.Equal(t, "made-1", found.ID, "it is looked for before another is made")
	assert.Equal(t, 1, api.creates)

	api = &adder{err: &zapier.Error{Kind: zapier.Unavailable}, late: true}
	_, err = h.add(api, "second")
	require.ErrorIs(t, err, connect.ErrUnclear)
	api.list.err = &zapier.Error{Kind: zapier.Unavailable}
	_, err = h.add(api, "second")
	require.Error(t, err)
	assert.Equal(t, 1, api.creates, "none is made while nobody can look")
	api.list.err, api.err, api.late = nil, nil, false
	made, err := h.add(api, "second")
	require.NoError(t, err)
	assert.Equal(t, "made-2", made.ID, "it was not there, so it is made")
}

// Nothing that was typed is kept.
func TestAddKeepsNothingOfTheFields(t *testing.T) {
	h := newHouse(t)
	for _, api := range []*adder{{}, {err: &zapier.Error{Kind: zapier.TimedOut}, late: true}} {
		_, _ = h.add(api, "form-canary")
	}
	assert.NotContains(t, h.place.Dump(), "canary")
}
