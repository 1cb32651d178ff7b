package quota

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// disorder is an account under everything that can happen to it, and what really arrived at Zapier, by a clock of its own.
type disorder struct {
	rules   rules
	account account
	// local is one server that has no store at times.
	local local
	// real is how late it really is; the servers' clock is put back or forward now and then.
	real    time.Time
	back    time.Duration
	arrived []sent
	// away are calls that have not arrived yet.
	away []flight
}

// flight is a call that is on its way since a moment.
type flight struct {
	call  sent
	since time.Time
}

func (d *disorder) now() time.Time { return d.real.Add(-d.back) }

// happen lets one thing happen, chosen by three bytes.
func (d *disorder) happen(t *testing.T, what, who, how byte) {
	now := d.now()
	user := "" // an eighth are nobody's, half are one greedy user's
	if who%8 > 0 {
		user = fmt.Sprint("user-", max(who%8, 4)-3)
	}
	from := [][]string{{"a"}, {"b"}, {"a", "b"}, {"c"}}[who/8%4]
	switch what % 16 {
	case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9:
		d.account.tidy(now)
		d.send(d.account.ask(now, question{who: user, from: from, background: how%8 == 7, patience: time.Duration(how) * 100 * time.Millisecond}, d.rules), who > 200)
	case 10:
		d.pass(time.Duration(how) * 10 * time.Millisecond)
	case 11:
		d.pass(time.Duration(how) * 50 * time.Millisecond)
	case 12:
		switch step := time.Duration(who) * time.Duration(who) * 5 * time.Millisecond; {
		case how > 245:
			d.back += step
		case how > 235:
			d.back -= step
			d.account.putForward(step)
		}
	case 13:
		d.account.tidy(now)
		if how > 250 {
			d.account.shut(now, time.Duration(how-200)*time.Second)
		}
		d.account.enter(now, user, 1, d.rules)
	case 14:
		d.withoutStore(now, user, from, how)
	case 15:
		encoded, err := json.Marshal(d.account)
		require.NoError(t, err)
		d.account = account{}
		require.NoError(t, json.Unmarshal(encoded, &d.account))
	}
}

// send lets a call arrive at once, or later.
func (d *disorder) send(got answer, later bool) {
	switch {
	case got.wait > 0:
	case later:
		d.away = append(d.away, flight{got.call, d.real})
	default:
		d.arrive(got.call)
	}
}

func (d *disorder) arrive(call sent) {
	call.At = d.real
	d.arrived = append(d.arrived, call)
}

// pass lets time go by. No call is away for longer than half a minute.
func (d *disorder) pass(length time.Duration) {
	d.real = d.real.Add(length)
	for len(d.away) > 0 && (d.real.Sub(d.away[0].since) > 15*time.Second || len(d.away) > 5) {
		flight := d.away[0]
		d.arrive(flight.call)
		if d.real.Sub(flight.since) >= prompt {
			d.account.tidy(d.now())
			d.account.late(d.now(), flight.call, d.rules)
		}
		d.away = d.away[1:]
	}
}

// withoutStore sends calls while the store is away for a moment, in which nobody else has any.
func (d *disorder) withoutStore(now time.Time, user string, from []string, how byte) {
	d.account.tidy(now)
	d.local = local{account: d.account.clone(), away: true}
	for range how % 16 {
		d.send(d.local.account.ask(now, question{who: user, from: from, patience: time.Second}, d.rules.apartFrom(3)), false)
	}
	d.local.tell(now, &d.account)
}

// holds checks that no minute has more calls than the limits allow.
func (d *disorder) holds(t *testing.T) {
	t.Helper()
	for name, counted := range map[string]struct {
		most   int
		counts func(sent) bool
	}{
		"partner": {d.rules.partner, func(sent) bool { return true }},
		"a":       {d.rules.ip, func(s sent) bool { return s.From == "a" }},
		"b":       {d.rules.ip, func(s sent) bool { return s.From == "b" }},
		"user-1":  {15, func(s sent) bool { return s.Who == "user-1" }},
	} {
		var times []time.Time
		for _, s := range d.arrived {
			if counted.counts(s) {
				times = append(times, s.At)
			}
		}
		for i := counted.most; i < len(times); i++ {
			require.GreaterOrEqual(t, times[i].Sub(times[i-counted.most]), time.Minute, "%s: %d calls within a minute", name, counted.most+1)
		}
	}
}

