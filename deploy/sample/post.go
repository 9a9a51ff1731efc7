package sample

import (
	"hash/fnv"
	"math"
	"strconv"
	"strings"
	"time"

	"huiying"
)

// Place names the sub-site a post appears on.
type Place string

// The sub-sites. Their address, channel and tier stand in [places].
const (
	Portal  Place = "portal"  // 县政府门户网站: notices, policies and their interpretation
	Hotline Place = "hotline" // its column of 12345 calls made public
	News    Place = "news"    // a city news site, in GBK
	Forum   Place = "forum"   // a local forum's main board
	Life    Place = "life"    // its second board, read without selectors
	Wechat  Place = "wechat"  // a local WeChat account, as RSS
	Weibo   Place = "weibo"   // a JSON search API
	Wire    Place = "wire"    // a provincial outlet, as Atom
	Ask     Place = "ask"     // a provincial question board, as JSON Feed
)

// Post is one invented page. Its time is relative to the start of the demo, and
// its texts may speak of days as {今天}, {昨天}, {前天}, {明天}, {后天} ("11月23日")
// and {今年}, {去年}, {明年} ("2026"), so that it is never out of date.
type Post struct {
	ID      string        // also the name of its page
	File    string        // the file it stands in, "smell.yaml"
	Site    Place         //
	At      time.Duration // of publication, relative to the start
	Title   string        // weibo posts have none
	Text    string        // paragraphs separated by newlines
	Author  string        // an invented nickname, or an office
	Column  string        // the section of the sub-site, as its breadcrumb says
	Mobile  bool          // the phone twin of a page of the news site
	Spread  Spread        //
	Repeats string        // the post this one copies, if any
	Expect  Expect        //
}

// Expect is what a careful reader would say about a post; tests compare the
// analyzer with it.
type Expect struct {
	Topic     string           // of DOMAIN §6, or 普通
	Category  string           // first-level class of citizen appeals
	Alarm     bool             // worth a case; false for ordinary news, drills, history, metaphors
	Units     []huiying.UnitID // who may lead, best first; empty when nobody has to act
	Event     string           // posts with the same key speak of one matter
	Places    []huiying.Region // the places of the county it names, main one first
	Maybe     []huiying.Region // a name that fits several places: a person chooses among these
	Elsewhere bool             // it is about another county or about no place at all
	Redacts   []string         // kinds of personal data the intake must hide
}

// Spread is how far a post had spread when it appeared, and what an hour adds
// at first. The growth fades: see [Spread.After].
type Spread struct{ Start, Hourly huiying.Engagement }

// fading is the time in which the growth of a post falls to 1/e.
const fading = 8 * time.Hour

// After is the spread of a post some time after it appeared.
func (s Spread) After(age time.Duration) huiying.Engagement {
	hours := fading.Hours() * (1 - math.Exp(-max(0, age.Hours())/fading.Hours()))
	grown := func(start, hourly int64) int64 { return start + int64(float64(hourly)*hours) }
	return huiying.Engagement{
		Views: grown(s.Start.Views, s.Hourly.Views), Likes: grown(s.Start.Likes, s.Hourly.Likes),
		Comments: grown(s.Start.Comments, s.Hourly.Comments), Reposts: grown(s.Start.Reposts, s.Hourly.Reposts),
	}
}

// UnmarshalText reads "180/2/14/1 +60/1/6/0": views, likes, comments and
// reposts at publication, then what an hour adds. Missing parts are 0.
func (s *Spread) UnmarshalText(b []byte) error {
	start, hourly, _ := strings.Cut(string(b), "+")
	var err error
	if s.Start, err = parseCounts(start); err == nil {
		s.Hourly, err = parseCounts(hourly)
	}
	return err
}

func parseCounts(text string) (huiying.Engagement, error) {
	var n [4]int64
	if text = strings.TrimSpace(text); text == "" {
		return huiying.Engagement{}, nil
	}
	parts := strings.Split(text, "/")
	if len(parts) > len(n) {
		return huiying.Engagement{}, huiying.Invalid("spread", "最多四个数（浏览/赞/评论/转发），收到 %q", text)
	}
	for i, part := range parts {
		v, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || v < 0 {
			return huiying.Engagement{}, huiying.Invalid("spread", "应写作 180/2/14/1 +60/1/6/0，收到 %q", text)
		}
		n[i] = v
	}
	return huiying.Engagement{Views: n[0], Likes: n[1], Comments: n[2], Reposts: n[3]}, nil
}

// Published is when the post appears on a site that began at start.
func (p Post) Published(start time.Time) time.Time {
	return start.Add(p.At).Truncate(time.Second).In(huiying.Beijing)
}

// Render is the post as a collector should yield it: with its days written
// out, and its spread as of now. URL and ID are left to the collector.
func (p Post) Render(start, now time.Time) huiying.Post {
	at := p.Published(start)
	place := places[p.Site]
	return huiying.Post{
		Source: place.name, Channel: place.channel, Tier: place.tier,
		Title: withDays(p.Title, at), Text: withDays(p.Text, at), Author: p.Author,
		PublishedAt: at, Engagement: p.Spread.After(now.Sub(at)),
	}
}

// withDays writes out the days a text speaks of, seen from its publication.
func withDays(text string, at time.Time) string {
	if !strings.Contains(text, "{") {
		return text
	}
	day := func(n int) string { return at.AddDate(0, 0, n).Format("1月2日") }
	year := func(n int) string { return at.AddDate(n, 0, 0).Format("2006") }
	return strings.NewReplacer(
		"{今天}", day(0), "{昨天}", day(-1), "{前天}", day(-2), "{明天}", day(1), "{后天}", day(2),
		"{今年}", year(0), "{去年}", year(-1), "{明年}", year(1),
	).Replace(text)
}

// luck is a number 0…1 fixed by the seed and the names.
func (s *Site) luck(names ...string) float64 { return lucky(s.seed, names...) }

func lucky(seed int64, names ...string) float64 {
	h := fnv.New64a()
	_, _ = h.Write(strconv.AppendInt(nil, seed, 10))
	for _, n := range names {
		_, _ = h.Write([]byte("\x00" + n))
	}
	x := h.Sum64()
	x = (x ^ x>>33) * 0xff51afd7ed558ccd // the low bits of FNV are mixed worst
	return float64((x^x>>33)>>11) / (1 << 53)
}

// traffic is the spread of a post on this site at now; the seed moves it by up
// to a tenth either way.
func (s *Site) traffic(p Post, now time.Time) huiying.Engagement {
	e := p.Spread.After(now.Sub(p.Published(s.start)))
	by := 0.9 + 0.2*s.luck("traffic", p.ID)
	scale := func(n int64) int64 { return int64(math.Round(float64(n) * by)) }
	return huiying.Engagement{Views: scale(e.Views), Likes: scale(e.Likes), Comments: scale(e.Comments), Reposts: scale(e.Reposts)}
}
