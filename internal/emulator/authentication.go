package emulator

import (
	"fmt"
	"slices"
	"time"
)

// Authentication is a stored credential of a user for an App (api.md 2.13).
type Authentication struct {
	ID string
	// App is the App's UUID; User owns it.
	App  string
	User int
	// Title need not be unique.
	Title   string
	Expired bool
	Created time.Time
}

// addLocked gives a an id nobody has and keeps it.
func (s *state) addLocked(a Authentication) Authentication {
	return s.addWithLocked(a, func() string { return s.ids.text(8) })
}

func (s *state) addWithLocked(a Authentication, draw func() string) Authentication {
	for a.ID == "" || s.authenticationLocked(a.ID) != nil {
		a.ID = draw()
	}
	s.authentications = append(s.authentications, &a)
	return a
}

func (s *state) authenticationLocked(id string) *Authentication {
	i := slices.IndexFunc(s.authentications, func(a *Authentication) bool { return a.ID == id })
	if i < 0 {
		return nil
	}
	return s.authentications[i]
}

// listAuthentications gives newest first (api.md 7, unknown 9); user 0 and app ""
// mean all.
func (s *state) listAuthentications(user int, app string) []Authentication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listLocked(user, app)
}

func (s *state) listLocked(user int, app string) []Authentication {
	list := []Authentication{}
	for _, a := range slices.Backward(s.authentications) {
		if (user == 0 || a.User == user) && (app == "" || a.App == app) {
			list = append(list, *a)
		}
	}
	return list
}

// createAuthentication keeps one under a title of the caller's own.
func (s *state) createAuthentication(user int, app, title string) Authentication {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addLocked(Authentication{User: user, App: app, Title: title, Created: s.now()})
}

// storeLocked is the end of a connect popup: it revives the newest expired
// Authentication of this App, or makes a new one, and keeps the tokens with it.
func (s *state) storeLocked(user int, app App, result tried, numeric bool) Authentication {
	stored := s.reviveOrAddLocked(user, app, result.label, numeric)
	s.holdLocked(stored.ID, result.held)
	return stored
}

func (s *state) reviveOrAddLocked(user int, app App, label string, numeric bool) Authentication {
	list := s.listLocked(user, app.ID)
	expired := slices.IndexFunc(list, func(a Authentication) bool { return a.Expired })
	if s.revive && expired >= 0 {
		revived := s.authenticationLocked(list[expired].ID)
		revived.Expired = false
		return *revived
	}
	draw := func() string { return s.ids.text(8) }
	if numeric {
		draw = s.ids.number
	}
	return s.addWithLocked(Authentication{User: user, App: app.ID, Title: connectionTitle(app, len(list)+1, label), Created: s.now()}, draw)
}

// connectionTitle is the App, "#2" and up for further accounts, and the label
// (api.md 5, "Connection title").
func connectionTitle(app App, nth int, label string) string {
	title := app.Title
	if nth > 1 {
		title += fmt.Sprintf(" #%d", nth)
	}
	if label != "" {
		title += " (" + label + ")"
	}
	return title
}

func (s *state) expireAuthentication(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.authenticationLocked(id)
	if a == nil {
		return false
	}
	a.Expired = true
	return true
}

// Authentications lists what user has for an App, newest first. User 0 or app ""
// means all of them.
func (e *Emulator) Authentications(user int, appID string) []Authentication {
	return e.state.listAuthentications(user, appID)
}

// AddAuthentication makes one as if the user had connected it earlier. It
// refuses users and Apps that do not exist, and Apps that have nothing to connect.
func (e *Emulator) AddAuthentication(user int, appID, title string) (Authentication, error) {
	app, known := e.directory.app(appID)
	if !known || app.Scheme == SchemeNone {
		return Authentication{}, fmt.Errorf("emulator: no App %q that takes an Authentication", appID)
	}
	if _, known := e.directory.user(user); !known {
		return Authentication{}, fmt.Errorf("emulator: no user %d", user)
	}
	return e.state.createAuthentication(user, app.ID, title), nil
}

// ExpireAuthentication makes one unusable until its user connects again.
func (e *Emulator) ExpireAuthentication(id string) error {
	if !e.state.expireAuthentication(id) {
		return fmt.Errorf("emulator: no Authentication %q", id)
	}
	return nil
}

// ReviveOnReconnect decides what connecting does for a user who has an expired
// Authentication of that App: true (the default) makes the same id valid again,
// false makes a new one and leaves the old one expired. Zapier's documents do
// not say which it does (api.md 7, unknown 7).
func (e *Emulator) ReviveOnReconnect(revive bool) {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.revive = revive
}

// Reset brings back the state of a fresh start: the seeded data, no logins, no
// tokens, no faults, the ordinary popup, an empty log.
func (e *Emulator) Reset() { e.state.reset() }