// recovers checks that the account is open again a while after everything ended, however late its clock thinks it is.
func (d *disorder) recovers(t *testing.T) {
	t.Helper()
	d.account.tidy(d.now())
	wait := max(d.account.Pause.left(d.now()), 0) + window
	assert.LessOrEqual(t, d.account.Pause.left(d.now()), 55*time.Second, "no longer than it was asked for")
	d.real = d.real.Add(wait)
	d.account.tidy(d.now())
	got := d.account.ask(d.now(), question{who: "somebody else", from: []string{"a"}, background: true, patience: 0}, d.rules)
	assert.Zero(t, got.wait)
}

func disorderly(t *testing.T, story []byte) {
	d := &disorder{rules: rules{ip: 20, partner: 40}, real: noon()}
	for ; len(story) >= 3; story = story[3:] {
		d.happen(t, story[0], story[1], story[2])
	}
	d.holds(t)
	d.recovers(t)
}

// Whatever happens, in whatever order, clocks that are put back or forward included: no minute holds more calls than the limits
// allow, and the way is open again when it should be.
func FuzzNoMinuteHoldsTooMany(f *testing.F) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 6))
		story := make([]byte, 7500)
		for i := range story {
			story[i] = byte(random.UintN(256))
		}
		f.Add(story)
	}
	f.Fuzz(disorderly)
}

// fill sends as many calls as there is room for, by as many people.
func fill(a *account, now time.Time, r rules) (count int) {
	for {
		a.tidy(now)
		a.Paces = nil // all at once
		if got := a.ask(now, question{who: fmt.Sprint(count), from: []string{"a"}, patience: 0}, r); got.wait > 0 {
			a.Line = nil
			return count
		}
		count++
	}
}

// A clock that is put back keeps nobody out for longer than a minute.
func TestAClockThatIsPutBack(t *testing.T) {
	t.Parallel()
	for _, step := range []time.Duration{100 * time.Millisecond, 20 * time.Second, 10 * time.Minute, 48 * time.Hour} {
		t.Run(step.String(), func(t *testing.T) {
			t.Parallel()
			a, now := &account{}, noon()
			require.Equal(t, 60, fill(a, now, zapiers()))
			now = now.Add(10 * time.Second).Add(-step)
			assert.Zero(t, fill(a, now, zapiers()), "not a second minute's worth")
			assert.Zero(t, fill(a, now.Add(window-11*time.Second), zapiers()))
			assert.Equal(t, 60, fill(a, now.Add(window), zapiers()))
		})
	}
}

// This machine's clock is believed, and what passes is counted by what nobody can set.
func TestTheClockOfAMachine(t *testing.T) {
	t.Parallel()
	c := newClock(nil, time.Now)
	told, forward, err := c.learn(t.Context())
	require.NoError(t, err)
	assert.Zero(t, forward)
	assert.Equal(t, told.Round(0), told, "as it was set")
	assert.NotEqual(t, c.at.Round(0), c.at, "and however it is set")
	c.told = c.told.Add(-time.Minute)
	_, forward, err = c.learn(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, time.Minute, forward, float64(10*time.Second))
	assert.WithinDuration(t, time.Now(), c.now(), 10*time.Second)
}

func TestAnAnswerThatTakesLongIsNoStepOfTheClock(t *testing.T) {
	t.Parallel()
	machine, shared := noon(), noon().Add(time.Hour)
	pass := func(d time.Duration) { machine, shared = machine.Add(d), shared.Add(d) }
	var there, back time.Duration
	c := newClock(func(context.Context) (time.Time, error) {
		pass(there)
		at := shared
		pass(back)
		return at, nil
	}, func() time.Time { return machine })
	_, _, err := c.learn(t.Context())
	require.NoError(t, err)
	for _, way := range [][2]time.Duration{{0, time.Second}, {0, 0}, {time.Second, 0}, {0, 0}, {0, time.Second}, {time.Second, 0}} {
		pass(50 * time.Millisecond)
		there, back = way[0], way[1]
		_, forward, err := c.learn(t.Context())
		require.NoError(t, err)
		assert.Zero(t, forward, "%s there and %s back", there, back)
	}
	shared = shared.Add(5 * time.Second)
	_, forward, err := c.learn(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, 5*time.Second, forward, float64(2*time.Second), "as far as can be told")
}

