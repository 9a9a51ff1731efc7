package analyzer_test

import (
	"slices"
	"testing"

	"huiying"
	"huiying/analyzer"
)

// An analyzer for changed data of the county judges by them, and the former goes
// on as it was.
func TestAnAnalyzerForChangedDataLeavesTheFormerAlone(t *testing.T) {
	a := pupil(t)
	p := huiying.Post{ID: "p", Title: "卦山红叶节停车难", Text: "卦山红叶节停车场没有人管，投诉没有人理。"}
	before := a.Assess(p)
	changed := *jiaocheng()
	changed.Units = slices.Clone(changed.Units)
	i := slices.IndexFunc(changed.Units, func(u huiying.Unit) bool { return u.ID == "ducha" })
	changed.Units[i].Keywords = append(slices.Clone(changed.Units[i].Keywords), "卦山红叶节")
	next, err := a.For(&changed)
	if err != nil {
		t.Fatal(err)
	}
	named := func(a *analyzer.Analyzer) bool {
		return slices.ContainsFunc(a.Assess(p).Units, func(c huiying.Candidate) bool { return c.Unit == "ducha" })
	}
	if !named(next) {
		t.Error("the new word is not heard")
	}
	if named(a) || len(a.Assess(p).Units) != len(before.Units) {
		t.Error("the former analyzer changed")
	}
}
