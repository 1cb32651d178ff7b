package cache

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/zapier"
)

// AsOf is the header of an answer that stands in for one of a Zapier that is away: when it was given, as in RFC 3339.
// Every answer that was kept has an Age (RFC 9111) beside it.
const AsOf = "X-Zapembed-As-Of"

const (
	// maxKept is the longest answer that is kept. Sealed and written as text it takes two thirds of a record.
	maxKept = 512 << 10
	// flightTimeout ends a call however many wait for it: patience, an answer, and a little more.
	flightTimeout = 50 * time.Second
	// aMoment is how old an answer may be for somebody who loads a page again. Browsers also call it a reload when a form
	// leads to another page, or when a page that waits for room under Zapier's limits goes on: then what it got so far
	// must not be asked for again.
	aMoment = 30 * time.Second
	// afterBusy is how long somebody is left out of that after there was no room for a call of theirs.
	afterBusy = time.Minute
	// clockSkew is how far in the future an answer may have been given by the clock of another server.
	clockSkew = 5 * time.Second
	// storeTimeout is for what has to be noted although the caller is gone.
	storeTimeout = 5 * time.Second
)

// Config is what a Transport is made of.
type Config struct {
	// Next makes the calls.
	Next   http.RoundTripper
	Engine store.Engine
	Keys   *store.Keyring
	// Now is the clock; time.Now if nil. After waits; time.After if nil. Rand is the source of marks; crypto/rand if nil.
	Now    func() time.Time
	After  func(time.Duration) <-chan time.Time
	Rand   io.Reader
	Logger *slog.Logger
}

// Transport gives answers that are kept, and keeps those that it gets. It is safe for concurrent use, and several
// processes may share the store.
type Transport struct {
	next    http.RoundTripper
	answers *store.Collection[answer]
	marks   *store.Collection[mark]
	flights flights
	owed    owed
	busy    busy
	now     func() time.Time
	after   func(time.Duration) <-chan time.Time
	rand    io.Reader
	logger  *slog.Logger
}

// New returns a Transport.
func New(c Config) *Transport {
	t := &Transport{
		next:    c.Next,
		answers: store.NewCollection[answer](c.Engine, c.Keys, "answer"),
		marks:   store.NewCollection[mark](c.Engine, c.Keys, "mark"),
		now:     c.Now, after: c.After, rand: c.Rand, logger: c.Logger,
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.after == nil {
		t.after = time.After
	}
	if t.rand == nil {
		t.rand = rand.Reader
	}
	if t.logger == nil {
		t.logger = slog.Default()
	}
	return t
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	purpose := zapier.PurposeOf(r.Context())
	keeping, keeps := zapier.Keep(r)
	switch {
	case keeps && (keeping.Shared || purpose.User != ""):
		return t.keepable(r, keeping, purpose)
	case purpose.User == "":
		return t.next.RoundTrip(r)
	}
	return t.change(r, purpose.User, zapier.Changes(r))
}

// change sends what is never kept. What it may have changed for the user is forgotten, unless Zapier refused or
// nothing was sent: also when no answer came.
func (t *Transport) change(r *http.Request, user string, subjects []zapier.Subject) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if len(subjects) > 0 && !zapier.Unsent(err) && (err != nil || !refused(resp.StatusCode)) {
		t.Forget(r.Context(), user, subjects...)
	}
	return resp, err
}

// refused: Zapier did not do what it was asked for. After a timeout of its own nobody knows.
func refused(status int) bool {
	return status/100 == 4 && status != http.StatusRequestTimeout
}

// question is a request whose answer may be kept.
type question struct {
	request *http.Request
	body    []byte
	keeping zapier.Keeping
	purpose zapier.Purpose
	// key is where the answer lies; "" when the store does not answer, and then nothing is kept.
	key string
}

// keepable answers a request with what is kept, or by asking.
func (t *Transport) keepable(r *http.Request, keeping zapier.Keeping, purpose zapier.Purpose) (*http.Response, error) {
	q := question{request: r, keeping: keeping, purpose: purpose}
	var err error
	if q.body, err = readBody(r); err != nil {
		return nil, err
	}
	if q.key, err = t.keyOf(r.Context(), q); err != nil {
		t.trouble(r.Context(), "looked up", err)
	}
	drop := func() { t.drop(r.Context(), q.key) }
	var known answer
	if !purpose.Afresh && q.key != "" {
		known = t.known(r.Context(), q.key)
		if t.fresh(known, q) {
			return known.response(r, t.now(), drop), nil
		}
	}
	got, err := t.ask(q)
	if !purpose.Afresh && !purpose.Current && away(got.Status, err) && t.useful(known, keeping) {
		zapier.AgeOf(r.Context()).Stale(known.Asked)
		resp := known.response(r, t.now(), drop)
		resp.Header.Set(AsOf, known.Asked.UTC().Format(time.RFC3339))
		return resp, nil
	}
	if err != nil {
		return nil, err
	}
	return got.response(r, got.Asked, drop), nil
}

