package zapier_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/zapier"
)

// canary is a token that must never show anywhere.
const canary = "canary-5f1c9d"

// tokens is one user's; renewed is what Renew gives.
type tokens struct {
	current, renewed string
	renewals         int
}

func (t *tokens) Token(context.Context) (string, error) { return t.current, nil }

func (t *tokens) Renew(_ context.Context, rejected string) (string, error) {
	t.renewals++
	if t.renewed == "" {
		return rejected, nil
	}
	return t.renewed, nil
}

// setup mounts the API below a path of its own, so that a call which forgets the base fails.
func setup(t *testing.T, handler http.HandlerFunc) *zapier.Client {
	t.Helper()
	return setupAs(t, &tokens{current: canary}, handler)
}

func setupAs(t *testing.T, who zapier.Tokens, handler http.HandlerFunc) *zapier.Client {
	t.Helper()
	server := httptest.NewServer(http.StripPrefix("/base", handler))
	t.Cleanup(server.Close)
	client, err := zapier.New(server.URL+"/base", nil)
	require.NoError(t, err)
	return client.As("1", who)
}

func answer(t *testing.T, w http.ResponseWriter, status int, body string) {
	t.Helper()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err := w.Write([]byte(body))
	assert.NoError(t, err)
}

func TestAddressOfTheAPI(t *testing.T) {
	for _, bad := range []string{"", "api.zapier.com", "ftp://api.zapier.com", "https://", "https://api .com"} {
		_, err := zapier.New(bad, nil)
		assert.ErrorContains(t, err, "https://api.zapier.com", "%q", bad)
	}
}

func TestGetProfile(t *testing.T) {
	// The schema shows a one-element array, the guides the bare object; ids come as numbers and as strings (api.md 2.3, 7).
	for name, body := range map[string]string{
		"object": `{"id":88998899,"full_name":"Jacob Corwin","email":"jacob@zapier.example","timezone":null}`,
		"array":  `[{"id":"88998899","full_name":"Jacob Corwin","email":"jacob@zapier.example"}]`,
	} {
		t.Run(name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, r *http.Request) {
				assert.Equal(t, "/v1/profiles/me", r.URL.Path)
				assert.Equal(t, "Bearer "+canary, r.Header.Get("Authorization"))
				answer(t, w, http.StatusOK, body)
			})
			profile, err := client.GetProfile(t.Context())
			require.NoError(t, err)
			assert.Equal(t, zapier.Profile{ID: "88998899", FullName: "Jacob Corwin", Email: "jacob@zapier.example"}, profile)
		})
	}
}

func TestListApps(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/v2/apps", r.URL.Path)
		assert.Equal(t, "category=crm&limit=2&offset=48&query=super", r.URL.RawQuery)
		answer(t, w, http.StatusOK, `{
			"data":[{"id":"1e4fcbf4-d80b-4ec3-b33b-c085f1ecbbaa","type":"app","title":"HubSpot","hex_color":"8bcbca",
				"image":"https://images.example/h.png","images":{"url_128x128":"https://images.example/h128.png"},
				"categories":[{"slug":"crm"}],"action_types":["READ"],"description":"d",
				"links":{"connect_new_authentication":"https://zapier.com/engine/auth/start/HubSpotCLIAPI@1.7.1"}},
				{"id":"e85bcf45-505b-4acb-b7e8-4c3a81d49afb","title":"Filter","links":{"connect_new_authentication":null}}],
			"meta":{"count":99,"offset":48,"limit":2},
			"links":{"next":"https://api.zapier.com/v2/apps?offset=50&limit=2","previous":"https://api.zapier.com/v2/apps?offset=46&limit=2"}}`)
	})
	page, err := client.ListApps(t.Context(), zapier.ListAppsOptions{Query: "super", Category: "crm", Offset: 48, Limit: 2})
	require.NoError(t, err)
	assert.Equal(t, 99, page.Total)
	assert.Equal(t, 50, page.Next)
	require.Len(t, page.Data, 2)
	require.NotNil(t, page.Data[0].Links.ConnectNewAuthentication)
	assert.Equal(t, "https://images.example/h128.png", page.Data[0].Images.URL128)
	assert.Equal(t, "crm", page.Data[0].Categories[0].Slug)
	assert.Nil(t, page.Data[1].Links.ConnectNewAuthentication, "null: the App needs none")
}

