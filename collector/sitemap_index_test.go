package collector

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"huiying"
)

// A mapSite serves sitemaps and an article at every other address, and notes what was
// asked for.
type mapSite struct {
	files map[string]string // path → what it holds; {host} stands for the site
	asked map[string]int
	url   string
}

func newMapSite(t *testing.T, files map[string]string) *mapSite {
	m := &mapSite{files: files, asked: make(map[string]int)}
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		m.asked[r.URL.Path]++
		body, ok := m.files[r.URL.Path]
		body = strings.ReplaceAll(body, "{host}", m.url)
		switch {
		case ok && strings.HasSuffix(r.URL.Path, ".gz"):
			w.Header().Set("Content-Type", "application/x-gzip")
			_, _ = w.Write(gzipped(t, body))
		case ok:
			_, _ = w.Write([]byte(body))
		case strings.HasSuffix(r.URL.Path, ".html"):
			_, _ = w.Write(gbk(t, article("天宁镇供暖管道漏水第"+r.URL.Path+"处正在抢修", "2026年03月05日 09:00", sentence+sentence)))
		default:
			http.NotFound(w, r)
		}
	})
	m.url = s.URL
	return m
}

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func urlset(paths ...string) string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
	for _, p := range paths {
		fmt.Fprintf(&b, `<url><loc>{host}%s</loc><lastmod>2026-03-05T09:00:00+08:00</lastmod></url>`, p)
	}
	b.WriteString(`</urlset>`)
	return b.String()
}

func index(lastmod string, paths ...string) string {
	var b strings.Builder
	b.WriteString("\xEF\xBB\xBF" + `<?xml version="1.0" encoding="UTF-8"?><sitemapindex>`)
	for _, p := range paths {
		fmt.Fprintf(&b, `<sitemap><loc>{host}%s</loc><lastmod>%s</lastmod></sitemap>`, p, lastmod)
	}
	b.WriteString(`</sitemapindex>`)
	return b.String()
}

func (m *mapSite) source(path string) huiying.Source {
	return huiying.Source{ID: "map", Region: "141122", Kind: "sitemap", Name: "交城新闻网", URL: m.url + path, Channel: huiying.ChannelNews}
}

const thisMorning = "2026-03-05T08:00:00+08:00"

func TestSitemapsNestArePackedAndPointAtEachOther(t *testing.T) {
	m := newMapSite(t, map[string]string{
		"/sitemap.xml":  index(thisMorning, "/sitemap.xml", "/inner.xml", "/broken.xml", "/deep1.xml"),
		"/inner.xml":    index(thisMorning, "/sitemap.xml", "/news.xml.gz", "/inner.xml"),
		"/news.xml.gz":  urlset("/a.html", "/b.html"),
		"/broken.xml":   "<html>维护中</html>",
		"/deep1.xml":    index(thisMorning, "/deep2.xml"),
		"/deep2.xml":    index(thisMorning, "/deep3.xml"),
		"/deep3.xml":    urlset("/too-deep.html"),
		"/robots.txt":   "User-agent: *\nDisallow: /admin/\n",
		"/unlinked.xml": urlset("/unlinked.html"),
	})
	out, ledger := &sink{}, newBook()
	c := testCollector(t, ledger, out)
	if err := c.Visit(t.Context(), m.source("/sitemap.xml")); err != nil {
		t.Fatal(err)
	}
	if len(out.posts) != 2 {
		t.Errorf("%d posts, want the two of the packed file: %+v", len(out.posts), out.posts)
	}
	if m.asked["/sitemap.xml"] != 1 || m.asked["/inner.xml"] != 1 || m.asked["/deep3.xml"] != 0 {
		t.Errorf("asked %v: each file once, no deeper than %d", m.asked, sitemapDepth)
	}
	if h := ledger.health["map"]; h.Failures != 0 || !strings.Contains(h.LastError, "broken.xml") {
		t.Errorf("the broken file is not shown beside what was read: %+v", h)
	}
	if c.Failures()[huiying.FailureUnread] != 1 {
		t.Errorf("counted %v", c.Failures())
	}
}

