package main

import (
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/internal/handlers"
	"github.com/zapembed/zapembed/internal/store/redis/redistest"
	"github.com/zapembed/zapembed/internal/toxic"
)

// shown is a page, whatever its status.
type shown struct {
	*goquery.Document
	status int
	header http.Header
}

// code is that of the error that a page tells of; "" if it tells of none.
func (s shown) code() string { return s.Find(byTestID("error")).AttrOr("data-code", "") }

func (v *visitor) gets(path string) shown {
	v.t.Helper()
	answer, err := v.client.Get(v.url + path)
	return v.sees(answer, err)
}

func (v *visitor) sees(answer *http.Response, err error) shown {
	v.t.Helper()
	require.NoError(v.t, err)
	defer answer.Body.Close()
	document, err := goquery.NewDocumentFromReader(answer.Body)
	require.NoError(v.t, err)
	document.Url = answer.Request.URL
	return shown{document, answer.StatusCode, answer.Header}
}

// sends is a form as it is sent, without the page.
func (v *visitor) sends(path string, form url.Values) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodPost, v.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", v.url)
	return v.client.Do(request)
}

func (v *visitor) posts(path string, form url.Values) shown {
	v.t.Helper()
	answer, err := v.sends(path, form)
	return v.sees(answer, err)
}

// form is what the form with the action would send from the page.
func (v *visitor) form(page, action string) url.Values {
	v.t.Helper()
	values := url.Values{}
	v.page(page).Find(`form[action="` + action + `"]`).First().Find("input").Each(func(_ int, input *goquery.Selection) {
		values.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	return values
}

// started is the path of a Zap that was just begun.
func (v *visitor) started() string {
	v.t.Helper()
	return v.press(v.page("/zaps/new"), byTestID("new-blank")+" button").Url.Path
}

// renamed gives a Zap being built another title.
func (v *visitor) renamed(draft, title string) {
	v.t.Helper()
	form := v.form(draft, draft+"/title")
	form.Set("title", title)
	named := v.posts(draft+"/title", form)
	require.Equal(v.t, http.StatusOK, named.status, named.Text())
}

// title is what a Zap being built is called.
func (v *visitor) title(draft string) string {
	v.t.Helper()
	return strings.TrimSpace(v.page(draft).Find("h1").Text())
}

// built is a Zap that lacks nothing but the last press.
func (f *fleet) built(v *visitor) string {
	f.t.Helper()
	draft := v.started()
	v.renamed(draft, "Leads")
	step := func(number int, stage string, values url.Values) {
		path := v.page(draft).Find(byTestID("step")).Eq(number-1).AttrOr("data-step", "")
		path = draft + "/steps/" + path + "/" + stage
		values.Set("revision", v.page(draft).Find(`input[name="revision"]`).First().AttrOr("value", ""))
		done := v.posts(path, values)
		require.Equal(f.t, http.StatusOK, done.status, done.Text())
	}
	for i, chosen := range []struct{ app, action string }{
		{emulator.AppOAuth2, "READ:new_lead"}, {emulator.AppSession, "WRITE:create_engagement_report"},
	} {
		account, err := f.emulated().AddAuthentication(emulator.UserWade, chosen.app, "Account")
		require.NoError(f.t, err)
		step(i+1, "app", url.Values{"app": {chosen.app}})
		step(i+1, "action", url.Values{"action": {chosen.action}})
		step(i+1, "account", url.Values{"authentication": {account.ID}})
	}
	step(2, "fields", url.Values{"present": {"full_name"}, "f.full_name": {"{{full_name}}"}, "do": {"next"}})
	require.NotZero(f.t, v.page(draft).Find(byTestID("publish")).Length(), v.page(draft).Text())
	return draft
}

// wadeAt is Wade, signed in, whose requests all go to one server.
func (f *fleet) wadeAt(r *replica) *visitor {
	f.t.Helper()
	v := f.visitor(nil)
	v.signIn(emulator.UserWade)
	return v.through(f.dialed(r))
}

// surprises are the errors that nobody thought of: those with the name of an event are news for the operator.
func (r *replica) surprises() []string {
	var found []string
	for line := range strings.Lines(r.said()) {
		if strings.Contains(line, "panic") || strings.Contains(line, "level=ERROR") && !strings.Contains(line, " event=") {
			found = append(found, line)
		}
	}
	return found
}

// zaps is how many Wade has.
func (f *fleet) zaps() int { return len(f.emulated().Zaps(emulator.UserWade)) }

// A server that is killed while somebody saves has kept what it said it has, and all of it, or what was on its way.
func TestKilledWhileSaving(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 1, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), nil)
	server := f.replicas[0]
	v := f.wadeAt(server)
	draft := v.started()
	for round := range 3 {
		saved, sent := round*1000, round*1000
		v.renamed(draft, strconv.Itoa(saved))
		enough, over := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(over)
			form := v.form(draft, draft+"/title")
			revision, _ := strconv.Atoi(form.Get("revision"))
			stopping := v.through(v.client.Transport)
			stopping.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
			for i := 1; ; i++ {
				sent = round*1000 + i
				answer, err := stopping.sends(draft+"/title", url.Values{"title": {strconv.Itoa(sent)}, "revision": {strconv.Itoa(revision)}})
				if err != nil {
					return
				}
				answer.Body.Close()
				if !assert.Equal(t, http.StatusSeeOther, answer.StatusCode) {
					return
				}
				saved, revision = sent, revision+1
				if i == 10 {
					close(enough)
				}
			}
		}()
		select {
		case <-enough:
		case <-over:
		}
		server.kill()
		<-over
		server.start(f.env)
		assert.Contains(t, []string{strconv.Itoa(saved), strconv.Itoa(sent)}, v.title(draft))
		assert.True(t, v.active())
	}
}

