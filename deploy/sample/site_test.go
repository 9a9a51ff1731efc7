package sample

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"github.com/mmcdole/gofeed"
	"github.com/temoto/robotstxt"
	"golang.org/x/text/encoding/simplifiedchinese"

	"huiying"
)

func TestEverySubSiteServesWhatIsVisibleAndOnlyThat(t *testing.T) {
	t.Parallel()
	for _, passed := range []time.Duration{0, 90 * time.Minute} {
		now := testStart.Add(passed)
		s, srv := served(t, now)
		for _, key := range order {
			_, list := fetch(t, srv.URL+places[key].path, http.StatusOK)
			if key == Portal || key == Forum || key == Life || key == Hotline || key == News {
				for page := range len(s.listed(key, now))/perPage + 1 {
					_, more := fetch(t, srv.URL+places[key].path+"?page="+string(rune('1'+page)), http.StatusOK)
					list += more
				}
			}
			for i, p := range s.posts {
				if p.Site != key {
					continue
				}
				if !p.Published(testStart).After(now) {
					if i%3 == 0 { // a third is enough to see every template
						fetch(t, srv.URL+p.Path(), http.StatusOK)
					}
					if !strings.Contains(list, p.Path()) && len(s.listed(key, now)) <= perPage {
						t.Errorf("after %v: %s is not listed on %s", passed, p.ID, key)
					}
					continue
				}
				fetch(t, srv.URL+p.Path(), http.StatusNotFound)
				if strings.Contains(list, p.Path()) {
					t.Errorf("after %v: %s is listed on %s before its time", passed, p.ID, key)
				}
			}
		}
	}
}

func TestAPageIsFoundOnlyAtItsOwnAddress(t *testing.T) {
	t.Parallel()
	_, srv := served(t, testStart.Add(6*time.Hour))
	for _, path := range []string{
		"/news/smell-1.html", "/portal/info/wages-2.html", "/forum/smell-1.html", "/forum/thread-smell-1", "/forum/thread-smell-3.html",
		"/news/smell-19.html", "/news/m/smell-18.html", "/portal/?page=99", "/portal/?page=x", "/portal/?page=0", "/nowhere", "/news/..%2f",
	} {
		fetch(t, srv.URL+path, http.StatusNotFound)
	}
	fetch(t, srv.URL+"/news/m/smell-19.html", http.StatusOK)
}

func TestListPagesLeadToOlderOnes(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(6*time.Hour))
	posts := s.listed(Forum, s.now())
	if len(posts) <= perPage {
		t.Skipf("the forum has one page of %d posts", len(posts))
	}
	_, first := fetch(t, srv.URL+"/forum/", http.StatusOK)
	if !strings.Contains(first, `href="/forum/?page=2"`) {
		t.Error("the first page does not lead to the second")
	}
	_, second := fetch(t, srv.URL+"/forum/?page=2", http.StatusOK)
	if oldest := posts[len(posts)-1].Path(); !strings.Contains(second, oldest) {
		t.Errorf("the oldest thread %s is not on page 2", oldest)
	}
}

func TestEveryPageSaysThatItIsMadeUp(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(6*time.Hour))
	paths := []string{"/", "/feed.xml", "/weibo.json", "/wire/atom.xml", "/ask/feed.json", "/portal/internal/files.html", "/news/m/smell-19.html"}
	for _, key := range order {
		paths = append(paths, places[key].path, s.listed(key, s.now())[0].Path())
	}
	for _, path := range paths {
		_, body := fetch(t, srv.URL+path, http.StatusOK)
		if strings.HasPrefix(path, "/news/") {
			body = fromGBK(t, body)
		}
		if !strings.Contains(body, disclaimer) {
			t.Errorf("%s does not say %s", path, disclaimer)
		}
	}
}

