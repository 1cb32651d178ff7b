package connect_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
	"github.com/zapembed/zapembed/internal/zapier"
)

// house is a service on a real engine, with a clock and a list of its own.
type house struct {
	*connect.Service
	t     *testing.T
	clock *storetest.Clock
	list  *list
	place *testengine.Place
	keys  *store.Keyring
	// forget hears when what is kept of Zapier's answers is of the past.
	forget func(ctx context.Context, user string)
	// engine is the real one with a place to step in.
	engine *steppedIn
}

// steppedIn lets a test do something at the moment a record is made, and counts what the tabs are told.
type steppedIn struct {
	store.Engine
	hook func()
	told atomic.Int64
	// listsFail holds how often lists are still read, before one is not.
	listsFail *int
}

func (e *steppedIn) List(ctx context.Context, group string) ([]store.Record, error) {
	if e.listsFail != nil {
		if *e.listsFail--; *e.listsFail < 0 {
			e.listsFail = nil
			return nil, store.ErrUnavailable
		}
	}
	return e.Engine.List(ctx, group)
}

func (e *steppedIn) Publish(ctx context.Context, topic string) error {
	e.told.Add(1)
	return e.Engine.Publish(ctx, topic)
}

func (e *steppedIn) beforeCreate(hook func()) { e.hook = hook }

func (e *steppedIn) Create(ctx context.Context, record store.Record) error {
	if hook := e.hook; hook != nil {
		e.hook = nil
		hook()
	}
	return e.Engine.Create(ctx, record)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	h := &house{
		t: t, keys: keys, list: &list{},
		clock: storetest.NewClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)),
	}
	h.place = testengine.NewPlace(t, h.clock.Now)
	h.open()
	return h
}

// open opens the store and makes the service anew, as a restarted server would.
func (h *house) open() {
	h.engine = &steppedIn{Engine: h.place.Open()}
	var err error
	h.Service, err = connect.New(connect.Config{
		Engine: h.engine, Keys: h.keys,
		Zapier: func(string) connect.Lister { return h.list },
		Forget: func(ctx context.Context, user string) {
			if h.forget != nil {
				h.forget(ctx, user)
			}
		},
		Origins: []string{"https://zapier.com"},
		Now:     h.clock.Now,
		Logger:  slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(h.t, err)
}

// opened begins an attempt and follows its start link.
func (h *house) opened(owner connect.Owner, app connect.App) connect.Attempt {
	h.t.Helper()
	attempt, err := h.Begin(h.t.Context(), owner, app)
	require.NoError(h.t, err)
	target, attempt, err := h.Start(h.t.Context(), attempt.ID, attempt.Token)
	require.NoError(h.t, err)
	require.Equal(h.t, app.ConnectURL, target)
	require.Equal(h.t, connect.Opened, attempt.State)
	return attempt
}

func (h *house) check(attempt connect.Attempt, evidence connect.Evidence) connect.Attempt {
	h.t.Helper()
	checked, err := h.Check(h.t.Context(), attempt.Owner, attempt.ID, evidence)
	require.NoError(h.t, err)
	return checked
}

// list is what Zapier holds; hold makes readings wait.
type list struct {
	mu    sync.Mutex
	items []zapier.Authentication
	err   error
	// before is what readings are given that ask for no more than what was known before.
	before []zapier.Authentication
	reads  int
	// asked is what the readings were for.
	asked []zapier.Purpose
	hold  func()
}

func (l *list) set(items ...zapier.Authentication) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items, l.err = items, nil
}

func (l *list) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *list) holdWith(hold func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hold = hold
}

func (l *list) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reads
}

func (l *list) ListAuthentications(ctx context.Context, _ string) ([]zapier.Authentication, error) {
	l.mu.Lock()
	l.asked = append(l.asked, zapier.PurposeOf(ctx))
	items, err, hold := l.items, l.err, l.hold
	if zapier.PurposeOf(ctx).Before && l.before != nil {
		items, err = l.before, nil
	}
	l.reads++
	l.mu.Unlock()
	if hold != nil {
		hold()
	}
	return items, err
}

