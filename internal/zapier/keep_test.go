package zapier_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

func requestOf(t *testing.T, method, path string, byUser bool) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "https://api.example"+path, nil)
	require.NoError(t, err)
	if byUser {
		r.Header.Set("Authorization", "Bearer token")
	}
	return r
}

// What may be kept is named here once more, call by call: all other calls that are passed on are not.
func TestWhatMayBeKept(t *testing.T) {
	byUser := map[string]zapier.Subject{
		"GET /v2/apps": "", "GET /v2/authentications": zapier.AboutAuthentications,
		"POST /v2/actions/{action_id}/inputs": zapier.AboutSteps, "POST /v2/actions/{action_id}/inputs/{input_id}/choices": zapier.AboutSteps,
		"POST /v2/actions/{action_id}/outputs": zapier.AboutSteps, "GET /v2/zaps": zapier.AboutZaps, "GET /v2/zap-runs": zapier.AboutZaps,
	}
	forAll := []string{"GET /v1/apps", "GET /v1/categories", "GET /v1/zap-templates", "GET /v2/apps", "GET /v2/actions"}
	for _, call := range zapier.ProxiedCalls() {
		name := call.Method + " " + call.Path
		about, kept := byUser[name]
		keeping, keeps := zapier.Keep(requestOf(t, call.Method, call.Path, true))
		assert.Equal(t, kept, keeps, name)
		assert.Equal(t, about, keeping.About, name)
		assert.False(t, keeping.Shared, "%s: with a token it is one person's", name)

		keeping, keeps = zapier.Keep(requestOf(t, call.Method, call.Path, false))
		assert.Equal(t, contains(forAll, name), keeps, name)
		assert.Equal(t, keeps, keeping.Shared, name)
		if keeps {
			assert.Empty(t, keeping.About, "nobody's changes matter to all")
			assert.LessOrEqual(t, keeping.Fresh, 10*time.Minute)
		}
	}
}

func contains(list []string, wanted string) bool {
	for _, one := range list {
		if one == wanted {
			return true
		}
	}
	return false
}

// An id divides nothing, whatever is in it.
func TestIDsDoNotPassForCalls(t *testing.T) {
	for _, path := range []string{
		"/v2/actions/x%2Fv2%2Fapps/test", "/v2/action-runs/a%2Finputs", "/v2/actions/a/b/c/inputs", "/v2/actions/inputs", "/v3/apps", "/v2/apps/1", "/",
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			_, keeps := zapier.Keep(requestOf(t, method, path, true))
			assert.False(t, keeps, "%s %s", method, path)
		}
	}
	_, keeps := zapier.Keep(requestOf(t, http.MethodPost, "/v2/actions/uag:x%2Fy/inputs", true))
	assert.True(t, keeps)
	_, keeps = zapier.Keep(requestOf(t, http.MethodGet, "/below/v2/authentications", true))
	assert.True(t, keeps, "the API's address may have a path")
}

// Every call that is passed on and does not only read is a change, of whatever it may be.
func TestWhatCallsChange(t *testing.T) {
	changes := map[string][]zapier.Subject{
		"POST /v2/authentications": {zapier.AboutAuthentications}, "POST /v2/zaps": {zapier.AboutZaps}, "PATCH /v2/zaps/{id}": {zapier.AboutZaps},
		"DELETE /v2/zaps/{id}": {zapier.AboutZaps}, "POST /v2/zaps/{id}/enable": {zapier.AboutZaps},
		"POST /v2/actions/{action_id}/test": {zapier.AboutSteps}, "POST /v2/action-runs": {zapier.AboutSteps},
		"POST /v2/guess": zapier.Subjects(), // with a token it would be something else
	}
	for _, call := range zapier.ProxiedCalls() {
		name := call.Method + " " + call.Path
		assert.Equal(t, changes[name], zapier.Changes(requestOf(t, call.Method, call.Path, true)), name)
		assert.Empty(t, zapier.Changes(requestOf(t, call.Method, call.Path, false)), name)
	}
	assert.Equal(t, zapier.Subjects(), zapier.Changes(requestOf(t, http.MethodPut, "/v2/whatever", true)))
}

func TestWhatFits(t *testing.T) {
	for body, want := range map[string]bool{
		`{"data":[]}`: true, ` {"objects": [{"a":1}], "next": null} `: true, `[{"data":[]}]`: true, `{"data":[],"links":{"next":null}}`: true,
		`{"data":{}}`: false, `{}`: false, `null`: false, `"data"`: false, ``: false, `<html>`: false, `{"data":[]`: false, `{"errors":[]}`: false,
	} {
		assert.Equal(t, want, zapier.Keeping{}.Fits([]byte(body)), body)
		assert.Equal(t, want, zapier.Keeping{Whole: true}.Fits([]byte(body)), body)
	}
	for body, whole := range map[string]bool{
		`[]`: false, `{"data":[],"links":{"next":"https://api.example/v2/authentications?offset=10"}}`: false, `[{"data":[],"links":{"next":"?offset=10"}}]`: false,
	} {
		assert.True(t, zapier.Keeping{}.Fits([]byte(body)), body)
		assert.Equal(t, whole, zapier.Keeping{Whole: true}.Fits([]byte(body)), body)
	}
}

// Of accounts, a list of several pages is not kept at all.
func TestPagesOfAccountsAreNotKept(t *testing.T) {
	for query, want := range map[string]bool{"?app=1": true, "?app=1&offset=0&limit=100": true, "?app=1&offset=100&limit=100": false} {
		keeping, keeps := zapier.Keep(requestOf(t, http.MethodGet, "/v2/authentications"+query, true))
		assert.Equal(t, want, keeps, query)
		assert.True(t, keeping.Whole)
	}
}

func TestAge(t *testing.T) {
	ctx, age := zapier.WatchAge(t.Context())
	assert.Same(t, age, zapier.AgeOf(ctx))
	assert.Zero(t, age.Since())
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	age.Stale(noon)
	age.Stale(noon.Add(-time.Minute))
	age.Stale(noon.Add(time.Minute))
	assert.Equal(t, noon.Add(-time.Minute), age.Since(), "the oldest counts")

	nobody := zapier.AgeOf(t.Context())
	nobody.Stale(noon) // nobody wants to know
	assert.Zero(t, nobody.Since())
}
