// Package emulator is Zapier as far as a partner meets it: OAuth, the parts of
// the Workflow API that choosing an Authentication rests on, the popup in which
// a person connects one, and the third-party Apps behind it. Nothing in it is
// real, and it forgets everything when it stops.
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
// Each resource is one file: what it answers and what it keeps. Everything that
// changes is in one state with one lock (state.go), every problem has a
// constructor (problem.go), and every route is in one list (routes.go).
//
// The HTML pages are in the package pages next door. No other package of this
// module is imported, the client of the API least of all: an emulator that
// shared the client's types could not catch the client's mistakes.
package emulator
