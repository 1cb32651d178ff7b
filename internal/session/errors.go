package session

import (
	"errors"

	"github.com/zapembed/zapembed/internal/store"
)

// Errors of this package. store.ErrUnavailable comes through as well, and means
// that nothing is known: answer 503 and leave the cookie.
var (
	// ErrUnavailable is store.ErrUnavailable, for callers that know nothing of the store.
	ErrUnavailable = store.ErrUnavailable
	// ErrNoSession says that there is no live session to change.
	ErrNoSession = errors.New("session: there is no session")

	// ErrSignInDenied says that the person did not consent.
	ErrSignInDenied = errors.New("session: sign-in was denied")
	// ErrSignInUnknown says that the state is missing, unknown, used or
	// expired: the person has to start again.
	ErrSignInUnknown = errors.New("session: sign-in is unknown or over")
	// ErrSignInOtherBrowser says that another browser began this sign-in.
	ErrSignInOtherBrowser = errors.New("session: sign-in was begun in another browser")
	// ErrSignInCodeRefused says that Zapier did not take the code: it is older
	// than two minutes or was used (api.md 1.3).
	ErrSignInCodeRefused = errors.New("session: the code was refused")
	// ErrSignInProvider says that Zapier could not answer: trying again may help.
	ErrSignInProvider = errors.New("session: the provider did not answer as it should")
	// ErrSignInRefused says that Zapier refuses us as a client: only the
	// operator can mend that.
	ErrSignInRefused = errors.New("session: the provider refuses this client")

	// ErrGrantEnded says that the user's grant is gone: a new sign-in is needed.
	ErrGrantEnded = errors.New("session: the grant has ended")
	// ErrTokenUnavailable says that there is a grant but no good token just
	// now. Nobody is signed out for it: trying again later may help.
	ErrTokenUnavailable = errors.New("session: no access token at the moment")
)

// quiet is a sentinel with a cause that errors.Is and errors.As find and that
// is never printed: the cause is text of others, which may hold anything.
type quiet struct{ public, cause error }

func (q quiet) Error() string   { return q.public.Error() }
func (q quiet) Unwrap() []error { return []error{q.public, q.cause} }
