package emulator

import "net/http"

// profilesMe serves GET /v1/profiles/me (api.md 1.5): the bare object, not the
// one-element array of the published schema (api.md 2.3).
func (e *Emulator) profilesMe(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "profile")
	if err != nil {
		return err
	}
	user, _ := e.directory.user(token.user)
	e.writeEnveloped(w, struct {
		ID             int     `json:"id"`
		FirstName      string  `json:"first_name"`
		LastName       string  `json:"last_name"`
		FullName       string  `json:"full_name"`
		Email          string  `json:"email"`
		EmailConfirmed bool    `json:"email_confirmed"`
		Timezone       *string `json:"timezone"`
	}{user.ID, user.FirstName, user.LastName, user.Name(), user.Email, user.EmailConfirmed, orNull(user.Timezone)})
	return nil
}

// orNull is null in JSON for a text that is not there.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
