// Package zapier is a typed client of Zapier's Workflow API (api.md), as far
// as a partner's server calls it with a user's access token.
//
// A Client is made once with New; As gives a copy that speaks for one user.
// Never share such a copy between users. Every call obeys its context, reads
// at most a bounded body, follows no redirects (the token would travel along,
// R-13) and returns an *Error whose text holds no URL, token or body of a
// user. Lists come as iterators that follow the pages.
//
// The package knows nothing of our sessions or pages: internal/session owns
// the tokens, and internal/emulator reads the same contract independently, so
// that each catches the other's mistakes.
package zapier
