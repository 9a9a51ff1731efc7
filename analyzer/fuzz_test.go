package analyzer_test

import (
	"reflect"
	"strings"
	"testing"

	"huiying"
)

// Texts no honest person writes. FuzzAssess begins with smaller ones.
func TestTextsOfFiveMegabytesAreReadToABound(t *testing.T) {
	t.Parallel()
	const size, read = 5 << 20, 1 << 20
	for name, piece := range map[string]string{
		"one character": "水", "one letter": "a", "one digit": "1", "one emoji": "😡", "spaces": " ", "line ends": "\n", "full stops": "。", "marks": "〔",
		"broken UTF-8": "\xff\xfe水", "NUL": "\x00水", "a word": "爆炸", "places": "交城县西营镇", "sentences": "交城县西营镇化工厂爆炸，两人死亡。", "@names": "@交城发布 ", "redactions": "〔电话〕",
		"halves of characters": "氵亏", "combining marks": "水\u0336",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := huiying.Post{ID: "p1", Channel: huiying.ChannelForum, Text: strings.Repeat(piece, size/len(piece))}
			as := shared().Assess(p)
			checkAssessment(t, p, as)
			begun := p
			begun.Text = strings.ToValidUTF8(p.Text[:read], "")
			if beginning := shared().Assess(begun); !reflect.DeepEqual(as, beginning) {
				t.Errorf("of 5 MB more is read than of the first: %+v, %+v", as.Risk, beginning.Risk)
			}
		})
	}
}
