package handlers_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/zapembed/zapembed/internal/cache"
	"github.com/zapembed/zapembed/internal/connect"
	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/static"
)

// house is the server under test, wired to the emulator over real HTTP.
type house struct {
	t        testing.TB
	url      string
	server   *handlers.Server
	emulator *emulator.Emulator
	zapier   string
	clock    *storetest.Clock
	// place is where the engine keeps its records.
	place   *testengine.Place
	logs    *logs
	engine  *switchable
	secrets *secretKeeper
	drafts  *draft.Service
	// trust reaches the house, one with TLS too.
	trust http.RoundTripper
}

// secretKeeper notes every token and code that Zapier gives away.
type secretKeeper struct {
	next  http.Handler
	mu    sync.Mutex
	found []string
}

func (k *secretKeeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.next.ServeHTTP(&overheard{ResponseWriter: w, keeper: k, token: strings.HasPrefix(r.URL.Path, "/oauth/token")}, r)
}

func (k *secretKeeper) keep(secret string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if secret != "" {
		k.found = append(k.found, secret)
	}
}

// overheard passes an answer on and listens.
type overheard struct {
	http.ResponseWriter
	keeper *secretKeeper
	token  bool
}

func (o *overheard) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *overheard) WriteHeader(status int) {
	if target, err := url.Parse(o.Header().Get("Location")); err == nil {
		o.keeper.keep(target.Query().Get("code"))
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *overheard) Write(body []byte) (int, error) {
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	if o.token && json.Unmarshal(body, &tokens) == nil {
		o.keeper.keep(tokens.Access)
		o.keeper.keep(tokens.Refresh)
	}
	return o.ResponseWriter.Write(body)
}

// watchSecrets returns what will tell all secrets that Zapier gave away.
func (h *house) watchSecrets() func() []string {
	return func() []string {
		h.secrets.mu.Lock()
		defer h.secrets.mu.Unlock()
		return append([]string{}, h.secrets.found...)
	}
}

type options struct {
	// prefix is the path of PUBLIC_URL.
	prefix string
	// crossSite is EMBED_MODE=cross-site, with TLS and a partner at https://partner.example.
	crossSite bool
	heartbeat time.Duration
	// scopes are asked for at sign-in; those of ZAPIER_SCOPES by default if empty.
	scopes string
	// clientApp is the partner's own App in the directory, none if empty.
	clientApp string
	// own are the partner's own Apps; Ledgerleaf alone if nil.
	own []handlers.OwnApp
	// between stands before the emulator, to see or to change what goes either way.
	between func(emulator http.Handler) http.Handler
	// transport carries the calls to Zapier; ownTransport if nil.
	transport http.RoundTripper
	// store stands before the engine, or in its place.
	store func(engine store.Engine, now func() time.Time) store.Engine
	// chain puts before the calls to Zapier what does in production: the cache, and what sends again. Without it a test
	// sees each call.
	chain bool
	// steady is how what sends again does that, and rests.
	steady zapier.SteadyConfig
	// change is the last word on the configuration.
	change func(*handlers.Config)
}

// ownTransport is how calls and browsers reach their servers. Whoever closes a server of httptest closes the idle connections of
// http.DefaultTransport as well, and among them may be one whose answer is only just being handed over.
var ownTransport = http.DefaultTransport.(*http.Transport).Clone()

func newHouse(t testing.TB, opts options) *house {
	t.Helper()
	if opts.transport == nil {
		opts.transport = ownTransport
	}
	h := &house{t: t, trust: ownTransport, logs: &logs{}, clock: storetest.NewClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))}
	pages, outside := httptest.NewUnstartedServer(nil), httptest.NewUnstartedServer(nil)
	h.zapier = "http://" + outside.Listener.Addr().String()
	_, port, err := net.SplitHostPort(pages.Listener.Addr().String())
	require.NoError(t, err)
	h.url = "http://localhost:" + port + opts.prefix
	if opts.crossSite {
		h.url = "https://localhost:" + port
	}
	public, err := url.Parse(h.url)
	require.NoError(t, err)
	callback := strings.TrimSuffix(h.url, "/") + handlers.CallbackPath

	h.emulator, err = emulator.New(emulator.Options{
		WebURL:  h.zapier,
		Clients: []emulator.Client{{ID: "partner", Secret: "canary-client-secret", Title: "Partner", RedirectURIs: []string{callback}, App: opts.clientApp}},
		Now:     h.clock.Now,
		Logger:  slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	logger := slog.New(slog.NewTextHandler(h.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.place = testengine.NewPlace(t, h.clock.Now)
	h.engine = &switchable{Engine: h.place.Open()}
	if opts.store != nil {
		h.engine.Engine = opts.store(h.engine.Engine, h.clock.Now)
	}
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	transport := opts.transport
	forget := func(context.Context, string) {}
	if opts.chain {
		opts.steady.Next = opts.transport
		steady := zapier.NewSteady(opts.steady)
		kept := cache.New(cache.Config{Next: steady, Engine: h.engine, Keys: keys, Now: h.clock.Now, Logger: logger})
		transport, forget = kept, kept.Connected
	}
	client, err := zapier.New(h.zapier, transport)
	require.NoError(t, err)
	client = client.WithClientID("partner")
	sessions, err := session.New(session.Config{
		Engine: h.engine, Keys: keys, PublicURL: public, CrossSite: opts.crossSite,
		OAuth: oauth2.Config{
			ClientID: "partner", ClientSecret: "canary-client-secret", RedirectURL: callback,
			Endpoint: zapier.Endpoint(h.zapier, h.zapier), Scopes: strings.Fields(cmp.Or(opts.scopes, "profile zap zap:all zap:write zap:update zap:runs connection:read connection:write")),
		},
		Identify: func(ctx context.Context, token string) (session.User, error) {
			profile, err := client.As("", zapier.StaticToken(token)).GetProfile(ctx)
			return session.User{ID: string(profile.ID), Name: profile.FullName, Email: profile.Email}, err
		},
		HTTP: &http.Client{Transport: opts.transport},
		Idle: time.Hour * 24, Absolute: time.Hour * 720, Now: h.clock.Now, Logger: logger,
	})
	require.NoError(t, err)
	attempts, err := connect.New(connect.Config{
		Engine: h.engine, Keys: keys, Now: h.clock.Now, Logger: logger,
		Zapier:  func(user string) connect.Lister { return client.As(user, sessions.Tokens(user)) },
		Forget:  forget,
		Origins: []string{h.zapier},
	})
	require.NoError(t, err)
	h.drafts, err = draft.NewService(draft.Config{
		Engine: h.engine, Keys: keys, Now: h.clock.Now, Logger: logger,
		Zapier: func(user string) *zapier.Client { return client.As(user, sessions.Tokens(user)) },
	})
	require.NoError(t, err)
	if opts.own == nil {
		opts.own = []handlers.OwnApp{{App: emulator.AppBasic, Fields: []handlers.OwnField{
			{Key: "username", Type: "string", Required: true}, {Key: "password", Type: "password", Required: true},
		}}}
	}
	assets, err := static.New()
	require.NoError(t, err)
	config := handlers.Config{
		PublicURL: public, Origin: h.zapier, ImageOrigins: []string{h.zapier}, Emulator: h.zapier,
		OwnApps: opts.own, Sessions: sessions, Attempts: attempts, Drafts: h.drafts, Zapier: client, Assets: assets,
		Heartbeat: opts.heartbeat, Now: h.clock.Now, Logger: logger,
		AnswersKept: opts.chain,
		Limits:      handlers.Limits{IP: 1e6, Session: 1e6}, // a test may ask for more in a second than people do in an hour
	}
	if opts.crossSite {
		config.CrossSite, config.EmbedOrigins = true, []string{"https://partner.example"}
	}
	if opts.change != nil {
		opts.change(&config)
	}
	h.server, err = handlers.New(config)
	require.NoError(t, err)
	h.secrets = &secretKeeper{next: keepPages(t, "emulator", h.emulator.Handler())}
	if opts.between != nil {
		h.secrets.next = opts.between(h.secrets.next)
	}
	pages.Config.Handler, outside.Config.Handler = keepPages(t, "zapembed", h.server), h.secrets
	if opts.crossSite {
		pages.StartTLS()
		trust := pages.Client().Transport.(*http.Transport)
		trust.TLSClientConfig.ServerName = "example.com" // whose name the certificate bears
		h.trust = trust
	} else {
		pages.Start()
	}
	outside.Start()
	t.Cleanup(outside.Close)
	t.Cleanup(pages.Close)
	t.Cleanup(sessions.Wait)
	t.Cleanup(h.server.Drain)
	return h
}

// logs is what the server wrote.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// forget begins anew.
func (l *logs) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// surprises are the errors that nobody thought of. Those with the name of an event are news for the operator.
func (l *logs) surprises() []string {
	var found []string
	for line := range strings.Lines(l.String()) {
		if strings.Contains(line, "level=ERROR") && !strings.Contains(line, " event=") {
			found = append(found, line)
		}
	}
	return found
}

// switchable is the real engine, which a test can take away, and which counts what is written.
type switchable struct {
	store.Engine
	mu     sync.Mutex
	off    bool
	reads  int
	writes int
}

func (s *switchable) wrote() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
}

// written tells how often something was written since it was last asked. To note that a session is in use is no
// writing.
func (s *switchable) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	written := s.writes
	s.writes = 0
	return written
}

// read tells how often a record was looked up.
func (s *switchable) read() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *switchable) Create(ctx context.Context, r store.Record) error {
	s.wrote()
	return s.Engine.Create(ctx, r)
}

