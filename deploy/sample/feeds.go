package sample

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"strings"
	"time"
)

// The WeChat account's feed: RSS 2.0 as bridges write it, with dates that name
// no zone, some of them in Chinese.
type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string  `xml:"title"`
	Link        string  `xml:"link"`
	GUID        rssGUID `xml:"guid"`
	Description string  `xml:"description"`
	Author      string  `xml:"author"`
	PubDate     string  `xml:"pubDate"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	Value     string `xml:",chardata"`
}

func (s *Site) rss(w http.ResponseWriter, r *http.Request) {
	posts, now, base := s.feedPosts(Wechat), s.now(), baseURL(r)
	feed := rssFeed{Version: "2.0", Channel: rssChannel{
		Title: places[Wechat].name, Link: base + "/", Language: "zh-cn", Description: "交城本地生活公众号。" + disclaimer,
	}}
	for _, p := range posts {
		it := s.item(p, now)
		date := p.Published(s.start).Format(time.DateTime)
		if s.luck("date", p.ID) < 0.3 {
			date = p.Published(s.start).Format("2006年1月2日 15:04")
		}
		feed.Channel.Items = append(feed.Channel.Items, rssItem{
			Title: it.Title, Link: base + it.Path, GUID: rssGUID{Value: "mp-" + it.ID}, Description: paragraphs(it.Paragraphs), Author: it.Author, PubDate: date,
		})
	}
	sendXML(w, r, "application/rss+xml; charset=utf-8", feed, s.newest(posts))
}

// The provincial outlet's feed: Atom.
type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title    string      `xml:"title"`
	Subtitle string      `xml:"subtitle"`
	ID       string      `xml:"id"`
	Updated  string      `xml:"updated"`
	Entries  []atomEntry `xml:"entry"`
}

type atomEntry struct {
	Title     string   `xml:"title"`
	ID        string   `xml:"id"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Author    string   `xml:"author>name"`
	Content   atomText `xml:"content"`
}

type atomLink struct {
	Href string `xml:"href,attr"`
}

type atomText struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

func (s *Site) atom(w http.ResponseWriter, r *http.Request) {
	posts, now, base := s.feedPosts(Wire), s.now(), baseURL(r)
	feed := atomFeed{Title: places[Wire].name, Subtitle: disclaimer, ID: base + places[Wire].path, Updated: s.newest(posts).Format(time.RFC3339)}
	for _, p := range posts {
		it := s.item(p, now)
		feed.Entries = append(feed.Entries, atomEntry{
			Title: it.Title, ID: base + it.Path, Link: atomLink{Href: base + it.Path}, Published: it.Stamp, Updated: it.Stamp,
			Author: it.Author, Content: atomText{Type: "html", Value: paragraphs(it.Paragraphs)},
		})
	}
	sendXML(w, r, "application/atom+xml; charset=utf-8", feed, s.newest(posts))
}

// jsonFeed is the question board's: JSON Feed 1.1.
func (s *Site) jsonFeed(w http.ResponseWriter, r *http.Request) {
	type author struct {
		Name string `json:"name"`
	}
	type entry struct {
		ID        string   `json:"id"`
		URL       string   `json:"url"`
		Title     string   `json:"title"`
		Text      string   `json:"content_text"`
		Published string   `json:"date_published"`
		Authors   []author `json:"authors"`
	}
	posts, now, base := s.feedPosts(Ask), s.now(), baseURL(r)
	feed := struct {
		Version     string  `json:"version"`
		Title       string  `json:"title"`
		Home        string  `json:"home_page_url"`
		Feed        string  `json:"feed_url"`
		Description string  `json:"description"`
		Items       []entry `json:"items"`
	}{"https://jsonfeed.org/version/1.1", places[Ask].name, base + "/", base + places[Ask].path, disclaimer, []entry{}}
	for _, p := range posts {
		it := s.item(p, now)
		feed.Items = append(feed.Items, entry{it.ID, base + it.Path, it.Title, strings.Join(it.Paragraphs, "\n"), it.Stamp, []author{{it.Author}}})
	}
	sendJSON(w, r, "application/feed+json; charset=utf-8", feed, s.newest(posts))
}

// weibo is a search API: the answer is wrapped, and counts grow between visits.
func (s *Site) weibo(w http.ResponseWriter, r *http.Request) {
	type user struct {
		Name string `json:"name"`
	}
	type status struct {
		ID       string `json:"id"`
		Title    string `json:"title"`
		Text     string `json:"text"`
		URL      string `json:"url"`
		User     user   `json:"user"`
		Time     string `json:"time"`
		Views    int64  `json:"views"`
		Likes    int64  `json:"likes"`
		Comments int64  `json:"comments"`
		Reposts  int64  `json:"reposts"`
	}
	type list struct {
		Total int      `json:"total"`
		List  []status `json:"list"`
	}
	now, base := s.now(), baseURL(r)
	data := list{Total: len(s.listed(Weibo, now)), List: []status{}}
	for _, p := range s.feedPosts(Weibo) {
		it, post := s.item(p, now), p.Render(s.start, now)
		data.List = append(data.List, status{
			ID: "wb-" + p.ID, Title: post.Title, Text: post.Text, URL: base + p.Path(), User: user{p.Author},
			Time: p.Published(s.start).Format(time.RubyDate), Views: it.Views, Likes: it.Likes, Comments: it.Replies, Reposts: it.Reposts,
		})
	}
	sendJSON(w, r, "application/json; charset=utf-8", struct {
		OK   int    `json:"ok"`
		Note string `json:"note"`
		Data list   `json:"data"`
	}{1, disclaimer, data}, time.Time{})
}

// feedPosts are the newest posts of a sub-site, as many as a feed shows.
func (s *Site) feedPosts(key Place) []Post {
	posts := s.listed(key, s.now())
	return posts[:min(perPage, len(posts))]
}

// newest is when the first of posts appeared; the start when there is none.
func (s *Site) newest(posts []Post) time.Time {
	if len(posts) == 0 {
		return s.start
	}
	return posts[0].Published(s.start)
}

// baseURL is the address the visitor came by: feeds need absolute links.
func baseURL(r *http.Request) string { return "http://" + r.Host }

func paragraphs(lines []string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString("<p>" + html.EscapeString(l) + "</p>")
	}
	return b.String()
}

func sendXML(w http.ResponseWriter, r *http.Request, contentType string, v any, changed time.Time) {
	body, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, contentType, append([]byte(xml.Header), body...), changed)
}

func sendJSON(w http.ResponseWriter, r *http.Request, contentType string, v any, changed time.Time) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	send(w, r, contentType, body, changed)
}
