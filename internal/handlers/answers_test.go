package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/internal/emulator"
)

// an answer of the API cannot be made into a script, whatever a page of another site asks it to be called.
func TestNoAnswerIsAScript(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade)
	attempt := b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic})
	for _, path := range []string{"/api/session", "/api/attempts/" + attempt.ID, "/api/attempts/unknown", "/api/zapier/v2/apps", "/api/zapier/v2/authentications", "/api/nothing"} {
		for _, query := range []string{"?callback=steal", "?jsonp=steal", "?cb=steal&alt=jsonp"} {
			got := b.call(http.MethodGet, path+query, nil)
			where := path + query
			assert.Regexp(t, `^application/(problem\+json|json|vnd\.api\+json)$`, got.header.Get("Content-Type"), where)
			assert.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"), where)
			assert.True(t, strings.HasPrefix(got.body, "{"), "%s: %s", where, got.body)
		}
	}
}

// what is a script, or a style, is the same for everybody, so that it holds nothing of anybody.
func TestFilesAreTheSameForEverybody(t *testing.T) {
	h := newHouse(t, options{})
	wade, stranger := h.signedIn(emulator.UserWade), h.browser()
	addresses := map[string]bool{}
	for _, path := range []string{"/", "/apps/" + emulator.AppBasic, "/zaps/new"} {
		wade.get(path).Find("script, link").Each(func(_ int, element *goquery.Selection) {
			if address := element.AttrOr("src", element.AttrOr("href", "")); strings.HasPrefix(address, "/static/") {
				addresses[address] = true
			}
			if element.Is("script:not([src])") {
				assert.NotContains(t, element.Text(), "wade@", "a script of the page")
			}
		})
	}
	require.NotEmpty(t, addresses)
	for address := range addresses {
		his, theirs := wade.get(address), stranger.get(address)
		require.Equal(t, http.StatusOK, his.status, address)
		assert.Equal(t, theirs.body, his.body, address)
		assert.Empty(t, his.header.Values("Set-Cookie"), address)
	}
}

// whoever is sent on after a form comes with a GET, and nothing of the form goes along. Only the way to Zapier is a 302, from a GET.
func TestRedirectsLeaveTheFormBehind(t *testing.T) {
	h := newHouse(t, options{})
	b := h.signedIn(emulator.UserWade).stopping()
	places := b.places(b.attempt(http.MethodPost, "/api/attempts", map[string]any{"app": emulator.AppBasic}).ID)
	sentOn := 0
	for _, route := range everyRoute() {
		if route.method != http.MethodPost {
			continue
		}
		got := b.do(b.request(http.MethodPost, places.Replace(route.path), nil))
		if got.header.Get("Location") != "" {
			sentOn++
			assert.Equal(t, http.StatusSeeOther, got.status, route.pattern)
		}
	}
	assert.Greater(t, sentOn, 3, "there are such answers")
}
