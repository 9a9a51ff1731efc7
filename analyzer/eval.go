package analyzer

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"huiying"
)

// Eval runs a suite over labelled JSONL: routing, department, sentiment, citizen,
// emergency, rumor or segment. Rows are assessed on all cores; progress, if not
// nil, is told after each. An unknown suite is an error that lists them, a line
// that cannot be read one that names it; rows with a label the suite does not
// know are left out and counted.
func (a *Analyzer) Eval(name string, r io.Reader, progress func(done, total int)) (Metrics, error) {
	s, ok := suites[name]
	if !ok && name != "segment" {
		return Metrics{}, huiying.Invalid("suite", "没有 %q 这项评测，可用：routing department sentiment citizen emergency rumor segment extract events", name)
	}
	rows, err := readRows(r)
	if err != nil {
		return Metrics{}, err
	}
	if name == "segment" {
		return a.evalSegment(rows, progress)
	}
	known := rows[:0]
	unknown := make(map[string]int)
	for _, row := range rows {
		if row.want, ok = s.label(a, row.label()); !ok {
			unknown[row.label()]++
			continue
		}
		known = append(known, row)
	}
	if len(known) == 0 {
		return Metrics{}, huiying.Errorf(huiying.CodeInvalid, "没有一行的标注属于 %s 这项评测，请核对文件（例如标注 %q）", name, slices.Sorted(maps.Keys(unknown))[0])
	}
	posts, verdicts := make([]huiying.Post, len(known)), make([]judged, len(known))
	intake := huiying.Intake{Region: a.county.Region, Key: []byte("eval"), Now: huiying.Speed{}.Now}
	err = each(len(known), progress, func(i int) error {
		row := known[i]
		p, err := intake.Accept(huiying.Post{Channel: s.channel, Title: row.Title, Text: row.Text})
		if err != nil {
			return huiying.Errorf(huiying.CodeInvalid, "第 %d 行：%v", row.number, err)
		}
		posts[i], verdicts[i] = p, judged{row.want, s.judge(a, p, a.Assess(p)), row.Slice}
		return nil
	})
	if err != nil {
		return Metrics{}, err
	}
	m := measure(name, verdicts)
	m.Unknown = unknown
	for i, v := range verdicts {
		if got := v.got(); got.Name != v.want {
			m.Misjudged = append(m.Misjudged, Misjudged{known[i].ID, v.want, got.Name, got.P, beginning(posts[i].FullText(), 60)})
		}
	}
	slices.SortStableFunc(m.Misjudged, func(a, b Misjudged) int { return cmp.Compare(b.P, a.P) })
	return m, nil
}

// suite says how a label of the file is scored and what the analyzer's verdict is.
type suite struct {
	channel  huiying.Channel // the rows come by
	positive string          // in suites of two labels the one that is looked for
	label    func(a *Analyzer, label string) (want string, ok bool)
	judge    func(a *Analyzer, p huiying.Post, as huiying.Assessment) []huiying.Scored
}

var suites = map[string]suite{
	"routing": {
		channel: huiying.ChannelLetter,
		label:   func(a *Analyzer, l string) (string, bool) { return l, slices.Contains(a.classes.names, l) },
		judge:   func(_ *Analyzer, _ huiying.Post, as huiying.Assessment) []huiying.Scored { return as.Categories },
	},
	"department": {channel: huiying.ChannelLetter, label: oneOf(bureauLabels()), judge: bureausOf},
	"sentiment":  tone(huiying.ChannelWeibo),
	"citizen":    tone(huiying.ChannelLetter),
	"emergency": {channel: huiying.ChannelNews, positive: "1", label: oneOf(map[string]string{"1": "1", "0": "0"}), judge: func(_ *Analyzer, _ huiying.Post, as huiying.Assessment) []huiying.Scored {
		return either("1", "0", as.Emergency.P, as.Emergency.P >= 0.5)
	}},
	"rumor": {channel: huiying.ChannelWeibo, positive: "rumor", label: oneOf(map[string]string{"rumor": "rumor", "nonrumor": "nonrumor"}), judge: func(_ *Analyzer, _ huiying.Post, as huiying.Assessment) []huiying.Scored {
		return either("rumor", "nonrumor", as.Rumor.P, as.Rumor.P >= 0.5)
	}},
}

// tone is negative or not.
func tone(channel huiying.Channel) suite {
	return suite{
		channel: channel, positive: "negative",
		label: oneOf(map[string]string{"neg": "negative", "neu": "other", "pos": "other", "nonneg": "other"}),
		judge: func(_ *Analyzer, _ huiying.Post, as huiying.Assessment) []huiying.Scored {
			return either("negative", "other", as.Sentiment.P, as.Sentiment.Label == "negative")
		},
	}
}

func oneOf(labels map[string]string) func(*Analyzer, string) (string, bool) {
	return func(_ *Analyzer, l string) (string, bool) {
		want, ok := labels[l]
		return want, ok
	}
}

// either are the two scores of a suite of two labels, the verdict first.
func either(positive, other string, p float64, yes bool) []huiying.Scored {
	out := []huiying.Scored{{Name: positive, P: p}, {Name: other, P: 1 - p}}
	if !yes {
		slices.Reverse(out)
	}
	return out
}

const (
	trafficPolice = "公安交警"
	otherUnit     = "其他单位" // a unit none of the labelled bureaus stands for, or none at all
)

