package session

import (
	"net/url"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReturnTo is the longest return target in bytes.
const maxReturnTo = 2048

// CleanReturnTo says whether s is a place on this site to send somebody to
// after sign-in, and returns it (R-09, security.md L12). Accepted are paths
// from the root, with or without a query, of plain ASCII. Refused is whatever
// some browser or proxy could read as another host: a second slash, a
// backslash, control characters and space, plain or encoded, dot segments.
// Refused too are our own pages that open a window or start something at
// Zapier by being looked at: whoever made such a link would choose what a
// person's sign-in goes on to do.
func CleanReturnTo(s string) (string, bool) {
	if len(s) > maxReturnTo || !strings.HasPrefix(s, "/") || !plain(s) {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "", false
	}
	if !cleanPath(u.Path) || !staysHere(s) || startsSomething(u.Path) {
		return "", false
	}
	return s, true
}

// plain says whether s is made of visible ASCII without a backslash, which
// browsers read as a slash.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '\\' {
			return false
		}
	}
	return true
}

// cleanPath looks at the decoded path, because something on the way may decode
// it and only then look for the host.
func cleanPath(p string) bool {
	odd := func(c rune) bool {
		return c == '\\' || c == utf8.RuneError || unicode.IsSpace(c) || !unicode.IsGraphic(c)
	}
	if strings.ContainsFunc(p, odd) || strings.Contains(p, "//") {
		return false
	}
	if p != "/" {
		p = strings.TrimSuffix(p, "/")
	}
	return path.Clean(p) == p
}

// staysHere resolves s as a browser would and compares the host.
func staysHere(s string) bool {
	here := &url.URL{Scheme: "https", Host: "here.invalid", Path: "/"}
	there, err := here.Parse(s)
	return err == nil && there.Scheme == here.Scheme && there.Host == here.Host
}

// startsSomething says whether the path is a sign-in or the start of an
// attempt, for us or for a proxy that decodes more than we do, minds no case
// or drops what stands behind a semicolon.
func startsSomething(decoded string) bool {
	segments := strings.Split(strings.Trim(path.Clean(plainest(decoded)), "/"), "/")
	first, last := bare(segments[0]), bare(segments[len(segments)-1])
	return first == "sign-in" || first == "attempts" && last == "start"
}

// bare is a segment without what a reader of addresses may take off it.
func bare(segment string) string {
	if end := strings.IndexAny(segment, ";?#"); end >= 0 {
		segment = segment[:end]
	}
	return strings.ToLower(segment)
}

// plainest decodes as long as there is something to decode.
func plainest(s string) string {
	for {
		decoded, err := url.PathUnescape(s)
		if err != nil || decoded == s {
			return s
		}
		s = decoded
	}
}
