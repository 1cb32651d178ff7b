package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// Patterns name the kinds of file, so that what else lies in the folders (type
// checker settings, notes) is not published.
//
//go:embed js/*.js css/*.css img/*.svg
var tree embed.FS

// hashLength is how many hex digits of the tree's SHA-256 the path carries.
const hashLength = 16

// Assets are the embedded files, ready to be served.
type Assets struct {
	path  string
	files map[string]file
}

// file is one file in both of its forms.
type file struct {
	contentType string
	plain       []byte
	// packed is nil where gzip makes the file no smaller.
	packed []byte
}

// New reads, minifies and packs all files once, in some ten milliseconds. It
// fails only when a file is of a kind that has no content type here or a module
// cannot be parsed, which a test finds before anybody else does.
func New() (*Assets, error) {
	assets := &Assets{files: make(map[string]file)}
	sum := sha256.New()
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := tree.ReadFile(name)
		if err != nil {
			return err
		}
		content, err := served(name, source)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		// What is served is hashed, so that another minifier is another version. The length keeps two trees
		// apart that differ only in where one file ends and the next begins.
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
		assets.files[name], err = newFile(name, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("static files: %w", err)
	}
	assets.path = "/static/" + hex.EncodeToString(sum.Sum(nil))[:hashLength]
	return assets, nil
}

// Path is where the files are served below PUBLIC_URL: "/static/<hash>", without a slash at its end.
func (a *Assets) Path() string { return a.path }

// Handler serves "/static/<hash>/…"; the path prefix of PUBLIC_URL must be off
// the request already. Another hash is a 404: files of two versions must never
// be mixed in one page.
func (a *Assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		name, ok := strings.CutPrefix(r.URL.Path, a.path+"/")
		found, known := a.files[name]
		if !ok || !known {
			http.NotFound(w, r)
			return
		}
		found.serve(w, r)
	})
}

// served is the form a browser gets of a file: a module without its comments
// and long names, anything else as it is on disk. Modules read each other's
// exports by name and pages read nothing of them, so no name that matters is lost.
func served(name string, source []byte) ([]byte, error) {
	if path.Ext(name) != ".js" {
		return source, nil
	}
	var small bytes.Buffer
	if err := new(js.Minifier).Minify(minify.New(), &small, bytes.NewReader(source), nil); err != nil {
		return nil, err
	}
	return small.Bytes(), nil
}

// newFile packs one file.
func newFile(name string, content []byte) (file, error) {
	contentType, err := contentTypeOf(name)
	if err != nil {
		return file{}, err
	}
	packed, err := pack(content)
	if err != nil {
		return file{}, fmt.Errorf("%s: %w", name, err)
	}
	return file{contentType: contentType, plain: content, packed: packed}, nil
}

// contentTypeOf names the kinds we serve. Not [mime.TypeByExtension]: it asks
// the machine's own tables, and one machine in a hundred calls modules text/plain.
func contentTypeOf(name string) (string, error) {
	kinds := map[string]string{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
	kind, ok := kinds[path.Ext(name)]
	if !ok {
		return "", fmt.Errorf("%s: no content type for this kind of file", name)
	}
	return mime.FormatMediaType(kind, map[string]string{"charset": "utf-8"}), nil
}

// pack compresses, or returns nil where that gains nothing.
func pack(content []byte) ([]byte, error) {
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	if packed.Len() >= len(content) {
		return nil, nil
	}
	return packed.Bytes(), nil
}

// serve answers with the file in the form the browser takes.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Add("Vary", "Accept-Encoding")
	content := f.plain
	if f.packed != nil && acceptsGzip(r) {
		header.Set("Content-Encoding", "gzip")
		content = f.packed
	}
	header.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodHead {
		return
	}
	// A failed write means that the browser has gone; there is nobody left to tell.
	_, _ = w.Write(content)
}

// acceptsGzip reads Accept-Encoding; "gzip;q=0" is a refusal.
func acceptsGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(strings.Join(r.Header.Values("Accept-Encoding"), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		quality, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return err != nil || quality > 0
	}
	return false
}
