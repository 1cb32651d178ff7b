package contract_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/zapier"
)

// browserFlow is the one operation that no client calls: people go there.
const browserFlow = "GET /v2/authorize"

// newer are the operations that Zapier added after this edition of the document (api.md 2.15).
func newer() []string {
	return []string{"PATCH /v2/zaps/{id}", "DELETE /v2/zaps/{id}", "POST /v2/zaps/{id}/enable"}
}

// exception is a declared answer that is not looked at.
type exception struct {
	operation string
	statuses  []string
	why       string
}

func exceptions() []exception {
	return []exception{
		{browserFlow, []string{"400", "401", "403", "409", "429", "500", "503", "504"}, "a person is told on a page, where the document has JSON"},
	}
}

// All of the client speaks to the emulator, every answer that the document declares
// is provoked, and the document has nothing against any of it but its own defects.
func TestDocumentHoldsForClientAndEmulator(t *testing.T) {
	zapierSays := published(t)
	w := newWorld(t)
	walkClient(t, w)
	for _, operation := range zapierSays.operations() {
		if operation == browserFlow {
			walkBrowserFlow(t, w)
		} else {
			walkAnswers(t, w, zapierSays, operation)
		}
	}
	heard := map[string][]exchange{}
	known := append(zapierSays.operations(), newer()...)
	for _, x := range w.exchanges {
		operation := x.operation(known)
		assert.NotEmpty(t, operation, "there is no such operation: %s", x)
		heard[operation] = append(heard[operation], x)
	}
	for _, operation := range newer() {
		assert.NotEmpty(t, heard[operation], operation)
		assert.NotContains(t, zapierSays.operations(), operation, "the document knows it now")
	}
	for _, operation := range zapierSays.operations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			holds(t, zapierSays, operation, heard[operation])
		})
	}
}

// holds judges what was heard of an operation, with all its defects corrected and then with each one back in.
func holds(t *testing.T, d document, operation string, heard []exchange) {
	t.Helper()
	assert.Equal(t, d.statuses(operation), statusesOf(operation, heard), "each declared answer is heard, or is an exception")
	var of []defect
	for _, known := range defects() {
		if slices.Contains(known.of, operation) {
			of = append(of, known)
		}
	}
	corrected := d.about(t, operation, of)
	for _, x := range heard {
		if err := corrected.judge(t.Context(), x); err != nil {
			// The library adds the whole schema and the whole value.
			brief, _, _ := strings.Cut(err.Error(), "\nSchema:")
			assert.Fail(t, brief, "%s", x)
		}
	}
	for i, known := range of {
		others := slices.Delete(slices.Clone(of), i, i+1)
		uncorrected := d.about(t, operation, others)
		assert.True(t, slices.ContainsFunc(heard, func(x exchange) bool { return uncorrected.judge(t.Context(), x) != nil }),
			"nothing needs the defect %q (%s) here any more: take the operation out of its list", known.name, known.why)
	}
}

// statusesOf are those that were heard and those that are excepted, in order. An
// exception that was heard is there twice.
func statusesOf(operation string, heard []exchange) []string {
	var statuses []string
	for _, x := range heard {
		if status := strconv.Itoa(x.status); !slices.Contains(statuses, status) {
			statuses = append(statuses, status)
		}
	}
	for _, e := range exceptions() {
		if e.operation == operation {
			statuses = append(statuses, e.statuses...)
		}
	}
	slices.Sort(statuses)
	return statuses
}

// walkClient makes every method of the client speak.
func walkClient(t *testing.T, w *world) {
	t.Helper()
	user := w.client().As("1", zapier.StaticToken(w.token(emulator.UserWade, everyScope()...)))
	c := &calls{t: t, ctx: t.Context(), world: w, user: user, partner: w.client()}
	walked := setting()
	for _, call := range allCalls() {
		walked = append(walked, call.method)
		call.do(c)
	}
	var methods []string
	for method := range reflect.TypeFor[*zapier.Client]().Methods() {
		methods = append(methods, method.Name)
	}
	require.ElementsMatch(t, methods, walked, "every method of the client is walked")
	require.Empty(t, c.unsent(), "these fields are empty in every call: send each in one at least")
}

// walkBrowserFlow goes where people are sent: the redirect to the page where they sign in.
func walkBrowserFlow(t *testing.T, w *world) {
	t.Helper()
	target, err := url.Parse(w.url + "/v2/authorize?" + url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"zap profile"},
		"sign_up_email": {"ada@partner.example"}, "sign_up_first_name": {"Ada"}, "sign_up_last_name": {"Moreau"}, "referer": {"https://partner.example"},
	}.Encode())
	require.NoError(t, err)
	sent := w.send(exchange{method: http.MethodGet, url: target, header: http.Header{}})
	assert.Equal(t, http.StatusFound, sent.status)
	assert.Contains(t, sent.answer.Get("Location"), "/oauth/authorize/")
}

// walkAnswers repeats a call of an operation that went well until it has had every answer the document declares.
func walkAnswers(t *testing.T, w *world, d document, operation string) {
	t.Helper()
	i := slices.IndexFunc(w.exchanges, func(x exchange) bool { return x.operation(d.operations()) == operation && x.status < 300 })
	require.GreaterOrEqual(t, i, 0, "the client has not called %s", operation)
	good := w.exchanges[i]
	again := w.send(good)
	require.Equal(t, good.status, again.status, "%s", again)
	named := w.emulator.Requests()[len(w.emulator.Requests())-1].Operation
	for _, declared := range d.statuses(operation) {
		status, err := strconv.Atoi(declared)
		require.NoError(t, err)
		if status < 300 {
			require.Equal(t, good.status, status, operation)
			continue
		}
		require.NoError(t, w.emulator.Arm(emulator.Fault{Operation: named, Status: status}))
		require.Equal(t, status, w.send(good).status, operation)
	}
	walkCredentials(t, w, d, operation, good)
	if slices.Contains(d.statuses(operation), "400") && len(good.body) > 0 {
		for _, body := range []string{"{", "{}"} {
			bad := good
			bad.body, bad.wrong = []byte(body), true
			require.Equal(t, http.StatusBadRequest, w.send(bad).status, "%s %s", operation, body)
		}
	}
}

// walkCredentials tries an operation with exactly the scopes that the document names, with others, and with nothing.
func walkCredentials(t *testing.T, w *world, d document, operation string, good exchange) {
	t.Helper()
	bare := good
	bare.header, bare.wrong = good.header.Clone(), true
	bare.header.Del("Authorization")
	query := good.url.Query()
	query.Del("client_id")
	address := *good.url
	address.RawQuery = query.Encode()
	bare.url = &address
	_, named := d.operation(operation)["security"]
	if named {
		require.Equal(t, http.StatusUnauthorized, w.send(bare).status, "%s without a credential", operation)
	}
	scopes, asked := d.scopes(operation)
	if !asked {
		return
	}
	with := func(wrong bool, scopes ...string) int {
		x := bare
		x.wrong, x.header = wrong, bare.header.Clone()
		x.header.Set("Authorization", "Bearer "+w.token(emulator.UserWade, scopes...))
		return w.send(x).status
	}
	require.Equal(t, http.StatusForbidden, with(true, "zap:pause"), "%s with a scope of something else", operation)
	require.Equal(t, good.status, with(false, scopes...), "%s with %v", operation, scopes)
}
