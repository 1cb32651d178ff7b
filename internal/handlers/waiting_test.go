package handlers_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/zapier"
)

// full is what lies between us and Zapier says when there is no room for a call.
type full struct {
	wait  time.Duration
	place int
}

func (f *full) Error() string          { return "no room" }
func (f *full) RetryIn() time.Duration { return f.wait }
func (f *full) InLine() int            { return f.place }

// narrow is a way to Zapier on which there is not always room.
type narrow struct {
	mu   sync.Mutex
	full *full
	// path is how those begin for which there is none; all if empty.
	path string
	// patience is how long each call would have waited.
	patience []time.Duration
}

// fillFor leaves room for all calls but some.
func (n *narrow) fillFor(path string, f *full) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.path, n.full = path, f
}

func (n *narrow) fill(f *full) { n.fillFor("", f) }

func (n *narrow) RoundTrip(r *http.Request) (*http.Response, error) {
	n.mu.Lock()
	full := n.full
	if !strings.HasPrefix(r.URL.Path, n.path) {
		full = nil
	}
	if !strings.HasPrefix(r.URL.Path, "/oauth/") {
		n.patience = append(n.patience, zapier.PurposeOf(r.Context()).Patience)
	}
	n.mu.Unlock()
	if full != nil {
		return nil, full
	}
	return ownTransport.RoundTrip(r)
}

// waited are the different patiences since it was last asked.
func (n *narrow) waited() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	found := slices.Compact(n.patience)
	n.patience = nil
	return found
}

func narrowHouse(t *testing.T, opts options) (*house, *narrow) {
	way := &narrow{}
	opts.transport = way
	return newHouse(t, opts), way
}

func TestPageWaitsForRoom(t *testing.T) {
	h, way := narrowHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	for name, row := range map[string]struct {
		full           full
		refresh, place string
		says           []string
	}{
		"in line":    {full{12 * time.Second, 3}, "5", "3", []string{"You are number 3 in line.", "12:00:12 UTC"}},
		"next":       {full{1500 * time.Millisecond, 1}, "2", "1", []string{"You are next.", "12:00:02 UTC"}},
		"a cooldown": {full{42 * time.Second, 0}, "42", "0", []string{"12:00:42 UTC"}},
	} {
		t.Run(name, func(t *testing.T) {
			way.fill(&row.full)
			waiting := b.get("/apps?query=ledger")
			assert.Equal(t, http.StatusServiceUnavailable, waiting.status)
			assert.Equal(t, row.refresh, waiting.header.Get("Refresh"))
			assert.Equal(t, "zapier-rate-limited", waiting.errorCode())
			state := waiting.byTestID("waiting")
			assert.Equal(t, row.place, state.AttrOr("data-place", ""))
			assert.Equal(t, row.refresh, state.AttrOr("data-again", ""))
			assert.Equal(t, waiting.header.Get("Retry-After"), state.AttrOr("data-seconds", ""))
			for _, words := range row.says {
				assert.Contains(t, state.Text(), words)
			}
			assert.Equal(t, row.full.place > 0, waiting.byTestID("place").Length() == 1)
			way.fill(nil)
			there := b.follow(waiting, waiting.byTestID("retry"))
			assert.Equal(t, "/zaps/apps?query=ledger", there.url.RequestURI())
			assert.Equal(t, http.StatusOK, there.status)
		})
	}
}

// Nobody sits before a page for longer than that: they are told when to come back.
func TestPageDoesNotWaitForLong(t *testing.T) {
	h, way := narrowHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	way.fill(&full{10 * time.Minute, 0})
	told := b.get("/apps")
	assert.Equal(t, http.StatusTooManyRequests, told.status)
	assert.Equal(t, "600", told.header.Get("Retry-After"))
	assert.Empty(t, told.header.Get("Refresh"))
	assert.Zero(t, told.byTestID("waiting").Length())
	assert.Contains(t, told.byTestID("error").Text(), "You can try again at 12:10:00 UTC.")
	assert.Equal(t, 1, told.byTestID("retry").Length())
}

