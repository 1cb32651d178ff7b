package zapier_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

func find(t *testing.T, method, path string) zapier.ProxiedCall {
	t.Helper()
	call, err := zapier.FindProxied(method, path)
	require.NoError(t, err)
	return call
}

func TestProxyBelowTheBase(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v2/actions/core:a/inputs/a%20b/choices", r.URL.EscapedPath())
		assert.Equal(t, "page=2", r.URL.RawQuery)
		answer(t, w, http.StatusOK, `{"data":[]}`)
	})
	got, err := client.Proxy(t.Context(), find(t, http.MethodPost, "/v2/actions/core:a/inputs/a%20b/choices"), zapier.ProxyRequest{RawQuery: "page=2"})
	require.NoError(t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	require.NoError(t, got.Body.Close())
	assert.Equal(t, `{"data":[]}`, string(body))
}

func TestProxyWithoutACredential(t *testing.T) {
	client, err := zapier.New("https://api.example", fails{errors.New("nothing may be sent")})
	require.NoError(t, err)
	for _, path := range []string{"/v2/zaps", "/v1/apps"} {
		_, err := client.Proxy(t.Context(), find(t, http.MethodGet, path), zapier.ProxyRequest{})
		assert.ErrorIs(t, err, zapier.ErrNoCredential, path)
	}
}

// A call of the list has no path yet: it must not become a call of whatever is at the base.
func TestProxyWantsAPathThatWasFound(t *testing.T) {
	client, err := zapier.New("https://api.example", fails{errors.New("nothing may be sent")})
	require.NoError(t, err)
	client = client.As("1", &tokens{current: canary}).WithClientID("partner")
	for _, call := range append(zapier.ProxiedCalls(), zapier.ProxiedCall{}) {
		_, err := client.Proxy(t.Context(), call, zapier.ProxyRequest{})
		assert.ErrorIs(t, err, zapier.ErrNotProxied, call.Op)
	}
}

// what goes wrong is told in fixed words here too.
func TestProxyErrorsHoldNoSecret(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusFound, http.StatusBadGateway} {
		client := setup(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "https://evil.example/"+r.Header.Get("Authorization"))
			w.WriteHeader(status)
			_, err := io.WriteString(w, r.Header.Get("Authorization"))
			assert.NoError(t, err)
		})
		_, err := client.Proxy(t.Context(), find(t, http.MethodGet, "/v2/zaps"), zapier.ProxyRequest{})
		require.Error(t, err)
		assert.NotContains(t, err.Error(), canary)
		assert.True(t, strings.HasPrefix(err.Error(), "zapier: zaps.list: "), err)
	}
}
