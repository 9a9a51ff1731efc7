package huiying

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestDiffSaysWhichClausesWereRemovedAndAdded(t *testing.T) {
	got := Diff("学校食堂饭菜变质，三名学生腹泻，家长要求说法。", "学校食堂饭菜变质，十名学生送医，家长要求说法。")
	want := []DiffRun{{DiffSame, "学校食堂饭菜变质，"}, {DiffRemoved, "三名学生腹泻，"}, {DiffAdded, "十名学生送医，"}, {DiffSame, "家长要求说法。"}}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("run %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestDiffLosesNothing(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("甲乙丙，。\n")), 0, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		var a, b strings.Builder
		for i, r := range Diff(before, after) {
			if r.Text == "" {
				t.Errorf("run %d is empty", i)
			}
			if r.Kind != DiffAdded {
				a.WriteString(r.Text)
			}
			if r.Kind != DiffRemoved {
				b.WriteString(r.Text)
			}
		}
		if a.String() != before || b.String() != after {
			t.Errorf("%q → %q came back as %q → %q", before, after, a.String(), b.String())
		}
	})
}

func TestDiffOfTextsTooLongToCompareKeepsTheirEnds(t *testing.T) {
	long := func(word string) string { return "开头。" + strings.Repeat(word+"。", 3000) + "结尾。" }
	got := Diff(long("甲"), long("乙"))
	if len(got) != 4 || got[0].Text != "开头。" || got[3].Text != "结尾。" || got[1].Kind != DiffRemoved || got[2].Kind != DiffAdded {
		t.Errorf("%d runs", len(got))
	}
}
