package handlers_test

import (
	"encoding/json"
	"fmt"
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

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/zapier"
)

// errand is a request to one route that does what the route is for, as somebody would who uses it: it reaches Zapier and
// the store where the route does.
type errand struct {
	route string
	// ask makes what has to be there, and returns the request.
	ask func(o *outing) *http.Request
	// zapier: the answer needs Zapier. quiet: it can do without, and need not say so.
	zapier, quiet bool
	// effects is what it changes, by kind of thing.
	effects map[string]effect
	// well is the status of an errand that goes well; below 400 if zero.
	well int
	// once: who sends this again means a second one.
	once bool
	// signsIn: it takes a token from Zapier.
	signsIn bool
	// again is what somebody does next who was told of an error; the same request if nil.
	again func(o *outing) *http.Request
}

// effect is how many things an errand makes, alters and ends.
type effect struct{ makes, alters, ends int }

var (
	making   = effect{makes: 1}
	altering = effect{alters: 1}
	ending   = effect{ends: 1}
)

type effects = map[string]effect

// outing is a house with somebody in it who has all that errands need.
type outing struct {
	*house
	// wade stays signed in; asks is who asks this time.
	wade, asks *browser
	config     handlers.Config
	// model is a draft that could be published, in two steps, and kept the id of one that nobody touches.
	model         draft.Draft
	kept          string
	crm, crm2, ad string
	app           connect.App
	template      string
	count, begun  int
	draft         draft.Draft
	attempt       connect.Attempt
	zapID         string
}

// newOuting opens a house and lets Wade build a Zap.
func newOuting(t testing.TB, opts options) *outing {
	t.Helper()
	o := &outing{}
	opts.scopes = everyScope
	changed := opts.change
	opts.change = func(c *handlers.Config) {
		if changed != nil {
			changed(c)
		}
		o.config = *c
	}
	o.house = newHouse(t, opts)
	o.wade = o.signedIn(emulator.UserWade)
	z, crm, ad := o.wade.worked()
	o.crm, o.ad, o.crm2 = crm, ad, o.account(emulator.AppOAuth2, "CRM (second)")
	o.model = z.stored()
	require.NoError(t, o.drafts.Delete(t.Context(), o.user(), o.model.ID)) // it is large, and each look would read it
	kept, err := o.drafts.Create(t.Context(), o.user(), draft.New("Kept"))
	require.NoError(t, err)
	o.kept = kept.ID
	app, err := o.client().GetApp(t.Context(), emulator.AppAPIKey)
	require.NoError(t, err)
	o.app = connect.App{ID: app.ID, Title: app.Title, ConnectURL: *app.Links.ConnectNewAuthentication}
	o.template = o.wade.get("/zaps/new").byTestID("template").First().Find(`[name="template"]`).AttrOr("value", "")
	require.NotEmpty(t, o.template)
	return o
}

// client speaks for Wade.
func (o *outing) client() *zapier.Client {
	return o.config.Zapier.As(o.user(), o.config.Sessions.Tokens(o.user()))
}

func (o *outing) user() string { return strconv.Itoa(emulator.UserWade) }

// number is another one each time, for titles.
func (o *outing) number() string {
	o.count++
	return strconv.Itoa(o.count)
}

// begin leaves nothing of the errand before but what cannot be taken back.
func (o *outing) begin() {
	o.t.Helper()
	if o.begun++; o.begun%40 == 0 {
		o.wade = o.signedIn(emulator.UserWade) // a new session has no old attempts, which each look would read
	}
	o.asks = o.wade.stopping()
	o.clock.Advance(2 * time.Second) // what is chosen later counts, and what was read is read again
	require.NoError(o.t, o.config.Attempts.CancelAll(o.t.Context(), o.owner(o.wade)))
	old := []string{o.draft.ID}
	for _, d := range o.draftsOf(emulator.UserWade) {
		old = append(old, d.ID)
	}
	for _, id := range old {
		if id != "" && id != o.kept {
			_ = o.drafts.Delete(o.t.Context(), o.user(), id) // it may be gone
		}
	}
	for _, zap := range o.emulator.Zaps(emulator.UserWade) {
		if strings.HasPrefix(zap.Title, "Copy ") {
			require.NoError(o.t, o.client().DeleteZap(o.t.Context(), zapier.ID(zap.ID)))
		}
	}
	o.draft, o.attempt, o.zapID = draft.Draft{}, connect.Attempt{}, ""
}

