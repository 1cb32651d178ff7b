package handlers

import (
	"bytes"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// helpText is the Markdown that the developer of an App wrote, as HTML that can do no harm: no HTML of theirs, no
// pictures, and links to other sites alone. Nil if there is none.
func (s *Server) helpText(markdown string) templ.Component {
	if strings.TrimSpace(markdown) == "" {
		return nil
	}
	var drawn bytes.Buffer
	if err := s.markdown.Convert([]byte(markdown), &drawn); err != nil {
		return templ.Raw(templ.EscapeString(markdown))
	}
	return templ.Raw(strings.TrimSpace(drawn.String()))
}

// newMarkdown is goldmark in its safe mode, with stricter drawings for all that could lead somewhere.
func newMarkdown() goldmark.Markdown {
	markdown := goldmark.New()
	markdown.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(strictNodes{}, 1)))
	return markdown
}

// strictNodes draws what safe mode still lets through, or leaves a trace of.
type strictNodes struct{}

// RegisterFuncs is how goldmark learns of the drawings.
func (strictNodes) RegisterFuncs(register renderer.NodeRendererFuncRegisterer) {
	register.Register(ast.KindLink, drawLink)
	register.Register(ast.KindAutoLink, drawAutoLink)
	register.Register(ast.KindHeading, drawHeading)
	for _, kind := range []ast.NodeKind{ast.KindImage, ast.KindRawHTML, ast.KindHTMLBlock} {
		register.Register(kind, drawNothing)
	}
}

func drawNothing(util.BufWriter, []byte, ast.Node, bool) (ast.WalkStatus, error) {
	return ast.WalkSkipChildren, nil
}

// drawLink keeps the words of a link that leads nowhere we send people to.
func drawLink(w util.BufWriter, _ []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	target := string(node.(*ast.Link).Destination)
	switch {
	case !leadsOut(target):
	case entering:
		openLink(w, target)
	default:
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}

func drawAutoLink(w util.BufWriter, source []byte, node ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	link := node.(*ast.AutoLink)
	target, label := string(link.URL(source)), util.EscapeHTML(link.Label(source))
	if leadsOut(target) {
		openLink(w, target)
		label = append(label, "</a>"...)
	}
	_, _ = w.Write(label)
	return ast.WalkContinue, nil
}

// drawHeading makes a line in bold of it: a heading of theirs would stand between the headings of the page.
func drawHeading(w util.BufWriter, _ []byte, _ ast.Node, entering bool) (ast.WalkStatus, error) {
	tags := "</strong></p>\n"
	if entering {
		tags = "<p><strong>"
	}
	_, _ = w.WriteString(tags)
	return ast.WalkContinue, nil
}

func openLink(w util.BufWriter, target string) {
	_, _ = w.WriteString(`<a href="` + templ.EscapeString(target) + `" target="_blank" rel="noopener noreferrer nofollow">`)
}

func leadsOut(target string) bool {
	parsed, err := url.Parse(target)
	return err == nil && (parsed.Scheme == "https" || parsed.Scheme == "http") && parsed.Host != ""
}