// readBody reads what is to be sent. It closes the body, as http.RoundTripper demands.
func readBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// known is the answer that is kept, zero if there is none.
func (t *Transport) known(ctx context.Context, key string) answer {
	known, _, err := t.answers.Get(ctx, key)
	if err != nil {
		if !errors.Is(err, store.ErrNotFound) && !errors.Is(err, store.ErrCorrupt) {
			t.trouble(ctx, "looked up", err)
		}
		return answer{}
	}
	return known
}

func (t *Transport) fresh(known answer, q question) bool {
	fresh := q.keeping.Fresh
	if q.purpose.Reload && q.keeping.About != "" && !t.busy.lately(q.purpose.User, t.now()) {
		fresh = min(fresh, aMoment)
	}
	age := t.now().Sub(known.Asked)
	return known.Status != 0 && !q.purpose.Before && age < fresh && age >= -clockSkew
}

func (t *Transport) useful(known answer, keeping zapier.Keeping) bool {
	return known.Status != 0 && t.now().Sub(known.Asked) < keeping.Kept
}

// away reports whether Zapier, or the way to it, did not answer the question.
func away(status int, err error) bool {
	return err != nil || status >= 500 || status == http.StatusTooManyRequests
}

// ask asks Zapier. All who ask the same at the same time with the same patience share a call, which goes on until nobody
// waits for it any more; only who needs an answer that is younger than the question has a call of their own. That there was
// no room for a call is so for the user who made it: another one's may have a better place in the line.
func (t *Transport) ask(q question) (answer, error) {
	ctx := q.request.Context()
	if q.purpose.Before {
		return answer{}, zapier.ErrNoneBefore
	}
	if q.key == "" || q.purpose.Afresh {
		return t.call(ctx, q)
	}
	name := q.key + strconv.FormatBool(q.purpose.Background) + q.purpose.Patience.String()
	shared, err := t.flights.share(ctx, name, func(ctx context.Context) (called, error) {
		got, err := t.call(ctx, q)
		return called{q.purpose.User, got}, err
	})
	if _, _, full := zapier.NoRoom(err); full && shared.user != q.purpose.User {
		return t.askAlone(ctx, q)
	}
	return shared.answer, err
}

// askAlone is for who found no room in another user's name.
func (t *Transport) askAlone(ctx context.Context, q question) (answer, error) {
	if known := t.known(ctx, q.key); t.fresh(known, q) {
		return known, nil
	}
	return t.call(ctx, q)
}

// call makes one call and keeps what comes of it.
func (t *Transport) call(ctx context.Context, q question) (answer, error) {
	sent := q.request.Clone(ctx)
	if len(q.body) == 0 {
		sent.Body, sent.GetBody = http.NoBody, nil
	} else {
		sent.Body = io.NopCloser(bytes.NewReader(q.body))
		sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(q.body)), nil }
	}
	asked := t.now()
	resp, err := t.next.RoundTrip(sent)
	if _, _, full := zapier.NoRoom(err); full {
		t.busy.note(q.purpose.User, t.now())
	}
	if err != nil {
		return answer{}, err
	}
	got, err := readAnswer(resp, asked)
	if err != nil {
		return answer{}, err
	}
	if zapier.RefusesAccount(got.Status, got.Body) && q.purpose.User != "" {
		t.Forget(ctx, q.purpose.User, zapier.AboutAuthentications)
	}
	if got.Status == http.StatusOK && q.key != "" && q.keeping.Fits(got.Body) {
		q.purpose.Proof.Add(&proven{answer: got, asked: q})
		t.keep(ctx, q, got)
	}
	return got, nil
}

// keep stores an answer, unless one is there that was asked for later.
func (t *Transport) keep(ctx context.Context, q question, got answer) {
	if len(got.Body) > maxKept {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	got.Header = nil // but for the kind of body, they were about that call
	expires := got.Asked.Add(q.keeping.Kept)
	_, err := t.answers.Modify(ctx, q.key, func(there *answer) error {
		if there.Asked.After(got.Asked) && !there.Asked.After(t.now().Add(clockSkew)) {
			return store.ErrUnchanged
		}
		*there = got
		return nil
	}, func(answer) time.Time { return expires })
	if errors.Is(err, store.ErrCorrupt) {
		_, _ = t.answers.Delete(ctx, q.key)
	}
	if errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrNotFound) {
		err = t.answers.Create(ctx, q.key, "", got, expires)
	}
	if err != nil && !errors.Is(err, store.ErrExists) && !errors.Is(err, store.ErrConflict) {
		t.trouble(ctx, "stored", err)
	}
}

// drop forgets an answer that nobody can read, although it Fits.
func (t *Transport) drop(ctx context.Context, key string) {
	if key == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if _, err := t.answers.Delete(ctx, key); err != nil {
		t.trouble(ctx, "forgotten", err)
	}
}

// trouble is the store's. The call goes on without it.
func (t *Transport) trouble(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		t.logger.WarnContext(ctx, fmt.Sprintf("cache: an answer could not be %s", what), "error", err)
	}
}
