package emulator

import (
	"errors"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// authorizeRequest is a checked set of the parameters of api.md 1.3.
type authorizeRequest struct {
	clientID, redirectURI, state, challenge string
	scopes                                  []string
}

// refusal is a mistake in an authorize request whose client and redirect URI are
// right, so that the partner is told by a redirect (RFC 6749, section 4.1.2.1).
type refusal struct {
	request      authorizeRequest
	code, detail string
}

func (r *refusal) Error() string { return r.code + ": " + r.detail }

// answerURL is the redirect URI with parameters and the state added; a query it
// already has is kept.
func (a authorizeRequest) answerURL(parameters ...string) string {
	u, err := url.Parse(a.redirectURI)
	if err != nil {
		return a.redirectURI // cannot be: registered URIs were parsed by New
	}
	query := u.Query()
	for pair := range slices.Chunk(parameters, 2) {
		query.Set(pair[0], pair[1])
	}
	if a.state != "" {
		query.Set("state", a.state)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// authorize serves GET /v2/authorize: it checks the parameters and sends the
// browser to the page that asks (api.md 1.1).
func (e *Emulator) authorize(w http.ResponseWriter, r *http.Request) error {
	if _, err := e.parseAuthorize(r.URL.Query()); err != nil {
		return refuse(w, r, err)
	}
	http.Redirect(w, r, e.webURL+"/oauth/authorize/?"+r.URL.RawQuery, http.StatusFound)
	return nil
}

// consent serves GET /oauth/authorize/. It always asks, also a user who agreed
// before: a redirect without a click would let a SameSite=Strict cookie of the
// partner through that a real consent drops.
func (e *Emulator) consent(w http.ResponseWriter, r *http.Request) error {
	request, err := e.parseAuthorize(r.URL.Query())
	if err != nil {
		return refuse(w, r, err)
	}
	client := e.clients[request.clientID]
	user, known := e.login(r)
	if !known {
		return e.render(w, r, http.StatusOK, pages.SignIn(e.signInView("to go on to "+client.Title, r.URL.RequestURI())))
	}
	view := pages.ConsentView{
		Partner: client.Title, User: personOf(user), Action: r.URL.RequestURI(), Returns: request.redirectURI,
	}
	for _, name := range request.scopes {
		view.Scopes = append(view.Scopes, pages.Scope{Name: name, Words: scopeWords(name)})
	}
	return e.render(w, r, http.StatusOK, pages.Consent(view))
}

// decideConsent serves POST /oauth/authorize/. The form names the user it was
// shown to: if somebody else signed in meanwhile, in another tab, it asks again.
func (e *Emulator) decideConsent(w http.ResponseWriter, r *http.Request) error {
	request, err := e.parseAuthorize(r.URL.Query())
	if err != nil {
		return refuse(w, r, err)
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	user, known := e.login(r)
	if !known || r.PostForm.Get("user") != strconv.Itoa(user.ID) {
		http.Redirect(w, r, r.URL.RequestURI(), http.StatusSeeOther)
		return nil
	}
	answer := request.answerURL("error", "access_denied")
	if r.PostForm.Get("decision") == "allow" {
		answer = request.answerURL("code", e.state.issueCode(request, user.ID))
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, answer, http.StatusSeeOther)
	return nil
}

func refuse(w http.ResponseWriter, r *http.Request, err error) error {
	told, ok := errors.AsType[*refusal](err)
	if !ok {
		return err
	}
	answer := told.request.answerURL("error", told.code, "error_description", told.detail)
	http.Redirect(w, r, answer, http.StatusFound)
	return nil
}

// parseAuthorize returns a problem while the client or the redirect URI is in
// doubt, since a redirect then would go to a stranger, and a refusal after that.
func (e *Emulator) parseAuthorize(query url.Values) (authorizeRequest, error) {
	client, known := e.clients[query.Get("client_id")]
	if !known || len(query["client_id"]) != 1 {
		return authorizeRequest{}, badPage("Unknown partner", "client_id is missing or is not registered with the emulator.")
	}
	redirectURI := query.Get("redirect_uri")
	if len(query["redirect_uri"]) != 1 || !slices.Contains(client.RedirectURIs, redirectURI) {
		return authorizeRequest{}, badPage("Unknown return address",
			"redirect_uri must be one of the registered ones, letter for letter: "+strings.Join(client.RedirectURIs, ", "))
	}
	request := authorizeRequest{clientID: client.ID, redirectURI: redirectURI}
	if len(query["state"]) == 1 {
		request.state = query.Get("state")
	}
	return request.complete(query)
}

// complete checks what may be told to the partner.
func (a authorizeRequest) complete(query url.Values) (authorizeRequest, error) {
	say := func(code, detail string) (authorizeRequest, error) {
		return a, &refusal{request: a, code: code, detail: detail}
	}
	if name := emptyOrRepeated(query); name != "" {
		return say("invalid_request", name+" is empty or there twice.")
	}
	if query.Get("response_type") != "code" {
		return say("unsupported_response_type", "response_type must be code.")
	}
	if mode := query.Get("response_mode"); mode != "" && mode != "query" {
		return say("invalid_request", "response_mode must be query.")
	}
	scopes, unknown := parseScopes(query.Get("scope"))
	if unknown != "" || len(scopes) == 0 {
		return say("invalid_scope", "scope is missing or has an unknown name: "+unknown)
	}
	if method := query.Get("code_challenge_method"); query.Has("code_challenge") != (method == "S256") {
		return say("invalid_request", "code_challenge and code_challenge_method=S256 go together.")
	}
	if email := query.Get("sign_up_email"); email != "" && !isEmail(email) {
		return say("invalid_request", "sign_up_email is not an e-mail address.")
	}
	a.scopes, a.challenge = scopes, query.Get("code_challenge")
	return a, nil
}

// emptyOrRepeated names a parameter of api.md 1.3 that is there without a value,
// or more than once.
func emptyOrRepeated(query url.Values) string {
	for _, name := range []string{
		"response_type", "response_mode", "scope", "state", "code_challenge", "code_challenge_method",
		"sign_up_email", "sign_up_first_name", "sign_up_last_name", "approval_prompt",
		"referer", "utm_campaign", "utm_content", "utm_medium", "utm_source",
	} {
		if values := query[name]; len(values) > 1 || (len(values) == 1 && values[0] == "") {
			return name
		}
	}
	return ""
}

func isEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text
}
