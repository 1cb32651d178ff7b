package handlers_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
)

// hurdle is a moment of building a Zap that needs one operation of Zapier's.
type hurdle struct {
	operation string
	// before sets the scene, act is what the fault hits.
	before func(z *builder)
	act    func(z *builder) page
	// saves: what act types has to be kept, whatever Zapier does.
	saves bool
	// silent: the page can do without the operation, and need not say so.
	silent bool
}

// hurdles are one for each operation that building a Zap needs, in their order, and more where it matters in which request.
func hurdles() map[string]hurdle {
	nothing := func(*builder) {}
	apps := func(z *builder) {
		z.send(z.step(1, "app"), url.Values{"app": {emulator.AppOAuth2}})
		z.send(z.step(2, "app"), url.Values{"app": {emulator.AppSession}})
	}
	actions := func(z *builder) {
		apps(z)
		z.send(z.step(1, "action"), url.Values{"action": {"READ:new_lead"}})
		z.send(z.step(2, "action"), url.Values{"action": {"WRITE:create_engagement_report"}})
	}
	accounts := func(z *builder) {
		actions(z)
		for i, app := range []string{emulator.AppOAuth2, emulator.AppSession} {
			id := z.house.emulator.Authentications(emulator.UserWade, app)[0].ID
			z.stopping().post(z.step(i+1, "account"), url.Values{"authentication": {id}, "revision": {z.revision()}})
		}
	}
	forms := func(z *builder) {
		accounts(z)
		z.get(z.step(1, "fields"))
		z.fill(z.get(z.step(2, "fields")), "save", url.Values{"f.full_name": {"{{full_name}}"}})
	}
	look := func(number int, stage string) func(z *builder) page {
		return func(z *builder) page { return z.get(z.step(number, stage)) }
	}
	choose := func(stage, name, value string) func(z *builder) page {
		return func(z *builder) page { return z.send(z.step(1, stage), url.Values{name: {value}}) }
	}
	typed := 0
	// retype changes a field that shapes the form, by its own choices in turn.
	retype := func(do string) func(z *builder) page {
		return func(z *builder) page {
			typed++
			values := url.Values{
				"present": {"full_name", "account", "kind"}, "f.full_name": {fmt.Sprintf("typed %d {{full_name}}", typed)},
				"f.account": {[]string{"Northwind Ads", "Bluefern Ads"}[typed%2]}, "f.kind": {"summary"}, "do": {do},
			}
			return z.send(z.step(2, "fields"), values)
		}
	}
	return map[string]hurdle{
		"the directory":               {emulator.OpAppsList, nothing, look(1, "app"), false, false},
		"its categories":              {emulator.OpCategoriesList, nothing, look(1, "app"), false, true},
		"choosing an App":             {emulator.OpAppsList, nothing, choose("app", "app", emulator.AppOAuth2), false, false},
		"the Actions":                 {emulator.OpActionsList, apps, look(1, "action"), false, false},
		"choosing an Action":          {emulator.OpActionsList, apps, choose("action", "action", "READ:new_lead"), false, false},
		"the App of the account":      {emulator.OpAppsList, actions, look(1, "account"), false, false},
		"the accounts":                {emulator.OpAuthenticationsList, actions, look(1, "account"), false, false},
		"choosing an account":         {emulator.OpAuthenticationsList, actions, func(z *builder) page { return z.pickAccount() }, false, false},
		"looking up the Action":       {emulator.OpActionsList, accounts, look(2, "fields"), false, false},
		"the form":                    {emulator.OpInputsList, accounts, look(2, "fields"), false, false},
		"the form after a change":     {emulator.OpInputsList, forms, retype("save"), true, false},
		"the form on the way on":      {emulator.OpInputsList, forms, retype("next"), true, false},
		"the form asked for again":    {emulator.OpInputsList, forms, retype("refresh"), true, false},
		"the choices after a change":  {emulator.OpChoicesList, forms, retype("save"), true, false},
		"the choices asked for again": {emulator.OpChoicesList, forms, retype("refresh"), true, false},
		"the outputs":                 {emulator.OpOutputsList, accounts, look(2, "fields"), false, false},
		"the outputs of a test":       {emulator.OpOutputsList, accounts, look(2, "test"), false, false},
		"a test":                      {emulator.OpActionTest, forms, func(z *builder) page { return z.send(z.step(2, "test"), url.Values{"confirm": {"1"}}) }, false, false},
		"publishing":                  {emulator.OpZapCreate, forms, func(z *builder) page { return z.pressPublish() }, false, false},
		"looking for a lost Zap":      {emulator.OpZapsList, lose(forms), func(z *builder) page { return z.pressPublish() }, false, false},
		"a new token":                 {emulator.OpOAuthToken, forms, func(z *builder) page { return z.withOldToken() }, true, false},
	}
}

