package emulator

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"
)

// Coverage says how far one operation of Zapier is emulated.
type Coverage struct {
	// Method and Path are the operation as api.md 2.1 lists it; both are empty for
	// what is no operation of the API.
	Method string `json:"method,omitempty"`
	Path   string `json:"path,omitempty"`
	// What it is, for people.
	What string `json:"what"`
	// Level is "yes", "partly" or "no".
	Level string `json:"level"`
	// Note says why it is no more than that, or what to know about it.
	Note string `json:"note"`
}

// Coverage lists every operation of the Workflow API, and what goes with it.
func (e *Emulator) Coverage() []Coverage {
	rows := coverageTable()
	for i, row := range rows {
		if row.Path != "" && row.Level != "no" && !e.serves(row.Method, row.Path) {
			rows[i].Level, rows[i].Note = "no", "404, or 401 without a credential."
		}
	}
	return rows
}

// serves reports whether there is a route, so that the table cannot claim what
// nobody answers.
func (e *Emulator) serves(method, path string) bool {
	return e.routed.Match(chi.NewRouteContext(), method, strings.NewReplacer("{", "", "}", "").Replace(path))
}

// coverageTable is the one place that says what is emulated.
func coverageTable() []Coverage {
	return []Coverage{
		{http.MethodGet, "/v2/authorize", "Sign-in and consent", "yes", "Authorization code, PKCE if it is used, all documented scopes, denial. Seeded people only: no account is created."},
		{http.MethodPost, "/oauth/token", "Tokens", "partly", "Codes of 2 minutes, access tokens of 10 hours, refresh tokens that change with each use. No client credentials and no token exchange, which belong to promotions and White Label."},
		{http.MethodGet, "/v1/apps", "Apps, first version", "yes", "By client id. Built-in Apps are left out, as the documents say."},
		{http.MethodGet, "/v1/categories", "Categories", "yes", "All documented fields."},
		{http.MethodGet, "/v1/profiles/me", "Profile", "yes", "All documented fields."},
		{http.MethodGet, "/v1/zap-templates", "Zap templates", "yes", "Invented templates of invented Apps. Their links lead nowhere: there is no editor."},
		{http.MethodGet, "/v1/zaps", "Zaps, first version", "yes", "The same Zaps as in the second version."},
		{http.MethodPost, "/v2/action-runs", "Run an Action", "yes", "What it writes stays in the emulator."},
		{http.MethodGet, "/v2/action-runs/{id}", "Result of a run", "yes", "The documented shape."},
		{http.MethodGet, "/v2/actions", "Actions", "yes", "By user token and by client id. Ids are new at each look-up and good for an hour, or in strict mode until the next."},
		{http.MethodPost, "/v2/actions/{action_id}/inputs", "Input fields", "yes", "Invented forms with every kind of field the documents name."},
		{http.MethodPost, "/v2/actions/{action_id}/inputs/{input_id}/choices", "Choices of an input field", "yes", "Several short pages, so that paging is exercised."},
		{http.MethodPost, "/v2/actions/{action_id}/outputs", "Output fields", "yes", "Samples are invented; live ones come from what was written here."},
		{http.MethodPost, "/v2/actions/{action_id}/test", "Test an Action", "yes", "It really executes, in the emulator."},
		{http.MethodGet, "/v2/apps", "Apps", "yes", "By user token and by client id. A page holds at most 20, and asking for more than 100 is refused: Zapier’s maximum is not documented."},
		{http.MethodGet, "/v2/authentications", "Authentications", "yes", "Newest first. Those of OAuth v2 Apps expire when their third party refuses a refresh."},
		{http.MethodPost, "/v2/authentications", "Create an Authentication", "partly", "Tested at the third party at once. It takes every App with fields, where Zapier takes the partner’s own."},
		{http.MethodPost, "/v2/guess", "Guess a Zap", "partly", "Words are matched, nothing is understood."},
		{http.MethodGet, "/v2/whitelabel/apps", "White Label Apps", "yes", "The documented shape. Zapier does not say what credential it wants: a known client id is required, or a user token of any scope."},
		{http.MethodGet, "/v2/zap-runs", "Zap runs", "yes", "A run is there when its trigger was fired on the control page or by a program; no time passes by itself."},
		{http.MethodGet, "/v2/zaps", "Zaps", "yes", "Those made here, and a few that are there from the start."},
		{http.MethodPost, "/v2/zaps", "Create a Zap", "yes", "Checked as strictly as the documents allow."},
		{http.MethodPatch, "/v2/zaps/{id}", "Edit a Zap", "yes", "Answers are not documented; they are those of creating one."},
		{http.MethodDelete, "/v2/zaps/{id}", "Delete a Zap", "yes", "Open to every partner with the scope."},
		{http.MethodPost, "/v2/zaps/{id}/enable", "Enable a Zap", "yes", "The answer is not documented."},
		{http.MethodPost, "/v2/promotions", "Promotions", "no", "They need a contract with Zapier, and an app token that is not given out here."},
		{http.MethodGet, "/v2/promotions/{enrollment_id}", "An enrollment", "no", "As promotions."},
		{http.MethodDelete, "/v2/promotions/{enrollment_id}", "End an enrollment", "no", "As promotions."},
		{What: "The connect popup", Level: "yes", Note: "API key, OAuth v2, session, basic and digest, each tested at a service that can fail in every documented way. It can be told to misbehave in every known way."},
		{What: "Errors", Level: "partly", Note: "The documented shapes. Codes that Zapier does not document are guesses in the style of those it does."},
		{What: "Rate limits", Level: "yes", Note: "60 a minute for an IP and 150 for a partner, then a cooldown; off unless asked for, and always on in the emulator’s own command. Pages for people are not counted."},
		{What: "White Label sign-in, embedded editor", Level: "no", Note: "Nothing of it is here."},
	}
}
