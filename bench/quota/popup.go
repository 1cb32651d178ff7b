package main

import (
	"context"

	"github.com/PuerkitoBio/goquery"
)

// connect walks on from the first page of a popup, Zapier's or that of the App
// behind it, where what is empty is typed in. None of that is a call of the API.
func (b *browser) connect(ctx context.Context, form page) error {
	typed := map[string]string{}
	form.byTestID("connect-form").Find("input").Each(func(_ int, input *goquery.Selection) {
		if input.AttrOr("value", "") == "" {
			typed[input.AttrOr("name", "")] = "typed"
		}
	})
	agrees := form.Find(`[data-testid="connect-submit"], [data-testid="connect-form"] [data-testid="allow"]`)
	sent, err := form.sends(agrees, typed)
	if err != nil {
		return err
	}
	closed, err := b.do(ctx, sent)
	if err == nil && closed.byTestID("popup-closed").Length() == 0 {
		err = closed.lacks("end of the popup")
	}
	return err
}

// agree signs somebody in at Zapier and lets the partner in; it ends where
// Zapier sends them.
func (b *browser) agree(ctx context.Context, zapier string, user int, begin string) (page, error) {
	if _, err := b.do(ctx, ask{target: zapier + "/login", form: map[string][]string{"user": {number(user)}, "next": {"/"}}}); err != nil {
		return page{}, err
	}
	consent, err := b.do(ctx, ask{target: begin})
	if err != nil {
		return page{}, err
	}
	sent, err := consent.sends(consent.byTestID("allow"), nil)
	if err != nil {
		return page{}, err
	}
	return b.do(ctx, sent)
}
