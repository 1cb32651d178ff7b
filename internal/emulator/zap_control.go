package emulator

import (
	"net/http"

	"github.com/go-chi/chi/v5"
)

// zapControlRoutes let a program make happen what time would: they are part of
// the emulator's own switches.
func (e *Emulator) zapControlRoutes(r chi.Router) {
	r.Post("/zaps/{id}/trigger", e.control(e.jsonFireZap))
	r.Post("/zaps/{id}/pause", e.control(e.jsonPauseZap))
}

func (e *Emulator) jsonFireZap(w http.ResponseWriter, r *http.Request) error {
	status, err := e.FireZap(pathValue(r, "id"))
	if err != nil {
		return refused(err)
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": status})
	return nil
}

func (e *Emulator) jsonPauseZap(w http.ResponseWriter, r *http.Request) error {
	return empty(w, e.PauseZap(pathValue(r, "id")))
}
