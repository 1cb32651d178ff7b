package emulator

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
)

// handler answers, or returns what went wrong for its voice to tell.
type handler func(http.ResponseWriter, *http.Request) error

// routes is the whole surface. Every path is served with and without a trailing
// slash, because Zapier's own documents write both (api.md 2.1, 7.3).
func (e *Emulator) routes() chi.Router {
	r := chi.NewRouter()
	r.Use(e.record)
	r.Use(middleware.StripSlashes)
	r.NotFound(e.page(e.noSuchPage))
	r.MethodNotAllowed(e.page(func(http.ResponseWriter, *http.Request) error { return methodNotAllowed() }))

	// What stands for api.zapier.com.
	r.Route("/v1", e.v1Routes)
	r.Route("/v2", e.v2Routes)
	r.Post("/oauth/token", e.operation(OpOAuthToken, e.speakToken, e.token))

	// What stands for zapier.com, and the third parties behind it.
	r.Group(e.webRoutes)

	// The emulator's own.
	r.Get("/", e.page(e.landing))
	r.Get("/icons/{name}", e.page(e.icon))
	r.Get("/assets/{name}", e.asset)
	r.Group(e.controlRoutes)
	return r
}

func (e *Emulator) v1Routes(r chi.Router) {
	r.NotFound(e.noSuchPath(e.speakV1))
	r.MethodNotAllowed(e.wrongMethod(e.speakV1))
	r.Get("/profiles/me", e.operation(OpProfilesMe, e.speakV1, e.profilesMe))
	r.Get("/categories", e.operation(OpCategoriesList, e.speakV1, e.categoriesList))
	r.Get("/apps", e.operation(OpAppsV1List, e.speakV1, e.appsV1List))
	r.Get("/zap-templates", e.operation(OpTemplatesList, e.speakV1, e.templatesList))
	r.Get("/zaps", e.operation(OpZapsV1List, e.speakV1, e.zapsV1List))
}

func (e *Emulator) v2Routes(r chi.Router) {
	r.NotFound(e.noSuchPath(e.speakV2))
	r.MethodNotAllowed(e.wrongMethod(e.speakV2))
	r.Get("/apps", e.operation(OpAppsList, e.speakV2, e.appsList))
	r.Get("/authentications", e.operation(OpAuthenticationsList, e.speakV2, e.authenticationsList))
	r.Post("/authentications", e.operation(OpAuthenticationCreate, e.speakV2, e.authenticationsCreate))
	r.Get("/actions", e.operation(OpActionsList, e.speakV2, e.actionsList))
	r.Post("/actions/{action_id}/inputs", e.operation(OpInputsList, e.speakV2, e.inputsList))
	r.Post("/actions/{action_id}/inputs/{input_id}/choices", e.operation(OpChoicesList, e.speakV2, e.choicesList))
	r.Post("/actions/{action_id}/outputs", e.operation(OpOutputsList, e.speakV2, e.outputsList))
	r.Post("/actions/{action_id}/test", e.operation(OpActionTest, e.speakV2, e.actionTest))
	r.Post("/action-runs", e.operation(OpActionRunCreate, e.speakV2, e.actionRunsCreate))
	r.Get("/action-runs/{id}", e.operation(OpActionRunGet, e.speakV2, e.actionRunsGet))
	r.Get("/zaps", e.operation(OpZapsList, e.speakV2, e.zapsList))
	r.Post("/zaps", e.operation(OpZapCreate, e.speakV2, e.zapsCreate))
	r.Patch("/zaps/{id}", e.operation(OpZapUpdate, e.speakV2, e.zapsUpdate))
	r.Delete("/zaps/{id}", e.operation(OpZapDelete, e.speakV2, e.zapsDelete))
	r.Post("/zaps/{id}/enable", e.operation(OpZapEnable, e.speakV2, e.zapsEnable))
	r.Get("/zap-runs", e.operation(OpZapRunsList, e.speakV2, e.zapRunsList))
	r.Post("/guess", e.operation(OpGuess, e.speakGuess, e.guess))
	r.Get("/whitelabel/apps", e.operation(OpWhitelabelApps, e.speakV2, e.whitelabelApps))
	// Two pages for browsers that live on the API's host.
	r.Get("/authorize", e.operation(OpAuthorize, e.speakPage, e.authorize))
	r.Get("/authentications/redirect", e.page(e.connectRedirect))
}

func (e *Emulator) webRoutes(r chi.Router) {
	r.Use(e.sameOriginPosts)
	r.Get("/oauth/authorize", e.operation(OpOAuthAuthorize, e.speakPage, e.consent))
	r.Post("/oauth/authorize", e.operation(OpOAuthConsent, e.speakPage, e.decideConsent))
	r.Post("/login", e.operation(OpSignIn, e.speakPage, e.signIn))
	r.Post("/logout", e.page(e.signOut))
	r.Get("/engine/auth/start/{api}", e.operation(OpConnectStart, e.speakPage, e.connectStart))
	r.Post("/engine/auth/connect/{id}", e.operation(OpConnectFinish, e.speakPage, e.connectForm))
	r.Get("/engine/auth/return", e.operation(OpConnectFinish, e.speakPage, e.connectReturn))
	r.Route("/third-party/{slug}", e.partyRoutes)
	r.Get("/partner/popup-close", e.operation(OpPopupClose, e.speakPage, e.popupClose))
}

// operation is a handler with a name: it can be counted, logged and made to fail.
func (e *Emulator) operation(name string, speak voice, h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		visitOf(r).operation = name
		e.state.arrived(name)
		if p := e.overLimit(r, name); p != nil {
			speak(w, r, p)
			return
		}
		e.keepBody(r, name)
		e.serve(w, r, name, speak, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				e.fail(w, r, speak, err)
			}
		})
	}
}

// page is a handler for people that has no name.
func (e *Emulator) page(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			e.fail(w, r, e.speakPage, err)
		}
	}
}

func (e *Emulator) fail(w http.ResponseWriter, r *http.Request, speak voice, err error) {
	p := asProblem(err)
	if p.status >= http.StatusInternalServerError {
		e.logger.Error("request failed", "path", hidePopup(r.URL.Path), "error", err)
	}
	speak(w, r, p)
}

// noSuchPath answers 401 without a credential and 404 with one, as the real API
// was seen to (api.md 1.1).
func (e *Emulator) noSuchPath(speak voice) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := e.overLimit(r, ""); p != nil {
			speak(w, r, p)
			return
		}
		if e.knownClientID(r) {
			speak(w, r, notFound("Not found."))
			return
		}
		if _, err := e.bearer(r); err != nil {
			speak(w, r, asProblem(err))
			return
		}
		speak(w, r, notFound("Not found."))
	}
}

func (e *Emulator) wrongMethod(speak voice) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		p := e.overLimit(r, "")
		if p == nil {
			p = methodNotAllowed()
		}
		speak(w, r, p)
	}
}

func (e *Emulator) noSuchPage(http.ResponseWriter, *http.Request) error {
	return notFound("There is no such page in the emulator.")
}

// sameOriginPosts refuses forms that other sites send. The API and the token
// endpoint are not behind it: they take no cookie.
func (e *Emulator) sameOriginPosts(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(e.page(func(_ http.ResponseWriter, r *http.Request) error {
		return permissionDenied("This form was sent from another site: " + strings.TrimSpace(r.Header.Get("Origin")))
	}))
	return protection.Handler(next)
}
