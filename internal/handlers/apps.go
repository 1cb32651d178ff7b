package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// appsPerPage fills a page of the directory in two, three or four columns alike.
const appsPerPage = 24

// apps is GET /apps: the directory, by the query parameters query, category and page (from 1).
func (s *Server) apps(w http.ResponseWriter, r *http.Request) error {
	state, err := s.person(r)
	if err != nil {
		return err
	}
	asked := r.URL.Query()
	asked.Set("query", strings.TrimSpace(asked.Get("query")))
	number := pageNumber(asked)
	client := s.zapierFor(state)
	// The directory is of use without its categories.
	categories, err := client.ListCategories(r.Context())
	if err != nil {
		told := asError(err)
		if told.Status == http.StatusUnauthorized {
			return told
		}
		s.logError(r, told)
	}
	found, err := client.ListApps(r.Context(), zapier.ListAppsOptions{
		Query:    asked.Get("query"),
		Category: asked.Get("category"),
		Offset:   (number - 1) * appsPerPage,
		Limit:    appsPerPage,
	})
	if err != nil {
		return err
	}
	view := templates.Apps{
		Page:       s.newPage(r, state),
		Query:      asked.Get("query"),
		Category:   asked.Get("category"),
		Categories: categoryViews(categories, asked.Get("category")),
		Total:      found.Total,
	}
	for _, app := range found.Data {
		card := appView(app)
		card.Categories = categoryTitles(app, categories)
		view.Apps = append(view.Apps, card)
	}
	if len(view.Apps) > 0 {
		view.First = (number-1)*appsPerPage + 1
		view.Last = view.First + len(view.Apps) - 1
	}
	if number > 1 {
		view.Previous = s.appsLink(asked, number-1)
	}
	if found.Next > 0 {
		view.Next = s.appsLink(asked, number+1)
	}
	return s.render(w, r, http.StatusOK, templates.AppsPage(view))
}

// pageNumber reads ?page=; anything that is no page is the first one.
func pageNumber(asked url.Values) int {
	number, err := strconv.Atoi(asked.Get("page"))
	if err != nil || number < 1 || number > 10_000 {
		return 1
	}
	return number
}

// appsLink keeps the search and moves to another page.
func (s *Server) appsLink(asked url.Values, number int) string {
	link := url.Values{}
	for _, name := range []string{"query", "category"} {
		if value := asked.Get(name); value != "" {
			link.Set(name, value)
		}
	}
	if number > 1 {
		link.Set("page", strconv.Itoa(number))
	}
	target := url.URL{Path: s.base + "/apps", RawQuery: link.Encode()}
	return target.String()
}

func categoryViews(categories []zapier.Category, selected string) []templates.Category {
	views := make([]templates.Category, 0, len(categories))
	for _, category := range categories {
		views = append(views, templates.Category{
			Slug: category.Slug, Title: category.Title, Selected: category.Slug == selected,
		})
	}
	return views
}

func appView(app zapier.App) templates.App {
	return templates.App{
		ID: app.ID, Title: app.Title, Description: app.Description, Image: icon(app), Color: app.HexColor,
	}
}

// categoryTitles names an App's categories by their titles where the directory knows them, else by their slugs.
func categoryTitles(app zapier.App, categories []zapier.Category) []string {
	known := make(map[string]string, len(categories))
	for _, category := range categories {
		known[category.Slug] = category.Title
	}
	var titles []string
	for _, category := range app.Categories {
		titles = append(titles, cmp.Or(known[category.Slug], category.Slug))
	}
	return titles
}

// icon prefers the size that pages show, doubled for dense screens.
func icon(app zapier.App) string {
	if app.Images.URL128 != "" {
		return app.Images.URL128
	}
	return app.Image
}