var (
	wade   = connect.Owner{Browser: "browser-1", User: "1"}
	crm    = connect.App{ID: "app-crm", Title: "CRM", ConnectURL: "https://zapier.com/engine/auth/start/CRM"}
	sheets = connect.App{ID: "app-sheets", Title: "Sheets", ConnectURL: "https://zapier.com/engine/auth/start/Sheets"}
	old    = zapier.Authentication{ID: "1", Title: "CRM"}
	fresh  = zapier.Authentication{ID: "2", Title: "CRM #2"}
	later  = zapier.Authentication{ID: "3", Title: "CRM #3"}
)

func TestAttemptIsConnectedByWhatTheListShows(t *testing.T) {
	h := newHouse(t)
	h.list.set(old)
	attempt := h.opened(wade, crm)

	assert.Equal(t, connect.Opened, h.check(attempt, connect.Evidence{Kind: connect.Focus}).State)

	h.list.set(fresh, old)
	connected := h.check(attempt, connect.Evidence{Kind: connect.Focus})
	assert.Equal(t, connect.Connected, connected.State)
	assert.Equal(t, "2", connected.AuthenticationID)
	assert.Equal(t, "CRM #2", connected.Title)
	assert.Equal(t, connect.ByList, connected.Proof)
}

func TestSettledAttemptNeverChanges(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.set(fresh)
	connected := h.check(attempt, connect.Evidence{Kind: connect.Message, AuthenticationID: "2"})
	require.Equal(t, connect.Connected, connected.State)

	h.list.set(later, fresh)
	again := h.check(attempt, connect.Evidence{Kind: connect.Message, AuthenticationID: "3"})
	assert.Equal(t, connected, again, "a second message changes nothing")
	cancelled, err := h.Cancel(t.Context(), wade, attempt.ID)
	require.NoError(t, err)
	assert.Equal(t, connected, cancelled, "cancelling comes too late")
}

func TestRunningAttemptIsMetAgain(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)

	again, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	assert.Equal(t, attempt.ID, again.ID, "the same App: the same attempt")

	other, err := h.Begin(t.Context(), wade, sheets)
	require.NoError(t, err)
	assert.NotEqual(t, attempt.ID, other.ID, "another App has its own")
}

func TestStartAgainKeepsTheBaseline(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.set(fresh) // connected, but nobody has looked yet

	target, again, err := h.Start(t.Context(), attempt.ID, attempt.Token)
	require.NoError(t, err)
	assert.Equal(t, crm.ConnectURL, target)
	assert.Equal(t, attempt.Baseline, again.Baseline)
	assert.Equal(t, connect.Connected, h.check(attempt, connect.Evidence{Kind: connect.Closed}).State,
		"a baseline taken anew would already hold the connected one, and it would be lost")
}

func TestStartNeedsTheToken(t *testing.T) {
	h := newHouse(t)
	attempt, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	other, err := h.Begin(t.Context(), wade, sheets)
	require.NoError(t, err)

	for name, token := range map[string]string{"none": "", "wrong": "x", "another attempt's": other.Token} {
		t.Run(name, func(t *testing.T) {
			_, _, err := h.Start(t.Context(), attempt.ID, token)
			assert.ErrorIs(t, err, connect.ErrNotFound)
		})
	}
}

func TestStartLeadsOnlyToZapier(t *testing.T) {
	for _, link := range []string{
		"https://evil.example/engine", "http://zapier.com/engine", "https://zapier.com.evil.example/",
		"https://zapier.com@evil.example/", "https://user@zapier.com/", "//zapier.com/", "javascript:alert(1)",
	} {
		t.Run(link, func(t *testing.T) {
			h := newHouse(t)
			attempt, err := h.Begin(t.Context(), wade, connect.App{ID: "app", ConnectURL: link})
			require.NoError(t, err)
			target, failed, err := h.Start(t.Context(), attempt.ID, attempt.Token)
			require.ErrorIs(t, err, connect.ErrSettled)
			assert.Empty(t, target)
			assert.Equal(t, connect.Failed, failed.State)
			assert.Equal(t, connect.BadLink, failed.Reason)
		})
	}
}

func TestAppThatNeedsNone(t *testing.T) {
	_, err := newHouse(t).Begin(t.Context(), wade, connect.App{ID: "app"})
	assert.ErrorIs(t, err, connect.ErrNeedsNone)
}