// A form that met no room is not sent again by itself, and has lost nothing.
func TestFormThatFindsNoRoomLosesNothing(t *testing.T) {
	h, way := narrowHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	way.fill(&full{20 * time.Second, 2})
	busy := b.post("/zaps/"+zap.ID+"/rename", url.Values{"title": {"A <long> & careful name"}})
	assert.Equal(t, http.StatusTooManyRequests, busy.status)
	assert.Empty(t, busy.header.Get("Refresh"), "a GET of a form's address leads nowhere")
	assert.Zero(t, busy.byTestID("waiting").Length())
	assert.Contains(t, busy.byTestID("error").Text(), "You can try again at 12:00:20 UTC.")
	assert.Contains(t, busy.byTestID("error").Text(), "Nothing is lost.")
	assert.Equal(t, "/zaps/"+zap.ID, busy.byTestID("retry").AttrOr("href", ""), "back to the Zap")
	assert.Equal(t, "/apps/"+emulator.AppNoAuthentication, b.post("/apps/"+emulator.AppNoAuthentication+"/choice", nil).byTestID("retry").AttrOr("href", ""))
	way.fill(nil)
	done := b.press(busy, busy.byTestID("repeat").Find("button"))
	assert.Equal(t, http.StatusOK, done.status)
	assert.Equal(t, "A <long> & careful name", h.zapOf(emulator.UserWade, "A <long> & careful name").Title)
}

// Secrets are not sent back to be sent once more.
func TestFormWithSecretsIsNotRepeated(t *testing.T) {
	h, way := narrowHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	path := "/apps/" + emulator.AppBasic + "/add-account"
	typed := b.typing(b.get(path), "title", "Mine")
	typed.Set("password", "canary-password")
	way.fill(&full{20 * time.Second, 2})
	busy := b.post(path, typed)
	assert.Equal(t, http.StatusTooManyRequests, busy.status)
	assert.NotContains(t, busy.body, "canary-password")
	assert.Zero(t, busy.byTestID("repeat").Length())
}

