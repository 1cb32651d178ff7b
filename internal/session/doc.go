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
// Pages that live in a frame of another site (Config.CrossSite) have another
// cookie there than in their popup. A sign-in in such a popup ends in a
// handover: user and grant wait under a code for a minute, the popup gives the
// code to the frame, and the frame, which alone has the secret to it, gives it
// to Redeem:
//
//	frame keeps a secret ▶ popup takes its SHA-256 along ▶ FinishSignIn ▶ code
//	  ▶ message to the frame ▶ Redeem: code unused · secret right · new session id ▶ grant stored
//
// A grant belongs to the Zapier user, not to one session: a second browser
// replaces it, and it goes with the user's last session. Zapier rotates refresh
// tokens and kills the old one at once (api.md 1.3), so a refresh happens once,
// however many requests and replicas want it:
//
//	one flight per process ▶ lease ▶ read again ▶ mark ▶ token call ▶ save if unchanged ▶ release
//
// The mark is in the grant itself and says that its refresh token is being
// spent: should the lease run out or be lost meanwhile, nobody spends it again.
// Both are only as safe as the store: a Redis that fails over to a copy which
// has heard of neither forgets them, and the token may be spent twice, which
// ends as a lost answer does. What comes of a refresh that fails:
//
//	token endpoint slow, silent, 5xx, 429, unreadable   grant kept, the old token serves while it lasts
//	invalid_client and other refusals of us             the same, and an alarm: audit.ClientRefused
//	invalid_grant, and nobody else refreshed            the grant ends, and the sessions older than the refresh
//	store away before the call                          nothing is spent, the old token serves while it lasts
//	store away after it, for less than saveLimit        saved when it is back
//	for longer, or killed, or the answer lost           the new token is lost: the next refresh is an invalid_grant
//
// The session is read from the store with every request, so a sign-out counts with
// the very next one, wherever it happened. The access token of who comes in is
// read at most once a second: see recent.
//
// What happens at the door is told by package audit: sign-ins and what is
// forged of them, sign-outs, ended and unreadable records, refused clients.
// An operator lists and ends sessions by the [Registry].
//
// No method's error text holds a URL, a code, a state or a token.
//
// Next door: package store keeps the records; package audit names the events; the handlers decide what page a
// person sees; what Zapier says about a user is asked through Config.Identify,
// because this package does not know the Workflow API.
package session