// prepared is the request of an errand, for which all is ready. A moment has passed then: what was read of the store to make
// it ready is read anew.
func (o *outing) prepared(e errand) *http.Request {
	o.t.Helper()
	o.begin()
	r := e.ask(o)
	o.clock.Advance(2 * time.Second)
	return r
}

// owner names a browser's session towards attempts.
func (o *outing) owner(b *browser) connect.Owner {
	state, err := o.config.Sessions.Load(o.carrying(b))
	require.NoError(o.t, err)
	if state.User == nil {
		return connect.Owner{}
	}
	return connect.Owner{Browser: state.Browser, User: state.User.ID}
}

// carrying is a request with the cookies of the browser.
func (o *outing) carrying(b *browser) *http.Request {
	r := b.request(http.MethodGet, "/", nil)
	for _, cookie := range b.client.Jar.Cookies(r.URL) {
		r.AddCookie(cookie)
	}
	return r
}

// copied is a draft like the model, changed a little.
func (o *outing) copied(change func(*draft.Draft)) draft.Draft {
	o.t.Helper()
	d := o.model
	d.ID, d.Steps = "", slices.Clone(o.model.Steps)
	d.Title = "Copy " + o.number()
	if change != nil {
		change(&d)
	}
	made, err := o.drafts.Create(o.t.Context(), o.user(), d)
	require.NoError(o.t, err)
	o.draft = made
	return made
}

// unread forgets what Zapier said of the first step's outputs and of the second one's form.
func unread(d *draft.Draft) {
	d.Steps[0].OutputsRead, d.Steps[1].FormRead = time.Time{}, time.Time{}
}

// third adds a step at the end.
func third(d *draft.Draft) {
	added, err := d.AddStep("")
	if err == nil {
		err = d.SetApp(added.ID, *d.Steps[1].App)
	}
	if err == nil {
		err = d.SetAction(added.ID, *d.Steps[1].Action)
	}
	if err != nil {
		panic(err)
	}
}

// published is a Zap that was just made.
func (o *outing) published() string {
	o.t.Helper()
	d := o.copied(nil)
	done, err := o.drafts.Publish(o.t.Context(), o.user(), d.ID, d.Revision)
	require.NoError(o.t, err)
	require.Equal(o.t, draft.Done, done.Publishing.State)
	o.zapID = done.Publishing.ZapID
	return o.zapID
}

// lost is a draft of which nobody knows whether a Zap was made, which after says.
func (o *outing) lost(after bool) draft.Draft {
	o.t.Helper()
	d := o.copied(nil)
	require.NoError(o.t, o.emulator.Arm(emulator.Fault{Operation: emulator.OpZapCreate, Drop: true, After: after}))
	require.NoError(o.t, o.emulator.Arm(emulator.Fault{Operation: emulator.OpZapsList, Status: http.StatusBadRequest, Times: 5}))
	unknown, err := o.drafts.Publish(o.t.Context(), o.user(), d.ID, d.Revision)
	o.emulator.Disarm()
	require.NoError(o.t, err)
	require.Equal(o.t, draft.Unknown, unknown.Publishing.State)
	o.draft = unknown
	return unknown
}

// waiting is an attempt that waits for its window.
func (o *outing) waiting() connect.Attempt {
	o.t.Helper()
	attempt, err := o.config.Attempts.Begin(o.t.Context(), o.owner(o.wade), o.app)
	require.NoError(o.t, err)
	o.attempt = attempt
	return attempt
}

// connected is an attempt whose Authentication is at Zapier, which nobody has looked for yet.
func (o *outing) connected() connect.Attempt {
	o.t.Helper()
	attempt := o.waiting()
	_, _, err := o.config.Attempts.Start(o.t.Context(), attempt.ID, attempt.Token)
	require.NoError(o.t, err)
	o.account(o.app.ID, "Typed "+o.number())
	return attempt
}

