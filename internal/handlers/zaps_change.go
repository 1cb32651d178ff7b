package handlers

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

// renameZap is POST /zaps/{zap}/rename with the form field title.
func (s *Server) renameZap(w http.ResponseWriter, r *http.Request) error {
	return s.changeZap(w, r, zapChange{
		needed: func(may allowed) bool { return may.Change },
		act: func(ctx context.Context, client *zapier.Client, id zapier.ID) error {
			title := strings.TrimSpace(r.PostForm.Get("title"))
			if title == "" {
				return &Error{Code: "zap-title-missing", Status: http.StatusUnprocessableEntity}
			}
			return client.UpdateZap(ctx, id, zapier.ZapUpdate{Title: title})
		},
	})
}

// enableZap is POST /zaps/{zap}/enable.
func (s *Server) enableZap(w http.ResponseWriter, r *http.Request) error {
	return s.changeZap(w, r, zapChange{
		needed: func(may allowed) bool { return may.Enable },
		act:    func(ctx context.Context, client *zapier.Client, id zapier.ID) error { return client.EnableZap(ctx, id) },
	})
}

// deleteZap is POST /zaps/{zap}/delete. A Zap that is not there is what was asked for: the button was pressed twice.
func (s *Server) deleteZap(w http.ResponseWriter, r *http.Request) error {
	return s.changeZap(w, r, zapChange{
		needed: func(may allowed) bool { return may.Delete },
		after:  "/zaps",
		act: func(ctx context.Context, client *zapier.Client, id zapier.ID) error {
			err := client.DeleteZap(ctx, id)
			if kind, _ := zapier.KindOf(err); kind == zapier.NotFound {
				return nil
			}
			return err
		},
	})
}

// zapChange is a change of a Zap at Zapier.
type zapChange struct {
	needed func(allowed) bool
	act    func(context.Context, *zapier.Client, zapier.ID) error
	// after is where it leads, below the path prefix; the Zap's page if empty.
	after string
}

// changeZap is what the forms of a Zap's page share. What Zapier refuses is told on that page.
func (s *Server) changeZap(w http.ResponseWriter, r *http.Request, change zapChange) error {
	who, err := s.permitted(r, change.needed)
	if err != nil {
		return err
	}
	id, err := zapID(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	if err := change.act(r.Context(), s.zapierFor(who.State), id); err != nil {
		return s.zapUnchanged(w, r, who, id, err)
	}
	if change.after == "" {
		change.after = zapPath(id)
	}
	s.redirect(w, r, change.after)
	return nil
}

func zapPath(id zapier.ID) string { return "/zaps/" + url.PathEscape(string(id)) }

// zapUnchanged tells why a change did not come about: on the Zap's page where that helps.
func (s *Server) zapUnchanged(w http.ResponseWriter, r *http.Request, who visitor, id zapier.ID, err error) error {
	told := asError(err)
	switch kind, _ := zapier.KindOf(err); {
	case kind == zapier.NotFound:
		return zapNotFound().because(err)
	case zapier.Rejected(err):
		told = (&Error{Code: "zap-refused", Status: http.StatusUnprocessableEntity}).because(err)
	case told.Status != http.StatusUnprocessableEntity:
		return retryAt(told, zapPath(id))
	}
	s.logError(r, told)
	return s.showZap(w, r, who, zapChanged{status: told.Status, code: told.Code, refused: zapierWords(err)})
}

// retryAt is an error whose page leads to where it can be tried again, unless it leads somewhere already.
func retryAt(err error, page string) *Error {
	told := asError(err)
	told.Retry = cmp.Or(told.Retry, page)
	return told
}

// zapierWords are the sentences with which Zapier refused something.
func zapierWords(err error) []string {
	var failed *zapier.Error
	if !errors.As(err, &failed) {
		return nil
	}
	var words []string
	for _, problem := range failed.Problems {
		if detail := strings.TrimSpace(problem.Detail); detail != "" {
			words = append(words, shorten(detail, maxValue))
		}
	}
	return words
}

// askDeleteZap is GET /zaps/{zap}/delete: deleting cannot be taken back.
func (s *Server) askDeleteZap(w http.ResponseWriter, r *http.Request) error {
	who, err := s.permitted(r, func(may allowed) bool { return may.Delete })
	if err != nil {
		return err
	}
	zap, err := s.findZap(r, who)
	if err != nil {
		return err
	}
	words, path := s.cfg.Phrases.Words, zapPath(zap.ID)
	return s.render(w, r, http.StatusOK, templates.Confirm(templates.ConfirmPage{
		Page:  s.newPage(r, who.State),
		Title: words.DeleteZap, Sentence: words.DeleteZapSentence(s.titled(zap.Title)),
		Action: path + "/delete", Button: words.DeleteZapButton, Cancel: path,
	}))
}

// editZap is POST /zaps/{zap}/edit: its steps become a draft. One that is under way is gone on with, unless the Zap has
// changed since.
func (s *Server) editZap(w http.ResponseWriter, r *http.Request) error {
	who, err := s.permitted(r, func(may allowed) bool { return may.Change })
	if err != nil {
		return err
	}
	editing, err := draft.Draft{}, s.enterDoor(r, who)
	if err == nil {
		editing, err = s.editing(r, who)
	}
	if err != nil {
		return retryAt(err, zapPath(zapier.ID(chi.URLParam(r, "zap"))))
	}
	s.redirect(w, r, "/drafts/"+url.PathEscape(editing.ID))
	return nil
}

func (s *Server) editing(r *http.Request, who visitor) (draft.Draft, error) {
	zap, err := s.findZap(r.WithContext(zapier.Afresh(r.Context())), who) // it is what a change begins with
	if err != nil {
		return draft.Draft{}, err
	}
	editing, found, err := s.draftOf(r.Context(), who, zap)
	if err != nil || found {
		return editing, err
	}
	return s.cfg.Drafts.FromZap(r.Context(), who.User.ID, zap)
}

func (s *Server) draftOf(ctx context.Context, who visitor, zap zapier.Zap) (draft.Draft, bool, error) {
	drafts, err := s.cfg.Drafts.List(ctx, who.User.ID)
	if err != nil {
		return draft.Draft{}, false, err
	}
	for _, d := range drafts {
		if d.Zap != "" && zapier.ZapNumber(zapier.ID(d.Zap)) == zapier.ZapNumber(zap.ID) && isOf(d, zap) {
			return d, true, nil
		}
	}
	return draft.Draft{}, false, nil
}

// isOf reports whether a draft was made of a Zap as it is now.
func isOf(d draft.Draft, zap zapier.Zap) bool {
	changed, err := zap.UpdatedAt.Time()
	if before, unknown := d.ZapUpdatedAt.Time(); unknown == nil && err == nil {
		return before.Equal(changed)
	}
	return !changed.After(d.CreatedAt) // a time that cannot be read is long ago
}