// A server with smaller pages than what was asked for.
func TestListAppsAsksOn(t *testing.T) {
	var asked []string
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		asked = append(asked, query.Get("offset")+"+"+query.Get("limit"))
		offset, err := strconv.Atoi(query.Get("offset"))
		assert.NoError(t, err)
		next := "null"
		if offset+2 < 9 {
			next = fmt.Sprintf(`"/v2/apps?offset=%d"`, offset+2)
		}
		answer(t, w, http.StatusOK, fmt.Sprintf(`{"data":[{"id":"%d"},{"id":"%d"}],"meta":{"count":9},"links":{"next":%s}}`, offset, offset+1, next))
	})
	page, err := client.ListApps(t.Context(), zapier.ListAppsOptions{Offset: 2, Limit: 6})
	require.NoError(t, err)
	assert.Len(t, page.Data, 6)
	assert.Equal(t, "2", page.Data[0].ID)
	assert.Equal(t, "7", page.Data[5].ID)
	assert.Equal(t, 8, page.Next, "where the next part begins")
	assert.Equal(t, []string{"2+6", "4+4", "6+2"}, asked)
}

func TestGetApp(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		answer(t, w, http.StatusOK, `{"data":[{"id":"`+r.URL.Query().Get("ids")[:1]+`"}],"meta":null,"links":null}`)
	})
	app, err := client.GetApp(t.Context(), "a")
	require.NoError(t, err)
	assert.Equal(t, "a", app.ID)
	_, err = client.GetApp(t.Context(), "another")
	kind, ok := zapier.KindOf(err)
	assert.True(t, ok)
	assert.Equal(t, zapier.NotFound, kind, "an answer with another App is no answer")
}

// authenticationsServer serves n Authentications in pages of its own size; the links are absolute and
// lead to another host, where no token may go.
func authenticationsServer(t *testing.T, n, size int, calls *int) http.HandlerFunc {
	t.Helper()
	return func(w http.ResponseWriter, r *http.Request) {
		*calls++
		offset, err := strconv.Atoi(r.URL.Query().Get("offset"))
		assert.NoError(t, err)
		type item struct {
			ID        any    `json:"id"`
			Title     string `json:"title"`
			IsExpired bool   `json:"is_expired"`
		}
		items := []item{}
		for i := offset; i < min(offset+size, n); i++ {
			items = append(items, item{ID: i, Title: fmt.Sprint("Account ", i), IsExpired: i%2 == 1})
		}
		var next any
		if offset+size < n {
			next = fmt.Sprintf("https://elsewhere.example/v2/authentications?limit=%d&offset=%d", size, offset+size)
		}
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]any{
			"data": items, "meta": map[string]any{"count": n}, "links": map[string]any{"next": next},
		}))
	}
}

func TestListsAreReadToTheLastPage(t *testing.T) {
	for _, n := range []int{0, 1, 10, 11, 25} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			calls := 0
			client := setup(t, authenticationsServer(t, n, 10, &calls))
			list, err := client.ListAuthentications(t.Context(), "app")
			require.NoError(t, err)
			require.Len(t, list, n)
			assert.Equal(t, max(1, (n+9)/10), calls)
			for i, authentication := range list {
				assert.Equal(t, zapier.ID(strconv.Itoa(i)), authentication.ID)
				assert.Equal(t, i%2 == 1, authentication.IsExpired)
			}
		})
	}
}

func TestIterationStopsWhenAsked(t *testing.T) {
	calls := 0
	client := setup(t, authenticationsServer(t, 100, 10, &calls))
	for authentication, err := range client.Authentications(t.Context(), "app") {
		require.NoError(t, err)
		if authentication.ID == "12" {
			break
		}
	}
	assert.Equal(t, 2, calls)
}

func TestListWhoseNextPageCannotBeFoundIsNoList(t *testing.T) {
	for _, next := range []string{"/v2/authentications?cursor=abc", "::", "/v2/authentications?offset=-10", "/v2/authentications?offset=ten"} {
		client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, http.StatusOK, `{"data":[{"id":"1"}],"links":{"next":"`+next+`"}}`)
		})
		_, err := client.ListAuthentications(t.Context(), "app")
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.WrongSchema, kind, next)
	}
}

