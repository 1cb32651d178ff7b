package handlers_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/cenkalti/backoff/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/toxic"
	"github.com/zapembed/zapembed/internal/zapier"
)

// outcome is an answer to an errand, page or JSON.
type outcome struct {
	page
	problem bool
}

// run sends the request and reads what comes back: of an event stream the first words.
func (o *outing) run(r *http.Request) outcome {
	o.t.Helper()
	ctx, leave := context.WithCancel(r.Context())
	defer leave()
	response, err := o.asks.client.Do(r.Clone(ctx))
	require.NoError(o.t, err, "%s %s", r.Method, r.URL)
	defer response.Body.Close()
	var body []byte
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
		body = make([]byte, 8)
		_, err = io.ReadFull(response.Body, body)
	} else {
		body, err = io.ReadAll(response.Body)
	}
	if err != nil {
		body = append(body, " (broken off)"...)
	}
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	require.NoError(o.t, err)
	return outcome{
		page:    page{document, response.StatusCode, r.URL, response.Header, string(body)},
		problem: response.Header.Get("Content-Type") == "application/problem+json",
	}
}

// repeated is the same request once more.
func repeated(r *http.Request) *http.Request {
	again := r.Clone(r.Context())
	if r.GetBody != nil {
		again.Body, _ = r.GetBody()
	}
	return again
}

// follow goes where a redirect of ours leads.
func (o *outing) follow(got outcome) outcome {
	target, err := got.url.Parse(got.header.Get("Location"))
	require.NoError(o.t, err)
	if got.status/100 != 3 || target.Host != got.url.Host {
		return got
	}
	return o.run(o.asks.request(http.MethodGet, target.String(), nil))
}

// telling is whatever on a page tells of trouble.
const telling = `[data-testid="error"], [data-testid="waiting"], [data-testid="notice"], [data-testid="unread"], [data-testid="templates-unread"], ` +
	`[data-testid="runs-unread"], [data-testid="failed"], [data-testid="refused"], [data-testid="stale"], [data-testid="kept"], ` +
	`[data-testid="publishing"][data-state="unknown"], [data-testid="publishing"][data-state="running"], [data-testid="source"][data-unread]`

// said is what the answer tells of trouble.
func (g outcome) said() string {
	if g.problem {
		return g.body
	}
	return strings.Join(strings.Fields(g.Find(telling).Text()), " ")
}

// worked reports whether an errand went well, as far as its answer says.
func (e errand) worked(got outcome) bool {
	if e.well != 0 {
		return got.status == e.well
	}
	return got.status < 400 && got.said() == "" && !strings.Contains(got.header.Get("Location"), "/sign-in/failed")
}

// documented are the codes of docs/errors.md.
func documented(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../../docs/errors.md")
	require.NoError(t, err)
	var codes []string
	for _, heading := range regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		codes = append(codes, heading[1])
	}
	require.NotEmpty(t, codes)
	return codes
}

// explained holds an answer that tells of trouble to what every such answer owes to whoever reads it: a sentence, a way
// on, and nothing of the program's inside.
func (o *outing) explained(got outcome, cell string, codes []string) {
	o.t.Helper()
	if strings.Contains(got.header.Get("Content-Type"), "json") {
		if !got.problem { // what Zapier's own API said is passed back as it is
			assert.Contains(o.t, got.body, `"errors"`, cell)
			return
		}
		answer := answer{got.status, got.header, got.body}
		problem := answer.problem(o.t)
		assert.Contains(o.t, codes, problem.Code, cell)
		assert.NotEqual(o.t, "internal", problem.Code, cell)
		assert.GreaterOrEqual(o.t, len(problem.Detail), 15, cell)
		assert.True(o.t, strings.HasSuffix(problem.Type, "docs/errors.md#"+problem.Code), "%s: %s", cell, problem.Type)
		assert.NotEmpty(o.t, problem.RequestID, cell)
		assert.NotEmpty(o.t, problem.Cause, cell)
		assert.NotEmpty(o.t, problem.Advice, cell)
		return
	}
	code := got.Find("[data-code]").AttrOr("data-code", "")
	assert.NotEqual(o.t, "internal", code, cell)
	if code != "" {
		assert.Contains(o.t, codes, code, cell)
	}
	if !assert.GreaterOrEqual(o.t, len(got.said()), 15, "%s: %d without a sentence", cell, got.status) {
		o.t.Log(got.Text())
	}
	assert.NotZero(o.t, got.Find("main a[href], main form").Length(), "%s: no way on:\n%s", cell, got.Text())
}

