package draft_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
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

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/store"
	"github.com/zapembed/zapembed/internal/store/storetest"
	"github.com/zapembed/zapembed/internal/store/testengine"
	"github.com/zapembed/zapembed/internal/zapier"
)

const (
	callback = "http://localhost:3000/callback"
	scopes   = "zap zap:write zap:update connection:read"
)

// world is a service on a real engine, and the emulator it speaks to.
type world struct {
	*draft.Service
	t        *testing.T
	emulator *emulator.Emulator
	url      string
	clock    *storetest.Clock
	engine   *brittle
	keys     *store.Keyring
	logs     *logs
	user     string
	clients  map[string]*zapier.Client
	token    string
}

// tokens is what the last user signed in got.
func (w *world) tokens() zapier.Tokens { return zapier.StaticToken(w.token) }

type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// brittle is the real engine until it breaks, with a place to step in.
type brittle struct {
	store.Engine
	mu     sync.Mutex
	broken bool
	// hook runs once, ahead of the nth of the calls to come.
	hook func()
	of   string
	nth  int
}

func (e *brittle) breaks(broken bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.broken = broken
}

func (e *brittle) before(nth int, of string, hook func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.nth, e.of, e.hook = nth, of, hook
}

func (e *brittle) called(call string) (broken bool) {
	e.mu.Lock()
	var hook func()
	if e.hook != nil && e.of == call {
		if e.nth--; e.nth == 0 {
			hook, e.hook = e.hook, nil
		}
	}
	broken = e.broken
	e.mu.Unlock()
	if hook != nil {
		hook()
	}
	return broken
}

func (e *brittle) Get(ctx context.Context, key string) (store.Record, error) {
	e.called("get")
	return e.Engine.Get(ctx, key)
}

func (e *brittle) Subscribe(ctx context.Context, topic string) (<-chan struct{}, error) {
	e.called("subscribe")
	return e.Engine.Subscribe(ctx, topic)
}

func (e *brittle) Update(ctx context.Context, r store.Record) (int64, error) {
	if e.called("update") {
		return 0, store.Unavailable("update", io.ErrClosedPipe)
	}
	return e.Engine.Update(ctx, r)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	keys, err := store.ParseKeys(store.NewKey())
	require.NoError(t, err)
	w := &world{
		t: t, keys: keys, clock: storetest.NewClockAt(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)), logs: &logs{},
		user: strconv.Itoa(emulator.UserWade), clients: map[string]*zapier.Client{},
	}
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	w.emulator, err = emulator.New(emulator.Options{
		WebURL: w.url,
		Clients: []emulator.Client{
			{ID: "partner", Secret: "secret", Title: "Partner", RedirectURIs: []string{callback}},
		},
		Now: w.clock.Now, Seed: 7, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	server.Config.Handler = w.emulator.Handler()
	server.Start()
	t.Cleanup(server.Close)
	w.engine = &brittle{Engine: testengine.Open(t, w.clock.Now)}
	w.clients[w.user] = w.client(emulator.UserWade)
	w.Service = w.replica()
	return w
}

// replica is another server on the same store.
func (w *world) replica() *draft.Service {
	w.t.Helper()
	service, err := draft.NewService(draft.Config{
		Engine: w.engine, Keys: w.keys, Now: w.clock.Now, Logger: slog.New(slog.NewTextHandler(w.logs, nil)),
		Zapier: func(user string) *zapier.Client { return w.clients[user] },
	})
	require.NoError(w.t, err)
	return service
}

// client signs a user in, page by page.
func (w *world) client(user int) *zapier.Client {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), callback) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	config := oauth2.Config{
		ClientID: "partner", ClientSecret: "secret", RedirectURL: callback, Scopes: strings.Fields(scopes), Endpoint: zapier.Endpoint(w.url, w.url),
	}
	page, err := browser.Get(config.AuthCodeURL("state"))
	require.NoError(w.t, err)
	for _, button := range []string{`[data-testid="emulator-user"][data-user="` + strconv.Itoa(user) + `"]`, `[data-testid="allow"]`} {
		page = w.press(browser, page, button)
	}
	require.NoError(w.t, page.Body.Close())
	back, err := page.Location()
	require.NoError(w.t, err)
	token, err := config.Exchange(w.t.Context(), back.Query().Get("code"))
	require.NoError(w.t, err)
	client, err := zapier.New(w.url, nil)
	require.NoError(w.t, err)
	w.token = token.AccessToken
	return client.As(w.user, w.tokens())
}

func (w *world) press(browser *http.Client, page *http.Response, button string) *http.Response {
	w.t.Helper()
	shown, err := goquery.NewDocumentFromReader(page.Body)
	require.NoError(w.t, err)
	require.NoError(w.t, page.Body.Close())
	pressed := shown.Find(button)
	require.Equal(w.t, 1, pressed.Length(), shown.Text())
	form, values := pressed.Closest("form"), url.Values{pressed.AttrOr("name", ""): {pressed.AttrOr("value", "")}}
	for _, input := range form.Find("input").EachIter() {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	}
	action, err := page.Request.URL.Parse(form.AttrOr("action", ""))
	require.NoError(w.t, err)
	next, err := browser.PostForm(action.String(), values)
	require.NoError(w.t, err)
	return next
}