// A page that can do without what there is no room for says from when on it can be had. The others wait for it.
func TestPartThatFindsNoRoomSaysWhen(t *testing.T) {
	h, way := narrowHouse(t, options{prefix: "/zaps", scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	room := &full{20 * time.Second, 2}
	says := func(path, id string) {
		part := b.get(path)
		assert.Equal(t, http.StatusOK, part.status, path)
		assert.Empty(t, part.header.Get("Refresh"), "%s: nobody loses their place on it", path)
		assert.Equal(t, "2026-11-22T12:00:20Z", part.byTestID(id).Find("time").AttrOr("datetime", ""), path)
		way.fill(nil)
		again := b.follow(part, part.byTestID(id).Find(`[data-testid="retry"]`))
		assert.Equal(t, "/zaps"+path, again.url.RequestURI())
		assert.Zero(t, again.byTestID(id).Length(), path)
		way.fill(room)
	}
	way.fill(room)
	waiting := b.get("/zaps?query=leads")
	assert.Equal(t, http.StatusServiceUnavailable, waiting.status, "there is nothing else on it")
	assert.Equal(t, "5", waiting.header.Get("Refresh"))
	assert.Contains(t, waiting.byTestID("place").Text(), "number 2")
	says("/zaps/new", "templates-unread")
	way.fill(nil)
	b.stopping().post("/zaps/new", nil)
	way.fill(room)
	says("/zaps?query=leads", "notice")
}

// A page of a draft waits as a whole: who got it without the part that there is no room for would ask for all of it again.
func TestPagesOfADraftWait(t *testing.T) {
	h, way := narrowHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	paths := []string{z.step(2, "fields"), z.step(2, "test"), z.step(2, "account"), z.draft}
	z.send(z.step(1, "fields"), url.Values{"present": {"pipeline"}, "f.pipeline": {"pl_02"}, "do": {"save"}})
	h.clock.Advance(time.Hour)
	way.fill(&full{20 * time.Second, 2})
	for _, path := range paths {
		waiting := z.get(path)
		assert.Equal(t, http.StatusServiceUnavailable, waiting.status, path)
		assert.Equal(t, 1, waiting.byTestID("waiting").Length(), path)
	}
	way.fillFor("/v2/authentications", &full{20 * time.Second, 2})
	assert.Equal(t, http.StatusServiceUnavailable, z.get(z.step(2, "account")).status, "the list alone")
	way.fill(nil)
	for _, path := range paths {
		assert.Equal(t, http.StatusOK, z.get(path).status, path)
	}
}

func TestPatience(t *testing.T) {
	h, way := narrowHouse(t, options{scopes: everyScope})
	b := h.browser()
	b.signIn(emulator.UserWade, "/")
	assert.Equal(t, []time.Duration{10 * time.Second}, way.waited(), "the way back from Zapier leads here once")
	b.get("/apps")
	assert.Equal(t, []time.Duration{8 * time.Second}, way.waited())
	b.stopping().post("/apps/"+emulator.AppNoAuthentication+"/choice", nil)
	assert.Equal(t, []time.Duration{10 * time.Second}, way.waited())
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	assert.Equal(t, []time.Duration{10 * time.Second}, way.waited())
	b.stopping().get(attempt.StartURL)
	assert.Equal(t, []time.Duration{2 * time.Second}, way.waited(), "the window is empty meanwhile")
}

func TestProblemSaysWhatHelps(t *testing.T) {
	h, way := narrowHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	way.fill(&full{7200 * time.Millisecond, 4})
	answered := b.call(http.MethodGet, "/api/zapier/v2/apps", nil)
	assert.Equal(t, http.StatusTooManyRequests, answered.status)
	problem := answered.problem(t)
	assert.True(t, problem.Retry)
	assert.Equal(t, 8, problem.RetryAfter)
	assert.Equal(t, "8", answered.header.Get("Retry-After"))
	assert.Equal(t, time.Date(2026, 11, 22, 12, 0, 8, 0, time.UTC), problem.TryAgainAt)
	assert.Equal(t, 4, problem.Place)
	assert.NotEmpty(t, problem.Cause)
	assert.NotEmpty(t, problem.Advice)
	assert.True(t, strings.HasSuffix(problem.Type, "docs/errors.md#zapier-rate-limited"))

	lost := b.call(http.MethodGet, "/api/nowhere", nil)
	assert.False(t, lost.problem(t).Retry)
	assert.NotContains(t, lost.body, "try_again_at")
	assert.NotContains(t, lost.body, "place")
}

func TestErrorPageKeepsTheRestForWhoeverAsks(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpAppsList, Status: 502, Times: 10}))
	failed := b.get("/apps")
	details := failed.byTestID("error-details")
	_, open := details.Attr("open")
	assert.False(t, open)
	for _, words := range []string{"zapier-unavailable", "Status 502", "Yes, after a while.", "22 Nov 2026, 12:00 UTC", failed.header.Get("X-Request-Id")} {
		assert.Contains(t, details.Text(), words)
	}
	details.Remove()
	assert.NotContains(t, failed.byTestID("error").Text(), failed.header.Get("X-Request-Id"))
	h.emulator.Disarm()
	assert.Contains(t, b.get("/nowhere").byTestID("error-details").Text(), "No, something has to change first.")
}