// A server that is killed while it makes a Zap leaves a draft that says so, of which no second Zap comes: neither when the
// first one was made, nor when it was not.
func TestKilledWhilePublishing(t *testing.T) {
	for name, made := range map[string]bool{"when it was made": true, "before it was made": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 1, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), nil)
			server := f.replicas[0]
			v := f.wadeAt(server)
			draft := f.built(v)
			before, held := f.zaps(), make(chan struct{})
			require.NoError(t, f.emulated().Arm(emulator.Fault{Operation: emulator.OpZapCreate, After: made, Hold: held, Drop: !made}))

			var pressing sync.WaitGroup
			pressing.Go(func() {
				if answer, err := v.sends(draft+"/publish", v.form(draft, draft+"/publish")); err == nil {
					answer.Body.Close()
				}
			})
			f.arrived(emulator.OpZapCreate, 1)
			if made {
				require.Eventually(t, func() bool { return f.zaps() == before+1 }, patience, tick)
			}
			server.kill()
			close(held)
			pressing.Wait()

			server.start(f.env)
			running := v.gets(draft)
			assert.Equal(t, http.StatusOK, running.status)
			assert.Equal(t, "running", running.Find(byTestID("publishing")).AttrOr("data-state", ""), running.Text())
			server.kill()

			later := v.through(f.dialed(f.serverAt(func() time.Time { return time.Now().Add(3 * time.Minute) })))
			unknown := later.page(draft)
			require.Equal(t, "unknown", unknown.Find(byTestID("publishing")).AttrOr("data-state", ""), unknown.Text())
			looked := later.press(unknown, byTestID("look"))
			if !made {
				require.Equal(t, "unknown", looked.Find(byTestID("publishing")).AttrOr("data-state", ""))
				looked = later.press(looked, byTestID("publish-again"))
			}
			assert.Equal(t, "done", looked.Find(byTestID("publishing")).AttrOr("data-state", ""), looked.Text())
			assert.Equal(t, before+1, f.zaps(), "one Zap")
		})
	}
}

