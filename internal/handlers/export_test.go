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
