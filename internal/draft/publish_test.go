package draft_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
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

// lost are the ways in which the answer to a Zap that was made can fail to come.
func lost() map[string]emulator.Fault {
	return map[string]emulator.Fault{
		"a gateway's time-out":   {Operation: emulator.OpZapCreate, After: true, Status: http.StatusGatewayTimeout},
		"a server error":         {Operation: emulator.OpZapCreate, After: true, Status: http.StatusInternalServerError},
		"a gateway's page":       {Operation: emulator.OpZapCreate, After: true, HTML: true},
		"a connection cut off":   {Operation: emulator.OpZapCreate, After: true, Drop: true},
		"a page that says it is": {Operation: emulator.OpZapCreate, After: true, HTML: true, Status: http.StatusServiceUnavailable},
	}
}

func TestLostAnswerIsFoundInTheList(t *testing.T) {
	for name, fault := range lost() {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.guide()
			w.arm(fault)
			d = w.publish(d)
			assert.Equal(t, draft.Done, d.Publishing.State)
			require.Len(t, w.made(d), 1)
			assert.Equal(t, w.made(d)[0].ID, d.Publishing.ZapID)
			assert.NotEmpty(t, d.Publishing.Editor)
			assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate), "it is looked for, not made again")
		})
	}
}

func TestLostRequestIsLookedForAndSentOnlyWhenThePersonSaysSo(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusGatewayTimeout})
	d = w.publish(d)
	require.Equal(t, draft.Unknown, d.Publishing.State)
	assert.Empty(t, w.made(d))
	_, err := w.rename(d, -1, "meanwhile")
	require.ErrorIs(t, err, draft.ErrStale)

	d = w.publish(d)
	assert.Equal(t, draft.Unknown, d.Publishing.State, "another press only looks")
	d, err = w.Look(t.Context(), w.user, d.ID)
	require.NoError(t, err)
	assert.Equal(t, draft.Unknown, d.Publishing.State)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))

	results := w.presses(d, 6, func(s *draft.Service) (draft.Draft, error) {
		return s.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	})
	require.Len(t, w.made(d), 1, "also of this, one")
	for _, result := range results {
		assert.Equal(t, w.made(d)[0].ID, result.Publishing.ZapID)
	}
	assert.Equal(t, 2, w.emulator.Count(emulator.OpZapCreate))
}

func TestPublishAgainLooksFirst(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, After: true, Status: http.StatusGatewayTimeout})
	w.arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusInternalServerError, Times: 2})
	d = w.publish(d)
	require.Equal(t, draft.Unknown, d.Publishing.State, "it is there, but the list could not be read")
	_, err := w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	isKind(t, err, zapier.Unavailable)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate), "who cannot look does not send")

	d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Len(t, w.made(d), 1)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
}

func TestLookTakesNoOtherZap(t *testing.T) {
	lose := func(t *testing.T, w *world, d draft.Draft) draft.Draft {
		w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusGatewayTimeout})
		d = w.publish(d)
		return d
	}
	t.Run("an older one of the same title", func(t *testing.T) {
		w := newWorld(t)
		older := w.publish(w.guide())
		require.NoError(t, w.Delete(t.Context(), w.user, older.ID))
		w.clock.advance(10 * time.Minute)
		assert.Equal(t, draft.Unknown, lose(t, w, w.guide()).Publishing.State)
	})
	t.Run("that of another draft", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.publish(w.guide())
		assert.Equal(t, draft.Unknown, lose(t, w, d).Publishing.State)
	})
	t.Run("one that does something else", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		other := w.draft(leads, letters)
		other = w.fill(other, "s2", zapier.Inputs{"subject": "x"})
		other = w.publish(other)
		require.NoError(t, w.Delete(t.Context(), w.user, other.ID))
		assert.Equal(t, draft.Unknown, lose(t, w, d).Publishing.State)
	})
	t.Run("one of another title or of more steps", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		longer := w.draft(leads, contacts, reports)
		longer = w.fill(longer, "s2", zapier.Inputs{"full_name": "x"})
		longer = w.publish(w.fill(longer, "s3", zapier.Inputs{"full_name": "x"}))
		renamed, err := w.rename(w.guide(), -1, "Another")
		require.NoError(t, err)
		renamed = w.publish(renamed)
		for _, other := range []draft.Draft{longer, renamed} {
			require.NoError(t, w.Delete(t.Context(), w.user, other.ID))
		}
		assert.Equal(t, draft.Unknown, lose(t, w, d).Publishing.State)
	})
}