// pickAccount chooses the first account of the first step's App.
func (z *builder) pickAccount() page {
	id := z.house.emulator.Authentications(emulator.UserWade, emulator.AppOAuth2)[0].ID
	return z.send(z.step(1, "account"), url.Values{"authentication": {id}})
}

// pressPublish presses whatever button the draft's page has for it.
func (z *builder) pressPublish() page {
	shown := z.page()
	if again := shown.byTestID("publish-again"); again.Length() > 0 {
		return z.press(shown, again)
	}
	return z.press(shown, shown.byTestID("publish"))
}

// withOldToken types something while the access token is dead.
func (z *builder) withOldToken() page {
	z.house.emulator.ExpireTokens(emulator.UserWade)
	revision := z.revision()
	return z.send(z.step(2, "fields"), url.Values{"present": {"full_name"}, "f.full_name": {"{{full_name}} " + revision}, "do": {"refresh"}})
}

// lose makes the first answer to creating the Zap one that is lost before anything was created.
func lose(before func(z *builder)) func(z *builder) {
	return func(z *builder) {
		before(z)
		require.NoError(z.t, z.house.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true}))
		require.Equal(z.t, "unknown", z.publish().byTestID("publishing").AttrOr("data-state", ""))
	}
}

// faults are the ways in which a call goes wrong. All calls of one act meet them.
func faults() map[string]emulator.Fault {
	all := map[string]emulator.Fault{"dropped": {Drop: true}, "an HTML page": {HTML: true}, "no answer in time": {Status: 500, Hold: make(chan struct{})}}
	for _, status := range []int{400, 401, 403, 429, 500, 503} {
		all[strconv.Itoa(status)] = emulator.Fault{Status: status}
	}
	return all
}

// A fault at any single call of the journey leaves a page that explains itself and a draft that has lost nothing.
func TestFaultAtAnyCallLosesNothing(t *testing.T) {
	t.Parallel()
	for name, hurdle := range hurdles() {
		t.Run(name, func(t *testing.T) {
			hurry := &hurried{}
			h := newHouse(t, options{transport: hurry})
			h.account(emulator.AppOAuth2, "CRM")
			h.account(emulator.AppSession, "Ads")
			made := len(h.emulator.Zaps(emulator.UserWade))
			z := h.signedIn(emulator.UserWade).startZap()
			z.rename("Faults")
			hurdle.before(z)
			z.steps = []string{z.step(1, ""), z.step(2, "")}
			for fault, armed := range faults() {
				z.trip(hurdle, fault, armed, hurry)
			}
			z.finish()
			assert.Len(t, h.emulator.Zaps(emulator.UserWade), made+1, "and the Zap is made in the end, once")
			assert.Empty(t, h.logs.surprises(), "nothing was a surprise")
		})
	}
}

// trip lets one fault hit the act, and looks at what is left.
func (z *builder) trip(hurdle hurdle, name string, fault emulator.Fault, hurry *hurried) {
	t, e := z.t, z.house.emulator
	t.Helper()
	before := z.stored()
	fault.Operation, fault.Times = hurdle.operation, 100
	if fault.Hold != nil {
		held := make(chan struct{})
		defer close(held)
		fault.Hold = held
		hurry.set(30 * time.Millisecond)
	}
	require.NoError(t, e.Arm(fault))
	calls := e.Count(hurdle.operation)
	got := hurdle.act(z)
	assert.Greater(t, e.Count(hurdle.operation), calls, "%s: the fault has to be met", name)
	e.Disarm()
	hurry.set(0)
	noInternals(t, got)
	explained := got.Find(`[data-testid="error"], [data-testid="unread"], [data-testid="source"][data-unread], [data-testid="failed"], [data-testid="refused"], [data-testid="publishing"]`)
	said := explained.Text()
	if hurdle.operation == emulator.OpChoicesList && got.status == http.StatusOK {
		said = got.Find(`[data-kind="select"] .hint:contains("could not be read")`).Text()
	}
	if got.status >= 400 || !hurdle.silent {
		assert.GreaterOrEqual(t, len(strings.TrimSpace(said)), 15, "%s: %d without a sentence:\n%s", name, got.status, got.Text())
	}
	ways := got.byTestID("retry").Length() + got.byTestID("sign-in").Length() + got.Find("main form").Length() + got.Find(`main a[href^="`+z.draft+`"]`).Length()
	assert.NotZero(t, ways, "%s: no way on:\n%s", name, got.Text())
	if got.byTestID("sign-in").Length() > 0 || hurdle.operation == emulator.OpOAuthToken {
		z.signInAgain()
	}
	after := z.stored()
	switch {
	case hurdle.saves:
		assert.Greater(t, after.Revision, before.Revision, "%s: what was typed is kept", name)
		assert.NotEqual(t, before.Steps[1].Inputs["full_name"], after.Steps[1].Inputs["full_name"], name)
		assert.Contains(t, after.Steps[1].Inputs["full_name"], "{{new_lead.full_name}}", name)
	case got.status >= 400:
		assert.Equal(t, before.Revision, after.Revision, name)
	}
	for i := range before.Steps {
		assert.Equal(t, before.Steps[i].App, after.Steps[i].App, name)
		assert.Equal(t, before.Steps[i].Action, after.Steps[i].Action, name)
		assert.Equal(t, before.Steps[i].Account, after.Steps[i].Account, name)
	}
	if !hurdle.saves {
		assert.Equal(t, before.Steps[0].Inputs, after.Steps[0].Inputs, name)
		assert.Equal(t, before.Steps[1].Inputs["full_name"], after.Steps[1].Inputs["full_name"], name)
	}
}

