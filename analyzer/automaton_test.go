package analyzer

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

type foundWord struct{ word, start, end int }

func scanned(a *automaton, text string) (out []foundWord) {
	a.scan([]rune(text), func(word, start, end int) { out = append(out, foundWord{word, start, end}) })
	return out
}

// searched is every foundWord by plain search, in the order scan promises.
func searched(words []string, text string) (out []foundWord) {
	runes := []rune(text)
	for w, s := range words {
		word := []rune(s)
		for at := 0; s != "" && at+len(word) <= len(runes); at++ {
			if slices.Equal(runes[at:at+len(word)], word) {
				out = append(out, foundWord{w, at, at + len(word)})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b foundWord) int {
		return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.start, b.start))
	})
	return out
}

func TestAScanFindsWhatAPlainSearchFinds(t *testing.T) {
	t.Parallel()
	for name, letters := range map[string][]string{
		"of few characters":   {"交", "城", "县", "村", "a", "\n"},
		"that share bytes":    {"一", "丁", "七", "三", "\x00", "é", "€", "😀"},
		"of broken UTF-8":     {"\x00", "\x01", "\xff", "\xe4", "\xb8", "\x80"},
		"of one letter alone": {"a"},
	} {
		t.Run("in texts "+name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				piece := func(label string, most int) string {
					return strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), 0, most).Draw(t, label), "")
				}
				words := make([]string, rapid.IntRange(0, 12).Draw(t, "words"))
				for i := range words {
					words[i] = piece(fmt.Sprint("word ", i), 4)
				}
				text := piece("text", 40)
				if got, want := scanned(newAutomaton(words), text), searched(words, text); !slices.Equal(got, want) {
					t.Fatalf("scan found %v, want %v", got, want)
				}
			})
		})
	}
}

func TestAScanCountsCharacters(t *testing.T) {
	t.Parallel()
	a := newAutomaton([]string{"西营", "西营镇", "营镇", "a😀"})
	want := []foundWord{{0, 1, 3}, {1, 1, 4}, {2, 2, 4}, {3, 5, 7}, {0, 7, 9}}
	if got := scanned(a, "😀西营镇，a😀西营"); !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
}

func TestManyWordsTakeLittleMemory(t *testing.T) {
	words := inventedWords(10_000)
	a := newAutomaton(words)
	if n := len(a.states) * 20; n > 4<<20 {
		t.Errorf("%d states take %d KiB", len(a.states), n>>10)
	}
	for i := 0; i < len(words); i += 97 {
		if !slices.Contains(scanned(a, words[i]), foundWord{i, 0, len([]rune(words[i]))}) {
			t.Fatalf("%s is not found", words[i])
		}
	}
}

func TestAScanAllocatesNothing(t *testing.T) {
	words, n := inventedWords(1000), 0
	a, text := newAutomaton(words), []rune(inventedText(10_000)+words[7])
	if per := testing.AllocsPerRun(5, func() { a.scan(text, func(_, _, _ int) { n++ }) }); per != 0 {
		t.Errorf("%g allocations", per)
	}
	if n == 0 {
		t.Error("found nothing")
	}
}

// inventedWords are words of two to four of the common characters.
func inventedWords(n int) []string {
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same words each time
	out := make([]string, n)
	for i := range out {
		var w strings.Builder
		for range 2 + r.IntN(3) {
			w.WriteRune('一' + rune(r.IntN(6000)*r.IntN(6000)/6000))
		}
		out[i] = w.String()
	}
	return out
}

func inventedText(bytes int) string {
	r := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same text each time
	var b strings.Builder
	for b.Len() < bytes {
		b.WriteRune('一' + rune(r.IntN(6000)*r.IntN(6000)/6000))
	}
	return b.String()
}

func BenchmarkAutomatonBuild10kWords(b *testing.B) {
	words := inventedWords(10_000)
	b.ReportAllocs()
	for b.Loop() {
		runtime.KeepAlive(newAutomaton(words))
	}
}

func BenchmarkAutomatonScan(b *testing.B) {
	text := inventedText(64 << 10)
	for _, n := range []int{400, 10_000} {
		b.Run(fmt.Sprint(n, " words"), func(b *testing.B) {
			a, runes := newAutomaton(inventedWords(n)), []rune(text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			hits := 0
			for b.Loop() {
				a.scan(runes, func(_, _, _ int) { hits++ })
			}
			b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
		})
	}
}
