package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Settings reach those who act by them: each of these would pass in its own package and do nothing here.
func TestLimitsAndProxiesAreWired(t *testing.T) {
	t.Parallel()
	ask := func(w *world, client string) int {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"/", nil)
		require.NoError(t, err)
		request.Header.Set("X-Forwarded-For", client)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		return response.StatusCode
	}
	strict := newWorld(t, worldOptions{env: map[string]string{"RATE_LIMIT_IP": "2"}})
	behind := newWorld(t, worldOptions{env: map[string]string{"RATE_LIMIT_IP": "2", "TRUSTED_PROXIES": "127.0.0.0/8"}})
	for i, client := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"} {
		want := http.StatusOK
		if i >= 2 {
			want = http.StatusTooManyRequests
		}
		assert.Equal(t, want, ask(strict, client), "whoever says so is not believed")
		assert.Equal(t, http.StatusOK, ask(behind, client), "but the proxy is")
	}
}

// An emulator is said to be one on every page, also when it is a program of its own.
func TestPagesSayThatTheEmulatorIsOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, worldOptions{outside: true})
	assert.Equal(t, 1, w.visitor(nil).page("/").Find(byTestID("emulator")).Length())
}
