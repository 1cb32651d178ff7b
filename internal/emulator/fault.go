package emulator

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Operations that a Fault can name and Count can count.
const (
	OpAuthorize            = "authorize"              // GET /v2/authorize
	OpOAuthAuthorize       = "oauth.authorize"        // GET /oauth/authorize/
	OpOAuthConsent         = "oauth.consent"          // POST /oauth/authorize/
	OpOAuthToken           = "oauth.token"            // POST /oauth/token/
	OpSignIn               = "sign-in"                // POST /login
	OpProfilesMe           = "profiles.me"            // GET /v1/profiles/me
	OpCategoriesList       = "categories.list"        // GET /v1/categories
	OpAppsList             = "apps.list"              // GET /v2/apps
	OpAuthenticationsList  = "authentications.list"   // GET /v2/authentications
	OpAuthenticationCreate = "authentications.create" // POST /v2/authentications
	OpConnectStart         = "connect.start"          // GET /engine/auth/start/{api}
	OpConnectFinish        = "connect.finish"         // POST of the connect form, or GET /engine/auth/return after a third party's consent
	OpPopupClose           = "popup.close"            // GET /partner/popup-close
	OpAppsV1List           = "v1.apps.list"           // GET /v1/apps
	OpTemplatesList        = "v1.zap-templates.list"  // GET /v1/zap-templates
	OpZapsV1List           = "v1.zaps.list"           // GET /v1/zaps
	OpActionsList          = "actions.list"           // GET /v2/actions
	OpInputsList           = "inputs.list"            // POST /v2/actions/{action_id}/inputs
	OpChoicesList          = "choices.list"           // POST /v2/actions/{action_id}/inputs/{input_id}/choices
	OpOutputsList          = "outputs.list"           // POST /v2/actions/{action_id}/outputs
	OpActionTest           = "actions.test"           // POST /v2/actions/{action_id}/test
	OpActionRunCreate      = "action-runs.create"     // POST /v2/action-runs
	OpActionRunGet         = "action-runs.get"        // GET /v2/action-runs/{id}
	OpZapsList             = "zaps.list"              // GET /v2/zaps
	OpZapCreate            = "zaps.create"            // POST /v2/zaps
	OpZapUpdate            = "zaps.update"            // PATCH /v2/zaps/{id}
	OpZapDelete            = "zaps.delete"            // DELETE /v2/zaps/{id}
	OpZapEnable            = "zaps.enable"            // POST /v2/zaps/{id}/enable
	OpZapRunsList          = "zap-runs.list"          // GET /v2/zap-runs
	OpGuess                = "guess"                  // POST /v2/guess
	OpWhitelabelApps       = "whitelabel.apps.list"   // GET /v2/whitelabel/apps
	OpPartyAuthorize       = "third-party.authorize"  // GET and POST /third-party/{slug}/authorize
	OpPartyToken           = "third-party.token"      // POST /third-party/{slug}/token
	OpPartySession         = "third-party.session"    // POST /third-party/{slug}/session
	OpPartyMe              = "third-party.me"         // GET /third-party/{slug}/me
)

// Operations lists every name a Fault may carry.
func Operations() []string {
	return []string{
		OpAuthorize, OpOAuthAuthorize, OpOAuthConsent, OpOAuthToken, OpSignIn, OpProfilesMe, OpCategoriesList,
		OpAppsList, OpAuthenticationsList, OpAuthenticationCreate, OpConnectStart, OpConnectFinish, OpPopupClose,
		OpAppsV1List, OpTemplatesList, OpZapsV1List, OpActionsList, OpInputsList, OpChoicesList, OpOutputsList, OpActionTest, OpActionRunCreate,
		OpActionRunGet, OpZapsList, OpZapCreate, OpZapUpdate, OpZapDelete, OpZapEnable, OpZapRunsList, OpGuess, OpWhitelabelApps,
		OpPartyAuthorize, OpPartyToken, OpPartySession, OpPartyMe,
	}
}

// cooldown is what a 429 asks for unless the Fault says otherwise (api.md 6).
const cooldown = time.Minute

// Fault makes the next calls of one operation go wrong.
type Fault struct {
	// Operation is one of Operations.
	Operation string
	// Status answers with this error, in the shape the operation's callers expect
	// (api.md 2.2): 400, 401, 403, 404, 409, 429, 500, 502, 503 or 504. 0 lets the
	// call go on as usual, which is of use together with Hold.
	Status int
	// HTML answers with a page instead of JSON, as a gateway in front of the API
	// would; Status is then 502 unless given.
	HTML bool
	// Drop closes the connection without an answer.
	Drop bool
	// RetryAfter goes with 429 and 503; rounded up to seconds. Default: one minute.
	RetryAfter time.Duration
	// Times is how many calls are hit. Default: 1.
	Times int
	// Hold makes the call wait until this is closed, or its client has gone,
	// before anything else happens: tests order events by it.
	Hold <-chan struct{}
	// After lets the call be carried out first. What it did stays done; the fault
	// then strikes in place of its answer, or with Hold alone before it: that is
	// how an answer gets lost on the way.
	After bool
}

