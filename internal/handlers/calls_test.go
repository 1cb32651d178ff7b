package handlers_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// How long people take.
const (
	onAPage   = 4 * time.Second
	inAForm   = 20 * time.Second
	inAWindow = 25 * time.Second
)

// asBrowsersDo says "max-age=0" where Chromium and Firefox do although nobody has loaded a page again: with a form, and
// with the page that it leads to.
type asBrowsersDo struct{}

func (asBrowsersDo) RoundTrip(r *http.Request) (*http.Response, error) {
	form := r.Header.Get("Content-Type") == "application/x-www-form-urlencoded"
	if form || r.Response != nil && r.Method == http.MethodGet {
		r = r.Clone(r.Context())
		r.Header.Set("Cache-Control", "max-age=0")
	}
	return ownTransport.RoundTrip(r)
}

// apiCalls counts the calls of Zapier's API that arrived, by operation. What the browser asked for in Zapier's window is
// none of them.
func (h *house) apiCalls() map[string]int {
	counts := map[string]int{}
	for _, r := range h.emulator.Requests() {
		if strings.HasPrefix(r.Path, "/v1/") || strings.HasPrefix(r.Path, "/v2/") && !strings.Contains(r.Path, "/redirect") && r.Operation != emulator.OpAuthorize {
			counts[r.Operation]++
		}
	}
	return counts
}

// worker builds the guide's example as a person does, connecting both accounts on the way.
type worker struct {
	*builder
	user   int
	script bool
}

// connects goes through Zapier's window from the account of a step, and on to the fields. With script the window's
// message leads to a check and then the page is drawn again; without it a button does both.
func (w *worker) connects(at page) page {
	w.t.Helper()
	h, app := w.house, at.byTestID("attempt").AttrOr("data-app", "")
	attempt := at.byTestID("attempt").AttrOr("data-attempt", "")
	h.clock.Advance(onAPage)
	asked := w.follow(at, at.byTestID("connect"))
	button := asked.byTestID("connect-submit")
	if button.Length() == 0 {
		button = asked.byTestID("allow") // on the App's own page
	}
	closed := w.pressTyping(asked, button, "typed")
	require.Equal(w.t, 1, closed.byTestID("popup-closed").Length(), closed.Text())
	h.clock.Advance(inAWindow)
	made := h.emulator.Authentications(w.user, app)
	require.Len(w.t, made, 1)
	var again page
	if w.script {
		message := map[string]any{"evidence": "message", "authentication_id": made[0].ID}
		require.Equal(w.t, "connected", string(w.attempt(http.MethodPost, "/api/attempts/"+attempt+"/check", message).Outcome))
		again = w.get(w.below(at.url) + "?attempt=" + attempt)
	} else {
		again = w.press(at, at.byTestID("check").First())
	}
	chosen := again.Find(`[data-testid="authentication"][data-authentication="` + made[0].ID + `"][data-chosen="true"]`)
	require.Equal(w.t, 1, chosen.Length(), "the page shows what was just connected: %s", again.Text())
	h.clock.Advance(onAPage)
	return w.follow(again, again.byTestID("go-on"))
}

// setsUp is a step of the Zap, from its App to its fields.
func (w *worker) setsUp(number int, app, action string) page {
	w.t.Helper()
	w.house.clock.Advance(onAPage)
	shown := w.get(fmt.Sprintf("%s/steps/s%d", w.draft, number))
	w.house.clock.Advance(onAPage)
	shown = w.press(shown, shown.Find(`[data-app="`+app+`"]`))
	w.house.clock.Advance(onAPage)
	form := w.connects(w.press(shown, shown.Find(`[data-action="`+action+`"]`)))
	require.Equal(w.t, 1, form.byTestID("fields-form").Length(), form.Text())
	w.house.clock.Advance(inAForm)
	return form
}

// buildsTheGuidesExample is the whole way, from the page of a new Zap to the Zap.
func (b *browser) buildsTheGuidesExample(user int, script bool) {
	b.t.Helper()
	fresh := b.get("/zaps/new")
	started := b.press(fresh, fresh.byTestID("new-blank").Find("button"))
	w := &worker{&builder{browser: b, draft: b.below(started.url)}, user, script}
	form := w.fill(w.setsUp(1, emulator.AppOAuth2, "READ:new_lead"), "next", nil)
	require.Equal(b.t, w.draft, w.below(form.url), form.Text())
	form = w.setsUp(2, emulator.AppSession, "WRITE:create_engagement_report")
	require.NotZero(b.t, form.byTestID("output").Length(), "what the lead has can be put in")
	form = w.fill(form, "next", url.Values{"f.full_name": {"{{full_name}}"}, "f.kind": {""}})
	require.Equal(b.t, w.draft, w.below(form.url), form.Text())
	b.house.clock.Advance(onAPage)
	w.rename("Register engagement report on lead creation")
	done := w.publish()
	require.Equal(b.t, "done", done.byTestID("publishing").AttrOr("data-state", ""), done.Text())
}

// The two-step Zap of Zapier's guide (api.md 2.14) with both accounts connected on the way costs nine calls, from the page
// of a new Zap to the published one, when somebody has used the same Apps in the last ten minutes. Signing in comes before
// it, with one call for the profile.
func TestGuidesExampleCostsNineCalls(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]bool{"with script": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options{chain: true})
			before := h.signedInAsBrowsersDo(emulator.UserNadia)
			before.buildsTheGuidesExample(emulator.UserNadia, script)
			cold := h.apiCalls()
			h.clock.Advance(time.Minute)
			wade := h.signedInAsBrowsersDo(emulator.UserWade)
			delete(cold, emulator.OpProfilesMe)
			wade.buildsTheGuidesExample(emulator.UserWade, script)

			counts, total := h.apiCalls(), 0
			delete(counts, emulator.OpProfilesMe)
			for _, operation := range slices.Sorted(maps.Keys(counts)) {
				counts[operation] -= cold[operation]
				total += counts[operation]
				t.Logf("%-22s %2d (%d for whoever comes first)", operation, counts[operation], cold[operation])
			}
			maps.DeleteFunc(counts, func(_ string, count int) bool { return count == 0 })
			assert.LessOrEqual(t, total, 10)
			assert.Equal(t, map[string]int{
				emulator.OpAppsList:            1, // the links that connect accounts, of all popular Apps
				emulator.OpAuthenticationsList: 4, // for each account the page, which is the baseline, and the check, which is the next page
				emulator.OpInputsList:          2, // the form of each step
				emulator.OpOutputsList:         1, // what the first step yields
				emulator.OpZapCreate:           1,
			}, counts)

			zap := h.newest()
			assert.Equal(t, "Register engagement report on lead creation", zap.Title)
			require.Len(t, zap.Steps, 2)
			assert.Equal(t, map[string]any{"full_name": "{{full_name}}"}, zap.Steps[1].Inputs, "as in the guide")
		})
	}
}

func (h *house) signedInAsBrowsersDo(user int) *browser {
	h.t.Helper()
	b := h.signedIn(user)
	b.client.Transport = asBrowsersDo{}
	return b
}
