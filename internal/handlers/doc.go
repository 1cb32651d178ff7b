// Package handlers is the HTTP face of Zapembed: every route in one list
// (routes.go), the middleware around them, and two voices.
//
// Pages are HTML drawn by web/templates, work without script and answer a
// POST with 303. The API below /api is JSON in and out, wants the header
// X-Zapembed on every request and answers errors as problem details.
//
// A handler returns its error; the adaptor of its voice (voice.go) answers
// it, and errors.go is the one place that gives an error its code and status.
// What a person reads of it comes from web/templates' phrases. Handlers decide
// nothing of their own: internal/connect settles attempts, internal/draft owns
// the Zaps being built, internal/session sessions and tokens, internal/zapier
// asks Zapier.
package handlers
