package draft_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

func (w *world) create(title string) draft.Draft {
	w.t.Helper()
	d, err := w.Create(w.t.Context(), w.user, draft.New(title))
	require.NoError(w.t, err)
	return d
}

func (w *world) rename(d draft.Draft, revision int, title string) (draft.Draft, error) {
	return w.Change(w.t.Context(), d.User, d.ID, revision, func(d *draft.Draft) error { d.Title = title; return nil })
}

func TestDraftIsKept(t *testing.T) {
	w := newWorld(t)
	created := w.create("Leads")
	assert.Equal(t, w.user, created.User)
	raw, err := base64.RawURLEncoding.DecodeString(created.ID)
	require.NoError(t, err)
	assert.Len(t, raw, 16)
	got := w.get(created)
	assert.Equal(t, "Leads", got.Title)
	assert.Equal(t, []string{"s1", "s2"}, ids(got))
	assert.Equal(t, w.clock.Now(), got.CreatedAt)

	other, err := w.replica().Get(t.Context(), w.user, created.ID)
	require.NoError(t, err)
	assert.Equal(t, got, other)
	require.NoError(t, w.Delete(t.Context(), w.user, created.ID))
	_, err = w.Get(t.Context(), w.user, created.ID)
	assert.ErrorIs(t, err, draft.ErrNotFound)
	assert.ErrorIs(t, w.Delete(t.Context(), w.user, created.ID), draft.ErrNotFound)
}

// Whoever brings an id gets the draft that has it, until it is a Zap: that is nothing to begin with any more.
func TestDraftWithAnIDOfItsOwn(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	begin := func() draft.Draft {
		again := draft.New("again")
		again.ID = d.ID
		made, err := w.Create(t.Context(), w.user, again)
		require.NoError(t, err)
		return made
	}
	assert.Equal(t, w.get(d), begin())
	require.Equal(t, draft.Done, w.publish(d).Publishing.State)
	made := begin()
	assert.NotEqual(t, d.ID, made.ID)
	assert.Equal(t, "again", made.Title)
	assert.Equal(t, draft.Done, w.get(d).Publishing.State)
}

func TestDraftIsItsUsersAlone(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	calls := map[string]func(user, id string) error{
		"Get":    func(user, id string) error { _, err := w.Get(t.Context(), user, id); return err },
		"Delete": func(user, id string) error { return w.Delete(t.Context(), user, id) },
		"Change": func(user, id string) error {
			_, err := w.Change(t.Context(), user, id, -1, func(d *draft.Draft) error { d.Title = "mine"; return nil })
			return err
		},
		"ReadForm": func(user, id string) error {
			_, err := w.ReadForm(t.Context(), user, id, "s1", draft.Again)
			return err
		},
		"ReadOutputs":  func(user, id string) error { _, err := w.ReadOutputs(t.Context(), user, id, "s1"); return err },
		"TestStep":     func(user, id string) error { _, err := w.TestStep(t.Context(), user, id, "s1"); return err },
		"Publish":      func(user, id string) error { _, err := w.Publish(t.Context(), user, id, -1); return err },
		"PublishAgain": func(user, id string) error { _, err := w.PublishAgain(t.Context(), user, id, -1); return err },
		"Look":         func(user, id string) error { _, err := w.Look(t.Context(), user, id); return err },
	}
	for name, call := range calls {
		require.ErrorIs(t, call("another", d.ID), draft.ErrNotFound, name)
		require.ErrorIs(t, call(w.user, "unknown"), draft.ErrNotFound, name)
	}
	assert.Equal(t, "Leads", w.get(d).Title)
	list, err := w.List(t.Context(), "another")
	require.NoError(t, err)
	assert.Empty(t, list)
}

func TestDraftsAreForgottenThirtyDaysAfterTheirLastChange(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	w.clock.Advance(29 * 24 * time.Hour)
	d, err := w.rename(d, 0, "Leads 2")
	require.NoError(t, err)
	assert.Equal(t, w.clock.Now().Add(30*24*time.Hour), d.ExpiresAt())
	w.clock.Advance(30*24*time.Hour - time.Second)
	w.get(d)
	w.clock.Advance(time.Second)
	_, err = w.Get(t.Context(), w.user, d.ID)
	assert.ErrorIs(t, err, draft.ErrNotFound)
}

func TestDraftsAreListedByTheirLastChange(t *testing.T) {
	w := newWorld(t)
	first := w.create("first")
	w.clock.Advance(time.Minute)
	w.create("second")
	w.clock.Advance(time.Minute)
	_, err := w.rename(first, 0, "first again")
	require.NoError(t, err)
	list, err := w.List(t.Context(), w.user)
	require.NoError(t, err)
	require.Len(t, list, 2)
	assert.Equal(t, "first again", list[0].Title)
	assert.Equal(t, "second", list[1].Title)
}

