package templates_test

import (
	"fmt"
	"html/template"
	"io"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/zapembed/zapembed/web/templates"
)

// BenchmarkAppsPage draws the page of 100 Apps, and beside it the same one as html/template would. `make bench` prints both.
func BenchmarkAppsPage(b *testing.B) {
	apps := hundredApps()
	b.Run("templ", func(b *testing.B) {
		ctx := templ.WithNonce(b.Context(), testNonce)
		b.ReportAllocs()
		for b.Loop() {
			if err := templates.AppsPage(apps).Render(ctx, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("html-template", func(b *testing.B) {
		page := appsTemplate()
		b.ReportAllocs()
		for b.Loop() {
			if err := page.Execute(io.Discard, apps); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestTheBenchmarkedPagesShowTheSame(t *testing.T) {
	t.Parallel()
	apps := hundredApps()
	var drawn strings.Builder
	require.NoError(t, appsTemplate().Execute(&drawn, apps))
	other, err := goquery.NewDocumentFromReader(strings.NewReader(drawn.String()))
	require.NoError(t, err)
	assert.Equal(t, mainOf(t, render(t, templates.AppsPage(apps))), mainOf(t, other))
}

// mainOf is the page's own part, without the spaces between its elements.
func mainOf(t *testing.T, page *goquery.Document) string {
	t.Helper()
	html, err := one(t, page, "main").Html()
	require.NoError(t, err)
	words := strings.Join(strings.Fields(html), " ")
	return strings.NewReplacer("> ", ">", " <", "<").Replace(words)
}

func hundredApps() templates.Apps {
	apps := someApps()
	apps.Apps, apps.Total, apps.First, apps.Last = nil, 1000, 101, 200
	for i := range 100 {
		app := templates.App{
			ID: fmt.Sprintf("646a8a78-9d44-425e-acc7-f9cda06e%04d", i), Title: fmt.Sprintf("Ledgers & Sons %d", i),
			Description: "Invoices, receipts and the rest of a small company's paper, in one place.",
			Image:       fmt.Sprintf("https://zapier-images.imgix.net/storage/services/%032d.png", i),
			Categories:  []string{"Accounting", "Documents"},
		}
		if i%10 == 0 {
			app.Image, app.Color = "", "d9480f" // few have no image
		}
		apps.Apps = append(apps.Apps, app)
	}
	return apps
}

// appsTemplate is the same page in html/template. It leaves out what this page does not show, and takes from Go what it
// cannot ask of a view, so that it has no less help than the other.
func appsTemplate() *template.Template {
	return template.Must(template.New("apps").Funcs(template.FuncMap{
		"join":    strings.Join,
		"nonce":   func() string { return testNonce },
		"title":   func(p templates.Page, title string) string { return p.Phrases.Layout.PageTitle(title) },
		"who":     func(p templates.Page) string { return p.Phrases.Layout.SignedInAs(p.User.Name) },
		"summary": func(a templates.Apps) string { return a.Phrases.Apps.Range(a.First, a.Last, a.Total) },
		"letter":  func(a templates.App) string { return a.Title[:1] },
	}).Parse(appsPage))
}

const appsPage = `<!DOCTYPE html>
<html lang="{{.Phrases.Lang}}" data-base="{{.Base}}">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{{title .Page .Phrases.Apps.Title}}</title>
<link rel="icon" type="image/svg+xml" href="{{.Assets}}/img/mark.svg">
<link rel="stylesheet" href="{{.Assets}}/css/zapembed.css">
<script type="module" src="{{.Assets}}/js/main.js" nonce="{{nonce}}"></script>
</head>
<body>
<p class="visually-hidden" role="status" data-live-region></p>
<a class="skip" href="#content">{{.Phrases.Layout.SkipToContent}}</a>
<header class="site-header">
<a class="brand" href="{{.Base}}/"><span>{{.Phrases.Brand}}</span></a>
<nav aria-label="{{.Phrases.Layout.Navigation}}">
<a href="{{.Base}}/">{{.Phrases.Layout.Home}}</a>
<a href="{{.Base}}/apps" aria-current="page">{{.Phrases.Layout.Apps}}</a>
<a href="{{.Base}}/zaps">{{.Phrases.Layout.Zaps}}</a>
</nav>
<div class="who"><span class="visually-hidden">{{who .Page}}</span><span class="who-name" aria-hidden="true">{{.User.Name}}</span>
<form method="post" action="{{.Base}}/sign-out"><button class="button button-quiet" data-testid="sign-out">{{.Phrases.Layout.SignOut}}</button></form></div>
</header>
<main id="content" class="page" tabindex="-1">
<header class="page-head"><h1>{{.Phrases.Apps.Title}}</h1><p class="lead">{{.Phrases.Apps.Lead}}</p></header>
<form class="search" role="search" method="get" action="{{.Base}}/apps" data-controller="search">
<div class="field field-wide"><label for="query">{{.Phrases.Apps.SearchLabel}}</label>
<input id="query" name="query" type="search" value="{{.Query}}" autocomplete="off" maxlength="100"></div>
<div class="field"><label for="category">{{.Phrases.Apps.CategoryLabel}}</label>
<select id="category" name="category"><option value="">{{.Phrases.Apps.AllCategories}}</option>
{{- range .Categories}}<option value="{{.Slug}}"{{if .Selected}} selected{{end}}>{{.Title}}</option>{{end}}</select></div>
<button class="button button-first">{{.Phrases.Apps.Search}}</button>
<p class="note" data-search-problem hidden><span data-sentence>{{.Phrases.Apps.SearchFailed}}</span> {{.Phrases.Apps.SearchAgain}}</p>
</form>
<div data-live="apps" data-announce="{{summary .}}">
<h2 class="count">{{summary .}}</h2>
<ul class="cards" role="list">
{{- $base := .Base}}{{range .Apps}}<li class="card">
{{- if .Image}}<span class="icon"><img src="{{.Image}}" alt="" width="48" height="48" loading="lazy" decoding="async" referrerpolicy="no-referrer"></span>
{{- else}}<svg class="icon" width="48" height="48" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<rect width="48" height="48" fill="#{{.Color}}"></rect>
<text x="24" y="32" text-anchor="middle" font-size="22" font-weight="600" fill="#ffffff">{{letter .}}</text></svg>{{end -}}
<div class="card-words"><h3><a href="{{$base}}/apps/{{.ID}}" data-testid="app" data-app="{{.ID}}">{{.Title}}</a></h3>
{{- if .Description}}<p class="card-description">{{.Description}}</p>{{end}}
{{- if .Categories}}<p class="card-note">{{join .Categories " · "}}</p>{{end}}</div></li>{{end}}</ul>
<nav class="paging" aria-label="{{.Phrases.Apps.Paging}}">
{{- if .Previous}}<a class="button" rel="prev" href="{{.Previous}}" data-testid="page-previous">{{.Phrases.Apps.Previous}}</a>{{end}}
{{- if .Next}}<a class="button" rel="next" href="{{.Next}}" data-testid="page-next">{{.Phrases.Apps.Next}}</a>{{end}}</nav>
</div>
</main>
<footer class="site-footer"><p>{{.Phrases.Layout.Footer}}</p></footer>
</body>
</html>`
