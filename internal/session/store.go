package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/sessions"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/store"
)

const (
	// anonymousLife is how long a session nobody signed in to may idle. It is
	// there to carry a sign-in, which takes ten minutes at most.
	anonymousLife = 30 * time.Minute
	// touchEvery is how often a session that is only read is written to, to
	// move its idle limit.
	touchEvery = time.Minute
)

// Store is a gorilla sessions.Store whose cookie holds a random id and whose
// records lie sealed in a store.Engine. What it does otherwise than the stores
// at hand: it never adopts an id it does not know, Save never brings
// back a session that was ended meanwhile, the id can be changed,
// idle and absolute limits hold on the server, and trouble of the
// engine is not "no session".
//
// A session's Values hold one thing, its State; Save refuses others, which
// would be lost.
type Store struct {
	records  *store.Collection[State]
	cookie   cookie
	idle     time.Duration
	absolute time.Duration
	now      func() time.Time
	random   io.Reader
	log      *slog.Logger
}

var _ sessions.Store = (*Store)(nil)

// NewStore makes a Store from the Engine, Keys, PublicURL, CrossSite, Idle,
// Absolute, Now, Rand and Logger of c. It refuses settings that no browser
// would keep a cookie under.
func NewStore(c Config) (*Store, error) {
	c = c.withDefaults()
	jar, err := newCookie(c.PublicURL, c.CrossSite)
	if err != nil {
		return nil, err
	}
	return &Store{
		records:  store.NewCollection[State](c.Engine, c.Keys, sessionKind),
		cookie:   jar,
		idle:     c.Idle,
		absolute: c.Absolute,
		now:      c.Now,
		random:   c.Rand,
		log:      c.Logger,
	}, nil
}

// Name is the name of the cookie, the only one Get and New accept.
func (st *Store) Name() string { return st.cookie.name }

// slot is the key of the entry in a session's Values.
type slot struct{}

// entry is the State of a session with what is needed to write it back.
type entry struct {
	state   State
	version int64
}

func entryOf(s *sessions.Session) *entry {
	e, ok := s.Values[slot{}].(*entry)
	if !ok {
		e = &entry{}
		s.Values[slot{}] = e
	}
	return e
}

// StateOf returns the State of a session of this Store. What is changed in it
// is kept by Save.
func StateOf(s *sessions.Session) *State { return &entryOf(s).state }

// Get returns the request's session, reading it once per request.
func (st *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(st, name)
}

// New reads the request's session. Without a cookie, with an unknown id or
// with a record that does not open it is a new, empty one without an id. The
// error wraps store.ErrUnavailable when the engine could not say.
func (st *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	s := sessions.NewSession(st, name)
	s.IsNew = true
	s.Options = st.cookie.options()
	if name != st.cookie.name {
		return s, fmt.Errorf("session: the cookie is called %s, not %s", st.cookie.name, name)
	}
	for _, id := range st.cookie.read(r) {
		if err := st.load(r.Context(), s, id); err != nil || s.ID != "" {
			return s, err
		}
	}
	return s, nil
}

// load fills s with the record under id, and leaves it empty if there is none.
func (st *Store) load(ctx context.Context, s *sessions.Session, id string) error {
	item, err := st.records.Item(ctx, id)
	if err == nil {
		err = st.touch(ctx, id, item)
	}
	switch {
	case errors.Is(err, store.ErrCorrupt):
		// Not deleted: a key that was taken away by mistake may come back.
		audit.Log(ctx, st.log, audit.SessionUnreadable)
		st.empty(s)
		return nil
	case errors.Is(err, store.ErrNotFound):
		st.empty(s)
		return nil
	case err != nil:
		return err
	}
	st.fill(s, id, item.Value, item.Version)
	return nil
}

// peek reads the session without moving its idle limit.
func (st *Store) peek(r *http.Request) (State, error) {
	for _, id := range st.cookie.read(r) {
		item, err := st.records.Item(r.Context(), id)
		if err == nil && st.until(item.Value).After(st.now()) {
			return item.Value, nil
		}
		if err != nil && !absent(err) {
			return State{}, err
		}
	}
	return State{}, store.ErrNotFound
}

// absent says that there is no session to speak of. A record that does not
// open counts as none; an engine that does not answer does not.
func absent(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrCorrupt)
}

// touch moves the idle limit. A session past its limits by today's settings
// is gone even if its record, written under older ones, is not. A store that
// was read and takes no writes (a full disk) does not stop who is signed in:
// the limit stays where it is.
func (st *Store) touch(ctx context.Context, id string, item store.Item[State]) error {
	until := st.until(item.Value)
	if !until.After(st.now()) {
		return store.ErrNotFound
	}
	if until.Sub(item.Expires) < touchEvery {
		return nil
	}
	err := st.records.Touch(ctx, id, until)
	if errors.Is(err, store.ErrUnavailable) {
		st.log.WarnContext(ctx, "the idle limit of a session could not be moved", "cause", err)
		return nil
	}
	return err
}

