package quota_test

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
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
)

// partner is one client id and the store that its servers share.
type partner struct {
	t     *testing.T
	place *testengine.Place
	keys  *store.Keyring
	clock *storetest.Clock
}

func newPartner(t *testing.T) *partner {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	clock := storetest.NewClock()
	return &partner{t: t, place: testengine.NewPlace(t, clock.Now), keys: keys, clock: clock}
}

// server is one more process that calls from the address.
func (p *partner) server(address string, limits quota.Limits) *quota.Budget {
	p.t.Helper()
	return p.serverOn(p.place.Open(), quota.Config{Addresses: []string{address}, Limits: limits})
}

// serverOn is a process on an engine, which has what it is not told from the partner.
func (p *partner) serverOn(engine store.Engine, c quota.Config) *quota.Budget {
	p.t.Helper()
	c.Engine, c.Keys, c.Client = engine, p.keys, "client"
	if c.Now == nil {
		c.Now = p.clock.Now
	}
	return quota.New(c)
}

// impatient are the calls of so many users, none of whom waits.
func impatient(i int) quota.Caller {
	return quota.Caller{User: fmt.Sprint("user-", i), Patience: time.Nanosecond}
}

// takes counts how many of so many tries at once were let through.
func (p *partner) takes(tries int, servers ...*quota.Budget) int {
	p.t.Helper()
	var taken atomic.Int64
	var group sync.WaitGroup
	for i := range tries {
		group.Go(func() {
			_, err := servers[i%len(servers)].Take(p.t.Context(), impatient(i))
			if err == nil {
				taken.Add(1)
			} else if _, full := errors.AsType[*quota.Busy](err); !full {
				assert.NoError(p.t, err)
			}
		})
	}
	group.Wait()
	return int(taken.Load())
}

// minute is takes in each second of a window.
func (p *partner) minute(tries int, servers ...*quota.Budget) int {
	p.t.Helper()
	taken := 0
	for range 61 {
		taken += p.takes(tries, servers...)
		p.clock.Advance(time.Second)
	}
	return taken
}

// calls are those that the store knows of.
func (p *partner) calls(engine store.Engine) []any {
	p.t.Helper()
	account, _, err := store.NewCollection[struct{ Sent []any }](engine, p.keys, "quota").Get(p.t.Context(), "client")
	require.NoError(p.t, err)
	return account.Sent
}

func TestServersOfOneAddressShareItsLimit(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	limits := quota.Limits{IP: 20, Partner: 50}
	one, two := p.server("a", limits), p.server("a", limits)
	assert.Equal(t, 5, p.takes(20, one, two), "a quarter at once")
	assert.Equal(t, 15, p.minute(3, one, two), "and the rest in the course of the minute")
}

func TestServersOfSeveralAddressesShareThePartners(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	limits := quota.Limits{IP: 20, Partner: 30}
	taken := p.minute(4, p.server("a", limits), p.server("b", limits))
	assert.GreaterOrEqual(t, taken, 28)
	assert.LessOrEqual(t, taken, 30)
}

func TestOneProcessUsesSeveralAddresses(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.serverOn(p.place.Open(), quota.Config{Addresses: []string{"a", "b"}, Limits: quota.Limits{IP: 4}})
	var from []string
	for i := range 4 {
		sending, err := b.Take(t.Context(), impatient(i))
		require.NoError(t, err)
		from = append(from, sending.From)
	}
	assert.Equal(t, []string{"a", "b", "a", "b"}, from)
}

// One user leaves a quarter to the others.
func TestOneUserLeavesRoom(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.server("a", quota.Limits{IP: 8})
	greedy := 0
	for range 61 {
		if _, err := b.Take(t.Context(), impatient(1)); err == nil {
			greedy++
		}
		p.clock.Advance(time.Second)
	}
	assert.Equal(t, 6, greedy)
	_, err := b.Take(t.Context(), impatient(2))
	assert.NoError(t, err)
}

func TestAPauseIsForEverybody(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	one, two := p.server("a", quota.Limits{IP: 10}), p.server("b", quota.Limits{IP: 10})
	require.NoError(t, one.Pause(t.Context(), 90*time.Second))
	require.NoError(t, two.Pause(t.Context(), time.Second), "a shorter one does not end it")
	_, err := two.Take(t.Context(), quota.Caller{Patience: 10 * time.Second})
	busy, paused := errors.AsType[*quota.Busy](err)
	require.True(t, paused)
	assert.Equal(t, 90*time.Second, busy.RetryIn())
	assert.Zero(t, busy.InLine(), "nobody is before them")
	p.clock.Advance(90*time.Second - time.Millisecond)
	assert.Zero(t, p.takes(3, one, two))
	p.clock.Advance(time.Millisecond)
	assert.Equal(t, 3, p.takes(3, one, two))
}

