package templates

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"
)

// signInWindow is the name of the sign-in window. One name for all pages, so that
// a second click brings the same window back instead of opening another.
const signInWindow = "zapembed-sign-in"

// Link is the address of a path of ours, path prefix included. The path must
// come escaped; whatever a person or Zapier supplied goes through [url.PathEscape] first.
func (p Page) Link(path string) templ.SafeURL {
	return templ.SafeURL(p.Base + path)
}

// appLink is the address of an App's page.
func (p Page) appLink(app App) templ.SafeURL {
	return p.Link("/apps/" + url.PathEscape(app.ID))
}

// chooseLink takes the choice of an Authentication for an App.
func (p Page) chooseLink(app App) templ.SafeURL {
	return p.Link("/apps/" + url.PathEscape(app.ID) + "/choice")
}

// attemptLink takes one verb (check, cancel, restart) for an attempt.
func (p Page) attemptLink(id, verb string) templ.SafeURL {
	return p.Link("/attempts/" + url.PathEscape(id) + "/" + verb)
}

// signInLink starts signing in and comes back to this page. inWindow says that
// it happens in a window of its own, which then ends on [SignedInWindow].
func (p Page) signInLink(inWindow bool) templ.SafeURL {
	query := url.Values{"return_to": {p.returnPath()}}
	if inWindow {
		query.Set("popup", "1")
	}
	return p.Link("/sign-in?" + query.Encode())
}

// inWindow says of the link that signs in whether it opens a window. In a frame it always does, because Zapier is not shown
// in frames; elsewhere the script makes it so. A page that stands by itself while others stand in frames of other sites signs
// in right where it is: its window would end in a handover, which is one more thing that can go wrong.
func (p Page) inWindow() templ.Attributes {
	attributes := templ.Attributes{}
	if p.Framed {
		attributes["target"], attributes["rel"] = signInWindow, "opener"
	}
	if p.Framed || !p.CrossSite {
		attributes["data-window-href"] = string(p.signInLink(true))
	}
	return attributes
}

// tell names whom the script tells of what was connected: nobody, unless the page is in a frame.
func (p Page) tell() templ.Attributes {
	if len(p.Tell) == 0 {
		return nil
	}
	return templ.Attributes{"data-tell": strings.Join(p.Tell, " ")}
}

// returnPath is where signing in returns to.
func (p Page) returnPath() string {
	if p.Path == "" {
		return "/"
	}
	return p.Path
}

// current marks the link of the navigation that leads to the page shown, or to the part of the site it belongs to.
// Further paths may belong to the same part.
func (p Page) current(path string, further ...string) templ.Attributes {
	here, _, _ := strings.Cut(p.Path, "?")
	if here == path {
		return templ.Attributes{"aria-current": "page"}
	}
	for _, part := range append(further, path) {
		if strings.HasPrefix(here, part+"/") {
			return templ.Attributes{"aria-current": "true"}
		}
	}
	return nil
}

// asset is the address of a static file.
func (p Page) asset(path string) string {
	return p.Assets + path
}