func TestASitemapFileThatDidNotChangeIsNotReadAgain(t *testing.T) {
	m := newMapSite(t, map[string]string{
		"/sitemap.xml": index(thisMorning, "/news.xml") + "",
		"/news.xml":    urlset("/a.html"),
	})
	out := &sink{}
	c := testCollector(t, newBook(), out)
	visit := func() {
		t.Helper()
		if err := c.Visit(t.Context(), m.source("/sitemap.xml")); err != nil {
			t.Fatal(err)
		}
	}
	visit()
	visit()
	if m.asked["/news.xml"] != 1 || m.asked["/a.html"] != 1 {
		t.Errorf("asked %v: want the file and its page once", m.asked)
	}
	m.files["/news.xml"] = urlset("/a.html", "/b.html")
	m.files["/sitemap.xml"] = index("2026-03-05T10:00:00+08:00", "/news.xml")
	visit()
	if m.asked["/news.xml"] != 2 || m.asked["/b.html"] != 1 || len(out.posts) != 2 {
		t.Errorf("asked %v: a new time was not heeded", m.asked)
	}
	// a day alone says nothing of its later hours
	m.files["/sitemap.xml"] = index("2026-03-05", "/news.xml")
	visit()
	visit()
	if m.asked["/news.xml"] != 4 {
		t.Errorf("asked %v: today's day is no reason to stay away", m.asked)
	}
}

func TestTheFrontPageOfASiteLeadsToItsSitemaps(t *testing.T) {
	m := newMapSite(t, map[string]string{
		"/robots.txt": "User-agent: *\nDisallow: /admin/\n\nSitemap: {host}/maps/today.xml\nSitemap: http://elsewhere.example/s.xml\n",
		"/maps/today.xml": `<urlset xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>{host}/a.html</loc><news:news>
<news:publication><news:name>交城新闻网</news:name></news:publication><news:publication_date>2026-03-05T08:30:00+08:00</news:publication_date><news:title>供暖管道抢修</news:title></news:news></url>
<url><loc>{host}/old.html</loc><news:news><news:publication_date>2026-01-05</news:publication_date></news:news></url></urlset>`,
		"/sitemap.xml": urlset("/b.html"),
	})
	out := &sink{}
	c := testCollector(t, newBook(), out)
	if err := c.Visit(t.Context(), m.source("/")); err != nil {
		t.Fatal(err)
	}
	if m.asked["/a.html"] != 1 || m.asked["/old.html"] != 0 || m.asked["/sitemap.xml"] != 0 {
		t.Errorf("asked %v: want the recent page of the sitemap robots.txt names", m.asked)
	}
	bare := newMapSite(t, map[string]string{"/sitemap.xml": urlset("/b.html")})
	if err := c.Visit(t.Context(), bare.source("")); err != nil || bare.asked["/b.html"] != 1 {
		t.Errorf("%v, asked %v: want /sitemap.xml where robots.txt names none", err, bare.asked)
	}
}

func TestAPackedSitemapIsUnpackedWithinBounds(t *testing.T) {
	bomb := gzipped(t, urlset("/a.html")+strings.Repeat(" ", 6<<20))
	broken := gzipped(t, urlset("/a.html"))
	for name, c := range map[string]struct {
		body []byte
		kind huiying.FailureKind
	}{
		"a bomb":                {bomb, huiying.FailureTooLarge},
		"a file that ends":      {broken[:len(broken)/2], huiying.FailureBroken},
		"a file that is broken": {append(bytes.Clone(broken[:len(broken)-8]), 1, 2, 3, 4, 5, 6, 7, 8), huiying.FailureBroken},
		"an archive":            {[]byte("PK\x03\x04 an archive"), huiying.FailureUnread},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, noRobots(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(c.body) }))
			src := huiying.Source{ID: "map", Region: "141122", Kind: "sitemap", Name: "源", URL: s.URL + "/sitemap.xml.gz", Channel: huiying.ChannelNews}
			if err := testCollector(t, newBook(), &sink{}).Visit(t.Context(), src); kindOf(err) != c.kind {
				t.Errorf("%s: %v, want %s", kindOf(err), err, c.kind)
			}
		})
	}
}
