package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// browser is a person's, without script: cookies, links and forms.
type browser struct {
	client *http.Client
	// home is our origin; its forms say that they come from there.
	home string
}

func newBrowser(home string, transport http.RoundTripper) *browser {
	jar, _ := cookiejar.New(nil) // which cannot fail without options
	return &browser{home: home, client: &http.Client{Jar: jar, Transport: transport}}
}

// page is an answer as a browser sees it, and the request that it answers in
// the end: the last one of a row of redirects.
type page struct {
	*goquery.Document
	status int
	header http.Header
	url    *url.URL
	posted bool // it answers a form, and no redirect led on
}

// ask is a request that may be made again.
type ask struct {
	target string
	form   url.Values // nil: a GET
	fresh  bool
}

// reload asks for a page again, as its Refresh header does.
func reload(p page) ask { return ask{target: p.url.String(), fresh: true} }

func (b *browser) do(ctx context.Context, a ask) (page, error) {
	method, body := http.MethodGet, ""
	if a.form != nil {
		method, body = http.MethodPost, a.form.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, a.target, strings.NewReader(body))
	if err != nil {
		return page{}, err
	}
	if a.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.form != nil || a.fresh {
		r.Header.Set("Cache-Control", "max-age=0") // so does Chromium, also when a redirect leads on
	}
	if strings.HasPrefix(a.target, b.home+"/") {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := b.client.Do(r)
	if err != nil {
		return page{}, err
	}
	defer answer.Body.Close()
	document, err := goquery.NewDocumentFromReader(answer.Body)
	return page{document, answer.StatusCode, answer.Header, answer.Request.URL, answer.Request.Method == http.MethodPost}, err
}

func (p page) byTestID(id string) *goquery.Selection {
	return p.Find(`[data-testid="` + id + `"]`)
}

// leads is where a link goes.
func (p page) leads(link *goquery.Selection) (ask, error) {
	href, found := link.First().Attr("href")
	if !found {
		return ask{}, p.lacks("such link")
	}
	target, err := p.url.Parse(href)
	if err != nil {
		return ask{}, err
	}
	return ask{target: target.String()}, nil
}

// sends is what a button sends: the form it is in, with some fields changed.
func (p page) sends(button *goquery.Selection, changes map[string]string) (ask, error) {
	form := button.First().Closest("form")
	if form.Length() == 0 {
		return ask{}, p.lacks("such button")
	}
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, control *goquery.Selection) {
		if name := control.AttrOr("name", ""); name != "" {
			values.Add(name, shown(control))
		}
	})
	if name, named := button.First().Attr("name"); named {
		values.Set(name, button.First().AttrOr("value", ""))
	}
	for name, value := range changes {
		values.Set(name, value)
	}
	target, err := p.url.Parse(form.AttrOr("action", ""))
	if err != nil {
		return ask{}, err
	}
	return ask{target: target.String(), form: values}, nil
}

// shown is the value that a control has.
func shown(control *goquery.Selection) string {
	switch goquery.NodeName(control) {
	case "textarea":
		return strings.TrimPrefix(control.Text(), "\n")
	case "select":
		chosen := control.Find("option[selected]")
		if chosen.Length() == 0 {
			chosen = control.Find("option")
		}
		return chosen.First().AttrOr("value", "")
	}
	return control.AttrOr("value", "")
}

// lacks is the error of a page that is not what was expected.
func (p page) lacks(what string) error {
	return fmt.Errorf("%d at %s: no %s on %q", p.status, unnamed(p.url.Path), what, strings.Join(strings.Fields(p.Find("h1").Text()), " "))
}

// unnamed is a path without its ids, so that equal failures count as one.
func unnamed(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789") || len(part) > 16 {
			parts[i] = "…"
		}
	}
	return strings.Join(parts, "/")
}