// The window waits, and its way to Zapier is not lost by it.
func TestPopupWaitsForRoom(t *testing.T) {
	h, way := narrowHouse(t, options{prefix: "/zaps"})
	b := h.signedIn(emulator.UserWade)
	start := func(app string) handlers.Attempt {
		return b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": app})
	}
	attempt := start(emulator.AppBasic)
	at := strings.TrimPrefix(attempt.StartURL, "/zaps")
	way.fill(&full{30 * time.Second, 0})
	waiting := b.get(at)
	assert.Equal(t, http.StatusServiceUnavailable, waiting.status)
	assert.Equal(t, "30", waiting.header.Get("Refresh"))
	assert.Empty(t, waiting.header.Get("Cross-Origin-Opener-Policy"))
	_, inWindow := waiting.byTestID("waiting").Attr("data-window")
	assert.True(t, inWindow)
	still := b.attempt(http.MethodGet, "/api/attempts/"+attempt.ID, nil)
	assert.Equal(t, "minted", string(still.State))
	assert.True(t, still.Seen, "the page behind it knows that the window has opened")
	way.fill(nil)
	assert.Equal(t, http.StatusFound, b.stopping().get(at).status)
	assert.Equal(t, "opened", string(b.attempt(http.MethodGet, "/api/attempts/"+attempt.ID, nil).State))

	attempt = start(emulator.AppDigest)
	way.fill(&full{30 * time.Second, 0})
	waiting = b.get(strings.TrimPrefix(attempt.StartURL, "/zaps"))
	gone := b.stopping().follow(waiting, waiting.byTestID("anyway"))
	assert.Equal(t, http.StatusFound, gone.status, "who does not want to wait goes on")
	assert.Contains(t, gone.header.Get("Location"), h.zapier)
}

// doorkeeper lets people in when a test says so.
type doorkeeper struct {
	mu      sync.Mutex
	full    *full
	entered []string
	left    []string
	// ends is when the request ends that asked last.
	ends time.Time
}

func (d *doorkeeper) say(f *full) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = f
}

func (d *doorkeeper) Enter(ctx context.Context, user string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ends, _ = ctx.Deadline()
	d.entered = append(d.entered, user)
	if d.full != nil {
		return d.full
	}
	return nil
}

func (d *doorkeeper) Leave(_ context.Context, user string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left = append(d.left, user)
}

func doorHouse(t *testing.T) (*house, *doorkeeper) {
	door := &doorkeeper{}
	return newHouse(t, options{scopes: everyScope, change: func(c *handlers.Config) { c.Door = door }}), door
}

// Whoever starts a Zap waits before the door, keeps what they typed, and is let in once.
func TestStartWaitsAtTheDoor(t *testing.T) {
	h, door := doorHouse(t)
	b := h.signedIn(emulator.UserWade)
	page := b.get("/zaps/new")
	start := page.byTestID("new-blank").Find(`[name="start"]`).AttrOr("value", "")
	template := page.byTestID("template").First().AttrOr("data-template", "")
	zap := h.zapOf(emulator.UserWade, "")
	for path, typed := range map[string]url.Values{
		"/zaps/new":                 {"start": {start}},
		"/zaps/new/guess":           {"start": {start}, "description": {"When Taskery has a task, tell Pondside Chat"}},
		"/zaps/new/template":        {"start": {start}, "template": {template}},
		"/zaps/" + zap.ID + "/edit": {},
	} {
		t.Run(path, func(t *testing.T) {
			before := len(h.draftsOf(emulator.UserWade))
			door.say(&full{40 * time.Second, 3})
			waiting := b.post(path, typed)
			assert.Equal(t, http.StatusServiceUnavailable, waiting.status)
			assert.Equal(t, "40", waiting.header.Get("Retry-After"))
			assert.Empty(t, waiting.header.Get("Refresh"), "a GET of a form's address leads nowhere")
			assert.Equal(t, "zapier-busy", waiting.errorCode())
			assert.Equal(t, "5", waiting.byTestID("waiting").AttrOr("data-again", ""))
			assert.Contains(t, waiting.byTestID("place").Text(), "number 3")
			assert.Len(t, h.draftsOf(emulator.UserWade), before)
			again := b.press(waiting, waiting.byTestID("repeat").Find("button"))
			assert.Equal(t, 1, again.byTestID("waiting").Length(), "still")
			door.say(nil)
			in := b.press(again, again.byTestID("repeat").Find("button"))
			assert.Equal(t, 1, in.byTestID("title-form").Length(), in.Text())
			once := b.press(again, again.byTestID("repeat").Find("button"))
			assert.Equal(t, in.url.Path, once.url.Path, "the same start is the same draft")
			assert.Len(t, h.draftsOf(emulator.UserWade), before+1)
		})
	}
	assert.Equal(t, []string{strconv.Itoa(emulator.UserWade)}, slices.Compact(door.entered))
}

