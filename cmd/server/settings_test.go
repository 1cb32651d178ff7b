package main

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
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

// The emulator takes whatever comes, so that nobody waits who tries things out; who asks for limits beside it sees what they do.
func TestLimitsAtTheEmulatorAreAskedFor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		environ     []string
		ip, partner int
	}{
		{"nothing configured", nil, 0, 0},
		{"empty is not set", []string{"ZAPIER_LIMIT_IP=", "ZAPIER_LIMIT_PARTNER="}, 0, 0},
		{"that of an address", []string{"ZAPIER_LIMIT_IP=1"}, 1, 150},
		{"that of the partner", []string{"ZAPIER_LIMIT_PARTNER=5"}, 60, 5},
		{"that of the partner alone", []string{"ZAPIER_LIMIT_IP=0", "ZAPIER_LIMIT_PARTNER=5"}, 0, 5},
		{"those of Zapier, in so many words", []string{"ZAPIER_LIMIT_IP=60"}, 60, 150},
		{"at Zapier", production(), 60, 150},
		{"none at Zapier", production("ZAPIER_LIMIT_IP=0", "ZAPIER_LIMIT_PARTNER=0"), 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := readSettings(tt.environ)
			require.NoError(t, err)
			assert.Equal(t, tt.ip, got.LimitIP)
			assert.Equal(t, tt.partner, got.LimitPartner)
		})
	}
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
		{"an API whose name only looks local", production("ZAPIER_API_URL=http://zapier.localhost.example.com"), "ZAPIER_API_URL"},
		{"an API whose name only ends so", production("ZAPIER_API_URL=http://notlocalhost"), "ZAPIER_API_URL"},
		{"an API in a network of containers", production("PUBLIC_URL=http://localhost:8080", "ZAPIER_API_URL=http://zapier.localhost:8081"), ""},
		{"an API in a network of containers for everybody", production("ZAPIER_API_URL=http://zapier.localhost:8081"), "http:// is for this machine alone"},
		{"a frame of a name that only looks local", []string{"EMBED_ORIGINS=http://a.localhost:3000"}, "EMBED_ORIGINS"},
		{"a frame on this machine", []string{"EMBED_ORIGINS=http://localhost:3000 http://127.0.0.1:3000 http://[::1]:3000"}, ""},
		{"origins as browsers write them", []string{"EMBED_ORIGINS=https://a-b.example https://xn--bcher-kva.example:8443 https://192.0.2.1 https://[2001:db8::1]:8443 https://intranet"}, ""},
		{"an origin in capitals with its port", production("ZAPIER_ORIGIN=https://Zapier.com:443"), "Write https://zapier.com."},
		{"an origin with a long address", []string{"EMBED_ORIGINS=https://[2001:DB8:0::1]"}, "Write https://[2001:db8::1]."},
		{"an origin that is a pattern", []string{"EMBED_ORIGINS=https://*.example.com"}, "without wildcards"},
		{"an origin with another directive", []string{"EMBED_ORIGINS=https://a;script-src"}, "EMBED_ORIGINS"},
		{"an origin with a quote", []string{"EMBED_ORIGINS=https://a'none'"}, "EMBED_ORIGINS"},
		{"an origin in letters that browsers spell", []string{"EMBED_ORIGINS=https://bücher.example"}, "EMBED_ORIGINS"},
		{"an origin with a short address", []string{"EMBED_ORIGINS=https://127.1"}, "EMBED_ORIGINS"},
		{"an origin with a port of nobody", []string{"EMBED_ORIGINS=https://a.example:0"}, "EMBED_ORIGINS"},
		{"an origin with a colon alone", []string{"EMBED_ORIGINS=https://a.example:"}, "EMBED_ORIGINS"},
		{"an origin with somebody in it", []string{"EMBED_ORIGINS=https://u@a.example"}, "EMBED_ORIGINS"},
		{"pictures from anywhere", production("ZAPIER_IMAGE_ORIGINS=https://*.imgix.net"), "ZAPIER_IMAGE_ORIGINS"},
		{"proxies that are everybody", []string{"TRUSTED_PROXIES=0.0.0.0/0"}, "is everybody"},
		{"proxies that are everybody in the long form", []string{"TRUSTED_PROXIES=::ffff:0.0.0.0/96"}, "is everybody"},
		{"proxies that are more than everybody", []string{"TRUSTED_PROXIES=::ffff:0.0.0.0/90"}, "is not an address"},
		{"a proxy of a network card", []string{"TRUSTED_PROXIES=fe80::1%eth0"}, "is not an address"},
		{"a promise that is none", []string{"HSTS_SUBDOMAINS=maybe"}, "HSTS_SUBDOMAINS is neither true nor false"},
		{"a collector that is no address", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=localhost:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT is not an address"},
		{"a collector of spans without a host", []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://"}, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not an address"},
		{"a collector by another protocol", []string{"OTEL_EXPORTER_OTLP_ENDPOINT=grpc://canary@collector:4317"}, "OTEL_EXPORTER_OTLP_ENDPOINT is not an address"},
		{"a frame of no origin", []string{"EMBED_ORIGINS=https://a.example *"}, "EMBED_ORIGINS"},
		{"an address without a port", []string{"LISTEN_ADDR=localhost"}, "LISTEN_ADDR"},
		{"no address, which counts as not set", []string{"EMULATOR_ADDR="}, ""},
		{"a store of no kind", []string{"STORE_URL=mysql://u:canary@localhost"}, `"mysql:" is neither sqlite:FILE nor`},
		{"a store without a file", []string{"STORE_URL=sqlite:"}, "sqlite:zapembed.db"},
		{"a Redis that is none", production("STORE_URL=redis://u:canary@localhost:port"), "STORE_URL"},
		{"a Redis without keys", []string{"STORE_URL=redis://localhost"}, "the same for all servers"},
		{"an embed mode of no kind", production("EMBED_MODE=any"), "same-site nor cross-site"},
		{"frames of other sites without TLS", []string{"EMBED_MODE=cross-site", "EMBED_ORIGINS=https://a.example"}, "EMBED_MODE is cross-site"},
		{"frames of other sites under a path", production("PUBLIC_URL=https://a.example/zaps", "EMBED_MODE=cross-site", "EMBED_ORIGINS=https://b.example"), "without a path"},
		{"frames of nobody", production("EMBED_MODE=cross-site"), "EMBED_ORIGINS is not set"},
		{"a proxy that is none", []string{"TRUSTED_PROXIES=10.0.0.0/8 proxy"}, `TRUSTED_PROXIES: "proxy"`},
		{"a limit that is none", []string{"RATE_LIMIT_IP=many"}, "RATE_LIMIT_IP is not a whole number"},
		{"a limit of nothing", []string{"RATE_LIMIT_SESSION=0"}, "at least 1"},
		{"a delay that never ends", []string{"DRAIN_DELAY=2h"}, "DRAIN_DELAY"},
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
		{"an egress that is no word", []string{"ZAPIER_EGRESS=a/b"}, "ZAPIER_EGRESS"},
		{"an egress of two names", []string{"ZAPIER_EGRESS=192.0.2.1 two"}, `ZAPIER_EGRESS: "two" is not an IP address`},
		{"an egress twice", []string{"ZAPIER_EGRESS=2001:db8::1 2001:db8:0::1"}, "is there twice"},
		{"less than no servers", []string{"REPLICAS=-1"}, "REPLICAS must be at least 0"},
		{"own Apps twice", []string{"OWN_APPS=[]", "OWN_APPS_FILE=/tmp/x"}, "both set"},
		{"a secret's file that is not there", []string{"STORE_KEYS_FILE=/does/not/exist"}, "/does/not/exist cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readSettings(tt.environ)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			assert.NotContains(t, err.Error(), "canary", "a password is not for the screen")
			assert.NotContains(t, err.Error(), "\n", "one sentence for one mistake")
		})
	}
}

