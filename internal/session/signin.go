package session

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/gorilla/sessions"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/store"
)

// pendingLife is how long a person may take at Zapier.
const pendingLife = 10 * time.Minute

// SignIn says how a sign-in was asked for.
type SignIn struct {
	// ReturnTo is where to go afterwards: a local path that CleanReturnTo
	// accepts. Anything else counts as the first page.
	ReturnTo string
	// Popup says that it happens in a popup window.
	Popup bool
	// Challenge, in a popup and with Config.CrossSite, asks for a handover: it
	// is the SHA-256, in base64url, of a secret that the frame behind the popup
	// keeps and gives to Redeem.
	Challenge string
}

// handsOver says whether the session is made in another window than the one
// that comes back from Zapier.
func (m *Manager) handsOver(in SignIn) bool { return m.crossSite && in.Popup && in.Challenge != "" }

// SignInResult is what is known at the end of a sign-in. It is filled as far
// as possible beside an error too, except for what another browser asked for.
type SignInResult struct {
	User     User
	ReturnTo string
	Popup    bool
	// Challenge is that of the SignIn, for another try.
	Challenge string
	// Handover is the code that the frame behind the popup redeems. It goes
	// nowhere but there. Empty: the session of this browser is signed in.
	Handover string
}

// pending is a sign-in under way, stored under its state. It is here and not in
// the session, so that several tabs may sign in at once and each state is used once.
type pending struct {
	Verifier  string `json:"verifier"`
	Browser   string `json:"browser"`
	ReturnTo  string `json:"return_to"`
	Popup     bool   `json:"popup"`
	Challenge string `json:"challenge,omitempty"`
}

// BeginSignIn prepares a sign-in and returns the URL to send the browser to.
// It makes an anonymous session if there is none; that is the user action
// R-25 asks for, so call it for a click and not for every page.
// ErrSignInUnknown when the Challenge cannot be one.
func (m *Manager) BeginSignIn(w http.ResponseWriter, r *http.Request, in SignIn) (string, error) {
	if m.handsOver(in) && !wellFormed(in.Challenge) {
		return "", ErrSignInUnknown
	}
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return "", err
	}
	if s.ID == "" {
		if err := s.Save(r, w); err != nil {
			return "", err
		}
	}
	state, err := randomID(m.random)
	if err != nil {
		return "", err
	}
	verifier, err := randomID(m.random)
	if err != nil {
		return "", err
	}
	p := pending{Verifier: verifier, Browser: StateOf(s).Browser, ReturnTo: m.returnTo(in.ReturnTo), Popup: in.Popup}
	if m.handsOver(in) {
		p.Challenge = in.Challenge
	}
	if err := m.pending.Create(r.Context(), state, p.Browser, p, m.now().Add(pendingLife)); err != nil {
		return "", err
	}
	return m.oauth.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), nil
}

func (m *Manager) returnTo(wanted string) string {
	if target, ok := CleanReturnTo(wanted); ok {
		return target
	}
	return "/"
}

// FinishSignIn reads the callback and ends the sign-in, one way or the other.
// The code is redeemed only after the state was found, taken and seen to
// belong to this browser. On success the session has a new id
// and the grant is stored, or both wait for Redeem. The error is one of
// the ErrSignIn… sentinels or wraps store.ErrUnavailable. With
// ErrSignInProvider and ErrSignInRefused, errors.As finds what Config.Identify
// or the token endpoint said.
func (m *Manager) FinishSignIn(w http.ResponseWriter, r *http.Request) (SignInResult, error) {
	result, err := m.finishSignIn(w, r)
	m.reportSignIn(r.Context(), err)
	return result, err
}

func (m *Manager) finishSignIn(w http.ResponseWriter, r *http.Request) (SignInResult, error) {
	query := r.URL.Query()
	s, p, err := m.take(r, query.Get("state"))
	if err != nil {
		return SignInResult{}, err
	}
	result := SignInResult{ReturnTo: p.ReturnTo, Popup: p.Popup, Challenge: p.Challenge}
	if err := m.checkCallback(query); err != nil {
		return result, err
	}
	token, err := m.redeemCode(r.Context(), query.Get("code"), p.Verifier)
	if err != nil {
		return result, m.signInFault(r.Context(), err)
	}
	user, err := m.identify(r.Context(), token.AccessToken)
	if err != nil {
		return result, quiet{ErrSignInProvider, err}
	}
	if user.ID == "" {
		return result, ErrSignInProvider
	}
	result.User = user
	fresh, err := newGrant(token, m.oauth.Scopes, m.now(), m.random)
	if err != nil {
		return result, err
	}
	if p.Challenge == "" {
		return result, m.admit(w, r, s, user, fresh)
	}
	result.Handover, err = m.handOver(r.Context(), handover{user, fresh, p.Challenge})
	return result, err
}

// Two ends of a sign-in that people are told the same of as of others, and the
// log is not.
var (
	errOtherIssuer = errors.New("another issuer")
	errSignedOut   = errors.New("signed out meanwhile")
)