func TestAPauseEndsThoughTheClockIsPutBack(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	a.shut(now, 90*time.Second)
	now = now.Add(-time.Hour)
	a.tidy(now)
	assert.Equal(t, 90*time.Second, a.ask(now, question{}, zapiers()).wait)
	now = now.Add(90 * time.Second)
	a.tidy(now)
	assert.Zero(t, a.ask(now, question{from: []string{"a"}}, zapiers()).wait)
}

// queue is an account with a clock.
type queue struct {
	account
	now time.Time
}

func newQueue() *queue { return &queue{now: noon()} }

func (q *queue) ask(who string) (time.Duration, int) {
	q.tidy(q.now)
	wait, place, _ := q.enter(q.now, who, 1, zapiers())
	return wait, place
}

// call asks for a call's turn.
func (q *queue) call(who string, patience time.Duration) answer {
	q.tidy(q.now)
	return q.account.ask(q.now, question{who: who, from: []string{"a"}, patience: patience}, zapiers())
}

// let lets so many in who come two seconds apart.
func (q *queue) let(t *testing.T, count int) {
	t.Helper()
	for i := range count {
		wait, _ := q.ask(fmt.Sprint("in-", i))
		require.Zero(t, wait, i)
		q.now = q.now.Add(2 * time.Second)
	}
}

// At the door nobody is forgotten and nobody stays for ever when the clock is put back.
func TestADoorThatIsPutBack(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 6)
	q.now = q.now.Add(-time.Hour)
	wait, place := q.ask("seventh")
	assert.Equal(t, window, wait)
	assert.Equal(t, 1, place)
	q.now = q.now.Add(window)
	wait, _ = q.ask("seventh")
	assert.Zero(t, wait)
}

func TestTheDoor(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 6) // with nine calls each
	wait, place := q.ask("first")
	assert.Equal(t, window-12*time.Second, wait, "until the first of those inside no longer counts")
	assert.Equal(t, 1, place)
	q.now = q.now.Add(time.Second)
	wait, place = q.ask("second")
	assert.Equal(t, window-11*time.Second, wait)
	assert.Equal(t, 2, place)
	wait, _ = q.ask("in-3")
	assert.Zero(t, wait, "who is in may come and go")

	q.now = q.now.Add(lately)
	q.leave("in-5")
	_, place = q.ask("second")
	assert.Equal(t, 2, place, "the first goes first")
	wait, _ = q.ask("first")
	assert.Zero(t, wait)

	q.now = q.now.Add(doorPresent)
	_, _ = q.ask("third")
	q.leave("in-4")
	wait, _ = q.ask("third")
	assert.Zero(t, wait, "the second did not come back, and holds up nobody")
	_, place = q.ask("second")
	assert.Equal(t, 1, place)

	q.now = q.now.Add(stay)
	wait, _ = q.ask("in-3")
	assert.Zero(t, wait)
	assert.Equal(t, []visit{{"in-3", q.now}}, q.Inside, "all others are forgotten, and this one begins anew")
}

// Without script nobody asks again before the time that the page names. Others, who ask every five seconds, do not get in
// before somebody who came first and keeps to that.
func TestWhoComesBackToTheDoorWhenToldGetsIn(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 6)
	back := map[string]time.Time{}
	var waiting []string
	for range 3 { // newcomers, and then the one without script
		waiting = append(waiting, fmt.Sprint("before-", len(waiting)))
	}
	waiting = append(waiting, "plain")
	began := q.now
	for q.now.Sub(began) < 4*time.Minute {
		if int(q.now.Sub(began).Seconds())%10 == 0 {
			waiting = append(waiting, fmt.Sprint("after-", len(waiting)))
		}
		for _, who := range slices.Clone(waiting) {
			if q.now.Before(back[who]) {
				continue
			}
			wait, _ := q.ask(who)
			switch {
			case wait == 0 && who == "plain":
				assert.Less(t, q.now.Sub(began), 90*time.Second)
				return
			case wait == 0:
				waiting = slices.DeleteFunc(waiting, func(w string) bool { return w == who })
			case who == "plain":
				back[who] = q.now.Add(wait)
			default:
				back[who] = q.now.Add(min(wait, 5*time.Second))
			}
		}
		q.now = q.now.Add(time.Second)
	}
	t.Fatal("the one without script never gets in")
}

