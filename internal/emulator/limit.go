package emulator

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Limits are how many requests of the API are taken in any minute. 0 is no limit.
type Limits struct {
	// PerIP and PerPartner are counted side by side; whichever is reached first refuses.
	PerIP      int `json:"per_ip"`
	PerPartner int `json:"per_partner"`
	// Cooldown is how long everything is refused once a limit was passed.
	// Default: one minute.
	Cooldown time.Duration `json:"cooldown"`
}

// DocumentedLimits are those of api.md 6.
func DocumentedLimits() Limits { return Limits{PerIP: 60, PerPartner: 150, Cooldown: cooldown} }

// limitWindow is the minute in which requests are counted. It slides, so that no
// minute however placed holds more than the limit.
const limitWindow = time.Minute

// budget is what one IP, or one partner, has used.
type budget struct {
	taken []time.Time // in the last limitWindow, oldest first
	until time.Time   // of the cooldown; zero when there is none
}

// SetLimits changes the limits and forgets what was counted.
func (e *Emulator) SetLimits(limits Limits) error {
	limits, err := limits.complete()
	if err != nil {
		return err
	}
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.limits, e.state.budgets = limits, map[string]*budget{}
	return nil
}

// CurrentLimits are those that hold.
func (e *Emulator) CurrentLimits() Limits {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	return e.state.limits
}

func (l Limits) complete() (Limits, error) {
	if l.PerIP < 0 || l.PerPartner < 0 || l.Cooldown < 0 {
		return Limits{}, errors.New("emulator: a limit below zero")
	}
	l.Cooldown = cmp.Or(l.Cooldown, cooldown)
	return l, nil
}

// overLimit counts a request of the API, whether there is such an operation or
// not, and refuses it when there were too many. The token endpoint is not counted
// (api.md 7, unknown 14), nor are the pages for people: they are opened from the user's address,
// which on one machine is also the partner's.
func (e *Emulator) overLimit(r *http.Request, operation string) *problem {
	path := r.URL.Path + "/"
	if operation == OpAuthorize || !(strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/v2/")) {
		return nil
	}
	if limits := e.CurrentLimits(); limits.PerIP == 0 && limits.PerPartner == 0 {
		return nil
	}
	return e.state.spend(address(r), e.partner(r))
}

// address is who a request comes from. No header is believed.
func address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// partner is the client a request is made for, by token or by client id; "" when
// neither is any good.
func (e *Emulator) partner(r *http.Request) string {
	if kind, value, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(kind, "Bearer") {
		if token, alive := e.state.accessToken(value); alive {
			return token.grant.client
		}
	}
	if id := r.URL.Query().Get("client_id"); e.clients[id].ID != "" {
		return id
	}
	return ""
}

// limited is one of the two who are counted.
type limited struct {
	key   string
	limit int
}

// spend takes one request from both budgets, or from neither. A refusal begins a
// cooldown of whoever passed the limit; requests refused during it do not
// lengthen it (api.md 7, unknown 14).
func (s *state) spend(ip, partner string) *problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	who := []limited{{"IP " + ip, s.limits.PerIP}, {"partner " + partner, s.limits.PerPartner}}
	if partner == "" {
		who = who[:1]
	}
	who = slices.DeleteFunc(who, func(l limited) bool { return l.limit == 0 })
	s.pruneBudgetsLocked()
	for _, l := range who {
		if wait := s.budgetLocked(l.key).wait(s.now(), l.limit, s.limits.Cooldown); wait > 0 {
			p := throttled(wait)
			p.perHour = perHour(l.limit)
			return p
		}
	}
	for _, l := range who {
		b := s.budgetLocked(l.key)
		b.taken = append(b.taken, s.now())
	}
	return nil
}

func (s *state) budgetLocked(key string) *budget {
	if s.budgets[key] == nil {
		s.budgets[key] = &budget{}
	}
	return s.budgets[key]
}

// wait is how long to wait before the next request is taken; 0 is none at all.
func (b *budget) wait(now time.Time, limit int, cooldown time.Duration) time.Duration {
	if now.Before(b.until) {
		return b.until.Sub(now)
	}
	if !b.until.IsZero() {
		*b = budget{} // a cooldown that was sat out pays for everything
	}
	b.taken = slices.DeleteFunc(b.taken, func(at time.Time) bool { return now.Sub(at) >= limitWindow })
	if len(b.taken) < limit {
		return 0
	}
	b.until = now.Add(cooldown)
	return cooldown
}

// pruneBudgetsLocked forgets who has been silent, once there are many.
func (s *state) pruneBudgetsLocked() {
	if len(s.budgets) < 1000 {
		return
	}
	for key, b := range s.budgets {
		if !s.now().Before(b.until) && (len(b.taken) == 0 || s.now().Sub(b.taken[len(b.taken)-1]) >= limitWindow) {
			delete(s.budgets, key)
		}
	}
}

// perHour is what X-RateLimit-Limit tells, though the limit is a minute's (api.md 6 and 7.17).
func perHour(perMinute int) int { return perMinute * 60 }
