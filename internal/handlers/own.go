package handlers

import (
	"cmp"
	"context"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"

	"github.com/go-chi/chi/v5"

	"github.com/zapembed/zapembed/internal/draft"
	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/internal/zapier"
)

// OwnApp is an App of the partner's own, for which POST /authentications is meant (api.md 2.13).
type OwnApp struct {
	// App is its id.
	App string
	// Fields are what the person fills in.
	Fields []OwnField
}

// OwnField is one authentication field of an OwnApp (api.md 5).
type OwnField struct {
	Key string
	// Label may be empty: then the key is shown in words.
	Label, Help, Placeholder string
	// Type is one of OwnFieldTypes. A password is a secret: it is never shown again.
	Type     string
	Required bool
}

// OwnFieldTypes lists what a field can be.
func OwnFieldTypes() []string {
	return []string{"string", "password", "text", "number", "integer", "boolean"}
}

func (f OwnField) secret() bool { return f.Type == "password" }

// adding is a request about adding an Authentication for an App of the partner's own.
type adding struct {
	visitor
	own OwnApp
	app zapier.App
}

// adding finds out who asks and for which App. What is not configured is not there. When the App cannot be read just now,
// the error passes, and the App is there as far as it is known.
func (s *Server) adding(r *http.Request) (adding, error) {
	who, err := s.permitted(r, func(may allowed) bool { return may.AddAccount })
	if err != nil {
		return adding{}, err
	}
	own, ours := s.ownApp(chi.URLParam(r, "app"))
	if !ours {
		return adding{}, &Error{Code: "not-found", Status: http.StatusNotFound, Retry: "/apps"}
	}
	app, err := s.findApp(r.Context(), who.State, own.App)
	if err != nil && passes(asError(err)) {
		app = s.knownApp(r.Context(), who.State, own.App)
	}
	return adding{who, own, app}, err
}

// knownApp is what attempts and choices tell of an App, for when Zapier cannot be asked.
func (s *Server) knownApp(ctx context.Context, state session.State, id string) zapier.App {
	chosen := state.Choices[id]
	app := zapier.App{ID: id, Title: chosen.AppTitle, Image: chosen.AppImage}
	attempts, _ := s.cfg.Attempts.List(ctx, ownerOf(state)) // a page without a title is better than none
	for _, attempt := range attempts {
		if attempt.App.ID == id {
			app.Title, app.Image = attempt.App.Title, attempt.App.Image
		}
	}
	return app
}

func (s *Server) ownApp(id string) (OwnApp, bool) {
	i := slices.IndexFunc(s.cfg.OwnApps, func(own OwnApp) bool { return own.App == id })
	if i < 0 {
		return OwnApp{}, false
	}
	return s.cfg.OwnApps[i], true
}

// addAccountLink is where an Authentication for the App is added without a popup, below Base; "" where it cannot be.
// The form leads back to the path from.
func (s *Server) addAccountLink(ctx context.Context, state session.State, app, from string) (string, error) {
	if _, ours := s.ownApp(app); !ours {
		return "", nil
	}
	may, err := s.allowed(ctx, state)
	if err != nil || !may.AddAccount {
		return "", err
	}
	return "/apps/" + app + "/add-account?return=" + url.QueryEscape(from), nil
}

// addAccountForm is GET /apps/{app}/add-account?return=.
func (s *Server) addAccountForm(w http.ResponseWriter, r *http.Request) error {
	a, err := s.adding(r)
	if err != nil {
		return err
	}
	form := make([]byte, 16)
	if _, err := io.ReadFull(s.cfg.Rand, form); err != nil {
		return err
	}
	return s.showAddAccount(w, r, a, http.StatusOK, typedAccount{
		form: hex.EncodeToString(form), title: a.app.Title, back: cleanReturn(r.URL.Query().Get("return")),
	}, nil)
}

// addAccount is POST /apps/{app}/add-account: f.<key> for each field, title, form and return. However often one form is
// sent, one Authentication comes of it, and it becomes the session's choice for the App,
// and the account of the step that the form was opened from.
func (s *Server) addAccount(w http.ResponseWriter, r *http.Request) error {
	a, unread := s.adding(r)
	if unread != nil && a.app.ID == "" {
		return unread
	}
	if err := r.ParseForm(); err != nil {
		return badForm(err)
	}
	typed := readTypedAccount(a.own, r.PostForm)
	if typed.form == "" || len(typed.form) > 100 {
		return &Error{Code: "bad-request", Status: http.StatusBadRequest}
	}
	if s.checkTyped(a.own, &typed) {
		return s.showAddAccount(w, r, a, http.StatusUnprocessableEntity, typed, nil)
	}
	if unread != nil {
		return s.showNotAdded(w, r, a, typed, unread)
	}
	request := zapier.AuthenticationRequest{Title: typed.title, App: a.app.ID, Fields: typed.filled()}
	made, err := s.cfg.Attempts.Add(r.Context(), ownerOf(a.State), typed.form, s.zapierFor(a.State), request)
	if err != nil {
		return s.showNotAdded(w, r, a, typed, err)
	}
	err = s.keep(w, r, session.Choice{
		App: a.app.ID, AppTitle: a.app.Title, AppImage: icon(a.app), Authentication: &made.ID, Title: made.Title, At: s.cfg.Now(),
	})
	if err != nil {
		return err
	}
	s.useInStep(r, a, typed.back, draft.Account{ID: made.ID, Title: made.Title})
	s.redirect(w, r, cmp.Or(typed.back, "/apps/"+a.app.ID))
	return nil
}

// stepReturn is the way back to the account of a step.
var stepReturn = regexp.MustCompile(`^/drafts/([^/?]+)/steps/([^/?]+)/account(?:\?|$)`)

// useInStep makes what was added the account of the step that the form was opened from. Where that cannot be any more,
// it stays in the list to choose from.
func (s *Server) useInStep(r *http.Request, a adding, back string, account draft.Account) {
	at := stepReturn.FindStringSubmatch(back)
	if at == nil {
		return
	}
	_, err := s.cfg.Drafts.Change(r.Context(), a.User.ID, at[1], anyRevision, func(d *draft.Draft) error {
		if step, _, found := d.Step(at[2]); !found || step.App == nil || step.App.ID != a.app.ID {
			return draft.ErrNoStep
		}
		return d.SetAccount(at[2], account)
	})
	if err != nil {
		s.cfg.Logger.InfoContext(r.Context(), "handlers: an added account was not put into its step", "error", err)
	}
}
