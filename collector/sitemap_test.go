package collector

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"huiying"
)

func TestASitemapGivesThePagesThatChangedLately(t *testing.T) {
	var host string
	s := serve(t, noRobots(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sitemap.xml":
			_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>%[1]s/old.xml</loc><lastmod>2020-01-01</lastmod></sitemap>
<sitemap><loc>%[1]s/news.xml</loc><lastmod>2026-03-05T08:00:00+08:00</lastmod></sitemap>
<sitemap><loc>http://elsewhere.example/s.xml</loc></sitemap></sitemapindex>`, host)
		case "/news.xml":
			_, _ = fmt.Fprintf(w, `<urlset><url><loc> %[1]s/news/1.html </loc><lastmod>2026-03-05T09:00:00+08:00</lastmod></url>
<url><loc>%[1]s/news/2.html</loc><lastmod>2026-01-01</lastmod></url>
<url><loc>%[1]s/about.html</loc></url><url><loc></loc></url>
<url><loc>http://elsewhere.example/3.html</loc></url></urlset>`, host)
		case "/news/1.html":
			_, _ = w.Write(gbk(t, article("天宁镇供暖管道漏水正在抢修", "2026年03月05日 09:00", sentence+sentence)))
		default:
			t.Errorf("asked for %s", r.URL.Path)
			http.NotFound(w, r)
		}
	}))
	host = s.URL
	source := huiying.Source{
		ID: "map", Region: "141122", Kind: "sitemap", Name: "交城新闻网", URL: s.URL + "/sitemap.xml", Channel: huiying.ChannelNews,
		Options: map[string]any{"link_pattern": `/news/`},
	}
	out := &sink{}
	c := testCollector(t, newBook(), out)
	if err := c.Visit(t.Context(), source); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 1 || out.posts[0].Title != "天宁镇供暖管道漏水正在抢修" {
		t.Fatalf("posts %+v", out.posts)
	}
	preview, err := c.Try(t.Context(), source)
	if err != nil || !slices.ContainsFunc(preview.Notes, func(n string) bool { return strings.Contains(n, "较早的 1 个没有取；别的网站上的 0 个") }) {
		t.Errorf("the notes %q, %v do not say what was left out", preview.Notes, err)
	}
}

func TestWhatIsNoSitemapIsAnErrorInWords(t *testing.T) {
	deep := strings.Repeat("<a>", 200)
	for name, body := range map[string]string{
		"a web page":        "<!doctype html><html><body>404</body></html>",
		"nothing":           "",
		"XML cut short":     "<urlset><url><loc>http://a/",
		"an entity bomb":    `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><html>&b;</html>`,
		"something deep":    deep,
		"a lone root, open": "<urlset",
	} {
		if pages, files, err := parseSitemap([]byte(body), testNow); err == nil {
			t.Errorf("%s: %d pages, %d files and no error", name, len(pages), len(files))
		}
	}
	if _, err := openSource(huiying.Source{Kind: "sitemap", Name: "x", URL: "http://a.example/", Options: map[string]any{"days": 0}}); err == nil || !strings.Contains(err.Error(), "options.days") {
		t.Errorf("days = 0: %v", err)
	}
}

func TestTheKindsAreTheOnesTheDomainNames(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	if !slices.Equal(names, huiying.SourceKinds) {
		t.Errorf("kinds %v, the domain says %v", names, huiying.SourceKinds)
	}
}
