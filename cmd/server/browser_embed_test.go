package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"html"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

// Each way of embedding (docs/embedding.md), with the names, the certificates and the browser's own rules of cookies.
// One browser serves them all. Cookies; requests of other pages; codes and messages.
func TestBrowserEmbed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	t.Run("a subdomain of the partner's", s.subdomain)
	t.Run("a path of the partner's", s.path)
	t.Run("another site", s.crossSite)
	t.Run("another site, what follows the window", s.crossSiteEnds)
	t.Run("another site, where there is no room", s.narrow)
	t.Run("another site, without scripts", s.plain)
	t.Run("another site, no cookies in frames", s.keptOut)
	t.Run("another site, told to nobody", s.wrongMode)
	t.Run("another site, cut from its windows", s.cutOff)
	t.Run("another site, that listens and speaks", s.overheard)
	t.Run("another site, its own requests", s.forged)
	t.Run("another site, shut off from itself", s.shutOff)
}

// subdomain: a page of app.zaps.test shows my.zaps.test. To the browser that is one site, so the Lax cookie arrives.
func (s *stage) subdomain(t *testing.T) {
	w := s.serve(t, "https://my.zaps.test", map[string]string{"EMBED_ORIGINS": "https://app.zaps.test"})
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	p, inside := s.embed(t, "https://app.zaps.test", w.url+appPath(emulator.AppBasic), "")
	inside.signInBy(p)
	inside.connectBy(p)
	assert.Equal(t, connect.ByMessage, inside.attempt().By)
	assert.Contains(t, w.cookie(s), "SameSite=Lax")
	assert.NotContains(t, w.cookie(s), "Partitioned")
}

// path: the partner's proxy passes on what is below /zaps. The cookie goes nowhere else on that name.
func (s *stage) path(t *testing.T) {
	w := s.serve(t, "https://path.test/zaps", nil)
	p := newTab(t, s.browser)
	p.open(w.url + "/sign-in?return_to=" + url.QueryEscape(appPath(emulator.AppBasic)))
	p.allowAs(emulator.UserWade)
	p.state("idle")
	p.connectBy(p)
	assert.Regexp(t, `^__Http-zapembed=[^;]+; Path=/zaps/;.* HttpOnly; Secure; SameSite=Lax$`, w.cookie(s))
	p.open("https://path.test/")
	last := s.requests("path.test", "/")
	require.Len(t, last, 1)
	assert.False(t, last[0].cookie, "the rest of the partner's site does not get it")
}

// sandbox is what a frame may have at the least.
const sandbox = "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox"

// crossSite: partner.test shows my.zaps.test, in a sandbox. The window signs in with another cookie jar than the frame has, and
// hands over.
func (s *stage) crossSite(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), sandbox)
	inside.signInBy(p)
	assert.Regexp(t, `^__Host-Http-zapembed=[^;]+; Path=/;.* HttpOnly; Secure; SameSite=None; Partitioned$`, w.cookie(s))
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true}))
	eval[bool](p, `(window.heard = [], addEventListener('message', ({data, origin}) => window.heard.push({...data, origin})), true)`)
	inside.connectBy(p)
	assert.Equal(t, connect.ByMessage, inside.attempt().By)
	p.wait(`window.heard.length > 0`)
	told := map[string]string{
		"type": "zapembed.connected", "app": emulator.AppBasic, "authentication_id": w.stored(emulator.AppBasic)[0].ID, "origin": w.url,
	}
	assert.Equal(t, []map[string]string{told}, eval[[]map[string]string](p, `window.heard`), "the page around hears of it, once")
	assert.Empty(t, s.requests("my.zaps.test", "/sign-in/done"), "no page of ours had the code in its address")

	// Nobody is signed in beside the frame: neither in a window of its own nor on another site's page.
	first := p.sibling()
	first.open(w.url + "/")
	first.wait(visible(byTestID("sign-in")))
	assert.Empty(t, first.attribute(byTestID("sign-in"), "target"), "it signs in right there")
	s.embedIn(first, otherPartner, w.url+"/", "").wait(visible(byTestID("sign-in")))
}

