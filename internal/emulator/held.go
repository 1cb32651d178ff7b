package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// retryRefresh is the pause after a refresh that failed for a passing reason.
const retryRefresh = time.Minute

// heldTokens are what Zapier keeps for an Authentication of an OAuth v2 App.
type heldTokens struct {
	access, refresh string
	life            time.Duration // of the access token, from the answer it came in
	due             time.Time     // when it has to be refreshed
}

// holdLocked keeps the tokens of an Authentication, or none.
func (s *state) holdLocked(id string, held heldTokens) {
	if held.refresh == "" {
		delete(s.held, id)
		return
	}
	held.due = s.now().Add(held.life)
	s.held[id] = held
}

// refreshDue does what Zapier does in the background, just before somebody looks:
// it refreshes the Authentications of a user whose third-party token has expired.
// That is how is_expired comes to be true. App "" means all Apps.
func (e *Emulator) refreshDue(r *http.Request, user int, app string) {
	for _, a := range e.state.listAuthentications(user, app) {
		if held, due := e.state.claimDue(a.ID); due {
			e.refreshHeld(r, a, held)
		}
	}
}

// refreshOne does the same for one Authentication, before it is used; an id that
// is nobody's or somebody else's does nothing.
func (e *Emulator) refreshOne(r *http.Request, user int, id string) {
	a, found := e.state.findAuthentication(id)
	if !found || a.User != user {
		return
	}
	if held, due := e.state.claimDue(id); due {
		e.refreshHeld(r, a, held)
	}
}

// refreshNamed does it for the one that a step names.
func (e *Emulator) refreshNamed(r *http.Request, user int, step object) {
	if id, err := step.textOrNull("authentication"); err == nil && id != nil {
		e.refreshOne(r, user, *id)
	}
}

// refreshSteps does it for all that some Zaps use.
func (e *Emulator) refreshSteps(r *http.Request, zaps ...Zap) {
	for _, z := range zaps {
		for _, step := range z.Steps {
			e.refreshOne(r, z.User, step.Authentication)
		}
	}
}

// claimDue takes the refresh of one Authentication upon the caller. Refresh tokens
// rotate: were two to refresh at once, the second would be refused and the
// Authentication wrongly expire.
func (s *state) claimDue(id string) (heldTokens, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, known := s.held[id]
	if !known || s.now().Before(held.due) {
		return heldTokens{}, false
	}
	s.claimLocked(id, held)
	return held, true
}

func (s *state) claimLocked(id string, held heldTokens) {
	held.due = s.now().Add(retryRefresh)
	s.held[id] = held
}

// refreshHeld asks the third party for new tokens. A refusal expires the
// Authentication; anything that may pass is tried again a minute later.
func (e *Emulator) refreshHeld(r *http.Request, a Authentication, held heldTokens) {
	app, _ := e.directory.app(a.App)
	renewed, failed := e.newTrial(r, app).tryRefresh(held.refresh)
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	current := s.authenticationLocked(a.ID)
	if current == nil || s.held[a.ID].refresh != held.refresh {
		return // reset or connected anew meanwhile
	}
	switch {
	case failed == nil:
		s.holdLocked(a.ID, renewed)
	case failed.final:
		current.Expired = true
		delete(s.held, a.ID)
	}
}

// refreshNow refreshes one Authentication before it is due, for the control page.
// One that was not connected in a popup is given tokens first, as if it had been.
func (e *Emulator) refreshNow(r *http.Request, id string) (Authentication, error) {
	a, held, err := e.claimRefresh(id)
	if err != nil {
		return Authentication{}, err
	}
	e.refreshHeld(r, a, held)
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	if current := e.state.authenticationLocked(id); current != nil {
		a = *current
	}
	return a, nil
}

func (e *Emulator) claimRefresh(id string) (Authentication, heldTokens, error) {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.authenticationLocked(id)
	if a == nil {
		return Authentication{}, heldTokens{}, notFound(fmt.Sprintf("There is no Authentication %q.", id))
	}
	app, _ := e.directory.app(a.App)
	if app.Scheme != SchemeOAuth2 || a.Expired {
		return Authentication{}, heldTokens{}, badPage("Refused", "Only an Authentication of an OAuth v2 App that has not expired can be refreshed.")
	}
	held, known := s.held[id]
	if !known {
		held = s.issuePartyLocked(s.partyLocked(app), a.Title)
	}
	s.claimLocked(id, held)
	return *a, held, nil
}