func fromGBK(t *testing.T, body string) string {
	t.Helper()
	text, err := simplifiedchinese.GBK.NewDecoder().String(body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTheNewsSiteReallyIsGBKAndOnlyItsMetaSaysSo(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(6*time.Hour))
	for _, path := range []string{"/news/", "/news/m/smell-19.html", "/news/smell-18.html"} {
		header, body := fetch(t, srv.URL+path, http.StatusOK)
		if ct := header.Get("Content-Type"); ct != "text/html" {
			t.Errorf("%s: Content-Type %q names a charset", path, ct)
		}
		if utf8.ValidString(body) {
			t.Errorf("%s is valid UTF-8", path)
		}
		if !strings.Contains(body, "charset=gb2312") {
			t.Errorf("%s declares no charset", path)
		}
		if text := fromGBK(t, body); strings.Contains(text, "�") || !strings.Contains(text, "晨讯") {
			t.Errorf("%s is garbled:\n%.200s", path, text)
		}
	}
	want := s.byID["smell-18"]
	_, body := fetch(t, srv.URL+want.Path(), http.StatusOK)
	text := fromGBK(t, body)
	if !strings.Contains(text, want.Title) || !strings.Contains(text, want.Published(testStart).Format("2006年01月02日 15:04")) {
		t.Error("title or date is missing from the page")
	}
}

func TestSelectorsOfTheSourcesFindTheirParts(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(2*time.Hour))
	for _, src := range s.Sources(srv.URL) {
		if src.Kind != "site" || src.Options == nil {
			continue
		}
		key := Place(strings.TrimPrefix(string(src.ID), "sample-"))
		_, body := fetch(t, src.URL, http.StatusOK)
		list := document(t, body)
		listed := s.listed(key, s.now())
		links := list.Find(src.Options["list"].(string))
		if want := min(perPage, len(listed)); links.Length() != want {
			t.Errorf("%s: %d links on the list, want %d", key, links.Length(), want)
		}
		if href := links.First().AttrOr("href", ""); href != listed[0].Path() {
			t.Errorf("%s: the first link is %q, want the newest post %s", key, href, listed[0].Path())
		}
		_, body = fetch(t, srv.URL+listed[0].Path(), http.StatusOK)
		page, want := document(t, body), listed[0].Render(testStart, s.now())
		for option, selector := range src.Options {
			found := page.Find(selector.(string))
			if option == "list" {
				continue
			}
			text := strings.TrimSpace(found.Text())
			if found.Length() == 0 || text == "" {
				t.Errorf("%s: %s (%s) finds nothing", key, option, selector)
				continue
			}
			switch option {
			case "title":
				if text != want.Title {
					t.Errorf("%s: title %q, want %q", key, text, want.Title)
				}
			case "text":
				if strings.Join(strings.Fields(text), "") != strings.Join(strings.Fields(want.Text), "") {
					t.Errorf("%s: text %q, want %q", key, text, want.Text)
				}
			}
		}
	}
}

func document(t *testing.T, body string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestFeedsParseAndTheirDatesAreBeijingTime(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(6*time.Hour))
	for _, c := range []struct {
		key  Place
		kind string
	}{{Wechat, "rss"}, {Wire, "atom"}, {Ask, "json"}} {
		header, body := fetch(t, srv.URL+places[c.key].path, http.StatusOK)
		feed, err := gofeed.NewParser().ParseString(body)
		if err != nil {
			t.Fatalf("%s (%s): %v", c.key, header.Get("Content-Type"), err)
		}
		posts := s.listed(c.key, s.now())
		if feed.FeedType != c.kind || len(feed.Items) != min(perPage, len(posts)) {
			t.Fatalf("%s: %s feed of %d items, want %s of %d", c.key, feed.FeedType, len(feed.Items), c.kind, len(posts))
		}
		for i, it := range feed.Items {
			want := posts[i].Render(testStart, s.now())
			at, err := huiying.ParseTime(it.Published)
			if err != nil {
				t.Fatalf("%s %s: %v", c.key, posts[i].ID, err)
			}
			if d := want.PublishedAt.Sub(at); d < 0 || d >= time.Minute {
				t.Errorf("%s %s: date %q reads as %v, want %v", c.key, posts[i].ID, it.Published, at, want.PublishedAt)
			}
			text := it.Content
			if text == "" {
				text = it.Description
			}
			if it.Title != want.Title || !strings.Contains(text, strings.Split(want.Text, "\n")[0]) {
				t.Errorf("%s %s: title or text differ: %q", c.key, posts[i].ID, it.Title)
			}
			if u, err := url.Parse(it.Link); err != nil || u.Path != posts[i].Path() || "http://"+u.Host != srv.URL {
				t.Errorf("%s: link %q", posts[i].ID, it.Link)
			}
		}
	}
}

func TestRSSDatesNameNoZoneAndSomeAreChinese(t *testing.T) {
	t.Parallel()
	_, srv := served(t, testStart.Add(6*time.Hour))
	_, body := fetch(t, srv.URL+"/feed.xml", http.StatusOK)
	feed, err := gofeed.NewParser().ParseString(body)
	if err != nil {
		t.Fatal(err)
	}
	plain, chinese := 0, 0
	for _, it := range feed.Items {
		if strings.Contains(it.Published, "年") {
			chinese++
		} else if _, err := time.Parse(time.DateTime, it.Published); err == nil {
			plain++
		}
	}
	if plain == 0 || chinese == 0 || plain+chinese != len(feed.Items) {
		t.Errorf("%d plain and %d Chinese dates among %d", plain, chinese, len(feed.Items))
	}
}