// until is the end of a session's life if nothing happens from now on: the
// idle limit, but never past the absolute one.
func (st *Store) until(state State) time.Time {
	idle := st.idle
	if state.User == nil {
		idle = min(idle, anonymousLife)
	}
	end := st.now().Add(idle)
	if limit := state.Created.Add(st.absolute); limit.Before(end) {
		return limit
	}
	return end
}

func (st *Store) fill(s *sessions.Session, id string, state State, version int64) {
	s.ID = id
	s.IsNew = false
	*entryOf(s) = entry{state: state, version: version}
}

func (st *Store) empty(s *sessions.Session) {
	s.ID = ""
	s.IsNew = true
	*entryOf(s) = entry{}
}

// Save writes the session: a new record under an id of ours if it has none,
// else the existing record, and only that (ErrNoSession when it is gone,
// store.ErrConflict when it was changed meanwhile). With Options.MaxAge below
// zero it ends the session. Other changes of Options have no effect.
func (st *Store) Save(r *http.Request, w http.ResponseWriter, s *sessions.Session) error {
	e := entryOf(s)
	if len(s.Values) != 1 {
		return errors.New("session: Values hold something besides the State")
	}
	switch {
	case s.Options.MaxAge < 0:
		return st.end(w, r, s)
	case s.ID == "":
		return st.create(r.Context(), w, s)
	}
	version, err := st.records.Update(r.Context(), s.ID, e.state, e.version, st.until(e.state))
	if errors.Is(err, store.ErrNotFound) {
		return ErrNoSession
	}
	if err == nil {
		e.version = version
	}
	return err
}

func (st *Store) create(ctx context.Context, w http.ResponseWriter, s *sessions.Session) error {
	id, err := randomID(st.random)
	if err != nil {
		return err
	}
	state := *StateOf(s)
	state.Created = st.now()
	if state.Browser == "" {
		if state.Browser, err = randomID(st.random); err != nil {
			return err
		}
	}
	if err := st.records.Create(ctx, id, state.group(), state, st.until(state)); err != nil {
		return err
	}
	st.fill(s, id, state, 1)
	st.show(w, s)
	return nil
}

// end deletes the record and then the cookie, in this order: if the record
// cannot be deleted the session is not over, and the cookie stays. What
// other cookies of ours name is deleted as well, be it alive or unreadable:
// once this session is gone it would be found in its place.
func (st *Store) end(w http.ResponseWriter, r *http.Request, s *sessions.Session) error {
	ids := st.cookie.read(r)
	if s.ID != "" && !slices.Contains(ids, s.ID) {
		ids = append(ids, s.ID) // made or changed in this request
	}
	for _, id := range ids {
		if _, err := st.records.Delete(r.Context(), id); err != nil {
			return err
		}
	}
	st.empty(s)
	st.cookie.clear(w)
	return nil
}

// rotate gives the session a new id and the state next(state), and ends the
// old id in the same step. The cookie is not written: see show. ErrNoSession
// when the session was ended meanwhile.
func (st *Store) rotate(ctx context.Context, s *sessions.Session, next func(State) (State, error)) error {
	id, err := randomID(st.random)
	if err != nil {
		return err
	}
	for {
		if s.ID == "" {
			return ErrNoSession
		}
		e := entryOf(s)
		state, err := next(e.state.clone())
		if err != nil {
			return err
		}
		err = st.records.Rotate(ctx, s.ID, e.version, id, state.group(), state, st.until(state))
		if err == nil {
			st.fill(s, id, state, 1)
			return nil
		}
		if err := st.again(ctx, s, err); err != nil {
			return err
		}
	}
}

// again reads the session anew after a write lost against another one, and
// passes other errors on.
func (st *Store) again(ctx context.Context, s *sessions.Session, err error) error {
	switch {
	case errors.Is(err, store.ErrConflict):
		return st.load(ctx, s, s.ID)
	case errors.Is(err, store.ErrNotFound):
		return ErrNoSession
	}
	return err
}

// show writes the cookie. It outlives a closed browser up to the absolute
// limit; when the session ends is decided here and not there.
func (st *Store) show(w http.ResponseWriter, s *sessions.Session) {
	st.cookie.write(w, s.ID, StateOf(s).Created.Add(st.absolute).Sub(st.now()))
}

// modify changes the State of a session that has an id, starting over when it
// was changed meanwhile.
func (st *Store) modify(ctx context.Context, s *sessions.Session, fn func(*State) error) error {
	if s.ID == "" {
		return ErrNoSession
	}
	item, err := st.records.Modify(ctx, s.ID, fn, st.until)
	if absent(err) {
		return ErrNoSession
	}
	if err == nil {
		st.fill(s, s.ID, item.Value, item.Version)
	}
	return err
}