// look is a page that is asked for.
func look(path string) func(o *outing) *http.Request {
	return func(o *outing) *http.Request { return o.asks.request(http.MethodGet, path, nil) }
}

// started is one of the forms that begin a Zap, each with a token of its own.
func started(path string, pairs ...string) func(o *outing) *http.Request {
	return func(o *outing) *http.Request {
		return o.posted(path, append(slices.Clone(pairs), "start", fmt.Sprintf("%032x", o.clock.Now().UnixNano()))...)
	}
}

func (o *outing) posted(path string, pairs ...string) *http.Request {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return o.asks.form(http.MethodPost, path, values)
}

// called is a call of the JSON API.
func (o *outing) called(method, path string, body any) *http.Request {
	var content strings.Builder
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			panic(err)
		}
	}
	r := o.asks.request(method, path, strings.NewReader(content.String()))
	r.Header.Set("X-Zapembed", "1")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

func api(method, path string, body any) func(o *outing) *http.Request {
	return func(o *outing) *http.Request { return o.called(method, path, body) }
}

// ofDraft is a form of a draft, at a path below it; %s stands for the id of its second step.
func ofDraft(change func(*draft.Draft), method, path string, pairs ...string) func(o *outing) *http.Request {
	return func(o *outing) *http.Request {
		d := o.copied(change)
		path := "/drafts/" + d.ID + strings.ReplaceAll(path, "%s", d.Steps[1].ID)
		if method == http.MethodGet {
			return o.asks.request(method, path, nil)
		}
		return o.posted(path, append(slices.Clone(pairs), "revision", strconv.Itoa(d.Revision))...)
	}
}

// ofZap is a request about a Zap of Wade's.
func ofZap(method, path string, pairs ...string) func(o *outing) *http.Request {
	return func(o *outing) *http.Request {
		o.zapID = o.zapOf(emulator.UserWade, "").ID
		if method == http.MethodGet {
			return o.asks.request(method, "/zaps/"+o.zapID+path, nil)
		}
		return o.posted("/zaps/"+o.zapID+path, pairs...)
	}
}

// aNadia is another person, for errands after which somebody is signed out.
func (o *outing) aNadia() { o.asks = o.signedIn(emulator.UserNadia).stopping() }

