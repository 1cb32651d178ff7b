package zapier_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

// sick is a Zapier whose next answers are written down; after the last all is well.
type sick struct {
	answers []outcome
	always  *outcome
	at      []time.Time
	bodies  []*body
}

// outcome is one answer, or none.
type outcome struct {
	status     int
	retryAfter string
	err        error
	took       time.Duration
	body       io.Reader
	stalls     bool
	// unsent: it comes about before the request is on its way.
	unsent bool
	panics bool
}

// body knows whether it was closed.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

func (z *sick) RoundTrip(r *http.Request) (*http.Response, error) {
	z.at = append(z.at, time.Now())
	next := outcome{}
	switch {
	case z.always != nil:
		next = *z.always
	case len(z.answers) > 0:
		next, z.answers = z.answers[0], z.answers[1:]
	}
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil { // as http.Transport does
		trace.GetConn(r.URL.Host)
		if !next.unsent {
			trace.WroteHeaders()
		}
	}
	if next.panics {
		panic("a defect")
	}
	select {
	case <-time.After(next.took):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if next.err != nil {
		return nil, next.err
	}
	text := next.body
	if text == nil {
		text = strings.NewReader(`{"objects":[]}`)
	}
	if next.stalls {
		text = stalled{r.Context()}
	}
	content := &body{Reader: text}
	z.bodies = append(z.bodies, content)
	answer := &http.Response{StatusCode: max(next.status, 200), Header: http.Header{}, Body: content, Request: r, ContentLength: -1}
	if next.retryAfter != "" {
		answer.Header.Set("Retry-After", next.retryAfter)
	}
	if next.status == 200 || next.status == 0 {
		answer.Header.Set("Content-Type", "application/json")
	}
	return answer, nil
}

// stalled gives nothing until its reader has had enough.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// busy is how package quota keeps a call back.
type busy struct{}

func (busy) Error() string          { return "no room" }
func (busy) RetryIn() time.Duration { return 7 * time.Second }
func (busy) InLine() int            { return 3 }

var (
	refused = outcome{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, unsent: true}
	reset   = outcome{err: &net.OpError{Op: "read", Err: syscall.ECONNRESET}}
	silence = outcome{err: &net.OpError{Op: "read", Err: timeout{}}, took: zapier.AnswerTimeout}
)

type timeout struct{}

func (timeout) Error() string   { return "timeout" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// ask sends one call to z through a Steady in a world where waiting takes no time, and gives what came of it.
func ask(ctx context.Context, t *testing.T, way http.RoundTripper, method string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "https://api.example/v2/zaps", nil)
	require.NoError(t, err)
	return way.RoundTrip(r)
}

func TestWhichCallsAreSentAgain(t *testing.T) {
	tests := []struct {
		name   string
		method string
		answer outcome
		calls  int
	}{
		{"no connection", "GET", refused, 3},
		{"cut off", "GET", reset, 3},
		{"an answer that is no HTTP", "GET", outcome{err: errors.New("malformed HTTP response")}, 3},
		{"bad gateway", "GET", outcome{status: 502}, 3},
		{"unavailable", "GET", outcome{status: 503}, 3},
		{"unavailable for a second", "GET", outcome{status: 503, retryAfter: "1"}, 3},
		{"unavailable for longer", "GET", outcome{status: 503, retryAfter: "2"}, 1},
		{"gateway timeout", "GET", outcome{status: 504}, 3},
		{"gateway timeout after a long time", "GET", outcome{status: 504, took: 6 * time.Second}, 1},
		{"a server error", "GET", outcome{status: 500}, 2},
		{"not implemented", "GET", outcome{status: 501}, 1},
		{"no answer in time", "GET", silence, 1},
		{"no room under the limits", "GET", outcome{err: busy{}}, 1},
		{"over the limit", "GET", outcome{status: 429}, 1},
		{"refused", "GET", outcome{status: 400}, 1},
		{"unauthorized", "GET", outcome{status: 401}, 1},
		{"not found", "GET", outcome{status: 404}, 1},
		{"conflict", "GET", outcome{status: 409}, 1},
		{"elsewhere", "GET", outcome{status: 302}, 1},
		{"all well", "GET", outcome{status: 200}, 1},
		{"a POST without a connection", "POST", refused, 1},
		{"a POST cut off", "POST", reset, 1},
		{"a POST at a bad gateway", "POST", outcome{status: 502}, 1},
		{"a POST for later", "POST", outcome{status: 503}, 1},
		{"a PATCH", "PATCH", outcome{status: 503}, 1},
		{"a DELETE", "DELETE", outcome{status: 503}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := &sick{always: &tt.answer}
				answer, err := ask(t.Context(), t, zapier.NewSteady(zapier.SteadyConfig{Next: z}), tt.method)
				assert.Len(t, z.at, tt.calls)
				if tt.answer.err != nil {
					assert.ErrorIs(t, err, tt.answer.err)
					return
				}
				require.NoError(t, err)
				assert.Equal(t, tt.answer.status, answer.StatusCode, "the last answer is told as it is")
				for i, body := range z.bodies {
					assert.Equal(t, i < len(z.bodies)-1, body.closed, "all but the last are closed")
				}
			})
		})
	}
}

