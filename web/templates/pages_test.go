package templates_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/web/templates"
)

// allPages draws every component in every shape that differs in its markup.
func allPages() map[string]templ.Component {
	english := templates.English()
	notice := english.Error("authentication-gone")
	emulated := signedIn()
	emulated.Emulator = "http://127.0.0.1:8081"
	failing := signedOut()
	failing.RequestID = "r-1"
	framed := signedOut()
	framed.Framed, framed.CrossSite = true, true
	picking := testAttempt(templates.AttemptWaiting)
	picking.Candidates = testAuthentications()[1:3]

	pages := map[string]templ.Component{
		"home, signed out":   templates.HomePage(templates.Home{Page: signedOut()}),
		"home, nothing yet":  templates.HomePage(templates.Home{Page: emulated}),
		"home, chosen":       templates.HomePage(templates.Home{Page: signedIn(), Chosen: []templates.Chosen{{App: testApp()}, {App: testApp(), Authentication: "Ada"}}}),
		"apps":               templates.AppsPage(someApps()),
		"apps, none":         templates.AppsPage(templates.Apps{Page: signedIn(), Query: "x", CategoriesUnread: true}),
		"app, signed out":    templates.AppDetail(templates.AppPage{Page: signedOut(), App: testApp()}),
		"app, empty":         templates.AppDetail(templates.AppPage{Page: signedIn(), App: testApp(), Attempt: testAttempt(templates.AttemptIdle)}),
		"app, unknown list":  templates.AppDetail(templates.AppPage{Page: signedIn(), App: testApp(), ListUnknown: true, Notice: &notice}),
		"app, needs none":    templates.AppDetail(templates.AppPage{Page: signedIn(), App: testApp(), NeedsNone: true}),
		"app, none chosen":   templates.AppDetail(templates.AppPage{Page: signedIn(), App: testApp(), NeedsNone: true, NoneChosen: true}),
		"app, none, unknown": templates.AppDetail(templates.AppPage{Page: signedOut(), App: testApp(), NeedsNone: true}),
		"app, picking":       templates.AppDetail(appPage(picking)),
		"error":              templates.Error(templates.ErrorPage{Page: failing, Error: english.Error("sign-in-unknown"), SignIn: true, Retry: "/prefix/apps"}),
		"error, window":      templates.Error(templates.ErrorPage{Page: failing, Error: english.Error("attempt-start-refused"), InWindow: true, Retry: "/prefix/apps"}),
		"framed":             templates.Error(templates.ErrorPage{Page: framed, Error: english.Error("sign-in-required"), SignIn: true}),
		"handed over":        templates.SignedInWindow(templates.SignedIn{Page: signedOut(), Handover: "code"}),
		"signed in, window":  templates.SignedInWindow(templates.SignedIn{Page: signedIn(), ReturnTo: "/prefix/apps"}),
	}
	for _, state := range states() {
		pages["app, "+string(state)] = templates.AppDetail(appPage(testAttempt(state)))
	}
	maps.Copy(pages, buildPages())
	return pages
}

func someApps() templates.Apps {
	return templates.Apps{
		Page: signedIn(), Query: "post", Apps: []templates.App{testApp(), {ID: "8/9", Title: "Bilder", Image: "https://img.example/b.png"}},
		Categories: []templates.Category{{Slug: "email", Title: "Email", Selected: true}, {Slug: "crm", Title: "CRM"}},
		Total:      14, First: 3, Last: 4, Previous: "/prefix/apps?page=1", Next: "/prefix/apps?page=3",
	}
}

// Rules that hold on every page: the content security policy refuses whatever
// breaks the first three, the rest is WCAG 2.2.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	for name, page := range allPages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc := render(t, page)
			assertScripts(t, doc)
			assertNothingInline(t, doc)
			assertNames(t, doc)
			assertOutline(t, doc)
			assertOwnLinks(t, doc)
		})
	}
}

