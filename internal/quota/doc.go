// Package quota keeps the calls of all replicas together under Zapier's limits
// (api.md 6): so many a minute from one address, and so many from one partner.
// Whoever passes either is answered by nobody for a minute, and with them every
// user of the partner. So what would be too much is not sent at all.
//
// The account of the last minute is one record of the store, sealed like every
// other and changed only by who has read it as it is: however many replicas
// call at the same moment, none of them misses what the others have sent. While
// the store is away, and for a minute after, each replica keeps to its part of
// the limits; what it did meanwhile it adds to the account when it can. Without
// limits nothing is counted, and each process keeps to the pauses it has heard of.
//
// A script that Redis runs for each call would save round trips. But this way
// there is one reading of the rules for both engines, in plain functions that a
// simulation can drive, and the account is sealed like every record.
//
// All count by one clock (clock.go), that of the store. How much time passes each
// knows by itself, and so when that clock was put forward: then the account is,
// too. Where it was put back, what was later than now is counted as of now.
//
//	begin a Zap ──▶ Enter: do those inside get on? ──yes──▶ in, for ten minutes
//	                    │ no
//	                    ▼
//	                a place at the door, then Busy
//
//	call ──▶ Take: room in the last minute, and nobody before? ──yes──▶ noted, sent
//	             │ no                                                     │ 429 all the same
//	             ▼                                                        ▼
//	         wait in line, then Busy                          Pause: nobody sends anything
//
// The limits of an address, of the partner and of one user are counted by one
// rule (pace.go): never more in any window, and after a burst of a quarter at an
// even pace. People stand in one line (line.go), one place each however many
// calls of theirs wait; who comes first and has called little is next. Calls that
// nobody waits for go when the line is empty and a fifth of the room is left. As
// many people may begin to build a Zap as there are calls for (door.go), so that
// who has begun comes to an end.
//
// Token calls take another way and are not counted: they are no calls of the
// Workflow API, and a refresh that is refused would cost somebody a sign-in.
package quota