func TestWaitsBetweenTriesGrow(t *testing.T) {
	first, second := map[time.Duration]bool{}, map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			z := &sick{always: &refused}
			_, err := ask(t.Context(), t, zapier.NewSteady(zapier.SteadyConfig{Next: z}), http.MethodGet)
			require.Error(t, err)
			require.Len(t, z.at, 3)
			one, two := z.at[1].Sub(z.at[0]), z.at[2].Sub(z.at[1])
			assert.InDelta(t, 0.1, one.Seconds(), 0.051)
			assert.InDelta(t, 0.2, two.Seconds(), 0.101)
			first[one], second[two] = true, true
		})
	}
	assert.Greater(t, len(first), 10, "at random, so that not everybody comes back at once")
	assert.Greater(t, len(second), 10)
}

func TestOneTryIsEnoughWhenItHelps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &sick{answers: []outcome{{status: 503, retryAfter: "1"}}}
		answer, err := ask(t.Context(), t, zapier.NewSteady(zapier.SteadyConfig{Next: z}), http.MethodGet)
		require.NoError(t, err)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
		require.Len(t, z.at, 2)
		assert.Equal(t, time.Second, z.at[1].Sub(z.at[0]), "as long as was asked for")
	})
}

func TestNoTryBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &sick{always: &outcome{status: 502}}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Millisecond)
		defer cancel()
		answer, err := ask(ctx, t, zapier.NewSteady(zapier.SteadyConfig{Next: z}), http.MethodGet)
		require.NoError(t, err)
		assert.Equal(t, http.StatusBadGateway, answer.StatusCode)
		assert.NoError(t, ctx.Err(), "at once")
	})
}

func TestCallerWhoLeavesBetweenTries(t *testing.T) {
	ctx, leave := context.WithCancel(t.Context())
	z := &sick{always: &outcome{status: 502}}
	way := zapier.NewSteady(zapier.SteadyConfig{Next: z, After: func(time.Duration) <-chan time.Time {
		leave()
		return nil
	}})
	_, err := ask(ctx, t, way, http.MethodGet)
	require.ErrorIs(t, err, context.Canceled)
	assert.Len(t, z.at, 1)
	assert.True(t, z.bodies[0].closed)
}