// The place is kept until then and for a while; who does not come back holds up the others for a moment alone.
func TestTheDoorReckonsWithWhoIsDue(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 6)
	wait, _ := q.ask("first")
	q.now = q.now.Add(wait)
	held, place := q.ask("second")
	assert.NotZero(t, held)
	assert.Equal(t, 2, place, "the first may be about to press the button")
	q.now = q.now.Add(due)
	held, _ = q.ask("second")
	assert.Zero(t, held)
	q.now = q.now.Add(keeps)
	q.tidy(q.now)
	assert.Empty(t, q.Door, "nobody is reckoned with for ever")
}

// A page that asks by itself is gone when it no longer does.
func TestWhoLeavesTheDoorIsForgotten(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 6)
	for range 3 {
		for i := range 20 {
			q.ask(fmt.Sprint(i))
		}
		q.now = q.now.Add(5 * time.Second)
	}
	q.now = q.now.Add(keeps - 5*time.Second)
	_, place := q.ask("next")
	assert.Equal(t, 1, place)
}

// Who has consented is not told to come again.
func TestNobodysCallsGoFirst(t *testing.T) {
	t.Parallel()
	q := newQueue()
	fill(&q.account, q.now, zapiers())
	q.now = q.now.Add(window - 5*time.Second)
	for i := range 50 {
		require.Positive(t, q.call(fmt.Sprint(i), time.Hour).place)
	}
	q.now = q.now.Add(time.Second)
	got := q.call("", 8*time.Second)
	assert.False(t, got.hopeless)
	assert.Equal(t, 1, got.place)
}

// What is known of somebody's place is what was said last.
func TestTicketsAreMergedWhole(t *testing.T) {
	t.Parallel()
	earlier := ticket{Who: "x", Since: noon(), Seen: noon(), Due: noon().Add(20 * time.Second), Away: true}
	later := ticket{Who: "x", Since: noon().Add(time.Second), Seen: noon().Add(20 * time.Second), Due: noon().Add(4 * time.Minute), From: []string{"a"}}
	want := later
	want.Since = noon()
	assert.Equal(t, []ticket{want}, mergeTickets([]ticket{earlier}, []ticket{later}))
	assert.Equal(t, []ticket{want}, mergeTickets([]ticket{later}, []ticket{earlier}))
}

// Three may come together; whether there is room for more shows in a moment.
func TestTheDoorHoldsARushBack(t *testing.T) {
	t.Parallel()
	q := newQueue()
	for i := range 3 {
		wait, _ := q.ask(fmt.Sprint(i))
		require.Zero(t, wait)
	}
	wait, place := q.ask("fourth")
	assert.Equal(t, lately, wait)
	assert.Equal(t, 1, place)
	q.now = q.now.Add(lately)
	wait, _ = q.ask("fourth")
	assert.Zero(t, wait)
}

// As soon as somebody inside has to wait, people are let in one after the other.
func TestTheDoorHasAPace(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.let(t, 1)
	q.Paces = map[string]pace{"from a": {q.now, time.Minute}}
	q.Line = []ticket{{Who: "in-0", Since: q.now, Seen: q.now, From: []string{"a"}}}
	q.Paces["from a"] = pace{q.now, lead + 2*time.Second}
	wait, _ := q.ask("next")
	assert.Equal(t, window*journey/60-2*time.Second, wait, "each when there are calls for one more")
	after, place := q.ask("one after the next")
	assert.Equal(t, wait+apart(60), after)
	assert.Equal(t, 2, place)
	q.Line = nil
	q.Paces = nil
	wait, _ = q.ask("next")
	assert.Zero(t, wait, "nobody waits")
}

