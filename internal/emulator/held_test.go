package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// An Authentication whose third party refuses the refresh is expired for whoever
// uses it, not only for whoever looks at the list (api.md 5, "Lifetime").
func TestEveryUseRefreshesWhatIsDue(t *testing.T) {
	t.Parallel()
	read := func(b *builder) string { return b.action(emulator.AppOAuth2, "READ", "new_lead") }
	ask := func(path string) func(*builder, string, string) answer {
		return func(b *builder, account, _ string) answer { return b.ask(read(b), path, account, object{}) }
	}
	draft := func(b *builder, account string) []any {
		return []any{
			step(read(b), account, object{}),
			step(b.action(emulator.AppSession, "WRITE", "create_engagement_report"), b.connect(emulator.AppSession), object{"full_name": "{{full_name}}"}),
		}
	}
	for _, row := range []struct {
		name    string
		use     func(b *builder, account, zap string) answer
		pointer string
	}{
		{"inputs", ask("inputs"), "/data/authentication"},
		{"choices", ask("inputs/pipeline/choices"), "/data/authentication"},
		{"outputs", ask("outputs"), "/data/authentication"},
		{"test", ask("test"), "/data/authentication"},
		{"action run", func(b *builder, account, _ string) answer {
			return b.post("/v2/action-runs", data(step(b.action(emulator.AppOAuth2, "WRITE", "create_lead"), account, object{"full_name": "Ada"})))
		}, "/data/authentication"},
		{"new Zap", func(b *builder, account, _ string) answer {
			return b.post("/v2/zaps", data(object{"title": "New", "steps": draft(b, account)}))
		}, "/data/steps/0/authentication"},
		{"edited Zap", func(b *builder, account, zap string) answer {
			return b.send(http.MethodPatch, "/v2/zaps/"+zap, data(object{"steps": draft(b, account)}))
		}, "/data/steps/0/authentication"},
		{"enabled Zap", func(b *builder, _, zap string) answer { return b.post("/v2/zaps/"+zap+"/enable", nil) }, ""},
		{"expanded Zap", func(b *builder, _, _ string) answer { return b.get("/v2/zaps?expand=steps.authentication") }, ""},
		{"triggered Zap", func(b *builder, _, zap string) answer { return b.post("/emulator/api/zaps/"+zap+"/trigger", nil) }, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.connected(t, emulator.AppOAuth2)
			account := w.Authentications(emulator.UserWade, emulator.AppOAuth2)[0].ID
			b := w.builder(t, emulator.UserWade)
			zap := b.post("/v2/zaps", data(object{"title": "Before", "steps": draft(b, account)}))
			require.Equal(t, http.StatusCreated, zap.status, zap.raw)
			require.NoError(t, w.SetThirdParty(emulator.AppOAuth2, emulator.ThirdParty{Failure: emulator.FailUnauthorized, Stage: emulator.StageRefresh}))
			w.clock.Advance(time.Hour)
			got := row.use(b, account, zap.text("id"))
			assert.True(t, w.Authentications(emulator.UserWade, emulator.AppOAuth2)[0].Expired)
			switch {
			case row.pointer != "":
				refused(t, got, row.pointer)
			case row.name == "expanded Zap":
				assert.Equal(t, true, dig(got.data(t)[0]["steps"].([]any)[0].(object), "authentication.is_expired"))
			case row.name == "triggered Zap":
				assert.Equal(t, "skipped", got.text("status"))
			default:
				assert.Equal(t, http.StatusBadRequest, got.status, got.raw)
			}
		})
	}
}

// Using one's own Authentication never touches somebody else's.
func TestNobodyRefreshesForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connected(t, emulator.AppOAuth2)
	account := w.Authentications(emulator.UserWade, emulator.AppOAuth2)[0].ID
	w.clock.Advance(time.Hour)
	b := w.builder(t, emulator.UserNadia)
	refused(t, b.ask(b.action(emulator.AppOAuth2, "READ", "new_lead"), "inputs", account, object{}), "/data/authentication")
	assert.Equal(t, 1, w.Count(emulator.OpPartyToken))
}

// Zaps and their runs, on the page and in the dump, fired and paused from there.
func TestControlZaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.builder(t, emulator.UserWade)
	zap := b.post("/v2/zaps", b.guide()).text("id")
	page := w.browser(t)
	shown := page.get("/emulator")
	row := shown.Find(`[data-testid="zap"][data-id="` + zap + `"]`)
	assert.Contains(t, row.Text(), "SuperExampleCRM new_lead, PlatformAdManager create_engagement_report")
	assert.Contains(t, shown.Find(`[data-live="runs"]`).Text(), "None yet")

	done := page.pressButton(shown, row.Find(`[data-testid="trigger"]`), nil)
	assert.Contains(t, done.Find(`[data-testid="notice"]`).Text(), "ended as success")
	assert.Contains(t, done.Find(`[data-testid="zap-run"]`).Text(), "Register engagement report")
	done = page.pressButton(done, done.Find(`[data-id="`+zap+`"] [data-testid="pause"]`), nil)
	assert.Contains(t, done.Find(`[data-id="`+zap+`"]`).Text(), "off")
	assert.Equal(t, http.StatusBadRequest, b.post("/emulator/api/zaps/"+zap+"/trigger", nil).status, "it is off")
	assert.NotContains(t, page.get("/emulator?done=fire-x").Text(), "fire-x")

	state := b.get("/emulator/api/state").body
	dumped := state["zaps"].([]any)[0].(object)
	assert.Equal(t, zap, dumped["id"])
	assert.Equal(t, false, dumped["is_enabled"])
	assert.Equal(t, "new_lead", dumped["steps"].([]any)[0].(object)["key"])
	run := state["zap_runs"].([]any)[0].(object)
	assert.Equal(t, "success", run["status"])
	assert.InDelta(t, emulator.UserWade, run["user"], 0)
	assert.Contains(t, b.get("/emulator/api/zaps").raw, zap)
	assert.Contains(t, b.get("/emulator/api/zap-runs").raw, `"success"`)
}
