package collector

import (
	"bytes"
	"embed"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The layouts of testdata/rounds are templates: a page and what a reader takes
// from it are made in one go, from texts of our own, so that neither is copied by
// hand. Each round was written before anything was mended for it.
//
//go:embed testdata/rounds
var rounds embed.FS

var writeRounds = flag.String("rounds", "", "a folder to write the pages of the rounds to, for huiying eval extract")

// roundNow is when a reader looks at the pages: "3小时前" counts from it.
var roundNow = time.Date(2026, 3, 6, 18, 0, 0, 0, time.FixedZone("", 8*3600))

// A made page is handed to its template, whose calls say what is article and what is not.
type made struct {
	rand  *rand.Rand
	bank  map[string][]text
	own   text
	when  time.Time
	gold  goldPage
	lines []string // of the gold text
	next  int      // paragraph
	gbk   bool
}

type madePage struct {
	goldPage
	body []byte
}

type text struct {
	title string
	lines []string
}

// Is picks the article: its kind in texts.txt.
func (m *made) Is(kind string) string {
	m.own = m.bank[kind][m.rand.IntN(len(m.bank[kind]))]
	m.gold.Title = m.own.title
	return ""
}

// At names where the page stands; GBK has it encoded so; NoTitle says that it has none.
func (m *made) At(url string) string { m.gold.URL = url; return "" }
func (m *made) GBK() string          { m.gbk = true; return "" }
func (m *made) NoTitle() string      { m.gold.Title = ""; return "" }
func (m *made) Title() string        { return m.own.title }

// Cut is the first n characters of the title.
func (m *made) Cut(n int) string { return string([]rune(m.own.title)[:n]) }

// Named overrides the title of the texts.
func (m *made) Named(title string) string {
	m.own.title, m.gold.Title = title, title
	return title
}

// P is the next n paragraphs of the article, each between before and after; more
// than it has are borrowed from others of the bank.
func (m *made) P(n int, before, after string) string {
	var b strings.Builder
	for range n {
		for m.next >= len(m.own.lines) {
			other := m.bank["news"][m.rand.IntN(len(m.bank["news"]))]
			m.own.lines = append(m.own.lines, other.lines...)
		}
		b.WriteString(before + m.T(m.own.lines[m.next]) + after + "\n")
		m.next++
	}
	return b.String()
}

// Rest is what remains of the article.
func (m *made) Rest(before, after string) string {
	return m.P(len(m.own.lines)-m.next, before, after)
}

// T is a line of the article that stands in the template.
func (m *made) T(line string) string {
	m.lines = append(m.lines, line)
	return line
}

// Noise is text of other articles, Links are their titles with %[1]d, a number,
// %[2]s, the title, %[3]s, a day in the given layout; Talk is other people's
// comments with %[1]s, who, %[2]s, what, %[3]s, when.
func (m *made) Noise(n int, before, after string) string {
	var b strings.Builder
	for range n {
		other := m.bank["news"][m.rand.IntN(len(m.bank["news"]))]
		for other.title == m.own.title {
			other = m.bank["news"][m.rand.IntN(len(m.bank["news"]))]
		}
		b.WriteString(before + other.lines[m.rand.IntN(len(other.lines))] + after + "\n")
	}
	return b.String()
}

func (m *made) Links(n int, format, layout string) string {
	var b strings.Builder
	titles := m.bank["titles"][0].lines
	at := m.rand.IntN(len(titles))
	for i := range n {
		day := m.when.AddDate(0, 0, -i).Format(layout)
		fmt.Fprintf(&b, format+"%[4]s", 3000+m.rand.IntN(6000), titles[(at+i)%len(titles)], day, "\n")
	}
	return b.String()
}

func (m *made) Talk(n int, format, layout string) string {
	var b strings.Builder
	said := m.bank["comments"][0].lines
	at := m.rand.IntN(len(said))
	for i := range n {
		when := m.when.Add(time.Duration(i*37+11) * time.Minute).Format(layout)
		fmt.Fprintf(&b, format+"%[4]s", m.User(), said[(at+i)%len(said)], when, "\n")
	}
	return b.String()
}

// D is the time of publication. The coarsest layout of a page is what all its
// readers know.
func (m *made) D(layout string) string {
	shown := time.DateOnly
	for _, more := range []string{"15:04", "15:04:05"} {
		if strings.Contains(layout, more) {
			shown = time.DateOnly + " " + more
		}
	}
	date := m.when.Format(shown)
	if m.gold.Date == nil || len(*m.gold.Date) > len(date) {
		m.gold.Date = &date
	}
	return m.when.Format(layout)
}

// Ago is the time of publication as "3小时前", Yesterday as "昨天 09:30", Han in Chinese numerals.
func (m *made) Ago(n int, unit string) string {
	span := map[string]time.Duration{"分钟": time.Minute, "小时": time.Hour, "天": 24 * time.Hour}[unit]
	m.when = roundNow.Add(-time.Duration(n) * span)
	layout := map[string]string{"分钟": "2006-01-02 15:04", "小时": "2006-01-02 15", "天": "2006-01-02"}[unit]
	date := m.when.Format(layout)
	m.gold.Date = &date
	return fmt.Sprintf("%d%s前", n, unit)
}

func (m *made) Yesterday(layout string) string {
	m.when = time.Date(2026, 3, 5, m.when.Hour(), m.when.Minute(), 0, 0, m.when.Location())
	m.D("2006-01-02 15:04")
	return m.when.Format(layout)
}

func (m *made) Han() string {
	m.D(time.DateOnly)
	digits := strings.NewReplacer("0", "〇", "1", "一", "2", "二", "3", "三", "4", "四", "5", "五", "6", "六", "7", "七", "8", "八", "9", "九")
	count := func(n int) string {
		s := digits.Replace(fmt.Sprint(n % 10))
		switch {
		case n < 10:
			return s
		case n == 10:
			return "十"
		case n < 20:
			return "十" + s
		case n%10 == 0:
			return digits.Replace(fmt.Sprint(n/10)) + "十"
		}
		return digits.Replace(fmt.Sprint(n/10)) + "十" + s
	}
	return digits.Replace(m.when.Format("2006")) + "年" + count(int(m.when.Month())) + "月" + count(m.when.Day()) + "日"
}

// Unix is the time of publication in seconds.
func (m *made) Unix() int64 { m.D("2006-01-02 15:04:05"); return m.when.Unix() }

// O is another day: so many after the publication.
func (m *made) O(days int, layout string) string { return m.when.AddDate(0, 0, days).Format(layout) }

// Src and By are the source and the author a reader takes.
func (m *made) Src(name string) string { m.gold.Source = &name; return name }
func (m *made) By(name string) string  { m.gold.Author = &name; return name }

// User is somebody else.
func (m *made) User() string {
	names := []string{"清源老张", "汾河一叶", "骆驼山人", "爱吃凉粉", "小月亮的妈", "等风来", "用户83612", "卦山侧柏", "路过的风", "一二三木头人", "阿明", "hello清源"}
	return names[m.rand.IntN(len(names))]
}

// round makes the pages of one round, by name.
func round(t *testing.T, file string) []madePage {
	t.Helper()
	all, err := template.ParseFS(rounds, "testdata/rounds/"+file)
	if err != nil {
		t.Fatal(err)
	}
	bank := readTexts(t)
	var pages []madePage
	for _, layout := range all.Templates() {
		if layout.Name() == file {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(layout.Name()))
		r := rand.New(rand.NewPCG(h.Sum64(), 6))
		m := &made{rand: r, bank: bank, when: time.Date(2026, 3, 1+r.IntN(5), 7+r.IntN(15), r.IntN(60), r.IntN(60), 0, roundNow.Location())}
		m.gold = goldPage{ID: layout.Name(), File: layout.Name() + ".html", Now: roundNow}
		var page bytes.Buffer
		if err := layout.Execute(&page, m); err != nil {
			t.Fatal(err)
		}
		m.gold.Text = strings.Join(m.lines, "\n")
		body := page.Bytes()
		if m.gbk {
			if body, err = simplifiedchinese.GB18030.NewEncoder().Bytes(body); err != nil {
				t.Fatal(err)
			}
		}
		pages = append(pages, madePage{m.gold, body})
	}
	slices.SortFunc(pages, func(a, b madePage) int { return strings.Compare(a.ID, b.ID) })
	return pages
}

// readTexts reads texts.txt: "# kind title", then paragraphs.
func readTexts(t *testing.T) map[string][]text {
	t.Helper()
	raw, err := fs.ReadFile(rounds, "testdata/rounds/texts.txt")
	if err != nil {
		t.Fatal(err)
	}
	bank := make(map[string][]text)
	for _, block := range strings.Split(strings.TrimSpace(string(raw)), "\n\n") {
		lines := strings.Split(block, "\n")
		kind, title, _ := strings.Cut(strings.TrimPrefix(lines[0], "# "), " ")
		bank[kind] = append(bank[kind], text{title, lines[1:]})
	}
	return bank
}

func TestExtractReadsTheRounds(t *testing.T) {
	files, err := fs.Glob(rounds, "testdata/rounds/*.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var score ExtractScore
			pages := round(t, filepath.Base(file))
			for _, gold := range pages {
				score.add(gold.goldPage, gold.body)
			}
			if *writeRounds != "" {
				writePages(t, filepath.Join(*writeRounds, strings.TrimSuffix(filepath.Base(file), ".tmpl")), pages)
			}
			for _, p := range score.Pages {
				if p.ContentF1 < 0.98 || !p.TitleOK || p.DateOK != nil && !*p.DateOK || p.AuthorOK != nil && !*p.AuthorOK || p.SourceOK != nil && !*p.SourceOK {
					t.Logf("%s: F1 %.3f, title %q %v, date %q %s, author %q, source %q %v %v", p.ID, p.ContentF1, p.Title, p.TitleOK, p.Date, said(p.DateOK), p.Author, p.Source, p.Error, p.Why)
				}
			}
			n := float64(score.N)
			t.Logf("n %d: content F1 %.4f, titles %d, dates %d/%d, names %d/%d", score.N, score.ContentF1/n, score.TitleExact, score.DateExact, score.Dates, score.NameExact, score.Names)
			if score.ContentF1 < 0.99*n || float64(score.TitleExact) < 0.97*n || float64(score.DateExact) < 0.98*float64(score.Dates) || float64(score.NameExact) < 0.8*float64(score.Names) {
				t.Error("content F1 should be 0.99, titles 97 %, dates 98 %, names 80 %")
			}
		})
	}
}

func said(ok *bool) string {
	if ok == nil {
		return "-"
	}
	return fmt.Sprint(*ok)
}

func writePages(t *testing.T, dir string, pages []madePage) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var gold bytes.Buffer
	for _, p := range pages {
		line, err := json.Marshal(p.goldPage)
		if err != nil {
			t.Fatal(err)
		}
		gold.Write(append(line, '\n'))
		if err := os.WriteFile(filepath.Join(dir, p.File), p.body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "gold.jsonl"), gold.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
