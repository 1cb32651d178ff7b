package handlers

import "net/http"

// signOut is POST /sign-out: the session in this browser ends.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	return s.leave(w, r, s.cfg.Sessions.SignOut)
}

// signOutEverywhere is POST /sign-out/everywhere: the person's sessions end in all browsers, for somebody who has left
// one open on a machine that is not theirs.
func (s *Server) signOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	return s.leave(w, r, s.cfg.Sessions.SignOutEverywhere)
}

// leave cancels the attempts of this browser, ends its session and perhaps others, and has the browser forget the rest
// . Under a path prefix what the browser keeps is the partner's, and so is forgetting it.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, end func(http.ResponseWriter, *http.Request) error) error {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return err
	}
	if state.User != nil {
		if err := s.cfg.Attempts.CancelAll(r.Context(), ownerOf(state)); err != nil {
			return err
		}
	}
	if err := end(w, r); err != nil {
		return err
	}
	if s.base == "" {
		w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	}
	s.redirect(w, r, "/")
	return nil
}