// reportSignIn logs a sign-in that came to nothing. Trouble of the store is
// for whoever answers the request to log.
func (m *Manager) reportSignIn(ctx context.Context, err error) {
	for _, row := range []struct {
		is     error
		event  audit.Event
		reason string
	}{
		{errOtherIssuer, audit.SignInForged, "another issuer"},
		{errSignedOut, audit.SignInFailed, "signed out meanwhile"},
		{ErrSignInUnknown, audit.SignInForged, "unknown state"},
		{ErrSignInOtherBrowser, audit.SignInForged, "another browser"},
		{ErrSignInDenied, audit.SignInFailed, "denied"},
		{ErrSignInCodeRefused, audit.SignInFailed, "code refused"},
		{ErrSignInProvider, audit.SignInFailed, "provider"},
		{ErrSignInRefused, audit.SignInFailed, "client refused"},
	} {
		if errors.Is(err, row.is) {
			audit.Log(ctx, m.log, row.event, "reason", row.reason)
			return
		}
	}
}

// take finds the pending sign-in, removes it, and only then compares browsers:
// a state that was seen by another browser is spent.
func (m *Manager) take(r *http.Request, state string) (*sessions.Session, pending, error) {
	if state == "" {
		return nil, pending{}, ErrSignInUnknown
	}
	s, err := m.sessions.Get(r, m.sessions.Name())
	if err != nil {
		return nil, pending{}, err
	}
	p, err := m.pending.Take(r.Context(), state)
	if absent(err) {
		return nil, pending{}, ErrSignInUnknown
	}
	if err != nil {
		return nil, pending{}, err
	}
	browser := StateOf(s).Browser
	if browser == "" || subtle.ConstantTimeCompare([]byte(browser), []byte(p.Browser)) != 1 {
		return nil, pending{}, ErrSignInOtherBrowser
	}
	return s, p, nil
}

// checkCallback looks at what Zapier sent beside the state.
func (m *Manager) checkCallback(query url.Values) error {
	if iss := query.Get("iss"); m.issuer != "" && iss != "" && iss != m.issuer {
		return quiet{ErrSignInRefused, errOtherIssuer} // nothing of another server's answer is to be trusted
	}
	switch query.Get("error") {
	case "":
	case "access_denied":
		return ErrSignInDenied
	case "server_error", "temporarily_unavailable":
		return ErrSignInProvider
	default:
		return ErrSignInRefused
	}
	if query.Get("code") == "" {
		return ErrSignInProvider
	}
	return nil
}

func (m *Manager) signInFault(ctx context.Context, err error) error {
	switch faultOf(err) {
	case faultGrant:
		return ErrSignInCodeRefused
	case faultClient:
		audit.Log(ctx, m.log, audit.ClientRefused)
		return quiet{ErrSignInRefused, err}
	}
	return quiet{ErrSignInProvider, err}
}

// admit gives the session a new id and the user, then stores the grant, and
// writes the cookie last. The session comes before the grant because whoever
// signs out elsewhere at this moment removes a grant that no session uses.
func (m *Manager) admit(w http.ResponseWriter, r *http.Request, s *sessions.Session, user User, fresh grant) error {
	previous := StateOf(s).User
	err := m.sessions.rotate(r.Context(), s, func(before State) (State, error) { return m.signedIn(before, user) })
	if errors.Is(err, ErrNoSession) {
		return quiet{ErrSignInUnknown, errSignedOut} // while the person was at Zapier
	}
	if err != nil {
		return err
	}
	if previous != nil && previous.ID != user.ID {
		defer m.dropUnused(r.Context(), previous.ID)
	}
	if err := m.equip(r.Context(), s.ID, user.ID, fresh); err != nil {
		m.undo(r.Context(), s)
		m.dropUnused(r.Context(), user.ID)
		return err
	}
	m.sessions.show(w, s)
	audit.Log(r.Context(), m.log, audit.SignInSucceeded, "user", audit.User(user.ID))
	return nil
}

// equip stores the grant, and then looks whether the session it is for is still
// there: who signed out everywhere in between found no grant to remove.
func (m *Manager) equip(ctx context.Context, sessionID, userID string, fresh grant) error {
	if err := m.putGrant(ctx, userID, fresh); err != nil {
		return err
	}
	_, _, err := m.sessions.records.Get(ctx, sessionID)
	if absent(err) {
		return quiet{ErrSignInUnknown, errSignedOut}
	}
	return err
}

// signedIn is the State of a session after sign-in. What belongs to another
// user, attempts and choices, does not pass on to this one.
func (m *Manager) signedIn(before State, user User) (State, error) {
	next := before
	if before.User != nil && before.User.ID != user.ID {
		browser, err := randomID(m.random)
		if err != nil {
			return State{}, err
		}
		next = State{Browser: browser}
	}
	next.User = &user
	next.Created = m.now()
	return next, nil
}

// undo removes a session that is not to be. Its cookie was never written, so if
// this fails as well the record is unreachable and expires.
func (m *Manager) undo(ctx context.Context, s *sessions.Session) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if _, err := m.sessions.records.Delete(ctx, s.ID); err != nil {
		m.log.WarnContext(ctx, "a session that was not signed in stays until it expires", "cause", err)
	}
	m.sessions.empty(s)
}

// putGrant stores the user's grant in place of one there may be, one that no
// key opens any more included.
func (m *Manager) putGrant(ctx context.Context, userID string, g grant) error {
	defer m.holdings.recent.forget(userID)
	until := m.now().Add(m.sessions.absolute) // no session outlives that
	err := m.holdings.grants.Create(ctx, userID, "", g, until)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	replace := func(old *grant) error { *old = g; return nil }
	_, err = m.holdings.grants.Modify(ctx, userID, replace, func(grant) time.Time { return until })
	if !absent(err) {
		return err
	}
	if _, err := m.holdings.grants.Delete(ctx, userID); err != nil {
		return err
	}
	return m.holdings.grants.Create(ctx, userID, "", g, until)
}
