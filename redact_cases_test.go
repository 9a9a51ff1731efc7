package huiying_test

import (
	_ "embed"
	"regexp"
	"strings"
	"testing"

	"huiying"
)

//go:embed testdata/redaction/hidden.txt
var hiddenCases string

//go:embed testdata/redaction/kept.txt
var keptCases string

var secretOfCase = regexp.MustCompile(`【([^】]*)】`)

// What people write to get past a machine: groups, hyphens, Chinese digits,
// brackets for @. Nothing of what is in 【】 may be left but the marks, the points
// between several numbers and the words around.
func TestPersonalDataIsFoundHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	total, missed := map[string]int{}, map[string]int{}
	for line := range strings.Lines(hiddenCases) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		kind, text, _ := strings.Cut(strings.TrimSpace(line), "\t")
		total[kind]++
		found := map[string]int{}
		got := huiying.Redact(huiying.CleanText(strings.NewReplacer("【", "", "】", "").Replace(text)), found)
		want := huiying.CleanText(secretOfCase.ReplaceAllString(text, "▲"))
		if plain := regexp.MustCompile(`〔[^〕]*〕`).ReplaceAllString(got, "▲"); plain != want || found[kind] == 0 {
			missed[kind]++
			t.Errorf("%s\n got %s %v", text, got, found)
		}
	}
	for kind, n := range total {
		t.Logf("%-10s %d of %d", kind, n-missed[kind], n)
	}
}

func TestWhatOnlyLooksLikePersonalDataStays(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(keptCases) {
		text := strings.TrimSpace(line)
		if strings.HasPrefix(text, "#") {
			continue
		}
		found := map[string]int{}
		if got := huiying.Redact(text, found); got != text {
			t.Errorf("%s\n got %s %v", text, got, found)
		}
	}
}
