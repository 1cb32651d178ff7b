package emulator

import (
	"net/http"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// landing serves GET /.
func (e *Emulator) landing(w http.ResponseWriter, r *http.Request) error {
	view := pages.LandingView{WebURL: e.webURL, APIURL: e.apiURL, Coverage: coverage()}
	for _, app := range e.directory.apps {
		view.Apps = append(view.Apps, pages.AppIcon{Title: app.Title, Icon: iconPath(app), Scheme: schemeWords(app.Scheme)})
	}
	return e.render(w, r, http.StatusOK, pages.Landing(view))
}

// coverage is kept honest by hand: whoever adds a route changes its row.
func coverage() []pages.Coverage {
	return []pages.Coverage{
		{What: "Sign-in and consent", Level: "yes", Note: "Authorization code, PKCE if it is used, all documented scopes, denial. Seeded people only: no account is created."},
		{What: "Tokens", Level: "yes", Note: "Codes of 2 minutes, access tokens of 10 hours, refresh tokens that change with each use. No client credentials, no token exchange."},
		{What: "GET /v1/profiles/me, GET /v1/categories", Level: "yes", Note: "All documented fields."},
		{What: "GET /v2/apps", Level: "yes", Note: "By user token and by client id. More than 100 items on a page are refused, where Zapier’s maximum is not documented."},
		{What: "GET and POST /v2/authentications", Level: "yes", Note: "POST takes every App with fields, not only the partner’s own."},
		{What: "The connect popup", Level: "yes", Note: "API key, OAuth v2, session, basic and digest; it can be told to misbehave in every known way."},
		{What: "Errors", Level: "part", Note: "The documented shapes. Codes that Zapier does not document are guesses in the style of those it does."},
		{What: "Rate limits", Level: "part", Note: "A 429 comes when the control page or a test asks for it; requests are not counted against the limit."},
		{What: "Actions, input fields, choices, outputs, tests", Level: "no", Note: "404, or 401 without a credential."},
		{What: "Zaps, Zap runs, action runs, templates, v1 Apps", Level: "no", Note: "404, or 401 without a credential."},
		{What: "White Label, promotions, embedded editor", Level: "no", Note: "Nothing of it is here."},
	}
}
