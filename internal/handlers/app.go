package handlers

import (
	"context"
	"net/http"
	"regexp"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// app is GET /apps/{app}: one App, its Authentications to the last page, and the attempt to connect another.
// With ?attempt= a settled attempt is shown once more beside the link for a fresh one.
func (s *Server) app(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	app, err := s.appOrRunning(r.Context(), state, chi.URLParam(r, "app"))
	if err != nil {
		return err
	}
	view := templates.AppPage{Page: s.newPage(r, state), App: appView(app)}
	if app.Links.ConnectNewAuthentication == nil {
		view.NeedsNone = true
		chosen, ok := state.Choices[app.ID]
		view.NoneChosen = ok && chosen.Authentication == nil
		return s.render(w, r, http.StatusOK, templates.AppDetail(view))
	}
	here, err := s.visit(r, state, app)
	if err != nil {
		return err
	}
	if state, err = s.rememberVisit(w, r, here); err != nil {
		return err
	}
	s.showAccounts(&view, here, state.Choices[app.ID].Authentication)
	if view.AddAccount, err = s.addAccountLink(r.Context(), state, app.ID, "/apps/"+app.ID); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.AppDetail(view))
}

// rememberVisit keeps what the visit's attempts connected, and returns the session as it is then.
func (s *Server) rememberVisit(w http.ResponseWriter, r *http.Request, here visit) (session.State, error) {
	for _, attempt := range here.attempts() {
		if err := s.remember(w, r, attempt); err != nil {
			return session.State{}, err
		}
	}
	return s.cfg.Sessions.Load(r)
}

// showAccounts fills in what an App's page and the account of a step show alike: the list, with the one that has been
// chosen (nil if none has), the attempt, and what is to be said of them.
func (s *Server) showAccounts(view *templates.AppPage, here visit, chosen *string) {
	view.Attempt = s.attemptView(here.shown, here.next, here.list)
	if view.ListUnknown = here.unread != nil; view.ListUnknown {
		phrase := s.phrase(here.unread)
		view.Notice = &phrase
		return
	}
	view.Authentications = authenticationViews(here.list, chosen, here.shown)
	view.Notice = s.choiceNotice(here.list, chosen)
}

var uuidPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// findApp reads the App; what cannot be an id never reaches Zapier.
func (s *Server) findApp(ctx context.Context, state session.State, id string) (zapier.App, error) {
	notFound := &Error{Code: "app-not-found", Status: http.StatusNotFound, Retry: "/apps"}
	if !uuidPattern.MatchString(id) {
		return zapier.App{}, notFound
	}
	app, err := s.readApp(ctx, s.zapierFor(state), id)
	if kind, ok := zapier.KindOf(err); ok && (kind == zapier.NotFound || kind == zapier.Invalid) {
		return app, notFound.because(err)
	}
	return app, err
}

// readApp reads the App with the link that connects it. The Apps that the directory begins with are read together:
// whoever wants one of them will often want another for the next step, and then needs no call.
func (s *Server) readApp(ctx context.Context, client *zapier.Client, id string) (zapier.App, error) {
	popular := s.popularApps(ctx, client)
	if !slices.Contains(popular, id) {
		return client.GetApp(ctx, id)
	}
	found, err := client.ListApps(ctx, zapier.ListAppsOptions{IDs: popular, Limit: len(popular)})
	if err != nil && !zapier.Rejected(err) {
		return zapier.App{}, err
	}
	for _, app := range found.Data {
		if app.ID == id {
			return app, nil
		}
	}
	return client.GetApp(ctx, id)
}

// maxTogether is how many Apps are read together: as many as any page of Zapier's holds (api.md 2.4).
const maxTogether = 10

// popularApps are the ids that the directory begins with; none where answers are not kept, since then it would cost a
// call to know them.
func (s *Server) popularApps(ctx context.Context, client *zapier.Client) []string {
	if !s.cfg.AnswersKept {
		return nil
	}
	first, err := client.AsPartner().ListApps(ctx, zapier.ListAppsOptions{Limit: appsPerPage})
	if err != nil {
		return nil // the App itself may be had
	}
	var ids []string
	for _, app := range first.Data[:min(len(first.Data), maxTogether)] {
		ids = append(ids, app.ID)
	}
	return ids
}

// visit is what an App's page shows of the person's Authentications and attempts.
type visit struct {
	// shown is the attempt the region tells of, next the one its link starts.
	shown, next connect.Attempt
	// ended is the settled one that ?attempt= asks to see once more, if any.
	ended connect.Attempt
	list  []zapier.Authentication
	// unread is why the list is missing, or nil.
	unread *Error
}

// attempts are the two that may have connected something, the older first.
func (v visit) attempts() []connect.Attempt { return []connect.Attempt{v.ended, v.shown} }

// visit reads the list, which counts as a look at what is running: a person who comes back by the
// browser's own means sees the result. A list that cannot be read just now leaves the rest of the page.
// The attempt is begun before the list is read, so that the list is never older than what it settles.
func (s *Server) visit(r *http.Request, state session.State, app zapier.App) (visit, error) {
	ctx, owner := r.Context(), ownerOf(state)
	running, err := s.cfg.Attempts.Begin(ctx, owner, attemptApp(app))
	if err != nil {
		return visit{}, err
	}
	here := visit{}
	if here.list, err = s.cfg.Attempts.Look(ctx, owner, app.ID); err != nil {
		if here.unread = asError(err); here.unread.Status == http.StatusUnauthorized {
			return here, err
		}
		s.logError(r, here.unread)
	}
	if here.shown, err = s.cfg.Attempts.Get(ctx, owner, running.ID); err != nil {
		return here, err
	}
	if here.unread != nil && waits(here.unread) && here.shown.State == connect.Minted {
		return here, here.unread // nobody is at Zapier meanwhile
	}
	if here.ended = s.endedAttempt(r, owner, app.ID); here.ended.Settled() && here.shown.State == connect.Minted {
		here.shown = here.ended
	}
	here.next, err = s.cfg.Attempts.Begin(ctx, owner, attemptApp(app))
	return here, err
}

