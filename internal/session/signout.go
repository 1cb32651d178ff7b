package session

import (
	"context"
	"net/http"

	"github.com/gorilla/sessions"

	"github.com/zapembed/zapembed/internal/audit"
)

// SignOut ends the session on the server and takes the cookie away. The grant
// goes too if this is the user's last session. It is forgotten here and not
// revoked there: Zapier documents no endpoint that takes tokens back (R-14,
// api.md 1.3); the person ends our access for good in Zapier's own settings.
// When the store does not answer the session is not over, the cookie stays,
// and the error says so.
func (m *Manager) SignOut(w http.ResponseWriter, r *http.Request) error {
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return err
	}
	state := *StateOf(s)
	if state.User == nil {
		return m.end(w, r, s)
	}
	// The grant first: once the session is over, even if the answer to that is
	// lost, a second try finds nobody whose grant it could be.
	if err := m.holdings.dropUnused(r.Context(), state.User.ID, state.Browser); err != nil && !absent(err) {
		return err
	}
	if err := m.end(w, r, s); err != nil {
		return err
	}
	audit.Log(r.Context(), m.log, audit.SignOut, "user", audit.User(state.User.ID))
	m.dropUnused(r.Context(), state.User.ID) // of two who leave at once each has seen the other
	return nil
}

// SignOutEverywhere is SignOut for all sessions of the person, in this browser
// and in all others, and for sign-ins of theirs that wait to be handed over
// . Without a user it is SignOut.
func (m *Manager) SignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return err
	}
	user := StateOf(s).User
	if user == nil {
		return m.end(w, r, s)
	}
	ended, err := m.holdings.endAll(r.Context(), user.ID)
	if err != nil {
		return err
	}
	audit.Log(r.Context(), m.log, audit.SignOutEverywhere, "user", audit.User(user.ID), "sessions", ended)
	m.dropUnused(r.Context(), user.ID)
	return m.end(w, r, s)
}

// end ends the session of the request, whatever cookies name it.
func (m *Manager) end(w http.ResponseWriter, r *http.Request, s *sessions.Session) error {
	s.Options.MaxAge = -1
	return s.Save(r, w)
}

// dropUnused removes the user's grant if no session of theirs is left. The
// sessions are over already, so trouble with it is not the person's.
func (m *Manager) dropUnused(ctx context.Context, userID string) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := m.holdings.dropUnused(ctx, userID, ""); err != nil && !absent(err) {
		m.log.WarnContext(ctx, "a grant that no session uses stays until it expires", "cause", err)
	}
}