func TestTheWeiboAPIHasItsFieldsAndItsCountsGrow(t *testing.T) {
	t.Parallel()
	read := func(passed time.Duration) map[string]map[string]any {
		_, srv := served(t, testStart.Add(passed))
		_, body := fetch(t, srv.URL+"/weibo.json", http.StatusOK)
		var answer struct {
			OK   int `json:"ok"`
			Data struct {
				List []map[string]any `json:"list"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || answer.OK != 1 {
			t.Fatalf("ok %d, %v", answer.OK, err)
		}
		byID := map[string]map[string]any{}
		for _, it := range answer.Data.List {
			for _, field := range []string{"id", "title", "text", "url", "time", "views", "likes", "comments", "reposts", "user"} {
				if _, ok := it[field]; !ok {
					t.Fatalf("no %s in %v", field, it)
				}
			}
			if _, err := huiying.ParseTime(it["time"].(string)); err != nil {
				t.Error(err)
			}
			byID[it["id"].(string)] = it
		}
		return byID
	}
	before, after := read(0), read(time.Hour)
	if len(after) <= len(before) && len(after) < perPage {
		t.Errorf("%d posts at the start, %d an hour later", len(before), len(after))
	}
	a, b := before["wb-smell-15"]["views"].(float64), after["wb-smell-15"]["views"].(float64)
	if b <= a || b < 25_000 {
		t.Errorf("views of a spreading post: %.0f, an hour later %.0f", a, b)
	}
}

func TestUnchangedPagesAnswer304(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart.Add(time.Hour))
	for _, key := range order {
		header, _ := fetch(t, srv.URL+places[key].path, http.StatusOK)
		if header.Get("ETag") == "" {
			t.Fatalf("%s has no ETag", key)
		}
		fetch(t, srv.URL+places[key].path, http.StatusNotModified, "If-None-Match", header.Get("ETag"))
		fetch(t, srv.URL+places[key].path, http.StatusOK, "If-None-Match", `"other"`)
	}
	for _, path := range []string{"/news/", "/feed.xml", "/wire/atom.xml", "/ask/feed.json", "/portal/12345/"} {
		header, _ := fetch(t, srv.URL+path, http.StatusOK)
		changed := header.Get("Last-Modified")
		if changed == "" {
			t.Fatalf("%s has no Last-Modified", path)
		}
		fetch(t, srv.URL+path, http.StatusNotModified, "If-Modified-Since", changed)
	}
	if header, _ := fetch(t, srv.URL+s.listed(Forum, s.now())[0].Path(), http.StatusOK); header.Get("Last-Modified") != "" {
		t.Error("a page with growing counts names a date of change")
	}
}

func TestRobotsCloseTheInternalFolderAndNothingElse(t *testing.T) {
	t.Parallel()
	s, srv := served(t, testStart)
	_, body := fetch(t, srv.URL+"/robots.txt", http.StatusOK)
	rules, err := robotstxt.FromString(body)
	if err != nil {
		t.Fatal(err)
	}
	group := rules.FindGroup("Huiying")
	if group.Test("/portal/internal/files.html") || group.Test("/forum/search?q=x") || group.CrawlDelay != 0 {
		t.Error("the closed folders are open, or a crawl delay is asked for")
	}
	for _, p := range s.posts {
		if !group.Test(p.Path()) {
			t.Errorf("%s is closed", p.Path())
		}
	}
	for _, src := range s.Sources("") {
		if !group.Test(src.URL) {
			t.Errorf("%s is closed", src.URL)
		}
	}
}

func TestForumTimesAreWrittenAsForumsDo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, huiying.Beijing)
	for passed, want := range map[time.Duration]string{
		20 * time.Second: "刚刚", 5 * time.Minute: "5分钟前", 3*time.Hour + time.Minute: "3小时前",
		8 * time.Hour: "今天 07:00", 20 * time.Hour: "昨天 19:00", 44 * time.Hour: "2026-11-21",
	} {
		if got := ago(now.Add(-passed), now); got != want {
			t.Errorf("%v ago is %q, want %q", passed, got, want)
		}
	}
}

func TestTheSeedMovesTrafficButNotTheTexts(t *testing.T) {
	t.Parallel()
	one, err := New(Config{Start: testStart, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(Config{Start: testStart, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	p := one.byID["smell-15"]
	a, b := one.traffic(p, testStart), two.traffic(p, testStart)
	if a == b || a != one.traffic(p, testStart) {
		t.Errorf("seed 1 gives %+v, seed 2 %+v", a, b)
	}
	base := float64(p.Spread.After(-p.At).Views)
	if v := float64(a.Views); v < 0.89*base || v > 1.11*base {
		t.Errorf("%v views, more than a tenth away from %v", v, base)
	}
}
