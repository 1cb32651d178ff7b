package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the README shows is run as it stands there, but for the address: people copy it.
func TestReadmeWorksAsItStands(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	section := regexp.MustCompile("(?s)## The emulator for a client of your own\n.*?```bash\n(.*?)```").FindSubmatch(readme)
	require.NotNil(t, section)
	origin, _, _ := started(t, "-log=false")
	const written = "zapier=http://127.0.0.1:8081\n"
	require.Contains(t, string(section[1]), written)
	script := strings.Replace(string(section[1]), written, "zapier="+origin+"\n", 1)
	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script)
	command.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	var stderr strings.Builder
	command.Stderr = &stderr
	said, err := command.Output()
	require.NoError(t, err, "%s\n%s", said, stderr.String())
	apps, last, found := strings.Cut(string(said), "{")
	require.True(t, found, string(said))
	assert.Contains(t, apps, "Ledgerleaf\n")
	var zap struct {
		Title     string
		IsEnabled bool `json:"is_enabled"`
		Steps     []struct{ Authentication *string }
	}
	require.NoError(t, json.Unmarshal([]byte("{"+last), &zap))
	assert.Equal(t, "Tell us of invoices", zap.Title)
	assert.True(t, zap.IsEnabled)
	require.Len(t, zap.Steps, 2)
	assert.NotNil(t, zap.Steps[0].Authentication)
	assert.Nil(t, zap.Steps[1].Authentication)
}
