package emulator

import (
	"net/http"

	"github.com/zapembed/zapembed/internal/emulator/pages"
)

// landing serves GET /.
func (e *Emulator) landing(w http.ResponseWriter, r *http.Request) error {
	view := pages.LandingView{WebURL: e.webURL, APIURL: e.apiURL, Coverage: e.coverageRows()}
	for _, app := range e.directory.apps {
		view.Apps = append(view.Apps, pages.AppIcon{Title: app.Title, Icon: iconPath(app), Scheme: schemeWords(app.Scheme)})
	}
	return e.render(w, r, http.StatusOK, pages.Landing(view))
}