func TestNoLimit(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.server("a", quota.Limits{})
	assert.Equal(t, 15, p.takes(15, b))
	for i := range 15 {
		assert.NoError(t, b.Enter(t.Context(), fmt.Sprint(i)))
	}
}

// An account that no key opens any more is begun anew.
func TestAnotherKey(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	require.Equal(t, 1, p.takes(1, p.server("a", quota.Limits{IP: 1})))
	var err error
	p.keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	assert.Equal(t, 1, p.takes(2, p.server("a", quota.Limits{IP: 1})))
}

// The store tells nobody who has called.
func TestTheStoreKnowsNobody(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := p.place.Open()
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 10}})
	const user = "the-name-of-a-user"
	_, err := b.Take(t.Context(), quota.Caller{User: user})
	require.NoError(t, err)
	require.NoError(t, b.Enter(t.Context(), user))
	accounts := store.NewCollection[any](engine, p.keys, "quota")
	seen, _, err := accounts.Get(t.Context(), "client")
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(seen), "inside")
	assert.NotContains(t, fmt.Sprint(seen), user)
}

// All replicas have one door.
func TestTheDoorIsEverybodys(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	limits := quota.Limits{IP: 20}
	one, two := p.server("a", limits), p.server("a", limits)
	require.NoError(t, one.Enter(t.Context(), "anna"))
	require.NoError(t, two.Enter(t.Context(), "bert"))
	busy, waits := errors.AsType[*quota.Busy](one.Enter(t.Context(), "carla"))
	require.True(t, waits)
	assert.Equal(t, quota.Busy{Wait: 61 * time.Second, Place: 1}, *busy)
	require.NoError(t, two.Enter(t.Context(), "anna"), "who is in")
	two.Leave(t.Context(), "anna")
	require.NoError(t, one.Enter(t.Context(), "carla"))
}

// outage is an engine that does not answer at times.
type outage struct {
	store.Engine
	away atomic.Bool
}

var errGone = errors.New("gone")

func (o *outage) Get(ctx context.Context, key string) (store.Record, error) {
	if o.away.Load() {
		return store.Record{}, store.Unavailable("get", errGone)
	}
	return o.Engine.Get(ctx, key)
}

// While the store is away each server keeps to its part, and then everybody knows what was sent.
func TestStoreThatIsAway(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine, logs := &outage{Engine: p.place.Open()}, &bytes.Buffer{}
	b := p.serverOn(engine, quota.Config{
		Limits: quota.Limits{IP: 20}, Replicas: 2, Addresses: []string{"a"}, Logger: slog.New(slog.NewTextHandler(logs, nil)),
	})
	other := p.server("a", quota.Limits{IP: 20})
	require.Equal(t, 4, p.takes(4, b))

	engine.away.Store(true)
	apart := p.minute(1, b)
	assert.Equal(t, 10, apart, "half of it")
	p.clock.Advance(61 * time.Second) // nobody waits any more
	require.Equal(t, 2, p.takes(2, b))

	engine.away.Store(false)
	assert.Len(t, p.calls(engine), 4, "the others do not know yet")
	p.clock.Advance(4 * time.Second)
	require.NoError(t, b.Enter(t.Context(), "anna"))
	assert.Len(t, p.calls(engine), 2, "those of a minute ago do not count, and these do")
	assert.LessOrEqual(t, p.minute(2, other), 20)
	assert.Equal(t, 1, strings.Count(logs.String(), "the store is away"))
	assert.Equal(t, 1, strings.Count(logs.String(), "the store is back"))
}

// Who was let in while the store was away is in, and a pause goes on.
func TestWhatHappenedApartIsToldToAll(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	limits := quota.Limits{IP: 20}
	engine := &outage{Engine: p.place.Open()}
	b, other := p.serverOn(engine, quota.Config{Limits: limits}), p.server("", limits)
	require.Equal(t, 1, p.takes(1, other), "the store has an account")
	engine.away.Store(true)
	for _, user := range []string{"anna", "bert"} {
		require.NoError(t, b.Enter(t.Context(), user))
	}
	assert.Error(t, b.Enter(t.Context(), "carla"), "the door has its limit")
	require.NoError(t, b.Pause(t.Context(), 0))
	assert.Zero(t, p.takes(1, b))

	engine.away.Store(false)
	p.clock.Advance(4 * time.Second)
	assert.Zero(t, p.takes(1, b))
	_, err := other.Take(t.Context(), impatient(1))
	busy, paused := errors.AsType[*quota.Busy](err)
	require.True(t, paused)
	assert.Equal(t, 56*time.Second, busy.Wait)
	require.NoError(t, other.Enter(t.Context(), "anna"))
	assert.Error(t, other.Enter(t.Context(), "dora"))
}

