package handlers

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/zapembed/zapembed/internal/audit"
	"github.com/zapembed/zapembed/internal/zapier"
)

// proxyPath is what stands before Zapier's own paths, below the path prefix.
const proxyPath = "/api/zapier"

// proxy is every call below /api/zapier: Zapier's API as it is, for the signed-in person. Which calls those are
// is zapier.ProxiedCalls' to say; what is none of them never leaves the server.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request) error {
	call, err := s.findProxied(w, r)
	if err != nil {
		return err
	}
	state, err := s.person(r)
	if err != nil {
		return err
	}
	var body []byte
	if r.Body != http.NoBody {
		if body, err = io.ReadAll(r.Body); err != nil {
			return badForm(err)
		}
	}
	answer, err := s.zapierFor(state).Proxy(r.Context(), call, zapier.ProxyRequest{RawQuery: r.URL.RawQuery, Header: r.Header, Body: body})
	if errors.Is(err, zapier.ErrMalformedProxy) {
		s.audit(r, audit.ProxyRefused, "reason", "query or body")
		return (&Error{Code: "bad-request", Status: http.StatusBadRequest}).because(err)
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	s.cfg.Logger.DebugContext(r.Context(), "passed on", "request", RequestID(r.Context()), "operation", call.Op, "status", answer.Status)
	maps.Copy(w.Header(), answer.Header)
	w.WriteHeader(answer.Status)
	if _, err := io.Copy(w, answer.Body); err != nil {
		if _, failed := zapier.KindOf(err); failed && r.Context().Err() == nil {
			s.logError(r, asError(err))
		}
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	return nil
}

func (s *Server) findProxied(w http.ResponseWriter, r *http.Request) (zapier.ProxiedCall, error) {
	notFound := &Error{Code: "not-found", Status: http.StatusNotFound}
	path, below := strings.CutPrefix(r.URL.EscapedPath(), s.base+proxyPath)
	if !below || r.URL.IsAbs() {
		s.audit(r, audit.ProxyRefused, "reason", "form")
		return zapier.ProxiedCall{}, notFound
	}
	call, err := zapier.FindProxied(r.Method, path)
	switch {
	case errors.Is(err, zapier.ErrMethodNotProxied):
		s.audit(r, audit.ProxyRefused, "reason", "method")
		w.Header().Set("Allow", strings.Join(proxiedMethods(path), ", "))
		return call, (&Error{Code: "method-not-allowed", Status: http.StatusMethodNotAllowed}).because(err)
	case err != nil:
		s.audit(r, audit.ProxyRefused, "reason", "path")
		return call, notFound.because(err)
	}
	return call, nil
}

// proxiedMethods are those that the list has for a path.
func proxiedMethods(path string) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		if _, err := zapier.FindProxied(method, path); err == nil {
			methods = append(methods, method)
		}
	}
	return methods
}
