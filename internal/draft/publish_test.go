package draft_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// guide is the worked example of Zapier's guide, ready to be published.
func (w *world) guide() draft.Draft {
	w.t.Helper()
	d := w.draft(leads, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "{{full_name}}", "kind": ""})
	require.Empty(w.t, d.Missing())
	return d
}

func (w *world) publish(d draft.Draft) draft.Draft {
	w.t.Helper()
	d, err := w.Publish(w.t.Context(), d.User, d.ID, d.Revision)
	require.NoError(w.t, err)
	w.clock.Advance(time.Second) // so that of two drafts of a Zap one was the last
	return d
}

// made are the user's Zaps that a draft of the guide became.
func (w *world) made(d draft.Draft) (made []emulator.Zap) {
	for _, zap := range w.emulator.Zaps(emulator.UserWade) {
		if zap.Title == d.Title {
			made = append(made, zap)
		}
	}
	return made
}

// body is the last request to create or change a Zap.
type body struct {
	Data struct {
		Title string
		Steps []struct {
			Action, Authentication, Alias string
			Inputs                        map[string]any
		}
	}
}

func (w *world) request(operation string) body {
	w.t.Helper()
	var read body
	require.NoError(w.t, json.Unmarshal([]byte(w.sent(operation)), &read))
	return read
}

func TestDraftBecomesAZap(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	lookUps := w.emulator.Count(emulator.OpActionsList)
	d = w.publish(d)
	assert.Equal(t, lookUps, w.emulator.Count(emulator.OpActionsList), "the ids of today are known")

	made := w.made(d)
	require.Len(t, made, 1)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Equal(t, made[0].ID, d.Publishing.ZapID)
	assert.Equal(t, d.Title, d.Publishing.ZapTitle)
	assert.Contains(t, d.Publishing.Editor, fmt.Sprint("/editor/", made[0].Number))
	assert.True(t, made[0].Enabled)
	sent := w.request(emulator.OpZapCreate)
	require.Len(t, sent.Data.Steps, 2)
	assert.Equal(t, map[string]any{}, sent.Data.Steps[0].Inputs)
	assert.Equal(t, map[string]any{"full_name": "{{full_name}}"}, sent.Data.Steps[1].Inputs)
	assert.NotContains(t, w.sent(emulator.OpZapCreate), "alias", "of two steps none is needed")
	assert.Equal(t, d.Steps[1].Account.ID, sent.Data.Steps[1].Authentication)

	list, err := w.List(t.Context(), w.user)
	require.NoError(t, err)
	assert.Empty(t, list, "it is no draft any more")
	again := w.publish(d)
	assert.Equal(t, d.Publishing.ZapID, again.Publishing.ZapID)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
	_, err = w.rename(d, -1, "too late")
	assert.ErrorIs(t, err, draft.ErrStale)
}

func TestZapOfThreeStepsNamesThem(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, contacts, reports)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "{{new_lead.full_name}}"})
	d = w.fill(d, "s3", zapier.Inputs{"full_name": "{{find_contact.full_name}} ({{new_lead.email}})"})
	w.publish(d)
	sent := w.request(emulator.OpZapCreate)
	assert.Equal(t, "new_lead", sent.Data.Steps[0].Alias)
	assert.Equal(t, "find_contact", sent.Data.Steps[1].Alias)
	assert.Equal(t, "{{find_contact.full_name}} ({{new_lead.email}})", sent.Data.Steps[2].Inputs["full_name"])
	require.Len(t, w.made(d), 1)
	status, err := w.emulator.FireZap(w.made(d)[0].ID)
	require.NoError(t, err)
	assert.Equal(t, "success", status, "Zapier resolves every mapping")
}

func TestFieldWithADotKeepsItsStepInAZapOfTwo(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	d, err := w.Change(t.Context(), w.user, d.ID, -1, func(d *draft.Draft) error {
		yields(&d.Steps[0], zapier.OutputField{ID: "company.name"})
		fill(t, d, "s2", zapier.Inputs{"full_name": "{{company.name}}"})
		return nil
	})
	require.NoError(t, err)
	w.emulator.SetReadings(emulator.Readings{UncheckedZaps: true})
	w.publish(d)
	sent := w.request(emulator.OpZapCreate)
	assert.Equal(t, "{{new_lead.company.name}}", sent.Data.Steps[1].Inputs["full_name"], "company would be taken for a step")
	assert.Equal(t, "new_lead", sent.Data.Steps[0].Alias)
}

