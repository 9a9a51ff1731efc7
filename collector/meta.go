package collector

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var itemNumber = regexp.MustCompile(`[0-9A-Za-z]*\d[0-9A-Za-z]*`)

// canonical is the address the page calls its own, on the same site; "" when it
// names none. Sites whose every page names the front page, or the same one, are not
// believed: the longest number of the page's address must stand in it, or its name.
func (p *page) canonical() string {
	if p.own == "" {
		return ""
	}
	u, err := p.url.Parse(p.own)
	if err != nil || !sameSite(p.url, u) {
		return ""
	}
	if u, err = checkURL(u.String()); err != nil {
		return ""
	}
	item := ""
	for _, t := range itemNumber.FindAllString(p.url.Path+" "+p.url.RawQuery, -1) {
		if len(t) >= len(item) {
			item = t
		}
	}
	if item == "" {
		item = strings.TrimSuffix(path.Base(p.url.Path), path.Ext(p.url.Path))
	}
	if len(item) < 2 || !strings.Contains(u.Path+" "+u.RawQuery, item) {
		return ""
	}
	return u.String()
}

// readMeta gathers what the page tells machines, in one pass: meta elements, its
// canonical address, schema.org objects, inline scripts.
func (p *page) readMeta() {
	p.meta = make(map[string]string)
	var scripts strings.Builder
	for n := range p.doc.Nodes[0].Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.DataAtom {
		case atom.Meta:
			p.readMetaElement(n)
		case atom.Link:
			if p.own == "" && attr(n, "rel") == "canonical" {
				p.own = strings.TrimSpace(attr(n, "href"))
			}
		case atom.Script:
			text := ownText(n)
			if strings.Contains(strings.ToLower(attr(n, "type")), "ld+json") {
				var v any
				if json.Unmarshal([]byte(strings.TrimSpace(text)), &v) == nil {
					p.flatten(v, 0)
				}
			} else if scripts.Len()+len(text) <= maxScript {
				scripts.WriteString(text)
				scripts.WriteByte('\n')
			}
		}
	}
	p.scripts = scripts.String()
}

func (p *page) readMetaElement(n *html.Node) {
	content := strings.TrimSpace(attr(n, "content"))
	if content == "" {
		return
	}
	for _, key := range []string{"property", "name", "itemprop"} {
		name := strings.ToLower(strings.TrimSpace(attr(n, key)))
		if name != "" && p.meta[name] == "" {
			p.meta[name] = content
		}
	}
}

// ownText is the text right under n, which is all the text of a script.
func ownText(n *html.Node) string {
	text := ""
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			text += c.Data
		}
	}
	return text
}

// flatten lists the objects of a JSON-LD block, however they are nested.
func (p *page) flatten(v any, depth int) {
	if depth > 8 || len(p.ld) > 100 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			p.flatten(e, depth+1)
		}
	case map[string]any:
		p.ld = append(p.ld, v)
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage"} {
			p.flatten(v[key], depth+1)
		}
	}
}

// ofTheSite are schema.org types that speak of the site, not of the page.
var ofTheSite = regexp.MustCompile(`^(?:WebSite|.*Organization|Person|BreadcrumbList|ListItem|ImageObject|.*Action)$`)

// schema is the first value of a schema.org property that speaks of the page,
// following objects to their name.
func (p *page) schema(property string) string {
	for _, o := range p.ld {
		if ofTheSite.MatchString(ldText(o["@type"])) {
			continue
		}
		if s := ldText(o[property]); s != "" {
			return s
		}
	}
	return ""
}

func ldText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		if len(v) > 0 {
			return ldText(v[0])
		}
	case map[string]any:
		if name, ok := v["name"].(string); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// metaFirst is the first of the named meta values there is, and its name.
func (p *page) metaFirst(names ...string) (value, name string) {
	for _, n := range names {
		if v := p.meta[n]; v != "" {
			return v, n
		}
	}
	return "", ""
}
