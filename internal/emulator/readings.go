package emulator

// Readings decide what Zapier's documents leave open or say in two ways. The
// zero value is the reading the emulator was built on; doc.go lists all of them.
type Readings struct {
	// StrictActionIDs ends an action id with the user's next look-up of its App.
	// Otherwise an id is good for an hour (api.md 7, contradiction 21, unknown 4).
	StrictActionIDs bool
	// UncheckedZaps takes the steps of a Zap as they come, as long as their shape
	// is right: no order, ownership, required inputs or mappings are looked at
	// (api.md 7, unknown 3).
	UncheckedZaps bool
	// ArrayEnvelopes puts what the published schema types as an array into an
	// array of one (api.md 2.3; 7, contradiction 1).
	ArrayEnvelopes bool
	// WrappedZaps puts the Zap that was created, changed or enabled under "data"
	// (api.md 7, contradiction 8).
	WrappedZaps bool
	// TextStatus writes the status of an error as "400" (api.md 7, contradiction 14).
	TextStatus bool
}