// errands are one for each route at least, and some of Zapier's own API.
func errands() []errand {
	get, post := http.MethodGet, http.MethodPost
	drafts := effects{"draft": altering}
	return []errand{
		{route: "GET /", ask: look("/")},
		{route: "GET /apps", ask: look("/apps?query=a"), zapier: true},
		{route: "GET /apps/{app}", ask: look("/apps/" + emulator.AppAPIKey), zapier: true, effects: effects{"attempt": making}},
		{route: "POST /apps/{app}/choice", zapier: true, effects: effects{"choice": altering}, ask: func(o *outing) *http.Request {
			chosen := o.crm
			if o.chosen(emulator.AppOAuth2) == chosen {
				chosen = o.crm2
			}
			return o.posted("/apps/"+emulator.AppOAuth2+"/choice", "authentication", chosen)
		}},
		{route: "GET /apps/{app}/add-account", ask: look(addPath), zapier: true},
		{
			route: "POST /apps/{app}/add-account", zapier: true, effects: effects{"account": making, "choice": altering},
			ask: func(o *outing) *http.Request {
				number := o.number()
				return o.posted(addPath, "form", "form-"+number, "title", "Books "+number, "f.username", "ada", "f.password", ownSecret)
			},
		},
		{route: "POST /attempts/{attempt}/check", zapier: true, effects: effects{"attempt": altering, "choice": altering}, ask: func(o *outing) *http.Request {
			return o.posted("/attempts/" + o.connected().ID + "/check")
		}},
		{route: "POST /attempts/{attempt}/cancel", effects: effects{"attempt": ending}, ask: func(o *outing) *http.Request {
			return o.posted("/attempts/" + o.waiting().ID + "/cancel")
		}},
		{
			route: "POST /attempts/{attempt}/restart", effects: effects{"attempt": {makes: 1, ends: 1}},
			ask: func(o *outing) *http.Request { return o.posted("/attempts/" + o.waiting().ID + "/restart") },
		},
		{route: "GET /attempts/{attempt}/start", zapier: true, quiet: true, effects: effects{"attempt": altering}, ask: func(o *outing) *http.Request {
			attempt := o.waiting()
			return o.asks.request(get, "/attempts/"+attempt.ID+"/start?token="+attempt.Token, nil)
		}},
		{route: "POST /sign-out", effects: effects{"session": ending}, ask: func(o *outing) *http.Request { o.aNadia(); return o.posted("/sign-out") }},
		{route: "POST /sign-out/everywhere", effects: effects{"session": ending}, ask: func(o *outing) *http.Request {
			o.aNadia()
			return o.posted("/sign-out/everywhere")
		}},
		{route: "POST /reports", ask: func(o *outing) *http.Request {
			r := o.asks.request(post, "/reports", strings.NewReader(`{"csp-report":{"violated-directive":"img-src"}}`))
			r.Header.Set("Content-Type", "application/csp-report")
			return r
		}},
		{route: "GET /zaps", ask: look("/zaps?state=on"), zapier: true},
		{route: "GET /zaps/new", ask: look("/zaps/new"), zapier: true},
		{route: "POST /zaps/new", ask: started("/zaps/new"), effects: effects{"draft": making}},
		{
			route: "POST /zaps/new/guess", zapier: true, effects: effects{"draft": making},
			ask: started("/zaps/new/guess", "description", "When SuperExampleCRM has a lead, tell PlatformAdManager"),
		},
		{route: "POST /zaps/new/template", zapier: true, effects: effects{"draft": making}, ask: func(o *outing) *http.Request {
			return started("/zaps/new/template", "template", o.template)(o)
		}},
		{route: "GET /zaps/{zap}", ask: ofZap(get, ""), zapier: true},
		{route: "POST /zaps/{zap}/rename", zapier: true, effects: effects{"zap": altering}, ask: func(o *outing) *http.Request {
			return ofZap(post, "/rename", "title", "Renamed "+o.number())(o)
		}},
		{route: "POST /zaps/{zap}/enable", zapier: true, effects: effects{"zap": altering}, ask: func(o *outing) *http.Request {
			require.NoError(o.t, o.emulator.PauseZap(o.published()))
			return o.posted("/zaps/" + o.zapID + "/enable")
		}},
		{route: "POST /zaps/{zap}/edit", zapier: true, effects: effects{"draft": making}, ask: ofZap(post, "/edit")},
		{route: "GET /zaps/{zap}/delete", ask: ofZap(get, "/delete"), zapier: true},
		{route: "POST /zaps/{zap}/delete", zapier: true, effects: effects{"zap": ending}, ask: func(o *outing) *http.Request {
			return o.posted("/zaps/" + o.published() + "/delete")
		}},

		{route: "GET /drafts/{draft}", ask: ofDraft(unread, get, ""), zapier: true},
		{route: "POST /drafts/{draft}/title", effects: drafts, ask: ofDraft(nil, post, "/title", "title", "Another")},
		{route: "POST /drafts/{draft}/steps", effects: drafts, ask: ofDraft(nil, post, "/steps")},
		{route: "GET /drafts/{draft}/steps/{step}", ask: ofDraft(nil, get, "/steps/%s")},
		{route: "POST /drafts/{draft}/steps/{step}/remove", effects: drafts, ask: ofDraft(third, post, "/steps/%s/remove", "confirm", "1")},
		{route: "POST /drafts/{draft}/steps/{step}/move", effects: drafts, ask: ofDraft(third, post, "/steps/%s/move", "direction", "down")},
		{route: "GET /drafts/{draft}/steps/{step}/app", zapier: true, ask: ofDraft(nil, get, "/steps/%s/app")},
		{
			route: "POST /drafts/{draft}/steps/{step}/app", zapier: true, effects: drafts,
			ask: ofDraft(nil, post, "/steps/%s/app", "app", emulator.AppBasic, "confirm", "1"),
		},
		{route: "GET /drafts/{draft}/steps/{step}/action", zapier: true, ask: ofDraft(nil, get, "/steps/%s/action")},
		{
			route: "POST /drafts/{draft}/steps/{step}/action", zapier: true, effects: drafts,
			ask: ofDraft(third, post, "/steps/s3/action", "action", "WRITE:create_campaign"),
		},
		{route: "GET /drafts/{draft}/steps/{step}/account", zapier: true, effects: effects{"attempt": making}, ask: ofDraft(nil, get, "/steps/%s/account")},
		{
			route: "POST /drafts/{draft}/steps/{step}/account", zapier: true, effects: effects{"draft": altering, "choice": altering},
			ask: func(o *outing) *http.Request {
				other := o.account(emulator.AppSession, "Ads "+o.number())
				return ofDraft(nil, post, "/steps/%s/account", "authentication", other)(o)
			},
		},
		{route: "GET /drafts/{draft}/steps/{step}/fields", zapier: true, ask: ofDraft(unread, get, "/steps/%s/fields")},
		{
			route: "POST /drafts/{draft}/steps/{step}/fields", zapier: true, effects: drafts,
			ask: ofDraft(nil, post, "/steps/%s/fields", "present", "full_name", "f.full_name", "Dear {{full_name}}", "do", "refresh"),
			again: func(o *outing) *http.Request { // the page that told of it has what was typed, and the revision of now
				now, err := o.drafts.Get(o.t.Context(), o.user(), o.draft.ID)
				require.NoError(o.t, err)
				return o.posted("/drafts/"+now.ID+"/steps/"+now.Steps[1].ID+"/fields", "present", "full_name", "f.full_name", "Dear {{full_name}}",
					"do", "refresh", "revision", strconv.Itoa(now.Revision))
			},
		},
		{route: "GET /drafts/{draft}/steps/{step}/test", zapier: true, ask: ofDraft(unread, get, "/steps/%s/test")},
		{route: "POST /drafts/{draft}/steps/{step}/test", zapier: true, effects: drafts, ask: ofDraft(nil, post, "/steps/%s/test", "confirm", "1")},
		{
			route: "POST /drafts/{draft}/publish", zapier: true, effects: effects{"draft": altering, "zap": making},
			ask: ofDraft(nil, post, "/publish"), again: (*outing).pressing,
		},
		{
			route: "POST /drafts/{draft}/publish-again", zapier: true, effects: effects{"draft": altering, "zap": making},
			ask: func(o *outing) *http.Request {
				d := o.lost(false)
				return o.posted("/drafts/"+d.ID+"/publish-again", "revision", strconv.Itoa(d.Revision))
			},
		},
		{route: "POST /drafts/{draft}/look", zapier: true, effects: drafts, ask: func(o *outing) *http.Request {
			return o.posted("/drafts/" + o.lost(true).ID + "/look")
		}},
		{route: "GET /drafts/{draft}/delete", ask: ofDraft(nil, get, "/delete")},
		{route: "POST /drafts/{draft}/delete", effects: effects{"draft": ending}, ask: ofDraft(nil, post, "/delete")},

		{route: "GET /sign-in", ask: func(o *outing) *http.Request { o.asks = o.browser().stopping(); return look("/sign-in")(o) }},
		{
			route: "GET /sign-in/callback", zapier: true, signsIn: true, effects: effects{"session": making},
			ask: func(o *outing) *http.Request {
				b := o.browser()
				o.asks = b.stopping()
				return o.asks.request(get, b.callback(b.reachConsent("?return_to=/apps"), "allow"), nil)
			},
			again: func(o *outing) *http.Request { // the code is spent: the page's link begins anew
				b := &browser{o.t, o.house, &http.Client{Jar: o.asks.client.Jar, Transport: o.trust}}
				return o.asks.request(get, b.callback(b.get("/sign-in?return_to=/apps"), "allow"), nil)
			},
		},
		{route: "GET /sign-in/done", ask: look("/sign-in/done")},
		{route: "GET /sign-in/failed", ask: look("/sign-in/failed?problem=sign-in-denied"), well: http.StatusForbidden},

		{route: "GET /api/session", ask: api(get, "/api/session", nil)},
		{
			route: "POST /api/session/handover", well: http.StatusBadRequest,
			ask: api(post, "/api/session/handover", map[string]string{"code": strings.Repeat("c", 43), "verifier": strings.Repeat("v", 43)}),
		},
		{route: "GET /api/events", ask: api(get, "/api/events", nil)},
		{
			route: "POST /api/attempts", zapier: true, effects: effects{"attempt": making},
			ask: api(post, "/api/attempts", map[string]string{"app": emulator.AppAPIKey}),
		},
		{route: "GET /api/attempts/{attempt}", ask: func(o *outing) *http.Request { return o.called(get, "/api/attempts/"+o.waiting().ID, nil) }},
		{
			route: "POST /api/attempts/{attempt}/check", zapier: true, effects: effects{"attempt": altering, "choice": altering},
			ask: func(o *outing) *http.Request {
				return o.called(post, "/api/attempts/"+o.connected().ID+"/check", map[string]string{"evidence": "user"})
			},
		},
		{route: "POST /api/attempts/{attempt}/cancel", effects: effects{"attempt": ending}, ask: func(o *outing) *http.Request {
			return o.called(post, "/api/attempts/"+o.waiting().ID+"/cancel", nil)
		}},

		// Zapier's own API, by each credential, and what is not to be sent twice.
		{route: "GET /api/zapier/v2/authentications", zapier: true, ask: api(get, "/api/zapier/v2/authentications?app="+emulator.AppOAuth2, nil)},
		{route: "GET /api/zapier/v1/categories", zapier: true, ask: api(get, "/api/zapier/v1/categories", nil)},
		{route: "GET /api/zapier/v1/apps", zapier: true, ask: api(get, "/api/zapier/v1/apps", nil)},
		{
			route: "POST /api/zapier/v2/authentications", zapier: true, once: true, effects: effects{"account": making},
			ask: func(o *outing) *http.Request {
				return o.called(post, "/api/zapier/v2/authentications", map[string]any{"data": map[string]any{
					"title": "Books " + o.number(), "app": emulator.AppBasic, "authentication_fields": map[string]string{"username": "ada", "password": ownSecret},
				}})
			},
		},
		{route: "DELETE /api/zapier/v2/zaps/{id}", zapier: true, once: true, effects: effects{"zap": ending}, ask: func(o *outing) *http.Request {
			return o.called(http.MethodDelete, "/api/zapier/v2/zaps/"+o.published(), nil)
		}},
	}
}

