// Package session owns the browser's session and the user's grant at Zapier.
//
// [Store] is a gorilla sessions.Store on records of package store: the cookie
// holds a random id and nothing else, the record lies sealed under the id's
// SHA-256. [Manager] is what the rest of the program talks to: it reads and
// changes the [State] of a session, signs people in and out by the
// authorization code flow (api.md 1.3) and hands out access tokens.
//
// A sign-in:
//
//	BeginSignIn ──▶ pending record (10 min, under the state) ──▶ Zapier
//	                                                               │
//	FinishSignIn ◀──────────────── callback ◀──────────────────────┘
//	  state known and unused · same browser · issuer · no error    (R-03..R-05)
//	  └▶ code redeemed ▶ user identified ▶ new session id ▶ grant stored
//
// A grant belongs to the Zapier user, not to one session: a second browser
// replaces it, and it goes with the user's last session. Zapier rotates refresh
// tokens and kills the old one at once (api.md 1.3), so a refresh happens once,
// however many requests and replicas want it:
//
//	one flight per process ▶ lease ▶ read again ▶ token call ▶ save if unchanged ▶ release
//
// No method's error text holds a URL, a code, a state or a token.
//
// Next door: package store keeps the records; the handlers decide what page a
// person sees; what Zapier says about a user is asked through Config.Identify,
// because this package does not know the Workflow API.
package session
