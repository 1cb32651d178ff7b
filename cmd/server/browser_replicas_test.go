package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
)

// A replica that dies while somebody is at Zapier costs them nothing, whichever of them it is: one of the two holds
// the page's event stream.
func TestBrowserReplicaKilledDuringThePopup(t *testing.T) {
	for name, killed := range map[string]int{"one": 0, "the other": 1} {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, 2, redistest.Start(t).URL(), nil)
			p := f.wade(appPath(emulator.AppBasic))
			popup := p.openPopup()
			popup.wait(visible(byTestID("connect-submit")))

			f.replicas[killed].kill()
			popup.connect()
			popup.gone()
			p.state("connected")
			stored := f.stored(emulator.AppBasic)
			require.Len(t, stored, 1, "connected once")
			assert.Equal(t, stored[0].ID, p.attempt().AuthenticationID)

			// The one that was dead comes back knowing all of it, and the other may go.
			f.replicas[killed].start(f.env)
			f.replicas[1-killed].kill()
			p.open(f.url + appPath(emulator.AppBasic))
			p.wait(visible(chosen(stored[0].ID)))
		})
	}
}

// The message is lost and the replica that opened the window is gone: the closed window alone makes the page look.
func TestBrowserReplicaKilledAndMessageLost(t *testing.T) {
	f := newFleet(t, 2, redistest.Start(t).URL(), nil)
	require.NoError(t, f.emulated().SetPopup(emulator.Popup{NoMessage: true}))
	p := f.wade(appPath(emulator.AppBasic))
	popup := p.openPopup()
	popup.wait(visible(byTestID("connect-submit")))
	f.replicas[0].kill()
	popup.connect()
	popup.gone()
	p.state("connected")
	assert.Len(t, f.stored(emulator.AppBasic), 1)
}

// A Zap is built while every request goes to another replica than the one before.
func TestBrowserBuildAcrossReplicas(t *testing.T) {
	f := newFleet(t, 2, redistest.Start(t).URL(), nil)
	f.buildsTheGuidesExample()
	f.sent(guideRequest, f.theBody(emulator.OpZapCreate))
	assert.Equal(t, 1, f.emulated().Count(emulator.OpZapCreate))
}