// Whether a call is wanted is asked only where it would be sent again: whoever says so may count on it.
func TestNoTryThatNobodyWants(t *testing.T) {
	bad := outcome{status: 502}
	for name, tt := range map[string]struct {
		answers      []outcome
		wanted       bool
		tries, asked int
	}{
		"wanted":              {[]outcome{bad}, true, 2, 1},
		"wanted to the last":  {[]outcome{bad, bad, bad}, true, 3, 2},
		"not wanted":          {[]outcome{bad}, false, 1, 1},
		"all is well":         {nil, false, 1, 0},
		"no sense in another": {[]outcome{{status: 404}}, false, 1, 0},
		"no time for another": {[]outcome{{status: 502, retryAfter: "9"}}, false, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			z, asked := &sick{answers: tt.answers}, 0
			ctx := zapier.WhileWanted(t.Context(), func() bool { asked++; return tt.wanted })
			_, err := ask(ctx, t, zapier.NewSteady(zapier.SteadyConfig{Next: z, After: atOnce}), http.MethodGet)
			require.NoError(t, err)
			assert.Len(t, z.at, tt.tries)
			assert.Equal(t, tt.asked, asked)
		})
	}
}

// sickness is a client of a Zapier that fails, in a world where waiting takes no time.
type sickness struct {
	*testing.T
	zapier *sick
	way    http.RoundTripper
	client *zapier.Client
	told   []bool
}

func inSickness(t *testing.T, fn func(s *sickness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &sickness{T: t, zapier: &sick{}}
		s.way = zapier.NewSteady(zapier.SteadyConfig{Next: s.zapier, Changed: func(resting bool) { s.told = append(s.told, resting) }})
		client, err := zapier.New("https://api.example", s.way)
		require.NoError(t, err)
		s.client = client.As("1", &tokens{current: canary})
		fn(s)
	})
}

// reads makes a GET and gives its kind of failure.
func (s *sickness) reads() zapier.Kind {
	_, err := s.client.ListCategories(s.Context())
	kind, _ := zapier.KindOf(err)
	return kind
}

// writes makes a POST and gives its kind of failure.
func (s *sickness) writes() zapier.Kind {
	err := s.client.EnableZap(s.Context(), "1")
	kind, _ := zapier.KindOf(err)
	return kind
}

// fails lets Zapier answer so, again and again, for long enough.
func (s *sickness) fails(with outcome, call func() zapier.Kind) {
	s.zapier.always = &with
	for range 6 {
		call()
		time.Sleep(time.Second)
	}
	s.zapier.always = nil
}

// rests reports whether the next call does not reach Zapier.
func (s *sickness) rests() bool {
	before := len(s.zapier.at)
	s.reads()
	return len(s.zapier.at) == before
}

func TestCallsRestAfterARunOfFailures(t *testing.T) {
	broken := &brokenBody{}
	for name, fault := range map[string]outcome{
		"no connection": refused, "cut off": reset, "500": {status: 500}, "502": {status: 502}, "503": {status: 503},
		"504": {status: 504}, "no answer in time": silence, "broken in the middle": {body: broken}, "without an end": {stalls: true},
	} {
		t.Run(name, func(t *testing.T) {
			inSickness(t, func(s *sickness) {
				s.fails(fault, s.reads)
				assert.True(t, s.rests())
				assert.Equal(t, []bool{true}, s.told)
			})
		})
	}
	for name, fault := range map[string]outcome{"no connection": refused, "cut off": reset, "502": {status: 502}, "503": {status: 503}} {
		t.Run(name+" of POSTs", func(t *testing.T) {
			inSickness(t, func(s *sickness) {
				s.fails(fault, s.writes)
				assert.True(t, s.rests())
			})
		})
	}
}

// brokenBody gives a little and breaks.
type brokenBody struct{ given bool }

func (b *brokenBody) Read(into []byte) (int, error) {
	if b.given = !b.given; b.given {
		return copy(into, `{"objects":[`), nil
	}
	return 0, io.ErrUnexpectedEOF
}

