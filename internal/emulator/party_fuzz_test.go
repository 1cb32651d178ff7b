package emulator_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

func fuzzedEmulator(f *testing.F) *emulator.Emulator {
	f.Helper()
	e, err := emulator.New(emulator.Options{
		Clients: []emulator.Client{{ID: "a", Secret: "s", Title: "A", RedirectURIs: []string{redirectURI}}},
	})
	require.NoError(f, err)
	return e
}

// Whatever a header says, it opens nothing and breaks nothing.
func FuzzDigestHeader(f *testing.F) {
	e := fuzzedEmulator(f)
	for _, header := range []string{
		`Digest username="wade", realm="Old Harbour Archive", nonce="n", uri="/", qop=auth, nc=00000001, cnonce="c", response="r"`,
		`Digest username="a\"b`, "Digest ,,=,", "digest", `Digest a="\`,
	} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := httptest.NewRequest(http.MethodGet, digestPath, nil)
		r.Header["Authorization"] = []string{header}
		w := httptest.NewRecorder()
		e.Handler().ServeHTTP(w, r)
		require.Equal(t, http.StatusUnauthorized, w.Code)
	})
}

// A seed file is refused as a whole or taken as a whole, and then gives the same state again.
func FuzzSeedFile(f *testing.F) {
	e := fuzzedEmulator(f)
	for _, content := range []string{seedYAML, seedJSON, "", "users: [{id: 1}]", "replace: maybe", "&a [*a]"} {
		f.Add([]byte(content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		file, err := emulator.ReadSeed(bytes.NewReader(content))
		if err != nil || e.Seed(file) != nil {
			return
		}
		before := len(e.Authentications(0, ""))
		e.Reset()
		require.Len(t, e.Authentications(0, ""), before)
	})
}
