package handlers_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
	"github.com/zapembed/zapembed/web/templates"
)

func TestZapIsRenamed(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "") // which is off
	one := b.get("/zaps/" + zap.ID)
	assert.Equal(t, zap.Title, one.byTestID("rename").Find(`[name="title"]`).AttrOr("value", ""))
	title := `  Ünïcode "quoted" <script>alert(1)</script> & {{more}}  `
	renamed := b.submit(one, one.byTestID("rename"), "title", title)
	assert.Equal(t, "/zaps/"+zap.ID, renamed.url.Path)
	assert.Equal(t, strings.TrimSpace(title), strings.TrimSpace(renamed.Find("h1").Text()))
	assert.NotContains(t, renamed.body, "<script>alert")
	assert.NotContains(t, b.get("/zaps").body, "<script>alert")

	changed := h.zapOf(emulator.UserWade, strings.TrimSpace(title))
	assert.False(t, changed.Enabled, "a new name turns nothing on")
	assert.Equal(t, zap.Steps, changed.Steps)
	bodies := h.emulator.Bodies(emulator.OpZapUpdate)
	require.Len(t, bodies, 1)
	assert.NotContains(t, string(bodies[0]), "steps")

	b.submit(one, one.byTestID("rename"), "title", title)
	assert.Equal(t, strings.TrimSpace(title), h.zapOf(emulator.UserWade, "").Title, "pressed twice it is the same")
}

func TestZapKeepsItsNameWithoutANewOne(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	for _, title := range []string{"", " \t\r\n "} {
		again := b.post("/zaps/"+zap.ID+"/rename", url.Values{"title": {title}})
		assert.Equal(t, http.StatusUnprocessableEntity, again.status)
		assert.Equal(t, "zap-title-missing", again.codeIn("notice"))
		assert.Equal(t, zap.Title, strings.TrimSpace(again.Find("h1").Text()))
	}
	assert.Equal(t, http.StatusUnprocessableEntity, b.post("/zaps/"+zap.ID+"/rename", nil).status)
	large := b.post("/zaps/"+zap.ID+"/rename", url.Values{"title": {strings.Repeat("x", 70<<10)}})
	assert.Equal(t, "too-large", large.errorCode())
	assert.Zero(t, h.emulator.Count(emulator.OpZapUpdate))
}

func TestZapIsTurnedOn(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	require.False(t, zap.Enabled)
	off := b.get("/zaps/" + zap.ID)
	assert.Contains(t, off.byTestID("zap-state").First().Text(), "Off")
	on := b.submit(off, off.byTestID("enable"))
	assert.Equal(t, "/zaps/"+zap.ID, on.url.Path)
	assert.Contains(t, on.byTestID("zap-state").First().Text(), "On")
	assert.Zero(t, on.byTestID("enable").Length(), "what is on is not offered to be turned on")
	assert.Equal(t, http.StatusOK, b.submit(off, off.byTestID("enable")).status, "pressed twice it is on")
	assert.True(t, h.zapOf(emulator.UserWade, zap.Title).Enabled)
}

// What Zapier refuses is told in its own words, on the page of the Zap.
func TestZapThatCannotBeTurnedOn(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	require.NoError(t, h.emulator.ExpireAuthentication(zap.Steps[0].Authentication))
	refused := b.post("/zaps/"+zap.ID+"/enable", nil)
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Equal(t, "zap-refused", refused.codeIn("notice"))
	assert.Contains(t, refused.byTestID("problem").Text(), "expired")
	assert.Equal(t, zap.Title, strings.TrimSpace(refused.Find("h1").Text()))
	assert.Contains(t, refused.byTestID("zap-state").First().Text(), "Off")
	assert.NotContains(t, h.logs.String(), "has expired or is gone", "the log keeps what others say out")
}

func TestZapIsDeleted(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	one := b.get("/zaps/" + zap.ID)
	asked := b.follow(one, one.byTestID("delete"))
	assert.Equal(t, http.StatusOK, asked.status)
	assert.Contains(t, asked.Text(), zap.Title)
	assert.Contains(t, asked.Text(), "cannot be taken back")
	back := b.follow(asked, asked.byTestID("confirm-cancel"))
	assert.Equal(t, "/zaps/"+zap.ID, back.url.Path)
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), 12, "asking deletes nothing")

	list := b.press(asked, asked.byTestID("confirm-submit"))
	assert.Equal(t, "/zaps", list.url.Path)
	assert.Equal(t, 11, list.byTestID("zap").Length())
	again := b.press(asked, asked.byTestID("confirm-submit"))
	assert.Equal(t, "/zaps", again.url.Path, "pressed twice it is gone")
	assert.Equal(t, 11, again.byTestID("zap").Length())
	assert.Equal(t, "zap-not-found", b.get("/zaps/"+zap.ID+"/delete").errorCode())
}

