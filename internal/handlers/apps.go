package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/session"
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
	view, found, err := s.directory(w, r, state, "/apps")
	if err != nil || !found {
		return err
	}
	return s.render(w, r, http.StatusOK, templates.AppsPage(view))
}

// directory is the part of the directory that the query asks for, with links to its other pages at path. A page that is
// not there has been answered by leading to the first one.
func (s *Server) directory(w http.ResponseWriter, r *http.Request, state session.State, path string) (templates.Apps, bool, error) {
	asked := r.URL.Query()
	asked.Set("query", strings.TrimSpace(asked.Get("query")))
	number := pageNumber(asked)
	categories, err := s.categories(r, state)
	if err != nil {
		return templates.Apps{}, false, err
	}
	found, err := s.zapierFor(state).AsPartner().ListApps(r.Context(), zapier.ListAppsOptions{
		Query:    asked.Get("query"),
		Category: asked.Get("category"),
		Offset:   (number - 1) * appsPerPage,
		Limit:    appsPerPage,
	})
	if err != nil {
		return templates.Apps{}, false, err
	}
	if len(found.Data) == 0 && number > 1 {
		http.Redirect(w, r, s.pageLink(path, asked, 1), http.StatusSeeOther)
		return templates.Apps{}, false, nil
	}
	view := templates.Apps{
		Page:             s.newPage(r, state),
		Query:            asked.Get("query"),
		Categories:       categoryViews(categories, asked.Get("category")),
		Total:            found.Total,
		CategoriesUnread: len(categories) == 0,
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
		view.Previous = s.pageLink(path, asked, number-1)
	}
	if found.Next > 0 {
		view.Next = s.pageLink(path, asked, number+1)
	}
	return view, true, nil
}

// categories are none when they cannot be read just now: the directory is of use without them.
func (s *Server) categories(r *http.Request, state session.State) ([]zapier.Category, error) {
	categories, err := s.zapierFor(state).AsPartner().ListCategories(r.Context())
	if err != nil {
		told := asError(partnerError(err))
		if told.Status == http.StatusUnauthorized {
			return nil, told
		}
		s.logError(r, told)
	}
	return categories, nil
}

// pageNumber reads ?page=; anything that is no page is the first one.
func pageNumber(asked url.Values) int {
	number, err := strconv.Atoi(asked.Get("page"))
	if err != nil || number < 1 || number > 10_000 {
		return 1
	}
	return number
}

// pageLink keeps the search and moves to another page.
func (s *Server) pageLink(path string, asked url.Values, number int) string {
	link := url.Values{}
	for _, name := range []string{"query", "category", "state", "status"} {
		if value := asked.Get(name); value != "" {
			link.Set(name, value)
		}
	}
	if number > 1 {
		link.Set("page", strconv.Itoa(number))
	}
	target := url.URL{Path: s.base + path, RawQuery: link.Encode()}
	return target.String()
}

// categoryViews are the categories to choose from. The one that is asked for is among them, whether it is known or not.
func categoryViews(categories []zapier.Category, selected string) []templates.Category {
	views := make([]templates.Category, 0, len(categories))
	known := selected == ""
	for _, category := range categories {
		views = append(views, templates.Category{
			Slug: category.Slug, Title: category.Title, Selected: category.Slug == selected,
		})
		known = known || category.Slug == selected
	}
	if !known {
		views = append(views, templates.Category{Slug: selected, Title: selected, Selected: true})
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

// icon prefers the size that pages show, doubled for dense screens. What is no address of a picture is none.
func icon(app zapier.App) string {
	if image := cmp.Or(app.Images.URL128, app.Image); leadsOut(image) {
		return image
	}
	return ""
}
