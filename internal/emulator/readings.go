package emulator

import "net/http"

// Readings decide what Zapier's documents leave open or say in two ways. The
// zero value is the reading the emulator was built on; doc.go lists all of them.
type Readings struct {
	// StrictActionIDs ends an action id with the user's next look-up of its App.
	// Otherwise an id is good for an hour (api.md 7, contradiction 21, unknown 4).
	StrictActionIDs bool `json:"strict_action_ids"`
	// UncheckedZaps takes the steps of a Zap as they come, as long as their shape
	// is right: no order, ownership, required inputs or mappings are looked at
	// (api.md 7, unknown 3).
	UncheckedZaps bool `json:"unchecked_zaps"`
	// ArrayEnvelopes puts what the published schema types as an array into an
	// array of one (api.md 2.3; 7, contradiction 1).
	ArrayEnvelopes bool `json:"array_envelopes"`
	// WrappedZaps puts the Zap that was created, changed or enabled under "data"
	// (api.md 7, contradiction 8).
	WrappedZaps bool `json:"wrapped_zaps"`
	// TextStatus writes the status of an error as "400" (api.md 7, contradiction 14).
	TextStatus bool `json:"text_status"`
}

// SetReadings changes them from the next call on; Reset goes back to those of Options.
func (e *Emulator) SetReadings(readings Readings) {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.readings = readings
}

// CurrentReadings are those that hold.
func (e *Emulator) CurrentReadings() Readings {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.readings
}

func (e *Emulator) jsonReadings(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, e.CurrentReadings())
	return nil
}

func (e *Emulator) jsonSetReadings(w http.ResponseWriter, r *http.Request) error {
	var readings Readings
	if err := readJSON(w, r, &readings); err != nil {
		return err
	}
	e.SetReadings(readings)
	return empty(w, nil)
}
