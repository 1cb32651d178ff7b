package cache_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/cache"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
	"github.com/zapembed/zapembed/internal/zapier"
)

// zap is a Zapier that gives a new answer each time, so that a test can tell whether it was asked.
type zap struct {
	mu    sync.Mutex
	asked []string
	// answer, if not nil, makes up the answer.
	answer func(r *http.Request) (*http.Response, error)
	// hold, if not nil, keeps every answer back until it is closed; arrived hears of each call.
	hold    chan struct{}
	arrived chan string
}

func (z *zap) RoundTrip(r *http.Request) (*http.Response, error) {
	z.mu.Lock()
	z.asked = append(z.asked, r.Method+" "+r.URL.Path)
	count, answer, hold := len(z.asked), z.answer, z.hold
	z.mu.Unlock()
	if z.arrived != nil {
		z.arrived <- r.URL.Path
	}
	if hold != nil {
		select {
		case <-hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if answer != nil {
		return answer(r)
	}
	return says(http.StatusOK, fmt.Sprintf(`{"data":[{"id":"%d","title":"answer %d"}],"links":{},"meta":{"count":1}}`, count, count)), nil
}

func (z *zap) calls() int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return len(z.asked)
}

func (z *zap) set(change func(*zap)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	change(z)
}

func says(status int, body string) *http.Response {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json")
	recorder.WriteHeader(status)
	_, _ = recorder.WriteString(body)
	return recorder.Result()
}

// house is a Zapier, and the store that its servers share.
type house struct {
	t      *testing.T
	zapier *zap
	place  *testengine.Place
	keys   *store.Keyring
	clock  *storetest.Clock
	logs   *bytes.Buffer
}

func newHouse(t *testing.T) *house {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	clock := storetest.NewClock()
	return &house{t: t, zapier: &zap{}, place: testengine.NewPlace(t, clock.Now), keys: keys, clock: clock, logs: &bytes.Buffer{}}
}

// server is one more process.
type server struct {
	*cache.Transport
	client *zapier.Client
	// tick ends a wait of the server.
	tick chan<- time.Time
}

func (h *house) server() server { return h.serverOn(h.place.Open(), h.clock.Now) }

func (h *house) serverOn(engine store.Engine, now func() time.Time) server {
	h.t.Helper()
	tick := make(chan time.Time)
	kept := cache.New(cache.Config{
		Next: h.zapier, Engine: engine, Keys: h.keys, Now: now, Logger: slog.New(slog.NewTextHandler(h.logs, nil)),
		After: func(time.Duration) <-chan time.Time { return tick },
	})
	client, err := zapier.New("http://zapier.example", kept)
	require.NoError(h.t, err)
	return server{kept, client.WithClientID("partner"), tick}
}

func (s server) as(user string) *zapier.Client {
	return s.client.As(user, zapier.StaticToken("token of "+user))
}

// accounts is what a list says, by which it can be told which answer it is.
func accounts(t *testing.T, ctx context.Context, client *zapier.Client) string {
	t.Helper()
	list, err := client.ListAuthentications(ctx, "app")
	require.NoError(t, err)
	require.Len(t, list, 1)
	return list[0].Title
}

// reads are the calls that are kept, by name.
func reads() map[string]func(ctx context.Context, c *zapier.Client) error {
	step := zapier.StepInputs{Authentication: "1", Inputs: zapier.Inputs{"password": "canary-typed"}}
	return map[string]func(context.Context, *zapier.Client) error{
		"directory": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.AsPartner().ListApps(ctx, zapier.ListAppsOptions{Limit: 1})
			return err
		},
		"Actions": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.AsPartner().ListActions(ctx, "app", "")
			return err
		},
		"link": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListApps(ctx, zapier.ListAppsOptions{Limit: 1})
			return err
		},
		"accounts": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListAuthentications(ctx, "app")
			return err
		},
		"form": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListInputFields(ctx, "core:1", step)
			return err
		},
		"choices": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListChoices(ctx, "core:1", "f", step, "")
			return err
		},
		"outputs": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListOutputFields(ctx, "core:1", zapier.OutputsRequest{StepInputs: step})
			return err
		},
		"Zaps": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListZaps(ctx, zapier.ListZapsOptions{})
			return err
		},
		"runs": func(ctx context.Context, c *zapier.Client) error {
			_, err := c.ListZapRuns(ctx, zapier.ListZapRunsOptions{})
			return err
		},
	}
}

