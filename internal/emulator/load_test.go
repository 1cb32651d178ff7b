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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// 64 partners build and run Zaps for the same users at once; each finds its own
// Zap and run again. Its worth is in -race.
func TestManyBuildersAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var running sync.WaitGroup
	for i := range 64 {
		running.Go(func() {
			user := []int{emulator.UserWade, emulator.UserNadia, emulator.UserZoe, emulator.UserTom}[i%4]
			b := w.builder(t, user)
			zap := b.guide()
			lead := zap["data"].(object)["steps"].([]any)[0].(object)
			b.ask(lead["action"].(string), "outputs", lead["authentication"], object{})
			b.choices(lead["action"].(string), "pipeline", lead["authentication"], object{})
			made := b.post("/v2/zaps", zap)
			if !assert.Equal(t, http.StatusCreated, made.status, made.raw) {
				return
			}
			id := made.text("id")
			status, err := w.FireZap(id)
			assert.NoError(t, err)
			assert.Equal(t, "success", status)
			assert.Len(t, b.get("/v2/zap-runs?zap_id="+id).data(t), 1)
			assert.Equal(t, http.StatusOK, b.send(http.MethodPatch, "/v2/zaps/"+id, data(object{"title": "Mine"})).status)
			assert.Equal(t, http.StatusNoContent, b.send(http.MethodDelete, "/v2/zaps/"+id, nil).status)
		})
	}
	running.Wait()
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