func (s *switchable) Update(ctx context.Context, r store.Record) (int64, error) {
	s.wrote()
	return s.Engine.Update(ctx, r)
}

func (s *switchable) Rotate(ctx context.Context, old string, next store.Record) error {
	s.wrote()
	return s.Engine.Rotate(ctx, old, next)
}

func (s *switchable) Delete(ctx context.Context, key string) (bool, error) {
	s.wrote()
	return s.Engine.Delete(ctx, key)
}

func (s *switchable) DeleteGroup(ctx context.Context, group string) (int, error) {
	s.wrote()
	return s.Engine.DeleteGroup(ctx, group)
}

func (s *switchable) turn(off bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.off = off
}

func (s *switchable) Get(ctx context.Context, key string) (store.Record, error) {
	s.mu.Lock()
	s.reads++
	off := s.off
	s.mu.Unlock()
	if off {
		return store.Record{}, store.Unavailable("get", io.ErrUnexpectedEOF)
	}
	return s.Engine.Get(ctx, key)
}

// browser is a person without script: cookies, links and forms.
type browser struct {
	t      testing.TB
	house  *house
	client *http.Client
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &browser{t: h.t, house: h, client: &http.Client{Jar: jar, Transport: h.trust}}
}

// stopping follows no redirects, so that a test sees each answer.
func (b *browser) stopping() *browser {
	return &browser{t: b.t, house: b.house, client: &http.Client{
		Jar:           b.client.Jar,
		Transport:     b.client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer as a browser sees it.
type page struct {
	*goquery.Document
	status int
	url    *url.URL
	header http.Header
	body   string
}

func (p page) byTestID(id string) *goquery.Selection {
	return p.Find(`[data-testid="` + id + `"]`)
}

func (p page) errorCode() string {
	return p.byTestID("error").AttrOr("data-code", "")
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(body))
	require.NoError(b.t, err)
	return page{document, response.StatusCode, response.Request.URL, response.Header, string(body)}
}

// request makes a request to a path of ours, as one of our pages would, or to a whole address.
func (b *browser) request(method, target string, body io.Reader) *http.Request {
	b.t.Helper()
	ours := strings.HasPrefix(target, "/")
	if ours {
		target = b.house.url + target
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, target, body)
	require.NoError(b.t, err)
	if ours {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

func (b *browser) get(target string) page {
	b.t.Helper()
	return b.do(b.request(http.MethodGet, target, nil))
}

func (b *browser) post(target string, values url.Values) page {
	b.t.Helper()
	r := b.request(http.MethodPost, target, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// press sends the form that a button belongs to, as a browser would.
func (b *browser) press(from page, button *goquery.Selection) page {
	b.t.Helper()
	require.Equal(b.t, 1, button.Length(), "there is not one such button on %s:\n%s", from.url, from.Text())
	form := button.Closest("form")
	require.Equal(b.t, 1, form.Length(), "the button is in no form")
	values := url.Values{}
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	if name, named := button.Attr("name"); named {
		values.Set(name, button.AttrOr("value", ""))
	}
	action, err := from.url.Parse(form.AttrOr("action", ""))
	require.NoError(b.t, err)
	return b.post(action.String(), values)
}

// follow goes where a link leads.
func (b *browser) follow(from page, link *goquery.Selection) page {
	b.t.Helper()
	require.NotZero(b.t, link.Length(), "there is no such link on %s", from.url)
	target, err := from.url.Parse(link.First().AttrOr("href", ""))
	require.NoError(b.t, err)
	return b.get(target.String())
}

// signIn walks through Zapier's pages as the seeded user and comes back to path. Somebody whom Zapier
// knows already is only asked for consent.
func (b *browser) signIn(user int, path string) page {
	b.t.Helper()
	consent := b.get("/sign-in?return_to=" + url.QueryEscape(path))
	if who := consent.Find(`[data-testid="emulator-user"][data-user="` + strconv.Itoa(user) + `"]`); who.Length() > 0 {
		consent = b.press(consent, who)
	}
	return b.press(consent, consent.byTestID("allow"))
}

// signedIn is a browser of somebody who has signed in.
func (h *house) signedIn(user int) *browser {
	h.t.Helper()
	b := h.browser()
	home := b.signIn(user, "/")
	require.Equal(h.t, http.StatusOK, home.status, home.Text())
	require.Equal(h.t, 1, home.byTestID("sign-out").Length())
	return b
}

// answer is what the JSON API said.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) decode(t testing.TB, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(a.body), into), a.body)
}

func (a answer) problem(t testing.TB) handlers.Problem {
	t.Helper()
	var problem handlers.Problem
	assert.Equal(t, "application/problem+json", a.header.Get("Content-Type"))
	a.decode(t, &problem)
	assert.Equal(t, a.status, problem.Status)
	return problem
}

// call asks the JSON API with its header; body is marshalled unless it is nil or text.
func (b *browser) call(method, path string, body any) answer {
	b.t.Helper()
	var reader io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		require.NoError(b.t, err)
		reader = bytes.NewReader(encoded)
	}
	r := b.request(method, path, reader)
	r.Header.Set("X-Zapembed", "1")
	if reader != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := b.client.Do(r)
	require.NoError(b.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return answer{response.StatusCode, response.Header, string(text)}
}

func (b *browser) attempt(method, path string, body any) handlers.Attempt {
	b.t.Helper()
	got := b.call(method, path, body)
	require.Less(b.t, got.status, 300, got.body)
	var attempt handlers.Attempt
	got.decode(b.t, &attempt)
	return attempt
}

// connectAt follows the start link in the same browser and connects at the emulator; label is what is typed.
func (b *browser) connectAt(start string) {
	b.t.Helper()
	target, err := url.Parse(b.house.url)
	require.NoError(b.t, err)
	target, err = target.Parse(start)
	require.NoError(b.t, err)
	form := b.get(target.String())
	require.Equal(b.t, http.StatusOK, form.status, form.Text())
	closed := b.pressTyping(form, form.byTestID("connect-submit"), "typed")
	require.Equal(b.t, 1, closed.byTestID("popup-closed").Length(), closed.Text())
}

// pressTyping fills every empty field first.
func (b *browser) pressTyping(from page, button *goquery.Selection, text string) page {
	b.t.Helper()
	button.Closest("form").Find("input").Each(func(_ int, input *goquery.Selection) {
		if input.AttrOr("value", "") == "" {
			input.SetAttr("value", text)
		}
	})
	return b.press(from, button)
}
