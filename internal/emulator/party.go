package emulator

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Failure is a way in which a third party fails: the rows of the table of common
// errors (api.md 5).
type Failure string

// What a third party can do wrong. "" is nothing.
const (
	FailNotFound     Failure = "not_found"    // 404, as for a wrong test URL
	FailUnauthorized Failure = "unauthorized" // 401
	FailForbidden    Failure = "forbidden"    // 403
	FailBadRequest   Failure = "bad_request"  // 400
	FailHTML         Failure = "html"         // 200 with a page where JSON should be
	FailTimeout      Failure = "timeout"      // no answer at all
	FailServerError  Failure = "server_error" // 500
)

// Failures lists every way a third party can fail.
func Failures() []Failure {
	return []Failure{
		FailNotFound, FailUnauthorized, FailForbidden, FailBadRequest, FailHTML, FailTimeout, FailServerError,
	}
}

// Stage is the call to a third party that is to fail.
type Stage string

// The calls that Zapier makes. Which of them an App has depends on its scheme.
const (
	StageExchange Stage = "exchange" // of an OAuth v2 code, or of a session's fields, for a token
	StageTest     Stage = "test"     // GET /me, which every scheme ends in
	StageRefresh  Stage = "refresh"  // of an OAuth v2 token
)

// ThirdParty is how the service of one App behaves. The zero value works as it should.
type ThirdParty struct {
	Failure Failure `json:"failure"`
	// Stage is the call that fails. Default: the exchange for FailBadRequest if
	// the scheme has one, since that is where the documents see it (api.md 5),
	// otherwise the test.
	Stage Stage `json:"stage"`
}

// party is what the service of one App keeps: it knows nothing of Zapier's state,
// as a third party would not, and is under the state's lock only to be reset with it.
type party struct {
	behaviour ThirdParty
	accounts  map[string]map[string]bool // account to its secrets
	sessions  map[string]string          // key to account
	nonces    map[string]*nonce
	codes     map[string]partyCode
	access    map[string]partyToken
	refresh   map[string]string // token to account
}

// partyLocked is the service of an App, made when it is first asked for.
func (s *state) partyLocked(app App) *party {
	p := s.parties[app.Slug]
	if p == nil {
		p = &party{
			accounts: map[string]map[string]bool{}, sessions: map[string]string{}, nonces: map[string]*nonce{},
			codes: map[string]partyCode{}, access: map[string]partyToken{}, refresh: map[string]string{},
		}
		s.parties[app.Slug] = p
	}
	return p
}

// enrol opens an account with a secret. The popup takes whatever is typed for the
// account its user already had, which only then can be tested for real: a Digest
// answer, for one, can be checked by nobody who does not know the password.
func (s *state) enrol(app App, account, secret string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partyLocked(app)
	if p.accounts[account] == nil {
		p.accounts[account] = map[string]bool{}
	}
	p.accounts[account][secret] = true
}

// hasAccount reports whether a secret opens an account.
func (s *state) hasAccount(app App, account, secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.partyLocked(app).accounts[account][secret]
}

func (s *state) behaviour(app App) ThirdParty {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.partyLocked(app).behaviour
}

// SetThirdParty decides how the service of an App answers from now on. It refuses
// what could never happen.
func (e *Emulator) SetThirdParty(appID string, behaviour ThirdParty) error {
	app, known := e.directory.app(appID)
	if !known || app.Scheme == SchemeNone {
		return fmt.Errorf("emulator: no App %q with a third party behind it", appID)
	}
	behaviour, err := behaviour.complete(app.Scheme)
	if err != nil {
		return err
	}
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.partyLocked(app).behaviour = behaviour
	return nil
}

// ThirdParty is what SetThirdParty set last.
func (e *Emulator) ThirdParty(appID string) ThirdParty {
	app, known := e.directory.app(appID)
	if !known {
		return ThirdParty{}
	}
	return e.state.behaviour(app)
}

// complete fills in the stage and refuses one that the scheme does not have.
func (t ThirdParty) complete(scheme Scheme) (ThirdParty, error) {
	if t.Failure == "" {
		return ThirdParty{}, nil
	}
	if !slices.Contains(Failures(), t.Failure) {
		return ThirdParty{}, fmt.Errorf("emulator: no failure %q; there are %v", t.Failure, Failures())
	}
	stages := stagesOf(scheme)
	if t.Stage == "" && t.Failure == FailBadRequest {
		t.Stage = stages[0]
	}
	t.Stage = cmp.Or(t.Stage, StageTest)
	if !slices.Contains(stages, t.Stage) {
		return ThirdParty{}, fmt.Errorf("emulator: scheme %s has no stage %q; it has %v", scheme, t.Stage, stages)
	}
	return t, nil
}

// stagesOf are the calls a scheme makes, in order (api.md 5).
func stagesOf(scheme Scheme) []Stage {
	switch scheme {
	case SchemeOAuth2:
		return []Stage{StageExchange, StageTest, StageRefresh}
	case SchemeSession:
		return []Stage{StageExchange, StageTest}
	}
	return []Stage{StageTest}
}

// partyTokenLife is how long a third party's access token is good.
const partyTokenLife = time.Hour