// traffic are the matters of a county's traffic police (交警大队) within the
// public security bureau.
var traffic = regexp.MustCompile(`交警|交通(?:违法|违章|信号|拥堵|事故|管制|秩序)|红绿灯|闯红灯|违停|乱停|停车|堵车|拥堵|车牌|驾驶?证|驾照|车管所|罚单|违章|酒驾|电动车|摩托车|限行|斑马线|掉头|逆行|车辆|年检`)

func bureauLabels() map[string]string {
	out := make(map[string]string)
	for _, l := range huiying.Bureaus {
		out[l] = l
	}
	return out
}

// bureauOf is the bureau a unit stands for, the first of several.
func bureauOf(u huiying.Unit) string {
	if len(u.Bureaus) > 0 {
		return u.Bureaus[0]
	}
	return otherUnit
}

// bureausOf are the bureaus of the units proposed, the lead first; units of
// one bureau add up. Townships answer for places, not for matters.
func bureausOf(a *Analyzer, p huiying.Post, as huiying.Assessment) []huiying.Scored {
	var out []huiying.Scored
	for _, u := range as.Units {
		unit, ok := a.units.Unit(u.Unit)
		if !ok || unit.Township != "" {
			continue
		}
		l := bureauOf(unit)
		if slices.Contains(unit.Bureaus, trafficPolice) && traffic.MatchString(p.FullText()) {
			l = trafficPolice
		}
		if i := slices.IndexFunc(out, func(s huiying.Scored) bool { return s.Name == l }); i >= 0 {
			out[i].P += u.P
		} else {
			out = append(out, huiying.Scored{Name: l, P: u.P})
		}
	}
	if len(out) == 0 {
		return []huiying.Scored{{Name: otherUnit}}
	}
	return out
}

// line is one labelled line of a file.
type line struct {
	labelled
	want   string
	number int // from 1
}

const longestLine = 16 << 20

func readRows(r io.Reader) ([]line, error) {
	var rows []line
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, longestLine)
	n := 0
	for sc.Scan() {
		n++
		raw := bytes.TrimSpace(sc.Bytes())
		if len(raw) == 0 {
			continue
		}
		row := line{number: n}
		if err := json.Unmarshal(raw, &row); err != nil {
			return nil, huiying.Errorf(huiying.CodeInvalid, "第 %d 行不是合格的 JSON，请改正后重试：%v", n, err)
		}
		rows = append(rows, row)
	}
	switch err := sc.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, huiying.Errorf(huiying.CodeInvalid, "第 %d 行超过 %d MB", n+1, longestLine>>20)
	case err != nil:
		return nil, err
	case len(rows) == 0:
		return nil, huiying.Errorf(huiying.CodeInvalid, "文件里没有标注的行，每行应是一个带 label 的 JSON 对象")
	}
	return rows, nil
}

// each runs work for 0…n−1 on all cores and returns the error of the first that
// failed, in their order.
func each(n int, progress func(done, total int), work func(i int) error) error {
	errs := make([]error, n)
	var mu sync.Mutex
	done := 0
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i := range n {
		g.Go(func() error {
			errs[i] = work(i)
			if progress != nil {
				mu.Lock()
				defer mu.Unlock()
				done++
				progress(done, n)
			}
			return nil
		})
	}
	_ = g.Wait() // errs has them
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// beginning is the first n runes of a text in one line.
func beginning(text string, n int) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return string(runes[:min(n, len(runes))])
}

// evalSegment scores words whose both ends are right.
func (a *Analyzer) evalSegment(rows []line, progress func(done, total int)) (Metrics, error) {
	counts := make([][3]float64, len(rows)) // right, ours, theirs
	err := each(len(rows), progress, func(i int) error {
		var gold []string
		if err := json.Unmarshal(rows[i].Label, &gold); err != nil {
			return huiying.Errorf(huiying.CodeInvalid, "第 %d 行的 label 应是词的数组：%v", rows[i].number, err)
		}
		ours := make(map[[2]int]bool)
		for _, w := range a.segment(strings.Join(gold, "")) {
			ours[[2]int{w.start, w.end}] = true
		}
		counts[i] = [3]float64{0, float64(len(ours)), float64(len(gold))}
		at := 0
		for _, w := range gold {
			n := len([]rune(w))
			if ours[[2]int{at, at + n}] {
				counts[i][0]++
			}
			at += n
		}
		return nil
	})
	if err != nil {
		return Metrics{}, err
	}
	figures := func(sample []int) []float64 {
		var sum [3]float64
		for _, i := range sample {
			for k, v := range counts[i] {
				sum[k] += v
			}
		}
		return []float64{sum[0] / max(1, sum[1]), sum[0] / max(1, sum[2]), 2 * sum[0] / max(1, sum[1]+sum[2])}
	}
	return Metrics{
		Suite: "segment", N: len(rows),
		Scores: wordScores(figures(whole(len(rows)))), CI95: wordScores(Bootstrap(len(rows), figures)),
	}, nil
}

// wordScores are precision, recall and F1 of words; accuracy is the precision.
func wordScores[T float64 | [2]float64](f []T) Scores[T] {
	p, r, f1 := rounded(f[0]), rounded(f[1]), rounded(f[2])
	return Scores[T]{
		Accuracy: p, MacroF1: f1,
		Precision: map[string]T{"words": p}, Recall: map[string]T{"words": r}, F1: map[string]T{"words": f1},
	}
}
