package emulator

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// maxForm bounds what a form may weigh.
const maxForm = 64 << 10

// token serves POST /oauth/token/ (api.md 1.3). Both encodings of api.md 7.3 are
// taken, and both places for the client's credentials.
func (e *Emulator) token(w http.ResponseWriter, r *http.Request) error {
	form, err := tokenForm(w, r)
	if err != nil {
		return err
	}
	client, err := e.tokenClient(r, form)
	if err != nil {
		return err
	}
	issued, err := e.exchange(form, client)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, http.StatusOK, struct {
		AccessToken  string `json:"access_token"`
		ExpiresIn    int    `json:"expires_in"`
		TokenType    string `json:"token_type"`
		Scope        string `json:"scope"`
		RefreshToken string `json:"refresh_token"`
	}{issued.access, int(accessLife.Seconds()), "Bearer", strings.Join(issued.scopes, " "), issued.refresh})
	return nil
}

func (e *Emulator) exchange(form url.Values, client string) (tokens, error) {
	switch form.Get("grant_type") {
	case "authorization_code":
		return e.state.redeem(form.Get("code"), client, form.Get("redirect_uri"), form.Get("code_verifier"))
	case "refresh_token":
		return e.state.refresh(form.Get("refresh_token"), client)
	case "":
		return tokens{}, invalidTokenRequest("grant_type is required.")
	}
	return tokens{}, tokenProblem(http.StatusBadRequest, "unsupported_grant_type",
		"The emulator knows authorization_code and refresh_token.")
}

// tokenForm reads the body only: secrets in a query would end up in logs, so
// they are not looked for there.
func tokenForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/x-www-form-urlencoded":
		if err := r.ParseForm(); err != nil {
			return nil, invalidTokenRequest("The form cannot be read.")
		}
		return r.PostForm, nil
	case "multipart/form-data":
		if err := r.ParseMultipartForm(maxForm); err != nil {
			return nil, invalidTokenRequest("The form cannot be read.")
		}
		return r.MultipartForm.Value, nil
	}
	return nil, invalidTokenRequest("Send a form, urlencoded or multipart.")
}

// tokenClient checks the client's credentials, from the header if there is one.
// Those in a header are form-encoded first (RFC 6749, section 2.3.1).
func (e *Emulator) tokenClient(r *http.Request, form url.Values) (string, error) {
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, basic := r.BasicAuth(); basic {
		decodedID, idErr := url.QueryUnescape(user)
		decodedSecret, secretErr := url.QueryUnescape(password)
		if idErr != nil || secretErr != nil || (id != "" && id != decodedID) {
			return "", invalidClient()
		}
		id, secret = decodedID, decodedSecret
	}
	client, known := e.clients[id]
	if !known || subtle.ConstantTimeCompare([]byte(client.Secret), []byte(secret)) != 1 {
		return "", invalidClient()
	}
	return id, nil
}

func invalidClient() *problem {
	return tokenProblem(http.StatusUnauthorized, "invalid_client", "The client credentials are wrong.")
}

func invalidTokenRequest(detail string) *problem {
	return tokenProblem(http.StatusBadRequest, "invalid_request", detail)
}