func TestUnknownBaselineIsNeverEmpty(t *testing.T) {
	h := newHouse(t)
	h.list.fail(errors.New("zapier is away"))
	attempt := h.opened(wade, crm)
	require.Nil(t, attempt.Baseline)

	h.list.set(old)
	assert.Equal(t, connect.Opened, h.check(attempt, connect.Evidence{Kind: connect.Focus}).State,
		"an old Authentication must not be taken for the new one")

	asked := h.check(attempt, connect.Evidence{Kind: connect.Person})
	require.Equal(t, connect.Opened, asked.State)
	require.Equal(t, []connect.Candidate{{ID: "1", Title: "CRM"}}, asked.Candidates)

	picked := h.check(attempt, connect.Evidence{Kind: connect.Picked, AuthenticationID: "1"})
	assert.Equal(t, connect.Connected, picked.State)
	assert.Equal(t, connect.ByPick, picked.Proof)
}

func TestWindowClosedBeforeAndAfterStart(t *testing.T) {
	h := newHouse(t)
	minted, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	closed := h.check(minted, connect.Evidence{Kind: connect.Closed})
	assert.Equal(t, connect.Cancelled, closed.State)
	assert.Equal(t, connect.ClosedBeforeStart, closed.Reason)

	_, _, err = h.Start(t.Context(), minted.ID, minted.Token)
	assert.ErrorIs(t, err, connect.ErrSettled, "the link of a cancelled attempt leads nowhere")

	opened := h.opened(wade, crm)
	assert.Equal(t, connect.Opened, h.check(opened, connect.Evidence{Kind: connect.Closed}).State,
		"after the hand-off a closed window proves nothing")
}

func TestWindowClosedWhileTheBaselineIsRead(t *testing.T) {
	h := newHouse(t)
	attempt, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	ctx, leave := context.WithCancel(t.Context())
	h.list.holdWith(leave)

	_, _, err = h.Start(ctx, attempt.ID, attempt.Token)
	require.ErrorIs(t, err, context.Canceled)
	h.list.holdWith(nil)

	left, err := h.Get(t.Context(), wade, attempt.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Minted, left.State, "nobody was sent to Zapier")
	assert.False(t, left.SeenAt.IsZero(), "but the link was seen")
	assert.Equal(t, connect.Cancelled, h.check(attempt, connect.Evidence{Kind: connect.Closed}).State)
}

func TestOverdueAttempt(t *testing.T) {
	t.Run("gets a last look, so that a late success still lands", func(t *testing.T) {
		h := newHouse(t)
		attempt := h.opened(wade, crm)
		h.list.set(fresh)
		h.clock.Advance(connect.Lifetime + time.Hour)
		late, err := h.Get(t.Context(), wade, attempt.ID)
		require.NoError(t, err)
		assert.Equal(t, connect.Connected, late.State)
	})
	t.Run("expires when there is nothing new", func(t *testing.T) {
		h := newHouse(t)
		attempt := h.opened(wade, crm)
		h.clock.Advance(connect.Lifetime - time.Second)
		assert.Equal(t, connect.Opened, h.check(attempt, connect.Evidence{Kind: connect.Timer}).State)
		h.clock.Advance(time.Second)
		late, err := h.Get(t.Context(), wade, attempt.ID)
		require.NoError(t, err)
		assert.Equal(t, connect.Expired, late.State)
		assert.Equal(t, connect.TooOld, late.Reason)
	})
	t.Run("waits while Zapier cannot be asked", func(t *testing.T) {
		h := newHouse(t)
		attempt := h.opened(wade, crm)
		h.clock.Advance(connect.Lifetime)
		h.list.fail(errors.New("zapier is away"))
		late, err := h.Get(t.Context(), wade, attempt.ID)
		require.NoError(t, err)
		assert.Equal(t, connect.Opened, late.State)
	})
	t.Run("a link nobody followed is good for a working day", func(t *testing.T) {
		h := newHouse(t)
		attempt, err := h.Begin(t.Context(), wade, crm)
		require.NoError(t, err)
		h.clock.Advance(connect.LinkLifetime - time.Second)
		_, _, err = h.Start(t.Context(), attempt.ID, attempt.Token)
		require.NoError(t, err)

		stale, err := h.Begin(t.Context(), wade, sheets)
		require.NoError(t, err)
		h.clock.Advance(connect.LinkLifetime)
		_, expired, err := h.Start(t.Context(), stale.ID, stale.Token)
		require.ErrorIs(t, err, connect.ErrSettled)
		assert.Equal(t, connect.Expired, expired.State)
	})
}

