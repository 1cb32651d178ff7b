// Package audit names the events an operator wants to hear of when somebody
// tries the doors: who signed in and out, what was forged, what was refused
// . Every one is a log record with the attribute "event", so that a log
// pipeline finds them by name and the metrics count them on their way.
//
//	audit.Log(ctx, logger, audit.SignOut, "user", audit.User(id))
//
// An event says what happened and to whom, never with what: no token, cookie,
// code, state, session id, field value or e-mail address. Users appear as
// [User] makes them.
//
// The names are for alerts and dashboards of operators: they are listed in
// docs/operations.md and do not change.
package audit
