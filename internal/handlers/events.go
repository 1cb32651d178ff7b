package handlers

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/session"
)

// apiEvents is GET /api/events: a stream of server-sent events with every attempt of the session, first as
// it stands and then at each change. Nothing is kept for a browser that comes back: it gets the present
// again and loses nothing.
func (s *Server) apiEvents(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	owner := ownerOf(state)
	leave, ok := s.streams.enter(owner.Browser)
	if !ok {
		return s.overLimit(w, r, "streams", owner.Browser)
	}
	defer leave()
	changes, err := s.cfg.Attempts.Watch(r.Context(), owner)
	if err != nil {
		return err
	}
	if err := unlimited(w); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy that collects the answer would hold the news back
	w.WriteHeader(http.StatusOK)
	stream := &eventStream{server: s, w: w, sent: map[string]string{}}
	for {
		if err := stream.sendChanges(r.Context(), owner); err != nil {
			s.log(r.Context()).DebugContext(r.Context(), "an event stream ended", "error", err)
			return nil
		}
		// The news first: signing out ends attempts, and the other tabs are to hear of it.
		if !s.stillSignedIn(r, state) || !s.pause(r, changes) {
			return nil
		}
	}
}

// pause waits for news or the next heartbeat, which also catches what another process changed without
// being able to tell. It returns false when the stream is over.
func (s *Server) pause(r *http.Request, changes <-chan struct{}) bool {
	heartbeat := time.NewTimer(s.cfg.Heartbeat)
	defer heartbeat.Stop()
	select {
	case _, open := <-changes:
		return open
	case <-heartbeat.C:
		return true
	case <-r.Context().Done():
		return false
	case <-s.draining:
		return false
	}
}

// stillSignedIn ends the stream of a session that has ended or passed to somebody else. Trouble with the store proves neither.
func (s *Server) stillSignedIn(r *http.Request, before session.State) bool {
	now, err := s.cfg.Sessions.Peek(r)
	return err != nil || (now.User != nil && now.User.ID == before.User.ID && now.Browser == before.Browser)
}

// eventStream remembers what it has sent, so that it sends changes only.
type eventStream struct {
	server *Server
	w      http.ResponseWriter
	sent   map[string]string
}

func (e *eventStream) sendChanges(ctx context.Context, owner connect.Owner) error {
	attempts, err := e.server.cfg.Attempts.List(ctx, owner)
	if err != nil {
		return err
	}
	for _, attempt := range attempts {
		encoded, err := json.Marshal(e.server.attemptJSON(attempt))
		if err != nil {
			return err
		}
		if e.sent[attempt.ID] == string(encoded) {
			continue
		}
		e.sent[attempt.ID] = string(encoded)
		if _, err := fmt.Fprintf(e.w, "event: attempt\ndata: %s\n\n", encoded); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprint(e.w, ": alive\n\n"); err != nil {
		return err
	}
	return http.NewResponseController(e.w).Flush()
}