// Those who would wait for more than five minutes are told so instead.
func TestALongLineAtTheDoor(t *testing.T) {
	t.Parallel()
	q := newQueue()
	places := []int{}
	var last time.Duration
	for i := range 50 {
		wait, place := q.ask(fmt.Sprintf("%02d", i))
		if place > 0 {
			places = append(places, place)
			assert.LessOrEqual(t, wait, longestStand)
		}
		last = wait
	}
	assert.InDelta(t, 29, len(places), 3, "five minutes of six")
	assert.Len(t, q.Door, len(places))
	assert.Greater(t, last, longestStand)

	q.shut(q.now, 10*time.Minute)
	_, place := q.ask(q.Door[0].Who)
	assert.Positive(t, place, "who stands in line is not sent away any more")
}

// While those inside wait for long, nobody else is let in.
func TestNobodyIsLetIntoACrowd(t *testing.T) {
	t.Parallel()
	q := newQueue()
	q.Paces = map[string]pace{"from a": {q.now, lead}}
	for i := range 7 {
		who := fmt.Sprint("inside-", i)
		q.Inside = append(q.Inside, visit{who, q.now.Add(-window)})
		q.account.ask(q.now, question{who: who, from: []string{"a"}, patience: time.Hour}, zapiers())
	}
	wait, place := q.ask("somebody")
	assert.Positive(t, wait)
	assert.Equal(t, 1, place)
	q.now = q.now.Add(window)
	wait, _ = q.ask("somebody")
	assert.Zero(t, wait)

	q.shut(q.now, cooldown)
	for i, want := range []time.Duration{cooldown, cooldown, cooldown + lately, cooldown + lately + apart(60)} {
		wait, place = q.ask(fmt.Sprint("next-", i))
		assert.Equal(t, want, wait)
		assert.Equal(t, i+1, place)
	}
}

// However long those wait who are not inside, the door is open: those who come in go before them.
func TestPeopleOutsideDoNotShutTheDoor(t *testing.T) {
	t.Parallel()
	for name, outside := range map[string][]*person{
		"three who want all they can get":         many(6, person{patience: 10 * time.Second}),
		"a dozen who look at two pages at a time": many(24, person{think: 20 * time.Second}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i, p := range outside {
				p.name, p.arrives = fmt.Sprint("outside-", i/2), time.Duration(i)*time.Second
			}
			builders := many(2, person{pages: zap(), arrives: 90 * time.Second})
			c := newCrowd(zapiers(), append(outside, builders...)...)
			c.run(6 * time.Minute)
			c.holds(t)
			for _, p := range builders {
				assert.GreaterOrEqual(t, p.done, 3, p.name)
			}
		})
	}
}

func TestTheLineEnds(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	fill(a, now, zapiers())
	for i := range maxLine {
		got := a.ask(now, question{who: fmt.Sprintf("%03d", i), from: []string{"a"}, patience: time.Hour}, zapiers())
		require.Equal(t, i+1, got.place)
	}
	got := a.ask(now, question{who: "one too many", from: []string{"a"}, patience: time.Hour}, zapiers())
	assert.True(t, got.hopeless)
	assert.Zero(t, got.place)
	assert.Len(t, a.Line, maxLine)
	now = now.Add(keeps)
	a.tidy(now)
	assert.Empty(t, a.Line, "nobody came back")
}

// Who went away for a moment has kept their place, and meanwhile holds up nobody.
func TestAPlaceIsKept(t *testing.T) {
	t.Parallel()
	q := newQueue()
	fill(&q.account, q.now, zapiers())
	assert.True(t, q.call("away", time.Second).hopeless)
	q.now = q.now.Add(time.Second)
	assert.Equal(t, 2, q.call("there", time.Hour).place)
	assert.Equal(t, 1, q.call("away", time.Second).place)
	q.now = q.now.Add(window - time.Second - present)
	assert.Equal(t, 1, q.call("there", time.Hour).place, "half a minute is over for the other")
	q.now = q.now.Add(present)
	q.Paces = map[string]pace{"from a": {q.now, lead + time.Second}}
	assert.Equal(t, time.Second, q.call("there", time.Hour).wait)
	assert.Equal(t, 2, q.call("late", time.Hour).place)
	q.now = q.now.Add(time.Second)
	assert.Positive(t, q.call("late", time.Hour).wait, "the other is next")
	assert.Zero(t, q.call("there", time.Hour).wait)
	q.now = q.now.Add(2 * time.Second)
	assert.Zero(t, q.call("late", time.Hour).wait)
	assert.Empty(t, q.Line)
}

