package main

import (
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// The emulator of docker-compose.yml understands its flags, and knows the servers there as they know it.
func TestComposeStartsTheEmulator(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docker-compose.yml")
	require.NoError(t, err)
	var file struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &file))
	got, err := readSettings(file.Services["emulator"].Command, nil, io.Discard)
	require.NoError(t, err)
	for _, name := range []string{"server-1", "server-2"} {
		server := file.Services[name].Environment
		assert.Equal(t, got.URL, server["ZAPIER_ORIGIN"])
		assert.Equal(t, got.APIURL, server["ZAPIER_API_URL"])
		assert.Equal(t, got.ClientID, server["ZAPIER_CLIENT_ID"])
		assert.Equal(t, got.ClientSecret, server["ZAPIER_CLIENT_SECRET"])
		assert.Contains(t, strings.Fields(got.RedirectURIs), server["PUBLIC_URL"]+"/sign-in/callback")
	}
}
