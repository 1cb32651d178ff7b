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

// routes is the list of all routes. docs/api.md describes those below /api; a test holds both together.
func (s *Server) routes() chi.Router {
	router := chi.NewRouter()
	router.Use(
		s.withRequestID,     // first: everything after it logs and answers with the id
		s.withLog,           // sees the final status, panics included
		s.withRecovery,      // inside the log, so that a panic is logged as the 500 it becomes
		s.withHeaders,       // before anything answers, so that errors carry them too
		s.withHost,          // before cross-origin checks, which compare with Host
		s.withSameOrigin,    // before any body is read
		s.withBodyLimit,     // before any handler reads
		s.withCanonicalBase, // last: only a good request is sent on to the prefix's page
	)
	router.NotFound(s.byVoice(&Error{Code: "not-found", Status: http.StatusNotFound}))
	router.MethodNotAllowed(s.byVoice(&Error{Code: "method-not-allowed", Status: http.StatusMethodNotAllowed}))

	router.Handle(s.base+"/static/*", http.StripPrefix(s.base, s.cfg.Assets.Handler()))
	router.Route(s.base+"/", func(router chi.Router) {
		router.Get("/", s.page(s.home))
		router.Get("/apps", s.page(s.apps))
		router.Get("/apps/{app}", s.page(s.app))
		router.Post("/apps/{app}/choice", s.page(s.choose))
		router.Get("/apps/{app}/add-account", s.page(s.addAccountForm))
		router.Post("/apps/{app}/add-account", s.page(s.addAccount))
		router.Post("/attempts/{attempt}/check", s.page(s.checkAttempt))
		router.Post("/attempts/{attempt}/cancel", s.page(s.cancelAttempt))
		router.Post("/attempts/{attempt}/restart", s.page(s.restartAttempt))
		router.Post("/sign-out", s.page(s.signOut))

		s.zapRoutes(router)
		s.draftRoutes(router)

		// What a popup shows first or last carries no opener policy: one page with it would cut the
		// popup from its opener for good (popup.md, M4).
		router.Group(func(router chi.Router) {
			router.Use(withoutOpenerPolicy)
			router.Get("/attempts/{attempt}/start", s.page(s.startAttempt))
			router.Get("/sign-in", s.page(s.signIn))
			router.Get(CallbackPath, s.page(s.signInCallback))
			router.Get("/sign-in/done", s.page(s.signInDone))
			router.Get(signInFailedPath, s.page(s.signInFailed))
		})

		router.Route("/api", s.apiRoutes)
	})
	return router
}

// zapRoutes are the person's Zaps, and the ways to start one.
func (s *Server) zapRoutes(router chi.Router) {
	router.Get("/zaps", s.page(s.zaps))
	router.Get("/zaps/new", s.page(s.newZap))
	router.Post("/zaps/new", s.page(s.startBlank))
	router.Post("/zaps/new/guess", s.page(s.startFromWords))
	router.Post("/zaps/new/template", s.page(s.startFromTemplate))
	router.Get("/zaps/{zap}", s.page(s.zap))
	router.Post("/zaps/{zap}/rename", s.page(s.renameZap))
	router.Post("/zaps/{zap}/enable", s.page(s.enableZap))
	router.Get("/zaps/{zap}/delete", s.page(s.askDeleteZap))
	router.Post("/zaps/{zap}/delete", s.page(s.deleteZap))
	router.Post("/zaps/{zap}/edit", s.page(s.editZap))
}

// draftRoutes are the Zap that is being built.
func (s *Server) draftRoutes(router chi.Router) {
	router.Get("/drafts/{draft}", s.building(s.draft))
	router.Post("/drafts/{draft}/title", s.building(s.renameDraft))
	router.Get("/drafts/{draft}/delete", s.building(s.askDeleteDraft))
	router.Post("/drafts/{draft}/delete", s.building(s.deleteDraft))
	router.Post("/drafts/{draft}/publish", s.building(s.publish))
	router.Post("/drafts/{draft}/publish-again", s.building(s.publishAgain))
	router.Post("/drafts/{draft}/look", s.building(s.look))
	router.Post("/drafts/{draft}/steps", s.building(s.addStep))
	router.Get("/drafts/{draft}/steps/{step}", s.building(s.step))
	router.Post("/drafts/{draft}/steps/{step}/remove", s.building(s.removeStep))
	router.Post("/drafts/{draft}/steps/{step}/move", s.building(s.moveStep))
	router.Get("/drafts/{draft}/steps/{step}/app", s.atStage(templates.StageApp, s.stepApp))
	router.Post("/drafts/{draft}/steps/{step}/app", s.atStage(templates.StageApp, s.chooseApp))
	router.Get("/drafts/{draft}/steps/{step}/action", s.atStage(templates.StageAction, s.stepAction))
	router.Post("/drafts/{draft}/steps/{step}/action", s.atStage(templates.StageAction, s.chooseAction))
	router.Get("/drafts/{draft}/steps/{step}/account", s.atStage(templates.StageAccount, s.stepAccount))
	router.Post("/drafts/{draft}/steps/{step}/account", s.atStage(templates.StageAccount, s.chooseAccount))
	router.Get("/drafts/{draft}/steps/{step}/fields", s.atStage(templates.StageFields, s.stepFields))
	router.Post("/drafts/{draft}/steps/{step}/fields", s.atStage(templates.StageFields, s.saveFields))
	router.Get("/drafts/{draft}/steps/{step}/test", s.atStage(templates.StageTest, s.stepTest))
	router.Post("/drafts/{draft}/steps/{step}/test", s.atStage(templates.StageTest, s.testStep))
}

// apiRoutes are the JSON API, and Zapier's own below it.
func (s *Server) apiRoutes(router chi.Router) {
	router.Use(s.withOwnHeader)
	router.Get("/session", s.api(s.apiSession))
	router.Get("/events", s.api(s.apiEvents))
	router.Post("/attempts", s.api(s.apiCreateAttempt))
	router.Get("/attempts/{attempt}", s.api(s.apiGetAttempt))
	router.Post("/attempts/{attempt}/check", s.api(s.apiCheckAttempt))
	router.Post("/attempts/{attempt}/cancel", s.api(s.apiCancelAttempt))
	router.Handle("/zapier/v1/*", s.api(s.proxy))
	router.Handle("/zapier/v2/*", s.api(s.proxy))
}

// Routes lists every route as "METHOD /path", sorted, without the prefix of PUBLIC_URL. The tests of the
// documentation hold docs/api.md to it. What answers every method (the static files) is not one of them.
func (s *Server) Routes() ([]string, error) {
	var routes []string
	err := chi.Walk(s.routes(), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if !strings.HasSuffix(route, "*") {
			routes = append(routes, method+" "+strings.TrimPrefix(route, s.base))
		}
		return nil
	})
	slices.Sort(routes)
	return routes, err
}
