package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

type zapV1Body struct {
	ID       int             `json:"id"`
	Title    string          `json:"title"`
	State    string          `json:"state"`
	Steps    []zapStepV1Body `json:"steps"`
	URL      string          `json:"url"`
	Modified string          `json:"modified_at"`
}

type zapStepV1Body struct {
	TypeOf string         `json:"type_of"`
	App    stepAppBody    `json:"app"`
	Params map[string]any `json:"params"`
}

// stepAppBody is an App as steps of v1 have it.
type stepAppBody struct {
	ID          int               `json:"id"`
	UUID        string            `json:"uuid"`
	Title       string            `json:"title"`
	Slug        string            `json:"slug"`
	Description string            `json:"description"`
	HexColor    string            `json:"hex_color"`
	Image       string            `json:"image"`
	Images      map[string]string `json:"images"`
	API         string            `json:"api"`
	URL         string            `json:"url"`
}

func (e *Emulator) stepApp(app App) stepAppBody {
	v2 := e.appBody(app, false)
	number := 4000 + slices.IndexFunc(e.directory.apps, func(a App) bool { return a.ID == app.ID })
	return stepAppBody{
		ID: number, UUID: app.ID, Title: app.Title, Slug: app.Slug, Description: app.Description, HexColor: app.HexColor,
		Image: v2.Image, Images: v2.Images, API: app.api(), URL: e.webURL + "/apps/" + app.Slug + "/integrations?" + trackingQuery,
	}
}

// zapsV1List serves GET /v1/zaps (api.md 2.6): the user's Zaps that use the
// partner's App, newest first.
func (e *Emulator) zapsV1List(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "zap")
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := parseWindowFrom(query, defaultV1Limit)
	if err != nil {
		return err
	}
	client := e.clients[token.grant.client]
	zaps := e.state.listZaps(func(z *Zap) bool {
		return z.User == token.user && client.ofPartner(z) && z.hasParams(query)
	})
	objects := []zapV1Body{}
	for _, z := range cut(zaps, page) {
		objects = append(objects, e.zapV1Body(z, client, query.Has("get_params")))
	}
	next, previous := e.neighbours(r, page, len(zaps))
	e.writeEnveloped(w, map[string]any{"next": next, "previous": previous, "count": len(zaps), "objects": objects})
	return nil
}

// hasParams is the filter params__KEY=VALUE.
func (z *Zap) hasParams(query url.Values) bool {
	for name := range query {
		if key, found := strings.CutPrefix(name, "params__"); found && !z.hasInput(key, []string{query.Get(name)}) {
			return false
		}
	}
	return true
}

// zapV1Body shows params only of the partner's own App's steps, and only when asked.
func (e *Emulator) zapV1Body(z Zap, client Client, params bool) zapV1Body {
	body := zapV1Body{
		ID: z.Number, Title: z.Title, State: map[bool]string{true: "on", false: "off"}[z.Enabled],
		Steps: []zapStepV1Body{}, URL: e.editorURL(z.Number), Modified: z.Updated.UTC().Format(time.RFC3339),
	}
	for _, step := range z.Steps {
		app, _ := e.directory.app(step.App)
		shown := zapStepV1Body{TypeOf: typeOf(step.Type), App: e.stepApp(app)}
		if params && step.App == client.App {
			shown.Params = step.Inputs
		}
		body.Steps = append(body.Steps, shown)
	}
	return body
}

// typeOf is the older name of an action type.
func typeOf(kind string) string {
	switch kind {
	case typeReadBulk:
		return "read"
	case typeSearchAndWrite:
		return "search_or_write"
	}
	return strings.ToLower(kind)
}
