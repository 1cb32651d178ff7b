package emulator

import (
	"net/http"
	"slices"
	"strings"
)

type whitelabelBody struct {
	Type      string            `json:"type"`
	ID        string            `json:"id"`
	Title     string            `json:"title"`
	Image     string            `json:"image"`
	IsOAuth   bool              `json:"is_oauth"`
	HasFields bool              `json:"has_fields"`
	HasBYOC   bool              `json:"has_byoc"`
	Links     map[string]string `json:"links"`
}

// whitelabelApps serves GET /v2/whitelabel/apps (api.md 2.19). Its credential is
// not declared: a client id or a token of any scope will do. The addresses in
// links lead nowhere here.
func (e *Emulator) whitelabelApps(w http.ResponseWriter, r *http.Request) error {
	if !e.knownClientID(r) {
		if _, err := e.bearer(r); err != nil {
			return err
		}
	}
	query := r.URL.Query()
	page, err := parseWindow(query)
	if err != nil {
		return err
	}
	category, search := query.Get("category"), strings.ToLower(query.Get("search"))
	if category != "" && !e.directory.hasCategory(category) {
		return invalidParameter("category", "There is no such category.")
	}
	found := []App{}
	for _, app := range e.directory.apps {
		if !app.builtIn() && (category == "" || slices.Contains(app.Categories, category)) && strings.Contains(strings.ToLower(app.Title), search) {
			found = append(found, app)
		}
	}
	data := []whitelabelBody{}
	for _, app := range cut(found, page) {
		data = append(data, e.whitelabelBody(app))
	}
	next, prev := e.neighbours(r, page, len(found))
	e.writeEnveloped(w, envelope(data, next, prev, meta{len(found), page.limit, page.offset}))
	return nil
}

func (e *Emulator) whitelabelBody(app App) whitelabelBody {
	oauth := app.Scheme == SchemeOAuth2
	return whitelabelBody{
		Type: "app", ID: app.ID, Title: app.Title, Image: e.appBody(app, false).Image,
		IsOAuth: oauth, HasFields: !oauth, HasBYOC: false,
		Links: map[string]string{
			"mcp_authorize_url": e.webURL + "/mcp/" + app.Slug + "/authorize",
			"mcp_server_url":    e.webURL + "/mcp/" + app.Slug,
		},
	}
}
