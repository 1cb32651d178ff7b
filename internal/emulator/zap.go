package emulator

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Zap is a finished automation of a user (api.md 2.14).
type Zap struct {
	// ID has the look of a UUID with the number packed into it; v1 and Zap runs
	// say the number (api.md 7, contradiction 7).
	ID     string
	Number int
	// User owns it; SharedWith may see it.
	User       int
	SharedWith []int
	// Client is the partner that made it; "" when it was made elsewhere.
	Client  string
	Title   string
	Enabled bool
	// Updated is when it was last changed; LastRun when it last succeeded, or zero.
	Updated, LastRun time.Time
	Steps            []ZapStep
}

// ZapStep is one stage of a Zap.
type ZapStep struct {
	// App, Type and Key name the action by what is stable about it.
	App, Type, Key string
	// Authentication is "" for Apps that need none.
	Authentication string
	// Alias is what later steps call this one; it is never returned by the API.
	Alias  string
	Inputs map[string]any
}

// zapID packs a number into the look of a UUID, as the published examples do.
func zapID(number int) string { return fmt.Sprintf("00000000-0000-c000-8000-%012d", number) }

// zapNumber takes an id of either look: the UUID or the decimal number of the guides.
func zapNumber(id string) (int, bool) {
	text := strings.TrimPrefix(strings.ToLower(id), "00000000-0000-c000-8000-")
	number, err := strconv.Atoi(text)
	return number, err == nil && number > 0
}

// uses reports whether one step is of an App.
func (z *Zap) uses(app string) bool {
	return slices.ContainsFunc(z.Steps, func(s ZapStep) bool { return s.App == app })
}

// clone shares nothing that changes with z. Steps are replaced as a whole, never
// changed, so they may be shared.
func (z *Zap) clone() Zap { return *z }

// addZapLocked gives z a number nobody has and keeps it.
func (s *state) addZapLocked(z Zap) Zap {
	for z.Number == 0 || s.zapLocked(z.Number) != nil {
		z.Number = 200_000_000 + s.workflow.random.IntN(90_000_000)
	}
	z.ID = zapID(z.Number)
	z.Updated = s.now()
	s.zaps = append(s.zaps, &z)
	return z.clone()
}

func (s *state) zapLocked(number int) *Zap {
	i := slices.IndexFunc(s.zaps, func(z *Zap) bool { return z.Number == number })
	if i < 0 {
		return nil
	}
	return s.zaps[i]
}

func (s *state) createZap(z Zap) Zap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addZapLocked(z)
}

// changeZap does something to a Zap of user's and gives what came of it. Other
// people's Zaps are not there for him. With user 0, whose it is does not matter.
func (s *state) changeZap(user int, id string, change func(*Zap)) (Zap, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ok := zapNumber(id)
	z := s.zapLocked(number)
	if !ok || z == nil || user != 0 && z.User != user {
		return Zap{}, false
	}
	change(z)
	return z.clone(), true
}

func (s *state) deleteZap(user int, id string) bool {
	z, found := s.changeZap(user, id, func(*Zap) {})
	if !found {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.zaps)
	s.zaps = slices.DeleteFunc(s.zaps, func(kept *Zap) bool { return kept.Number == z.Number })
	return len(s.zaps) < before
}

// listZaps gives the Zaps that match, newest first (api.md 7, unknown 9).
func (s *state) listZaps(match func(*Zap) bool) []Zap {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []Zap{}
	for _, z := range slices.Backward(s.zaps) {
		if match(z) {
			list = append(list, z.clone())
		}
	}
	return list
}

// ofPartner reports whether a Zap is among "Zaps that use your App" (api.md 1.4).
func (c Client) ofPartner(z *Zap) bool {
	if c.App == "" {
		return z.Client == c.ID
	}
	return z.uses(c.App)
}

// hasInputs is the filter inputs[KEY]=V1,V2 (api.md 2.14): each key has one of
// its values in some step.
func (z *Zap) hasInputs(query url.Values) bool {
	for name := range query {
		key, found := strings.CutPrefix(name, "inputs[")
		key, closed := strings.CutSuffix(key, "]")
		if found && closed && !z.hasInput(key, strings.Split(query.Get(name), ",")) {
			return false
		}
	}
	return true
}

func (z *Zap) hasInput(key string, values []string) bool {
	return slices.ContainsFunc(z.Steps, func(s ZapStep) bool {
		value, given := s.Inputs[key]
		return given && slices.Contains(values, plain(value))
	})
}

// Zaps lists a user's own Zaps, newest first; user 0 means everybody's.
func (e *Emulator) Zaps(user int) []Zap {
	return e.state.listZaps(func(z *Zap) bool { return user == 0 || z.User == user })
}
