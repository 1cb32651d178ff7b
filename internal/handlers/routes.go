package handlers

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/web/templates"
)

// CallbackPath is where Zapier sends people back to, below PUBLIC_URL; it is registered with Zapier.
const CallbackPath = "/sign-in/callback"

// staticPath is what the paths of the static files begin with, below the path prefix.
const staticPath = "/static/"

// routes is the list of all routes. docs/api.md describes those below /api; a test holds both together.
func (s *Server) routes() chi.Router {
	router := chi.NewRouter()
	router.Use(
		s.withRequestID,     // first: everything after it logs and answers with the id
		s.withLog,           // sees the final status, panics included
		s.withRecovery,      // inside the log, so that a panic is logged as the 500 it becomes
		s.withHeaders,       // before anything answers, so that errors carry them too
		s.withOneReading,    // before anything answers as well
		s.withClientIP,      // before whoever counts or logs by it
		s.withIPLimit,       // before any check, so that what is refused counts
		s.withHost,          // before cross-origin checks, which compare with Host
		s.withSameOrigin,    // before any body is read
		s.withDestination,   // beside it
		s.withSessionLimit,  // after the checks: what other sites send in somebody's name is not theirs
		s.withBodyLimit,     // before any handler reads
		s.withCanonicalBase, // last: only a good request is sent on to the prefix's page
	)
	router.NotFound(s.byVoice(&Error{Code: "not-found", Status: http.StatusNotFound}))
	router.MethodNotAllowed(s.methodNotAllowed)

	router.Handle(s.base+staticPath+"*", http.StripPrefix(s.base, s.cfg.Assets.Handler()))
	router.Route(s.base+"/", func(router chi.Router) {
		router.Use(s.withPatience, s.withFreshness)
		router.Post(reportsPath, s.page(s.reports))
		looks(router, "/", s.page(s.home))
		looks(router, "/apps", s.page(s.apps))
		router.Get("/apps/{app}", s.page(s.app))
		router.Post("/apps/{app}/choice", s.page(s.choose))
		looks(router, "/apps/{app}/add-account", s.page(s.addAccountForm))
		router.Post("/apps/{app}/add-account", s.page(s.addAccount))
		router.Post("/attempts/{attempt}/check", s.page(s.checkAttempt))
		router.Post("/attempts/{attempt}/cancel", s.page(s.cancelAttempt))
		router.Post("/attempts/{attempt}/restart", s.page(s.restartAttempt))
		router.Post("/sign-out", s.page(s.signOut))
		router.Post("/sign-out/everywhere", s.page(s.signOutEverywhere))

		s.zapRoutes(router)
		s.draftRoutes(router)

		// What a popup shows first or last carries no opener policy: one page with it would cut the
		// popup from its opener for good (popup.md, M4).
		router.Group(func(router chi.Router) {
			router.Use(withoutOpenerPolicy)
			router.Get("/attempts/{attempt}/start", s.page(s.startAttempt))
			router.Get("/sign-in", s.page(s.signIn))
			router.Get(CallbackPath, s.page(s.signInCallback))
			looks(router, "/sign-in/done", s.page(s.signInDone))
			looks(router, signInFailedPath, s.page(s.signInFailed))
		})

		router.Route("/api", s.apiRoutes)
	})
	return router
}

// zapRoutes are the person's Zaps, and the ways to start one.
func (s *Server) zapRoutes(router chi.Router) {
	looks(router, "/zaps", s.page(s.zaps))
	looks(router, "/zaps/new", s.page(s.newZap))
	router.Post("/zaps/new", s.page(s.startBlank))
	router.Post("/zaps/new/guess", s.page(s.startFromWords))
	router.Post("/zaps/new/template", s.page(s.startFromTemplate))
	looks(router, "/zaps/{zap}", s.page(s.zap))
	router.Post("/zaps/{zap}/rename", s.page(s.renameZap))
	router.Post("/zaps/{zap}/enable", s.page(s.enableZap))
	looks(router, "/zaps/{zap}/delete", s.page(s.askDeleteZap))
	router.Post("/zaps/{zap}/delete", s.page(s.deleteZap))
	router.Post("/zaps/{zap}/edit", s.page(s.editZap))
}