func TestDoorTurnsAway(t *testing.T) {
	h, door := doorHouse(t)
	b := h.signedIn(emulator.UserWade)
	door.say(&full{8 * time.Minute, 0})
	away := b.post("/zaps/new", nil)
	assert.Equal(t, http.StatusServiceUnavailable, away.status)
	assert.Equal(t, "480", away.header.Get("Retry-After"))
	assert.Equal(t, "zapier-busy", away.errorCode())
	assert.Zero(t, away.byTestID("waiting").Length())
	assert.Contains(t, away.byTestID("error").Text(), "You can try again at 12:08:00 UTC.")
	assert.Empty(t, h.draftsOf(emulator.UserWade))
	assert.WithinRange(t, door.ends, time.Now().Add(30*time.Second), time.Now().Add(55*time.Second), "before the connection ends")

	door.entered = nil
	assert.Equal(t, http.StatusUnauthorized, h.browser().post("/zaps/new", nil).status)
	assert.Empty(t, door.entered, "who may not start a Zap does not stand in the line")
}

// One page of starts leads to as many drafts as there are different starts, and another page to others.
func TestSameStartIsOneDraft(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	page := b.get("/zaps/new")
	blank := page.byTestID("new-blank").Find("button")
	first := b.press(page, blank)
	assert.Equal(t, first.url.Path, b.press(page, blank).url.Path)
	template := b.press(page, page.byTestID("use-template").First())
	assert.NotEqual(t, first.url.Path, template.url.Path)
	other := b.get("/zaps/new")
	assert.NotEqual(t, first.url.Path, b.press(other, other.byTestID("new-blank").Find("button")).url.Path)
	assert.Len(t, h.draftsOf(emulator.UserWade), 3)

	nadia := h.signedIn(emulator.UserNadia)
	theirs := nadia.press(page, blank)
	assert.Equal(t, http.StatusOK, theirs.status)
	assert.NotEqual(t, first.url.Path, theirs.url.Path, "a token is nobody's key")

	require.NoError(t, h.drafts.Delete(t.Context(), strconv.Itoa(emulator.UserWade), strings.TrimPrefix(first.url.Path, "/drafts/")))
	assert.Equal(t, http.StatusOK, b.press(page, blank).status)
}

func TestWhoIsDoneLeavesTheDoor(t *testing.T) {
	h, door := doorHouse(t)
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	require.Empty(t, door.left)
	require.Equal(t, "done", z.publish().byTestID("publishing").AttrOr("data-state", ""))
	assert.Equal(t, []string{strconv.Itoa(emulator.UserWade)}, door.left)
	thrown := z.stopping().post("/zaps/new", nil)
	z.post(thrown.header.Get("Location")+"/delete", nil)
	assert.Len(t, door.left, 2)
}

// What of Zapier's kinds helps is what helps here: the code that a kind is told by says the same.
func TestKindsAreToldApart(t *testing.T) {
	codes := map[string]zapier.Kind{}
	for _, kind := range []zapier.Kind{
		zapier.Invalid, zapier.Unauthorized, zapier.Forbidden, zapier.NotFound, zapier.Conflict, zapier.RateLimited, zapier.Broken, zapier.Unavailable,
		zapier.TimedOut, zapier.Unreachable, zapier.CutOff, zapier.NotJSON, zapier.WrongSchema, zapier.TooLarge, zapier.Resting,
	} {
		code := handlers.CodeOf(&zapier.Error{Kind: kind})
		assert.NotContains(t, codes, code, kind)
		codes[code] = kind
		assert.Equal(t, kind.Helps(), handlers.Helps(code), kind)
		waits := kind == zapier.RateLimited || kind == zapier.Resting
		assert.Equal(t, waits, handlers.Waits(&zapier.Error{Kind: kind, RetryAfter: time.Second}), "%s: all that helps is to wait", kind)
		assert.False(t, handlers.Waits(&zapier.Error{Kind: kind}), "%s: nobody knows for how long", kind)
	}
	assert.NotContains(t, slices.Collect(maps.Keys(codes)), "internal")
}

