package quota

import (
	"slices"
	"time"
)

const (
	// poll is how often a waiting call says that it still waits.
	poll = 500 * time.Millisecond
	// present is how long somebody who was seen holds up who comes later.
	present = 1500 * time.Millisecond
	// keeps is how long the place in a line is kept for somebody who was seen: a page that waits comes back by itself.
	keeps = 30 * time.Second
	// maxLine is the longest line: who comes after so many people is told so at once.
	maxLine = 100
	// handicap is what each call of the last window counts in the line: as if its user had come so much later.
	handicap = 500 * time.Millisecond
	// foreseen is how many places of a line are played through to say how long they take.
	foreseen = 25
	// atOnce is how many calls of one errand may be sent from one place.
	atOnce = 4
)

// ticket is somebody's place in a line. However many calls of theirs wait, they have one.
type ticket struct {
	Who   string    `json:"who"`
	Since time.Time `json:"since"`
	Seen  time.Time `json:"seen"`
	// From are the addresses that their call may be sent from.
	From []string `json:"from,omitempty"`
	// Away: they will come back, and hold up nobody until then.
	Away bool `json:"away,omitempty"`
}

// turn is the place in the line that somebody has had: further calls of the same errand need not begin at the end again,
// since a page that is half read helps nobody.
type turn struct {
	Errand string    `json:"errand"`
	Since  time.Time `json:"since"`
	Calls  int       `json:"calls"`
	At     time.Time `json:"at"`
}

func tidyTickets(line []ticket, now time.Time) []ticket {
	for i := range line {
		line[i].Since, line[i].Seen = earlier(line[i].Since, now), earlier(line[i].Seen, now)
	}
	return slices.DeleteFunc(line, func(t ticket) bool { return now.Sub(t.Seen) >= keeps })
}

// find returns somebody's place in a line, or -1.
func find(line []ticket, who string) int {
	return slices.IndexFunc(line, func(t ticket) bool { return t.Who == who })
}

// without is the line without somebody.
func without(line []ticket, who string) []ticket {
	return slices.DeleteFunc(line, func(t ticket) bool { return t.Who == who })
}

// question is a call's: may I be sent?
type question struct {
	who string
	// errand is what the call belongs to, a page for example; "" when to nothing.
	errand     string
	from       []string
	background bool
	patience   time.Duration
	// again: it has asked before and was told to wait.
	again bool
}

// answer has the call that is to be sent when wait is 0. Otherwise it may ask again after wait; place is where its user
// stands in the line, 0 when in none. Hopeless: longer than the call's patience.
type answer struct {
	call     sent
	wait     time.Duration
	place    int
	hopeless bool
	// changed: the account has to be kept.
	changed bool
}

// ask lets a call be sent, or puts its user in the line.
func (a *account) ask(now time.Time, q question, r rules) answer {
	if left := a.Pause.left(now); left > 0 {
		return answer{wait: left, hopeless: true}
	}
	from, wait := a.best(now, q, r)
	if q.background {
		return a.askAside(now, q, r, from, wait)
	}
	mine := a.ticketOf(now, q)
	before, holding := a.before(now, mine, wait, r)
	if wait == 0 && holding == 0 {
		a.Line = without(a.Line, q.who)
		a.hadTurn(now, mine, q)
		return answer{call: a.send(now, q.who, from, r), changed: true}
	}
	expected := max(wait, time.Millisecond)
	switch {
	case before > 0 && q.again && q.patience > 0:
		expected = min(poll, q.patience) // that it is worth waiting was clear when it came
	case before > 0:
		expected = max(a.foresee(now, before, q, r), time.Millisecond)
	}
	if find(a.Line, q.who) < 0 && len(a.Line) >= maxLine {
		return answer{wait: expected, hopeless: true}
	}
	hopeless := expected > q.patience
	changed := a.stand(mine, now, hopeless)
	return answer{wait: expected, place: before + 1, hopeless: hopeless, changed: changed}
}

// askAside is ask for what nobody waits for: people go first, those who come in a moment too.
func (a *account) askAside(now time.Time, q question, r rules, from string, wait time.Duration) answer {
	if len(a.Line) > 0 || wait > 0 {
		return answer{wait: max(a.foresee(now, len(a.Line)+1, q, r), time.Millisecond), hopeless: true}
	}
	return answer{call: a.send(now, q.who, from, r), changed: true}
}

// best is the address from which the call may be sent first, and how long until then. Of several it is the one with
// the most room.
func (a *account) best(now time.Time, q question, r rules) (from string, wait time.Duration) {
	limits := append(r.common(), r.own(q.who)...)
	if q.background {
		limits = sparing(limits)
	}
	common, most := a.longest(now, limits), -1
	for _, address := range q.from {
		limits := r.at(address)
		if q.background {
			limits = sparing(limits)
		}
		its, used := max(common, a.longest(now, limits)), a.usedFrom(address)
		if most < 0 || its < wait || (its == wait && used < most) {
			from, wait, most = address, its, used
		}
	}
	return from, wait
}

