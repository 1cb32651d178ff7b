package emulator

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// thirdParty serves GET /third-party/{slug}/authorize: the consent page of an
// App's own site, which Zapier does not control (api.md 3.1, step 5).
func (e *Emulator) thirdParty(w http.ResponseWriter, r *http.Request) error {
	c, err := e.openThirdParty(r)
	if err != nil {
		return err
	}
	return e.showThirdParty(w, r, http.StatusOK, c, "")
}

func (e *Emulator) showThirdParty(w http.ResponseWriter, r *http.Request, status int, c *connect, message string) error {
	user, _ := e.directory.user(c.user)
	c.popup.isolate(w)
	return e.render(w, r, status, pages.ThirdParty(pages.ThirdPartyView{
		App: c.app.Title, Icon: iconPath(c.app), Account: user.Email, Action: r.URL.RequestURI(), Message: message,
	}))
}

// decideThirdParty serves POST /third-party/{slug}/authorize.
func (e *Emulator) decideThirdParty(w http.ResponseWriter, r *http.Request) error {
	c, err := e.openThirdParty(r)
	if err != nil {
		return err
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	account := strings.TrimSpace(r.PostForm.Get("account"))
	switch {
	case r.PostForm.Get("decision") != "allow":
		return e.leaveEmptyHanded(w, r, c)
	case account == "" || account == wrongValue:
		return e.showThirdParty(w, r, http.StatusUnprocessableEntity, c, "There is no such account. Nothing was stored.")
	}
	return e.finishConnect(w, r, c, account)
}

func (e *Emulator) openThirdParty(r *http.Request) (*connect, error) {
	app, known := e.directory.appBySlug(chi.URLParam(r, "slug"))
	if !known || app.Scheme != SchemeOAuth2 {
		return nil, notFound("There is no such third party.")
	}
	c, err := e.openConnect(r, r.URL.Query().Get("connect"))
	if err != nil {
		return nil, err
	}
	if c.app.ID != app.ID {
		return nil, badPage("This window is out of date", "It was opened for another App.")
	}
	return c, nil
}

// schemeWords is what the connect form calls a scheme.
func schemeWords(scheme Scheme) string {
	switch scheme {
	case SchemeAPIKey:
		return "API key"
	case SchemeSession:
		return "Session"
	case SchemeBasic:
		return "Basic"
	case SchemeDigest:
		return "Digest"
	case SchemeOAuth2:
		return "OAuth v2"
	}
	return "None"
}
