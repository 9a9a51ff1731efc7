package sample

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
)

//go:embed templates/style.css
var static embed.FS

const robots = `User-agent: *
Disallow: /portal/internal/
Disallow: /forum/search
Allow: /
`

// Handler serves the whole web; each sub-site has its own path.
func (s *Site) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.front)
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, r *http.Request) {
		send(w, r, "text/plain; charset=utf-8", []byte(robots), time.Time{})
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static, "templates/style.css")
	})
	mux.HandleFunc("GET /feed.xml", s.rss)
	mux.HandleFunc("GET /weibo.json", s.weibo)
	mux.HandleFunc("GET /wire/atom.xml", s.atom)
	mux.HandleFunc("GET /ask/feed.json", s.jsonFeed)
	for key, name := range listTemplates {
		mux.HandleFunc("GET "+places[key].path+"{$}", s.list(key, name))
	}
	for key, name := range pageTemplates {
		mux.HandleFunc("GET "+pageDir(key)+"{file}", s.page(key, name, false))
	}
	mux.HandleFunc("GET /news/m/{file}", s.page(News, "phone", true))
	mux.HandleFunc("GET /portal/internal/{file}", s.internal)
	return mux
}

// pageDir is the folder of a sub-site's pages.
func pageDir(key Place) string {
	at := places[key].page
	return at[:strings.LastIndexByte(at, '/')+1]
}

// send answers with a body that has an ETag, and a Last-Modified unless changed
// is zero: then the page holds counts that no date speaks for.
func send(w http.ResponseWriter, r *http.Request, contentType string, body []byte, changed time.Time) {
	sum := sha256.Sum256(body)
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	h.Set("Cache-Control", "no-cache")
	http.ServeContent(w, r, "", changed, bytes.NewReader(body))
}

// sendPage answers with HTML; the news site's is GBK, and only its meta says so.
func sendPage(w http.ResponseWriter, r *http.Request, key Place, body []byte, changed time.Time) {
	if key != News {
		send(w, r, "text/html; charset=utf-8", body, changed)
		return
	}
	gbk, err := encoding.HTMLEscapeUnsupported(simplifiedchinese.GBK.NewEncoder()).Bytes(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, "text/html", gbk, changed)
}