// What was sent before the store went away counts as well.
func TestStoreThatGoesAwayAfterABurst(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := &outage{Engine: p.place.Open()}
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 20}})
	assert.Equal(t, 20, p.minute(2, b))
	engine.away.Store(true)
	assert.LessOrEqual(t, p.takes(10, b), 5, "no more than have ceased to count")
}

// Nothing was sent when time runs out, and that must be clear: who asks again changes nothing twice.
func TestADeadlineIsNoDoubt(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 1}, After: func(time.Duration) <-chan time.Time { return nil }})
	require.Equal(t, 1, p.takes(1, b))
	for _, patience := range []time.Duration{time.Millisecond, 0} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := b.Take(ctx, quota.Caller{User: "somebody", Patience: time.Hour})
		busy, full := errors.AsType[*quota.Busy](err)
		require.True(t, full, "%v", err)
		assert.Positive(t, busy.Wait)
	}
}

func TestWatch(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	heard := map[quota.Outcome]int{}
	b := p.serverOn(p.place.Open(), quota.Config{
		Limits: quota.Limits{IP: 1}, Watch: func(outcome quota.Outcome, _ time.Duration) { heard[outcome]++ },
	})
	assert.Equal(t, 1, p.takes(1, b))
	assert.Zero(t, p.takes(1, b))
	_, err := b.Take(t.Context(), quota.Caller{Background: true})
	require.Error(t, err)
	p.clock.Advance(2 * time.Minute)
	for i := range 20 {
		_ = b.Enter(t.Context(), fmt.Sprint(i))
		p.clock.Advance(time.Millisecond)
	}
	require.NoError(t, b.Enter(t.Context(), "0"), "who is in, and is not let in once more")
	require.NoError(t, b.Pause(t.Context(), 0))
	assert.Equal(t, map[quota.Outcome]int{
		quota.Sent: 1, quota.TurnedAway: 1, quota.SetAside: 1, quota.LetIn: 2, quota.AtDoor: 8, quota.Refused: 10, quota.Paused: 1,
	}, heard)
}

// A store that has lost the account is told what we know.
func TestStoreThatForgets(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := p.place.Open()
	b := p.serverOn(engine, quota.Config{Limits: quota.Limits{IP: 20}})
	require.Equal(t, 5, p.takes(20, b))
	_, err := store.NewCollection[any](engine, p.keys, "quota").Delete(t.Context(), "client")
	require.NoError(t, err)
	assert.Equal(t, 15, p.minute(3, b))
}

func TestOneWhoGoesAwayWhileWaiting(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	var b *quota.Budget
	ctx, leave := context.WithCancel(t.Context())
	b = p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 4}, After: func(time.Duration) <-chan time.Time {
		assert.Equal(t, 1, b.Waiting())
		leave()
		return nil
	}})
	require.Positive(t, p.takes(4, b))
	_, err := b.Take(ctx, quota.Caller{Patience: time.Hour})
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, b.Waiting())
}

// zapier counts what arrives, and answers with status.
type zapier struct {
	*httptest.Server
	arrived atomic.Int64
	status  atomic.Int64
}

func newZapier(t *testing.T) *zapier {
	t.Helper()
	z := &zapier{}
	z.status.Store(http.StatusOK)
	z.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		z.arrived.Add(1)
		w.Header().Set("Retry-After", "75")
		w.WriteHeader(int(z.status.Load()))
	}))
	t.Cleanup(z.Close)
	return z
}

func (z *zapier) ask(t *testing.T, client *http.Client, path string) error {
	t.Helper()
	answer, err := client.Post(z.URL+path, "text/plain", strings.NewReader("x"))
	if err == nil {
		_, err = io.Copy(io.Discard, answer.Body)
		require.NoError(t, answer.Body.Close())
	}
	return err
}

// seconds reads what newZapier says.
func seconds(header http.Header) time.Duration {
	wait, _ := time.ParseDuration(header.Get("Retry-After") + "s")
	return wait
}

func clientOf(budget *quota.Budget) *http.Client {
	return &http.Client{Transport: &quota.Transport{
		Budget: budget, Next: func(string) http.RoundTripper { return http.DefaultTransport }, RetryAfter: seconds,
		Caller: func(context.Context) quota.Caller { return quota.Caller{} }, Logger: slog.New(slog.DiscardHandler),
	}}
}

