package handlers_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/zapembed/zapembed/internal/handlers"
)

func TestHelpText(t *testing.T) {
	out := func(target, words string) string {
		return `<p><a href="` + target + `" target="_blank" rel="noopener noreferrer nofollow">` + words + `</a></p>`
	}
	for name, tt := range map[string]struct{ markdown, want string }{
		"nothing":                   {" \n", ""},
		"words":                     {"Leads of the last **30 days**, *all* of `them`.", "<p>Leads of the last <strong>30 days</strong>, <em>all</em> of <code>them</code>.</p>"},
		"a list":                    {"1. Test it\n2. Send it", "<ol>\n<li>Test it</li>\n<li>Send it</li>\n</ol>"},
		"a link":                    {"[the help page](https://help.example/leads?a=1&b=2)", out("https://help.example/leads?a=1&amp;b=2", "the help page")},
		"a link over http":          {"[help](http://help.example)", out("http://help.example", "help")},
		"a link by itself":          {"<https://help.example/>", out("https://help.example/", "https://help.example/")},
		"a link with a script":      {"[press](javascript:alert(1))", "<p>press</p>"},
		"a link in capitals":        {"[press](JaVaScRiPt:alert(1))", "<p>press</p>"},
		"a link with data":          {"[press](data:text/html,<script>alert(1)</script>)", "<p>press</p>"},
		"a link to us":              {"[press](/sign-out)", "<p>press</p>"},
		"a link without a scheme":   {"[press](//evil.example)", "<p>press</p>"},
		"a link that breaks out":    {`[press](https://a.example/"onmouseover="alert(1))`, out("https://a.example/&#34;onmouseover=&#34;alert(1)", "press")},
		"a title that breaks out":   {`[press](https://a.example/ "x\" onmouseover=\"alert(1)")`, out("https://a.example/", "press")},
		"an address":                {"<news@example.com>", "<p>news@example.com</p>"},
		"a script":                  {"<script>alert(1)</script>", ""},
		"HTML within":               {"so <b onclick=alert(1)>bold</b>", "<p>so bold</p>"},
		"what looks like HTML":      {"1 < 2 & 3 > 2", "<p>1 &lt; 2 &amp; 3 &gt; 2</p>"},
		"a picture":                 {"![smile](https://evil.example/pixel.gif)here", "<p>here</p>"},
		"a picture in a link":       {"[![x](https://evil.example/p.gif)](https://a.example/)", out("https://a.example/", "")},
		"a heading":                 {"# Careful\nIt sends.", "<p><strong>Careful</strong></p>\n<p>It sends.</p>"},
		"code":                      {"```html\n<script>\n```", "<pre><code class=\"language-html\">&lt;script&gt;\n</code></pre>"},
		"code with a strange class": {"```\"><script>alert(1)</script>\nx\n```", "<pre><code class=\"language-&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\">x\n</code></pre>"},
		"a reference":               {"[press][1]\n\n[1]: javascript:alert(1)", "<p>press</p>"},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, handlers.HelpText(tt.markdown))
		})
	}
}
