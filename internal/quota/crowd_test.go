package quota

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// crowd lets people use an account by a clock that jumps to whatever happens next: minutes of a busy day in milliseconds,
// and the same ones each time.
type crowd struct {
	rules   rules
	account account
	began   time.Time
	now     time.Time
	people  []*person
	sent    []sent
}

// person asks, waits as Budget.Take does, and asks again as soon as there is an answer.
type person struct {
	name       string
	from       []string
	patience   time.Duration
	background bool
	// latency is how long an answer takes, think how long the person looks at it.
	latency, think time.Duration
	// back is how long a page that was told to wait stays away at most.
	back time.Duration
	// arrives is when the person comes, after the beginning, and calls how many calls they make; 0: no end.
	arrives time.Duration
	calls   int

	// pages are how many calls each page of a journey has; the person begins one journey after the other at the door. None:
	// there is no door, and each call is for itself.
	pages []int

	page    int // which page of the journey it is, from 0, and how many of its calls were sent
	sentOf  int
	onPage  time.Duration
	drawn   []time.Duration // how long pages waited for their calls
	inside  bool
	done    int
	doorAt  time.Time
	doors   []time.Duration
	told    time.Duration   // how long it would be, when the person came to the door
	late    []time.Duration // by how much longer it was
	refused int

	next   time.Time
	asked  time.Time // since when this call waits
	slept  time.Duration
	waits  []time.Duration
	at     []time.Time // when the calls were sent
	busy   int
	places []int
}

func newCrowd(r rules, people ...*person) *crowd {
	began := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := &crowd{rules: r, began: began, now: began, people: people}
	for i, p := range people {
		if p.name == "" {
			p.name = fmt.Sprint("person-", i)
		}
		if p.from == nil {
			p.from = []string{"one"}
		}
		if p.patience == 0 {
			p.patience = usualPatience
		}
		if p.latency == 0 {
			p.latency = 200 * time.Millisecond
		}
		if p.back == 0 {
			p.back = 5 * time.Second
		}
		p.next = began.Add(p.arrives)
	}
	return c
}

// run goes on for so long.
func (c *crowd) run(length time.Duration) {
	end := c.now.Add(length)
	for {
		p := slices.MinFunc(c.people, func(a, b *person) int { return a.next.Compare(b.next) })
		if p.next.After(end) {
			c.now = end
			return
		}
		c.now = p.next
		c.step(p)
	}
}

// enter says whether the person is in.
func (c *crowd) enter(p *person) bool {
	c.account.tidy(c.now)
	wait, place, _ := c.account.enter(c.now, p.name, len(p.from), c.rules)
	if p.doorAt.IsZero() {
		p.doorAt, p.told = c.now, wait
	}
	if wait == 0 {
		waited := c.now.Sub(p.doorAt)
		p.inside, p.page, p.sentOf = true, 0, 0
		p.doors, p.late, p.doorAt = append(p.doors, waited), append(p.late, waited-p.told), time.Time{}
		return true
	}
	if place == 0 {
		p.refused++
		p.next = c.now.Add(wait)
		return false
	}
	p.next = c.now.Add(min(wait, p.back))
	return false
}

func (c *crowd) step(p *person) {
	if len(p.pages) > 0 && !p.inside && !c.enter(p) {
		return
	}
	if p.asked.IsZero() {
		p.asked, p.slept = c.now, 0
	}
	c.account.tidy(c.now)
	got := c.account.ask(c.now, question{
		who: p.name, errand: p.errand(), from: p.from, background: p.background, patience: p.patience - p.slept, again: p.slept > 0,
	}, c.rules)
	if got.place > 0 {
		p.places = append(p.places, got.place)
	}
	switch {
	case got.wait == 0:
		c.sent = append(c.sent, sent{At: c.now, From: got.call.From, Who: p.name})
		p.waits, p.at = append(p.waits, c.now.Sub(p.asked)), append(p.at, c.now)
		p.onPage += c.now.Sub(p.asked)
		p.asked, p.next = time.Time{}, c.now.Add(p.latency+p.think)
		c.turnPage(p)
		if p.calls--; p.calls == 0 {
			p.next = c.now.Add(1000 * time.Hour)
		}
	case got.hopeless:
		p.busy++
		p.slept, p.next = 0, c.now.Add(min(got.wait, p.back))
	default:
		nap := min(got.wait, poll)
		p.slept += nap
		p.next = c.now.Add(nap)
	}
}

// errand is the page that a call is for.
func (p *person) errand() string {
	if len(p.pages) == 0 {
		return ""
	}
	return fmt.Sprint("page ", p.page, " of ", p.done)
}