func TestListThatTurnsInCirclesIsNoList(t *testing.T) {
	calls := 0
	client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
		calls++
		answer(t, w, http.StatusOK, `{"data":[{"id":"1"}],"links":{"next":"/v2/authentications?offset=10"}}`)
	})
	list, err := client.ListAuthentications(t.Context(), "app")
	kind, _ := zapier.KindOf(err)
	assert.Equal(t, zapier.WrongSchema, kind)
	assert.Empty(t, list)
	assert.Equal(t, 2, calls)
}

func TestHalfAListIsNoList(t *testing.T) {
	calls := 0
	whole := authenticationsServer(t, 25, 10, &calls)
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		if calls == 2 {
			answer(t, w, http.StatusInternalServerError, `{"errors":[{}]}`)
			return
		}
		whole(w, r)
	})
	list, err := client.ListAuthentications(t.Context(), "app")
	require.Error(t, err)
	assert.Empty(t, list)
}

func TestListCategories(t *testing.T) {
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("offset") {
		case "0":
			answer(t, w, http.StatusOK, `{"objects":[{"id":1,"slug":"crm","title":"CRM"}],"count":2,"next":"https://api.zapier.com/v1/categories?offset=1","previous":null}`)
		default:
			answer(t, w, http.StatusOK, `{"objects":[{"id":"2","slug":"forms","title":"Forms"}],"count":2,"next":null}`)
		}
	})
	categories, err := client.ListCategories(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []zapier.Category{{ID: "1", Slug: "crm", Title: "CRM"}, {ID: "2", Slug: "forms", Title: "Forms"}}, categories)
}