// assertScripts: each script is a module of ours with the response's nonce.
func assertScripts(t *testing.T, doc *goquery.Document) {
	t.Helper()
	scripts := doc.Find("script")
	assert.Equal(t, 1, scripts.Length(), "scripts")
	scripts.Each(func(_ int, script *goquery.Selection) {
		assert.Equal(t, testAssets+"/js/main.js", attr(t, script, "src"))
		assert.Equal(t, "module", attr(t, script, "type"))
		assert.Equal(t, testNonce, attr(t, script, "nonce"))
		assert.Empty(t, script.Text(), "inline script")
	})
	assert.Equal(t, testAssets+"/css/zapembed.css", attr(t, one(t, doc, `link[rel="stylesheet"]`), "href"))
}

func assertNothingInline(t *testing.T, doc *goquery.Document) {
	t.Helper()
	assert.Zero(t, doc.Find("style").Length(), "style elements")
	doc.Find("*").Each(func(_ int, element *goquery.Selection) {
		for _, attribute := range element.Nodes[0].Attr {
			assert.False(t, strings.HasPrefix(attribute.Key, "on"), "handler %s on %s", attribute.Key, goquery.NodeName(element))
			assert.NotEqual(t, "style", attribute.Key, "style on %s", goquery.NodeName(element))
			assert.False(t, strings.HasPrefix(attribute.Val, "javascript:"), "script address on %s", goquery.NodeName(element))
		}
	})
}

// assertNames: whatever can be operated says what it is.
func assertNames(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("a, button, summary").Each(func(_ int, control *goquery.Selection) {
		assert.NotEmpty(t, strings.TrimSpace(control.AttrOr("aria-label", control.Text())), "name of %s", goquery.NodeName(control))
	})
	doc.Find(`input:not([type="hidden"]), select, textarea`).Each(func(_ int, field *goquery.Selection) {
		label := one(t, doc, `label[for="`+attr(t, field, "id")+`"]`)
		assert.NotEmpty(t, strings.TrimSpace(label.Text()))
	})
	doc.Find("img").Each(func(_ int, image *goquery.Selection) {
		attr(t, image, "alt")
	})
}

// assertOutline: one language, one title, one main part, one h1, one live region; ids once.
func assertOutline(t *testing.T, doc *goquery.Document) {
	t.Helper()
	assert.Equal(t, "en", attr(t, one(t, doc, "html"), "lang"))
	assert.Equal(t, testBase, attr(t, one(t, doc, "html"), "data-base"))
	assert.Contains(t, one(t, doc, "title").Text(), "Zapembed")
	one(t, doc, "main")
	assert.NotEmpty(t, one(t, doc, "h1").Text())
	assert.Zero(t, one(t, doc, `[role="status"]`).Closest("main").Length(), "the live region is outside what is swapped")
	seen := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, element *goquery.Selection) {
		id := attr(t, element, "id")
		assert.False(t, seen[id], "id %s twice", id)
		seen[id] = true
	})
	for _, reference := range []string{"aria-labelledby", "aria-describedby"} {
		doc.Find("[" + reference + "]").Each(func(_ int, element *goquery.Selection) {
			for id := range strings.FieldsSeq(attr(t, element, reference)) {
				one(t, doc, `[id="`+id+`"]`)
			}
		})
	}
	level := 0
	doc.Find("h1, h2, h3, h4, h5, h6").Each(func(_ int, heading *goquery.Selection) {
		next := int(goquery.NodeName(heading)[1] - '0')
		assert.LessOrEqual(t, next, level+1, "heading %q", heading.Text())
		level = next
	})
}

// assertOwnLinks: every address of ours carries the path prefix, and every form says how it is sent.
func assertOwnLinks(t *testing.T, doc *goquery.Document) {
	t.Helper()
	doc.Find("[href^='/'], [action]").Each(func(_ int, element *goquery.Selection) {
		address := element.AttrOr("href", element.AttrOr("action", ""))
		assert.True(t, strings.HasPrefix(address, testBase+"/"), "address %s", address)
	})
	doc.Find("form").Each(func(_ int, form *goquery.Selection) {
		assert.Contains(t, []string{"get", "post"}, attr(t, form, "method"))
	})
}

