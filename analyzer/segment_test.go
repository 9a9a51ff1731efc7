package analyzer_test

import (
	"slices"
	"strings"
	"testing"

	"huiying"
)

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