// crossSiteEnds: what else tells the end of an attempt works with the frame's cookie, too.
func (s *stage) crossSiteEnds(t *testing.T) {
	timings := unhurried()
	timings.Checks = []int{300}
	w := s.crossSiteWorld(t, worldOptions{timings: timings})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), "")
	inside.signInBy(p)
	second := p.sibling()
	beside := s.embedIn(second, partner, w.url+appPath(emulator.AppBasic), "")
	beside.state("idle")

	// The window is closed before anything is connected: the server hears of it, and so does the page beside.
	require.NoError(t, w.emulated().SetPopup(emulator.Popup{KeepOpen: true, NoMessage: true}))
	popup := p.popup(func() { inside.click(byTestID("connect")) })
	popup.wait(visible(byTestID("connect-form")))
	beside.wait(`['opened', 'waiting'].includes(document.querySelector('[data-testid="attempt"]').dataset.state)`) // by the stream
	popup.closeByPerson()
	inside.state("waiting")

	// Nothing but the background check can tell of this one.
	again := p.popup(func() { inside.click(byTestID("reopen")) })
	again.connect()
	inside.state("connected")
	beside.state("connected")
	assert.Equal(t, connect.ByList, inside.attempt().By)
}

// narrow: a page in a frame, and the window it opens, wait for room under Zapier's limits and go on by themselves.
func (s *stage) narrow(t *testing.T) {
	way := &narrow{}
	w := s.crossSiteWorld(t, worldOptions{transport: way, env: map[string]string{"ZAPIER_CACHE": "off"}})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), sandbox)
	inside.signInBy(p)
	inside.state("idle")
	way.fill("/v2/authentications", full{time.Second, 0})
	popup := p.popup(func() { inside.click(byTestID("connect")) })
	popup.wait(visible(byTestID("waiting")))
	way.clear()
	popup.connect()
	inside.state("connected")
	way.fill("/v2/apps", full{time.Second, 1})
	inside.click(`nav a[href="/apps"]`)
	inside.wait(visible(byTestID("waiting")))
	way.clear()
	inside.wait(visible(byTestID("app")))
}

// plain: the start link and the forms of a page in a frame come from our own page, with scripts and without.
func (s *stage) plain(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), "")
	inside.signInBy(p)
	inside.withoutScripts()
	eval[bool](inside, `(location.reload(), true)`)
	inside.wait(visible(".without-script"))
	popup := p.popup(func() { inside.click(byTestID("connect")) })
	popup.connect()
	w.holds(emulator.AppBasic, 1)
	inside.click(byTestID("check"))
	inside.state("connected")
	inside.click(byTestID("sign-out"))

	// The sign-in window has nobody to hand over to, so it is signed in itself and goes on.
	window := p.popup(func() { inside.click(byTestID("sign-in")) })
	window.click(byTestID("allow"))
	window.wait(visible(byTestID("sign-out")))
}

// keptOut: a browser that knows nothing of Partitioned cookies and keeps no others for frames. The frame says so and leads
// out of itself; it never sends anybody round in a circle.
func (s *stage) keptOut(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	s.unpartitioned.Store(true)
	defer s.unpartitioned.Store(false)
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), "")
	inside.wait(visible(byTestID("own-window"))) // always there
	loads := len(s.requests("my.zaps.test", appPath(emulator.AppBasic)))
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	popup.gone()
	inside.wait(visible(byTestID("kept-out")))
	inside.readsOutKeptOut()
	assert.Len(t, s.requests("my.zaps.test", appPath(emulator.AppBasic)), loads, "nothing was loaded again")

	own := p.popup(func() { inside.click(byTestID("own-window-button")) })
	own.click(byTestID("sign-in"))
	own.click(byTestID("allow")) // Zapier remembers who it was
	own.wait(`location.href === ` + quote(w.url+appPath(emulator.AppBasic)))
	own.state("idle")
	own.connectBy(p)
}

