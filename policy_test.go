package huiying_test

import (
	"testing"
	"time"

	"huiying"
)

func TestAPolicyCanBeMisreadFromItsIssueToItsEnd(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, huiying.Beijing) }
	p := huiying.Policy{Issued: day(2), To: day(5)}
	for d, want := range map[int]bool{1: false, 2: true, 4: true, 5: false} {
		if p.Stands(day(d)) != want {
			t.Errorf("on day %d it stands: %v", d, !want)
		}
	}
	if !p.Stands(time.Time{}) {
		t.Error("without a date every policy can be meant")
	}
}

func TestTheSurerMisreadingSpeaksAndAClauseIsKept(t *testing.T) {
	t.Parallel()
	found := huiying.Misreading{P: 0.6, Policy: "低保", Claim: &huiying.Claim{Text: "甲"}, Clause: &huiying.ClauseFound{Article: "第八条"}}
	surer := huiying.Misreading{P: 0.9, Policy: "医保"}
	for _, got := range []huiying.Misreading{found.Join(surer), surer.Join(found)} {
		if got.P != 0.9 || got.Policy != "医保" || got.Clause != found.Clause || got.Claim != found.Claim {
			t.Errorf("joined %+v", got)
		}
	}
	other := huiying.Misreading{P: 0.9, Claim: &huiying.Claim{Text: "乙"}, Clause: &huiying.ClauseFound{Article: "第三条"}}
	if got := found.Join(other); got.Clause != other.Clause || got.Claim != other.Claim {
		t.Errorf("a claim and a clause of two posts: %+v", got)
	}
}
