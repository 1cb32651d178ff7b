package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// maxPerPage is the most, and the usual, of GET /v1/apps (api.md 2.4).
const maxPerPage = 100

type appV1Body struct {
	UUID        string              `json:"uuid"`
	Title       string              `json:"title"`
	Slug        string              `json:"slug"`
	Description string              `json:"description"`
	Image       string              `json:"image"`
	URL         string              `json:"url"`
	Links       map[string]string   `json:"links"`
	Categories  []map[string]string `json:"categories"`
	Images      map[string]string   `json:"images"`
	AppLatest   string              `json:"app_latest"`
}

type appsV1Body struct {
	Total   int         `json:"total"`
	Page    int         `json:"page"`
	Pages   int         `json:"pages"`
	PerPage int         `json:"per_page"`
	Objects []appV1Body `json:"objects"`
	PrevURL *string     `json:"prev_url"`
	NextURL *string     `json:"next_url"`
}

// client is the partner a client_id names; without one the answer is 401 (api.md 2.2).
func (e *Emulator) client(r *http.Request) (Client, error) {
	client, known := e.clients[r.URL.Query().Get("client_id")]
	if !known {
		return Client{}, unauthenticated("client_id is missing or unknown.")
	}
	return client, nil
}

// appsV1List serves GET /v1/apps (api.md 2.6), most popular first, without the
// partner's own App and the built-in ones.
func (e *Emulator) appsV1List(w http.ResponseWriter, r *http.Request) error {
	client, err := e.client(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := intParameter(query, "page", 1, 1, 1_000_000)
	if err != nil {
		return err
	}
	per, err := intParameter(query, "per_page", maxPerPage, 1, maxPerPage)
	if err != nil {
		return err
	}
	if category := query.Get("category"); category != "" && !e.directory.hasCategory(category) {
		return invalidParameter("category", "There is no such category.")
	}
	apps := e.directory.searchV1(client, query)
	body := appsV1Body{
		Total: len(apps), Page: page, Pages: (len(apps) + per - 1) / per, PerPage: per, Objects: []appV1Body{},
	}
	for _, app := range cut(apps, window{per, (page - 1) * per}) {
		body.Objects = append(body.Objects, e.appV1Body(client, app))
	}
	if page*per < len(apps) {
		body.NextURL = e.numberedURL(r, "page", page+1)
	}
	if page > 1 {
		body.PrevURL = e.numberedURL(r, "page", page-1)
	}
	e.writeEnveloped(w, body)
	return nil
}

func (d *directory) searchV1(client Client, query url.Values) []App {
	category := query.Get("category")
	part, start := strings.ToLower(query.Get("title_search")), strings.ToLower(query.Get("title_starts_with"))
	found := []App{}
	for _, app := range d.apps {
		title := strings.ToLower(app.Title)
		if !app.builtIn() && app.ID != client.App &&
			(category == "" || slices.Contains(app.Categories, category)) &&
			strings.Contains(title, part) && strings.HasPrefix(title, start) &&
			(!query.Has("is_in_zap_template_with") || d.inTemplateWith(app.ID, client.App)) {
			found = append(found, app)
		}
	}
	return found
}

// builtIn Apps are Zapier's own tools (api.md 7, contradiction 11: v1 hides them, v2 does not).
func (a App) builtIn() bool { return slices.Contains(a.Categories, "built-in") }

// latest is the name of an App in prefilled links (api.md 4, "Templates and prefill").
func (a App) latest() string {
	name, _, _ := strings.Cut(a.api(), "@")
	return name + "@latest"
}

func (e *Emulator) appV1Body(client Client, app App) appV1Body {
	v2 := e.appBody(app, false)
	return appV1Body{
		UUID: app.ID, Title: app.Title, Slug: app.Slug, Description: app.Description, Image: v2.Image,
		URL:        e.apiURL + "/v1/embed/apps/" + e.slugOf(client) + "/integrations/" + app.Slug,
		Links:      map[string]string{"mutual:zap_templates": e.apiURL + "/v1/zap-templates?apps=" + app.Slug + "&" + trackingQuery},
		Categories: v2.Categories, Images: v2.Images, AppLatest: app.latest(),
	}
}

// slugOf names a partner in links: by its App, or by its id when it has none.
func (e *Emulator) slugOf(client Client) string {
	if app, known := e.directory.app(client.App); known {
		return app.Slug
	}
	return url.PathEscape(client.ID)
}
