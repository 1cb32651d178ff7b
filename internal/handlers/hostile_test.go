package handlers_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// hostile is what a developer of an App, or somebody who fills in a lead, may have written.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:alert(1)) {{7*7}} </textarea></select></option>`

// poison makes every text that Zapier sends hostile, ids of fields, choices and outputs included.
func poison(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, r)
		body := answer.Body.Bytes()
		var value any
		if strings.HasPrefix(r.URL.Path, "/v") && json.Unmarshal(body, &value) == nil {
			body, _ = json.Marshal(poisoned(value, ""))
		}
		for name, values := range answer.Header() {
			w.Header()[name] = values
		}
		w.Header().Del("Content-Length")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	})
}

func poisoned(value any, key string) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = poisoned(value[i], key)
		}
	case map[string]any:
		kind, _ := value["type"].(string)
		for name := range value {
			if name == "id" && kind != "input_field" && kind != "fieldset" && kind != "info_field" && kind != "choice" && kind != "output_field" {
				continue
			}
			value[name] = poisoned(value[name], name)
		}
	case string:
		switch key {
		case "image", "html_editor", "url_128x128", "hex_color":
			return "javascript:alert(1)//" + hostile
		case "id", "title", "description", "label", "sample", "placeholder", "default_value", "detail", "slug", "full_name", "email", "source":
			return value + hostile
		}
	}
	return value
}

func TestHostileTextsAreOnlyText(t *testing.T) {
	h := newHouse(t, options{between: poison})
	crm := h.account(emulator.AppOAuth2, "CRM")
	h.account(emulator.AppAPIKey, hostile)
	z := h.signedIn(emulator.UserWade).startZap()
	z.rename(hostile)
	z.send(z.step(1, "app"), url.Values{"app": {emulator.AppOAuth2}})
	z.send(z.step(2, "app"), url.Values{"app": {emulator.AppAPIKey}})
	pages := map[string]page{"the directory": z.get(z.step(1, "app")), "the Actions": z.get(z.step(2, "action"))}
	z.send(z.step(1, "action"), url.Values{"action": {"READ:new_lead"}})
	z.send(z.step(2, "action"), url.Values{"action": {"WRITE:create_newsletter"}})
	pages["the accounts"] = z.get(z.step(2, "account"))
	z.send(z.step(1, "account"), url.Values{"authentication": {crm}})
	mail := h.emulator.Authentications(emulator.UserWade, emulator.AppAPIKey)[0].ID
	pages["the form"] = z.send(z.step(2, "account"), url.Values{"authentication": {mail}})
	saved := z.fill(pages["the form"], "save", url.Values{"f.subject" + hostile: {hostile + "{{new_lead.full_name" + hostile + "}}"}})
	pages["the form with values"] = saved
	pages["the form as text"] = z.get(z.step(2, "fields") + "?text=" + url.QueryEscape("segment"+hostile))
	pages["the test"] = z.get(z.step(2, "test"))
	first := z.get(z.step(1, "fields"))
	require.Equal(t, http.StatusOK, first.status)
	_, emptied := filled(first, nil)
	for name := range emptied {
		if strings.HasPrefix(name, "f.") {
			emptied[name] = []string{""} // the defaults are hostile, too: mappings that lead nowhere
		}
	}
	z.fill(first, "save", emptied)
	pages["a result"] = z.send(z.step(1, "test"), url.Values{"confirm": {"1"}})
	pages["the draft"] = z.page()
	pages["deleting it"] = z.get(z.draft + "/delete")
	pages["home"] = z.get("/")
	require.NoError(t, h.emulator.Arm(emulator.Fault{Operation: emulator.OpInputsList, Status: 400, Times: 9}))
	pages["a refusal"] = z.fill(z.get(z.step(2, "fields")), "refresh", nil)
	for name, page := range pages {
		t.Run(name, func(t *testing.T) {
			require.Less(t, page.status, 400, page.Text())
			assert.NotContains(t, page.body, "<script>alert")
			assert.Contains(t, page.Text(), "alert(1)", "it is there, as text")
			assert.Zero(t, page.Find("[onerror],[onclick],[onload],[onmouseover]").Length())
			assert.Zero(t, page.Find(`img[src="x"]`).Length())
			page.Find("[href],[src],[action],[formaction]").Each(func(_ int, element *goquery.Selection) {
				for _, attribute := range []string{"href", "src", "action", "formaction"} {
					target := strings.ToLower(strings.TrimSpace(element.AttrOr(attribute, "")))
					assert.False(t, strings.HasPrefix(target, "javascript:") || strings.HasPrefix(target, "data:text"), target)
				}
			})
			page.Find("form").Each(func(_ int, form *goquery.Selection) {
				assert.True(t, strings.HasPrefix(form.AttrOr("action", ""), "/"), form.AttrOr("action", ""))
			})
		})
	}
	assert.Contains(t, saved.Find(`[name^="f.subject"]`).AttrOr("value", ""), hostile, "and what was typed comes back to the letter")
}

// Rubbish in every field of every form, with the revision that is asked for: nothing breaks, and nothing of the inside shows.
func TestRubbishInTheForms(t *testing.T) {
	h := newHouse(t, options{})
	z, form := h.newsletter()
	_, sent := filled(form, nil)
	fields := z.step(2, "fields")
	rubbish := []string{"", "%zz", "\x00\xff", hostile, "}}{{{{x}}}}", strings.Repeat("9", 500), "-1"}
	buttons := []string{"text:", "native:", "add:", "remove:", "remove:lists:", "remove:merge_fields:", ""}
	paths := map[string]string{
		z.draft + "/title": "title", z.draft + "/steps": "after", z.step(2, "app"): "app", z.step(2, "action"): "action",
		z.step(2, "account"): "authentication", z.step(2, "move"): "direction", z.step(2, "test"): "confirm",
	}
	for i, value := range rubbish {
		values := url.Values{"present": append(sent["present"], value, "no_such_field"), "do": {buttons[i] + value}}
		for name := range sent {
			if strings.HasPrefix(name, "f.") || strings.HasPrefix(name, "k.") || strings.HasPrefix(name, "v.") {
				values[name] = []string{value, value}
			}
		}
		got := z.send(fields, values)
		noInternals(t, got)
		assert.Contains(t, []int{http.StatusOK, http.StatusUnprocessableEntity}, got.status, "%q", value) // rows of one name
		revision := z.revision()
		for path, name := range paths {
			sent := z.post(path, url.Values{name: {value}, "revision": {revision}})
			noInternals(t, sent)
			if sent.status == http.StatusOK {
				revision = z.revision()
			}
		}
		noInternals(t, z.post(z.draft+"/publish", url.Values{"revision": {value}}))
	}
	assert.Empty(t, h.logs.surprises())
	assert.Equal(t, http.StatusOK, z.page().status)
}
