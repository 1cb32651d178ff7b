package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// All of 127.0.0.0/8 is this machine.
func TestCallsLeaveFromTheAddressesOfTheSettings(t *testing.T) {
	t.Parallel()
	network, err := egress(t, "127.0.0.1", "127.0.0.2")
	require.NoError(t, err)
	for _, address := range []string{"127.0.0.1", "127.0.0.2"} {
		assert.Equal(t, address, arrivesFrom(t, network.from(address)))
	}
	network, err = egress(t, "127.0.0.2")
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.2", arrivesFrom(t, network.from("127.0.0.2")), "a lone one too")
}
