package emulator_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// popup opens the connect popup of an App for a user who is new to the browser,
// up to the page that asks for credentials or consent.
func (w *world) popup(t *testing.T, user int, appID string) (*browser, page) {
	t.Helper()
	link := w.connectLink(t, w.accessToken(t, user, "zap"), appID)
	b := w.browser(t)
	asked := b.signInAs(b.get(link), user)
	require.Equal(t, http.StatusOK, asked.status, asked.Text())
	return b, asked
}

// finish presses the button that connects, whatever the scheme.
func (b *browser) finish(asked page) page {
	b.t.Helper()
	if asked.Find(`[data-testid="allow"]`).Length() == 1 {
		return b.press(asked, "allow", nil)
	}
	typed := map[string]string{}
	for _, name := range []string{"password", "api_key"} {
		if asked.Find(`input[name="`+name+`"]`).Length() == 1 {
			typed[name] = "secret"
		}
	}
	return b.press(asked, "connect-submit", typed)
}

func TestConnectEveryScheme(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, app, fields, title string }{
		{"OAuth v2", emulator.AppOAuth2, "account", "SuperExampleCRM"},
		{"API key", emulator.AppAPIKey, "account api_key", "Marigold Mail"},
		{"session", emulator.AppSession, "username password workspace", "PlatformAdManager"},
		{"basic", emulator.AppBasic, "username password", "Ledgerleaf"},
		{"digest", emulator.AppDigest, "username password", "Old Harbour Archive"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b, asked := w.popup(t, emulator.UserWade, row.app)
			for name := range strings.FieldsSeq(row.fields) {
				assert.Equal(t, 1, asked.Find(`[data-testid="connect-form"] input[name="`+name+`"]`).Length(), name)
				assert.Equal(t, 1, asked.Find(`label[for="`+name+`"]`).Length(), "every field has a label")
			}
			closed := b.finish(asked)
			list := w.Authentications(emulator.UserWade, row.app)
			require.Len(t, list, 1)
			assert.Equal(t, row.title+" (wade@zapier.example)", list[0].Title)
			assert.JSONEq(t, `[{"type":"zapier.popup.close","authentication_id":"`+list[0].ID+`"}]`, messages(t, closed))
			assert.Empty(t, closed.header.Get("Cross-Origin-Opener-Policy"), "COOP here would lose the message")

			// The same form sent again, by a double click, makes no second one.
			b.finish(asked)
			assert.Len(t, w.Authentications(emulator.UserWade, row.app), 1)
		})
	}
}

func TestSecondAccountIsNumbered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppSingle)
	b.press(asked, "allow", map[string]string{"account": "second@zapier.example"})
	assert.Equal(t, "Taskery #2 (second@zapier.example)", w.Authentications(emulator.UserWade, emulator.AppSingle)[0].Title)
}

func TestWrongCredentialsAreRefusedAtTheForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppBasic)
	refused := b.press(asked, "connect-submit", map[string]string{"username": "me", "password": "wrong"})
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Contains(t, refused.Find(`[role="alert"]`).Text(), "did not accept")
	password := refused.Find(`input[name="password"]`)
	assert.Equal(t, "true", password.AttrOr("aria-invalid", ""))
	assert.Empty(t, password.AttrOr("value", ""), "a secret is never shown again")
	assert.Equal(t, "me", refused.Find(`input[name="username"]`).AttrOr("value", ""))
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppBasic))

	b.press(refused, "connect-submit", map[string]string{"password": "right"})
	assert.Len(t, w.Authentications(emulator.UserWade, emulator.AppBasic), 1, "the form can be put right")
}

func TestDenialPostsNothingAndStoresNothing(t *testing.T) {
	t.Parallel()
	for app, button := range map[string]string{emulator.AppOAuth2: "deny", emulator.AppAPIKey: "connect-cancel"} {
		w := newWorld(t)
		b, asked := w.popup(t, emulator.UserWade, app)
		closed := b.press(asked, button, nil)
		assert.Equal(t, "[]", messages(t, closed))
		assert.Contains(t, closed.Text(), "Nothing was connected")
		assert.Contains(t, closed.Text(), "close this window")
		assert.Empty(t, w.Authentications(emulator.UserWade, app))
		assert.Equal(t, http.StatusBadRequest, b.finish(asked).status, "what was denied cannot be finished")
	}
}

