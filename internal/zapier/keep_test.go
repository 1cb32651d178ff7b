package zapier_test

import (
	"errors"
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
	r.Header.Set("Accept", "application/json")
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
			assert.Equal(t, 10*time.Minute, keeping.Fresh, name)
			assert.Equal(t, keeping.Fresh, keeping.Kept, "%s: nobody of ours asks so", name)
		}
	}
}

type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// The answers to what our own pages ask, whoever looks at them, are few, and kept for a day.
func TestWhatIsKeptForLong(t *testing.T) {
	ctx, lists := t.Context(), []string{}
	client, err := zapier.New("https://api.example", trip(func(r *http.Request) (*http.Response, error) {
		keeping, _ := zapier.Keep(r)
		assert.True(t, keeping.Shared, r.URL)
		assert.Equal(t, 24*time.Hour, keeping.Kept, r.URL)
		lists = append(lists, r.URL.Path)
		return nil, errors.New("asked")
	}))
	require.NoError(t, err)
	client = client.WithClientID("partner").As("1", zapier.StaticToken(canary)).AsPartner()
	_, _ = client.ListCategories(ctx)
	_ = drain(client.ZapTemplates(ctx, zapier.ZapTemplatesOptions{}))
	_, _ = client.ListApps(ctx, zapier.ListAppsOptions{Limit: 24, Offset: 48})
	_, _ = client.ListActions(ctx, "83b47c0e-0000-4000-8000-000000000000", "")
	_, _ = client.GetAction(ctx, "83b47c0e-0000-4000-8000-000000000000", zapier.ActionSearchOrWrite, "key")
	assert.Equal(t, []string{"/v1/categories", "/v1/zap-templates", "/v2/apps", "/v2/actions", "/v2/actions"}, lists)
}

// Whatever somebody may think up, each question of which would have an answer of its own, is kept while it is fresh.
func TestWhatIsThoughtUpIsNotKeptForLong(t *testing.T) {
	for _, path := range []string{
		"/v1/apps?client_id=partner", "/v1/apps?client_id=partner&page=1&per_page=100", "/v1/categories?limit=99&offset=0",
		"/v1/categories?limit=100&offset=12345", "/v1/categories?limit=100&offset=0&whatever=1", "/v1/categories?limit=100&limit=100&offset=0",
		"/v1/zap-templates?client_id=partner&limit=100&offset=0&templates=1", "/v1/zap-templates?apps=x&client_id=partner&limit=100&offset=0",
		"/v2/apps?client_id=partner&limit=24&offset=0&query=words", "/v2/apps?category=words&client_id=partner&limit=24&offset=0",
	} {
		keeping, keeps := zapier.Keep(requestOf(t, http.MethodGet, path, false))
		assert.True(t, keeps, path)
		assert.Equal(t, keeping.Fresh, keeping.Kept, path)
	}
	for name, value := range map[string]string{"Accept": "application/json;q=0.5", "Accept-Language": "tlh"} {
		r := requestOf(t, http.MethodGet, "/v1/categories?limit=100&offset=0", false)
		keeping, _ := zapier.Keep(r)
		assert.Equal(t, 24*time.Hour, keeping.Kept)
		r.Header.Set(name, value)
		keeping, _ = zapier.Keep(r)
		assert.Equal(t, keeping.Fresh, keeping.Kept, name)
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
