package analyzer_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"huiying"
	"huiying/analyzer"
)

// The kinds of matter the lessons are about, each told in many ways.
var matters = map[string][]string{
	"toilet":  {"公厕脏臭无人打扫", "公共厕所长期上锁", "广场公厕异味很大", "公厕水龙头坏了没人修", "公厕里灯不亮还漏水", "厕所保洁不及时异味扑鼻"},
	"heating": {"小区供暖温度不达标", "暖气不热老人受冻", "供热管道漏水停暖", "暖气片冰凉供热公司不管"},
	"wages":   {"工地拖欠农民工工资", "包工头欠薪跑路", "工厂三个月没发工资", "讨薪被推诿"},
	"praise":  {"摄影展周末开幕", "广场舞比赛报名", "书法爱好者交流活动", "戏曲演出时间安排"},
}

var streets = []string{"新建路", "东关街", "火车站附近", "水泉小区", "南环路口", "老汽车站", "卦山脚下", "文化广场"}

// told is the n-th post of a kind: no two are the same.
func told(kind string, n int) huiying.Post {
	list := matters[kind]
	return forum(list[n%len(list)], fmt.Sprintf("%s%s，这样已经%d天了，%s。", streets[n/len(list)%len(streets)], list[n%len(list)], n%9+2, list[(n+1)%len(list)]))
}

// decided makes examples of one kind of matter, from the from-th to before the
// to-th telling.
func decided(kind huiying.ExampleKind, matter string, from, to int, proposed, decision string) []huiying.Example {
	var out []huiying.Example
	for n := from; n < to; n++ {
		out = append(out, huiying.Example{
			Case: huiying.CaseID(fmt.Sprint(matter, n)), Kind: kind, Post: told(matter, n), Proposed: proposed, Decided: decision,
		})
	}
	return out
}