func TestCallsGoOnAfterWhatIsNoFailureOfZapier(t *testing.T) {
	for name, fault := range map[string]outcome{
		"refused": {status: 400}, "unauthorized": {status: 401}, "over the limit": {status: 429}, "no room": {err: busy{}}, "elsewhere": {status: 302},
	} {
		t.Run(name, func(t *testing.T) {
			inSickness(t, func(s *sickness) {
				s.fails(fault, s.reads)
				assert.False(t, s.rests())
				assert.Empty(t, s.told)
			})
		})
	}
	// What the POST asks for may be the reason, such as an App that does not answer.
	for name, fault := range map[string]outcome{"500": {status: 500}, "504": {status: 504}, "no answer in time": silence} {
		t.Run(name+" of POSTs", func(t *testing.T) {
			inSickness(t, func(s *sickness) {
				s.fails(fault, s.writes)
				assert.False(t, s.rests())
			})
		})
	}
	t.Run("callers who leave", func(t *testing.T) {
		inSickness(t, func(s *sickness) {
			s.fails(outcome{took: time.Minute}, func() zapier.Kind {
				ctx, cancel := context.WithCancel(s.Context())
				time.AfterFunc(8*time.Second, cancel)
				_, err := s.client.ListCategories(ctx)
				assert.ErrorIs(t, err, context.Canceled)
				return ""
			})
			assert.False(t, s.rests())
		})
	})
}

func TestCallersWhoRunOutOfTime(t *testing.T) {
	for patience, rests := range map[time.Duration]bool{time.Second: false, 8 * time.Second: true} {
		inSickness(t, func(s *sickness) {
			s.fails(outcome{took: time.Minute}, func() zapier.Kind {
				ctx, cancel := context.WithTimeout(s.Context(), patience)
				defer cancel()
				_, err := s.client.ListCategories(ctx)
				assert.Error(t, err)
				return ""
			})
			assert.Equal(t, rests, s.rests(), "%s", patience)
		})
	}
}

// queue lets calls wait before it passes them on, as those without room under the limits do.
type queue struct {
	next http.RoundTripper
	wait time.Duration
}

func (q queue) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(q.wait)
	return q.next.RoundTrip(r)
}

func TestTimeBeforeTheRequestIsOnItsWaySaysNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		inLine, took time.Duration
		unsent       bool
		rests        bool
	}{
		"in line, and Zapier is quick":   {inLine: 7 * time.Second, took: time.Second},
		"in line, and Zapier is slow":    {inLine: 2 * time.Second, took: time.Minute, rests: true},
		"for a free connection":          {took: time.Minute, unsent: true},
		"nowhere, and Zapier is slow":    {took: time.Minute, rests: true},
		"nowhere, and Zapier is quicker": {took: 7 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := &sick{always: &outcome{took: tt.took, unsent: tt.unsent}}
				way := zapier.NewSteady(zapier.SteadyConfig{Next: queue{z, tt.inLine}})
				for range 6 {
					ctx, cancel := context.WithTimeout(t.Context(), 7500*time.Millisecond)
					if answer, err := ask(ctx, t, way, http.MethodGet); err == nil {
						assert.NoError(t, answer.Body.Close())
					}
					cancel()
				}
				before := len(z.at)
				z.always = nil
				_, err := ask(t.Context(), t, way, http.MethodGet)
				assert.Equal(t, tt.rests, err != nil)
				assert.Equal(t, tt.rests, len(z.at) == before)
			})
		})
	}
}

func TestShortFailureIsNoRun(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.zapier.always = &refused
		for range 5 { // three tries each, over in less than two seconds
			assert.Equal(t, zapier.Unreachable, s.reads())
		}
		s.zapier.always = nil
		assert.False(t, s.rests())
	})
	inSickness(t, func(s *sickness) {
		for range 20 {
			s.zapier.answers = []outcome{{status: 502}, {status: 502}}
			assert.Empty(t, s.reads(), "the third try is well")
			time.Sleep(time.Second)
		}
		assert.False(t, s.rests(), "nothing but failures makes a run")
	})
	inSickness(t, func(s *sickness) {
		for range 5 {
			s.zapier.answers = []outcome{refused, refused, refused}
			for range 4 {
				s.writes()
				time.Sleep(time.Second)
			}
		}
		assert.False(t, s.rests(), "each fourth call is well")
	})
	inSickness(t, func(s *sickness) {
		s.zapier.always = &refused
		for range 5 {
			time.Sleep(11 * time.Minute)
			s.writes()
		}
		s.zapier.always = nil
		assert.False(t, s.rests(), "what was long ago is no part of a run")
	})
}

