package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// composeService is a service of docker-compose.yml, as far as the program has to agree with it. Its form is checked by
// `make lint`, against the schema.
type composeService struct {
	Build, Image        string
	PullPolicy          string `yaml:"pull_policy"`
	DependsOn           any    `yaml:"depends_on"`
	Entrypoint, Command []string
	Environment         map[string]string
	ReadOnly            bool `yaml:"read_only"`
	Ports               []string
	Grace               string `yaml:"stop_grace_period"`
}

func composeServices(t *testing.T) map[string]composeService {
	t.Helper()
	var file struct{ Services map[string]composeService }
	require.NoError(t, yaml.Unmarshal([]byte(readFile(t, "docker-compose.yml")), &file))
	return file.Services
}

// imageEnvironment is what the Dockerfile sets.
func imageEnvironment(t *testing.T) []string {
	t.Helper()
	return matches(regexp.MustCompile(`(?m)^(?:ENV | {4})([A-Z_]+=\S+)`), readFile(t, "Dockerfile"))
}

// The servers of docker-compose.yml start with what is there: each name is a setting, and all of them together are
// right.
func TestComposeStartsTheServers(t *testing.T) {
	t.Parallel()
	keys := filepath.Join(t.TempDir(), "store-keys")
	services := composeServices(t)
	status, _, stderr := terminal(t, nil, append(services["keys"].Command[:1:1], keys)...)
	require.Zero(t, status, stderr)
	require.Equal(t, services["keys"].Command[1], services["server-1"].Environment["STORE_KEYS_FILE"])

	known := map[string]bool{}
	for _, field := range settingFields() {
		known[field.name] = true
		known[field.name+"_FILE"] = field.file
	}
	image := imageEnvironment(t)
	require.NotEmpty(t, image)
	for name, service := range services {
		assert.True(t, service.ReadOnly, name)
		for _, port := range service.Ports {
			assert.Regexp(t, `^127\.0\.0\.1:`, port, "%s: only this machine gets in", name)
		}
		if !strings.HasPrefix(name, "server-") {
			continue
		}
		environ := append([]string{}, image...)
		for setting, value := range service.Environment {
			assert.True(t, known[setting], setting)
			if setting == "STORE_KEYS_FILE" {
				value = keys
			}
			environ = append(environ, setting+"="+value)
		}
		for _, line := range image {
			assert.True(t, known[strings.Split(line, "=")[0]], line)
		}
		got, err := readSettings(environ)
		require.NoError(t, err, name)
		assert.NotEmpty(t, got.AdminAddr, "the proxy and the health check ask there")
		grace, err := time.ParseDuration(service.Grace)
		require.NoError(t, err)
		const refreshes, traces = 44 * time.Second, 5 * time.Second // session.flightLimit, and what step 4 of Stopping takes
		assert.Greater(t, grace, got.DrainDelay+stopTimeout+refreshes+traces, "or a stop is cut off")
		assert.Contains(t, readFile(t, "docker-compose.yml"), "ipv4_address: "+got.TrustedProxies)
	}
	assert.Len(t, services, 6)
}

// Each image of ours is built by one service, whom the others that run it wait for: builds of one tag at the same time get
// into each other's way.
func TestComposeBuildsEachImageOnce(t *testing.T) {
	t.Parallel()
	services, builder := composeServices(t), map[string]string{}
	for name, service := range services {
		if service.Build != "" {
			assert.Empty(t, builder[service.Image], "%s is built twice", service.Image)
			builder[service.Image] = name
		}
	}
	assert.Len(t, builder, 1)
	users := 0
	for name, service := range services {
		first, ours := builder[service.Image]
		if !ours || name == first {
			continue
		}
		users++
		assert.Equal(t, "never", service.PullPolicy, "%s: no registry has it", name)
		waits, _ := service.DependsOn.(map[string]any)
		assert.Contains(t, waits, first, name)
	}
	assert.Equal(t, 3, users)
}

// The image's health check is a command that there is.
func TestDockerfileChecksHealth(t *testing.T) {
	t.Parallel()
	check := regexp.MustCompile(`CMD \["/zapembed", "([a-z]+)"\]`).FindStringSubmatch(readFile(t, "Dockerfile"))
	require.NotNil(t, check)
	_, _, found := findCommand(check[1:])
	assert.True(t, found)
}

// The proxy's file passes the proxy's own check, and names what there is.
func TestProxyConfiguration(t *testing.T) {
	t.Parallel()
	const file = "deploy/Caddyfile"
	text, services := readFile(t, file), composeServices(t)
	upstreams := strings.Fields(regexp.MustCompile(`reverse_proxy (.*) \{`).FindStringSubmatch(text)[1])
	require.Len(t, upstreams, 2)
	for _, upstream := range upstreams {
		name, port, _ := strings.Cut(upstream, ":")
		assert.Contains(t, services, name)
		assert.Contains(t, imageEnvironment(t), "LISTEN_ADDR=0.0.0.0:"+port)
	}
	port := regexp.MustCompile(`health_port (\d+)`).FindStringSubmatch(text)[1]
	assert.Contains(t, imageEnvironment(t), "ADMIN_ADDR=0.0.0.0:"+port)
	keepalive := regexp.MustCompile(`keepalive (\S+)`).FindStringSubmatch(text)
	require.NotNil(t, keepalive)
	kept, err := time.ParseDuration(keepalive[1])
	require.NoError(t, err)
	assert.Less(t, kept, idleTimeout-5*time.Second, "or a request is sent into a connection that the server closes")
	assert.Contains(t, readDoc(t, "docs/operations.md").section(t, "Several servers").text, keepalive[0])
	caddy, err := exec.LookPath("caddy")
	if err != nil {
		caddy = filepath.Join(root, "tools/caddy/usr/bin/caddy")
		require.FileExists(t, caddy, "`make setup` fetches Caddy")
	}
	home := t.TempDir()
	for _, args := range [][]string{{"validate", "--adapter", "caddyfile", "--config"}, {"fmt", "--diff"}} {
		check := exec.CommandContext(t.Context(), caddy, append(args, filepath.Join(root, file))...)
		check.Env = append(os.Environ(), "XDG_DATA_HOME="+home, "XDG_CONFIG_HOME="+home)
		said, err := check.CombinedOutput()
		require.NoError(t, err, string(said))
	}
}