func TestNewerAttemptSupersedes(t *testing.T) {
	h := newHouse(t)
	first := h.opened(wade, crm)
	second, err := h.Restart(t.Context(), wade, crm)
	require.NoError(t, err)
	assert.NotEqual(t, first.ID, second.ID)

	ended, err := h.Get(t.Context(), wade, first.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Superseded, ended.State)
}

func TestRestartFindsWhatWasConnectedMeanwhile(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.set(fresh)
	found, err := h.Restart(t.Context(), wade, crm)
	require.NoError(t, err)
	assert.Equal(t, attempt.ID, found.ID)
	assert.Equal(t, connect.Connected, found.State)
}

// What the first window connects must not vanish in the baseline of the attempt that took its place.
func TestRestartInheritsTheBaseline(t *testing.T) {
	t.Run("finished unseen, and the last look fails", func(t *testing.T) {
		h := newHouse(t)
		h.list.set(old)
		h.opened(wade, crm)
		h.list.set(fresh, old)
		h.list.fail(errors.New("zapier is away"))
		second, err := h.Restart(t.Context(), wade, crm)
		require.NoError(t, err)
		h.list.set(fresh, old)
		_, second, err = h.Start(t.Context(), second.ID, second.Token)
		require.NoError(t, err)
		connected := h.check(second, connect.Evidence{Kind: connect.Person})
		assert.Equal(t, connect.Connected, connected.State)
		assert.Equal(t, "2", connected.AuthenticationID)
	})
	t.Run("finished in the first window after starting over", func(t *testing.T) {
		h := newHouse(t)
		h.list.set(old)
		h.opened(wade, crm)
		second, err := h.Restart(t.Context(), wade, crm)
		require.NoError(t, err)
		h.list.set(fresh, old)
		_, second, err = h.Start(t.Context(), second.ID, second.Token)
		require.NoError(t, err)
		assert.Equal(t, connect.Connected, h.check(second, connect.Evidence{Kind: connect.Focus}).State)
	})
	t.Run("an unknown one stays unknown", func(t *testing.T) {
		h := newHouse(t)
		h.list.fail(errors.New("zapier is away"))
		h.opened(wade, crm)
		second, err := h.Restart(t.Context(), wade, crm)
		require.NoError(t, err)
		h.list.set(fresh, old)
		_, second, err = h.Start(t.Context(), second.ID, second.Token)
		require.NoError(t, err)
		assert.Nil(t, second.Baseline)
		assert.Len(t, h.check(second, connect.Evidence{Kind: connect.Person}).Candidates, 2)
	})
}

// Zapier may post the message before its list shows what was connected.
func TestMessageAheadOfTheListIsNotForgotten(t *testing.T) {
	for name, baseline := range map[string]error{"known": nil, "unknown": errors.New("zapier is away")} {
		t.Run(name+" baseline", func(t *testing.T) {
			h := newHouse(t)
			h.list.set(old)
			h.list.fail(baseline)
			attempt := h.opened(wade, crm)
			h.list.set(old)
			require.Equal(t, connect.Opened, h.check(attempt, connect.Evidence{Kind: connect.Message, AuthenticationID: "2"}).State)
			h.list.set(fresh, later, old)
			connected := h.check(attempt, connect.Evidence{Kind: connect.Timer})
			assert.Equal(t, connect.Connected, connected.State)
			assert.Equal(t, "2", connected.AuthenticationID)
			assert.Equal(t, 1, connected.RefusedHints)
		})
	}
}

// A tab that closes while its look is under way takes nothing with it.
func TestLookSettlesThoughItsCallerIsGone(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.set(fresh)
	ctx, leave := context.WithCancel(t.Context())
	h.list.holdWith(leave)
	_, err := h.Check(ctx, wade, attempt.ID, connect.Evidence{Kind: connect.Message, AuthenticationID: "2"})
	if err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Eventually(t, func() bool {
		left, err := h.Get(t.Context(), wade, attempt.ID)
		return err == nil && left.State == connect.Connected
	}, 10*time.Second, time.Millisecond)
}