func TestSettingsOfProxiesAndLimits(t *testing.T) {
	got, err := readSettings([]string{"TRUSTED_PROXIES=10.1.2.3/8 192.0.2.7  2001:db8::1", "RATE_LIMIT_IP=7", "DRAIN_DELAY=0s"})
	require.NoError(t, err)
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::1/128")}
	assert.Equal(t, want, got.proxies)
	assert.Equal(t, 7, got.RateLimitIP)
	assert.Equal(t, 300, got.RateLimitSession)
	assert.Zero(t, got.DrainDelay)
}

func TestSettingsOfZapiersLimits(t *testing.T) {
	for _, row := range []struct {
		environ  []string
		egress   []string
		replicas int
	}{
		{nil, []string{"one"}, 1},
		{[]string{"ZAPIER_EGRESS=office", "REPLICAS=3"}, []string{"office"}, 3},
		{[]string{"ZAPIER_EGRESS=192.0.2.1  2001:DB8::1"}, []string{"192.0.2.1", "2001:db8::1"}, 1},
		{[]string{"STORE_URL=redis://redis", "STORE_KEYS=" + someKey}, []string{"one"}, 4},
	} {
		got, err := readSettings(row.environ)
		require.NoError(t, err)
		assert.Equal(t, row.egress, got.egress, row.environ)
		assert.Equal(t, row.replicas, got.replicas(), row.environ)
	}
}

