package collector

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"huiying"
)

// ExtractScore says how well [Extract] reads a set of saved pages.
type ExtractScore struct {
	N          int          `json:"n"`
	ContentF1  float64      `json:"content_f1"` // mean over pages, of character pairs
	TitleExact int          `json:"title_exact"`
	TitleRate  float64      `json:"title_rate"`
	Dates      int          `json:"dates"` // pages whose date is known
	DateExact  int          `json:"date_exact"`
	DateRate   float64      `json:"date_rate"` // to the precision of the gold date
	Names      int          `json:"names"`     // authors and sources that are known
	NameExact  int          `json:"name_exact"`
	Seconds    float64      `json:"seconds"` // of reading the pages, one after the other
	Speed      float64      `json:"pages_per_second"`
	Pages      []PageResult `json:"pages"`
}

// PageResult is the score of one page.
type PageResult struct {
	ID        string  `json:"id"`
	ContentF1 float64 `json:"content_f1"`
	TitleOK   bool    `json:"title_ok"`
	Title     string  `json:"title"`
	DateOK    *bool   `json:"date_ok,omitempty"` // absent when the date is not known
	Date      string  `json:"date,omitempty"`
	AuthorOK  *bool   `json:"author_ok,omitempty"` // absent when the author is not known, as is the source
	Author    string  `json:"author,omitempty"`
	SourceOK  *bool   `json:"source_ok,omitempty"`
	Source    string  `json:"source,omitempty"`
	Error     string  `json:"error,omitempty"`
	Why       any     `json:"why,omitempty"`
}

type goldPage struct {
	ID    string  `json:"id"`
	File  string  `json:"file"`
	Title string  `json:"title"`
	Date  *string `json:"date"`
	Text  string  `json:"text"`

	Author *string `json:"author"`
	Source *string `json:"source"`

	Now time.Time `json:"now"` // when the page was saved, for "3小时前"; the present when not told
	URL string    `json:"url"` // where it stood, when that matters
}

// EvalExtract measures [Extract] on labelled pages: one JSON object a line with
// id, file (an HTML file beside it, may be gzipped), title, date, text; author and
// source where the page tells them, url and now where they matter.
func EvalExtract(path string) (ExtractScore, error) {
	f, err := os.Open(path)
	if err != nil {
		return ExtractScore{}, fmt.Errorf("open labelled pages: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	var score ExtractScore
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var gold goldPage
		if err := json.Unmarshal(lines.Bytes(), &gold); err != nil {
			return ExtractScore{}, fmt.Errorf("%s, line %d: %w", path, score.N+1, err)
		}
		body, err := readPage(filepath.Join(filepath.Dir(path), gold.File))
		if err != nil {
			return ExtractScore{}, err
		}
		score.add(gold, body)
	}
	if err := lines.Err(); err != nil {
		return ExtractScore{}, fmt.Errorf("read %s: %w", path, err)
	}
	if score.N == 0 {
		return ExtractScore{}, huiying.Errorf(huiying.CodeInvalid, "%s 里没有标注的网页", path)
	}
	score.ContentF1 /= float64(score.N)
	score.Speed = float64(score.N) / score.Seconds
	score.TitleRate = float64(score.TitleExact) / float64(score.N)
	if score.Dates > 0 {
		score.DateRate = float64(score.DateExact) / float64(score.Dates)
	}
	return score, nil
}

func (s *ExtractScore) add(gold goldPage, body []byte) {
	now := time.Now()
	began := now
	if !gold.Now.IsZero() {
		now = gold.Now
	}
	a, err := extractAt(cmp.Or(gold.URL, "http://www.example.com/"), body, "", now)
	s.Seconds += time.Since(began).Seconds()
	r := PageResult{ID: gold.ID, Title: a.Title, Why: a.Why}
	if err != nil {
		r.Error = err.Error()
	}
	r.ContentF1 = pairF1(gold.Text, a.Text)
	r.TitleOK = squeeze(gold.Title) == squeeze(a.Title)
	if !a.PublishedAt.IsZero() {
		r.Date = a.PublishedAt.Format(time.DateTime)
	}
	if gold.Date != nil && *gold.Date != "" {
		ok := strings.HasPrefix(r.Date, *gold.Date)
		r.DateOK = &ok
		s.Dates++
		if ok {
			s.DateExact++
		}
	}
	if r.TitleOK {
		s.TitleExact++
	}
	r.Author, r.AuthorOK = a.Author, s.named(gold.Author, a.Author)
	r.Source, r.SourceOK = a.Source, s.named(gold.Source, a.Source)
	s.N++
	s.ContentF1 += r.ContentF1
	s.Pages = append(s.Pages, r)
}

// named counts a name that is known and says whether it was found.
func (s *ExtractScore) named(gold *string, got string) *bool {
	if gold == nil {
		return nil
	}
	ok := squeeze(*gold) == squeeze(got)
	s.Names++
	if ok {
		s.NameExact++
	}
	return &ok
}

func readPage(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open page: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, fmt.Errorf("unzip %s: %w", path, err)
		}
	}
	body, err := io.ReadAll(io.LimitReader(r, 32<<20))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return body, nil
}

// pairF1 compares two texts without their white space by the pairs of
// neighbouring characters they share: 0…1.
func pairF1(gold, got string) float64 {
	count := func(s string) (map[[2]rune]int, int) {
		pairs, n := make(map[[2]rune]int), 0
		last := rune(-1)
		for _, r := range squeeze(s) {
			if last >= 0 {
				pairs[[2]rune{last, r}]++
				n++
			}
			last = r
		}
		return pairs, n
	}
	a, na := count(gold)
	b, nb := count(got)
	shared := 0
	for pair, n := range a {
		shared += min(n, b[pair])
	}
	if shared == 0 {
		return 0
	}
	precision, recall := float64(shared)/float64(nb), float64(shared)/float64(na)
	return 2 * precision * recall / (precision + recall)
}
