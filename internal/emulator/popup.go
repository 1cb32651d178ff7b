package emulator

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// messageType is what the partner's page listens for (api.md 3.1).
const messageType = "zapier.popup.close"

// Popup is how the connect popups that begin from now on behave. The zero value
// is the ordinary one: one message with the new id, then the window closes.
type Popup struct {
	// NoMessage posts nothing, as when a hop on the way lost the opener.
	NoMessage bool `json:"no_message"`
	// CutOpener sends Cross-Origin-Opener-Policy: same-origin from the third
	// party's page (or the form), as many real ones do. It cannot be healed later.
	CutOpener bool `json:"cut_opener"`
	// WrongOrigin is another origin that serves this emulator too, such as
	// http://localhost:8081; the last page is shown, and posts, from there.
	WrongOrigin string `json:"wrong_origin"`
	// AuthenticationID is posted in place of the id that was stored.
	AuthenticationID string `json:"authentication_id"`
	// IDNumber gives new Authentications an id of digits, posted as a number:
	// the documents show both (api.md 7, unknown 7). The API's id stays a string.
	IDNumber bool `json:"id_number"`
	// Malformed posts messages of the wrong shape instead of the right one.
	Malformed bool `json:"malformed"`
	// Twice posts the message two times.
	Twice bool `json:"twice"`
	// KeepOpen leaves closing the window to the partner's page or the user.
	KeepOpen bool `json:"keep_open"`
	// FinishLate stores the Authentication only when ReleaseFinishes is called;
	// the window waits until then. Closing it loses nothing.
	FinishLate bool `json:"finish_late"`
}

// SetPopup decides how popups behave that begin after it. It refuses a
// WrongOrigin that is none.
func (e *Emulator) SetPopup(popup Popup) error {
	if popup.WrongOrigin != "" {
		if err := checkOrigin("WrongOrigin", popup.WrongOrigin); err != nil {
			return err
		}
	}
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	s.popup, s.gate = popup, nil
	if popup.FinishLate {
		s.gate = make(chan struct{})
	}
	return nil
}

// CurrentPopup is what SetPopup set last.
func (e *Emulator) CurrentPopup() Popup {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.popup
}

// ReleaseFinishes lets every popup store that began since SetPopup was called
// with FinishLate, also one that has not come so far yet. Popups that begin
// afterwards are ordinary in this respect.
func (e *Emulator) ReleaseFinishes() {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.gate != nil {
		close(s.gate)
	}
	s.gate, s.popup.FinishLate = nil, false
}

// WaitingFinishes says how many popups have tested what they were given and wait
// for ReleaseFinishes before they store it.
func (e *Emulator) WaitingFinishes() int {
	s := e.state
	s.mu.Lock()
	defer s.mu.Unlock()
	waiting := 0
	for _, c := range s.connects {
		if c.gate != nil && c.claimed && c.authentication == "" {
			waiting++
		}
	}
	return waiting
}

// isolate cuts the opener if this popup is to.
func (p Popup) isolate(w http.ResponseWriter) {
	if p.CutOpener {
		w.Header().Set("Cross-Origin-Opener-Policy", "same-origin")
	}
}

// popupClose serves GET /partner/popup-close (api.md 3.1). Without an id it posts
// nothing, which is what a denial ends in. It sends no COOP: that would lose the
// message.
func (e *Emulator) popupClose(w http.ResponseWriter, r *http.Request) error {
	id := r.URL.Query().Get("authentication_id")
	if id == "" {
		return e.render(w, r, http.StatusOK, pages.PopupClose(pages.PopupCloseView{Messages: "[]"}))
	}
	popup := Popup{}
	if c, known := e.state.findConnect(r.URL.Query().Get("connect")); known {
		popup = c.popup
	}
	messages, err := json.Marshal(popup.messages(id))
	if err != nil {
		return err
	}
	return e.render(w, r, http.StatusOK, pages.PopupClose(pages.PopupCloseView{
		Connected: true, Messages: string(messages), Close: !popup.KeepOpen,
	}))
}

// messages are what the last page posts, in order.
func (p Popup) messages(id string) []any {
	if p.NoMessage {
		return []any{}
	}
	if p.AuthenticationID != "" {
		id = p.AuthenticationID
	}
	if p.Malformed {
		return []any{
			messageType,
			map[string]any{"type": messageType, "authentication_id": map[string]string{"id": id}},
			map[string]any{"type": messageType + "d", "authentication_id": id},
		}
	}
	var posted any = id
	if number, err := strconv.Atoi(id); err == nil && p.IDNumber {
		posted = number
	}
	message := map[string]any{"type": messageType, "authentication_id": posted}
	if p.Twice {
		return []any{message, message}
	}
	return []any{message}
}