// Visitors' addresses are compared in their short form.
func TestSettingsOfProxiesInTheLongForm(t *testing.T) {
	got, err := readSettings([]string{"TRUSTED_PROXIES=::ffff:10.0.0.1 ::ffff:10.1.0.0/112"})
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.0.0.1/32"), netip.MustParsePrefix("10.1.0.0/16")}, got.proxies)
}

// Behind https there is a proxy, and its visitors are one to whoever does not know it.
func TestSettingsWarnOfAProxyThatIsNotNamed(t *testing.T) {
	t.Parallel()
	environ := production("STORE_URL=sqlite:" + filepath.Join(t.TempDir(), "zapembed.db"))
	named := append(environ, "TRUSTED_PROXIES=127.0.0.1")
	for _, row := range []struct {
		environ []string
		want    bool
	}{{environ, true}, {named, false}, {nil, false}} {
		got, err := readSettings(row.environ)
		require.NoError(t, err)
		assert.Equal(t, row.want, len(got.warnings()) > 0, row.environ)
	}
	status, stdout, stderr := terminal(t, environ, "config")
	assert.Zero(t, status, stderr)
	assert.Contains(t, stdout, "Warning: TRUSTED_PROXIES is not set")
	status, stdout, _ = terminal(t, named, "config")
	assert.Zero(t, status)
	assert.NotContains(t, stdout, "Warning")

	logs, port := &said{}, reserve(t)
	got, err := readSettings(append(environ, "LISTEN_ADDR="+port.Addr().String()))
	require.NoError(t, err)
	app, err := newApp(got, environment{logger: slog.New(slog.NewTextHandler(logs, nil)), listen: reopen(port)})
	require.NoError(t, err)
	app.close()
	assert.Contains(t, logs.String(), "TRUSTED_PROXIES is not set")
}

// the names below ours are bound as well, unless they are somebody else's.
func TestSettingsOfStrictTransport(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"HSTS_SUBDOMAINS=": "max-age=63072000; includeSubDomains", "HSTS_SUBDOMAINS=false": "max-age=63072000",
	} {
		port := reserve(t)
		got, err := readSettings(production(setting, "LISTEN_ADDR="+port.Addr().String(), "STORE_URL=sqlite:"+filepath.Join(t.TempDir(), "zapembed.db")))
		require.NoError(t, err)
		app, err := newApp(got, environment{logger: slog.New(slog.DiscardHandler), listen: reopen(port)})
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		app.pages.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://zaps.example.com/", nil))
		app.close()
		assert.Equal(t, want, answer.Header().Get("Strict-Transport-Security"), setting)
	}
}

func TestSettingsOfAStoreWithAPassword(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	require.NoError(t, os.WriteFile(path, []byte("rediss://u:canary@redis.example:6380/2\n"), 0o600))
	got, err := readSettings(production("STORE_URL_FILE=" + path))
	require.NoError(t, err)
	assert.Empty(t, got.storeFile)
	assert.Contains(t, got.StoreURL, "canary")
	assert.Equal(t, "rediss://u:xxxxx@redis.example:6380/2", redacted(got.StoreURL))
	assert.Equal(t, "redis://a:1?master_name=m&password=xxxxx", redacted("redis://a:1?master_name=m&password=canary"))
	assert.Equal(t, "sqlite:/a/b?c", redacted("sqlite:/a/b?c"))
	assert.NotContains(t, redacted("redis://u:canary@localhost:port"), "canary")
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
