package handlers

import (
	"context"
	"strings"
)

// HelpText draws Markdown as the help of a field.
func HelpText(markdown string) string {
	var drawn strings.Builder
	help := (&Server{markdown: newMarkdown()}).helpText(markdown)
	if help == nil {
		return ""
	}
	if err := help.Render(context.Background(), &drawn); err != nil {
		return err.Error()
	}
	return drawn.String()
}

// CodeOf is the code that an error is told by.
func CodeOf(err error) string { return asError(err).Code }

// SignInCodeOf is the code that a failed sign-in is told by.
func SignInCodeOf(err error) string { return signInError(err).Code }

// Waits reports whether a page waits because of an error.
func Waits(err error) bool { return waits(asError(err)) }

// HoldsSecrets reports whether a password may be among what is sent to a path.
func HoldsSecrets(path string) bool { return holdsSecrets(path) }

// OnceOnly reports whether what is sent to a path may be done twice when it is sent twice.
func OnceOnly(path string) bool { return onceOnly(path) }