func TestDraftThatIsNotReadyIsNotSent(t *testing.T) {
	w := newWorld(t)
	d := w.draft(leads, reports)
	got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
	require.ErrorIs(t, err, draft.ErrNotReady)
	assert.NotEmpty(t, got.Missing())
	d = w.guide()
	got, err = w.Publish(t.Context(), w.user, d.ID, d.Revision-1)
	require.ErrorIs(t, err, draft.ErrStale)
	assert.Equal(t, d.Revision, got.Revision)
	_, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision-1)
	require.ErrorIs(t, err, draft.ErrStale)
	assert.Zero(t, w.emulator.Count(emulator.OpZapCreate))
	assert.Equal(t, draft.NotPublished, w.get(d).Publishing.State)
}

// presses publishes a draft many times at once, on several servers.
func (w *world) presses(d draft.Draft, presses int, press func(*draft.Service) (draft.Draft, error)) []draft.Draft {
	w.t.Helper()
	results := make([]draft.Draft, presses)
	var all sync.WaitGroup
	for i := range presses {
		service := w.replica()
		all.Go(func() {
			var err error
			results[i], err = press(service)
			assert.NoError(w.t, err)
		})
	}
	all.Wait()
	return results
}

func TestManyPressesMakeOneZap(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	results := w.presses(d, 8, func(s *draft.Service) (draft.Draft, error) { return s.Publish(t.Context(), w.user, d.ID, d.Revision) })
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
	require.Len(t, w.made(d), 1)
	for _, result := range results {
		assert.Equal(t, w.made(d)[0].ID, result.Publishing.ZapID, "every press gets the Zap")
	}
}

func TestPressWaitsForTheOneUnderWay(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	release := w.hold(emulator.OpZapCreate)
	results := make(chan draft.Draft, 2)
	press := func(service *draft.Service) {
		got, err := service.Publish(t.Context(), w.user, d.ID, d.Revision)
		assert.NoError(t, err)
		results <- got
	}
	go press(w.Service)
	w.arrived(emulator.OpZapCreate, 1)
	assert.Equal(t, draft.Running, w.get(d).Publishing.State)
	_, err := w.rename(d, -1, "meanwhile")
	require.ErrorIs(t, err, draft.ErrStale, "what is sent must be what is there")

	go press(w.replica())
	again, leave := contextOf(t)
	leave()
	_, err = w.Publish(again, w.user, d.ID, d.Revision)
	require.Error(t, err, "whoever leaves does not wait")
	release()
	for range 2 {
		got := <-results
		assert.Equal(t, draft.Done, got.Publishing.State)
		assert.NotEmpty(t, got.Publishing.ZapID)
	}
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
}

func TestPressThatWasOvertakenSendsNothing(t *testing.T) {
	for name, refused := range map[string]bool{"by a press that made the Zap": false, "by a press that was refused": true} {
		ready := func(t *testing.T) (*world, draft.Draft) {
			w := newWorld(t)
			d := w.guide()
			if refused {
				d = w.fill(d, "s2", zapier.Inputs{"account": "no such account"})
			}
			return w, d
		}
		toldTheSame := func(t *testing.T, w *world, got draft.Draft) {
			assert.Equal(t, refused, got.Publishing.State == draft.NotPublished)
			assert.Equal(t, !refused, got.Publishing.State == draft.Done)
			assert.Equal(t, refused, got.Steps[1].Refused != nil)
			assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
		}
		t.Run(name+" before this one could mark the draft", func(t *testing.T) {
			w, d := ready(t)
			w.engine.before(1, "update", func() { w.publish(d) })
			toldTheSame(t, w, w.publish(d))
		})
		t.Run(name+" after this one saw it under way", func(t *testing.T) {
			w, d := ready(t)
			release := w.hold(emulator.OpZapCreate)
			first := make(chan draft.Draft)
			go func() {
				got, err := w.replica().Publish(t.Context(), w.user, d.ID, d.Revision)
				assert.NoError(t, err)
				first <- got
			}()
			w.arrived(emulator.OpZapCreate, 1)
			w.engine.before(2, "get", func() {
				release()
				<-first
			})
			toldTheSame(t, w, w.publish(d))
		})
	}
}

func TestZapIsMadeThoughThePersonLeaves(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	release := w.hold(emulator.OpZapCreate)
	ctx, leave := contextOf(t)
	left := make(chan error)
	go func() {
		_, err := w.Publish(ctx, w.user, d.ID, d.Revision)
		left <- err
	}()
	w.arrived(emulator.OpZapCreate, 1)
	leave()
	require.Error(t, <-left)
	release()
	d = w.publish(d)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
}

