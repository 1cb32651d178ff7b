package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// MaxValue is the longest value an engine takes, in bytes. Nothing of ours
	// comes near; the limit keeps a bug from filling the store.
	MaxValue = 1 << 20
	// maxName is the longest key, group, topic, lease name or lease owner, in bytes.
	maxName = 200
)

// Record is one sealed value with a version and a lifetime.
type Record struct {
	// Key is unique within the engine; see CheckName for its alphabet.
	Key string
	// Group gathers records of one kind for List and DeleteGroup. It is given
	// when the record is made and stays; empty means that it belongs to none.
	Group string
	// Value is sealed by a Keyring before it gets here; at most MaxValue bytes.
	Value []byte
	// Version is 1 in a new record and grows by one with each Update.
	Version int64
	// Expires is the end of the lifetime, to the millisecond. From that moment
	// on the record is not found. It is never zero: everything here ends.
	Expires time.Time
}

// Engine is the record store. Every method obeys its context, and every
// method's trouble is an error that wraps ErrUnavailable. Methods may be
// called from many goroutines, and several processes may share the data.
type Engine interface {
	// Create stores a new record with version 1. ErrExists when a live record
	// has the key; an expired one is replaced.
	Create(ctx context.Context, r Record) error
	// Get returns the live record, or ErrNotFound.
	Get(ctx context.Context, key string) (Record, error)
	// Update replaces value and lifetime of a live record whose version is
	// r.Version, and returns the new version. It never creates: a session that
	// was signed out cannot come back through a slow request.
	// ErrNotFound or ErrConflict otherwise. With an Expires that is not in the
	// future it ends the record: a delete on condition of the version.
	Update(ctx context.Context, r Record) (int64, error)
	// Touch sets the lifetime alone and leaves the version, so that it never
	// makes a concurrent Update fail. ErrNotFound when the record is not live.
	Touch(ctx context.Context, key string, expires time.Time) error
	// Rotate replaces, in one step, the live record old, which must have
	// version next.Version, by next, which gets version 1. ErrNotFound or
	// ErrConflict for old; ErrExists when next.Key is taken, and old stays. Both
	// are of one kind.
	Rotate(ctx context.Context, old string, next Record) error
	// Delete removes the record. Of many callers exactly one is told true, for
	// a record that was live: single use rests on it.
	Delete(ctx context.Context, key string) (bool, error)
	// List returns the live records of a group, ordered by key.
	List(ctx context.Context, group string) ([]Record, error)
	// DeleteGroup removes the records of a group and says how many live ones
	// there were.
	DeleteGroup(ctx context.Context, group string) (int, error)

	// Walk calls fn for every live record of a kind, which are those whose key
	// begins with kind and a colon, in no order; what is made or removed
	// meanwhile may be met or not. An error of fn ends the walk and is returned
	// as it is. It reads all of a kind: for operators, never for requests.
	Walk(ctx context.Context, kind string, fn func(Record) error) error

	// Acquire takes the lease called name for owner, for ttl. It has three
	// outcomes: taken (true), held by somebody, owner included (false), or an
	// error, which is not the same as held.
	Acquire(ctx context.Context, name, owner string, ttl time.Duration) (bool, error)
	// Renew prolongs a lease to ttl from now. False when owner does not hold it (any more).
	Renew(ctx context.Context, name, owner string, ttl time.Duration) (bool, error)
	// Release gives the lease back. Nothing happens when owner does not hold it.
	Release(ctx context.Context, name, owner string) error

	// Publish says that something changed under topic. It never waits for a
	// subscriber.
	Publish(ctx context.Context, topic string) error
	// Subscribe returns a channel that receives after a Publish; several in a
	// row may arrive as one. It closes when ctx ends or the engine is closed.
	Subscribe(ctx context.Context, topic string) (<-chan struct{}, error)

	// Sweep removes what is expired, and only that, and says how many records
	// it removed: none where the engine's server removes them by itself. It is
	// safe to call at any time and from several processes.
	Sweep(ctx context.Context) (int, error)
	// Ping says whether the engine answers.
	Ping(ctx context.Context) error
	// Close gives up the engine's resources. Closing twice is fine.
	Close() error
}

// CheckName says whether s may be a key, a group, a topic, a lease name or a
// lease owner: 1 to 200 of the characters A-Z a-z 0-9 : . _ -. Anything else
// is ErrInvalid. No engine has to escape such a name, whatever its query
// language is.
func CheckName(s string) error {
	if s == "" || len(s) > maxName {
		return fmt.Errorf("%w: a name has 1 to %d characters, not %d", ErrInvalid, maxName, len(s))
	}
	for i := range len(s) {
		if !nameByte(s[i]) {
			return fmt.Errorf("%w: a name may not contain %q", ErrInvalid, s[i])
		}
	}
	return nil
}

func nameByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == ':' || c == '.' || c == '_' || c == '-'
}

// Kind is what stands before the first colon of a name: nothing where there is
// none. An engine that is spread over servers keeps what is of one kind together.
func Kind(name string) string {
	kind, _, found := strings.Cut(name, ":")
	if !found {
		return ""
	}
	return kind
}

// CheckKind says whether two names are of one kind; otherwise it is ErrInvalid.
func CheckKind(one, two string) error {
	if Kind(one) != Kind(two) {
		return fmt.Errorf("%w: the kinds %q and %q do not meet", ErrInvalid, Kind(one), Kind(two))
	}
	return nil
}

// CheckNames is CheckName for several names at once.
func CheckNames(names ...string) error {
	for _, n := range names {
		if err := CheckName(n); err != nil {
			return err
		}
	}
	return nil
}

// Check says whether an engine may store the record: ErrInvalid for its names
// or a missing lifetime, ErrTooLarge for its value. Engines call it before
// they write.
func (r Record) Check() error {
	if err := CheckName(r.Key); err != nil {
		return err
	}
	if r.Group != "" {
		if err := errors.Join(CheckName(r.Group), CheckKind(r.Key, r.Group)); err != nil {
			return err
		}
	}
	if r.Expires.IsZero() {
		return fmt.Errorf("%w: a record needs a lifetime", ErrInvalid)
	}
	if len(r.Value) > MaxValue {
		return fmt.Errorf("%w: %d bytes of at most %d", ErrTooLarge, len(r.Value), MaxValue)
	}
	return nil
}
