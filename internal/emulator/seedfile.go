package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// SeedFile is what a file of people, their Authentications and their Zaps says, in YAML or in
// JSON, which is YAML too. Apps are named by id or by slug, people by id or e-mail.
type SeedFile struct {
	// Replace leaves the built-in Authentications, and what rests on them, out. The built-in people stay.
	Replace bool `yaml:"replace"`
	// Users join the built-in people.
	Users           []SeedUser           `yaml:"users"`
	Authentications []SeedAuthentication `yaml:"authentications"`
	ThirdParties    []SeedThirdParty     `yaml:"third_parties"`
	Zaps            []SeedZap            `yaml:"zaps"`
}

// SeedUser is a person of a SeedFile; see User.
type SeedUser struct {
	ID             int    `yaml:"id"`
	FirstName      string `yaml:"first_name"`
	LastName       string `yaml:"last_name"`
	Email          string `yaml:"email"`
	EmailConfirmed bool   `yaml:"email_confirmed"`
	Timezone       string `yaml:"timezone"`
}

// SeedAuthentication is an Authentication of a SeedFile. Without an ID it gets
// one; without a Title it is titled as if it had been connected in a popup.
type SeedAuthentication struct {
	ID      string `yaml:"id"`
	User    string `yaml:"user"`
	App     string `yaml:"app"`
	Title   string `yaml:"title"`
	Expired bool   `yaml:"is_expired"`
}

// SeedThirdParty is the behaviour of the service of an App; see ThirdParty.
type SeedThirdParty struct {
	App     string  `yaml:"app"`
	Failure Failure `yaml:"failure"`
	Stage   Stage   `yaml:"stage"`
}

// SeedZap is a Zap of a SeedFile. What its steps mean is not looked at further.
type SeedZap struct {
	// User is its owner. Partner is the id of the client that made it; without one it was made elsewhere.
	User    string     `yaml:"user"`
	Partner string     `yaml:"partner"`
	Title   string     `yaml:"title"`
	Enabled bool       `yaml:"is_enabled"`
	Steps   []SeedStep `yaml:"steps"`
}

// SeedStep is a step of a SeedZap. Without an Authentication it gets the newest
// that its owner has for the App.
type SeedStep struct {
	App            string         `yaml:"app"`
	ActionType     string         `yaml:"action_type"`
	Key            string         `yaml:"key"`
	Authentication string         `yaml:"authentication"`
	Alias          string         `yaml:"alias"`
	Inputs         map[string]any `yaml:"inputs"`
}

// maxSeed bounds a seed file.
const maxSeed = 4 << 20

// ReadSeed reads a SeedFile. A key it does not know is an error, because it would
// be a mistake that nobody notices.
func ReadSeed(from io.Reader) (SeedFile, error) {
	content, err := io.ReadAll(io.LimitReader(from, maxSeed+1))
	if err != nil {
		return SeedFile{}, fmt.Errorf("emulator: the seed file cannot be read: %w", err)
	}
	if len(content) > maxSeed {
		return SeedFile{}, fmt.Errorf("emulator: the seed file is larger than %d bytes", maxSeed)
	}
	var file SeedFile
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		return SeedFile{}, fmt.Errorf("emulator: the seed file is not right: %w", err)
	}
	return file, nil
}

// start is what a reset goes back to.
type start struct {
	Readings
	Limits
	replace         bool
	authentications []labelled
	parties         map[string]ThirdParty // by id of the App
	zaps            []Zap
}

// labelled is an Authentication, and the label it is titled with if it has no title.
type labelled struct {
	Authentication
	label string
}

// Seed makes a file the state to start from, and starts from it: everything else
// is forgotten, now and at each Reset. A file that is wrong changes nothing.
func (e *Emulator) Seed(file SeedFile) error {
	reading := seedReading{directory: e.directory, people: slices.Clone(e.directory.users)}
	begin, err := reading.read(file)
	if err != nil {
		return fmt.Errorf("emulator: the seed file is not right: %w", err)
	}
	added := reading.people[len(e.directory.users):]
	e.directory.added.Store(&added)
	e.state.mu.Lock()
	begin.Limits = e.state.start.Limits
	begin.Readings = e.state.start.Readings
	e.state.start = begin
	e.state.mu.Unlock()
	e.state.reset()
	return nil
}

// seedReading turns the names in a file into ids, and collects what is wrong.
type seedReading struct {
	directory *directory
	people    []User
	problems  []error
}

