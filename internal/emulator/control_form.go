package emulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
)

// Each form of the control page does what the JSON endpoint of the same path
// does, and goes back to the page with a word on what was done.

func (e *Emulator) formPopup(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	on := func(name string) bool { return r.PostForm.Get(name) != "" }
	err := e.SetPopup(Popup{
		NoMessage: on("no_message"), CutOpener: on("cut_opener"), IDNumber: on("id_number"), Malformed: on("malformed"),
		Twice: on("twice"), KeepOpen: on("keep_open"), FinishLate: on("finish_late"),
		WrongOrigin: r.PostForm.Get("wrong_origin"), AuthenticationID: r.PostForm.Get("authentication_id"),
	})
	if err != nil {
		return refused(err)
	}
	e.ReviveOnReconnect(on("revive_on_reconnect"))
	return back(w, r, "popup")
}

func (e *Emulator) formRelease(w http.ResponseWriter, r *http.Request) error {
	e.ReleaseFinishes()
	return back(w, r, "release")
}

func (e *Emulator) formArm(w http.ResponseWriter, r *http.Request) error {
	if err := readForm(w, r); err != nil {
		return err
	}
	fault := Fault{Operation: r.PostForm.Get("operation"), After: r.PostForm.Get("after") != ""}
	switch answer := r.PostForm.Get("answer"); answer {
	case "html":
		fault.HTML = true
	case "drop":
		fault.Drop = true
	default:
		fault.Status, _ = strconv.Atoi(answer) // Arm refuses what is not a number, as 0
	}
	fault.Times, _ = strconv.Atoi(r.PostForm.Get("times")) // not a number: once
	seconds, _ := strconv.Atoi(r.PostForm.Get("retry_after"))
	fault.RetryAfter = time.Duration(seconds) * time.Second
	if err := e.Arm(fault); err != nil {
		return refused(err)
	}
	return back(w, r, "fault")
}

func (e *Emulator) formDisarm(w http.ResponseWriter, r *http.Request) error {
	e.Disarm()
	return back(w, r, "disarm")
}

func (e *Emulator) formAdd(w http.ResponseWriter, r *http.Request) error {
	user, err := formUser(w, r)
	if err != nil {
		return err
	}
	if _, err := e.AddAuthentication(user, r.PostForm.Get("app"), r.PostForm.Get("title")); err != nil {
		return refused(err)
	}
	return back(w, r, "add")
}

func (e *Emulator) formExpire(w http.ResponseWriter, r *http.Request) error {
	if err := e.ExpireAuthentication(chi.URLParam(r, "id")); err != nil {
		return notFound(err.Error())
	}
	return back(w, r, "expire")
}

func (e *Emulator) formExpireTokens(w http.ResponseWriter, r *http.Request) error {
	user, err := formUser(w, r)
	if err != nil {
		return err
	}
	e.ExpireTokens(user)
	return back(w, r, "tokens")
}

func (e *Emulator) formRevoke(w http.ResponseWriter, r *http.Request) error {
	user, err := formUser(w, r)
	if err != nil {
		return err
	}
	e.RevokeGrant(user)
	return back(w, r, "revoke")
}

func (e *Emulator) formReset(w http.ResponseWriter, r *http.Request) error {
	e.Reset()
	return back(w, r, "reset")
}

// formUser refuses a form that names nobody: 0 would mean everybody.
func formUser(w http.ResponseWriter, r *http.Request) (int, error) {
	if err := readForm(w, r); err != nil {
		return 0, err
	}
	user, err := strconv.Atoi(r.PostForm.Get("user"))
	if err != nil || user == 0 {
		return 0, badPage("Refused", "The form names no user.")
	}
	return user, nil
}

func back(w http.ResponseWriter, r *http.Request, done string) error {
	http.Redirect(w, r, "/emulator?done="+done, http.StatusSeeOther)
	return nil
}

// notice is the sentence for what back said was done.
func notice(done string) string {
	switch done {
	case "popup":
		return "Popups that begin from now on behave like this."
	case "release":
		return "Waiting popups may store now."
	case "fault":
		return "The fault is armed."
	case "disarm":
		return "All faults are gone."
	case "add":
		return "The Authentication is there."
	case "expire":
		return "The Authentication is expired."
	case "tokens":
		return "The access tokens are dead; the refresh tokens still work."
	case "revoke":
		return "The grant is revoked; refreshing answers invalid_grant."
	case "refresh":
		return "The third party was asked for a new token. If it refused, the Authentication is expired."
	case "party":
		return "The third party answers like this from now on."
	case "limits":
		return "These limits hold from now on; nothing is counted yet."
	case "pause":
		return "The Zap is off."
	case "reset":
		return "Everything is as at the start."
	}
	if status, fired := strings.CutPrefix(done, "fire-"); fired && slices.Contains(runStatuses(), status) {
		return "The trigger went off; the run ended as " + status + "."
	}
	return ""
}
