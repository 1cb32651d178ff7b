package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/zapembed/zapembed/"

// mayImport says for each package of ours what else of ours, and which modules of others, its code
// may import; tests may import more. What is missing from a line is forbidden.
func mayImport() map[string][]string {
	return map[string][]string{
		"internal/store":           {},
		"internal/store/sqlite":    {"internal/store", "modernc.org/sqlite"},
		"internal/store/storetest": {"internal/store", "github.com/stretchr/testify"},
		"internal/store/redis":     {"internal/store", "github.com/redis/go-redis/v9"},
		// Real servers and engines for the tests of everybody.
		"internal/store/redis/redistest": {"github.com/redis/go-redis/v9", "github.com/stretchr/testify"},
		"internal/toxic":                 {"github.com/Shopify/toxiproxy/v2", "github.com/rs/zerolog", "github.com/stretchr/testify"},
		"internal/store/testengine": {
			"internal/store", "internal/store/redis", "internal/store/redis/redistest", "internal/store/sqlite", "github.com/stretchr/testify",
		},
		"internal/cache":   {"internal/store", "internal/zapier"},
		"internal/quota":   {"internal/store"},
		"internal/zapier":  {"github.com/cenkalti/backoff/v5", "github.com/sony/gobreaker/v2", "golang.org/x/oauth2"},
		"internal/connect": {"internal/store", "internal/zapier"},
		"internal/draft":   {"internal/store", "internal/zapier"},
		"internal/audit":   {},
		"internal/session": {"internal/audit", "internal/store", "github.com/gorilla/sessions", "golang.org/x/oauth2", "golang.org/x/sync"},
		// The emulator reads Zapier's contract by itself: with the client's types it could not catch the client's mistakes.
		"internal/emulator":       {"internal/emulator/pages", "github.com/go-chi/chi/v5", "github.com/a-h/templ", "go.yaml.in/yaml/v3"},
		"internal/emulator/pages": {"github.com/a-h/templ"},
		"internal/contract":       {},
		"internal/handlers": {
			"internal/audit", "internal/connect", "internal/draft", "internal/session", "internal/zapier", "web/static", "web/templates",
			"github.com/go-chi/chi/v5", "github.com/go-chi/httprate", "github.com/a-h/templ", "github.com/yuin/goldmark",
		},
		"web/templates": {"github.com/a-h/templ"},
		"web/static":    {"github.com/tdewolff/minify/v2"},
		// The benchmarks stand beside the program, as its operators and its rivals do.
		"bench/rig":      {},
		"bench/quota":    {"bench/rig", "internal/emulator", "internal/store", "github.com/PuerkitoBio/goquery"},
		"bench/sessions": {"bench/rig", "internal/session", "internal/store", "internal/store/redis", "internal/store/sqlite", "github.com/redis/go-redis/v9", "golang.org/x/oauth2", "golang.org/x/sync"},
		"bench/speed":    {"bench/rig", "internal/store", "github.com/go-chi/chi/v5", "github.com/gorilla/sessions", "golang.org/x/oauth2"},
		"cmd/server":     {"*"},
		"cmd/emulator":   {"internal/emulator", "github.com/caarlos0/env/v11"},
	}
}

func TestImportsKeepTheHouseInOrder(t *testing.T) {
	allowed := mayImport()
	for _, pkg := range packages(t) {
		path := strings.TrimPrefix(pkg.ImportPath, module)
		rules, known := allowed[path]
		if !assert.True(t, known, "%s has no line in mayImport", path) || slices.Contains(rules, "*") {
			continue
		}
		for _, imported := range pkg.Imports {
			if strings.HasPrefix(imported, module+"cmd/") {
				assert.Fail(t, "commands are never imported", "%s imports %s", path, imported)
			}
			first, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(first, ".") {
				continue // the standard library
			}
			assert.True(t, slices.ContainsFunc(rules, func(rule string) bool { return covers(rule, imported) }),
				"%s may not import %s", path, imported)
		}
	}
	assert.Len(t, allowed, len(packages(t)), "a line without a package")
}

// covers reports whether a rule allows an import: one package of ours, or all of another module.
func covers(rule, imported string) bool {
	if strings.HasPrefix(imported, module) {
		return imported == module+rule
	}
	return imported == rule || strings.HasPrefix(imported, rule+"/")
}

func TestHandlersReadNoEnvironment(t *testing.T) {
	found, err := exec.Command("grep", "-rln", "--include=*.go", "--exclude=*_test.go", "--exclude-dir=testengine", `os\.Getenv\|os\.LookupEnv\|os\.Environ`, "../../internal", "../../web").CombinedOutput()
	var status *exec.ExitError
	require.True(t, err == nil || errors.As(err, &status), "%v", err)
	assert.Empty(t, string(found), "settings come from cmd/server/settings.go alone")
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "../../...").Output()
	require.NoError(t, err)
	var found []goPackage
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var pkg goPackage
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return found
		} else {
			require.NoError(t, err)
		}
		found = append(found, pkg)
	}
}
