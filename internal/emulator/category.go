package emulator

import "net/http"

// categoriesList serves GET /v1/categories (api.md 2.4, 2.6). It needs no credential.
func (e *Emulator) categoriesList(w http.ResponseWriter, r *http.Request) error {
	page, err := parseWindow(r.URL.Query())
	if err != nil {
		return err
	}
	next, previous := e.neighbours(r, page, len(e.directory.categories))
	objects := []any{}
	for _, c := range cut(e.directory.categories, page) {
		objects = append(objects, e.categoryBody(c))
	}
	e.writeEnveloped(w, struct {
		Next     *string `json:"next"`
		Previous *string `json:"previous"`
		Count    int     `json:"count"`
		Objects  []any   `json:"objects"`
	}{next, previous, len(e.directory.categories), objects})
	return nil
}

func (e *Emulator) categoryBody(c category) any {
	return struct {
		ID                int     `json:"id"`
		Title             string  `json:"title"`
		Slug              string  `json:"slug"`
		Description       string  `json:"description"`
		URL               string  `json:"url"`
		TypeOf            string  `json:"type_of"`
		FeaturedEntrySlug *string `json:"featured_entry_slug"`
		Role              string  `json:"role"`
	}{c.ID, c.Title, c.Slug, c.Description, e.webURL + "/api/v4/app-directory/categories/" + c.Slug + "/", "curated", nil, c.Role}
}
