package zapier

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Subject is what an answer is about, of what a user can change.
type Subject string

// The subjects.
const (
	AboutAuthentications Subject = "authentications"
	// AboutZaps: with their runs.
	AboutZaps Subject = "zaps"
	// AboutSteps: what an App offers for a step, and what the step yields.
	AboutSteps Subject = "steps"
)

// Subjects lists all.
func Subjects() []Subject { return []Subject{AboutAuthentications, AboutZaps, AboutSteps} }

// Keeping says how long an answer may be given again.
type Keeping struct {
	// Shared: it is the same for everybody. Otherwise it is for the user who asked, and nobody else.
	Shared bool
	// About is what the user has to change to make it worthless; "" if nothing that they do changes it.
	About Subject
	// Whole: only a list that has but one page. Pages from different moments may lack what has moved from one to the other,
	// and what a list lacked would look new in the next.
	Whole bool
	// Fresh is how long it is as good as a new one, Kept how long it is better than none while Zapier is away.
	Fresh, Kept time.Duration
}

// How long answers are good for; docs/operations.md lists it.
var (
	standing = Keeping{Shared: true, Fresh: 10 * time.Minute, Kept: 24 * time.Hour}
	shared   = Keeping{Shared: true, Fresh: 10 * time.Minute, Kept: 10 * time.Minute}
	links    = Keeping{Fresh: 10 * time.Minute, Kept: 15 * time.Minute}
	accounts = Keeping{About: AboutAuthentications, Whole: true, Fresh: time.Minute, Kept: 15 * time.Minute}
	steps    = Keeping{About: AboutSteps, Fresh: 5 * time.Minute, Kept: 15 * time.Minute}
	zaps     = Keeping{About: AboutZaps, Fresh: 15 * time.Second, Kept: 15 * time.Minute}
)

// Keep says whether the answer to a request may be given again, and to whom. Who a user is, what runs a step, and
// whatever is not named here is asked each time.
func Keep(r *http.Request) (Keeping, bool) {
	byUser := r.Header.Get("Authorization") != ""
	switch call := callOf(r); {
	case byUser && r.Method == http.MethodGet:
		switch call {
		case "v2/apps": // with the links that connect an Authentication
			return links, true
		case "v2/authentications":
			offset := r.URL.Query().Get("offset")
			return accounts, offset == "" || offset == "0"
		case "v2/zaps", "v2/zap-runs":
			return zaps, true
		}
	case byUser && r.Method == http.MethodPost && asksAboutStep(call):
		return steps, true
	case r.Method == http.MethodGet:
		switch call {
		case "v1/apps", "v1/categories", "v1/zap-templates", "v2/apps", "v2/actions":
			if isStanding(r, call) {
				return standing, true
			}
			return shared, true
		}
	}
	return Keeping{}, false
}

// standingQueries are those of our own pages, call by call, without anything that somebody thinks up: there are so few that
// the store has room for all answers.
var standingQueries = map[string]*regexp.Regexp{
	"v1/categories":    regexp.MustCompile(`^limit=100&offset=\d{1,4}$`),
	"v1/zap-templates": regexp.MustCompile(`^client_id=[^&]+&limit=100&offset=\d{1,4}$`),
	"v2/apps":          regexp.MustCompile(`^client_id=[^&]+&limit=\d{1,3}&offset=\d{1,4}$`),
	"v2/actions":       regexp.MustCompile(`^(action_type=[A-Z_]+&)?app=[^&]+&client_id=[^&]+(&offset=\d{1,4})?$`),
}

// isStanding finds the questions that our own pages ask whoever looks at them.
func isStanding(r *http.Request, call string) bool {
	query, asked := standingQueries[call]
	return asked && query.MatchString(r.URL.RawQuery) &&
		r.Header.Get("Accept") == "application/json" && r.Header.Get("Accept-Language") == ""
}

// Fits reports whether an answer is one that can be kept: a page of a list (api.md 2.4), as all calls have it that are
// kept. What a gateway says in its place, whatever its status, must not be given again.
func (k Keeping) Fits(body []byte) bool {
	body = bytes.TrimSpace(body)
	switch {
	case !json.Valid(body):
		return false
	case body[0] == '[' && !k.Whole:
		return true
	}
	var page struct {
		Data    json.RawMessage `json:"data"`
		Objects json.RawMessage `json:"objects"`
		Links   struct {
			Next *string `json:"next"`
		} `json:"links"`
	}
	if json.Unmarshal(unwrap(body), &page) != nil || k.Whole && leads(page.Links.Next) {
		return false
	}
	return bytes.HasPrefix(page.Data, []byte("[")) || bytes.HasPrefix(page.Objects, []byte("["))
}

// RefusesAccount reports whether Zapier's answer says that an Authentication cannot be used: it has expired or is gone.
func RefusesAccount(status int, body []byte) bool {
	return status/100 == 4 && slices.ContainsFunc(problems(body), func(p Problem) bool {
		return strings.HasSuffix(p.Source.Pointer, "/authentication")
	})
}

// Changes lists what a request may change for the user, or at the Apps that Zapier leads to. Where that is not known, it
// may be anything.
func Changes(r *http.Request) []Subject {
	call := callOf(r)
	switch first, rest, _ := strings.Cut(strings.TrimPrefix(call, "v2/"), "/"); {
	case r.Header.Get("Authorization") == "", r.Method == http.MethodGet, r.Method == http.MethodHead, asksAboutStep(call):
		return nil
	case first == "authentications":
		return []Subject{AboutAuthentications}
	case first == "zaps":
		return []Subject{AboutZaps}
	case first == "action-runs", first == "actions" && strings.HasSuffix(rest, "/test"):
		return []Subject{AboutSteps}
	}
	return Subjects()
}

// asksAboutStep finds the calls that read although they are POSTed: v2/actions/{id}/inputs, …/inputs/{id}/choices and
// …/outputs.
func asksAboutStep(call string) bool {
	parts := strings.Split(call, "/")
	switch {
	case len(parts) < 4 || parts[0] != "v2" || parts[1] != "actions":
		return false
	case len(parts) == 4:
		return parts[3] == "inputs" || parts[3] == "outputs"
	}
	return len(parts) == 6 && parts[3] == "inputs" && parts[5] == "choices"
}

// callOf is the path of a request from the API's version on, still escaped, so that an id divides nothing.
func callOf(r *http.Request) string {
	path := r.URL.EscapedPath()
	for _, version := range []string{"/v2/", "/v1/"} {
		if at := strings.Index(path, version); at >= 0 {
			return path[at+1:]
		}
	}
	return ""
}
