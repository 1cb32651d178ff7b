package handlers

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/audit"
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

// methodNotAllowed says which methods there are. One that nobody knows, at an address that nobody knows, is not found.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	allowed := s.methodsOf(r)
	if len(allowed) == 0 {
		s.answer(w, r, &Error{Code: "not-found", Status: http.StatusNotFound})
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.answer(w, r, &Error{Code: "method-not-allowed", Status: http.StatusMethodNotAllowed})
}

// methodsOf are the methods of the address asked for.
func (s *Server) methodsOf(r *http.Request) []string {
	if path, below := strings.CutPrefix(r.URL.EscapedPath(), s.base+proxyPath); below {
		return proxiedMethods(path)
	}
	path := cmp.Or(r.URL.RawPath, r.URL.Path, "/")
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if s.handler.Match(chi.NewRouteContext(), method, path) {
			allowed = append(allowed, method)
		}
	}
	return allowed
}

// logError tells the log what the person is not told. A limit has told the log already (overLimit).
func (s *Server) logError(r *http.Request, err *Error) {
	if err.Code == "rate-limited" {
		return
	}
	log := s.log(r.Context()).WarnContext
	if err.Status == http.StatusInternalServerError {
		log = s.log(r.Context()).ErrorContext
	}
	if err.Code == "store-unavailable" && err.cause != nil { // without one it is a sentence that somebody linked to
		s.audit(r, audit.StoreUnavailable)
	}
	log(r.Context(), "error", "code", err.Code, "status", err.Status, "cause", err.cause)
}

func (s *Server) pageError(w http.ResponseWriter, r *http.Request, err *Error) {
	s.logError(r, err)
	if err.Status == statusClientGone {
		return
	}
	setRetryAfter(w, err)
	if err.Code == "rate-limited" {
		s.writePage(w, r, err.Status, s.limitedHTML)
		return
	}
	view := templates.ErrorPage{
		Page:     s.newPage(r, session.State{}),
		Error:    s.phrase(err),
		Retry:    s.retryLink(r, err),
		Back:     !onlyLooks(r) || !passes(err),
		SignsIn:  strings.HasPrefix(err.Retry, "/sign-in"),
		SignIn:   err.Status == http.StatusUnauthorized,
		InWindow: err.InWindow,
		Helps:    Helps(err.Code),
		Unclear:  err.Unclear,
		Answered: err.answered(),
		At:       s.cfg.Now(),
	}
	if state, loadErr := s.cfg.Sessions.Load(r); loadErr == nil {
		view.Page = s.newPage(r, state)
	}
	view.Page.KeptSince = nil // it shows nothing of Zapier
	view.Page.RequestID = cmp.Or(err.Reference, view.Page.RequestID)
	status := s.addWait(w, r, err, &view)
	if renderErr := s.render(w, r, status, templates.Error(view)); renderErr != nil {
		s.log(r.Context()).ErrorContext(r.Context(), "an error page could not be drawn", "error", renderErr)
		http.Error(w, view.Error.Sentence, status)
	}
}

// phrase explains the error, with the time from which trying again may help where that is known. To look first is the
// advice where something may have been done, and nowhere else.
func (s *Server) phrase(err *Error) templates.ErrorPhrase {
	phrase := s.cfg.Phrases.ErrorFrom(err.Code, s.againAt(err))
	if err.Unclear {
		phrase.Advice = s.cfg.Phrases.Problem.LookFirst
	}
	return phrase
}