func TestErrors(t *testing.T) {
	problem := `{"errors":[{"status":"400","code":"parse_error","title":"ParseError","detail":"Malformed request.","source":{"pointer":"/data"}}]}`
	tests := []struct {
		name   string
		status int
		header map[string]string
		body   string
		want   zapier.Error
	}{
		{"problem of v2", 400, nil, problem, zapier.Error{Kind: zapier.Invalid, Problems: []zapier.Problem{
			{Status: 400, Code: "parse_error", Title: "ParseError", Detail: "Malformed request.", Source: zapier.Source{Pointer: "/data"}},
		}}},
		{"strings of v1", 403, nil, `{"errors":["Invalid authentication"]}`, zapier.Error{Kind: zapier.Forbidden, Problems: []zapier.Problem{{Detail: "Invalid authentication"}}}},
		{"no source", 409, nil, `{"errors":[{"status":409,"code":"conflict","source":null}]}`, zapier.Error{Kind: zapier.Conflict, Problems: []zapier.Problem{{Status: 409, Code: "conflict"}}}},
		{"unauthorized", 401, nil, `{}`, zapier.Error{Kind: zapier.Unauthorized}},
		{"not found", 404, nil, `not json`, zapier.Error{Kind: zapier.NotFound}},
		// The door stays shut for a minute whatever the header says (api.md 6).
		{"rate limit", 429, map[string]string{"Retry-After": "90"}, `{}`, zapier.Error{Kind: zapier.RateLimited, RetryAfter: 90 * time.Second}},
		{"rate limit, short", 429, map[string]string{"Retry-After": "1"}, `{}`, zapier.Error{Kind: zapier.RateLimited, RetryAfter: time.Minute}},
		{"rate limit, no header", 429, nil, ``, zapier.Error{Kind: zapier.RateLimited, RetryAfter: time.Minute}},
		{"unavailable", 503, map[string]string{"Retry-After": "7"}, `<html>`, zapier.Error{Kind: zapier.Unavailable, RetryAfter: 7 * time.Second}},
		{"bad gateway", 502, map[string]string{"Retry-After": "soon"}, `<html>`, zapier.Error{Kind: zapier.Unavailable}},
		{"a server error", 500, nil, `{"errors":[{"status":500,"code":"error"}]}`, zapier.Error{Kind: zapier.Broken, Problems: []zapier.Problem{{Status: 500, Code: "error"}}}},
		{"another server error", 507, nil, ``, zapier.Error{Kind: zapier.Unavailable}},
		{"gateway timeout", 504, nil, ``, zapier.Error{Kind: zapier.TimedOut}},
		{"request timeout", 408, nil, ``, zapier.Error{Kind: zapier.TimedOut}},
		{"a media type", 415, nil, ``, zapier.Error{Kind: zapier.Invalid}},
		{"redirect", 302, map[string]string{"Location": "https://elsewhere.example/"}, ``, zapier.Error{Kind: zapier.Unavailable}},
		{"redirect to no address", 302, map[string]string{"Location": "https://elsewhere.example/\tx"}, ``, zapier.Error{Kind: zapier.Unavailable}},
		{"not JSON", 200, nil, `<html>`, zapier.Error{Kind: zapier.NotJSON}},
		{"nothing", 200, nil, ``, zapier.Error{Kind: zapier.NotJSON}},
		{"half of it", 200, nil, `{"data":[`, zapier.Error{Kind: zapier.NotJSON}},
		{"a list of two where one is due", 200, nil, `[{},{}]`, zapier.Error{Kind: zapier.WrongSchema}},
		{"a list without data", 200, nil, `{"data":null}`, zapier.Error{Kind: zapier.WrongSchema}},
		{"an id that is neither", 200, nil, `{"data":[{"id":{}}]}`, zapier.Error{Kind: zapier.WrongSchema}},
		{"too large", 200, nil, `{"data":"` + strings.Repeat("x", 5<<20) + `"}`, zapier.Error{Kind: zapier.TooLarge}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			client := setup(t, func(w http.ResponseWriter, _ *http.Request) {
				for name, value := range tt.header {
					w.Header().Set(name, value)
				}
				w.WriteHeader(tt.status)
				_, _ = w.Write([]byte(tt.body)) // the client may have read enough
			})
			_, err := client.ListAuthentications(t.Context(), "secret-app")
			var got *zapier.Error
			require.ErrorAs(t, err, &got)
			assert.Equal(t, tt.want.Kind, got.Kind)
			assert.Equal(t, tt.want.Problems, got.Problems)
			assert.Equal(t, tt.want.RetryAfter, got.RetryAfter)
			assert.Equal(t, tt.status, got.Status)
			assert.Equal(t, "authentications.list", got.Op)
			for _, secret := range []string{canary, "http://", "127.0.0.1", "secret-app", "Malformed"} {
				assert.NotContains(t, err.Error(), secret, "R-02")
			}
		})
	}
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	serve := func(good string, calls *int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			*calls++
			if r.Header.Get("Authorization") != "Bearer "+good {
				answer(t, w, http.StatusUnauthorized, `{"errors":[{"code":"not_authenticated"}]}`)
				return
			}
			answer(t, w, http.StatusOK, `{"id":1}`)
		}
	}
	t.Run("and the call goes on", func(t *testing.T) {
		calls, who := 0, &tokens{current: "stale", renewed: "good"}
		_, err := setupAs(t, who, serve("good", &calls)).GetProfile(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 1, who.renewals)
		assert.Equal(t, 2, calls)
	})
	t.Run("not for ever", func(t *testing.T) {
		calls, who := 0, &tokens{current: "stale", renewed: "stale too"}
		_, err := setupAs(t, who, serve("good", &calls)).GetProfile(t.Context())
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.Unauthorized, kind)
		assert.Equal(t, 1, who.renewals)
		assert.Equal(t, 2, calls)
	})
	t.Run("not when there is no other", func(t *testing.T) {
		calls := 0
		_, err := setupAs(t, zapier.StaticToken("stale"), serve("good", &calls)).GetProfile(t.Context())
		kind, _ := zapier.KindOf(err)
		assert.Equal(t, zapier.Unauthorized, kind)
		assert.Equal(t, 1, calls)
	})
}

func TestRedirectIsNotFollowedWithTheToken(t *testing.T) {
	followed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed = true }))
	t.Cleanup(elsewhere.Close)
	client := setup(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	_, err := client.GetProfile(t.Context())
	require.Error(t, err)
	assert.False(t, followed)
}

func TestStaticTokenIsNotPrintable(t *testing.T) {
	token := zapier.StaticToken(canary)
	for _, text := range []string{fmt.Sprint(token), fmt.Sprintf("%v %s %+v %#v", token, token, token, token)} {
		assert.NotContains(t, text, canary)
	}
}

func TestKindOfOtherErrors(t *testing.T) {
	_, ok := zapier.KindOf(errors.New("another"))
	assert.False(t, ok)
}

