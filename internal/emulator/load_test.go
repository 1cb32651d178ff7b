package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// 64 partners go the whole way for the same four users at once: sign-in, popups,
// fields, a Zap and a run of it, with budgets counting. Half-way all third-party
// tokens end. Each finds what is its own. Its worth is in -race.
func TestManyBuildersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetLimits(emulator.Limits{PerIP: 100_000, PerPartner: 100_000}))
	users := []int{emulator.UserWade, emulator.UserNadia, emulator.UserZoe, emulator.UserTom}
	var builders [64]connectedBuilder
	atOnce(len(builders), func(i int) { builders[i] = w.connectedBuilder(t, users[i%len(users)]) })
	require.False(t, t.Failed(), "not all of them have connected")
	w.clock.Advance(time.Hour)
	atOnce(len(builders), func(i int) { builders[i].journey() })
	assert.Equal(t, 2*len(builders), w.Count(emulator.OpPartyToken), "each was let in once and refreshed once, whoever looked first")
}

func atOnce(n int, do func(i int)) {
	var running sync.WaitGroup
	for i := range n {
		running.Go(func() { do(i) })
	}
	running.Wait()
}

// connectedBuilder is a builder with the Authentications its own popups stored.
type connectedBuilder struct {
	*builder
	crm, books string
}

// connectedBuilder has one browser for all: it signs in and opens the popups.
func (w *world) connectedBuilder(t *testing.T, user int) connectedBuilder {
	t.Helper()
	window := w.browser(t)
	issued := w.token(t, redeemForm(window.code(user, "scope", zapScopes).Get("code")))
	require.Equal(t, http.StatusOK, issued.status, issued.raw)
	b := &builder{t, w, user, issued.text("access_token")}
	require.NotEmpty(t, b.get("/v2/apps").data(t))
	connect := func(app string) string {
		closed := window.finish(window.get(w.connectLink(t, b.token, app)))
		var posted []struct {
			ID string `json:"authentication_id"`
		}
		require.NoError(t, json.Unmarshal([]byte(messages(t, closed)), &posted))
		require.Len(t, posted, 1)
		return posted[0].ID
	}
	return connectedBuilder{b, connect(emulator.AppOAuth2), connect(emulator.AppBasic)}
}

// journey is the way from the lists to a Zap that has run, and its end.
func (b connectedBuilder) journey() {
	b.owns(emulator.AppOAuth2, b.crm)
	b.owns(emulator.AppBasic, b.books)
	lead, invoice := b.action(emulator.AppOAuth2, "READ", "new_lead"), b.action(emulator.AppBasic, "WRITE", "create_invoice")
	assert.Contains(b.t, fields(b.t, b.ask(lead, "inputs", b.crm, object{})), "pipeline")
	assert.Contains(b.t, fields(b.t, b.ask(invoice, "inputs", b.books, object{})), "customer__name")
	assert.Equal(b.t, http.StatusOK, b.ask(lead, "outputs", b.crm, object{}).status)
	pipelines, _ := b.choices(lead, "pipeline", b.crm, object{})
	assert.Len(b.t, pipelines, 7)

	made := b.post("/v2/zaps", data(object{"title": "Bill a lead", "enabled": true, "steps": []any{
		step(lead, b.crm, object{}), step(invoice, b.books, object{"number": "{{id}}", "customer__name": "{{full_name}}"}),
	}}))
	if !assert.Equal(b.t, http.StatusCreated, made.status, made.raw) {
		return
	}
	id := made.text("id")
	status, err := b.world.FireZap(id)
	assert.NoError(b.t, err)
	assert.Equal(b.t, "success", status)
	assert.Len(b.t, b.get("/v2/zap-runs?zap_id="+id).data(b.t), 1)
	assert.Equal(b.t, http.StatusOK, b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"title": "Mine"})).status)
	assert.Equal(b.t, http.StatusNoContent, b.send(http.MethodDelete, "/v2/zaps/"+id, nil).status)
}

// owns requires an Authentication to be among those of the user, and in force.
func (b connectedBuilder) owns(app, id string) {
	b.t.Helper()
	for next := "/v2/authentications?app=" + app; next != ""; {
		page := b.get(next)
		for _, listed := range page.data(b.t) {
			if listed["id"] == id {
				assert.Equal(b.t, false, listed["is_expired"])
				return
			}
		}
		next, _ = dig(page.body, "links.next").(string)
	}
	require.FailNow(b.t, "the Authentication is not listed", id)
}