// Who was told to wait and does not come back counts for six seconds, and then only has a place.
func TestWhoDoesNotComeBack(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	a.Paces = map[string]pace{"from a": {now, lead + 8*time.Second}}
	ask := func(who string, patience time.Duration, background bool) answer {
		a.tidy(now)
		return a.ask(now, question{who: who, from: []string{"a"}, patience: patience, background: background}, zapiers())
	}
	for i := range 40 {
		require.True(t, ask(fmt.Sprint("gone-", i), 0, false).hopeless)
	}
	now = now.Add(returning - time.Millisecond)
	assert.Greater(t, ask("too early", 8*time.Second, false).wait, 40*time.Second)
	a.Line = without(a.Line, "too early")
	now = now.Add(time.Millisecond)
	got := ask("new", 8*time.Second, false)
	assert.False(t, got.hopeless)
	assert.Equal(t, 2*time.Second, got.wait)
	assert.Equal(t, 41, got.place, "theirs are kept")
	a.Line, a.Paces = without(a.Line, "new"), nil
	assert.Zero(t, ask("aside", 0, true).wait)
}

// Who has gone keeps the place and is not expected back; who ran out of time is.
func TestWhoStepsAside(t *testing.T) {
	t.Parallel()
	for gone, wait := range map[bool]time.Duration{true: 2 * time.Second, false: 2*time.Second + window/60} {
		a, now := &account{}, noon()
		a.Paces = map[string]pace{"from a": {now, lead + 2*time.Second}}
		q := question{who: "first", from: []string{"a"}, patience: time.Hour}
		require.Equal(t, 2*time.Second, a.ask(now, q, zapiers()).wait)
		got, ok := a.stepAside(now, q, gone, zapiers())
		require.True(t, ok)
		assert.Equal(t, answer{wait: 2 * time.Second, place: 1, hopeless: true}, got)
		q.who = "second"
		_, ok = a.stepAside(now, q, gone, zapiers())
		assert.False(t, ok, "who does not stand there")
		got = a.ask(now, q, zapiers())
		assert.Equal(t, 2, got.place)
		assert.InDelta(t, wait, got.wait, float64(time.Millisecond), "gone: %v", gone)
		now = now.Add(2 * time.Second)
		assert.Zero(t, a.ask(now, q, zapiers()).wait, "neither holds it up")
	}
}

// Who waited, and was not seen for a moment, holds nobody up.
func TestWhoVanishesHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	a.Paces = map[string]pace{"from a": {now, lead + time.Second}}
	ask := func(who string) answer {
		a.tidy(now)
		return a.ask(now, question{who: who, from: []string{"a"}, patience: time.Hour}, zapiers())
	}
	require.Equal(t, time.Second, ask("vanishes").wait)
	now = now.Add(present - time.Millisecond)
	assert.Positive(t, ask("next").wait, "the other may ask any moment")
	now = now.Add(time.Millisecond)
	assert.Zero(t, ask("next").wait)
}

// A line that is full of those who went away has room for who is there.
func TestALineOfPeopleWhoWentAway(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	fill(a, now, zapiers())
	for i := range maxLine {
		now = now.Add(time.Millisecond)
		require.True(t, a.ask(now, question{who: fmt.Sprint("gone-", i), from: []string{"a"}}, zapiers()).hopeless)
	}
	assert.False(t, a.ask(now, question{who: "new", from: []string{"a"}, patience: time.Hour}, zapiers()).hopeless)
	assert.Len(t, a.Line, maxLine)
	assert.Negative(t, find(a.Line, "gone-0"), "who was not seen for longest")
	assert.Positive(t, find(a.Line, "new"))
}