// wrongMode: the operator has listed another site and left EMBED_MODE alone. The Lax cookie never reaches that frame, and
// people learn as much instead of signing in again and again.
func (s *stage) wrongMode(t *testing.T) {
	w := s.serve(t, "https://my.zaps.test", map[string]string{"EMBED_ORIGINS": partner})
	p, inside := s.embed(t, partner, w.url+"/apps", "")
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	popup.gone()
	inside.wait(visible(byTestID("kept-out")))
	own := p.popup(func() { inside.click(byTestID("own-window-button")) })
	own.wait(visible(byTestID("sign-out"))) // already
}

// cutOff: the partner's page sends COOP same-origin, so no window of the frame's knows who opened it (popup.md, M7). The
// sign-in cannot be handed over, and goes on in the window; the start link works all the same.
func (s *stage) cutOff(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner+"/?coop=same-origin", w.url+appPath(emulator.AppBasic), "")
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	popup.wait(ready(byTestID("go-on-here")))
	require.True(t, eval[bool](popup, `window.opener === null`))
	assert.NotContains(t, eval[string](popup, `location.href`), "code=", "R-10")
	popup.click(byTestID("go-on-here"))
	popup.click(byTestID("allow"))
	popup.state("idle")
	assert.Equal(t, w.url+appPath(emulator.AppBasic), eval[string](popup, `location.href`))
}

// overheard: the code goes to a page of our own origin alone, and is taken from our own window alone.
func (s *stage) overheard(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), "")
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.wait(visible(byTestID("emulator-user")))
	const message = `.postMessage({type: 'zapembed.signed-in', code: 'x'}, '*')`
	eval[bool](p, `(frames[0]`+message+`, true)`)   // not our origin
	eval[bool](inside, `(window`+message+`, true)`) // our origin, and not the window
	inside.turns()
	assert.Empty(t, s.requests("my.zaps.test", "/api/session/handover"))

	// The partner's page shows something else in the frame meanwhile, which is then what opened the window.
	eval[bool](p, `(document.querySelector('iframe').src = '/?listens', true)`)
	p.wait(`frames[0].location.search === '?listens' && frames[0].document.readyState === 'complete'`)
	eval[bool](p, `(window.heard = [], frames[0].addEventListener('message', ({data}) => window.heard.push(data)), true)`)
	popup.allowAs(emulator.UserWade)
	popup.wait(visible(byTestID("go-on-here")) + ` && location.search === ''`)
	require.True(t, eval[bool](popup, `window.opener !== null`))
	popup.postToOpener(`'the end'`)
	p.wait(`window.heard.includes('the end')`)
	assert.Len(t, eval[[]any](p, `window.heard`), 1, "and nothing before it")
}

// forged: a Partitioned cookie rides on what the partner's page itself sends, so nothing may rest on SameSite.
func (s *stage) forged(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner, w.url+appPath(emulator.AppBasic), "")
	inside.signInBy(p)
	start := inside.attribute(byTestID("connect"), "href")

	p.run(`fetch(` + quote(w.url+"/sign-out") + `, {method: 'POST', mode: 'no-cors', credentials: 'include'}).catch(() => {})`)
	p.run(`fetch(` + quote(w.url+"/api/session") + `, {credentials: 'include'}).catch(() => {})`)
	p.run(`fetch(` + quote(w.url+"/api/session/handover") + `, {method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}'}).catch(() => {})`)
	p.asPerson(`(() => {
		const form = document.createElement('form');
		Object.assign(form, {method: 'post', action: ` + quote(w.url+"/sign-out") + `, target: 'elsewhere'});
		document.body.append(form);
		window.open('', 'elsewhere');
		form.submit();
	})()`)
	require.Eventually(t, func() bool { return len(s.requests("my.zaps.test", "/sign-out")) == 2 }, patience, tick)
	ways := map[string]int{"/sign-out": 2, "/api/session": 1, "/api/session/handover": 1}
	for path, times := range ways {
		foreign := slices.DeleteFunc(s.requests("my.zaps.test", path), func(one seen) bool { return one.site == "same-origin" })
		assert.Len(t, foreign, times, path)
		for _, request := range foreign {
			assert.Equal(t, "cross-site", request.site)
			assert.Equal(t, http.StatusForbidden, request.status, path)
		}
	}
	assert.True(t, s.requests("my.zaps.test", "/sign-out")[0].cookie, "the cookie was there, or this shows nothing")
	eval[bool](inside, `(location.reload(), true)`)
	inside.state("idle")

	// A start link that is not on our own page leads nowhere.
	lured := p.popup(func() { p.asPerson(`window.open(` + quote(w.url+start) + `)`) })
	lured.wait(visible(`[data-testid="error"][data-code="attempt-start-refused"]`))
}