// pressing presses what the page of a draft offers after its answer was lost, or the same button again.
func (o *outing) pressing() *http.Request {
	o.t.Helper()
	now, err := o.drafts.Get(o.t.Context(), o.user(), o.draft.ID)
	require.NoError(o.t, err)
	button := "/publish"
	if now.Publishing.State == draft.Unknown {
		button = "/publish-again"
	}
	return o.posted("/drafts/"+now.ID+button, "revision", strconv.Itoa(now.Revision))
}

// chosen is the Authentication that the session of who asks has chosen for an App.
func (o *outing) chosen(app string) string {
	state, err := o.config.Sessions.Load(o.carrying(o.asks))
	require.NoError(o.t, err)
	if id := state.Choices[app].Authentication; id != nil {
		return *id
	}
	return ""
}

// things are all there is that somebody could lose or have twice, by kind and name.
func (o *outing) things() map[string]string {
	o.t.Helper()
	all := map[string]string{}
	for _, zap := range o.emulator.Zaps(emulator.UserWade) {
		all["zap "+zap.ID] = fmt.Sprintf("%q on=%v %v", zap.Title, zap.Enabled, zap.Steps)
	}
	for _, account := range o.emulator.Authentications(0, "") {
		all["account "+account.ID] = account.Title
	}
	kept := o.draftsOf(emulator.UserWade)
	if o.draft.ID != "" && !slices.ContainsFunc(kept, func(d draft.Draft) bool { return d.ID == o.draft.ID }) {
		if done, err := o.drafts.Get(o.t.Context(), o.user(), o.draft.ID); err == nil {
			kept = append(kept, done)
		}
	}
	for _, d := range kept {
		steps := ""
		for _, step := range d.Steps {
			content, err := json.Marshal([]any{step.App, step.Action, step.Account, step.Inputs, step.Tests})
			require.NoError(o.t, err)
			steps += string(content)
		}
		all["draft "+d.ID] = fmt.Sprintf("%q %d %q %s", d.Title, d.Revision, d.Publishing.State, steps)
	}
	state, err := o.config.Sessions.Load(o.carrying(o.asks))
	require.NoError(o.t, err)
	if state.User != nil {
		all["session"] = state.User.ID
	}
	for app, choice := range state.Choices {
		all["choice "+app] = *choice.Authentication
	}
	attempts, err := o.config.Attempts.List(o.t.Context(), o.owner(o.asks))
	require.NoError(o.t, err)
	for _, attempt := range attempts {
		if attempt.Settled() && attempt.State != connect.Connected {
			continue
		}
		all["attempt "+attempt.ID] = fmt.Sprintf("%s %s %s", attempt.App.ID, attempt.State, attempt.AuthenticationID)
	}
	return all
}