// kept lists which of the reads need no call.
func (h *house) kept(s server, user string) map[string]bool {
	h.t.Helper()
	kept := map[string]bool{}
	for name, read := range reads() {
		calls := h.zapier.calls()
		require.NoError(h.t, read(h.t.Context(), s.as(user)), name)
		if h.zapier.calls() == calls {
			kept[name] = true
		}
	}
	return kept
}

func all() map[string]bool {
	all := map[string]bool{}
	for name := range reads() {
		all[name] = true
	}
	return all
}

func without(names ...string) map[string]bool {
	left := all()
	for _, name := range names {
		delete(left, name)
	}
	return left
}

func TestAnswersAreGivenAgainWhileTheyAreFresh(t *testing.T) {
	for name, fresh := range map[string]time.Duration{
		"directory": 10 * time.Minute, "Actions": 10 * time.Minute, "link": 10 * time.Minute, "accounts": time.Minute,
		"form": 5 * time.Minute, "choices": 5 * time.Minute, "outputs": 5 * time.Minute, "Zaps": 15 * time.Second, "runs": 15 * time.Second,
	} {
		h := newHouse(t)
		one, two := h.server(), h.server()
		read := reads()[name]
		require.NoError(t, read(t.Context(), one.as("1")))
		h.clock.Advance(fresh - time.Millisecond)
		require.NoError(t, read(t.Context(), two.as("1")))
		assert.Equal(t, 1, h.zapier.calls(), "%s: on every server", name)
		h.clock.Advance(time.Millisecond)
		require.NoError(t, read(t.Context(), two.as("1")))
		assert.Equal(t, 2, h.zapier.calls(), "%s: it is too old", name)
	}
}

func TestAnswersReachNobodyElse(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	h.kept(s, "1")
	assert.Equal(t, map[string]bool{"directory": true, "Actions": true}, h.kept(s, "2"), "what is everybody's, and nothing else")
	assert.Equal(t, all(), h.kept(s, "1"))

	calls := h.zapier.calls()
	accounts(t, t.Context(), s.client.As("1", zapier.StaticToken("another token")))
	assert.Equal(t, calls+1, h.zapier.calls(), "what was given for one grant is not given for another")
}

func TestEachQuestionHasItsOwnAnswer(t *testing.T) {
	h := newHouse(t)
	c := h.server().as("1")
	for i, ask := range []func() error{
		func() error { _, err := c.ListAuthentications(t.Context(), "one"); return err },
		func() error { _, err := c.ListAuthentications(t.Context(), "two"); return err },
		func() error {
			_, err := c.ListInputFields(t.Context(), "core:1", zapier.StepInputs{Authentication: "1"})
			return err
		},
		func() error {
			_, err := c.ListInputFields(t.Context(), "core:1", zapier.StepInputs{Authentication: "2"})
			return err
		},
		func() error {
			_, err := c.ListInputFields(t.Context(), "core:1", zapier.StepInputs{Authentication: "2", Inputs: zapier.Inputs{"a": "b"}})
			return err
		},
		func() error {
			_, err := c.ListInputFields(t.Context(), "core:2", zapier.StepInputs{Authentication: "2"})
			return err
		},
	} {
		require.NoError(t, ask())
		assert.Equal(t, i+1, h.zapier.calls())
		require.NoError(t, ask())
		assert.Equal(t, i+1, h.zapier.calls())
	}
}