func TestCallThatEndsTheRunTellsWhatItMet(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.zapier.always = &outcome{status: 502}
		for range 4 {
			s.writes()
			time.Sleep(time.Second)
		}
		assert.Equal(t, zapier.Unavailable, s.reads())
		assert.Len(t, s.zapier.at, 5)
		assert.Equal(t, zapier.Resting, s.reads())
	})
}

func TestOneCallDecidesWhetherZapierIsWell(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.fails(refused, s.writes)
		_, err := s.client.ListCategories(s.Context())
		var failed *zapier.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, zapier.Resting, failed.Kind)
		assert.LessOrEqual(t, failed.RetryAfter, 10*time.Second)
		assert.Greater(t, failed.RetryAfter, 5*time.Second)
		assert.EqualError(t, err, "zapier: categories.list: resting: nothing is sent for a moment")
		assert.False(t, zapier.Unclear(err), "nothing was sent")

		time.Sleep(10*time.Second + time.Millisecond)
		s.zapier.always = &outcome{status: 503, retryAfter: "5"}
		assert.Equal(t, zapier.Unavailable, s.reads(), "the one that is let through")
		assert.Equal(t, zapier.Resting, s.reads(), "it goes on")

		time.Sleep(10*time.Second + time.Millisecond)
		s.zapier.always = &outcome{took: time.Second}
		probe := make(chan zapier.Kind)
		go func() { probe <- s.reads() }()
		synctest.Wait()
		assert.Equal(t, zapier.Resting, s.reads(), "one at a time")
		assert.Equal(t, zapier.Resting, s.writes())
		assert.Empty(t, <-probe)
		assert.Empty(t, s.reads())
		assert.Equal(t, []bool{true, true, false}, s.told)
	})
}

func TestCallerWhoLeavesDecidesNothing(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.fails(refused, s.writes)
		time.Sleep(10*time.Second + time.Millisecond)
		s.zapier.always = &outcome{took: time.Minute}
		ctx, leave := context.WithCancel(s.Context())
		time.AfterFunc(time.Second, leave)
		_, err := s.client.ListCategories(ctx)
		require.ErrorIs(t, err, context.Canceled)
		s.zapier.always = nil
		assert.Empty(t, s.reads(), "the next may try")
	})
}

func TestPanicDecidesNothing(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.fails(refused, s.writes)
		time.Sleep(10*time.Second + time.Millisecond)
		s.zapier.always = &outcome{panics: true}
		assert.Panics(s, func() { s.reads() })
		s.zapier.always = nil
		assert.Empty(s, s.reads(), "the next may try")
	})
}

// What was not kept is not asked for by who wants it from before.
func TestNothingIsAskedFromBefore(t *testing.T) {
	z := &sick{}
	r, err := http.NewRequestWithContext(zapier.FromBefore(t.Context()), http.MethodGet, "http://zapier.example/v2/apps", nil)
	require.NoError(t, err)
	_, err = zapier.NewSteady(zapier.SteadyConfig{Next: z}).RoundTrip(r)
	require.ErrorIs(t, err, zapier.ErrNoneBefore)
	assert.True(t, zapier.Unsent(err))
	assert.Empty(t, z.at)
}

func TestBodyIsClosedWhileCallsRest(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.fails(refused, s.writes)
		unread := &body{Reader: strings.NewReader("{}")}
		r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, "https://api.example/v2/zaps", unread)
		require.NoError(s, err)
		before := len(s.zapier.at)
		_, err = s.way.RoundTrip(r)
		require.Error(s, err)
		assert.Len(s, s.zapier.at, before)
		assert.True(s, unread.closed)
	})
}

// A reader who forgets the answer must not keep everybody from Zapier.
func TestBeginningOfTheAnswerDecides(t *testing.T) {
	inSickness(t, func(s *sickness) {
		s.fails(refused, s.writes)
		time.Sleep(10*time.Second + time.Millisecond)
		_, err := ask(s.Context(), s.T, s.way, http.MethodGet)
		require.NoError(s, err)
		assert.Empty(s, s.reads())
	})
}

