package emulator_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

const zapScopes = "zap zap:all zap:account:all zap:write zap:update zap:delete zap:pause zap:runs action:run connection:read"

type object = map[string]any

// builder is a partner that builds Zaps for a user.
type builder struct {
	t     testing.TB
	world *world
	user  int
	token string
}

func (w *world) builder(t testing.TB, user int) *builder {
	t.Helper()
	return &builder{t, w, user, w.accessToken(t, user, zapScopes)}
}

func (b *builder) post(path string, body any) answer {
	b.t.Helper()
	return b.send(http.MethodPost, path, body)
}

func (b *builder) send(method, path string, body any) answer {
	b.t.Helper()
	text := ""
	if body != nil {
		raw, err := json.Marshal(body)
		require.NoError(b.t, err)
		text = string(raw)
	}
	return b.world.call(b.t, method, path, b.token, text)
}

func (b *builder) get(path string) answer {
	b.t.Helper()
	return b.world.api(b.t, path, b.token)
}

// action looks the id of an action up.
func (b *builder) action(app, kind, key string) string {
	b.t.Helper()
	for next := "/v2/actions?app=" + app + "&action_type=" + kind; next != ""; {
		page := b.get(next)
		for _, action := range page.data(b.t) {
			if action["key"] == key {
				return action["id"].(string)
			}
		}
		next, _ = dig(page.body, "links.next").(string)
	}
	require.FailNow(b.t, "no action "+kind+" "+key)
	return ""
}

// connect gives the user one more account at an App.
func (b *builder) connect(app string) string {
	b.t.Helper()
	added, err := b.world.AddAuthentication(b.user, app, "Of a test")
	require.NoError(b.t, err)
	return added.ID
}

// ask sends one of the calls about a step; path is such as "inputs".
func (b *builder) ask(action, path string, authentication any, inputs object) answer {
	b.t.Helper()
	return b.post("/v2/actions/"+action+"/"+path, data(object{"authentication": authentication, "inputs": inputs}))
}

func data(members object) object { return object{"data": members} }

func step(action string, authentication any, inputs object) object {
	return object{"action": action, "authentication": authentication, "inputs": inputs}
}

func called(alias string, step object) object {
	step["alias"] = alias
	return step
}

// fields are the fields of a form by id, those in fieldsets too.
func fields(t testing.TB, form answer) map[string]object {
	t.Helper()
	require.Equal(t, http.StatusOK, form.status, form.raw)
	found := map[string]object{}
	var walk func(items []any)
	walk = func(items []any) {
		for _, item := range items {
			found[item.(object)["id"].(string)] = item.(object)
			inner, _ := item.(object)["fields"].([]any)
			walk(inner)
		}
	}
	walk(form.body["data"].([]any))
	return found
}

// choices follows the pages of a SELECT.
func (b *builder) choices(action, field string, authentication any, inputs object) (ids []string, pages int) {
	b.t.Helper()
	for next := "/v2/actions/" + action + "/inputs/" + url.PathEscape(field) + "/choices"; next != ""; pages++ {
		page := b.post(next, data(object{"authentication": authentication, "inputs": inputs}))
		require.Equal(b.t, http.StatusOK, page.status, page.raw)
		for _, choice := range page.data(b.t) {
			ids = append(ids, choice["id"].(string))
		}
		next, _ = dig(page.body, "links.next").(string)
	}
	return ids, pages
}

// refused requires a 400 that points at a place in the body.
func refused(t testing.TB, got answer, pointer string) {
	t.Helper()
	require.Equal(t, http.StatusBadRequest, got.status, got.raw)
	require.Equal(t, object{"pointer": pointer}, got.problem(t)["source"], got.raw)
}

// guide is the worked example of the guide: a lead becomes a report.
func (b *builder) guide() object {
	b.t.Helper()
	return data(object{"title": "Register engagement report on lead creation", "enabled": true, "steps": []any{
		step(b.action(emulator.AppOAuth2, "READ", "new_lead"), b.connect(emulator.AppOAuth2), object{}),
		step(b.action(emulator.AppSession, "WRITE", "create_engagement_report"), b.connect(emulator.AppSession), object{"full_name": "{{full_name}}"}),
	}})
}

// change gives the guide's Zap with something changed in its steps.
func change(zap object, change func(steps []any)) object {
	change(zap["data"].(object)["steps"].([]any))
	return zap
}