func (a *account) usedFrom(address string) int {
	count := 0
	for _, s := range a.Sent {
		if s.From == address {
			count++
		}
	}
	return count
}

func (a *account) send(now time.Time, who, from string, r rules) sent {
	call := sent{At: now, From: from, Who: who, ID: now.UnixNano(), Apart: r.apart > 0}
	a.note(call, slices.Concat(r.common(), r.own(who), r.at(from)))
	return call
}

// ticketOf is the user's ticket, a new one when there is none.
func (a *account) ticketOf(now time.Time, q question) ticket {
	if i := find(a.Line, q.who); i >= 0 {
		return a.Line[i]
	}
	t := ticket{Who: q.who, Since: now, From: q.from}
	if had, ok := a.turnOf(q); ok && had.Calls < atOnce {
		t.Since = had.Since
	}
	return t
}

// turnOf is the turn that the errand has had.
func (a *account) turnOf(q question) (turn, bool) {
	had, ok := a.Turns[q.who]
	return had, ok && q.errand != "" && had.Errand == q.errand
}

// hadTurn notes from which place a call was sent.
func (a *account) hadTurn(now time.Time, mine ticket, q question) {
	if q.who == "" || q.errand == "" {
		return
	}
	calls := 1
	if had, ok := a.turnOf(q); ok && had.Since.Equal(mine.Since) {
		calls += had.Calls
	}
	if a.Turns == nil {
		a.Turns = map[string]turn{}
	}
	a.Turns[q.who] = turn{q.errand, mine.Since, calls, now}
}

// stand notes that somebody waits, or has been sent away for now. What was noted a moment ago is not noted again: those
// who wait would be busy with that alone.
func (a *account) stand(t ticket, now time.Time, away bool) bool {
	i := find(a.Line, t.Who)
	if i >= 0 && t.Away == away && now.Sub(t.Seen) < present/2 {
		return false
	}
	t.Seen, t.Away = now, away
	if i < 0 {
		a.Line = append(a.Line, t)
	} else {
		a.Line[i] = t
	}
	return true
}

// rank orders the line: who came first, and has sent few calls, is next. Those who build a Zap are only ordered by when
// they came: who is nearly done has sent the most, and makes room for the next.
func (a *account) rank(t ticket) time.Time {
	if a.isInside(t.Who) {
		return t.Since
	}
	return t.Since.Add(time.Duration(a.calls(t.Who)) * handicap)
}

// before is how many are to be sent before a ticket that has to wait so long for itself, and how many of them hold it
// up: they are present, and could be sent no later.
func (a *account) before(now time.Time, mine ticket, wait time.Duration, r rules) (before, holding int) {
	rank := a.rank(mine)
	for _, t := range a.Line {
		if t.Who == mine.Who || !meet(t.From, mine.From) || !a.goesFirst(t, rank, mine) {
			continue
		}
		before++
		if t.Away || now.Sub(t.Seen) >= present {
			continue
		}
		if a.wouldWait(now, t, mine, r) <= wait {
			holding++
		}
	}
	return before, holding
}

// wouldWait is how long another ticket has to wait for itself, as far as that may differ from what mine waits for.
func (a *account) wouldWait(now time.Time, t, mine ticket, r rules) time.Duration {
	if slices.Equal(t.From, mine.From) {
		return a.longest(now, r.own(t.Who))
	}
	_, its := a.best(now, question{who: t.Who, from: t.From}, r)
	return its
}

// meet says whether two calls may want the same address. Those of other addresses have a line of their own; that the
// partner's limit is for all of them, each finds out at the head of its own.
func meet(one, two []string) bool {
	return slices.ContainsFunc(one, func(address string) bool { return slices.Contains(two, address) })
}

func (a *account) goesFirst(t ticket, rank time.Time, mine ticket) bool {
	its := a.rank(t)
	return its.Before(rank) || (its.Equal(rank) && t.Who < mine.Who)
}

// foresee is how long it will be until a call is sent that has so many before it, if all of them are there: what
// follows is played through. Farther than anybody waits for it is the limits' even pace.
func (a *account) foresee(now time.Time, before int, q question, r rules) time.Duration {
	c, at := a.clone(), now
	for range min(before, foreseen) {
		from, wait := c.best(at, question{from: q.from}, r)
		at = at.Add(wait)
		c.forget(at)
		c.send(at, "", from, r)
	}
	_, wait := c.best(at, q, r)
	if far := before - foreseen; far > 0 {
		wait += time.Duration(far) * window / time.Duration(r.all(len(q.from)))
	}
	return at.Add(wait).Sub(now)
}

// addresses are those that are in use.
func (a *account) addresses() []string {
	var all []string
	add := func(address string) {
		if !slices.Contains(all, address) {
			all = append(all, address)
		}
	}
	for _, s := range a.Sent {
		add(s.From)
	}
	for _, t := range a.Line {
		for _, address := range t.From {
			add(address)
		}
	}
	return all
}