// shutOff: in a sandbox without its own origin the frame is refused, is told so, and nobody goes round in a circle.
func (s *stage) shutOff(t *testing.T) {
	w := s.crossSiteWorld(t, worldOptions{})
	p, inside := s.embed(t, partner, w.url+"/", strings.Replace(sandbox, "allow-same-origin ", "", 1))
	inside.wait(visible(byTestID("own-window")))
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.wait(visible(`[data-testid="error"][data-code="sign-in-elsewhere"]`))
	popup.click(byTestID("retry")) // and the way on
	popup.allowAs(emulator.UserWade)
	popup.wait(visible(byTestID("sign-out")))
}

// Two sites that are not ours.
const (
	partner      = "https://partner.test"
	otherPartner = "https://other.test"
)

func (s *stage) crossSiteWorld(t *testing.T, opts worldOptions) *world {
	t.Helper()
	env := map[string]string{"EMBED_ORIGINS": otherPartner + " " + partner, "EMBED_MODE": embedCrossSite}
	maps.Copy(env, opts.env)
	opts.env = env
	return s.serveWith(t, "https://my.zaps.test", opts)
}

// stage is a small internet of names below .test, over TLS and all at one port, with a browser that believes in it.
type stage struct {
	browser *chromium
	// unpartitioned: what lies between takes the word Partitioned out of cookies.
	unpartitioned atomic.Bool

	mu    sync.Mutex
	hosts map[string]http.Handler
	seen  []seen
}

// seen is a request that arrived, with what answered it.
type seen struct {
	host, path, site string
	cookie           bool
	status           int
	setCookie        string
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{hosts: map[string]http.Handler{}}
	certificate := selfSigned(t, "*.test")
	server := httptest.NewUnstartedServer(s)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	s.browser = &chromium{flags: []chromedp.ExecAllocatorOption{
		chromedp.Flag("host-resolver-rules", "MAP *.test "+server.Listener.Addr().String()),
		chromedp.Flag("ignore-certificate-errors-spki-list", fingerprint(t, certificate)),
		// A frame of the same site gets a process of its own as well, so that all frames are reached alike.
		chromedp.Flag("isolate-origins", "https://my.zaps.test"),
	}}
	t.Cleanup(s.browser.close)
	return s
}

func (s *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	host := s.hosts[r.Host]
	s.mu.Unlock()
	if host == nil {
		host = http.HandlerFunc(partnersPage)
	}
	host.ServeHTTP(w, r)

}

// serve runs the program at a public address, behind a proxy as it is everywhere.
func (s *stage) serve(t *testing.T, public string, env map[string]string) *world {
	t.Helper()
	return s.serveWith(t, public, worldOptions{env: env})
}

func (s *stage) serveWith(t *testing.T, public string, opts worldOptions) *world {
	t.Helper()
	env := map[string]string{"PUBLIC_URL": public, "EMULATOR": "on"}
	maps.Copy(env, opts.env)
	opts.env = env
	w := newWorld(t, opts)
	w.url = public
	address, err := url.Parse(public)
	require.NoError(t, err)
	inside := &url.URL{Scheme: "http", Host: w.settings.ListenAddr}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(inside)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: s.passOn,
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	mux := http.NewServeMux()
	mux.Handle(address.Path+"/", proxy)
	if address.Path != "" {
		mux.HandleFunc("/", s.partnersOwn)
	}
	s.mu.Lock()
	s.hosts[address.Host], s.seen = mux, nil
	s.mu.Unlock()
	return w
}

