package quota

import (
	"maps"
	"math"
	"slices"
	"time"
)

const (
	// window is the minute in which Zapier counts, and a little more: a call that was noted early may arrive late.
	window = 61 * time.Second
	// prompt is how long a call may take that is counted from when it was sent. Of a slower one nobody knows when in between
	// it arrived.
	prompt = 800 * time.Millisecond
	// cooldown is how long Zapier answers nobody once a limit was passed (api.md 6).
	cooldown = time.Minute
)

// account is what is known of a partner's calls. None of its methods looks at a clock: they are told what time it is.
type account struct {
	// Sent are the calls of one window, oldest first.
	Sent []sent `json:"sent,omitempty"`
	// Paces say of each limit how far its calls are ahead of an even pace.
	Paces map[string]pace `json:"paces,omitempty"`
	// Line are the people whose calls wait for room, and Turns whose turn it was last.
	Line  []ticket        `json:"line,omitempty"`
	Turns map[string]turn `json:"turns,omitempty"`
	// Door are the people who wait to begin a journey, and Inside those who have begun one.
	Door   []ticket `json:"door,omitempty"`
	Inside []visit  `json:"inside,omitempty"`
	// Pause is while nobody calls.
	Pause pause `json:"pause,omitzero"`
	// Noted is when all this was kept last.
	Noted time.Time `json:"noted,omitzero"`
}

// sent is one call.
type sent struct {
	At   time.Time `json:"at"`
	From string    `json:"from,omitempty"`
	// Who is a hash of the user, empty for a call in nobody's name.
	Who string `json:"who,omitempty"`
	// ID tells calls from each other, however their times are changed.
	ID int64 `json:"id"`
	// Apart: this server sent it, or had its answer, while the store was away or a moment after. It may be that the others
	// do not know of it.
	Apart bool `json:"-"`
}

// pause has the length and not the end, so that a clock that is put back does not make it longer.
type pause struct {
	Since  time.Time     `json:"since"`
	Length time.Duration `json:"length"`
}

func (p pause) left(now time.Time) time.Duration { return p.Since.Add(p.Length).Sub(now) }

// shut keeps everybody from calling for so long. It never ends a pause earlier.
func (a *account) shut(now time.Time, length time.Duration) {
	if length > a.Pause.left(now) {
		a.Pause = pause{now, length}
	}
}

// tidy drops what no longer counts. What is noted as later than now was noted before a clock was put back: when it
// was, nobody can say, but not later than now.
func (a *account) tidy(now time.Time) {
	for i := range a.Sent {
		a.Sent[i].At = earlier(a.Sent[i].At, now)
	}
	for i := range a.Inside {
		a.Inside[i].At = earlier(a.Inside[i].At, now)
	}
	a.forget(now)
	a.Inside = slices.DeleteFunc(a.Inside, func(v visit) bool { return now.Sub(v.At) >= stay })
	for name, p := range a.Paces {
		p = p.at(now)
		a.Paces[name] = p
		if p.Ahead == 0 {
			delete(a.Paces, name)
		}
	}
	for who, t := range a.Turns {
		t.At, t.Since = earlier(t.At, now), earlier(t.Since, now)
		a.Turns[who] = t
		if now.Sub(t.At) >= keeps {
			delete(a.Turns, who)
		}
	}
	a.Line = tidyTickets(a.Line, now)
	a.Door = tidyTickets(a.Door, now)
	a.Pause.Since = earlier(a.Pause.Since, now)
	if a.Pause.left(now) <= 0 {
		a.Pause = pause{}
	}
}

// putForward goes along with a clock that was put forward: all that happened is as long ago as it was before.
func (a *account) putForward(by time.Duration) {
	if by == 0 {
		return
	}
	for i := range a.Sent {
		a.Sent[i].At = a.Sent[i].At.Add(by)
	}
	for i := range a.Inside {
		a.Inside[i].At = a.Inside[i].At.Add(by)
	}
	for name, p := range a.Paces {
		p.At = p.At.Add(by)
		a.Paces[name] = p
	}
	for who, t := range a.Turns {
		t.At, t.Since = t.At.Add(by), t.Since.Add(by)
		a.Turns[who] = t
	}
	for _, line := range [][]ticket{a.Line, a.Door} {
		for i := range line {
			line[i].Since, line[i].Seen, line[i].Due = line[i].Since.Add(by), line[i].Seen.Add(by), line[i].Due.Add(by)
		}
	}
	a.Pause.Since = a.Pause.Since.Add(by)
}

// sinceNoted is how much time can have passed unnoticed.
func (a *account) sinceNoted(now time.Time) time.Duration {
	if a.Noted.IsZero() {
		return math.MaxInt64
	}
	return max(now.Sub(a.Noted), 0)
}

// forget drops the calls that no longer count.
func (a *account) forget(now time.Time) {
	a.Sent = slices.DeleteFunc(a.Sent, func(s sent) bool { return now.Sub(s.At) >= window })
}

func earlier(t, now time.Time) time.Time {
	if t.After(now) {
		return now
	}
	return t
}

// note adds a call that is about to be sent.
func (a *account) note(call sent, limits []limit) {
	for _, l := range limits {
		a.book(call.At, l)
	}
	a.insert(call)
}

// insert keeps the order, which other servers' clocks may disturb.
func (a *account) insert(call sent) {
	i, _ := slices.BinarySearchFunc(a.Sent, call.At, func(s sent, at time.Time) int {
		if s.At.After(at) {
			return 1
		}
		return -1
	})
	a.Sent = slices.Insert(a.Sent, i, call)
}

// late counts a call as sent now that was answered only now: it may have arrived as late as that. It says whether there
// is such a call.
func (a *account) late(now time.Time, call sent, r rules) bool {
	i := a.index(call)
	if i < 0 {
		return false
	}
	call = a.Sent[i]
	call.At, call.Apart = now, call.Apart || r.apart > 0
	a.replace(i, call)
	return true
}

// index is where a call is, or -1.
func (a *account) index(call sent) int {
	return slices.IndexFunc(a.Sent, func(s sent) bool { return s.ID == call.ID })
}

// replace puts a call where it belongs by its time, for the one that is at i.
func (a *account) replace(i int, call sent) {
	a.Sent = slices.Delete(a.Sent, i, i+1)
	a.insert(call)
}

// calls are how many calls each person has sent within the window; those of nobody belong to no one.
func (a *account) calls() map[string]int {
	counts := map[string]int{}
	for _, s := range a.Sent {
		if s.Who != "" {
			counts[s.Who]++
		}
	}
	return counts
}

// lasts is for how long the account is worth keeping.
func (a *account) lasts(now time.Time) time.Duration { return max(stay, a.Pause.left(now)) + window }

func (a *account) clone() account {
	c := *a
	c.Sent, c.Paces, c.Line = slices.Clone(a.Sent), maps.Clone(a.Paces), slices.Clone(a.Line)
	c.Turns = maps.Clone(a.Turns)
	c.Door, c.Inside = slices.Clone(a.Door), slices.Clone(a.Inside)
	return c
}