// What a user changes makes worthless what is about it, on all servers, and nothing of others.
func TestChanges(t *testing.T) {
	h := newHouse(t)
	here, there := h.server(), h.server()
	steps, zaps := []string{"form", "choices", "outputs"}, []string{"Zaps", "runs"}
	for name, one := range map[string]struct {
		change func(c *zapier.Client) error
		lost   []string
	}{
		"an Authentication": {func(c *zapier.Client) error {
			_, err := c.CreateAuthentication(t.Context(), zapier.AuthenticationRequest{})
			return err
		}, []string{"accounts"}},
		"a Zap":         {func(c *zapier.Client) error { _, err := c.CreateZap(t.Context(), zapier.ZapRequest{}); return err }, zaps},
		"another title": {func(c *zapier.Client) error { return c.UpdateZap(t.Context(), "7", zapier.ZapUpdate{}) }, zaps},
		"a switch":      {func(c *zapier.Client) error { return c.EnableZap(t.Context(), "7") }, zaps},
		"no Zap":        {func(c *zapier.Client) error { return c.DeleteZap(t.Context(), "7") }, zaps},
		"a test": {func(c *zapier.Client) error {
			_, err := c.TestAction(t.Context(), "core:1", zapier.TestRequest{})
			return err
		}, steps},
		"a run": {func(c *zapier.Client) error {
			_, err := c.CreateActionRun(t.Context(), zapier.ActionRunRequest{})
			return err
		}, steps},
	} {
		for outcome, status := range map[string]int{"done": 200, "lost": 0, "broken": 500, "too late": 408, "refused": 422, "not sent": -1} {
			user, other := name+", "+outcome, "somebody else"
			h.kept(here, user)
			h.kept(here, other)
			h.zapier.set(func(z *zap) {
				z.answer = func(*http.Request) (*http.Response, error) {
					switch status {
					case 0:
						return nil, io.ErrUnexpectedEOF
					case -1:
						return nil, full{}
					}
					return says(status, `{"data":[{"id":"1"}]}`), nil
				}
			})
			_ = one.change(here.as(user))
			h.zapier.set(func(z *zap) { z.answer = nil })
			want := without(one.lost...)
			if outcome == "refused" || outcome == "not sent" {
				want = all()
			}
			assert.Equal(t, want, h.kept(there, user), user)
			assert.Equal(t, all(), h.kept(there, other), "%s: of another user", user)
		}
	}
}

// Who asked before a change and is answered after it gets the answer, but nobody else does.
func TestAnswerFromBeforeAChangeIsNotKept(t *testing.T) {
	h := newHouse(t)
	here, there := h.server(), h.server()
	hold := make(chan struct{})
	h.zapier.hold, h.zapier.arrived = hold, make(chan string, 9)
	slow := make(chan string)
	go func() { slow <- accounts(t, t.Context(), here.as("1")) }()
	<-h.zapier.arrived
	there.Connected(t.Context(), "1")
	close(hold)
	assert.Equal(t, "answer 1", <-slow)
	assert.Equal(t, "answer 2", accounts(t, t.Context(), here.as("1")))
	assert.Equal(t, "answer 2", accounts(t, t.Context(), there.as("1")))
}

// And who asks after the change does not wait for the answer to a question from before.
func TestQuestionAfterAChangeJoinsNoneFromBefore(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	hold := make(chan struct{})
	h.zapier.hold, h.zapier.arrived = hold, make(chan string, 9)
	answers := make(chan string, 2)
	for range 2 {
		go func() { answers <- accounts(t, t.Context(), s.as("1")) }()
		<-h.zapier.arrived
		s.Connected(t.Context(), "1")
	}
	close(hold)
	assert.ElementsMatch(t, []string{"answer 1", "answer 2"}, []string{<-answers, <-answers})
}

// The list that proved a change stays; it is the newest there is.
func TestProofOfAChangeStays(t *testing.T) {
	h := newHouse(t)
	here, there := h.server(), h.server()
	assert.Equal(t, "answer 1", accounts(t, t.Context(), here.as("1")))
	look := zapier.Proving(t.Context())
	assert.Equal(t, "answer 2", accounts(t, look, here.as("1")))
	here.Connected(look, "1")
	assert.Equal(t, "answer 2", accounts(t, t.Context(), there.as("1")))
	assert.Equal(t, 2, h.zapier.calls())

	here.Connected(look, "2")
	accounts(t, t.Context(), here.as("2"))
	assert.Equal(t, 3, h.zapier.calls(), "it proves nothing of others")
	h.clock.Advance(time.Minute)
	here.Connected(look, "1")
	accounts(t, t.Context(), here.as("1"))
	assert.Equal(t, 4, h.zapier.calls(), "nor for longer than it is fresh")
}