func TestPressDoesNotWaitForever(t *testing.T) {
	w := newWorld(t)
	defer draft.SetPatience(10 * time.Millisecond)()
	d := w.guide()
	release := w.hold(emulator.OpZapCreate)
	for range 2 {
		got := w.publish(d)
		assert.Equal(t, draft.Running, got.Publishing.State, "it goes on behind")
	}
	release()
	require.Eventually(t, func() bool { return w.get(d).Publishing.State == draft.Done }, 5*time.Second, time.Millisecond)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
}

func TestZapThatWasMadeIsSaidThoughTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	w.emulatorMakes(func() { w.engine.breaks(true) })
	d = w.publish(d)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.NotEmpty(t, d.Publishing.ZapID)

	t.Run("or the draft was deleted", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.emulatorMakes(func() { assert.NoError(t, w.Delete(t.Context(), w.user, d.ID)) })
		assert.Equal(t, draft.Done, w.publish(d).Publishing.State)
	})
	t.Run("but nothing is sent without a mark", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.engine.breaks(true)
		_, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		require.ErrorIs(t, err, store.ErrUnavailable)
		assert.Zero(t, w.emulator.Count(emulator.OpZapCreate))
	})
}

// edited is a draft that changes the Zap which another draft became.
func (w *world) edited() draft.Draft {
	w.t.Helper()
	w.publish(w.guide())
	d, err := w.FromZap(w.t.Context(), w.user, w.newest())
	require.NoError(w.t, err)
	return d
}

// newest is the user's newest Zap, read as FromZap wants it.
func (w *world) newest() zapier.Zap {
	w.t.Helper()
	page, err := w.clients[w.user].ListZaps(w.t.Context(), zapier.ListZapsOptions{Expand: []string{"steps.action.app", "steps.authentication"}})
	require.NoError(w.t, err)
	return page.Data[0]
}

func TestZapIsChanged(t *testing.T) {
	w := newWorld(t)
	d := w.edited()
	d, err := w.rename(d, d.Revision, "Changed")
	require.NoError(t, err)
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "Dear {{full_name}}"})
	results := w.presses(d, 4, func(s *draft.Service) (draft.Draft, error) { return s.Publish(t.Context(), w.user, d.ID, d.Revision) })
	for _, result := range results {
		assert.Equal(t, draft.Done, result.Publishing.State)
		assert.Equal(t, d.Zap, result.Publishing.ZapID)
		assert.Equal(t, "Changed", result.Publishing.ZapTitle)
		assert.Contains(t, result.Publishing.Editor, "/editor/")
	}
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapUpdate))
	made := w.made(d)
	require.Len(t, made, 1)
	assert.Equal(t, "Dear {{full_name}}", made[0].Steps[1].Inputs["full_name"])
}

func TestLostChangeMayBeSentAgain(t *testing.T) {
	w := newWorld(t)
	d := w.edited()
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "x"})
	w.arm(emulator.Fault{Operation: emulator.OpZapUpdate, After: true, Status: http.StatusGatewayTimeout})
	got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
	isKind(t, err, zapier.TimedOut)
	assert.Equal(t, draft.NotPublished, got.Publishing.State)
	assert.Equal(t, draft.Done, w.publish(d).Publishing.State)

	t.Run("also after a crash", func(t *testing.T) {
		d, err := w.FromZap(t.Context(), w.user, w.newest())
		require.NoError(t, err)
		w.emulatorMakes(func() { w.engine.breaks(true) })
		w.publish(d)
		w.engine.breaks(false)
		w.clock.Advance(2 * time.Minute)
		require.Equal(t, draft.Unknown, w.get(d).Publishing.State)
		w.clients[w.user] = w.client(emulator.UserWade)
		lists := w.emulator.Count(emulator.OpZapsList)
		assert.Equal(t, draft.Done, w.publish(d).Publishing.State)
		assert.Equal(t, lists, w.emulator.Count(emulator.OpZapsList))
	})
	t.Run("also when the clock was put back since", func(t *testing.T) {
		d, err := w.FromZap(t.Context(), w.user, w.newest())
		require.NoError(t, err)
		w.emulatorMakes(func() { w.engine.breaks(true) })
		w.publish(d)
		w.engine.breaks(false)
		w.clock.Advance(-time.Hour)
		assert.Equal(t, draft.Unknown, w.get(d).Publishing.State, "nobody is locked out for an hour")
		w.clock.Advance(time.Hour)
	})
	t.Run("which a look allows", func(t *testing.T) {
		d, err := w.FromZap(t.Context(), w.user, w.newest())
		require.NoError(t, err)
		w.emulatorMakes(func() { w.engine.breaks(true) })
		w.publish(d)
		w.engine.breaks(false)
		w.clock.Advance(2 * time.Minute)
		d, err = w.Look(t.Context(), w.user, d.ID)
		require.NoError(t, err)
		assert.Equal(t, draft.NotPublished, d.Publishing.State)
	})
	t.Run("a Zap that is gone", func(t *testing.T) {
		w.clients[w.user] = w.client(emulator.UserWade)
		d := w.edited()
		w.emulator.Reset()
		w.clients[w.user] = w.client(emulator.UserWade)
		got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		isKind(t, err, zapier.NotFound)
		assert.Equal(t, draft.NotPublished, got.Publishing.State)
	})
}

