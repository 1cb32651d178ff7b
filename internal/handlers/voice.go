package handlers

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// handler answers a request or returns why it could not; it has written nothing when it returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// page is the adaptor of the HTML voice.
func (s *Server) page(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.pageError(w, r, asError(err))
		}
	}
}

// api is the adaptor of the JSON voice.
func (s *Server) api(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.apiError(w, r, asError(err))
		}
	}
}

// answer tells the error in the voice of the path asked for.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, err *Error) {
	if strings.HasPrefix(r.URL.Path, s.base+"/api/") {
		s.apiError(w, r, err)
		return
	}
	s.pageError(w, r, err)
}

func (s *Server) byVoice(err *Error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, err) }
}

// logError tells the log what the person is not told.
func (s *Server) logError(r *http.Request, err *Error) {
	log := s.log(r.Context()).WarnContext
	if err.Status == http.StatusInternalServerError {
		log = s.log(r.Context()).ErrorContext
	}
	log(r.Context(), "error", "code", err.Code, "status", err.Status, "cause", err.cause)
}

func (s *Server) pageError(w http.ResponseWriter, r *http.Request, err *Error) {
	s.logError(r, err)
	if err.Status == statusClientGone {
		return
	}
	setRetryAfter(w, err)
	view := templates.ErrorPage{
		Page:     s.newPage(r, session.State{}),
		Error:    s.cfg.Phrases.Error(err.Code),
		Retry:    s.retryLink(r, err),
		SignIn:   err.Status == http.StatusUnauthorized,
		InWindow: err.InWindow,
	}
	if state, loadErr := s.cfg.Sessions.Load(r); loadErr == nil {
		view.Page = s.newPage(r, state)
	}
	if renderErr := s.render(w, r, err.Status, templates.Error(view)); renderErr != nil {
		s.log(r.Context()).ErrorContext(r.Context(), "an error page could not be drawn", "error", renderErr)
		http.Error(w, view.Error.Sentence, err.Status)
	}
}

// retryLink is the error's own way to try again, or leads back to the page that failed where trying again
// may help: it is safe to GET it twice.
func (s *Server) retryLink(r *http.Request, err *Error) string {
	if err.Retry != "" {
		return s.base + err.Retry
	}
	if !passes(err) || r.Method != http.MethodGet {
		return ""
	}
	return r.URL.RequestURI()
}

// passes reports whether the trouble may be over soon by itself.
func passes(err *Error) bool {
	return err.Status == http.StatusTooManyRequests || err.Status > http.StatusInternalServerError
}

// Problem is an error of the API: problem details (RFC 9457) with our code.
type Problem struct {
	// Type leads to the documentation of the code.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	// RequestID finds the request in the log.
	RequestID string `json:"request_id"`
	// RetryAfter is in seconds; absent when unknown.
	RetryAfter int `json:"retry_after,omitempty"`
}

// problemBase is where docs/errors.md explains each code under its own heading.
const problemBase = "https://github.com/zapembed/zapembed/blob/main/docs/errors.md#"

func (s *Server) apiError(w http.ResponseWriter, r *http.Request, err *Error) {
	s.logError(r, err)
	if err.Status == statusClientGone {
		return
	}
	setRetryAfter(w, err)
	phrase := s.cfg.Phrases.Error(err.Code)
	problem := Problem{
		Type: problemBase + err.Code, Title: phrase.Title, Status: err.Status,
		Detail: strings.TrimSpace(phrase.Sentence + " " + phrase.Advice),
		Code:   err.Code, RequestID: requestID(r.Context()), RetryAfter: seconds(err),
	}
	writeJSON(w, err.Status, "application/problem+json", problem)
}

func setRetryAfter(w http.ResponseWriter, err *Error) {
	if wait := seconds(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
}

func seconds(err *Error) int { return int(math.Ceil(err.RetryAfter.Seconds())) }

// render draws into a buffer first, so that half a page is never sent.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, component templ.Component) error {
	var drawn bytes.Buffer
	if err := component.Render(r.Context(), &drawn); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(drawn.Bytes())
	if err != nil {
		s.log(r.Context()).DebugContext(r.Context(), "the reader is gone", "error", err)
	}
	return nil
}

// writeJSON writes a value that always encodes: the package's own structs.
func writeJSON(w http.ResponseWriter, status int, contentType string, value any) {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic("handlers: a value that is no JSON: " + err.Error())
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded, '\n')) // a reader that is gone needs no answer
}

// returnPath is where somebody comes back to who signs in on the page: the page itself, or for a form's
// address, which no link can lead to, the page that the form is on.
func (s *Server) returnPath(r *http.Request) string {
	path := strings.TrimPrefix(r.URL.RequestURI(), s.base)
	app, zap := chi.URLParam(r, "app"), chi.URLParam(r, "zap")
	draftID, step := chi.URLParam(r, "draft"), chi.URLParam(r, "step")
	switch {
	case strings.HasPrefix(path, "/sign-in"):
		return "/"
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return path
	case uuidPattern.MatchString(app):
		return "/apps/" + app
	case zapIDPattern.MatchString(zap):
		return zapPath(zapier.ID(zap))
	case strings.HasPrefix(path, "/zaps/new"):
		return "/zaps/new"
	case draftPattern.MatchString(draftID) && draftPattern.MatchString(step):
		return stepPath(draftID, step)
	case draftPattern.MatchString(draftID):
		return draftPath(draftID)
	default:
		return "/apps"
	}
}

// newPage fills what every page carries.
func (s *Server) newPage(r *http.Request, state session.State) templates.Page {
	page := templates.Page{
		Phrases:   s.cfg.Phrases,
		Base:      s.base,
		Assets:    s.base + s.cfg.Assets.Path(),
		Path:      s.returnPath(r),
		Emulator:  s.cfg.Emulator,
		RequestID: requestID(r.Context()),
	}
	if state.User != nil {
		page.User = &templates.User{Name: state.User.Name, Email: state.User.Email}
	}
	return page
}