func TestPickingIsNeverTooLate(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.list.set(later, fresh)
	h.clock.Advance(connect.Lifetime)
	asked := h.check(attempt, connect.Evidence{Kind: connect.Timer})
	require.Len(t, asked.Candidates, 2)
	assert.Equal(t, connect.Connected, h.check(attempt, connect.Evidence{Kind: connect.Picked, AuthenticationID: "3"}).State)
}

func TestLookThatFindsNothingTellsNobody(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	told := h.engine.told.Load()
	require.Positive(t, told, "what is opened is told")
	h.check(attempt, connect.Evidence{Kind: connect.Timer})
	assert.Equal(t, told, h.engine.told.Load(), "every open tab was woken for nothing")
}

func TestClosedWhileStartingLeavesTheOthersAlone(t *testing.T) {
	h := newHouse(t)
	var first connect.Attempt
	h.engine.beforeCreate(func() { first = h.opened(wade, crm) })
	second, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	h.list.holdWith(func() {
		h.list.holdWith(nil)
		h.check(second, connect.Evidence{Kind: connect.Closed})
	})
	_, _, err = h.Start(t.Context(), second.ID, second.Token)
	require.ErrorIs(t, err, connect.ErrSettled)
	still, err := h.Get(t.Context(), wade, first.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Opened, still.State)
}

// Two pages drawn at the same moment may mint two attempts for one App. When the second window starts, the
// first may have finished unseen: its Authentication is in the second's baseline, where nobody would find it.
func TestNewerStartSettlesTheOlderFirst(t *testing.T) {
	for name, tt := range map[string]struct {
		list  []zapier.Authentication
		older connect.State
	}{
		"finished unseen": {[]zapier.Authentication{fresh}, connect.Connected},
		"not finished":    {nil, connect.Superseded},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			var first connect.Attempt
			h.engine.beforeCreate(func() { first = h.opened(wade, crm) })
			second, err := h.Begin(t.Context(), wade, crm)
			require.NoError(t, err)
			require.NotEqual(t, first.ID, second.ID)

			h.list.set(tt.list...)
			_, opened, err := h.Start(t.Context(), second.ID, second.Token)
			require.NoError(t, err)
			assert.Equal(t, connect.Opened, opened.State)
			older, err := h.Get(t.Context(), wade, first.ID)
			require.NoError(t, err)
			assert.Equal(t, tt.older, older.State)
		})
	}
}

// An older attempt may also start while the newer one reads its baseline, and not get as far as to replace that. What is
// connected in its window meanwhile is in the newer one's baseline, and still found.
func TestAttemptThatStartsWhileABaselineIsReadIsNotLost(t *testing.T) {
	h := newHouse(t)
	var first connect.Attempt
	var err error
	h.engine.beforeCreate(func() {
		first, err = h.Begin(t.Context(), wade, crm)
		require.NoError(t, err)
	})
	second, err := h.Begin(t.Context(), wade, crm)
	require.NoError(t, err)
	h.list.set(old, fresh)
	h.list.holdWith(func() {
		h.list.holdWith(nil)
		h.list.set(old)
		once := 1
		h.engine.listsFail = &once
		_, _, err := h.Start(t.Context(), first.ID, first.Token)
		require.ErrorIs(t, err, store.ErrUnavailable, "it has not replaced the other")
		h.list.set(old, fresh)
	})
	_, opened, err := h.Start(t.Context(), second.ID, second.Token)
	require.NoError(t, err)
	assert.Equal(t, connect.Opened, opened.State)
	found, err := h.Get(t.Context(), wade, first.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Connected, found.State)
	assert.Equal(t, "2", found.AuthenticationID)
}

func TestAttemptBelongsToOneSession(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	strangers := map[string]connect.Owner{
		"another browser": {Browser: "browser-2", User: wade.User},
		"another user":    {Browser: wade.Browser, User: "2"},
	}
	for name, stranger := range strangers {
		t.Run(name, func(t *testing.T) {
			_, err := h.Get(t.Context(), stranger, attempt.ID)
			assert.ErrorIs(t, err, connect.ErrNotFound)
			_, err = h.Check(t.Context(), stranger, attempt.ID, connect.Evidence{Kind: connect.Person})
			assert.ErrorIs(t, err, connect.ErrNotFound)
			_, err = h.Cancel(t.Context(), stranger, attempt.ID)
			assert.ErrorIs(t, err, connect.ErrNotFound)
			list, err := h.List(t.Context(), stranger)
			require.NoError(t, err)
			assert.Empty(t, list)
		})
	}
	still, err := h.Get(t.Context(), wade, attempt.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Opened, still.State)
}