func TestLogsOfPublishingHoldNoValues(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "canary-value", "account": "canary-account"})
	w.publish(d)
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusForbidden})
	_, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
	require.Error(t, err)
	assert.Contains(t, w.logs.String(), d.ID)
	assert.False(t, strings.Contains(w.logs.String()+err.Error(), "canary"))
	assert.False(t, errors.Is(err, draft.ErrStale))
}

func TestZapIsAskedForOn(t *testing.T) {
	w := newWorld(t)
	d := w.publish(w.guide())
	assert.Contains(t, w.sent(emulator.OpZapCreate), `"enabled":true`)
	assert.False(t, d.Publishing.Off)

	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true})
	w.arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusBadGateway})
	d = w.publish(w.guide())
	require.NoError(t, w.emulator.PauseZap(string(w.newest().ID)))
	d, err := w.Look(t.Context(), d.User, d.ID)
	require.NoError(t, err)
	require.Equal(t, draft.Done, d.Publishing.State)
	assert.True(t, d.Publishing.Off, "Zapier said so")
	assert.True(t, w.get(d).Publishing.Off)
}

func TestMappingOfAStepThatBecameAnotherIsNotPublished(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	d, err := w.ReadMapped(t.Context(), d.User, d.ID)
	require.NoError(t, err)
	d, err = w.Change(t.Context(), d.User, d.ID, d.Revision, func(d *draft.Draft) error {
		w.choose(d, "s1", contacts)
		return nil
	})
	require.NoError(t, err)
	d = w.read(d, "s1", draft.IfNeeded)
	d = w.fill(d, "s1", zapier.Inputs{"full_name": "Bola"})
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "{{new_lead.email}}{{new_lead.source}}"})
	require.Empty(t, d.Missing(), "nobody knows yet")
	d, err = w.Publish(t.Context(), d.User, d.ID, d.Revision)
	require.ErrorIs(t, err, draft.ErrNotReady)
	require.Len(t, d.Missing(), 1, "what the other one yields, too, is good")
	assert.Equal(t, "{{new_lead.source}}", d.Missing()[0].Token)
	assert.Zero(t, w.emulator.Count(emulator.OpZapCreate))
}

func TestThoseWhoStopWaitForRequestsBehindAPress(t *testing.T) {
	defer draft.SetPatience(time.Millisecond)()
	w := newWorld(t)
	release := w.hold(emulator.OpZapCreate)
	d := w.publish(w.guide())
	require.Equal(t, draft.Running, d.Publishing.State)
	impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	w.Wait(impatient)
	assert.Equal(t, draft.Running, w.get(d).Publishing.State)
	release()
	w.Wait(t.Context())
	assert.Equal(t, draft.Done, w.get(d).Publishing.State)
}

func TestZapThatWasChangedSinceIsReplacedOnlyWhenToldSo(t *testing.T) {
	w := newWorld(t)
	w.publish(w.guide())
	d := w.fromZap(w.newest())
	w.clock.Advance(time.Minute)
	require.NoError(t, w.emulator.PauseZap(string(w.newest().ID)))
	asked, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
	require.ErrorIs(t, err, draft.ErrOvertaken)
	assert.Equal(t, draft.NotPublished, asked.Publishing.State)
	_, err = w.Publish(t.Context(), w.user, d.ID, d.Revision)
	require.ErrorIs(t, err, draft.ErrStale, "a double press is no answer")
	assert.Zero(t, w.emulator.Count(emulator.OpZapUpdate))
	done := w.publish(asked)
	assert.Equal(t, draft.Done, done.Publishing.State)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapUpdate))
}