// draftRoutes are the Zap that is being built.
func (s *Server) draftRoutes(router chi.Router) {
	looks(router, "/drafts/{draft}", s.building(s.draft))
	router.Post("/drafts/{draft}/title", s.building(s.renameDraft))
	looks(router, "/drafts/{draft}/delete", s.building(s.askDeleteDraft))
	router.Post("/drafts/{draft}/delete", s.building(s.deleteDraft))
	router.Post("/drafts/{draft}/publish", s.building(s.publish))
	router.Post("/drafts/{draft}/publish-again", s.building(s.publishAgain))
	router.Post("/drafts/{draft}/look", s.building(s.look))
	router.Post("/drafts/{draft}/steps", s.building(s.addStep))
	looks(router, "/drafts/{draft}/steps/{step}", s.building(s.step))
	router.Post("/drafts/{draft}/steps/{step}/remove", s.building(s.removeStep))
	router.Post("/drafts/{draft}/steps/{step}/move", s.building(s.moveStep))
	looks(router, "/drafts/{draft}/steps/{step}/app", s.atStage(templates.StageApp, s.stepApp))
	router.Post("/drafts/{draft}/steps/{step}/app", s.atStage(templates.StageApp, s.chooseApp))
	looks(router, "/drafts/{draft}/steps/{step}/action", s.atStage(templates.StageAction, s.stepAction))
	router.Post("/drafts/{draft}/steps/{step}/action", s.atStage(templates.StageAction, s.chooseAction))
	router.Get("/drafts/{draft}/steps/{step}/account", s.atStage(templates.StageAccount, s.stepAccount))
	router.Post("/drafts/{draft}/steps/{step}/account", s.atStage(templates.StageAccount, s.chooseAccount))
	looks(router, "/drafts/{draft}/steps/{step}/fields", s.atStage(templates.StageFields, s.stepFields))
	router.Post("/drafts/{draft}/steps/{step}/fields", s.atStage(templates.StageFields, s.saveFields))
	looks(router, "/drafts/{draft}/steps/{step}/test", s.atStage(templates.StageTest, s.stepTest))
	router.Post("/drafts/{draft}/steps/{step}/test", s.atStage(templates.StageTest, s.testStep))
}

// apiRoutes are the JSON API, and Zapier's own below it.
func (s *Server) apiRoutes(router chi.Router) {
	router.Use(s.withOwnHeader, s.withOwnOrigin)
	looks(router, "/session", s.api(s.apiSession))
	router.Post("/session/handover", s.api(s.apiHandover))
	router.Get("/events", s.api(s.apiEvents))
	router.Post("/attempts", s.api(s.apiCreateAttempt))
	router.Get("/attempts/{attempt}", s.api(s.apiGetAttempt))
	router.Post("/attempts/{attempt}/check", s.api(s.apiCheckAttempt))
	router.Post("/attempts/{attempt}/cancel", s.api(s.apiCancelAttempt))
	router.Handle("/zapier/v1/*", s.api(s.proxy))
	router.Handle("/zapier/v2/*", s.api(s.proxy))
}

// looks adds what only looks: HEAD is answered like GET, without the body. What changes something when it is got (an
// attempt begins with the page of its App, a sign-in with its address) is for GET alone, since nobody who asks for the
// head means that.
func looks(router chi.Router, pattern string, answer http.HandlerFunc) {
	router.Get(pattern, answer)
	router.Head(pattern, answer)
}

// Routes lists every route as "METHOD /path", sorted, without the prefix of PUBLIC_URL. The tests of the
// documentation hold docs/api.md to it. What answers every method (the static files) is not one of them, and HEAD goes
// without saying.
func (s *Server) Routes() ([]string, error) {
	var routes []string
	err := chi.Walk(s.routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasSuffix(route, "*") && method != http.MethodHead {
			routes = append(routes, method+" "+strings.TrimPrefix(route, s.base))
		}
		return nil
	})
	slices.Sort(routes)
	return routes, err
}
