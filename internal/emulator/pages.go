package emulator

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// contentPolicy allows what the pages use and nothing else. There is no
// form-action: the consent form's answer redirects to the partner's own origin,
// which the directive would silently block.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// render writes a page whole or not at all.
func (e *Emulator) render(w http.ResponseWriter, r *http.Request, status int, page templ.Component) error {
	var buffer bytes.Buffer
	if err := page.Render(r.Context(), &buffer); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(buffer.Bytes()) // the browser may be gone; there is nobody left to tell
	return nil
}

// speakPage answers people.
func (e *Emulator) speakPage(w http.ResponseWriter, r *http.Request, p *problem) {
	e.limitHeaders(w, p)
	if err := e.render(w, r, p.status, pages.Problem(pages.ProblemView{Status: p.status, Title: p.title, Detail: p.detail})); err != nil {
		http.Error(w, p.title, p.status)
	}
}

// asset serves the stylesheet and the scripts of the pages.
func (e *Emulator) asset(w http.ResponseWriter, r *http.Request) {
	name := chi.URLParam(r, "name")
	content := pages.Asset(name)
	if content == nil {
		e.speakPage(w, r, notFound("There is no such file."))
		return
	}
	kind := "text/css; charset=utf-8"
	if strings.HasSuffix(name, ".js") {
		kind = "text/javascript; charset=utf-8"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(content) // the browser may be gone; there is nobody left to tell
}
