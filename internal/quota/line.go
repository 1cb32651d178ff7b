package quota

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// poll is how often a waiting call says that it still waits.
	poll = 500 * time.Millisecond
	// present is how long somebody who was seen holds up who comes later.
	present = 1500 * time.Millisecond
	// returning is how long somebody who was told to wait is expected back: a page that waits asks again every five seconds.
	returning = 6 * time.Second
	// keeps is how long the place in a line is kept for somebody who was seen: a page that waits comes back by itself. At
	// the door it is kept for so long after they were to come back, which without script a person does.
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
	// Due is when they were told to come back to the door.
	Due time.Time `json:"due,omitzero"`
}

// turn is the place in the line that somebody has had: further calls of the same errand need not begin at the end again,
// since a page that is half read helps nobody.
type turn struct {
	Errand string    `json:"errand"`
	Since  time.Time `json:"since"`
	Calls  int       `json:"calls"`
	At     time.Time `json:"at"`
}

// there says whether somebody waits at this moment.
func (t ticket) there(now time.Time) bool { return !t.Away && now.Sub(t.Seen) < present }

// counts says whether those behind have to reckon with somebody: they wait, or are about to come back.
func (t ticket) counts(now time.Time) bool {
	return t.there(now) || (t.Away && now.Sub(t.Seen) < returning)
}

func tidyTickets(line []ticket, now time.Time) []ticket {
	for i := range line {
		line[i].Since, line[i].Seen = earlier(line[i].Since, now), earlier(line[i].Seen, now)
		line[i].Due = earlier(line[i].Due, now.Add(longestStand))
	}
	return slices.DeleteFunc(line, func(t ticket) bool { return now.Sub(t.Seen) >= keeps && now.Sub(t.Due) >= keeps })
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
		return answer{wait: left, hopeless: q.background || left > q.patience}
	}
	if r.none() { // nobody counts
		return answer{call: sent{At: now, From: q.from[rand.IntN(len(q.from))]}}
	}
	from, wait := a.best(now, q, r)
	if q.background {
		return a.askAside(now, q, r, from, wait)
	}
	mine := a.ticketOf(now, q)
	before := a.before(now, mine, wait, r)
	if wait == 0 && before.holding == 0 {
		a.Line = without(a.Line, q.who)
		a.hadTurn(now, mine, q)
		return answer{call: a.send(now, q.who, from, r), changed: true}
	}
	var expected time.Duration
	if before.counting > 0 && q.again && q.patience > 0 {
		expected = min(poll, q.patience) // that it is worth waiting was clear when it came
	} else {
		expected = a.expect(now, before.counting, wait, q, r)
	}
	if find(a.Line, q.who) < 0 && !a.makeRoom(now) {
		return answer{wait: expected, hopeless: true}
	}
	hopeless := expected > q.patience
	changed := a.stand(mine, now, hopeless)
	return answer{wait: expected, place: before.all + 1, hopeless: hopeless, changed: changed}
}

// expect is how long it will be for who has so many people before them, and would have to wait so long without them.
func (a *account) expect(now time.Time, before int, wait time.Duration, q question, r rules) time.Duration {
	if before > 0 {
		wait = a.foresee(now, before, q, r)
	}
	return max(wait, time.Millisecond)
}

// stepAside is for somebody who stands in line and waits no longer: they hold up nobody, and keep their place for a while.
// Who has gone is not expected back. How long it would have been is in the answer; not ok when they do not stand there.
func (a *account) stepAside(now time.Time, q question, gone bool, r rules) (got answer, ok bool) {
	i := find(a.Line, q.who)
	if i < 0 || q.background || a.Pause.left(now) > 0 {
		return answer{}, false
	}
	_, wait := a.best(now, q, r)
	before := a.before(now, a.Line[i], wait, r)
	a.Line[i].Seen, a.Line[i].Away = now, true
	if gone {
		a.Line[i].Seen = now.Add(-returning)
	}
	return answer{wait: a.expect(now, before.counting, wait, q, r), place: before.all + 1, hopeless: true}, true
}

// askAside is ask for what nobody waits for: people go first.
func (a *account) askAside(now time.Time, q question, r rules, from string, wait time.Duration) answer {
	if there := a.waiting(now); there > 0 || wait > 0 {
		return answer{wait: max(a.foresee(now, there+1, q, r), time.Millisecond), hopeless: true}
	}
	return answer{call: a.send(now, q.who, from, r), changed: true}
}

// waiting is how many people in the line are there.
func (a *account) waiting(now time.Time) int {
	count := 0
	for _, t := range a.Line {
		if t.there(now) {
			count++
		}
	}
	return count
}

// makeRoom says whether somebody else may join the line. When it is full, who was not seen for longest loses the place
// that was kept for them.
func (a *account) makeRoom(now time.Time) bool {
	if len(a.Line) < maxLine {
		return true
	}
	longest := -1
	for i, t := range a.Line {
		if !t.there(now) && (longest < 0 || t.Seen.Before(a.Line[longest].Seen)) {
			longest = i
		}
	}
	if longest < 0 {
		return false
	}
	a.Line = slices.Delete(a.Line, longest, longest+1)
	return true
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
	call := sent{At: now, From: from, Who: who, ID: rand.Int64(), Apart: r.apart > 0}
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
// they came: who is nearly done has sent the most, and makes room for the next. Nobody's calls go first: they are those of
// people who sign in, one each, who have consented already and could not come back. calls are those of everybody.
func (a *account) rank(t ticket, calls map[string]int) time.Time {
	switch {
	case t.Who == "":
		return time.Time{}
	case a.isInside(t.Who):
		return t.Since
	}
	return t.Since.Add(time.Duration(calls[t.Who]) * handicap)
}

// others are how many come before a ticket: all who keep a place, those of them to reckon with, and those who hold it up.
type others struct{ all, counting, holding int }

// before is how many are to be sent before a ticket that has to wait so long for itself. Who is there, and could be sent
// no later, holds it up.
func (a *account) before(now time.Time, mine ticket, wait time.Duration, r rules) (before others) {
	calls := a.calls()
	rank := a.rank(mine, calls)
	for _, t := range a.Line {
		if t.Who == mine.Who || !meet(t.From, mine.From) {
			continue
		}
		its := a.rank(t, calls)
		if its.After(rank) || (its.Equal(rank) && t.Who > mine.Who) {
			continue
		}
		before.all++
		if t.counts(now) {
			before.counting++
		}
		if t.there(now) && a.wouldWait(now, t, mine, r) <= wait {
			before.holding++
		}
	}
	return before
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