func join(lists ...[]huiying.Example) (all []huiying.Example) {
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

// year is what a county decided in a while: public toilets go to the health
// bureau, the rest is as proposed, announcements are not dealt with.
func year() []huiying.Example {
	return join(
		decided(huiying.ExampleUnit, "toilet", 0, 30, "cgj", "wjj"),
		decided(huiying.ExampleUnit, "heating", 0, 20, "zjj", "zjj"),
		decided(huiying.ExampleUnit, "wages", 0, 20, "rsj", "rsj"),
		decided(huiying.ExampleRelevant, "praise", 0, 20, huiying.Relevant, huiying.Irrelevant),
		decided(huiying.ExampleRelevant, "heating", 0, 20, huiying.Relevant, huiying.Relevant),
		decided(huiying.ExampleRelevant, "toilet", 0, 20, huiying.Relevant, huiying.Relevant),
		decided(huiying.ExampleLevel, "wages", 0, 20, "blue", "yellow"),
		decided(huiying.ExampleLevel, "heating", 0, 20, "yellow", "yellow"),
		decided(huiying.ExampleLevel, "toilet", 0, 20, "yellow", "blue"),
	)
}

// pupil is an analyzer of its own: what it learns must not reach other tests.
func pupil(t testing.TB) *analyzer.Analyzer {
	t.Helper()
	a, err := analyzer.New(analyzer.Config{County: jiaocheng(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func learn(t testing.TB, a *analyzer.Analyzer, examples []huiying.Example) (*analyzer.Learned, huiying.LearnReport) {
	t.Helper()
	l, report, err := a.Learn(t.Context(), examples, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	return l, report
}

func factor(as huiying.Assessment, name string) huiying.Factor {
	for _, f := range as.Risk.Factors {
		if f.Name == name {
			return f
		}
	}
	return huiying.Factor{}
}

func lead(as huiying.Assessment) huiying.Candidate {
	if len(as.Units) == 0 {
		return huiying.Candidate{}
	}
	return as.Units[0]
}

const (
	judged   = "同类帖文的人工判定"
	levelled = "同类帖文的人工定级"
)

func TestWhatPeopleDecideAgainAndAgainIsLearnedAndNothingElseMoves(t *testing.T) {
	t.Parallel()
	a := pupil(t)
	l, _ := learn(t, a, year())
	posts := map[string]huiying.Post{
		"toilet": told("toilet", 44), "heating": told("heating", 29), "wages": told("wages", 29), "praise": told("praise", 29),
		"accident": accident, "drill": drill, "school": forum("学校门口堵车", "实验小学放学时段车辆乱停，孩子过马路很危险，盼交警疏导。"),
	}
	before := make(map[string]huiying.Assessment)
	for name, p := range posts {
		before[name] = a.Assess(p)
	}
	a.Use(l)
	after := make(map[string]huiying.Assessment)
	for name, p := range posts {
		after[name] = a.Assess(p)
		checkAssessment(t, p, after[name])
	}

	if c := lead(after["toilet"]); c.Unit != "wjj" || !strings.Contains(c.Why, "人工改派经验") || !strings.Contains(c.Why, "公厕") {
		t.Errorf("toilets go to %+v", after["toilet"].Units)
	}
	for _, name := range []string{"heating", "wages", "accident", "drill", "school"} {
		was, is := lead(before[name]), lead(after[name])
		if was.Unit != is.Unit || is.P < was.P-0.03 {
			t.Errorf("%s: nobody re-routed the like, but %+v became %+v", name, was, is)
		}
	}
	for name, want := range map[string]struct {
		factor string
		sign   float64
	}{
		"praise": {judged, -1}, "heating": {judged, 1}, "wages": {levelled, 1}, "toilet": {levelled, -1},
	} {
		f := factor(after[name], want.factor)
		if f.Weight*want.sign < 2 || f.Evidence == "" || f.End <= f.Start {
			t.Errorf("%s: %s is %+v", name, want.factor, f)
		}
	}
	for _, name := range []string{"accident", "drill", "school"} {
		for _, f := range []string{judged, levelled} {
			if w := factor(after[name], f).Weight; math.Abs(w) > 3 {
				t.Errorf("%s: nobody decided about the like, but %s is %.1f", name, f, w)
			}
		}
	}
	for name, as := range after {
		if w := factor(as, judged).Weight; math.Abs(w) > 15 {
			t.Errorf("%s: %s is %.1f", name, judged, w)
		}
		if w := factor(as, levelled).Weight; math.Abs(w) > 10 {
			t.Errorf("%s: %s is %.1f", name, levelled, w)
		}
	}

	a.Use(nil)
	for name, p := range posts {
		if got := a.Assess(p); !reflect.DeepEqual(got, before[name]) {
			t.Errorf("%s: without the model the assessment is not what it was", name)
		}
	}
}

func TestAFewDecisionsShowButSwingNothing(t *testing.T) {
	t.Parallel()
	a := pupil(t)
	post := told("heating", 20)
	was := a.Assess(post)
	l, report := learn(t, a, join(
		decided(huiying.ExampleUnit, "heating", 0, 3, "zjj", "slj"),
		decided(huiying.ExampleRelevant, "heating", 0, 3, huiying.Relevant, huiying.Irrelevant),
		decided(huiying.ExampleLevel, "heating", 0, 3, "yellow", "red"),
	))
	a.Use(l)
	is := a.Assess(post)
	if lead(is).Unit != lead(was).Unit || lead(is).P < 0.4 {
		t.Errorf("three re-routes turned %+v into %+v", was.Units, is.Units)
	}
	for name, most := range map[string]float64{judged: 5, levelled: 4} {
		if w := factor(is, name).Weight; math.Abs(w) > most {
			t.Errorf("three decisions make %s %.1f", name, w)
		}
	}
	for _, k := range report.Kinds {
		if !strings.Contains(k.Warning, "不足 30 条") {
			t.Errorf("%s: of %d examples the report says %q", k.Kind, k.N, k.Warning)
		}
	}
	if _, r := learn(t, a, decided(huiying.ExampleUnit, "heating", 0, 1, "zjj", "slj")); r.Kinds[0].Measured {
		t.Error("one example cannot be held back")
	}
	_, _, err := a.Learn(t.Context(), nil, 1, nil)
	if !errors.Is(err, huiying.ErrConflict) {
		t.Errorf("nothing to learn from: %v", err)
	}
}

func TestTheReportComparesOnExamplesHeldBack(t *testing.T) {
	t.Parallel()
	a := pupil(t)
	calls := 0
	_, report, err := a.Learn(t.Context(), year(), 1, func(done, total int) {
		if calls++; done != calls || total != 190 {
			t.Errorf("progress %d of %d at call %d", done, total, calls)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if report.Examples != 190 || calls != 190 || len(report.Kinds) != 3 {
		t.Fatalf("%d examples, %d calls, %d kinds", report.Examples, calls, len(report.Kinds))
	}
	unit, level, relevant := report.Kinds[0], report.Kinds[1], report.Kinds[2]
	for _, c := range []struct {
		huiying.KindReport
		n, corrections int
		gain           float64
	}{{unit, 70, 30, 0.2}, {level, 60, 40, 0.2}, {relevant, 60, 20, 0}} {
		if c.N != c.n || c.Corrections != c.corrections || !c.Measured || c.Warning != "" {
			t.Errorf("%s: %+v", c.Kind, c.KindReport)
		}
		if c.After < c.Before+c.gain || c.Better <= c.Worse || len(c.Changes) == 0 || len(c.Changes) > 12 {
			t.Errorf("%s: from %.2f to %.2f, %d better, %d worse, %d shown", c.Kind, c.Before, c.After, c.Better, c.Worse, len(c.Changes))
		}
	}
	if c := unit.Changes[len(unit.Changes)-1]; c.Decided != "卫健体局" || c.After != "卫健体局" || c.Before == c.After || !c.Better || !strings.Contains(c.Title, "厕") {
		t.Errorf("a change reads %+v", c)
	}

	// Labels by lot teach nothing: held back, they must not look learned.
	r := rand.New(rand.NewPCG(5, 5))
	noise := year()
	for i := range noise {
		if noise[i].Kind == huiying.ExampleRelevant {
			noise[i].Decided = []string{huiying.Relevant, huiying.Irrelevant}[r.IntN(2)]
		}
	}
	_, report = learn(t, a, noise)
	if k := report.Kinds[2]; k.After > k.Before+0.15 {
		t.Errorf("labels by lot: from %.2f to %.2f", k.Before, k.After)
	}
}

func TestAModelIsTheSameAfterItWasKept(t *testing.T) {
	t.Parallel()
	a := pupil(t)
	l, report := learn(t, a, year())
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, reportAgain := learn(t, a, year())
	if second, err := again.Encode(); err != nil || !bytes.Equal(data, second) || !reflect.DeepEqual(report, reportAgain) {
		t.Error("the same examples and seed give another model")
	}
	kept, err := analyzer.DecodeLearned(data)
	if err != nil {
		t.Fatal(err)
	}
	for kind := range matters {
		a.Use(l)
		want := a.Assess(told(kind, 50))
		a.Use(kept)
		if got := a.Assess(told(kind, 50)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", kind, got, want)
		}
	}
	for name, broken := range map[string][]byte{"nothing": nil, "noise": []byte("no model"), "cut off": data[:len(data)/2], "a byte changed": append(bytes.Clone(data[:len(data)-9]), 1, 2, 3, 4, 5, 6, 7, 8, 9)} {
		if _, err := analyzer.DecodeLearned(broken); !errors.Is(err, huiying.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The largest training: 5,000 examples of as many units as there are, each with
// words of its own.
func crowd(n int) []huiying.Example {
	r := rand.New(rand.NewPCG(1, 1))
	units := jiaocheng().Units
	kinds := []string{"toilet", "heating", "wages", "praise"}
	var out []huiying.Example
	for i := range n {
		p := told(kinds[i%4], i)
		for range 60 {
			p.Text += string([]rune{rune(0x4e00 + r.IntN(6000)), rune(0x4e00 + r.IntN(400)), ' '})
		}
		e := huiying.Example{Case: huiying.CaseID(fmt.Sprint(i)), Kind: huiying.ExampleUnit, Post: p, Proposed: "cgj", Decided: string(units[r.IntN(len(units))].ID)}
		out = append(out, e)
	}
	return out
}

func TestAModelStaysBelowAMegabyte(t *testing.T) {
	t.Parallel()
	l, _ := learn(t, pupil(t), crowd(1500))
	data, err := l.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if len(data) > 1<<20 {
		t.Errorf("%d bytes", len(data))
	}
	if _, err := analyzer.DecodeLearned(data); err != nil {
		t.Error(err)
	}
}

// Models are swapped while posts are assessed: each assessment is that of one of
// them.
func TestModelsAreSwappedWhilePostsAreAssessed(t *testing.T) {
	t.Parallel()
	a := pupil(t)
	l, _ := learn(t, a, year())
	post := told("toilet", 44)
	without := a.Assess(post)
	a.Use(l)
	with := a.Assess(post)
	if reflect.DeepEqual(with, without) {
		t.Fatal("the model changes nothing: the test proves nothing")
	}
	stop := make(chan struct{})
	var swapping, reading sync.WaitGroup
	swapping.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				a.Use(nil)
				a.Use(l)
			}
		}
	})
	for range 3 {
		reading.Go(func() {
			for range 100 {
				if got := a.Assess(post); !reflect.DeepEqual(got, with) && !reflect.DeepEqual(got, without) {
					t.Errorf("half a model: %+v", got)
					return
				}
			}
		})
	}
	reading.Wait()
	close(stop)
	swapping.Wait()
}

// Fitting and measuring alone, without reading the examples.
func BenchmarkLearn(b *testing.B) {
	a := pupil(b)
	examples := crowd(5000)
	read := a.Read(examples)
	for b.Loop() {
		read()
	}
}

// What experience costs beside an assessment without it.
func BenchmarkAssessWithExperience(b *testing.B) {
	a := pupil(b)
	l, _ := learn(b, a, year())
	for name, m := range map[string]*analyzer.Learned{"without": nil, "with": l} {
		b.Run(name, func(b *testing.B) {
			a.Use(m)
			bench(b, func(p huiying.Post) { a.Assess(p) })
		})
	}
}
