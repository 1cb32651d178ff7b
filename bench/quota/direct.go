package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

// direct is a person whose pages call Zapier through a proxy that forwards.
// What is built is the same Zap.
type direct struct {
	*browser
	user  int
	clock clock
	notes *notes
	think time.Duration
	// replicas are asked in turn.
	replicas []*forwarder
	turn     *atomic.Int64
	// wholePage loads all of a page again where one of its calls was refused;
	// otherwise that one call is sent again.
	wholePage bool

	zap struct{ starts, actions, accounts [2]string }
}

// stage is one page of theirs: what it calls before it can be shown.
type stage []func(*direct, context.Context) error

// stages are the pages of the guide's Zap, 24 calls in all. A step has the
// directory with its categories, the Actions, the accounts before and after the
// popup, and two looks whether the popup is done; then its form.
func stages() []stage {
	all := []stage{{(*direct).profile}}
	for step := range guide() {
		at := func(call func(*direct, context.Context, int) error) func(*direct, context.Context) error {
			return func(d *direct, ctx context.Context) error { return call(d, ctx, step) }
		}
		all = append(all,
			stage{at((*direct).directory), at((*direct).categories)},
			stage{at((*direct).listActions)},
			stage{at((*direct).accounts)},
			stage{at((*direct).accounts)}, // looked while the popup is open
			stage{at((*direct).walkPopup)},
			stage{at((*direct).accounts)}, // looked when it is done
			stage{at((*direct).accounts)}, // the list with what is new
		)
		all = append(all, forms()[step]...)
	}
	return append(all, stage{(*direct).create}, stage{(*direct).zaps})
}

// forms are the pages with the form of each step. The first has a list of
// choices, the second has two, needs the outputs of the step before, and is read
// again once the kind of report was chosen.
func forms() [][]stage {
	report := map[string]any{"full_name": "{{full_name}}"}
	return [][]stage{
		{{asksAction(0, "inputs", nil), asksAction(0, "inputs/pipeline/choices", nil)}},
		{
			{
				asksAction(0, "outputs", nil), asksAction(1, "inputs", report),
				asksAction(1, "inputs/account/choices", report), asksAction(1, "inputs/kind/choices", report),
			},
			{asksAction(1, "inputs", report)},
		},
	}
}

// build builds the Zap from a page on.
func (d *direct) build(ctx context.Context, pages []stage) error {
	for _, calls := range pages {
		if err := d.clock.ponder(ctx, d.think); err != nil {
			return err
		}
		if err := d.load(ctx, calls); err != nil {
			return err
		}
	}
	return nil
}

// load shows a page, or an error and then the page: it tries again when Zapier
// has said that it may.
func (d *direct) load(ctx context.Context, calls stage) error {
	since := d.clock.Now()
	for i := 0; i < len(calls); i++ {
		err := calls[i](d, ctx)
		refused, isRefused := errors.AsType[*refusal](err)
		if err != nil && !isRefused {
			return err
		}
		if !isRefused {
			continue
		}
		if err := d.clock.sleep(ctx, refused.wait); err != nil {
			d.notes.stillWaits(since)
			return err
		}
		i--
		if d.wholePage {
			i = -1
		}
	}
	d.notes.waited(since, "")
	return nil
}

// proxies keeps connections to the proxies for everybody.
var proxies = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 500}}

// refusal is a 429.
type refusal struct{ wait time.Duration }

func (r *refusal) Error() string { return "refused" }

// call sends one call through the proxy whose turn it is.
func (d *direct) call(ctx context.Context, method, path string, body, into any) error {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(map[string]any{"data": body}); err != nil {
			return err
		}
	}
	next := d.replicas[int(d.turn.Add(1))%len(d.replicas)]
	r, err := http.NewRequestWithContext(ctx, method, next.url+path, &content)
	if err != nil {
		return err
	}
	r.Header.Set(personHeader, number(d.user))
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := proxies.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After")) // the emulator always says
		return &refusal{time.Duration(seconds) * time.Second}
	case answer.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s", method, unnamed(path), answer.Status)
	}
	return json.NewDecoder(answer.Body).Decode(into)
}