// failure is a way to Zapier on which each call fails.
type failure struct{ error }

func (f failure) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.error }

// What never left is not told as sent and not answered, though both took too long.
func TestTimeoutsAreToldApart(t *testing.T) {
	failing := func(cause error) error {
		client, err := zapier.New("http://zapier.example", failure{cause})
		require.NoError(t, err)
		_, err = client.As("wade", zapier.StaticToken("token")).GetProfile(t.Context())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return err
	}
	late := context.DeadlineExceeded
	assert.Equal(t, "zapier-unreachable", handlers.CodeOf(failing(&net.OpError{Op: "dial", Net: "tcp", Err: late})), "no connection in time")
	assert.Equal(t, "zapier-timeout", handlers.CodeOf(failing(late)), "no answer in time")
	assert.Equal(t, "zapier-timeout", handlers.CodeOf(fmt.Errorf("no call was begun: %w", late)), "no time for a call")
}

// While Zapier is away, a page shows what was known before, and says from when that is.
func TestPageSaysThatItIsFromBefore(t *testing.T) {
	h := newHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	assert.Zero(t, b.get("/apps").byTestID("kept").Length())
	h.clock.Advance(time.Hour)
	for _, operation := range []string{emulator.OpAppsList, emulator.OpCategoriesList} {
		require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: operation, Status: http.StatusServiceUnavailable, Times: 100}))
	}
	old := b.get("/apps")
	assert.Equal(t, http.StatusOK, old.status)
	assert.NotZero(t, old.byTestID("app").Length())
	assert.Equal(t, "2026-11-22T12:00:00Z", old.byTestID("kept").Find("time").AttrOr("datetime", ""))
	h.emulator.Disarm()
	h.clock.Advance(time.Hour)
	assert.Zero(t, b.get("/apps").byTestID("kept").Length())
}

// The page of an error shows nothing of what was known before.
func TestErrorPageIsNotFromBefore(t *testing.T) {
	h, way := narrowHouse(t, options{chain: true})
	b := h.signedIn(emulator.UserWade)
	b.get("/apps")
	h.clock.Advance(time.Hour)
	way.fill(&full{20 * time.Second, 2})
	old := b.get("/apps").byTestID("kept")
	assert.Contains(t, old.Text(), "There was no new answer from Zapier just now; this is what we knew at")
	waiting := b.get("/apps?query=never")
	assert.Equal(t, 1, waiting.byTestID("waiting").Length())
	assert.Zero(t, waiting.byTestID("kept").Length())
}

// Each form of a draft but the one with its secrets can be sent once more, and is one however often it is.
func TestFormsOfADraftAreSentOnceMore(t *testing.T) {
	h, way := narrowHouse(t, options{scopes: everyScope})
	z, _, ads := h.signedIn(emulator.UserWade).worked()
	for _, form := range []struct {
		path  string
		typed url.Values
	}{
		{z.step(2, "account"), url.Values{"authentication": {ads}}},
		{z.step(2, "app"), url.Values{"app": {emulator.AppMany}, "confirm": {"1"}}},
		{z.step(2, "action"), url.Values{"action": {"WRITE:create_spreadsheet_row"}}},
	} {
		way.fill(&full{20 * time.Second, 2})
		busy := z.send(form.path, form.typed)
		assert.Equal(t, http.StatusTooManyRequests, busy.status, form.path)
		assert.Equal(t, "Go back", strings.TrimSpace(busy.byTestID("retry").Text()), form.path)
		way.fill(nil)
		before := z.revision()
		done := z.press(busy, busy.byTestID("repeat").Find("button"))
		assert.Equal(t, http.StatusOK, done.status, form.path)
		if !strings.HasSuffix(form.path, "/account") { // it was chosen already
			assert.NotEqual(t, before, z.revision(), form.path)
		}
	}
}