// Whatever happens to the way to Redis, a server says so in time, keeps everybody signed in, and goes on by itself.
func TestWayToRedis(t *testing.T) {
	for name, row := range map[string]struct {
		damage toxic.Damage
		status int
	}{
		"down":             {toxic.Damage{}, http.StatusServiceUnavailable},
		"slow by 2 s":      {toxic.Damage{Type: "latency", Attributes: map[string]int{"latency": 2000}}, http.StatusServiceUnavailable},
		"half-open":        {toxic.Damage{Type: "timeout", Stream: "upstream"}, http.StatusServiceUnavailable},
		"reset":            {toxic.Damage{Type: "reset_peer"}, http.StatusServiceUnavailable},
		"cut off halfway":  {toxic.Damage{Type: "limit_data", Attributes: map[string]int{"bytes": 20}}, http.StatusServiceUnavailable},
		"silent and ended": {toxic.Damage{Type: "timeout", Attributes: map[string]int{"timeout": 300}}, http.StatusServiceUnavailable},
		"in small slices":  {toxic.Damage{Type: "slicer", Attributes: map[string]int{"average_size": 8}}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wire := toxic.New(t, redistest.Start(t).Addr())
			f := newFleet(t, 1, "redis://"+wire.Address(), map[string]string{"ZAPIER_LIMIT_IP": "60", "ZAPIER_LIMIT_PARTNER": "150"})
			server := f.replicas[0]
			v := f.wadeAt(server)
			draft := v.started()
			v.renamed(draft, "Kept")

			wire.Strike(row.damage)
			began := time.Now()
			met := v.gets(draft)
			assert.Less(t, time.Since(began), 15*time.Second, "nobody waits for long")
			assert.Equal(t, row.status, met.status, met.Text())
			if row.status != http.StatusOK {
				assert.Equal(t, "store-unavailable", met.code())
				assert.NotEmpty(t, met.header.Get("Retry-After"))
				assert.NotZero(t, met.Find("main a[href]").Length(), "there is a way on")
			}
			assert.Empty(t, met.header.Values("Set-Cookie"), "the cookie stays")

			wire.Mend()
			require.Eventually(t, func() bool { return v.gets(draft).status == http.StatusOK }, patience, tick)
			assert.True(t, v.active())
			v.renamed(draft, "Kept and changed")
			assert.Equal(t, "Kept and changed", v.title(draft))
			assert.Equal(t, "200 OK", statusOf(v.call(http.MethodGet, zapsCall, nil)), "calls to Zapier go on")
			require.Eventually(t, server.ready, patience, tick)
			assert.Empty(t, server.surprises())
		})
	}
}

// steps is a clock that somebody sets while the program runs.
type steps struct{ by atomic.Int64 }

func (c *steps) now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func (c *steps) set(by time.Duration) { c.by.Store(int64(by)) }

// The clock of a server is set while it runs: back by an hour, forward by a day, and right again. Nobody is locked out for
// that, and nothing is lost but what has run out.
func TestClockSteps(t *testing.T) {
	for name, by := range map[string]time.Duration{"back": -time.Hour, "forward, within all lifetimes": 25 * time.Minute, "forward": 25 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, 0, "sqlite:"+filepath.Join(t.TempDir(), "store.db"), map[string]string{"ZAPIER_LIMIT_IP": "60", "ZAPIER_LIMIT_PARTNER": "150"})
			clock := &steps{}
			f.replicas = []*replica{f.serverAt(clock.now)}
			v := f.wadeAt(f.replicas[0])
			draft := v.started()
			v.renamed(draft, "Kept")
			attempt := answerTo[handlers.Attempt](v, http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})

			for i, offset := range []time.Duration{by, 0, by} {
				for range 3 {
					assert.Equal(t, "200 OK", statusOf(v.call(http.MethodGet, zapsCall, nil)))
				}
				clock.set(offset)
				if by > 24*time.Hour && i == 0 { // SESSION_IDLE has run out
					ended := v.gets(draft)
					require.Equal(t, http.StatusUnauthorized, ended.status)
					assert.NotZero(t, ended.Find(byTestID("sign-in")).Length())
					v = f.wadeAt(f.replicas[0])
				}
				assert.True(t, v.active())
				assert.Equal(t, "Kept", v.title(draft))
				began := time.Now()
				for range 3 {
					answer, err := v.call(http.MethodGet, zapsCall, nil)
					assert.Equal(t, "200 OK", statusOf(answer, err), "calls to Zapier go on")
				}
				assert.Less(t, time.Since(began), 10*time.Second)
				if known, err := v.call(http.MethodGet, "/api/attempts/"+attempt.ID, nil); by < 24*time.Hour {
					assert.Equal(t, "200 OK", statusOf(known, err), "the attempt is there")
				}

				account, err := f.emulated().AddAuthentication(emulator.UserWade, emulator.AppBasic, "Added at "+offset.String())
				require.NoError(t, err)
				clock.set(offset + 3*time.Minute)
				listed, err := v.call(http.MethodGet, zapsCall, nil)
				require.NoError(t, err)
				body, err := io.ReadAll(listed.Body)
				require.NoError(t, err)
				listed.Body.Close()
				assert.Contains(t, string(body), account.ID, "what was kept of before the step is not fresh for ever")
			}
			v.renamed(draft, "Kept and changed")
			assert.Equal(t, "Kept and changed", v.title(draft))
		})
	}
}
