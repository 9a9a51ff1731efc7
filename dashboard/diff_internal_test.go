package dashboard

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whatever the two texts are, the difference leads from one to the other, and
// what it says is common is.
func TestADifferenceLeadsFromOneTextToTheOther(t *testing.T) {
	text := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "", "甲"}), 0, 14)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "before"), text.Draw(t, "after")
		var before, after []string
		edits := 0
		for _, l := range diffLines(a, b) {
			if l.Sign != "+" {
				before = append(before, l.Text)
				if l.Old != len(before) {
					t.Fatalf("line %d of the former text is said to be %d", len(before), l.Old)
				}
			}
			if l.Sign != "-" {
				after = append(after, l.Text)
				if l.New != len(after) {
					t.Fatalf("line %d of the new text is said to be %d", len(after), l.New)
				}
			}
			if l.Sign != "" {
				edits++
			}
		}
		if !slices.Equal(before, a) || !slices.Equal(after, b) {
			t.Fatalf("%q → %q became %q → %q", a, b, before, after)
		}
		if want := len(a) + len(b) - 2*common(a, b); edits != want {
			t.Fatalf("%d lines are said to differ, the fewest possible are %d", edits, want)
		}
	})
}

// common is the length of the longest common subsequence, counted plainly.
func common(a, b []string) int {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			up := row[j+1]
			if row[j+1] = max(up, row[j]); x == y {
				row[j+1] = diagonal + 1
			}
			diagonal = up
		}
	}
	return row[len(b)]
}

func TestADifferenceShowsWhatStandsAround(t *testing.T) {
	lines := strings.Split("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", " ")
	changed := slices.Clone(lines)
	changed[4], changed[17] = "five", "eighteen"
	hunks := diffText(strings.Join(lines, "\n"), strings.Join(changed, "\n"))
	if len(hunks) != 2 || hunks[0][0].Text != "2" || hunks[1][len(hunks[1])-1].Text != "20" || len(hunks[0]) != 8 {
		t.Errorf("%v", hunks)
	}
	if diffText("a\nb\n", "a\nb\n") != nil || len(diffText("", "a\n")) != 1 {
		t.Error("no change shows one, or a new text none")
	}
}
