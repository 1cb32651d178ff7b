package handlers

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/zapembed/zapembed/internal/audit"
)

const (
	reportsPath = "/reports"
	// reportGroup is the name of the endpoint in Reporting-Endpoints.
	reportGroup = "csp"
	// maxReports is how many violations of one request are logged; a browser sends a handful.
	maxReports = 5
)

// reportsURL is where browsers report to. It is absolute because some take no other.
func reportsURL(public *url.URL) string {
	return strings.TrimSuffix(public.String(), "/") + reportsPath
}

// violation is what a report says that is of use here. The rest, addresses of pages above all, may hold anything.
type violation struct{ directive, blocked string }

// reports is POST /reports, where browsers tell what our Content-Security-Policy has kept from a page. Anybody
// can send what they like, so it is short, checked letter by letter, and only ever logged.
func (s *Server) reports(w http.ResponseWriter, r *http.Request) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return badForm(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return badForm(err)
	}
	found, err := readReports(kind, body)
	if err != nil {
		return badForm(err)
	}
	for _, v := range found[:min(len(found), maxReports)] {
		s.audit(r, audit.CSPViolation, "directive", cleanDirective(v.directive), "blocked", cleanBlocked(v.blocked))
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// readReports reads both forms that browsers use: a list of reports of many types (Reporting API), and one alone (CSP
// 2).
func readReports(kind string, body []byte) ([]violation, error) {
	switch kind {
	case "application/reports+json":
		var list []struct {
			Type string `json:"type"`
			Body struct {
				Directive string `json:"effectiveDirective"`
				Blocked   string `json:"blockedURL"`
			} `json:"body"`
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, err
		}
		var found []violation
		for _, report := range list {
			if report.Type == "csp-violation" {
				found = append(found, violation{report.Body.Directive, report.Body.Blocked})
			}
		}
		return found, nil
	case "application/csp-report":
		var one struct {
			Report struct {
				Directive string `json:"effective-directive"`
				Violated  string `json:"violated-directive"`
				Blocked   string `json:"blocked-uri"`
			} `json:"csp-report"`
		}
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, err
		}
		directive, _, _ := strings.Cut(one.Report.Violated, " ")
		if one.Report.Directive != "" {
			directive = one.Report.Directive
		}
		return []violation{{directive, one.Report.Blocked}}, nil
	}
	return nil, &Error{Code: "bad-request", Status: http.StatusBadRequest}
}

var (
	// reportWords are directives ("script-src-elem") and what was blocked when it has no address ("inline").
	reportWords = regexp.MustCompile(`^[a-z][a-z-]{0,40}$`)
	reportHosts = regexp.MustCompile(`^[a-z0-9.:\[\]-]{1,260}$`)
)

func cleanDirective(directive string) string {
	if reportWords.MatchString(directive) {
		return directive
	}
	return "other"
}

// cleanBlocked is a word, or the origin of an address: a path or a query may hold anything.
func cleanBlocked(blocked string) string {
	if reportWords.MatchString(blocked) {
		return blocked
	}
	address, err := url.Parse(strings.ToLower(blocked))
	if err != nil || !reportWords.MatchString(address.Scheme) || !reportHosts.MatchString(address.Host) {
		return "other"
	}
	return address.Scheme + "://" + address.Host
}
