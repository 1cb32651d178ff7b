package emulator

import (
	"sync"
	"time"
)

// state is everything that changes, behind one lock. Its methods sit in the
// file of the resource they serve; each takes the lock once, and none is called
// with it held unless its name ends in Locked.
type state struct {
	directory *directory
	now       func() time.Time
	seed      uint64
	start     start // what reset goes back to

	mu      sync.Mutex
	ids     source // ids of Authentications
	secrets source // codes, tokens, logins, connects

	authentications []*Authentication // oldest first
	revive          bool
	logins          map[string]int // cookie value to user id
	codes           map[string]code
	grants          []*grant
	access          map[string]accessToken
	connects        map[string]*connect
	parties         map[string]*party     // by slug
	held            map[string]heldTokens // by id of the Authentication
	popup           Popup
	gate            chan struct{} // closed by ReleaseFinishes; nil unless Popup.FinishLate
	stop            chan struct{} // closed by reset, so that nothing waits for a gate of before
	faults          []*Fault
	limits          Limits
	budgets         map[string]*budget // by who is limited
	visits          []Request          // oldest first, at most requestsKept
	counts          map[string]int
	bodies          []body // oldest first, at most bodiesKept

	readings   Readings
	workflow   source // ids of Zaps, runs and action runs
	actionIDs  *actionIDs
	records    map[shelf][]record // what was created, newest first
	zaps       []*Zap             // oldest first
	zapRuns    []*zapRun          // oldest first, at most runsKept
	actionRuns map[string]*actionRun
}

// streams of newSource.
const (
	streamIDs byte = iota
	streamSecrets
	streamWorkflow
)

func newState(directory *directory, options Options) *state {
	s := &state{
		directory: directory, now: options.Now, seed: max(options.Seed, 1),
		start: start{Readings: options.Readings, Limits: options.Limits}, stop: make(chan struct{}),
	}
	s.secrets = newSource(s.seed, streamSecrets)
	if options.Seed == 0 {
		s.secrets = freshSource()
	}
	s.reset()
	return s
}

// reset forgets everything and seeds again. The secrets' source runs on: were
// it started over, a token of before would come back to life as somebody else's.
func (s *state) reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.stop)
	s.stop = make(chan struct{})
	s.ids = newSource(s.seed, streamIDs)
	s.revive = true
	s.logins = map[string]int{}
	s.codes = map[string]code{}
	s.grants = nil
	s.access = map[string]accessToken{}
	s.connects = map[string]*connect{}
	s.parties, s.held = map[string]*party{}, map[string]heldTokens{}
	s.popup, s.gate = Popup{}, nil
	s.faults = nil
	s.limits, s.budgets = s.start.Limits, map[string]*budget{}
	s.readings = s.start.Readings
	s.visits, s.counts, s.bodies = nil, map[string]int{}, nil
	s.authentications = nil
	s.workflow, s.actionIDs = newSource(s.seed, streamWorkflow), newActionIDs(s.seed)
	s.records, s.zaps, s.zapRuns, s.actionRuns = map[shelf][]record{}, nil, nil, map[string]*actionRun{}
	if !s.start.replace {
		s.seedLocked()
		s.seedZapsLocked()
	}
	s.seedFileLocked()
}