func (s *seedReading) read(file SeedFile) (start, error) {
	begin := start{replace: file.Replace, parties: map[string]ThirdParty{}}
	for i, u := range file.Users {
		s.readUser(i, User(u))
	}
	for i, a := range file.Authentications {
		begin.authentications = append(begin.authentications, s.readAuthentication(i, a, begin.authentications))
	}
	for i, p := range file.ThirdParties {
		app := s.app(fmt.Sprintf("third_parties[%d]", i), p.App)
		behaviour, err := ThirdParty{p.Failure, p.Stage}.complete(app.Scheme)
		s.problems = append(s.problems, err)
		begin.parties[app.ID] = behaviour
	}
	for i, z := range file.Zaps {
		begin.zaps = append(begin.zaps, s.readZap(fmt.Sprintf("zaps[%d]", i), z))
	}
	return begin, errors.Join(s.problems...)
}

func (s *seedReading) complain(format string, args ...any) {
	s.problems = append(s.problems, fmt.Errorf(format, args...))
}

func (s *seedReading) readUser(i int, u User) {
	if u.ID <= 0 || u.Email == "" || u.FirstName == "" {
		s.complain("users[%d] needs an id above 0, a first_name and an email", i)
	}
	if slices.ContainsFunc(s.people, func(known User) bool { return known.ID == u.ID || known.Email == u.Email }) {
		s.complain("users[%d]: somebody else has this id or email", i)
	}
	s.people = append(s.people, u)
}

func (s *seedReading) readAuthentication(i int, a SeedAuthentication, before []labelled) labelled {
	where := fmt.Sprintf("authentications[%d]", i)
	if a.ID != "" && slices.ContainsFunc(before, func(known labelled) bool { return known.ID == a.ID }) {
		s.complain("%s: another one has the id %q", where, a.ID)
	}
	user, known := s.person(where, a.User)
	if !known {
		return labelled{}
	}
	app := s.app(where, a.App)
	return labelled{Authentication{ID: a.ID, User: user.ID, App: app.ID, Title: a.Title, Expired: a.Expired}, user.Email}
}

func (s *seedReading) readZap(where string, z SeedZap) Zap {
	user, known := s.person(where, z.User)
	if known && (z.Title == "" || len(z.Steps) == 0) {
		s.complain("%s needs a title and steps", where)
	}
	read := Zap{User: user.ID, Client: z.Partner, Title: z.Title, Enabled: z.Enabled}
	for i, step := range z.Steps {
		app, _ := s.directory.named(step.App)
		a, known := s.directory.actionByKey(app.ID, step.ActionType, step.Key)
		if !known {
			s.complain("%s: step %d: the App %q has no action %s %s", where, i+1, step.App, step.ActionType, step.Key)
			continue
		}
		read.Steps = append(read.Steps, ZapStep{
			App: app.ID, Type: a.kind, Key: a.key, Alias: step.Alias, Authentication: step.Authentication, Inputs: step.Inputs,
		})
	}
	return read
}

// person finds one by e-mail or by id.
func (s *seedReading) person(where, name string) (User, bool) {
	i := slices.IndexFunc(s.people, func(u User) bool { return name == u.Email || name == strconv.Itoa(u.ID) })
	if i < 0 {
		s.complain("%s: there is no user %q", where, name)
		return User{}, false
	}
	return s.people[i], true
}

// app finds one that can be connected.
func (s *seedReading) app(where, name string) App {
	app, known := s.directory.named(name)
	if !known || app.Scheme == SchemeNone {
		s.complain("%s: there is no App %q that can be connected", where, name)
	}
	return app
}

// named finds an App by id or by slug.
func (d *directory) named(name string) (App, bool) {
	if app, known := d.app(name); known {
		return app, true
	}
	return d.appBySlug(name)
}

// seedFileLocked adds what the file says to the built-in state.
func (s *state) seedFileLocked() {
	for _, a := range s.start.authentications {
		app, _ := s.directory.app(a.App)
		if a.Title == "" {
			a.Title = connectionTitle(app, len(s.listLocked(a.User, a.App))+1, a.label)
		}
		a.Created = s.now()
		s.addLocked(a.Authentication)
	}
	for id, behaviour := range s.start.parties {
		app, _ := s.directory.app(id)
		s.partyLocked(app).behaviour = behaviour
	}
	for _, z := range s.start.zaps {
		z.Steps = slices.Clone(z.Steps)
		for i, step := range z.Steps {
			if own := s.listLocked(z.User, step.App); step.Authentication == "" && len(own) > 0 {
				z.Steps[i].Authentication = own[0].ID
			}
			if step.Inputs == nil {
				z.Steps[i].Inputs = map[string]any{}
			}
		}
		s.addZapLocked(z)
	}
}
