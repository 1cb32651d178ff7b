package handlers_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// keepPages keeps every page that next answers with, and its policy beside it, in the folder that AUDIT_PAGES names, where
// `make audit` lets validators look at them. Without the variable nothing is kept. Pages that differ by ids alone are kept once;
// what stands in a redirect, for readers that do not follow it, is no page.
func keepPages(t testing.TB, whose string, next http.Handler) http.Handler {
	folder := os.Getenv("AUDIT_PAGES")
	if folder == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &keptPage{ResponseWriter: w}
		next.ServeHTTP(kept, r)
		if kept.page.Len() > 0 && w.Header().Get("Location") == "" {
			name := filepath.Join(folder, whose+"-"+shapeOf(kept.page.Bytes()))
			assert.NoError(t, os.WriteFile(name+".html", kept.page.Bytes(), 0o600))
			assert.NoError(t, os.WriteFile(name+".csp", []byte(w.Header().Get("Content-Security-Policy")), 0o600))
		}
	})
}

// keptPage passes an answer on and keeps it.
type keptPage struct {
	http.ResponseWriter
	page bytes.Buffer
}

func (k *keptPage) Unwrap() http.ResponseWriter { return k.ResponseWriter }

func (k *keptPage) Write(p []byte) (int, error) {
	if strings.HasPrefix(k.Header().Get("Content-Type"), "text/html") {
		k.page.Write(p)
	}
	return k.ResponseWriter.Write(p)
}

// drawnAnew is what differs between two drawings of one page: nonces, ids, tokens, ports and times.
var drawnAnew = regexp.MustCompile(`[A-Za-z0-9+/_-]{16,}|\d+`)

func shapeOf(page []byte) string {
	sum := sha256.Sum256(drawnAnew.ReplaceAll(page, []byte("x")))
	return hex.EncodeToString(sum[:8])
}
