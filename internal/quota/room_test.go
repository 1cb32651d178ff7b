package quota_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/quota"
)

// Who asks whether there would be room takes none, and changes nothing for those who call.
func TestRoomIsAskedForWithoutTakingIt(t *testing.T) {
	t.Parallel()
	p := newPartner(t)
	engine := p.place.Open()
	budget := p.serverOn(engine, quota.Config{Addresses: []string{"a"}, Limits: quota.Limits{IP: 20}})
	room := func() time.Duration { return budget.Room(t.Context(), 10*time.Second) }
	assert.Zero(t, room(), "nobody has called")

	require.NoError(t, budget.Pause(t.Context(), 0))
	assert.Equal(t, time.Minute, room())
	p.clock.Advance(50 * time.Second)
	assert.Zero(t, room(), "as long as that they may wait")
	p.clock.Advance(10 * time.Second)

	assert.Equal(t, 5, p.takes(20, budget))
	for range 5 {
		assert.Zero(t, room())
	}
	assert.Len(t, p.calls(engine), 5, "nothing more was sent")
	assert.Positive(t, budget.Room(t.Context(), time.Millisecond), "the next one of an even pace is seconds away")
}
