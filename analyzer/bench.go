package analyzer

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"huiying"
)

// Pace is how fast the analyzer is beside the bare segmenter, both measured in
// turns on the same posts; figures are those of the median round.
type Pace struct {
	N              int     `json:"n"`              // posts in one round
	Chars          float64 `json:"chars_per_post"` // in the mean
	Rounds         int     `json:"rounds"`
	Seconds        float64 `json:"seconds"`
	PostsPerSecond float64 `json:"posts_per_second"` // on one core
	MBPerSecond    float64 `json:"mb_per_second"`
	CutMBPerSecond float64 `json:"cut_mb_per_second"` // gojieba's Cut, with its hidden Markov model
	RatioToCut     float64 `json:"ratio_to_cut"`      // of bytes a second
	P99Long        float64 `json:"p99_ms_2000_chars"` // of letters of 2,000 characters
	Speedup        float64 `json:"speedup_2_cores"`
}

// Pace assesses the posts for about the time given and tells how fast it went.
// It needs at least one post with text.
func (a *Analyzer) Pace(posts []huiying.Post, d time.Duration) (Pace, error) {
	texts, size, chars := make([]string, len(posts)), 0, 0
	for i, p := range posts {
		texts[i] = bounded(p.FullText())
		size += len(texts[i])
		chars += utf8.RuneCountInString(texts[i])
	}
	if size == 0 {
		return Pace{}, huiying.Errorf(huiying.CodeInvalid, "没有可测的帖文，请给出有正文的 JSONL 文件")
	}
	reference, err := newReference(countyWords(a.county))
	if err != nil {
		return Pace{}, err
	}
	defer reference.Free()
	out := Pace{N: len(posts), Chars: three(float64(chars) / float64(len(posts)))}
	begin := time.Now()
	var cut, assess, ratio, speedup []float64          // a round
	for time.Since(begin) < d*2/3 || len(ratio) == 0 { // in turns: what slows the machine slows both
		c := timed(func() {
			for _, t := range texts {
				reference.Cut(t, true)
			}
		}).Seconds()
		s := timed(func() { a.assessAll(posts) }).Seconds()
		cut, assess, ratio = append(cut, c), append(assess, s), append(ratio, c/s)
	}
	for time.Since(begin) < d || len(speedup) == 0 {
		single := timed(func() { a.assessAll(posts); a.assessAll(posts) })
		double := timed(func() {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() { a.assessAll(posts) })
			}
			wg.Wait()
		})
		speedup = append(speedup, single.Seconds()/double.Seconds())
	}
	out.Rounds = len(ratio)
	mb := float64(size) / 1e6
	out.PostsPerSecond = three(float64(len(posts)) / median(assess))
	out.MBPerSecond, out.CutMBPerSecond = three(mb/median(assess)), three(mb/median(cut))
	out.RatioToCut, out.Speedup = three(median(ratio)), three(median(speedup))
	out.P99Long = three(a.slowest(texts))
	out.Seconds = three(time.Since(begin).Seconds())
	return out, nil
}

func (a *Analyzer) assessAll(posts []huiying.Post) {
	for _, p := range posts {
		a.Assess(p)
	}
}

// slowest is the 99th percentile of assessing 300 letters of 2,000 characters
// made of the texts, in milliseconds.
func (a *Analyzer) slowest(texts []string) float64 {
	const letters, length = 300, 2000
	all := []rune(strings.Join(texts, "\n"))
	for len(all) < length {
		all = append(all, all...)
	}
	took := make([]time.Duration, letters)
	for i := range took {
		at := i * 997 % max(1, len(all)-length)
		p := huiying.Post{Channel: huiying.ChannelLetter, Title: "关于有关问题的反映", Text: string(all[at : at+length])}
		took[i] = timed(func() { a.Assess(p) })
	}
	slices.Sort(took)
	return took[letters*99/100].Seconds() * 1000
}

func median(all []float64) float64 {
	slices.Sort(all)
	return all[len(all)/2]
}

func timed(f func()) time.Duration {
	begin := time.Now()
	f()
	return time.Since(begin)
}
