package emulator

import (
	"slices"
	"strings"
	"sync/atomic"
)

// Scheme is how an App wants to be connected (api.md 5).
type Scheme string

// The five schemes, and the one of Apps that have nothing to connect.
const (
	SchemeNone    Scheme = "none"
	SchemeAPIKey  Scheme = "api-key"
	SchemeOAuth2  Scheme = "oauth2"
	SchemeSession Scheme = "session"
	SchemeBasic   Scheme = "basic"
	SchemeDigest  Scheme = "digest"
)

// App is one product of the directory (api.md 2.7).
type App struct {
	// ID is a UUID and never changes.
	ID string
	// Title is what people read; Slug is what is in the path of the icon.
	Title, Slug string
	Description string
	Scheme      Scheme
	// HexColor has no leading "#".
	HexColor string
	// Categories are slugs; ActionTypes are such as "READ".
	Categories, ActionTypes []string
}

// api is the versioned name in the connect link (api.md 1.1), which differs
// from both id and slug so that nobody takes one for the other.
func (a App) api() string {
	return strings.ReplaceAll(a.Title, " ", "") + "CLIAPI@1.0.0"
}

// category is one entry of GET /v1/categories (api.md 2.6).
type category struct {
	ID                             int
	Slug, Title, Description, Role string
}

// directory is all that never changes, so it needs no lock, but for the people a
// seed file adds: those are replaced as a whole.
type directory struct {
	apps       []App
	categories []category
	users      []User // the built-in ones; people has all
	added      atomic.Pointer[[]User]
	actions    []*action
	templates  []template
}

func newDirectory() *directory {
	d := &directory{apps: appTable(), categories: categoryTable(), users: userTable()}
	d.actions = actionTable(d.apps)
	d.templates = templateTable(d.apps)
	return d
}

func (d *directory) app(id string) (App, bool) {
	return d.find(func(a App) bool { return a.ID == strings.ToLower(id) })
}

func (d *directory) appBySlug(slug string) (App, bool) {
	return d.find(func(a App) bool { return a.Slug == slug })
}

// appByAPI takes the name with or without its version, as the connect link may
// carry either (api.md 1.1).
func (d *directory) appByAPI(api string) (App, bool) {
	return d.find(func(a App) bool {
		name, _, _ := strings.Cut(a.api(), "@")
		return api == name || api == a.api()
	})
}

func (d *directory) find(match func(App) bool) (App, bool) {
	i := slices.IndexFunc(d.apps, match)
	if i < 0 {
		return App{}, false
	}
	return d.apps[i], true
}

func (d *directory) hasCategory(slug string) bool {
	return slices.ContainsFunc(d.categories, func(c category) bool { return c.Slug == slug })
}

func (d *directory) user(id int) (User, bool) {
	people := d.people()
	i := slices.IndexFunc(people, func(u User) bool { return u.ID == id })
	if i < 0 {
		return User{}, false
	}
	return people[i], true
}

// people are the built-in users and those of a seed file.
func (d *directory) people() []User {
	added := d.added.Load()
	if added == nil {
		return d.users
	}
	return slices.Concat(d.users, *added)
}
