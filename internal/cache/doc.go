// Package cache keeps what Zapier answered for a while, so that the same question is not asked twice: every call is one
// of the few that Zapier takes in a minute (api.md 6). What may be kept, and for how long, package zapier says.
//
//	question ──▶ an answer that is fresh? ──yes──▶ it, with its Age
//	                 │ no
//	                 ▼
//	             Zapier (one call for all who ask the same now)
//	                 │ away                      │ answered
//	                 ▼                           ▼
//	             the last answer, marked     kept, and passed on
//
// An answer is either the same for everybody, or one user's: of those the key has the user, their access token, and
// their mark. The mark is a random word in the store that is exchanged whenever the user has changed something at
// Zapier. Nothing finds the answers under the old mark any more, on no server; and whoever asked before the change keeps
// the answer under the old one, so that it never passes for a newer one. No clock decides that.
//
// All is sealed in the store, whose keys are hashes. When the store is in trouble, everything is asked at Zapier.
package cache
