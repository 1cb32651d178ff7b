package draft_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

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
	w.clients[w.user] = client.As(w.user, w.tokens())
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
			w.clock.Advance(time.Hour) // the ids have to be looked up
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
		w.clients[w.user] = client.As(w.user, zapier.StaticToken("x"))
		got, err := w.Publish(t.Context(), w.user, d.ID, d.Revision)
		isKind(t, err, zapier.Unreachable)
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
