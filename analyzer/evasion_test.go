package analyzer_test

import (
	"slices"
	"strings"
	"testing"

	"huiying"
)

func TestEvasionsAreReadAsTheWordsTheyHide(t *testing.T) {
	t.Parallel()
	plain := shared().Assess(forum("化工厂夜里排污水", "义望村西边的化工厂夜里偷排污水，河里鱼都死了，没人管。"))
	for name, text := range map[string]string{
		"a sign between":         "义望村西边的化工厂夜里偷排污.水，河里鱼都死了，没人管。",
		"a blank between":        "义望村西边的化工厂夜里偷排污 水，河里鱼都死了，没人管。",
		"zero-width characters":  "义望村西边的化工厂夜里偷排污\u200b水，河里鱼都死了，没人管。",
		"pinyin":                 "义望村西边的化工厂夜里偷排WU水，河里鱼都死了，没人管。",
		"traditional characters": "義望村西邊的化工廠夜裏偷排汙水，河裏魚都死了，沒人管。",
		"a character in halves":  "义望村西边的化工厂夜里偷排氵亏水，河里鱼都死了，没人管。",
	} {
		p := forum("化工厂夜里排污水", text)
		as := shared().Assess(p)
		if as.Units[0].Unit != plain.Units[0].Unit || as.Risk.Score < plain.Risk.Score-5 {
			t.Errorf("%s: lead %v, risk %.1f; of the plain text %v, %.1f", name, as.Units[0].Unit, as.Risk.Score, plain.Units[0].Unit, plain.Risk.Score)
		}
		full := []rune(p.FullText())
		for _, f := range as.Risk.Factors {
			if f.End > len(full) || f.Start > f.End {
				t.Errorf("%s: %+v lies outside the post", name, f)
			}
		}
		i := slices.IndexFunc(as.Places, func(p huiying.Place) bool {
			return p.Code == "141122101001" || strings.HasPrefix(string(p.Code), "141122")
		})
		if i < 0 || as.Places[i].End > len(full) {
			t.Errorf("%s: places %v", name, as.Places)
		}
	}
}

func TestDigitsAndLettersOfAnyWidthAreTheSame(t *testing.T) {
	t.Parallel()
	narrow := shared().Assess(forum("", "昨天上午10点，西营镇化工厂爆炸，3人死亡，100多人围观，视频在WIFI群里。"))
	wide := shared().Assess(forum("", "昨天上午１０点，西营镇化工厂爆炸，３人死亡，１００多人围观，视频在ＷＩＦＩ群里。"))
	if !slices.Equal(narrow.Flags, wide.Flags) || narrow.Risk.Score != wide.Risk.Score || !slices.Contains(wide.Flags, huiying.FlagDeath) {
		t.Errorf("wide: %v %.1f, narrow: %v %.1f", wide.Flags, wide.Risk.Score, narrow.Flags, narrow.Risk.Score)
	}
}

func TestTheSpanOfAnEvasionCoversWhatWasWritten(t *testing.T) {
	t.Parallel()
	p := forum("", "河边一股怪味，有人偷排污.水，没人管。")
	as := shared().Assess(p)
	full := []rune(p.FullText())
	var spans []string
	for _, f := range as.Risk.Factors {
		spans = append(spans, string(full[f.Start:f.End]))
	}
	if !slices.ContainsFunc(spans, func(s string) bool { return strings.Contains(s, "污.水") }) {
		t.Errorf("evidence %q, want 污.水 as it was written; factors %v", spans, as.Risk.Factors)
	}
}
