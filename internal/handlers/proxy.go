package handlers

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
)

// proxyPath is what stands before Zapier's own paths, below the path prefix.
const proxyPath = "/api/zapier"

// proxy is every call below /api/zapier: Zapier's API as it is, for the signed-in person. Which calls those are
// is zapier.ProxiedCalls' to say; what is none of them never leaves the server.
func (s *Server) proxy(w http.ResponseWriter, r *http.Request) error {
	call, err := s.findProxied(r)
	if err != nil {
		return err
	}
	state, err := s.person(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badForm(err)
	}
	answer, err := s.zapierFor(state).Proxy(r.Context(), call, zapier.ProxyRequest{RawQuery: r.URL.RawQuery, Header: r.Header, Body: body})
	if errors.Is(err, zapier.ErrMalformedProxy) {
		return (&Error{Code: "bad-request", Status: http.StatusBadRequest}).because(err)
	}
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	s.log(r.Context()).DebugContext(r.Context(), "passed on", "operation", call.Op, "status", answer.Status)
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

func (s *Server) findProxied(r *http.Request) (zapier.ProxiedCall, error) {
	notFound := &Error{Code: "not-found", Status: http.StatusNotFound}
	path, below := strings.CutPrefix(r.URL.EscapedPath(), s.base+proxyPath)
	if !below || r.URL.IsAbs() {
		return zapier.ProxiedCall{}, notFound
	}
	call, err := zapier.FindProxied(r.Method, path)
	switch {
	case errors.Is(err, zapier.ErrMethodNotProxied):
		return call, (&Error{Code: "method-not-allowed", Status: http.StatusMethodNotAllowed}).because(err)
	case err != nil:
		return call, notFound.because(err)
	}
	return call, nil
}