// Another change after the proof was read makes it as worthless as all else from before.
func TestProofFromBeforeAnotherChangeIsForgotten(t *testing.T) {
	h := newHouse(t)
	here, there := h.server(), h.server()
	look := zapier.Proving(t.Context())
	assert.Equal(t, "answer 1", accounts(t, look, here.as("1")))
	there.Connected(t.Context(), "1")
	assert.Equal(t, "answer 2", accounts(t, t.Context(), there.as("1")))
	here.Connected(look, "1")
	assert.NotEqual(t, "answer 1", accounts(t, t.Context(), there.as("1")))
}

// One look may settle several attempts, and is the newest list after each.
func TestProofOfSeveralChangesStays(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	look := zapier.Proving(t.Context())
	assert.Equal(t, "answer 1", accounts(t, look, s.as("1")))
	for range 3 {
		s.Connected(look, "1")
		assert.Equal(t, "answer 1", accounts(t, t.Context(), s.as("1")))
	}
	assert.Equal(t, 1, h.zapier.calls())
}

func TestAfresh(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	assert.Equal(t, "answer 1", accounts(t, t.Context(), s.as("1")))
	assert.Equal(t, "answer 2", accounts(t, zapier.Afresh(t.Context()), s.as("1")))
	assert.Equal(t, "answer 2", accounts(t, t.Context(), s.as("1")), "and it is kept")

	hold := make(chan struct{})
	h.zapier.set(func(z *zap) { z.hold, z.arrived = hold, make(chan string, 9) })
	h.clock.Advance(time.Minute)
	answers := make(chan string, 2)
	go func() { answers <- accounts(t, t.Context(), s.as("1")) }()
	<-h.zapier.arrived
	go func() { answers <- accounts(t, zapier.Afresh(t.Context()), s.as("1")) }()
	<-h.zapier.arrived // a call of its own
	close(hold)
	assert.ElementsMatch(t, []string{"answer 3", "answer 4"}, []string{<-answers, <-answers})
}

func TestEqualQuestionsAtOnceAreOne(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	hold := make(chan struct{})
	h.zapier.hold, h.zapier.arrived = hold, make(chan string, 9)
	first, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := s.as("1").ListAuthentications(first, "app")
		left <- err
	}()
	<-h.zapier.arrived
	answers := make(chan string, 5)
	for range cap(answers) {
		go func() { answers <- accounts(t, t.Context(), s.as("1")) }()
	}
	require.Eventually(t, func() bool { return s.Waiting() == 1+cap(answers) }, 10*time.Second, time.Millisecond)
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	close(hold)
	for range cap(answers) {
		assert.Equal(t, "answer 1", <-answers, "the call goes on without whoever began it")
	}
	assert.Equal(t, 1, h.zapier.calls())
}

// Nothing is sent, and no place in the line kept, for somebody who is gone; and who asks the same then is not told so.
func TestCallThatNobodyWaitsForEnds(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	ended, late := make(chan error, 1), make(chan struct{})
	h.zapier.arrived = make(chan string, 9)
	h.zapier.answer = func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		ended <- r.Context().Err()
		<-late
		return nil, r.Context().Err()
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error, 1)
	go func() {
		_, err := s.as("1").ListAuthentications(ctx, "app")
		left <- err
	}()
	<-h.zapier.arrived
	h.zapier.set(func(z *zap) { z.answer = nil })
	leave()
	require.ErrorIs(t, <-left, context.Canceled)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, context.Canceled)
	case <-time.After(5 * time.Second):
		t.Fatal("the call goes on")
	}
	assert.Equal(t, "answer 2", accounts(t, t.Context(), s.as("1")))
	close(late)
}

// Who waits for room for a long time, or in the background, shares no call with somebody who does not.
func TestEqualQuestionsThatWaitOtherwiseAreSeveral(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	hold := make(chan struct{})
	h.zapier.hold, h.zapier.arrived = hold, make(chan string, 9)
	answers := make(chan string, 3)
	for _, ctx := range []context.Context{t.Context(), zapier.InBackground(t.Context()), zapier.Patiently(t.Context(), time.Second)} {
		go func() { answers <- accounts(t, ctx, s.as("1")) }()
		select {
		case <-h.zapier.arrived:
		case <-time.After(5 * time.Second):
			t.Error("it has joined another's call")
		}
	}
	close(hold)
	assert.ElementsMatch(t, []string{"answer 1", "answer 2", "answer 3"}, []string{<-answers, <-answers, <-answers})
}

