package dashboard

import (
	"cmp"
	"slices"
	"strings"
	"time"
	"unicode"

	"huiying"
)

// piece is a run of text: plain, a piece of evidence, or a place name.
type piece struct {
	Text string
	Kind string // "", evidence, place, hit
	Why  string
}

type mark struct {
	from, to int // rune offsets
	kind     string
	why      string
}

// marksOf are the spans of a post its assessment points at, in order and
// without overlap; where two overlap the shorter one stays, the longer around it.
func marksOf(full []rune, a huiying.Assessment, hits ...mark) []mark {
	all := slices.Clone(hits)
	for _, f := range a.Risk.Factors {
		all = append(all, mark{f.Start, f.End, "evidence", f.Name})
	}
	for _, p := range a.Places {
		all = append(all, mark{p.Start, p.End, "place", "地点：" + p.Name + "，" + p.Why})
	}
	slices.Reverse(all) // of equal ones the first stays
	slices.SortStableFunc(all, func(a, b mark) int { return cmp.Compare(b.to-b.from, a.to-a.from) })
	by := make([]*mark, len(full)) // of each rune
	for i := range all {
		if m := &all[i]; m.from >= 0 && m.to <= len(full) {
			for k := m.from; k < m.to; k++ {
				by[k] = m
			}
		}
	}
	var out []mark
	for from := 0; from < len(full); {
		to := from + 1
		for to < len(full) && by[to] == by[from] {
			to++
		}
		if m := by[from]; m != nil {
			out = append(out, mark{from, to, m.kind, m.why})
		}
		from = to
	}
	return out
}

// searched are the words a search asks for: what a minus excludes is not there
// to be shown.
func searched(query string) []string {
	var out []string
	for _, field := range strings.FieldsFunc(query, func(r rune) bool { return unicode.IsSpace(r) || r == '|' || r == '｜' }) {
		if !strings.HasPrefix(field, "-") {
			if word := strings.Trim(field, `"“”`); word != "" {
				out = append(out, word)
			}
		}
	}
	return out
}

// hitsOf are the places of the words in a text.
func hitsOf(full []rune, words []string) []mark {
	var out []mark
	for _, w := range words {
		want := []rune(w)
		for i := 0; i+len(want) <= len(full); i++ {
			if strings.EqualFold(string(full[i:i+len(want)]), w) {
				out = append(out, mark{i, i + len(want), "hit", "搜索：" + w})
				i += len(want) - 1
			}
		}
	}
	return out
}

// cut splits full[from:to] at the marks.
func cut(full []rune, from, to int, marks []mark) []piece {
	var out []piece
	at := from
	plain := func(until int) {
		if until > at {
			out = append(out, piece{Text: string(full[at:until])})
			at = until
		}
	}
	for _, m := range marks {
		if m.to <= from || m.from >= to {
			continue
		}
		a, b := max(m.from, from), min(m.to, to)
		plain(a)
		out = append(out, piece{string(full[a:b]), m.kind, m.why})
		at = b
	}
	plain(to)
	return out
}

// misreadView sets what is said beside the clause of the policy and its 解读.
type misreadView struct {
	Claim  huiying.Claim
	Clause huiying.ClauseFound
	Unit   string // who drafted the policy
}

// misreadOf is nil when no clause was found.
func misreadOf(m huiying.Misreading, units *huiying.Directory) *misreadView {
	if m.Claim == nil || m.Clause == nil {
		return nil
	}
	return &misreadView{*m.Claim, *m.Clause, units.Name(m.Clause.Unit)}
}

// postRow is a post in a list or in a live update.
type postRow struct {
	ID          huiying.PostID
	Headline    []piece
	Excerpt     []piece
	Source      string
	Channel     huiying.Channel
	URL         string
	PublishedAt time.Time
	Assumed     bool
	Risk        float64
	RiskWord    string
	Tone        string
	Sentiment   string
	Mood        string
	Category    string
	Flags       []huiying.Flag
	Engagement  huiying.Engagement
	Event       huiying.EventID
	Print       huiying.Fingerprint
	Reply       bool      // a comment or reply
	Copies      []postRow // near-copies, folded under this one
}

// excerptRunes is how much of the text a list shows, around the first evidence.
const excerptRunes = 96

// postRowOf is a post for a list; words are what was searched for.
func postRowOf(x huiying.Assessed, event huiying.EventID, words ...string) postRow {
	p, a := x.Post, x.Assessment
	word, tone := riskWord(a.Risk.Score)
	v := postRow{
		ID: p.ID, Source: p.Source, Channel: p.Channel, URL: p.URL, PublishedAt: p.PublishedAt, Assumed: p.Assumed,
		Risk: a.Risk.Score, RiskWord: word, Tone: tone, Sentiment: sentimentLabel(a.Sentiment.Label), Mood: a.Sentiment.Label,
		Category: a.Category, Flags: a.Flags, Engagement: p.Engagement, Event: event, Print: a.Print, Reply: p.Parent != "",
	}
	full := []rune(p.FullText())
	hits := hitsOf(full, words)
	marks := marksOf(full, a, hits...)
	title, body := titleAndBody(p, full)
	if title > 0 {
		v.Headline = cut(full, 0, title, marks)
	} else {
		v.Headline = []piece{{Text: p.Headline()}}
	}
	from := body
	show := marks
	if len(hits) > 0 {
		show = hits
	}
	for _, m := range show {
		if m.from >= body {
			from = max(body, m.from-excerptRunes/3)
			break
		}
	}
	to := min(len(full), from+excerptRunes)
	from = max(body, min(from, to-excerptRunes))
	v.Excerpt = flat(cut(full, from, to, marks))
	if from > body {
		v.Excerpt = append([]piece{{Text: "…"}}, v.Excerpt...)
	}
	if to < len(full) {
		v.Excerpt = append(v.Excerpt, piece{Text: "…"})
	}
	return v
}

// titleAndBody are the rune offsets at which the title ends and the text begins.
func titleAndBody(p huiying.Post, full []rune) (title, body int) {
	if p.Title == "" || p.Title == p.Text {
		return 0, 0
	}
	title = len([]rune(p.Title))
	return title, min(len(full), title+1)
}

// flat puts an excerpt on one line.
func flat(pieces []piece) []piece {
	for i := range pieces {
		pieces[i].Text = strings.Map(func(r rune) rune {
			if r == '\n' || r == '\t' {
				return ' '
			}
			return r
		}, pieces[i].Text)
	}
	return pieces
}

// paragraphs splits marked text at line ends, keeping marks whole.
func paragraphs(pieces []piece) [][]piece {
	var out [][]piece
	var line []piece
	for _, p := range pieces {
		parts := strings.Split(p.Text, "\n")
		for i, part := range parts {
			if i > 0 {
				if len(line) > 0 {
					out = append(out, line)
				}
				line = nil
			}
			if strings.TrimSpace(part) != "" {
				line = append(line, piece{part, p.Kind, p.Why})
			}
		}
	}
	if len(line) > 0 {
		out = append(out, line)
	}
	return out
}