func TestEndpoint(t *testing.T) {
	endpoint := zapier.Endpoint("https://api.zapier.com", "https://zapier.com")
	assert.Equal(t, "https://api.zapier.com/v2/authorize", endpoint.AuthURL)
	assert.Equal(t, "https://zapier.com/oauth/token/", endpoint.TokenURL)
}

func TestWhatHelpsAfterEachKind(t *testing.T) {
	tests := []struct {
		kind           zapier.Kind
		helps, unclear bool
	}{
		{zapier.Invalid, false, false},
		{zapier.Unauthorized, false, false},
		{zapier.Forbidden, false, false},
		{zapier.NotFound, false, false},
		{zapier.Conflict, false, false},
		{zapier.RateLimited, true, false},
		{zapier.Broken, true, true},
		{zapier.Unavailable, true, true},
		{zapier.TimedOut, true, true},
		{zapier.Unreachable, true, false},
		{zapier.CutOff, true, true},
		{zapier.NotJSON, true, true},
		{zapier.WrongSchema, false, true},
		{zapier.TooLarge, false, true},
		{zapier.Resting, true, false},
	}
	for _, tt := range tests {
		err := fmt.Errorf("wrapped: %w", &zapier.Error{Kind: tt.kind})
		assert.Equal(t, tt.helps, tt.kind.Helps(), tt.kind)
		assert.Equal(t, tt.unclear, zapier.Unclear(err), tt.kind)
		assert.Equal(t, tt.kind == zapier.Invalid || tt.kind == zapier.Conflict, zapier.Rejected(err), tt.kind)
	}
	assert.False(t, zapier.Unclear(errors.New("another")))
	assert.True(t, zapier.Unclear(&zapier.Error{Kind: zapier.CutOff, Op: "zaps.create"}))
	assert.False(t, zapier.Unclear(&zapier.Error{Kind: zapier.CutOff, Op: "outputs.list"}), "it only reads")
	assert.False(t, zapier.Rejected(errors.New("another")))
}

// Each call has a timer, which must not last as long as the call might have.
func TestTimeOfACallEndsWithIt(t *testing.T) {
	for name, tt := range map[string]struct {
		answer outcome
		call   func(c *zapier.Client) error
	}{
		"read":      {outcome{}, func(c *zapier.Client) error { _, err := c.ListCategories(t.Context()); return err }},
		"ignored":   {outcome{}, func(c *zapier.Client) error { return c.EnableZap(t.Context(), "1") }},
		"refused":   {outcome{status: 400}, func(c *zapier.Client) error { return c.EnableZap(t.Context(), "1") }},
		"no answer": {reset, func(c *zapier.Client) error { return c.EnableZap(t.Context(), "1") }},
		"passed on": {outcome{}, func(c *zapier.Client) error {
			call, err := zapier.FindProxied(http.MethodGet, "/v2/zaps")
			require.NoError(t, err)
			answer, err := c.Proxy(t.Context(), call, zapier.ProxyRequest{})
			require.NoError(t, err)
			return answer.Body.Close()
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var of context.Context
			client, err := zapier.New("https://api.example", eavesdropper{&sick{always: &tt.answer}, &of})
			require.NoError(t, err)
			_ = tt.call(client.As("1", &tokens{current: canary}))
			require.NotNil(t, of)
			_, bounded := of.Deadline()
			assert.True(t, bounded)
			assert.ErrorIs(t, of.Err(), context.Canceled)
		})
	}
}

// eavesdropper keeps the context of the last call.
type eavesdropper struct {
	next http.RoundTripper
	of   *context.Context
}

func (e eavesdropper) RoundTrip(r *http.Request) (*http.Response, error) {
	*e.of = r.Context()
	return e.next.RoundTrip(r)
}

// What Zapier has against the partner's client id it does not have against the person: a call that takes either is made
// once more with their token.
func TestClientIDThatIsRefused(t *testing.T) {
	for status, helps := range map[int]bool{http.StatusUnauthorized: true, http.StatusForbidden: true, http.StatusNotFound: false} {
		var asked []string
		client := setup(t, func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Query().Get("client_id")+r.Header.Get("Authorization"))
			if r.URL.Query().Has("client_id") {
				answer(t, w, status, `{"errors":[]}`)
				return
			}
			answer(t, w, http.StatusOK, `{"data":[],"links":{},"meta":{"count":0}}`)
		}).WithClientID("partner").AsPartner()
		_, err := client.ListApps(t.Context(), zapier.ListAppsOptions{})
		if !helps {
			require.Error(t, err)
			assert.Equal(t, []string{"partner"}, asked)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, []string{"partner", "Bearer " + canary}, asked)
		asked = nil
		for _, err := range client.ZapTemplates(t.Context(), zapier.ZapTemplatesOptions{}) {
			require.Error(t, err)
		}
		assert.Equal(t, []string{"partner"}, asked, "this one takes nothing else")
	}
}

