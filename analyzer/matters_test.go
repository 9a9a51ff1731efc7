package analyzer_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"huiying"
	"huiying/analyzer"
)

func TestEveryMatterIsOfAClassAndBureausThatExist(t *testing.T) {
	t.Parallel()
	classes := analyzer.ClassNames(t)
	covered := make(map[string]bool)
	for _, m := range analyzer.Matters(t) {
		covered[m.Class] = true
		if !slices.Contains(classes, m.Class) {
			t.Errorf("%s/%s: no such class", m.Class, m.Name)
		}
		for _, b := range m.Bureaus {
			if !slices.Contains(huiying.Bureaus, b) {
				t.Errorf("%s/%s: no such bureau %s", m.Class, m.Name, b)
			}
		}
		seen := make(map[string]bool)
		for _, w := range m.Words {
			if utf8.RuneCountInString(w) < 2 || seen[w] {
				t.Errorf("%s/%s: %q is too short or stands there twice", m.Class, m.Name, w)
			}
			seen[w] = true
		}
	}
	for _, c := range classes {
		if !covered[c] {
			t.Errorf("no matter is of the class %s", c)
		}
	}
}

func TestAMatterThatIsWrittenWronglyIsReportedWithItsLine(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no words": "# x\n城乡建设/供水 住建房产", "no matter": "# x\n城乡建设：停水 断水", "nothing before the colon": "# x\n：停水",
	} {
		if _, err := analyzer.ParseMatters(text); err == nil || !strings.Contains(err.Error(), "matters.txt:2:") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMadeLettersHoldEveryWordOfTheirMatterThreeTimes(t *testing.T) {
	t.Parallel()
	letters, err := analyzer.MadeLetters("交通运输/出租 交通运输：打车 拒载 绕路 黑车 议价\n政法/律师：律师 公证", false)
	if err != nil {
		t.Fatal(err)
	}
	n := make(map[string]int)
	for _, l := range letters {
		for w := range strings.SplitSeq(l.Text, "，") {
			n[w+" "+l.Label]++
		}
	}
	for _, want := range []string{"打车 交通运输", "议价 交通运输", "公证 政法"} {
		if n[want] != 3 {
			t.Errorf("%s: %d times, want 3", want, n[want])
		}
	}
	if letters, err = analyzer.MadeLetters("交通运输/出租 交通运输：打车 拒载\n政法/律师：律师 公证", true); err != nil {
		t.Fatal(err)
	}
	for _, l := range letters {
		if l.Label != "交通运输" {
			t.Errorf("%v: a matter no bureau deals with teaches none", l)
		}
	}
}

func TestMadeIncidentsLeaveNoBraceOpenAndRepeatForTheSameSeed(t *testing.T) {
	t.Parallel()
	rows, err := analyzer.MadeIncidents("", 1)
	if err != nil {
		t.Fatal(err)
	}
	labels := make(map[string]int)
	for _, r := range rows {
		labels[r.Label]++
		if strings.ContainsAny(r.Text, "{}$|") {
			t.Errorf("%q", r.Text)
		}
	}
	if labels["0"] == 0 || labels["1"] == 0 || len(labels) != 2 {
		t.Errorf("labels %v", labels)
	}
	again, _ := analyzer.MadeIncidents("", 1)
	if !slices.Equal(rows, again) {
		t.Error("the same seed made other sentences")
	}
	for _, wrong := range []string{"1 {nowhere}起火", "2 起火", "$list 甲|乙"} {
		if _, err := analyzer.MadeIncidents("# x\n"+wrong, 1); err == nil || !strings.Contains(err.Error(), "incidents.txt:2:") {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}