func TestReconnect(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		revive  bool
		ids     int
		expired bool
	}{
		{"revives the same id", true, 1, false},
		{"makes a new id", false, 2, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.ReviveOnReconnect(row.revive)
			old := w.Authentications(emulator.UserWade, emulator.AppExpired)[0]
			b, asked := w.popup(t, emulator.UserWade, emulator.AppExpired)
			closed := b.finish(asked)
			list := w.Authentications(emulator.UserWade, emulator.AppExpired)
			require.Len(t, list, row.ids)
			oldest := list[len(list)-1]
			assert.Equal(t, old.ID, oldest.ID)
			assert.Equal(t, row.expired, oldest.Expired)
			assert.False(t, list[0].Expired)
			assert.Contains(t, messages(t, closed), list[0].ID)
		})
	}
}

// The popup knows its user by the emulator's cookie alone, so it can be another
// one than the partner's.
func TestPopupInAnotherZapierAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, asked := w.popup(t, emulator.UserWade, emulator.AppBasic)
	again := b.signInAs(b.press(asked, "other-account", nil), emulator.UserNadia)
	b.finish(again)
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppBasic))
	assert.Len(t, w.Authentications(emulator.UserNadia, emulator.AppBasic), 1)
	assert.Equal(t, http.StatusBadRequest, b.finish(asked).status, "Wade's page does not store for Nadia")
}

func TestPopupBehaviours(t *testing.T) {
	t.Parallel()
	ordinary := func(id string) string { return `{"type":"zapier.popup.close","authentication_id":"` + id + `"}` }
	for _, row := range []struct {
		name   string
		popup  emulator.Popup
		posted func(id string) string
		closes bool
	}{
		{"ordinary", emulator.Popup{}, func(id string) string { return "[" + ordinary(id) + "]" }, true},
		{"no message", emulator.Popup{NoMessage: true}, func(string) string { return "[]" }, true},
		{"twice", emulator.Popup{Twice: true}, func(id string) string { return "[" + ordinary(id) + "," + ordinary(id) + "]" }, true},
		{"another id", emulator.Popup{AuthenticationID: "zzz"}, func(string) string { return "[" + ordinary("zzz") + "]" }, true},
		{"stays open", emulator.Popup{KeepOpen: true}, func(id string) string { return "[" + ordinary(id) + "]" }, false},
		{"id as a number", emulator.Popup{IDNumber: true}, func(id string) string {
			return `[{"type":"zapier.popup.close","authentication_id":` + id + `}]`
		}, true},
		{"malformed", emulator.Popup{Malformed: true}, func(id string) string {
			return `["zapier.popup.close",{"type":"zapier.popup.close","authentication_id":{"id":"` + id + `"}},{"type":"zapier.popup.closed","authentication_id":"` + id + `"}]`
		}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			require.NoError(t, w.SetPopup(row.popup))
			b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
			require.NoError(t, w.SetPopup(emulator.Popup{}), "what is set later is for later popups")
			closed := b.finish(asked)
			list := w.Authentications(emulator.UserWade, emulator.AppOAuth2)
			require.Len(t, list, 1)
			assert.JSONEq(t, row.posted(list[0].ID), messages(t, closed))
			_, closes := closed.Find(`[data-testid="popup-closed"]`).Attr("data-close")
			assert.Equal(t, row.closes, closes)
		})
	}
}

// popup.md M1: it is a page on the way that cuts the opener, never the last one.
func TestCutOpener(t *testing.T) {
	t.Parallel()
	for _, app := range []string{emulator.AppOAuth2, emulator.AppBasic} {
		w := newWorld(t)
		_, asked := w.popup(t, emulator.UserWade, app)
		assert.Empty(t, asked.header.Get("Cross-Origin-Opener-Policy"))
		require.NoError(t, w.SetPopup(emulator.Popup{CutOpener: true}))
		b, asked := w.popup(t, emulator.UserWade, app)
		assert.Equal(t, "same-origin", asked.header.Get("Cross-Origin-Opener-Policy"))
		assert.Empty(t, b.finish(asked).header.Get("Cross-Origin-Opener-Policy"))
	}
}

func TestPopupEndsOnAnotherOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := strings.Replace(w.url, "127.0.0.1", "localhost", 1)
	require.NoError(t, w.SetPopup(emulator.Popup{WrongOrigin: elsewhere}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	left := b.finish(asked)
	assert.True(t, strings.HasPrefix(left.location, elsewhere+"/partner/popup-close?"), left.location)
	id := w.Authentications(emulator.UserWade, emulator.AppOAuth2)[0].ID
	assert.Contains(t, messages(t, b.get(left.location)), id)
	assert.Error(t, w.SetPopup(emulator.Popup{WrongOrigin: "localhost"}))
}

// Late: the window waits, nothing is stored, and closing it loses nothing.
func TestFinishLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetPopup(emulator.Popup{FinishLate: true}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	closed := make(chan page)
	go func() { closed <- b.finish(asked) }()
	require.Eventually(t, func() bool { return w.Count(emulator.OpConnectFinish) == 1 }, timeout, tick)
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2))
	w.ReleaseFinishes()
	assert.Contains(t, messages(t, <-closed), "zapier.popup.close")
	assert.Len(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2), 1)
}

func TestFinishLateAfterTheWindowWasClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetPopup(emulator.Popup{FinishLate: true}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	window, closeWindow := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		form := url.Values{"decision": {"allow"}, "account": {"me"}}
		r, err := http.NewRequestWithContext(window, http.MethodPost, asked.url.String(), strings.NewReader(form.Encode()))
		if assert.NoError(t, err) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			_, err = b.client.Do(r)
			assert.Error(t, err)
		}
	}()
	require.Eventually(t, func() bool { return w.WaitingFinishes() == 1 }, timeout, tick)
	closeWindow()
	<-left
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2))
	w.ReleaseFinishes()
	require.Eventually(t, func() bool { return len(w.Authentications(emulator.UserWade, emulator.AppOAuth2)) == 1 }, timeout, tick)
}

// What waits while everything is reset must not appear in the fresh state.
func TestResetEndsWaitingPopups(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetPopup(emulator.Popup{FinishLate: true}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppOAuth2)
	ended := make(chan page)
	go func() { ended <- b.finish(asked) }()
	require.Eventually(t, func() bool { return w.WaitingFinishes() == 1 }, timeout, tick)
	w.Reset()
	assert.Equal(t, http.StatusConflict, (<-ended).status)
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2))
}

// Cancelling in a second tab ends what waits in the first.
func TestCancelEndsAWaitingPopup(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	require.NoError(t, w.SetPopup(emulator.Popup{FinishLate: true}))
	b, asked := w.popup(t, emulator.UserWade, emulator.AppBasic)
	ended := make(chan page, 1)
	go func() { ended <- b.finish(asked) }()
	require.Eventually(t, func() bool { return w.WaitingFinishes() == 1 }, timeout, tick)
	b.press(asked, "connect-cancel", nil)
	select {
	case first := <-ended:
		assert.Equal(t, http.StatusConflict, first.status)
	case <-time.After(timeout):
		w.Reset() // lets the server close
		assert.Fail(t, "the first tab hangs")
	}
	w.ReleaseFinishes()
	assert.Empty(t, w.Authentications(emulator.UserWade, emulator.AppBasic))
}

func TestConnectStartRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := "?redirect=" + url.QueryEscape(w.url+"/v2/authentications/redirect")
	for _, row := range []struct {
		name, path string
		status     int
	}{
		{"unknown App", "/engine/auth/start/Nothing" + good, 404},
		{"App without authentication", "/engine/auth/start/FilterCLIAPI@1.0.0" + good, 404},
		{"no redirect", "/engine/auth/start/TaskeryCLIAPI", 400},
		{"redirect to a stranger", "/engine/auth/start/TaskeryCLIAPI?redirect=https%3A%2F%2Fevil.example", 400},
		{"unknown popup at the third party", "/third-party/taskery/authorize?connect=x", 400},
		{"unknown popup on the way back", "/v2/authentications/redirect?connect=x", 400},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, row.status, w.browser(t).get(row.path).status)
		})
	}
}