// compare counts what has been made, altered and ended between two moments, by kind.
func compare(before, after map[string]string) effects {
	found := effects{}
	for name, was := range before {
		kind, _, _ := strings.Cut(name, " ")
		one := found[kind]
		if now, there := after[name]; !there {
			one.ends++
		} else if now != was {
			one.alters++
		}
		found[kind] = one
	}
	for name := range after {
		kind, _, _ := strings.Cut(name, " ")
		if _, there := before[name]; !there {
			one := found[kind]
			one.makes++
			found[kind] = one
		}
	}
	for kind, one := range found {
		if one == (effect{}) {
			delete(found, kind)
		}
	}
	return found
}

// within reports whether no more was done than an errand does. What is chosen for the first time is made, not altered.
func (e errand) within(done effects) bool {
	for kind, one := range done {
		may := e.effects[kind]
		if kind == "choice" {
			one.alters, one.makes = one.alters+one.makes, 0
		}
		if one.makes > may.makes || one.alters > may.alters || one.ends > may.ends {
			return false
		}
	}
	return true
}

// whole reports whether all was done that an errand does.
func (e errand) whole(done effects) bool {
	for kind, must := range e.effects {
		one := done[kind]
		if kind == "choice" {
			one.alters, one.makes = one.alters+one.makes, 0
		}
		if one != must {
			return false
		}
	}
	return e.within(done)
}