// passOn is what the proxy does with an answer.
func (s *stage) passOn(answer *http.Response) error {
	if cookie := answer.Header.Get("Set-Cookie"); s.unpartitioned.Load() && cookie != "" {
		answer.Header.Set("Set-Cookie", strings.Replace(cookie, "; Partitioned", "", 1))
	}
	s.note(answer.Request, answer.StatusCode, answer.Header.Get("Set-Cookie"))
	return nil
}

func (s *stage) partnersOwn(w http.ResponseWriter, r *http.Request) {
	s.note(r, http.StatusOK, "")
	partnersPage(w, r)
}

func (s *stage) note(r *http.Request, status int, setCookie string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen{
		host: r.Host, path: r.URL.Path, site: r.Header.Get("Sec-Fetch-Site"), cookie: r.Header.Get("Cookie") != "",
		status: status, setCookie: setCookie,
	})
}

// requests are those that arrived for a path.
func (s *stage) requests(host, path string) []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.seen), func(one seen) bool { return one.host != host || one.path != path })
}

// cookie is the session cookie as it was set last.
func (w *world) cookie(s *stage) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range slices.Backward(s.seen) {
		if one.setCookie != "" {
			return one.setCookie
		}
	}
	return ""
}

// partnersPage is any page of a partner's; the query says what it shows and how.
func partnersPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if policy := query.Get("coop"); policy != "" {
		w.Header().Set("Cross-Origin-Opener-Policy", policy)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	sandbox := ""
	if value := query.Get("sandbox"); value != "" {
		sandbox = ` sandbox="` + html.EscapeString(value) + `"`
	}
	fmt.Fprintf(w, `<!doctype html><title>Partner</title><style>body{margin:0}iframe{border:0;width:100vw;height:95vh}</style>`)
	if src := query.Get("src"); src != "" {
		fmt.Fprintf(w, `<iframe src="%s"%s></iframe>`, html.EscapeString(src), sandbox)
	}
}

// embed opens a partner's page that shows an address in a frame, and returns both.
func (s *stage) embed(t *testing.T, page, src, sandbox string) (outer, inside *tab) {
	t.Helper()
	outer = newTab(t, s.browser)
	return outer, s.embedIn(outer, page, src, sandbox)
}

func (s *stage) embedIn(p *tab, page, src, sandbox string) *tab {
	p.t.Helper()
	address, err := url.Parse(page)
	require.NoError(p.t, err)
	query := address.Query()
	query.Set("src", src)
	query.Set("sandbox", sandbox)
	address.Path, address.RawQuery = "/", query.Encode()
	before := p.frames()
	p.open(address.String())
	var frame target.ID
	require.Eventually(p.t, func() bool {
		for id := range p.frames() {
			if !before[id] {
				frame = id
				return true
			}
		}
		return false
	}, patience, tick, "no frame")
	ctx, leave := chromedp.NewContext(p.ctx, chromedp.WithTargetID(frame))
	p.t.Cleanup(leave)
	return attach(p.t, ctx)
}

// frames are those of this profile that have a process of their own.
func (p *tab) frames() map[target.ID]bool { return p.targets("iframe") }

// signInBy signs in from a frame of the page p.
func (inside *tab) signInBy(p *tab) {
	inside.t.Helper()
	popup := p.popup(func() { inside.click(byTestID("sign-in")) })
	popup.allowAs(emulator.UserWade)
	popup.gone()
	inside.wait(visible(byTestID("sign-out")))
}

// connectBy connects an account from a frame of the page p.
func (inside *tab) connectBy(p *tab) {
	inside.t.Helper()
	inside.state("idle")
	popup := p.popup(func() { inside.click(byTestID("connect")) })
	popup.connect()
	inside.state("connected")
}

// withoutScripts switches scripts off from the next page on.
func (p *tab) withoutScripts() {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(p.t, err)
}

// run awaits what a script promises.
func (p *tab) run(script string) {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(async () => { await `+script+`; return true; })()`, chromedp.EvalAwaitPromise))
		return err
	}))
}

func (p *tab) readsOutKeptOut() {
	p.t.Helper()
	said := templates.English().SignIn
	p.wait(`document.querySelector('[data-live-region]').textContent.includes(` + quote(said.KeptOut) + `)`)
}
