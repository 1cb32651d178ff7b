package zapier

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// reread proves what holds for every answer: reading it does not panic, and what was read reads the same
// after it was written, so that nothing is bent on its way to a page.
func reread[T any](t *testing.T, body []byte) {
	t.Helper()
	var first, second T
	if json.Unmarshal(unwrap(body), &first) != nil {
		return
	}
	written, err := json.Marshal(first)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(written, &second), "%s", written)
	again, err := json.Marshal(second)
	require.NoError(t, err)
	require.Equal(t, string(written), string(again))
}

func FuzzDecodeField(f *testing.F) {
	f.Add([]byte(`{"type":"input_field","id":"tags","value_type":"array","items":{"type":"INTEGER"},"format":null,"default_value":true,"depends_on":["a"]}`))
	f.Add([]byte(`{"type":"info_field","id":"note","description":"Read"}`))
	f.Add([]byte(`{"type":"fieldset","id":"s","fields":[{"type":"info_field","id":"i"},{"type":"fieldset","fields":{}}]}`))
	f.Add([]byte(`{"type":"fieldset","id":"s","fields":{"type":"input_field","id":"i"}}`))
	f.Fuzz(func(t *testing.T, body []byte) { reread[Field](t, body) })
}

func FuzzDecodeZap(f *testing.F) {
	f.Add([]byte(`{"id":"233307281","is_enabled":true,"last_successful_run_date":null,"updated_at":"2024-03-28T17:25:08+00:00","steps":[{"action":"core:1","authentication":null,"inputs":null,"title":null}]}`))
	f.Add([]byte(`[{"id":7,"enabled":false,"steps":["1",2,{"action":{"id":"core:1","app":{"id":"a"}},"authentication":{"id":1},"inputs":{"n":1e400}}]}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		reread[Zap](t, body)
		var created single[Zap]
		_ = json.Unmarshal(unwrap(body), &created)
	})
}

func FuzzDecodeActionRun(f *testing.F) {
	f.Add([]byte(`{"type":"run","status":"success","results":[{"id":123}],"errors":[]}`))
	f.Add([]byte(`{"run_id":"arun_1","status":"error","results":{},"errors":[{"code":"throttled","delay":3,"meta":null}]}`))
	f.Fuzz(func(t *testing.T, body []byte) { reread[ActionRun](t, body) })
}

func FuzzDecodeZapRun(f *testing.F) {
	f.Add([]byte(`{"id":"123e4567","zap_id":104445735,"start_time":"2024-10-16T06:29:10.360000Z","status":"success","steps":[{"status":null}],"data_in":"","data_out":[1]}`))
	f.Fuzz(func(t *testing.T, body []byte) { reread[ZapRun](t, body) })
}

func FuzzDecodePages(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"1","title":"a","is_expired":true,"app":"b"}],"meta":{"count":1,"limit":null},"links":{"next":"https://api.zapier.com/v2/apps?offset=20","prev":null}}`))
	f.Add([]byte(`[{"data":[{"id":1,"label":null,"value":"v"}],"links":{"next":"?page=b"},"meta":{"page":1}}]`))
	f.Add([]byte(`{"objects":[{"id":1,"steps":[{"params":{}}]}],"next":"/v1/zaps?offset=-5","next_url":"https://api.zapier.com/v1/apps?page=2"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var page Page[Authentication]
		if json.Unmarshal(unwrap(body), &page) == nil {
			require.GreaterOrEqual(t, page.Next, 0)
			require.GreaterOrEqual(t, page.Total, len(page.Data))
		}
		var choices ChoicePage
		_ = json.Unmarshal(unwrap(body), &choices)
		var older pageV1[ZapV1]
		if json.Unmarshal(unwrap(body), &older) == nil {
			require.GreaterOrEqual(t, older.next, 0)
		}
	})
}

func FuzzDecodeProblems(f *testing.F) {
	f.Add(`{"errors":[{"status":"400","code":"test_failed","title":"ActionTestError","detail":"d","source":{"pointer":"/data"},"meta":{"source":"ZAPIER"}}]}`, "90", "")
	f.Add(`{"errors":["Malformed request"]}`, "Wed, 16 Oct 2024 06:31:00 GMT", "Wed, 16 Oct 2024 06:29:00 GMT")
	f.Add(`{"messages":[{"detail":"This is no workflow."}]}`, "soon", "now")
	f.Fuzz(func(t *testing.T, body, after, date string) {
		failed := &Error{Kind: Invalid, Op: "op", Problems: problems([]byte(body))}
		require.Regexp(t, `^zapier: op: invalid( \[[a-z0-9_-]{1,40}\])*$`, failed.Error())
		wait := RetryAfter(http.Header{"Retry-After": {after}, "Date": {date}})
		require.GreaterOrEqual(t, wait, time.Duration(0))
		require.LessOrEqual(t, wait, longestWait)
	})
}

// Whatever path, query and kind of body a browser sends: what goes on is a call of the list at our own
// base, reads as one thing only, and carries nobody's credentials.
func FuzzProxy(f *testing.F) {
	for _, path := range []string{
		"/v2/zaps", "/v2/zaps/233307281", "/v2/actions/core:a-b_c/inputs/COL$A/choices", "/v2/actions/uag:1-2/inputs/parents%5B%5Dsha/choices",
		"/v2/zaps/../apps", "/v2/zaps/%2e%2e/enable", "/v2//apps", "/v2/zaps/a%2fb", "/v2/zaps/%252e", "//evil.example/v2/apps", "/v1/apps%00", "/v2/zaps/\xff",
	} {
		for _, method := range []string{"GET", "POST", "PATCH", "DELETE"} {
			f.Add(method, path, "client_id=x&limit=1&access_token=y", "application/json", []byte(`{"data":{}}`))
		}
	}
	f.Add("GET", "/v1/apps", "client_id=x&client_id=y;z=%zz", "text/html; charset=", []byte("x"))
	client, err := New("https://api.example/below", nil)
	require.NoError(f, err)
	client = client.WithClientID("ours")
	f.Fuzz(func(t *testing.T, method, path, query, kind string, body []byte) {
		call, err := FindProxied(method, path)
		if err != nil {
			return
		}
		sent := ProxyRequest{RawQuery: query, Header: http.Header{"Content-Type": {kind}, "Cookie": {"a=b"}, "Authorization": {"Bearer x"}}, Body: body}
		req, err := client.proxyRequest(t.Context(), call, sent)
		if err != nil {
			return
		}
		target := req.URL.EscapedPath()
		require.Equal(t, "https://api.example", req.URL.Scheme+"://"+req.URL.Host)
		require.Equal(t, target, req.URL.JoinPath().EscapedPath(), "tidying leads nowhere else")
		passed, below := strings.CutPrefix(target, "/below")
		require.True(t, below, target)
		again, err := FindProxied(req.Method, passed)
		require.NoError(t, err, passed)
		require.Equal(t, call, again, "it reads the same to the next one")
		require.Equal(t, len(strings.Split(call.Path, "/")), len(strings.Split(passed, "/")))
		for name, values := range req.URL.Query() {
			require.NotContains(t, []string{"access_token", "client_secret"}, strings.ToLower(name))
			if strings.EqualFold(name, "client_id") {
				require.Equal(t, []string{"ours"}, values)
			}
		}
		for name := range req.Header {
			require.Contains(t, []string{"Accept", "Content-Type"}, name)
		}
	})
}
