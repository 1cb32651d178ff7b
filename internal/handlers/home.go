package handlers

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/web/templates"
)

// home is GET /: what this is and, once signed in, what is being built and what was chosen, the newest first.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return err
	}
	view := templates.Home{Page: s.newPage(r, state)}
	if state.User != nil {
		if err := s.showMine(r.Context(), &view, state); err != nil {
			return err
		}
	}
	return s.render(w, r, http.StatusOK, templates.HomePage(view))
}

func (s *Server) showMine(ctx context.Context, view *templates.Home, state session.State) error {
	may, err := s.allowed(ctx, state)
	if err != nil && !errors.Is(err, session.ErrGrantEnded) { // without a grant the page is of use still
		return err
	}
	drafts, err := s.cfg.Drafts.List(ctx, state.User.ID)
	if err != nil {
		return err
	}
	view.Chosen, view.Drafts, view.NoBuild = chosen(state), s.draftRows(drafts), !may.Build
	return nil
}

func chosen(state session.State) []templates.Chosen {
	choices := slices.SortedFunc(maps.Values(state.Choices), func(a, b session.Choice) int {
		return b.At.Compare(a.At)
	})
	var views []templates.Chosen
	for _, choice := range choices {
		views = append(views, templates.Chosen{
			App:            templates.App{ID: choice.App, Title: choice.AppTitle, Image: choice.AppImage},
			Authentication: choice.Title,
		})
	}
	return views
}