func TestChangeOfAnOlderDraftIsRefused(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	changed, err := w.rename(d, d.Revision, "in one tab")
	require.NoError(t, err)
	assert.Equal(t, d.Revision+1, changed.Revision)

	now, err := w.rename(d, d.Revision, "in another")
	require.ErrorIs(t, err, draft.ErrStale)
	assert.Equal(t, "in one tab", now.Title, "the draft comes back as it is")
	assert.Equal(t, changed.Revision, now.Revision)
	assert.Equal(t, "in one tab", w.get(d).Title)

	_, err = w.rename(d, -1, "whatever it is")
	require.NoError(t, err)
}

func TestOfManyChangesAtOnceOneWins(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	var tabs sync.WaitGroup
	results := make(chan error, 8)
	for _, tab := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		tabs.Go(func() {
			_, err := w.rename(d, d.Revision, tab)
			results <- err
		})
	}
	tabs.Wait()
	won := 0
	for range 8 {
		if err := <-results; err == nil {
			won++
		} else {
			assert.ErrorIs(t, err, draft.ErrStale)
		}
	}
	assert.Equal(t, 1, won)
	assert.Equal(t, 1, w.get(d).Revision)
}

func TestChangeThatChangesNothing(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	same, err := w.rename(d, d.Revision, "Leads")
	require.NoError(t, err)
	assert.Equal(t, d.Revision, same.Revision, "a form that is sent twice must not make another tab stale")
}

func TestChangeThatFailsLeavesTheDraft(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	_, err := w.Change(t.Context(), w.user, d.ID, 0, func(d *draft.Draft) error {
		d.Title = "half"
		return d.RemoveStep("s1")
	})
	require.ErrorIs(t, err, draft.ErrTooFew)
	assert.Equal(t, "Leads", w.get(d).Title)
}

func TestTroubleOfTheStoreIsNotMistaken(t *testing.T) {
	w := newWorld(t)
	d := w.create("Leads")
	w.engine.breaks(true)
	_, err := w.rename(d, 0, "x")
	require.ErrorIs(t, err, store.ErrUnavailable)
	assert.NotErrorIs(t, err, draft.ErrNotFound)
}

func TestLargeDraftLetsGoOfChoicesFirst(t *testing.T) {
	w := newWorld(t)
	many := func(d *draft.Draft, step int) {
		list := []zapier.Choice{{ID: "x", Label: zapier.Text(strings.Repeat("x", 600_000))}}
		d.Steps[step].Choices = map[string]draft.Choices{"f": {List: list}}
	}
	d := w.create("Leads")
	d, err := w.Change(t.Context(), w.user, d.ID, -1, func(d *draft.Draft) error {
		many(d, 0)
		return nil
	})
	require.NoError(t, err)
	require.NotNil(t, w.get(d).Steps[0].Choices)
	d, err = w.Change(t.Context(), w.user, d.ID, -1, func(d *draft.Draft) error {
		many(d, 1)
		d.Title = "kept"
		return nil
	})
	require.NoError(t, err)
	assert.Nil(t, w.get(d).Steps[0].Choices)
	assert.Equal(t, "kept", w.get(d).Title)

	_, err = w.Change(t.Context(), w.user, d.ID, -1, func(d *draft.Draft) error {
		d.Steps[0].Inputs = zapier.Inputs{"f": strings.Repeat("x", store.MaxValue)}
		return nil
	})
	require.ErrorIs(t, err, draft.ErrTooLarge)
	require.ErrorIs(t, err, store.ErrTooLarge)
	assert.Empty(t, w.get(d).Steps[0].Inputs)
	huge := draft.New(strings.Repeat("x", store.MaxValue))
	_, err = w.Create(t.Context(), w.user, huge)
	assert.ErrorIs(t, err, draft.ErrTooLarge)
}

func TestServiceSaysWhatItLacks(t *testing.T) {
	_, err := draft.NewService(draft.Config{})
	assert.Error(t, err)
	w := newWorld(t)
	broken, err := draft.NewService(draft.Config{
		Engine: w.engine, Keys: w.keys, Zapier: func(string) *zapier.Client { return nil }, Rand: strings.NewReader(""),
	})
	require.NoError(t, err)
	_, err = broken.Create(t.Context(), w.user, draft.New(""))
	assert.Error(t, err)
	assert.False(t, errors.Is(err, draft.ErrNotFound))
}