func TestPublishIsSentOnceMore(t *testing.T) {
	h, way := narrowHouse(t, options{scopes: everyScope})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	way.fill(&full{20 * time.Second, 2})
	busy := z.send(z.draft+"/publish", nil)
	require.Equal(t, http.StatusTooManyRequests, busy.status)
	way.fill(nil)
	before := len(h.emulator.Zaps(emulator.UserWade))
	for range 2 {
		z.press(busy, busy.byTestID("repeat").Find("button"))
	}
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
}

// The fields of a step may be secrets. As long as its form tells trouble itself, no page of an error follows them.
func TestFormsWithSecrets(t *testing.T) {
	h := newHouse(t, options{})
	routes, err := h.server.Routes()
	require.NoError(t, err)
	var secret []string
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodPost && handlers.HoldsSecrets(path) {
			secret = append(secret, path)
		}
	}
	assert.Equal(t, []string{"/apps/{app}/add-account", "/drafts/{draft}/steps/{step}/fields"}, secret)
}

// Nobody is told to try again by a link that only leads back.
func TestLinkBackSaysSo(t *testing.T) {
	h := newHouse(t, options{})
	z, _, ads := h.signedIn(emulator.UserWade).worked()
	for _, operation := range []string{emulator.OpAppsList, emulator.OpAuthenticationsList} {
		require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: operation, Status: http.StatusBadGateway, Times: 20}))
	}
	says := func(label, code string, failed page) {
		assert.Equal(t, code, failed.errorCode())
		assert.Equal(t, label, strings.TrimSpace(failed.byTestID("retry").Text()), code)
	}
	says("Try again", "zapier-unavailable", z.get("/apps"))
	says("Go back", "zapier-unavailable", z.send(z.step(2, "account"), url.Values{"authentication": {ads}}))
	h.emulator.Disarm()
	says("Go back", "app-not-found", z.get("/apps/00000000-0000-4000-8000-000000000000"))
	says("Go back", "draft-not-found", z.get("/drafts/AAAAAAAAAAAAAAAAAAAAAA"))
	says("Sign in again", "sign-in-denied", z.get("/sign-in/failed?problem=sign-in-denied"))
	says("Sign in again", "sign-in-unknown", z.get("/sign-in/failed?popup=1"))
}

// A form whose answer is lost keeps what was typed, and is sent once more, where that changes nothing that was done.
func TestFormsThatZapierDoesNotAnswer(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapUpdate, Status: http.StatusServiceUnavailable, Times: 20}))
	away := b.post("/zaps/"+zap.ID+"/rename", url.Values{"title": {`Leads & "more"`}})
	assert.Equal(t, "zapier-unavailable", away.errorCode())
	assert.Contains(t, away.byTestID("error").Text(), "Nothing is lost.")
	assert.Equal(t, "/zaps/"+zap.ID, away.byTestID("retry").AttrOr("href", ""))
	h.emulator.Disarm()
	h.clock.Advance(time.Minute)
	renamed := b.press(away, away.byTestID("repeat").Find("button"))
	assert.Equal(t, `Leads & "more"`, strings.TrimSpace(renamed.Find("h1").Text()))
}

