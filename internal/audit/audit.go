package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"runtime"
	"slices"
	"time"
)

// Event is the name of something that happened.
type Event string

// The events. What each means stands in events, with its level.
const (
	SignInSucceeded   Event = "sign-in-succeeded"
	SignInFailed      Event = "sign-in-failed"
	SignInForged      Event = "sign-in-forged"
	HandoverRefused   Event = "handover-refused"
	SignOut           Event = "sign-out"
	SignOutEverywhere Event = "sign-out-everywhere"
	SessionsRevoked   Event = "sessions-revoked"
	SessionUnreadable Event = "session-unreadable"
	GrantEnded        Event = "grant-ended"
	GrantUnreadable   Event = "grant-unreadable"
	GrantNotRefreshed Event = "grant-refresh-failed"
	GrantNotSaved     Event = "grant-not-saved"
	ClientRefused     Event = "client-refused"
	CrossOrigin       Event = "cross-origin-refused"
	HostRefused       Event = "host-refused"
	HeaderMissing     Event = "header-missing"
	RateLimited       Event = "rate-limited"
	ProxyRefused      Event = "proxy-refused"
	AttemptForged     Event = "attempt-forged"
	CSPViolation      Event = "csp-violation"
	StoreUnavailable  Event = "store-unavailable"
)

// row is what is known of an event.
type row struct {
	event Event
	level slog.Level
	text  string
}

// events are all of them. Info is daily life. Warn is what an attack would
// look like, and what a mistake looks like as well. Error is what only the
// operator can mend, and worth waking somebody.
func events() []row {
	return []row{
		{SignInSucceeded, slog.LevelInfo, "somebody signed in"},
		{SignInFailed, slog.LevelInfo, "a sign-in came to nothing"},
		{SignInForged, slog.LevelWarn, "a sign-in was answered that this browser did not begin, or not lately"},
		{HandoverRefused, slog.LevelWarn, "a code that ends a sign-in in a frame was refused"},
		{SignOut, slog.LevelInfo, "somebody signed out"},
		{SignOutEverywhere, slog.LevelInfo, "somebody signed out in all browsers"},
		{SessionsRevoked, slog.LevelWarn, "an operator ended sessions"},
		{SessionUnreadable, slog.LevelWarn, "no key opens the record of a session: it counts as ended"},
		{GrantEnded, slog.LevelInfo, "Zapier ended a grant: its user has to sign in again"},
		{GrantUnreadable, slog.LevelWarn, "no key opens a grant: its user has to sign in again"},
		{GrantNotRefreshed, slog.LevelWarn, "a grant was not refreshed and is kept"},
		{GrantNotSaved, slog.LevelError, "a refreshed grant could not be saved: its user will have to sign in again"},
		{ClientRefused, slog.LevelError, "Zapier refuses this client: check client id, client secret and redirect URL"},
		{CrossOrigin, slog.LevelWarn, "a request was refused because of where it came from, or what for"},
		{HostRefused, slog.LevelWarn, "a request for another host was refused"},
		{HeaderMissing, slog.LevelWarn, "a request to the API without its header was refused"},
		{RateLimited, slog.LevelWarn, "somebody began to send more requests than are allowed"},
		{ProxyRefused, slog.LevelWarn, "a request to Zapier's API that is not on the list was refused"},
		{AttemptForged, slog.LevelWarn, "somebody named an attempt that is not theirs"},
		{CSPViolation, slog.LevelWarn, "a browser reported that a page wanted what its policy forbids"},
		{StoreUnavailable, slog.LevelError, "the store did not answer"},
	}
}

// Events are the names of all events, in the order of the documentation.
func Events() []Event {
	var names []Event
	for _, r := range events() {
		names = append(names, r.event)
	}
	return names
}

// Log writes one record of the event, at the event's level, with the
// attributes in args as slog takes them. ctx carries what the handler adds,
// such as the id of the request.
func Log(ctx context.Context, log *slog.Logger, e Event, args ...any) {
	known := events()
	r := row{e, slog.LevelError, "an event that has no name"}
	if i := slices.IndexFunc(known, func(r row) bool { return r.event == e }); i >= 0 {
		r = known[i]
	}
	if !log.Enabled(ctx, r.level) {
		return
	}
	var caller [1]uintptr
	runtime.Callers(2, caller[:]) // where the event happened, not this line
	record := slog.NewRecord(time.Now(), r.level, r.text, caller[0])
	record.AddAttrs(slog.String("event", string(e)))
	record.Add(args...)
	_ = log.Handler().Handle(ctx, record) // as slog itself: a log that fails stops nobody
}

// User is a user's id as it appears in logs: enough to see that two records
// speak of one person, and not the name they have at Zapier. It is no secret:
// whoever has the id can compute it, and finds that person's records so.
func User(id string) string {
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}
