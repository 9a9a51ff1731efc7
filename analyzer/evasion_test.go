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

func TestFreshEvasionsAreUnderstood(t *testing.T) {
	t.Parallel()
	for text, topic := range map[string]string{
		"停💧水💧三天没人管":         "供暖供水供气停电",
		"停氺三天了":             "供暖供水供气停电",
		"孩子上🤮吐🤮下🤮泻":         "公共卫生",
		"食物中毐，三十个孩子进医院":     "公共卫生",
		"拖欠gongzi半年不给":      "劳资欠薪",
		"TUO欠gong资半年":       "劳资欠薪",
		"tuo欠工资半年":          "劳资欠薪",
		"拖*欠*工*资半年":         "劳资欠薪",
		"強　拆我家房子":           "房屋征收",
		"qiang拆我家房子":        "房屋征收",
		"ｑｉａｎｇ拆我家房子":        "房屋征收",
		"𝐖𝐔水直排":             "环境污染",
		"煤\u200c矿冒\u200b顶了": "安全事故",
	} {
		as := shared().Assess(forum("", text))
		if !slices.ContainsFunc(as.Risk.Factors, func(f huiying.Factor) bool { return f.Name == "主题："+topic }) {
			t.Errorf("%s: want %s, got %v", text, topic, as.Risk.Factors)
		}
	}
	for _, text := range []string{"a change of women", "pingan", "ok的", "gongzi你好", "wu语"} {
		if as := shared().Assess(forum("", text)); as.Risk.Score > 0 {
			t.Errorf("%s: %v", text, as.Risk.Factors)
		}
	}
}

func TestSignsAloneHaveNoTone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"😀😀😀", "😡😡😡😡", "👍", "？？？？", "。。。", "11111", "❤️❤️", "¥100"} {
		if as := shared().Assess(forum("", text)); as.Sentiment.Label != "neutral" || as.Sentiment.Score != 0 || as.Risk.Score != 0 {
			t.Errorf("%s: %+v, risk %v", text, as.Sentiment, as.Risk)
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