// fault is one way in which everything goes wrong.
type fault struct {
	// strike begins it, and lift ends it.
	strike, lift func()
	// harmless: it is slow or odd, and everything works. partly: some calls come through.
	harmless, partly bool
	// later is when it is tried again: what was under way when the store went away is held for lost only after a while.
	later time.Duration
	// unheard: what was asked for may have been done, and nobody heard of it.
	unheard bool
}

// meet lets an errand meet a fault, and looks at what is left of it, and whether it works afterwards. It reports whether
// anything was asked of Zapier meanwhile.
func (o *outing) meet(e errand, name string, f fault, met func() bool, codes []string) {
	t := o.t
	t.Helper()
	cell := e.route + " / " + name
	r := o.prepared(e)
	before := o.things()
	f.strike()
	got := o.run(repeated(r))
	hit := met()
	f.lift()
	o.lossless(got, r, cell)
	done := compare(before, o.things())
	whole := e.whole(done)
	if got.status/100 == 3 && !(whole && e.worked(got)) { // it is told where it leads to
		f.strike()
		got = o.follow(got)
		f.lift()
	}

	if got.problem || !strings.Contains(got.header.Get("Content-Type"), "json") { // else it is Zapier's own word
		noInternals(t, got.page)
	}
	assert.True(t, e.within(done), "%s: it did %+v", cell, done)
	if !hit {
		assert.True(t, e.worked(got) && whole, "%s: nothing hindered it: %d %+v %s", cell, got.status, done, got.said())
		return
	}
	fine := e.worked(got) && whole
	switch {
	case f.harmless:
		assert.True(t, fine, "%s: %d %+v %s", cell, got.status, done, got.said())
	case fine && (e.quiet || f.partly || len(e.effects) > 0):
	default:
		o.explained(got, cell, codes)
	}
	if e.worked(got) || e.once {
		return
	}
	o.clock.Advance(f.later)
	o.recovers(e, cell, f, r, before)
}

// typed are the names under which people type something, and not the page for them.
func typed(name string) bool {
	return name == "title" || name == "description" || strings.HasPrefix(name, "f.")
}

// lossless holds an answer that says that nothing is lost to it: what was typed is on the page, to be sent again.
func (o *outing) lossless(got outcome, r *http.Request, cell string) {
	o.t.Helper()
	again := repeated(r)
	if !strings.Contains(got.said(), "Nothing is lost") || again.ParseForm() != nil {
		return
	}
	for name, values := range again.PostForm {
		if !typed(name) {
			continue
		}
		kept := got.Find("main form [name]").FilterFunction(func(_ int, control *goquery.Selection) bool {
			return control.AttrOr("name", "") == name && control.AttrOr("value", "") == values[0]
		})
		assert.NotZero(o.t, kept.Length(), "%s: %s is lost: %s", cell, name, got.said())
	}
}

// recovers does what somebody does who was told of trouble that is over.
func (o *outing) recovers(e errand, cell string, f fault, r *http.Request, before map[string]string) {
	o.t.Helper()
	again := repeated(r)
	if e.again != nil {
		again = e.again(o)
	}
	got := o.run(again)
	done := compare(before, o.things())
	known := f.unheard && (got.status == http.StatusConflict || got.status == http.StatusNotFound) // and the page shows that it was done
	if !e.worked(got) && !known || !e.whole(done) {
		o.t.Errorf("%s: afterwards it is %d %s %+v: %s", cell, got.status, got.header.Get("Location"), done, got.said())
	}
}