// chosen is an Action of the emulator's.
type chosen struct {
	app string
	of  zapier.ActionType
	key string
}

var (
	leads    = chosen{emulator.AppOAuth2, zapier.ActionRead, "new_lead"}
	contacts = chosen{emulator.AppOAuth2, zapier.ActionSearch, "find_contact"}
	reports  = chosen{emulator.AppSession, zapier.ActionWrite, "create_engagement_report"}
	letters  = chosen{emulator.AppAPIKey, zapier.ActionWrite, "create_newsletter"}
	rows     = chosen{emulator.AppMany, zapier.ActionWrite, "create_spreadsheet_row"}
	only     = chosen{emulator.AppNoAuthentication, zapier.ActionFilter, "filter"}
)

// draft begins one whose steps do these things, with accounts, and reads their forms.
func (w *world) draft(actions ...chosen) draft.Draft {
	w.t.Helper()
	d := draft.New("Register engagement report on lead creation")
	for i, a := range actions {
		if i >= len(d.Steps) {
			_, err := d.AddStep("")
			require.NoError(w.t, err)
		}
		w.choose(&d, d.Steps[i].ID, a)
	}
	d, err := w.Create(w.t.Context(), w.user, d)
	require.NoError(w.t, err)
	for _, step := range d.Steps[:len(actions)] {
		d = w.read(d, step.ID, draft.IfNeeded)
	}
	return d
}

func (w *world) choose(d *draft.Draft, step string, a chosen) {
	w.t.Helper()
	app := draft.App{ID: a.app, Title: a.app, NeedsNone: a.app == emulator.AppNoAuthentication}
	require.NoError(w.t, d.SetApp(step, app))
	found, err := w.clients[w.user].GetAction(w.t.Context(), a.app, a.of, a.key)
	require.NoError(w.t, err)
	require.NoError(w.t, d.SetAction(step, draft.Action{Type: found.ActionType, Key: found.Key, Title: found.Title}))
	if app.NeedsNone {
		return
	}
	account, err := w.emulator.AddAuthentication(emulator.UserWade, a.app, "Of a test")
	require.NoError(w.t, err)
	require.NoError(w.t, d.SetAccount(step, draft.Account{ID: account.ID, Title: account.Title}))
}

func (w *world) read(d draft.Draft, step string, how draft.Reading) draft.Draft {
	w.t.Helper()
	d, err := w.ReadForm(w.t.Context(), d.User, d.ID, step, how)
	require.NoError(w.t, err)
	return d
}

// choices reads those of a field, as somebody asks who wants to see them.
func (w *world) choices(d draft.Draft, step, field string) draft.Draft {
	w.t.Helper()
	d, err := w.ReadChoices(w.t.Context(), d.User, d.ID, step, field)
	require.NoError(w.t, err)
	return d
}

// fill sets values of a step and reads the form again where that is due.
func (w *world) fill(d draft.Draft, step string, in zapier.Inputs) draft.Draft {
	w.t.Helper()
	d, err := w.Change(w.t.Context(), d.User, d.ID, d.Revision, func(d *draft.Draft) error {
		fill(w.t, d, step, in)
		return nil
	})
	require.NoError(w.t, err)
	return w.read(d, step, draft.IfNeeded)
}

func (w *world) get(d draft.Draft) draft.Draft {
	w.t.Helper()
	d, err := w.Get(w.t.Context(), d.User, d.ID)
	require.NoError(w.t, err)
	return d
}

// arm makes the next call of an operation go wrong.
func (w *world) arm(fault emulator.Fault) {
	w.t.Helper()
	require.NoError(w.t, w.emulator.Arm(fault))
}

// hold makes the next call of an operation wait until it is released.
func (w *world) hold(operation string) (release func()) {
	w.t.Helper()
	held := make(chan struct{})
	w.arm(emulator.Fault{Operation: operation, Hold: held})
	release = sync.OnceFunc(func() { close(held) })
	w.t.Cleanup(release)
	return release
}

// arrived waits until so many calls of an operation have come in.
func (w *world) arrived(operation string, calls int) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { return w.emulator.Count(operation) >= calls }, 5*time.Second, time.Millisecond)
}

// sent is the last body that an operation was sent.
func (w *world) sent(operation string) string {
	w.t.Helper()
	bodies := w.emulator.Bodies(operation)
	require.NotEmpty(w.t, bodies, operation)
	return string(bodies[len(bodies)-1])
}

// inputs are the values in the body of a call about a step.
func (w *world) inputs(operation string) map[string]any {
	w.t.Helper()
	var body struct {
		Data struct {
			Inputs map[string]any `json:"inputs"`
		} `json:"data"`
	}
	require.NoError(w.t, json.Unmarshal([]byte(w.sent(operation)), &body))
	return body.Data.Inputs
}

func isKind(t *testing.T, err error, kind zapier.Kind) {
	t.Helper()
	got, ok := zapier.KindOf(err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, kind, got)
}

type closer struct{ io.Reader }

func (closer) Close() error { return nil }

func readAll(body io.ReadCloser) ([]byte, error) {
	defer body.Close()
	return io.ReadAll(body)
}

// encoded is a value as the store keeps it.
func encoded(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// contextOf is a person who may leave.
func contextOf(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, leave := context.WithCancel(t.Context())
	t.Cleanup(leave)
	return ctx, leave
}
