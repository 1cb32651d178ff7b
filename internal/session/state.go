package session

import (
	"maps"
	"time"
)

// User is who is signed in, as Zapier knows them (api.md 1.5).
type User struct {
	// ID is Zapier's id of the user. It groups sessions and names the grant.
	ID string `json:"id"`
	// Name is the full name; it may be empty.
	Name string `json:"name,omitempty"`
	// Email is the address of the Zapier account; it may be empty.
	Email string `json:"email,omitempty"`
}

// Choice is the Authentication a user chose for an App.
type Choice struct {
	// App is the App's id.
	App string `json:"app"`
	// AppTitle and AppImage show the App without asking Zapier again.
	AppTitle string `json:"app_title,omitempty"`
	AppImage string `json:"app_image,omitempty"`
	// Authentication is the chosen Authentication's id; nil when the App needs none.
	Authentication *string `json:"authentication"`
	// Title is the Authentication's title.
	Title string `json:"title,omitempty"`
	// At is when it was chosen.
	At time.Time `json:"at"`
}

// State is what one browser session holds.
type State struct {
	// Browser is random and survives changes of the session's id. It owns
	// attempts and pending sign-ins. Empty when there is no session. It changes
	// when another user signs in in the same browser.
	Browser string `json:"browser"`
	// User is nil when nobody is signed in.
	User *User `json:"user,omitempty"`
	// Choices are by App id.
	Choices map[string]Choice `json:"choices,omitempty"`
	// Created is when the session was made or, once signed in, when that
	// happened. The absolute lifetime counts from here.
	Created time.Time `json:"created"`
}

// clone returns a copy that shares nothing with s.
func (s State) clone() State {
	if s.User != nil {
		user := *s.User
		s.User = &user
	}
	s.Choices = maps.Clone(s.Choices)
	return s
}

// group is the group of the session's record: the user, so that all sessions
// of a user can be ended at once. Empty, so none, for anonymous ones.
func (s State) group() string {
	if s.User == nil {
		return ""
	}
	return s.User.ID
}
