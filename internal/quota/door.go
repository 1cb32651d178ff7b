package quota

import (
	"slices"
	"time"
)

const (
	// journey is how many calls somebody makes who builds a Zap, about.
	journey = 9
	// stay is how long somebody who was let in may go in and out.
	stay = 10 * time.Minute
	// crowded is how long a line may be before nobody else is let in.
	crowded = 3 * time.Second
	// longestStand is how long somebody may have to wait at the door who comes to it; who would wait longer is turned away.
	longestStand = 5 * time.Minute
	// doorPresent is how long somebody who was seen at the door holds up who comes later: a page comes back less often
	// than a waiting call.
	doorPresent = 10 * time.Second
	// due is how long somebody at the door goes first from when they were told to come back: they have a button to press.
	due = 5 * time.Second
	// lately is how long it takes until it shows whether those who were let in have room.
	lately = 2 * time.Second
	// doorAgain is the least that somebody at the door is told to wait.
	doorAgain = time.Second
)

// visit is somebody who was let in.
type visit struct {
	Who string    `json:"who"`
	At  time.Time `json:"at"`
}

// enter lets somebody in, whose wait is 0 then, or gives them a place at the door; 0 when they would wait too long. It
// says whether the account has to be kept.
func (a *account) enter(now time.Time, who string, addresses int, r rules) (wait time.Duration, place int, changed bool) {
	if r.none() || a.isInside(who) {
		return 0, 0, false
	}
	mine, known := ticket{Who: who, Since: now}, find(a.Door, who)
	if known >= 0 {
		mine = a.Door[known]
	}
	before, holding := a.beforeAtDoor(now, mine)
	calls := r.all(max(addresses, len(a.addresses())))
	most, crowd := places(calls), a.crowd(now, r)
	if holding == 0 && a.begun(now) < most && a.rush(now) < atOnceIn(most) && a.doorPause(now, calls, crowd) == 0 {
		a.Inside = append(a.Inside, visit{who, now})
		a.Door = without(a.Door, who)
		return 0, 0, true
	}
	wait = a.doorWait(now, before, calls, crowd)
	if wait > longestStand && known < 0 {
		return wait, 0, false
	}
	if known >= 0 && now.Sub(mine.Seen) < doorPresent { // a page that asks by itself, and is gone when it does not
		mine.Due = time.Time{}
	} else {
		mine.Due = now.Add(wait)
	}
	mine.Seen = now
	a.Door = append(without(a.Door, who), mine)
	return wait, before + 1, true
}

func (a *account) isInside(who string) bool {
	return slices.ContainsFunc(a.Inside, func(v visit) bool { return v.Who == who })
}

// places is how many journeys may begin in one window under so many calls.
func places(calls int) int { return max(calls/journey, 2) }

// apart is how far apart people come in for whom so many calls are just enough.
func apart(calls int) time.Duration { return min(window*journey/time.Duration(calls), window/2) }

// atOnceIn is how many may be let in together: with more the line is long at once, and nobody is done sooner.
func atOnceIn(places int) int { return max(places/2, 2) }

// rush is how many were let in a moment ago.
func (a *account) rush(now time.Time) int {
	count := 0
	for _, v := range a.Inside {
		if now.Sub(v.At) < lately {
			count++
		}
	}
	return count
}

// begun is how many of the journeys that are under way began within the window.
func (a *account) begun(now time.Time) int {
	count := 0
	for _, v := range a.Inside {
		if now.Sub(v.At) < window {
			count++
		}
	}
	return count
}

// doorPause is how long nobody is let in: Zapier refuses calls, those inside wait too long, or, when they wait at all,
// somebody was let in a moment ago.
func (a *account) doorPause(now time.Time, calls int, crowd time.Duration) time.Duration {
	pause := a.Pause.left(now)
	if crowd > 0 {
		for _, v := range a.Inside {
			pause = max(pause, v.At.Add(apart(calls)).Sub(now))
		}
	}
	return max(pause, crowd-crowded, 0)
}

// crowd is how long somebody inside waits who comes now, or has waited already. Those outside do not count: a few who call
// all the time would shut the door for everybody.
func (a *account) crowd(now time.Time, r rules) time.Duration {
	var waits time.Duration
	present := 0
	for _, t := range a.Line {
		if a.isInside(t.Who) && now.Sub(t.Seen) < doorPresent {
			present++
			waits = max(waits, now.Sub(t.Since))
		}
	}
	return max(waits, a.foresee(now, present, question{from: a.addresses()}, r))
}

// beforeAtDoor is how many came to the door before, and how many of them are there.
func (a *account) beforeAtDoor(now time.Time, mine ticket) (before, holding int) {
	for _, t := range a.Door {
		first := t.Since.Before(mine.Since) || (t.Since.Equal(mine.Since) && t.Who < mine.Who)
		if t.Who == mine.Who || !first {
			continue
		}
		before++
		if now.Sub(t.Seen) < doorPresent || t.isDue(now) {
			holding++
		}
	}
	return before, holding
}

func (t ticket) isDue(now time.Time) bool { return !now.Before(t.Due) && now.Sub(t.Due) < due }

// doorWait is how long until the door opens to who has so many before them. Those come in one after the other while
// somebody inside waits; otherwise the first few come in together.
func (a *account) doorWait(now time.Time, before, calls int, crowd time.Duration) time.Duration {
	most := places(calls)
	var begun []time.Time
	for _, v := range a.Inside {
		if now.Sub(v.At) < window {
			begun = append(begun, v.At)
		}
	}
	slices.SortFunc(begun, time.Time.Compare)
	pause := a.doorPause(now, calls, crowd)
	wait := max(pause, doorAgain)
	switch over := a.rush(now) + before - atOnceIn(most); {
	case crowd > 0:
		wait += time.Duration(before) * apart(calls)
	case over >= 0:
		wait = max(wait, pause+lately+time.Duration(over)*apart(calls))
	}
	if over := len(begun) + before - most; over >= 0 {
		rounds, rest := over/most, over%most
		at := now // those who are let in now count as long again
		if rest < len(begun) {
			at = begun[rest]
		}
		wait = max(wait, at.Add(window).Sub(now)+time.Duration(rounds)*window)
	}
	return wait
}

// leave ends somebody's journey, or their waiting for one, and says whether there was any.
func (a *account) leave(who string) bool {
	people := len(a.Door) + len(a.Inside)
	a.Door = without(a.Door, who)
	a.Inside = slices.DeleteFunc(a.Inside, func(v visit) bool { return v.Who == who })
	return len(a.Door)+len(a.Inside) < people
}
