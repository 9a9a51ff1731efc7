package huiying_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"huiying"
)

func TestEvasionsAreReadAsAPersonReadsThem(t *testing.T) {
	t.Parallel()
	f := huiying.NewFolder([]string{"污水", "停水", "火灾", "安全事故", "强拆", "爆炸", "上访", "学校"})
	for _, c := range []struct{ name, in, want string }{
		{"traditional characters", "交城縣西營鎮化工廠爆炸，兩人死亡，請政府儘快處理！醫院髒亂，汙水橫流，學校罷課", "交城县西营镇化工厂爆炸，两人死亡，请政府尽快处理！医院脏乱，污水横流，学校罢课"},
		{"full-width letters and digits, but not punctuation", "１３８，ＷＵＳＨＵＩ！？", "138，WUSHUI！？"},
		{"circled and mathematical digits", "①③❽𝟏𝟐", "13812"},
		{"letters of other alphabets that look like ours", "РМ2.5", "PM2.5"},
		{"radicals in place of characters", "⽔⼯⽕", "水工火"},
		{"invisible characters and combining marks", "污\u200b水\u0336排\ufe0f放\u3164", "污水排放"},
		{"a character in two halves", "氵亏水直排，扌斥迁，讠方民，者阝是", "污水直排，拆迁，访民，都是"},
		{"halves that are characters themselves", "弓虽拆，火乍了", "强拆，炸了"},
		{"a dot in a watched word", "排污.水到河里", "排污水到河里"},
		{"two signs in a watched word", "污**水", "污水"},
		{"an emoji in a watched word", "污💧水", "污水"},
		{"a space between single characters", "排 污 水", "排 污水"},
		{"every character apart", "安 全 事 故", "安全事故"},
		{"dots and hyphens mixed", "安.全-事_故多", "安全事故多"},
		{"a syllable in capitals", "WU水乱排", "污水乱排"},
		{"a syllable in small letters", "排wu水和ting水", "排污水和停水"},
		{"a syllable at the end", "污shui", "污水"},
		{"a syllable and a sign", "qiang·拆", "强拆"},
		{"all of it together", "氵亏.⽔，Ｗu水，汙\u200b💧水", "污水，污水，污水"},

		{"a space between words whose ends look like a watched word", "防火 灾害频发", "防火 灾害频发"},
		{"a list", "停电、停水，污、水", "停电、停水，污、水"},
		{"a full stop ends a word", "他停。水来了", "他停。水来了"},
		{"three signs are a gap", "停...水", "停...水"},
		{"a syllable that makes no watched word", "A4纸 5G wu云", "A4纸 5G wu云"},
		{"plain text", "交城县天宁镇停水三天，12345 打不通。\n谢谢！", "交城县天宁镇停水三天，12345 打不通。\n谢谢！"},
		{"simplified characters that are traditional ones too", "著名的乾隆皇后，了瞭望台，慰藉", "著名的乾隆皇后，了瞭望台，慰藉"},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, _ := f.Fold(c.in); got != c.want {
				t.Errorf("Fold(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestOffsetsOfTheFoldedTextLeadBack(t *testing.T) {
	t.Parallel()
	f := huiying.NewFolder([]string{"污水", "停水"})
	const said = "昨天\u200b排氵亏.水，ting水"
	folded, at := f.Fold(said)
	if folded != "昨天排污水，停水" {
		t.Fatal(folded)
	}
	spoken, runes := []rune(said), []rune(folded)
	span := func(word string) string {
		before, _, _ := strings.Cut(folded, word)
		from := utf8.RuneCountInString(before)
		return string(spoken[at[from]:at[from+utf8.RuneCountInString(word)]])
	}
	if len(at) != len(runes)+1 || span("污水") != "氵亏.水" || span("停水") != "ting水" || span("昨天排") != "昨天\u200b排" {
		t.Errorf("污水 is %q, 停水 is %q in %v", span("污水"), span("停水"), at)
	}
	if _, at := huiying.Fold("汙水"); at != nil {
		t.Errorf("one rune for one needs no offsets, got %v", at)
	}
}

func TestFoldingPlainTextAllocatesNothing(t *testing.T) {
	f := huiying.NewFolder([]string{"污水", "安全事故"})
	text := strings.Repeat("交城县天宁镇停水三天，打 12345 没人接（已 3 次）。", 20)
	if n := testing.AllocsPerRun(100, func() {
		if got, at := f.Fold(text); got != text || at != nil {
			t.Fatal(got)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

var foldPieces = []string{"污", "水", "氵", "亏", "汙", "停", "扌", "斥", "wu", "SHUI", ".", " ", "-", "💧", "\u200b", "\u0336", "１", "①", "。", "\n", "阝", "者", "a", "安", "全", "事", "故", "𝟏", "\xff", "\ufffd", "弓", "虽"}

func TestFoldedTextIsReadOnceAndForAll(t *testing.T) {
	t.Parallel()
	f := huiying.NewFolder([]string{"污水", "停水", "安全事故", "强拆"})
	rapid.Check(t, func(t *rapid.T) {
		checkFold(t, f, strings.Join(rapid.SliceOfN(rapid.SampledFrom(foldPieces), 0, 16).Draw(t, "pieces"), ""))
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range append(foldPieces, "氵亏.⽔，Ｗu水，汙\u200b💧水", "安 全 事 故") {
		f.Add(s)
	}
	folder := huiying.NewFolder([]string{"污水", "停水", "安全事故", "强拆", "PM超标"})
	f.Fuzz(func(t *testing.T, text string) { checkFold(t, folder, text) })
}

func checkFold(t interface{ Fatalf(string, ...any) }, f *huiying.Folder, text string) {
	folded, at := f.Fold(text)
	if utf8.ValidString(text) && !utf8.ValidString(folded) {
		t.Fatalf("%q became invalid: %q", text, folded)
	}
	said, n := utf8.RuneCountInString(text), utf8.RuneCountInString(folded)
	if at == nil {
		if n != said {
			t.Fatalf("%q (%d runes) → %q (%d) without offsets", text, said, folded, n)
		}
		return
	}
	if len(at) != n+1 || int(at[n]) != said {
		t.Fatalf("%q → %q: offsets %v", text, folded, at)
	}
	for i := range n {
		if at[i] < 0 || at[i] >= at[i+1] {
			t.Fatalf("%q → %q: offsets %v", text, folded, at)
		}
	}
}

func BenchmarkFold(b *testing.B) {
	f := huiying.NewFolder([]string{"污水", "停水", "安全事故", "强拆", "爆炸", "上访", "学校"})
	for name, text := range map[string]string{
		"plain":       strings.Repeat("交城县天宁镇停水三天，打 12345 没人接，希望有关部门尽快处理。", 30),
		"traditional": strings.Repeat("交城縣天寧鎮停水三天，打 12345 沒人接，希望有關部門儘快處理。", 30),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				f.Fold(text)
			}
		})
	}
}