// unlucky are tokens that nobody has.
type unlucky struct{ err error }

func (u unlucky) Token(context.Context) (string, error)         { return "", u.err }
func (u unlucky) Renew(context.Context, string) (string, error) { return "", u.err }

// That something else came between says nothing about the client id: the next call tries it again.
func TestRefusalOfTheClientIDIsOneWhereTheTokenHelps(t *testing.T) {
	good := zapier.StaticToken(canary)
	for name, tt := range map[string]struct {
		tokens zapier.Tokens
		answer outcome
		noted  bool
	}{
		"it helps":             {good, outcome{body: strings.NewReader(`{"data":[],"links":{},"meta":{"count":0}}`)}, true},
		"it is refused":        {good, outcome{status: http.StatusForbidden}, false},
		"Zapier fails":         {good, outcome{status: http.StatusBadGateway}, false},
		"there is none":        {unlucky{errors.New("no token")}, outcome{}, false},
		"there is no room":     {good, outcome{err: busy{}}, false},
		"the caller has left":  {good, outcome{err: context.Canceled}, false},
		"the connection broke": {good, reset, false},
	} {
		t.Run(name, func(t *testing.T) {
			z, tried := &sick{answers: []outcome{tt.answer}}, 0
			client, err := zapier.New("https://api.example", trip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Query().Has("client_id") {
					tried++
					return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody}, nil
				}
				return z.RoundTrip(r)
			}))
			require.NoError(t, err)
			client = client.WithClientID("partner")
			_, err = client.As("1", tt.tokens).AsPartner().ListApps(t.Context(), zapier.ListAppsOptions{})
			assert.Equal(t, tt.noted, err == nil)
			_, _ = client.As("2", good).AsPartner().ListApps(t.Context(), zapier.ListAppsOptions{})
			assert.Equal(t, tt.noted, tried == 1)
		})
	}
}

// A refusal of the client id is not asked for with each call: the token goes alone for a minute, in the same call.
func TestRefusalOfTheClientIDIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		refuses := []string{"/v2/apps client id"}
		client, err := zapier.New("https://api.example", trip(func(r *http.Request) (*http.Response, error) {
			call := r.URL.Path + " token"
			if r.URL.Query().Has("client_id") {
				call = r.URL.Path + " client id"
			}
			asked = append(asked, call)
			answer := httptest.NewRecorder()
			answer.Header().Set("Content-Type", "application/json")
			if slices.Contains(refuses, call) {
				answer.WriteHeader(http.StatusForbidden)
			}
			_, err := answer.WriteString(`{"data":[],"links":{},"meta":{"count":0}}`)
			return answer.Result(), err
		}))
		require.NoError(t, err)
		client = client.WithClientID("partner")
		calls := func(client *zapier.Client) []string {
			asked = nil
			_, _ = client.As("1", zapier.StaticToken(canary)).AsPartner().ListApps(t.Context(), zapier.ListAppsOptions{Query: fmt.Sprint(time.Now())})
			return asked
		}
		both, token := []string{"/v2/apps client id", "/v2/apps token"}, []string{"/v2/apps token"}
		assert.Equal(t, both, calls(client))
		assert.Equal(t, token, calls(client), "by every copy of the client")
		assert.Equal(t, both, calls(client.WithClientID("another")), "of that client id")
		_, err = client.As("1", zapier.StaticToken(canary)).AsPartner().ListActions(t.Context(), "app", "")
		require.NoError(t, err)
		assert.Equal(t, "/v2/actions client id", asked[len(asked)-1], "it says nothing about another call")
		time.Sleep(time.Minute - time.Second)
		assert.Equal(t, token, calls(client))
		time.Sleep(time.Second)

		refuses = append(refuses, "/v2/apps token")
		assert.Equal(t, both, calls(client))
		assert.Equal(t, both, calls(client), "where the token is refused as well, it is not for the client id")
	})
}
