package quota_test

import (
	"errors"
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
	return quota.New(quota.Config{
		Engine: p.place.Open(), Keys: p.keys, Client: "client", Address: address, Limits: limits, Now: p.clock.Now,
	})
}

// takes counts how many of so many tries at once were let through.
func (p *partner) takes(tries int, servers ...*quota.Budget) int {
	p.t.Helper()
	var taken atomic.Int64
	var group sync.WaitGroup
	for i := range tries {
		group.Go(func() {
			err := servers[i%len(servers)].Take(p.t.Context())
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

func TestServersOfOneAddressShareItsLimit(t *testing.T) {
	p := newPartner(t)
	limits := quota.Limits{IP: 20, Partner: 50}
	one, two := p.server("a", limits), p.server("a", limits)
	assert.Equal(t, 20, p.takes(40, one, two))

	elsewhere := p.server("b", limits)
	assert.Equal(t, 20, p.takes(30, elsewhere), "another address has room of its own")
	assert.Equal(t, 10, p.takes(30, p.server("c", limits)), "and the partner has no more")
}

// No minute, however placed, holds more calls than the limit.
func TestTheMinuteSlides(t *testing.T) {
	p := newPartner(t)
	b := p.server("a", quota.Limits{IP: 10})
	require.Equal(t, 4, p.takes(4, b))
	p.clock.Advance(30 * time.Second)
	require.Equal(t, 6, p.takes(10, b))

	busy, full := errors.AsType[*quota.Busy](b.Take(t.Context()))
	require.True(t, full)
	assert.Equal(t, 31*time.Second, busy.Wait, "until the first four no longer count")
	assert.Equal(t, busy.Wait, busy.RetryIn())
	p.clock.Advance(busy.Wait - time.Millisecond)
	assert.Zero(t, p.takes(3, b))
	p.clock.Advance(time.Millisecond)
	assert.Equal(t, 4, p.takes(9, b))
}

func TestAPauseIsForEverybody(t *testing.T) {
	p := newPartner(t)
	one, two := p.server("a", quota.Limits{IP: 10}), p.server("b", quota.Limits{IP: 10})
	require.NoError(t, one.Pause(t.Context(), 90*time.Second))
	require.NoError(t, two.Pause(t.Context(), time.Second), "a shorter one does not end it")
	assert.Zero(t, p.takes(3, one, two))
	p.clock.Advance(90*time.Second - time.Millisecond)
	assert.Zero(t, p.takes(3, one, two))
	p.clock.Advance(time.Millisecond)
	assert.Equal(t, 3, p.takes(3, one, two))
}

func TestNoLimit(t *testing.T) {
	p := newPartner(t)
	assert.Equal(t, 15, p.takes(15, p.server("a", quota.Limits{})))
}

// An account that no key opens any more is begun anew.
func TestAnotherKey(t *testing.T) {
	p := newPartner(t)
	require.Equal(t, 1, p.takes(1, p.server("a", quota.Limits{IP: 1})))
	var err error
	p.keys, err = store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	assert.Equal(t, 1, p.takes(2, p.server("a", quota.Limits{IP: 1})))
}

func TestStoreThatIsAway(t *testing.T) {
	p := newPartner(t)
	engine := p.place.Open()
	b := quota.New(quota.Config{Engine: engine, Keys: p.keys, Client: "client", Address: "a", Now: p.clock.Now})
	require.NoError(t, engine.Close())
	require.ErrorIs(t, b.Take(t.Context()), store.ErrUnavailable)
	require.ErrorIs(t, b.Pause(t.Context(), 0), store.ErrUnavailable)
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
		Budget: budget, Next: http.DefaultTransport, RetryAfter: seconds, Logger: slog.New(slog.DiscardHandler),
	}}
}

func TestTransportSendsNothingWithoutRoom(t *testing.T) {
	p, z := newPartner(t), newZapier(t)
	client := clientOf(p.server("a", quota.Limits{IP: 2}))
	require.NoError(t, z.ask(t, client, "/v2/apps"))
	require.NoError(t, z.ask(t, client, "/v2/apps"))
	busy, full := errors.AsType[*quota.Busy](z.ask(t, client, "/v2/apps"))
	require.True(t, full)
	assert.Equal(t, 61*time.Second, busy.Wait)
	assert.EqualValues(t, 2, z.arrived.Load())
	require.NoError(t, z.ask(t, client, "/oauth/token/"), "a refresh is no call of the API")
}

func TestTransportStopsEverybodyAtA429(t *testing.T) {
	p, z := newPartner(t), newZapier(t)
	z.status.Store(http.StatusTooManyRequests)
	require.NoError(t, z.ask(t, clientOf(p.server("a", quota.Limits{IP: 9})), "/v2/apps"))
	busy, full := errors.AsType[*quota.Busy](z.ask(t, clientOf(p.server("b", quota.Limits{IP: 9})), "/v2/apps"))
	require.True(t, full)
	assert.Equal(t, 75*time.Second, busy.Wait, "as long as Zapier said")
	assert.EqualValues(t, 1, z.arrived.Load())
}

// Who can be helped within two seconds waits instead of being turned away.
func TestTransportWaitsALittle(t *testing.T) {
	p, z := newPartner(t), newZapier(t)
	client := clientOf(p.server("a", quota.Limits{IP: 1}))
	require.NoError(t, z.ask(t, client, "/v2/apps"))
	p.clock.Advance(61*time.Second - 100*time.Millisecond)
	done := make(chan error, 1)
	go func() { done <- z.ask(t, client, "/v2/apps") }()
	require.Never(t, func() bool { return z.arrived.Load() > 1 }, 50*time.Millisecond, 5*time.Millisecond)
	p.clock.Advance(100 * time.Millisecond)
	require.NoError(t, <-done)
	assert.EqualValues(t, 2, z.arrived.Load())
}
