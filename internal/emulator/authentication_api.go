package emulator

import (
	"encoding/json"
	"mime"
	"net/http"
	"unicode/utf8"
)

// maxBody bounds what a JSON body may weigh.
const maxBody = 1 << 20

type authenticationBody struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	App       any    `json:"app"` // its id, or an appBody when expanded
	IsExpired bool   `json:"is_expired"`
	Title     string `json:"title"`
}

func bodyOf(a Authentication) authenticationBody {
	return authenticationBody{Type: "authentication", ID: a.ID, App: a.App, IsExpired: a.Expired, Title: a.Title}
}

// authenticationsList serves GET /v2/authentications (api.md 2.13): what the
// user owns for one App, newest first. The scope has an old and a new name, and
// both still work (api.md 1.4).
func (e *Emulator) authenticationsList(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "connection:read", "authentication")
	if err != nil {
		return err
	}
	app, err := e.appParameter(r)
	if err != nil {
		return err
	}
	page, err := parseWindow(r.URL.Query())
	if err != nil {
		return err
	}
	page = page.small()
	e.refreshDue(r, token.user, app.ID)
	all := e.state.listAuthentications(token.user, app.ID)
	data := []authenticationBody{}
	for _, a := range cut(all, page) {
		data = append(data, bodyOf(a))
	}
	next, prev := e.neighbours(r, page, len(all))
	writeJSON(w, http.StatusOK, envelope(data, next, prev, meta{len(all), page.limit, page.offset}))
	return nil
}

func (e *Emulator) appParameter(r *http.Request) (App, error) {
	id := r.URL.Query().Get("app")
	if id == "" {
		return App{}, invalidParameter("app", "app is required.")
	}
	if !isUUID(id) {
		return App{}, invalidParameter("app", "app must be a UUID.")
	}
	app, known := e.directory.app(id)
	if !known {
		return App{}, invalidParameter("app", "There is no such App.")
	}
	return app, nil
}

// authenticationsCreate serves POST /v2/authentications (api.md 2.13). Any App
// with fields is taken, not only the partner's own; the credentials are tested
// at once, and the value "wrong" fails (api.md 7, unknown 19).
func (e *Emulator) authenticationsCreate(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "connection:write", "authentication:write")
	if err != nil {
		return err
	}
	data, err := readData(w, r)
	if err != nil {
		return err
	}
	title, app, err := e.checkCreate(data)
	if err != nil {
		return err
	}
	fields, err := checkFields(app, data)
	if err != nil {
		return err
	}
	if err := e.checkCredentials(r, app, fields); err != nil {
		return err
	}
	created := e.state.createAuthentication(token.user, app.ID, title)
	writeJSON(w, http.StatusCreated, envelope(
		[]authenticationBody{bodyOf(created)}, nil, nil, meta{Count: 1, Limit: 1}))
	return nil
}

func (e *Emulator) checkCreate(data object) (string, App, error) {
	if err := data.only("title", "app", fieldsMember); err != nil {
		return "", App{}, err
	}
	title, err := data.text("title")
	if err != nil {
		return "", App{}, err
	}
	if utf8.RuneCountInString(title) > 255 {
		return "", App{}, invalidField(data.at("title"), "title has more than 255 characters.")
	}
	id, err := data.text("app")
	if err != nil {
		return "", App{}, err
	}
	if !isUUID(id) {
		return "", App{}, invalidField(data.at("app"), "app must be a UUID.")
	}
	app, known := e.directory.app(id)
	if !known {
		return "", App{}, invalidField(data.at("app"), "There is no such App.")
	}
	if app.Scheme == SchemeNone || app.Scheme == SchemeOAuth2 {
		return "", App{}, invalidField(data.at("app"), "This App cannot be connected with fields.")
	}
	return title, app, nil
}

// fieldsMember is the member of data that has the credentials, fieldsPointer where they are.
const (
	fieldsMember  = "authentication_fields"
	fieldsPointer = "/data/" + fieldsMember + "/"
)

// checkFields reads the credentials, which are the App's fields and no others.
func checkFields(app App, data object) (map[string]string, error) {
	given, err := data.object(fieldsMember)
	if err != nil {
		return nil, err
	}
	var names []string
	values := map[string]string{}
	for _, field := range schemeFields(app.Scheme, "") {
		names = append(names, field.name)
		if field.formOnly && !given.has(field.name) {
			continue
		}
		if values[field.name], err = given.text(field.name); err != nil {
			return nil, err
		}
	}
	return values, given.only(names...)
}

// checkCredentials tests at the third party, as the popup does (api.md 7, unknown 19).
func (e *Emulator) checkCredentials(r *http.Request, app App, values map[string]string) error {
	last := ""
	for _, field := range schemeFields(app.Scheme, "") {
		if field.secret {
			last = field.name
		}
	}
	if _, failed := e.tryFields(r, app, values); failed != nil {
		p := invalidField(fieldsPointer+last, failed.message)
		p.code, p.title = "test_failed", "AuthenticationTestError"
		return p
	}
	return nil
}

// readJSON decodes one JSON value. Both media types of api.md 2.21 are taken.
func readJSON(w http.ResponseWriter, r *http.Request, into any) error {
	if !isJSON(r) {
		return unsupportedMediaType()
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := decoder.Decode(into); err != nil {
		return malformed()
	}
	if decoder.More() {
		return malformed()
	}
	return nil
}

// isJSON reports whether a body is announced as JSON.
func isJSON(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && (kind == "application/json" || kind == "application/vnd.api+json")
}
