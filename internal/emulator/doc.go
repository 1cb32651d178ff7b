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
//	   └─ OAuth v2:     /third-party/{slug}/authorize
//	          │ allow                      │ deny or cancel
//	          ▼                            ▼
//	   /v2/authentications/redirect    /partner/popup-close, which posts nothing
//	          ▼
//	   /partner/popup-close, which posts the id to the opener
//
// Each resource is one file: what it answers and what it keeps. Everything that
// changes is in one state with one lock (state.go), every problem has a
// constructor (problem.go), and every route is in one list (routes.go).
//
// The HTML pages are in the package pages next door. No other package of this
// module is imported, the client of the API least of all: an emulator that
// shared the client's types could not catch the client's mistakes.
package emulator
