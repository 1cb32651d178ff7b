package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

const clockFormat = "15:04:05"

// controlPage serves GET /emulator.
func (e *Emulator) controlPage(w http.ResponseWriter, r *http.Request) error {
	popup := e.CurrentPopup()
	view := pages.ControlView{
		Notice:          notice(r.URL.Query().Get("done")),
		Switches:        popupSwitches(popup),
		WrongOrigin:     popup.WrongOrigin,
		PostedID:        popup.AuthenticationID,
		Revive:          e.revives(),
		Waiting:         popup.FinishLate,
		Operations:      Operations(),
		Statuses:        faultStatuses(),
		Faults:          e.faultRows(),
		Authentications: e.authenticationRows(),
		Grants:          e.grantRows(),
		Requests:        e.requestRows(),
		Parties:         e.partyRows(),
		Limits:          e.limitsView(),
		Coverage:        e.coverageRows(),
		Zaps:            e.zapRows(),
		Runs:            e.runRows(),
	}
	for _, user := range e.directory.people() {
		view.Users = append(view.Users, personOf(user))
	}
	for _, app := range e.directory.apps {
		if app.Scheme != SchemeNone {
			view.Apps = append(view.Apps, pages.Option{Value: app.ID, Label: app.Title})
		}
	}
	for _, failure := range Failures() {
		view.Failures = append(view.Failures, string(failure))
	}
	for _, stage := range stagesOf(SchemeOAuth2) {
		view.Stages = append(view.Stages, string(stage))
	}
	return e.render(w, r, http.StatusOK, pages.Control(view))
}

func popupSwitches(p Popup) []pages.Switch {
	return []pages.Switch{
		{Name: "no_message", Label: "Post no message", Help: "As when a hop on the way lost the opener.", On: p.NoMessage},
		{Name: "cut_opener", Label: "Cut the opener", Help: "The third party’s page, or the form, sends COOP same-origin.", On: p.CutOpener},
		{Name: "malformed", Label: "Malformed messages", Help: "Three messages, none of the documented shape.", On: p.Malformed},
		{Name: "twice", Label: "Post twice", Help: "The same message two times.", On: p.Twice},
		{Name: "id_number", Label: "Ids as numbers", Help: "New ids are digits, and the message holds a number.", On: p.IDNumber},
		{Name: "keep_open", Label: "Stay open", Help: "The last page does not close itself.", On: p.KeepOpen},
		{Name: "finish_late", Label: "Finish late", Help: "Nothing is stored until you say so here.", On: p.FinishLate},
	}
}

func (e *Emulator) faultRows() []pages.FaultRow {
	var rows []pages.FaultRow
	for _, f := range e.Armed() {
		rows = append(rows, pages.FaultRow{Operation: f.Operation, Effect: f.effect(), Times: f.Times})
	}
	return rows
}

// effect says in words what a fault does.
func (f Fault) effect() string {
	var words []string
	if f.After {
		words = append(words, "does as it is asked")
	}
	if f.Hold != nil {
		words = append(words, "waits for a test")
	}
	switch {
	case f.Drop:
		words = append(words, "drops the connection")
	case f.HTML:
		words = append(words, "answers "+strconv.Itoa(f.Status)+" with a page")
	case f.Status != 0:
		words = append(words, "answers "+strconv.Itoa(f.Status))
	}
	return strings.Join(words, ", then ")
}

func (e *Emulator) authenticationRows() []pages.AuthenticationRow {
	var rows []pages.AuthenticationRow
	for _, a := range e.Authentications(0, "") {
		app, _ := e.directory.app(a.App)
		user, _ := e.directory.user(a.User)
		rows = append(rows, pages.AuthenticationRow{
			ID: a.ID, Title: a.Title, App: app.Title, User: user.Name(), Expired: a.Expired,
			Refreshable: app.Scheme == SchemeOAuth2 && !a.Expired,
		})
	}
	return rows
}

func (e *Emulator) grantRows() []pages.GrantRow {
	var rows []pages.GrantRow
	for _, g := range e.grantBodies() {
		user, _ := e.directory.user(g.User)
		row := pages.GrantRow{
			User: personOf(user), Partner: e.clients[g.Client].Title, Scopes: strings.Join(g.Scopes, " "),
			Live: g.AccessTokens, Revoked: g.Revoked,
		}
		if g.Expires != nil {
			row.LiveTill = g.Expires.Format(clockFormat)
		}
		rows = append(rows, row)
	}
	return rows
}

// requestRows are newest first: what a person has just done is what they look for.
func (e *Emulator) requestRows() []pages.RequestRow {
	var rows []pages.RequestRow
	for _, entry := range slices.Backward(e.Requests()) {
		row := pages.RequestRow{
			Time: entry.Time.Format(clockFormat), Method: entry.Method, Target: entry.Path,
			Status: strconv.Itoa(entry.Status), Level: "ok", Operation: entry.Operation,
		}
		if entry.Query != "" {
			row.Target += "?" + entry.Query
		}
		if entry.Status >= http.StatusBadRequest || entry.Status == 0 {
			row.Level = "bad"
		}
		if entry.Status == 0 {
			row.Status = "dropped"
		}
		if user, known := e.directory.user(entry.User); known {
			row.User = user.FirstName
		}
		rows = append(rows, row)
	}
	return rows
}
