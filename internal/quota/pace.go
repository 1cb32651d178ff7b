package quota

import (
	"slices"
	"time"
)

// lead is how far calls may be ahead of an even pace: a quarter of a window, so that about a quarter of the limit may
// be sent at once by who comes after a quiet minute. Without a pace the limit would be gone in seconds, and then
// nobody could do anything for a minute.
const lead = window / 4

// limit is how many of the calls that it counts may lie in any one window.
type limit struct {
	// name is that of its pace in the account.
	name   string
	most   int
	counts func(sent) bool
	// lead is how far its calls may be ahead of their pace.
	lead time.Duration
}

// sparing is the limit for calls that nobody waits for: a fifth is left, and half of the lead.
func (l limit) sparing() limit {
	l.most -= max(l.most/5, 1)
	l.lead /= 2
	return l
}

// pace is how far calls were ahead of an even pace at a moment.
type pace struct {
	At    time.Time     `json:"at"`
	Ahead time.Duration `json:"ahead"`
}

// at is the pace now. Time that a clock was put back by does not count.
func (p pace) at(now time.Time) pace {
	passed := max(now.Sub(p.At), 0)
	return pace{now, max(p.Ahead-passed, 0)}
}

// under are the times of the calls that a limit counts, oldest first.
func (a *account) under(l limit) []time.Time {
	times := make([]time.Time, 0, len(a.Sent))
	for _, s := range a.Sent {
		if l.counts(s) {
			times = append(times, s.At)
		}
	}
	return times
}

// wait is how long until one more call is within the limit and its pace, 0 if it is now.
func (a *account) wait(now time.Time, l limit) time.Duration {
	if l.most <= 0 {
		return forever
	}
	wait, count := max(a.Paces[l.name].at(now).Ahead-l.lead, 0), 0
	for _, s := range slices.Backward(a.Sent) {
		if !l.counts(s) {
			continue
		}
		if count++; count == l.most {
			return max(wait, s.At.Add(window).Sub(now))
		}
	}
	return wait
}

// forever is a wait that nobody has patience for.
const forever = time.Hour

// book notes at the pace of a limit that a call is sent.
func (a *account) book(now time.Time, l limit) {
	p := a.Paces[l.name].at(now)
	p.Ahead += evenly(now, a.under(l), l.most)
	if a.Paces == nil {
		a.Paces = map[string]pace{}
	}
	a.Paces[l.name] = p
}

// evenly is the shortest distance at which calls can go on, from when there is room for one, for as long as anybody likes:
// at none of the moments when older calls cease to count may more have been sent than there was room for.
func evenly(now time.Time, times []time.Time, most int) time.Duration {
	distance, left, first := window/time.Duration(most), most-len(times), now
	if left <= 0 {
		first = times[-left].Add(window)
	}
	for i, t := range times {
		if left+i > 0 {
			distance = max(distance, t.Add(window).Sub(first)/time.Duration(left+i))
		}
	}
	return distance
}

// longest is the longest of the waits for several limits.
func (a *account) longest(now time.Time, limits []limit) time.Duration {
	var wait time.Duration
	for _, l := range limits {
		wait = max(wait, a.wait(now, l))
	}
	return wait
}

// rules are the limits of one server's calls.
type rules struct {
	ip, partner int
	// apart divides them among so many servers that do not know of each other; 0 while they do.
	apart int
	// server is whose part it is.
	server string
}

// apartFrom are the rules while nobody knows of the other servers' calls.
func (r rules) apartFrom(replicas int) rules {
	r.apart = replicas
	return r
}

// common are the limits that every call is under.
func (r rules) common() []limit {
	var limits []limit
	if r.partner > 0 {
		limits = append(limits, limit{"partner", r.partner, func(sent) bool { return true }, lead})
		if r.apart > 0 {
			limits = append(limits, limit{"apart " + r.server, share(r.partner, r.apart), func(s sent) bool { return s.Apart }, lead})
		}
	}
	return limits
}

// own are the limits of one person's calls: a part, so that whoever comes new finds room.
func (r rules) own(who string) []limit {
	most := r.ip
	if most == 0 {
		most = r.partner
	}
	if who == "" || most == 0 {
		return nil
	}
	return []limit{{"user " + who, (3*most + 3) / 4, func(s sent) bool { return s.Who == who }, lead}}
}

// at are the limits of calls from an address.
func (r rules) at(from string) []limit {
	if r.ip == 0 {
		return nil
	}
	limits := []limit{{"from " + from, r.ip, func(s sent) bool { return s.From == from }, lead}}
	if r.apart > 0 {
		limits = append(limits, limit{"apart " + r.server + " from " + from, share(r.ip, r.apart), func(s sent) bool { return s.Apart && s.From == from }, lead})
	}
	return limits
}

// all is how many calls a window so many addresses may make together; 0: any number.
func (r rules) all(addresses int) int {
	most := min(r.ip*addresses, r.partner)
	switch {
	case r.ip == 0:
		most = r.partner
	case r.partner == 0:
		most = r.ip * addresses
	}
	if most > 0 && r.apart > 0 {
		return share(most, r.apart)
	}
	return most
}

// none says that there are no limits.
func (r rules) none() bool { return r.all(1) == 0 }

func share(most, servers int) int { return max(most/servers, 1) }

// sparing are the limits for calls that nobody waits for.
func sparing(limits []limit) []limit {
	limits = slices.Clone(limits)
	for i, l := range limits {
		limits[i] = l.sparing()
	}
	return limits
}