// endedAttempt is the settled attempt that ?attempt= asks to see once more.
func (s *Server) endedAttempt(r *http.Request, owner connect.Owner, app string) connect.Attempt {
	none := connect.Attempt{State: connect.Minted}
	id := r.URL.Query().Get("attempt")
	if id == "" {
		return none
	}
	attempt, err := s.cfg.Attempts.Get(r.Context(), owner, id)
	if err != nil || attempt.App.ID != app {
		return none
	}
	return attempt
}

// appOrRunning is findApp for a page that must not be lost while somebody waits on it: when Zapier cannot be
// asked just now, the attempt under way knows the App well enough.
func (s *Server) appOrRunning(ctx context.Context, state session.State, id string) (zapier.App, error) {
	app, err := s.findApp(ctx, state, id)
	if err == nil || !passes(asError(err)) {
		return app, err
	}
	attempts, listErr := s.cfg.Attempts.List(ctx, ownerOf(state))
	if listErr != nil {
		return app, err
	}
	for _, attempt := range attempts {
		if attempt.App.ID == id && attempt.State == connect.Opened {
			link := attempt.App.ConnectURL
			return zapier.App{
				ID: id, Title: attempt.App.Title, Image: attempt.App.Image,
				Links: zapier.AppLinks{ConnectNewAuthentication: &link},
			}, nil
		}
	}
	return app, err
}

func attemptApp(app zapier.App) connect.App {
	return connect.App{
		ID: app.ID, Title: app.Title, Image: icon(app), ConnectURL: *app.Links.ConnectNewAuthentication,
	}
}

// choose is POST /apps/{app}/choice: the form field authentication names one of the list, or none=1
// says so of an App that needs none (which its link at Zapier decides, not the form).
func (s *Server) choose(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	app, err := s.findApp(r.Context(), state, chi.URLParam(r, "app"))
	if err != nil {
		return err
	}
	choice := session.Choice{App: app.ID, AppTitle: app.Title, AppImage: icon(app), At: s.cfg.Now()}
	if app.Links.ConnectNewAuthentication != nil {
		chosen, err := s.findUsable(r, state, app.ID, "/apps/"+app.ID)
		if err != nil {
			return err
		}
		id := string(chosen.ID)
		choice.Authentication, choice.Title = &id, chosen.Title
	}
	if err := s.keep(w, r, choice); err != nil {
		return err
	}
	s.redirect(w, r, "/apps/"+app.ID)
	return nil
}

// findUsable returns the Authentication that a form names out of the list: what a browser names is never trusted. Before
// somebody is told that it cannot be used, Zapier is asked anew. page is where the person can choose another.
func (s *Server) findUsable(r *http.Request, state session.State, app, page string) (found zapier.Authentication, err error) {
	id := r.PostForm.Get("authentication")
	code := ""
	for _, ctx := range []context.Context{r.Context(), zapier.Afresh(r.Context())} {
		list, err := s.zapierFor(state).ListAuthentications(ctx, app)
		if err != nil {
			return zapier.Authentication{}, err
		}
		code = "authentication-gone"
		for _, authentication := range list {
			switch {
			case string(authentication.ID) != id:
			case authentication.IsExpired:
				found, code = authentication, "authentication-expired"
			default:
				return authentication, nil
			}
		}
	}
	return found, &Error{Code: code, Status: http.StatusConflict, Retry: page}
}

// choiceNotice tells when what was chosen earlier can no longer be used.
func (s *Server) choiceNotice(list []zapier.Authentication, chosen *string) *templates.ErrorPhrase {
	if chosen == nil {
		return nil
	}
	code := "authentication-gone"
	for _, authentication := range list {
		if string(authentication.ID) != *chosen {
			continue
		}
		if !authentication.IsExpired {
			return nil
		}
		code = "authentication-expired"
	}
	phrase := s.cfg.Phrases.Error(code)
	return &phrase
}

func authenticationViews(list []zapier.Authentication, chosen *string, shown connect.Attempt) []templates.Authentication {
	titles := titlesOf(list)
	var views []templates.Authentication
	for _, authentication := range list {
		id := string(authentication.ID)
		views = append(views, templates.Authentication{
			ID: id, Title: authentication.Title,
			Twin:    titles[authentication.Title] > 1,
			Expired: authentication.IsExpired,
			Chosen:  chosen != nil && *chosen == id,
			New:     shown.State == connect.Connected && shown.AuthenticationID == id,
		})
	}
	return views
}

// titlesOf counts how often each title occurs, to tell twins.
func titlesOf(list []zapier.Authentication) map[string]int {
	titles := map[string]int{}
	for _, authentication := range list {
		titles[authentication.Title]++
	}
	return titles
}

func badForm(err error) error {
	told := asError(err)
	if told.Code == "internal" {
		told = (&Error{Code: "bad-request", Status: http.StatusBadRequest}).because(err)
	}
	return told
}

// redirect sends the browser on to one of our own pages after a POST.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request, path string) {
	http.Redirect(w, r, s.base+path, http.StatusSeeOther)
}
