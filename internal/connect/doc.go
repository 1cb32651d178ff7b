// Package connect owns the connect attempt: one try of one person, in one
// browser, to connect an Authentication for one App in Zapier's popup.
//
//	          GET start                      evidence -> look
//	minted ─────────────▶ opened ─────────────────────────▶ connected
//	  │                     │  ▲                 │
//	  │ closed before       │  └─ nothing new ───┘
//	  ▼ start               ▼
//	cancelled ◀──── cancelled by hand, superseded;  expired (30 min);  failed
//
// The server decides, once. What a browser tells (a message, a closed window,
// a regained focus) is evidence: it only makes the service look at the App's
// list of Authentications again and hold it against the baseline, which was
// taken just before the person was sent to Zapier. The rules of that decision
// are in decide.go and touch nothing else; attempts live in the store, so that
// a reload, a second tab, another replica or a restarted server loses none.
//
// For an App of the partner's own there is a way without a popup: Add makes an
// Authentication of what the person typed, once (add.go).
//
// internal/handlers speaks HTTP for this package, internal/session owns the
// person, internal/zapier reads the list.
package connect
