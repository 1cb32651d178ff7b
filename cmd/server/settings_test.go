package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/handlers"
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
		{"own Apps that are no JSON", []string{"OWN_APPS=x"}, "OWN_APPS is not a list such as [{"},
		{"own Apps that end too soon", []string{`OWN_APPS=[{"app":`}, "it ends too soon"},
		{"own Apps that are no list", []string{"OWN_APPS={}"}, "it is of the wrong kind: object"},
		{"own Apps with something behind them", []string{"OWN_APPS=[] []"}, "something comes behind it"},
		{"an own App with a member nobody knows", []string{`OWN_APPS=[{"id":"x"}]`}, `unknown field "id"`},
		{"an own App without an id", []string{`OWN_APPS=[{"scheme":"basic"}]`}, "OWN_APPS, entry 1: app is missing"},
		{"an own App with an id of no kind", []string{`OWN_APPS=[{"app":"ledgerleaf","scheme":"basic"}]`}, `app "ledgerleaf" is not an App's id`},
		{"an own App twice", []string{`OWN_APPS=[` + someApp("basic", "") + `,` + someApp("digest", "") + `]`}, "OWN_APPS, entry 2: the App 646a8a78-9d44-425e-acc7-f9cda06e301b is there twice"},
		{"an own App with no scheme", []string{`OWN_APPS=[` + someApp("", "") + `]`}, `scheme "" is none of api_key, basic, digest, session and custom`},
		{"an own App with a scheme that needs a window", []string{`OWN_APPS=[` + someApp("oauth2", `{"key":"a"}`) + `]`}, `scheme "oauth2" is none of`},
		{"a custom App without fields", []string{`OWN_APPS=[` + someApp("custom", "") + `]`}, "list them"},
		{"a field without a key", []string{`OWN_APPS=[` + someApp("custom", `{"label":"A"}`) + `]`}, "a field has no key"},
		{"a field twice", []string{`OWN_APPS=[` + someApp("custom", `{"key":"a"},{"key":"a"}`) + `]`}, "the field a is there twice"},
		{"a field of no type", []string{`OWN_APPS=[` + someApp("custom", `{"key":"a","type":"secret"}`) + `]`}, `the type "secret" of the field a is none of string, password`},
		{"a field whose key is a number", []string{`OWN_APPS=[` + someApp("custom", `{"key":1}`) + `]`}, "fields.key is of the wrong kind: number"},
		{"own Apps twice", []string{"OWN_APPS=[]", "OWN_APPS_FILE=/tmp/x"}, "both set"},
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

func someApp(scheme, fields string) string {
	return `{"app":"646a8a78-9d44-425e-acc7-f9cda06e301b","scheme":"` + scheme + `","fields":[` + fields + `]}`
}

func TestSettingsOfOwnApps(t *testing.T) {
	got, err := readSettings([]string{`OWN_APPS=[
		{"app": "646A8A78-9d44-425e-acc7-f9cda06e301b", "scheme": "basic"},
		{"app": "1d9ebd47-a6e5-4b72-9122-7547bedb514a", "scheme": "api_key", "fields": [
			{"key": "subdomain", "label": "Your address", "help": "Before *.example*", "placeholder": "acme", "required": false},
			{"key": "api_key", "type": "password"}]},
		{"app": "35276b09-cfd1-428a-8186-637c1f07246d", "fields": [{"key": "code", "type": "integer"}, {"key": "access_token"}, {"key": "otp", "type": "string"}]}]`})
	require.NoError(t, err)
	assert.Equal(t, []handlers.OwnApp{
		{App: "646a8a78-9d44-425e-acc7-f9cda06e301b", Fields: []handlers.OwnField{
			{Key: "username", Label: "User name", Type: "string", Required: true}, {Key: "password", Type: "password", Required: true},
		}},
		{App: "1d9ebd47-a6e5-4b72-9122-7547bedb514a", Fields: []handlers.OwnField{
			{Key: "subdomain", Label: "Your address", Help: "Before *.example*", Placeholder: "acme", Type: "string"},
			{Key: "api_key", Type: "password", Required: true},
		}},
		{App: "35276b09-cfd1-428a-8186-637c1f07246d", Fields: []handlers.OwnField{
			{Key: "code", Type: "integer", Required: true},
			{Key: "access_token", Type: "password", Required: true}, // what looks like a secret is one, unless its type is said
			{Key: "otp", Type: "string", Required: true},
		}},
	}, got.ownApps)
	for scheme := range ownSchemes() {
		_, err := readSettings([]string{"OWN_APPS=[" + someApp(scheme, map[bool]string{true: `{"key":"a"}`}[scheme == "custom"]) + "]"})
		assert.NoError(t, err, scheme)
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
		"OWN_APPS_FILE=" + file("apps.json", "["+someApp("basic", "")+"]\n"),
	})
	require.NoError(t, err)
	assert.Equal(t, "from-a-file", got.ClientSecret)
	assert.Equal(t, someKey, got.StoreKeys)
	assert.Len(t, got.ownApps, 1)
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
		if field.file {
			assert.Contains(t, help.String(), field.name+"_FILE")
		}
	}
}
