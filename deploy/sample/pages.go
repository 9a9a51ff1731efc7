package sample

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"huiying"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = template.Must(template.New("").ParseFS(templateFiles, "templates/*.html"))

// The sub-sites that have a list page of their own, and the page of a post.
var (
	listTemplates = map[Place]string{Portal: "portal-list", Hotline: "portal-list", News: "news-list", Forum: "forum-list", Life: "forum-list"}
	pageTemplates = map[Place]string{
		Portal: "portal-page", Hotline: "portal-page", News: "news-page", Forum: "forum-page", Life: "forum-page",
		Wechat: "wechat-page", Weibo: "weibo-page", Wire: "wire-page", Ask: "ask-page",
	}
)

// perPage is how many posts a list or a feed shows: no less than a sub-site has
// when the demo starts, so that a collector's first visit sees them all.
const perPage = 50

// Dates as each sub-site writes them.
var dateStyles = map[Place]string{
	Portal: "2006-01-02 15:04", Hotline: "2006年01月02日 15:04", News: "2006年01月02日 15:04", Forum: "2006-1-2 15:04:05",
	Life: "2006/1/2 15:04", Wechat: "2006年1月2日 15:04", Weibo: "06-1-2 15:04", Wire: "2006-01-02 15:04:05", Ask: "2006-01-02",
}

// view is what every template gets.
type view struct {
	Site   string // name of the sub-site
	Key    Place
	Column string
	Home   string // its list
	Items  []item
	Item   item
	Aside  []item // of the sidebar
	Older  string // address of the next list page
	Newer  string
}

// item is a post as a page shows it.
type item struct {
	ID, Title, Path, Author, Column string
	Paragraphs                      []string
	Date, Day, Ago                  string
	Stamp                           string // RFC 3339
	Views, Likes, Replies, Reposts  int64
	Comments                        []comment
}

type comment struct{ Author, Text, Date string }

func (s *Site) item(p Post, now time.Time) item {
	r, at, e := p.Render(s.start, now), p.Published(s.start), s.traffic(p, now)
	title := r.Title
	if title == "" {
		title = r.Headline()
	}
	return item{
		ID: p.ID, Title: title, Path: p.Path(), Author: p.Author, Column: p.Column,
		Paragraphs: strings.Split(r.Text, "\n"), Date: at.Format(dateStyles[p.Site]), Day: at.Format("01-02"),
		Ago: ago(at, now), Stamp: at.Format(time.RFC3339), Views: e.Views, Likes: e.Likes, Replies: e.Comments, Reposts: e.Reposts,
	}
}

// ago is a time as forum lists write it.
func ago(at, now time.Time) string {
	now = now.In(huiying.Beijing)
	switch d := now.Sub(at); {
	case d < time.Minute:
		return "刚刚"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + "分钟前"
	case d < 6*time.Hour:
		return strconv.Itoa(int(d.Hours())) + "小时前"
	case at.Format(time.DateOnly) == now.Format(time.DateOnly):
		return "今天 " + at.Format("15:04")
	case at.Format(time.DateOnly) == now.AddDate(0, 0, -1).Format(time.DateOnly):
		return "昨天 " + at.Format("15:04")
	}
	return at.Format("2006-1-2")
}

func (s *Site) items(posts []Post, now time.Time) []item {
	out := make([]item, len(posts))
	for i, p := range posts {
		out[i] = s.item(p, now)
	}
	return out
}

// front leads to the sub-sites.
func (s *Site) front(w http.ResponseWriter, r *http.Request) {
	now := s.now()
	v := struct {
		Sites          []view
		Visible, Total int
	}{Visible: s.Visible(now), Total: s.Total()}
	for _, key := range order {
		posts := s.listed(key, now)
		v.Sites = append(v.Sites, view{
			Site: places[key].name, Key: key, Home: places[key].path, Column: fmt.Sprintf("已有 %d 条", len(posts)),
			Items: s.items(posts[:min(3, len(posts))], now),
		})
	}
	show(w, r, "", "front", v, time.Time{})
}

// list shows the posts of a sub-site, newest first, some on a page.
func (s *Site) list(key Place, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now := s.now()
		posts := s.listed(key, now)
		page := 1
		if q := r.URL.Query().Get("page"); q != "" {
			n, err := strconv.Atoi(q)
			if err != nil || n < 1 || (n-1)*perPage >= max(1, len(posts)) {
				http.NotFound(w, r)
				return
			}
			page = n
		}
		from := (page - 1) * perPage
		to := min(len(posts), from+perPage)
		v := s.view(key, now)
		v.Items = s.items(posts[from:to], now)
		if to < len(posts) {
			v.Older = fmt.Sprintf("%s?page=%d", v.Home, page+1)
		}
		if page > 1 {
			v.Newer = fmt.Sprintf("%s?page=%d", v.Home, page-1)
		}
		show(w, r, key, name, v, s.changed(key, posts))
	}
}

// page shows one post when its time has come.
func (s *Site) page(key Place, name string, mobile bool) http.HandlerFunc {
	prefix := strings.TrimPrefix(places[key].page, pageDir(key))
	return func(w http.ResponseWriter, r *http.Request) {
		now := s.now()
		file, html := strings.CutSuffix(r.PathValue("file"), ".html")
		id, ours := strings.CutPrefix(file, prefix)
		p, ok := s.find(key, id, now)
		if !html || !ours || !ok || p.Mobile != mobile {
			http.NotFound(w, r)
			return
		}
		v := s.view(key, now)
		v.Item, v.Column = s.item(p, now), p.Column
		v.Item.Comments = s.replies(p, now)
		show(w, r, key, name, v, s.changed(key, []Post{p}))
	}
}

// internal is a page robots.txt closes; a polite collector never asks for it.
func (s *Site) internal(w http.ResponseWriter, r *http.Request) {
	v := s.view(Portal, s.now())
	v.Item = item{Title: "内部资料", Paragraphs: []string{"本栏目已在 robots.txt 中声明不允许抓取。如果这段文字出现在采集结果里，说明采集器没有遵守约定。"}}
	show(w, r, Portal, "portal-page", v, s.start)
}

func (s *Site) view(key Place, now time.Time) view {
	posts := s.listed(key, now)
	return view{Site: places[key].name, Key: key, Home: places[key].path, Column: places[key].column, Aside: s.items(posts[:min(6, len(posts))], now)}
}

// changed is when the newest of posts appeared, or zero where pages show counts.
func (s *Site) changed(key Place, posts []Post) time.Time {
	if len(posts) == 0 || key != News && key != Hotline && key != Wire && key != Ask {
		return time.Time{}
	}
	return posts[0].Published(s.start)
}

func show(w http.ResponseWriter, r *http.Request, key Place, name string, v any, changed time.Time) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	sendPage(w, r, key, b.Bytes(), changed)
}