// What happened apart is not forgotten when the store is read and cannot be changed.
func TestASightOfTheStoreForgetsNothing(t *testing.T) {
	t.Parallel()
	now := noon()
	then := now.Add(-10 * time.Second)
	here := ticket{Who: "both", Since: now, Seen: now, From: []string{"a"}}
	shared := account{
		Sent:  []sent{{At: then, ID: 1}, {At: then, ID: 2}},
		Line:  []ticket{{Who: "both", Since: then, Seen: then, Away: true}, {Who: "theirs", Since: then, Seen: then}},
		Door:  []ticket{{Who: "let in", Since: then, Seen: then}},
		Turns: map[string]turn{"both": {Errand: "old", At: then}, "theirs": {At: then}},
		Paces: map[string]pace{"both": {now, time.Second}},
	}
	l := local{away: true, account: account{
		Sent:   []sent{{At: now, ID: 2, Apart: true}, {At: now, ID: 3, Apart: true}, {At: now, ID: 4}},
		Line:   []ticket{here},
		Door:   []ticket{{Who: "ours", Since: now, Seen: now}},
		Inside: []visit{{"let in", now}},
		Turns:  map[string]turn{"both": {Errand: "new", At: now}},
		Paces:  map[string]pace{"both": {now, time.Minute}, "ours": {now, time.Second}},
		Pause:  pause{now, time.Minute},
	}}
	l.saw(now, shared)
	got := l.account
	assert.Equal(t, []sent{{At: then, ID: 1}, {At: now, ID: 2, Apart: true}, {At: now, ID: 3, Apart: true}}, got.Sent, "each once")
	here.Since = then
	assert.Equal(t, []ticket{here, {Who: "theirs", Since: then, Seen: then}}, got.Line)
	assert.Equal(t, []ticket{{Who: "ours", Since: now, Seen: now}}, got.Door)
	assert.Equal(t, []visit{{"let in", now}}, got.Inside)
	assert.Equal(t, "new", got.Turns["both"].Errand)
	assert.Contains(t, got.Turns, "theirs")
	assert.Equal(t, time.Minute, got.Paces["both"].Ahead)
	assert.Equal(t, time.Second, got.Paces["ours"].Ahead)
	assert.Equal(t, pause{now, time.Minute}, got.Pause)
}

// Who has called little in the last minute goes before who has called much and came a little earlier; but who builds a Zap
// calls much.
func TestTheFrugalGoFirst(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		earlier time.Duration
		inside  []visit
		place   int
	}{{handicap, nil, 1}, {10 * handicap, nil, 2}, {handicap, []visit{{"busy", noon()}}, 2}} {
		a, now := &account{Inside: row.inside}, noon()
		for range 5 {
			a.note(sent{At: now, From: "a", Who: "busy"}, nil)
		}
		a.Paces = map[string]pace{"from a": {now.Add(row.earlier), time.Minute}}
		ask := func(who string) answer {
			return a.ask(now, question{who: who, from: []string{"a"}, patience: time.Hour}, zapiers())
		}
		require.Equal(t, 1, ask("busy").place)
		now = now.Add(row.earlier)
		assert.Equal(t, row.place, ask("frugal").place, "%v later", row.earlier)
	}
}

// A page of several calls waits once; four calls are the most that one place is good for.
func TestAPageWaitsOnce(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	ask := func(who, errand string) answer {
		a.tidy(now)
		return a.ask(now, question{who: who, errand: errand, from: []string{"a"}, patience: time.Hour}, zapiers())
	}
	require.Zero(t, ask("reader", "page").wait)
	now = now.Add(time.Second)
	a.Paces = map[string]pace{"from a": {now, time.Minute}}
	now = now.Add(2 * time.Second)
	require.Equal(t, 1, ask("other", "").place)
	for range 3 {
		assert.Equal(t, 1, ask("reader", "page").place)
		assert.Equal(t, 2, ask("other", "").place, "the page came first")
		a.Paces = nil
		require.Zero(t, ask("reader", "page").wait)
		a.Paces = map[string]pace{"from a": {now, time.Minute}}
	}
	assert.Equal(t, 2, ask("reader", "page").place, "that was its turn")
}

