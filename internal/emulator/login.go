package emulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// loginCookie keeps who is signed in at the emulated Zapier in this browser. The
// connect popup knows its user by it alone (api.md 7, unknown 8), which is how
// somebody can connect an account to the wrong Zapier account.
const loginCookie = "emulator-login"

// login is the user of a browser.
func (e *Emulator) login(r *http.Request) (User, bool) {
	cookie, err := r.Cookie(loginCookie)
	if err != nil {
		return User{}, false
	}
	e.state.mu.Lock()
	id := e.state.logins[cookie.Value]
	e.state.mu.Unlock()
	user, known := e.directory.user(id)
	visitOf(r).user = user.ID
	return user, known
}

// signIn serves POST /login: a click on a seeded user. There are no passwords.
func (e *Emulator) signIn(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	next, err := localPath(r.PostForm.Get("next"))
	if err != nil {
		return err
	}
	id, _ := strconv.Atoi(r.PostForm.Get("user")) // 0 is nobody's id
	user, known := e.directory.user(id)
	if !known {
		return badPage("Nobody to sign in", "The form names no seeded user.")
	}
	visitOf(r).user = user.ID
	http.SetCookie(w, e.loginCookie(e.state.signIn(user.ID), 0))
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// signOut serves POST /logout, the way to another account.
func (e *Emulator) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	next, err := localPath(r.PostForm.Get("next"))
	if err != nil {
		return err
	}
	if cookie, err := r.Cookie(loginCookie); err == nil {
		e.state.signOut(cookie.Value)
	}
	http.SetCookie(w, e.loginCookie("", -1))
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

func (s *state) signIn(user int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	value := s.secrets.text(32)
	s.logins[value] = user
	return value
}

func (s *state) signOut(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.logins, value)
}

func (e *Emulator) loginCookie(value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: loginCookie, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(e.webURL, "https://"),
	}
}

func (e *Emulator) signInView(purpose, next string) pages.SignInView {
	view := pages.SignInView{Purpose: purpose, Next: next}
	for _, user := range e.directory.people() {
		view.Users = append(view.Users, personOf(user))
	}
	return view
}

func personOf(u User) pages.Person {
	return pages.Person{ID: strconv.Itoa(u.ID), Name: u.Name(), Email: u.Email}
}

// readForm reads a form of one of the emulator's own pages.
func readForm(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		return malformed()
	}
	return nil
}

// localPath lets a form return only to a page of the emulator. A second slash or
// a backslash at the front would be another host to a browser.
func localPath(next string) (string, error) {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") ||
		strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "", badPage("Nowhere to go", "The form names no page of the emulator to return to.")
	}
	return next, nil
}