func TestLayout(t *testing.T) {
	t.Parallel()

	t.Run("signed in", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.HomePage(templates.Home{Page: signedIn()}))
		form := one(t, doc, testID("sign-out")).Closest("form")
		// signing out changes something, so it is never a link.
		assert.Equal(t, "post", attr(t, form, "method"))
		assert.Equal(t, "/prefix/sign-out", attr(t, form, "action"))
		assert.Contains(t, doc.Find("header").Text(), "Signed in as Ada")
		assert.Zero(t, doc.Find(testID("emulator")).Length())
	})

	t.Run("with the emulator", func(t *testing.T) {
		t.Parallel()
		page := signedOut()
		page.Emulator = "http://127.0.0.1:8081"
		doc := render(t, templates.HomePage(templates.Home{Page: page}))
		links := one(t, doc, testID("emulator")).Find("a")
		assert.Equal(t, "http://127.0.0.1:8081", attr(t, links.First(), "href"))
		assert.Equal(t, "http://127.0.0.1:8081/emulator", attr(t, links.Last(), "href"))
		assert.Zero(t, doc.Find(testID("sign-out")).Length())
	})
}

func TestSignInControl(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.HomePage(templates.Home{Page: signedOut()}))

	link := one(t, doc, testID("sign-in"))
	back := "return_to=%2Fapps%3Fquery%3Da%26page%3D2"
	assert.Equal(t, "/prefix/sign-in?"+back, attr(t, link, "href"))
	assert.Equal(t, "/prefix/sign-in?popup=1&"+back, attr(t, link, "data-window-href"))

	region := link.Closest(`[data-controller="sign-in"]`)
	assert.Equal(t, "/prefix/apps?query=a&page=2", attr(t, region, "data-return"))
	window := one(t, region, testID("sign-in-window"))
	assert.Equal(t, attr(t, region, "data-window"), attr(t, window, "target"))
	assert.Equal(t, "opener", attr(t, window, "rel"), "without opener the window cannot tell this page (popup.md M9)")
	assert.Empty(t, one(t, region, testID("sign-in-same-tab")).AttrOr("target", ""))
}

func TestHomeListsWhatWasChosen(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.HomePage(templates.Home{Page: signedIn(), Chosen: []templates.Chosen{
		{App: testApp(), Authentication: "Ada"},
		{App: templates.App{ID: "a/b", Title: "Rechner"}},
	}}))
	apps := doc.Find(testID("app"))
	assert.Equal(t, 2, apps.Length())
	assert.Equal(t, "/prefix/apps/a%2Fb", attr(t, apps.Last(), "href"))
	assert.Contains(t, apps.First().Closest("li").Text(), "Uses Ada")
	assert.Contains(t, apps.Last().Closest("li").Text(), "Works without an account")
}

func TestAppsPage(t *testing.T) {
	t.Parallel()

	t.Run("a page of many", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.AppsPage(someApps()))
		form := one(t, doc, `form[role="search"]`)
		assert.Equal(t, "/prefix/apps", attr(t, form, "action"))
		assert.Equal(t, "post", attr(t, one(t, form, "#query"), "value"))
		assert.Equal(t, "email", attr(t, one(t, form, "option[selected]"), "value"))
		list := one(t, doc, `[data-live="apps"]`)
		assert.Equal(t, "Apps 3 to 4 of 14", attr(t, list, "data-announce"))
		assert.Equal(t, "7", attr(t, list.Find(testID("app")).First(), "data-app"))
		assert.Equal(t, "/prefix/apps?page=1", attr(t, one(t, list, `[rel="prev"]`), "href"))
		assert.Equal(t, "/prefix/apps?page=3", attr(t, one(t, list, `[rel="next"]`), "href"))
	})

	t.Run("nothing found", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.AppsPage(templates.Apps{Page: signedIn(), Query: `<i>"`}))
		list := one(t, doc, `[data-live="apps"]`)
		assert.Contains(t, list.Text(), `No App matches “<i>"”`, "escaped, and shown as it was typed")
		assert.Zero(t, list.Find(testID("app")).Length())
	})
}