func TestChangesThatFail(t *testing.T) {
	for _, row := range []struct{ path, operation string }{
		{"rename", emulator.OpZapUpdate}, {"enable", emulator.OpZapEnable}, {"delete", emulator.OpZapDelete}, {"edit", emulator.OpZapsList},
	} {
		t.Run(row.path, func(t *testing.T) {
			h := newHouse(t, options{scopes: everyScope})
			b := h.signedIn(emulator.UserWade)
			zap := h.zapOf(emulator.UserWade, "")
			press := func() page { return b.post("/zaps/"+zap.ID+"/"+row.path, url.Values{"title": {"New"}}) }
			for code, fault := range everyFault(row.operation) {
				require.NoError(t, h.emulator.Arm(fault))
				failed := press()
				assert.Equal(t, code, failed.errorCode())
				assert.Equal(t, "/zaps/"+zap.ID, failed.byTestID("retry").AttrOr("href", ""), "back to the Zap")
				if fault.Status == http.StatusTooManyRequests {
					assert.Equal(t, "60", failed.header.Get("Retry-After"))
				}
			}
			require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: row.operation, Status: http.StatusUnauthorized, Times: 2}))
			assert.Equal(t, "sign-in-ended", press().errorCode())
			assert.Equal(t, zap, h.zapOf(emulator.UserWade, ""), "nothing has changed")
			assert.Empty(t, h.draftsOf(emulator.UserWade))
		})
	}
}

// A change whose answer was lost can be asked for again: none of them does more the second time.
func TestChangesWhoseAnswerIsLost(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "")
	for _, row := range []struct{ path, operation string }{
		{"rename", emulator.OpZapUpdate}, {"enable", emulator.OpZapEnable}, {"delete", emulator.OpZapDelete},
	} {
		require.NoError(t, h.emulator.Arm(emulator.Fault{
			Operation: row.operation, Status: http.StatusServiceUnavailable, RetryAfter: 20 * time.Second, After: true,
		}))
		form := url.Values{"title": {"New"}}
		lost := b.post("/zaps/"+zap.ID+"/"+row.path, form)
		assert.Equal(t, "zapier-unavailable", lost.errorCode(), row.path)
		words := templates.English().Problem
		assert.Contains(t, lost.byTestID("error").Text(), words.LookFirst, row.path)
		assert.Equal(t, words.GoBack, strings.TrimSpace(lost.Find(".actions .button-first").Text()), row.path)
		assert.Equal(t, 1, lost.byTestID("repeat").Length(), row.path)
		assert.Empty(t, lost.header.Get("Retry-After"), "who is told when may do it without a look")
		assert.NotContains(t, lost.byTestID("error").Text(), "You can try again at", row.path)
		assert.NotContains(t, lost.byTestID("error-details").Text(), words.Helps, row.path)
		assert.Equal(t, http.StatusOK, b.post("/zaps/"+zap.ID+"/"+row.path, form).status, row.path)
		if row.path == "enable" {
			changed := h.zapOf(emulator.UserWade, "New")
			assert.True(t, changed.Enabled)
		}
	}
	assert.Len(t, h.emulator.Zaps(emulator.UserWade), 11)
}

func TestZapBecomesADraft(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "Tickets from tasks, list 11")
	one := b.get("/zaps/" + zap.ID)
	edit := func() string {
		h.t.Helper()
		answer := b.stopping().submit(one, one.byTestID("edit"))
		require.Equal(t, http.StatusSeeOther, answer.status, answer.Text())
		return answer.header.Get("Location")
	}
	first := edit()
	drafts := h.draftsOf(emulator.UserWade)
	require.Len(t, drafts, 1)
	assert.Equal(t, "/drafts/"+drafts[0].ID, first)
	assert.Equal(t, zap.Title, drafts[0].Title)
	assert.Equal(t, zap.ID, drafts[0].Zap)
	require.Len(t, drafts[0].Steps, 2)
	assert.Equal(t, emulator.AppSingle, drafts[0].Steps[0].App.ID)
	assert.Equal(t, "create_ticket", drafts[0].Steps[1].Action.Key)
	assert.Equal(t, zap.Steps[1].Authentication, drafts[0].Steps[1].Account.ID)

	assert.Equal(t, first, edit(), "what is being edited is gone on with")
	number := strconv.Itoa(zap.Number)
	other := b.stopping().post("/zaps/"+number+"/edit", nil)
	assert.Equal(t, first, other.header.Get("Location"), "whichever way the id is written")
	assert.Len(t, h.draftsOf(emulator.UserWade), 1)

	h.clock.Advance(time.Minute)
	b.post("/zaps/"+zap.ID+"/rename", url.Values{"title": {"Renamed since"}})
	assert.NotEqual(t, first, edit(), "unless the Zap has changed since")
	assert.Len(t, h.draftsOf(emulator.UserWade), 2)
	assert.Equal(t, zap.Steps, h.zapOf(emulator.UserWade, "Renamed since").Steps, "editing changes nothing at Zapier")
}

func TestZapWhoseValuesZapierDoesNotTell(t *testing.T) {
	h := newHouse(t, options{scopes: everyScope, between: between("/zaps", func(body string) string {
		return strings.ReplaceAll(body, `"inputs":`, `"inputs":null,"kept":`)
	})})
	b := h.signedIn(emulator.UserWade)
	zap := h.zapOf(emulator.UserWade, "Tickets from tasks, list 11")
	draft := b.post("/zaps/"+zap.ID+"/edit", nil)
	assert.Equal(t, "zap-inputs-unknown", draft.byTestID("notice").Find("[data-code]").AttrOr("data-code", ""))
}