// That there is no room for one user's call is nothing that others, who asked the same, have to hear.
func TestNoRoomIsOneUsers(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	hold := make(chan struct{})
	h.zapier.hold, h.zapier.arrived = hold, make(chan string, 99)
	h.zapier.answer = func(r *http.Request) (*http.Response, error) {
		if zapier.PurposeOf(r.Context()).User == "greedy" {
			return nil, full{}
		}
		return says(http.StatusOK, `{"data":[],"links":{},"meta":{"count":0}}`), nil
	}
	asks := func(user string, told chan<- error) {
		_, err := s.as(user).AsPartner().ListApps(t.Context(), zapier.ListAppsOptions{})
		told <- err
	}
	greedy, others := make(chan error, 1), make(chan error, 9)
	go asks("greedy", greedy)
	<-h.zapier.arrived
	for i := range cap(others) {
		go asks(fmt.Sprint(i), others)
	}
	require.Eventually(t, func() bool { return s.Waiting() == 1+cap(others) }, 10*time.Second, time.Millisecond)
	close(hold)
	kind, _ := zapier.KindOf(<-greedy)
	assert.Equal(t, zapier.RateLimited, kind)
	for range cap(others) {
		assert.NoError(t, <-others)
	}
}

// full is what says that there is no room under the limits.
type full struct{}

func (full) Error() string          { return "full" }
func (full) RetryIn() time.Duration { return time.Minute }

func failures() map[string]func(*http.Request) (*http.Response, error) {
	status := func(code int) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return says(code, `{}`), nil }
	}
	return map[string]func(*http.Request) (*http.Response, error){
		"cut off": func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"no room": func(*http.Request) (*http.Response, error) { return nil, full{} },
		"500":     status(500), "503": status(503), "429": status(429),
	}
}

func TestStaleAnswersWhileZapierIsAway(t *testing.T) {
	for name, failure := range failures() {
		h := newHouse(t)
		s := h.server()
		given := h.clock.Now()
		accounts(t, t.Context(), s.as("1"))
		h.zapier.set(func(z *zap) { z.answer = failure })
		h.clock.Advance(2 * time.Minute)

		ctx, age := zapier.WatchAge(t.Context())
		assert.Equal(t, "answer 1", accounts(t, ctx, s.as("1")), name)
		assert.Equal(t, given, age.Since(), name)
		calls := h.zapier.calls()
		assert.Equal(t, "answer 1", accounts(t, zapier.FromBefore(t.Context()), s.as("1")), name)
		_, err := s.as("2").ListAuthentications(zapier.FromBefore(t.Context()), "app")
		require.Error(t, err, "%s: another user's", name)
		assert.Equal(t, calls, h.zapier.calls(), "%s: Zapier was not asked", name)
		call, err := zapier.FindProxied(http.MethodGet, "/v2/authentications")
		require.NoError(t, err)
		passed, err := s.as("1").Proxy(t.Context(), call, zapier.ProxyRequest{RawQuery: "app=app&limit=100&offset=0"})
		require.NoError(t, err, name)
		assert.Equal(t, given.Format(time.RFC3339), passed.Header.Get(cache.AsOf), name)
		assert.Equal(t, "120", passed.Header.Get("Age"), name)

		for _, strict := range []context.Context{zapier.Afresh(t.Context()), zapier.Currently(t.Context())} {
			_, err := s.as("1").ListAuthentications(strict, "app")
			require.Error(t, err, name)
		}
		_, err = s.as("2").ListAuthentications(t.Context(), "app")
		require.Error(t, err, "%s: another user's", name)
		h.clock.Advance(13 * time.Minute)
		_, err = s.as("1").ListAuthentications(t.Context(), "app")
		require.Error(t, err, "%s: too old", name)
	}
}

func TestFreshAnswersAreNoStaleOnes(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	accounts(t, t.Context(), s.as("1"))
	ctx, age := zapier.WatchAge(t.Context())
	h.clock.Advance(30 * time.Second)
	accounts(t, ctx, s.as("1"))
	assert.Zero(t, age.Since())
	accounts(t, zapier.FromBefore(ctx), s.as("1"))
	assert.NotZero(t, age.Since(), "but where Zapier was asked and did not answer they are")
	assert.Equal(t, 1, h.zapier.calls())
}

