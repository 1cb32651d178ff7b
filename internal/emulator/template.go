package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// defaultV1Limit is that of Zap templates and Zaps in v1 (api.md 2.4).
const defaultV1Limit = 5

// template is a Zap that others can start from (api.md 2.6).
type template struct {
	id          int
	title, slug string
	apps        []App
}

// templateTable pairs what begins with what ends a Zap.
func templateTable(apps []App) []template {
	pairs := []struct{ from, to string }{
		{"superexamplecrm", "platformadmanager"}, {"superexamplecrm", "marigold-mail"}, {"superexamplecrm", "gridwork-sheets"},
		{"superexamplecrm", "pondside-chat"}, {"formella", "superexamplecrm"}, {"formella", "gridwork-sheets"},
		{"stallhaven", "ledgerleaf"}, {"stallhaven", "cratewise-shipping"}, {"meetbrook", "almanac-calendar"},
		{"brightdesk", "pondside-chat"}, {"gitterbox", "taskery"}, {"buildbeacon", "pondside-chat"},
		{"gridwork-sheets", "marigold-mail"}, {"taskery", "quillpad-notes"},
	}
	bySlug := map[string]App{}
	for _, app := range apps {
		bySlug[app.Slug] = app
	}
	things := thingTable()
	var templates []template
	for i, pair := range pairs {
		from, to := bySlug[pair.from], bySlug[pair.to]
		templates = append(templates, template{
			id:    4100 + 7*i,
			title: fmt.Sprintf("Create %s in %s from new %s in %s", things[pair.to][0].plural, to.Title, things[pair.from][0].plural, from.Title),
			slug:  "create-" + strings.ReplaceAll(snake(things[pair.to][0].plural), "_", "-") + "-from-" + pair.from,
			apps:  []App{from, to},
		})
	}
	return templates
}

// has reports whether an App is in a template, by id, slug or API name.
func (t template) has(name string) bool {
	return slices.ContainsFunc(t.apps, func(a App) bool {
		api, _, _ := strings.Cut(a.api(), "@")
		given, _, _ := strings.Cut(name, "@")
		return name == a.ID || name == a.Slug || given == api
	})
}

func (d *directory) inTemplateWith(app, other string) bool {
	return slices.ContainsFunc(d.templates, func(t template) bool { return t.has(app) && t.has(other) })
}

type templateBody struct {
	ID          int                `json:"id"`
	Title       string             `json:"title"`
	Slug        string             `json:"slug"`
	Status      string             `json:"status"`
	Description string             `json:"description"`
	Plain       string             `json:"description_plain"`
	Raw         string             `json:"description_raw"`
	URL         string             `json:"url"`
	CreateURL   string             `json:"create_url"`
	Type        string             `json:"type"`
	Steps       []templateStepBody `json:"steps"`
}

type templateStepBody struct {
	ID          int               `json:"id"`
	UUID        string            `json:"uuid"`
	Title       string            `json:"title"`
	Slug        string            `json:"slug"`
	Description string            `json:"description"`
	Image       string            `json:"image"`
	HexColor    string            `json:"hex_color"`
	Images      map[string]string `json:"images"`
	API         string            `json:"api"`
	URL         string            `json:"url"`
	Label       *string           `json:"label"`
}

// templatesList serves GET /v1/zap-templates (api.md 2.6): a bare array. The
// partner's own App is always implied, if it has one.
func (e *Emulator) templatesList(w http.ResponseWriter, r *http.Request) error {
	client, err := e.client(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	page, err := parseWindowFrom(query, defaultV1Limit)
	if err != nil {
		return err
	}
	wanted, ids := listOf(query.Get("apps")), listOf(query.Get("templates"))
	if client.App != "" {
		wanted = append(wanted, client.App)
	}
	found := []template{}
	for _, t := range e.directory.templates {
		missing := slices.ContainsFunc(wanted, func(name string) bool { return !t.has(name) })
		if !missing && (len(ids) == 0 || slices.Contains(ids, strconv.Itoa(t.id))) {
			found = append(found, t)
		}
	}
	bodies := []templateBody{}
	for _, t := range cut(found, page) {
		bodies = append(bodies, e.templateBody(client, t))
	}
	writeJSON(w, http.StatusOK, bodies)
	return nil
}

// listOf is a comma list; nil when there is none.
func listOf(text string) []string {
	if text == "" {
		return nil
	}
	return splitTrimmed(text)
}

func (e *Emulator) templateBody(client Client, t template) templateBody {
	plain := t.title + ", without copying anything by hand."
	body := templateBody{
		ID: t.id, Title: t.title, Slug: t.slug, Status: "published", Type: "guided_zap",
		Description: "<p>" + plain + "</p>", Plain: plain, Raw: "**" + t.title + "**, without copying anything by hand.",
		URL:       fmt.Sprintf("%s/shared/%s/%d", e.webURL, t.slug, t.id),
		CreateURL: fmt.Sprintf("%s/v1/embed/%s/create/%d", e.apiURL, e.slugOf(client), t.id),
		Steps:     []templateStepBody{},
	}
	for _, app := range t.apps {
		step := e.stepApp(app)
		body.Steps = append(body.Steps, templateStepBody{
			ID: step.ID, UUID: step.UUID, Title: step.Title, Slug: step.Slug, Description: step.Description,
			Image: step.Image, HexColor: step.HexColor, Images: step.Images, API: step.API, URL: step.URL,
		})
	}
	return body
}
