package connect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/zapier"
)

func TestDecide(t *testing.T) {
	old := zapier.Authentication{ID: "1", Title: "old"}
	expired := zapier.Authentication{ID: "2", Title: "expired", IsExpired: true}
	revived := zapier.Authentication{ID: "2", Title: "expired"}
	fresh := zapier.Authentication{ID: "3", Title: "fresh"}
	another := zapier.Authentication{ID: "4", Title: "another"}
	broken := zapier.Authentication{ID: "5", Title: "new but expired", IsExpired: true}
	known := baselineOf([]zapier.Authentication{old, expired})

	list := func(items ...zapier.Authentication) []zapier.Authentication { return items }
	message := func(id string) Evidence { return Evidence{Kind: Message, AuthenticationID: id} }
	picked := func(id string) Evidence { return Evidence{Kind: Picked, AuthenticationID: id} }

	tests := []struct {
		name       string
		baseline   *Baseline
		evidence   Evidence
		list       []zapier.Authentication
		connected  zapier.ID
		proof      Proof
		candidates int
		refused    bool
	}{
		{name: "nothing new", baseline: known, evidence: Evidence{Kind: Focus}, list: list(old, expired)},
		{name: "one new", baseline: known, evidence: Evidence{Kind: Focus}, list: list(fresh, old, expired), connected: "3", proof: ByList},
		{name: "an expired one came back to life", baseline: known, evidence: Evidence{Kind: Timer}, list: list(old, revived), connected: "2", proof: ByList},
		{name: "a new one that is expired is of no use", baseline: known, evidence: Evidence{Kind: Focus}, list: list(broken, old, expired)},
		{name: "several new ones are for the person to tell apart", baseline: known, evidence: Evidence{Kind: Focus}, list: list(another, fresh, old, expired), candidates: 2},
		{name: "a message picks out of several", baseline: known, evidence: message("4"), list: list(another, fresh, old, expired), connected: "4", proof: ByMessage},
		// Reconnecting one that never showed as expired: only the message can tell.
		{name: "a message may name one of the baseline", baseline: known, evidence: message("1"), list: list(old, expired), connected: "1", proof: ByMessage},
		{name: "a message that names an expired one is refused", baseline: known, evidence: message("2"), list: list(old, expired), refused: true},
		{name: "a message with a foreign id is refused", baseline: known, evidence: message("99"), list: list(old, expired), refused: true},
		{name: "a foreign id does not hide the new one", baseline: known, evidence: message("99"), list: list(fresh, old, expired), connected: "3", proof: ByList, refused: true},
		{name: "a message without an id is a reason to look", baseline: known, evidence: message(""), list: list(fresh, old, expired), connected: "3", proof: ByList},
		{name: "an empty baseline is known", baseline: baselineOf(nil), evidence: Evidence{Kind: Focus}, list: list(fresh), connected: "3", proof: ByList},
		// An unknown baseline taken for an empty one would call an old Authentication new.
		{name: "an unknown baseline proves nothing", baseline: nil, evidence: Evidence{Kind: Focus}, list: list(old)},
		{name: "an unknown baseline and a message", baseline: nil, evidence: message("1"), list: list(old), connected: "1", proof: ByMessage},
		{name: "an unknown baseline and a person who is sure", baseline: nil, evidence: Evidence{Kind: Person}, list: list(old, fresh), candidates: 2},
		{name: "an unknown baseline and a pick", baseline: nil, evidence: picked("1"), list: list(old, fresh), connected: "1", proof: ByPick},
		{name: "a pick among several new ones", baseline: known, evidence: picked("3"), list: list(another, fresh, old, expired), connected: "3", proof: ByPick},
		{name: "a pick of an old one is refused", baseline: known, evidence: picked("1"), list: list(another, fresh, old, expired), candidates: 2, refused: true},
		{name: "a pick of one that is gone is refused", baseline: known, evidence: picked("4"), list: list(old, expired), refused: true},
		{name: "a pick of one that is gone connects no other", baseline: known, evidence: picked("4"), list: list(fresh, old, expired), candidates: 1, refused: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := decide(tt.baseline, tt.evidence, tt.list)
			if tt.connected == "" {
				assert.Nil(t, got.connected)
			} else if assert.NotNil(t, got.connected) {
				assert.Equal(t, tt.connected, got.connected.ID)
			}
			assert.Equal(t, tt.proof, got.proof)
			assert.Len(t, got.candidates, tt.candidates)
			assert.Equal(t, tt.refused, got.hintRefused)
		})
	}
}
