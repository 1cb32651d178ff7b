package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/web/static"
)

func newAssets(t *testing.T) *static.Assets {
	t.Helper()
	assets, err := static.New()
	require.NoError(t, err)
	return assets
}

// ask sends a request for a path as it stands, with headers in pairs.
func ask(t *testing.T, assets *static.Assets, method, path string, headers ...string) *http.Response {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	assets.Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) string {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content)
}

// sources are the files on disk that must be served, by their path in the tree.
func sources(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"js/*.js", "css/*.css", "img/*.svg"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, found, pattern)
		names = append(names, found...)
	}
	return names
}

func TestPathCarriesAHash(t *testing.T) {
	t.Parallel()
	first := newAssets(t).Path()
	assert.Regexp(t, `^/static/[0-9a-f]{16}$`, first)
	assert.Equal(t, first, newAssets(t).Path(), "every replica serves the same path")
}

// exact types with a charset, no sniffing, kept for ever.
func TestEveryFileIsServed(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	types := map[string]string{".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml; charset=utf-8"}
	for _, name := range sources(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, err := os.ReadFile(name)
			require.NoError(t, err)
			response := ask(t, assets, http.MethodGet, assets.Path()+"/"+name)
			assert.Equal(t, http.StatusOK, response.StatusCode)
			if path.Ext(name) == ".js" {
				assertMinified(t, string(want), body(t, response))
			} else {
				assert.Equal(t, string(want), body(t, response))
			}
			assert.Equal(t, types[path.Ext(name)], response.Header.Get("Content-Type"))
			assert.Equal(t, "public, max-age=31536000, immutable", response.Header.Get("Cache-Control"))
			assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
			assert.Equal(t, "same-origin", response.Header.Get("Cross-Origin-Resource-Policy"))
			assert.Equal(t, "Accept-Encoding", response.Header.Get("Vary"))
		})
	}
}

// assertMinified looks at what other modules and a reader of the sources rely on. That the rest still does what it
// did is shown by the browser journeys, which run on what is served.
func assertMinified(t *testing.T, source, served string) {
	t.Helper()
	assert.Less(t, len(served), len(source)*3/4)
	assert.NotContains(t, served, "@ts-check", "comments are for readers of the source")
	imports := regexp.MustCompile(`from ?['"]([^'"]+)['"]`)
	exports := regexp.MustCompile(`export (?:async )?(?:class|function|const) (\w+)`)
	source = regexp.MustCompile(`(?s)/\*\*.*?\*/|//[^\n]*`).ReplaceAllString(source, "")
	for _, names := range []*regexp.Regexp{imports, exports} {
		assert.Equal(t, found(names, source), found(names, served))
	}
}

func found(names *regexp.Regexp, text string) []string {
	var all []string
	for _, match := range names.FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return all
}

func TestGzip(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	want, err := os.ReadFile("css/zapembed.css")
	require.NoError(t, err)
	tests := []struct {
		name, accept string
		packed       bool
	}{
		{"browser", "gzip, deflate, br, zstd", true},
		{"weighed", "br;q=1.0, gzip;q=0.8", true},
		{"refused", "br, gzip;q=0", false},
		{"another coding", "br", false},
		{"a name that only begins so", "gzipped", false},
		{"none", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, assets, http.MethodGet, assets.Path()+"/css/zapembed.css", "Accept-Encoding", tt.accept)
			content := body(t, response)
			if tt.packed {
				require.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
				reader, err := gzip.NewReader(strings.NewReader(content))
				require.NoError(t, err)
				unpacked, err := io.ReadAll(reader)
				require.NoError(t, err)
				content = string(unpacked)
			} else {
				assert.Empty(t, response.Header.Get("Content-Encoding"))
			}
			assert.Equal(t, string(want), content)
		})
	}
}

func TestWhatIsNotServed(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	here := assets.Path()
	for name, path := range map[string]string{
		"another hash":       "/static/0000000000000000/js/main.js",
		"no hash":            "/static/js/main.js",
		"a directory":        here + "/js/",
		"the top":            here + "/",
		"a file not there":   here + "/js/none.js",
		"type settings":      here + "/js/jsconfig.json",
		"out of the tree":    here + "/../static.go",
		"a hash that begins": here + "0/js/main.js",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := ask(t, assets, http.MethodGet, path)
			assert.Equal(t, http.StatusNotFound, response.StatusCode)
			assert.NotContains(t, response.Header.Get("Cache-Control"), "immutable", "a miss must not be kept")
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	path := newAssets(t).Path() + "/js/main.js"

	head := ask(t, assets, http.MethodHead, path)
	assert.Equal(t, http.StatusOK, head.StatusCode)
	assert.NotEmpty(t, head.Header.Get("Content-Length"))
	assert.Empty(t, body(t, head))

	post := ask(t, assets, http.MethodPost, path)
	assert.Equal(t, http.StatusMethodNotAllowed, post.StatusCode)
	assert.Equal(t, "GET, HEAD", post.Header.Get("Allow"))
}

// Modules find each other by relative paths, so that the hash stays the page's
// alone; popup.js can be taken out and used by itself.
func TestImports(t *testing.T) {
	t.Parallel()
	imports := regexp.MustCompile(`(?m)^import .*from '([^']+)';$`)
	for _, name := range sources(t) {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, match := range imports.FindAllSubmatch(content, -1) {
			target := string(match[1])
			assert.NotEqual(t, "js/popup.js", name, "popup.js imports nothing")
			assert.True(t, strings.HasPrefix(target, "./"), "%s imports %s", name, target)
			assert.FileExists(t, filepath.Join(filepath.Dir(name), target), "imported by %s", name)
		}
		if path.Ext(name) == ".js" {
			assert.True(t, bytes.HasPrefix(content, []byte("// @ts-check\n")), "%s is type-checked", name)
		}
	}
}

// What a first visit costs, gzipped.
func TestSizes(t *testing.T) {
	t.Parallel()
	assets := newAssets(t)
	limits := map[string]int64{".js": 20 << 10, ".css": 12 << 10}
	sizes := map[string]int64{}
	for _, name := range sources(t) {
		response := ask(t, assets, http.MethodGet, assets.Path()+"/"+name, "Accept-Encoding", "gzip")
		sizes[path.Ext(name)] += int64(len(body(t, response)))
	}
	for kind, limit := range limits {
		assert.Less(t, sizes[kind], limit, kind)
	}
	t.Logf("gzipped: %v", sizes)
}
