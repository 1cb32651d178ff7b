package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

type appBody struct {
	ID          string              `json:"id"`
	Type        string              `json:"type"`
	Title       string              `json:"title"`
	Description string              `json:"description"`
	Image       string              `json:"image"`
	Images      map[string]string   `json:"images"`
	HexColor    string              `json:"hex_color"`
	Categories  []map[string]string `json:"categories"`
	ActionTypes []string            `json:"action_types"`
	Links       map[string]*string  `json:"links"`
}

// appsList serves GET /v2/apps (api.md 2.7), most popular first. Its previous
// page is spelled links.previous, unlike every other v2 list.
func (e *Emulator) appsList(w http.ResponseWriter, r *http.Request) error {
	byUser, err := e.authorizedOrClient(r, "zap")
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := parseWindow(query)
	if err != nil {
		return err
	}
	page = page.small()
	apps, err := e.directory.search(query)
	if err != nil {
		return err
	}
	data := []appBody{}
	for _, app := range cut(apps, page) {
		data = append(data, e.appBody(app, byUser))
	}
	next, previous := e.neighbours(r, page, len(apps))
	e.writeEnveloped(w, map[string]any{
		"data":  data,
		"meta":  meta{len(apps), page.limit, page.offset},
		"links": map[string]*string{"next": next, "previous": previous},
	})
	return nil
}

// search narrows by category or ids, and by a part of the title in any case
// (api.md 7, unknown 11).
func (d *directory) search(query url.Values) ([]App, error) {
	ids, category := query.Get("ids"), query.Get("category")
	if ids != "" && category != "" {
		return nil, invalidParameter("ids", "ids cannot be combined with category.")
	}
	if category != "" && !d.hasCategory(category) {
		return nil, invalidParameter("category", "There is no such category.")
	}
	wanted, err := parseIDs(ids)
	if err != nil {
		return nil, err
	}
	title := strings.ToLower(query.Get("query"))
	found := []App{}
	for _, app := range d.apps {
		if (len(wanted) == 0 || slices.Contains(wanted, app.ID)) &&
			(category == "" || slices.Contains(app.Categories, category)) &&
			strings.Contains(strings.ToLower(app.Title), title) {
			found = append(found, app)
		}
	}
	return found, nil
}

func parseIDs(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	ids := strings.Split(strings.ToLower(text), ",")
	for _, id := range ids {
		if !isUUID(id) {
			return nil, invalidParameter("ids", "ids must be App UUIDs, separated by commas.")
		}
	}
	return ids, nil
}

// isUUID is asked for every item of every list, so it is no regular expression.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, r := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdefABCDEF", r) {
			return false
		}
	}
	return true
}

func (e *Emulator) appBody(app App, byUser bool) appBody {
	icon := e.webURL + "/icons/" + app.Slug + ".svg"
	categories := []map[string]string{}
	for _, slug := range app.Categories {
		categories = append(categories, map[string]string{"slug": slug})
	}
	return appBody{
		ID: app.ID, Type: "app", Title: app.Title, Description: app.Description, Image: icon,
		Images: map[string]string{
			"url_16x16": icon + "?size=16", "url_32x32": icon + "?size=32",
			"url_64x64": icon + "?size=64", "url_128x128": icon + "?size=128",
		},
		HexColor: app.HexColor, Categories: categories, ActionTypes: app.ActionTypes, Links: e.appLinks(app, byUser),
	}
}

// appLinks is empty for a client id: an empty object there does not mean that
// the App needs no authentication (api.md 2.7; 7, unknown 10).
func (e *Emulator) appLinks(app App, byUser bool) map[string]*string {
	switch {
	case !byUser:
		return map[string]*string{}
	case app.Scheme == SchemeNone:
		return map[string]*string{"connect_new_authentication": nil}
	}
	link := e.webURL + "/engine/auth/start/" + app.api() + "?redirect=" + url.QueryEscape(e.connectRedirectURL())
	return map[string]*string{"connect_new_authentication": &link}
}