func TestAppIcon(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		app              templates.App
		fill, ink, glyph string
	}{
		{"dark colour", templates.App{Title: "postkasten", Color: "1864ab"}, "#1864ab", "#ffffff", "P"},
		{"light colour", templates.App{Title: "Übersetzer", Color: "ffd43b"}, "#ffd43b", "#16202a", "Ü"},
		{"no colour", templates.App{Title: "9 to 5"}, "#5a6b7b", "#ffffff", "9"},
		// The colour comes from Zapier and stands in an attribute.
		{"not a colour", templates.App{Title: "…", Color: "url(x)"}, "#5a6b7b", "#ffffff", "·"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page := templates.AppDetail(templates.AppPage{Page: signedOut(), App: tt.app})
			icon := one(t, render(t, page), "svg.icon")
			assert.Equal(t, tt.fill, attr(t, one(t, icon, "rect"), "fill"))
			assert.Equal(t, tt.ink, attr(t, one(t, icon, "text"), "fill"))
			assert.Equal(t, tt.glyph, strings.TrimSpace(icon.Text()))
		})
	}
}

func TestErrorPage(t *testing.T) {
	t.Parallel()
	english := templates.English()

	t.Run("on a page", func(t *testing.T) {
		t.Parallel()
		page := signedOut()
		page.RequestID = "r-42"
		doc := render(t, templates.Error(templates.ErrorPage{Page: page, Error: english.Error("zapier-timeout"), Retry: "/prefix/apps/7", SignIn: true}))
		problem := one(t, doc, testID("error"))
		assert.Equal(t, "zapier-timeout", attr(t, problem, "data-code"))
		for _, part := range []string{english.Error("zapier-timeout").Sentence, english.Error("zapier-timeout").Advice, "r-42"} {
			assert.Contains(t, problem.Text(), part)
		}
		assert.Equal(t, "/prefix/apps/7", attr(t, one(t, problem, testID("retry")), "href"))
		one(t, problem, testID("sign-in"))
	})

	t.Run("in a window", func(t *testing.T) {
		t.Parallel()
		doc := render(t, templates.Error(templates.ErrorPage{Page: signedOut(), Error: english.Error("attempt-start-refused"), InWindow: true, SignIn: true}))
		one(t, doc, testID("close-window"))
		assert.Zero(t, doc.Find("nav").Length(), "the site has no place in a window of 480 pixels")
		assert.Zero(t, doc.Find(testID("sign-in")).Length(), "it would open itself")
		assert.Zero(t, doc.Find(testID("retry")).Length())
	})
}

// the last page of signing in loads nothing from anywhere else.
func TestSignedInWindow(t *testing.T) {
	t.Parallel()
	doc := render(t, templates.SignedInWindow(templates.SignedIn{Page: signedIn(), ReturnTo: "/prefix/apps/7"}))
	one(t, doc, `main[data-controller="signed-in"]`)
	assert.Equal(t, "/prefix/apps/7", attr(t, one(t, doc, testID("go-on")), "href"))
	doc.Find("[src], link[href]").Each(func(_ int, element *goquery.Selection) {
		address := element.AttrOr("src", element.AttrOr("href", ""))
		assert.True(t, strings.HasPrefix(address, testAssets+"/"), "loads %s", address)
	})
}

func TestNavigationMarksWhereOneIs(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"/":               {"page", "", ""},
		"/apps?query=led": {"", "page", ""},
		"/apps/7":         {"", "true", ""},
		"/appstore":       {"", "", ""},
		"/zaps?state=on":  {"", "", "page"},
		"/zaps/7":         {"", "", "true"},
		"/drafts/d1":      {"", "", "true"},
	} {
		page := signedIn()
		page.Path = path
		links := render(t, templates.AppsPage(templates.Apps{Page: page})).Find(".site-header nav a")
		marks := links.Map(func(_ int, link *goquery.Selection) string { return link.AttrOr("aria-current", "") })
		assert.Equal(t, want, marks, path)
	}
}