func TestServerThatStopsBetweenMarkAndAnswer(t *testing.T) {
	crash := func(t *testing.T, w *world, d draft.Draft) {
		w.emulatorMakes(func() { w.engine.breaks(true) })
		_, _ = w.Publish(t.Context(), w.user, d.ID, d.Revision)
		w.engine.breaks(false)
		require.Equal(t, draft.Running, w.get(d).Publishing.State)
	}
	t.Run("after the Zap was made", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		crash(t, w, d)
		require.Len(t, w.made(d), 1)
		w.clock.advance(2*time.Minute - time.Second)
		assert.Equal(t, draft.Running, w.get(d).Publishing.State)
		w.clock.advance(time.Second)
		assert.Equal(t, draft.Unknown, w.get(d).Publishing.State, "nobody is at it any more")
		list, err := w.List(t.Context(), w.user)
		require.NoError(t, err)
		assert.Equal(t, draft.Unknown, list[0].Publishing.State)

		d, err = w.replica().Publish(t.Context(), w.user, d.ID, d.Revision)
		require.NoError(t, err)
		assert.Equal(t, draft.Done, d.Publishing.State)
		assert.Equal(t, w.made(d)[0].ID, d.Publishing.ZapID)
		assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
	})
	t.Run("before", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusGatewayTimeout})
		crash(t, w, d)
		w.clock.advance(2 * time.Minute)
		d, err := w.Look(t.Context(), w.user, d.ID)
		require.NoError(t, err)
		assert.Equal(t, draft.Unknown, d.Publishing.State)
		d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
		require.NoError(t, err)
		assert.Equal(t, draft.Done, d.Publishing.State)
		assert.Len(t, w.made(d), 1)
	})
}

// emulatorMakes runs something when the next request for a Zap has gone out, and before its answer is used.
func (w *world) emulatorMakes(then func()) {
	w.t.Helper()
	client, err := zapier.New(w.url, afterCreate{then})
	require.NoError(w.t, err)
	w.clients[w.user] = client.As(w.tokens())
}

type afterCreate struct{ then func() }

func (a afterCreate) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if r.Method == http.MethodPost && r.URL.Path == "/v2/zaps" || r.Method == http.MethodPatch {
		a.then()
	}
	return response, err
}

func TestRefusedZapSaysWhereItIsWrong(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	d = w.fill(d, "s2", zapier.Inputs{"account": "no such account"})
	d = w.publish(d)
	assert.Equal(t, draft.NotPublished, d.Publishing.State, "nothing has happened")
	assert.Equal(t, map[string]string{"account": "no such account is not among the choices of account."}, d.Steps[1].Refused)
	assert.Empty(t, d.Publishing.Refused)
	assert.Empty(t, w.made(d))

	d = w.fill(d, "s2", zapier.Inputs{"account": "Bluefern Ads"})
	assert.Empty(t, d.Steps[1].Refused)
	d = w.publish(d)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Len(t, w.made(d), 1)

	t.Run("of what is no field", func(t *testing.T) {
		d := w.guide()
		require.NoError(t, w.emulator.ExpireAuthentication(d.Steps[1].Account.ID))
		d = w.publish(d)
		assert.Equal(t, draft.NotPublished, d.Publishing.State)
		assert.Equal(t, []string{"2. Create Engagement Report: This Authentication has expired: the user has to connect again."}, d.Publishing.Refused)
		d, err := w.rename(d, d.Revision, "Renamed")
		require.NoError(t, err)
		assert.Empty(t, d.Publishing.Refused, "the draft is another now")
	})
	t.Run("of the Zap as a whole, and of ids that are not there", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.answers(http.StatusBadRequest, map[string]any{"errors": []any{
			map[string]any{"detail": "Too many Zaps.", "source": nil},
			map[string]any{"title": "Odd", "source": map[string]any{"pointer": "/data/steps/7/inputs/x"}},
			map[string]any{"detail": "Gone.", "source": map[string]any{"pointer": "/data/steps/1/inputs/gone~1field/0"}},
			map[string]any{"detail": "No.", "source": map[string]any{"pointer": "/data/steps/1/inputs/full_name/0"}},
			map[string]any{"detail": "?", "source": map[string]any{"pointer": "/data/steps"}},
		}})
		d = w.publish(d)
		assert.Equal(t, []string{"Too many Zaps.", "Odd", "2. Create Engagement Report: Gone.", "?"}, d.Publishing.Refused)
		assert.Equal(t, map[string]string{"full_name": "No."}, d.Steps[1].Refused)
	})
	t.Run("without a word", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.answers(http.StatusBadRequest, map[string]any{})
		got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		isKind(t, err, zapier.Invalid)
		assert.Equal(t, draft.NotPublished, got.Publishing.State)
	})
}