// turnPage goes on when a page has all its calls, and to the next journey after the last page.
func (c *crowd) turnPage(p *person) {
	if len(p.pages) == 0 {
		return
	}
	if p.sentOf++; p.sentOf < p.pages[p.page] {
		return
	}
	p.drawn, p.onPage, p.sentOf = append(p.drawn, p.onPage), 0, 0
	if p.page++; p.page == len(p.pages) {
		p.inside, p.done = false, p.done+1
		c.account.leave(p.name)
	}
}

// holds checks that no minute has more calls than the limits allow.
func (c *crowd) holds(t *testing.T) {
	t.Helper()
	most := func(name string, limit int, counts func(sent) bool) {
		var times []time.Time
		for _, s := range c.sent {
			if counts(s) {
				times = append(times, s.At)
			}
		}
		for i := limit; limit > 0 && i < len(times); i++ {
			if gap := times[i].Sub(times[i-limit]); !assert.GreaterOrEqual(t, gap, window, "%s at %v", name, times[i].Sub(c.began)) {
				return
			}
		}
	}
	most("the partner", c.rules.partner, func(sent) bool { return true })
	for _, address := range c.account.addresses() {
		most(address, c.rules.ip, func(s sent) bool { return s.From == address })
	}
}

// rate is how many calls a minute were sent from a moment on.
func (c *crowd) rate(from time.Duration) float64 {
	count := 0
	for _, s := range c.sent {
		if s.At.Sub(c.began) >= from {
			count++
		}
	}
	return float64(count) / (c.now.Sub(c.began) - from).Minutes()
}

func (c *crowd) waits() []time.Duration {
	var all []time.Duration
	for _, p := range c.people {
		all = append(all, p.waits...)
	}
	slices.Sort(all)
	return all
}

func many(count int, like person) []*person {
	people := make([]*person, count)
	for i := range people {
		one := like
		people[i] = &one
	}
	return people
}

// zapiers are the limits that Zapier documents.
func zapiers() rules { return rules{ip: 60, partner: 150} }

func shares(people []*person) (least, most int) {
	least = math.MaxInt
	for _, p := range people {
		least, most = min(least, len(p.at)), max(most, len(p.at))
	}
	return least, most
}

// Twenty people who want all they can get: the limit is used, and everybody has their part of it.
func TestManyPeopleShareEvenly(t *testing.T) {
	t.Parallel()
	for name, patience := range map[string]time.Duration{"on pages that come back": 2 * time.Second, "waiting": 30 * time.Second} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(zapiers(), many(20, person{patience: patience})...)
			c.run(5 * time.Minute)
			c.holds(t)
			assert.Greater(t, c.rate(time.Minute), 57.5)
			least, most := shares(c.people)
			assert.LessOrEqual(t, most-least, 4, "of %d", most)
			waits := c.waits()
			assert.Less(t, waits[len(waits)-1], 35*time.Second, "twenty places, a bit more than a second each")
		})
	}
}

// The limit is not gone in seconds, after which everybody would wait for the rest of the minute.
func TestNobodyWaitsForTheMinuteToEnd(t *testing.T) {
	t.Parallel()
	c := newCrowd(zapiers(), many(8, person{patience: 12 * time.Second})...)
	c.run(5 * time.Minute)
	c.holds(t)
	assert.Greater(t, c.rate(0), 57.5)
	waits := c.waits()
	assert.Less(t, waits[len(waits)*99/100], 12*time.Second)
	for i := range c.sent[1:] {
		require.Less(t, c.sent[i+1].At.Sub(c.sent[i].At), 3*time.Second, "nobody was sent at %v", c.sent[i].At.Sub(c.began))
	}
	for _, p := range c.people {
		for i := range p.at[1:] {
			require.Less(t, p.at[i+1].Sub(p.at[i]), 12500*time.Millisecond, "%s at %v", p.name, p.at[i].Sub(c.began))
		}
	}
}

// One who works as people do does not notice any of it.
func TestQuietPeopleNeverWait(t *testing.T) {
	t.Parallel()
	c := newCrowd(zapiers(), many(2, person{think: 3 * time.Second})...)
	c.run(6 * time.Minute)
	waits := c.waits()
	assert.Zero(t, waits[len(waits)-1])
}

// One user with ten windows costs a newcomer a second or two.
func TestTheGreedyHoldNobodyUp(t *testing.T) {
	t.Parallel()
	greedy := many(10, person{name: "greedy", patience: time.Minute, latency: time.Millisecond})
	newcomers := []*person{{name: "at once", calls: 10}, {name: "soon", arrives: 20 * time.Second, calls: 10}, {name: "later", arrives: 3 * time.Minute, calls: 10}}
	c := newCrowd(zapiers(), append(greedy, newcomers...)...)
	c.run(5 * time.Minute)
	c.holds(t)
	for _, p := range newcomers {
		require.Len(t, p.waits, 10, p.name)
		assert.Less(t, slices.Max(p.waits), 3*time.Second, p.name)
	}
	taken := 0
	for _, p := range greedy {
		taken += len(p.at)
	}
	assert.LessOrEqual(t, taken, 5*45+15, "three quarters are for one user")
	assert.Greater(t, taken, 4*45)
}