// Each page begins at the end of the line.
func TestTheNextPageWaitsAnew(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	ask := func(who, errand string) answer {
		a.tidy(now)
		return a.ask(now, question{who: who, errand: errand, from: []string{"a"}, patience: time.Hour}, zapiers())
	}
	for _, errand := range []string{"page", ""} {
		require.Zero(t, ask("reader", errand).wait)
	}
	now = now.Add(3 * time.Second)
	a.Paces = map[string]pace{"from a": {now, time.Minute}}
	require.Equal(t, 1, ask("other", "").place)
	now = now.Add(time.Millisecond)
	for _, errand := range []string{"next page", ""} {
		assert.Equal(t, 2, ask("reader", errand).place, errand)
		a.Line = without(a.Line, "reader")
	}
}

// A slow call is found though its time was changed when the clock was put back.
func TestALateCallWhoseClockIsPutBack(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	call := a.ask(now, question{who: "somebody", from: []string{"a"}}, zapiers()).call
	now = now.Add(-10 * time.Second)
	a.tidy(now)
	now = now.Add(5 * time.Second)
	require.True(t, a.late(now, call, zapiers()))
	assert.Equal(t, now, a.Sent[0].At)
	assert.False(t, a.late(now, sent{ID: call.ID + 1, From: "a", Who: "somebody"}, zapiers()), "another")
}

// Before anything is sent in the background a fifth is left to people, and the line is empty.
func TestBackgroundLeavesRoom(t *testing.T) {
	t.Parallel()
	a, now := &account{}, noon()
	ask := func() answer {
		a.tidy(now)
		a.Paces = nil
		return a.ask(now, question{who: fmt.Sprint(len(a.Sent)), from: []string{"a"}, background: true, patience: time.Hour}, zapiers())
	}
	for ask().wait == 0 {
	}
	assert.Len(t, a.Sent, 48)
	assert.Equal(t, window, ask().wait)
	assert.Equal(t, 12, fill(a, now, zapiers()))

	now = now.Add(window)
	a.tidy(now)
	a.Line = []ticket{{Who: "somebody", Since: now, Seen: now, From: []string{"a"}}}
	got := ask()
	assert.Positive(t, got.wait)
	assert.True(t, got.hopeless)
	assert.Zero(t, got.place)
}

func TestLimitsOfAllAddresses(t *testing.T) {
	t.Parallel()
	for want, got := range map[int]int{
		60: zapiers().all(1), 120: zapiers().all(2), 150: zapiers().all(3), 180: rules{ip: 60}.all(3), 40: rules{partner: 40}.all(3),
		0: rules{}.all(1), 20: zapiers().apartFrom(3).all(1), 1: rules{ip: 2}.apartFrom(3).all(1),
	} {
		assert.Equal(t, want, got)
	}
}

// evenly finds the distance that all that comes has room for.
func TestEvenly(t *testing.T) {
	t.Parallel()
	now := noon()
	times := func(ago ...int) []time.Time {
		var all []time.Time
		for _, seconds := range ago {
			all = append(all, now.Add(-time.Duration(seconds)*time.Second))
		}
		return all
	}
	assert.Equal(t, window/60, evenly(now, nil, 60))
	assert.Equal(t, window/4, evenly(now, times(0, 0), 6), "what is left lasts until the others fall out")
	assert.Equal(t, 51*time.Second/4, evenly(now, times(60, 10), 5), "and not only until the first of them does")
	assert.Equal(t, window/2, evenly(now, times(0, 0), 2), "from when there is room")
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var past []time.Time
		for range random.IntN(60) {
			past = append(past, now.Add(-time.Duration(random.Int64N(int64(window)))))
		}
		slices.SortFunc(past, time.Time.Compare)
		distance, sent := evenly(now, past, 60), slices.Clone(past)
		for i := 1; i < 300; i++ {
			at := now.Add(time.Duration(i) * distance)
			if len(sent) >= 60 {
				require.GreaterOrEqual(t, at.Sub(sent[len(sent)-60]), window-time.Microsecond, "call %d of those that follow", i)
			}
			sent = append(sent, at)
		}
	}
}
