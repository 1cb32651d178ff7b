package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// The scope zap alone shows only Zaps that use the partner's App (api.md 1.4): a Zap without it is there and is not seen.
func TestZapWithoutThePartnersApp(t *testing.T) {
	for name, test := range map[string]struct{ scopes, state string }{
		"by default":  {"", "done"},
		"with less":   {"profile zap zap:write connection:read", "unknown"},
		"with shared": {"profile zap zap:account:all zap:write connection:read", "done"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, options{scopes: test.scopes, clientApp: emulator.AppBasic})
			z, _, _ := h.signedIn(emulator.UserWade).worked()
			before := len(h.emulator.Zaps(emulator.UserWade))
			require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: true}))
			lost := z.publish()
			require.Len(t, h.emulator.Zaps(emulator.UserWade), before+1)
			assert.Equal(t, test.state, lost.byTestID("publishing").AttrOr("data-state", ""))
			if test.state == "done" {
				seen := z.follow(lost, lost.byTestID("zap-link"))
				assert.Equal(t, h.newest().Title, seen.Find("h1").Text())
				return
			}
			assert.Contains(t, lost.byTestID("sees-partly").Text(), "zapier.com")
		})
	}
}

// Who sees all of their Zaps is not told that they do not.
func TestUnknownWithEveryZapInSight(t *testing.T) {
	h := newHouse(t, options{})
	z, _, _ := h.signedIn(emulator.UserWade).worked()
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true}))
	unknown := z.publish()
	require.Equal(t, "unknown", unknown.byTestID("publishing").AttrOr("data-state", ""))
	assert.Zero(t, unknown.byTestID("sees-partly").Length())
}
