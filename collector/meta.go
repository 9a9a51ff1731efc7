package collector

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

var itemNumber = regexp.MustCompile(`[0-9A-Za-z]*\d[0-9A-Za-z]*`)

// canonical is the address the page calls its own, on the same site; "" when it
// names none. Sites whose every page names the front page, or the same one, are not
// believed: the longest number of the page's address must stand in it, or its name.
func (p *page) canonical() string {
	href := strings.TrimSpace(p.doc.Find(`link[rel="canonical"]`).First().AttrOr("href", ""))
	if href == "" {
		return ""
	}
	u, err := p.url.Parse(href)
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

// readMeta gathers what the page tells machines: meta elements, schema.org
// objects, inline scripts.
func (p *page) readMeta() {
	p.meta = make(map[string]string)
	p.doc.Find("meta").Each(func(_ int, s *goquery.Selection) {
		content := strings.TrimSpace(s.AttrOr("content", ""))
		if content == "" {
			return
		}
		for _, key := range []string{"property", "name", "itemprop"} {
			name := strings.ToLower(strings.TrimSpace(s.AttrOr(key, "")))
			if name != "" && p.meta[name] == "" {
				p.meta[name] = content
			}
		}
	})
	var scripts strings.Builder
	p.doc.Find("script").Each(func(_ int, s *goquery.Selection) {
		text := s.Text()
		if strings.Contains(strings.ToLower(s.AttrOr("type", "")), "ld+json") {
			var v any
			if json.Unmarshal([]byte(strings.TrimSpace(text)), &v) == nil {
				p.flatten(v, 0)
			}
			return
		}
		if scripts.Len()+len(text) <= maxScript {
			scripts.WriteString(text)
			scripts.WriteByte('\n')
		}
	})
	p.scripts = scripts.String()
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
