package handlers

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/session"
)

// Session is the answer of GET /api/session.
type Session struct {
	Active bool         `json:"active"`
	User   *SessionUser `json:"user,omitempty"`
}

// SessionUser is who is signed in.
type SessionUser struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

// Attempt is an attempt as the API shows it, to its owner only.
type Attempt struct {
	ID string `json:"id"`
	// App is the App's id.
	App   string        `json:"app"`
	State connect.State `json:"state"`
	// Seen: the start link was asked for, so the window has opened whatever its handle says.
	Seen bool `json:"seen"`
	// Outcome is the state once more when the attempt has settled: connected, cancelled, expired, failed or superseded.
	Outcome connect.State  `json:"outcome,omitempty"`
	Reason  connect.Reason `json:"reason,omitempty"`
	// By says what proved a connected attempt: message, list or picked.
	By               connect.Proof `json:"by,omitempty"`
	AuthenticationID string        `json:"authentication_id,omitempty"`
	Title            string        `json:"title,omitempty"`
	// Candidates are to pick from when several Authentications are new.
	Candidates []connect.Candidate `json:"candidates"`
	// RefusedHints counts messages that named an Authentication which is not the user's.
	RefusedHints int       `json:"refused_hints"`
	StartURL     string    `json:"start_url"`
	CreatedAt    time.Time `json:"created_at"`
	OpenedAt     time.Time `json:"opened_at,omitzero"`
	SettledAt    time.Time `json:"settled_at,omitzero"`
	ExpiresAt    time.Time `json:"expires_at"`
}

func (s *Server) attemptJSON(a connect.Attempt) Attempt {
	shown := Attempt{
		ID: a.ID, App: a.App.ID, State: a.State, Seen: !a.SeenAt.IsZero(),
		Reason: a.Reason, By: a.Proof,
		AuthenticationID: a.AuthenticationID, Title: a.Title,
		Candidates: a.Candidates, RefusedHints: a.RefusedHints,
		StartURL:  s.startLink(a),
		CreatedAt: a.CreatedAt, OpenedAt: a.OpenedAt, SettledAt: a.SettledAt, ExpiresAt: a.ExpiresAt(),
	}
	if a.Settled() {
		shown.Outcome = a.State
	}
	if shown.Candidates == nil {
		shown.Candidates = []connect.Candidate{}
	}
	return shown
}

// apiSession is GET /api/session: whether somebody is signed in, and who. Never a token.
func (s *Server) apiSession(w http.ResponseWriter, r *http.Request) error {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return err
	}
	return writeAnswer(w, sessionJSON(state))
}

func sessionJSON(state session.State) Session {
	shown := Session{Active: state.User != nil}
	if state.User != nil {
		shown.User = &SessionUser{ID: state.User.ID, Name: state.User.Name, Email: state.User.Email}
	}
	return shown
}

// apiHandover is POST /api/session/handover {"code": code, "verifier": secret}: the end of a sign-in in a frame that has
// another cookie jar than the window it happened in.
func (s *Server) apiHandover(w http.ResponseWriter, r *http.Request) error {
	var told struct {
		Code     string `json:"code"`
		Verifier string `json:"verifier"`
	}
	if err := readJSON(r, &told); err != nil {
		return err
	}
	state, err := s.cfg.Sessions.Redeem(w, r, told.Code, told.Verifier)
	if err != nil {
		return err
	}
	return writeAnswer(w, sessionJSON(state))
}

// apiCreateAttempt is POST /api/attempts {"app": id, "fresh": bool}: the running attempt for the App or
// a new one; fresh puts a new one in its place.
func (s *Server) apiCreateAttempt(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	var asked struct {
		App   string `json:"app"`
		Fresh bool   `json:"fresh"`
	}
	if err := readJSON(r, &asked); err != nil {
		return err
	}
	app, err := s.findApp(r.Context(), state, asked.App)
	if err != nil {
		return err
	}
	if app.Links.ConnectNewAuthentication == nil {
		return connect.ErrNeedsNone
	}
	begin := s.cfg.Attempts.Begin
	if asked.Fresh {
		begin = s.cfg.Attempts.Restart
	}
	attempt, err := begin(r.Context(), ownerOf(state), attemptApp(app))
	if err != nil {
		return err
	}
	if err := s.remember(w, r, attempt); err != nil {
		return err
	}
	return writeAnswer(w, s.attemptJSON(attempt))
}

// apiGetAttempt is GET /api/attempts/{attempt}.
func (s *Server) apiGetAttempt(w http.ResponseWriter, r *http.Request) error {
	return s.apiAttempt(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		return s.cfg.Attempts.Get(r.Context(), owner, id)
	})
}

// apiCheckAttempt is POST /api/attempts/{attempt}/check {"evidence": kind, "authentication_id": id}.
func (s *Server) apiCheckAttempt(w http.ResponseWriter, r *http.Request) error {
	var told struct {
		Evidence         connect.Kind `json:"evidence"`
		AuthenticationID string       `json:"authentication_id"`
	}
	if err := readJSON(r, &told); err != nil {
		return err
	}
	if !slices.Contains(connect.Kinds(), told.Evidence) || len(told.AuthenticationID) > 200 {
		return &Error{Code: "bad-request", Status: http.StatusBadRequest}
	}
	return s.apiAttempt(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		return s.check(r, owner, id, connect.Evidence{Kind: told.Evidence, AuthenticationID: told.AuthenticationID})
	})
}

// apiCancelAttempt is POST /api/attempts/{attempt}/cancel.
func (s *Server) apiCancelAttempt(w http.ResponseWriter, r *http.Request) error {
	return s.apiAttempt(w, r, func(owner connect.Owner, id string) (connect.Attempt, error) {
		return s.cfg.Attempts.Cancel(r.Context(), owner, id)
	})
}

// apiAttempt is what the calls on one attempt share.
func (s *Server) apiAttempt(w http.ResponseWriter, r *http.Request, act func(connect.Owner, string) (connect.Attempt, error)) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	attempt, err := act(ownerOf(state), chi.URLParam(r, "attempt"))
	if err != nil {
		return err
	}
	if err := s.remember(w, r, attempt); err != nil {
		return err
	}
	return writeAnswer(w, s.attemptJSON(attempt))
}

func writeAnswer(w http.ResponseWriter, value any) error {
	writeJSON(w, http.StatusOK, "application/json", value)
	return nil
}

// readJSON reads one JSON object of known fields; anything else is a bad request.
func readJSON(r *http.Request, into any) error {
	bad := &Error{Code: "bad-request", Status: http.StatusBadRequest}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return bad
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		err = decoder.Decode(&struct{}{})
		if errors.Is(err, io.EOF) {
			return nil
		}
		return bad
	}
	return badForm(err)
}