// Arm sets a fault. Faults of one operation are used up in the order they were
// armed. It refuses a fault that could never happen.
func (e *Emulator) Arm(fault Fault) error {
	if !slices.Contains(Operations(), fault.Operation) {
		return fmt.Errorf("emulator: no operation %q; there are %s", fault.Operation, strings.Join(Operations(), ", "))
	}
	if fault.HTML && fault.Status == 0 {
		fault.Status = http.StatusBadGateway
	}
	if fault.Status == 0 && !fault.Drop && fault.Hold == nil {
		return fmt.Errorf("emulator: the fault for %s does nothing: give it a Status, HTML, Drop or Hold", fault.Operation)
	}
	if fault.Status != 0 && !slices.Contains(faultStatuses(), fault.Status) {
		return fmt.Errorf("emulator: a fault cannot answer %d; it can answer %v", fault.Status, faultStatuses())
	}
	fault.Times = max(fault.Times, 1)
	if fault.RetryAfter <= 0 {
		fault.RetryAfter = cooldown
	}
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.faults = append(e.state.faults, &fault)
	return nil
}

// Armed lists the faults that are left, with the number of calls they still hit.
func (e *Emulator) Armed() []Fault {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	list := make([]Fault, 0, len(e.state.faults))
	for _, fault := range e.state.faults {
		list = append(list, *fault)
	}
	return list
}

// Disarm forgets all faults.
func (e *Emulator) Disarm() {
	e.state.mu.Lock()
	defer e.state.mu.Unlock()
	e.state.faults = nil
}

// takeFault uses up one call of the first fault armed for an operation.
func (s *state) takeFault(operation string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.faults, func(f *Fault) bool { return f.Operation == operation })
	if i < 0 {
		return Fault{}, false
	}
	taken := *s.faults[i]
	s.faults[i].Times--
	if s.faults[i].Times == 0 {
		s.faults = slices.Delete(s.faults, i, i+1)
	}
	return taken, true
}

// serve calls a handler under the next fault of the operation, if there is one.
func (e *Emulator) serve(w http.ResponseWriter, r *http.Request, operation string, speak voice, serve http.HandlerFunc) {
	fault, armed := e.state.takeFault(operation)
	switch {
	case !armed:
		serve(w, r)
	case fault.After:
		kept := &keptAnswer{header: http.Header{}, status: http.StatusOK}
		serve(kept, r)
		if !e.strike(w, r, fault, speak) {
			kept.giveTo(w)
		}
	case !e.strike(w, r, fault, speak):
		serve(w, r)
	}
}

// keptAnswer is an answer that nobody has seen yet.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *keptAnswer) Header() http.Header            { return k.header }
func (k *keptAnswer) WriteHeader(status int)         { k.status = status }
func (k *keptAnswer) Write(part []byte) (int, error) { return k.body.Write(part) }

func (k *keptAnswer) giveTo(w http.ResponseWriter) {
	maps.Copy(w.Header(), k.header)
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body.Bytes()) // the client may be gone; there is nobody left to tell
}

// strike plays a fault and reports whether it answered the request.
func (e *Emulator) strike(w http.ResponseWriter, r *http.Request, fault Fault, speak voice) bool {
	if fault.Hold != nil {
		select {
		case <-fault.Hold:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler) // the client has gone, so there is nobody to answer
		}
	}
	switch {
	case fault.Drop:
		panic(http.ErrAbortHandler) // the one way net/http has to cut a connection off
	case fault.HTML:
		gatewayPage(w, fault.Status)
	case fault.Status != 0:
		speak(w, r, faultProblem(fault))
	default:
		return false
	}
	return true
}

func gatewayPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%[1]d %[2]s</title></head><body><h1>%[1]d %[2]s</h1></body></html>\n",
		status, http.StatusText(status))
}

// faultStatuses are the statuses api.md 2.2 declares or saw, and a gateway's 502.
func faultStatuses() []int { return []int{400, 401, 403, 404, 409, 429, 500, 502, 503, 504} }

func faultProblem(fault Fault) *problem {
	switch fault.Status {
	case http.StatusBadRequest:
		return malformed()
	case http.StatusUnauthorized:
		return unauthenticated("User Not Authenticated")
	case http.StatusForbidden:
		return permissionDenied("Permission Denied")
	case http.StatusNotFound:
		return notFound("Not found.")
	case http.StatusConflict:
		return conflict("The request is in conflict with another one.")
	case http.StatusTooManyRequests:
		return throttled(fault.RetryAfter)
	case http.StatusServiceUnavailable:
		return unavailable(fault.Status, fault.RetryAfter)
	case http.StatusInternalServerError:
		return serverError()
	}
	return unavailable(fault.Status, 0)
}
