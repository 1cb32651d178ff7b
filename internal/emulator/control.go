package emulator

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// controlRoutes are the emulator's own switches, the same ones the typed calls
// give a test: a page with forms, and JSON for programs. Forms that another site
// sends are refused; whoever can open the page may use it, since nothing behind
// it is real.
func (e *Emulator) controlRoutes(r chi.Router) {
	r.Use(e.sameOriginPosts)

	r.Get("/emulator", e.page(e.controlPage))
	r.Post("/emulator/popup", e.page(e.formPopup))
	r.Post("/emulator/popup/release", e.page(e.formRelease))
	r.Post("/emulator/faults", e.page(e.formArm))
	r.Post("/emulator/faults/clear", e.page(e.formDisarm))
	r.Post("/emulator/authentications", e.page(e.formAdd))
	r.Post("/emulator/authentications/{id}/expire", e.page(e.formExpire))
	r.Post("/emulator/tokens/expire", e.page(e.formExpireTokens))
	r.Post("/emulator/grants/revoke", e.page(e.formRevoke))
	r.Post("/emulator/authentications/{id}/refresh", e.page(e.formRefresh))
	r.Post("/emulator/third-parties", e.page(e.formParty))
	r.Post("/emulator/limits", e.page(e.formLimits))
	r.Post("/emulator/zaps/{id}/trigger", e.page(e.formFireZap))
	r.Post("/emulator/zaps/{id}/pause", e.page(e.formPauseZap))
	r.Post("/emulator/reset", e.page(e.formReset))

	r.Route("/emulator/api", func(r chi.Router) {
		r.NotFound(e.control(func(http.ResponseWriter, *http.Request) error { return notFound("There is no such path.") }))
		r.MethodNotAllowed(e.wrongMethod(e.speakControl))
		r.Get("/state", e.control(e.jsonState))
		r.Get("/requests", e.control(e.jsonRequests))
		r.Get("/popup", e.control(e.jsonPopup))
		r.Put("/popup", e.control(e.jsonSetPopup))
		r.Post("/popup/release", e.control(e.jsonRelease))
		r.Get("/faults", e.control(e.jsonFaults))
		r.Post("/faults", e.control(e.jsonArm))
		r.Delete("/faults", e.control(e.jsonDisarm))
		r.Get("/authentications", e.control(e.jsonAuthentications))
		r.Post("/authentications", e.control(e.jsonAdd))
		r.Post("/authentications/{id}/expire", e.control(e.jsonExpire))
		r.Put("/revive-on-reconnect", e.control(e.jsonRevive))
		r.Post("/tokens/expire", e.control(e.jsonExpireTokens))
		r.Post("/grants/revoke", e.control(e.jsonRevoke))
		r.Post("/authentications/{id}/refresh", e.control(e.jsonRefresh))
		r.Get("/third-parties", e.control(e.jsonParties))
		r.Put("/third-parties/{app}", e.control(e.jsonSetParty))
		r.Get("/limits", e.control(e.jsonLimits))
		r.Put("/limits", e.control(e.jsonSetLimits))
		r.Get("/readings", e.control(e.jsonReadings))
		r.Put("/readings", e.control(e.jsonSetReadings))
		r.Get("/coverage", e.control(e.jsonCoverage))
		r.Post("/seed", e.control(e.jsonSeed))
		r.Post("/reset", e.control(e.jsonReset))
		e.zapControlRoutes(r)
	})
}

// control is a handler for programs.
func (e *Emulator) control(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if err := h(w, r); err != nil {
			e.fail(w, r, e.speakControl, err)
		}
	}
}

// speakControl answers programs that steer the emulator, in one sentence.
func (e *Emulator) speakControl(w http.ResponseWriter, _ *http.Request, p *problem) {
	writeJSON(w, p.status, map[string]string{"error": p.detail})
}

// refused is an error of a typed call, told to whoever sent the same by HTTP.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return badPage("Refused", err.Error())
}
