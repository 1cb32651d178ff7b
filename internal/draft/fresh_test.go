package draft_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

// noting passes calls on and notes what they are for.
type noting struct {
	mu    sync.Mutex
	calls map[string][]string
}

func (n *noting) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	words := []string{"for all"}
	if r.Header.Get("Authorization") != "" {
		words = []string{"for one"}
	}
	if zapier.PurposeOf(r.Context()).Afresh {
		words = append(words, "asked anew")
	}
	call := r.Method + " " + r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]
	n.calls[call] = append(n.calls[call], strings.Join(words, ", "))
	n.mu.Unlock()
	return http.DefaultTransport.RoundTrip(r)
}

// noted are the calls of one kind since they were last asked for, each kind of purpose once.
func (n *noting) noted(call string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []string
	for _, words := range n.calls[call] {
		if len(found) == 0 || found[len(found)-1] != words {
			found = append(found, words)
		}
	}
	n.calls = map[string][]string{}
	return found
}

// notes has the user's calls noted, made with a client id.
func (w *world) notes() *noting {
	w.t.Helper()
	n := &noting{calls: map[string][]string{}}
	client, err := zapier.New(w.url, n)
	require.NoError(w.t, err)
	w.clients[w.user] = client.WithClientID("partner").As(w.user, w.tokens())
	return n
}

// What became of a lost answer, and whether a Zap was changed, is never what was known a moment ago.
func TestListsThatDecideAreAskedAnew(t *testing.T) {
	w := newWorld(t)
	d := w.guide()
	n := w.notes()
	w.arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true})
	d = w.publish(d)
	require.Equal(t, draft.Unknown, d.Publishing.State)
	assert.Equal(t, []string{"for one, asked anew"}, n.noted("GET /zaps"))
	d, err := w.Look(t.Context(), w.user, d.ID)
	require.NoError(t, err)
	assert.Equal(t, []string{"for one, asked anew"}, n.noted("GET /zaps"))
	d, err = w.PublishAgain(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	require.Equal(t, draft.Done, d.Publishing.State)
	n.noted("")

	for zap, err := range w.clients[w.user].Zaps(t.Context(), zapier.ListZapsOptions{Expand: []string{"steps.action.app", "steps.authentication"}}) {
		require.NoError(t, err)
		if d, err = w.FromZap(t.Context(), w.user, zap); err == nil && len(d.Missing()) == 0 {
			break
		}
	}
	n.noted("")
	_, err = w.Publish(t.Context(), w.user, d.ID, d.Revision)
	require.NoError(t, err)
	assert.Equal(t, []string{"for one, asked anew"}, n.noted("GET /zaps"))
}

// Actions are the same for all. Where the id of one turns out to be old, the person's own token asks anew.
func TestActionsAreAskedForAllAndAnewWhenRefused(t *testing.T) {
	w := newWorld(t)
	w.emulator.SetReadings(emulator.Readings{StrictActionIDs: true})
	n := w.notes()
	d := w.draft(leads, reports)
	n.noted("")
	d = w.read(d, "s1", draft.Again)
	assert.Empty(t, n.noted("GET /actions"), "its id is known")
	w.clock.Advance(51 * 60 * 1e9)
	d = w.read(d, "s1", draft.Again)
	assert.Equal(t, []string{"for all"}, n.noted("GET /actions"))

	_, err := w.clients[w.user].ListActions(t.Context(), leads.app, "") // which ends the ids from before
	require.NoError(t, err)
	n.noted("")
	d = w.read(d, "s1", draft.Again)
	assert.Equal(t, []string{"for one, asked anew"}, n.noted("GET /actions"))
	assert.Equal(t, w.clock.Now(), d.Steps[0].FormRead)
}

func TestRefreshedFormIsAskedAnew(t *testing.T) {
	w := newWorld(t)
	n := w.notes()
	d := w.choices(w.draft(leads, reports), "s2", "account")
	assert.Equal(t, []string{"for one"}, n.noted("POST /inputs"))
	w.read(d, "s2", draft.AgainWithChoices)
	n.mu.Lock()
	choices := n.calls["POST /choices"]
	n.mu.Unlock()
	assert.Equal(t, []string{"for one, asked anew"}, choices, "those that were read before, and no others")
	assert.Equal(t, []string{"for one, asked anew"}, n.noted("POST /inputs"))
}
