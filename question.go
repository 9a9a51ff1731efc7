package huiying

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Question is something people ask, in the words of the first who asked it: what
// a response has to answer (焦点、热点、关键问题; 交政办发〔2020〕78号).
type Question struct {
	Text  string `json:"text"`
	Posts []int  `json:"posts"` // which of the texts ask it, in order
}

// What makes a sentence a question, besides its mark.
var (
	askingWords = []string{"什么时候", "啥时候", "何时", "为什么", "为啥", "凭什么", "怎么办", "怎么回事", "是不是", "有没有", "能不能", "会不会", "要不要", "多久", "多少钱", "谁来管", "谁负责", "是真的吗", "请问"}
	askingEnds  = []string{"吗", "呢", "么"}
)

const (
	shortestQuestion = 5 // characters: 是吗？ asks nothing
	longestQuestion  = 60
	sameQuestion     = 0.5 // share of the neighbouring pairs two have in common (Dice)
)

// Questions gathers what the texts ask, what most of them ask first. Texts are
// redacted at intake, and so are the questions.
func Questions(texts []string) []Question {
	type asked struct {
		Question
		pairs map[string]bool
	}
	var all []asked
	for i, text := range texts {
		for _, sentence := range sentences(text) {
			if !asks(sentence) {
				continue
			}
			pairs := neighbours(sentence)
			at := slices.IndexFunc(all, func(a asked) bool { return dice(a.pairs, pairs) >= sameQuestion })
			if at < 0 {
				all = append(all, asked{Question{Text: sentence}, pairs})
				at = len(all) - 1
			}
			if q := &all[at]; !slices.Contains(q.Posts, i) {
				q.Posts = append(q.Posts, i)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b asked) int { return cmp.Compare(len(b.Posts), len(a.Posts)) })
	out := make([]Question, len(all))
	for i, a := range all {
		out[i] = a.Question
	}
	return out
}

// sentences cuts a text behind its marks, which stay.
func sentences(text string) []string {
	var out []string
	var b strings.Builder
	end := func() {
		if s := strings.Trim(b.String(), " \t　，,、“”\"'"); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for _, r := range text {
		if r == '\n' || r == '\r' {
			end()
			continue
		}
		b.WriteRune(r)
		if strings.ContainsRune("。！？!?；;…", r) {
			end()
		}
	}
	end()
	return out
}

func asks(s string) bool {
	if n := utf8.RuneCountInString(s); n < shortestQuestion || n > longestQuestion {
		return false
	}
	if strings.HasSuffix(s, "？") || strings.HasSuffix(s, "?") {
		return true
	}
	bare := strings.TrimRight(s, "。！!…；;")
	return slices.ContainsFunc(askingEnds, func(w string) bool {
		return strings.HasSuffix(bare, w) && !strings.HasSuffix(bare, "什么") && !strings.HasSuffix(bare, "那么")
	}) ||
		slices.ContainsFunc(askingWords, func(w string) bool { return strings.Contains(s, w) })
}

// neighbours are the pairs of neighbouring letters of a sentence.
func neighbours(s string) map[string]bool {
	out := make(map[string]bool)
	var before rune
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			continue
		}
		if before != 0 {
			out[string([]rune{before, r})] = true
		}
		before = r
	}
	return out
}

// dice is twice what two sets share over what they hold together, 0…1.
func dice(a, b map[string]bool) float64 {
	both := 0
	for k := range a {
		if b[k] {
			both++
		}
	}
	if both == 0 {
		return 0
	}
	return 2 * float64(both) / float64(len(a)+len(b))
}
