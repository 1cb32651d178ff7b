package store

import (
	"errors"
	"fmt"
)

// What can come of a call. Compare with errors.Is: engines wrap them.
var (
	// ErrNotFound says that the record is absent or past its lifetime.
	ErrNotFound = errors.New("store: no such record")
	// ErrExists says that a live record already has this key.
	ErrExists = errors.New("store: record exists")
	// ErrConflict says that somebody else changed the record since it was read.
	ErrConflict = errors.New("store: record was changed meanwhile")
	// ErrTooLarge says that the sealed value is longer than MaxValue.
	ErrTooLarge = errors.New("store: value is too large")
	// ErrInvalid says that a name or a lifetime is not one an engine accepts:
	// a mistake of the caller, never of the person in front of the browser.
	ErrInvalid = errors.New("store: invalid argument")
	// ErrCorrupt says that no key opens the record, or that what is inside
	// does not decode. To a visitor that is the same as having no record.
	ErrCorrupt = errors.New("store: record cannot be opened")
	// ErrUnavailable says that the engine could not answer. It is never to be
	// read as "no such record": doing so signs everybody out whenever the
	// database is restarted.
	ErrUnavailable = errors.New("store: unavailable")
)

// ErrUnchanged is what the function given to Collection.Modify returns to
// leave the record as it is. Modify then returns the value and no error.
var ErrUnchanged = errors.New("store: leave the record unchanged")

// Unavailable wraps an engine's trouble so that errors.Is finds both
// ErrUnavailable and the cause, a cancelled context included. op names the
// call for the log.
func Unavailable(op string, cause error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, op, cause)
}
