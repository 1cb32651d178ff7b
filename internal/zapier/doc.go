// Package zapier is a typed client of Zapier's Workflow API (api.md): all that a
// partner's server calls with a user's access token or with its own client id,
// promotions aside.
//
// A Client is made once with New; As gives a copy that speaks for one user, and
// WithClientID one that also speaks for the partner where there is no user.
// Never share a user's copy between users. What a call is for (Purpose) travels in its context. Every call obeys its
// context, reads at most a bounded body, follows no redirects (the token would travel along, R-13) and returns an
// *Error whose text holds no URL, token or body of a user, nor what the network said: that is for errors.Is and
// errors.As. Its Kind says what to do: whether sending the same again may help (Helps), and whether what was asked for
// may have been done all the same (Unclear). The comment of each call names its endpoint, its scope and the kinds of
// error of its own; besides those any call may end as any other kind, as the error of the user's Tokens, as
// ErrNoCredential, or as context.Canceled.
//
// No call is made twice by the Client, but for one that Zapier refused with 401: most POSTs have effects, and Zapier
// knows no idempotency (api.md 7). NewSteady is a transport that sends GETs, and only GETs, again, and lets Zapier rest
// when it fails again and again.
//
// A list comes as an iterator that follows the pages (Zaps), and where one page
// or all of it is wanted, as ListZaps or ListActions: a page of what is long and
// browsed, all of what is no use in part. Links in answers are never called;
// only the place they lead to is read.
//
// Editions of the API differ (api.md 7), and either spelling is read: an array
// of one around an answer, data around an object or not, ids as text or number,
// links that are absolute or relative, Zaps that are enabled or is_enabled.
// Requests go out as the current schema has them.
//
// The package knows nothing of our sessions or pages: internal/session owns
// the tokens, and internal/emulator reads the same contract independently, so
// that each catches the other's mistakes.
package zapier
