package draft

import "time"

// SetPatience makes presses wait less long, until it is undone.
func SetPatience(wait time.Duration) (undo func()) {
	before := patience
	patience = wait
	return func() { patience = before }
}
