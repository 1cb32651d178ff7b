package emulator

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// partyCodeLife is the longest RFC 6749, section 4.1.2 recommends.
const partyCodeLife = 10 * time.Minute

// partyCode is an authorization code of a third party, bound to the request it was asked for with.
type partyCode struct {
	account, challenge string
	issued             time.Time
}

// partyToken is an access token of a third party.
type partyToken struct {
	account string
	expires time.Time
}

// partyClient is what Zapier is registered as at the third party of an App.
func partyClient(app App) (id, secret string) {
	return "zapier-at-" + app.Slug, "secret-of-zapier-at-" + app.Slug
}

// partyRedirectURL is the one address a third party sends people back to.
func (e *Emulator) partyRedirectURL() string { return e.webURL + "/engine/auth/return" }

// partyAuthorize serves GET /third-party/{slug}/authorize: the consent page of an
// App's own site, which Zapier does not control (api.md 3.1, step 5).
func (e *Emulator) partyAuthorize(w http.ResponseWriter, r *http.Request) error {
	app, err := e.checkPartyAuthorize(r)
	if err != nil {
		return err
	}
	// Nobody is signed in at the third party; who is at the emulated Zapier is a good guess.
	user, _ := e.login(r)
	return e.showThirdParty(w, r, http.StatusOK, app, user.Email, "")
}

// checkPartyAuthorize refuses on a page, never by a redirect, because the address
// to return to is among what may be wrong.
func (e *Emulator) checkPartyAuthorize(r *http.Request) (App, error) {
	app, err := e.partyApp(r, SchemeOAuth2)
	if err != nil {
		return App{}, err
	}
	query := r.URL.Query()
	id, _ := partyClient(app)
	switch {
	case query.Get("client_id") != id:
		return App{}, badPage("Unknown client", app.Title+" does not know this client_id.")
	case query.Get("redirect_uri") != e.partyRedirectURL():
		return App{}, badPage("Unknown return address", "redirect_uri is not the registered one.")
	case query.Get("response_type") != "code":
		return App{}, badPage("Unsupported request", "response_type must be code.")
	case query.Get("state") == "":
		return App{}, badPage("Incomplete request", "state is missing.")
	case query.Get("code_challenge") == "" || query.Get("code_challenge_method") != "S256":
		return App{}, badPage("Incomplete request", "PKCE with S256 is asked for.")
	}
	return app, nil
}

func (e *Emulator) showThirdParty(w http.ResponseWriter, r *http.Request, status int, app App, account, message string) error {
	// How this popup is to behave is known by its state alone, as everything is across sites.
	if c, known := e.state.findConnect(r.URL.Query().Get("state")); known {
		c.popup.isolate(w)
	}
	return e.render(w, r, status, pages.ThirdParty(pages.ThirdPartyView{
		App: app.Title, Icon: iconPath(app), Account: account, Action: r.URL.RequestURI(), Message: message,
	}))
}

// partyDecide serves POST /third-party/{slug}/authorize.
func (e *Emulator) partyDecide(w http.ResponseWriter, r *http.Request) error {
	app, err := e.checkPartyAuthorize(r)
	if err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	query := r.URL.Query()
	account := strings.TrimSpace(r.PostForm.Get("account"))
	back := url.Values{"state": {query.Get("state")}}
	switch {
	case r.PostForm.Get("decision") != "allow":
		back.Set("error", "access_denied")
	case account == "" || account == wrongValue:
		return e.showThirdParty(w, r, http.StatusUnprocessableEntity, app, account, "There is no such account. Nothing was stored.")
	default:
		back.Set("code", e.state.issuePartyCode(app, account, query.Get("code_challenge")))
	}
	http.Redirect(w, r, e.partyRedirectURL()+"?"+back.Encode(), http.StatusSeeOther)
	return nil
}

func (s *state) issuePartyCode(app App, account, challenge string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partyLocked(app)
	s.partyPruneLocked(p, s.now())
	value := s.secrets.text(30)
	p.codes[value] = partyCode{account: account, challenge: challenge, issued: s.now()}
	return value
}

// partyToken serves POST /third-party/{slug}/token (RFC 6749, sections 4.1.3 and 6).
func (e *Emulator) partyToken(w http.ResponseWriter, r *http.Request) error {
	app, err := e.partyApp(r, SchemeOAuth2)
	if err != nil {
		return err
	}
	form, err := tokenForm(w, r)
	if err != nil {
		return err
	}
	drained(r)
	refreshing := form.Get("grant_type") == "refresh_token"
	stage := StageExchange
	if refreshing {
		stage = StageRefresh
	}
	if e.partyFails(w, r, app, stage) {
		return nil
	}
	id, secret := partyClient(app)
	if form.Get("client_id") != id || subtle.ConstantTimeCompare([]byte(form.Get("client_secret")), []byte(secret)) != 1 {
		return invalidClient()
	}
	var issued heldTokens
	switch {
	case refreshing:
		issued, err = e.state.refreshParty(app, form.Get("refresh_token"))
	case form.Get("grant_type") != "authorization_code" || form.Get("redirect_uri") != e.partyRedirectURL():
		err = invalidTokenRequest("grant_type or redirect_uri is wrong.")
	default:
		issued, err = e.state.redeemParty(app, form.Get("code"), form.Get("code_verifier"))
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusOK, map[string]any{
		"access_token": issued.access, "refresh_token": issued.refresh,
		"token_type": "Bearer", "expires_in": int(partyTokenLife.Seconds()),
	})
	return nil
}

// redeemParty spends a code; a wrong verifier spends it too.
func (s *state) redeemParty(app App, value, verifier string) (heldTokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partyLocked(app)
	s.partyPruneLocked(p, s.now())
	c, known := p.codes[value]
	delete(p.codes, value)
	if !known || !verifies(c.challenge, verifier) {
		return heldTokens{}, invalidGrant("The code is unknown, was used before, has expired, or the verifier does not fit.")
	}
	return s.issuePartyLocked(p, c.account), nil
}

// refreshParty rotates: the refresh token that was shown is dead at once.
func (s *state) refreshParty(app App, value string) (heldTokens, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.partyLocked(app)
	account, known := p.refresh[value]
	if !known {
		return heldTokens{}, invalidGrant("The refresh token is unknown, was used before or has been revoked.")
	}
	delete(p.refresh, value)
	return s.issuePartyLocked(p, account), nil
}

func (s *state) issuePartyLocked(p *party, account string) heldTokens {
	s.partyPruneLocked(p, s.now())
	issued := heldTokens{
		access: "third-party-access-" + s.secrets.text(24), refresh: "third-party-refresh-" + s.secrets.text(24),
		due: s.now().Add(partyTokenLife),
	}
	p.access[issued.access] = partyToken{account: account, expires: issued.due}
	p.refresh[issued.refresh] = account
	return issued
}