// What Zapier refuses is no outage.
func TestRefusalsAreToldAndNotKept(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	accounts(t, t.Context(), s.as("1"))
	h.clock.Advance(2 * time.Minute)
	h.zapier.set(func(z *zap) {
		z.answer = func(*http.Request) (*http.Response, error) { return says(http.StatusForbidden, `{}`), nil }
	})
	for range 2 {
		_, err := s.as("1").ListAuthentications(t.Context(), "app")
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.Forbidden, kind)
	}
	assert.Equal(t, 3, h.zapier.calls())
}

// An account that Zapier refuses is not the one that the kept list knows.
func TestRefusedAccount(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	h.kept(s, "1")
	h.zapier.set(func(z *zap) {
		z.answer = func(*http.Request) (*http.Response, error) {
			return says(http.StatusBadRequest, `{"errors":[{"code":"invalid","source":{"pointer":"/data/authentication"}}]}`), nil
		}
	})
	_, err := s.as("1").ListInputFields(t.Context(), "core:2", zapier.StepInputs{Authentication: "1"})
	require.Error(t, err)
	h.zapier.set(func(z *zap) { z.answer = nil })
	assert.Equal(t, without("accounts"), h.kept(s, "1"))
}

func TestWhatIsNeverKept(t *testing.T) {
	h := newHouse(t)
	c := h.server().as("1")
	for name, ask := range map[string]func() error{
		"who it is": func() error { _, err := c.GetProfile(t.Context()); return err },
		"a guess":   func() error { _, err := c.GuessZap(t.Context(), "words"); return err },
		"a test":    func() error { _, err := c.TestAction(t.Context(), "core:1", zapier.TestRequest{}); return err },
		"old Zaps": func() error {
			for range c.ZapsV1(t.Context(), zapier.ZapsV1Options{}) {
			}
			return nil
		}, //nolint
	} {
		calls := h.zapier.calls()
		_, _ = ask(), ask()
		assert.Equal(t, calls+2, h.zapier.calls(), name)
	}
	for name, body := range map[string]string{
		"HTML": "<p>Welcome to the hotel</p>", "no list": `{"error":"x"}`, "nothing": "", "too long": `{"data":[` + strings.Repeat(" ", 600<<10) + `]}`,
	} {
		h.zapier.set(func(z *zap) {
			z.answer = func(*http.Request) (*http.Response, error) { return says(http.StatusOK, body), nil }
		})
		calls := h.zapier.calls()
		for range 2 {
			_, _ = c.ListAuthentications(t.Context(), "app")
		}
		assert.Equal(t, calls+2, h.zapier.calls(), name)
	}
}

// A list of accounts that has several pages is asked for anew, all of it: what has moved between pages must not be missing.
func TestListOfSeveralPagesIsOfOneMoment(t *testing.T) {
	h := newHouse(t)
	c := h.server().as("1")
	ids := []string{"1", "2", "3"}
	h.zapier.answer = func(r *http.Request) (*http.Response, error) {
		h.zapier.mu.Lock()
		defer h.zapier.mu.Unlock()
		if r.URL.Query().Get("offset") == "0" {
			return says(http.StatusOK, fmt.Sprintf(`{"data":[{"id":%q},{"id":%q}],"links":{"next":"?offset=2"}}`, ids[0], ids[1])), nil
		}
		return says(http.StatusOK, fmt.Sprintf(`{"data":[{"id":%q}],"links":{}}`, ids[2])), nil
	}
	list := func() string {
		found, err := c.ListAuthentications(t.Context(), "app")
		require.NoError(t, err)
		return fmt.Sprint(found[0].ID, found[1].ID, found[2].ID)
	}
	assert.Equal(t, "123", list())
	h.zapier.set(func(*zap) { ids = []string{"0", "1", "2"} })
	assert.Equal(t, "012", list())
	assert.Equal(t, 4, h.zapier.calls())
}

