package handlers

import (
	"maps"
	"net/http"
	"slices"

	"github.com/zapembed/zapembed/internal/session"
	"github.com/zapembed/zapembed/web/templates"
)

// home is GET /: what this is and, once signed in, what was chosen, the newest first.
func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	state, err := s.cfg.Sessions.Load(r)
	if err != nil {
		return err
	}
	view := templates.Home{Page: s.newPage(r, state)}
	if state.User != nil {
		view.Chosen = chosen(state)
	}
	return s.render(w, r, http.StatusOK, templates.HomePage(view))
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
