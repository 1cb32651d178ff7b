package handlers

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

const (
	zapsPerPage = 20
	// maxZaps is how many of a person's Zaps are read: the API cannot search them, so that a page costs as many calls as
	// it takes to read them all.
	maxZaps = 300
)

// allowed is what the scopes that the person gave allow (api.md 1.4).
type allowed struct {
	Build, Change, Enable, Delete, Runs, SeeAll, Shared, AddAccount bool
}

func (s *Server) allowed(ctx context.Context, state session.State) (allowed, error) {
	scopes, err := s.cfg.Sessions.Scopes(ctx, state.User.ID)
	if err != nil {
		return allowed{}, err
	}
	one := func(wanted ...string) bool {
		return slices.ContainsFunc(wanted, func(scope string) bool { return slices.Contains(scopes, scope) })
	}
	return allowed{
		Build:      one("zap:write"),
		Change:     one("zap:update"),
		Enable:     one("zap:update", "zap:pause"),
		Delete:     one("zap:delete"),
		Runs:       one("zap:runs"),
		SeeAll:     one("zap:all", "zap:account:all"),
		Shared:     one("zap:account:all"),
		AddAccount: one("connection:write", "authentication:write"),
	}, nil
}

// visitor is somebody who is signed in, and what their scopes allow.
type visitor struct {
	session.State
	may allowed
}

// permitted returns the visitor whose scopes allow something, or the error that refuses it: that a page does not offer a
// thing keeps nobody from asking for it.
func (s *Server) permitted(r *http.Request, needed func(allowed) bool) (visitor, error) {
	state, err := s.person(r)
	if err != nil {
		return visitor{}, err
	}
	may, err := s.allowed(r.Context(), state)
	if err == nil && !needed(may) {
		err = &Error{Code: "zapier-refused", Status: http.StatusForbidden}
	}
	return visitor{state, may}, err
}

// anybody needs no scope of their own: what Zapier does not let them see it refuses itself.
func anybody(allowed) bool { return true }

// zaps is GET /zaps: the Zaps being built and those at Zapier, by the query parameters query, state and page (from 1).
// Zaps that cannot be read just now leave the others on the page; where there are none, it waits.
func (s *Server) zaps(w http.ResponseWriter, r *http.Request) error {
	who, err := s.permitted(r, anybody)
	if err != nil {
		return err
	}
	drafts, err := s.cfg.Drafts.List(r.Context(), who.User.ID)
	if err != nil {
		return err
	}
	view := templates.ZapsPage{Page: s.newPage(r, who.State), Drafts: s.draftRows(drafts), CanBuild: who.may.Build}
	asked := zapsAsked(r.URL.Query())
	view.Query, view.State = asked.Get("query"), asked.Get("state")
	list, cut, err := s.readZaps(r.Context(), who)
	if err != nil && len(drafts) == 0 && waits(asError(err)) {
		return err
	}
	if err != nil {
		if view.Notice, err = s.aside(r, err); err != nil {
			return err
		}
		return s.render(w, r, http.StatusOK, templates.ZapsView(view))
	}
	view.Cut = cut
	number := pageNumber(asked)
	found := filterZaps(list, view.Query, view.State)
	if number > 1 && (number-1)*zapsPerPage >= len(found) {
		http.Redirect(w, r, s.pageLink("/zaps", asked, 1), http.StatusSeeOther)
		return nil
	}
	s.showZaps(&view, found, asked, number)
	return s.render(w, r, http.StatusOK, templates.ZapsView(view))
}

// zapsAsked is what the list is asked for, without what makes no sense.
func zapsAsked(asked url.Values) url.Values {
	asked.Set("query", strings.Join(strings.Fields(asked.Get("query")), " "))
	if state := asked.Get("state"); state != "on" && state != "off" {
		asked.Del("state")
	}
	return asked
}