// answers makes up the answer to requests for a Zap.
func (w *world) answers(status int, answer any) {
	w.t.Helper()
	client, err := zapier.New(w.url, answering{madeUp(func(*http.Request, []byte) (int, any) { return status, answer })})
	require.NoError(w.t, err)
	w.clients[w.user] = client.As(w.tokens())
}

type answering struct{ create madeUp }

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost && r.URL.Path == "/v2/zaps" {
		return a.create.RoundTrip(r)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestFailureAfterWhichNothingHasHappened(t *testing.T) {
	for name, tc := range map[string]struct {
		fault emulator.Fault
		kind  zapier.Kind
	}{
		"forbidden":        {emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusForbidden}, zapier.Forbidden},
		"unauthorized":     {emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusUnauthorized}, zapier.Unauthorized},
		"too many":         {emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusTooManyRequests}, zapier.RateLimited},
		"a look-up failed": {emulator.Fault{Operation: emulator.OpActionsList, Status: http.StatusGatewayTimeout}, zapier.TimedOut},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.guide()
			w.clock.advance(time.Hour) // the ids have to be looked up
			w.arm(tc.fault)
			got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
			isKind(t, err, tc.kind)
			assert.Equal(t, draft.NotPublished, got.Publishing.State)
			assert.Zero(t, w.emulator.Count(emulator.OpZapsList), "there is nothing to look for")
			assert.Equal(t, draft.Done, w.publish(d).Publishing.State, "it can be tried again")
			assert.Len(t, w.made(d), 1)
		})
	}
	t.Run("no connection", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		closed := httptest.NewServer(nil)
		closed.Close()
		client, err := zapier.New(closed.URL, nil)
		require.NoError(t, err)
		w.clients[w.user] = client.As(zapier.StaticToken("x"))
		got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		isKind(t, err, zapier.Unavailable)
		assert.Equal(t, draft.NotPublished, got.Publishing.State)
	})
}

func TestIDsThatHaveEndedAreLookedUpTogether(t *testing.T) {
	w := newWorld(t)
	w.emulator.SetReadings(emulator.Readings{StrictActionIDs: true})
	d := w.draft(leads, contacts) // of one App: the look-up for the one ends the id of the other
	d = w.fill(d, "s2", zapier.Inputs{"full_name": "{{full_name}}"})
	d = w.publish(d)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Len(t, w.made(d), 1)
	assert.Equal(t, 2, w.emulator.Count(emulator.OpZapCreate), "refused, then right")

	t.Run("but only once", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		w.answers(http.StatusBadRequest, map[string]any{"errors": []any{
			map[string]any{"detail": "No.", "source": map[string]any{"pointer": "/data/steps/0/action"}},
		}})
		lookUps := w.emulator.Count(emulator.OpActionsList)
		d = w.publish(d)
		assert.Equal(t, []string{"1. New Lead: No."}, d.Publishing.Refused)
		assert.Equal(t, lookUps+3, w.emulator.Count(emulator.OpActionsList), "two pages of one App and one of the other")
	})
	t.Run("an Action that is no more", func(t *testing.T) {
		w := newWorld(t)
		d := w.guide()
		d, err := w.Change(t.Context(), w.user, d.ID, -1, func(d *draft.Draft) error {
			d.Steps[0].Action.Key = "gone"
			d.Steps[0].ActionIDAt = time.Time{}
			return nil
		})
		require.NoError(t, err)
		got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		isKind(t, err, zapier.NotFound)
		assert.Equal(t, draft.NotPublished, got.Publishing.State)
		assert.Zero(t, w.emulator.Count(emulator.OpZapCreate))
	})
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
		w.clock.advance(2 * time.Minute)
		require.Equal(t, draft.Unknown, w.get(d).Publishing.State)
		w.clients[w.user] = w.client(emulator.UserWade)
		lists := w.emulator.Count(emulator.OpZapsList)
		assert.Equal(t, draft.Done, w.publish(d).Publishing.State)
		assert.Equal(t, lists, w.emulator.Count(emulator.OpZapsList))
	})
	t.Run("which a look allows", func(t *testing.T) {
		d, err := w.FromZap(t.Context(), w.user, w.newest())
		require.NoError(t, err)
		w.emulatorMakes(func() { w.engine.breaks(true) })
		w.publish(d)
		w.engine.breaks(false)
		w.clock.advance(2 * time.Minute)
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

func TestLookAsksOnlyWhenSomethingIsUnknown(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	got, err := w.Look(t.Context(), w.user, d.ID)
	require.NoError(t, err)
	assert.Equal(t, draft.NotPublished, got.Publishing.State)
	assert.Zero(t, w.emulator.Count(emulator.OpZapsList))
	d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, draft.Done, d.Publishing.State, "nothing was sent before")
	d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
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