// nobodys are the calls that say of nobody that they are theirs.
type nobodys struct {
	mu    sync.Mutex
	calls []string
}

func (n *nobodys) RoundTrip(r *http.Request) (*http.Response, error) {
	if zapier.PurposeOf(r.Context()).User == "" {
		n.mu.Lock()
		n.calls = append(n.calls, r.URL.Path)
		n.mu.Unlock()
	}
	return ownTransport.RoundTrip(r)
}

// Each route has an errand, and each errand works where nothing is wrong: otherwise a fault at it would prove nothing.
// Who waits for a page has one place in line for all that it asks.
func TestErrandsWork(t *testing.T) {
	t.Parallel()
	nameless := &nobodys{}
	meter := &hurried{next: nameless}
	o := newOuting(t, options{transport: meter})
	known := map[string]bool{}
	for _, e := range errands() {
		known[e.route] = true
		r := o.prepared(e)
		before, asked, stored := o.things(), meter.calls(), o.engine.read()
		got := o.run(r)
		o.config.Sessions.Wait()
		assert.Equal(t, e.zapier, meter.calls() > asked, "%s: whether it asks Zapier", e.route)
		if e.route != "POST /reports" && e.route != "GET /sign-in" && !strings.HasPrefix(e.route, "GET /sign-in/f") {
			assert.Greater(t, o.engine.read(), stored, "%s reads the store", e.route)
		}
		if done := compare(before, o.things()); !assert.True(t, e.whole(done), "%s: %+v", e.route, done) || !e.worked(got) {
			t.Errorf("%s: %d %s\n%s", e.route, got.status, got.header.Get("Location"), got.said())
		}
	}
	routes, err := o.server.Routes()
	require.NoError(t, err)
	for _, route := range routes {
		assert.True(t, known[route], "%s has no errand", route)
	}
	assert.Empty(t, o.logs.surprises())
	slices.Sort(nameless.calls)
	assert.Equal(t, []string{"/oauth/token/", "/v1/profiles/me"}, slices.Compact(nameless.calls), "whose they are shows only with their answer")
}
