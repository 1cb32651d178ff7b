package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const someKey = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// production is the least that talks to the real Zapier.
func production(more ...string) []string {
	return append([]string{
		"PUBLIC_URL=https://zaps.example.com", "ZAPIER_CLIENT_ID=id", "ZAPIER_CLIENT_SECRET=secret", "STORE_KEYS=" + someKey,
	}, more...)
}

func TestSettingsWithNothingConfigured(t *testing.T) {
	got, err := readSettings(nil)
	require.NoError(t, err)
	assert.Equal(t, "http://localhost:8080", got.public.String())
	elsewhere, err := readSettings([]string{"LISTEN_ADDR=127.0.0.1:9000"})
	require.NoError(t, err)
	assert.Equal(t, "http://localhost:9000", elsewhere.public.String(), "another port is one setting, not two")
	prefixed, err := readSettings([]string{"PUBLIC_URL=http://localhost:8080/zaps/"})
	require.NoError(t, err)
	assert.Equal(t, "http://localhost:8080/zaps", prefixed.public.String())
	assert.True(t, got.useEmulator)
	assert.Equal(t, "http://127.0.0.1:8081", got.Origin)
	assert.Equal(t, "http://127.0.0.1:8081", got.APIURL)
	assert.Equal(t, "zapembed.db", got.storeFile)
	assert.Equal(t, 24*time.Hour, got.SessionIdle)
}

func TestSettingsForTheRealZapier(t *testing.T) {
	got, err := readSettings(production())
	require.NoError(t, err)
	assert.False(t, got.useEmulator)
	assert.Equal(t, "https://zapier.com", got.Origin, "api.md 1.1")
	assert.Equal(t, "https://api.zapier.com", got.APIURL)
}

func TestSettingsThatAreNotRight(t *testing.T) {
	tests := []struct {
		name    string
		environ []string
		want    string
	}{
		{"a public URL that is none", []string{"PUBLIC_URL=zaps.example.com"}, "PUBLIC_URL"},
		{"a public URL with a query", []string{"PUBLIC_URL=http://localhost:8080/?a=b"}, "PUBLIC_URL"},
		{"a public URL with a password", []string{"PUBLIC_URL=http://a:b@localhost:8080"}, "PUBLIC_URL"},
		{"a public http URL", append(production(), "PUBLIC_URL=http://zaps.example.com"), "https://"},
		{"no client id in public", []string{"PUBLIC_URL=https://zaps.example.com", "STORE_KEYS=" + someKey}, "EMULATOR=on"},
		{"no client id and no emulator", []string{"EMULATOR=off", "STORE_KEYS=" + someKey}, "ZAPIER_CLIENT_ID"},
		{"no secret", []string{"ZAPIER_CLIENT_ID=id", "STORE_KEYS=" + someKey}, "ZAPIER_CLIENT_SECRET is not set"},
		{"no keys in production", []string{"ZAPIER_CLIENT_ID=id", "ZAPIER_CLIENT_SECRET=s"}, "openssl rand -base64 32"},
		{"emulator and client id", production("EMULATOR=on"), "keep one of them"},
		{"an emulator of no kind", []string{"EMULATOR=maybe"}, "auto, on, off"},
		{"an origin with a path", production("ZAPIER_ORIGIN=https://zapier.com/"), "ZAPIER_ORIGIN"},
		{"an API without TLS", production("ZAPIER_API_URL=http://api.zapier.com"), "ZAPIER_API_URL"},
		{"a frame of no origin", []string{"EMBED_ORIGINS=https://a.example *"}, "EMBED_ORIGINS"},
		{"an address without a port", []string{"LISTEN_ADDR=localhost"}, "LISTEN_ADDR"},
		{"no address", []string{"EMULATOR_ADDR="}, ""},
		{"a store that is not there", []string{"STORE_URL=redis://localhost"}, "sqlite:FILE"},
		{"a store without a file", []string{"STORE_URL=sqlite:"}, "sqlite:FILE"},
		{"a key that is none", []string{"STORE_KEYS=c2hvcnQ="}, "openssl rand -base64 32"},
		{"a time that is none", []string{"SESSION_IDLE=soon"}, "SESSION_IDLE is not a length of time"},
		{"an absolute limit below the idle one", []string{"SESSION_IDLE=2h", "SESSION_ABSOLUTE=1h"}, "SESSION_ABSOLUTE"},
		{"a log format", []string{"LOG_FORMAT=xml"}, "LOG_FORMAT"},
		{"a log level", []string{"LOG_LEVEL=loud"}, "LOG_LEVEL"},
		{"a secret twice", []string{"STORE_KEYS=" + someKey, "STORE_KEYS_FILE=/tmp/x"}, "both set"},
		{"a secret's file that is not there", []string{"STORE_KEYS_FILE=/does/not/exist"}, "/does/not/exist cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readSettings(tt.environ)
			if tt.want == "" {
				require.NoError(t, err, "empty counts as not set")
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "\n", "one sentence for one mistake")
		})
	}
}

func TestSettingsReportEverythingAtOnce(t *testing.T) {
	_, err := readSettings([]string{"PUBLIC_URL=nowhere", "LOG_LEVEL=loud", "SESSION_IDLE=soon", "STORE_URL=mysql:x"})
	require.Error(t, err)
	for _, name := range []string{"PUBLIC_URL", "LOG_LEVEL", "SESSION_IDLE", "STORE_URL"} {
		assert.Contains(t, err.Error(), "- "+name)
	}
}

func TestSettingsReadSecretsFromFiles(t *testing.T) {
	folder := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	got, err := readSettings([]string{
		"PUBLIC_URL=https://zaps.example.com", "ZAPIER_CLIENT_ID=id",
		"ZAPIER_CLIENT_SECRET_FILE=" + file("secret", "from-a-file\n"), "STORE_KEYS_FILE=" + file("keys", someKey+"\n"),
	})
	require.NoError(t, err)
	assert.Equal(t, "from-a-file", got.ClientSecret)
	assert.Equal(t, someKey, got.StoreKeys)
}

func TestHelpListsEverySetting(t *testing.T) {
	var help strings.Builder
	printHelp(&help)
	for _, field := range settingFields() {
		assert.Contains(t, help.String(), field.name)
		assert.Contains(t, help.String(), field.help)
		assert.NotEmpty(t, field.help, field.name)
		if field.defaultValue != "" {
			assert.Contains(t, help.String(), "Default: "+field.defaultValue)
		}
		if field.secret {
			assert.Contains(t, help.String(), field.name+"_FILE")
		}
	}
}
