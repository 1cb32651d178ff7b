package session

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/gorilla/sessions"
)

const (
	cookieName = "zapembed"
	// idSize is the entropy of a session id in bytes.
	idSize = 32
	// maxCookies is how many cookies of our name are looked at in a request.
	// There are two when EMBED_MODE was changed: a browser keeps the one of
	// before beside the partitioned one, and sends both.
	maxCookies = 2
)

// cookie is the session cookie's name and attributes, as the public URL and the
// way of embedding demand them (security.md 4.3).
type cookie struct {
	name      string
	path      string
	secure    bool
	crossSite bool
}

// newCookie derives the cookie from the public URL and the way of embedding.
// It refuses what a browser would not keep, or would send in the clear.
func newCookie(public *url.URL, crossSite bool) (cookie, error) {
	if public == nil {
		return cookie{}, errors.New("the public URL is missing")
	}
	if err := checkPublicURL(public); err != nil {
		return cookie{}, fmt.Errorf("the public URL %s %w", public.Redacted(), err)
	}
	c := cookie{name: cookieName, path: strings.TrimSuffix(public.EscapedPath(), "/") + "/", crossSite: crossSite}
	if crossSite && (public.Scheme != "https" || c.path != "/") {
		return cookie{}, fmt.Errorf("the public URL %s %w", public.Redacted(), errCrossSite)
	}
	switch {
	case public.Scheme == "http":
		return c, nil
	case c.path == "/":
		c.name = "__Host-Http-" + cookieName
	default:
		c.name = "__Http-" + cookieName
	}
	c.secure = true
	return c, nil
}

// errCrossSite: browsers take SameSite=None and Partitioned over https alone,
// and under a path prefix the frame would be of the partner's own origin.
var errCrossSite = errors.New("must begin with https:// and have no path: cross-site frames need a hostname of our own")

func checkPublicURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("must begin with https:// or http://")
	case u.Hostname() == "":
		return errors.New("has no host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return errors.New("may have a scheme, a host and a path only")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return errors.New("must begin with https://: over http:// the session cookie could be read on the way, so that is for localhost only")
	}
	return checkPrefix(u)
}

func checkPrefix(u *url.URL) error {
	if p := strings.TrimSuffix(u.Path, "/"); p != "" && path.Clean(p) != p {
		return errors.New("has a path that is not in its simplest form")
	}
	if strings.Contains(u.Path, ";") {
		return errors.New("may have no semicolon in its path: a cookie's path cannot hold one")
	}
	return nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// read returns the session ids of the request that have the form of one, in
// the browser's order. A malformed id never reaches the store.
func (c cookie) read(r *http.Request) []string {
	var ids []string
	for _, found := range r.CookiesNamed(c.name) {
		if len(ids) < maxCookies && wellFormed(found.Value) {
			ids = append(ids, found.Value)
		}
	}
	return ids
}

// wellFormed says whether randomID could have made the text.
func wellFormed(id string) bool {
	if len(id) != base64.RawURLEncoding.EncodedLen(idSize) {
		return false
	}
	// The decoder skips line ends; with one of them the text is too short.
	var raw [idSize]byte
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(id))
	return err == nil && n == idSize
}

// write sets the cookie to id for the given time.
func (c cookie) write(w http.ResponseWriter, id string, life time.Duration) {
	c.set(w, id, int(math.Ceil(life.Seconds())))
}

// clear takes the cookie away.
func (c cookie) clear(w http.ResponseWriter) { c.set(w, "", -1) }

// set replaces any Set-Cookie of the same name that is in the response
// already: two of them in one response are forbidden, and browsers disagree on
// which one counts.
func (c cookie) set(w http.ResponseWriter, value string, maxAge int) {
	lines := w.Header()["Set-Cookie"]
	w.Header().Del("Set-Cookie")
	for _, line := range lines {
		if !strings.HasPrefix(line, c.name+"=") {
			w.Header().Add("Set-Cookie", line)
		}
	}
	options := c.options()
	options.MaxAge = maxAge
	http.SetCookie(w, sessions.NewCookie(c.name, value, options))
}

// options are the attributes every cookie of ours has. Lax and
// not Strict: the way back from Zapier's consent page is a cross-site
// navigation, and a Strict cookie would not come along. In a cross-site frame
// a Lax cookie would not be kept at all; there it is None, and Partitioned:
// one cookie per site that frames us. It then rides on requests that those
// sites make themselves, so in this mode nothing may rest on SameSite.
func (c cookie) options() *sessions.Options {
	options := &sessions.Options{Path: c.path, Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.crossSite {
		options.SameSite, options.Partitioned = http.SameSiteNoneMode, true
	}
	return options
}

// randomID returns idSize random bytes as text: a session id, a state, a
// browser, a PKCE verifier (RFC 7636 wants 43 characters at least).
func randomID(random io.Reader) (string, error) {
	raw := make([]byte, idSize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("session: randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}