func (s *Server) showZaps(view *templates.ZapsPage, found []zapier.Zap, asked url.Values, number int) {
	first := (number - 1) * zapsPerPage
	last := min(first+zapsPerPage, len(found))
	for _, zap := range found[first:last] {
		view.Zaps = append(view.Zaps, s.zapRow(zap))
	}
	view.Total, view.Last = len(found), last
	if view.First = first + 1; len(view.Zaps) == 0 {
		view.First = 0
	}
	if number > 1 {
		view.Previous = s.pageLink("/zaps", asked, number-1)
	}
	if last < len(found) {
		view.Next = s.pageLink("/zaps", asked, number+1)
	}
}

// aside is a failure of something that the page can do without: it is told on the page, with a way to try again. What is
// left is an error that no page can do without mending.
func (s *Server) aside(r *http.Request, err error) (*templates.ErrorPhrase, error) {
	told := asError(err)
	if told.Status == http.StatusUnauthorized || told.Status == statusClientGone {
		return nil, told
	}
	s.logError(r, told)
	phrase := s.phrase(told).WithRetry(s.retryLink(r, told))
	return &phrase, nil
}

// readZaps reads the person's Zaps, and says whether there are more than are read.
func (s *Server) readZaps(ctx context.Context, who visitor) ([]zapier.Zap, bool, error) {
	var list []zapier.Zap
	for zap, err := range s.zapierFor(who.State).Zaps(ctx, zapOptions(who.may, "steps.action", "steps.action.app")) {
		if err != nil {
			return nil, false, err
		}
		if len(list) == maxZaps {
			return list, true, nil
		}
		list = append(list, zap)
	}
	return list, false, nil
}

func zapOptions(may allowed, expand ...string) zapier.ListZapsOptions {
	return zapier.ListZapsOptions{Expand: expand, IncludeShared: may.Shared}
}

// filterZaps keeps those with all the words in their title, in large or small letters, and with the switch as asked.
func filterZaps(list []zapier.Zap, query, state string) []zapier.Zap {
	words := strings.Fields(strings.ToLower(query))
	return slices.DeleteFunc(list, func(zap zapier.Zap) bool {
		title := strings.ToLower(zap.Title)
		missing := slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(title, word) })
		return missing || state == "on" && !zap.IsEnabled || state == "off" && zap.IsEnabled
	})
}

func (s *Server) zapRow(zap zapier.Zap) templates.ZapRow {
	row := templates.ZapRow{
		ID: string(zap.ID), Title: s.titled(zap.Title), On: zap.IsEnabled,
		LastRun: s.stamp(zap.LastSuccessfulRun), Updated: s.stamp(zap.UpdatedAt),
	}
	for _, step := range zap.Steps {
		if app := stepApp(step); app != nil {
			row.Apps = addApp(row.Apps, *app)
		}
	}
	return row
}

// titled stands in for a title that is missing: it is what people press.
func (s *Server) titled(title string) string {
	return cmp.Or(strings.TrimSpace(title), s.cfg.Phrases.Words.Untitled)
}

// stepApp is the App of a step as far as Zapier told it, nil if it is not known.
func stepApp(step zapier.ZapStep) *templates.App {
	if step.Action.Value == nil || step.Action.Value.App.Value == nil {
		return nil
	}
	app := appView(*step.Action.Value.App.Value)
	return &app
}

// addApp keeps each App once, in the order of the steps.
func addApp(apps []templates.App, app templates.App) []templates.App {
	if slices.ContainsFunc(apps, func(known templates.App) bool { return known.ID == app.ID }) {
		return apps
	}
	return append(apps, app)
}

// draftRows lists Zaps that are being built.
func (s *Server) draftRows(drafts []draft.Draft) []templates.DraftRow {
	var rows []templates.DraftRow
	for _, d := range drafts {
		row := templates.DraftRow{
			ID: d.ID, Title: s.titled(d.Title), Updated: s.moment(d.UpdatedAt), Expires: s.moment(d.ExpiresAt()),
			Gaps: len(d.Missing()), Unknown: d.Publishing.State == draft.Unknown,
		}
		if d.Zap != "" {
			row.Changes = s.titled(d.ZapTitle)
		}
		for _, step := range d.Steps {
			if step.App != nil {
				row.Apps = addApp(row.Apps, draftAppView(*step.App))
			}
		}
		rows = append(rows, row)
	}
	return rows
}
