package dashboard

import (
	"html"
	"html/template"
	"regexp"
	"strings"
)

// markdown renders what the user guide is written in: headings, paragraphs,
// lists, pictures, links, strong words and code. Everything else is text, and
// no HTML of the source comes through. The title, a "# " line, is returned apart.
func markdown(source string) (title string, body template.HTML) {
	var b strings.Builder
	list := ""
	begin := func(kind string) {
		if list == kind {
			return
		}
		if list != "" {
			b.WriteString("</" + list + ">\n")
		}
		if list = kind; kind != "" {
			b.WriteString("<" + kind + ">\n")
		}
	}
	for _, line := range strings.Split(source, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "# "):
			title = strings.TrimPrefix(line, "# ")
		case strings.HasPrefix(line, "## "):
			begin("")
			b.WriteString("<h2>" + inline(line[3:]) + "</h2>\n")
		case strings.HasPrefix(line, "- "):
			begin("ul")
			b.WriteString("<li>" + inline(line[2:]) + "</li>\n")
		case numbered.MatchString(line):
			begin("ol")
			b.WriteString("<li>" + inline(numbered.ReplaceAllString(line, "")) + "</li>\n")
		case picture.MatchString(line):
			begin("")
			m := picture.FindStringSubmatch(line)
			b.WriteString(`<figure><img src="/guide/` + html.EscapeString(m[2]) + `" alt="` + html.EscapeString(m[1]) + `" loading="lazy"><figcaption>` + html.EscapeString(m[1]) + "</figcaption></figure>\n")
		default:
			begin("")
			b.WriteString("<p>" + inline(line) + "</p>\n")
		}
	}
	begin("")
	return title, template.HTML(b.String()) // every piece of the source was escaped
}

var (
	numbered = regexp.MustCompile(`^\d+\. `)
	picture  = regexp.MustCompile(`^!\[([^\]]*)\]\((shots/[a-z0-9-]+\.png)\)$`)
	strong   = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	code     = regexp.MustCompile("`([^`]+)`")
	link     = regexp.MustCompile(`\[([^\]]+)\]\((/[a-z0-9/-]*)\)`)
)

func inline(s string) string {
	s = html.EscapeString(s)
	s = code.ReplaceAllString(s, "<code>$1</code>")
	s = strong.ReplaceAllString(s, "<strong>$1</strong>")
	return link.ReplaceAllString(s, `<a href="$2">$1</a>`)
}