// BenchmarkLists asks the lists in turn: of the handler alone, and over a real
// connection with the client on the same cores. The package's documentation says
// what it gave.
func BenchmarkLists(b *testing.B) {
	w := newWorld(b)
	token := w.accessToken(b, emulator.UserWade, zapScopes)
	for _, zap := range w.Zaps(emulator.UserWade) {
		if zap.Enabled {
			_, err := w.FireZap(zap.ID)
			require.NoError(b, err)
		}
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	for _, way := range []struct {
		name string
		ask  func(*http.Request) (int, error)
	}{
		{"handler", func(r *http.Request) (int, error) {
			answered := httptest.NewRecorder()
			w.Handler().ServeHTTP(answered, r)
			return answered.Code, nil
		}},
		{"loopback", func(r *http.Request) (int, error) {
			answered, err := client.Do(r)
			if err != nil {
				return 0, err
			}
			defer answered.Body.Close()
			_, err = io.Copy(io.Discard, answered.Body)
			return answered.StatusCode, err
		}},
	} {
		b.Run(way.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					askList(b, w.url, token, i, way.ask)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

func askList(b *testing.B, base, token string, i int, ask func(*http.Request) (int, error)) {
	paths := []string{
		"/v1/apps?client_id=partner&per_page=10", "/v1/categories", "/v1/zap-templates?client_id=partner", "/v2/apps?limit=10",
		"/v2/actions?app=" + emulator.AppOAuth2, "/v2/authentications?app=" + emulator.AppMany, "/v2/zaps", "/v2/zap-runs",
	}
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, base+paths[i%len(paths)], nil)
	if err != nil {
		b.Error(err)
		return
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if status, err := ask(r); err != nil || status != http.StatusOK {
		b.Errorf("%s: %d %v", r.URL, status, err)
	}
}

// Whatever a body holds, the answer is a success or says whose fault it is, and
// a Zap that was taken can be run.
func FuzzZapsCreate(f *testing.F) {
	f.Add(`{"data":{"title":"T","steps":[]}}`)
	f.Add(`{"data":{"title":"T","steps":[{"action":"ACTION1","authentication":"ACCOUNT","inputs":{}},{"action":"ACTION2","authentication":null,"inputs":{"url":"{{full_name}}"}}]}}`)
	f.Add(`{"data":{"title":"T","steps":[{"action":"ACTION1","authentication":"ACCOUNT","inputs":{},"alias":"a"},{"action":"ACTION2","authentication":null,"inputs":{"url":"{{a.tags[]name}}","headers":{"a":"b"}}}]}}`)
	f.Add(`[]`)
	f.Add(`{"data":{"title":null,"steps":[{"inputs":[]}]}}`)
	w := newWorld(f)
	b := w.builder(f, emulator.UserWade)
	known := strings.NewReplacer("ACTION1", b.action(emulator.AppOAuth2, "READ", "new_lead"),
		"ACTION2", b.action("80364a4b-f7df-4f73-a561-3e31de0e0d86", "WRITE", "post"), "ACCOUNT", b.connect(emulator.AppOAuth2))
	f.Fuzz(func(t *testing.T, body string) {
		made := fuzzed(t, b, "/v2/zaps", known.Replace(body))
		if made.status == http.StatusCreated {
			_, err := w.FireZap(made.text("id"))
			require.NoError(t, err)
		}
	})
}

// The calls about one step, with any inputs for the form that changes the most.
func FuzzStepCalls(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"subject":"a","lists":["x"],"merge_fields":{"a":"b"},"sender__name":"c"}`, `{"subject":"{{a}}"}`, `{"sizes":["1"],"subject":"x","send_at":"2026-01-01"}`, `null`, `[]`,
	} {
		f.Add(seed, "subject", "1")
	}
	f.Add(`{"subject":"a"}`, "segment", "2")
	w := newWorld(f)
	b := w.builder(f, emulator.UserWade)
	action, account := b.action(emulator.AppAPIKey, "WRITE", "create_newsletter"), b.connect(emulator.AppAPIKey)
	f.Fuzz(func(t *testing.T, inputs, field, page string) {
		body := `{"data":{"authentication":"` + account + `","inputs":` + inputs + `}}`
		for _, path := range []string{"inputs", "outputs", "test"} {
			fuzzed(t, b, "/v2/actions/"+action+"/"+path, body)
		}
		fuzzed(t, b, "/v2/actions/"+action+"/inputs/"+url.PathEscape(field)+"/choices?page="+url.QueryEscape(page), body)
		fuzzed(t, b, "/v2/action-runs", `{"action":"`+action+`","authentication":"`+account+`","input":`+inputs+`}`)
	})
}

// FuzzQueries is for what lists and runs are narrowed by.
func FuzzQueries(f *testing.F) {
	for _, seed := range []string{
		"limit=5&offset=2", "zap_id=1&statuses=error,held&from_date=2026-01-01", "expand=steps.action&inputs[a]=b,c", "include_shared=true",
		"params__a=b&get_params", "page=2&per_page=3&title_search=a", "app=x&action_type=READ", "limit=-1", "offset=99999999999999999999",
	} {
		f.Add(seed)
	}
	w := newWorld(f)
	token := w.accessToken(f, emulator.UserWade, zapScopes)
	f.Fuzz(func(t *testing.T, query string) {
		for _, path := range []string{"/v1/apps", "/v1/zaps", "/v1/zap-templates", "/v2/zaps", "/v2/zap-runs", "/v2/actions", "/v2/whitelabel/apps"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.URL.RawQuery = query
			r.Header.Set("Authorization", "Bearer "+token)
			answered := httptest.NewRecorder()
			w.Handler().ServeHTTP(answered, r)
			require.Less(t, answered.Code, http.StatusInternalServerError, answered.Body)
		}
	})
}

// fuzzed sends a body past the network and requires an answer that is no fault
// of the emulator's own.
func fuzzed(t *testing.T, b *builder, path, body string) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+b.token)
	r.Header.Set("Content-Type", "application/json")
	answered := httptest.NewRecorder()
	b.world.Handler().ServeHTTP(answered, r)
	got := answer{status: answered.Code, raw: answered.Body.String()}
	require.Less(t, got.status, http.StatusInternalServerError, got.raw)
	require.NoError(t, json.Unmarshal(answered.Body.Bytes(), &got.body), got.raw)
	return got
}
