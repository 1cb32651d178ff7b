package emulator

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tried is what a trial that went well gives: how the Authentication is labelled,
// and the tokens to keep for it, if there are any.
type tried struct {
	label string
	held  heldTokens
}

// tryFields tries what was typed into a form, by the scheme of the App.
func (t *trial) tryFields(values map[string]string) (tried, *failure) {
	for _, f := range schemeFields(t.app.Scheme, "") {
		if f.secret {
			t.hide(values[f.name])
		}
	}
	var failed *failure
	switch t.app.Scheme {
	case SchemeAPIKey:
		failed = t.tryKey(values)
	case SchemeSession:
		failed = t.trySession(values)
	case SchemeBasic:
		failed = t.tryBasic(values)
	default:
		failed = t.tryDigest(values)
	}
	if failed != nil {
		return tried{}, failed
	}
	return t.label(values)
}

// tryKey sends every field in the URL or in headers, as Zapier does (api.md 5).
func (t *trial) tryKey(values map[string]string) *failure {
	return t.get("/me", func(r *http.Request) {
		if keyInQuery(t.app) {
			r.URL.RawQuery = url.Values{"account": {values["account"]}, "api_key": {values["api_key"]}}.Encode()
			return
		}
		r.Header.Set("X-Account", values["account"])
		r.Header.Set("X-Api-Key", values["api_key"])
	})
}

func (t *trial) trySession(values map[string]string) *failure {
	body, err := json.Marshal(values)
	if err != nil {
		return t.failed(&exchange{err: err})
	}
	if failed := t.do(http.MethodPost, "/session", "application/json", body, func(*http.Request) {}); failed != nil {
		return failed
	}
	answer, failed := t.parse("session_key")
	if failed != nil {
		return failed
	}
	t.hide(answer["session_key"])
	return t.get("/me", func(r *http.Request) { r.Header.Set("X-Session-Key", answer["session_key"]) })
}

func (t *trial) tryBasic(values map[string]string) *failure {
	t.hide(base64.StdEncoding.EncodeToString([]byte(values["username"] + ":" + values["password"])))
	return t.get("/me", func(r *http.Request) { r.SetBasicAuth(values["username"], values["password"]) })
}

// tryDigest asks first without credentials, which is how the nonce is got (api.md 5).
func (t *trial) tryDigest(values map[string]string) *failure {
	failed := t.get("/me", func(*http.Request) {})
	if failed == nil || t.last.status != http.StatusUnauthorized {
		return failed
	}
	challenge := strongestChallenge(t.last.header)
	if challenge == nil {
		return failed
	}
	return t.get("/me", func(r *http.Request) {
		r.Header.Set("Authorization", t.digestAuthorization(r, challenge, values["username"], values["password"]))
	})
}

// strongestChallenge is the first one whose algorithm is known: a server sends
// them in the order it prefers (RFC 7616, section 3.7).
func strongestChallenge(header http.Header) map[string]string {
	for _, value := range header.Values("WWW-Authenticate") {
		challenge := digestParameters(value)
		if challenge["nonce"] != "" && strings.Contains(challenge["qop"], "auth") && digestHash(challenge["algorithm"]) != nil {
			return challenge
		}
	}
	return nil
}

func (t *trial) digestAuthorization(r *http.Request, challenge map[string]string, username, password string) string {
	given := maps.Clone(challenge)
	given["username"], given["uri"], given["qop"] = username, r.URL.RequestURI(), "auth"
	given["nc"], given["cnonce"] = "00000001", t.nonce()
	given["response"] = digestResponse(given["algorithm"], r.Method, password, given)
	t.hide(given["response"])
	var header []string
	for _, name := range []string{"username", "realm", "nonce", "uri", "response", "cnonce"} {
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(given[name])
		header = append(header, name+`="`+quoted+`"`)
	}
	for _, name := range []string{"algorithm", "qop", "nc"} {
		if given[name] != "" {
			header = append(header, name+"="+given[name])
		}
	}
	return "Digest " + strings.Join(header, ", ")
}

// tryCode exchanges the code an OAuth v2 third party sent, and tests the token.
func (t *trial) tryCode(code, verifier, redirectURL string) (tried, *failure) {
	id, secret := partyClient(t.app)
	t.hide(secret, code, verifier)
	failed := t.sendForm("/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURL},
		"client_id": {id}, "client_secret": {secret}, "code_verifier": {verifier},
	})
	if failed != nil {
		return tried{}, failed
	}
	held, failed := t.tokens()
	if failed != nil {
		return tried{}, failed
	}
	if failed := t.get("/me", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+held.access) }); failed != nil {
		return tried{}, failed
	}
	result, failed := t.label(nil)
	result.held = held
	return result, failed
}

// tryRefresh gets new tokens for old ones.
func (t *trial) tryRefresh(refresh string) (heldTokens, *failure) {
	id, secret := partyClient(t.app)
	t.hide(secret, refresh)
	failed := t.sendForm("/token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refresh}, "client_id": {id}, "client_secret": {secret},
	})
	if failed != nil {
		return heldTokens{}, failed
	}
	return t.tokens()
}

func (t *trial) tokens() (heldTokens, *failure) {
	answer, failed := t.parse("access_token", "refresh_token")
	if failed != nil {
		return heldTokens{}, failed
	}
	t.hide(answer["access_token"], answer["refresh_token"])
	var life struct {
		Seconds int `json:"expires_in"`
	}
	if json.Unmarshal(t.last.body, &life) != nil || life.Seconds <= 0 {
		life.Seconds = int(partyTokenLife.Seconds())
	}
	return heldTokens{
		access: answer["access_token"], refresh: answer["refresh_token"], life: time.Duration(life.Seconds) * time.Second,
	}, nil
}

// label builds the connection label from what was typed and what the test
// answered (api.md 5, "Connection title").
func (t *trial) label(typed map[string]string) (tried, *failure) {
	answer, failed := t.parse()
	if failed != nil {
		return tried{}, failed
	}
	text := labelTemplate(t.app.Scheme)
	for from, values := range map[string]map[string]string{"bundle.authData.": typed, "bundle.inputData.": answer} {
		for name, value := range values {
			text = strings.ReplaceAll(text, "{{"+from+name+"}}", value)
		}
	}
	if strings.Contains(text, "{{") {
		text = "" // what the test did not answer cannot be shown
	}
	return tried{label: text}, nil
}

// labelTemplate is what the builder of an App of this scheme asked for.
func labelTemplate(scheme Scheme) string {
	switch scheme {
	case SchemeBasic, SchemeDigest:
		return "{{bundle.authData.username}}"
	}
	return "{{bundle.inputData.account}}"
}
