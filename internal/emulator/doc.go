// Package emulator is Zapier as far as a partner meets it: OAuth, the Workflow
// API, the popup in which a person connects an Authentication, and the
// third-party Apps behind it. Nothing in it is real, and it forgets everything
// when it stops.
//
// It is a product of its own: partners develop against it because Zapier has no
// sandbox. So it is strict where Zapier's documents are strict, takes the
// stricter reading where they are silent (api.md 7, "Unknowns"), is
// deterministic for a given seed, can be told to misbehave (Fault, Popup), and
// says on its first page what it covers and what it does not.
//
//	GET /engine/auth/start/{api}            the connect popup begins
//	   │ no login cookie: sign-in page, then here again
//	   ├─ form schemes: POST /engine/auth/connect/{id}
//	   └─ OAuth v2:     /third-party/{slug}/authorize, then /engine/auth/return
//	          │ allow                      │ deny or cancel
//	          ▼                            ▼
//	   calls of the third party        /partner/popup-close, which posts nothing
//	          │ well: stored               │ badly: told in the popup
//	          ▼                            ▼
//	   /v2/authentications/redirect    nothing is stored
//	          ▼
//	   /partner/popup-close, which posts the id to the opener
//
// # Third parties
//
// Behind every App with something to connect is a small service of its own under
// /third-party/{slug} (party*.go). It shares nothing with Zapier's side, which
// reaches it over HTTP alone (trial*.go), on the address the popup's request came
// in on: GET /me, after POST /session, POST /token or a Digest challenge where the
// scheme has one. Each can be set to fail (SetThirdParty). Whoever types
// credentials is taken to have such an account, unless a field says "wrong".
// Tokens of OAuth v2 Apps are refreshed when they are due and somebody looks;
// what the third party then refuses is_expired (held.go).
//
// Choices made where the documents are silent: limits count in a sliding minute,
// cool down whoever passed them (IP or partner) and are not prolonged by refused
// calls (limit.go; api.md 7, unknown 14); headers come with 429 and 503 only.
//
// # How a Zap comes about
//
// An App keeps things (thing_table.go): leads, invoices, messages. From these its
// actions are made, and their forms and output fields; special.go has the forms
// with more to them: SuperExampleCRM and PlatformAdManager (the guide's example),
// Gridwork Sheets (selects that depend on one another), Marigold Mail (every value
// type and format), Filter. Each account has records of its own (record.go), which
// writes add to and reads find. The text "wrong" is refused by every App in any
// field, in a test, an action run and a Zap alike. FireZap is what time would do:
// the trigger of a Zap goes off.
//
// # What Zapier leaves open
//
// The numbers are those of api.md 7; R. is a field of Readings.
//
//	Contradictions
//	 1 array around objects      the object; R.ArrayEnvelopes puts the array around it
//	 2 body of an action run     both; flat takes "input", under data it is "inputs".
//	                             The first look says "waiting". No id in the answer to a look
//	 3 encoding of token request both; JSON answers
//	 4 authorize URL             both
//	 5 grant                     authorization code only
//	 6 authentication scopes     old and new names
//	 7 Zap id                    the number in the look of a UUID; paths and zap_id also take the number
//	 8 envelope of a new Zap     bare; R.WrappedZaps puts it under data. "enabled" and "is_enabled" both work
//	 9 alias                     the pattern, so no kebab case; aliases are needed from three steps on
//	10 searches, filters, on/off supported; /enable and PATCH switch on, PauseZap switches off
//	11 built-in Apps             in v2 yes, in v1 no
//	12 links.prev or previous    previous in /v2/apps, prev elsewhere; offset 0; limit null without pages
//	13 format of other types     SELECT for BOOLEAN and INTEGER; format and items left out where unfit
//	14 status of an error        a number; R.TextStatus makes it a string. v1 errors are plain strings
//	15 action_type               optional; all seven values
//	16 scope for choices         zap; inputs, outputs and test need zap:write
//	17 limit per minute or hour  see problem.go: X-RateLimit-Limit is per hour
//	18 popup samples             not the emulator's to decide
//	19 id in the message         a string; Popup.IDNumber makes it a number
//	20 quick account creation    not here
//	21 action ids                new at each look-up, good for an hour; R.StrictActionIDs ends them at the next
//
//	Unknowns
//	 1 missing scope, token      403 permission_denied; 401 unauthenticated, also for client_id
//	 2 validation                400 invalid with source.pointer or source.parameter; an action id that
//	                             is unknown or too old too; an unknown Zap or run is 404
//	 3 checks of a new Zap       all of them: two steps, READ first and only first, own and valid
//	                             Authentications, required, unknown and ill-formed inputs, references;
//	                             R.UncheckedZaps leaves all that out
//	 4 old action ids            see 21
//	 5 OAuth details             exact redirect_uri; denial goes back with state; spent or rotated is
//	                             invalid_grant and ends nothing else; refreshing leaves access tokens alive
//	 6 poster of the message     /partner/popup-close; target "*"
//	 7 type of id, reconnecting  see 19; nothing on failure; the same id, or ReviveOnReconnect(false)
//	 8 connect without login     the sign-in page first
//	 9 limits and order          1 to 100, else 400; choices in pages of 5; newest first
//	10 links under client_id     an empty object
//	11 query                     a part of the title, in any case
//	12 expand                    steps.action, steps.authentication, and .app of both; other paths do nothing
//	13 idempotency               none
//	14 429                       see limitHeaders; unknown paths and wrong methods of /v1 and /v2 count too;
//	                             the token endpoint, /v2/authorize and the other pages do not
//	15 409, 503, 504             only by a Fault
//	16 CORS                      none
//	17 PATCH, DELETE, enable     200 with the Zap, 204, 200 with the Zap; enable takes zap:update or zap:pause
//	18 test of a READ            limit and offset count; no time-out
//	19 POST authentications      every App with fields; credentials are tested at once, 400 test_failed
//	20 Zap runs                  data_in is what the trigger gave, data_out what the last step gave; at once
//
// # Speed
//
// The lists, asked in turn, on two cores of a Xeon that was busy with other work;
// the goal is 2,000 a second:
//
//	go test -run '^$' -bench Lists -cpu 2 ./internal/emulator
//	BenchmarkLists/handler-2     6668 requests/s
//	BenchmarkLists/loopback-2    2998 requests/s, client included
//
// # Layout
//
// Each resource is one file: what it answers and what it keeps. Everything that
// changes is in one state with one lock (state.go), every problem has a
// constructor (problem.go), and every route is in one list (routes.go).
//
// The HTML pages are in the package pages next door. No other package of this
// module is imported, the client of the API least of all: an emulator that
// shared the client's types could not catch the client's mistakes.
package emulator
