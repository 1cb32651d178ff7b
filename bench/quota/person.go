package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// person builds a Zap on our pages.
type person struct {
	*browser
	user  int
	clock clock
	notes *notes
	think time.Duration // between what was shown and what is done then, on average
}

// busy is a page that has nothing yet.
type busy struct {
	wait time.Duration
	// turnedAway: there is no place in line either.
	turnedAway bool
}

// patience is how long somebody waits who was told no time.
const patience = 5 * time.Second

// busyAt reads whether a page is one that waits: somebody in line comes back when
// the page says, everybody else when they were told that trying again may help.
func busyAt(p page) (busy, bool) {
	if p.status != http.StatusServiceUnavailable && p.status != http.StatusTooManyRequests {
		return busy{}, false
	}
	waiting := p.byTestID("waiting")
	away := waiting.Length() == 0 && p.byTestID("error").AttrOr("data-code", "") == "zapier-busy"
	refresh, _, _ := strings.Cut(p.header.Get("Refresh"), ";")
	for _, text := range []string{refresh, waiting.AttrOr("data-again", ""), p.header.Get("Retry-After")} {
		if seconds, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
			return busy{time.Duration(seconds) * time.Second, away}, true
		}
	}
	return busy{patience, away}, true
}

// lacking reads what to ask for when a page is there and lacks what it should
// have, because Zapier could not be asked for all of it.
type lacking func(page) (again ask, lacks bool)

// get asks for something until it is there: waits where the page says so, goes
// to where it leads, presses the button again.
func (p *person) get(ctx context.Context, a ask, lacks lacking) (page, error) {
	if err := p.clock.ponder(ctx, p.think); err != nil {
		return page{}, err
	}
	since, trail := p.clock.Now(), ""
	for {
		asked := p.clock.Now()
		shown, err := p.do(ctx, a)
		if err != nil {
			return shown, p.interrupted(ctx, err, since)
		}
		told, waits := busyAt(shown)
		if waits && !shown.posted {
			a = reload(shown) // what was sent has arrived
		}
		if again, missing := lacks(shown); !waits && missing {
			a, told, waits = again, busy{wait: patience}, true
		}
		trail += fmt.Sprintf(" %d %s %s + %s,", shown.status, unnamed(shown.url.Path), seconds(p.clock.Now().Sub(asked)), told.wait)
		if !waits {
			p.notes.waited(since, trail)
			return shown, shown.asExpected()
		}
		if err := p.clock.sleep(ctx, told.wait); err != nil {
			return shown, p.interrupted(ctx, err, since)
		}
	}
}

func (p page) asExpected() error {
	if p.status == http.StatusOK {
		return nil
	}
	return fmt.Errorf("%d at %s: %s", p.status, unnamed(p.url.Path), p.byTestID("error").AttrOr("data-code", "no code"))
}

// interrupted notes a wait that the end of everything cut off.
func (p *person) interrupted(ctx context.Context, err error, since time.Time) error {
	if ctx.Err() == nil {
		return err
	}
	if p.clock.Now().Sub(since) > patience {
		p.notes.stillWaits(since)
	}
	return ctx.Err()
}

// enter starts a Zap: it waits at the door, which repeats the start as long as
// somebody stands there. Who is turned away comes again when they were told to,
// and has waited since they first came.
func (p *person) enter(ctx context.Context, a ask) (page, error) {
	since := p.clock.Now()
	for {
		shown, err := p.do(ctx, a)
		if err != nil {
			return shown, err
		}
		told, waits := busyAt(shown)
		if !waits {
			p.notes.letIn(since)
			return shown, shown.asExpected()
		}
		if told.turnedAway {
			p.notes.turnedAway()
		}
		if err := p.clock.sleep(ctx, told.wait); err != nil {
			return shown, err
		}
		if again := shown.Find(`[data-testid="repeat"] button`); again.Length() > 0 {
			if a, err = shown.sends(again, nil); err != nil {
				return shown, err
			}
		}
	}
}

// lookEvery is how often somebody looks who builds nothing, on average.
const lookEvery = 20 * time.Second

// look loads the list of Zaps anew, again and again: a call each time, by
// somebody who has nothing to do with the door.
func (p *person) look(ctx context.Context) error {
	for {
		if err := p.clock.ponder(ctx, lookEvery); err != nil {
			return err
		}
		list := ask{target: p.home + "/zaps", fresh: true}
		if _, err := p.get(ctx, list, func(page) (ask, bool) { return list, false }); err != nil {
			return err
		}
	}
}

// follow goes where a link leads, to a page that has what is wanted of it.
func (p *person) follow(ctx context.Context, from page, link, wanted string) (page, error) {
	a, err := from.leads(from.Find(link))
	if err != nil {
		return from, fmt.Errorf("%s: %w", link, err)
	}
	return p.get(ctx, a, p.reloadWithout(wanted))
}

// press presses a button, for a page that has what is wanted of it.
func (p *person) press(ctx context.Context, from page, button string, changes map[string]string, wanted string) (page, error) {
	a, err := from.sends(from.Find(button), changes)
	if err != nil {
		return from, fmt.Errorf("%s: %w", button, err)
	}
	return p.get(ctx, a, p.reloadWithout(wanted))
}

// reloadWithout loads a page again that says that something is missing.
func (p *person) reloadWithout(wanted string) lacking {
	return func(shown page) (ask, bool) { return reload(shown), !shown.posted && shown.excuses(wanted) }
}

// excuses reports whether a page lacks something and says why; a form that could
// not be read is none, whatever else the page has.
func (p page) excuses(wanted string) bool {
	lacks := p.Find(wanted).Length() == 0 && p.byTestID("error").Length() > 0
	return p.status == http.StatusOK && (lacks || p.byTestID("unread").Length() > 0)
}

func number(n int) string { return strconv.Itoa(n) }
