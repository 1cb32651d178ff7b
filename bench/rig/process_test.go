package rig

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCPUIsReadBehindTheName(t *testing.T) {
	t.Parallel()
	used, err := cpuOf("4242 (a) name (1)) S 1 4242 4242 0 -1 4194304 100 0 0 0 250 130 7 9 20 0 5 0 100 1000 10")
	require.NoError(t, err)
	assert.Equal(t, 3800*time.Millisecond, used)
	_, err = cpuOf("4242 (name) S 1")
	require.Error(t, err)
}
