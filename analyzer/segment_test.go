package analyzer_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/yanyiwu/gojieba"

	"huiying"
	"huiying/analyzer"
)

// reference is the segmenter ours replaces.
var reference = sync.OnceValue(func() *gojieba.Jieba {
	j, err := shared().Reference()
	if err != nil {
		panic(err)
	}
	return j
})

// checkWords compares words, parts of speech and search terms with gojieba's.
func checkWords(t interface {
	Helper()
	Errorf(string, ...any)
}, text string,
) {
	t.Helper()
	text = huiying.CleanText(text) // it stops at NUL and gives up at broken UTF-8
	text = string([]rune(text)[:min(len([]rune(text)), 8000)])
	var want []string
	if text != "" {
		want = reference().Tag(text)
	}
	got := shared().Segment(text)
	for i, s := range got {
		if i >= len(want) || s.W+"/"+s.POS != want[i] {
			t.Errorf("word %d of %.300q: %v, gojieba has %q", i, text, s, want[i:min(len(want), i+3)])
			return
		}
	}
	if len(got) != len(want) {
		t.Errorf("%.300q: %d words, gojieba has %d", text, len(got), len(want))
	}
	var terms []analyzer.Token
	for _, w := range reference().Tokenize(text, gojieba.SearchMode, true) {
		if term := analyzer.Term(w.Str); term != "" {
			terms = append(terms, analyzer.Token{Term: term, Start: w.Start, End: w.End})
		}
	}
	if got := shared().Tokens(text); !slices.Equal(got, terms) {
		t.Errorf("%.300q: terms %v, gojieba has %v", text, got, terms)
	}
}

func TestWordsAreThoseOfGojieba(t *testing.T) {
	t.Parallel()
	for _, p := range samplePosts() {
		checkWords(t, p.FullText())
	}
	for _, p := range jiaocheng().Policies {
		for _, c := range p.Clauses {
			checkWords(t, p.Title+c.Text)
		}
	}
	for _, text := range weird {
		checkWords(t, text)
	}
}

// Pieces of real posts in any order bring words together that nobody wrote.
func TestWordsOfShuffledTextAreThoseOfGojieba(t *testing.T) {
	t.Parallel()
	var all []rune
	for _, p := range samplePosts() {
		all = append(all, []rune(p.FullText())...)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		var text []rune
		for range 12 {
			at := rnd.IntN(len(all) - 8)
			text = append(text, all[at:at+1+rnd.IntN(7)]...)
		}
		checkWords(t, string(text))
	}
}

func FuzzWords(f *testing.F) {
	for _, text := range weird {
		f.Add(text[:min(len(text), 300)])
	}
	for _, text := range []string{"AT&T的B超机", "T恤3.14元，a1b2", "打电话010-6666.88转a", "小明硕士毕业于中国科学院计算所", "。，。", "\t\n 。"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { checkWords(t, text) })
}

func TestShortWordsInsideLongOnesAreFound(t *testing.T) {
	t.Parallel()
	for text, words := range map[string][]string{
		"交城县人民政府办公室":      {"交城县", "人民", "政府"},
		"中华人民共和国劳动和社会保障部": {"中华", "人民", "共和国", "劳动", "社会", "保障"},
		"西营镇化工厂爆炸":        {"西营镇", "化工厂", "爆炸"},
		"拖欠农民工工资":         {"拖欠", "农民工", "工资"},
		"WiFi坏了，HELP me":  {"wifi", "help"},
		"“停水”？":           {"停水"},
	} {
		terms := shared().Terms(text)
		for _, w := range words {
			if !slices.Contains(terms, w) {
				t.Errorf("%s: %q is missing in %q", text, w, terms)
			}
		}
	}
}

func TestPunctuationIsNoTerm(t *testing.T) {
	t.Parallel()
	if terms := shared().Terms("，。！？ \n《》……😀"); len(terms) != 0 {
		t.Errorf("terms %q", terms)
	}
}

func TestTheCountysWordsAreNotCutApart(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"交城县", "柏叶口水库", "西社镇"} {
		segments := shared().Segment("昨天在" + w + "看见")
		if !slices.ContainsFunc(segments, func(s huiying.Segment) bool { return s.W == w }) {
			t.Errorf("%s is cut apart: %v", w, segments)
		}
	}
}

// checkTokens is what holds of the tokens of every text.
func checkTokens(t interface {
	Helper()
	Errorf(string, ...any)
}, text string,
) {
	t.Helper()
	clean := huiying.CleanText(text) == text // offsets count in what is stored
	for _, tok := range shared().Tokens(text) {
		if tok.Term == "" || tok.Start < 0 || tok.Start > tok.End || tok.End > len(text) {
			t.Errorf("token %+v of %d bytes", tok, len(text))
			return
		}
		if clean && !strings.Contains(strings.ToLower(text[tok.Start:tok.End]), tok.Term) {
			t.Errorf("token %q does not stand at %d–%d: %q", tok.Term, tok.Start, tok.End, text[tok.Start:tok.End])
			return
		}
	}
}