func TestReload(t *testing.T) {
	h := newHouse(t)
	s := h.server()
	h.kept(s, "1")
	reloads := func() int {
		calls := h.zapier.calls()
		for name, read := range reads() {
			require.NoError(t, read(zapier.Reloaded(t.Context()), s.as("1")), name)
		}
		return h.zapier.calls() - calls
	}
	h.clock.Advance(10 * time.Second)
	assert.Zero(t, reloads(), "a moment ago: a form that leads to a page is a reload, too")
	h.clock.Advance(21 * time.Second)
	assert.Equal(t, len(reads())-3, reloads(), "all but what no user changes")

	// Somebody whose page needs several calls, and has got one.
	h.clock.Advance(31 * time.Second)
	h.zapier.set(func(z *zap) { z.answer = failures()["no room"] })
	_, err := s.as("1").ListZaps(zapier.Afresh(t.Context()), zapier.ListZapsOptions{})
	require.Error(t, err)
	h.zapier.set(func(z *zap) { z.answer = nil })
	calls := h.zapier.calls()
	require.NoError(t, reads()["form"](zapier.Reloaded(t.Context()), s.as("1")))
	assert.Equal(t, calls, h.zapier.calls(), "what they have got is not asked for again")
	h.clock.Advance(61 * time.Second)
	require.NoError(t, reads()["form"](zapier.Reloaded(t.Context()), s.as("1")))
	assert.Equal(t, calls+1, h.zapier.calls())
}

// The clock of another server may be wrong: an answer from the future is not fresh for as long as it says.
func TestClocksThatDiffer(t *testing.T) {
	h := newHouse(t)
	ahead := h.serverOn(h.place.Open(), func() time.Time { return h.clock.Now().Add(time.Hour) })
	here := h.server()
	accounts(t, t.Context(), ahead.as("1"))
	assert.Equal(t, "answer 2", accounts(t, t.Context(), here.as("1")))
	assert.Equal(t, "answer 2", accounts(t, t.Context(), here.as("1")), "and nothing is in its way")
	ahead.Connected(t.Context(), "1")
	assert.Equal(t, "answer 3", accounts(t, t.Context(), here.as("1")), "no clock says what is from before a change")
}

// away is an engine that a test can take away, and which keeps what it is told.
type away struct {
	store.Engine
	mu  sync.Mutex
	off bool
	// more is how many more calls fail.
	more int
	seen bytes.Buffer
	// updated, if not nil, is what happens right after the next update.
	updated func()
}

func (a *away) turn(off bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.off = off
}

func (a *away) note(r store.Record) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	fmt.Fprintln(&a.seen, r.Key, r.Group, string(r.Value))
	if a.more--; a.off || a.more >= 0 {
		return store.Unavailable("test", errors.New("away"))
	}
	return nil
}

func (a *away) Get(ctx context.Context, key string) (store.Record, error) {
	if err := a.note(store.Record{Key: key}); err != nil {
		return store.Record{}, err
	}
	return a.Engine.Get(ctx, key)
}

func (a *away) Create(ctx context.Context, r store.Record) error {
	if err := a.note(r); err != nil {
		return err
	}
	return a.Engine.Create(ctx, r)
}

func (a *away) Update(ctx context.Context, r store.Record) (int64, error) {
	if err := a.note(r); err != nil {
		return 0, err
	}
	version, err := a.Engine.Update(ctx, r)
	if then := a.updated; then != nil && err == nil {
		a.updated = nil
		then()
	}
	return version, err
}

func TestStoreThatIsAwayFailsNothing(t *testing.T) {
	h := newHouse(t)
	engine := &away{Engine: h.place.Open()}
	s := h.serverOn(engine, h.clock.Now)
	h.kept(s, "1")
	engine.turn(true)
	assert.Empty(t, h.kept(s, "1"))
	_, err := s.as("1").CreateZap(t.Context(), zapier.ZapRequest{})
	require.NoError(t, err)
	engine.turn(false)
	assert.Equal(t, without("accounts", "form", "choices", "outputs", "Zaps", "runs"), h.kept(s, "1"), "a change that could not be noted is made up for")
	assert.Equal(t, all(), h.kept(s, "1"))
	assert.Contains(t, h.logs.String(), "level=WARN")
}