// againAt is when trying again may help, on a whole second; zero if nobody knows, or where to look comes first.
func (s *Server) againAt(err *Error) time.Time {
	if seconds(err) <= 0 || !Helps(err.Code) {
		return time.Time{}
	}
	at := s.cfg.Now().Add(err.RetryAfter).UTC()
	if whole := at.Truncate(time.Second); whole.Before(at) {
		return whole.Add(time.Second)
	}
	return at
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
func passes(err *Error) bool { return Helps(err.Code) && err.Code != "internal" }

// Problem is an error of the API: problem details (RFC 9457) with our code.
type Problem struct {
	// Type leads to the documentation of the code.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
	// Cause is what is likely behind it, Advice how to go on.
	Cause  string `json:"cause"`
	Advice string `json:"advice"`
	// Retry: the same request may fare better when it is sent again, and does nothing twice.
	Retry bool `json:"retry"`
	// RetryAfter is in seconds, TryAgainAt the same as a time; absent when unknown.
	RetryAfter int       `json:"retry_after,omitempty"`
	TryAgainAt time.Time `json:"try_again_at,omitzero"`
	// Place is where the person stands in the line for room under Zapier's limits, from 1; absent when there is no line.
	Place int `json:"place,omitempty"`
	// RequestID finds the request in the log.
	RequestID string `json:"request_id"`
}

// problemBase is where docs/errors.md explains each code under its own heading.
const problemBase = "https://github.com/zapembed/zapembed/blob/main/docs/errors.md#"

func (s *Server) apiError(w http.ResponseWriter, r *http.Request, err *Error) {
	s.logError(r, err)
	if err.Status == statusClientGone {
		return
	}
	setRetryAfter(w, err)
	phrase := s.phrase(err)
	problem := Problem{
		Type: problemBase + err.Code, Title: phrase.Title, Status: err.Status,
		Detail: strings.TrimSpace(phrase.Sentence + " " + phrase.Advice),
		Code:   err.Code, Cause: phrase.Cause, Advice: phrase.Advice, Retry: Helps(err.Code) && !err.Unclear,
		RetryAfter: seconds(err), TryAgainAt: s.againAt(err), Place: err.Place, RequestID: RequestID(r.Context()),
	}
	writeJSON(w, err.Status, "application/problem+json", problem)
}

func setRetryAfter(w http.ResponseWriter, err *Error) {
	if wait := seconds(err); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wait))
	}
}

// seconds is how long to wait before the same is sent again; 0 if nobody knows, or where to look comes first: who is told
// when may do it without a look.
func seconds(err *Error) int {
	if err.Unclear {
		return 0
	}
	return int(math.Ceil(err.RetryAfter.Seconds()))
}

// render draws into a buffer first, so that half a page is never sent.
func (s *Server) render(w http.ResponseWriter, r *http.Request, status int, component templ.Component) error {
	var drawn bytes.Buffer
	if err := component.Render(r.Context(), &drawn); err != nil {
		return err
	}
	page := drawn.Bytes()
	if !utf8.Valid(page) { // what somebody typed comes back, and they may have typed anything
		page = bytes.ToValidUTF8(page, []byte("\uFFFD"))
	}
	s.writePage(w, r, status, page)
	return nil
}

// writePage answers with a page that is drawn.
func (s *Server) writePage(w http.ResponseWriter, r *http.Request, status int, page []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(page); err != nil {
		s.log(r.Context()).DebugContext(r.Context(), "the reader is gone", "error", err)
	}
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
		if returnTo, ok := session.CleanReturnTo(r.URL.Query().Get("return_to")); ok {
			return returnTo
		}
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

// framed reports whether a page is drawn for a frame. A browser too old to say is taken for one where frames of other
// sites are what the pages are for: all that a page in a frame does works in a page of its own as well.
func (s *Server) framed(r *http.Request) bool {
	return inFrame(r) || s.cfg.CrossSite && r.Header.Get("Sec-Fetch-Dest") == ""
}

// inFrame reports whether a frame asks.
func inFrame(r *http.Request) bool {
	destination := r.Header.Get("Sec-Fetch-Dest")
	return destination == "iframe" || destination == "frame"
}

// newPage fills what every page carries.
func (s *Server) newPage(r *http.Request, state session.State) templates.Page {
	page := templates.Page{
		Phrases:   s.cfg.Phrases,
		Base:      s.base,
		Assets:    s.base + s.cfg.Assets.Path(),
		Path:      s.returnPath(r),
		Emulator:  s.cfg.Emulator,
		RequestID: RequestID(r.Context()),
		Framed:    s.framed(r),
		CrossSite: s.cfg.CrossSite,
		KeptSince: zapier.AgeOf(r.Context()).Since,
	}
	if page.Framed {
		page.Tell = s.cfg.EmbedOrigins
	}
	if state.User != nil {
		page.User = &templates.User{Name: state.User.Name, Email: state.User.Email}
	}
	return page
}