func TestTransportSendsNothingWithoutRoom(t *testing.T) {
	t.Parallel()
	p, z := newPartner(t), newZapier(t)
	client := clientOf(p.server("a", quota.Limits{IP: 1}))
	require.NoError(t, z.ask(t, client, "/v2/apps"))
	busy, full := errors.AsType[*quota.Busy](z.ask(t, client, "/v2/apps"))
	require.True(t, full)
	assert.Equal(t, quota.Busy{Wait: 61 * time.Second, Place: 1}, *busy)
	assert.EqualValues(t, 1, z.arrived.Load())
}

func TestTransportStopsEverybodyAtA429(t *testing.T) {
	t.Parallel()
	p, z := newPartner(t), newZapier(t)
	z.status.Store(http.StatusTooManyRequests)
	require.NoError(t, z.ask(t, clientOf(p.server("a", quota.Limits{IP: 9})), "/v2/apps"))
	busy, full := errors.AsType[*quota.Busy](z.ask(t, clientOf(p.server("b", quota.Limits{IP: 9})), "/v2/apps"))
	require.True(t, full)
	assert.Equal(t, 75*time.Second, busy.Wait, "as long as Zapier said")
	assert.EqualValues(t, 1, z.arrived.Load())
}

// Without limits no store is asked, and both addresses are used; a refusal stops this process all the same.
func TestWithoutLimits(t *testing.T) {
	t.Parallel()
	p, z := newPartner(t), newZapier(t)
	b := p.serverOn(nil, quota.Config{Addresses: []string{"a", "b"}})
	from := map[string]int{}
	for i := range 100 {
		require.NoError(t, b.Enter(t.Context(), fmt.Sprint(i)))
		sending, err := b.Take(t.Context(), impatient(i))
		require.NoError(t, err)
		p.clock.Advance(time.Second)
		require.NoError(t, b.Answered(t.Context(), sending))
		b.Leave(t.Context(), fmt.Sprint(i))
		from[sending.From]++
	}
	assert.Len(t, from, 2)

	z.status.Store(http.StatusTooManyRequests)
	require.NoError(t, z.ask(t, clientOf(b), "/v2/apps"))
	busy, full := errors.AsType[*quota.Busy](z.ask(t, clientOf(b), "/v2/apps"))
	require.True(t, full)
	assert.Equal(t, quota.Busy{Wait: 75 * time.Second}, *busy)
	assert.EqualValues(t, 1, z.arrived.Load())
	assert.Equal(t, 75*time.Second, b.Room(t.Context(), time.Second), "nobody is sent to consent")
	p.clock.Advance(75 * time.Second)
	require.NoError(t, z.ask(t, clientOf(b), "/v2/apps"))
}

// Who can be helped within two seconds waits instead of being turned away.
func TestTransportWaitsALittle(t *testing.T) {
	t.Parallel()
	p, z := newPartner(t), newZapier(t)
	var naps time.Duration
	b := p.serverOn(p.place.Open(), quota.Config{Limits: quota.Limits{IP: 1}, After: func(nap time.Duration) <-chan time.Time {
		assert.EqualValues(t, 1, z.arrived.Load())
		naps += nap
		p.clock.Advance(nap)
		return time.After(0)
	}})
	require.NoError(t, z.ask(t, clientOf(b), "/v2/apps"))
	p.clock.Advance(61*time.Second - 1900*time.Millisecond)
	require.NoError(t, z.ask(t, clientOf(b), "/v2/apps"))
	assert.EqualValues(t, 2, z.arrived.Load())
	assert.Equal(t, 1900*time.Millisecond, naps)
}

// A call may have arrived as late as it was answered, and counts from then on.
func TestASlowCallCountsLonger(t *testing.T) {
	t.Parallel()
	for took, wait := range map[time.Duration]time.Duration{700 * time.Millisecond: 61*time.Second - 700*time.Millisecond, 5 * time.Second: 61 * time.Second} {
		p := newPartner(t)
		b, other := p.server("a", quota.Limits{IP: 1}), p.server("a", quota.Limits{IP: 1})
		client := &http.Client{Transport: &quota.Transport{
			Budget: b, RetryAfter: seconds, Logger: slog.New(slog.DiscardHandler),
			Caller: func(context.Context) quota.Caller { return quota.Caller{} },
			Next:   func(string) http.RoundTripper { return slow{p, took} },
		}}
		_, err := client.Get("http://zapier.example")
		require.ErrorIs(t, err, errGone)
		_, err = other.Take(t.Context(), quota.Caller{})
		busy, full := errors.AsType[*quota.Busy](err)
		require.True(t, full)
		assert.Equal(t, wait, busy.Wait, "it took %v", took)
	}
}

// slow lets time pass before a call fails.
type slow struct {
	partner *partner
	took    time.Duration
}

func (s slow) RoundTrip(*http.Request) (*http.Response, error) {
	s.partner.clock.Advance(s.took)
	return nil, errGone
}
