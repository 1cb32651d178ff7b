package draft_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

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
	isKind(t, err, zapier.Broken)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate), "who cannot look does not send")

	d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Len(t, w.made(d), 1)
	assert.Equal(t, 1, w.emulator.Count(emulator.OpZapCreate))
}

func TestPressThatLookedTooEarlySendsNothing(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Status: http.StatusGatewayTimeout})
	d = w.publish(d)
	require.Equal(t, draft.Unknown, d.Publishing.State)

	looked := make(chan struct{})
	w.arm(emulator.Fault{Operation: emulator.OpZapsList, After: true, Hold: looked})
	lists := w.emulator.Count(emulator.OpZapsList)
	slow := make(chan draft.Draft)
	go func() {
		got, err := w.replica().PublishAgain(t.Context(), w.user, d.ID, d.Revision)
		assert.NoError(t, err)
		slow <- got
	}()
	w.arrived(emulator.OpZapsList, lists+1)
	quick, err := w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	require.Equal(t, draft.Done, quick.Publishing.State)
	close(looked)
	assert.Equal(t, quick.Publishing.ZapID, (<-slow).Publishing.ZapID)
	assert.Len(t, w.made(d), 1)
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
		w.clock.Advance(10 * time.Minute)
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
		longer := w.draft(leads, reports, contacts)
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
		w.clock.Advance(2*time.Minute - time.Second)
		assert.Equal(t, draft.Running, w.get(d).Publishing.State)
		w.clock.Advance(time.Second)
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
		w.clock.Advance(2 * time.Minute)
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
	w.clients[w.user] = client.As(w.user, w.tokens())
}

type afterCreate struct{ then func() }

func (a afterCreate) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if r.Method == http.MethodPost && r.URL.Path == "/v2/zaps" || r.Method == http.MethodPatch {
		a.then()
	}
	return response, err
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

// Somebody may see the Zap in the list, and begin to change it, while its draft still does not know of it.
func TestLostZapIsFoundThoughItIsBeingChanged(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true})
	w.arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusBadGateway})
	d = w.publish(d)
	require.Equal(t, draft.Unknown, d.Publishing.State)
	w.fromZap(w.newest())
	before := len(w.emulator.Zaps(emulator.UserWade))
	d, err := w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, draft.Done, d.Publishing.State)
	assert.Len(t, w.emulator.Zaps(emulator.UserWade), before)
}