// soon is how long a call to Zapier may take while it will not be answered.
const soon = 30 * time.Millisecond

// way is the way to Zapier: a transport that gives up soon when it is told to, over a wire that can be damaged.
type way struct {
	hurried
	transport *http.Transport
	wire      *toxic.Wire
	// trap is what happens before one of the next calls.
	trap atomic.Pointer[trap]
	// spoiler changes what Zapier answers.
	spoiler atomic.Pointer[func(w http.ResponseWriter, r *http.Request, next http.Handler)]
}

// newWay returns the options of a house whose way to Zapier it is. The browser has another.
func newWay(t testing.TB) (*way, options) {
	w := &way{transport: &http.Transport{}}
	w.next = w.transport
	t.Cleanup(w.transport.CloseIdleConnections)
	w.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if w.wire != nil {
			address = w.wire.Address()
		}
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	return w, options{transport: w, between: func(emulator http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			ours := strings.HasPrefix(r.URL.Path, "/v1/") || strings.HasPrefix(r.URL.Path, "/v2/") && r.URL.Path != "/v2/authorize" || strings.HasPrefix(r.URL.Path, "/oauth/token")
			if spoil := w.spoiler.Load(); spoil != nil && ours {
				(*spoil)(rw, r, emulator)
				return
			}
			emulator.ServeHTTP(rw, r)
		})
	}}
}

// trap springs once so many calls have gone before.
type trap struct {
	left   atomic.Int64
	spring func()
	sprung atomic.Bool
}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	if set := w.trap.Load(); set != nil && set.left.Add(-1) == -1 {
		set.spring()
		set.sprung.Store(true)
	}
	return w.hurried.RoundTrip(r)
}

// after is a fault that begins in the middle of an errand, when so many of its calls have been answered.
func (w *way) after(calls int, f fault) (late fault, met func() bool) {
	late = f
	late.strike = func() {
		set := &trap{spring: f.strike}
		set.left.Store(int64(calls))
		w.trap.Store(set)
	}
	late.lift = func() { w.trap.Store(nil); f.lift() }
	return late, func() bool { return w.trap.Load().sprung.Load() }
}

// damaged is a fault of the wire. A slow one is given up on soon.
func (w *way) damaged(d toxic.Damage, slow bool) fault {
	return fault{
		strike: func() {
			w.transport.CloseIdleConnections()
			w.wire.Strike(d)
			if slow {
				w.set(soon)
			}
		},
		lift: func() {
			w.set(0)
			w.transport.CloseIdleConnections()
			w.wire.Mend()
		},
	}
}

// spoiled is a fault of Zapier's answers.
func (w *way) spoiled(spoil func(w http.ResponseWriter, r *http.Request, next http.Handler)) fault {
	return fault{strike: func() { w.spoiler.Store(&spoil) }, lift: func() { w.spoiler.Store(nil) }}
}

// instead answers with a body of another kind, after Zapier has done what was asked.
func instead(contentType, body string) func(w http.ResponseWriter, r *http.Request, next http.Handler) {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		kept := httptest.NewRecorder()
		next.ServeHTTP(kept, r)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(http.StatusOK)
		_, _ = io.WriteString(w, body)
	}
}