func TestSignOutEndsAttempts(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	require.NoError(t, h.CancelAll(t.Context(), wade))
	ended, err := h.Get(t.Context(), wade, attempt.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Cancelled, ended.State)
	assert.Equal(t, connect.SignedOut, ended.Reason)
}

func TestFailedLookChangesNothing(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	away := errors.New("zapier is away")
	h.list.fail(away)
	_, err := h.Check(t.Context(), wade, attempt.ID, connect.Evidence{Kind: connect.Message, AuthenticationID: "2"})
	require.ErrorIs(t, err, away)
	still, err := h.Get(t.Context(), wade, attempt.ID)
	require.NoError(t, err)
	assert.Equal(t, connect.Opened, still.State)
}

func TestForeignIDIsCounted(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	checked := h.check(attempt, connect.Evidence{Kind: connect.Message, AuthenticationID: "not-mine"})
	assert.Equal(t, connect.Opened, checked.State)
	assert.Equal(t, 1, checked.RefusedHints)
}

func TestRestartedServerLosesNoAttempt(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	h.open()
	h.list.set(fresh)
	assert.Equal(t, connect.Connected, h.check(attempt, connect.Evidence{Kind: connect.Load}).State)
}

func TestWatchTellsEveryTab(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	first, err := h.Watch(t.Context(), wade)
	require.NoError(t, err)
	second, err := h.Watch(t.Context(), wade)
	require.NoError(t, err)
	stranger, err := h.Watch(t.Context(), connect.Owner{Browser: "browser-2", User: "1"})
	require.NoError(t, err)

	h.list.set(fresh)
	h.check(attempt, connect.Evidence{Kind: connect.Person})
	<-first
	<-second
	select {
	case <-stranger:
		t.Error("another session was told")
	default:
	}
}

// A reading that began before the evidence may have passed the place where the new one appears.
func TestEvidenceDuringAReadingGetsAReadingOfItsOwn(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	reading, goOn := make(chan struct{}), make(chan struct{})
	h.list.holdWith(func() {
		h.list.holdWith(nil)
		close(reading)
		<-goOn
	})
	check := func(evidence connect.Evidence) <-chan connect.Attempt {
		checked := make(chan connect.Attempt, 1)
		go func() {
			attempt, err := h.Check(t.Context(), wade, attempt.ID, evidence)
			assert.NoError(t, err)
			checked <- attempt
		}()
		return checked
	}
	slow := check(connect.Evidence{Kind: connect.Timer})
	<-reading // it has the list without the new one
	h.list.set(fresh)
	quick := check(connect.Evidence{Kind: connect.Message, AuthenticationID: "2"})
	h.waiting(1)
	close(goOn)
	<-slow
	assert.Equal(t, connect.Connected, (<-quick).State)
	assert.Equal(t, 3, h.list.count(), "the baseline, the slow one, the quick one")
}

func TestManyAtOnceSettleOnceWithTwoReadings(t *testing.T) {
	h := newHouse(t)
	attempt := h.opened(wade, crm)
	before := h.list.count()
	h.list.set(fresh)
	goOn := make(chan struct{})
	h.list.holdWith(func() { <-goOn })

	const many = 30
	results := make(chan connect.Attempt, many)
	for range many {
		go func() {
			checked, err := h.Check(t.Context(), wade, attempt.ID, connect.Evidence{Kind: connect.Focus})
			assert.NoError(t, err)
			results <- checked
		}()
	}
	h.waiting(many - 1) // one reads, the others wait for the next
	close(goOn)
	for range many {
		checked := <-results
		assert.Equal(t, connect.Connected, checked.State)
		assert.Equal(t, "2", checked.AuthenticationID)
	}
	assert.LessOrEqual(t, h.list.count()-before, 2, "equal looks at once are one")
}

// waiting waits until so many callers have joined the reading that comes next.
func (h *house) waiting(callers int) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return h.Service.Waiting() == callers }, 20*time.Second, time.Millisecond)
}