func (d *direct) get(ctx context.Context, path string, into any) error {
	return d.call(ctx, http.MethodGet, path, nil, into)
}

func (d *direct) profile(ctx context.Context) error { return d.get(ctx, "/v1/profiles/me", new(any)) }

func (d *direct) zaps(ctx context.Context) error { return d.get(ctx, "/v2/zaps", new(any)) }

func (d *direct) categories(ctx context.Context, _ int) error {
	return d.get(ctx, "/v1/categories", new(any))
}

func (d *direct) directory(ctx context.Context, step int) error {
	var list struct {
		Data []struct {
			ID    string
			Links struct {
				Start string `json:"connect_new_authentication"`
			}
		}
	}
	err := d.get(ctx, "/v2/apps", &list)
	for _, app := range list.Data {
		if app.ID == guide()[step].app {
			d.zap.starts[step] = app.Links.Start
		}
	}
	return err
}

func (d *direct) listActions(ctx context.Context, step int) error {
	var list struct {
		Data []struct {
			ID, Key string
			Type    string `json:"action_type"`
		}
	}
	err := d.get(ctx, "/v2/actions?app="+guide()[step].app, &list)
	for _, one := range list.Data {
		if one.Type+":"+one.Key == guide()[step].action {
			d.zap.actions[step] = one.ID
		}
	}
	return err
}

func (d *direct) accounts(ctx context.Context, step int) error {
	var list struct{ Data []struct{ ID string } }
	err := d.get(ctx, "/v2/authentications?app="+guide()[step].app, &list)
	if len(list.Data) > 0 {
		d.zap.accounts[step] = list.Data[0].ID
	}
	return err
}

// walkPopup is no call: the start of the popup stood in the directory.
func (d *direct) walkPopup(ctx context.Context, step int) error {
	form, err := d.do(ctx, ask{target: d.zap.starts[step]})
	if err != nil {
		return err
	}
	return d.connect(ctx, form)
}

func asksAction(step int, path string, inputs map[string]any) func(*direct, context.Context) error {
	return func(d *direct, ctx context.Context) error {
		body := map[string]any{"authentication": d.zap.accounts[step], "inputs": emptyIfNil(inputs)}
		return d.call(ctx, http.MethodPost, "/v2/actions/"+d.zap.actions[step]+"/"+path, body, new(any))
	}
}

func (d *direct) create(ctx context.Context) error {
	var steps []map[string]any
	for i, inputs := range []map[string]any{nil, {"full_name": "{{full_name}}", "kind": "summary"}} {
		steps = append(steps, map[string]any{
			"action": d.zap.actions[i], "authentication": d.zap.accounts[i], "inputs": emptyIfNil(inputs),
		})
	}
	return d.call(ctx, http.MethodPost, "/v2/zaps", map[string]any{"title": "Reports for leads", "steps": steps}, new(any))
}

func emptyIfNil(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

// token signs somebody in at Zapier, as the proxy's sign-in would.
func token(ctx context.Context, b *browser, zapier string, user int) (string, error) {
	sent := url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {proxyReturn}, "state": {"bench"},
		"scope": {"profile zap zap:all zap:write connection:read connection:write"},
	}
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if "http://"+r.URL.Host != zapier {
			return http.ErrUseLastResponse
		}
		return nil
	}
	back, err := b.agree(ctx, zapier, user, zapier+"/v2/authorize?"+sent.Encode())
	if err != nil {
		return "", err
	}
	returned, err := url.Parse(back.header.Get("Location"))
	if err != nil {
		return "", err
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {returned.Query().Get("code")}, "redirect_uri": {proxyReturn},
		"client_id": {clientID}, "client_secret": {clientSecret},
	}
	answer, err := http.PostForm(zapier+"/oauth/token/", form)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var issued struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&issued); err != nil || issued.Token == "" {
		return "", fmt.Errorf("signing person %d in: %s, %w", user, answer.Status, err)
	}
	return issued.Token, nil
}