// cutInTheMiddle sends half of Zapier's answer.
func cutInTheMiddle(w http.ResponseWriter, r *http.Request, next http.Handler) {
	kept := httptest.NewRecorder()
	next.ServeHTTP(kept, r)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", fmt.Sprint(kept.Body.Len()+100))
	w.WriteHeader(kept.Code)
	_, _ = w.Write(kept.Body.Bytes()[:kept.Body.Len()/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// apiOperations are those that the server asks for itself.
func apiOperations() []string {
	browsers := []string{
		emulator.OpAuthorize, emulator.OpOAuthAuthorize, emulator.OpOAuthConsent, emulator.OpSignIn, emulator.OpConnectStart,
		emulator.OpConnectFinish, emulator.OpPopupClose, emulator.OpPartyAuthorize, emulator.OpPartyToken, emulator.OpPartySession,
		emulator.OpPartyMe, emulator.OpOAuthToken,
	}
	return slices.DeleteFunc(emulator.Operations(), func(operation string) bool { return slices.Contains(browsers, operation) })
}

// armed is a fault of Zapier itself, at whatever it is asked.
func (o *outing) armed(f emulator.Fault, token bool) fault {
	return fault{
		strike: func() {
			operations := apiOperations()
			if token {
				operations = append(operations, emulator.OpOAuthToken)
			}
			f.Times = 1000
			for _, f.Operation = range operations {
				require.NoError(o.t, o.emulator.Arm(f))
			}
		},
		lift: o.emulator.Disarm,
	}
}

// zapierFaults are all of them, by name.
func (o *outing) zapierFaults(w *way, token bool) map[string]fault {
	number := func(name string, value int) map[string]int { return map[string]int{name: value} }
	harmless := func(f fault) fault { f.harmless = true; return f }
	partly := func(f fault) fault { f.partly = true; return f }
	all := map[string]fault{
		"refused":                   w.damaged(toxic.Damage{}, false),
		"reset on the way there":    w.damaged(toxic.Damage{Type: "reset_peer", Stream: "upstream"}, false),
		"reset on the way back":     w.damaged(toxic.Damage{Type: "reset_peer"}, false),
		"half-open":                 w.damaged(toxic.Damage{Type: "timeout", Stream: "upstream"}, true),
		"half-open on the way back": w.damaged(toxic.Damage{Type: "timeout"}, true),
		"late":                      w.damaged(toxic.Damage{Type: "latency", Attributes: number("latency", 200)}, true),
		"a slow body":               w.damaged(toxic.Damage{Type: "bandwidth", Attributes: number("rate", 1)}, true),
		"cut in the header":         w.damaged(toxic.Damage{Type: "limit_data", Attributes: number("bytes", 60)}, false),
		"cut somewhere":             partly(w.damaged(toxic.Damage{Type: "limit_data", Attributes: number("bytes", 700)}, false)),
		"a slow end":                harmless(w.damaged(toxic.Damage{Type: "slow_close", Attributes: number("delay", 100)}, false)),
		"in slices":                 harmless(w.damaged(toxic.Damage{Type: "slicer", Attributes: map[string]int{"average_size": 300, "size_variation": 100}}, false)),

		"cut in the middle of a body": w.spoiled(cutInTheMiddle),
		"too large":                   partly(w.spoiled(instead("application/json", `{"data":"`+strings.Repeat("a", 4<<20)+`"}`))),
		"not JSON":                    partly(w.spoiled(instead("text/html", "<html><h1>It works!</h1></html>"))),
		"broken JSON":                 partly(w.spoiled(instead("application/json", `{"data": [`))),
		"another schema":              partly(w.spoiled(instead("application/json", `{"data": "nothing", "objects": 7, "id": {}}`))),
		"empty":                       partly(w.spoiled(instead("application/json", ""))),

		"an HTML page":         o.armed(emulator.Fault{HTML: true}, token),
		"dropped":              o.armed(emulator.Fault{Drop: true}, token),
		"dropped when done":    o.armed(emulator.Fault{Drop: true, After: true}, token),
		"504 when it was done": o.armed(emulator.Fault{Status: 504, After: true}, token),
	}
	for _, status := range []int{400, 401, 403, 404, 409, 429, 500, 502, 503, 504} {
		all[fmt.Sprint(status)] = o.armed(emulator.Fault{Status: status}, token)
	}
	return all
}

// faultNames are the names of zapierFaults.
func faultNames() []string {
	var names []string
	for name := range (&outing{house: &house{}}).zapierFaults(&way{}, false) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// shares deals names out to houses, which stand side by side; a house of its own for each would cost more than the faults.
func shares(names []string, houses int) [][]string {
	dealt := make([][]string, houses)
	for i, name := range names {
		dealt[i%houses] = append(dealt[i%houses], name)
	}
	return dealt
}

// Every page and endpoint meets every fault of Zapier and of the way to it: it explains itself, loses nothing, does
// nothing twice, and works afterwards.
func TestEveryErrandMeetsEveryFaultOfZapier(t *testing.T) {
	codes := documented(t)
	for _, names := range shares(faultNames(), 6) {
		t.Run(strings.Join(names, ", "), func(t *testing.T) {
			t.Parallel()
			w, opts := newWay(t)
			o := w.outing(t, opts)
			for _, name := range names {
				f, signingIn := o.zapierFaults(w, false)[name], o.zapierFaults(w, true)[name]
				for _, e := range errands() {
					if !e.zapier && name != "refused" && name != "half-open" { // the others it cannot tell from these
						continue
					}
					asked, met := 0, f
					if e.signsIn {
						met = signingIn
					}
					strike := met.strike
					met.strike = func() { strike(); asked = w.calls() }
					o.meet(e, name, met, func() bool { return w.calls() > asked }, codes)
				}
			}
			o.keptQuiet()
		})
	}
}

// What goes wrong in the middle finds more that has been done already, or may have been.
func TestFaultsInTheMiddleOfAnErrand(t *testing.T) {
	codes := documented(t)
	for how, chain := range map[string]bool{"each call by itself": false, "behind the chain": true} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w, opts := newWay(t)
			opts.chain, opts.steady = chain, atOnce()
			o := w.outing(t, opts)
			for _, e := range errands() {
				if !e.zapier {
					continue
				}
				r := o.prepared(e)
				asked := w.calls()
				o.run(r)
				all := w.calls() - asked
				for _, name := range []string{"refused", "429", "dropped when done", "not JSON"} {
					for calls := 1; calls < all; calls++ {
						f, met := w.after(calls, o.zapierFaults(w, e.signsIn)[name])
						f.partly, f.later = true, presumedLost
						o.meet(e, fmt.Sprintf("%s after call %d of %d", name, calls, all), f, met, codes)
					}
				}
			}
			o.keptQuiet()
		})
	}
}

// The same behind all that stands before the calls in production: what was kept may be given again, what failed is sent
// again, and a sick Zapier is left alone. What is told then is told as well, and what is kept is marked.
func TestEveryErrandMeetsFaultsBehindTheChain(t *testing.T) {
	codes := documented(t)
	all := []string{"refused", "half-open", "not JSON", "empty", "dropped when done", "401", "429", "503"}
	for _, names := range shares(all, 4) {
		t.Run(strings.Join(names, ", "), func(t *testing.T) {
			t.Parallel()
			w, opts := newWay(t)
			opts.chain, opts.steady = true, atOnce()
			o := w.outing(t, opts)
			for _, name := range names {
				f, signingIn := o.zapierFaults(w, false)[name], o.zapierFaults(w, true)[name]
				for _, e := range errands() {
					if !e.zapier {
						continue
					}
					met := f
					if e.signsIn {
						met = signingIn
					}
					met.partly, met.later = true, time.Minute // what was kept is there
					o.clock.Advance(time.Minute)
					o.meet(e, name, met, func() bool { return true }, codes)
				}
			}
			o.keptQuiet()
		})
	}
}

// atOnce sends again without a wait, and rests for no time.
func atOnce() zapier.SteadyConfig {
	return zapier.SteadyConfig{Rest: time.Nanosecond, Waits: func() backoff.BackOff { return &backoff.ZeroBackOff{} }}
}

// outing is one in a house at the end of the way.
func (w *way) outing(t testing.TB, opts options) *outing {
	t.Helper()
	o := newOuting(t, opts)
	address, err := url.Parse(o.house.zapier)
	require.NoError(t, err)
	w.wire = toxic.New(t, address.Host)
	return o
}

// keptQuiet: nothing was a surprise, and the log has no secret.
func (o *outing) keptQuiet() {
	o.t.Helper()
	assert.Empty(o.t, o.logs.surprises())
	logged := o.logs.String()
	for _, secret := range o.watchSecrets()() {
		assert.NotContains(o.t, logged, secret)
	}
}