// While the store is away, what was typed is on the page, and where it may be a secret the page does not say that it is.
func TestFormsThatAreNotStored(t *testing.T) {
	o, engine := brittleHouse(t, nil)
	d := o.copied(nil)
	revision, start := strconv.Itoa(d.Revision), strings.Repeat("0", 32)
	zap, step := "/zaps/"+o.zapOf(emulator.UserWade, "").ID, "/drafts/"+d.ID+"/steps/"+d.Steps[1].ID
	for path, form := range map[string]struct {
		typed url.Values
		back  string
	}{
		"/drafts/" + d.ID + "/title": {url.Values{"title": {"Typed"}, "revision": {revision}}, "/drafts/" + d.ID},
		"/zaps/new/guess":            {url.Values{"description": {"When SuperExampleCRM has a lead, tell PlatformAdManager"}, "start": {start}}, "/zaps/new"},
		zap + "/rename":              {url.Values{"title": {"Typed"}}, zap},
	} {
		engine.strikeAfter(0, false)
		away := o.wade.post(path, form.typed)
		assert.Equal(t, "store-unavailable", away.errorCode(), path)
		assert.Equal(t, form.back, away.byTestID("retry").AttrOr("href", ""), path)
		assert.Contains(t, away.byTestID("error").Text(), "Nothing is lost.", path)
		engine.mend()
		done := o.wade.press(away, away.byTestID("repeat").Find("button"))
		assert.Equal(t, http.StatusOK, done.status, path)
		assert.Empty(t, done.errorCode(), path)
	}
	for path, back := range map[string]string{step + "/fields": step, addPath: "/apps/" + emulator.AppBasic} {
		engine.strikeAfter(0, false)
		away := o.wade.post(path, url.Values{"f.password": {ownSecret}, "revision": {revision}})
		assert.Equal(t, "store-unavailable", away.errorCode(), path)
		assert.Equal(t, back, away.byTestID("retry").AttrOr("href", ""), path)
		assert.NotContains(t, away.body, ownSecret, path)
		assert.NotContains(t, away.body, "Nothing is lost", path)
		assert.Contains(t, away.byTestID("error").Text(), "What you typed may be lost", path)
	}
	engine.strikeAfter(0, false)
	away := o.wade.post("/drafts/"+d.ID+"/publish", url.Values{"revision": {revision}})
	assert.Equal(t, "/drafts/"+d.ID, away.byTestID("retry").AttrOr("href", ""))
	assert.Zero(t, away.byTestID("repeat").Length(), "the answer is lost, and the Zap may be there")
}

// What may be done twice when it is sent twice is not sent again by a form that stands on the page of a lost answer.
func TestFormsThatAreSentOnce(t *testing.T) {
	h := newHouse(t, options{})
	routes, err := h.server.Routes()
	require.NoError(t, err)
	var once []string
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		if method == http.MethodPost && !strings.HasPrefix(path, "/api/") && handlers.OnceOnly(path) {
			once = append(once, path)
		}
	}
	assert.Equal(t, []string{"/drafts/{draft}/publish", "/drafts/{draft}/publish-again", "/drafts/{draft}/steps/{step}/test"}, once)
}

// What is missing of a form is read by itself; what is there already, or has to be corrected first, is not.
func TestFormSaysWhenItIsReadAgain(t *testing.T) {
	h, way := narrowHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	for name, row := range map[string]struct {
		full full
		want string
	}{
		"in line":    {full{40 * time.Second, 3}, "5"},
		"a cooldown": {full{40 * time.Second, 0}, "40"},
		"too long":   {full{6 * time.Minute, 0}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			form := z.get(z.step(2, "fields"))
			way.fill(&row.full)
			there := z.fill(form, "refresh", nil)
			require.Equal(t, 1, there.byTestID("unread").Find("time").Length())
			assert.Empty(t, there.byTestID("unread").AttrOr("data-read-again", ""), "nothing is missing")
			other := "detailed"
			if form.value("kind") == other {
				other = "summary"
			}
			missing := z.fill(form, "next", url.Values{"f.kind": {other}})
			require.Equal(t, 1, missing.byTestID("unread").Length(), missing.Text())
			assert.Equal(t, row.want, missing.byTestID("unread").AttrOr("data-read-again", ""))
			way.fill(nil)
			assert.Zero(t, z.get(z.step(2, "fields")).byTestID("unread").Length())
		})
	}
}