func TestPlaceInTheLine(t *testing.T) {
	client, err := zapier.New("https://api.example", zapier.NewSteady(zapier.SteadyConfig{Next: fails{busy{}}}))
	require.NoError(t, err)
	_, err = client.ListCategories(t.Context())
	var failed *zapier.Error
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, zapier.RateLimited, failed.Kind)
	assert.Equal(t, 3, failed.Place)
	assert.Equal(t, 7*time.Second, failed.RetryAfter)
}

// atOnce is time.After for those who cannot wait.
func atOnce(time.Duration) <-chan time.Time {
	over := make(chan time.Time, 1)
	over <- time.Time{}
	return over
}

func TestConnectionServesTheNextTry(t *testing.T) {
	seen := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen[r.RemoteAddr] = true
		w.WriteHeader(http.StatusBadGateway)
		_, err := fmt.Fprint(w, strings.Repeat("<p>Bad gateway</p>", 1000))
		assert.NoError(t, err)
	}))
	t.Cleanup(server.Close)
	client, err := zapier.New(server.URL, zapier.NewSteady(zapier.SteadyConfig{Next: &http.Transport{}, After: atOnce}))
	require.NoError(t, err)
	_, err = client.ListCategories(t.Context())
	kind, _ := zapier.KindOf(err)
	assert.Equal(t, zapier.Unavailable, kind)
	assert.Len(t, seen, 1)
}

func TestTimeInLineIsNoTimeOfZapiers(t *testing.T) {
	inSickness(t, func(s *sickness) {
		// Ten seconds until there is room, and all that Zapier may take.
		s.zapier.always = &outcome{took: 10*time.Second + zapier.AnswerTimeout}
		assert.Empty(t, s.reads())
		s.zapier.always = &outcome{took: time.Minute}
		began := time.Now()
		assert.Equal(t, zapier.TimedOut, s.reads())
		assert.Equal(t, 45*time.Second, time.Since(began))
		s.zapier.always = &outcome{stalls: true}
		began = time.Now()
		assert.Equal(t, zapier.TimedOut, s.reads())
		assert.Equal(t, 45*time.Second, time.Since(began), "up to the end of the answer")
	})
}

func TestEmulatorIsAskedAgain(t *testing.T) {
	server := httptest.NewUnstartedServer(nil)
	outside := "http://" + server.Listener.Addr().String()
	stand, err := emulator.New(emulator.Options{WebURL: outside, Clients: []emulator.Client{{
		ID: "partner", Secret: "secret", Title: "Partner", RedirectURIs: []string{outside + "/callback"},
	}}})
	require.NoError(t, err)
	server.Config.Handler = stand.Handler()
	server.Start()
	t.Cleanup(server.Close)
	client, err := zapier.New(outside, zapier.NewSteady(zapier.SteadyConfig{Next: &http.Transport{DisableKeepAlives: true}, After: atOnce}))
	require.NoError(t, err)
	client = client.WithClientID("partner")

	for _, fault := range []emulator.Fault{{Drop: true, Times: 2}, {HTML: true, Times: 2}, {Status: 504, Times: 2}, {Status: 500}} {
		fault.Operation = emulator.OpCategoriesList
		require.NoError(t, stand.Arm(fault))
		before := stand.Count(fault.Operation)
		_, err = client.ListCategories(t.Context())
		require.NoError(t, err)
		assert.Greater(t, stand.Count(fault.Operation), before+max(fault.Times, 1))
	}
	for _, fault := range []emulator.Fault{{Drop: true}, {HTML: true}, {Status: 504}, {Status: 500}} {
		fault.Operation = emulator.OpGuess
		require.NoError(t, stand.Arm(fault))
		before := stand.Count(fault.Operation)
		_, err = client.GuessZap(t.Context(), "send me a mail")
		require.Error(t, err)
		assert.Equal(t, before+1, stand.Count(fault.Operation), "never a POST")
	}
}