// stored is the draft as it is kept.
func (z *builder) stored() draft.Draft {
	z.t.Helper()
	kept, err := z.house.drafts.Get(z.t.Context(), strconv.Itoa(emulator.UserWade), z.draft[strings.LastIndex(z.draft, "/")+1:])
	require.NoError(z.t, err)
	return kept
}

// signInAgain comes back when Zapier has ended the sign-in.
func (z *builder) signInAgain() {
	z.t.Helper()
	if z.get("/apps").errorCode() == "sign-in-ended" || z.get(z.draft).status == http.StatusUnauthorized {
		z.signIn(emulator.UserWade, "/")
	}
}

// finish does again what may have been done already, to the end.
func (z *builder) finish() {
	z.t.Helper()
	for i, choice := range []struct{ app, action string }{
		{emulator.AppOAuth2, "READ:new_lead"}, {emulator.AppSession, "WRITE:create_engagement_report"},
	} {
		if z.stored().Publishing.State != draft.NotPublished {
			break
		}
		z.send(z.step(i+1, "app"), url.Values{"app": {choice.app}})
		z.send(z.step(i+1, "action"), url.Values{"action": {choice.action}})
		id := z.house.emulator.Authentications(emulator.UserWade, choice.app)[0].ID
		form := z.send(z.step(i+1, "account"), url.Values{"authentication": {id}})
		require.Equal(z.t, http.StatusOK, form.status, form.Text())
		if i == 1 {
			z.fill(form, "save", url.Values{"f.full_name": {"{{full_name}}"}, "f.account": {""}})
			z.get(z.step(2, "fields"))
		}
	}
	if z.stored().Publishing.State != draft.Done {
		done := z.pressPublish()
		require.Equal(z.t, "done", done.byTestID("publishing").AttrOr("data-state", ""), done.Text())
	}
}

// hurried is a transport that gives up soon, when it is told to, and counts what it carries.
type hurried struct {
	// next carries the calls; ownTransport if nil.
	next  http.RoundTripper
	mu    sync.Mutex
	limit time.Duration
	sent  int
}

func (h *hurried) set(limit time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.limit = limit
}

// calls is how many calls were sent.
func (h *hurried) calls() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.sent
}

func (h *hurried) RoundTrip(r *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.sent++
	limit, next := h.limit, h.next
	h.mu.Unlock()
	if next == nil {
		next = ownTransport
	}
	if limit == 0 {
		return next.RoundTrip(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), limit)
	answer, err := next.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	answer.Body = &closing{answer.Body, cancel}
	return answer, nil
}

// closing ends the hurry with the body.
type closing struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (c *closing) Close() error {
	defer c.cancel()
	return c.ReadCloser.Close()
}

// Every operation that building needs is among the hurdles.
func TestHurdlesAreComplete(t *testing.T) {
	h := newHouse(t, options{})
	h.signedIn(emulator.UserWade).worked()
	var met []string
	for _, hurdle := range hurdles() {
		met = append(met, hurdle.operation)
	}
	for _, operation := range emulator.Operations() {
		signing := slices.Contains([]string{emulator.OpAuthorize, emulator.OpOAuthAuthorize, emulator.OpOAuthConsent, emulator.OpSignIn, emulator.OpProfilesMe}, operation)
		if h.emulator.Count(operation) > 0 && !signing {
			assert.Contains(t, met, operation)
		}
	}
}
