// Package quota keeps the calls of all replicas together under Zapier's limits
// (api.md 6): so many a minute from one address, and so many from one partner.
// Whoever passes either is answered by nobody for a minute, and with them every
// user of the partner. So what would be too much is not sent at all.
//
// The account of the last minute is one record of the store, sealed like every
// other and changed only by who has read it as it is: however many replicas
// call at the same moment, none of them misses what the others have sent.
//
//	call ──▶ Take: room in the last minute? ──yes──▶ noted, sent
//	             │ no                                   │ 429 all the same
//	             ▼                                      ▼
//	         wait a little, then Busy            Pause: nobody sends anything
//
// Token calls are not counted: they are no calls of the Workflow API, and a
// refresh that is refused would cost somebody a sign-in.
package quota