// People's calls are sent as if there were no others.
func TestBackgroundCallsDelayNobody(t *testing.T) {
	t.Parallel()
	people := func() []*person { return many(5, person{think: 5 * time.Second, arrives: time.Second}) }
	alone := newCrowd(zapiers(), people()...)
	alone.run(6 * time.Minute)
	background := many(20, person{name: "background", background: true, back: time.Second})
	together := newCrowd(zapiers(), append(people(), background...)...)
	together.run(6 * time.Minute)
	together.holds(t)

	sent := 0
	for _, p := range together.people[:5] {
		assert.Less(t, slices.Max(p.waits), 2*time.Second)
	}
	for _, p := range background {
		sent += len(p.at)
		assert.Empty(t, p.places, "they have no place in the line")
	}
	assert.Positive(t, sent, "there is room for them")
	assert.InDelta(t, alone.rate(time.Minute), together.rate(time.Minute)-float64(sent)/6, 3)
}

// Several addresses are used evenly, up to the limit of the partner.
func TestAddressesAreUsedEvenly(t *testing.T) {
	t.Parallel()
	addresses := []string{"a", "b", "c"}
	c := newCrowd(zapiers(), many(20, person{from: addresses})...)
	c.run(5 * time.Minute)
	c.holds(t)
	assert.Greater(t, c.rate(time.Minute), 144.0)
	count := map[string]int{}
	for _, s := range c.sent {
		count[s.From]++
	}
	for _, address := range addresses {
		assert.InDelta(t, len(c.sent)/3, count[address], 20, address)
	}
}

// A server whose address is used up does not hold up one that has another.
func TestPeopleOfOtherAddressesGoOn(t *testing.T) {
	t.Parallel()
	crowded, free := many(20, person{from: []string{"a"}}), many(2, person{from: []string{"b"}, think: time.Second})
	c := newCrowd(zapiers(), append(crowded, free...)...)
	c.run(5 * time.Minute)
	c.holds(t)
	for _, p := range free {
		assert.Less(t, slices.Max(p.waits), 2*time.Second)
	}
}

// zap is what it takes to build one, page by page.
func zap() []int { return []int{1, 1, 3, 1, 2, 2} }

// People who build Zaps come through one after the other instead of all of them halfway.
func TestJourneysEndThatWereBegun(t *testing.T) {
	t.Parallel()
	for _, people := range []int{5, 20, 100} {
		t.Run(fmt.Sprint(people), func(t *testing.T) {
			t.Parallel()
			c := newCrowd(zapiers(), many(people, person{pages: zap(), patience: 8 * time.Second})...)
			c.run(6 * time.Minute)
			c.holds(t)
			done, busy := 0, 0
			for _, p := range c.people {
				done += p.done
				busy += p.busy
			}
			assert.GreaterOrEqual(t, done, 31, "of the 35 that there are calls for")
			var drawn []time.Duration
			for _, p := range c.people {
				drawn = append(drawn, p.drawn...)
			}
			slices.Sort(drawn)
			assert.Less(t, drawn[len(drawn)/2], 4*time.Second)
			assert.Less(t, drawn[len(drawn)*99/100], 10*time.Second)
			assert.LessOrEqual(t, busy, len(drawn)/100, "turned away inside")
		})
	}
}

// Who waits at the door is let in by turns, and knows their place.
func TestTheDoorIsFair(t *testing.T) {
	t.Parallel()
	c := newCrowd(zapiers(), many(20, person{pages: zap(), patience: 8 * time.Second})...)
	c.run(12 * time.Minute)
	for _, p := range c.people {
		assert.GreaterOrEqual(t, p.done, 3, p.name)
		assert.Zero(t, p.refused)
		assert.Less(t, slices.Max(p.doors), longestStand)
	}
}

// Who comes to the door is told how long it will be, once it shows that those inside have to wait.
func TestTheDoorKeepsItsWord(t *testing.T) {
	t.Parallel()
	pages := []int{1, 1, 3, 1, 2, 1} // as many calls as the door reckons with
	for name, people := range map[string][]*person{
		"pages that come back":         many(12, person{pages: pages}),
		"people who come back as told": many(12, person{pages: pages, back: longestStand}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCrowd(zapiers(), people...)
			c.run(4 * time.Minute)
			for _, p := range c.people {
				require.Greater(t, len(p.late), 1, p.name)
				for _, late := range p.late[1:] {
					assert.InDelta(t, 0, late.Seconds(), 12, "%s waited %v", p.name, p.doors)
				}
			}
		})
	}
}
