package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/zapier"
	"github.com/zapembed/zapembed/web/templates"
)

func mayBuild(may allowed) bool { return may.Build }

// newZap is GET /zaps/new: the ways to start.
func (s *Server) newZap(w http.ResponseWriter, r *http.Request) error {
	who, err := s.permitted(r, mayBuild)
	if err != nil {
		return err
	}
	return s.showNewZap(w, r, who, http.StatusOK, templates.NewZapPage{})
}

// showNewZap adds the templates to a page that may have something to say already. It can do without them.
func (s *Server) showNewZap(w http.ResponseWriter, r *http.Request, who visitor, status int, view templates.NewZapPage) error {
	view.Page = s.newPage(r, who.State)
	start, err := s.startToken()
	if err != nil {
		return err
	}
	view.Start = start
	list, err := s.listTemplates(r.Context(), who)
	if err != nil {
		if view.TemplatesUnread, err = s.aside(r, partnerError(err)); err != nil {
			return err
		}
	}
	for _, template := range list {
		view.Templates = append(view.Templates, s.templateCard(template))
	}
	return s.render(w, r, status, templates.NewZap(view))
}

// partnerError is the failure of a call that speaks for the partner and not for a person, whose sign-in has nothing to
// do with it.
func partnerError(err error) error {
	kind, _ := zapier.KindOf(err)
	if kind == zapier.Unauthorized || kind == zapier.Forbidden || errors.Is(err, zapier.ErrNoCredential) {
		return (&Error{Code: "client-refused", Status: http.StatusBadGateway}).because(err)
	}
	return err
}

// startBlank is POST /zaps/new.
func (s *Server) startBlank(w http.ResponseWriter, r *http.Request) error {
	who, done, err := s.beginStart(w, r)
	if err != nil || done {
		return err
	}
	return s.startDraft(w, r, who, draft.New(""))
}

// beginStart is what the ways to start share: who it is, the form, and the door. When it is done, the same start has made
// a draft before, and leads to that: Zapier need not be asked all of it again.
func (s *Server) beginStart(w http.ResponseWriter, r *http.Request) (who visitor, done bool, err error) {
	if who, err = s.permitted(r, mayBuild); err != nil {
		return who, false, err
	}
	if err := r.ParseForm(); err != nil {
		return who, false, badForm(err)
	}
	if id := s.startID(r, who); id != "" {
		made, err := s.cfg.Drafts.Get(r.Context(), who.User.ID, id)
		switch {
		case err == nil && made.Publishing.State == draft.NotPublished:
			s.showStarted(w, r, made)
			return who, true, nil
		case err != nil && !errors.Is(err, draft.ErrNotFound):
			return who, false, retryAt(err, "/zaps/new")
		}
	}
	if err := s.enterDoor(r, who); err != nil {
		return who, false, retryAt(err, "/zaps/new")
	}
	return who, false, nil
}

// stepAt returns the id of the draft's step at the place, from 0, making it if need be.
func stepAt(d *draft.Draft, place int) (string, error) {
	for len(d.Steps) <= place {
		if _, err := d.AddStep(""); err != nil {
			return "", err
		}
	}
	return d.Steps[place].ID, nil
}

// fillStep puts into the draft's step at the place what is known of it. What the draft does not take there stays out.
func fillStep(d *draft.Draft, place int, app draft.App, action *draft.Action) {
	step, err := stepAt(d, place)
	if err == nil && app.ID != "" {
		err = d.SetApp(step, app)
	}
	if err == nil && action != nil {
		err = d.SetAction(step, *action)
	}
	if err != nil || app.ID == "" {
		d.Incomplete = true
	}
}

// startToken makes the starts of one drawn page known again: pressed twice, each of them is one draft.
func (s *Server) startToken() (string, error) {
	raw := make([]byte, 16)
	if _, err := io.ReadFull(s.cfg.Rand, raw); err != nil {
		return "", fmt.Errorf("handlers: no randomness: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

var startPattern = regexp.MustCompile(`^[0-9a-f]{32}$`)

// startID is the id of the draft that a start leads to, however often it is sent; "" for a start without a token.
func (s *Server) startID(r *http.Request, who visitor) string {
	token := r.PostForm.Get("start")
	if !startPattern.MatchString(token) {
		return ""
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{who.User.ID, r.URL.Path, r.PostForm.Encode()}, "\n")))
	return hex.EncodeToString(sum[:16])
}

// startDraft keeps the draft and leads to it.
func (s *Server) startDraft(w http.ResponseWriter, r *http.Request, who visitor, d draft.Draft) error {
	d.ID = s.startID(r, who)
	kept, err := s.cfg.Drafts.Create(r.Context(), who.User.ID, d)
	if err != nil {
		return retryAt(err, "/zaps/new")
	}
	s.showStarted(w, r, kept)
	return nil
}

// showStarted leads to a new draft.
func (s *Server) showStarted(w http.ResponseWriter, r *http.Request, made draft.Draft) {
	page := "/drafts/" + url.PathEscape(made.ID)
	if made.Incomplete {
		page += "?notice=draft-incomplete"
	}
	s.redirect(w, r, page)
}

// draftApp is an App as a step keeps it.
func draftApp(app zapier.App) draft.App {
	return draft.App{
		ID: app.ID, Title: app.Title, Image: icon(app), Color: app.HexColor,
		NeedsNone: app.Links.ConnectNewAuthentication == nil,
	}
}
