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

type createRequest struct {
	Data *struct {
		Title  *string        `json:"title"`
		App    *string        `json:"app"`
		Fields map[string]any `json:"authentication_fields"`
	} `json:"data"`
}

// authenticationsCreate serves POST /v2/authentications (api.md 2.13). Any App
// with fields is taken, not only the partner's own; the credentials are tested
// at once, and the value "wrong" fails (api.md 7, unknown 19).
func (e *Emulator) authenticationsCreate(w http.ResponseWriter, r *http.Request) error {
	token, err := e.authorized(r, "connection:write", "authentication:write")
	if err != nil {
		return err
	}
	var body createRequest
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	app, title, err := e.checkCreate(body)
	if err != nil {
		return err
	}
	if err := e.checkCredentials(r, app, body.Data.Fields); err != nil {
		return err
	}
	created := e.state.createAuthentication(token.user, app.ID, title)
	writeJSON(w, http.StatusCreated, envelope(
		[]authenticationBody{bodyOf(created)}, nil, nil, meta{Count: 1, Limit: 1}))
	return nil
}

func (e *Emulator) checkCreate(body createRequest) (App, string, error) {
	switch {
	case body.Data == nil:
		return App{}, "", invalidField("/data", "data is required.")
	case body.Data.Title == nil || *body.Data.Title == "":
		return App{}, "", invalidField("/data/title", "title is required.")
	case utf8.RuneCountInString(*body.Data.Title) > 255:
		return App{}, "", invalidField("/data/title", "title has more than 255 characters.")
	case body.Data.App == nil || !isUUID(*body.Data.App):
		return App{}, "", invalidField("/data/app", "app must be a UUID.")
	case body.Data.Fields == nil:
		return App{}, "", invalidField("/data/authentication_fields", "authentication_fields is required.")
	}
	app, known := e.directory.app(*body.Data.App)
	if !known {
		return App{}, "", invalidField("/data/app", "There is no such App.")
	}
	if app.Scheme == SchemeNone || app.Scheme == SchemeOAuth2 {
		return App{}, "", invalidField("/data/app", "This App cannot be connected with fields.")
	}
	return app, *body.Data.Title, checkFields(app, body.Data.Fields)
}

// fieldsPointer is where the credentials are in the body.
const fieldsPointer = "/data/authentication_fields/"

func checkFields(app App, given map[string]any) error {
	for _, field := range schemeFields(app.Scheme, "") {
		if field.formOnly {
			continue
		}
		value, isText := given[field.name].(string)
		if !isText || value == "" {
			return invalidField(fieldsPointer+field.name, field.name+" is required and must be a string.")
		}
	}
	return nil
}

// checkCredentials tests at the third party, as the popup does (api.md 7, unknown 19).
func (e *Emulator) checkCredentials(r *http.Request, app App, given map[string]any) error {
	values, last := map[string]string{}, ""
	for _, field := range schemeFields(app.Scheme, "") {
		values[field.name], _ = given[field.name].(string) // what only the form asks for may be missing
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
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || (kind != "application/json" && kind != "application/vnd.api+json") {
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
