package handlers

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// How long a call may wait for room under Zapier's limits before somebody is told to wait. A page that is looked at goes
// on by itself then, while a form that was sent, or a program, has to do it all over; in front of a window that is still
// empty nobody waits for long.
const (
	windowPatience = 2 * time.Second
	pagePatience   = 8 * time.Second
	formPatience   = 10 * time.Second
)

const (
	// longestPage is how long it may take until a page is drawn, all its calls together; a connection lives for a minute.
	longestPage = 50 * time.Second
	// longestWait is how long a page waits by itself; who has to wait longer is told to come back.
	longestWait = 5 * time.Minute
	// linePause is how often somebody in a line shows up, who would lose their place otherwise.
	linePause = 5 * time.Second
)

// Door lets people in who are about to start a Zap, so that those inside can finish theirs.
type Door interface {
	// Enter returns nil, or for somebody who has to wait an error that zapier.NoRoom knows. A place of 0 turns them away:
	// the line is too long.
	Enter(ctx context.Context, user string) error
	// Leave gives the place of somebody who is done, or has given up, to the next.
	Leave(ctx context.Context, user string)
}

// withPatience says how long the calls of a request may wait. A page of many calls ends with a sentence before the server
// ends it without one.
func (s *Server) withPatience(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := zapier.Patiently(r.Context(), s.patienceOf(r))
		if !strings.HasPrefix(r.URL.Path, s.base+"/api/") {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, longestPage)
			defer cancel()
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// patienceOf is that of a page for whatever can be asked for again as it is. The way back from Zapier cannot.
func (s *Server) patienceOf(r *http.Request) time.Duration {
	path := strings.TrimPrefix(r.URL.Path, s.base)
	if !onlyLooks(r) || strings.HasPrefix(path, "/api/") || path == CallbackPath {
		return formPatience
	}
	if strings.HasPrefix(path, "/attempts/") {
		return windowPatience
	}
	return pagePatience
}

func onlyLooks(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// enterDoor is for whoever starts a Zap: they wait here, and not in the middle of it.
func (s *Server) enterDoor(r *http.Request, who visitor) error {
	if s.cfg.Door == nil {
		return nil
	}
	err := s.cfg.Door.Enter(r.Context(), who.User.ID)
	wait, place, full := zapier.NoRoom(err)
	if !full {
		return err
	}
	return (&Error{
		Code: "zapier-busy", Status: http.StatusServiceUnavailable,
		RetryAfter: max(wait, time.Second), Place: place, Repeats: place > 0,
	}).because(err)
}

// leaveDoor is for whoever has finished a Zap, or thrown its draft away.
func (s *Server) leaveDoor(r *http.Request, user string) {
	if s.cfg.Door != nil {
		s.cfg.Door.Leave(r.Context(), user)
	}
}

// addWait makes the page of an error that passes soon one that goes on by itself, and returns its status. One that is tried
// again elsewhere is left to the person, and so is a form, with all that it holds: only the start of a Zap, which is one
// however often it is sent, is sent again by the page.
func (s *Server) addWait(w http.ResponseWriter, r *http.Request, err *Error, view *templates.ErrorPage) int {
	if !onlyLooks(r) && Helps(err.Code) {
		s.addForm(r, err, view)
	}
	if !waits(err) {
		return err.Status
	}
	if err.RetryAfter > longestWait || onlyLooks(r) && err.Retry != "" || !onlyLooks(r) && !err.Repeats {
		return err.Status
	}
	view.Wait = &templates.Wait{Place: err.Place, Seconds: seconds(err), Again: againAfter(err)}
	if onlyLooks(r) {
		w.Header().Set("Refresh", strconv.Itoa(view.Wait.Again))
	}
	if err.Anyway != "" {
		view.Anyway = s.base + err.Anyway
	}
	return http.StatusServiceUnavailable
}

// addForm leads back to where a form is that may fare better when it is sent again, and keeps it on the page, unless its
// answer is lost and sending it again may do something twice.
func (s *Server) addForm(r *http.Request, err *Error, view *templates.ErrorPage) {
	view.Retry = cmp.Or(view.Retry, s.base+s.returnPath(r))
	view.Lost = holdsSecrets(r.URL.Path)
	if waits(err) || !onceOnly(r.URL.Path) {
		view.Repeat = s.repeat(r)
	}
}

// againAfter is after how many seconds a page asks again by itself: sooner in a line; 0 if it does not.
func againAfter(err *Error) int {
	switch {
	case !Helps(err.Code), err.RetryAfter > longestWait:
		return 0
	case err.Place > 0, err.Repeats:
		return min(seconds(err), int(linePause.Seconds()))
	}
	return max(seconds(err), 0)
}

// waits reports whether waiting is all there is to do, and for how long is known.
func waits(err *Error) bool {
	return err.RetryAfter > 0 && slices.Contains([]string{"zapier-rate-limited", "zapier-resting", "zapier-busy"}, err.Code)
}

// repeat is a form that sends once more what was sent, the revision of its draft included; nil where there may be secrets
// in it, which never leave this server: the draft keeps what was typed into the fields of a step.
func (s *Server) repeat(r *http.Request) *templates.Repeat {
	if holdsSecrets(r.URL.Path) || r.ParseForm() != nil {
		return nil
	}
	again := &templates.Repeat{Action: r.URL.EscapedPath()}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range r.PostForm[name] {
			again.Fields = append(again.Fields, templates.RepeatField{Name: name, Value: value})
		}
	}
	return again
}

// holdsSecrets reports whether a password may be among what is sent to a path.
func holdsSecrets(path string) bool {
	return strings.HasSuffix(path, "/fields") || strings.HasSuffix(path, "/add-account")
}

// onceOnly reports whether what is sent to a path may be done twice when it is sent twice.
func onceOnly(path string) bool {
	return strings.HasSuffix(path, "/test") || strings.HasSuffix(path, "/publish") || strings.HasSuffix(path, "/publish-again")
}