// The other servers learn of a change that could not be noted, though nobody asks anything here.
func TestChangeIsMadeUpForByItself(t *testing.T) {
	h := newHouse(t)
	engine := &away{Engine: h.place.Open()}
	here, there := h.serverOn(engine, h.clock.Now), h.server()
	accounts(t, t.Context(), there.as("1"))
	engine.more = 2 // also when it is tried first
	here.Connected(t.Context(), "1")
	assert.Equal(t, "answer 1", accounts(t, t.Context(), there.as("1")))
	for range 3 {
		here.tick <- time.Time{} // the third when the second try is over
	}
	assert.Equal(t, "answer 2", accounts(t, t.Context(), there.as("1")))
	assert.Equal(t, "answer 2", accounts(t, t.Context(), here.as("1")))
}

// While one change is made up for, another may fail to be noted.
func TestEveryChangeIsMadeUpFor(t *testing.T) {
	h := newHouse(t)
	engine := &away{Engine: h.place.Open()}
	s := h.serverOn(engine, h.clock.Now)
	accounts(t, t.Context(), s.as("1"))
	fails := func() {
		engine.turn(true)
		s.Connected(t.Context(), "1")
		engine.turn(false)
	}
	fails()
	engine.updated = fails
	assert.Equal(t, "answer 2", accounts(t, t.Context(), s.as("1")))
	assert.Equal(t, "answer 3", accounts(t, t.Context(), s.as("1")))
	assert.Equal(t, "answer 3", accounts(t, t.Context(), s.as("1")))
}

func TestSecretsStayHidden(t *testing.T) {
	h := newHouse(t)
	engine := &away{Engine: h.place.Open()}
	s := h.serverOn(engine, h.clock.Now)
	engine.turn(true)
	h.kept(s, "canary-user")
	engine.turn(false)
	h.kept(s, "canary-user")
	h.zapier.set(func(z *zap) {
		z.answer = func(*http.Request) (*http.Response, error) {
			return says(200, `{"data":[{"id":"x","title":"canary-answer"}]}`), nil
		}
	})
	accounts(t, zapier.Afresh(t.Context()), s.as("canary-user"))
	for _, secret := range []string{"canary", "token of"} {
		assert.NotContains(t, engine.seen.String(), secret)
		assert.NotContains(t, h.logs.String(), secret)
	}
	assert.NotZero(t, engine.seen.Len())
}

// Records that no key opens any more are as good as none.
func TestAnotherKey(t *testing.T) {
	h := newHouse(t)
	h.kept(h.server(), "1")
	var err error
	h.keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	s := h.server()
	assert.Empty(t, h.kept(s, "1"))
	assert.Equal(t, all(), h.kept(s, "1"))
	s.Connected(t.Context(), "1")
	assert.Equal(t, without("accounts"), h.kept(s, "1"))
}

// A list may be one, and yet hold what no Client can read.
func TestAnswerThatNobodyCanReadIsNotGivenAgain(t *testing.T) {
	h := newHouse(t)
	one, two := h.server(), h.server()
	wrong := func(*http.Request) (*http.Response, error) {
		return says(http.StatusOK, `{"data":[7],"links":{}}`), nil
	}
	unreadable := func(s server) {
		_, err := s.as("1").ListAuthentications(t.Context(), "app")
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.WrongSchema, kind)
	}
	h.zapier.set(func(z *zap) { z.answer = wrong })
	unreadable(one)
	h.zapier.set(func(z *zap) { z.answer = nil })
	assert.Equal(t, "answer 2", accounts(t, t.Context(), two.as("1")))

	// Nor one that somebody kept who did not read it.
	h.clock.Advance(time.Hour)
	h.zapier.set(func(z *zap) { z.answer = wrong })
	call, err := zapier.FindProxied(http.MethodGet, "/v2/zaps")
	require.NoError(t, err)
	passed, err := one.as("1").Proxy(t.Context(), call, zapier.ProxyRequest{RawQuery: "limit=10&offset=0"})
	require.NoError(t, err)
	require.NoError(t, passed.Body.Close())
	h.zapier.set(func(z *zap) { z.answer = nil })
	calls := h.zapier.calls()
	_, err = two.as("1").ListZaps(t.Context(), zapier.ListZapsOptions{})
	require.Error(t, err)
	assert.Equal(t, calls, h.zapier.calls(), "it was kept")
	_, err = two.as("1").ListZaps(t.Context(), zapier.ListZapsOptions{})
	require.NoError(t, err)
}
